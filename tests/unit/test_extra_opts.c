/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ini files: the parser, the search for the file, and what it means to the options. */
#define _GNU_SOURCE
#include "cli/extra_opts.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEXT_MAX = 2000 };

/* A folder for the files of one test. */
struct place {
	char folder[40];
	char file[60];
	struct arena arena;
	struct extra_opts opts;
	struct opt_error error;
};

static int place_new(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (place == NULL)
		return -1;
	*state = place;
	snprintf(place->folder, sizeof(place->folder), "/tmp/test_extra_opts.XXXXXX");
	if (mkdtemp(place->folder) == NULL)
		return -1;
	snprintf(place->file, sizeof(place->file), "%s/plugins.ini", place->folder);
	unsetenv("MP_CONFIG_FILE");
	unsetenv("NAGIOS_CONFIG_PATH");
	return 0;
}

static int place_free(void **state)
{
	struct place *place = *state;

	arena_free(&place->arena);
	unlink(place->file);
	rmdir(place->folder);
	free(place);
	return 0;
}

static void write_file(const struct place *place, const char *text, mode_t mode)
{
	int fd = open(place->file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* The options as "key=value@line " each, or the clause. */
static const char *shown(struct place *place, bool ok, char *text)
{
	struct wr w = wr_over(text, TEXT_MAX - 1);

	for (size_t i = 0; ok && i < place->opts.count; i++)
		wr_fmt(&w, "%s%.*s=%.*s@%u", i > 0 ? " " : "", VIEW_ARG(place->opts.item[i].key),
		       VIEW_ARG(place->opts.item[i].value), place->opts.item[i].line);
	text[w.n] = '\0';
	return ok ? text : place->error.text;
}

static const char *parse(struct place *place, struct view text, char *buffer)
{
	return shown(
		place,
		extra_opts_parse(&place->arena, text, VIEW("demo"), &place->opts, &place->error),
		buffer);
}

static const char *load(struct place *place, const char *spec, char *buffer)
{
	return shown(place,
		     extra_opts_load(&place->arena, view_of(spec), "demo", 10000000, &place->opts,
				     &place->error),
		     buffer);
}

static void a_section_is_read_line_by_line(void **state)
{
#define NOT_A_NAME ":2: the name is not one plain word, or no \"=\" follows"
	static const struct {
		const char *text, *wanted;
	} row[] = {
		{ "[demo]\nport=1\n", "port=1@2" },
		{ "\xEF\xBB\xBF[demo]\r\n port =\t1 \r\n", "port=1@2" },
		{ "# c\n; c\n\n[ demo ] # c\n#x\np = 1", "p=1@6" },
		{ "[demo]\nalive\nalive =\nport: 2", "alive=@2 alive=@3 port=2@4" },
		{ "[demo]\na=1\n  b=2\n\tc=3\n", "a=1@2 b=2@3 c=3@4" },
		{ "[demo]\nstate=dns=ok\nH=sip:a;transport=tcp\npassword=a#b;c ~d\n",
		  "state=dns=ok@2 H=sip:a;transport=tcp@3 password=a#b;c ~d@4" },
		{ "a=0\n[x]\na=1\n[demo]\na=2\n[y]\na=3\n[demo]\na=4", "a=2@5 a=4@9" },
		{ "[demo]", "" },
		{ "[demos]\n[dem]\n[Demo]\n", ": no section [demo]" },
		{ "", ": no section [demo]" },
		{ "[x]\nbroken line ; here\n = \x01\n[demo]\na=1\n", "a=1@5" },
		{ "[demo\na=1\n", ":1: not a [section]" },
		{ "[demo]\n[x]y\n", ":2: not a [section]" },
		{ "[demo]\n=1\n", ":2: no name before the value" },
		{ "[demo]\n : 1\n", ":2: no name before the value" },
		{ "[demo]\npassword s3cret\n", NOT_A_NAME },
		{ "[demo]\npassword s3=cret\n", NOT_A_NAME },
		{ "[demo]\n\xEF\xBB\xBF;x=1\n", NOT_A_NAME },
		{ "[demo]\na=b ;c\n",
		  ":2: a semicolon behind a blank, but comments need a line of their own" },
		{ "[demo]\na=b\t;\n",
		  ":2: a semicolon behind a blank, but comments need a line of their own" },
		{ "[demo]\na=b\x1b\n", ":2: holds a control character" },
		{ "[demo]\na=b\rc\n", ":2: holds a control character" },
	};
	char buffer[TEXT_MAX];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		assert_string_equal(parse(*state, view_of(row[i].text), buffer), row[i].wanted);
	assert_string_equal(parse(*state, VIEW("[demo]\na=b\0c\n"), buffer),
			    ":2: holds a control character");
}

static void a_long_line_is_whole_or_refused(void **state)
{
	char text[400] = "[demo]\nkey=", buffer[TEXT_MAX];
	const size_t start = strlen(text);
	size_t longest = 0;

	for (size_t n = 1; n < 300; n++) {
		struct place *place = *state;
		text[start + n - 1] = 'x';
		const char *got = parse(place, (struct view){ text, start + n }, buffer);
		if (strcmp(got, ":2: is too long for the ini library") == 0)
			continue;
		assert_int_equal(place->opts.count, 1);
		assert_int_equal(place->opts.item[0].value.n, n);
		longest = n;
	}
	assert_in_range(longest, 150, 298);
}

static void many_options_are_kept(void **state)
{
	struct place *place = *state;
	char text[8000];
	struct wr w = wr_over(text, sizeof(text));

	wr_str(&w, "[demo]\n");
	for (unsigned i = 0; i < 1000; i++)
		wr_fmt(&w, "H=%u\n", i);
	assert_true(extra_opts_parse(&place->arena, wr_view(&w), VIEW("demo"), &place->opts,
				     &place->error));
	assert_int_equal(place->opts.count, 1000);
	assert_true(view_eq(place->opts.item[999].value, VIEW("999")));
}

static void the_file_is_named_or_found_by_the_environment(void **state)
{
	struct place *place = *state;
	char spec[100], buffer[TEXT_MAX];

	write_file(place, "[demo]\na=1\n[two]\na=2\n", 0600);
	snprintf(spec, sizeof(spec), "two@%s", place->file);
	assert_string_equal(load(place, spec, buffer), "a=2@4");
	assert_string_equal(place->opts.file, place->file);
	assert_string_equal(load(place, spec + 3, buffer), "a=1@2");
	setenv("MP_CONFIG_FILE", place->file, 1);
	assert_string_equal(load(place, "two", buffer), "a=2@4");
	assert_string_equal(load(place, "", buffer), "a=1@2");
	setenv("MP_CONFIG_FILE", "", 1);
	snprintf(spec, sizeof(spec), ":/nonexistent:%s:", place->folder);
	setenv("NAGIOS_CONFIG_PATH", spec, 1);
	assert_string_equal(load(place, "", buffer), "a=1@2");
	setenv("MP_CONFIG_FILE", "/nonexistent/x.ini", 1);
	assert_string_equal(load(place, "", buffer),
			    "/nonexistent/x.ini: No such file or directory");
}

static void a_file_that_cannot_serve_is_named(void **state)
{
	static const char *const row[][2] = {
		{ "@", "no file name behind the @" },
		{ "x@", "no file name behind the @" },
		{ "@/nonexistent", "/nonexistent: No such file or directory" },
		{ "@/", "/: is a folder" },
		{ "@/dev/zero", "/dev/zero: is too large" },
		{ "three@/dev/null", "/dev/null: no section [three]" },
		{ "a|b\x1b@/dev/null", "/dev/null: no section [a/b?]" },
	};
	struct place *place = *state;
	char spec[100], wanted[100], buffer[TEXT_MAX];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		assert_string_equal(load(place, row[i][0], buffer), row[i][1]);
	write_file(place, "[demo]\n", 0600);
	assert_int_equal(truncate(place->file, EXTRA_OPTS_BYTES_MAX + 1), 0);
	snprintf(spec, sizeof(spec), "@%s", place->file);
	snprintf(wanted, sizeof(wanted), "%s: is too large", place->file);
	assert_string_equal(load(place, spec, buffer), wanted);
	for (size_t i = 0; extra_opts_path[i] != NULL; i++)
		if (access(extra_opts_path[i], F_OK) == 0)
			return;
	assert_string_equal(load(place, "", buffer), "no ini file found, name one as @FILE");
}

static void a_file_that_others_can_read_is_marked(void **state)
{
	static const struct {
		mode_t mode;
		bool others;
	} row[] = { { 0600, false }, { 0640, true }, { 0604, true }, { 0622, false } };
	struct place *place = *state;
	char spec[100], buffer[TEXT_MAX];

	snprintf(spec, sizeof(spec), "@%s", place->file);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		write_file(place, "[demo]\na=1\n", row[i].mode);
		assert_string_equal(load(place, spec, buffer), "a=1@2");
		assert_int_equal(place->opts.others_can_read, row[i].others);
	}
}

static void a_named_file_is_marked_without_standard_input(void **state)
{
	struct place *place = *state;
	int kept = dup(STDIN_FILENO);
	char spec[100], buffer[TEXT_MAX];

	write_file(place, "[demo]\na=1\n", 0644);
	snprintf(spec, sizeof(spec), "@%s", place->file);
	close(STDIN_FILENO);
	const char *got = load(place, spec, buffer);
	dup2(kept, STDIN_FILENO);
	close(kept);
	assert_string_equal(got, "a=1@2");
	assert_true(place->opts.others_can_read);
}

static void standard_input_is_never_marked(void **state)
{
	struct place *place = *state;
	int kept = dup(STDIN_FILENO), fd;
	char buffer[TEXT_MAX];

	write_file(place, "[demo]\na=1\n", 0644);
	fd = open(place->file, O_RDONLY);
	dup2(fd, STDIN_FILENO);
	assert_string_equal(load(place, "@-", buffer), "a=1@2");
	assert_false(place->opts.others_can_read);
	assert_string_equal(place->opts.file, "standard input");
	dup2(kept, STDIN_FILENO);
	close(fd);
	close(kept);
}

/* The same through the option parser. */
struct conf {
	struct common common;
	struct view password;
	struct opt_list header, map;
	bool alive;
};

static bool parse_map(void *field, struct view value, struct arena *arena, struct opt_error *error)
{
	(void)error;
	opt_list_add(field, value, arena);
	return true;
}

static bool begins_with_key(struct view value)
{
	return view_istarts(value, VIEW("key:"));
}

static const struct opt OPTIONS[] = {
	{ .group = "Own",
	  .name = "password",
	  .type = OPT_TEXT,
	  .at = offsetof(struct conf, password),
	  .flags = OPT_FILE_ONLY,
	  .argument = "TEXT",
	  .help = "Secret." },
	{ .name = "alive", .type = OPT_FLAG, .at = offsetof(struct conf, alive), .help = "Flag." },
	{ .name = "header",
	  .type = OPT_LIST,
	  .at = offsetof(struct conf, header),
	  .is_secret = begins_with_key,
	  .argument = "TEXT",
	  .help = "List." },
	{ .name = "map",
	  .type = OPT_CALL,
	  .at = offsetof(struct conf, map),
	  .parse = parse_map,
	  .argument = "TEXT",
	  .help = "Call." },
};
static const struct outcome OUTCOME[] = {
	{ "ok", STATE_OK, "an answer" },
	{ "silent", STATE_CRITICAL, "no answer" },
};
static const struct report_spec REPORT = { .program = "demo", .service = "DEMO", .version = "1" };
static const struct program PROGRAM = { .report = &REPORT,
					.opt = OPTIONS,
					.opt_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
					.outcome = OUTCOME,
					.outcome_count = 2 };

static int parse_options(struct place *place, struct conf *conf, const char *more, char *page)
{
	char extra[100], *argv[] = { extra, extra, (char *)(uintptr_t)more };
	FILE *file = tmpfile();
	struct out out;

	snprintf(extra, sizeof(extra), "--extra-opts=@%s", place->file);
	memset(conf, 0, sizeof(*conf));
	memset(page, 0, TEXT_MAX);
	assert_non_null(file);
	out_init(&out, fileno(file));
	int code = opt_parse(&PROGRAM, conf, more != NULL ? 3 : 2, argv, &out);
	assert_true(out_flush(&out));
	assert_true(pread(fileno(file), page, TEXT_MAX - 1, 0) >= 0);
	fclose(file);
	return code;
}

static void the_command_line_wins_over_the_file(void **state)
{
	char page[TEXT_MAX];
	struct conf conf;

	write_file(*state, "[demo]\np = 5061\nalive\nH = a\nhostname = b\npassword = s3cret\n",
		   0600);
	assert_int_equal(parse_options(*state, &conf, "-vp5062", page), OPT_GO_ON);
	assert_int_equal(conf.common.port, 5062);
	assert_int_equal(conf.common.verbose, 1);
	assert_true(conf.alive);
	assert_int_equal(conf.common.hostname.count, 2);
	assert_true(view_eq(conf.password, VIEW("s3cret")));
	opt_free(&conf.common);
}

/* The values of all lists as one text. */
static const char *shown_lists(const struct conf *conf, char *text)
{
	const struct opt_list *list[] = { &conf->common.hostname, &conf->header, &conf->map };
	struct wr w = wr_over(text, TEXT_MAX - 1);

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		for (size_t j = 0; j < list[i]->count; j++)
			wr_fmt(&w, "%s%.*s", w.n > 0 ? " " : "", VIEW_ARG(list[i]->item[j]));
	text[w.n] = '\0';
	return text;
}

static void what_the_command_line_sets_is_not_taken_from_the_file(void **state)
{
	static const struct {
		const char *option, *lists;
		unsigned verbose;
		enum state ok, silent;
	} row[] = {
		{ NULL, "h1 h2 a1 a2 m1 m2", 3, STATE_WARNING, STATE_OK },
		{ "-Hh3", "h3 a1 a2 m1 m2", 3, STATE_WARNING, STATE_OK },
		{ "--header=a3", "h1 h2 a3 m1 m2", 3, STATE_WARNING, STATE_OK },
		{ "--map=m3", "h1 h2 a1 a2 m3", 3, STATE_WARNING, STATE_OK },
		{ "-v", "h1 h2 a1 a2 m1 m2", 1, STATE_WARNING, STATE_OK },
		{ "--state=ok=unknown", "h1 h2 a1 a2 m1 m2", 3, STATE_UNKNOWN, STATE_CRITICAL },
	};
	char page[TEXT_MAX], text[TEXT_MAX];
	struct conf conf;

	write_file(*state,
		   "[demo]\nH=h1\nhostname=h2\nheader=a1\nheader=a2\nmap=m1\nmap=m2\nv\nv\n"
		   "verbose\nstate=ok=warning\nstate=silent=ok\n",
		   0600);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_int_equal(parse_options(*state, &conf, row[i].option, page), OPT_GO_ON);
		assert_string_equal(shown_lists(&conf, text), row[i].lists);
		assert_int_equal(conf.common.verbose, row[i].verbose);
		assert_int_equal(opt_outcome_state(&PROGRAM, &conf.common, 0), row[i].ok);
		assert_int_equal(opt_outcome_state(&PROGRAM, &conf.common, 1), row[i].silent);
		opt_free(&conf.common);
	}
}

static void the_deadline_of_the_command_line_is_that_of_the_file(void **state)
{
	struct place *place = *state;
	char wanted[200], page[TEXT_MAX];
	struct conf conf;

	assert_int_equal(mkfifo(place->file, 0600), 0);
	assert_int_equal(parse_options(place, &conf, "-t0.05", page), STATE_UNKNOWN);
	snprintf(wanted, sizeof(wanted),
		 "DEMO UNKNOWN - option --extra-opts: %s: no end of file within 0.05 s "
		 "(see demo --help)\n",
		 place->file);
	assert_string_equal(page, wanted);
	opt_free(&conf.common);
}

static void wrong_options_in_a_file_are_named_with_their_line(void **state)
{
	static const char *const row[][2] = {
		{ "foo=1", ":2: unknown option --foo" },
		{ "x", ":2: unknown option -x" },
		{ "aliv=", ":2: unknown option --aliv, did you mean --alive" },
		{ "alive=1", ":2: option --alive: takes no value" },
		{ "port=", ":2: option --port: the value is empty" },
		{ "w=1:x", ":2: option --warning: column 3: a number is expected here" },
		{ "port=1\nextra-opts=x", ":3: option --extra-opts: only on the command line" },
		{ "emit=man", ":2: option --emit: only on the command line" },
		{ "help", ":2: option --help: only on the command line" },
		{ "h=", ":2: option --help: only on the command line" },
		{ "version", ":2: option --version: only on the command line" },
		{ "H=a\tb", ":2: option --hostname: the value holds a control character" },
	};
	struct place *place = *state;
	char text[200], wanted[300], page[TEXT_MAX];
	struct conf conf;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		snprintf(text, sizeof(text), "[demo]\n%s\n", row[i][0]);
		write_file(place, text, 0644);
		assert_int_equal(parse_options(place, &conf, NULL, page), STATE_UNKNOWN);
		snprintf(wanted, sizeof(wanted), "DEMO UNKNOWN - %s%s (see demo --help)\n",
			 place->file, row[i][1]);
		assert_string_equal(page, wanted);
		opt_free(&conf.common);
	}
}

static void a_secret_in_a_file_for_all_is_refused_and_not_shown(void **state)
{
	struct place *place = *state;
	char wanted[300], page[TEXT_MAX];
	struct conf conf;

	write_file(place, "[demo]\npassword=s3cret\n", 0640);
	assert_int_equal(parse_options(place, &conf, "--output-format=oneline", page),
			 STATE_UNKNOWN);
	snprintf(wanted, sizeof(wanted),
		 "DEMO UNKNOWN - %s:2: option --password holds a secret and others can read it, "
		 "chmod 600 %s (see demo --help)\n",
		 place->file, place->file);
	assert_string_equal(page, wanted);
	opt_free(&conf.common);
	write_file(place, "[demo]\nheader=x\nheader=Key: s3cret\n", 0604);
	assert_int_equal(parse_options(place, &conf, NULL, page), STATE_UNKNOWN);
	snprintf(wanted, sizeof(wanted),
		 "DEMO UNKNOWN - %s:3: option --header holds a secret and others can read it, "
		 "chmod 600 %s (see demo --help)\n",
		 place->file, place->file);
	assert_string_equal(page, wanted);
	opt_free(&conf.common);
	write_file(place, "[demo]\nheader=Key: s3cret\n", 0600);
	assert_int_equal(parse_options(place, &conf, NULL, page), OPT_GO_ON);
	opt_free(&conf.common);
	assert_int_equal(parse_options(place, &conf, "--header=key: mine", page), OPT_GO_ON);
	opt_free(&conf.common);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_new, place_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_section_is_read_line_by_line),
		TEST(a_long_line_is_whole_or_refused),
		TEST(many_options_are_kept),
		TEST(the_file_is_named_or_found_by_the_environment),
		TEST(a_file_that_cannot_serve_is_named),
		TEST(a_file_that_others_can_read_is_marked),
		TEST(a_named_file_is_marked_without_standard_input),
		TEST(standard_input_is_never_marked),
		TEST(the_command_line_wins_over_the_file),
		TEST(what_the_command_line_sets_is_not_taken_from_the_file),
		TEST(the_deadline_of_the_command_line_is_that_of_the_file),
		TEST(wrong_options_in_a_file_are_named_with_their_line),
		TEST(a_secret_in_a_file_for_all_is_refused_and_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
