/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of standard input become results, or are refused with the reason. */
#define _GNU_SOURCE
#include "push/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OURS                                                                                       \
	"{\"schema\":1,\"program\":\"check_sip\",\"version\":\"1\",\"service\":\"SIP\",\"name\":"  \
	"\"pbx7\","                                                                                \
	"\"state\":\"CRITICAL\",\"exit_code\":2,\"summary\":\"pbx7: no "                           \
	"answer\",\"address\":\"192.0.2.7\","                                                      \
	"\"transport\":\"udp\",\"port\":5060,\"metrics\":{\"time\":{\"value\":0.25,\"unit\":"      \
	"\"s\","                                                                                   \
	"\"warning\":\"0.5\",\"critical\":\"1:2\",\"min\":0},\"code\":{\"value\":200},\"loss\":"   \
	"{\"value\":50,\"unit\":\"%\",\"min\":0,\"max\":100}},\"details\":[\"first\",\"second\"]}"

static const struct input_rule RULE = { .host = { "{name}", 6 },
					.service = { "{check}", 7 },
					.source = { "probe", 5 },
					.ttl_s = 60,
					.now_us = 1700000000000000 };

static struct arena arena;

static struct check_result read_line(const struct input_rule *rule, const char *line)
{
	struct check_result result;
	struct opt_error error = { "" };

	if (!input_read(view_of(line), rule, &result, &arena, &error))
		fail_msg("%s: %s", line, error.text);
	return result;
}

static void assert_view(struct view v, const char *wanted)
{
	if (!view_eq(v, view_of(wanted)))
		fail_msg("\"%.*s\" is not \"%s\"", VIEW_ARG(v), wanted);
}

static void assert_refused(const char *line, const char *why)
{
	struct check_result result;
	struct opt_error error = { "" };

	if (input_read(view_of(line), &RULE, &result, &arena, &error))
		fail_msg("taken: %s", line);
	if (strstr(error.text, why) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", line, error.text, why);
}

static void a_line_of_ours_is_printed_as_in_text(void **unused)
{
	struct check_result r = read_line(&RULE, OURS);

	(void)unused;
	assert_view(r.host, "pbx7");
	assert_view(r.service, "sip");
	assert_int_equal(r.state, STATE_CRITICAL);
	assert_view(r.output, "SIP CRITICAL - pbx7: no answer\nfirst\nsecond");
	assert_view(r.perfdata, "time=0.25s;0.5;1:2;0 code=200 loss=50%;;;0;100");
	assert_view(r.command, "check_sip");
	assert_view(r.source, "probe");
	assert_int_equal(r.ttl_s, 60);
	assert_true(r.end_us == RULE.now_us && r.start_us == RULE.now_us);
}

static void names_are_made_of_what_the_line_says(void **unused)
{
	struct input_rule rule = RULE;

	(void)unused;
	rule.host = VIEW("h-{address}");
	rule.service = VIEW("{program} {transport}/{port} x");
	struct check_result r = read_line(&rule, OURS);
	assert_view(r.host, "h-192.0.2.7");
	assert_view(r.service, "check_sip udp/5060 x");
	rule.of_host = true;
	assert_view(read_line(&rule, OURS).service, "");
}

static void an_error_of_ours_is_a_result_where_the_host_is_known(void **unused)
{
	const char *line = "{\"schema\":1,\"program\":\"check_rtp\",\"service\":\"RTP\","
			   "\"state\":\"UNKNOWN\",\"exit_code\":3,\"error\":\"wrong option\"}";
	struct input_rule rule = RULE;

	(void)unused;
	assert_refused(line, "says no name");
	rule.host = VIEW("mgw");
	assert_view(read_line(&rule, line).output, "RTP UNKNOWN - wrong option");
	assert_int_equal(read_line(&rule, line).state, STATE_UNKNOWN);
}

static void any_object_with_host_state_and_output_is_taken(void **unused)
{
	struct check_result r = read_line(
		&RULE, "{\"host\":\"a\",\"service\":\"b c\",\"exit_code\":1,\"output\":\"W | x=1\","
		       "\"start\":1700000001.5,\"end\":1700000002,\"ttl\":9,\"source\":\"s\","
		       "\"command\":\"check_x\"}");

	(void)unused;
	assert_view(r.host, "a");
	assert_view(r.service, "b c");
	assert_int_equal(r.state, STATE_WARNING);
	assert_view(r.output, "W");
	assert_view(r.perfdata, "x=1");
	assert_view(r.source, "s");
	assert_view(r.command, "check_x");
	assert_true(r.start_us == 1700000001500000 && r.end_us == 1700000002000000);
	assert_int_equal(r.ttl_s, 9);
	assert_view(read_line(&RULE, "{\"host\":\"a\",\"state\":\"ok\",\"output\":\"x\"}").service,
		    "");
	r = read_line(
		&RULE,
		"{\"host\":\"a\",\"state\":2,\"output\":\"x\",\"perfdata\":[\"a=1\",\"b=2\"]}");
	assert_view(r.perfdata, "a=1 b=2");
	assert_int_equal(r.state, STATE_CRITICAL);
	assert_int_equal(
		read_line(&RULE, "{\"host\":\"a\",\"exit_code\":127,\"output\":\"x\"}").state,
		STATE_UNKNOWN);
}

static void what_the_line_leaves_open_is_the_rules(void **unused)
{
	struct input_rule rule = RULE;
	const char *line = "{\"host\":\"a\",\"state\":0,\"output\":\"x\"}";

	(void)unused;
	rule.service = VIEW("backup");
	assert_view(read_line(&rule, line).service, "backup");
	rule.of_host = true;
	assert_view(read_line(&rule, line).service, "");
	assert_view(read_line(&rule, "a\tb\t0\tx").service, "");
}

static void fields_with_tabs_are_taken(void **unused)
{
	struct check_result r = read_line(&RULE, "a\tb c\t2\tno|x=1\\nlong \\\\n line");

	(void)unused;
	assert_view(r.host, "a");
	assert_view(r.service, "b c");
	assert_int_equal(r.state, STATE_CRITICAL);
	assert_view(r.output, "no\nlong \\n line");
	assert_view(r.perfdata, "x=1");
	r = read_line(&RULE, "a\t1\tdown\there");
	assert_view(r.service, "");
	assert_int_equal(r.state, STATE_WARNING);
	assert_view(read_line(&RULE, "a\t\t0\tup").service, "");
	assert_int_equal(read_line(&RULE, "a\tb\t9\tx").state, STATE_UNKNOWN);
}

static void what_is_no_result_is_refused_with_the_reason(void **unused)
{
	static const char *const rows[][2] = {
		{ "hello", "neither JSON nor HOST TAB" },
		{ "a\tb", "neither JSON nor HOST TAB" },
		{ "a\tb\tc\td", "neither JSON nor HOST TAB" },
		{ "a\tb\t-1\td", "neither JSON nor HOST TAB" },
		{ "\tb\t0\td", "host" },
		{ "{", "no JSON" },
		{ "{} x", "no JSON" },
		{ "{\"host\":\"a\",\"host\":\"b\",\"state\":0,\"output\":\"\"}", "no JSON" },
		{ "{\"host\":\"a\",\"output\":\"x\"}", "no exit_code" },
		{ "{\"host\":\"a\",\"state\":\"bad\",\"output\":\"x\"}", "no exit_code" },
		{ "{\"host\":\"a\",\"exit_code\":\"0\",\"output\":\"x\"}", "no exit_code" },
		{ "{\"host\":\"a\",\"exit_code\":-1,\"output\":\"x\"}", "no exit_code" },
		{ "{\"host\":\"a\",\"state\":0}", "no output" },
		{ "{\"state\":0,\"output\":\"x\"}", "says no name" },
		{ "{\"host\":\"\",\"state\":0,\"output\":\"x\"}", "host" },
		{ "{\"host\":\"a\\nb\",\"state\":0,\"output\":\"x\"}", "host" },
		{ "{\"program\":\"check_sip\",\"name\":\"a\"}", "no exit_code" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_refused(rows[i][0], rows[i][1]);
}

static void braces_of_options_are_checked(void **unused)
{
	static const char *const good[] = { "", "x", "{name}", "a{check}b{port}",
					    "{address}{transport}" };
	static const char *const bad[] = { "{",	    "}",     "{}",	"{nam}",
					   "{name", "name}", "{name}}", "{{name}}" };
	struct opt_error error;

	(void)unused;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(input_check_template(view_of(good[i]), &error));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (input_check_template(view_of(bad[i]), &error))
			fail_msg("taken: %s", bad[i]);
}

static int free_arena(void **unused)
{
	(void)unused;
	arena_free(&arena);
	return 0;
}

static void a_clock_that_is_ahead_is_not_believed(void **state)
{
	static const struct {
		const char *end;
		int64_t end_us;
	} cases[] = { { "1699999999.5", 1699999999500000 },
		      { "1700000060", 1700000060000000 },
		      { "1700000061", 1700000000000000 },
		      { "3999999999", 1700000000000000 } };
	char line[120];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(line, sizeof(line),
			 "{\"host\":\"a\",\"exit_code\":0,\"output\":\"x\",\"end\":%s}",
			 cases[i].end);
		assert_int_equal(read_line(&RULE, line).end_us, cases[i].end_us);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_line_of_ours_is_printed_as_in_text, free_arena),
		cmocka_unit_test_teardown(names_are_made_of_what_the_line_says, free_arena),
		cmocka_unit_test_teardown(an_error_of_ours_is_a_result_where_the_host_is_known,
					  free_arena),
		cmocka_unit_test_teardown(any_object_with_host_state_and_output_is_taken,
					  free_arena),
		cmocka_unit_test_teardown(a_clock_that_is_ahead_is_not_believed, free_arena),
		cmocka_unit_test_teardown(what_the_line_leaves_open_is_the_rules, free_arena),
		cmocka_unit_test_teardown(fields_with_tabs_are_taken, free_arena),
		cmocka_unit_test_teardown(what_is_no_result_is_refused_with_the_reason, free_arena),
		cmocka_unit_test_teardown(braces_of_options_are_checked, free_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
