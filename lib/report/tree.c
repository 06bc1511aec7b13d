/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts, sentences and readings of a finished tree; see tree.h. */
#include "report/tree.h"

#include "base/escape.h"
#include "base/sample.h"

const char *unit_symbol(enum unit unit)
{
	static const char *const symbol[] = { "", "s", "%", "B" };

	return symbol[unit];
}

void tree_tally(const struct result *result, struct tally *tally)
{
	if (result->first == NULL) {
		tally->all++;
		tally->of[result_state(result)]++;
	}
	for (const struct result *child = result->first; child != NULL; child = child->next)
		tree_tally(child, tally);
}

const struct result *tree_top(const struct report *report)
{
	const struct result *top = &report->root;

	while (top->first != NULL && top->first == top->last)
		top = top->first;
	return top;
}

/* One more part of a sentence, cut to what fits. */
static void wr_part(struct wr *w, struct view part)
{
	if (w->n > 0 && part.n > 0)
		wr_str(w, ", ");
	wr_put(w, view_first(part, w->cap - w->n));
}

static void wr_note(struct wr *w, const struct note *note)
{
	for (; note != NULL; note = note->next)
		wr_part(w, (struct view){ note->text, note->n });
}

void tree_sentence(const struct result *result, struct wr *w)
{
	wr_note(w, result->said);
	wr_note(w, result->clause);
}

static const struct result *worst_child(const struct result *result)
{
	for (unsigned i = 0; i < STATES; i++)
		for (const struct result *child = result->first; child != NULL; child = child->next)
			if (result_state(child) == state_by_severity(i))
				return child;
	return result->first;
}

/* An IPv6 address stands in brackets before its port. */
static bool begins_with_name(struct view sentence, struct view name)
{
	if (sentence.n > 0 && sentence.p[0] == '[')
		sentence = view_skip(sentence, name.n > 0 && name.p[0] == '[' ? 0 : 1);
	return view_starts(sentence, name);
}

void tree_line(const struct result *result, struct wr *w)
{
	char name[ESCAPE_FIELD_MAX], sentence[TREE_SENTENCE_MAX];
	struct wr n = wr_over(name, sizeof(name)), s = wr_over(sentence, sizeof(sentence));

	wr_field(&n, view_of(result->name));
	tree_sentence(result, &s);
	if (!begins_with_name(wr_view(&s), wr_view(&n))) {
		wr_put(w, wr_view(&n));
		wr_str(w, s.n > 0 ? ": " : "");
	}
	wr_put(w, view_first(wr_view(&s), w->cap - w->n));
}

/* "pbx7: no answer"; a group that says nothing lends that of its worst child. */
static void wr_speaker(struct wr *w, const struct result *result)
{
	char name[ESCAPE_FIELD_MAX], line[TREE_SENTENCE_MAX];
	struct wr n = wr_over(name, sizeof(name)), l = wr_over(line, sizeof(line));

	if (result->first == NULL || result->said != NULL || result->clause != NULL) {
		tree_line(result, w);
		return;
	}
	wr_field(&n, view_of(result->name));
	wr_speaker(&l, worst_child(result));
	if (!begins_with_name(wr_view(&l), wr_view(&n))) {
		wr_put(w, wr_view(&n));
		wr_str(w, ": ");
	}
	wr_put(w, view_first(wr_view(&l), w->cap - w->n));
}

static void wr_culprit(struct wr *w, const struct result *group)
{
	const struct result *culprit = worst_child(group);

	if (result_state(culprit) == STATE_OK)
		return;
	wr_str(w, ": ");
	wr_speaker(w, culprit);
}

static void wr_counts(struct wr *w, const struct tally *tally, const char *noun)
{
	bool started = false;

	if (tally->of[STATE_OK] == tally->all)
		wr_fmt(w, "all %zu %s ok", tally->all, noun);
	for (unsigned i = 0; i < STATES; i++) {
		enum state state = state_by_severity(i);
		size_t n = tally->of[state];
		if (state == STATE_OK || n == 0)
			continue;
		if (started)
			wr_fmt(w, ", %zu %s", n, state_word(state));
		else
			wr_fmt(w, "%zu of %zu %s %s", n, tally->all, noun, state_word(state));
		started = true;
	}
}

/* What stands before the counts: a group that says nothing else has its name. */
static void wr_front(struct wr *w, const struct result *result)
{
	bool named = w->n == 0 && result->parent != NULL;

	if (named)
		wr_field(w, view_of(result->name));
	wr_str(w, named ? ": " : w->n > 0 ? ", " : "");
}

static void wr_core(const struct report *report, const struct result *result, struct wr *w)
{
	struct tally tally = { 0 };

	if (result->parent == NULL && result->first == NULL) {
		wr_part(w, VIEW("nothing was checked"));
	} else if (result->first == NULL) {
		tree_sentence(result, w);
	} else {
		wr_front(w, result);
		tree_tally(result, &tally);
		wr_counts(w, &tally, report->spec->noun);
		wr_culprit(w, result);
	}
	if (w->n == 0)
		wr_field(w, view_of(result->name));
}

void tree_summary(const struct report *report, const struct result *result, struct wr *w)
{
	tree_sentence(result, w);
	if (w->n == 0)
		wr_core(report, result, w);
}

/* What the parents of the top and a top with children say themselves stands around the core. */
void tree_headline(const struct report *report, struct wr *w)
{
	const struct result *top = tree_top(report);
	const struct result *frame = top->first == NULL && top->parent != NULL ? top->parent : top;

	for (const struct result *r = &report->root;; r = r->first) {
		wr_note(w, r->said);
		if (r == frame)
			break;
	}
	wr_core(report, top, w);
	for (const struct result *r = frame; r != NULL; r = r->parent)
		wr_note(w, r->clause);
}

double *tree_value(const struct result *result, size_t metric)
{
	for (struct values *block = result->values; block != NULL; block = block->older)
		for (size_t i = 0; i < block->count; i++)
			if (block->metric[i] == metric)
				return &block->value[i];
	return NULL;
}

static struct reading reading_of(const struct report *report, size_t metric, double value)
{
	const struct metric_spec *spec = &report->spec->metric[metric];
	struct reading reading = { .unit = spec->unit,
				   .value = value,
				   .warning = report->warning[metric],
				   .critical = report->critical[metric],
				   .bounds = spec };
	struct wr w = wr_over(reading.label, LABEL_MAX);

	wr_str(&w, spec->label);
	return reading;
}

size_t tree_own_readings(const struct report *report, const struct result *result,
			 struct reading *out)
{
	const double *value;
	size_t n = 0;

	for (size_t i = 0; i < report->spec->metric_count; i++)
		if ((value = tree_value(result, i)) != NULL)
			out[n++] = reading_of(report, i, *value);
	return n;
}

static struct reading bare_reading(const char *label, const char *suffix, enum unit unit,
				   double value)
{
	struct reading reading = { .unit = unit, .value = value };
	struct wr w = wr_over(reading.label, LABEL_MAX);

	wr_str(&w, label);
	wr_str(&w, suffix);
	return reading;
}

/* All leaves' values of one metric. */
struct folded {
	size_t count;
	double sum, min, max;
	struct sample spread;
};

static void fold_leaves(const struct report_spec *spec, const struct result *result,
			struct folded *folded)
{
	for (const struct result *child = result->first; child != NULL; child = child->next)
		fold_leaves(spec, child, folded);
	if (result->first != NULL)
		return;
	for (const struct values *block = result->values; block != NULL; block = block->older) {
		for (size_t i = 0; i < block->count; i++) {
			struct folded *f = &folded[block->metric[i]];
			double value = block->value[i];
			f->sum += value;
			f->min = f->count == 0 || value < f->min ? value : f->min;
			f->max = f->count == 0 || value > f->max ? value : f->max;
			f->count++;
			if (spec->metric[block->metric[i]].fold == FOLD_SPREAD)
				sample_add(&f->spread, value);
		}
	}
}

static size_t folded_readings(const struct report *report, size_t metric, struct folded *folded,
			      struct reading *out)
{
	const struct metric_spec *spec = &report->spec->metric[metric];

	if (folded->count == 0)
		return 0;
	switch (spec->fold) {
	case FOLD_DROP:
		return 0;
	case FOLD_SUM:
		out[0] = bare_reading(spec->label, "", spec->unit, folded->sum);
		return 1;
	case FOLD_MIN:
	case FOLD_MAX:
		out[0] = reading_of(report, metric,
				    spec->fold == FOLD_MIN ? folded->min : folded->max);
		return 1;
	case FOLD_SPREAD:
		break;
	}
	out[0] = bare_reading(spec->label, "_p50", spec->unit,
			      sample_percentile(&folded->spread, 50));
	out[1] = bare_reading(spec->label, "_p95", spec->unit,
			      sample_percentile(&folded->spread, 95));
	out[2] = bare_reading(spec->label, "_max", spec->unit, folded->max);
	out[2].warning = report->warning[metric];
	out[2].critical = report->critical[metric];
	return 3;
}

static size_t count_readings(const struct report *report, const struct result *top,
			     struct reading *out)
{
	struct tally tally = { 0 };
	size_t n = 0;

	tree_tally(top, &tally);
	out[n++] = bare_reading(report->spec->noun, "", UNIT_NONE, (double)tally.all);
	for (unsigned state = 0; state < STATES; state++)
		out[n++] = bare_reading(state_word((enum state)state), "", UNIT_NONE,
					(double)tally.of[state]);
	return n;
}

/* Of the result that stands in the root's place, or of a parent of it. */
static const double *chain_value(const struct result *top, size_t metric)
{
	const double *value = NULL;

	for (; top != NULL && value == NULL; top = top->parent)
		value = tree_value(top, metric);
	return value;
}

/* The leaves' own labels, in the order of the leaves. */
struct labels {
	size_t count;
	struct {
		const char *label;
		const double *value; /* NULL: no leaf has one */
	} item[RESULT_LABELS_MAX + 1];
};

static void add_label(struct labels *labels, const char *label, const double *value)
{
	size_t i = 0;

	while (i < labels->count && !view_eq(view_of(labels->item[i].label), view_of(label)))
		i++;
	if (i == RESULT_LABELS_MAX + 1)
		return;
	if (i == labels->count) {
		labels->item[labels->count].label = label;
		labels->item[labels->count++].value = value;
	} else if (value != NULL &&
		   (labels->item[i].value == NULL || *value > *labels->item[i].value)) {
		labels->item[i].value = value;
	}
}

static void collect_labels(const struct result *result, size_t metric, struct labels *labels)
{
	for (const struct result *child = result->first; child != NULL; child = child->next)
		collect_labels(child, metric, labels);
	if (result->first == NULL && result->extra != NULL && result->extra->label != NULL)
		add_label(labels, result->extra->label, tree_value(result, metric));
}

static bool has_own_labels(const struct report *report, size_t metric, const struct result *top,
			   struct labels *labels)
{
	if (!report->has_labels || metric != report->labelled)
		return false;
	collect_labels(top, metric, labels);
	return labels->count > 0 && labels->count <= RESULT_LABELS_MAX;
}

static size_t labelled_readings(const struct report *report, size_t metric,
				const struct labels *labels, struct reading *out)
{
	size_t n = 0;

	for (size_t i = 0; i < labels->count; i++) {
		if (labels->item[i].value == NULL)
			continue;
		out[n] = reading_of(report, metric, *labels->item[i].value);
		struct wr w = wr_over(out[n].label, LABEL_MAX);
		wr_str(&w, labels->item[i].label);
		out[n++].label[w.n] = '\0';
	}
	return n;
}

static size_t metric_readings(const struct report *report, const struct result *top, size_t metric,
			      struct folded *folded, struct reading *out)
{
	const double *value = chain_value(top, metric);
	struct labels labels = { .count = 0 };

	if (has_own_labels(report, metric, top, &labels))
		return labelled_readings(report, metric, &labels, out);
	if (value == NULL)
		return folded_readings(report, metric, folded, out);
	out[0] = reading_of(report, metric, *value);
	return 1;
}

size_t tree_readings(const struct report *report, const struct result *top, struct reading *out)
{
	struct folded folded[REPORT_METRICS_MAX] = { { 0 } };
	bool many = top->first != NULL;
	size_t n = many ? count_readings(report, top, out) : 0;

	if (many)
		fold_leaves(report->spec, top, folded);
	for (size_t i = 0; i < report->spec->metric_count; i++) {
		n += metric_readings(report, top, i, &folded[i], out + n);
		sample_free(&folded[i].spread);
	}
	return n;
}
