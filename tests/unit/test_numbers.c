/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as text, in the C locale and again in one whose decimal point is a comma. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))

static const char *text_of(struct wr *w)
{
	assert_false(w->full);
	wr_byte(w, '\0');
	return w->p;
}

static void whole_numbers_are_digits_up_to_a_maximum(void **state)
{
	static const struct {
		struct view text;
		uint64_t max;
		bool valid;
		uint64_t value;
	} cases[] = {
		{ VIEW("0"), 0, true, 0 },
		{ VIEW("65535"), 65535, true, 65535 },
		{ VIEW("65536"), 65535, false, 0 },
		{ VIEW("0005060"), 65535, true, 5060 },
		{ VIEW("18446744073709551615"), UINT64_MAX, true, UINT64_MAX },
		{ VIEW("18446744073709551616"), UINT64_MAX, false, 0 },
		{ VIEW("4294967301"), 699, false, 0 },
		{ VIEW("9"), 8, false, 0 },
		{ VIEW("10"), 3, false, 0 },
		{ VIEW(""), 9, false, 0 },
		{ VIEW("+1"), 9, false, 0 },
		{ VIEW("-1"), 9, false, 0 },
		{ VIEW(" 1"), 9, false, 0 },
		{ VIEW("1 "), 9, false, 0 },
		{ VIEW("1\0"), 9, false, 0 },
		{ VIEW("0x1"), 9, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		uint64_t value = 42;
		if (text_u64(cases[i].text, cases[i].max, &value) != cases[i].valid)
			fail_msg("%.*s", VIEW_ARG(cases[i].text));
		assert_true(value == (cases[i].valid ? cases[i].value : 42));
	}
}

static void decimals_have_a_point_and_no_exponent(void **state)
{
	static const struct {
		struct view text;
		bool valid;
		double value;
	} cases[] = {
		{ VIEW("0"), true, 0 },
		{ VIEW("0.5"), true, 0.5 },
		{ VIEW("-0.1"), true, -0.1 },
		{ VIEW("007.250"), true, 7.25 },
		{ VIEW("1.00000000000000000000"), true, 1 },
		{ VIEW("999999999999999"), true, 999999999999999 },
		{ VIEW("0.123456789012345"), true, 0.123456789012345 },
		{ VIEW("1000000000000000"), false, 0 },
		{ VIEW("0.1234567890123456"), false, 0 },
		{ VIEW("0.0000000000000001"), false, 0 },
		{ VIEW("0,5"), false, 0 },
		{ VIEW("1e3"), false, 0 },
		{ VIEW("0x10"), false, 0 },
		{ VIEW("nan"), false, 0 },
		{ VIEW("inf"), false, 0 },
		{ VIEW("."), false, 0 },
		{ VIEW(".5"), false, 0 },
		{ VIEW("5."), false, 0 },
		{ VIEW("+5"), false, 0 },
		{ VIEW("--5"), false, 0 },
		{ VIEW("-"), false, 0 },
		{ VIEW(""), false, 0 },
		{ VIEW("1.2.3"), false, 0 },
		{ VIEW("1 "), false, 0 },
		{ VIEW("1\0"), false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		double value = 42, wanted = cases[i].valid ? cases[i].value : 42;
		if (text_double(cases[i].text, &value) != cases[i].valid || value < wanted ||
		    value > wanted)
			fail_msg("%.*s is %.17g", VIEW_ARG(cases[i].text), value);
	}
}

static void integers_are_written_whole(void **state)
{
	static const struct {
		int64_t value;
		const char *text;
	} cases[] = { { 0, "0" },
		      { -1, "-1" },
		      { INT64_MAX, "9223372036854775807" },
		      { INT64_MIN, "-9223372036854775808" } };
	char buffer[64];

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct wr w = wr_over(buffer, sizeof(buffer));
		wr_i64(&w, cases[i].value);
		assert_string_equal(text_of(&w), cases[i].text);
	}
	struct wr w = wr_over(buffer, sizeof(buffer));
	wr_u64(&w, UINT64_MAX);
	wr_byte(&w, ' ');
	wr_hex64(&w, 0xabc);
	assert_string_equal(text_of(&w), "18446744073709551615 0000000000000abc");
}

static void the_shortest_notation_is_written(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ -0.0, "0" },
		{ 0.1, "0.1" },
		{ -2.5, "-2.5" },
		{ 100, "100" },
		{ 1e-15, "0.000000000000001" },
		{ 1e-300, "0" },
		{ -1e-300, "0" },
		{ 999999999999999, "999999999999999" },
		{ 0.1 + 0.2, "0.3" },
		{ 1e300, "1000000000000000" },
		{ -INFINITY, "-1000000000000000" },
		{ NAN, "0" },
	};
	char buffer[64];

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct wr w = wr_over(buffer, sizeof(buffer));
		wr_double(&w, cases[i].value);
		assert_string_equal(text_of(&w), cases[i].text);
	}
}

static void decimals_are_rounded_and_trailing_zeros_dropped(void **state)
{
	static const struct {
		double value;
		unsigned decimals;
		const char *text;
	} cases[] = {
		{ 0.0123456789, 6, "0.012346" },
		{ 0.5, 6, "0.5" },
		{ 100, 6, "100" },
		{ 1e-7, 6, "0" },
		{ -1e-7, 6, "0" },
		{ -0.0, 6, "0" },
		{ 99.9999999, 6, "100" },
		{ 1.5, 0, "2" },
		{ 10, 0, "10" },
		{ 1.0 / 3, 9, "0.333333333" },
		{ 1.0 / 3, 99, "0.333333333" },
		{ NAN, 3, "0" },
		{ INFINITY, 9, "1000000000000000" },
	};
	char buffer[64];

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct wr w = wr_over(buffer, sizeof(buffer));
		wr_decimal(&w, cases[i].value, cases[i].decimals);
		assert_string_equal(text_of(&w), cases[i].text);
	}
}

static void times_are_written_for_people(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} cases[] = {
		{ 0, "0 us" },	    { 412, "412 us" },	  { 1000, "1 ms" },	{ 1234, "1.2 ms" },
		{ 9970, "10 ms" },  { 23456, "23 ms" },	  { 999000, "999 ms" }, { 999600, "1 s" },
		{ 1000000, "1 s" }, { 1250000, "1.2 s" }, { 61000000, "61 s" },
	};
	char buffer[64];

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct wr w = wr_over(buffer, sizeof(buffer));
		wr_duration(&w, cases[i].us);
		assert_string_equal(text_of(&w), cases[i].text);
	}
}

static void what_is_written_is_read_back(void **state)
{
	uint64_t seed = 7;
	char buffer[64];

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		seed = seed * 6364136223846793005U + 1442695040888963407U;
		double value = (double)(int64_t)(seed >> 14) / 1.125899906842624e15, back;
		value = round(value * 1e6) / (seed & 1 ? 1e6 : 1);
		struct wr w = wr_over(buffer, sizeof(buffer));
		wr_double(&w, value);
		if (!text_double(wr_view(&w), &back) || back < value || back > value)
			fail_msg("%.17g is written %.*s", value, VIEW_ARG(wr_view(&w)));
	}
}

/* A locale of the system, or one made for this run by localedef. */
static bool set_comma_locale(void)
{
	static const char *const names[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8",
					     "fr_FR.utf8", "nl_NL.UTF-8" };
	char folder[] = "/tmp/voip-locale.XXXXXX", command[160];

	for (size_t i = 0; i < CASES(names); i++)
		if (setlocale(LC_ALL, names[i]) != NULL)
			return true;
	if (mkdtemp(folder) == NULL)
		return false;
	snprintf(command, sizeof(command),
		 "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", folder);
	if (system(command) == 0 && setenv("LOCPATH", folder, 1) == 0)
		setlocale(LC_ALL, "de_DE.UTF-8");
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command) == 0 && localeconv()->decimal_point[0] == ',';
}

static void nothing_changes_where_the_decimal_point_is_a_comma(void **state)
{
	char text[16];

	if (!set_comma_locale()) {
		print_message("no locale with a comma, and localedef cannot make one\n");
		skip();
	}
	snprintf(text, sizeof(text), "%.1f", 0.5);
	assert_string_equal(text, "0,5");
	decimals_have_a_point_and_no_exponent(state);
	the_shortest_notation_is_written(state);
	decimals_are_rounded_and_trailing_zeros_dropped(state);
	times_are_written_for_people(state);
	what_is_written_is_read_back(state);
	setlocale(LC_ALL, "C");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers_are_digits_up_to_a_maximum),
		cmocka_unit_test(decimals_have_a_point_and_no_exponent),
		cmocka_unit_test(integers_are_written_whole),
		cmocka_unit_test(the_shortest_notation_is_written),
		cmocka_unit_test(decimals_are_rounded_and_trailing_zeros_dropped),
		cmocka_unit_test(times_are_written_for_people),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(nothing_changes_where_the_decimal_point_is_a_comma),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
