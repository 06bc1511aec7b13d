/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines of standard input in batches.  A batch ends with the input, when it is full, or a second
 * after its first byte, so that a writer that never ends is served too.
 */
#define _GNU_SOURCE
#include "send_results.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 65536, BATCH_US = 1000000 };

struct input {
	struct send *send;
	struct grow pending;  /* what was read and is no result yet */
	bool ended, skipping; /* the rest of a line that is too long */
	struct check_result *result;
	size_t count, cap;
};

struct input *send_input_new(struct send *send)
{
	struct input *input = mem_new(1, sizeof(*input));

	input->send = send;
	return input;
}

void send_input_free(struct input *input)
{
	grow_free(&input->pending);
	mem_free(input->result);
	mem_free(input);
}

static void count_bad(struct send *send, const struct opt_error *error)
{
	if (send->bad_lines++ > 0)
		return;
	send->bad_line = send->lines;
	send->bad = *error;
}

static void take_line(struct input *input, struct view line, struct arena *arena)
{
	struct send *send = input->send;
	struct check_result result;
	struct opt_error error;

	send->lines++;
	if (!input->skipping && view_trim(line).n == 0)
		return;
	if (input->skipping || line.n > LINE_BYTES_MAX) {
		opt_error_set(&error, "is longer than %d bytes", LINE_BYTES_MAX);
		count_bad(send, &error);
		input->skipping = false;
		return;
	}
	/* Results without a time keep their order, and none is another's point in InfluxDB. */
	send->rule.now_us++;
	if (!input_read(line, &send->rule, &result, arena, &error)) {
		count_bad(send, &error);
		return;
	}
	if (input->count == input->cap) {
		input->cap = input->cap > 0 ? 2 * input->cap : 64;
		input->result = mem_resize(input->result, input->cap, sizeof(result));
	}
	input->result[input->count++] = result;
}

/* All whole lines, and at the end of the input also one without line end. */
static void take_lines(struct input *input, struct arena *arena)
{
	struct view rest = grow_view(&input->pending);
	size_t end;

	while ((end = view_find(rest, '\n')) < rest.n && input->count < BATCH_MAX) {
		take_line(input, view_first(rest, end), arena);
		rest = view_skip(rest, end + 1);
	}
	if (input->ended && rest.n > 0 && input->count < BATCH_MAX && end == rest.n) {
		take_line(input, rest, arena);
		rest.n = 0;
	}
	if (end == rest.n && rest.n > LINE_BYTES_MAX) {
		input->skipping = true;
		rest.n = 1; /* something must stand before the line's end */
	}
	if (rest.n > 0)
		memmove(input->pending.p, rest.p, rest.n);
	input->pending.n = rest.n;
}

/* Of one object side by side, the worst first, then as they came. */
static int by_object(const void *a, const void *b)
{
	const struct check_result *x = *(struct check_result *const *)a;
	const struct check_result *y = *(struct check_result *const *)b;
	int order = check_result_compare_object(x, y);

	if (order == 0 && x->state != y->state)
		order = state_worse(x->state, y->state) == x->state ? -1 : 1;
	return order != 0 ? order : (x > y) - (x < y);
}

/* Lines of a run of ours that name the same object are no sequence: the worst one counts, else a last OK
 * would hide it. */
static void keep_worst(struct input *input)
{
	struct check_result **list = mem_new(input->count + 1, sizeof(*list));
	size_t of_run = 0, kept = 0;

	for (size_t i = 0; i < input->count; i++)
		if (input->result[i].of_run)
			list[of_run++] = &input->result[i];
	qsort(list, of_run, sizeof(*list), by_object);
	for (size_t i = of_run; i-- > 1;) /* from behind: the neighbour in front is still named */
		if (check_result_compare_object(list[i - 1], list[i]) == 0)
			list[i]->host.n = 0;
	for (size_t i = 0; i < input->count; i++)
		if (input->result[i].host.n > 0)
			input->result[kept++] = input->result[i];
	input->send->covered_lines += input->count - kept;
	input->count = kept;
	mem_free(list);
}

static void read_some(struct input *input)
{
	char bytes[READ_BYTES];
	ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (got > 0)
		grow_put(&input->pending, (struct view){ bytes, (size_t)got });
	else if (got == 0 || (errno != EINTR && errno != EAGAIN))
		input->ended = true;
}

/* False when the time is over, or a signal came. */
static bool wait_input(struct send *send, int64_t deadline_us)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
				{ .fd = send->signals, .events = POLLIN } };
	int64_t left_us = deadline_us - deliver_monotonic_us();
	int timeout_ms = deadline_us == INT64_MAX ? -1
			 : left_us > 0		  ? (int)(left_us / 1000) + 1
						  : 0;
	int ready = poll(fds, 2, timeout_ms);

	if (ready < 0)
		return errno == EINTR;
	send->stopped |= fds[1].revents != 0;
	return ready > 0 && !send->stopped;
}

bool send_input_batch(struct input *input, struct arena *arena, struct check_result **result,
		      size_t *count)
{
	struct send *send = input->send;
	int64_t deadline_us = INT64_MAX;

	input->count = 0;
	send->rule.now_us = deliver_unix_us();
	take_lines(input, arena);
	while (!input->ended && input->count < BATCH_MAX && wait_input(send, deadline_us)) {
		read_some(input);
		send->rule.now_us = deliver_unix_us();
		take_lines(input, arena);
		if (deadline_us == INT64_MAX)
			deadline_us = deliver_monotonic_us() + BATCH_US;
	}
	keep_worst(input);
	*result = input->result;
	*count = input->count;
	return !send->stopped && !(input->ended && input->pending.n == 0);
}
