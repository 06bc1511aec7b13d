/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Borrowed slices of bytes and a bounded writer.
 *
 * A struct view never owns its bytes and is not NUL-terminated.  The take functions read from the
 * front of a view and shorten it, so a view is also the cursor of every text parser.
 * A struct wr never writes past its capacity: what does not fit sets `full` and is dropped whole.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct view {
	const char *p;
	size_t n;
};

/* A view of a string literal. */
#define VIEW(literal) ((struct view){ "" literal, sizeof(literal) - 1 })
/* printf arguments for a view; the format is "%.*s". */
#define VIEW_ARG(v) (int)(v).n, (v).p

/* NULL gives the empty view. */
struct view view_of(const char *text);
bool view_eq(struct view a, struct view b);
/* ASCII only, whatever the locale. */
bool view_ieq(struct view a, struct view b);
bool view_starts(struct view v, struct view prefix);
bool view_ends(struct view v, struct view suffix);
bool view_istarts(struct view v, struct view prefix);
/* Offset of the first byte `c`, or v.n. */
size_t view_find(struct view v, char c);
/* Offset of the first occurrence of `what`, or v.n. */
size_t view_search(struct view v, struct view what);
/* Both clamp to the view. */
struct view view_first(struct view v, size_t n);
struct view view_skip(struct view v, size_t n);
/* Without space, tab, CR and LF at both ends. */
struct view view_trim(struct view v);

/* The bytes before the first `c`, or all of them; `v` is left behind the separator. */
struct view view_take_until(struct view *v, char c);
/* A run of bytes that are in `set`; may be empty. */
struct view view_take_while(struct view *v, const char *set);
/* Consumes `c` when it comes next. */
bool view_take_char(struct view *v, char c);

struct wr {
	char *p;
	size_t cap;
	size_t n;
	bool full;
};

struct wr wr_over(char *buffer, size_t cap);
struct view wr_view(const struct wr *w);
void wr_reset(struct wr *w);
void wr_byte(struct wr *w, char c);
void wr_put(struct wr *w, struct view v);
void wr_str(struct wr *w, const char *text);
void wr_u64(struct wr *w, uint64_t value);
void wr_i64(struct wr *w, int64_t value);
/* Exactly 16 lower-case hexadecimal digits. */
void wr_hex64(struct wr *w, uint64_t value);
/* For sentences; a result that does not fit is dropped whole, like any other write. */
void wr_fmt(struct wr *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
