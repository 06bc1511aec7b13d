/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The disk is full, a sync fails, files vanish: what the caller hears, and what is still there. */
#define _GNU_SOURCE
#include "spool_place.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* These stand before the C library's: they write down their order, and from call `first` on as many
 * as `count` fail when told. */
enum call { WRITE, SYNC_FILE, SYNC_FOLDER, CLOSE, RENAME, REMOVE, LIST, CALLS };
static struct plan {
	unsigned first, count;
	int failure;
	unsigned seen;
} plan[CALLS];
static char steps[400];
static bool armed;
static size_t most_bytes; /* of one write; 0 = no limit */
static bool was_held;	  /* nobody else could lock the file of the last write */

static int start(void **state)
{
	armed = false;
	most_bytes = 0;
	return place_new(state);
}

/* From here on steps are written down. */
static void arm(void)
{
	memset(plan, 0, sizeof(plan));
	steps[0] = '\0';
	armed = true;
}

static void fail_at(enum call call, unsigned first, unsigned count, int failure)
{
	arm();
	plan[call] = (struct plan){ .first = first, .count = count, .failure = failure };
}

static int take_step(enum call call, const char *name)
{
	struct plan *p = &plan[call];
	size_t n = strlen(steps);
	struct wr w = wr_over(steps + n, sizeof(steps) - n - 1);

	if (!armed)
		return 0;
	wr_str(&w, n > 0 ? " " : "");
	wr_str(&w, name);
	w.p[w.n] = '\0';
	p->seen++;
	return p->failure != 0 && p->seen >= p->first && p->seen < p->first + p->count ? p->failure
										       : 0;
}

static bool is_new_file(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	return (flags & O_ACCMODE) == O_WRONLY && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size > 0;
}

static bool is_held(int fd)
{
	char link[40];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	int other = open(link, O_RDWR | O_CLOEXEC);
	bool held = flock(other, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	syscall(SYS_close, other);
	return held;
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	if (fd > 2 && armed)
		was_held = is_held(fd);
	if (fd > 2 && (errno = take_step(WRITE, "write")) != 0)
		return -1;
	return syscall(SYS_write, fd, bytes, most_bytes > 0 && n > most_bytes ? most_bytes : n);
}

int fsync(int fd)
{
	struct stat st;
	bool folder = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);

	errno = folder ? take_step(SYNC_FOLDER, "sync-folder") : take_step(SYNC_FILE, "sync");
	return errno == 0 ? 0 : -1;
}

int close(int fd)
{
	int failed = armed && is_new_file(fd) ? take_step(CLOSE, "close") : 0;
	int result = (int)syscall(SYS_close, fd);

	if (failed == 0)
		return result;
	errno = failed;
	return -1;
}

/* In which folder. */
static const char *place_of(int folder, char text[PATH_BYTES])
{
	char link[40];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", folder);
	ssize_t n = readlink(link, text, PATH_BYTES - 1);
	text[n > 0 ? n : 0] = '\0';
	char *last = strrchr(text, '/');
	return last != NULL ? last + 1 : text;
}

int renameat(int from_folder, const char *from, int folder, const char *to)
{
	char path[PATH_BYTES], step[PATH_BYTES + 20];

	snprintf(step, sizeof(step), "rename-%s", place_of(folder, path));
	int failed = take_step(RENAME, step);
	if (failed == ENOENT)
		syscall(SYS_unlinkat, from_folder, from, 0);
	if (failed != 0 && failed != ENOENT) {
		errno = failed;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from_folder, from, folder, to, 0);
}

int unlinkat(int folder, const char *name, int flags)
{
	bool new = view_ends(view_of(name), VIEW(".new"));

	errno = take_step(REMOVE, new ? "drop" : "remove");
	return errno == 0 ? (int)syscall(SYS_unlinkat, folder, name, flags) : -1;
}

struct dirent *readdir(DIR *folder)
{
	struct dirent *(*next)(DIR *);

	*(void **)&next = dlsym(RTLD_NEXT, "readdir");
	if (plan[LIST].failure == 0)
		return next(folder);
	errno = plan[LIST].failure;
	return NULL;
}

static bool add_one(struct place *place, const char *output)
{
	struct check_result result = result_of("a", output, NOW_US);

	return spool_add(place->spool, &result, 1, NOW_US, &place->error);
}

static void check_steps(const char *expected)
{
	armed = false;
	assert_string_equal(steps, expected);
}

static void a_result_is_on_disk_before_it_has_its_name(void **state)
{
	struct place *place = *state;

	arm();
	assert_true(add_one(place, "one"));
	check_steps("write sync close rename-queue sync-folder");
}

static void who_writes_holds_the_new_file(void **state)
{
	struct place *place = *state;

	arm();
	assert_true(add_one(place, "one"));
	assert_true(was_held);
	check_steps("write sync close rename-queue sync-folder");
}

static void a_folder_that_cannot_be_listed_is_told(void **state)
{
	struct place *place = *state;

	add(place, "a", "one", NOW_US);
	lock(place);
	fail_at(LIST, 1, 1, EIO);
	assert_false(spool_load(place->spool, NOW_US, &place->error));
	check_clause(place, "queue", "was not read: Input/output error");
	assert_false(add_one(place, "two"));
	check_clause(place, "queue", "results were not kept: Input/output error");
	assert_int_equal(spool_revive(place->spool, NOW_US, &place->error), -1);
	assert_int_equal(spool_depth(place->spool), 0);
	fail_at(LIST, 0, 0, 0);
	armed = false;
	check_loaded(place, "one");
}

static void an_add_that_fails_leaves_nothing(void **state)
{
	static const struct {
		enum call call;
		int failure;
		const char *why, *steps;
	} cases[] = {
		{ WRITE, ENOSPC, "No space left on device", "write drop" },
		{ SYNC_FILE, EIO, "Input/output error", "write sync close drop" },
		{ CLOSE, EDQUOT, "Disk quota exceeded", "write sync close drop" },
		{ RENAME, EROFS, "Read-only file system", "write sync close rename-queue drop" },
		{ SYNC_FOLDER, EIO, "Input/output error",
		  "write sync close rename-queue sync-folder remove" },
	};
	struct place *place = *state;
	char why[100];

	assert_true(add_one(place, "before"));
	for (size_t i = 0; i < CASES(cases); i++) {
		most_bytes = 10; /* so that the file has some bytes when the disk is full */
		fail_at(cases[i].call, cases[i].call == WRITE ? 2 : 1, 99, cases[i].failure);
		assert_false(add_one(place, "one"));
		armed = false;
		most_bytes = 0;
		snprintf(why, sizeof(why), "results were not kept: %s", cases[i].why);
		check_clause(place, "queue", why);
		assert_int_equal(count_files(place, "queue"), 1);
	}
	for (size_t i = 0; i < CASES(cases); i++) {
		fail_at(cases[i].call, 1, 99, cases[i].failure);
		assert_false(add_one(place, "one"));
		check_steps(cases[i].steps);
	}
	check_loaded(place, "before");
}

static void a_sync_that_failed_is_not_believed_later(void **state)
{
	struct place *place = *state;

	fail_at(SYNC_FILE, 1, 1, EIO);
	assert_false(add_one(place, "one"));
	assert_true(add_one(place, "two"));
	check_steps("write sync close drop write sync close rename-queue sync-folder");
	check_loaded(place, "two");
}

static void short_writes_and_interruptions_are_gone_on_with(void **state)
{
	struct place *place = *state;

	most_bytes = 7;
	fail_at(WRITE, 3, 4, EINTR);
	assert_true(add_one(place, "one"));
	armed = false;
	check_loaded(place, "one");
}

static void a_folder_without_sync_is_taken_as_it_is(void **state)
{
	static const int failures[] = { EINVAL, ENOTSUP };
	struct place *place = *state;

	for (size_t i = 0; i < CASES(failures); i++) {
		fail_at(SYNC_FOLDER, 1, 1, failures[i]);
		assert_true(add_one(place, "one"));
	}
	armed = false;
	check_loaded(place, "one");
}

/* A run that sweeps took the new file, which it found without a lock. */
static void a_new_file_that_was_swept_is_written_again(void **state)
{
	struct place *place = *state;

	fail_at(RENAME, 1, 2, ENOENT);
	assert_true(add_one(place, "one"));
	assert_int_equal(plan[RENAME].seen, 3);
	armed = false;
	assert_int_equal(count_files(place, "queue"), 1);
	fail_at(RENAME, 1, 99, ENOENT);
	assert_false(add_one(place, "two"));
	assert_in_range(plan[RENAME].seen, 2, 20);
	armed = false;
	check_clause(place, "queue", "results were not kept: No such file or directory");
	check_loaded(place, "one");
}

static void dead_is_written_before_the_rest_and_files_go_last(void **state)
{
	struct place *place = *state;

	add(place, "a", "one", NOW_US);
	add(place, "b", "two", NOW_US);
	load_all(place);
	spool_mark_refused(place->spool, 0, 404, VIEW("no"));
	arm();
	settle(place);
	check_steps("write sync close rename-dead sync-folder write sync close rename-queue "
		    "sync-folder remove remove sync-folder");
	assert_int_equal(count_files(place, "queue"), 1);
}

static void all_sent_needs_no_room(void **state)
{
	struct place *place = *state;

	add(place, "a", "one", NOW_US);
	add(place, "b", "two", NOW_US);
	load_all(place);
	mark_all_sent(place);
	fail_at(WRITE, 1, 99, ENOSPC);
	settle(place);
	check_steps("remove remove sync-folder");
	assert_int_equal(count_files(place, "queue"), 0);
}

/* What is done with goes, up to the first file that has to stay. */
static void a_full_disk_loses_nothing_at_settle(void **state)
{
	struct place *place = *state;

	add(place, "a", "one", NOW_US);
	add(place, "b", "two", NOW_US);
	add(place, "c", "three", NOW_US);
	add(place, "d", "four", NOW_US);
	load_all(place);
	spool_mark_sent(place->spool, 0);
	spool_mark_refused(place->spool, 1, 404, VIEW("no"));
	spool_mark_sent(place->spool, 2);
	fail_at(WRITE, 1, 99, ENOSPC);
	assert_false(spool_settle(place->spool, NOW_US, &place->error));
	check_steps("remove write drop");
	check_clause(place, "queue", "was not settled: No space left on device");
	assert_int_equal(count_files(place, "dead"), 0);
	assert_int_equal(spool_counts(place->spool).refused, 0);
	/* the marks are still there for another try */
	settle(place);
	assert_int_equal(spool_dead_depth(place->spool), 1);
	assert_int_equal(spool_counts(place->spool).refused, 1);
	check_loaded(place, "four");
}

static void without_another_try_they_are_sent_again(void **state)
{
	struct place *place = *state;

	place->conf.newest_only = true;
	reopen(place);
	add(place, "a", "a1", NOW_US - 2);
	add(place, "b", "b1", NOW_US - 2);
	add(place, "a", "a2", NOW_US - 1);
	load_all(place);
	spool_mark_refused(place->spool, 0, 404, VIEW("no"));
	spool_mark_sent(place->spool, 1);
	fail_at(WRITE, 1, 99, ENOSPC);
	assert_false(spool_settle(place->spool, NOW_US, &place->error));
	armed = false;
	spool_unlock(place->spool);
	assert_int_equal(spool_count(place->spool), 0);
	check_loaded(place, "b1 a2"); /* and not a1, which is older than what was sent */
}

static void what_was_not_removed_is_told(void **state)
{
	struct place *place = *state;

	add(place, "a", "one", NOW_US);
	load_all(place);
	mark_all_sent(place);
	fail_at(REMOVE, 1, 1, EROFS);
	assert_false(spool_settle(place->spool, NOW_US, &place->error));
	armed = false;
	check_clause(place, "queue", "was not settled: Read-only file system");
	fail_at(REMOVE, 1, 1, ENOENT); /* somebody else did */
	settle(place);
	armed = false;
	assert_int_equal(count_files(place, "queue"), 1);
}

static void the_oldest_file_goes_first(void **state)
{
	struct place *place = *state;

	add(place, "a", "one", NOW_US);
	add(place, "b", "two", NOW_US);
	add(place, "c", "three", NOW_US);
	load_all(place);
	mark_all_sent(place);
	fail_at(REMOVE, 2, 1, EIO);
	assert_false(spool_settle(place->spool, NOW_US, &place->error));
	armed = false;
	check_loaded(place, "two three");
}

static void the_next_try_that_cannot_be_written_is_told(void **state)
{
	struct place *place = *state;

	fail_at(WRITE, 1, 1, ENOSPC);
	assert_false(spool_set_backoff(place->spool, (struct spool_backoff){ 1, NOW_US },
				       &place->error));
	armed = false;
	check_clause(place, "backoff", "was not written: No space left on device");
	assert_int_equal(count_files(place, ""), 0);
}

static void what_cannot_come_back_stays_dead(void **state)
{
	struct place *place = *state;

	add(place, "a", "one", NOW_US);
	load_all(place);
	spool_mark_refused(place->spool, 0, 404, VIEW("no"));
	settle(place);
	fail_at(WRITE, 1, 1, ENOSPC);
	assert_int_equal(spool_revive(place->spool, NOW_US, &place->error), -1);
	armed = false;
	check_clause(place, "dead", "was not moved back: No space left on device");
	assert_int_equal(spool_dead_depth(place->spool), 1);
	assert_int_equal(count_files(place, "queue"), 0);
	arm();
	assert_int_equal(spool_revive(place->spool, NOW_US, &place->error), 1);
	check_steps("write sync close rename-queue sync-folder remove sync-folder");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, place_free)
	const struct CMUnitTest tests[] = {
		TEST(a_result_is_on_disk_before_it_has_its_name),
		TEST(who_writes_holds_the_new_file),
		TEST(a_folder_that_cannot_be_listed_is_told),
		TEST(an_add_that_fails_leaves_nothing),
		TEST(a_sync_that_failed_is_not_believed_later),
		TEST(short_writes_and_interruptions_are_gone_on_with),
		TEST(a_folder_without_sync_is_taken_as_it_is),
		TEST(a_new_file_that_was_swept_is_written_again),
		TEST(dead_is_written_before_the_rest_and_files_go_last),
		TEST(all_sent_needs_no_room),
		TEST(a_full_disk_loses_nothing_at_settle),
		TEST(without_another_try_they_are_sent_again),
		TEST(what_was_not_removed_is_told),
		TEST(the_oldest_file_goes_first),
		TEST(the_next_try_that_cannot_be_written_is_told),
		TEST(what_cannot_come_back_stays_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
