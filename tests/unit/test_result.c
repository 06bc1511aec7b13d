/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree: states, thresholds and their clauses, folding, memory. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <malloc.h>
#include <math.h>

#include "capture.h"
#include "report/tree.h"

static void critical_is_worse_than_unknown_than_warning_than_ok(void **state)
{
	static const enum state order[] = { STATE_OK, STATE_WARNING, STATE_UNKNOWN,
					    STATE_CRITICAL };

	(void)state;
	for (size_t i = 0; i < STATES; i++) {
		assert_int_equal(state_by_severity((unsigned)(STATES - 1 - i)), order[i]);
		for (size_t j = 0; j < STATES; j++)
			assert_int_equal(state_worse(order[i], order[j]), order[i > j ? i : j]);
	}
}

static void states_are_read_in_any_case_and_as_exit_codes(void **state)
{
	static const struct {
		const char *text;
		int state;
	} cases[] = {
		{ "OK", STATE_OK },
		{ "ok", STATE_OK },
		{ "Warning", STATE_WARNING },
		{ "critical", STATE_CRITICAL },
		{ "UNKNOWN", STATE_UNKNOWN },
		{ "0", STATE_OK },
		{ "3", STATE_UNKNOWN },
		{ "4", -1 },
		{ "", -1 },
		{ "warn", -1 },
		{ "ok ", -1 },
		{ "00", -1 },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		enum state got = STATE_CRITICAL;
		bool valid = state_parse(view_of(cases[i].text), &got);
		assert_int_equal(valid, cases[i].state >= 0);
		if (valid)
			assert_int_equal(got, cases[i].state);
	}
}

static void a_node_is_as_bad_as_its_worst_child(void **state)
{
	struct report *report = report_new(&SPEC);
	struct result *root = report_root(report);

	(void)state;
	add(report, root, "a", STATE_OK, "fine");
	assert_int_equal(result_state(root), STATE_OK);
	struct result *b = add(report, root, "b", STATE_WARNING, "slow");
	assert_int_equal(result_state(root), STATE_WARNING);
	struct result *c = add(report, b, "c", STATE_CRITICAL, "dead");
	assert_int_equal(result_state(b), STATE_CRITICAL);
	assert_int_equal(result_state(root), STATE_CRITICAL);
	result_raise(c, STATE_OK);
	assert_int_equal(result_state(c), STATE_CRITICAL);
	report_free(report);
}

static void an_override_holds_against_children_and_later_raises(void **state)
{
	struct report *report = report_new(&SPEC);
	struct result *root = report_root(report);
	struct result *group = add(report, root, "pbx", STATE_OK, NULL);

	(void)state;
	add(report, group, "1", STATE_CRITICAL, "dead");
	result_override(group, STATE_WARNING);
	assert_int_equal(result_state(group), STATE_WARNING);
	result_raise(group, STATE_CRITICAL);
	add(report, group, "2", STATE_CRITICAL, "dead");
	assert_int_equal(result_state(group), STATE_WARNING);
	assert_int_equal(result_state(root), STATE_WARNING);
	report_free(report);
}

static void a_root_without_children_is_unknown(void **state)
{
	struct report *report = report_new(&SPEC);

	(void)state;
	assert_int_equal(result_state(report_root(report)), STATE_UNKNOWN);
	add(report, report_root(report), "a", STATE_OK, "fine");
	assert_int_equal(result_state(report_root(report)), STATE_OK);
	report_free(report);
}

struct threshold_case {
	size_t metric;
	const char *warning, *critical;
	double value;
	enum state state;
	const char *clause;
};

static struct range range_of(const char *text)
{
	struct range range = { .set = false };
	size_t column;
	const char *why;

	if (text[0] != '\0' && !range_parse(view_of(text), &range, &column, &why))
		fail_msg("%s: %s", text, why);
	return range;
}

static void a_broken_threshold_adds_its_clause(void **state)
{
	static const struct threshold_case cases[] = {
		{ TIME, "0.5", "1", 0.5, STATE_OK, "" },
		{ TIME, "0.5", "1", 0.812, STATE_WARNING, "time 0.812 s is above 0.5 s (warning)" },
		{ TIME, "0.5", "1", 1.5, STATE_CRITICAL, "time 1.5 s is above 1 s (critical)" },
		{ TIME, "", "1", 1.5, STATE_CRITICAL, "time 1.5 s is above 1 s (critical)" },
		{ TIME, "1", "", 1.5, STATE_WARNING, "time 1.5 s is above 1 s (warning)" },
		{ TIME, "", "", 1.5, STATE_OK, "" },
		{ TIME, "0.5", "", 0.500001, STATE_WARNING,
		  "time 0.500001 s is above 0.5 s (warning)" },
		{ TIME, "0.5", "", 0.50049, STATE_WARNING,
		  "time 0.5005 s is above 0.5 s (warning)" },
		{ TIME, "0.5", "", -0.25, STATE_WARNING, "time -0.25 s is below 0 s (warning)" },
		{ TIME, "@1:2", "", 1.5, STATE_WARNING, "time 1.5 s is inside 1..2 s (warning)" },
		{ TIME, "@1:", "", 1.5, STATE_WARNING, "time 1.5 s is inside 1: (warning)" },
		{ TIME, "@~:2", "", 1.5, STATE_WARNING, "time 1.5 s is inside ~:2 (warning)" },
		{ TIME, "@~:", "", 1.5, STATE_WARNING, "time 1.5 s is inside ~: (warning)" },
		{ CERT_DAYS, "21:", "7:", 12, STATE_WARNING, "cert_days 12 is below 21 (warning)" },
		{ CERT_DAYS, "21:", "7:", -3, STATE_CRITICAL,
		  "cert_days -3 is below 7 (critical)" },
		{ LOSS, "20", "50", 33.333333, STATE_WARNING,
		  "loss 33.333% is above 20% (warning)" },
		{ SIZE, "@0:10", "", 5, STATE_WARNING, "size 5 B is inside 0..10 B (warning)" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		const struct threshold_case *c = &cases[i];
		struct range warning = range_of(c->warning), critical = range_of(c->critical);
		struct report *report = report_new(&SPEC);
		struct result *child = add(report, report_root(report), "a", STATE_OK, NULL);
		char text[200] = "";
		struct wr w = wr_over(text, sizeof(text) - 1);
		report_thresholds(report, c->metric, &warning, &critical);
		assert_int_equal(result_metric(report, child, c->metric, c->value), c->state);
		assert_int_equal(result_state(child), c->state);
		tree_sentence(child, &w);
		assert_string_equal(text, c->clause);
		report_free(report);
	}
}

static void thresholds_may_be_missing(void **state)
{
	struct report *report = report_new(&SPEC);
	struct result *child = add(report, report_root(report), "a", STATE_OK, "fine");

	(void)state;
	report_thresholds(report, TIME, NULL, NULL);
	assert_int_equal(result_metric(report, child, TIME, 1e9), STATE_OK);
	report_free(report);
}

static void what_is_not_finite_is_dropped(void **state)
{
	static const double cases[] = { NAN, INFINITY, -INFINITY };
	struct range critical = range_of("1");
	struct report *report = report_new(&SPEC);
	struct result *child = add(report, report_root(report), "a", STATE_OK, "fine");

	(void)state;
	report_thresholds(report, TIME, NULL, &critical);
	for (size_t i = 0; i < CASES(cases); i++) {
		assert_int_equal(result_metric(report, child, TIME, cases[i]), STATE_OK);
		result_fact_number(report, child, "skew", cases[i]);
	}
	renders(report, FORMAT_TEXT, 8, 0, "SIP OK - fine\n");
	renders(report, FORMAT_JSONL, 8, 0,
		"{\"schema\":1,\"program\":\"check_sip\",\"version\":\"1.0\",\"service\":\"SIP\","
		"\"name\":\"a\",\"state\":\"OK\",\"exit_code\":0,\"summary\":\"fine\","
		"\"metrics\":{}}\n");
	report_free(report);
}

static void a_metric_set_again_is_replaced(void **state)
{
	struct report *report = report_new(&SPEC);
	struct result *child = add(report, report_root(report), "a", STATE_OK, "fine");

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		for (size_t metric = 0; metric < METRICS; metric++)
			for (unsigned again = 0; again < 2; again++)
				result_metric(report, child, metric, i + again);
	renders(report, FORMAT_TEXT, 8, 0,
		"SIP OK - fine | time=100s;;;0 cert_days=100 loss=100%;;;0;100 retrans=100;;;0 "
		"size=100B code=100\n");
	report_free(report);
}

static void many_children_fold_as_the_table_says(void **state)
{
	struct range time = range_of("5"), days = range_of("7:"), loss = range_of("@50:60");
	struct report *report = report_new(&SPEC);

	(void)state;
	report_thresholds(report, TIME, &time, NULL);
	report_thresholds(report, CERT_DAYS, NULL, &days);
	report_thresholds(report, LOSS, &loss, NULL);
	report_thresholds(report, RETRANS, &time, &time);
	for (unsigned i = 1; i <= 100; i++) {
		struct result *child = add(report, report_root(report), "x", STATE_OK, "fine");
		result_metric(report, child, TIME, i / 100.0);
		result_metric(report, child, CERT_DAYS, 100 + i);
		result_metric(report, child, LOSS, i % 10);
		result_metric(report, child, RETRANS, i % 2);
		result_metric(report, child, SIZE, -(double)i);
		result_metric(report, child, CODE, 200);
	}
	renders(report, FORMAT_ONELINE, 8, 0,
		"SIP OK - all 100 targets ok | targets=100 ok=100 warning=0 critical=0 unknown=0 "
		"time_p50=0.5s time_p95=0.95s time_max=1s;5 cert_days=101;;7: "
		"loss=9%;@50:60;;0;100 retrans=50 size=-1B\n");
	report_free(report);
}

static void a_value_of_the_root_stands_for_the_folded_one(void **state)
{
	struct report *report = report_new(&SPEC);

	(void)state;
	result_metric(report, report_root(report), TIME, 7);
	add(report, report_root(report), "x", STATE_OK, "fine");
	renders(report, FORMAT_ONELINE, 8, 0, "SIP OK - fine | time=7s;;;0\n");
	result_metric(report, add(report, report_root(report), "x", STATE_OK, "fine"), TIME, 1);
	renders(report, FORMAT_ONELINE, 8, 0,
		"SIP OK - all 2 targets ok | targets=2 ok=2 warning=0 critical=0 unknown=0 "
		"time=7s;;;0\n");
	report_free(report);
}

static void clauses_stand_behind_a_sentence_that_is_said_later(void **state)
{
	struct report *report = report_new(&SPEC);
	struct result *child = add(report, report_root(report), "a", STATE_OK, NULL);

	(void)state;
	result_also(report, child, VIEW("one"));
	result_also(report, child, VIEW(""));
	result_say(report, child, VIEW("wrong"));
	result_also(report, child, VIEW("two"));
	result_say(report, child, VIEW("right"));
	renders(report, FORMAT_TEXT, 8, 0, "SIP OK - right, one, two\n");
	report_free(report);
}

/* The sanitizers have a heap of their own. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t heap_bytes(void)
{
	if (__sanitizer_get_current_allocated_bytes != NULL)
		return __sanitizer_get_current_allocated_bytes();
	struct mallinfo2 info = mallinfo2();
	return info.uordblks + info.hblkhd;
}

static void ten_thousand_children_stay_below_four_mebibytes(void **state)
{
	static const char *const label[] = { "a", "b", "c", "d", "e", "f",
					     "g", "h", "i", "j", "k", "l" };
	struct metric_spec metric_table[CASES(label)];
	struct report_spec spec = SPEC;
	char sentence[121];

	(void)state;
	for (size_t i = 0; i < CASES(label); i++)
		metric_table[i] = (struct metric_spec){ .label = label[i], .fold = FOLD_DROP };
	spec.metric = metric_table;
	spec.metric_count = CASES(label);
	memset(sentence, 'x', sizeof(sentence) - 1);
	sentence[120] = '\0';
	size_t before = heap_bytes();
	struct report *report = report_new(&spec);
	report_keep(report, false, 0);
	for (unsigned i = 0; i < 10000; i++) {
		char name[16];
		snprintf(name, sizeof(name), "pbx%u", i);
		struct result *child = add(report, report_root(report), name, i % 4, sentence);
		for (size_t metric = 0; metric < CASES(label); metric++)
			result_metric(report, child, metric, i / 7.0);
		result_detail(report, child, 1, VIEW("a line that nobody asked for"));
		result_fact(report, child, "address", VIEW("192.0.2.1:5060"));
		result_fact_number(report, child, "skew", 1);
		result_fact_bool(report, child, "verified", true);
	}
	size_t bytes = heap_bytes() - before;
	assert_in_range(bytes, 10000 * (120 + 12 * sizeof(double)), 4 << 20);
	report_free(report);
	assert_in_range(heap_bytes(), 0, before + 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(critical_is_worse_than_unknown_than_warning_than_ok),
		cmocka_unit_test(states_are_read_in_any_case_and_as_exit_codes),
		cmocka_unit_test(a_node_is_as_bad_as_its_worst_child),
		cmocka_unit_test(an_override_holds_against_children_and_later_raises),
		cmocka_unit_test(a_root_without_children_is_unknown),
		cmocka_unit_test(a_broken_threshold_adds_its_clause),
		cmocka_unit_test(thresholds_may_be_missing),
		cmocka_unit_test(what_is_not_finite_is_dropped),
		cmocka_unit_test(a_metric_set_again_is_replaced),
		cmocka_unit_test(many_children_fold_as_the_table_says),
		cmocka_unit_test(a_value_of_the_root_stands_for_the_folded_one),
		cmocka_unit_test(clauses_stand_behind_a_sentence_that_is_said_later),
		cmocka_unit_test(ten_thousand_children_stay_below_four_mebibytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
