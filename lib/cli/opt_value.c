/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the text of a value to the field of a conf, by type; see opt.h. */
#include "base/escape.h"
#include "base/hex.h"
#include "base/text.h"
#include "cli/opt.h"

#include <math.h>
#include <stdio.h>

bool opt_error_set(struct opt_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return false;
}

bool opt_error_value(struct opt_error *error, struct view value, const char *format, ...)
{
	struct wr w = wr_over(error->text, sizeof(error->text));
	va_list args;

	wr_byte(&w, '"');
	wr_field(&w, value);
	wr_str(&w, "\" ");
	va_start(args, format);
	vsnprintf(w.p + w.n, w.cap - w.n, format, args);
	va_end(args);
	return false;
}

/* The capacity doubles whenever the count is a power of two, so that it needs no field. */
void opt_list_add(struct opt_list *list, struct view value, struct arena *arena)
{
	if ((list->count & (list->count - 1)) == 0) {
		size_t cap = list->count > 0 ? 2 * list->count : 1;
		struct view *grown = arena_new(arena, cap, sizeof(*grown));
		for (size_t i = 0; i < list->count; i++)
			grown[i] = list->item[i];
		list->item = grown;
	}
	list->item[list->count++] = value;
}

static bool parse_number(const struct opt *opt, uint64_t *number, struct view value,
			 struct opt_error *error)
{
	uint64_t n;

	if (!text_u64(value, opt->max, &n) || n < opt->min)
		return opt_error_value(error, value, "is not a number from %ju to %ju",
				       (uintmax_t)opt->min, (uintmax_t)opt->max);
	*number = n;
	return true;
}

static bool parse_seconds(const struct opt *opt, int64_t *us, struct view value,
			  struct opt_error *error)
{
	char limits[64];
	struct wr w = wr_over(limits, sizeof(limits));
	double seconds;

	if (text_double(value, &seconds) && seconds * 1e6 >= (double)opt->min &&
	    seconds * 1e6 <= (double)opt->max) {
		*us = (int64_t)(seconds * 1e6 + 0.5);
		return true;
	}
	wr_double(&w, (double)opt->min / 1e6);
	wr_str(&w, " to ");
	wr_double(&w, (double)opt->max / 1e6);
	return opt_error_value(error, value, "is not a number of seconds from %.*s",
			       VIEW_ARG(wr_view(&w)));
}

static bool parse_range(struct range *range, struct view value, struct opt_error *error)
{
	size_t column;
	const char *why;

	return range_parse(value, range, &column, &why) ||
	       opt_error_set(error, "column %zu: %s", column, why);
}

static bool parse_pair(const struct opt *opt, struct range_pair *pair, struct view value,
		       struct opt_error *error)
{
	bool lower = (opt->flags & OPT_LOWER_IS_WORSE) != 0;
	struct view rest = value, first = view_take_until(&rest, ':');
	bool both = first.n < value.n;
	double w, c = 0;

	if (!text_double(first, &w) || w < 0 || (both && (!text_double(rest, &c) || c < 0)))
		return opt_error_value(error, value, "is not W or W:C, two plain numbers");
	if (both && (lower ? c > w : c < w))
		return opt_error_value(error, value, "has its critical number %s the warning one",
				       lower ? "above" : "below");
	pair->warning = (struct range){ true, false, lower ? w : 0, lower ? INFINITY : w };
	pair->critical = (struct range){ both, false, lower ? c : 0, lower ? INFINITY : c };
	return true;
}

static bool parse_choice(const struct opt *opt, unsigned *index, struct view value,
			 struct opt_error *error)
{
	char known[200];
	struct wr w = wr_over(known, sizeof(known));

	for (unsigned i = 0; opt->choices[i] != NULL; i++) {
		if (view_ieq(value, view_of(opt->choices[i]))) {
			*index = i;
			return true;
		}
		wr_str(&w, i > 0 ? ", " : "");
		wr_str(&w, opt->choices[i]);
	}
	return opt_error_value(error, value, "is none of %.*s", VIEW_ARG(wr_view(&w)));
}

bool opt_parse_hex(struct view *out, size_t max, struct view value, struct arena *arena,
		   struct opt_error *error)
{
	size_t room = value.n / 2 < max ? value.n / 2 : max;
	struct wr w = wr_over(arena_new(arena, room, 1), room);
	const char *why;
	size_t column;

	if (!hex_parse(value, &w, &column, &why))
		return opt_error_value(error, value, "column %zu: %s", column, why);
	*out = wr_view(&w);
	return w.n > 0 || opt_error_set(error, "no bytes");
}

bool opt_store(const struct opt *opt, void *conf, struct view value, struct arena *arena,
	       struct opt_error *error)
{
	void *field = (char *)conf + opt->at;

	switch (opt->type) {
	case OPT_FLAG:
		return *(bool *)field = true;
	case OPT_COUNT:
		*(unsigned *)field += *(unsigned *)field < opt->max ? 1 : 0;
		return true;
	case OPT_TEXT:
		*(struct view *)field = value;
		return true;
	case OPT_LIST:
		opt_list_add(field, value, arena);
		return true;
	case OPT_NUMBER:
		return parse_number(opt, field, value, error);
	case OPT_SECONDS:
		return parse_seconds(opt, field, value, error);
	case OPT_RANGE:
		return parse_range(field, value, error);
	case OPT_RANGE_PAIR:
		return parse_pair(opt, field, value, error);
	case OPT_CHOICE:
		return parse_choice(opt, field, value, error);
	case OPT_CALL:
		return opt->parse(field, value, arena, error);
	}
	return false;
}
