/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a report and what every format derives from it; for lib/report only. */
#ifndef REPORT_TREE_H
#define REPORT_TREE_H

#include "report/render.h"

/* A piece of a sentence, or a line of details. */
struct note {
	struct note *next;
	unsigned verbosity;
	unsigned n;
	char text[];
};

enum fact_type { FACT_TEXT, FACT_NUMBER, FACT_BOOL };

struct fact {
	struct fact *next;
	const char *key;
	enum fact_type type;
	double number;
	struct view text;
};

/* Metrics of one result, in the order they were set; a full block starts the next one, in front. */
enum { VALUES_PER_BLOCK = 6 };
struct values {
	struct values *older;
	uint8_t count;
	uint8_t metric[VALUES_PER_BLOCK];
	double value[VALUES_PER_BLOCK];
};

/* Most results of a large check have neither. */
struct extra {
	struct note *detail, *last_detail;
	struct fact *fact, *last_fact;
	const char *label; /* see result_label; NULL = none */
};

/* Ten thousand of these are kept: 80 bytes. */
struct result {
	struct result *parent, *next, *first, *last;
	const char *name;
	struct note *said;
	struct note *clause;
	struct values *values;
	struct extra *extra;
	uint8_t state; /* its own, without the children's */
	bool overridden;
};

struct report {
	const struct report_spec *spec;
	const struct range *warning[REPORT_METRICS_MAX], *critical[REPORT_METRICS_MAX];
	bool keep_facts;
	unsigned keep_verbosity;
	bool has_labels;
	size_t labelled; /* the metric that has labels */
	struct arena arena;
	struct result root;
};

/* Results without children below a node, or the node itself. */
struct tally {
	size_t all, of[STATES];
};
void tree_tally(const struct result *result, struct tally *tally);
/* What is shown in place of the root: the end of the chain of only children. */
const struct result *tree_top(const struct report *report);

/* Sentences are written as far as they fit. */
enum { TREE_SENTENCE_MAX = 2048 };
void tree_sentence(const struct result *result, struct wr *w);
/* "name: sentence"; the name is left out when the sentence begins with it. */
void tree_line(const struct result *result, struct wr *w);
/* Never empty: without a sentence the name, or counts of a group. */
void tree_summary(const struct report *report, const struct result *result, struct wr *w);
/* "3 of 10000 targets critical, 2 warning: pbx7: no answer", without the state word. */
void tree_headline(const struct report *report, struct wr *w);

/* One item of perfdata. */
enum { LABEL_MAX = 19 };
struct reading {
	char label[LABEL_MAX + 1];
	enum unit unit;
	double value;
	const struct range *warning, *critical; /* NULL or not set: nothing to print */
	const struct metric_spec *bounds;	/* NULL: no minimum and maximum */
};
enum {
	READINGS_MAX = 1 + STATES + 3 * REPORT_METRICS_MAX + RESULT_LABELS_MAX,
	READING_DECIMALS = 6
};
/* NULL when it is not set. */
double *tree_value(const struct result *result, size_t metric);
/* A result's own values in table order; both return the number of readings. */
size_t tree_own_readings(const struct report *report, const struct result *result,
			 struct reading *out);
/* Of a group counts and folded values; of tree_top the whole report's. */
size_t tree_readings(const struct report *report, const struct result *top, struct reading *out);
/* "", "s", "%", "B" */
const char *unit_symbol(enum unit unit);

/* The formats, and what they say of a program that has no tree. */
void text_put(const struct report *report, const struct render_conf *conf, struct out *out);
void oneline_put(const struct report *report, const struct render_conf *conf, struct out *out);
void json_put(const struct report *report, const struct render_conf *conf, struct out *out);
void jsonl_put(const struct report *report, const struct render_conf *conf, struct out *out);
void prometheus_put(const struct report *report, const struct render_conf *conf, struct out *out);
void text_put_error(const struct report_spec *spec, struct view sentence, struct out *out);
void json_put_error(const struct report_spec *spec, struct view sentence, struct out *out);
void prometheus_put_error(const struct report_spec *spec, struct view sentence, struct out *out);

#endif
