/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small file that one run leaves to the next; see state_file.h. */
#define _GNU_SOURCE
#include "cli/state_file.h"

#include "cli/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_SAFELY = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, OWNER_ONLY = 0600 };

/* Not a folder's name, beside which PATH.lock would not stand, and not standard input. */
static bool is_file_name(const char *path)
{
	struct view name = view_of(path);

	return name.n > 0 && name.p[name.n - 1] != '/' && !view_eq(name, VIEW("-"));
}

/* NUL-terminated; false when the name is longer than any file may have. */
static bool name_beside(char name[PATH_MAX], const char *path, struct view suffix)
{
	struct wr w = wr_over(name, PATH_MAX);

	wr_str(&w, path);
	wr_put(&w, suffix);
	wr_byte(&w, '\0');
	return !w.full;
}

/* NULL, or why the result of an open is not a file of ours. Somebody who may write to the folder
 * could have put anything there. */
static const char *why_not_ours(int fd, struct stat *st)
{
	if (fd < 0)
		return errno == ELOOP ? "is a symbolic link, which is not followed"
				      : strerror(errno);
	if (fstat(fd, st) != 0)
		return strerror(errno);
	if (S_ISDIR(st->st_mode))
		return "is a folder";
	if (!S_ISREG(st->st_mode))
		return "is not a regular file";
	return st->st_uid == geteuid() ? NULL : "belongs to another user";
}

/* The lock file is never removed: who waits for a removed one and who makes a new one would both
 * hold a lock. */
static bool take_lock(struct state_file *file, struct opt_error *error)
{
	char name[PATH_MAX];
	struct stat st;

	if (!name_beside(name, file->path, VIEW(".lock")))
		return file_error(error, file->path, 0, "the name is too long");
	file->lock = open(name, O_RDWR | O_CREAT | OPEN_SAFELY, OWNER_ONLY);
	const char *why = why_not_ours(file->lock, &st);
	if (why != NULL)
		return file_error(error, name, 0, why);
	if (flock(file->lock, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		return file_error(error, file->path, 0, "is in use by another run");
	return file_error(error, name, 0, strerror(errno));
}

/* Returns NULL or what is wrong. The file does not change while it is read, because it is only ever
 * replaced. */
static const char *read_text(int fd, size_t max_bytes, struct arena *arena, struct view *text)
{
	struct stat st = { .st_size = 0 };
	const char *why = why_not_ours(fd, &st);
	size_t n = 0;

	if (why != NULL)
		return why;
	if ((uintmax_t)st.st_size > max_bytes)
		return "is too large";
	size_t size = (size_t)st.st_size;
	char *bytes = arena_new(arena, size + 1, 1);
	while (n < size) {
		ssize_t got = read(fd, bytes + n, size - n);
		if (got < 0 && errno != EINTR)
			return strerror(errno);
		if (got == 0)
			return "was cut while it was read";
		n += got > 0 ? (size_t)got : 0;
	}
	*text = (struct view){ bytes, n };
	return NULL;
}

bool state_file_open(struct state_file *file, const char *path, size_t max_bytes,
		     struct arena *arena, struct view *text, struct opt_error *error)
{
	*file = (struct state_file){ .path = path, .lock = -1 };
	*text = VIEW("");
	if (!is_file_name(path))
		return file_error(error, path, 0, "is no file name");
	if (!take_lock(file, error)) {
		state_file_close(file);
		return false;
	}
	int fd = open(path, O_RDONLY | OPEN_SAFELY);
	if (fd < 0 && errno == ENOENT)
		return true;
	const char *why = read_text(fd, max_bytes, arena, text);
	if (fd >= 0)
		close(fd);
	if (why == NULL)
		return true;
	state_file_close(file);
	return file_error(error, path, 0, why);
}

/* A file that reports its errors late does so at fsync or close. This and what follows return 0 or
 * errno. */
static int write_new(const char *name, struct view text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | OPEN_SAFELY, OWNER_ONLY);

	if (fd < 0)
		return errno;
	int failed = file_write_all(fd, text);
	if (failed == 0 && fsync(fd) != 0)
		failed = errno;
	if (close(fd) != 0 && failed == 0)
		failed = errno;
	return failed;
}

/* Without this a power loss may bring the old file back, but whole. So it is no failure when it
 * cannot be done, for example in a folder that may be written but not read. */
static void sync_folder(const char *path)
{
	char folder[PATH_MAX];
	struct view rest = view_of(path);

	while (rest.n > 0 && rest.p[rest.n - 1] != '/')
		rest.n--;
	struct wr w = wr_over(folder, sizeof(folder));
	wr_put(&w, rest);
	wr_byte(&w, '.');
	wr_byte(&w, '\0');
	int fd = w.full ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

bool state_file_replace(const struct state_file *file, struct view text, struct opt_error *error)
{
	char name[PATH_MAX], suffix[32];
	struct opt_error why;
	struct wr w = wr_over(suffix, sizeof(suffix));

	assert(file->lock >= 0);
	wr_fmt(&w, ".%ld.new", (long)getpid());
	if (!name_beside(name, file->path, wr_view(&w)))
		return file_error(error, file->path, 0, "the name is too long");
	unlink(name); /* left by a run with our number that was killed */
	int failed = write_new(name, text);
	if (failed == 0 && rename(name, file->path) != 0)
		failed = errno;
	if (failed == 0) {
		sync_folder(file->path);
		return true;
	}
	unlink(name);
	opt_error_set(&why, "was not replaced: %s", strerror(failed));
	return file_error(error, file->path, 0, why.text);
}

void state_file_close(struct state_file *file)
{
	if (file->lock >= 0)
		close(file->lock);
	file->lock = -1;
}
