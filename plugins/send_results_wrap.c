/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a plugin in a process group of its own and makes a result of how it ended.
 *
 * What is no plugin's answer never becomes OK: no output, an exit code above 3, a signal, a program
 * that cannot be run, and the time limit are UNKNOWN, with a sentence of ours.
 */
#define _GNU_SOURCE
#include "send_results.h"

#include "base/escape.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	STDERR_BYTES_MAX = 4096,
	GRACE_US = 1000000,
	ASK_US = 20000,
	CHUNK = PIPE_BUF,
	KILLS_MAX = 3
};

/* One pipe of the child. */
struct stream {
	int fd; /* -1 = ended */
	struct grow text;
	size_t max;  /* what comes beyond is read and dropped */
	bool cut;    /* that happened */
	int copy_to; /* a descriptor of ours that gets all of it, or -1 */
};

struct child {
	pid_t pid;
	int exit_fd; /* readable when it has ended; -1 where the system has none: it is asked */
	struct stream out, err;
	int status;
	bool ended, late;
	unsigned kills;
};

static bool open_pipes(int out[2], int err[2])
{
	if (pipe2(out, O_CLOEXEC) != 0)
		return false;
	if (pipe2(err, O_CLOEXEC) == 0)
		return true;
	close(out[0]);
	close(out[1]);
	return false;
}

/* The errno of what went wrong, or 0. Signals are as a program expects them. */
static int spawn(struct child *child, char **argv, const int out[2], const int err[2])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, ignored;

	sigemptyset(&none);
	sigemptyset(&ignored); /* by us */
	sigaddset(&ignored, SIGPIPE);
	sigaddset(&ignored, SIGXFSZ);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &ignored);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	int failed = posix_spawnp(&child->pid, argv[0], &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return failed;
}

static int start(struct child *child, char **argv)
{
	int out[2], err[2];

	if (!open_pipes(out, err))
		return errno;
	int failed = spawn(child, argv, out, err);
	close(out[1]);
	close(err[1]);
	child->out.fd = out[0];
	child->err.fd = err[0];
	child->exit_fd = failed == 0 ? (int)syscall(SYS_pidfd_open, child->pid, 0) : -1;
	return failed;
}

/* A pipe with room takes PIPE_BUF bytes at once. Who reads nothing for a second gets no more: he must
 * not hold up the time limit. */
static void copy(struct stream *stream, struct view bytes)
{
	struct pollfd to = { .fd = stream->copy_to, .events = POLLOUT };

	if (stream->copy_to >= 0 &&
	    (poll(&to, 1, GRACE_US / 1000) <= 0 || write(to.fd, bytes.p, bytes.n) < 0))
		stream->copy_to = -1;
}

static void read_stream(struct stream *stream)
{
	char bytes[CHUNK];
	ssize_t got = read(stream->fd, bytes, sizeof(bytes));
	size_t room = stream->max - stream->text.n;

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		close(stream->fd);
		stream->fd = -1;
		return;
	}
	copy(stream, (struct view){ bytes, (size_t)got });
	stream->cut |= (size_t)got > room;
	grow_put(&stream->text, (struct view){ bytes, (size_t)got < room ? (size_t)got : room });
}

static void signal_group(const struct child *child, int signal)
{
	kill(-child->pid, signal);
}

/* SIGTERM at the limit, SIGKILL a second later. */
static int64_t pass_limit(struct child *child)
{
	signal_group(child, child->kills++ > 0 ? SIGKILL : SIGTERM);
	return deliver_monotonic_us() + GRACE_US;
}

static int wait_ms(const struct child *child, int64_t left_us)
{
	bool asks = child->exit_fd < 0 && !child->ended;

	return (int)((asks && left_us > ASK_US ? ASK_US : left_us) / 1000) + 1;
}

/* Whoever the child left behind may hold the pipes open: a second after its end nobody listens. */
static void follow(struct send *send, struct child *child, int64_t deadline_us)
{
	while (!child->ended || child->out.fd >= 0 || child->err.fd >= 0) {
		struct pollfd fds[] = {
			{ .fd = child->out.fd, .events = POLLIN },
			{ .fd = child->err.fd, .events = POLLIN },
			{ .fd = child->ended ? -1 : child->exit_fd, .events = POLLIN },
			{ .fd = send->stopped ? -1 : send->signals, .events = POLLIN }
		};
		int64_t left_us = deadline_us - deliver_monotonic_us();
		if (left_us <= 0 && (child->ended || child->kills == KILLS_MAX))
			break;
		if (left_us <= 0) {
			child->late |= !send->stopped;
			deadline_us = pass_limit(child);
			continue;
		}
		if (poll(fds, 4, wait_ms(child, left_us)) < 0)
			continue;
		if (fds[0].revents != 0)
			read_stream(&child->out);
		if (fds[1].revents != 0)
			read_stream(&child->err);
		bool asks = fds[2].revents != 0 || child->exit_fd < 0;
		if (asks && !child->ended &&
		    waitpid(child->pid, &child->status, WNOHANG) == child->pid) {
			child->ended = true;
			deadline_us = deliver_monotonic_us() + GRACE_US;
		}
		if (fds[3].revents != 0) {
			send->stopped = true;
			deadline_us = pass_limit(child);
		}
	}
	if (child->kills > 0)
		signal_group(child, SIGKILL);
}

static struct view keep(struct send *send, struct view text)
{
	return (struct view){ arena_text(&send->arena, text), text.n };
}

/* "sentence" or "sentence: first line of what it printed". */
static void say_instead(struct send *send, struct check_result *result, const char *sentence,
			const struct child *child)
{
	const struct grow *text = child->out.text.n > 0 ? &child->out.text : &child->err.text;
	struct view rest = grow_view(text), line = view_take_until(&rest, '\n');
	char buffer[400];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_str(&w, "UNKNOWN - ");
	wr_str(&w, sentence);
	if (line.n > 0) {
		wr_str(&w, child->out.text.n > 0 ? ", it said: " : ", standard error: ");
		wr_clause(&w, line, 200);
	}
	result->state = STATE_UNKNOWN;
	result->output = keep(send, wr_view(&w));
}

/* NULL when it ended as a plugin does. */
static const char *find_fault(const struct send *send, const struct child *child, char *buffer,
			      size_t size)
{
	struct wr w = wr_over(buffer, size - 1);
	int status = child->status;

	if (child->late) {
		wr_str(&w, "no end within ");
		wr_decimal(&w, (double)send->conf.time_limit_us / 1e6, 3);
		wr_str(&w, " s");
	} else if (WIFSIGNALED(status)) {
		wr_fmt(&w, "ended by signal %d (%s)", WTERMSIG(status),
		       strsignal(WTERMSIG(status)));
	} else if (WEXITSTATUS(status) > STATE_UNKNOWN) {
		wr_fmt(&w, "exit code %d", WEXITSTATUS(status));
	} else if (view_trim(grow_view(&child->out.text)).n == 0) {
		wr_str(&w, "the plugin printed nothing");
	}
	buffer[w.n] = '\0';
	return w.n > 0 ? buffer : NULL;
}

/* Without the word that was cut: half a number is another number. */
static struct view whole_words(const struct stream *stream, struct view text)
{
	while (stream->cut && text.n > 0 && text.p[text.n - 1] != ' ' && text.p[text.n - 1] != '\n')
		text.n--;
	return text;
}

static struct view name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return view_of(slash != NULL ? slash + 1 : path);
}

bool send_wrap(struct send *send, struct check_result *out, struct view *printed)
{
	const struct conf *conf = &send->conf;
	struct child child = {
		.out = { .fd = -1, .max = conf->max_output, .copy_to = -1 },
		.err = { .fd = -1, .max = STDERR_BYTES_MAX, .copy_to = STDERR_FILENO }
	};
	char buffer[200];
	struct wr w = wr_over(buffer, sizeof(buffer) - 1);

	*out = (struct check_result){ .host = conf->host,
				      .service = conf->service,
				      .source = send->rule.source,
				      .command = name_of(conf->common.command[0]),
				      .ttl_s = conf->ttl_s,
				      .start_us = deliver_unix_us() };
	int failed = start(&child, conf->common.command);
	const char *fault = buffer;
	if (failed == 0) {
		follow(send, &child, deliver_monotonic_us() + conf->time_limit_us);
		fault = find_fault(send, &child, buffer, sizeof(buffer));
	} else {
		wr_str(&w, "cannot run ");
		wr_field(&w, view_of(conf->common.command[0]));
		wr_fmt(&w, ": %s", strerror(failed));
		buffer[w.n] = '\0';
	}
	out->end_us = deliver_unix_us();
	*printed = keep(send, grow_view(&child.out.text));
	if (fault != NULL) {
		say_instead(send, out, fault, &child);
		*printed = out->output;
	} else {
		out->state = (enum state)WEXITSTATUS(child.status);
		check_result_split(out, whole_words(&child.out, *printed), &send->arena);
	}
	grow_free(&child.out.text);
	grow_free(&child.err.text);
	return !send->stopped;
}
