/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ranges against the guidelines' grammar, and against an oracle over random numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "report/range.h"

static struct range parsed(const char *text)
{
	struct range range = { .set = false };
	size_t column;
	const char *why;

	if (!range_parse(view_of(text), &range, &column, &why))
		fail_msg("'%s' column %zu: %s", text, column, why);
	assert_null(why);
	return range;
}

static const char *printed(const struct range *range, char *buffer, size_t cap)
{
	struct wr w = wr_over(buffer, cap - 1);

	wr_range(&w, range);
	assert_false(w.full);
	buffer[w.n] = '\0';
	return buffer;
}

struct grammar_case {
	const char *text, *print;
	bool inside;
	double start, end;
};

static void every_form_of_the_grammar_is_read(void **state)
{
	static const struct grammar_case cases[] = {
		{ "10", "10", false, 0, 10 },
		{ "0", "0", false, 0, 0 },
		{ "-0", "0", false, 0, 0 },
		{ "010", "10", false, 0, 10 },
		{ "0:10", "10", false, 0, 10 },
		{ "-0:10", "10", false, 0, 10 },
		{ "0.500", "0.5", false, 0, 0.5 },
		{ "10:", "10:", false, 10, INFINITY },
		{ "0:", "0:", false, 0, INFINITY },
		{ "~:10", "~:10", false, -INFINITY, 10 },
		{ "~:-10", "~:-10", false, -INFINITY, -10 },
		{ "~:", "~:", false, -INFINITY, INFINITY },
		{ "10:20", "10:20", false, 10, 20 },
		{ "10:10", "10:10", false, 10, 10 },
		{ "-5.5:-1.5", "-5.5:-1.5", false, -5.5, -1.5 },
		{ "@10", "@0:10", true, 0, 10 },
		{ "@10:20", "@10:20", true, 10, 20 },
		{ "@~:0", "@~:0", true, -INFINITY, 0 },
		{ "@5:", "@5:", true, 5, INFINITY },
		{ "0.000001:999999999999999", "0.000001:999999999999999", false, 1e-6,
		  999999999999999 },
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct grammar_case *c = &cases[i];
		struct range range = parsed(c->text);
		assert_true(range.set);
		assert_int_equal(range.inside, c->inside);
		if (range.start < c->start || range.start > c->start || range.end < c->end ||
		    range.end > c->end)
			fail_msg("'%s' is %g..%g", c->text, range.start, range.end);
		assert_string_equal(printed(&range, text, sizeof(text)), c->print);
	}
}

struct error_case {
	const char *text;
	size_t column;
	const char *why;
};

static const char NUMBER[] = "a number is expected here";
static const char END[] = "the number should end here";
static const char BELOW[] = "the end is below the start, which is 0 when not given";
static const char BLANK[] = "blanks are not allowed";
static const char COLON[] = "a colon is expected here";
static const char FRACTION[] = "a digit is expected behind the decimal point";
static const char DIGITS[] = "the number has more than 15 digits";

static void what_is_no_range_is_refused_at_its_column(void **state)
{
	static const struct error_case cases[] = {
		{ "", 1, "the range is empty" },
		{ "10abc", 3, END },
		{ "10%", 3, END },
		{ "0x10", 2, END },
		{ "1e5", 2, END },
		{ "0,5", 2, END },
		{ "1.2.3", 4, END },
		{ "10:20s", 6, END },
		{ "nan", 1, NUMBER },
		{ "inf", 1, NUMBER },
		{ "-inf:0", 2, NUMBER },
		{ "10:nan", 4, NUMBER },
		{ "+5", 1, NUMBER },
		{ "--5", 2, NUMBER },
		{ "-", 2, NUMBER },
		{ ".5", 1, NUMBER },
		{ "@", 2, NUMBER },
		{ "@@10", 2, NUMBER },
		{ ":", 1, NUMBER },
		{ ":10", 1, NUMBER },
		{ "@:10", 2, NUMBER },
		{ "5.", 3, FRACTION },
		{ "5.:10", 3, FRACTION },
		{ "10:-", 5, NUMBER },
		{ "~", 1, "~ is only allowed as the start" },
		{ "@~", 2, "~ is only allowed as the start" },
		{ "10:~", 4, "~ is only allowed as the start" },
		{ "~10:", 2, COLON },
		{ "10abc:20", 3, COLON },
		{ "1:2:3", 4, "a second colon is not allowed" },
		{ "::", 1, NUMBER },
		{ "1::", 3, NUMBER },
		{ "20:10", 4, BELOW },
		{ "@20:10", 5, BELOW },
		{ "-10", 1, BELOW },
		{ "0:-0.5", 3, BELOW },
		{ " 10", 1, BLANK },
		{ "10 ", 3, BLANK },
		{ "\t10", 1, BLANK },
		{ "10 :20", 3, BLANK },
		{ "10: 20", 4, BLANK },
		{ "10\n", 3, END },
		{ "1234567890123456", 1, DIGITS },
		{ "1:0.1234567890123456", 3, DIGITS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct error_case *c = &cases[i];
		struct range range = { .set = false, .start = 42 };
		size_t column;
		const char *why;
		if (range_parse(view_of(c->text), &range, &column, &why))
			fail_msg("'%s' is accepted", c->text);
		if (column != c->column || strcmp(why, c->why) != 0)
			fail_msg("'%s': column %zu: %s", c->text, column, why);
		assert_false(range.set);
		assert_true(range.start > 41);
	}
}

static void a_nul_byte_does_not_end_a_range(void **state)
{
	struct range range;
	size_t column;
	const char *why;

	(void)state;
	assert_false(range_parse(VIEW("10\0:20"), &range, &column, &why));
	assert_int_equal(column, 3);
	assert_false(range_parse(VIEW("\0"), &range, &column, &why));
}

struct alert_case {
	const char *range;
	double value;
	bool alerts;
};

static void alerts(const struct alert_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct range range = parsed(cases[i].range);
		if (range_alerts(&range, cases[i].value) != cases[i].alerts)
			fail_msg("%s at %g", cases[i].range, cases[i].value);
	}
}

#define ALERTS(cases) alerts(cases, sizeof(cases) / sizeof((cases)[0]))

static void a_bare_number_is_a_range_from_zero(void **state)
{
	static const struct alert_case cases[] = { { "10", -1, true },	      { "10", -1e-9, true },
						   { "10", 0, false },	      { "10", 10, false },
						   { "10", 10.000001, true }, { "0", 0, false },
						   { "5", 0, false } };

	(void)state;
	ALERTS(cases);
}

static void range_with_tilde_has_no_lower_end(void **state)
{
	static const struct alert_case cases[] = { { "~:10", -DBL_MAX, false },
						   { "~:10", -INFINITY, false },
						   { "~:10", 10, false },
						   { "~:10", 10.5, true } };

	(void)state;
	ALERTS(cases);
}

static void ends_are_inclusive(void **state)
{
	static const struct alert_case cases[] = {
		{ "10:20", 10, false },	   { "10:20", 20, false },   { "10:20", 9.999, true },
		{ "10:20", 20.001, true }, { "@10:20", 10, true },   { "@10:20", 20, true },
		{ "@10:20", 9.9, false },  { "@10:20", 21, false },  { "10:", 10, false },
		{ "10:", 9, true },	   { "10:", DBL_MAX, false }
	};

	(void)state;
	ALERTS(cases);
}

static void negative_decimals_are_compared_as_decimals(void **state)
{
	static const struct alert_case cases[] = { { "-5.5:-1.5", -3, false },
						   { "-5.5:-1.5", -5.5, false },
						   { "-5.5:-1.5", -1, true },
						   { "-5.5:-1.5", -6, true } };

	(void)state;
	ALERTS(cases);
}

static void what_is_not_a_number_is_outside(void **state)
{
	static const struct alert_case cases[] = { { "~:", NAN, true },
						   { "10", NAN, true },
						   { "@~:", NAN, false },
						   { "~:", INFINITY, false },
						   { "10", INFINITY, true } };

	(void)state;
	ALERTS(cases);
}

static void an_unset_range_never_alerts_and_prints_nothing(void **state)
{
	struct range range = { .set = false };
	char text[8];

	(void)state;
	assert_false(range_alerts(&range, 1));
	assert_string_equal(printed(&range, text, sizeof(text)), "");
}

/* xorshift64* */
static uint64_t random_u64(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 0x2545f4914f6cdd1dU;
}

/* A decimal of up to 15 digits with up to 6 behind the point, often small and often equal. */
static double random_decimal(uint64_t *seed)
{
	static const double scale[] = { 1, 10, 100, 1000, 1e4, 1e5, 1e6 };
	static const uint64_t limit[] = { 3, 100, 100000, 999999999999999 };
	uint64_t r = random_u64(seed);
	double value = (double)(random_u64(seed) % limit[r & 3]) / scale[(r >> 2) % 7];

	return r & 0x100 ? -value : value;
}

static struct range random_range(uint64_t *seed)
{
	struct range range = { .set = true };
	double a = random_decimal(seed), b = random_decimal(seed);
	uint64_t r = random_u64(seed);

	range.inside = r & 1;
	range.start = (r >> 8 & 7) == 0 ? -INFINITY : (r >> 8 & 7) == 1 ? 0 : a < b ? a : b;
	range.end = (r >> 16 & 7) == 0 ? INFINITY : a < b ? b : a;
	if (range.start > range.end)
		range.end = -range.end;
	return range;
}

static void what_is_printed_is_read_back_as_the_same_range(void **state)
{
	uint64_t seed = 20261121;
	char text[64];

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		struct range range = random_range(&seed);
		struct range back = parsed(printed(&range, text, sizeof(text)));
		if (back.inside != range.inside || back.start < range.start ||
		    back.start > range.start || back.end < range.end || back.end > range.end)
			fail_msg("%g..%g prints as %s", range.start, range.end, text);
	}
}

/* The same decision by counting ends passed, without range_alerts' comparisons. */
static bool oracle(const struct range *range, double value)
{
	int below = isfinite(range->start) ? isless(value, range->start) : 0;
	int above = isfinite(range->end) ? isgreater(value, range->end) : 0;

	return (below + above > 0) != range->inside;
}

static void alerts_agree_with_the_oracle_on_a_million_random_numbers(void **state)
{
	uint64_t seed = 42;
	unsigned hits = 0;

	(void)state;
	for (unsigned i = 0; i < 1000000; i++) {
		struct range range = random_range(&seed);
		uint64_t r = random_u64(&seed);
		double value = r % 8 == 0   ? range.start
			       : r % 8 == 1 ? range.end
					    : random_decimal(&seed);
		bool is = range_alerts(&range, value);
		if (is != oracle(&range, value))
			fail_msg("%d %.17g..%.17g at %.17g", range.inside, range.start, range.end,
				 value);
		hits += is;
	}
	assert_in_range(hits, 200000, 800000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_of_the_grammar_is_read),
		cmocka_unit_test(what_is_no_range_is_refused_at_its_column),
		cmocka_unit_test(a_nul_byte_does_not_end_a_range),
		cmocka_unit_test(a_bare_number_is_a_range_from_zero),
		cmocka_unit_test(range_with_tilde_has_no_lower_end),
		cmocka_unit_test(ends_are_inclusive),
		cmocka_unit_test(negative_decimals_are_compared_as_decimals),
		cmocka_unit_test(what_is_not_a_number_is_outside),
		cmocka_unit_test(an_unset_range_never_alerts_and_prints_nothing),
		cmocka_unit_test(what_is_printed_is_read_back_as_the_same_range),
		cmocka_unit_test(alerts_agree_with_the_oracle_on_a_million_random_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
