/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hexadecimal digits to bytes; see hex.h. */
#include "base/hex.h"

static bool take_digit(struct view *text, unsigned *value)
{
	static const char digits[] = "0123456789abcdef";
	struct view front = view_first(*text, 1);

	for (unsigned i = 0; i < 16; i++) {
		if (view_ieq(front, (struct view){ &digits[i], 1 })) {
			*value = *value << 4 | i;
			*text = view_skip(*text, 1);
			return true;
		}
	}
	return false;
}

/* Returns NULL or what is wrong at the front of `text`. */
static const char *take_byte(struct view *text, struct wr *out)
{
	unsigned value = 0;

	if (!take_digit(text, &value))
		return "a hexadecimal digit is expected here";
	if (!take_digit(text, &value))
		return "a byte has two hexadecimal digits";
	wr_byte(out, (char)(unsigned char)value);
	return out->full ? "there are too many bytes" : NULL;
}

bool hex_parse(struct view text, struct wr *out, size_t *column, const char **why)
{
	struct view rest = text;

	*why = NULL;
	if (view_istarts(rest, VIEW("0x")))
		rest = view_skip(rest, 2);
	while (*why == NULL && rest.n > 0) {
		*why = take_byte(&rest, out);
		if (*why == NULL && rest.n > 1 && (rest.p[0] == ' ' || rest.p[0] == ':'))
			rest = view_skip(rest, 1);
	}
	*column = text.n - rest.n + 1;
	return *why == NULL;
}

void wr_hex(struct wr *w, struct view bytes)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.n; i++) {
		unsigned byte = (unsigned char)bytes.p[i];
		if (i > 0)
			wr_byte(w, ' ');
		wr_byte(w, digit[byte >> 4]);
		wr_byte(w, digit[byte & 15]);
	}
}
