/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes that grow as they are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/grow.h"

static void is(const struct grow *g, const char *wanted)
{
	if (!view_eq(grow_view(g), view_of(wanted)))
		fail_msg("'%.*s' is not '%s'", VIEW_ARG(grow_view(g)), wanted);
}

static void it_begins_empty_and_without_memory(void **state)
{
	struct grow g = { .p = NULL };

	(void)state;
	assert_int_equal(grow_view(&g).n, 0);
	grow_put(&g, VIEW(""));
	grow_str(&g, NULL);
	grow_put(&g, (struct view){ NULL, 0 });
	grow_reset(&g);
	assert_null(g.p);
	grow_free(&g);
}

static void what_is_written_is_appended(void **state)
{
	struct grow g = { .p = NULL };

	(void)state;
	grow_put(&g, VIEW("ab\0cd"));
	assert_true(view_eq(grow_view(&g), VIEW("ab\0cd")));
	grow_reset(&g);
	grow_str(&g, "x");
	grow_byte(&g, '=');
	grow_u64(&g, 0);
	grow_byte(&g, ' ');
	grow_u64(&g, UINT64_MAX);
	is(&g, "x=0 18446744073709551615");
	grow_free(&g);
}

static void numbers_are_as_short_as_can_be(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 0, "0" },	    { -0.0, "0" },  { 0.1, "0.1" },
		{ -12.5, "-12.5" }, { 100, "100" }, { 1e-15, "0.000000000000001" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct grow g = { .p = NULL };
		grow_double(&g, cases[i].value);
		is(&g, cases[i].text);
		grow_free(&g);
	}
}

static void it_holds_what_is_much_longer_than_it_was(void **state)
{
	enum { LONG = 100000 };
	struct grow g = { .p = NULL };
	static char text[LONG];

	(void)state;
	memset(text, 'x', sizeof(text));
	grow_byte(&g, '<');
	grow_put(&g, (struct view){ text, sizeof(text) });
	grow_byte(&g, '>');
	assert_int_equal(g.n, LONG + 2);
	assert_true(g.cap >= g.n);
	assert_true(g.p[0] == '<' && g.p[LONG + 1] == '>');
	assert_memory_equal(g.p + 1, text, LONG);
	grow_free(&g);
}

static void it_grows_seldom(void **state)
{
	enum { MANY = 1000000 };
	struct grow g = { .p = NULL };
	unsigned growths = 0;

	(void)state;
	for (size_t i = 0, cap = 0; i < MANY; i++) {
		grow_byte(&g, (char)('a' + i % 26));
		growths += g.cap != cap;
		cap = g.cap;
	}
	assert_in_range(growths, 1, 20);
	for (size_t i = 0; i < MANY; i++)
		if (g.p[i] != (char)('a' + i % 26))
			fail_msg("byte %zu", i);
	grow_free(&g);
}

static void a_reset_keeps_the_memory_and_a_free_does_not(void **state)
{
	struct grow g = { .p = NULL };

	(void)state;
	grow_str(&g, "long ago");
	char *p = g.p;
	grow_reset(&g);
	is(&g, "");
	grow_str(&g, "now");
	assert_ptr_equal(g.p, p);
	is(&g, "now");
	grow_free(&g);
	assert_true(g.p == NULL && g.n == 0 && g.cap == 0);
	grow_str(&g, "again");
	is(&g, "again");
	grow_free(&g);
	grow_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_begins_empty_and_without_memory),
		cmocka_unit_test(what_is_written_is_appended),
		cmocka_unit_test(numbers_are_as_short_as_can_be),
		cmocka_unit_test(it_holds_what_is_much_longer_than_it_was),
		cmocka_unit_test(it_grows_seldom),
		cmocka_unit_test(a_reset_keeps_the_memory_and_a_free_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
