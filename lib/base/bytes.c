/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slices and the bounded writer; see bytes.h. */
#include "base/bytes.h"

#include <stdio.h>
#include <string.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

struct view view_of(const char *text)
{
	return (struct view){ text != NULL ? text : "", text != NULL ? strlen(text) : 0 };
}

bool view_eq(struct view a, struct view b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool view_ieq(struct view a, struct view b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool view_starts(struct view v, struct view prefix)
{
	return view_eq(view_first(v, prefix.n), prefix);
}

bool view_ends(struct view v, struct view suffix)
{
	return v.n >= suffix.n && view_eq(view_skip(v, v.n - suffix.n), suffix);
}

bool view_istarts(struct view v, struct view prefix)
{
	return view_ieq(view_first(v, prefix.n), prefix);
}

size_t view_find(struct view v, char c)
{
	const char *hit = v.n > 0 ? memchr(v.p, c, v.n) : NULL;

	return hit != NULL ? (size_t)(hit - v.p) : v.n;
}

size_t view_search(struct view v, struct view what)
{
	for (size_t i = 0; i + what.n <= v.n; i++)
		if (view_starts(view_skip(v, i), what))
			return i;
	return v.n;
}

struct view view_first(struct view v, size_t n)
{
	return (struct view){ v.p, n < v.n ? n : v.n };
}

struct view view_skip(struct view v, size_t n)
{
	size_t skip = n < v.n ? n : v.n;

	return skip == 0 ? v : (struct view){ v.p + skip, v.n - skip };
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct view view_trim(struct view v)
{
	while (v.n > 0 && is_space(v.p[0]))
		v = view_skip(v, 1);
	while (v.n > 0 && is_space(v.p[v.n - 1]))
		v.n--;
	return v;
}

struct view view_take_until(struct view *v, char c)
{
	size_t at = view_find(*v, c);
	struct view head = view_first(*v, at);

	*v = view_skip(*v, at + 1);
	return head;
}

struct view view_take_while(struct view *v, const char *set)
{
	size_t n = 0;

	while (n < v->n && v->p[n] != '\0' && strchr(set, v->p[n]) != NULL)
		n++;
	struct view head = view_first(*v, n);
	*v = view_skip(*v, n);
	return head;
}

bool view_take_char(struct view *v, char c)
{
	if (v->n == 0 || v->p[0] != c)
		return false;
	*v = view_skip(*v, 1);
	return true;
}

struct wr wr_over(char *buffer, size_t cap)
{
	return (struct wr){ .p = buffer, .cap = cap };
}

struct view wr_view(const struct wr *w)
{
	return (struct view){ w->p, w->n };
}

void wr_reset(struct wr *w)
{
	w->n = 0;
	w->full = false;
}

void wr_byte(struct wr *w, char c)
{
	wr_put(w, (struct view){ &c, 1 });
}

void wr_put(struct wr *w, struct view v)
{
	if (v.n > w->cap - w->n) {
		w->full = true;
		return;
	}
	if (v.n > 0)
		memcpy(w->p + w->n, v.p, v.n);
	w->n += v.n;
}

void wr_str(struct wr *w, const char *text)
{
	wr_put(w, view_of(text));
}

void wr_u64(struct wr *w, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	wr_put(w, (struct view){ digits + at, sizeof(digits) - at });
}

void wr_i64(struct wr *w, int64_t value)
{
	if (value < 0)
		wr_byte(w, '-');
	wr_u64(w, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void wr_hex64(struct wr *w, uint64_t value)
{
	char digits[16];

	for (size_t i = sizeof(digits); i-- > 0; value >>= 4)
		digits[i] = "0123456789abcdef"[value & 15];
	wr_put(w, (struct view){ digits, sizeof(digits) });
}

void wr_fmt(struct wr *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(w->p + w->n, w->cap - w->n, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= w->cap - w->n)
		w->full = true;
	else
		w->n += (size_t)n;
}
