/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Characters and strings; see json_text.h. Written by hand, because jansson's way cannot say that it
 * had no memory other than by leaving a result out. */
#include "push/json_text.h"

/* Kinds of first bytes: how many follow, and the least code that needs so many. */
static const struct lead {
	unsigned char from, mask;
	unsigned char more;
	uint32_t least;
} LEAD[] = {
	{ 0xf0, 0x07, 3, 0x10000 },
	{ 0xe0, 0x0f, 2, 0x800 },
	{ 0xc0, 0x1f, 1, 0x80 },
};

static bool is_character(uint32_t code)
{
	return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

size_t utf8_first(struct view v, uint32_t *code)
{
	const unsigned char *p = (const unsigned char *)v.p;
	const struct lead *lead = LEAD;

	if (v.n == 0 || p[0] < 0x80) {
		*code = v.n > 0 ? p[0] : 0;
		return v.n > 0;
	}
	if (p[0] < 0xc0 || p[0] > 0xf7)
		return 0;
	while (p[0] < lead->from)
		lead++;
	if (v.n <= lead->more)
		return 0;
	*code = p[0] & lead->mask;
	for (size_t i = 1; i <= lead->more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (p[i] & 0x3f);
	}
	return *code >= lead->least && is_character(*code) ? lead->more + 1U : 0;
}

static bool is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

/* What needs no second look goes over in one piece. */
static void put_plain(struct grow *out, struct view *rest)
{
	size_t n = 0;

	while (n < rest->n && is_plain(rest->p[n]))
		n++;
	grow_put(out, view_first(*rest, n));
	*rest = view_skip(*rest, n);
}

static void put_escaped(struct grow *out, char c)
{
	static const char hex[] = "0123456789abcdef";
	const char code[] = { '\\', 'u', '0', '0', hex[(c >> 4) & 15], hex[c & 15] };

	if (c == '"' || c == '\\' || c == '\n') {
		grow_byte(out, '\\');
		grow_byte(out, (char)(c == '\n' ? 'n' : c));
	} else {
		grow_put(out, (struct view){ code, sizeof(code) });
	}
}

void grow_json(struct grow *out, struct view text)
{
	uint32_t code;

	grow_byte(out, '"');
	for (put_plain(out, &text); text.n > 0; put_plain(out, &text)) {
		size_t n = utf8_first(text, &code);
		if (n == 0)
			grow_byte(out, '?');
		else if (n == 1)
			put_escaped(out, text.p[0]);
		else
			grow_put(out, view_first(text, n));
		text = view_skip(text, n > 0 ? n : 1);
	}
	grow_byte(out, '"');
}

void grow_json_bytes(struct grow *out, struct view bytes)
{
	grow_byte(out, '"');
	for (put_plain(out, &bytes); bytes.n > 0; put_plain(out, &bytes)) {
		put_escaped(out, bytes.p[0]);
		bytes = view_skip(bytes, 1);
	}
	grow_byte(out, '"');
}
