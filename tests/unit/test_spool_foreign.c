/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders and files that are not as the queue made them. */
#define _GNU_SOURCE
#include "spool_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_spool(struct place *place)
{
	spool_close(place->spool);
	place->spool = NULL;
}

static bool opens(struct place *place)
{
	close_spool(place);
	return spool_open(&place->conf, &place->spool, &place->error);
}

static void refuses(struct place *place, const char *name, const char *why)
{
	assert_false(opens(place));
	assert_null(place->spool);
	check_clause(place, name, why);
}

static void a_profile_is_one_plain_word(void **state)
{
	static const char *const bad[] = { "",	  ".",	 "..",	     ".x",   "a/b",
					   "a b", "a\n", "\xc3\xa4", "../x", "/" };
	struct place *place = *state;
	char name[66];

	for (size_t i = 0; i < CASES(bad); i++) {
		place->conf.profile = bad[i];
		if (opens(place))
			fail_msg("%s", bad[i]);
	}
	assert_string_equal(place->error.text, "\"/\" is no name for a profile");
	memset(name, 'x', sizeof(name));
	name[65] = '\0';
	place->conf.profile = name;
	assert_false(opens(place));
	name[64] = '\0';
	assert_true(opens(place));
	place->conf.profile = "Icinga_2.site-a";
	assert_true(opens(place));
}

static void the_folder_must_exist(void **state)
{
	struct place *place = *state;
	char expected[100];

	place->conf.folder = "/nonexistent/spool";
	assert_false(opens(place));
	assert_string_equal(place->error.text, "/nonexistent/spool: No such file or directory");
	snprintf(expected, sizeof(expected), "%s/file", place->folder);
	close(open(expected, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	place->conf.folder = expected;
	assert_false(opens(place));
	assert_non_null(strstr(place->error.text, "/file: Not a directory"));
}

static void the_folder_itself_may_be_a_link(void **state)
{
	struct place *place = *state;
	char link[100];

	snprintf(link, sizeof(link), "%s/link", place->folder);
	assert_int_equal(symlink(".", link), 0);
	place->conf.folder = link;
	assert_true(opens(place));
	add(place, "a", "one", NOW_US);
	place->conf.folder = place->folder;
	reopen(place);
	check_loaded(place, "one");
}

static void folders_below_may_not(void **state)
{
	static const char *const names[] = { "", "queue", "dead" };
	struct place *place = *state;
	char path[PATH_BYTES], moved[PATH_BYTES];

	for (size_t i = 0; i < CASES(names); i++) {
		snprintf(moved, sizeof(moved), "%s/moved", place->folder);
		path_of(place, names[i], path);
		assert_int_equal(rename(path, moved), 0);
		assert_int_equal(symlink(moved, path), 0);
		refuses(place, names[i], "is no folder, or a symbolic link, which is not followed");
		assert_int_equal(unlink(path), 0);
		assert_int_equal(rename(moved, path), 0);
		assert_true(opens(place));
	}
}

static void a_file_in_the_place_of_a_folder_is_refused(void **state)
{
	struct place *place = *state;
	char path[PATH_BYTES];

	assert_int_equal(rmdir(path_of(place, "dead", path)), 0);
	write_file(place, "dead", "");
	refuses(place, "dead", "is no folder, or a symbolic link, which is not followed");
}

static void what_others_may_write_to_is_refused(void **state)
{
	static const mode_t bad[] = { 0770, 0707, 0720, 01777 };
	struct place *place = *state;
	char path[PATH_BYTES];

	for (size_t i = 0; i < CASES(bad); i++) {
		assert_int_equal(chmod(path_of(place, "queue", path), bad[i]), 0);
		refuses(place, "queue", "may be written to by others");
	}
	assert_int_equal(chmod(path_of(place, "queue", path), 0755), 0);
	assert_true(opens(place));
}

static bool is_refused_as_foreign(struct place *place)
{
	char expected[200], path[PATH_BYTES];

	snprintf(expected, sizeof(expected), "%s: belongs to another user",
		 path_of(place, "", path));
	return become_nobody() && !opens(place) && strcmp(place->error.text, expected) == 0;
}

static void a_folder_of_somebody_else_is_refused(void **state)
{
	struct place *place = *state;
	char path[PATH_BYTES];

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(place->folder, 0755), 0);
	assert_int_equal(chmod(path_of(place, "", path), 0755), 0);
	in_child(place, is_refused_as_foreign);
	assert_int_equal(chown(path, NOBODY, NOBODY), 0);
	refuses(place, "", "belongs to another user");
	assert_int_equal(chown(path, 0, 0), 0);
}

/* Everything belongs to nobody, so that a child can become the owner. */
static void give_to_nobody(const struct place *place)
{
	static const char *const names[] = { "", "queue", "dead", "lock" };
	char path[PATH_BYTES];

	assert_int_equal(chmod(place->folder, 0755), 0);
	for (size_t i = 0; geteuid() == 0 && i < CASES(names); i++)
		assert_true(chown(path_of(place, names[i], path), NOBODY, NOBODY) == 0 ||
			    errno == ENOENT);
}

static bool fails_with(struct place *place, const char *name, const char *why)
{
	char expected[500], path[PATH_BYTES];

	snprintf(expected, sizeof(expected), "%s: %s", path_of(place, name, path), why);
	return strcmp(place->error.text, expected) == 0;
}

static bool add_is_refused(struct place *place)
{
	struct check_result result = result_of("a", "one", NOW_US);

	return become_nobody() && opens(place) &&
	       !spool_add(place->spool, &result, 1, NOW_US, &place->error) &&
	       fails_with(place, "queue", "results were not kept: Permission denied");
}

static bool lock_is_refused(struct place *place)
{
	return become_nobody() && opens(place) &&
	       spool_lock(place->spool, 0, &place->error) == SPOOL_FAILED &&
	       fails_with(place, "lock", "Permission denied");
}

static bool open_is_refused(struct place *place)
{
	return become_nobody() && !opens(place) && fails_with(place, "dead", "Permission denied");
}

static void a_folder_that_cannot_be_written_to_is_an_error(void **state)
{
	struct place *place = *state;
	char path[PATH_BYTES];

	close_spool(place);
	give_to_nobody(place);
	assert_int_equal(chmod(path_of(place, "queue", path), 0500), 0);
	in_child(place, add_is_refused);
	assert_int_equal(count_files(place, "queue"), 0);
	assert_int_equal(chmod(path_of(place, "", path), 0500), 0);
	in_child(place, lock_is_refused);
	assert_int_equal(chmod(path, 0700), 0);
	assert_int_equal(rmdir(path_of(place, "dead", path)), 0);
	assert_int_equal(chmod(path_of(place, "", path), 0500), 0);
	in_child(place, open_is_refused);
	assert_int_equal(chmod(path, 0700), 0);
}

/* Names like ours, but nothing that we write. */
static void what_cannot_be_read_stays_and_stops_nothing(void **state)
{
	struct place *place = *state;
	char path[PATH_BYTES];

	write_file(place, "secret", "{\"host\":\"h\",\"state\":0,\"output\":\"followed\"}\n");
	assert_int_equal(symlink("../secret", path_of(place, "queue/" NAME("00000", "1"), path)),
			 0);
	assert_int_equal(mkfifo(path_of(place, "queue/" NAME("00001", "1"), path), 0600), 0);
	assert_int_equal(mkdir(path_of(place, "queue/" NAME("00002", "1"), path), 0700), 0);
	add(place, "a", "one", NOW_US);
	add(place, "b", "two", NOW_US);
	check_loaded(place, "one two");
	settle(place);
	assert_int_equal(spool_counts(place->spool).unreadable, 3);
	assert_int_equal(spool_depth(place->spool), 5);
	check_loaded(place, "one two");
	mark_all_sent(place);
	settle(place);
	assert_int_equal(spool_counts(place->spool).unreadable, 3);
	assert_int_equal(spool_depth(place->spool), 3);
	assert_int_equal(access(path_of(place, "secret", path), F_OK), 0);
}

static bool skips_one(struct place *place)
{
	if (!become_nobody() || !opens(place))
		return false;
	add(place, "a", "one", NOW_US);
	check_loaded(place, "one");
	mark_all_sent(place);
	settle(place);
	return spool_counts(place->spool).unreadable == 1;
}

static void a_file_of_another_mode_is_not_readable(void **state)
{
	struct place *place = *state;
	char path[PATH_BYTES];

	close_spool(place);
	give_to_nobody(place);
	write_file(place, "queue/" NAME("00000", "1"),
		   "{\"host\":\"h\",\"state\":0,\"output\":\"secret\"}\n");
	assert_int_equal(chmod(path_of(place, "queue/" NAME("00000", "1"), path), 0), 0);
	in_child(place, skips_one);
	assert_int_equal(count_files(place, "queue"), 1);
}

static void a_file_too_large_to_be_ours_is_not_read(void **state)
{
	struct place *place = *state;
	char path[PATH_BYTES];

	write_file(place, "queue/" NAME("00000", "1"), "{\"host\":\"h\",\"state\":0}\n");
	assert_int_equal(
		truncate(path_of(place, "queue/" NAME("00000", "1"), path), (off_t)1 << 40), 0);
	check_loaded(place, "");
	assert_int_equal(spool_counts(place->spool).unreadable, 1);
}

static void a_link_in_the_place_of_the_backoff_is_replaced(void **state)
{
	struct place *place = *state;
	char path[PATH_BYTES], target[PATH_BYTES];
	struct stat st;

	write_file(place, "target", "3 1800000000000000\n");
	assert_int_equal(symlink("target", path_of(place, "backoff", path)), 0);
	assert_int_equal(spool_backoff(place->spool, NOW_US).failures, 0);
	assert_true(spool_set_backoff(place->spool, (struct spool_backoff){ 5, NOW_US },
				      &place->error));
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(path_of(place, "target", target), path), 0);
	assert_int_equal(spool_backoff(place->spool, NOW_US).failures, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_new, place_free)
	const struct CMUnitTest tests[] = {
		TEST(a_profile_is_one_plain_word),
		TEST(the_folder_must_exist),
		TEST(the_folder_itself_may_be_a_link),
		TEST(folders_below_may_not),
		TEST(a_file_in_the_place_of_a_folder_is_refused),
		TEST(what_others_may_write_to_is_refused),
		TEST(a_folder_of_somebody_else_is_refused),
		TEST(a_folder_that_cannot_be_written_to_is_an_error),
		TEST(what_cannot_be_read_stays_and_stops_nothing),
		TEST(a_file_of_another_mode_is_not_readable),
		TEST(a_file_too_large_to_be_ours_is_not_read),
		TEST(a_link_in_the_place_of_the_backoff_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
