/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A result's texts made harmless and split, its line written and read, and JSON strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "push/check_result.h"
#include "push/json_text.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))
#define U_UML "\xc3\xbc"
#define EURO "\xe2\x82\xac"
#define FACE "\xf0\x9f\x98\x80"

static struct arena arena;

static int free_arena(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void check_view(struct view got, const char *expected)
{
	if (!view_eq(got, view_of(expected)))
		fail_msg("\"%.*s\" is not \"%s\"", VIEW_ARG(got), expected);
}

static struct check_result cleaned(struct check_result result)
{
	struct opt_error error;

	if (!check_result_clean(&result, &arena, &error))
		fail_msg("%s", error.text);
	return result;
}

static struct view clean_output(struct view output)
{
	return cleaned((struct check_result){ .host = VIEW("h"), .output = output }).output;
}

static struct view clean_perfdata(struct view perfdata)
{
	return cleaned((struct check_result){ .host = VIEW("h"), .perfdata = perfdata }).perfdata;
}

static void output_becomes_harmless(void **state)
{
	static const struct {
		const char *raw, *clean;
	} cases[] = {
		{ "", "" },
		{ "SIP OK - fine", "SIP OK - fine" },
		{ "gr" U_UML "n " EURO " " FACE, "gr" U_UML "n " EURO " " FACE },
		{ "one\ntwo\n\nthree", "one\ntwo\n\nthree" },
		{ "\n \t one\r\ntwo \r\n", "one\ntwo" },
		{ "10%\r20%\r\n30%", "10%\n20%\n30%" },
		{ "a\tb", "a b" },
		{ "a|b", "a/b" },
		{ "a\x1b[31mb\x07\x7f", "a?[31mb??" },
		{ "a\xc2\x80\xc2\x9f \xe2\x80\xa8\xe2\x80\xa9", "a?? ??" },
		{ "latin-1 gr\xfcn", "latin-1 gr?n" },
		{ "\xc3", "?" },
		{ "\xe2\x82", "??" },
		{ "\xe2\x82\x41", "??A" },
		{ "\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf", "?????????" },
		{ "\xc1\xbf\xe0\x9f\xbf\xf0\x8f\xbf\xbf", "?????????" },
		{ "\xed\xa0\x80\xed\xbf\xbf", "??????" },
		{ "\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80" },
		{ "\xf4\x8f\xbf\xbf\xf4\x90\x80\x80", "\xf4\x8f\xbf\xbf????" },
		{ "\xf8\x88\x80\x80\x80\xfe\xff", "???????" },
		{ "\xf9\x90\x80\x80\xfd\x90\x80\x80", "????????" },
		{ "\x80\xbf", "??" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct view once = clean_output(view_of(cases[i].raw));
		check_view(once, cases[i].clean);
		check_view(clean_output(once), cases[i].clean);
	}
	check_view(clean_output(VIEW("a\0b")), "a?b");
}

/* The sanitizer sees a look behind the end. */
static void a_cut_character_is_none(void **state)
{
	static const char *const characters[] = { U_UML, EURO, FACE };
	uint32_t code;

	(void)state;
	for (size_t i = 0; i < CASES(characters); i++) {
		struct view all = view_of(characters[i]);
		assert_int_equal(utf8_first(all, &code), all.n);
		for (size_t n = 0; n < all.n; n++) {
			char *cut = malloc(n + 1);
			assert_non_null(cut);
			memcpy(cut + 1, all.p, n);
			assert_int_equal(utf8_first((struct view){ cut + 1, n }, &code), 0);
			free(cut);
		}
	}
	utf8_first(VIEW(FACE), &code);
	assert_int_equal(code, 0x1f600);
}

static void what_is_plain_is_not_copied(void **state)
{
	struct view output = VIEW("fine ~\n  and good"), perfdata = VIEW("a=1 'b c'=2");

	(void)state;
	assert_ptr_equal(clean_output(output).p, output.p);
	assert_ptr_equal(clean_perfdata(perfdata).p, perfdata.p);
}

static void long_output_is_cut_at_a_character(void **state)
{
	enum { MAX = CHECK_RESULT_OUTPUT_MAX };
	char *text = malloc(2 * MAX);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 2 * MAX);
	assert_int_equal(clean_output((struct view){ text, MAX }).n, MAX);
	assert_int_equal(clean_output((struct view){ text, MAX + 1 }).n, MAX);
	memcpy(text + MAX - 1, EURO, 3);
	assert_int_equal(clean_output((struct view){ text, MAX + 2 }).n, MAX - 1);
	memcpy(text + MAX - 3, EURO "y", 4);
	struct view cut = clean_output((struct view){ text, MAX + 9 });
	assert_int_equal(cut.n, MAX);
	assert_true(view_ends(cut, VIEW(EURO)));
	memcpy(text + MAX - 3, "x \t|", 4);
	assert_int_equal(clean_output((struct view){ text, MAX + 9 }).n, MAX - 2);
	free(text);
}

static void perfdata_becomes_one_line(void **state)
{
	static const struct {
		const char *raw, *clean;
	} cases[] = {
		{ "", "" },
		{ "a=1 b=2s;1;2", "a=1 b=2s;1;2" },
		{ "  a=1\n b=2\r\n\tc=3  ", "a=1 b=2 c=3" },
		{ "'a  b'=1   c=2", "'a  b'=1 c=2" },
		{ "'it''s  so'=1   c=2", "'it''s  so'=1 c=2" },
		{ "'a\n b'=1", "'a  b'=1" },
		{ "'open  =1  b=2", "'open  =1  b=2" },
		{ "a\x1b=1 \xff=2", "a?=1 ?=2" },
		{ "a|b=1", "a|b=1" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct view once = clean_perfdata(view_of(cases[i].raw));
		check_view(once, cases[i].clean);
		check_view(clean_perfdata(once), cases[i].clean);
	}
}

static void long_perfdata_is_cut_between_items(void **state)
{
	enum { MAX = CHECK_RESULT_OUTPUT_MAX };
	char *text = malloc(MAX + 20);

	(void)state;
	assert_non_null(text);
	memset(text, '1', MAX + 20);
	memcpy(text, "a=", 2);
	assert_int_equal(clean_perfdata((struct view){ text, MAX }).n, MAX);
	assert_int_equal(clean_perfdata((struct view){ text, MAX + 1 }).n, 0);
	memcpy(text + MAX - 7, " b=1 c=", 7);
	assert_int_equal(clean_perfdata((struct view){ text, MAX }).n, MAX);
	assert_int_equal(clean_perfdata((struct view){ text, MAX + 1 }).n, MAX - 3);
	memcpy(text + MAX - 7, " 'b c'=", 7);
	assert_int_equal(clean_perfdata((struct view){ text, MAX + 1 }).n, MAX - 7);
	free(text);
}

/* The field at `at` of a result that is good otherwise. */
static const char *name_clause(size_t at, struct view name)
{
	static struct opt_error error;
	struct check_result result = { .host = VIEW("h") };

	*(struct view *)(void *)((char *)&result + at) = name;
	return check_result_clean(&result, &arena, &error) ? "" : error.text;
}

static void names_that_cannot_be_are_refused(void **state)
{
	static const struct {
		size_t at;
		const char *what;
	} field[] = {
		{ offsetof(struct check_result, host), "host" },
		{ offsetof(struct check_result, service), "service" },
		{ offsetof(struct check_result, command), "command" },
		{ offsetof(struct check_result, source), "source" },
	};
	static const struct {
		struct view name;
		const char *why;
	} cases[] = {
		{ { "a\nb", 3 }, "has a control character" },
		{ { "a\0b", 3 }, "has a control character" },
		{ { "\x7f", 1 }, "has a control character" },
		{ { "\xc2\x85", 2 }, "has a control character" },
		{ { "\xe2\x80\xa8", 3 }, "has a control character" },
		{ { "\xff", 1 }, "is not UTF-8" },
		{ { "ab\xc3", 3 }, "is not UTF-8" },
	};
	char expected[100], longest[CHECK_RESULT_NAME_MAX + 1];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	for (size_t i = 0; i < CASES(field); i++) {
		for (size_t k = 0; k < CASES(cases); k++) {
			snprintf(expected, sizeof(expected), "the name of the %s %s", field[i].what,
				 cases[k].why);
			assert_string_equal(name_clause(field[i].at, cases[k].name), expected);
		}
		assert_string_equal(name_clause(field[i].at, VIEW("gr" U_UML "n|;'\" x")), "");
		assert_string_equal(
			name_clause(field[i].at, (struct view){ longest, sizeof(longest) - 1 }),
			"");
		snprintf(expected, sizeof(expected), "the name of the %s is longer than 255 bytes",
			 field[i].what);
		assert_string_equal(
			name_clause(field[i].at, (struct view){ longest, sizeof(longest) }),
			expected);
		assert_string_equal(name_clause(field[i].at, VIEW("")),
				    i == 0 ? "the name of the host is empty" : "");
	}
}

static void times_are_put_in_their_bounds(void **state)
{
	struct check_result result = cleaned((struct check_result){ .host = VIEW("h"),
								    .start_us = INT64_MIN,
								    .end_us = INT64_MAX,
								    .ttl_s = UINT64_MAX });

	(void)state;
	assert_int_equal(result.start_us, 0);
	assert_true(result.end_us == INT64_MAX / 1000);
	assert_int_equal(result.ttl_s, 1000000000);
	result = cleaned((struct check_result){
		.host = VIEW("h"), .start_us = 8, .end_us = 7, .ttl_s = 60 });
	assert_true(result.start_us == 7 && result.end_us == 7 && result.ttl_s == 60);
}

static void what_a_plugin_prints_is_split_as_nagios_does(void **state)
{
	static const struct {
		const char *printed, *output, *perfdata;
	} cases[] = {
		{ "", "", "" },
		{ "OK", "OK", "" },
		{ "OK\n", "OK", "" },
		{ "OK | a=1\n", "OK", "a=1" },
		{ "OK|", "OK", "" },
		{ "|a=1", "", "a=1" },
		{ "OK | a=1 | b=2", "OK", "a=1 | b=2" },
		{ "OK\nmore\n  lines\n", "OK\nmore\n  lines", "" },
		{ "OK | a=1\nmore\nlines | b=2\nc=3\n\nd=4 | e=5\n", "OK\nmore\nlines",
		  "a=1 b=2 c=3 d=4 | e=5" },
		{ "OK\n|a=1\nb=2", "OK", "a=1 b=2" },
		{ "OK | a=1\nmore", "OK\nmore", "a=1" },
		{ "OK\r\nmore | a=1\r\n", "OK\r\nmore", "a=1" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct check_result result = { .host = VIEW("h"), .service = VIEW("s") };
		check_result_split(&result, view_of(cases[i].printed), &arena);
		check_view(result.output, cases[i].output);
		check_view(result.perfdata, cases[i].perfdata);
		check_view(result.service, "s");
	}
}

static void check_written(const struct check_result *result, const char *expected)
{
	struct grow line = { .p = NULL };

	check_result_write(result, &line);
	check_view(grow_view(&line), expected);
	grow_free(&line);
}

static void a_line_has_what_is_not_empty(void **state)
{
	struct check_result full = { .host = VIEW("h\\"),
				     .service = VIEW("\"s\""),
				     .output = VIEW("gr" U_UML "n\nx\x7f"),
				     .perfdata = VIEW("a=1"),
				     .command = VIEW("check_x"),
				     .source = VIEW("probe"),
				     .state = STATE_UNKNOWN,
				     .start_us = 1,
				     .end_us = 2,
				     .ttl_s = 3 };

	(void)state;
	check_written(&(struct check_result){ .host = VIEW("h") }, "{\"host\":\"h\",\"state\":0}");
	check_written(&full, "{\"host\":\"h\\\\\",\"service\":\"\\\"s\\\"\",\"state\":3,"
			     "\"output\":\"gr" U_UML "n\\nx\\u007f\",\"perfdata\":\"a=1\","
			     "\"command\":\"check_x\",\"source\":\"probe\",\"start_us\":1,"
			     "\"end_us\":2,\"ttl_s\":3}");
}

/* Also of a result that nobody made harmless: a line that cannot be read would be a lost result. */
static void each_line_can_be_read(void **state)
{
	struct check_result raw = { .host = VIEW("h"),
				    .output = VIEW("a\xff\x01 |\xe2\x82"),
				    .perfdata = VIEW("a=1\n\nb=2"),
				    .start_us = -5,
				    .end_us = INT64_MAX,
				    .ttl_s = UINT64_MAX };
	struct grow line = { .p = NULL };
	struct check_result back;
	struct opt_error error;

	(void)state;
	check_result_write(&raw, &line);
	assert_true(check_result_read(grow_view(&line), &back, &arena, &error));
	check_view(back.output, "a?? /??");
	check_view(back.perfdata, "a=1 b=2");
	assert_true(back.start_us == 0 && back.end_us == INT64_MAX / 1000);
	grow_free(&line);
}

static void lines_that_are_no_result_are_refused(void **state)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "", "is no JSON object (byte " },
		{ "null", "is no JSON object (byte " },
		{ "[]", "is no JSON object (byte " },
		{ "{\"host\":\"h\",\"state\":0", "is no JSON object (byte " },
		{ "{\"host\":\"h\",\"state\":0} x", "is no JSON object (byte " },
		{ "{\"host\":\"h\\u0000\",\"state\":0}", "is no JSON object (byte " },
		{ "{\"host\":\"h\"}", "\"state\" is missing, or no whole number" },
		{ "{\"host\":\"h\",\"state\":\"OK\"}", "\"state\" is missing, or no whole number" },
		{ "{\"host\":\"h\",\"state\":null}", "\"state\" is missing, or no whole number" },
		{ "{\"host\":\"h\",\"state\":0.5}", "\"state\" is missing, or no whole number" },
		{ "{\"host\":\"h\",\"state\":-1}", "\"state\" is no whole number from 0 to 3" },
		{ "{\"host\":\"h\",\"state\":4}", "\"state\" is no whole number from 0 to 3" },
		{ "{\"state\":0}", "the name of the host is empty" },
		{ "{\"state\":0,\"host\":null}", "the name of the host is empty" },
		{ "{\"state\":0,\"host\":7}", "\"host\" is no text" },
		{ "{\"state\":0,\"host\":\"h\",\"output\":[\"x\"]}", "\"output\" is no text" },
		{ "{\"state\":0,\"host\":\"h\\n\"}",
		  "the name of the host has a control character" },
		{ "{\"state\":0,\"host\":\"h\",\"end_us\":\"1\"}",
		  "\"end_us\" is no whole number from 0 to 9223372036854775" },
		{ "{\"state\":0,\"host\":\"h\",\"end_us\":9223372036854776}",
		  "\"end_us\" is no whole number from 0 to 9223372036854775" },
		{ "{\"state\":0,\"host\":\"h\",\"ttl_s\":-1}",
		  "\"ttl_s\" is no whole number from 0 to 9223372036854775807" },
	};
	struct check_result result;
	struct opt_error error;

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		assert_false(check_result_read(view_of(cases[i].line), &result, &arena, &error));
		if (!view_starts(view_of(error.text), view_of(cases[i].why)))
			fail_msg("%s: %s", cases[i].line, error.text);
	}
}

static void other_keys_and_null_are_let_alone(void **state)
{
	struct check_result result;
	struct opt_error error;

	(void)state;
	assert_true(
		check_result_read(VIEW(" {\"colour\":{\"a\":[1]},\"state\":2,\"host\":\"h\","
				       "\"service\":null,\"end_us\":null,\"output\":\"x\\ty\"} \r"),
				  &result, &arena, &error));
	check_view(result.host, "h");
	check_view(result.service, "");
	check_view(result.output, "x y");
	assert_true(result.state == STATE_CRITICAL && result.end_us == 0);
}

static void a_deep_line_does_not_exhaust_the_stack(void **state)
{
	enum { DEEP = 1000000 };
	char *text = malloc(DEEP);
	struct check_result result;
	struct opt_error error;

	(void)state;
	assert_non_null(text);
	memset(text, '[', DEEP);
	assert_false(check_result_read((struct view){ text, DEEP }, &result, &arena, &error));
	free(text);
}

static void objects_are_ordered_by_host_then_service(void **state)
{
	static const struct {
		const char *host_a, *service_a, *host_b, *service_b;
		int order;
	} cases[] = {
		{ "a", "s", "a", "s", 0 },  { "a", "s", "b", "s", -1 }, { "a", "", "a", "s", -1 },
		{ "ab", "", "a", "c", 1 },  { "a", "b", "ab", "", -1 }, { "a", "z", "b", "a", -1 },
		{ "a", "s2", "a", "s", 1 }, { "\xc3", "", "z", "", 1 },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct check_result a = { .host = view_of(cases[i].host_a),
					  .service = view_of(cases[i].service_a) };
		struct check_result b = { .host = view_of(cases[i].host_b),
					  .service = view_of(cases[i].service_b) };
		int order = check_result_compare_object(&a, &b);
		assert_int_equal((order > 0) - (order < 0), cases[i].order);
		order = check_result_compare_object(&b, &a);
		assert_int_equal((order > 0) - (order < 0), -cases[i].order);
	}
}

static void bytes_of_any_kind_become_a_json_string(void **state)
{
	struct grow text = { .p = NULL };

	(void)state;
	grow_json(&text, VIEW("a\"\\\n\t\x7f\0" U_UML "\xff" FACE));
	check_view(grow_view(&text), "\"a\\\"\\\\\\n\\u0009\\u007f\\u0000" U_UML "?" FACE "\"");
	grow_reset(&text);
	grow_json_bytes(&text, VIEW("a\"\\\n\0" U_UML "\xff"));
	check_view(grow_view(&text), "\"a\\\"\\\\\\n\\u0000\\u00c3\\u00bc\\u00ff\"");
	grow_reset(&text);
	grow_json(&text, VIEW(""));
	grow_json_bytes(&text, VIEW(""));
	check_view(grow_view(&text), "\"\"\"\"");
	grow_free(&text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, free_arena)
	const struct CMUnitTest tests[] = {
		TEST(output_becomes_harmless),
		TEST(a_cut_character_is_none),
		TEST(what_is_plain_is_not_copied),
		TEST(long_output_is_cut_at_a_character),
		TEST(perfdata_becomes_one_line),
		TEST(long_perfdata_is_cut_between_items),
		TEST(names_that_cannot_be_are_refused),
		TEST(times_are_put_in_their_bounds),
		TEST(what_a_plugin_prints_is_split_as_nagios_does),
		TEST(a_line_has_what_is_not_empty),
		TEST(each_line_can_be_read),
		TEST(lines_that_are_no_result_are_refused),
		TEST(other_keys_and_null_are_let_alone),
		TEST(a_deep_line_does_not_exhaust_the_stack),
		TEST(objects_are_ordered_by_host_then_service),
		TEST(bytes_of_any_kind_become_a_json_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
