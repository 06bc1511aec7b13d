/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What parse functions of several programs share. */
#include "cli/opt.h"

#include <setjmp.h>

#include <cmocka.h>

static void hexadecimal_digits_become_bytes(void **unused)
{
	static const struct {
		const char *text;
		struct view bytes;
	} row[] = {
		{ "00", VIEW("\x00") },		 { "0x00", VIEW("\x00") },
		{ "0X41:fF", VIEW("\x41\xff") }, { "68 65 6c", VIEW("hel") },
		{ "68656c6c", VIEW("hell") },	 { "68:65:6c:6c", VIEW("hell") },
	};
	struct arena arena = { NULL };
	struct opt_error error;
	struct view bytes;

	(void)unused;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (!opt_parse_hex(&bytes, 4, view_of(row[i].text), &arena, &error))
			fail_msg("'%s': %s", row[i].text, error.text);
		assert_true(view_eq(bytes, row[i].bytes));
	}
	arena_free(&arena);
}

static void bytes_outlive_the_text_they_are_from(void **unused)
{
	char text[] = "4142";
	struct arena arena = { NULL };
	struct opt_error error;
	struct view first, second;

	(void)unused;
	assert_true(opt_parse_hex(&first, 9, view_of(text), &arena, &error));
	text[1] = '3';
	assert_true(opt_parse_hex(&second, 9, view_of(text), &arena, &error));
	assert_true(view_eq(first, VIEW("AB")));
	assert_true(view_eq(second, VIEW("CB")));
	arena_free(&arena);
}

static void what_is_no_bytes_is_refused_with_the_column(void **unused)
{
	static const struct {
		const char *text, *why;
	} row[] = {
		{ "", "no bytes" },
		{ "0x", "no bytes" },
		{ "0", "\"0\" column 2: a byte has two hexadecimal digits" },
		{ "012", "\"012\" column 4: a byte has two hexadecimal digits" },
		{ "xy", "\"xy\" column 1: a hexadecimal digit is expected here" },
		{ "00zz", "\"00zz\" column 3: a hexadecimal digit is expected here" },
		{ "0102030405", "\"0102030405\" column 11: there are too many bytes" },
		{ "01 02 03 04 05 06",
		  "\"01 02 03 04 05 06\" column 15: there are too many bytes" },
	};
	struct arena arena = { NULL };
	struct opt_error error;
	struct view bytes;

	(void)unused;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_false(opt_parse_hex(&bytes, 4, view_of(row[i].text), &arena, &error));
		assert_string_equal(error.text, row[i].why);
	}
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hexadecimal_digits_become_bytes),
		cmocka_unit_test(bytes_outlive_the_text_they_are_from),
		cmocka_unit_test(what_is_no_bytes_is_refused_with_the_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
