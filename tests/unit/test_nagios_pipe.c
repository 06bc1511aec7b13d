/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines for the command pipe of Nagios, and the output of a result as Nagios reads it. */
#define _GNU_SOURCE
#include "sink_place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static char path[60];
static int reader;
static bool drain;

/* Stands before the C library's. */
int poll(struct pollfd *poll_fd, nfds_t count, int timeout_ms)
{
	struct timespec limit = { 0, 0 };
	char page[PIPE_BUF];

	assert_true(count == 1 && timeout_ms > 0);
	if (drain)
		assert_int_equal(read(reader, page, sizeof(page)), sizeof(page));
	drain = false;
	return (int)syscall(SYS_ppoll, poll_fd, count, &limit, NULL, 0);
}

static int start(void **state)
{
	int failed = sink_place_new(state);
	struct sink_place *place = *state;

	signal(SIGPIPE, SIG_IGN);
	drain = false;
	snprintf(path, sizeof(path), "%s/nagios.cmd", place->folder);
	place->profile.path = path;
	if (failed != 0 || mkfifo(path, 0600) != 0)
		return -1;
	reader = open(path, O_RDONLY | O_NONBLOCK);
	return reader < 0 ? -1 : 0;
}

static int end(void **state)
{
	if (reader >= 0)
		close(reader);
	return sink_place_free(state);
}

/* What was written, as one piece. */
static const char *piped(struct sink_place *place, const struct check_result *result)
{
	assert_int_equal(write_with(place, &sink_nagios_pipe, result), PUSH_SENT);
	ssize_t n = read(reader, place->text, sizeof(place->text) - 1);
	assert_true(n > 0 && n <= PIPE_BUF);
	place->text[n] = '\0';
	assert_int_equal(strlen(place->text), n);
	assert_int_equal(strcspn(place->text, "\n"), n - 1);
	return place->text;
}

static void check_line(struct sink_place *place, const struct check_result *result,
		       const char *expected)
{
	assert_string_equal(piped(place, result), expected);
	check_words(place, "");
}

static void a_service_and_a_host_have_a_command_each(void **state)
{
	struct check_result result = result_of("pbx1", "sip udp");

	check_line(*state, &result,
		   "[1795239401] PROCESS_SERVICE_CHECK_RESULT;pbx1;sip udp;1;"
		   "SIP WARNING - 200 in 700 ms|time=0.7s;0.5;1;0\n");
	result.service = VIEW("");
	result.output = result.perfdata = VIEW("");
	result.end_us = -1;
	check_line(*state, &result, "[0] PROCESS_HOST_CHECK_RESULT;pbx1;0;\n");
}

static void a_host_is_up_or_down(void **state)
{
	static const struct {
		enum state state;
		const char *service, *host;
	} cases[] = {
		{ STATE_OK, ";a;b;0;", ";a;0;" },
		{ STATE_WARNING, ";a;b;1;", ";a;0;" },
		{ STATE_CRITICAL, ";a;b;2;", ";a;1;" },
		{ STATE_UNKNOWN, ";a;b;3;", ";a;1;" },
	};

	for (size_t i = 0; i < CASES(cases); i++) {
		struct check_result result = result_of("a", "b");
		result.state = cases[i].state;
		assert_non_null(strstr(piped(*state, &result), cases[i].service));
		result.service = VIEW("");
		assert_non_null(strstr(piped(*state, &result), cases[i].host));
	}
}

static void what_nagios_would_read_otherwise_is_escaped(void **state)
{
	static const struct {
		const char *output, *perfdata, *written;
	} cases[] = {
		{ "ok", "a=1 b=2", "ok|a=1 b=2" },
		{ "", "a=1", "|a=1" },
		{ "one\ntwo\nthree", "a=1", "one|a=1\\ntwo\\nthree" },
		{ "one\n", "", "one" },
		{ "one\n\ntwo", "", "one\\n\\ntwo" },
		{ "C:\\new\\\\x", "'C:\\new'=1", "C:\\\\new\\\\\\\\x|'C:\\\\new'=1" },
		{ "a|b=1\nc", "", "a/b=1\\nc" },
		{ "a;b", "'it''s | x'=1;2", "a;b|'it''s / x'=1;2" },
		{ "\"q\" 'r' $HOME <b>", "a=1 junk", "\"q\" 'r' $HOME <b>|a=1 junk" },
		{ "b\xc3\xa4r \xe2\x82\xac \xf0\x9f\x93\x9e", "",
		  "b\xc3\xa4r \xe2\x82\xac \xf0\x9f\x93\x9e" },
	};

	for (size_t i = 0; i < CASES(cases); i++) {
		struct check_result result = result_of("a", "b");
		char line[200];
		result.output = view_of(cases[i].output);
		result.perfdata = view_of(cases[i].perfdata);
		snprintf(line, sizeof(line), "[1795239401] PROCESS_SERVICE_CHECK_RESULT;a;b;1;%s\n",
			 cases[i].written);
		check_line(*state, &result, line);
	}
}

static void hostile_names_are_one_field_each(void **state)
{
	static const struct {
		const char *host, *service, *fields;
	} cases[] = {
		{ "a\\nb", "c\\\\d\\", ";a\\nb;c\\\\d\\;1;" },
		{ "say \"x\"", "../..", ";say \"x\";../..;1;" },
		{ "b\xc3\xa4r", "a|b", ";b\xc3\xa4r;a|b;1;" },
	};

	for (size_t i = 0; i < CASES(cases); i++) {
		struct check_result result = result_of(cases[i].host, cases[i].service);
		assert_non_null(strstr(piped(*state, &result), cases[i].fields));
	}
}

static void a_semicolon_in_a_name_is_refused(void **state)
{
	static const char *const names[][2] = { { "a;b", "c" }, { "a", ";" }, { ";", "" } };
	struct sink_place *place = *state;

	for (size_t i = 0; i < CASES(names); i++) {
		struct check_result result = result_of(names[i][0], names[i][1]);
		assert_int_equal(write_with(place, &sink_nagios_pipe, &result), PUSH_REFUSED);
		check_words(place,
			    "a name with a semicolon cannot be written to the pipe of Nagios");
		assert_true(read(reader, place->text, 1) <= 0);
	}
}

/* Lines of a full pipe's length, with names as long as they may be. */
static void the_further_lines_are_cut_first(void **state)
{
	struct sink_place *place = *state;
	char name[256], output[20000];
	struct check_result result;

	memset(name, 'n', 255);
	name[255] = '\0';
	memset(output, '\\', sizeof(output));
	memcpy(output, "first\nsecond\n", 13);
	result = result_of(name, name);
	result.output = (struct view){ output, sizeof(output) };
	const char *line = piped(place, &result);
	assert_non_null(strstr(line, ";first|time=0.7s;0.5;1;0\\nsecond\\n\\\\\\\\"));
	assert_true(view_ends(view_of(line), VIEW("\\\\...\n")));
	assert_in_range(strlen(line), PIPE_BUF - 1, PIPE_BUF);
	size_t slashes = strspn(strstr(line, "second\\n") + 8, "\\");
	assert_int_equal(slashes % 2, 0);
	check_words(place, "the output was cut to a line of 4096 bytes");
}

static void a_line_up_to_the_limit_is_whole(void **state)
{
	struct sink_place *place = *state;
	struct check_result result = result_of("pbx1", "sip");
	char output[PIPE_BUF];
	size_t around = strlen("[1795239401] PROCESS_SERVICE_CHECK_RESULT;pbx1;sip;1;") +
			strlen("|time=0.7s;0.5;1;0\n");

	memset(output, 'x', sizeof(output));
	result.output = (struct view){ output, PIPE_BUF - around };
	assert_int_equal(strlen(piped(place, &result)), PIPE_BUF);
	check_words(place, "");
	result.output.n++;
	assert_non_null(strstr(piped(place, &result), "x...|time=0.7s;0.5;1;0\n"));
	check_words(place, "the output was cut to a line of 4096 bytes");
}

/* Whatever the room, no character is cut through. */
static void text_is_cut_between_characters(void **state)
{
	static const char *const characters[] = { "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x93\x9e",
						  "\\" };
	struct sink_place *place = *state;
	char output[4096];

	for (size_t i = 0; i < CASES(characters); i++) {
		size_t bytes = strlen(characters[i]), written = bytes == 1 ? 2 : bytes;
		for (size_t at = 0; at < sizeof(output); at++)
			output[at] = characters[i][at % bytes];
		for (unsigned shift = 0; shift < 9; shift++) {
			struct check_result result = result_of(&"123456789"[shift], "b");
			result.output = (struct view){ output, sizeof(output) / bytes * bytes };
			result.output.n -=
				bytes == 1 ? 2000 : 0; /* it would fit if nothing were escaped */
			result.perfdata = VIEW("");
			const char *line = piped(place, &result);
			const char *text = strstr(line, ";b;1;") + 5;
			assert_in_range(strlen(line), PIPE_BUF - written + 1, PIPE_BUF);
			assert_true(view_ends(view_of(line), VIEW("...\n")));
			assert_int_equal((strlen(text) - 4) % written, 0);
			check_words(place, "the output was cut to a line of 4096 bytes");
		}
	}
}

/* Items of ten bytes with their separator; the room is PIPE_BUF without the front of the line, the end
 * of the line and 256 bytes of output. */
static void performance_data_goes_before_text_and_by_whole_items(void **state)
{
	struct sink_place *place = *state;
	struct check_result result = result_of("a", "b");
	char output[1000], perfdata[5000];
	const size_t front = strlen("[1795239401] PROCESS_SERVICE_CHECK_RESULT;a;b;1;");
	const size_t items = (PIPE_BUF - front - 1 - 256) / 10;

	memset(output, 'x', sizeof(output));
	for (size_t i = 0; i < sizeof(perfdata); i++)
		perfdata[i] = "label=123 "[i % 10];
	result.output = (struct view){ output, sizeof(output) };
	result.perfdata = (struct view){ perfdata, items * 10 - 1 };
	const char *line = piped(place, &result);
	assert_int_equal(strlen(line), PIPE_BUF);
	assert_int_equal(strlen(strchr(line, '|')), items * 10 + 1);
	result.output.n = 200;
	line = piped(place, &result);
	check_words(place, "");
	assert_int_equal(strlen(line), front + 200 + items * 10 + 1);
	result.perfdata.n = sizeof(perfdata) - 1;
	line = piped(place, &result);
	check_words(place, "the output was cut to a line of 4096 bytes");
	assert_true(view_ends(view_of(line), VIEW(" label=123\n")));
	assert_int_equal(strlen(line), front + 200 + items * 10 + 1);
	for (size_t shift = 0; shift < 10; shift++) {
		result.host = view_first(VIEW("0123456789"), shift + 1);
		size_t fit = (PIPE_BUF - front - shift - 1 - 256) / 10;
		line = piped(place, &result);
		assert_int_equal(strlen(strchr(line, '|')), fit * 10 + 1);
	}
}

static void check_later(struct sink_place *place, const char *why)
{
	struct check_result result = result_of("pbx1", "sip");
	char words[100];

	assert_int_equal(write_with(place, &sink_nagios_pipe, &result), PUSH_LATER);
	snprintf(words, sizeof(words), "%s: %s", place->profile.path, why);
	check_words(place, words);
}

static void without_a_daemon_it_is_for_later(void **state)
{
	struct sink_place *place = *state;

	close(reader);
	reader = -1;
	check_later(place, "nobody reads from it");
	assert_int_equal(unlink(path), 0);
	check_later(place, "No such file or directory");
	assert_int_equal(count_files(place, ""), 0);
}

static void what_is_no_pipe_is_left_alone(void **state)
{
	struct sink_place *place = *state;

	put_file(place, "file", "old");
	snprintf(path, sizeof(path), "%s/file", place->folder);
	check_later(place, "is not a pipe");
	assert_string_equal(read_file(place, "file"), "old");
	place->profile.path = place->folder;
	check_later(place, "Is a directory");
}

/* Nonblocking writers fill it up to its last page; then nothing more is written, not even a part. */
static void a_full_pipe_is_for_later(void **state)
{
	struct sink_place *place = *state;
	struct check_result result = result_of("pbx1", "sip");
	size_t lines = 0, got = 0;
	char words[100];
	ssize_t n;

	while (write_with(place, &sink_nagios_pipe, &result) == PUSH_SENT)
		lines++;
	snprintf(words, sizeof(words), "%s: is full", path);
	check_words(place, words);
	assert_true(lines > 100);
	while ((n = read(reader, place->text, sizeof(place->text))) > 0) {
		assert_int_equal(place->text[n - 1], '\n');
		for (ssize_t i = 0; i < n; i++)
			got += place->text[i] == '\n';
	}
	assert_int_equal(got, lines);
	assert_non_null(strstr(piped(place, &result), ";pbx1;sip;1;"));
}

/* The pipe is full; a reader takes a page of it only when the sink waits for room. */
static void it_waits_a_moment_for_room(void **state)
{
	struct sink_place *place = *state;
	struct check_result result = result_of("pbx1", "sip");

	while (write_with(place, &sink_nagios_pipe, &result) == PUSH_SENT)
		continue;
	drain = true;
	assert_int_equal(write_with(place, &sink_nagios_pipe, &result), PUSH_SENT);
	assert_false(drain);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
	const struct CMUnitTest tests[] = {
		TEST(a_service_and_a_host_have_a_command_each),
		TEST(a_host_is_up_or_down),
		TEST(what_nagios_would_read_otherwise_is_escaped),
		TEST(hostile_names_are_one_field_each),
		TEST(a_semicolon_in_a_name_is_refused),
		TEST(the_further_lines_are_cut_first),
		TEST(a_line_up_to_the_limit_is_whole),
		TEST(text_is_cut_between_characters),
		TEST(performance_data_goes_before_text_and_by_whole_items),
		TEST(without_a_daemon_it_is_for_later),
		TEST(what_is_no_pipe_is_left_alone),
		TEST(a_full_pipe_is_for_later),
		TEST(it_waits_a_moment_for_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
