/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Perfdata and its place on line 1. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "capture.h"

struct perfdata_case {
	size_t metric;
	double value;
	struct range warning, critical;
	const char *perfdata;
};

static void perfdata_is_plain_decimal_numbers(void **state)
{
	static const struct perfdata_case cases[] = {
		{ TIME, 0, { 0 }, { 0 }, "time=0s;;;0" },
		{ TIME, 1e-7, { 0 }, { 0 }, "time=0s;;;0" },
		{ TIME, 1.2345678, { 0 }, { 0 }, "time=1.234568s;;;0" },
		{ TIME, 86400, { 0 }, { 0 }, "time=86400s;;;0" },
		{ SIZE, 123456789012345, { 0 }, { 0 }, "size=123456789012345B" },
		{ SIZE, 1e300, { 0 }, { 0 }, "size=1000000000000000B" },
		{ CERT_DAYS, -1e-9, { 0 }, { 0 }, "cert_days=0" },
		{ CERT_DAYS, -41, { 0 }, { 0 }, "cert_days=-41" },
		{ LOSS, 100.0 / 3, { 0 }, { 0 }, "loss=33.333333%;;;0;100" },
		{ SIZE, 1, { true, false, 0, 10 }, { 0 }, "size=1B;10" },
		{ SIZE, 1, { 0 }, { true, false, 0, 10 }, "size=1B;;10" },
		{ SIZE,
		  12,
		  { true, false, -INFINITY, 10.5 },
		  { true, true, 0, 10 },
		  "size=12B;~:10.5;@0:10" },
		{ SIZE,
		  12,
		  { true, false, 21, INFINITY },
		  { true, false, 7, 14 },
		  "size=12B;21:;7:14" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		const struct perfdata_case *c = &cases[i];
		struct tree t = tree_new();
		report_thresholds(t.report, c->metric, &c->warning, &c->critical);
		struct result *child = add(t.report, t.root, "x", STATE_OK, "x");
		result_metric(t.report, child, c->metric, c->value);
		char *text = captured(t.report, &(struct render_conf){ FORMAT_TEXT, 8, 0 });
		text[strcspn(text, "\n")] = '\0';
		assert_non_null(strchr(text, '|'));
		assert_string_equal(strchr(text, '|') + 2, c->perfdata);
		free(text);
		report_free(t.report);
	}
}

static void metrics_come_in_table_order_and_only_when_set(void **state)
{
	struct tree t = tree_new();
	struct result *child = add(t.report, t.root, "x", STATE_OK, "x");

	(void)state;
	result_metric(t.report, child, CODE, 200);
	result_metric(t.report, child, SIZE, 5);
	result_metric(t.report, child, CERT_DAYS, 30);
	finish(&t, 8, 0, "SIP OK - x | cert_days=30 size=5B code=200\n");
}

static void a_label_takes_the_place_of_the_metric(void **state)
{
	struct tree t = tree_new();
	struct result *a = add(t.report, t.root, "x", STATE_OK, "x");

	(void)state;
	result_label(t.report, a, TIME, "tcp2860");
	result_metric(t.report, a, TIME, 0.5);
	result_metric(t.report, a, CODE, 1);
	finish(&t, 8, 0, "SIP OK - x | tcp2860=0.5s;;;0 code=1\n");

	t = tree_new();
	a = add(t.report, t.root, "a", STATE_OK, "x");
	struct result *b = add(t.report, t.root, "b", STATE_OK, "x");
	struct result *c = add(t.report, t.root, "c", STATE_OK, "x");
	result_label(t.report, a, TIME, "tcp2860");
	result_label(t.report, b, TIME, "udp2860");
	result_label(t.report, c, TIME, "tcp2860");
	result_metric(t.report, a, TIME, 0.25);
	result_metric(t.report, c, TIME, 0.75);
	finish(&t, 0, 0,
	       "SIP OK - all 3 targets ok | targets=3 ok=3 warning=0 critical=0 unknown=0 "
	       "tcp2860=0.75s;;;0\n");
}

static void more_labels_than_there_is_room_for_are_folded(void **state)
{
	static const char *const perfdata[] = { "a=1s;;;0 b=2s;;;0 c=3s;;;0 d=4s;;;0 e=5s;;;0 "
						"f=6s;;;0 g=7s;;;0 h=8s;;;0\n",
						"time_p50=5s time_p95=9s time_max=9s\n" };

	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		struct tree t = tree_new();
		for (size_t i = 0; i < RESULT_LABELS_MAX + extra; i++) {
			char label[] = { (char)('a' + i), '\0' };
			struct result *leaf = add(t.report, t.root, label, STATE_OK, "x");
			result_label(t.report, leaf, TIME, label);
			result_metric(t.report, leaf, TIME, (double)(i + 1));
		}
		char *text = captured(t.report, &(struct render_conf){ FORMAT_TEXT, 0, 0 });
		assert_string_equal(strstr(text, "unknown=0 ") + 10, perfdata[extra]);
		free(text);
		report_free(t.report);
	}
}

static void a_long_sentence_is_cut_at_a_word_and_perfdata_is_whole(void **state)
{
	char sentence[1100];

	(void)state;
	for (size_t n = 400; n <= 1000; n += 7) {
		struct tree t = tree_new();
		memset(sentence, 'x', n);
		fill(sentence + n % 5, n - n % 5);
		struct result *child = add(t.report, t.root, "x", STATE_OK, sentence);
		result_also(t.report, child, view_of(sentence));
		for (size_t metric = 0; metric < METRICS; metric++)
			result_metric(t.report, child, metric, 12.345678);
		char *text = captured(t.report, &(struct render_conf){ FORMAT_ONELINE, 8, 0 });
		assert_in_range(strlen(text), REPORT_LINE_MAX - 8, REPORT_LINE_MAX);
		assert_non_null(strstr(text, "abcd... | time=12.345678s;;;0 cert_days="));
		assert_non_null(strstr(text, " code=12.345678\n"));
		free(text);
		report_free(t.report);
	}
}

static void a_sentence_without_blanks_is_cut_too(void **state)
{
	char sentence[600];
	struct tree t = tree_new();

	(void)state;
	memset(sentence, 'x', sizeof(sentence));
	sentence[sizeof(sentence) - 1] = '\0';
	add(t.report, t.root, "x", STATE_OK, sentence);
	add(t.report, t.root, "y", STATE_WARNING, sentence);
	char *text = captured(t.report, &(struct render_conf){ FORMAT_TEXT, 8, 0 });
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
		assert_in_range(strcspn(line, "\n"), 20, REPORT_LINE_MAX - 1);
	assert_non_null(strstr(text, "xxx..."));
	free(text);
	report_free(t.report);
}

static const char *const FULL_LABEL[REPORT_METRICS_MAX] = {
	"aaaaaaa", "bbbbbbb", "ccccccc", "ddddddd", "eeeeeee", "fffffff", "ggggggg", "hhhhhhh",
	"iiiiiii", "jjjjjjj", "kkkkkkk", "lllllll", "mmmmmmm", "nnnnnnn", "ooooooo", "ppppppp",
	"qqqqqqq", "rrrrrrr", "sssssss", "ttttttt", "uuuuuuu", "vvvvvvv", "wwwwwww", "xxxxxxx",
};

/* The largest table: all times, each value of `value`. */
static char *full_table(double value, size_t sentence_bytes, enum format format)
{
	struct metric_spec metric[REPORT_METRICS_MAX];
	struct report_spec spec = SPEC;
	char sentence[400];

	for (size_t i = 0; i < REPORT_METRICS_MAX; i++)
		metric[i] = (struct metric_spec){ .label = FULL_LABEL[i], .unit = UNIT_SECONDS };
	spec.metric = metric;
	spec.metric_count = REPORT_METRICS_MAX;
	fill(sentence, sentence_bytes);
	struct report *report = report_new(&spec);
	struct result *child = add(report, report_root(report), "x", STATE_OK, sentence);
	for (size_t i = 0; i < REPORT_METRICS_MAX; i++)
		result_metric(report, child, i, value);
	char *text = captured(report, &(struct render_conf){ format, 8, 0 });
	report_free(report);
	return text;
}

static void the_largest_table_fits_on_line_1(void **state)
{
	char *text = full_table(0.01234, 399, FORMAT_TEXT);

	(void)state;
	assert_in_range(strlen(text), 400, REPORT_LINE_MAX);
	assert_non_null(strstr(text, "... | aaaaaaa=0.01234s "));
	assert_non_null(strstr(text, " xxxxxxx=0.01234s\n"));
	free(text);
	text = full_table(10.012345, 3, FORMAT_TEXT);
	assert_memory_equal(text, "SIP OK - abc | aaaaaaa=10.012345s ", 34);
	assert_non_null(strstr(text, " xxxxxxx=10.012345s\n"));
	free(text);
}

static void metrics_that_cannot_fit_are_left_out_whole_and_counted(void **state)
{
	char *text = full_table(123456.123456, 399, FORMAT_TEXT);
	size_t line = strcspn(text, "\n") + 1;

	(void)state;
	assert_in_range(line, REPORT_LINE_MAX - 40, REPORT_LINE_MAX);
	assert_string_equal(text + line, "5 metrics left out: line 1 is full\n");
	text[line] = '\0';
	assert_non_null(strstr(text, " sssssss=123456.123456s\n"));
	free(text);
	text = full_table(123456.123456, 399, FORMAT_ONELINE);
	assert_int_equal(strcspn(text, "\n") + 1, strlen(text));
	free(text);
}

/* Five spreads with thresholds, thousands of targets, a long headline. */
static void folded_metrics_of_a_large_check_fit_on_line_1(void **state)
{
	static const struct metric_spec metric[] = {
		{ "time", UNIT_SECONDS, FOLD_SPREAD, "", true, false, 0, 0 },
		{ "jitter", UNIT_SECONDS, FOLD_SPREAD, "", true, false, 0, 0 },
		{ "loss", UNIT_PERCENT, FOLD_MAX, "", true, true, 0, 100 },
		{ "retrans", UNIT_NONE, FOLD_SUM, "", true, false, 0, 0 },
		{ "dns", UNIT_SECONDS, FOLD_SPREAD, "", true, false, 0, 0 },
		{ "connect", UNIT_SECONDS, FOLD_SPREAD, "", true, false, 0, 0 },
		{ "tls", UNIT_SECONDS, FOLD_SPREAD, "", true, false, 0, 0 },
		{ "cert_days", UNIT_NONE, FOLD_MIN, "", false, false, 0, 0 },
	};
	struct range limit = { true, false, 0, 0.05 }, days = { true, false, 21, INFINITY };
	struct report_spec spec = SPEC;
	char sentence[300];

	(void)state;
	spec.metric = metric;
	spec.metric_count = CASES(metric);
	fill(sentence, sizeof(sentence) - 1);
	struct report *report = report_new(&spec);
	for (size_t i = 0; i < 3; i++)
		report_thresholds(report, i, &limit, &limit);
	report_thresholds(report, 7, &days, &days);
	for (unsigned i = 0; i < 10000; i++) {
		struct result *child = add(report, report_root(report), "x", i % 4, sentence);
		for (size_t j = 0; j < CASES(metric); j++)
			result_metric(report, child, j, j == 2 || j > 6 ? 100 : 0.012345);
	}
	char *text = captured(report, &(struct render_conf){ FORMAT_ONELINE, 8, 0 });
	assert_in_range(strlen(text), 400, REPORT_LINE_MAX);
	assert_non_null(strstr(text, "SIP CRITICAL - 10000 of 10000 targets critical: x: abcd"));
	assert_non_null(strstr(text, "... | targets=10000 ok=0 warning=0 critical=10000 unknown=0 "
				     "time_p50=0.012345s "));
	assert_non_null(strstr(text, " cert_days=100;21:;21:\n"));
	free(text);
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(perfdata_is_plain_decimal_numbers),
		cmocka_unit_test(metrics_come_in_table_order_and_only_when_set),
		cmocka_unit_test(a_label_takes_the_place_of_the_metric),
		cmocka_unit_test(more_labels_than_there_is_room_for_are_folded),
		cmocka_unit_test(a_long_sentence_is_cut_at_a_word_and_perfdata_is_whole),
		cmocka_unit_test(a_sentence_without_blanks_is_cut_too),
		cmocka_unit_test(the_largest_table_fits_on_line_1),
		cmocka_unit_test(metrics_that_cannot_fit_are_left_out_whole_and_counted),
		cmocka_unit_test(folded_metrics_of_a_large_check_fit_on_line_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
