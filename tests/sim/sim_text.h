/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slices and a growing buffer for voip_sim, which shares no code with the programs it tests. */
#ifndef SIM_TEXT_H
#define SIM_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct span {
	const char *p;
	size_t n;
};

/* Initialiser from a literal, which may hold NUL bytes. */
#define SPAN_INIT(literal)                                                                         \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}

struct span span_of(const char *text);
struct span span_skip(struct span s, size_t n);
struct span span_trim(struct span s);

/* Index of `what`, or s.n. */
size_t span_search(struct span s, struct span what);

/* Takes the text before the first `c` off `rest`, and that `c` with it; all of it without one. */
struct span span_cut(struct span *rest, char c);

bool span_same(struct span a, struct span b);
/* ASCII case is ignored. */
bool span_is(struct span s, const char *text);
bool span_starts(struct span s, const char *text);
/* One or more digits, at most max. */
bool span_number(struct span s, unsigned long max, unsigned long *number);

struct buf {
	char *p;
	size_t n, cap;
};

/* False, with the buffer as it was, when it would pass `max` bytes or memory ends. */
bool buf_add(struct buf *b, struct span s, size_t max);
void buf_eat(struct buf *b, size_t n);
void buf_free(struct buf *b);

#endif
