/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text for monitoring engines, whole outputs. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "capture.h"
#include "report/tree.h"

static void nothing_checked_is_said(void **state)
{
	struct tree t = tree_new();

	(void)state;
	renders(t.report, FORMAT_TEXT, 8, 0, "SIP UNKNOWN - nothing was checked\n");
	result_also(t.report, t.root, VIEW("interrupted"));
	finish(&t, 8, 0, "SIP UNKNOWN - nothing was checked, interrupted\n");
}

static void a_single_child_is_the_whole_report(void **state)
{
	struct tree t = tree_new();
	struct range warning = { true, false, 0, 0.5 }, critical = { true, false, 0, 1 };

	(void)state;
	report_thresholds(t.report, TIME, &warning, &critical);
	struct result *child = add(t.report, t.root, "pbx", STATE_OK, "pbx answers 200 OK");
	result_metric(t.report, child, TIME, 0.0123);
	result_metric(t.report, child, CODE, 200);
	finish(&t, 8, 0, "SIP OK - pbx answers 200 OK | time=0.0123s;0.5;1;0 code=200\n");
}

static void a_single_child_without_words_gives_its_name(void **state)
{
	struct tree t = tree_new();

	(void)state;
	add(t.report, t.root, "pbx", STATE_CRITICAL, NULL);
	finish(&t, 8, 0, "SIP CRITICAL - pbx\n");
}

static void no_perfdata_no_bar(void **state)
{
	struct tree t = tree_new();

	(void)state;
	add(t.report, t.root, "pbx", STATE_OK, "fine");
	finish(&t, 8, 0, "SIP OK - fine\n");
}

static void the_root_speaks_around_its_only_child(void **state)
{
	struct tree t = tree_new();

	(void)state;
	result_say(t.report, t.root, VIEW("dry run"));
	result_also(t.report, t.root, VIEW("interrupted"));
	result_raise(t.root, STATE_UNKNOWN);
	result_also(t.report, add(t.report, t.root, "pbx", STATE_OK, "fine"), VIEW("fast"));
	finish(&t, 8, 0, "SIP UNKNOWN - dry run, fine, fast, interrupted\n");
}

static void the_worst_child_is_the_headline_not_the_last_warning(void **state)
{
	struct tree t = tree_new();

	(void)state;
	add(t.report, t.root, "a", STATE_OK, "fine");
	add(t.report, t.root, "b", STATE_WARNING, "slow");
	add(t.report, t.root, "c", STATE_CRITICAL, "no answer");
	add(t.report, t.root, "d", STATE_UNKNOWN, "no name");
	add(t.report, t.root, "e", STATE_CRITICAL, "refused");
	add(t.report, t.root, "f", STATE_WARNING, "slower");
	finish(&t, 8, 0,
	       "SIP CRITICAL - 2 of 6 targets critical, 1 unknown, 2 warning: c: no answer | "
	       "targets=6 ok=1 warning=2 critical=2 unknown=1\n"
	       "[CRITICAL] c: no answer\n"
	       "[CRITICAL] e: refused\n"
	       "[UNKNOWN] d: no name\n"
	       "[WARNING] b: slow\n"
	       "[WARNING] f: slower\n"
	       "[OK] a: fine\n");
}

static void the_root_speaks_around_the_counts(void **state)
{
	struct tree t = tree_new();

	(void)state;
	result_say(t.report, t.root, VIEW("two sites"));
	result_also(t.report, t.root, VIEW("interrupted"));
	add(t.report, t.root, "a", STATE_OK, "fine");
	add(t.report, t.root, "b", STATE_WARNING, "slow");
	renders(t.report, FORMAT_ONELINE, 8, 0,
		"SIP WARNING - two sites, 1 of 2 targets warning: b: slow, interrupted | "
		"targets=2 ok=1 warning=1 critical=0 unknown=0\n");
	report_free(t.report);
}

static void a_root_worse_than_its_children_blames_none(void **state)
{
	struct tree t = tree_new();

	(void)state;
	result_raise(t.root, STATE_UNKNOWN);
	result_also(t.report, t.root, VIEW("interrupted"));
	add(t.report, t.root, "a", STATE_OK, "fine");
	add(t.report, t.root, "b", STATE_OK, "fine");
	renders(t.report, FORMAT_ONELINE, 8, 0,
		"SIP UNKNOWN - all 2 targets ok, interrupted | "
		"targets=2 ok=2 warning=0 critical=0 unknown=0\n");
	report_free(t.report);
}

static void a_sentence_that_begins_with_the_name_stands_alone(void **state)
{
	struct tree t = tree_new();

	(void)state;
	add(t.report, t.root, "a;b", STATE_CRITICAL, "a,b (192.0.2.1:5060/udp): no answer");
	add(t.report, t.root, "b", STATE_CRITICAL, NULL);
	finish(&t, 8, 0,
	       "SIP CRITICAL - 2 of 2 targets critical: a,b (192.0.2.1:5060/udp): no answer | "
	       "targets=2 ok=0 warning=0 critical=2 unknown=0\n"
	       "[CRITICAL] a,b (192.0.2.1:5060/udp): no answer\n"
	       "[CRITICAL] b\n");
	t = tree_new();
	add(t.report, t.root, "::1", STATE_CRITICAL, "[::1]:5060/udp: no answer");
	add(t.report, t.root, "[::1]", STATE_CRITICAL, "[::1]:5061/udp: no answer");
	add(t.report, t.root, "::2", STATE_CRITICAL, "[::1]:5062/udp: no answer");
	finish(&t, 8, 0,
	       "SIP CRITICAL - 3 of 3 targets critical: [::1]:5060/udp: no answer | "
	       "targets=3 ok=0 warning=0 critical=3 unknown=0\n"
	       "[CRITICAL] [::1]:5060/udp: no answer\n"
	       "[CRITICAL] [::1]:5061/udp: no answer\n"
	       "[CRITICAL] ::2: [::1]:5062/udp: no answer\n");
}

static void add_many(struct tree *t, unsigned count, enum state state, const char *sentence)
{
	char name[16];

	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "pbx%u", i);
		add(t->report, t->root, name, state, sentence);
	}
}

static void the_rest_is_counted(void **state)
{
	static const struct {
		unsigned ok, warning, critical, show;
		const char *tail;
	} cases[] = {
		{ 5, 0, 0, 2, "[OK] pbx0: x\n[OK] pbx1: x\n3 more, all OK\n" },
		{ 5, 2, 1, 2, "[CRITICAL] pbx0: x\n[WARNING] pbx0: x\n6 more (1 warning, 5 ok)\n" },
		{ 0, 3, 0, 1, "[WARNING] pbx0: x\n2 more (2 warning)\n" },
		{ 2, 0, 0, 2, "[OK] pbx0: x\n[OK] pbx1: x\n" },
		{ 2, 1, 0, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct tree t = tree_new();
		add_many(&t, cases[i].ok, STATE_OK, "x");
		add_many(&t, cases[i].warning, STATE_WARNING, "x");
		add_many(&t, cases[i].critical, STATE_CRITICAL, "x");
		char *text =
			captured(t.report, &(struct render_conf){ FORMAT_TEXT, cases[i].show, 0 });
		assert_string_equal(strchr(text, '\n') + 1, cases[i].tail);
		free(text);
		report_free(t.report);
	}
}

static struct result *add_group(struct tree *t, const char *name, const char *sentence)
{
	struct result *group = add(t->report, t->root, name, STATE_OK, sentence);

	add(t->report, group, "192.0.2.1", STATE_OK, "fine");
	add(t->report, group, "192.0.2.2", STATE_CRITICAL, "no answer");
	return group;
}

static void leaves_of_a_group_are_indented_and_counted(void **state)
{
	struct tree t = tree_new();

	(void)state;
	add(t.report, t.root, "alone", STATE_OK, "fine");
	result_metric(t.report, add_group(&t, "pbx", NULL), TIME, 9);
	finish(&t, 8, 0,
	       "SIP CRITICAL - 1 of 3 targets critical: pbx: 192.0.2.2: no answer | "
	       "targets=3 ok=2 warning=0 critical=1 unknown=0\n"
	       "[CRITICAL] pbx\n"
	       "  [CRITICAL] 192.0.2.2: no answer\n"
	       "  [OK] 192.0.2.1: fine\n"
	       "[OK] alone: fine\n");
}

static void a_quorum_decides_over_its_leaves(void **state)
{
	struct tree t = tree_new();

	(void)state;
	add(t.report, t.root, "alone", STATE_OK, "fine");
	result_override(add_group(&t, "pbx", "1 of 2 works"), STATE_OK);
	finish(&t, 8, 0,
	       "SIP OK - 1 of 3 targets critical | "
	       "targets=3 ok=2 warning=0 critical=1 unknown=0\n"
	       "[OK] alone: fine\n"
	       "[OK] pbx: 1 of 2 works\n"
	       "  [CRITICAL] 192.0.2.2: no answer\n"
	       "  [OK] 192.0.2.1: fine\n");
}

static void a_single_group_is_shown_as_the_root(void **state)
{
	struct tree t = tree_new();
	struct result *group = add_group(&t, "pbx", "1 of 2 works");

	(void)state;
	result_override(group, STATE_WARNING);
	result_also(t.report, group, VIEW("quorum met"));
	result_also(t.report, t.root, VIEW("interrupted"));
	finish(&t, 1, 0,
	       "SIP WARNING - 1 of 2 works, 1 of 2 targets critical: 192.0.2.2: no answer, "
	       "quorum met, interrupted | targets=2 ok=1 warning=0 critical=1 unknown=0\n"
	       "[CRITICAL] 192.0.2.2: no answer\n"
	       "1 more, all OK\n");
}

static void lines_of_groups_count_as_lines_shown(void **state)
{
	struct tree t = tree_new();

	(void)state;
	add_group(&t, "a", NULL);
	add_group(&t, "b", NULL);
	finish(&t, 3, 0,
	       "SIP CRITICAL - 2 of 4 targets critical: a: 192.0.2.2: no answer | "
	       "targets=4 ok=2 warning=0 critical=2 unknown=0\n"
	       "[CRITICAL] a\n"
	       "  [CRITICAL] 192.0.2.2: no answer\n"
	       "  [OK] 192.0.2.1: fine\n"
	       "2 more (1 critical, 1 ok)\n");
}

static void details_follow_their_result_at_their_verbosity(void **state)
{
	struct tree t = tree_new();
	struct result *child = add(t.report, t.root, "pbx", STATE_OK, "fine");

	(void)state;
	result_detail(t.report, child, 0, VIEW("always"));
	result_detail(t.report, child, 1, VIEW("once"));
	result_detail(t.report, child, 2, VIEW("twice"));
	renders(t.report, FORMAT_TEXT, 8, 0, "SIP OK - fine\nalways\n");
	renders(t.report, FORMAT_TEXT, 8, 1, "SIP OK - fine\nalways\nonce\n");
	renders(t.report, FORMAT_ONELINE, 8, 2, "SIP OK - fine\n");
	result_detail(t.report, t.root, 1, VIEW("root"));
	struct result *group = add_group(&t, "group", "g");
	result_detail(t.report, group->first, 2, VIEW("leaf"));
	result_detail(t.report, group->last, 1, VIEW("first"));
	result_detail(t.report, group->last, 2, VIEW("second"));
	finish(&t, 8, 2,
	       "SIP CRITICAL - 1 of 3 targets critical: group: g | "
	       "targets=3 ok=2 warning=0 critical=1 unknown=0\n"
	       "root\n"
	       "[CRITICAL] group: g\n"
	       "  [CRITICAL] 192.0.2.2: no answer\n"
	       "    first\n"
	       "    second\n"
	       "  [OK] 192.0.2.1: fine\n"
	       "    leaf\n"
	       "[OK] pbx: fine\n"
	       "  always\n"
	       "  once\n"
	       "  twice\n");
}

static void details_may_be_longer_than_line_1(void **state)
{
	char line[2000], wanted[2100];
	struct tree t = tree_new();

	(void)state;
	fill(line, sizeof(line) - 1);
	result_detail(t.report, add(t.report, t.root, "x", STATE_OK, "fine"), 0, view_of(line));
	snprintf(wanted, sizeof(wanted), "SIP OK - fine\n%s\n", line);
	finish(&t, 8, 0, wanted);
}

static void what_is_not_kept_is_not_shown(void **state)
{
	struct tree t = tree_new();

	(void)state;
	report_keep(t.report, false, 1);
	struct result *child = add(t.report, t.root, "pbx", STATE_OK, "fine");
	result_detail(t.report, child, 2, VIEW("too much"));
	result_detail(t.report, child, 1, VIEW("enough"));
	result_fact(t.report, child, "address", VIEW("192.0.2.1"));
	renders(t.report, FORMAT_TEXT, 8, 2, "SIP OK - fine\nenough\n");
	renders(t.report, FORMAT_JSONL, 8, 0,
		"{\"schema\":1,\"program\":\"check_sip\",\"version\":\"1.0\",\"service\":\"SIP\","
		"\"name\":\"pbx\",\"state\":\"OK\",\"exit_code\":0,\"summary\":\"fine\","
		"\"metrics\":{}}\n");
	report_free(t.report);
}

static void bytes_that_slip_through_are_made_harmless(void **state)
{
	struct tree t = tree_new();
	struct result *bad = add(t.report, t.root, "a|b;\xc3\xa4", STATE_CRITICAL,
				 "x|'a=b'=1;2;3\x1b[31m\r\ny\xff");

	(void)state;
	result_detail(t.report, bad, 0, VIEW("NUL \0 bar | newline \n end"));
	renders(t.report, FORMAT_TEXT, 8, 0,
		"SIP CRITICAL - x/'a=b'=1,2,3?[31m??y?\nNUL ? bar / newline ? end\n");
	add(t.report, t.root, "c", STATE_OK, "fine");
	finish(&t, 1, 0,
	       "SIP CRITICAL - 1 of 2 targets critical: a/b,??: x/'a=b'=1,2,3?[31m??y? | "
	       "targets=2 ok=1 warning=0 critical=1 unknown=0\n"
	       "[CRITICAL] a/b,??: x/'a=b'=1,2,3?[31m??y?\n"
	       "  NUL ? bar / newline ? end\n"
	       "1 more, all OK\n");
}

static void ten_thousand_targets_give_ten_lines(void **state)
{
	struct tree t = tree_new();

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		char name[16];
		snprintf(name, sizeof(name), "pbx%u", i);
		struct result *child =
			i % 4000 == 7	? add(t.report, t.root, name, STATE_CRITICAL,
					      "192.0.2.7:5060/udp: no answer to 7 OPTIONS in 10 s")
			: i % 5000 == 9 ? add(t.report, t.root, name, STATE_WARNING,
					      "192.0.2.9:5060/udp: 404 Not Found in 11 ms")
					: add(t.report, t.root, name, STATE_OK,
					      "192.0.2.1:5060/udp: 200 OK in 12 ms");
		result_metric(t.report, child, TIME, (i % 1000) / 1e6);
		result_metric(t.report, child, LOSS, i % 3);
		result_metric(t.report, child, CODE, 200);
	}
	char *text = captured(t.report, &(struct render_conf){ FORMAT_TEXT, 8, 0 });
	static const char first[] =
		"SIP CRITICAL - 3 of 10000 targets critical, 2 warning: pbx7: 192.0.2.7:5060/udp: "
		"no answer to 7 OPTIONS in 10 s | targets=10000 ok=9995 warning=2 critical=3 "
		"unknown=0 time_p50=0.000499s time_p95=0.000949s time_max=0.000999s "
		"loss=2%;;;0;100\n[CRITICAL] pbx7: ";
	static const char last[] = "[OK] pbx2: 192.0.2.1:5060/udp: 200 OK in 12 ms\n"
				   "9992 more, all OK\n";
	assert_memory_equal(text, first, sizeof(first) - 1);
	size_t n = strlen(text);
	assert_in_range(n, 500, 1000);
	assert_string_equal(text + n - (sizeof(last) - 1), last);
	free(text);
	report_free(t.report);
}

static void usage_errors_are_one_line(void **state)
{
	char sentence[3000];
	char *text;

	(void)state;
	text = captured_error(&SPEC, FORMAT_TEXT, VIEW("--port: 70000|x is above 65535"));
	assert_string_equal(text, "SIP UNKNOWN - --port: 70000/x is above 65535\n");
	free(text);
	text = captured_error(&SPEC, FORMAT_ONELINE, VIEW("bad\noption"));
	assert_string_equal(text, "SIP UNKNOWN - bad?option\n");
	free(text);
	fill(sentence, sizeof(sentence) - 1);
	text = captured_error(&SPEC, FORMAT_TEXT, view_of(sentence));
	assert_in_range(strlen(text), REPORT_LINE_MAX - 8, REPORT_LINE_MAX);
	assert_non_null(strstr(text, "abcd...\n"));
	free(text);
}

static void formats_have_names(void **state)
{
	enum format format;

	(void)state;
	for (unsigned i = 0; i < FORMATS; i++) {
		assert_true(format_parse(view_of(format_name((enum format)i)), &format));
		assert_int_equal(format, i);
	}
	assert_false(format_parse(VIEW("xml"), &format));
	assert_false(format_parse(VIEW("JSON"), &format));
	assert_false(format_parse(VIEW(""), &format));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_checked_is_said),
		cmocka_unit_test(a_single_child_is_the_whole_report),
		cmocka_unit_test(a_single_child_without_words_gives_its_name),
		cmocka_unit_test(no_perfdata_no_bar),
		cmocka_unit_test(the_root_speaks_around_its_only_child),
		cmocka_unit_test(the_worst_child_is_the_headline_not_the_last_warning),
		cmocka_unit_test(the_root_speaks_around_the_counts),
		cmocka_unit_test(a_root_worse_than_its_children_blames_none),
		cmocka_unit_test(a_sentence_that_begins_with_the_name_stands_alone),
		cmocka_unit_test(the_rest_is_counted),
		cmocka_unit_test(leaves_of_a_group_are_indented_and_counted),
		cmocka_unit_test(a_quorum_decides_over_its_leaves),
		cmocka_unit_test(a_single_group_is_shown_as_the_root),
		cmocka_unit_test(lines_of_groups_count_as_lines_shown),
		cmocka_unit_test(details_follow_their_result_at_their_verbosity),
		cmocka_unit_test(details_may_be_longer_than_line_1),
		cmocka_unit_test(what_is_not_kept_is_not_shown),
		cmocka_unit_test(bytes_that_slip_through_are_made_harmless),
		cmocka_unit_test(ten_thousand_targets_give_ten_lines),
		cmocka_unit_test(usage_errors_are_one_line),
		cmocka_unit_test(formats_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
