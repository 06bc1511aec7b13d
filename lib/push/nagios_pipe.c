/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command pipe of Nagios 4 (command_file): one line for each result.  Up to PIPE_BUF bytes are
 * written as one piece, whoever else writes, so what is longer is cut: the output from its end, and
 * performance data, by whole items, only where LINE_MIN bytes of output leave no room for it.
 *
 * Nagios tells nobody whether it knows the object, and what it has not yet read from the pipe when it
 * ends is lost; its folder of check results has neither limit.  SIGPIPE must be ignored.
 */
#define _GNU_SOURCE
#include "push/folder.h"
#include "push/perfdata.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MIN = 256, ROOM_MIN = 1024, TRIES = 16, ROOM_MS = 200 };

static size_t escaped_bytes(struct view text)
{
	size_t n = text.n;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\\' || text.p[i] == '\n';
	return n;
}

/* Ends between two characters. */
static struct view front_that_fits(struct view text, size_t max)
{
	size_t n = 0, bytes = 0;

	while (n < text.n) {
		bytes += escaped_bytes((struct view){ text.p + n, 1 });
		if (bytes > max)
			break;
		n++;
	}
	while (n > 0 && n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n--;
	return view_first(text, n);
}

static struct view items_that_fit(struct view perfdata, size_t max)
{
	struct view rest = perfdata, fit = view_first(perfdata, 0);
	struct perfdatum item;
	bool good;

	while (perfdata_take(&rest, &item, &good)) {
		struct view longer = view_first(perfdata, perfdata.n - rest.n);
		if (escaped_bytes(longer) > max)
			break;
		fit = longer;
	}
	return fit;
}

static size_t perfdata_bytes(struct view perfdata)
{
	return perfdata.n > 0 ? 1 + escaped_bytes(perfdata) : 0;
}

/* Returns false when the output was cut. */
static bool put_output(struct check_result result, size_t max, struct grow *out)
{
	struct grow cut = { .p = NULL };

	assert(max >= ROOM_MIN);
	if (escaped_bytes(result.output) + perfdata_bytes(result.perfdata) <= max) {
		push_put_nagios(&result, out);
		return true;
	}
	result.perfdata = items_that_fit(result.perfdata, max - LINE_MIN - 1);
	size_t room = max - perfdata_bytes(result.perfdata);
	if (escaped_bytes(result.output) > room) {
		grow_put(&cut, front_that_fits(result.output, room - 3));
		grow_str(&cut, "...");
		result.output = grow_view(&cut);
	}
	push_put_nagios(&result, out);
	grow_free(&cut);
	return false;
}

static bool has_separator(struct view name)
{
	return view_find(name, ';') < name.n;
}

/* Returns false when the output was cut. */
static bool put_command(const struct check_result *result, struct grow *out)
{
	grow_byte(out, '[');
	grow_u64(out, result->end_us > 0 ? (uint64_t)result->end_us / 1000000 : 0);
	grow_str(out, "] ");
	grow_str(out, result->service.n > 0 ? "PROCESS_SERVICE_CHECK_RESULT;"
					    : "PROCESS_HOST_CHECK_RESULT;");
	grow_put(out, result->host);
	grow_byte(out, ';');
	if (result->service.n > 0) {
		grow_put(out, result->service);
		grow_byte(out, ';');
	}
	grow_u64(out, push_code(result));
	grow_byte(out, ';');
	bool whole = put_output(*result, PIPE_BUF - 1 - out->n, out);
	grow_byte(out, '\n');
	return whole;
}

/* While Nagios reads, there is room again in a moment, also for thousands of results. */
static bool write_patiently(int fd, struct view line)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };

	for (unsigned i = 0; i < TRIES; i++) {
		if (write(fd, line.p, line.n) >= 0)
			return true;
		if (errno != EAGAIN || poll(&poll_fd, 1, ROOM_MS) <= 0)
			return false;
	}
	return false;
}

/* NULL, or why the pipe takes nothing. It is not made where there is none. */
static const char *write_line(const char *path, struct view line)
{
	struct stat st = { .st_mode = 0 };
	const char *why = NULL;
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENXIO ? "nobody reads from it" : strerror(errno);
	if (fstat(fd, &st) != 0 || !S_ISFIFO(st.st_mode))
		why = "is not a pipe";
	else if (!write_patiently(fd, line))
		why = errno == EAGAIN ? "is full" : strerror(errno);
	close(fd);
	return why;
}

static enum push_verdict write_pipe(const struct push_profile *profile,
				    const struct check_result *result, struct wr *words)
{
	struct grow line = { .p = NULL };

	if (has_separator(result->host) || has_separator(result->service)) {
		wr_str(words, "a name with a semicolon cannot be written to the pipe of Nagios");
		return PUSH_REFUSED;
	}
	bool whole = put_command(result, &line);
	const char *why = write_line(profile->path, grow_view(&line));
	grow_free(&line);
	if (why != NULL)
		return folder_later(profile->path, why, words);
	if (!whole)
		wr_fmt(words, "the output was cut to a line of %d bytes", PIPE_BUF);
	return PUSH_SENT;
}

const struct sink sink_nagios_pipe = {
	.name = "nagios-pipe",
	.newest_only = true,
	.batch_max = 1,
	.write = write_pipe,
};
