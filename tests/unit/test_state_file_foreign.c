/* SPDX-License-Identifier: GPL-3.0-or-later */
/* State files: what somebody else put into the folder, or forbade. */
#define _GNU_SOURCE
#include "state_place.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"

static bool replace_is_denied(struct place *place)
{
	return become_nobody() && !state_file_replace(&place->file, VIEW("new\n"), &place->error) &&
	       is_clause(place, "state", "was not replaced: Permission denied");
}

static bool open_is_denied(struct place *place)
{
	return become_nobody() && !open_place(place) &&
	       is_clause(place, "state.lock", "Permission denied");
}

static void a_folder_that_may_not_be_written_is_told(void **state)
{
	struct place *place = *state;

	assert_int_equal(chmod(place->folder, 0555), 0);
	in_child(place, open_is_denied);
	check_files(place, 0);
	assert_int_equal(chmod(place->folder, 0755), 0);
	write_file(place->path, OLD);
	check_open(place, OLD);
	assert_int_equal(chmod(place->folder, 0555), 0);
	in_child(place, replace_is_denied);
	check_file(place->path, OLD);
	check_files(place, 2);
}

static bool replaces_unread_folder(struct place *place)
{
	return become_nobody() && open_place(place) &&
	       state_file_replace(&place->file, VIEW("new\n"), &place->error);
}

static void a_folder_that_may_not_be_read_is_no_hindrance(void **state)
{
	struct place *place = *state;

	assert_int_equal(chmod(place->folder, 0333), 0);
	in_child(place, replaces_unread_folder);
	assert_int_equal(chmod(place->folder, 0700), 0);
	check_file(place->path, "new\n");
	check_files(place, 2);
}

static void a_missing_folder_is_told(void **state)
{
	struct place *place = *state;

	snprintf(place->path, sizeof(place->path), "%s/none/state", place->folder);
	check_refused(place, "none/state.lock", "No such file or directory");
}

static void a_symbolic_link_is_not_followed(void **state)
{
	struct place *place = *state;

	write_file(place->other, OLD);
	assert_int_equal(symlink(place->other, place->path), 0);
	check_refused(place, "state", "is a symbolic link, which is not followed");
	unlink(place->path);
	unlink(place->lock);
	assert_int_equal(symlink(place->other, place->lock), 0);
	check_refused(place, "state.lock", "is a symbolic link, which is not followed");
	unlink(place->lock);
	unlink(place->other);
	assert_int_equal(symlink(place->other, place->lock), 0); /* leads nowhere */
	check_refused(place, "state.lock", "is a symbolic link, which is not followed");
	assert_int_equal(access(place->other, F_OK), -1);
}

static void a_symbolic_link_is_replaced_and_not_what_it_leads_to(void **state)
{
	struct place *place = *state;

	write_file(place->other, OLD);
	check_open(place, "");
	assert_int_equal(symlink(place->other, place->path), 0);
	check_replaced(place, "new\n");
	check_file(place->other, OLD);
}

/* The name of the new file can be guessed; what waits there is removed, never written through. */
static void what_stands_in_the_way_of_the_new_file_is_removed(void **state)
{
	struct place *place = *state;
	char name[100];

	snprintf(name, sizeof(name), "%s.%ld.new", place->path, (long)getpid());
	write_file(place->other, OLD);
	check_open(place, "");
	write_file(name, "left by a run that was killed");
	check_replaced(place, "one\n");
	assert_int_equal(symlink(place->other, name), 0);
	check_replaced(place, "two\n");
	check_file(place->other, OLD);
	check_files(place, 3);
	assert_int_equal(mkdir(name, 0700), 0);
	assert_false(state_file_replace(&place->file, VIEW("three\n"), &place->error));
	check_clause(place, "state", "was not replaced: File exists");
	check_file(place->path, "two\n");
}

static void only_regular_files_are_read(void **state)
{
	struct place *place = *state;

	assert_int_equal(mkdir(place->path, 0700), 0);
	check_refused(place, "state", "is a folder");
	assert_int_equal(rmdir(place->path), 0);
	assert_int_equal(mkfifo(place->path, 0600), 0);
	check_refused(place, "state", "is not a regular file");
	unlink(place->lock);
	assert_int_equal(mkfifo(place->lock, 0600), 0);
	check_refused(place, "state.lock", "is not a regular file");
	unlink(place->lock);
	assert_int_equal(mkdir(place->lock, 0700), 0);
	check_refused(place, "state.lock", "Is a directory");
}

static void a_folder_in_place_of_the_file_is_not_replaced(void **state)
{
	struct place *place = *state;

	check_open(place, "");
	assert_int_equal(mkdir(place->path, 0700), 0);
	assert_false(state_file_replace(&place->file, VIEW("new\n"), &place->error));
	check_clause(place, "state", "was not replaced: Is a directory");
	check_files(place, 2);
}

static void a_file_of_another_user_is_refused(void **state)
{
	struct place *place = *state;

	if (geteuid() != 0)
		skip();
	write_file(place->path, OLD);
	assert_int_equal(chown(place->path, NOBODY, NOBODY), 0);
	check_refused(place, "state", "belongs to another user");
	unlink(place->path);
	assert_int_equal(chown(place->lock, NOBODY, NOBODY), 0);
	check_refused(place, "state.lock", "belongs to another user");
}

static void what_cannot_be_a_file_name_makes_no_lock_file(void **state)
{
	static const char *const names[] = { "", "-", "./", "folder/" };
	struct place *place = *state;
	char expected[60];

	enter(place);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *shown = i == 1 ? "standard input" : names[i];
		assert_false(state_file_open(&place->file, names[i], MAX_BYTES, &place->arena,
					     &place->text, &place->error));
		snprintf(expected, sizeof(expected), "%s: is no file name", shown);
		assert_string_equal(place->error.text, expected);
	}
	assert_int_equal(access(".lock", F_OK), -1);
	check_files(place, 0);
}

static void a_name_that_is_too_long_is_refused_with_a_short_clause(void **state)
{
	struct place *place = *state;
	char name[5000], expected[6000];

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_false(state_file_open(&place->file, name, MAX_BYTES, &place->arena, &place->text,
				     &place->error));
	name[ESCAPE_FIELD_MAX - 3] = '\0';
	snprintf(expected, sizeof(expected), "%s...: the name is too long", name);
	assert_string_equal(place->error.text, expected);
}

static void a_clause_holds_no_byte_that_the_output_may_not(void **state)
{
	struct place *place = *state;

	snprintf(place->path, sizeof(place->path), "%s/a|b;c\nd", place->folder);
	assert_int_equal(mkdir(place->path, 0700), 0);
	check_refused(place, "a/b,c?d", "is a folder");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_new, place_free)
	const struct CMUnitTest tests[] = {
		TEST(a_folder_that_may_not_be_written_is_told),
		TEST(a_folder_that_may_not_be_read_is_no_hindrance),
		TEST(a_missing_folder_is_told),
		TEST(a_symbolic_link_is_not_followed),
		TEST(a_symbolic_link_is_replaced_and_not_what_it_leads_to),
		TEST(what_stands_in_the_way_of_the_new_file_is_removed),
		TEST(only_regular_files_are_read),
		TEST(a_folder_in_place_of_the_file_is_not_replaced),
		TEST(a_file_of_another_user_is_refused),
		TEST(what_cannot_be_a_file_name_makes_no_lock_file),
		TEST(a_name_that_is_too_long_is_refused_with_a_short_clause),
		TEST(a_clause_holds_no_byte_that_the_output_may_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
