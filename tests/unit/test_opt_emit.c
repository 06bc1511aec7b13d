/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is written from the option table: help, version, man page, bash completion, and the commands
 * of Icinga 2, Nagios and NRPE. */
#define _GNU_SOURCE
#include "opt_demo.h"

static void every_option_is_documented_once(void **unused)
{
	char name[64];
	struct opt_cursor row = { .opt = NULL };
	size_t rows = 0;
	struct run run;

	(void)unused;
	print(&run, STATE_UNKNOWN, "--help", NULL);
	for (; opt_next(&PROGRAM, &row); rows++) {
		snprintf(name, sizeof(name), "--%s%s", row.opt->name,
			 (row.opt->flags & OPT_OPTIONAL) != 0 ? "["
			 : opt_takes_value(row.opt)	      ? " "
							      : "\n");
		assert_in_range(count_of(run.page, name), 1, 2);
	}
	assert_int_equal(rows, 20 + 6); /* one takes the place of a common one */
	assert_int_equal(count_of(run.page, "\nStates:\n"), 1);
	assert_int_equal(count_of(run.page, "bananas"), 1);
}

static void usage_tells_how_many_targets_there_may_be(void **unused)
{
	struct program one = PROGRAM;
	struct run run;

	(void)unused;
	one.one_target = true;
	print(&run, STATE_UNKNOWN, "--help", NULL);
	assert_non_null(strstr(run.page,
			       "\nUsage: check_demo -H TARGET [-H TARGET ...] [OPTION ...]\n"
			       "       check_demo --targets FILE [OPTION ...]\n\n"));
	print_of(&one, &run, STATE_UNKNOWN, "--help", NULL);
	assert_non_null(strstr(run.page, "\nUsage: check_demo -H TARGET [OPTION ...]\n\n"));
	assert_int_equal(count_of(run.page, "--targets"), 0);
	assert_int_equal(count_of(run.page, "--parallel"), 0);
	print(&run, STATE_OK, "--emit", "man");
	assert_int_equal(count_of(run.page, "\n\\fBcheck_demo\\fR \\-H TARGET"), 1);
	assert_int_equal(count_of(run.page, ".br\n\\fBcheck_demo\\fR \\-\\-targets FILE"), 1);
	print_of(&one, &run, STATE_OK, "--emit", "man");
	assert_int_equal(count_of(run.page, "\n\\fBcheck_demo\\fR \\-H TARGET [OPTION ...]\n.SH"),
			 1);
	assert_int_equal(count_of(run.page, "targets FILE"), 0);
	print_of(&one, &run, STATE_OK, "--emit", "bash");
	assert_int_equal(count_of(run.page, "--targets"), 0);
}

static void help_fits_a_terminal_and_ends_with_the_outcomes(void **unused)
{
	struct run run;
	size_t column = 0;

	(void)unused;
	print(&run, STATE_UNKNOWN, "-h", NULL);
	for (const char *p = run.page; *p != '\0'; p++) {
		column = *p == '\n' ? 0 : column + 1;
		assert_true(column <= 80);
		assert_true(*p == '\n' || (*p >= ' ' && *p <= '~'));
	}
	assert_non_null(
		strstr(run.page, "\n  dns             UNKNOWN   the name does not resolve\n"));
	assert_non_null(strstr(run.page, "\n  time            s         round trip. Of many: _p50, "
					 "_p95, _max.\n"));
	assert_non_null(strstr(run.page, "counts: targets (all of them), ok, warning,"));
	assert_string_equal(strstr(run.page, "UNKNOWN   "),
			    "UNKNOWN   the name does not resolve\n");
	print(&run, STATE_UNKNOWN, "-V", NULL);
	assert_string_equal(run.page, "check_demo 1.2.3 (monitoring-plugins-voip)\n");
}

static void the_man_page_has_all_sections_and_only_known_macros(void **unused)
{
	static const char *const wanted[] = {
		".TH CHECK_DEMO 8 ",
		".SH NAME",
		".SH SYNOPSIS",
		".SH DESCRIPTION",
		".SH OPTIONS",
		".SH OUTCOMES",
		".SH \"PERFORMANCE DATA\"",
		".SH \"EXIT STATUS\"",
		".SH FILES",
		".SH ENVIRONMENT",
		".SH EXAMPLES",
		".SH \"SEE ALSO\"",
	};
	static const char *const macro[] = { "TH ",  "SH ",  "SS ",  "TP\n", "PP\n",
					     "br\n", "RS\n", "RE\n", "nf\n", "fi\n" };
	const char *at;
	struct run run;

	(void)unused;
	print(&run, STATE_OK, "--emit", "man");
	at = run.page;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_non_null(at = strstr(at, wanted[i]));
	for (at = run.page; at != NULL && *at != '\0'; at = strchr(at, '\n')) {
		at += *at == '\n';
		bool known = *at != '.' && *at != '\'';
		for (size_t i = 0; i < sizeof(macro) / sizeof(macro[0]); i++)
			known |= strncmp(at + (*at == '.'), macro[i], strlen(macro[i])) == 0;
		assert_true(known);
	}
	for (at = run.page; (at = strchr(at, '-')) != NULL; at++)
		assert_int_equal(at[-1], '\\');
	assert_non_null(strstr(run.page,
			       "\nround trip. Of many: _p50, _p95, _max. Unit: s. Prometheus: "
			       "check_demo_time_seconds.\n"));
	assert_non_null(strstr(run.page, "counts: targets (all of them), ok, warning,"));
	assert_non_null(strstr(run.page, "\n\\&.dot, \\(aqquote\\(aq and back\\eslash."));
}

/* Runs the completion in bash for each line of words. */
static void bash_completes_options_values_and_states(void **unused)
{
	static const char wanted[] =
		"--agent --alive\njson jsonl\njson jsonl\nsilent=\nok warning critical unknown\n"
		"warning\n1.2 1.3\n\n--password-file\n/etc/passwd\n";
	static const char driver[] =
		"try() { COMP_WORDS=(check_demo \"$@\"); COMP_CWORD=$#; _check_demo 2>/dev/null;"
		" echo \"${COMPREPLY[@]}\"; }\n"
		"try --a; try --output-format js; try --output-format = js; try --state s;"
		" try --state dns =; try --state = dns = w; try --min-tls ''; try -p '';"
		" try --pass; try --targets /etc/passw | grep -o '/etc/passwd$'\n";
	char command[] = "/tmp/test_opt.XXXXXX", line[64];
	char page[sizeof(wanted) + 64] = "";
	struct run run;

	(void)unused;
	if (access("/bin/bash", X_OK) != 0)
		skip();
	print(&run, STATE_OK, "--emit=bash", NULL);
	int fd = mkstemp(command);
	assert_true(write(fd, run.page, strlen(run.page)) == (ssize_t)strlen(run.page));
	assert_true(write(fd, driver, strlen(driver)) == (ssize_t)strlen(driver));
	close(fd);
	snprintf(line, sizeof(line), "/bin/bash %s", command);
	FILE *bash = popen(line, "r");
	assert_true(fread(page, 1, sizeof(page) - 1, bash) > 0);
	assert_int_equal(pclose(bash), 0);
	unlink(command);
	assert_string_equal(page, wanted);
}

static void icinga_has_an_argument_for_each_option_that_a_service_may_give(void **unused)
{
	static const char *const left_out[] = { "password", "emit", "version", "help" };
	char name[64];
	struct opt_cursor row = { .opt = NULL };
	struct run run;

	(void)unused;
	print(&run, STATE_OK, "--emit", "icinga2");
	while (opt_next(&PROGRAM, &row)) {
		size_t wanted = 1;
		for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
			wanted -= strcmp(row.opt->name, left_out[i]) == 0;
		snprintf(name, sizeof(name), "\n\t\t\"--%s\" = {\n", row.opt->name);
		assert_int_equal(count_of(run.page, name), wanted);
	}
	assert_int_equal(count_of(run.page, "\t\t\tdescription = \""), 26 - 4);
	assert_int_equal(count_of(run.page, "{"), count_of(run.page, "}"));
	assert_int_equal(count_of(run.page, "\n}\n"), 1);
	assert_int_equal(count_of(run.page, "Secret"), 0);
}

static void icinga_leaves_out_set_repeats_and_joins(void **unused)
{
	static const char *const wanted[] = {
		"/* check_demo: demonstrates options */\n"
		"object CheckCommand \"voip_demo\" {\n"
		"\timport \"ipv4-or-ipv6\"\n\n"
		"\tcommand = [ PluginContribDir + \"/check_demo\" ]\n"
		"\targuments = {\n"
		"\t\t\"--hostname\" = {\n"
		"\t\t\tvalue = \"$voip_demo_hostname$\"\n"
		"\t\t\tset_if = {{ string(macro(\"$voip_demo_hostname$\")) != \"false\" }}\n"
		"\t\t\trequired = true\n"
		"\t\t\trepeat_key = true\n"
		"\t\t\tdescription = \"What to check:",
		"\t\t\"--header\" = {\n"
		"\t\t\tvalue = \"$voip_demo_header$\"\n"
		"\t\t\trepeat_key = true\n"
		"\t\t\tdescription = \".dot, 'quote' and back\\\\slash.\"\n"
		"\t\t}\n",
		"\t\t\"--password-file\" = {\n"
		"\t\t\tvalue = \"$voip_demo_password_file$\"\n"
		"\t\t\tdescription = \"Where it is.\"\n"
		"\t\t}\n",
		"\t\t\"--alive\" = {\n"
		"\t\t\tset_if = \"$voip_demo_alive$\"\n"
		"\t\t\tdescription = \"Any answer is fine.\"\n"
		"\t\t}\n",
		"\t\t\tvalue = \"$voip_demo_state$\"\n"
		"\t\t\trepeat_key = true\n",
		"\t\t\tvalue = {{ range(number(macro(\"$voip_demo_verbose$\")))"
		".map(n => \"--verbose\") }}\n"
		"\t\t\tset_if = \"$voip_demo_verbose$\"\n"
		"\t\t\tskip_key = true\n",
		"\t\t\tvalue = {{\n"
		"\t\t\t\tvar values = macro(\"$voip_demo_extra_opts$\")\n"
		"\t\t\t\tif (typeof(values) != Array) { values = [ values ] }\n"
		"\t\t\t\tvalues.map(v => \"--extra-opts\""
		" + if (string(v) == \"true\") { \"\" } else { \"=\" + v })\n"
		"\t\t\t}}\n"
		"\t\t\tset_if = {{ bool(macro(\"$voip_demo_extra_opts$\")) }}\n"
		"\t\t\tskip_key = true\n"
		"\t\t\tdescription = \"Options from a section of an ini file, \\\"@-\\\" is",
		"\t}\n\tvars.voip_demo_hostname = \"$check_address$\"\n}\n",
	};
	struct program one = PROGRAM;
	const char *target = "\t\t\trequired = true\n\t\t\trepeat_key", *at;
	struct run run;

	(void)unused;
	print(&run, STATE_OK, "--emit", "icinga2");
	at = run.page;
	for (size_t i = 0; i < 2; i++)
		assert_non_null(at = strstr(at, wanted[i]));
	for (size_t i = 2; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_non_null(strstr(run.page, wanted[i]));
	assert_int_equal(count_of(run.page, target), 1);
	one.one_target = true;
	print_of(&one, &run, STATE_OK, "--emit", "icinga2");
	assert_int_equal(count_of(run.page, target), 0);
	assert_int_equal(count_of(run.page, "voip_demo_targets"), 0);
}

static const struct example COMMANDS[] = {
	{ "check_demo -H 192.0.2.1", "plain" },
	{ "check_demo --header 'X: 1!' --header Y;$a -H pbx --alive -w 5", "values" },
	{ "check_demo -H pbx:5060 --min-tls=1.3 --extra-opts --alive", "joined" },
	{ "check_demo --targets list", "many" },
	{ "check_demo -H pbx --output-format json", "for a machine" },
	{ "check_demo -H pbx --password secret", "never there" },
	{ "check_demo --emit man", "a document" },
	{ "check_demo --typo", "not an option" },
};

static void print_commands(struct run *run, const char *kind)
{
	struct program program = PROGRAM;

	program.example = COMMANDS;
	program.example_count = sizeof(COMMANDS) / sizeof(COMMANDS[0]);
	print_of(&program, run, STATE_OK, "--emit", kind);
}

static void nagios_gets_the_examples_with_their_values_as_arguments(void **unused)
{
	struct run run;

	(void)unused;
	print_commands(&run, "nagios");
	assert_int_equal(strncmp(run.page, "# Commands of check_demo, ", 26), 0);
	assert_string_equal(strstr(run.page, "\n\n"),
			    "\n\n"
			    "# plain\n"
			    "#   check_command check_demo\n"
			    "define command {\n"
			    "\tcommand_name check_demo\n"
			    "\tcommand_line $USER1$/check_demo -H '$HOSTADDRESS$' $ARG1$\n"
			    "}\n\n"
			    "# values\n"
			    "#   check_command check_demo_header_alive_warning!X: 1\\!!Y\\;$$a!5\n"
			    "define command {\n"
			    "\tcommand_name check_demo_header_alive_warning\n"
			    "\tcommand_line $USER1$/check_demo --header '$ARG1$' --header '$ARG2$'"
			    " -H '$HOSTADDRESS$' --alive -w '$ARG3$' $ARG4$\n"
			    "}\n\n"
			    "# joined\n"
			    "#   check_command check_demo_min_tls_extra_opts_alive!pbx:5060!1.3\n"
			    "define command {\n"
			    "\tcommand_name check_demo_min_tls_extra_opts_alive\n"
			    "\tcommand_line $USER1$/check_demo -H '$ARG1$' --min-tls='$ARG2$'"
			    " --extra-opts --alive $ARG3$\n"
			    "}\n\n"
			    "# many\n"
			    "#   check_command check_demo_targets!list\n"
			    "define command {\n"
			    "\tcommand_name check_demo_targets\n"
			    "\tcommand_line $USER1$/check_demo --targets '$ARG1$' $ARG2$\n"
			    "}\n");
}

static void nrpe_gets_the_examples_as_they_stand(void **unused)
{
	struct run run;

	(void)unused;
	print_commands(&run, "nrpe");
	assert_string_equal(
		run.page,
		"# plain\n"
		"command[check_demo]=/usr/lib/nagios/plugins/check_demo -H 192.0.2.1\n"
		"# values\n"
		"command[check_demo_header_alive_warning]=/usr/lib/nagios/plugins/check_demo"
		" --header 'X: 1!' --header Y;$a -H pbx --alive -w 5\n"
		"# joined\n"
		"command[check_demo_min_tls_extra_opts_alive]=/usr/lib/nagios/plugins/check_demo"
		" -H pbx:5060 --min-tls=1.3 --extra-opts --alive\n"
		"# many\n"
		"command[check_demo_targets]=/usr/lib/nagios/plugins/check_demo --targets list\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_is_documented_once),
		cmocka_unit_test(usage_tells_how_many_targets_there_may_be),
		cmocka_unit_test(help_fits_a_terminal_and_ends_with_the_outcomes),
		cmocka_unit_test(the_man_page_has_all_sections_and_only_known_macros),
		cmocka_unit_test(bash_completes_options_values_and_states),
		cmocka_unit_test(icinga_has_an_argument_for_each_option_that_a_service_may_give),
		cmocka_unit_test(icinga_leaves_out_set_repeats_and_joins),
		cmocka_unit_test(nagios_gets_the_examples_with_their_values_as_arguments),
		cmocka_unit_test(nrpe_gets_the_examples_as_they_stand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
