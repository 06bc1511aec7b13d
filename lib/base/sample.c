/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Summary of measured numbers; see sample.h. */
#include "base/sample.h"

#include "base/mem.h"

#include <stdlib.h>

void sample_add(struct sample *sample, double value)
{
	if (sample->count == sample->cap) {
		sample->cap = sample->cap > 0 ? 2 * sample->cap : 16;
		sample->value = mem_resize(sample->value, sample->cap, sizeof(double));
	}
	sample->value[sample->count++] = value;
}

double sample_sum(const struct sample *sample)
{
	double sum = 0;

	for (size_t i = 0; i < sample->count; i++)
		sum += sample->value[i];
	return sum;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double sample_percentile(struct sample *sample, double pct)
{
	if (sample->count == 0)
		return 0;
	qsort(sample->value, sample->count, sizeof(double), by_value);
	double rank = pct / 100 * (double)sample->count;
	size_t at = (size_t)rank;
	if ((double)at < rank)
		at++;
	at = at > 0 ? at - 1 : 0;
	return sample->value[at < sample->count ? at : sample->count - 1];
}

void sample_free(struct sample *sample)
{
	mem_free(sample->value);
	*sample = (struct sample){ .value = NULL };
}
