/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Performance data as plugins of any origin print them (Monitoring Plugins Development Guidelines, 2.6):
 * 'label'=value[unit][;warn[;crit[;min[;max]]]], blanks between; quotes are doubled inside quotes. */
#ifndef PUSH_PERFDATA_H
#define PUSH_PERFDATA_H

#include "base/grow.h"

enum { PERFDATA_LABEL_MAX = 128 };

struct perfdatum {
	struct view raw; /* the whole item as it stands */
	char label_text[PERFDATA_LABEL_MAX];
	struct view label; /* without quotes, points into label_text */
	double value;
	struct view unit;			   /* as written: "ms", "%", "KB", "c", "" */
	struct view warn, crit;			   /* ranges as written; may be empty */
	bool has_warn, has_crit, has_min, has_max; /* it is a plain number */
	double warn_value, crit_value, min, max;
};

/* Takes the next item; false at the end. `*good` is false for one that is none, whose label is longer
 * than PERFDATA_LABEL_MAX, or that has no number (U, "0,5s", "nan"): raw is still set. Numbers lie
 * within +-1e100, so that no base unit makes them infinite. */
bool perfdata_take(struct view *rest, struct perfdatum *out, bool *good);

/* In base units: ms to s, KB to B (1000 and KiB 1024: as Icinga does), with the unit's Prometheus word:
 * "seconds", "bytes", "bits", "ratio" (percent as 0..1), or "". */
struct perfdata_base {
	double factor;
	const char *unit; /* "s", "B", "b", "%", "c" or "" */
	const char *word;
};
struct perfdata_base perfdata_base(struct view unit);

/* For receivers that read C's notation: whole numbers below 1e18 exactly, others with 15 significant
 * digits and, where it is shorter, an exponent ("1e-09"). */
void perfdata_write_number(double value, struct grow *out);

#endif
