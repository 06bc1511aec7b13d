/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slices and a growing buffer; see sim_text.h. */
#define _GNU_SOURCE
#include "sim_text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct span span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

struct span span_skip(struct span s, size_t n)
{
	n = n < s.n ? n : s.n;
	return n > 0 ? (struct span){ s.p + n, s.n - n } : s;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span s)
{
	while (s.n > 0 && is_space(s.p[0]))
		s = span_skip(s, 1);
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

size_t span_search(struct span s, struct span what)
{
	const char *hit = s.n > 0 ? memmem(s.p, s.n, what.p, what.n) : NULL;

	return hit != NULL ? (size_t)(hit - s.p) : s.n;
}

struct span span_cut(struct span *rest, char c)
{
	size_t n = span_search(*rest, (struct span){ &c, 1 });
	struct span head = { rest->p, n };

	*rest = span_skip(*rest, n + 1);
	return head;
}

bool span_same(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool span_starts(struct span s, const char *text)
{
	size_t n = strlen(text);

	return s.n >= n && (n == 0 || strncasecmp(s.p, text, n) == 0);
}

bool span_is(struct span s, const char *text)
{
	return s.n == strlen(text) && span_starts(s, text);
}

bool span_number(struct span s, unsigned long max, unsigned long *number)
{
	unsigned long value = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		unsigned long digit = (unsigned long)(s.p[i] - '0');
		if (digit > max || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*number = value;
	return s.n > 0;
}

bool buf_add(struct buf *b, struct span s, size_t max)
{
	if (s.n > max || b->n > max - s.n)
		return false;
	if (b->n + s.n > b->cap) {
		size_t cap = (b->n + s.n) * 2;
		char *grown = realloc(b->p, cap);

		if (grown == NULL)
			return false;
		b->p = grown;
		b->cap = cap;
	}
	if (s.n > 0)
		memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
	return true;
}

void buf_eat(struct buf *b, size_t n)
{
	if (n > 0)
		memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

void buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}
