/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of ports in files. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/port_file.h"

static void assert_list(const char *text, const char *ports)
{
	struct port_set set = { { 0 } };
	struct opt_error error;
	char buffer[200];
	struct wr w = wr_over(buffer, sizeof(buffer));
	unsigned line;

	if (!port_file_parse(view_of(text), &set, &line, &error))
		fail_msg("'%s' line %u: %s", text, line, error.text);
	wr_port_set(&w, &set, 0);
	if (!view_eq(wr_view(&w), view_of(ports)))
		fail_msg("'%s' is %.*s", text, VIEW_ARG(wr_view(&w)));
}

static void ranges_stand_between_blanks_commas_and_line_ends(void **state)
{
	(void)state;
	assert_list("16384", "16384");
	assert_list("1 2,3\t5\n7-9\n", "1-3,5,7-9");
	assert_list("5060\r\n5061\r\n", "5060-5061");
	assert_list(" , 1 ,, 2 ,\n", "1-2");
	assert_list("# of the agent\n16384-16385 # a call\n#16390\n\n16400#x", "16384-16385,16400");
	assert_list("20 10 15-25 20\n", "10,15-25");
	assert_list("1-65535", "1-65535");
	assert_list("", "none");
	assert_list("# nothing is in use\n", "none");
}

static void a_wrong_range_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} cases[] = {
		{ "abc", 1 },	{ "1\n2\n0\n", 3 },  { "1\n65536", 2 },
		{ "9-5", 1 },	{ "# 1\n1-\n2", 2 }, { "1\n\n\n1;2", 4 },
		{ "1 - 2", 1 }, { "1-2-3", 1 },	     { "\n{\"bound\":\"1\"}", 2 },
		{ "1\v2", 1 },	{ "4294967297", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct port_set set = { { 0 } };
		struct opt_error error = { "" };
		unsigned line = 0;
		assert_false(port_file_parse(view_of(cases[i].text), &set, &line, &error));
		assert_non_null(strchr(error.text, ':'));
		if (line != cases[i].line)
			fail_msg("'%s': line %u", cases[i].text, line);
	}
}

static void a_nul_ends_no_list(void **state)
{
	struct port_set set = { { 0 } };
	struct opt_error error;
	unsigned line;

	(void)state;
	assert_false(port_file_parse(VIEW("1\n2\0003"), &set, &line, &error));
	assert_int_equal(line, 2);
}

static void the_file_and_its_line_are_named(void **state)
{
	char path[] = "/tmp/voip-ports.XXXXXX";
	struct arena arena = { NULL };
	struct port_set set = { { 0 } };
	struct opt_error error;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "7\nx\n", 4), 4);
	assert_false(port_file_read(path, 1000000, &arena, &set, &error));
	assert_true(view_search(view_of(error.text), view_of(path)) == 0);
	assert_true(view_search(view_of(error.text), VIEW(":2: \"x\" is no port range: ")) <
		    strlen(error.text));
	assert_int_equal(ftruncate(fd, 2), 0);
	assert_true(port_file_read(path, 1000000, &arena, &set, &error));
	assert_true(port_set_has(&set, 7));
	close(fd);
	unlink(path);
	assert_false(port_file_read(path, 1000000, &arena, &set, &error));
	assert_true(view_search(view_of(error.text), view_of(path)) == 0);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_stand_between_blanks_commas_and_line_ends),
		cmocka_unit_test(a_wrong_range_is_refused_with_its_line),
		cmocka_unit_test(a_nul_ends_no_list),
		cmocka_unit_test(the_file_and_its_line_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
