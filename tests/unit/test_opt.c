/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The option parser, with a made-up program. */
#define _GNU_SOURCE
#include "cli/opt_emit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct conf {
	struct common common;
	bool alive;
	uint64_t count;
	int64_t interval_us;
	struct range_pair loss, days;
	unsigned version;
	struct view agent, password;
	struct opt_list header;
};
#define FIELD(member) offsetof(struct conf, member)

static const char *const VERSIONS[] = { "1.2", "1.3", NULL };
static const struct opt OPTIONS[] = {
	{ .group = "Request",
	  .letter = 'n',
	  .name = "count",
	  .type = OPT_NUMBER,
	  .at = FIELD(count),
	  .min = 1,
	  .max = 1000,
	  .argument = "N",
	  .help = "How many." },
	{ .name = "interval",
	  .type = OPT_SECONDS,
	  .at = FIELD(interval_us),
	  .min = 100000,
	  .max = 4000000,
	  .argument = "SECONDS",
	  .help = "How often.",
	  .fallback = "0.5" },
	{ .name = "header",
	  .type = OPT_LIST,
	  .at = FIELD(header),
	  .argument = "'NAME: VALUE'",
	  .help = ".dot, 'quote' and back\\slash." },
	{ .name = "agent",
	  .type = OPT_TEXT,
	  .at = FIELD(agent),
	  .argument = "TEXT",
	  .help = "Who we are." },
	{ .name = "password",
	  .type = OPT_TEXT,
	  .at = FIELD(password),
	  .flags = OPT_FILE_ONLY,
	  .argument = "TEXT",
	  .help = "A secret." },
	{ .name = "password-file",
	  .type = OPT_TEXT,
	  .at = FIELD(agent),
	  .argument = "FILE",
	  .help = "Where it is." },
	{ .name = "min-tls",
	  .type = OPT_CHOICE,
	  .at = FIELD(version),
	  .choices = VERSIONS,
	  .argument = "VERSION",
	  .help = "Oldest version.",
	  .group = "TLS" },
	{ .letter = 'D',
	  .name = "days",
	  .type = OPT_RANGE_PAIR,
	  .at = FIELD(days),
	  .flags = OPT_LOWER_IS_WORSE,
	  .argument = "W[:C]",
	  .help = "Days left." },
	{ .group = "States",
	  .name = "alive",
	  .type = OPT_FLAG,
	  .at = FIELD(alive),
	  .help = "Any answer is fine." },
	{ .name = "loss",
	  .type = OPT_RANGE_PAIR,
	  .at = FIELD(loss),
	  .argument = "W[:C]",
	  .help = "Lost." },
	{ .letter = 'w',
	  .name = "warning",
	  .type = OPT_RANGE,
	  .at = offsetof(struct common, warning),
	  .argument = "RANGE",
	  .help = "WARNING, in bananas." },
};

static const struct outcome OUTCOME[] = {
	{ "ok", STATE_OK, "an answer" },
	{ "silent", STATE_CRITICAL, "no answer at all" },
	{ "dns", STATE_UNKNOWN, "the name does not resolve" },
};
static const struct metric_spec METRIC[] = {
	{ .label = "time", .unit = UNIT_SECONDS, .fold = FOLD_SPREAD, .meaning = "round trip" },
};
static const struct report_spec REPORT = {
	.program = "check_demo",
	.service = "DEMO",
	.version = "1.2.3",
	.noun = "targets",
	.metric = METRIC,
	.metric_count = 1,
};
static const char *const DESCRIPTION[] = { "One.", "Two.", NULL };
static const struct example EXAMPLE = { "check_demo -H 192.0.2.1", "one target" };
static const struct program PROGRAM = {
	.report = &REPORT,
	.summary = "demonstrates options",
	.description = DESCRIPTION,
	.opt = OPTIONS,
	.opt_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
	.outcome = OUTCOME,
	.outcome_count = 3,
	.example = &EXAMPLE,
	.example_count = 1,
};

enum { ARGS_MAX = 8, PAGE_MAX = 32768 };

struct run {
	struct conf conf;
	int code;
	char page[PAGE_MAX]; /* what was printed */
};

static void run_args(struct run *run, const char *const *args)
{
	char *argv[ARGS_MAX + 2] = { (char *)(uintptr_t) "check_demo" };
	FILE *file = tmpfile();
	struct out out;
	int argc = 1;

	assert_non_null(file);
	for (; args[argc - 1] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)args[argc - 1];
	memset(run, 0, sizeof(*run));
	out_init(&out, fileno(file));
	run->code = opt_parse(&PROGRAM, &run->conf, argc, argv, &out);
	assert_true(out_flush(&out));
	ssize_t n = pread(fileno(file), run->page, PAGE_MAX - 1, 0);
	assert_in_range(n, 0, PAGE_MAX - 2);
	fclose(file);
}

#define RUN(run, ...) run_args(run, (const char *const[]){ __VA_ARGS__, NULL })

static void finish(struct run *run)
{
	opt_free(&run->conf.common);
}

static void a_value_follows_in_every_usual_way(void **unused)
{
	static const char *const spelling[][ARGS_MAX] = {
		{ "-p", "5060" },	  { "-p5060" },
		{ "--port", "5060" },	  { "--port=5060" },
		{ "-4vp5060" },		  { "-vp", "5060" },
		{ "-p5060", "--" },	  { "-p1", "-p", "5060" },
		{ "-p1", "--port=5060" },
	};
	struct run run;

	(void)unused;
	for (size_t i = 0; i < sizeof(spelling) / sizeof(spelling[0]); i++) {
		run_args(&run, spelling[i]);
		assert_int_equal(run.conf.common.port, 5060);
		finish(&run);
	}
}

static void values_reach_their_fields(void **unused)
{
	const char *rate[] = { "2000", "0", "1000000" };
	struct run run;

	(void)unused;
	RUN(&run, "-H::1", "-Hpbx", "-w-5:5", "--min-tls=1.3", "--interval=0.25", "-vvvvv",
	    "--alive", "-c@1:2");
	assert_int_equal(run.code, OPT_GO_ON);
	assert_int_equal(run.conf.common.hostname.count, 2);
	assert_true(view_eq(run.conf.common.hostname.item[0], VIEW("::1")));
	assert_true(view_eq(run.conf.common.hostname.item[1], VIEW("pbx")));
	assert_true(run.conf.common.warning.set && !run.conf.common.warning.inside);
	assert_true(run.conf.common.critical.set && run.conf.common.critical.inside);
	assert_float_equal(run.conf.common.warning.start, -5, 0);
	assert_int_equal(run.conf.version, 1);
	assert_int_equal(run.conf.interval_us, 250000);
	assert_int_equal(run.conf.common.verbose, 3);
	assert_true(run.conf.alive);
	finish(&run);
	for (size_t i = 0; i < sizeof(rate) / sizeof(rate[0]); i++) {
		RUN(&run, "--rate", rate[i]);
		assert_int_equal(run.conf.common.rate, strtoul(rate[i], NULL, 10));
		finish(&run);
	}
}

static void lists_append_and_keep_their_order(void **unused)
{
	struct opt_list list = { .count = 0 };
	struct arena arena = { NULL };
	char text[1000];

	(void)unused;
	for (size_t i = 0; i < sizeof(text); i++)
		opt_list_add(&list, (struct view){ text + i, 1 }, &arena);
	assert_int_equal(list.count, sizeof(text));
	for (size_t i = 0; i < sizeof(text); i++)
		assert_ptr_equal(list.item[i].p, text + i);
	arena_free(&arena);
}

static void timeout_takes_a_state_in_any_case(void **unused)
{
	static const struct {
		const char *text;
		int64_t us;
		enum state state;
		bool given;
	} row[] = {
		{ "5", 5000000, STATE_CRITICAL, false },
		{ "0.5:Unknown", 500000, STATE_UNKNOWN, true },
		{ "3600:OK", 3600000000, STATE_OK, true },
	};
	struct run run;

	(void)unused;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		RUN(&run, "-t9:warning", "-t", row[i].text);
		assert_int_equal(run.code, OPT_GO_ON);
		assert_int_equal(run.conf.common.timeout_us, row[i].us);
		assert_int_equal(run.conf.common.timeout_state, row[i].state);
		assert_int_equal(run.conf.common.timeout_state_given, row[i].given);
		finish(&run);
	}
}

static void states_of_outcomes_are_set_by_word(void **unused)
{
	struct run run;

	(void)unused;
	RUN(&run, "--state", "dns=ok,OK=Warning", "--state=ok=unknown");
	assert_int_equal(run.code, OPT_GO_ON);
	assert_int_equal(opt_outcome_state(&PROGRAM, &run.conf.common, 0), STATE_UNKNOWN);
	assert_int_equal(opt_outcome_state(&PROGRAM, &run.conf.common, 1), STATE_CRITICAL);
	assert_int_equal(opt_outcome_state(&PROGRAM, &run.conf.common, 2), STATE_OK);
	finish(&run);
}

static void pairs_alert_above_or_below(void **unused)
{
	struct run run;

	(void)unused;
	RUN(&run, "--loss", "20:60", "-D21:7");
	assert_int_equal(run.code, OPT_GO_ON);
	assert_false(range_alerts(&run.conf.loss.warning, 20));
	assert_true(range_alerts(&run.conf.loss.warning, 20.5));
	assert_false(range_alerts(&run.conf.loss.critical, 60));
	assert_true(range_alerts(&run.conf.loss.critical, 61));
	assert_false(range_alerts(&run.conf.days.warning, 21));
	assert_true(range_alerts(&run.conf.days.warning, 20));
	assert_false(range_alerts(&run.conf.days.critical, 7));
	assert_true(range_alerts(&run.conf.days.critical, -1));
	finish(&run);
	RUN(&run, "--loss=20", "-D21");
	assert_true(run.conf.loss.warning.set && !run.conf.loss.critical.set);
	assert_true(run.conf.days.warning.set && !run.conf.days.critical.set);
	finish(&run);
}

/* A sentence without its "DEMO UNKNOWN - " and "(see check_demo --help)". */
static const struct {
	const char *args[ARGS_MAX];
	const char *sentence;
} REFUSED[] = {
	{ { "--bogus" }, "unknown option --bogus" },
	{ { "--warnign", "1" }, "unknown option --warnign, did you mean --warning" },
	{ { "--hostnam=x" }, "unknown option --hostnam, did you mean --hostname" },
	{ { "--xy" }, "unknown option --xy" },
	{ { "--p", "1" }, "unknown option --p" },
	{ { "--=x" }, "unknown option --" },
	{ { "-4x" }, "unknown option -x" },
	{ { "-\xff" }, "unknown option -?" },
	{ { "--a|b\x1b" }, "unknown option --a/b?" },
	{ { "pbx" }, "argument \"pbx\" is not an option" },
	{ { "-" }, "argument \"-\" is not an option" },
	{ { "" }, "argument \"\" is not an option" },
	{ { "--", "-p", "1" }, "argument \"-p\" is not an option" },
	{ { "-H" }, "option --hostname: needs a value" },
	{ { "--port" }, "option --port: needs a value" },
	{ { "--port=" }, "option --port: the value is empty" },
	{ { "-p", "" }, "option --port: the value is empty" },
	{ { "--alive=yes" }, "option --alive: takes no value" },
	{ { "-p0" }, "option --port: \"0\" is not a number from 1 to 65535" },
	{ { "-p70000" }, "option --port: \"70000\" is not a number from 1 to 65535" },
	{ { "-p", "abc" }, "option --port: \"abc\" is not a number from 1 to 65535" },
	{ { "-p=1" }, "option --port: \"=1\" is not a number from 1 to 65535" },
	{ { "--count=0x10" }, "option --count: \"0x10\" is not a number from 1 to 1000" },
	{ { "--parallel=0" }, "option --parallel: \"0\" is not a number from 1 to 100000" },
	{ { "--interval=nan" },
	  "option --interval: \"nan\" is not a number of seconds from 0.1 to 4" },
	{ { "--interval=0.09999" },
	  "option --interval: \"0.09999\" is not a number of seconds from 0.1 to 4" },
	{ { "-t0" }, "option --timeout: \"0\" is not a number of seconds from 0.001 to 3600" },
	{ { "-t-1" }, "option --timeout: \"-1\" is not a number of seconds from 0.001 to 3600" },
	{ { "-t3601" },
	  "option --timeout: \"3601\" is not a number of seconds from 0.001 to 3600" },
	{ { "-t5:" }, "option --timeout: \"\" is not a state: ok, warning, critical, unknown" },
	{ { "-w10x" }, "option --warning: column 3: the number should end here" },
	{ { "-w", "" }, "option --warning: column 1: the range is empty" },
	{ { "-c20:10" },
	  "option --critical: column 4: the end is below the start, which is 0 when not given" },
	{ { "--loss=60:20" },
	  "option --loss: \"60:20\" has its critical number below the warning one" },
	{ { "-D7:21" }, "option --days: \"7:21\" has its critical number above the warning one" },
	{ { "-D-1" }, "option --days: \"-1\" is not W or W:C, two plain numbers" },
	{ { "-D7:" }, "option --days: \"7:\" is not W or W:C, two plain numbers" },
	{ { "--state=x=ok" }, "option --state: \"x\" is no outcome: ok, silent, dns" },
	{ { "--state=dns" },
	  "option --state: \"dns\" is not OUTCOME=STATE with ok, warning, critical or unknown" },
	{ { "--state=dns=ok,ok=4" },
	  "option --state: \"ok=4\" is not OUTCOME=STATE with ok, warning, critical or unknown" },
	{ { "-46" }, "option --use-ipv6: excludes --use-ipv4" },
	{ { "--source=pbx" }, "option --source: \"pbx\" is not an address" },
	{ { "--source=::1", "-4" }, "option --source: is not an IPv4 address" },
	{ { "--source=127.0.0.1", "-6" }, "option --source: is not an IPv6 address" },
	{ { "--resolver=dns.example" },
	  "option --resolver: \"dns.example\" is not ADDR or ADDR:PORT" },
	{ { "--resolver=::1%" }, "option --resolver: \"::1%\" is not ADDR or ADDR:PORT" },
	{ { "-Ha b" },
	  "option --hostname: \"a b\" holds a blank, a vertical bar or a byte outside of printable "
	  "ASCII" },
	{ { "--agent=a\rb" }, "option --agent: the value holds a control character" },
	{ { "--agent=\x7f" }, "option --agent: the value holds a control character" },
	{ { "--agent", "a\nb" }, "option --agent: the value holds a control character" },
	{ { "--min-tls=1" }, "option --min-tls: \"1\" is none of 1.2, 1.3" },
	{ { "--password=x" },
	  "option --password is taken from a file only (--extra-opts, --password-file)" },
	{ { "--output-format=xml" },
	  "option --output-format: \"xml\" is not text, oneline, json, jsonl or prometheus" },
	{ { "--bogus", "-h" }, "unknown option --bogus" },
	{ { "--bogus", "-p0" }, "unknown option --bogus" },
};

static void wrong_usage_is_one_line_that_names_it(void **unused)
{
	char wanted[300];
	struct run run;

	(void)unused;
	for (size_t i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++) {
		run_args(&run, REFUSED[i].args);
		snprintf(wanted, sizeof(wanted), "DEMO UNKNOWN - %s (see check_demo --help)\n",
			 REFUSED[i].sentence);
		assert_string_equal(run.page, wanted);
		assert_int_equal(run.code, STATE_UNKNOWN);
		finish(&run);
	}
}

static void errors_come_in_the_format_asked_for(void **unused)
{
	struct run run;

	(void)unused;
	RUN(&run, "--bogus", "--output-format", "json");
	assert_int_equal(run.page[0], '{');
	assert_non_null(strstr(run.page, "unknown option --bogus"));
	finish(&run);
	RUN(&run, "--output-format=json", "--output-format=xml");
	assert_non_null(strstr(run.page, "DEMO UNKNOWN - option --output-format"));
	finish(&run);
}

static void the_program_refuses_in_the_same_words(void **unused)
{
	struct out out;
	char line[200] = "";
	int pair[2];

	(void)unused;
	assert_int_equal(pipe(pair), 0);
	out_init(&out, pair[1]);
	assert_int_equal(opt_refuse(&PROGRAM, &(struct common){ .format = FORMAT_TEXT }, "count",
				    "too many", &out),
			 STATE_UNKNOWN);
	assert_true(out_flush(&out));
	assert_true(read(pair[0], line, sizeof(line) - 1) > 0);
	assert_string_equal(line,
			    "DEMO UNKNOWN - option --count: too many (see check_demo --help)\n");
	close(pair[0]);
	close(pair[1]);
}

static void documented_defaults_are_the_real_ones(void **unused)
{
	struct common given = { .program = NULL }, left;
	struct opt_error error;
	size_t count, compared = 0;
	const struct opt *row = opt_common(&count);

	(void)unused;
	opt_common_defaults(&left, &PROGRAM);
	for (size_t i = 0; i < count; i++) {
		bool prose = row[i].fallback == NULL || strchr(row[i].fallback, ' ') != NULL ||
			     strchr(row[i].fallback, '\'') != NULL;
		if (prose)
			continue;
		assert_true(
			opt_store(&row[i], &given, view_of(row[i].fallback), &given.arena, &error));
		compared++;
	}
	assert_int_equal(compared, 5);
	assert_int_equal(given.timeout_us, left.timeout_us);
	assert_int_equal(given.timeout_state, left.timeout_state);
	assert_int_equal(given.parallel, left.parallel);
	assert_int_equal(given.rate, left.rate);
	assert_int_equal(given.show, left.show);
	assert_int_equal(given.format, left.format);
}

static void program_may_have_its_own_timeout(void **unused)
{
	struct program program = PROGRAM;
	struct common common;

	(void)unused;
	program.timeout_us = 50000000;
	opt_common_defaults(&common, &program);
	assert_int_equal(common.timeout_us, 50000000);
	assert_int_equal(common.timeout_state, STATE_CRITICAL);
}

static void common_names_and_letters_are_unique(void **unused)
{
	size_t count;
	const struct opt *row = opt_common(&count);

	(void)unused;
	assert_non_null(row[0].group);
	assert_non_null(row[OPT_COMMON_FIRST].group);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(row[i].help[strlen(row[i].help) - 1], '.');
		assert_true(!opt_takes_value(&row[i]) || row[i].argument != NULL);
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(row[i].name, row[j].name);
			assert_true(row[i].letter == 0 || row[i].letter != row[j].letter);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_follows_in_every_usual_way),
		cmocka_unit_test(values_reach_their_fields),
		cmocka_unit_test(lists_append_and_keep_their_order),
		cmocka_unit_test(timeout_takes_a_state_in_any_case),
		cmocka_unit_test(states_of_outcomes_are_set_by_word),
		cmocka_unit_test(pairs_alert_above_or_below),
		cmocka_unit_test(wrong_usage_is_one_line_that_names_it),
		cmocka_unit_test(errors_come_in_the_format_asked_for),
		cmocka_unit_test(the_program_refuses_in_the_same_words),
		cmocka_unit_test(documented_defaults_are_the_real_ones),
		cmocka_unit_test(program_may_have_its_own_timeout),
		cmocka_unit_test(common_names_and_letters_are_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
