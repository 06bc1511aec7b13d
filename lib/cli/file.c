/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole file in memory; see file.h. */
#define _GNU_SOURCE
#include "cli/file.h"

#include "base/escape.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_BYTES = 16384 };

bool file_error(struct opt_error *error, const char *path, unsigned line, const char *why)
{
	char buffer[ESCAPE_FIELD_MAX + 24];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_field(&w, view_of(path));
	if (line > 0)
		wr_fmt(&w, ":%u", line);
	return opt_error_set(error, "%.*s: %s", VIEW_ARG(wr_view(&w)), why);
}

/* NULL, or what is wrong. The buffer starts at the size the file says it has and doubles when that
 * is not enough. */
static const char *read_all(struct arena *arena, int fd, size_t cap, size_t max_bytes,
			    struct file *out)
{
	ssize_t got = 1;

	out->n = 0;
	out->text = arena_new(arena, cap + 1, 1);
	while (got != 0) {
		if (out->n == cap) {
			char *grown = arena_new(arena, 2 * cap + 1, 1);
			memcpy(grown, out->text, out->n);
			out->text = grown;
			cap = 2 * cap;
		}
		got = read(fd, out->text + out->n, cap - out->n);
		if (got < 0 && errno != EINTR)
			return strerror(errno);
		out->n += got > 0 ? (size_t)got : 0;
		if (out->n > max_bytes)
			return "is too large";
	}
	return NULL;
}

static const char *read_open(struct arena *arena, int fd, size_t max_bytes, struct file *out)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return strerror(errno);
	if (S_ISDIR(st.st_mode))
		return "is a folder";
	if (st.st_size > 0 && (uintmax_t)st.st_size > max_bytes)
		return "is too large";
	out->others_can_read = fd != STDIN_FILENO && (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
	return read_all(arena, fd, st.st_size > 0 ? (size_t)st.st_size + 1 : FIRST_BYTES, max_bytes,
			out);
}

bool file_read(struct arena *arena, const char *path, size_t max_bytes, struct file *out,
	       struct opt_error *error)
{
	bool standard = view_eq(view_of(path), VIEW("-"));
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return file_error(error, path, 0, strerror(errno));
	const char *why = read_open(arena, fd, max_bytes, out);
	if (!standard)
		close(fd);
	return why == NULL || file_error(error, standard ? "standard input" : path, 0, why);
}
