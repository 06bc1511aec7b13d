/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file in memory; see file.h. */
#define _GNU_SOURCE
#include "cli/file.h"

#include "base/escape.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_BYTES = 16384 };

static bool is_standard_input(const char *path)
{
	return view_eq(view_of(path), VIEW("-"));
}

static bool is_named(const struct file_source *source)
{
	return source->path != NULL && !is_standard_input(source->path);
}

bool file_error(struct opt_error *error, const char *path, unsigned line, const char *why)
{
	char buffer[ESCAPE_FIELD_MAX + 24];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_field(&w, is_standard_input(path) ? VIEW("standard input") : view_of(path));
	if (line > 0)
		wr_fmt(&w, ":%u", line);
	return opt_error_set(error, "%.*s: %s", VIEW_ARG(wr_view(&w)), why);
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* False at the deadline. A named pipe without a writer is not ready before it has had one. */
static bool wait_ready(int fd, int64_t deadline_us)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int64_t left_us;

	while ((left_us = deadline_us - now_us()) > 0) {
		int ready = poll(&poll_fd, 1, (int)((left_us + 999) / 1000));
		if (ready > 0 || (ready < 0 && errno != EINTR))
			return true; /* of what is wrong, read tells */
	}
	return false;
}

static bool is_late(const struct file_source *source, struct opt_error *why)
{
	char limit[40];
	struct wr w = wr_over(limit, sizeof(limit));

	wr_decimal(&w, (double)source->timeout_us / 1e6, 3);
	return opt_error_set(why, "no end of %s within %.*s s",
			     source->line_only ? "the first line" : "file", VIEW_ARG(wr_view(&w)));
}

static bool is_too_large(const struct file_source *source, struct opt_error *why)
{
	if (!source->line_only)
		return opt_error_set(why, "is too large");
	return opt_error_set(why, "the first line is longer than %zu bytes", source->max_bytes);
}

static bool cut_line(struct file_text *text)
{
	size_t n = text->n;

	text->n = view_find((struct view){ text->text, n }, '\n');
	return text->n < n;
}

/* The buffer starts with `cap` bytes and doubles when that is not enough. */
static bool read_all(struct arena *arena, int fd, size_t cap, const struct file_source *source,
		     struct file_text *out, struct opt_error *why)
{
	int64_t deadline_us = now_us() + source->timeout_us;
	bool ended = false;

	out->n = 0;
	out->text = arena_new(arena, cap + 1, 1);
	while (!ended) {
		if (out->n == cap) {
			char *grown = arena_new(arena, 2 * cap + 1, 1);
			memcpy(grown, out->text, out->n);
			out->text = grown;
			cap = 2 * cap;
		}
		if (!wait_ready(fd, deadline_us))
			return is_late(source, why);
		ssize_t got = read(fd, out->text + out->n, cap - out->n);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return opt_error_set(why, "%s", strerror(errno));
		out->n += got > 0 ? (size_t)got : 0;
		ended = got == 0 || (source->line_only && cut_line(out));
		if (out->n > source->max_bytes)
			return is_too_large(source, why);
	}
	out->text[out->n] = '\0';
	return true;
}

static bool read_open(struct arena *arena, int fd, const struct file_source *source,
		      struct file_text *out, struct opt_error *why)
{
	struct stat st;
	size_t cap = FIRST_BYTES;

	if (fd < 0 || fstat(fd, &st) != 0)
		return opt_error_set(why, "%s", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return opt_error_set(why, "is a folder");
	if (st.st_size > 0 && !source->line_only) {
		if ((uintmax_t)st.st_size > source->max_bytes)
			return is_too_large(source, why);
		cap = (size_t)st.st_size + 1;
	}
	out->others_can_read = is_named(source) && (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
	out->others_can_write = is_named(source) && (st.st_mode & (S_IWGRP | S_IWOTH)) != 0;
	out->others_own = is_named(source) && st.st_uid != 0 && st.st_uid != geteuid();
	return read_all(arena, fd, cap, source, out, why);
}

bool file_read(struct arena *arena, const struct file_source *source, struct file_text *out,
	       struct opt_error *error)
{
	int fd = source->path != NULL ? STDIN_FILENO : source->fd;
	struct opt_error why;

	if (is_named(source))
		fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool ok = read_open(arena, fd, source, out, &why);
	if (is_named(source) && fd >= 0)
		close(fd);
	if (ok)
		return true;
	if (source->path == NULL)
		return opt_error_set(error, "descriptor %d: %.400s", source->fd, why.text);
	return file_error(error, source->path, 0, why.text);
}

int file_write_all(int fd, struct view text)
{
	while (text.n > 0) {
		ssize_t sent = write(fd, text.p, text.n);
		if (sent < 0 && errno != EINTR)
			return errno;
		text = view_skip(text, sent > 0 ? (size_t)sent : 0);
	}
	return 0;
}
