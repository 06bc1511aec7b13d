/* SPDX-License-Identifier: GPL-3.0-or-later */
/* New files in a folder that another program reads; see folder.h. */
#define _GNU_SOURCE
#include "push/folder.h"

#include "base/escape.h"
#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READABLE = 0644, PATH_SHOWN_MAX = 160 };

int folder_open(struct folder *folder, const char *path)
{
	folder->path = path;
	folder->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return folder->fd < 0 ? errno : 0;
}

void folder_close(struct folder *folder)
{
	if (folder->fd >= 0)
		close(folder->fd);
	folder->fd = -1;
}

/* A file that reports its errors late does so at fsync or close. Of an empty one there is only the name,
 * which is folder_sync's business. */
int folder_add(const struct folder *folder, const char *name, struct view text)
{
	int fd = openat(folder->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			READABLE);

	if (fd < 0)
		return errno;
	int failed = file_write_all(fd, text);
	if (failed == 0 && (fchmod(fd, READABLE) != 0 || (text.n > 0 && fsync(fd) != 0)))
		failed = errno;
	if (close(fd) != 0 && failed == 0)
		failed = errno;
	if (failed != 0)
		folder_remove(folder, name);
	return failed;
}

int folder_remove(const struct folder *folder, const char *name)
{
	return unlinkat(folder->fd, name, 0) != 0 ? errno : 0;
}

int folder_rename(const struct folder *folder, const char *from, const char *to)
{
	return renameat(folder->fd, from, folder->fd, to) != 0 ? errno : 0;
}

bool folder_has(const struct folder *folder, const char *name)
{
	return faccessat(folder->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void folder_date(const struct folder *folder, const char *name, int64_t us)
{
	struct timespec times[] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = us / 1000000 } };

	utimensat(folder->fd, name, times, AT_SYMLINK_NOFOLLOW);
}

uint64_t folder_hash(struct view text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < text.n; i++)
		hash = (hash ^ (unsigned char)text.p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

void folder_sync(const struct folder *folder)
{
	int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

enum push_verdict folder_later(const char *path, const char *why, struct wr *words)
{
	wr_clause(words, view_of(path), PATH_SHOWN_MAX);
	wr_fmt(words, ": %s", why);
	return PUSH_LATER;
}
