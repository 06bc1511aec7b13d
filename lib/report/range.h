/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threshold ranges of the monitoring plugins guidelines: [@][start:]end, ends inclusive.
 *
 * `10` is 0..10, `10:` is 10..infinity, `~:10` is -infinity..10; a value outside alerts, with `@` a
 * value inside does.
 */
#ifndef REPORT_RANGE_H
#define REPORT_RANGE_H

#include "base/bytes.h"

struct range {
	bool set; /* false: never alerts, prints nothing */
	bool inside;
	double start, end; /* -INFINITY, INFINITY for an open end */
};

/* False with a constant clause and the column (from 1) where it goes wrong, and `out` unchanged. */
bool range_parse(struct view text, struct range *out, size_t *column, const char **why);
/* What is not a number lies outside of every range. */
bool range_alerts(const struct range *range, double value);
/* The plain number when the range starts at 0 and is not inverted: Icinga 2 drops all others. */
void wr_range(struct wr *w, const struct range *range);

#endif
