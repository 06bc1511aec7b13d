/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a program says of itself changes which options it has and what it takes. */
#define _GNU_SOURCE
#include "cli/opt_emit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct conf {
	struct common common;
	struct view name;
};

static const char *const USAGE[] = { " -P NAME -- COMMAND", NULL };
static const char *const NO_DESCRIPTION[] = { NULL };
static const struct opt OPTIONS[] = {
	{ .group = "Receivers",
	  .letter = 'P',
	  .name = "profile",
	  .type = OPT_TEXT,
	  .at = offsetof(struct conf, name),
	  .argument = "NAME",
	  .help = "A receiver." },
};
static const struct report_spec REPORT = {
	.program = "send_it", .service = "SEND", .version = "1", .noun = "things"
};
static const struct program CHECK = {
	.report = &REPORT, .description = NO_DESCRIPTION, .opt = OPTIONS, .opt_count = 1
};

/* The exit code; what was printed is dropped. */
static int parse(const struct program *program, struct conf *conf, int argc, char **argv)
{
	struct out out;
	int pipes[2];

	assert_int_equal(pipe(pipes), 0);
	out_init(&out, pipes[1]);
	memset(conf, 0, sizeof(*conf));
	int end = opt_parse(program, conf, argc, argv, &out);
	close(pipes[0]);
	close(pipes[1]);
	return end;
}

static void program_with_one_target_has_no_option_for_many(void **unused)
{
	static const char *const many[] = { "targets", "parallel" };
	struct program program = CHECK;

	(void)unused;
	program.one_target = true;
	for (size_t i = 0; i < 2; i++) {
		assert_non_null(opt_find(&CHECK, view_of(many[i])));
		assert_null(opt_find(&program, view_of(many[i])));
	}
	assert_non_null(opt_find(&program, VIEW("hostname")));
}

static void program_without_targets_has_no_option_about_them(void **unused)
{
	static const char *const about[] = { "hostname", "targets", "port",	"use-ipv4",
					     "use-ipv6", "warning", "critical", "parallel",
					     "rate",	 "source",  "resolver", "show",
					     "H" };
	static const char *const other[] = { "timeout", "state", "output-format", "verbose", "P" };
	struct program program = CHECK;
	struct opt_cursor row = { .opt = NULL };

	(void)unused;
	program.no_targets = true;
	program.usage = USAGE;
	for (size_t i = 0; i < sizeof(about) / sizeof(about[0]); i++) {
		assert_non_null(opt_find(&CHECK, view_of(about[i])));
		assert_null(opt_find(&program, view_of(about[i])));
	}
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		assert_non_null(opt_find(&program, view_of(other[i])));
	assert_string_equal(opt_usage(&program, 0), USAGE[0]);
	assert_null(opt_usage(&program, 1));
	assert_true(opt_next(&program, &row));
	assert_string_equal(row.heading, "Receivers");
}

static void a_command_stands_behind_two_dashes(void **unused)
{
	char *argv[] = { (char[]){ "send_it" }, (char[]){ "-P" },
			 (char[]){ "x" },	(char[]){ "--" },
			 (char[]){ "ls" },	(char[]){ "--port" },
			 (char[]){ "--" },	NULL };
	struct program program = CHECK;
	struct conf conf;

	(void)unused;
	assert_int_equal(parse(&CHECK, &conf, 7, argv), STATE_UNKNOWN);
	opt_free(&conf.common);
	program.takes_command = true;
	assert_int_equal(parse(&program, &conf, 7, argv), OPT_GO_ON);
	assert_true(view_eq(conf.name, VIEW("x")));
	assert_ptr_equal(conf.common.command, argv + 4);
	opt_free(&conf.common);
	argv[4] = NULL; /* an empty variable of a shell */
	assert_int_equal(parse(&program, &conf, 4, argv), STATE_UNKNOWN);
	opt_free(&conf.common);
	assert_int_equal(parse(&program, &conf, 3, argv), OPT_GO_ON);
	assert_null(conf.common.command);
	opt_free(&conf.common);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(program_with_one_target_has_no_option_for_many),
		cmocka_unit_test(program_without_targets_has_no_option_about_them),
		cmocka_unit_test(a_command_stands_behind_two_dashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
