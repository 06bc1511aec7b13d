/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A result is a tree.  The plugin hangs one child per thing examined under the root; state, text,
 * perfdata, JSON and Prometheus text derive from the tree, whatever the number of children.
 *
 * A node's state is the worst of its own and its children's (critical > unknown > warning > ok).  A
 * child may have children of its own, a group: counts and folded metrics are over the leaves.  What
 * is alone under its parent is printed in the parent's place.
 * Sentences and details are already harmless (see base/escape.h), names and facts may be any bytes;
 * all are copied.
 */
#ifndef REPORT_RESULT_H
#define REPORT_RESULT_H

#include "base/mem.h"
#include "report/range.h"
#include "report/state.h"

enum unit { UNIT_NONE, UNIT_SECONDS, UNIT_PERCENT, UNIT_BYTES };

/* What the values of one metric become in the perfdata of a result with many leaves.  Thresholds
 * judge each leaf, so they are printed where one leaf's value stands: with _max, MIN and MAX.  A
 * spread has no bounds, for the room on line 1. */
enum fold {
	FOLD_DROP,   /* nothing */
	FOLD_SPREAD, /* <label>_p50, <label>_p95, <label>_max */
	FOLD_SUM,
	FOLD_MIN,
	FOLD_MAX,
};

/* A program's table of metrics: fixed set, fixed order, one row each. */
struct metric_spec {
	const char *label; /* [a-z0-9_]{1,19}; with FOLD_SPREAD at most 15 */
	enum unit unit;
	enum fold fold;
	const char *meaning; /* for the man page */
	bool has_min, has_max;
	double min, max;
};

struct report_spec {
	const char *program; /* "check_sip" */
	const char *service; /* "SIP": first word of the sentence */
	const char *version;
	const char *noun; /* plural of what a child is: "targets" */
	const struct metric_spec *metric;
	size_t metric_count; /* at most REPORT_METRICS_MAX */
};

enum { REPORT_METRICS_MAX = 24, REPORT_LINE_MAX = 512 };

struct result;
struct report;

struct report *report_new(const struct report_spec *spec);
void report_free(struct report *report);
/* Forgets at once what will not be printed: facts, and details above `verbosity`. */
void report_keep(struct report *report, bool facts, unsigned verbosity);
struct result *report_root(struct report *report);
/* Printed with the metric and applied by result_metric; not copied, may be NULL. */
void report_thresholds(struct report *report, size_t metric, const struct range *warning,
		       const struct range *critical);

/* `name` is what the operator calls it. */
struct result *result_add(struct report *report, struct result *parent, struct view name);
/* Raises the state; never lowers it. */
void result_raise(struct result *result, enum state state);
/* Fixes the state, whatever it or the children's are, were or become (quorum). */
void result_override(struct result *result, enum state state);
/* A root without children is UNKNOWN. */
enum state result_state(const struct result *result);
/* The sentence for line 1, without state word and without perfdata; at most about 300 bytes.  That
 * of a root or group with many leaves stands in front of the counts.  Beside others it is printed
 * behind the name, unless it begins with the name.  The last one said counts. */
void result_say(struct report *report, struct result *result, struct view sentence);
/* Adds to the end of the sentence, whenever that is said: ", " and the clause. */
void result_also(struct report *report, struct result *result, struct view clause);
/* One more line of details, shown at `min_verbosity` and above. */
void result_detail(struct report *report, struct result *result, unsigned min_verbosity,
		   struct view line);
/* Stores the value and no more. */
void result_measure(struct report *report, struct result *result, size_t metric, double value);
/* Stores the value and applies the thresholds: raises the state and adds a clause such as "time
 * 0.812 s is above 0.5 s (warning)".  Returns the state it stands for.  What is not finite is
 * dropped.  A value of the root or a group itself is printed instead of the folded one. */
enum state result_metric(struct report *report, struct result *result, size_t metric, double value);
/* In perfdata the leaf's value of that metric stands under a label of its own, as in "tcp2860"; leaves
 * that share a label give the largest value.  With more than RESULT_LABELS_MAX labels in a report
 * values are folded as if there were none.  One metric of a program has labels. */
enum { RESULT_LABELS_MAX = 8 };
void result_label(struct report *report, struct result *result, size_t metric, const char *label);
/* Facts for JSON, in this order, keys are constants.  The texts "address" and "transport" and
 * the number "port" are also Prometheus labels. */
void result_fact(struct report *report, struct result *result, const char *key, struct view text);
void result_fact_number(struct report *report, struct result *result, const char *key,
			double value);
void result_fact_bool(struct report *report, struct result *result, const char *key, bool value);

#endif
