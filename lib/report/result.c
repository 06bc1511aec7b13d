/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Building the tree; every addition takes constant time.  See result.h. */
#include "report/tree.h"

#include "base/text.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* Bounds the walk to the end of the clauses. */
enum { CLAUSES_BYTES_MAX = 1024 };

struct report *report_new(const struct report_spec *spec)
{
	struct report *report = mem_new(1, sizeof(*report));

	assert(spec->metric_count <= REPORT_METRICS_MAX);
	for (size_t i = 0; i < spec->metric_count; i++)
		assert(strlen(spec->metric[i].label) +
			       (spec->metric[i].fold == FOLD_SPREAD ? 4 : 0) <=
		       LABEL_MAX);
	report->spec = spec;
	report->root.name = "";
	report_keep(report, true, UINT_MAX);
	return report;
}

void report_free(struct report *report)
{
	arena_free(&report->arena);
	mem_free(report);
}

void report_keep(struct report *report, bool facts, unsigned verbosity)
{
	report->keep_facts = facts;
	report->keep_verbosity = verbosity;
}

struct result *report_root(struct report *report)
{
	return &report->root;
}

void report_thresholds(struct report *report, size_t metric, const struct range *warning,
		       const struct range *critical)
{
	report->warning[metric] = warning;
	report->critical[metric] = critical;
}

struct result *result_add(struct report *report, struct result *parent, struct view name)
{
	struct result *result = arena_new(&report->arena, 1, sizeof(*result));

	result->parent = parent;
	result->name = arena_text(&report->arena, name);
	*(parent->last != NULL ? &parent->last->next : &parent->first) = result;
	parent->last = result;
	return result;
}

void result_raise(struct result *result, enum state state)
{
	if (!result->overridden)
		result->state = (uint8_t)state_worse((enum state)result->state, state);
}

void result_override(struct result *result, enum state state)
{
	result->state = (uint8_t)state;
	result->overridden = true;
}

enum state result_state(const struct result *result)
{
	enum state state = (enum state)result->state;

	if (result->overridden)
		return state;
	if (result->parent == NULL && result->first == NULL)
		return state_worse(state, STATE_UNKNOWN);
	for (const struct result *child = result->first; child != NULL; child = child->next)
		state = state_worse(state, result_state(child));
	return state;
}

static struct note *note_new(struct report *report, struct view text, unsigned verbosity)
{
	struct note *note = arena_new(&report->arena, 1, sizeof(*note) + text.n);

	note->verbosity = verbosity;
	note->n = (unsigned)text.n;
	if (text.n > 0)
		memcpy(note->text, text.p, text.n);
	return note;
}

void result_say(struct report *report, struct result *result, struct view sentence)
{
	result->said = note_new(report, view_first(sentence, REPORT_LINE_MAX), 0);
}

void result_also(struct report *report, struct result *result, struct view clause)
{
	struct note **end = &result->clause;
	size_t bytes = clause.n;

	for (; *end != NULL; end = &(*end)->next)
		bytes += (*end)->n;
	if (clause.n > 0 && bytes <= CLAUSES_BYTES_MAX)
		*end = note_new(report, clause, 0);
}

static struct extra *extra_of(struct report *report, struct result *result)
{
	if (result->extra == NULL)
		result->extra = arena_new(&report->arena, 1, sizeof(*result->extra));
	return result->extra;
}

void result_detail(struct report *report, struct result *result, unsigned min_verbosity,
		   struct view line)
{
	if (min_verbosity > report->keep_verbosity)
		return;
	struct extra *extra = extra_of(report, result);
	struct note *note = note_new(report, line, min_verbosity);
	*(extra->last_detail != NULL ? &extra->last_detail->next : &extra->detail) = note;
	extra->last_detail = note;
}

static void add_fact(struct report *report, struct result *result, struct fact value)
{
	if (!report->keep_facts)
		return;
	struct extra *extra = extra_of(report, result);
	struct fact *fact = arena_new(&report->arena, 1, sizeof(*fact));
	*fact = value;
	fact->text.p = arena_text(&report->arena, value.text);
	*(extra->last_fact != NULL ? &extra->last_fact->next : &extra->fact) = fact;
	extra->last_fact = fact;
}

void result_fact(struct report *report, struct result *result, const char *key, struct view text)
{
	add_fact(report, result, (struct fact){ .key = key, .type = FACT_TEXT, .text = text });
}

void result_fact_number(struct report *report, struct result *result, const char *key, double value)
{
	if (isfinite(value))
		add_fact(report, result,
			 (struct fact){ .key = key, .type = FACT_NUMBER, .number = value });
}

void result_fact_bool(struct report *report, struct result *result, const char *key, bool value)
{
	add_fact(report, result, (struct fact){ .key = key, .type = FACT_BOOL, .number = value });
}

void result_label(struct report *report, struct result *result, size_t metric, const char *label)
{
	assert(strlen(label) <= LABEL_MAX);
	extra_of(report, result)->label = arena_text(&report->arena, view_of(label));
	report->labelled = metric;
	report->has_labels = true;
}

static void store(struct report *report, struct result *result, size_t metric, double value)
{
	double *place = tree_value(result, metric);
	struct values *block = result->values;

	if (place != NULL) {
		*place = value;
		return;
	}
	if (block == NULL || block->count == VALUES_PER_BLOCK) {
		block = arena_new(&report->arena, 1, sizeof(*block));
		block->older = result->values;
		result->values = block;
	}
	block->metric[block->count] = (uint8_t)metric;
	block->value[block->count++] = value;
}

static void wr_amount(struct wr *w, double value, unsigned decimals, enum unit unit)
{
	wr_decimal(w, value, decimals);
	if (unit != UNIT_NONE)
		wr_str(w, unit == UNIT_PERCENT ? "" : " ");
	wr_str(w, unit_symbol(unit));
}

/* Decimals for people, more of them where the value would look like the bound it breaks. */
static unsigned decimals_apart(double value, double bound)
{
	unsigned decimals = 3;

	for (double scale = 1e3; decimals < 9 && fabs(value - bound) * scale < 1; scale *= 10)
		decimals++;
	return decimals;
}

static void add_clause(struct report *report, struct result *result, size_t metric, double value,
		       enum state state)
{
	const struct metric_spec *spec = &report->spec->metric[metric];
	const struct range *range =
		state == STATE_CRITICAL ? report->critical[metric] : report->warning[metric];
	bool above = value > range->end;
	double bound = above ? range->end : range->start;
	char text[160];
	struct wr w = wr_over(text, sizeof(text));

	wr_str(&w, spec->label);
	wr_byte(&w, ' ');
	if (range->inside) {
		wr_amount(&w, value, 3, spec->unit);
		wr_str(&w, " is inside ");
		if (isinf(range->start) || isinf(range->end)) {
			struct range open = { true, false, range->start, range->end };
			wr_range(&w, &open);
		} else {
			wr_double(&w, range->start);
			wr_str(&w, "..");
			wr_amount(&w, range->end, 9, spec->unit);
		}
	} else {
		wr_amount(&w, value, decimals_apart(value, bound), spec->unit);
		wr_str(&w, above ? " is above " : " is below ");
		wr_amount(&w, bound, 9, spec->unit);
	}
	wr_str(&w, " (");
	wr_str(&w, state_word(state));
	wr_byte(&w, ')');
	result_also(report, result, wr_view(&w));
}

void result_measure(struct report *report, struct result *result, size_t metric, double value)
{
	if (isfinite(value))
		store(report, result, metric, value);
}

enum state result_metric(struct report *report, struct result *result, size_t metric, double value)
{
	const struct range *warning = report->warning[metric], *critical = report->critical[metric];
	enum state state = STATE_OK;

	if (!isfinite(value))
		return STATE_OK;
	store(report, result, metric, value);
	if (critical != NULL && range_alerts(critical, value))
		state = STATE_CRITICAL;
	else if (warning != NULL && range_alerts(warning, value))
		state = STATE_WARNING;
	if (state != STATE_OK) {
		result_raise(result, state);
		add_clause(report, result, metric, value, state);
	}
	return state;
}
