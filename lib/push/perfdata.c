/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One item of performance data after the other; see perfdata.h. */
#include "push/perfdata.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBER_CHARS_MAX = 64 };

static const double NUMBER_MAX = 1e100, WHOLE_MAX = 1e18;
static const char DIGITS[] = "0123456789";

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t word_length(struct view v)
{
	size_t n = 0;

	while (n < v.n && !is_blank(v.p[n]))
		n++;
	return n;
}

/* With both quotes; 0 when there is no quoted text. */
static size_t quoted_length(struct view v)
{
	if (v.n == 0 || v.p[0] != '\'')
		return 0;
	for (size_t i = 1; i < v.n; i++) {
		if (v.p[i] != '\'')
			continue;
		if (i + 1 == v.n || v.p[i + 1] != '\'')
			return i + 1;
		i++;
	}
	return 0;
}

/* [+-]digits[.digits][e[+-]digits] at the front of `v`, with a digit before or behind the point. */
static size_t number_length(struct view v)
{
	struct view rest = v;

	if (!view_take_char(&rest, '-'))
		view_take_char(&rest, '+');
	size_t digits = view_take_while(&rest, DIGITS).n;
	if (view_take_char(&rest, '.'))
		digits += view_take_while(&rest, DIGITS).n;
	if (digits == 0)
		return 0;
	struct view exponent = rest;
	if (view_take_char(&exponent, 'e') || view_take_char(&exponent, 'E')) {
		if (!view_take_char(&exponent, '-'))
			view_take_char(&exponent, '+');
		if (view_take_while(&exponent, DIGITS).n > 0)
			rest = exponent;
	}
	return v.n - rest.n;
}

/* Programs that never choose a locale have strtod read a decimal point. */
static bool take_number(struct view *v, double *out)
{
	char text[NUMBER_CHARS_MAX + 1] = "";
	size_t n = number_length(*v);

	if (n == 0 || n > NUMBER_CHARS_MAX)
		return false;
	memcpy(text, v->p, n);
	*v = view_skip(*v, n);
	*out = strtod(text, NULL);
	return *out >= -NUMBER_MAX && *out <= NUMBER_MAX;
}

static bool plain_number(struct view v, double *out)
{
	return take_number(&v, out) && v.n == 0;
}

/* A NUL byte is none either: it ends the set. */
static bool is_unit(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (strchr("0123456789.,+-='\"", v.p[i]) != NULL)
			return false;
	return true;
}

/* Of a quoted label, quotes that are doubled become one. */
static bool set_label(struct perfdatum *out, struct view text, bool quoted)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (n == PERFDATA_LABEL_MAX)
			return false;
		out->label_text[n++] = text.p[i];
		i += quoted && text.p[i] == '\'' ? 1 : 0;
	}
	out->label = (struct view){ out->label_text, n };
	return n > 0;
}

/* Leaves what stands behind the "=". */
static bool take_label(struct view *item, size_t quoted, struct perfdatum *out)
{
	struct view text = view_first(*item, quoted);

	if (quoted == 0) {
		text = view_take_until(item, '=');
		return text.p[0] != '\'' && set_label(out, text, false);
	}
	*item = view_skip(*item, quoted);
	text = view_first(view_skip(text, 1), quoted - 2);
	return view_take_char(item, '=') && set_label(out, text, true);
}

static bool read_values(struct view rest, struct perfdatum *out)
{
	struct view value = view_take_until(&rest, ';');

	out->warn = view_take_until(&rest, ';');
	out->crit = view_take_until(&rest, ';');
	out->has_warn = plain_number(out->warn, &out->warn_value);
	out->has_crit = plain_number(out->crit, &out->crit_value);
	out->has_min = plain_number(view_take_until(&rest, ';'), &out->min);
	out->has_max = plain_number(view_take_until(&rest, ';'), &out->max);
	if (!take_number(&value, &out->value))
		return false;
	out->unit = value;
	return is_unit(value);
}

bool perfdata_take(struct view *rest, struct perfdatum *out, bool *good)
{
	*out = (struct perfdatum){ .value = 0 };
	while (rest->n > 0 && is_blank(rest->p[0]))
		*rest = view_skip(*rest, 1);
	if (rest->n == 0)
		return false;
	size_t quoted = quoted_length(*rest);
	struct view item = view_first(*rest, quoted + word_length(view_skip(*rest, quoted)));
	out->raw = item;
	*rest = view_skip(*rest, item.n);
	*good = take_label(&item, quoted, out) && read_values(item, out);
	return true;
}

/* Prefix and B or b, as Icinga reads them: K and k are both 1000, KiB is 1024. */
static bool data_factor(struct view unit, double *factor)
{
	static const char prefixes[] = "kmgtpezy";
	struct view prefix = view_first(unit, unit.n - 1);
	size_t power = 1;

	*factor = 1;
	if (prefix.n == 0)
		return true;
	while (prefixes[power - 1] != '\0' &&
	       !view_ieq(view_first(prefix, 1), (struct view){ &prefixes[power - 1], 1 }))
		power++;
	bool binary = view_ieq(view_skip(prefix, 1), VIEW("i"));
	if (prefixes[power - 1] == '\0' || prefix.n != (binary ? 2 : 1))
		return false;
	for (; power > 0; power--)
		*factor *= binary ? 1024 : 1000;
	return true;
}

struct perfdata_base perfdata_base(struct view unit)
{
	static const struct {
		const char *name;
		struct perfdata_base base;
	} times[] = {
		{ "s", { 1, "s", "seconds" } },	    { "ms", { 1e-3, "s", "seconds" } },
		{ "us", { 1e-6, "s", "seconds" } }, { "ns", { 1e-9, "s", "seconds" } },
		{ "m", { 60, "s", "seconds" } },    { "h", { 3600, "s", "seconds" } },
		{ "d", { 86400, "s", "seconds" } },
	};
	double factor;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (view_ieq(unit, view_of(times[i].name)))
			return times[i].base;
	if (view_eq(unit, VIEW("%")))
		return (struct perfdata_base){ 0.01, "%", "ratio" };
	if (view_ends(unit, VIEW("B")) && data_factor(unit, &factor))
		return (struct perfdata_base){ factor, "B", "bytes" };
	if (view_ends(unit, VIEW("b")) && data_factor(unit, &factor))
		return (struct perfdata_base){ factor, "b", "bits" };
	return (struct perfdata_base){ 1, view_eq(unit, VIEW("c")) ? "c" : "", "" };
}

void perfdata_write_number(double value, struct grow *out)
{
	char text[NUMBER_CHARS_MAX];
	struct wr w = wr_over(text, sizeof(text));
	int64_t whole = value > -WHOLE_MAX && value < WHOLE_MAX ? (int64_t)value : 0;

	if ((double)whole < value || (double)whole > value)
		wr_fmt(&w, "%.15g", value);
	else
		wr_i64(&w, whole);
	grow_put(out, wr_view(&w));
}
