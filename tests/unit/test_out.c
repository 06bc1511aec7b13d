/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The buffered writer, on real descriptors. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture.h"

/* The writer: four megabytes whose place can be told from their value. */
enum { STREAM_BYTES = 4 << 20 };

static char stream_byte(size_t at)
{
	return (char)(at * 31 + (at >> 8) * 7 + (at >> 16));
}

static void put_stream(struct out *out)
{
	static const size_t sizes[] = { 1, 100, 4095, 4096, 4097, 1, 70000, 13 };
	char *chunk = malloc(70000);

	assert_non_null(chunk);
	for (size_t at = 0, i = 0; at < STREAM_BYTES; i++) {
		size_t n = sizes[i % CASES(sizes)];
		n = n < STREAM_BYTES - at ? n : STREAM_BYTES - at;
		for (size_t j = 0; j < n; j++)
			chunk[j] = stream_byte(at + j);
		out_put(out, (struct view){ chunk, n });
		at += n;
	}
	free(chunk);
}

/* Exits 0 when the whole stream has come in order. */
static void read_stream(int fd)
{
	char buffer[1000];
	size_t at = 0;
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		for (ssize_t i = 0; i < n; i++, at++)
			if (buffer[i] != stream_byte(at))
				_exit(1);
	_exit(at == STREAM_BYTES ? 0 : 2);
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void a_slow_reader_and_signals_lose_nothing(void **state)
{
	int nonblocking, fds[2], status;
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { { 0, 0 }, { 0, 0 } };
	struct out out;

	(void)state;
	for (nonblocking = 0; nonblocking < 2; nonblocking++) {
		assert_int_equal(pipe(fds), 0);
		pid_t reader = fork();
		if (reader == 0) {
			close(fds[1]);
			read_stream(fds[0]);
		}
		close(fds[0]);
		if (nonblocking)
			assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
		sigaction(SIGALRM, &action, NULL);
		setitimer(ITIMER_REAL, &often, NULL);
		out_init(&out, fds[1]);
		put_stream(&out);
		bool written = out_flush(&out);
		setitimer(ITIMER_REAL, &never, NULL);
		close(fds[1]);
		assert_true(written);
		assert_int_equal(waitpid(reader, &status, 0), reader);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

static void nothing_is_written_before_the_buffer_is_full(void **state)
{
	int fds[2];
	char text[16];
	struct out out;

	(void)state;
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	out_init(&out, fds[1]);
	out_str(&out, "hello ");
	out_str(&out, "world");
	assert_true(read(fds[0], text, sizeof(text)) < 0 && errno == EAGAIN);
	assert_true(out_flush(&out));
	assert_int_equal(read(fds[0], text, sizeof(text)), 11);
	assert_memory_equal(text, "hello world", 11);
	assert_true(out_flush(&out));
	assert_true(read(fds[0], text, sizeof(text)) < 0 && errno == EAGAIN);
	close(fds[0]);
	close(fds[1]);
}

static void failed(int fd, int error)
{
	struct out out;

	assert_true(fd >= 0);
	out_init(&out, fd);
	out_str(&out, "hello\n");
	assert_int_equal(out.error, 0);
	assert_false(out_flush(&out));
	assert_int_equal(out.error, error);
	put_stream(&out);
	assert_false(out_flush(&out));
	assert_int_equal(out.error, error);
}

static void the_first_error_sticks(void **state)
{
	int fds[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	failed(fds[1], EPIPE);
	close(fds[1]);
	int full = open("/dev/full", O_WRONLY);
	failed(full, ENOSPC);
	close(full);
	failed(full, EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_reader_and_signals_lose_nothing),
		cmocka_unit_test(nothing_is_written_before_the_buffer_is_full),
		cmocka_unit_test(the_first_error_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
