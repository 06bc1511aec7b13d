/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of the queue: written under a name that nobody reads, RANDOM.new, synced, renamed.
 *
 * Who writes holds a flock on the new file, so that a sweep can tell it from what a killed run left.
 * The moments before the flock and between close and rename are not covered: then the rename finds
 * nothing, and the file is written again.
 */
#define _GNU_SOURCE
#include "push/spool_private.h"

#include "base/text.h"
#include "cli/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	OPEN_SAFELY = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
	OWNER_ONLY = 0600,
	STAMP_DIGITS = 16,
	TRIES = 8
};
#define STAMP_MAX 9999999999999999
#define COUNT_MAX 999999999
#define HEX_DIGITS "0123456789abcdef"

static bool take_hex64(struct view *text)
{
	return view_take_while(text, HEX_DIGITS).n == 16;
}

static bool parse_name(const char *text, struct spool_file *out)
{
	struct view name = view_of(text), stamp = view_take_until(&name, '-');

	if (stamp.n != STAMP_DIGITS || !text_u64(stamp, STAMP_MAX, &out->stamp) ||
	    !take_hex64(&name) || !view_take_char(&name, '.'))
		return false;
	struct view count = view_take_until(&name, '.');
	if (!text_u64(count, COUNT_MAX, &out->count) || !view_eq(name, VIEW("jsonl")))
		return false;
	struct wr w = wr_over(out->name, sizeof(out->name));
	wr_str(&w, text);
	wr_byte(&w, '\0');
	return !w.full;
}

static bool is_new_name(const char *text)
{
	struct view name = view_of(text);

	return take_hex64(&name) && view_eq(name, VIEW(".new"));
}

/* A stream of its own, so that the folder's descriptor keeps its place. */
static DIR *read_folder(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;

	if (stream == NULL && fd >= 0)
		close(fd);
	return stream;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct spool_file *)a)->name, ((const struct spool_file *)b)->name);
}

int spool_file_list(int folder, struct spool_files *out)
{
	DIR *stream = read_folder(folder);
	size_t cap = 0;

	*out = (struct spool_files){ .file = NULL };
	if (stream == NULL)
		return errno;
	errno = 0;
	for (struct dirent *entry; (entry = readdir(stream)) != NULL; errno = 0) {
		if (out->count == cap) {
			cap = cap > 0 ? 2 * cap : 16;
			out->file = mem_resize(out->file, cap, sizeof(*out->file));
		}
		out->count += parse_name(entry->d_name, &out->file[out->count]);
	}
	int failed = errno;
	closedir(stream);
	if (out->count > 1)
		qsort(out->file, out->count, sizeof(*out->file), by_name);
	return failed;
}

int spool_file_read(int folder, const char *name, struct arena *arena, struct view *out)
{
	int fd = openat(folder, name, O_RDONLY | OPEN_SAFELY);
	struct stat st = { .st_size = 0 };
	int failed = fd < 0 || fstat(fd, &st) != 0 ? errno : 0;
	size_t n = 0, size = 0;

	if (failed == 0 && !S_ISREG(st.st_mode))
		failed = EINVAL;
	if (failed == 0 && st.st_size > SPOOL_FILE_MAX)
		failed = EFBIG;
	if (failed == 0)
		size = (size_t)st.st_size;
	char *bytes = arena_new(arena, size, 1);
	while (failed == 0 && n < size) {
		ssize_t got = read(fd, bytes + n, size - n);
		if (got < 0 && errno != EINTR)
			failed = errno;
		if (got == 0)
			failed = EIO; /* nobody may have cut it */
		n += got > 0 ? (size_t)got : 0;
	}
	if (fd >= 0)
		close(fd);
	*out = (struct view){ bytes, n };
	return failed;
}

/* An fsync that failed is not tried again: the kernel has forgotten what it could not write. */
static int write_new(int folder, const char *name, struct view text)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | OPEN_SAFELY, OWNER_ONLY);

	if (fd < 0)
		return errno;
	flock(fd, LOCK_EX | LOCK_NB);
	int failed = file_write_all(fd, text);
	if (failed == 0 && fsync(fd) != 0)
		failed = errno;
	if (close(fd) != 0 && failed == 0)
		failed = errno;
	return failed;
}

/* File systems that know no sync of folders are taken as they are. */
int spool_file_sync(int folder)
{
	if (fsync(folder) == 0 || errno == EINVAL || errno == ENOTSUP)
		return 0;
	return errno;
}

static bool random_word(uint64_t *out)
{
	return getrandom(out, sizeof(*out), 0) == (ssize_t)sizeof(*out);
}

/* `*swept` tells that somebody took the new file for a leftover. */
static int write_once(int folder, const char *name, struct view text, bool *swept)
{
	char new_name[SPOOL_NAME_BYTES];
	struct wr w = wr_over(new_name, sizeof(new_name));
	uint64_t random;

	*swept = false;
	if (!random_word(&random))
		return errno;
	wr_hex64(&w, random);
	wr_put(&w, VIEW(".new\0"));
	int failed = write_new(folder, new_name, text);
	if (failed == 0 && renameat(folder, new_name, folder, name) != 0) {
		failed = errno;
		*swept = failed == ENOENT;
	}
	if (failed != 0) {
		unlinkat(folder, new_name, 0);
		return failed;
	}
	failed = spool_file_sync(folder);
	if (failed != 0) /* what a power loss may take back is not kept */
		unlinkat(folder, name, 0);
	return failed;
}

int spool_file_write(int folder, const char *name, struct view text)
{
	bool swept = true;
	int failed = 0;

	for (unsigned i = 0; i < TRIES && swept; i++)
		failed = write_once(folder, name, text, &swept);
	return failed;
}

int spool_file_add(int folder, uint64_t stamp, size_t count, struct view text)
{
	char name[SPOOL_NAME_BYTES];
	struct wr w = wr_over(name, sizeof(name));
	uint64_t random;

	if (count > COUNT_MAX || text.n > SPOOL_FILE_MAX)
		return EFBIG;
	if (!random_word(&random))
		return errno;
	wr_fmt(&w, "%016ju-", (uintmax_t)stamp);
	wr_hex64(&w, random);
	wr_fmt(&w, ".%zu.jsonl", count);
	wr_byte(&w, '\0');
	return spool_file_write(folder, name, text);
}

int spool_file_add_last(int folder, int64_t now_us, size_t count, struct view text)
{
	uint64_t stamp = now_us > 0 ? (uint64_t)now_us : 0;
	struct spool_files files;
	int failed = spool_file_list(folder, &files);

	if (files.count > 0 && stamp <= files.file[files.count - 1].stamp)
		stamp = files.file[files.count - 1].stamp + 1;
	mem_free(files.file);
	if (failed != 0)
		return failed;
	return spool_file_add(folder, stamp < STAMP_MAX ? stamp : STAMP_MAX, count, text);
}

int spool_file_remove(int folder, const char *name)
{
	return unlinkat(folder, name, 0) == 0 || errno == ENOENT ? 0 : errno;
}

static void remove_unless_held(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDWR | OPEN_SAFELY);

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlinkat(folder, name, 0);
	close(fd);
}

void spool_file_sweep(int folder)
{
	DIR *stream = read_folder(folder);

	if (stream == NULL)
		return;
	for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
		if (is_new_name(entry->d_name))
			remove_unless_held(folder, entry->d_name);
	closedir(stream);
}
