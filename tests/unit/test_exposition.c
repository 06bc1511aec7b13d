/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results as Prometheus text: names, units, labels, and what a scrape would choke on. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "push/exposition.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))
#define METRIC "[a-zA-Z_][a-zA-Z0-9_]*"
#define VALUE "\"([^\"\\]|\\\\[\"\\n])*\""

static struct check_result sip(const char *perfdata)
{
	return (struct check_result){ .host = VIEW("pbx1"),
				      .service = VIEW("sip udp"),
				      .output = VIEW("SIP OK - 200 in 12 ms"),
				      .perfdata = view_of(perfdata),
				      .command = VIEW("check_sip"),
				      .state = STATE_WARNING,
				      .start_us = 1795239400250000,
				      .end_us = 1795239401500000 };
}

/* NUL-terminated; release with free. */
static char *written(const struct check_result *result, bool with_labels)
{
	struct grow g = { .p = NULL };

	exposition_write(result, with_labels, &g);
	grow_byte(&g, '\0');
	assert_int_equal(strlen(g.p) + 1, g.n);
	return g.p;
}

/* The value behind "\nNAME ", or NULL. */
static const char *value_of(const char *text, const char *name)
{
	static char value[64];
	char wanted[400];

	snprintf(wanted, sizeof(wanted), "\n%s ", name);
	const char *at = strstr(text, wanted);
	if (at == NULL)
		return NULL;
	at += strlen(wanted);
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\n"), at);
	return value;
}

static void check_value(const char *perfdata, const char *name, const char *expected)
{
	struct check_result result = sip(perfdata);
	char *text = written(&result, false);
	const char *value = value_of(text, name);

	if (expected == NULL ? value != NULL : value == NULL || strcmp(value, expected) != 0)
		fail_msg("%s: %s is %s in:\n%s", perfdata, name, value ? value : "missing", text);
	free(text);
}

static void a_result_is_gauges_with_help_and_type(void **state)
{
	struct check_result result = sip("time=0.0123s;0.5;1;0");

	(void)state;
	char *text = written(&result, true);
	assert_string_equal(
		text,
		"# HELP check_sip_last_run_seconds When the check ended, in seconds since 1970.\n"
		"# TYPE check_sip_last_run_seconds gauge\n"
		"check_sip_last_run_seconds{host=\"pbx1\",service=\"sip udp\"} 1795239401.5\n"
		"# HELP check_sip_state 0 ok, 1 warning, 2 critical, 3 unknown.\n"
		"# TYPE check_sip_state gauge\n"
		"check_sip_state{host=\"pbx1\",service=\"sip udp\"} 1\n"
		"# HELP check_sip_time_seconds Performance data.\n"
		"# TYPE check_sip_time_seconds gauge\n"
		"check_sip_time_seconds{host=\"pbx1\",service=\"sip udp\"} 0.0123\n"
		"# HELP check_sip_time_seconds_critical Threshold of a critical state.\n"
		"# TYPE check_sip_time_seconds_critical gauge\n"
		"check_sip_time_seconds_critical{host=\"pbx1\",service=\"sip udp\"} 1\n"
		"# HELP check_sip_time_seconds_warning Threshold of a warning.\n"
		"# TYPE check_sip_time_seconds_warning gauge\n"
		"check_sip_time_seconds_warning{host=\"pbx1\",service=\"sip udp\"} 0.5\n");
	free(text);
}

static void values_are_in_base_units_and_names_say_which(void **state)
{
	static const struct {
		const char *perfdata, *name, *value;
	} cases[] = {
		{ "time=12.3ms;500;1000", "check_sip_time_seconds", "0.0123" },
		{ "time=12.3ms;500;1000", "check_sip_time_seconds_warning", "0.5" },
		{ "time=12.3ms;500;1000", "check_sip_time_seconds_critical", "1" },
		{ "time=5us", "check_sip_time_seconds", "5e-06" },
		{ "loss=7.5%;1;5;0;100", "check_sip_loss_ratio", "0.075" },
		{ "loss=7.5%;1;5;0;100", "check_sip_loss_ratio_critical", "0.05" },
		{ "size=2KB", "check_sip_size_bytes", "2000" },
		{ "size=412B", "check_sip_size_bytes", "412" },
		{ "calls=17", "check_sip_calls", "17" },
		{ "calls=17c", "check_sip_calls", "17" },
		{ "calls=9007199254740993c", "check_sip_calls", "9007199254740992" },
		{ "far=-1.5e30", "check_sip_far", "-1.5e+30" },
		{ "cert_days=-41;21:;7:", "check_sip_cert_days", "-41" },
		/* the unit stands once, as where our programs write this format themselves */
		{ "seconds=2s", "check_sip_seconds", "2" },
		{ "setup_seconds=2s;3", "check_sip_setup_seconds", "2" },
		{ "setup_seconds=2s;3", "check_sip_setup_seconds_warning", "3" },
		{ "inseconds=2s", "check_sip_inseconds_seconds", "2" },
		{ "'setup seconds'=2s", "check_sip_setup_seconds", "2" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++)
		check_value(cases[i].perfdata, cases[i].name, cases[i].value);
}

static void what_is_no_plain_number_is_left_out(void **state)
{
	static const struct {
		const char *perfdata, *name;
	} cases[] = {
		{ "time=1s;1:2;@3:4", "check_sip_time_seconds_warning" },
		{ "time=1s;1:2;@3:4", "check_sip_time_seconds_critical" },
		{ "time=1s;;", "check_sip_time_seconds_warning" },
		{ "time=1s;~:5", "check_sip_time_seconds_warning" },
		{ "time=U", "check_sip_time" },
		{ "time=0,5s;1;2", "check_sip_time_seconds" },
		{ "time=0,5s;1;2", "check_sip_time_seconds_warning" },
		{ "time=nan", "check_sip_time" },
		{ "time=inf", "check_sip_time" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++)
		check_value(cases[i].perfdata, cases[i].name, NULL);
	check_value("a=U junk b=2", "check_sip_b", "2");
}

static void names_that_come_out_equal_are_written_once(void **state)
{
	static const struct {
		const char *perfdata, *name, *value;
	} cases[] = {
		{ "a=1 a=2", "check_sip_a", "1" },
		{ "'a b'=1 a_b=2 a/b=3", "check_sip_a_b", "1" },
		{ "state=7", "check_sip_state", "1" },
		{ "last_run=7s", "check_sip_last_run_seconds", "1795239401.5" },
		{ "a_warning=7 a=1;2", "check_sip_a_warning", "7" },
		{ "a=1;2 a_warning=7", "check_sip_a_warning", "2" },
		{ "t=1s t_seconds=2", "check_sip_t_seconds", "1" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct check_result result = sip(cases[i].perfdata);
		char *text = written(&result, false);
		char line[100];
		check_value(cases[i].perfdata, cases[i].name, cases[i].value);
		snprintf(line, sizeof(line), "# TYPE %s gauge\n", cases[i].name);
		const char *first = strstr(text, line);
		assert_non_null(first);
		assert_null(strstr(first + 1, line));
		free(text);
	}
}

/* node_exporter drops what has another help than the same name in another file. */
static void a_name_has_the_same_help_in_each_result(void **state)
{
	static const char *const perfdata[] = { "a=1s;2;3",
						"a_seconds_warning=1 a_seconds_critical=2" };
	static const char *const lines[] = {
		"# HELP check_sip_a_seconds_warning Threshold of a warning.\n",
		"# HELP check_sip_a_seconds_critical Threshold of a critical state.\n"
	};

	(void)state;
	for (size_t i = 0; i < CASES(perfdata); i++) {
		struct check_result result = sip(perfdata[i]);
		char *text = written(&result, i % 2);
		assert_non_null(strstr(text, lines[0]));
		assert_non_null(strstr(text, lines[1]));
		free(text);
	}
}

static void a_name_has_only_the_bytes_that_it_may_have(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{ "check_sip", "check_sip" },
		{ "A9_", "A9_" },
		{ "9a", "_9a" },
		{ "", "_" },
		{ "a-b c.d/e:f", "a_b_c_d_e_f" },
		{ "\xc3\xa4", "__" },
		{ "a{b=\"c\"} 1\n# x", "a_b__c___1___x" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct grow g = { .p = NULL };
		exposition_name(view_of(cases[i].text), &g);
		assert_true(view_eq(grow_view(&g), view_of(cases[i].name)));
		grow_free(&g);
	}
}

static void the_program_is_the_front_of_each_name(void **state)
{
	static const struct {
		const char *command, *name;
	} cases[] = {
		{ "", "check_state" },
		{ "/opt/my-check", "_opt_my_check_state" },
		{ "3cx", "_3cx_state" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct check_result result = sip("");
		result.command = view_of(cases[i].command);
		char *text = written(&result, false);
		const char *value = value_of(text, cases[i].name);
		assert_non_null(value);
		assert_string_equal(value, "1");
		free(text);
	}
}

static void hostile_names_are_escaped_in_labels(void **state)
{
	static const struct {
		const char *host, *service, *labels;
	} cases[] = {
		{ "pbx1", "", "{host=\"pbx1\"} " },
		{ "say \"x\"", "a\\b", "{host=\"say \\\"x\\\"\",service=\"a\\\\b\"} " },
		{ "\\", "\"", "{host=\"\\\\\",service=\"\\\"\"} " },
		{ "a\nb", "x", "{host=\"a\\nb\",service=\"x\"} " },
		{ "b\xc3\xa4r", "{},=;/..", "{host=\"b\xc3\xa4r\",service=\"{},=;/..\"} " },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct check_result result = sip("a=1");
		char line[200];
		result.host = view_of(cases[i].host);
		result.service = view_of(cases[i].service);
		char *text = written(&result, true);
		snprintf(line, sizeof(line), "\ncheck_sip_a%s1\n", cases[i].labels);
		if (strstr(text, line) == NULL)
			fail_msg("no %s in:\n%s", line, text);
		free(text);
	}
}

/* HELP, TYPE and one sample for each name, and no name twice. */
static void check_form(const char *text)
{
	static const char form[] =
		"^# HELP (" METRIC ") [ -~]+\n# TYPE (" METRIC ") gauge\n(" METRIC
		")(\\{host=" VALUE "(,service=" VALUE ")?\\})? -?[0-9.]+(e[+-][0-9]+)?\n";
	char names[100][200];
	size_t count = 0;
	regmatch_t part[4];
	regex_t regex;

	assert_int_equal(regcomp(&regex, form, REG_EXTENDED), 0);
	for (; *text != '\0'; text += part[0].rm_eo, count++) {
		if (regexec(&regex, text, 4, part, 0) != 0)
			fail_msg("malformed:\n%s", text);
		for (size_t i = 1; i <= 3; i++) {
			size_t n = (size_t)(part[i].rm_eo - part[i].rm_so);
			snprintf(names[count], sizeof(names[count]), "%.*s", (int)n,
				 text + part[1].rm_so);
			assert_memory_equal(text + part[i].rm_so, names[count], n);
			assert_int_equal(n, strlen(names[count]));
		}
		for (size_t i = 0; i < count; i++)
			assert_string_not_equal(names[i], names[count]);
	}
	assert_true(count >= 2);
	regfree(&regex);
}

static void whatever_comes_the_text_can_be_scraped(void **state)
{
	static const char *const perfdata[] = {
		"",
		"a=1 b=2;3;4;5;6 'c d'=7%;8;9",
		"'it''s {\"x\"} #1'=5;6;7 'a\\b'=1 '='=2 '|'=3",
		"5xx=1;2;3 _=2 '  '=3 -=4 \xc3\xbc=5 \xc3\xa4=6",
		"a=1e400 b=-0 c=1e-300s d=99999999999999999999 e=1e99TB;1e99",
		"HELP=1 TYPE=2 '# HELP a'=3 '\xe2\x80\xa8'=4",
		"=1 a= a=; ;;; 'unclosed=1 'x'y=2",
	};
	char long_name[256];

	(void)state;
	memset(long_name, '"', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	for (size_t i = 0; i < CASES(perfdata); i++) {
		struct check_result result = sip(perfdata[i]);
		result.host = view_of(long_name);
		for (int labels = 0; labels < 2; labels++) {
			char *text = written(&result, labels);
			check_form(text);
			free(text);
		}
	}
}

static void thousands_of_items_are_taken(void **state)
{
	struct grow perfdata = { .p = NULL };

	(void)state;
	for (uint64_t i = 0; i < 9000; i++) {
		grow_str(&perfdata, "a");
		grow_u64(&perfdata, i);
		grow_str(&perfdata, "=1 ");
	}
	grow_byte(&perfdata, '\0');
	check_value(perfdata.p, "check_sip_a0", "1");
	check_value(perfdata.p, "check_sip_a8999", "1");
	grow_free(&perfdata);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_result_is_gauges_with_help_and_type),
		cmocka_unit_test(values_are_in_base_units_and_names_say_which),
		cmocka_unit_test(what_is_no_plain_number_is_left_out),
		cmocka_unit_test(names_that_come_out_equal_are_written_once),
		cmocka_unit_test(a_name_has_the_same_help_in_each_result),
		cmocka_unit_test(a_name_has_only_the_bytes_that_it_may_have),
		cmocka_unit_test(the_program_is_the_front_of_each_name),
		cmocka_unit_test(hostile_names_are_escaped_in_labels),
		cmocka_unit_test(whatever_comes_the_text_can_be_scraped),
		cmocka_unit_test(thousands_of_items_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
