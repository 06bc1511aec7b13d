/* SPDX-License-Identifier: GPL-3.0-or-later */
/* State files: one run at a time, and the old content or the new one, never half. */
#define _GNU_SOURCE
#include "state_place.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* These stand before the C library's: they write down their order and fail when told. */
static char steps[80];
static int file_sync_errno, folder_sync_errno, close_errno;

static int start(void **state)
{
	steps[0] = '\0';
	file_sync_errno = folder_sync_errno = close_errno = 0;
	return place_new(state);
}

static void note(const char *step)
{
	size_t n = strlen(steps);

	snprintf(steps + n, sizeof(steps) - n, "%s ", step);
}

int fsync(int fd)
{
	struct stat st;
	bool folder = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);

	note(folder ? "fsync-folder" : "fsync-file");
	errno = folder ? folder_sync_errno : file_sync_errno;
	return errno == 0 ? (int)syscall(SYS_fsync, fd) : -1;
}

/* Fails only for a file that was just synced. */
int close(int fd)
{
	int failed = strcmp(steps, "fsync-file ") == 0 ? close_errno : 0;
	int result = (int)syscall(SYS_close, fd);

	if (failed == 0)
		return result;
	errno = failed;
	return -1;
}

int rename(const char *from, const char *to)
{
	note("rename");
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

static void a_missing_file_is_an_empty_text(void **state)
{
	struct place *place = *state;

	check_open(place, "");
	check_files(place, 1);
	assert_int_equal(mode_of(place->lock), 0600);
}

static void what_is_left_by_one_run_is_read_by_the_next(void **state)
{
	struct place *place = *state;

	check_open(place, "");
	check_replaced(place, "one\n");
	check_replaced(place, "two, and a longer one\n");
	state_file_close(&place->file);
	assert_int_equal(place->file.lock, -1);
	check_open(place, "two, and a longer one\n");
	check_replaced(place, "");
	state_file_close(&place->file);
	check_open(place, "");
	check_files(place, 2);
	assert_int_equal(mode_of(place->path), 0600);
}

static bool is_in_use(struct place *place)
{
	struct state_file second;

	return !state_file_open(&second, place->path, MAX_BYTES, &place->arena, &place->text,
				&place->error) &&
	       second.lock == -1 && is_clause(place, "state", "is in use by another run");
}

static bool can_be_opened(struct place *place)
{
	struct state_file second;

	return state_file_open(&second, place->path, MAX_BYTES, &place->arena, &place->text,
			       &place->error);
}

static void a_second_run_is_refused_until_the_first_one_ends(void **state)
{
	struct place *place = *state;

	write_file(place->path, OLD);
	check_open(place, OLD);
	in_child(place, is_in_use);
	check_replaced(place, "new\n");
	in_child(place, is_in_use);
	state_file_close(&place->file);
	in_child(place, can_be_opened);
	check_open(place, "new\n"); /* the child ended without a close */
	check_files(place, 2);
}

static void the_same_process_cannot_open_it_twice(void **state)
{
	struct place *place = *state;

	check_open(place, "");
	assert_true(is_in_use(place));
}

static void the_new_file_is_on_disk_before_it_takes_the_name(void **state)
{
	struct place *place = *state;

	check_open(place, "");
	check_replaced(place, "new\n");
	assert_string_equal(steps, "fsync-file rename fsync-folder ");
}

static void a_file_that_cannot_be_synced_is_not_taken(void **state)
{
	struct place *place = *state;

	write_file(place->path, OLD);
	check_open(place, OLD);
	file_sync_errno = EIO;
	assert_false(state_file_replace(&place->file, VIEW("new\n"), &place->error));
	check_clause(place, "state", "was not replaced: Input/output error");
	assert_string_equal(steps, "fsync-file ");
	check_file(place->path, OLD);
	check_files(place, 2);
	file_sync_errno = 0;
	check_replaced(place, "new\n");
}

static void a_file_that_cannot_be_closed_is_not_taken(void **state)
{
	struct place *place = *state;

	write_file(place->path, OLD);
	check_open(place, OLD);
	close_errno = EDQUOT;
	assert_false(state_file_replace(&place->file, VIEW("new\n"), &place->error));
	check_clause(place, "state", "was not replaced: Disk quota exceeded");
	assert_string_equal(steps, "fsync-file ");
	close_errno = 0;
	check_file(place->path, OLD);
	check_files(place, 2);
}

static void a_folder_that_cannot_be_synced_has_the_new_file(void **state)
{
	struct place *place = *state;

	check_open(place, "");
	folder_sync_errno = EINVAL;
	check_replaced(place, "new\n");
	assert_string_equal(steps, "fsync-file rename fsync-folder ");
}

static bool write_is_cut_by_a_limit(struct place *place)
{
	static char text[5000];
	struct rlimit limit = { 1500, 1500 };

	signal(SIGXFSZ, SIG_IGN);
	return setrlimit(RLIMIT_FSIZE, &limit) == 0 &&
	       !state_file_replace(&place->file, (struct view){ text, sizeof(text) },
				   &place->error) &&
	       is_clause(place, "state", "was not replaced: File too large");
}

static void a_file_that_does_not_fit_leaves_the_old_one(void **state)
{
	struct place *place = *state;

	write_file(place->path, OLD);
	check_open(place, OLD);
	in_child(place, write_is_cut_by_a_limit);
	assert_string_equal(steps, "");
	check_file(place->path, OLD);
	assert_int_equal(mode_of(place->path), OLD_MODE);
	check_files(place, 2);
}

static void a_file_up_to_the_limit_is_read(void **state)
{
	struct place *place = *state;
	char text[MAX_BYTES + 2];

	memset(text, 'x', sizeof(text));
	text[MAX_BYTES] = '\0';
	write_file(place->path, text);
	check_open(place, text);
	state_file_close(&place->file);
	text[MAX_BYTES] = 'x';
	text[MAX_BYTES + 1] = '\0';
	write_file(place->path, text);
	check_refused(place, "state", "is too large");
	check_refused(place, "state", "is too large"); /* and not in use */
}

static void a_name_without_folder_is_in_the_current_one(void **state)
{
	struct place *place = *state;

	enter(place);
	assert_true(state_file_open(&place->file, "state", MAX_BYTES, &place->arena, &place->text,
				    &place->error));
	check_replaced(place, "new\n");
	assert_string_equal(steps, "fsync-file rename fsync-folder ");
	check_files(place, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, place_free)
	const struct CMUnitTest tests[] = {
		TEST(a_missing_file_is_an_empty_text),
		TEST(what_is_left_by_one_run_is_read_by_the_next),
		TEST(a_second_run_is_refused_until_the_first_one_ends),
		TEST(the_same_process_cannot_open_it_twice),
		TEST(the_new_file_is_on_disk_before_it_takes_the_name),
		TEST(a_file_that_cannot_be_synced_is_not_taken),
		TEST(a_file_that_cannot_be_closed_is_not_taken),
		TEST(a_folder_that_cannot_be_synced_has_the_new_file),
		TEST(a_file_that_does_not_fit_leaves_the_old_one),
		TEST(a_file_up_to_the_limit_is_read),
		TEST(a_name_without_folder_is_in_the_current_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
