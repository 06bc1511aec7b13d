/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON, JSON lines and Prometheus text; a parser that is not ours reads the JSON back. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <math.h>

#include "capture.h"

#define HEAD "{\"schema\":1,\"program\":\"check_sip\",\"version\":\"1.0\",\"service\":\"SIP\","

static void is_plain_lines(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if ((*p < ' ' || *p > '~') && *p != '\n')
			fail_msg("byte 0x%02x in %s", (unsigned char)*p, text);
	assert_int_equal(text[strlen(text) - 1], '\n');
}

static json_t *loaded(const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	is_plain_lines(text);
	if (json == NULL)
		fail_msg("%s at %d of %s", error.text, error.position, text);
	return json;
}

static json_t *rendered(const struct report *report)
{
	char *text = captured(report, &(struct render_conf){ FORMAT_JSON, 8, 3 });
	json_t *json = loaded(text);

	assert_int_equal(strcspn(text, "\n") + 1, strlen(text));
	free(text);
	return json;
}

static const char *string_at(const json_t *json, const char *key)
{
	const char *string = json_string_value(json_object_get(json, key));

	if (string == NULL)
		fail_msg("no string \"%s\"", key);
	return string;
}

static void one_child_is_written_whole(void **state)
{
	struct tree t = tree_new();
	struct range warning = { true, false, 0, 0.5 }, critical = { true, true, 1, INFINITY };

	(void)state;
	report_thresholds(t.report, TIME, &warning, &critical);
	struct result *child = add(t.report, t.root, "pbx", STATE_OK, "pbx answers 200 OK");
	result_metric(t.report, child, TIME, 0.0123);
	result_metric(t.report, child, LOSS, 100.0 / 3);
	result_fact(t.report, child, "address", VIEW("192.0.2.7:5060"));
	result_fact_number(t.report, child, "skew", -0.25);
	result_fact_bool(t.report, child, "verified", true);
	result_fact_bool(t.report, child, "wildcard", false);
	result_detail(t.report, child, 0, VIEW("always"));
	result_detail(t.report, child, 1, VIEW("verbose"));
	result_detail(t.report, child, 2, VIEW("hidden"));
	renders(t.report, FORMAT_JSON, 8, 1,
		HEAD "\"state\":\"OK\",\"exit_code\":0,\"summary\":\"pbx answers 200 OK\","
		     "\"metrics\":{\"time\":{\"value\":0.0123,\"unit\":\"s\",\"warning\":\"0.5\","
		     "\"critical\":\"@1:\",\"min\":0},\"loss\":{\"value\":33.333333,\"unit\":\"%\","
		     "\"min\":0,\"max\":100}},\"results\":[{\"name\":\"pbx\",\"state\":\"OK\","
		     "\"summary\":\"pbx answers 200 OK\",\"address\":\"192.0.2.7:5060\","
		     "\"skew\":-0.25,\"verified\":true,\"wildcard\":false,\"metrics\":{\"time\":{"
		     "\"value\":0.0123,\"unit\":\"s\",\"warning\":\"0.5\",\"critical\":\"@1:\","
		     "\"min\":0},\"loss\":{\"value\":33.333333,\"unit\":\"%\",\"min\":0,"
		     "\"max\":100}},\"details\":[\"always\",\"verbose\"]}]}\n");
	json_decref(rendered(t.report));
	report_free(t.report);
}

static struct tree groups(void)
{
	struct tree t = tree_new();
	struct result *group = add(t.report, t.root, "pbx", STATE_OK, NULL);

	add(t.report, t.root, "alone", STATE_WARNING, "slow");
	result_fact(t.report, add(t.report, group, "pbx", STATE_OK, "fine"), "address",
		    VIEW("192.0.2.1:5060"));
	result_metric(t.report, add(t.report, group, "pbx", STATE_CRITICAL, "dead"), TIME, 0.25);
	return t;
}

static void groups_nest(void **state)
{
	struct tree t = groups();

	(void)state;
	renders(t.report, FORMAT_JSON, 8, 0,
		HEAD
		"\"state\":\"CRITICAL\",\"exit_code\":2,"
		"\"summary\":\"1 of 3 targets critical, 1 warning: pbx: dead\","
		"\"metrics\":{\"targets\":{\"value\":3},\"ok\":{\"value\":1},"
		"\"warning\":{\"value\":1},\"critical\":{\"value\":1},\"unknown\":{\"value\":0},"
		"\"time_p50\":{\"value\":0.25,\"unit\":\"s\"},"
		"\"time_p95\":{\"value\":0.25,\"unit\":\"s\"},"
		"\"time_max\":{\"value\":0.25,\"unit\":\"s\"}},\"results\":["
		"{\"name\":\"pbx\",\"state\":\"CRITICAL\","
		"\"summary\":\"pbx: 1 of 2 targets critical: pbx: dead\",\"metrics\":{"
		"\"targets\":{\"value\":2},\"ok\":{\"value\":1},\"warning\":{\"value\":0},"
		"\"critical\":{\"value\":1},\"unknown\":{\"value\":0},"
		"\"time_p50\":{\"value\":0.25,\"unit\":\"s\"},"
		"\"time_p95\":{\"value\":0.25,\"unit\":\"s\"},"
		"\"time_max\":{\"value\":0.25,\"unit\":\"s\"}},"
		"\"results\":[{\"name\":\"pbx\",\"state\":\"OK\",\"summary\":\"fine\","
		"\"address\":\"192.0.2.1:5060\",\"metrics\":{}},"
		"{\"name\":\"pbx\",\"state\":\"CRITICAL\",\"summary\":\"dead\","
		"\"metrics\":{\"time\":{\"value\":0.25,\"unit\":\"s\",\"min\":0}}}]},"
		"{\"name\":\"alone\",\"state\":\"WARNING\",\"summary\":\"slow\","
		"\"metrics\":{}}]}\n");
	json_decref(rendered(t.report));
	report_free(t.report);
}

static void json_lines_are_one_object_per_target(void **state)
{
	struct tree t = groups();

	(void)state;
	renders(t.report, FORMAT_JSONL, 8, 0,
		HEAD "\"name\":\"pbx\",\"state\":\"CRITICAL\",\"exit_code\":2,"
		     "\"summary\":\"pbx: 1 of 2 targets critical: pbx: dead\",\"metrics\":{"
		     "\"targets\":{\"value\":2},\"ok\":{\"value\":1},\"warning\":{\"value\":0},"
		     "\"critical\":{\"value\":1},\"unknown\":{\"value\":0},"
		     "\"time_p50\":{\"value\":0.25,\"unit\":\"s\"},"
		     "\"time_p95\":{\"value\":0.25,\"unit\":\"s\"},"
		     "\"time_max\":{\"value\":0.25,\"unit\":\"s\"}},"
		     "\"results\":[{\"name\":\"pbx\",\"state\":\"OK\",\"summary\":\"fine\","
		     "\"address\":\"192.0.2.1:5060\",\"metrics\":{}},"
		     "{\"name\":\"pbx\",\"state\":\"CRITICAL\",\"summary\":\"dead\","
		     "\"metrics\":{\"time\":{\"value\":0.25,\"unit\":\"s\",\"min\":0}}}]}\n" HEAD
		     "\"name\":\"alone\",\"state\":\"WARNING\",\"exit_code\":1,"
		     "\"summary\":\"slow\",\"metrics\":{}}\n");
	report_free(t.report);
}

static void nothing_checked_is_one_object(void **state)
{
	static const char wanted[] =
		HEAD "\"state\":\"UNKNOWN\",\"exit_code\":3,"
		     "\"summary\":\"nothing was checked\",\"metrics\":{},\"results\":[]}\n";
	struct tree t = tree_new();

	(void)state;
	renders(t.report, FORMAT_JSON, 8, 0, wanted);
	renders(t.report, FORMAT_JSONL, 8, 0, wanted);
	report_free(t.report);
}

static void range_ends_are_not_confused(void **state)
{
	static const struct {
		struct range range;
		const char *text;
	} cases[] = {
		{ { true, false, 10, 20 }, "10:20" },
		{ { true, false, -INFINITY, 20 }, "~:20" },
		{ { true, false, 10, INFINITY }, "10:" },
		{ { true, true, -INFINITY, INFINITY }, "@~:" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct tree t = tree_new();
		report_thresholds(t.report, SIZE, &cases[i].range, NULL);
		result_metric(t.report, add(t.report, t.root, "x", STATE_OK, "x"), SIZE, 15);
		json_t *json = rendered(t.report);
		json_t *size = json_object_get(json_object_get(json, "metrics"), "size");
		assert_string_equal(string_at(size, "warning"), cases[i].text);
		assert_null(json_object_get(size, "critical"));
		assert_true(json_is_number(json_object_get(size, "value")));
		json_decref(json);
		report_free(t.report);
	}
}

static void names_in_any_encoding_give_valid_json(void **state)
{
	static const struct {
		struct view name;
		const char *wanted;
	} cases[] = {
		{ VIEW("sip:a@b;transport=tcp|\"\\/"), "sip:a@b;transport=tcp|\"\\/" },
		{ VIEW("M\xc3\xbcnchen"), "M\xc3\xbcnchen" },
		{ VIEW("\xf0\x9f\x93\x9e"), "\xf0\x9f\x93\x9e" },
		{ VIEW("M\xfcnchen"), "M?nchen" },
		{ VIEW("\xed\xa0\x80"), "???" },
		{ VIEW("a\x7f\n"), "a??" },
		{ VIEW("a\n\x1b"), "a\n\x1b" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct tree t = tree_new();
		result_add(t.report, t.root, cases[i].name);
		json_t *json = rendered(t.report);
		json_t *child = json_array_get(json_object_get(json, "results"), 0);
		assert_string_equal(string_at(child, "name"), cases[i].wanted);
		json_decref(json);
		report_free(t.report);
	}
}

static void every_format_has_the_same_state(void **state)
{
	(void)state;
	for (unsigned s = 0; s < STATES; s++) {
		struct tree t = tree_new();
		add(t.report, t.root, "a", STATE_OK, "x");
		add(t.report, t.root, "b", (enum state)s, "x");
		for (unsigned format = 0; format < FORMATS; format++) {
			FILE *file = tmpfile();
			struct render_conf conf = { (enum format)format, 8, 0 };
			struct out out;
			assert_non_null(file);
			out_init(&out, fileno(file));
			assert_int_equal(report_render(t.report, &conf, &out), s);
			assert_true(out_flush(&out));
			fclose(file);
		}
		json_t *json = rendered(t.report);
		assert_int_equal(json_integer_value(json_object_get(json, "exit_code")), s);
		assert_string_equal(string_at(json, "state"), state_name((enum state)s));
		json_decref(json);
		report_free(t.report);
	}
}

static void wrong_usage_is_json_too(void **state)
{
	static const struct view sentence = VIEW("--port: \"\xff\n\" is no number");

	(void)state;
	for (unsigned format = FORMAT_JSON; format <= FORMAT_JSONL; format++) {
		char *text = captured_error(&SPEC, (enum format)format, sentence);
		assert_string_equal(text, HEAD "\"state\":\"UNKNOWN\",\"exit_code\":3,"
					       "\"error\":\"--port: \\\"??\\\" is no number\"}\n");
		json_decref(loaded(text));
		free(text);
	}
}

static void prometheus_groups_samples_by_metric(void **state)
{
	struct tree t = tree_new();
	struct result *a = add(t.report, t.root, "pbx 1", STATE_OK, "fine");
	struct result *b = add(t.report, t.root, "pbx 2", STATE_CRITICAL, "dead");

	(void)state;
	result_fact(t.report, a, "outcome", VIEW("alive"));
	result_fact(t.report, a, "transport", VIEW("udp"));
	result_fact(t.report, a, "address", VIEW("192.0.2.1:5060"));
	result_fact(t.report, a, "address", VIEW("again"));
	result_fact_number(t.report, b, "address", 1);
	result_metric(t.report, a, TIME, 0.012345678);
	result_metric(t.report, a, LOSS, 1);
	result_metric(t.report, b, LOSS, 100);
	result_metric(t.report, b, SIZE, 1300);
	result_metric(t.report, t.root, CODE, 200);
	renders(t.report, FORMAT_PROMETHEUS, 8, 0,
		"# HELP check_sip_state 0 ok, 1 warning, 2 critical, 3 unknown.\n"
		"# TYPE check_sip_state gauge\n"
		"check_sip_state 2\n"
		"check_sip_state{target=\"pbx 1\",address=\"192.0.2.1:5060\",transport=\"udp\"} 0\n"
		"check_sip_state{target=\"pbx 2\"} 2\n"
		"# HELP check_sip_time_seconds round trip\n"
		"# TYPE check_sip_time_seconds gauge\n"
		"check_sip_time_seconds{target=\"pbx 1\",address=\"192.0.2.1:5060\","
		"transport=\"udp\"} 0.012345678\n"
		"# HELP check_sip_loss_ratio lost requests\n"
		"# TYPE check_sip_loss_ratio gauge\n"
		"check_sip_loss_ratio{target=\"pbx 1\",address=\"192.0.2.1:5060\","
		"transport=\"udp\"} 0.01\n"
		"check_sip_loss_ratio{target=\"pbx 2\"} 1\n"
		"# HELP check_sip_size_bytes bytes\n"
		"# TYPE check_sip_size_bytes gauge\n"
		"check_sip_size_bytes{target=\"pbx 2\"} 1300\n"
		"# HELP check_sip_code status code\n"
		"# TYPE check_sip_code gauge\n"
		"check_sip_code 200\n");
	report_free(t.report);
}

static void prometheus_series_are_unique_and_escaped(void **state)
{
	static const struct view names[] = {
		VIEW("a"),	   VIEW("b"),	      VIEW("a"), VIEW("q\"\\\n"),
		VIEW("M\xc3\xbc"), VIEW("M\xc3\xb6"), VIEW("a"), VIEW("{},="),
	};
	struct tree t = tree_new();

	(void)state;
	for (size_t i = 0; i < CASES(names); i++)
		result_add(t.report, t.root, names[i]);
	renders(t.report, FORMAT_PROMETHEUS, 8, 0,
		"# HELP check_sip_state 0 ok, 1 warning, 2 critical, 3 unknown.\n"
		"# TYPE check_sip_state gauge\n"
		"check_sip_state 0\n"
		"check_sip_state{target=\"a\"} 0\n"
		"check_sip_state{target=\"b\"} 0\n"
		"check_sip_state{target=\"a\",n=\"2\"} 0\n"
		"check_sip_state{target=\"q\\\"\\\\?\"} 0\n"
		"check_sip_state{target=\"M??\"} 0\n"
		"check_sip_state{target=\"M??\",n=\"2\"} 0\n"
		"check_sip_state{target=\"a\",n=\"3\"} 0\n"
		"check_sip_state{target=\"{},=\"} 0\n");
	report_free(t.report);
}

static void prometheus_names_the_endpoints_of_a_group(void **state)
{
	struct tree t = tree_new();
	struct result *group = add(t.report, t.root, "pbx", STATE_OK, "1 of 2");

	(void)state;
	add(t.report, group, "192.0.2.1", STATE_OK, "fine");
	add(t.report, group, "192.0.2.2", STATE_CRITICAL, "dead");
	result_override(group, STATE_WARNING);
	renders(t.report, FORMAT_PROMETHEUS, 8, 0,
		"# HELP check_sip_state 0 ok, 1 warning, 2 critical, 3 unknown.\n"
		"# TYPE check_sip_state gauge\n"
		"check_sip_state 1\n"
		"check_sip_state{target=\"pbx\"} 1\n"
		"check_sip_state{target=\"pbx\",endpoint=\"192.0.2.1\"} 0\n"
		"check_sip_state{target=\"pbx\",endpoint=\"192.0.2.2\"} 2\n");
	report_free(t.report);
}

static void wrong_usage_is_a_sample_too(void **state)
{
	char *text = captured_error(&SPEC, FORMAT_PROMETHEUS, VIEW("--port:\n70000 \xff"));

	(void)state;
	assert_string_equal(text, "# --port:?70000 ?\n"
				  "# HELP check_sip_state 0 ok, 1 warning, 2 critical, 3 unknown.\n"
				  "# TYPE check_sip_state gauge\n"
				  "check_sip_state 3\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_child_is_written_whole),
		cmocka_unit_test(groups_nest),
		cmocka_unit_test(json_lines_are_one_object_per_target),
		cmocka_unit_test(nothing_checked_is_one_object),
		cmocka_unit_test(range_ends_are_not_confused),
		cmocka_unit_test(names_in_any_encoding_give_valid_json),
		cmocka_unit_test(every_format_has_the_same_state),
		cmocka_unit_test(wrong_usage_is_json_too),
		cmocka_unit_test(prometheus_groups_samples_by_metric),
		cmocka_unit_test(prometheus_series_are_unique_and_escaped),
		cmocka_unit_test(prometheus_names_the_endpoints_of_a_group),
		cmocka_unit_test(wrong_usage_is_a_sample_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
