/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue's folders, its lock, adding, and the time of the next try; see spool.h. */
#define _GNU_SOURCE
#include "push/spool_private.h"

#include "base/text.h"
#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	OPEN_SAFELY = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
	OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW,
	FILE_MODE = 0600,
	FOLDER_MODE = 0700,
	PROFILE_NAME_MAX = 64,
	WAIT_FIRST_US = 1000,
	WAIT_MAX_US = 50000,
	BACKOFF_TEXT_MAX = 64
};
#define DAY_US INT64_C(86400000000)

/* "" as a name is the profile's folder. */
static bool blame(const struct spool *spool, const char *name, const char *why,
		  struct opt_error *error)
{
	char path[PATH_MAX];
	struct wr w = wr_over(path, sizeof(path) - 1);

	wr_str(&w, spool->conf.folder);
	wr_byte(&w, '/');
	wr_str(&w, spool->conf.profile);
	wr_str(&w, name[0] != '\0' ? "/" : "");
	wr_str(&w, name);
	path[w.n] = '\0';
	return file_error(error, path, 0, why);
}

bool spool_fail(const struct spool *spool, const char *name, const char *what, int failed,
		struct opt_error *error)
{
	struct opt_error why;

	opt_error_set(&why, "%s: %s", what, strerror(failed));
	return blame(spool, name, why.text, error);
}

static bool is_profile_name(struct view name)
{
	struct view rest = name;

	view_take_while(&rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
	return name.n > 0 && name.n <= PROFILE_NAME_MAX && rest.n == 0 && name.p[0] != '.';
}

/* Opens a folder of ours below `parent`, which has it durably when it is new. Returns NULL or why
 * not. */
static const char *open_folder(int parent, const char *name, int *out)
{
	struct stat st;

	*out = openat(parent, name, OPEN_FOLDER);
	if (*out < 0 && errno == ENOENT) {
		if (mkdirat(parent, name, FOLDER_MODE) != 0 && errno != EEXIST)
			return strerror(errno);
		int failed = spool_file_sync(parent);
		if (failed != 0)
			return strerror(failed);
		*out = openat(parent, name, OPEN_FOLDER);
	}
	if (*out < 0)
		return errno == ENOTDIR || errno == ELOOP
			       ? "is no folder, or a symbolic link, which is not followed"
			       : strerror(errno);
	if (fstat(*out, &st) != 0)
		return strerror(errno);
	if (st.st_uid != geteuid())
		return "belongs to another user";
	return (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 ? NULL : "may be written to by others";
}

/* The folder that was named may be a link: that is the choice of who named it. */
static bool open_folders(struct spool *spool, struct opt_error *error)
{
	const struct spool_conf *conf = &spool->conf;
	int folder = open(conf->folder, OPEN_FOLDER & ~O_NOFOLLOW);
	const char *why = NULL, *name = "";

	if (folder < 0)
		return file_error(error, conf->folder, 0, strerror(errno));
	why = open_folder(folder, conf->profile, &spool->profile);
	close(folder);
	if (why == NULL)
		why = open_folder(spool->profile, name = "queue", &spool->queue);
	if (why == NULL)
		why = open_folder(spool->profile, name = "dead", &spool->dead);
	return why == NULL || blame(spool, name, why, error);
}

bool spool_open(const struct spool_conf *conf, struct spool **out, struct opt_error *error)
{
	struct view profile = view_of(conf->profile);

	*out = NULL;
	if (!is_profile_name(profile))
		return opt_error_value(error, profile, "is no name for a profile");
	struct spool *spool = mem_new(1, sizeof(*spool));
	*spool =
		(struct spool){ .conf = *conf, .profile = -1, .queue = -1, .dead = -1, .lock = -1 };
	if (!open_folders(spool, error)) {
		spool_close(spool);
		return false;
	}
	*out = spool;
	return true;
}

void spool_close(struct spool *spool)
{
	if (spool == NULL)
		return;
	spool_unlock(spool);
	for (size_t i = 0; i < 3; i++) {
		int fd = (const int[]){ spool->profile, spool->queue, spool->dead }[i];
		if (fd >= 0)
			close(fd);
	}
	mem_free(spool);
}

bool spool_add(struct spool *spool, const struct check_result *result, size_t count, int64_t now_us,
	       struct opt_error *error)
{
	struct grow text = { .p = NULL };

	if (count == 0)
		return true;
	for (size_t i = 0; i < count; i++) {
		check_result_write(&result[i], &text);
		grow_byte(&text, '\n');
	}
	int failed = spool_file_add_last(spool->queue, now_us, count, grow_view(&text));
	grow_free(&text);
	return failed == 0 || spool_fail(spool, "queue", "results were not kept", failed, error);
}

static size_t depth(int folder)
{
	struct spool_files files;
	size_t sum = 0;

	spool_file_list(folder, &files);
	for (size_t i = 0; i < files.count; i++)
		sum += files.file[i].count;
	mem_free(files.file);
	return sum;
}

size_t spool_depth(struct spool *spool)
{
	return depth(spool->queue);
}

size_t spool_dead_depth(struct spool *spool)
{
	return depth(spool->dead);
}

struct spool_counts spool_counts(const struct spool *spool)
{
	return spool->counts;
}

static int64_t monotonic_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Programs block these signals where they read them from a descriptor. */
static bool is_told_to_end(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1 ||
		sigismember(&pending, SIGHUP) == 1);
}

/* Waits longer each time; false at the deadline, or when a signal came. */
static bool wait_a_little(int64_t *wait_us, int64_t deadline_us)
{
	int64_t left_us = deadline_us - monotonic_us();
	int64_t us = *wait_us < left_us ? *wait_us : left_us;
	struct timespec t = { .tv_sec = 0, .tv_nsec = (long)us * 1000 };

	if (us <= 0 || is_told_to_end())
		return false;
	*wait_us = 2 * *wait_us < WAIT_MAX_US ? 2 * *wait_us : WAIT_MAX_US;
	return nanosleep(&t, NULL) == 0;
}

/* NULL or why the lock file is none. */
static const char *open_lock(struct spool *spool)
{
	struct stat st;

	spool->lock = openat(spool->profile, "lock", O_RDWR | O_CREAT | OPEN_SAFELY, FILE_MODE);
	if (spool->lock < 0 || fstat(spool->lock, &st) != 0)
		return errno == ELOOP ? "is a symbolic link, which is not followed"
				      : strerror(errno);
	return S_ISREG(st.st_mode) ? NULL : "is not a regular file";
}

static enum spool_lock give_up(struct spool *spool, enum spool_lock outcome, const char *why,
			       struct opt_error *error)
{
	blame(spool, "lock", why, error);
	spool_unlock(spool);
	return outcome;
}

enum spool_lock spool_lock(struct spool *spool, int64_t deadline_us, struct opt_error *error)
{
	int64_t wait_us = WAIT_FIRST_US;

	if (spool->lock >= 0)
		return SPOOL_LOCKED;
	const char *why = open_lock(spool);
	if (why != NULL)
		return give_up(spool, SPOOL_FAILED, why, error);
	while (flock(spool->lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return give_up(spool, SPOOL_FAILED, strerror(errno), error);
		if (!wait_a_little(&wait_us, deadline_us))
			return give_up(spool, SPOOL_BUSY, "is held by another run", error);
	}
	spool_file_sweep(spool->profile);
	spool_file_sweep(spool->queue);
	spool_file_sweep(spool->dead);
	return SPOOL_LOCKED;
}

void spool_unlock(struct spool *spool)
{
	spool_forget(spool);
	if (spool->lock >= 0)
		close(spool->lock);
	spool->lock = -1;
}

/* "FAILURES NEXT_US", a line. */
struct spool_backoff spool_backoff(struct spool *spool, int64_t now_us)
{
	struct arena arena = { NULL };
	struct view text;
	uint64_t failures, next_us;
	bool good = spool_file_read(spool->profile, "backoff", &arena, &text) == 0 &&
		    text_u64(view_take_until(&text, ' '), UINT32_MAX, &failures) &&
		    text_u64(view_take_until(&text, '\n'), INT64_MAX, &next_us) && text.n == 0;

	arena_free(&arena);
	if (!good || (int64_t)next_us - now_us > DAY_US)
		return (struct spool_backoff){ .failures = 0 };
	return (struct spool_backoff){ failures, (int64_t)next_us };
}

bool spool_set_backoff(struct spool *spool, struct spool_backoff backoff, struct opt_error *error)
{
	char text[BACKOFF_TEXT_MAX];
	struct wr w = wr_over(text, sizeof(text));
	int failed;

	wr_u64(&w, backoff.failures);
	wr_byte(&w, ' ');
	wr_u64(&w, backoff.next_us > 0 ? (uint64_t)backoff.next_us : 0);
	wr_byte(&w, '\n');
	if (backoff.failures == 0)
		failed = spool_file_remove(spool->profile, "backoff");
	else
		failed = spool_file_write(spool->profile, "backoff", wr_view(&w));
	return failed == 0 || spool_fail(spool, "backoff", "was not written", failed, error);
}
