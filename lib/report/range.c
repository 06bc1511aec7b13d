/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threshold ranges; see range.h. */
#include "report/range.h"

#include "base/text.h"

#include <math.h>

static const char DIGITS[] = "0123456789";

/* The parsers below return NULL or what is wrong at the front of `v`. */
static const char *take_number(struct view *v, double *out)
{
	struct view all = *v;

	view_take_char(v, '-');
	if (view_take_while(v, DIGITS).n == 0)
		return "a number is expected here";
	if (view_take_char(v, '.') && view_take_while(v, DIGITS).n == 0)
		return "a digit is expected behind the decimal point";
	if (text_double(view_first(all, all.n - v->n), out))
		return NULL;
	*v = all;
	return "the number has more than 15 digits";
}

static const char *take_start(struct view *v, struct range *range)
{
	const char *why = NULL;

	if (view_take_char(v, '~'))
		range->start = -INFINITY;
	else
		why = take_number(v, &range->start);
	if (why != NULL)
		return why;
	return view_take_char(v, ':') ? NULL : "a colon is expected here";
}

static const char *take_end(struct view *v, struct range *range)
{
	const char *why;

	if (v->n > 0 && v->p[0] == '~')
		return "~ is only allowed as the start";
	if ((why = take_number(v, &range->end)) != NULL || v->n == 0)
		return why;
	return v->p[0] == ':' ? "a second colon is not allowed" : "the number should end here";
}

static const char *take_range(struct view *v, struct range *range)
{
	const char *why;

	if (v->n == 0)
		return "the range is empty";
	range->inside = view_take_char(v, '@');
	bool pair = view_find(*v, ':') < v->n;
	if (pair && (why = take_start(v, range)) != NULL)
		return why;
	struct view end = *v;
	if (pair && v->n == 0)
		range->end = INFINITY;
	else if ((why = take_end(v, range)) != NULL)
		return why;
	if (range->start <= range->end)
		return NULL;
	*v = end;
	return "the end is below the start, which is 0 when not given";
}

bool range_parse(struct view text, struct range *out, size_t *column, const char **why)
{
	struct range range = { .set = true };
	struct view rest = text;

	*why = take_range(&rest, &range);
	*column = text.n - rest.n + 1;
	if (*why == NULL) {
		*out = range;
		return true;
	}
	if (rest.n > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t'))
		*why = "blanks are not allowed";
	return false;
}

bool range_alerts(const struct range *range, double value)
{
	bool within = value >= range->start && value <= range->end;

	return range->set && within == range->inside;
}

void wr_range(struct wr *w, const struct range *range)
{
	if (!range->set)
		return;
	if (range->inside)
		wr_byte(w, '@');
	if (isinf(range->start))
		wr_str(w, "~:");
	else if (range->start < 0 || range->start > 0 || range->inside || isinf(range->end)) {
		wr_double(w, range->start);
		wr_byte(w, ':');
	}
	if (!isinf(range->end))
		wr_double(w, range->end);
}
