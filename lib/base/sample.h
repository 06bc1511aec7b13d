/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growing set of measured numbers and its summary. */
#ifndef BASE_SAMPLE_H
#define BASE_SAMPLE_H

#include <stddef.h>

struct sample {
	double *value;
	size_t count, cap;
};

void sample_add(struct sample *sample, double value);
/* Both give 0 for an empty sample. */
double sample_sum(const struct sample *sample);
/* Nearest rank: the smallest value that at least `pct` % (0..100) of the sample do not exceed.
 * Sorts the sample. */
double sample_percentile(struct sample *sample, double pct);
void sample_free(struct sample *sample);

#endif
