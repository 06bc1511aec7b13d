/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attribute lists and wishes; see slp_attr.h. */
#include "proto/slp_attr.h"

#define BLANK " \t\r\n"
#define RELATION_CHARS "=!<>"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool has_any(struct view v, const char *set)
{
	for (; *set != '\0'; set++)
		if (view_find(v, *set) < v.n)
			return true;
	return false;
}

/* "tag=values", the inside of parentheses; without "=" it is a keyword, as some agents write it. */
static bool read_inside(struct view inside, struct slp_attr *out)
{
	struct view tag = view_first(inside, view_find(inside, '='));

	out->keyword = tag.n == inside.n;
	out->tag = view_trim(tag);
	out->values = view_skip(inside, tag.n + 1);
	return out->tag.n > 0 && !has_any(inside, "(");
}

enum parse slp_next_attr(struct view *list, struct slp_attr *out)
{
	struct view rest = *list, item;
	bool ok;

	view_take_while(&rest, BLANK ",");
	if (rest.n == 0)
		return PARSE_MORE;
	if (view_take_char(&rest, '(')) {
		item = view_first(rest, view_find(rest, ')'));
		ok = item.n < rest.n && read_inside(item, out);
		rest = view_skip(rest, item.n + 1);
		view_take_while(&rest, BLANK);
		ok = ok && (rest.n == 0 || rest.p[0] == ',');
	} else {
		item = view_trim(view_take_until(&rest, ','));
		*out = (struct slp_attr){ .tag = item, .keyword = true };
		ok = !has_any(item, "()=");
	}
	if (!ok)
		return PARSE_BAD;
	*list = rest;
	return PARSE_OK;
}

bool slp_next_value(struct view *values, struct view *out)
{
	if (values->n == 0)
		return false;
	*out = view_take_until(values, ',');
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 2608 5: two hexadecimal digits. */
static bool take_v2_escape(struct view *text, char *out)
{
	int high = text->n >= 3 && text->p[0] == '\\' ? hex_digit(text->p[1]) : -1;
	int low = high >= 0 ? hex_digit(text->p[2]) : -1;

	if (low < 0)
		return false;
	*out = (char)(high << 4 | low);
	*text = view_skip(*text, 3);
	return true;
}

/* RFC 2165 17.1.1: the code of a character, decimal. */
static bool take_v1_escape(struct view *text, char *out)
{
	struct view rest = *text;
	uint64_t code;

	if (!view_take_char(&rest, '&') || !view_take_char(&rest, '#'))
		return false;
	if (!text_u64(view_take_while(&rest, "0123456789"), 255, &code) ||
	    !view_take_char(&rest, ';'))
		return false;
	*out = (char)code;
	*text = rest;
	return true;
}

/* Version 0 knows no escapes. */
static char take_unescaped(struct view *text, uint8_t version)
{
	char c = text->p[0];

	if ((version == 2 && take_v2_escape(text, &c)) ||
	    (version == 1 && take_v1_escape(text, &c)))
		return c;
	*text = view_skip(*text, 1);
	return c;
}

void wr_slp_unescaped(struct wr *w, struct view raw, uint8_t version)
{
	while (raw.n > 0)
		wr_byte(w, take_unescaped(&raw, version));
}

/* A text as RFC 2608 6.4 compares it, byte by byte. */
struct folded {
	struct view rest;
	uint8_t version;
	bool begun;
};

/* -1 at the end. */
static int next_folded(struct folded *text)
{
	bool blank = false;

	while (text->rest.n > 0) {
		struct view before = text->rest;
		char c = take_unescaped(&text->rest, text->version);
		if (is_blank(c)) {
			blank = text->begun;
			continue;
		}
		if (blank) {
			text->rest = before;
			return ' ';
		}
		text->begun = true;
		return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	}
	return -1;
}

bool slp_text_eq(struct view raw, struct view wanted, uint8_t version)
{
	struct folded a = { .rest = raw, .version = version }, b = { .rest = wanted };
	int x, y;

	do {
		x = next_folded(&a);
		y = next_folded(&b);
	} while (x == y && x >= 0);
	return x == y;
}

static bool read_relation(struct view sign, enum slp_relation *out)
{
	static const struct {
		const char *sign;
		enum slp_relation relation;
	} relations[] = {
		{ "", SLP_PRESENT }, { "=", SLP_EQ }, { "!=", SLP_NE }, { "<", SLP_LT },
		{ "<=", SLP_LE },    { ">", SLP_GT }, { ">=", SLP_GE },
	};

	for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++) {
		if (view_eq(sign, view_of(relations[i].sign))) {
			*out = relations[i].relation;
			return true;
		}
	}
	return false;
}

static bool is_ordering(enum slp_relation relation)
{
	return relation >= SLP_LT;
}

/* NULL, or what is wrong at `at`. */
static const char *read_wish(struct view text, struct slp_wish *out, struct view *at)
{
	struct view rest = text;
	size_t n = 0;

	while (n < rest.n && !has_any(view_first(view_skip(rest, n), 1), RELATION_CHARS))
		n++;
	struct view tag = view_first(rest, n);
	rest = view_skip(rest, n);
	struct view sign = view_take_while(&rest, RELATION_CHARS);

	*out = (struct slp_wish){ .tag = view_trim(tag), .value = view_trim(rest) };
	*at = tag;
	if (out->tag.n == 0)
		return "the name of the attribute is missing";
	for (size_t i = 0; i < tag.n; i++) {
		*at = view_skip(tag, i);
		if (has_any(view_first(*at, 1), "(),\\~"))
			return "no name of an attribute has this character";
	}
	*at = sign;
	if (!read_relation(sign, &out->relation))
		return "the relation is none of = != < <= > >=";
	*at = out->value;
	if (out->relation != SLP_PRESENT && out->value.n == 0)
		return "the value is missing";
	if (is_ordering(out->relation) && !text_double(out->value, &out->number))
		return "the value is no number";
	return NULL;
}

bool slp_wish_parse(struct view text, struct slp_wish *out, size_t *column, const char **why)
{
	struct view at;

	*why = read_wish(text, out, &at);
	*column = *why != NULL ? (size_t)(at.p - text.p) + 1 : 0;
	return *why == NULL;
}

static bool value_fits(const struct slp_wish *wish, struct view value, uint8_t version)
{
	double number;

	if (!is_ordering(wish->relation))
		return slp_text_eq(value, wish->value, version);
	if (!text_double(view_trim(value), &number))
		return false;
	switch (wish->relation) {
	case SLP_LT:
		return number < wish->number;
	case SLP_LE:
		return number <= wish->number;
	case SLP_GT:
		return number > wish->number;
	default:
		return number >= wish->number;
	}
}

bool slp_wish_holds(const struct slp_wish *wish, struct view list, uint8_t version,
		    struct view *seen)
{
	struct view none = { "", 0 }, value;
	struct slp_attr attr;
	bool there = false, one_fits = false;

	if (seen != NULL)
		*seen = none;
	while (slp_next_attr(&list, &attr) == PARSE_OK) {
		if (!slp_text_eq(attr.tag, wish->tag, version))
			continue;
		if (seen != NULL && !there)
			*seen = attr.values;
		there = true;
		while (!one_fits && slp_next_value(&attr.values, &value))
			one_fits = value_fits(wish, value, version);
	}
	if (wish->relation == SLP_PRESENT)
		return there;
	return wish->relation == SLP_NE ? there && !one_fits : one_fits;
}
