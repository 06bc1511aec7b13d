/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hexadecimal digits to bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hex.h"

static void bytes_are_read_with_and_without_separators(void **state)
{
	static const struct {
		const char *text;
		struct view bytes;
	} cases[] = {
		{ "80c90001", VIEW("\x80\xc9\x00\x01") },
		{ "80C9", VIEW("\x80\xc9") },
		{ "0x80c9", VIEW("\x80\xc9") },
		{ "0X80 c9", VIEW("\x80\xc9") },
		{ "80:c9:00", VIEW("\x80\xc9\x00") },
		{ "0fF0", VIEW("\x0f\xf0") },
		{ "0x", VIEW("") },
		{ "", VIEW("") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char buffer[8];
		struct wr w = wr_over(buffer, sizeof(buffer));
		size_t column;
		const char *why;
		if (!hex_parse(view_of(cases[i].text), &w, &column, &why))
			fail_msg("'%s' column %zu: %s", cases[i].text, column, why);
		assert_true(view_eq(wr_view(&w), cases[i].bytes));
	}
}

static void what_is_wrong_has_a_column(void **state)
{
	static const struct {
		const char *text;
		size_t column;
	} cases[] = {
		{ "8", 2 },	{ "0x8", 4 },	 { "80c", 4 },	      { "g0", 1 },     { "8g", 2 },
		{ "80 ", 3 },	{ "80:", 3 },	 { "80  c9", 4 },     { "80::c9", 4 }, { " 80", 1 },
		{ "80-c9", 3 }, { "0x0x80", 4 }, { "80c90001a", 10 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char buffer[8];
		struct wr w = wr_over(buffer, sizeof(buffer));
		size_t column = 0;
		const char *why = NULL;
		assert_false(hex_parse(view_of(cases[i].text), &w, &column, &why));
		assert_non_null(why);
		if (column != cases[i].column)
			fail_msg("'%s': column %zu", cases[i].text, column);
	}
}

static void more_bytes_than_there_is_room_for_are_refused(void **state)
{
	char buffer[3];
	struct wr w = wr_over(buffer, sizeof(buffer));
	size_t column;
	const char *why;

	(void)state;
	assert_true(hex_parse(VIEW("010203"), &w, &column, &why));
	assert_false(w.full);
	wr_reset(&w);
	assert_false(hex_parse(VIEW("01020304"), &w, &column, &why));
	assert_true(w.full);
	assert_int_equal(column, 9);
}

static void bytes_are_written_with_blanks_between(void **state)
{
	char room[16];
	struct wr w = wr_over(room, sizeof(room));

	(void)state;
	wr_hex(&w, VIEW(""));
	assert_int_equal(w.n, 0);
	wr_hex(&w, VIEW("\x80"));
	assert_true(view_eq(wr_view(&w), VIEW("80")));
	wr_reset(&w);
	wr_hex(&w, VIEW("\x00\x0a\xff"));
	assert_true(view_eq(wr_view(&w), VIEW("00 0a ff")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_written_with_blanks_between),
		cmocka_unit_test(bytes_are_read_with_and_without_separators),
		cmocka_unit_test(what_is_wrong_has_a_column),
		cmocka_unit_test(more_bytes_than_there_is_room_for_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
