/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Users by files of our own, and by this host's. */
#define _GNU_SOURCE
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "local/users.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))

enum { LONG_BYTES = 5000 };

/* Good lines between what is none. */
static const char *const lines[] = {
	"root:x:0:0:root:/root:/bin/bash",
	"toor:x:0:0::/root:/bin/sh",
	"",
	"# comment",
	"+::0:0:::",
	"+nis:x:41:0:::",
	"-nis:x:41:0:::",
	":x:42:0:::",
	"few:x:43:0::/",
	"many:x:43:0:::/:more",
	"sign:x:+44:0:::",
	"space:x: 44:0:::",
	"none:x::0:::",
	"large:x:4294967295:0:::",
	"huge:x:18446744073709551660:0:::",
	"word:x:4x:0:::",
	"voice:x:1000:1000:Voice,,,:/srv:",
	"1000:x:2000:2000:::",
	"last:x:4294967294:0:::", /* without an end */
};

static void write_users(char *path)
{
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	assert_non_null(file);
	for (size_t i = 0; i < CASES(lines); i++)
		fprintf(file, "%s%s", i > 0 ? "\n" : "", lines[i]);
	fclose(file);
}

static void only_whole_lines_give_a_name(void **state)
{
	static const struct {
		uint32_t uid;
		const char *name;
	} rows[] = {
		{ 0, "root" }, { 1000, "voice" }, { 2000, "1000" }, { UINT32_MAX - 1, "last" },
		{ 41, NULL },  { 42, NULL },	  { 43, NULL },	    { 44, NULL },
		{ 4, NULL },   { 45, NULL },	  { 1, NULL },	    { UINT32_MAX, NULL },
	};
	char path[] = "/tmp/test_local_users.XXXXXX";
	struct arena arena = { 0 };

	(void)state;
	write_users(path);
	for (size_t i = 0; i < CASES(rows); i++) {
		const char *name = local_user_name_in(path, &arena, rows[i].uid);
		if (name == NULL || rows[i].name == NULL)
			assert_ptr_equal(name, rows[i].name);
		else
			assert_string_equal(name, rows[i].name);
	}
	unlink(path);
	arena_free(&arena);
}

static void a_user_is_a_name_or_else_a_number(void **state)
{
	static const struct {
		struct view user;
		bool found;
		uint32_t uid;
	} rows[] = {
		{ { "root", 4 }, true, 0 },
		{ { "toor", 4 }, true, 0 },
		{ { "voice", 5 }, true, 1000 },
		{ { "last", 4 }, true, UINT32_MAX - 1 },
		{ { "1000", 4 }, true, 2000 },
		{ { "1001", 4 }, true, 1001 },
		{ { "0", 1 }, true, 0 },
		{ { "4294967294", 10 }, true, UINT32_MAX - 1 },
		{ { "4294967295", 10 }, false, 0 },
		{ { "voic", 4 }, false, 0 },
		{ { "voice ", 6 }, false, 0 },
		{ { "voice\0", 6 }, false, 0 },
		{ { "Voice", 5 }, false, 0 },
		{ { "+", 1 }, false, 0 },
		{ { "+nis", 4 }, false, 0 },
		{ { "-nis", 4 }, false, 0 },
		{ { "few", 3 }, false, 0 },
		{ { "many", 4 }, false, 0 },
		{ { "sign", 4 }, false, 0 },
		{ { "none", 4 }, false, 0 },
		{ { "large", 5 }, false, 0 },
		{ { "huge", 4 }, false, 0 },
		{ { "word", 4 }, false, 0 },
		{ { "", 0 }, false, 0 },
		{ { "-1", 2 }, false, 0 },
		{ { "+5", 2 }, false, 0 },
		{ { "root:x", 6 }, false, 0 },
	};
	char path[] = "/tmp/test_local_users.XXXXXX";

	(void)state;
	write_users(path);
	for (size_t i = 0; i < CASES(rows); i++) {
		uint32_t uid = 77;
		bool found = local_user_find_in(path, rows[i].user, &uid);
		if (found != rows[i].found)
			fail_msg("%.*s", VIEW_ARG(rows[i].user));
		assert_int_equal(uid, found ? rows[i].uid : 77);
	}
	unlink(path);
}

/* A line of 4096 bytes is whole, one byte more is too long; neither hides the next. */
static void a_line_that_is_too_long_is_passed_over(void **state)
{
	char path[] = "/tmp/test_local_users.XXXXXX", text[LONG_BYTES];
	struct arena arena = { 0 };
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	(void)state;
	assert_non_null(file);
	memset(text, 'c', sizeof(text));
	fprintf(file, "whole:x:1:1::/:%.*s\n", 4096 - 15, text);
	fprintf(file, "long:x:2:1::/:%.*s\n", 4097 - 14, text);
	fprintf(file, "nul%c:x:3:1::/:\n", '\0');
	fprintf(file, "after:x:4:1::/:\n");
	fclose(file);
	assert_string_equal(local_user_name_in(path, &arena, 1), "whole");
	assert_null(local_user_name_in(path, &arena, 2));
	assert_string_equal(local_user_name_in(path, &arena, 4), "after");
	unlink(path);
	arena_free(&arena);
}

static void without_a_file_there_are_only_numbers(void **state)
{
	struct arena arena = { 0 };
	uint32_t uid = 1;

	(void)state;
	assert_null(local_user_name_in("/nonexistent", &arena, 0));
	assert_false(local_user_find_in("/nonexistent", VIEW("root"), &uid));
	assert_true(local_user_find_in("/nonexistent", VIEW("12"), &uid));
	assert_int_equal(uid, 12);
	arena_free(&arena);
}

/* Against the C library's own reader. */
static void the_users_of_this_host_are_known(void **state)
{
	struct arena arena = { 0 };
	struct passwd *user;
	FILE *file = fopen("/etc/passwd", "r");
	unsigned count = 0;

	(void)state;
	if (file == NULL)
		skip();
	while ((user = fgetpwent(file)) != NULL) {
		uint32_t uid = 0;
		if (user->pw_name[0] == '+' || user->pw_name[0] == '-')
			continue;
		assert_true(local_user_find(view_of(user->pw_name), &uid));
		assert_int_equal(uid, user->pw_uid);
		assert_non_null(local_user_name(&arena, user->pw_uid));
		count++;
	}
	fclose(file);
	print_message("%u users\n", count);
	arena_free(&arena);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_whole_lines_give_a_name),
		cmocka_unit_test(a_user_is_a_name_or_else_a_number),
		cmocka_unit_test(a_line_that_is_too_long_is_passed_over),
		cmocka_unit_test(without_a_file_there_are_only_numbers),
		cmocka_unit_test(the_users_of_this_host_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
