/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Locale-free numbers; see text.h. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { SIGNIFICANT_MAX = 15 };

static const double POW10[] = { 1e0, 1e1, 1e2,	1e3,  1e4,  1e5,  1e6,	1e7,
				1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };

bool text_u64(struct view v, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (v.n == 0)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
		uint64_t digit = (uint64_t)(v.p[i] - '0');
		if (digit > max || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

/* A mantissa below 10^15 and a divisor up to 10^15 are both exact doubles, so that the one division
 * rounds correctly. */
bool text_double(struct view v, double *out)
{
	bool negative = view_take_char(&v, '-');
	struct view whole = view_take_while(&v, "0123456789");
	bool point = view_take_char(&v, '.');
	struct view fraction = view_take_while(&v, "0123456789");
	uint64_t mantissa = 0;

	if (whole.n == 0 || point != (fraction.n > 0) || v.n > 0)
		return false;
	while (fraction.n > 0 && fraction.p[fraction.n - 1] == '0')
		fraction.n--;
	for (size_t i = 0; i < whole.n + fraction.n; i++) {
		char c = i < whole.n ? whole.p[i] : fraction.p[i - whole.n];
		if (mantissa >= 100000000000000)
			return false;
		mantissa = mantissa * 10 + (uint64_t)(c - '0');
	}
	if (fraction.n > SIGNIFICANT_MAX)
		return false;
	double value = (double)mantissa / POW10[fraction.n];
	*out = negative ? -value : value;
	return true;
}

static struct view drop_zeros(struct view v)
{
	if (view_find(v, '.') == v.n)
		return v;
	while (v.p[v.n - 1] == '0')
		v.n--;
	if (v.p[v.n - 1] == '.')
		v.n--;
	return v;
}

/* Values beyond 10^15 print as that bound: nothing measured here comes near it. */
static struct view fixed(char *buffer, size_t cap, double value, unsigned decimals)
{
	if (value != value)
		value = 0;
	value = value > 1e15 ? 1e15 : value < -1e15 ? -1e15 : value;
	int n = snprintf(buffer, cap, "%.*f", (int)decimals, value);
	struct view v = { buffer, n > 0 && (size_t)n < cap ? (size_t)n : 0 };

	for (size_t i = 0; i < v.n; i++)
		if (buffer[i] == ',')
			buffer[i] = '.';
	v = drop_zeros(v);
	return view_eq(v, VIEW("-0")) ? VIEW("0") : v;
}

void wr_double(struct wr *w, double value)
{
	char buffer[64];
	struct view v = { "", 0 };
	double back;

	for (unsigned decimals = 0; decimals <= SIGNIFICANT_MAX; decimals++) {
		v = fixed(buffer, sizeof(buffer), value, decimals);
		if (text_double(v, &back) && !(back < value) && !(back > value))
			break;
	}
	wr_put(w, v);
}

void wr_decimal(struct wr *w, double value, unsigned decimals)
{
	char buffer[64];

	wr_put(w, fixed(buffer, sizeof(buffer), value, decimals > 9 ? 9 : decimals));
}

void wr_duration(struct wr *w, int64_t us)
{
	if (us < 1000) {
		wr_i64(w, us);
		wr_str(w, " us");
	} else if (us < 999500) { /* what is more would round to 1000 ms */
		wr_decimal(w, (double)us / 1e3, us < 9950 ? 1 : 0);
		wr_str(w, " ms");
	} else {
		wr_decimal(w, (double)us / 1e6, us < 9950000 ? 1 : 0);
		wr_str(w, " s");
	}
}
