/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prometheus text exposition: all samples of a metric stand together below its HELP and TYPE, in
 * base units, without timestamps, and no two have the same labels.  The root is the sample without
 * labels.  Thresholds are left to the reader's own alert rules.
 */
#include "report/tree.h"

#include "base/escape.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL_VALUE_MAX = 256, LABELS_MAX = 2560 };

/* One node of the tree and the labels of its samples. */
struct series {
	const struct result *result;
	const char *labels;
	size_t copy; /* from the second one with the same labels on: 2, 3, ... */
};

static size_t count_nodes(const struct result *result)
{
	size_t n = 1;

	for (const struct result *child = result->first; child != NULL; child = child->next)
		n += count_nodes(child);
	return n;
}

static void wr_label(struct wr *w, const char *label, struct view value)
{
	if (w->n > 0)
		wr_byte(w, ',');
	wr_str(w, label);
	wr_str(w, "=\"");
	value = view_first(value, LABEL_VALUE_MAX);
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		if (c == '"' || c == '\\')
			wr_byte(w, '\\');
		wr_byte(w, c >= ' ' && c <= '~' ? c : '?');
	}
	wr_byte(w, '"');
}

static void wr_fact_label(struct wr *w, const struct result *result, const char *key,
			  enum fact_type type)
{
	const struct fact *fact = result->extra != NULL ? result->extra->fact : NULL;
	char number[32];
	struct wr digits = wr_over(number, sizeof(number));

	while (fact != NULL && (fact->type != type || strcmp(fact->key, key) != 0))
		fact = fact->next;
	if (fact == NULL)
		return;
	if (type == FACT_NUMBER)
		wr_decimal(&digits, fact->number, 0);
	wr_label(w, key, type == FACT_NUMBER ? wr_view(&digits) : fact->text);
}

/* A leaf in a group is the endpoint of a target. */
static void wr_labels(struct wr *w, const struct result *result)
{
	const struct result *target = result;

	if (result->parent == NULL)
		return;
	while (target->parent->parent != NULL)
		target = target->parent;
	wr_label(w, "target", view_of(target->name));
	if (target != result)
		wr_label(w, "endpoint", view_of(result->name));
	wr_fact_label(w, result, "address", FACT_TEXT);
	wr_fact_label(w, result, "transport", FACT_TEXT);
	wr_fact_label(w, result, "port", FACT_NUMBER);
}

static struct series *collect(const struct result *result, struct arena *arena, struct series *next)
{
	char labels[LABELS_MAX];
	struct wr w = wr_over(labels, sizeof(labels));

	wr_labels(&w, result);
	*next++ = (struct series){ result, arena_text(arena, wr_view(&w)), 1 };
	for (const struct result *child = result->first; child != NULL; child = child->next)
		next = collect(child, arena, next);
	return next;
}

static int by_labels(const void *a, const void *b)
{
	const struct series *x = *(struct series *const *)a, *y = *(struct series *const *)b;
	int order = strcmp(x->labels, y->labels);

	return order != 0 ? order : (x > y) - (x < y);
}

static void number_copies(struct series *series, size_t count)
{
	struct series **sorted = mem_new(count, sizeof(struct series *));

	for (size_t i = 0; i < count; i++)
		sorted[i] = &series[i];
	qsort(sorted, count, sizeof(struct series *), by_labels);
	for (size_t i = 1; i < count; i++)
		if (strcmp(sorted[i]->labels, sorted[i - 1]->labels) == 0)
			sorted[i]->copy = sorted[i - 1]->copy + 1;
	mem_free(sorted);
}

static void put_sample(struct out *out, struct view name, const struct series *series, double value)
{
	char text[128];
	struct wr w = wr_over(text, sizeof(text));

	out_put(out, name);
	if (series->labels[0] != '\0') {
		out_str(out, "{");
		out_str(out, series->labels);
		if (series->copy > 1)
			wr_fmt(&w, ",n=\"%zu\"", series->copy);
		wr_byte(&w, '}');
	}
	wr_byte(&w, ' ');
	wr_decimal(&w, value, 9);
	wr_byte(&w, '\n');
	out_put(out, wr_view(&w));
}

static void put_header(struct out *out, struct view name, const char *meaning)
{
	out_str(out, "# HELP ");
	out_put(out, name);
	out_str(out, " ");
	out_str(out, meaning);
	out_str(out, "\n# TYPE ");
	out_put(out, name);
	out_str(out, " gauge\n");
}

void prometheus_name(struct wr *w, const struct report_spec *spec, const struct metric_spec *metric)
{
	static const char *const suffix[] = { "", "_seconds", "_ratio", "_bytes" };

	wr_fmt(w, "%s_%s", spec->program, metric != NULL ? metric->label : "state");
	if (metric != NULL && !view_ends(wr_view(w), view_of(suffix[metric->unit])))
		wr_str(w, suffix[metric->unit]);
}

static void put_metric(const struct report *report, size_t metric, const struct series *series,
		       size_t count, struct out *out)
{
	const struct metric_spec *spec = &report->spec->metric[metric];
	char text[PROMETHEUS_NAME_MAX];
	struct wr name = wr_over(text, sizeof(text));
	bool started = false;

	prometheus_name(&name, report->spec, spec);
	for (size_t i = 0; i < count; i++) {
		const double *value = tree_value(series[i].result, metric);
		if (value == NULL)
			continue;
		if (!started)
			put_header(out, wr_view(&name), spec->meaning);
		started = true;
		put_sample(out, wr_view(&name), &series[i],
			   spec->unit == UNIT_PERCENT ? *value / 100 : *value);
	}
}

/* Writes the header of the states and returns their name. */
static struct view put_state_header(const struct report_spec *spec, struct wr *name,
				    struct out *out)
{
	prometheus_name(name, spec, NULL);
	put_header(out, wr_view(name), "0 ok, 1 warning, 2 critical, 3 unknown.");
	return wr_view(name);
}

void prometheus_put(const struct report *report, const struct render_conf *conf, struct out *out)
{
	size_t count = count_nodes(&report->root);
	struct series *series = mem_new(count, sizeof(*series));
	struct arena arena = { NULL };
	char text[PROMETHEUS_NAME_MAX];
	struct wr name = wr_over(text, sizeof(text));

	(void)conf;
	collect(&report->root, &arena, series);
	number_copies(series, count);
	struct view state = put_state_header(report->spec, &name, out);
	for (size_t i = 0; i < count; i++)
		put_sample(out, state, &series[i], (double)result_state(series[i].result));
	for (size_t i = 0; i < report->spec->metric_count; i++)
		put_metric(report, i, series, count, out);
	arena_free(&arena);
	mem_free(series);
}

void prometheus_put_error(const struct report_spec *spec, struct view sentence, struct out *out)
{
	const struct series root = { .labels = "" };
	char text[REPORT_LINE_MAX];
	struct wr w = wr_over(text, sizeof(text));

	wr_str(&w, "# ");
	wr_clause(&w, sentence, sizeof(text) - 3);
	wr_byte(&w, '\n');
	out_put(out, wr_view(&w));
	wr_reset(&w);
	put_sample(out, put_state_header(spec, &w, out), &root, STATE_UNKNOWN);
}
