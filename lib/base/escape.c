/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Foreign bytes made harmless; see escape.h. */
#include "base/escape.h"

static bool printable(char c)
{
	return c >= 0x20 && c <= 0x7e;
}

static char plain(char c)
{
	if (c == '|')
		return '/';
	if (c == ';')
		return ',';
	return printable(c) ? c : '?';
}

void wr_clause(struct wr *w, struct view raw, size_t max)
{
	static const char more[] = "...";
	bool cut = raw.n > max;
	size_t n = cut ? max - (sizeof(more) - 1) : raw.n;

	for (size_t i = 0; i < n; i++)
		wr_byte(w, plain(raw.p[i]));
	if (cut)
		wr_str(w, more);
}

void wr_field(struct wr *w, struct view raw)
{
	wr_clause(w, raw, ESCAPE_FIELD_MAX);
}

static void escape_one(struct wr *w, char c)
{
	static const char named[] = "\r\n\t\\", name[] = "rnt\\";
	char code[4] = { '\\', 'x', "0123456789abcdef"[(c >> 4) & 15], "0123456789abcdef"[c & 15] };

	for (size_t i = 0; i < sizeof(name) - 1; i++) {
		if (c == named[i]) {
			wr_put(w, (struct view){ (char[]){ '\\', name[i] }, 2 });
			return;
		}
	}
	wr_put(w, (struct view){ code, sizeof(code) });
}

void wr_escaped(struct wr *w, struct view raw)
{
	for (size_t i = 0; i < raw.n; i++) {
		char c = raw.p[i];
		if (printable(c) && c != '|' && c != ';' && c != '\\')
			wr_byte(w, c);
		else
			escape_one(w, c);
	}
}
