/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs side by side: the lock, what killed runs left, who adds meanwhile, the time of the next try. */
#define _GNU_SOURCE
#include "spool_place.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t monotonic_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * SECOND_US + t.tv_nsec / 1000;
}

/* Another run. */
static struct spool *second(struct place *place)
{
	struct spool *spool;

	assert_true(spool_open(&place->conf, &spool, &place->error));
	return spool;
}

static void only_one_run_has_the_lock(void **state)
{
	struct place *place = *state;
	struct spool *other = second(place);

	lock(place);
	lock(place); /* it has it already */
	assert_int_equal(spool_lock(other, 0, &place->error), SPOOL_BUSY);
	check_clause(place, "lock", "is held by another run");
	spool_unlock(place->spool);
	spool_unlock(place->spool);
	assert_int_equal(spool_lock(other, 0, &place->error), SPOOL_LOCKED);
	assert_int_equal(spool_lock(place->spool, 0, &place->error), SPOOL_BUSY);
	spool_close(other);
	lock(place);
}

static void the_wait_ends_at_the_deadline(void **state)
{
	struct place *place = *state;
	struct spool *other = second(place);
	int64_t start_us = monotonic_us();

	lock(place);
	assert_int_equal(spool_lock(other, start_us + 120000, &place->error), SPOOL_BUSY);
	assert_in_range(monotonic_us() - start_us, 120000, 10 * SECOND_US);
	spool_close(other);
}

/* The child says when it has the lock, and ends when it reads the end of the pipe. */
static void who_waits_finds_what_was_sent_meanwhile(void **state)
{
	struct place *place = *state;
	int ready[2], go[2], status;
	char byte;

	add(place, "a", "one", NOW_US);
	assert_true(pipe(ready) == 0 && pipe(go) == 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(go[1]);
		load_all(place);
		bool told = write(ready[1], "", 1) == 1 && read(go[0], &byte, 1) == 0;
		mark_all_sent(place);
		_exit(told && spool_settle(place->spool, NOW_US, &place->error) ? 0 : 1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(spool_lock(place->spool, 0, &place->error), SPOOL_BUSY);
	add(place, "b", "two", NOW_US);
	close(go[1]);
	assert_int_equal(spool_lock(place->spool, monotonic_us() + 20 * SECOND_US, &place->error),
			 SPOOL_LOCKED);
	check_loaded(place, "two");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(ready[0]);
	close(ready[1]);
	close(go[0]);
}

static void on_signal(int number)
{
	(void)number;
}

static void a_signal_ends_the_wait(void **state)
{
	struct place *place = *state;
	struct spool *other = second(place);
	struct itimerval soon = { .it_interval = { 0, 5000 }, .it_value = { 0, 20000 } }, never;
	int64_t start_us = monotonic_us();

	memset(&never, 0, sizeof(never));
	lock(place);
	sigaction(SIGALRM, &(struct sigaction){ .sa_handler = on_signal, .sa_flags = SA_RESTART },
		  NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	assert_int_equal(spool_lock(other, start_us + 50 * SECOND_US, &place->error), SPOOL_BUSY);
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_DFL);
	assert_in_range(monotonic_us() - start_us, 0, 20 * SECOND_US);
	spool_close(other);
}

/* As in programs that read them from a descriptor. */
static void a_blocked_signal_ends_the_wait_too(void **state)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	struct place *place = *state;
	struct spool *other = second(place);
	int64_t start_us = monotonic_us();
	sigset_t set, old;

	lock(place);
	for (size_t i = 0; i < CASES(numbers); i++) {
		sigemptyset(&set);
		sigaddset(&set, numbers[i]);
		sigprocmask(SIG_BLOCK, &set, &old);
		raise(numbers[i]);
		assert_int_equal(spool_lock(other, start_us + 50 * SECOND_US, &place->error),
				 SPOOL_BUSY);
		assert_int_equal(sigwaitinfo(&set, NULL), numbers[i]);
		sigprocmask(SIG_SETMASK, &old, NULL);
	}
	assert_in_range(monotonic_us() - start_us, 0, 20 * SECOND_US);
	spool_close(other);
}

static void a_lock_that_is_no_file_is_refused(void **state)
{
	struct place *place = *state;
	char path[PATH_BYTES];

	path_of(place, "lock", path);
	assert_int_equal(symlink("queue", path), 0);
	assert_int_equal(spool_lock(place->spool, 0, &place->error), SPOOL_FAILED);
	check_clause(place, "lock", "is a symbolic link, which is not followed");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(spool_lock(place->spool, 0, &place->error), SPOOL_FAILED);
	check_clause(place, "lock", "is not a regular file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(spool_lock(place->spool, 0, &place->error), SPOOL_FAILED);
	check_clause(place, "lock", "Is a directory");
	assert_int_equal(rmdir(path), 0);
	lock(place);
}

static void a_child_does_not_inherit_the_lock(void **state)
{
	struct place *place = *state;

	lock(place);
	assert_int_equal(system("ls -l /proc/$$/fd | grep -q '/lock$' && exit 7; exit 0"), 0);
}

static void leftovers_are_removed_with_the_lock(void **state)
{
	static const char *const folders[] = { "", "queue/", "dead/" };
	struct place *place = *state;
	char name[PATH_BYTES];

	for (size_t i = 0; i < CASES(folders); i++) {
		snprintf(name, sizeof(name), "%s0123456789abcdef.new", folders[i]);
		write_file(place, name, "{\"host\":");
	}
	add(place, "a", "one", NOW_US);
	assert_int_equal(count_files(place, "queue"), 2);
	check_loaded(place, "one");
	assert_int_equal(count_files(place, ""), 0);
	assert_int_equal(count_files(place, "queue"), 1);
	assert_int_equal(count_files(place, "dead"), 0);
}

static void what_somebody_still_writes_is_no_leftover(void **state)
{
	struct place *place = *state;
	char path[PATH_BYTES];

	write_file(place, "queue/0123456789abcdef.new", "{\"host\":");
	int fd = open(path_of(place, "queue/0123456789abcdef.new", path), O_WRONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	lock(place);
	assert_int_equal(count_files(place, "queue"), 1);
	spool_unlock(place->spool);
	close(fd);
	lock(place);
	assert_int_equal(count_files(place, "queue"), 0);
}

static void files_of_others_are_let_alone(void **state)
{
	static const char *const names[] = {
		"notes",
		"x.new",
		"0123456789abcde.new",
		"0123456789abcdef.newer",
		"0123456789ABCDEF.new",
		"1800000000000000-0123456789abcdef.1.json",
		"1800000000000000-0123456789abcdef.1.jsonl.bak",
		"180000000000000-0123456789abcdef.1.jsonl",
		"18000000000000000-0123456789abcdef.1.jsonl",
		"18000000000000x0-0123456789abcdef.1.jsonl",
		"1800000000000000-0123456789abcdeg.1.jsonl",
		"1800000000000000-0123456789abcdef0.1.jsonl",
		"1800000000000000-0123456789abcdef..jsonl",
		"1800000000000000-0123456789abcdef.-1.jsonl",
		"1800000000000000-0123456789abcdef.1000000000.jsonl",
		".hidden",
	};
	struct place *place = *state;
	char name[PATH_BYTES];

	for (size_t i = 0; i < CASES(names); i++) {
		snprintf(name, sizeof(name), "queue/%s", names[i]);
		write_file(place, name, "{\"host\":\"h\",\"state\":0}\n");
	}
	assert_int_equal(spool_depth(place->spool), 0);
	check_loaded(place, "");
	settle(place);
	assert_int_equal(spool_counts(place->spool).unreadable, 0);
	assert_int_equal(count_files(place, "queue"), CASES(names));
}

static void adder(struct place *place, unsigned number)
{
	char host[16], output[16];

	for (unsigned i = 0; i < 50; i++) {
		snprintf(host, sizeof(host), "h%u", number);
		snprintf(output, sizeof(output), "%u", i);
		struct check_result result = result_of(host, output, NOW_US + i);
		if (!spool_add(place->spool, &result, 1, NOW_US, &place->error))
			_exit(1);
	}
	_exit(0);
}

/* Takes all that is there, and checks that each adder's results come in order. */
static void drain(struct place *place, unsigned next[4])
{
	load_all(place);
	for (size_t i = 0; i < spool_count(place->spool); i++) {
		const struct check_result *result = spool_at(place->spool, i);
		unsigned number = (unsigned)(result->host.p[1] - '0');
		assert_int_equal(result->end_us, NOW_US + next[number]++);
	}
	mark_all_sent(place);
	settle(place);
	spool_unlock(place->spool);
}

static void nothing_is_lost_between_adders_and_a_sender(void **state)
{
	struct place *place = *state;
	unsigned next[4] = { 0 };
	int status, running = 4;

	for (unsigned i = 0; i < 4; i++) {
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			adder(place, i);
	}
	while (running > 0) {
		drain(place, next);
		while (waitpid(-1, &status, WNOHANG) > 0) {
			assert_int_equal(status, 0);
			running--;
		}
	}
	drain(place, next);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(next[i], 50);
	assert_int_equal(count_files(place, "queue"), 0);
}

static void the_next_try_is_remembered(void **state)
{
	struct place *place = *state;
	struct spool_backoff none = { 0, 0 }, later = { 3, NOW_US + 60 * SECOND_US };

	lock(place);
	assert_memory_equal(&(struct spool_backoff[]){ spool_backoff(place->spool, NOW_US) }, &none,
			    sizeof(none));
	assert_true(spool_set_backoff(place->spool, later, &place->error));
	reopen(place);
	assert_memory_equal(&(struct spool_backoff[]){ spool_backoff(place->spool, NOW_US) },
			    &later, sizeof(later));
	assert_int_equal(count_files(place, ""), 1);
	assert_true(spool_set_backoff(place->spool, none, &place->error));
	assert_true(spool_set_backoff(place->spool, none, &place->error));
	assert_int_equal(count_files(place, ""), 0);
}

static void a_time_that_cannot_be_is_forgotten(void **state)
{
	static const struct {
		const char *text;
		uint64_t failures;
	} cases[] = {
		{ "3 1800086400000000\n", 3 }, /* a day */
		{ "3 1800086400000001\n", 0 },
		{ "3 9223372036854775807\n", 0 },
		{ "3 1800000000000000", 3 },
		{ "3 1700000000000000\n", 3 },
		{ "3 1800000000000000\nx", 0 },
		{ "3\n", 0 },
		{ "", 0 },
		{ "-3 1800000000000000\n", 0 },
		{ "3 -1800000000000000\n", 0 },
		{ "4294967296 1800000000000000\n", 0 },
		{ "3 18000000000000000000000000000000000000000000000000000000000000\n", 0 },
		{ "noise", 0 },
	};
	struct place *place = *state;

	for (size_t i = 0; i < CASES(cases); i++) {
		write_file(place, "backoff", cases[i].text);
		struct spool_backoff backoff = spool_backoff(place->spool, NOW_US);
		if (backoff.failures != cases[i].failures ||
		    (backoff.next_us == 0) != (cases[i].failures == 0))
			fail_msg("%s: %ju", cases[i].text, (uintmax_t)backoff.failures);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_new, place_free)
	const struct CMUnitTest tests[] = {
		TEST(only_one_run_has_the_lock),
		TEST(the_wait_ends_at_the_deadline),
		TEST(who_waits_finds_what_was_sent_meanwhile),
		TEST(a_signal_ends_the_wait),
		TEST(a_blocked_signal_ends_the_wait_too),
		TEST(a_lock_that_is_no_file_is_refused),
		TEST(a_child_does_not_inherit_the_lock),
		TEST(leftovers_are_removed_with_the_lock),
		TEST(what_somebody_still_writes_is_no_leftover),
		TEST(files_of_others_are_let_alone),
		TEST(nothing_is_lost_between_adders_and_a_sender),
		TEST(the_next_try_is_remembered),
		TEST(a_time_that_cannot_be_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
