/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/proto/sip_grammar: tokens, quotes, parameters and folds. */
#include "proto/sip_grammar.h"
#include "proto/sip_msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_view(struct view got, const char *wanted)
{
	if (!view_eq(got, view_of(wanted)))
		fail_msg("got \"%.*s\", wanted \"%s\"", VIEW_ARG(got), wanted);
}

static void a_token_ends_at_the_first_other_byte(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },	      { "azAZ09-.!%*_+`'~(x", "azAZ09-.!%*_+`'~" },
		{ "a/b", "a" },	      { " a", "" },
		{ "a\xc3\xa9", "a" }, { "\"a\"", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view v = view_of(cases[i][0]);
		assert_view(sip_take_token(&v), cases[i][1]);
		assert_view(v, cases[i][0] + strlen(cases[i][1]));
	}
	struct view nul = { "a\0b", 3 };
	assert_view(sip_take_token(&nul), "a");
}

static void a_mark_takes_its_white_space_or_nothing(void **state)
{
	struct view v = view_of(" \t\r\n /\r\n\tx");

	(void)state;
	assert_false(sip_take_mark(&v, ';'));
	assert_int_equal(v.n, 10);
	assert_true(sip_take_mark(&v, '/'));
	assert_view(v, "x");
	assert_false(sip_take_mark(&v, '/'));
}

static void a_quoted_string_ends_at_a_quote_without_backslash(void **state)
{
	static const struct {
		const char *text, *inside, *rest; /* inside NULL: none */
	} cases[] = {
		{ "\"\"x", "", "x" },
		{ "\"a, \\\"b\\\"; \\\\\"c", "a, \\\"b\\\"; \\\\", "c" },
		{ "\"a\\", NULL, "\"a\\" },
		{ "\"a\\\"", NULL, "\"a\\\"" },
		{ "\"", NULL, "\"" },
		{ "", NULL, "" },
		{ "a\"b\"", NULL, "a\"b\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view v = view_of(cases[i].text), inside;
		assert_int_equal(sip_take_quoted(&v, &inside), cases[i].inside != NULL);
		assert_view(v, cases[i].rest);
		if (cases[i].inside != NULL)
			assert_view(inside, cases[i].inside);
	}
}

static void control_bytes_are_not_clean(void **state)
{
	(void)state;
	assert_true(sip_is_clean(view_of("a b\xc3\xa9~")));
	assert_true(sip_is_clean((struct view){ "", 0 }));
	for (int c = 0; c < 256; c++) {
		char byte = (char)c;
		assert_int_equal(sip_is_clean((struct view){ &byte, 1 }), c >= ' ' && c != 0x7f);
	}
}

/* Writes "name=value|name=value" and then what is left over behind a '!'. */
static void parameters_are_taken_one_by_one(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "  ", "" },
		{ ";a", "a=|" },
		{ "a=1 ; b;\r\n c = \"x;,\\\"\" ", "a=1|b=|c=\"x;,\\\"\"|" },
		{ ";r=[2001:db8::1];s=2001:db8::1", "r=[2001:db8::1]|s=2001:db8::1|" },
		{ ";a=1, b=2", "a=1|!, b=2" },
		{ ";a;;b", "a=|!;;b" },
		{ ";a=", "!;a=" },
		{ ";=1", "!;=1" },
		{ ";a=\"1", "!;a=\"1" },
		{ ";a=1 b", "!;a=1 b" },
		{ ";a=<1>", "!;a=<1>" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view params = view_of(cases[i][0]), name, value;
		char buffer[128];
		struct wr w = wr_over(buffer, sizeof(buffer));
		while (sip_param_next(&params, &name, &value)) {
			wr_put(&w, name);
			wr_byte(&w, '=');
			wr_put(&w, value);
			wr_byte(&w, '|');
		}
		if (params.n > 0) {
			wr_byte(&w, '!');
			wr_put(&w, params);
		}
		assert_view(wr_view(&w), cases[i][1]);
	}
}

static void a_fold_is_written_as_one_space(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "a  b", "a  b" },
		{ "a\r\n b", "a b" },
		{ "a \t\r\n \t b\n\tc", "a b c" },
		{ "a\r\n \r\n \r\n b", "a b" },
		{ "a\rb\x01", "a\rb\x01" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char buffer[32];
		struct wr w = wr_over(buffer, sizeof(buffer));
		sip_wr_unfolded(&w, view_of(cases[i][0]));
		assert_view(wr_view(&w), cases[i][1]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_ends_at_the_first_other_byte),
		cmocka_unit_test(a_mark_takes_its_white_space_or_nothing),
		cmocka_unit_test(a_quoted_string_ends_at_a_quote_without_backslash),
		cmocka_unit_test(control_bytes_are_not_clean),
		cmocka_unit_test(parameters_are_taken_one_by_one),
		cmocka_unit_test(a_fold_is_written_as_one_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
