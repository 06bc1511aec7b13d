/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers in text: strict, whole-view, with an explicit maximum, and with a decimal point whatever
 * the locale.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/bytes.h"

/* The answer of every parser of foreign bytes: complete, needs more bytes, never valid. */
enum parse { PARSE_OK, PARSE_MORE, PARSE_BAD };

/* Decimal digits only, nothing before or after, at most `max`. */
bool text_u64(struct view v, uint64_t max, uint64_t *out);
/* `-?digits[.digits]` with at most 15 significant digits, so that the value is exact to print. */
bool text_double(struct view v, double *out);
/* The shortest fixed notation that text_double reads back, at most 15 decimals, no exponent. */
void wr_double(struct wr *w, double value);
/* Fixed notation, at most `decimals` (0..9) digits behind the point, trailing zeros dropped. */
void wr_decimal(struct wr *w, double value, unsigned decimals);
/* For people: "23 ms", "1.2 s", "412 us". */
void wr_duration(struct wr *w, int64_t us);

#endif
