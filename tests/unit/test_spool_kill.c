/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A run is killed before each of its system calls, which is behind the one before, and the run that
 * comes next is killed too: every result that was taken is there, once or twice, whole, or where it
 * was told to go.  Under the address sanitizer, where a fork is slow, it is every seventh call.
 */
#define _GNU_SOURCE
#include "spool_place.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SLOW 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOW 1
#endif
#endif
#ifndef SLOW
#define SLOW 0
#endif

/* A system call is two stops, the odd one is before it. */
enum { FORBIDDEN = 77, STOPS_MAX = 5000, NEXT_STOPS = 97, STRIDE = SLOW ? 14 : 2 };

/* How far the run came; a step is set before and after what it is about. */
enum step {
	START,
	ADDING_1,
	ADDED_1,
	ADDING_2,
	ADDED_2,
	SETTLING_1,
	SETTLED_1,
	ADDING_3,
	ADDED_3,
	SETTLING_2,
	SETTLED_2,
	WAITING,
	REVIVING,
	REVIVED,
	END,
	NEVER
};

/* A result between `leaving` and `gone` may be here or there. */
struct fate {
	const char *output;
	enum step adding, added, leaving, gone;
	bool refused; /* it leaves for dead/, and comes back in the end */
};

struct story {
	void (*run)(struct place *place);
	bool newest_only;
	struct fate fate[5];
};

/* Shared with the runs. */
static volatile enum step *step;

static int share_step(void **state)
{
	void *page = mmap(NULL, sizeof(*step), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			  -1, 0);

	(void)state;
	step = page;
	return page != MAP_FAILED ? 0 : -1;
}

/* The runs are other processes: they end instead of failing an assertion. */
static void must(bool ok)
{
	if (!ok)
		_exit(1);
}

static void add_two(struct place *place, const char *first, const char *second)
{
	struct check_result two[] = { result_of((char[]){ first[0], '\0' }, first, NOW_US),
				      result_of((char[]){ second[0], '\0' }, second, NOW_US) };

	must(spool_add(place->spool, two, 2, NOW_US, &place->error));
}

static void load_in_run(struct place *place)
{
	must(spool_lock(place->spool, 0, &place->error) == SPOOL_LOCKED);
	must(spool_load(place->spool, NOW_US, &place->error));
}

static void mark(struct place *place, const char *output, bool refused)
{
	for (size_t i = 0; i < spool_count(place->spool); i++) {
		if (!view_eq(spool_at(place->spool, i)->output, view_of(output)))
			continue;
		if (refused)
			spool_mark_refused(place->spool, i, 404, VIEW("no"));
		else
			spool_mark_sent(place->spool, i);
	}
}

static void settle_at(struct place *place, enum step before, enum step after)
{
	*step = before;
	must(spool_settle(place->spool, NOW_US, &place->error));
	*step = after;
}

static void begin(struct place *place)
{
	must(spool_open(&place->conf, &place->spool, &place->error));
	*step = ADDING_1;
	add_two(place, "a1", "b1");
	*step = ADDED_1;
	*step = ADDING_2;
	add_two(place, "a2", "c1");
	*step = ADDED_2;
	load_in_run(place);
}

static void go_on(struct place *place)
{
	*step = ADDING_3;
	add_two(place, "d1", "d1");
	*step = ADDED_3;
	load_in_run(place);
	mark(place, "a2", false);
	mark(place, "c1", false);
	mark(place, "d1", false);
	settle_at(place, SETTLING_2, SETTLED_2);
	*step = WAITING;
	must(spool_set_backoff(place->spool, (struct spool_backoff){ 2, NOW_US }, &place->error));
	*step = REVIVING;
	must(spool_revive(place->spool, NOW_US, &place->error) == 1);
	*step = REVIVED;
	spool_close(place->spool);
	*step = END;
}

static void keep_all(struct place *place)
{
	begin(place);
	mark(place, "a1", false);
	mark(place, "b1", true);
	settle_at(place, SETTLING_1, SETTLED_1);
	go_on(place);
}

static void keep_newest(struct place *place)
{
	begin(place);
	mark(place, "a2", false);
	mark(place, "b1", true);
	settle_at(place, SETTLING_1, SETTLED_1);
	go_on(place);
}

static const struct story ALL = {
	.run = keep_all,
	.fate = { { "a1", ADDING_1, ADDED_1, SETTLING_1, SETTLED_1, false },
		  { "b1", ADDING_1, ADDED_1, SETTLING_1, SETTLED_1, true },
		  { "a2", ADDING_2, ADDED_2, SETTLING_2, SETTLED_2, false },
		  { "c1", ADDING_2, ADDED_2, SETTLING_2, SETTLED_2, false },
		  { "d1", ADDING_3, ADDED_3, SETTLING_2, SETTLED_2, false } },
};

/* a2 supersedes a1, which must not come back when a2 was sent. */
static const struct story NEWEST = {
	.run = keep_newest,
	.newest_only = true,
	.fate = { { "a1", ADDING_1, ADDED_1, ADDING_2, ADDED_2, false },
		  { "b1", ADDING_1, ADDED_1, SETTLING_1, SETTLED_1, true },
		  { "a2", ADDING_2, ADDED_2, SETTLING_1, SETTLED_1, false },
		  { "c1", ADDING_2, ADDED_2, SETTLING_2, SETTLED_2, false },
		  { "d1", ADDING_3, ADDED_3, SETTLING_2, SETTLED_2, false } },
};

/* What the next run does before it sends; it is not a part of the story. */
static void next_run(struct place *place)
{
	must(spool_open(&place->conf, &place->spool, &place->error));
	load_in_run(place);
	must(spool_settle(place->spool, NOW_US, &place->error));
	spool_close(place->spool);
}

static bool has_ended(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == FORBIDDEN)
		skip();
	if (!WIFSTOPPED(status))
		assert_int_equal(status, 0);
	return !WIFSTOPPED(status);
}

/* Returns whether the run came to its end before it was killed. */
static bool run_and_kill(struct place *place, void (*run)(struct place *place), unsigned stops)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(FORBIDDEN);
		raise(SIGSTOP);
		run(place);
		_exit(0);
	}
	for (unsigned i = 0; i <= stops; i++) {
		if (i > 0)
			assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (has_ended(status))
			return true;
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return false;
}

static unsigned count_in(const char *text, const char *output)
{
	char key[40];
	unsigned count = 0;
	struct wr w = wr_over(key, sizeof(key));

	wr_fmt(&w, "\"output\":\"%s\"", output);
	for (struct view rest = view_of(text); rest.n > 0; count++) {
		rest = view_skip(rest, view_search(rest, wr_view(&w)) + w.n);
		if (rest.n == 0)
			break;
	}
	return count;
}

static unsigned count_live(struct place *place, const char *output)
{
	unsigned count = 0;

	for (size_t i = 0; i < spool_count(place->spool); i++)
		count += view_eq(spool_at(place->spool, i)->output, view_of(output));
	return count;
}

static void check_fate(struct place *place, const struct fate *fate, const char *queue,
		       const char *dead, enum step at)
{
	unsigned live = count_live(place, fate->output), lines = count_in(queue, fate->output);
	unsigned refused = count_in(dead, fate->output);
	bool stays = at >= fate->added && at < fate->leaving;
	bool back = fate->refused && at >= REVIVING;

	if (at < fate->adding && (lines > 0 || refused > 0))
		fail_msg("step %d: %s is there before it was added", (int)at, fate->output);
	if (stays && (live != 1 || lines > 2 || refused > 0))
		fail_msg("step %d: %s is %u times in the queue", (int)at, fate->output, lines);
	if (at >= fate->gone && !back && live > 0)
		fail_msg("step %d: %s came back", (int)at, fate->output);
	if (fate->refused && at >= fate->leaving && live + refused == 0)
		fail_msg("step %d: %s is lost", (int)at, fate->output);
	if (fate->refused && at >= fate->gone && at < REVIVING && refused == 0)
		fail_msg("step %d: %s is not in dead/", (int)at, fate->output);
	if (live > 1 || refused > 2)
		fail_msg("step %d: %s is there more than twice", (int)at, fate->output);
}

static void check_no_leftovers(const struct place *place)
{
	static const char *const names[] = { "", "queue", "dead" };
	char path[PATH_BYTES];

	for (size_t i = 0; i < CASES(names); i++) {
		DIR *folder = opendir(path_of(place, names[i], path));
		assert_non_null(folder);
		for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
			assert_false(view_ends(view_of(entry->d_name), VIEW(".new")));
		closedir(folder);
	}
}

static void check_all(struct place *place, const struct story *story)
{
	char queue[TEXT_MAX], dead[TEXT_MAX];
	enum step at = *step;

	assert_true(spool_open(&place->conf, &place->spool, &place->error));
	load_all(place);
	check_no_leftovers(place);
	read_files(place, "queue", queue);
	read_files(place, "dead", dead);
	for (size_t i = 0; i < CASES(story->fate); i++)
		check_fate(place, &story->fate[i], queue, dead, at);
	if (at == ADDING_1 || at == ADDING_2)
		assert_int_equal(count_in(queue, at == ADDING_1 ? "b1" : "a2"),
				 count_in(queue, at == ADDING_1 ? "a1" : "c1"));
	struct spool_backoff backoff = spool_backoff(place->spool, NOW_US);
	assert_true(backoff.failures == (backoff.next_us == NOW_US ? 2 : 0));
	assert_true(at <= WAITING ? at == WAITING || backoff.failures == 0 : backoff.failures == 2);
	settle(place);
	assert_int_equal(spool_counts(place->spool).corrupt, 0);
	assert_int_equal(spool_counts(place->spool).unreadable, 0);
}

static void tell(struct place *place, const struct story *story)
{
	bool ended = false;
	unsigned stops;

	place->conf.newest_only = story->newest_only;
	for (stops = 1; !ended && stops < STOPS_MAX; stops += STRIDE) {
		clear(place);
		*step = START;
		ended = run_and_kill(place, story->run, stops);
		if (!ended)
			run_and_kill(place, next_run, stops % NEXT_STOPS);
		check_all(place, story);
	}
	assert_true(ended);
	assert_int_equal(*step, END);
	assert_true(stops > 200); /* or the kills were not between the system calls */
}

static void a_killed_run_loses_nothing(void **state)
{
	tell(*state, &ALL);
}

static void a_killed_run_brings_nothing_older_back(void **state)
{
	tell(*state, &NEWEST);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_new, place_free)
	const struct CMUnitTest tests[] = {
		TEST(a_killed_run_loses_nothing),
		TEST(a_killed_run_brings_nothing_older_back),
	};

	return cmocka_run_group_tests(tests, share_step, NULL);
}
