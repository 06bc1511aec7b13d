/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text that monitoring engines read: a sentence and all perfdata on line 1, within
 * REPORT_LINE_MAX bytes, then results and details.  The sentence gives way, perfdata is never cut.
 */
#include "report/tree.h"

#include "base/escape.h"
#include "base/text.h"

#include <string.h>

enum {
	LINE_MAX_BYTES = REPORT_LINE_MAX - 1, /* without the newline */
	SENTENCE_ROOM = 64,		      /* what perfdata leaves to a sentence at least */
	READING_BYTES_MAX = 256,
};

/* The last line of defence: a `|` starts perfdata in any line. */
static void put_safe(struct out *out, struct view v)
{
	char safe[LINE_MAX_BYTES];

	while (v.n > 0) {
		struct view part = view_first(v, sizeof(safe));
		struct wr w = wr_over(safe, sizeof(safe));
		wr_clause(&w, part, part.n);
		out_put(out, wr_view(&w));
		v = view_skip(v, part.n);
	}
}

/* At most `max` bytes, cut behind a word. */
static void put_cut(struct out *out, struct view v, size_t max)
{
	if (v.n <= max) {
		put_safe(out, v);
		return;
	}
	size_t n = max - 3;
	while (n > max / 2 && v.p[n] != ' ')
		n--;
	while (n > 0 && strchr(" ,:", v.p[n - 1]) != NULL)
		n--;
	put_safe(out, view_first(v, n));
	out_str(out, "...");
}

static void wr_bound(struct wr *w, bool given, double bound)
{
	wr_byte(w, ';');
	if (given)
		wr_decimal(w, bound, READING_DECIMALS);
}

static void wr_reading(struct wr *w, const struct reading *reading)
{
	static const struct range none = { .set = false };
	const struct metric_spec *bounds = reading->bounds;

	wr_str(w, reading->label);
	wr_byte(w, '=');
	wr_decimal(w, reading->value, READING_DECIMALS);
	wr_str(w, unit_symbol(reading->unit));
	wr_byte(w, ';');
	wr_range(w, reading->warning != NULL ? reading->warning : &none);
	wr_byte(w, ';');
	wr_range(w, reading->critical != NULL ? reading->critical : &none);
	wr_bound(w, bounds != NULL && bounds->has_min, bounds != NULL ? bounds->min : 0);
	wr_bound(w, bounds != NULL && bounds->has_max, bounds != NULL ? bounds->max : 0);
	while (w->n > 0 && w->p[w->n - 1] == ';')
		w->n--;
}

/* Returns how many readings were left out because `w` is full. */
static size_t wr_perfdata(struct wr *w, const struct report *report)
{
	struct reading reading[READINGS_MAX];
	size_t n = tree_readings(report, tree_top(report), reading);

	for (size_t i = 0; i < n; i++) {
		char text[READING_BYTES_MAX];
		struct wr r = wr_over(text, sizeof(text));
		wr_str(&r, i > 0 ? " " : "");
		wr_reading(&r, &reading[i]);
		if (r.n > w->cap - w->n)
			return n - i;
		wr_put(w, wr_view(&r));
	}
	return 0;
}

static void wr_status(struct wr *w, const struct report_spec *spec, enum state state)
{
	wr_fmt(w, "%s %s - ", spec->service, state_name(state));
}

/* Returns how many readings did not fit. */
static size_t put_first_line(const struct report *report, struct out *out)
{
	char sentence[TREE_SENTENCE_MAX], perfdata[LINE_MAX_BYTES];
	struct wr s = wr_over(sentence, sizeof(sentence));

	wr_status(&s, report->spec, result_state(&report->root));
	struct wr h = wr_over(sentence + s.n, sizeof(sentence) - s.n);
	tree_headline(report, &h);
	s.n += h.n;
	size_t room = s.n < SENTENCE_ROOM ? s.n : SENTENCE_ROOM;
	struct wr p = wr_over(perfdata, sizeof(perfdata) - room - 3);
	size_t left_out = wr_perfdata(&p, report);
	put_cut(out, wr_view(&s), p.n > 0 ? LINE_MAX_BYTES - p.n - 3 : LINE_MAX_BYTES);
	if (p.n > 0) {
		out_str(out, " | ");
		out_put(out, wr_view(&p));
	}
	out_str(out, "\n");
	return left_out;
}

static void put_indent(struct out *out, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		out_str(out, "  ");
}

static void put_details(const struct result *result, unsigned verbosity, unsigned depth,
			struct out *out)
{
	const struct note *note = result->extra != NULL ? result->extra->detail : NULL;

	for (; note != NULL; note = note->next) {
		if (note->verbosity > verbosity)
			continue;
		put_indent(out, depth);
		put_safe(out, (struct view){ note->text, note->n });
		out_str(out, "\n");
	}
}

/* What is shown of the results below a node, worst first, until no line is left. */
struct listing {
	struct out *out;
	unsigned verbosity, lines;
	struct tally hidden; /* leaves without a line */
};

static void put_children(struct listing *list, const struct result *parent, unsigned depth);

static void put_child(struct listing *list, const struct result *child, enum state state,
		      unsigned depth)
{
	char line[TREE_SENTENCE_MAX];
	struct wr w = wr_over(line, sizeof(line));

	wr_fmt(&w, "[%s] ", state_name(state));
	tree_line(child, &w);
	put_indent(list->out, depth);
	put_cut(list->out, wr_view(&w), LINE_MAX_BYTES - 2 * depth);
	out_str(list->out, "\n");
	list->lines--;
	put_details(child, list->verbosity, depth + 1, list->out);
	if (child->first == NULL) {
		list->hidden.all--;
		list->hidden.of[state]--;
	}
	put_children(list, child, depth + 1);
}

static void put_children(struct listing *list, const struct result *parent, unsigned depth)
{
	for (unsigned i = 0; i < STATES; i++) {
		enum state state = state_by_severity(i);
		const struct result *child = parent->first;
		for (; child != NULL && list->lines > 0; child = child->next)
			if (result_state(child) == state)
				put_child(list, child, state, depth);
	}
}

/* "2 more, all OK" or "9002 more (2 warning, 9000 ok)" */
static void put_hidden(const struct tally *hidden, struct out *out)
{
	char text[160];
	struct wr w = wr_over(text, sizeof(text));
	const char *separator = " (";

	if (hidden->all == 0)
		return;
	wr_fmt(&w, "%zu more", hidden->all);
	if (hidden->of[STATE_OK] == hidden->all) {
		wr_str(&w, ", all OK");
	} else {
		for (unsigned i = 0; i < STATES; i++) {
			enum state state = state_by_severity(i);
			if (hidden->of[state] == 0)
				continue;
			wr_fmt(&w, "%s%zu %s", separator, hidden->of[state], state_word(state));
			separator = ", ";
		}
		wr_byte(&w, ')');
	}
	wr_byte(&w, '\n');
	out_put(out, wr_view(&w));
}

void text_put(const struct report *report, const struct render_conf *conf, struct out *out)
{
	const struct result *top = tree_top(report);
	size_t left_out = put_first_line(report, out);
	struct listing list = { .out = out, .verbosity = conf->verbosity, .lines = conf->show };

	for (const struct result *r = &report->root;; r = r->first) {
		put_details(r, conf->verbosity, 0, out);
		if (r == top)
			break;
	}
	if (top->first != NULL && conf->show > 0) {
		tree_tally(top, &list.hidden);
		put_children(&list, top, 0);
		put_hidden(&list.hidden, out);
	}
	if (left_out > 0) {
		char text[80];
		struct wr w = wr_over(text, sizeof(text));
		wr_fmt(&w, "%zu metrics left out: line 1 is full\n", left_out);
		out_put(out, wr_view(&w));
	}
}

void oneline_put(const struct report *report, const struct render_conf *conf, struct out *out)
{
	(void)conf;
	put_first_line(report, out);
}

void text_put_error(const struct report_spec *spec, struct view sentence, struct out *out)
{
	char text[TREE_SENTENCE_MAX];
	struct wr w = wr_over(text, sizeof(text));

	wr_status(&w, spec, STATE_UNKNOWN);
	wr_put(&w, view_first(sentence, w.cap - w.n));
	put_cut(out, wr_view(&w), LINE_MAX_BYTES);
	out_str(out, "\n");
}
