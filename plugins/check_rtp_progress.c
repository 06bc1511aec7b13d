/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line on the terminal of somebody who waits for a long sweep. */
#define _POSIX_C_SOURCE 200809L
#include "check_rtp.h"

#include <unistd.h>

enum { LINE_BYTES = 80, QUIET_US = 1000000 };

struct rtp_progress {
	int64_t began_us;
	size_t shown; /* bytes of the line that stands there */
};

struct rtp_progress *check_rtp_progress_new(struct check *check)
{
	struct rtp_progress *progress = arena_new(check->arena, 1, sizeof(*progress));

	progress->began_us = check->began_us;
	return isatty(STDERR_FILENO) ? progress : NULL;
}

/* Over the line before, padded so that nothing of it stays. */
static void put_line(struct rtp_progress *progress, struct view text)
{
	char line[2 * LINE_BYTES];
	struct wr w = wr_over(line, sizeof(line));

	wr_byte(&w, '\r');
	wr_put(&w, text);
	for (size_t i = text.n; i < progress->shown; i++)
		wr_byte(&w, ' ');
	if (text.n == 0)
		wr_byte(&w, '\r');
	progress->shown = text.n;
	if (write(STDERR_FILENO, line, w.n) < 0)
		progress->shown = 0;
}

void check_rtp_progress(void *ctx, const struct udp_sweep *sweeps, size_t count)
{
	struct rtp_progress *progress = ctx;
	int64_t took_us = engine_clock_us() - progress->began_us;
	unsigned members = 0, asked = 0, answering = 0, decided = 0;
	char text[LINE_BYTES];
	struct wr w = wr_over(text, sizeof(text) - 1);

	if (took_us < QUIET_US)
		return;
	for (size_t i = 0; i < count; i++) {
		struct sweep_counts counts = sweep_counts(sweeps[i].plan);
		unsigned all = 0;
		for (size_t state = 0; state < PORT_STATES; state++)
			all += counts.of[state];
		members += all;
		asked += all - counts.of[PORT_UNASKED];
		decided += all - counts.of[PORT_UNASKED] - counts.of[PORT_UNDECIDED];
		answering += counts.of[PORT_ANSWERING];
	}
	wr_fmt(&w, "asked %u of %u ports, %u answer, %u decided, %d s", asked, members, answering,
	       decided, (int)(took_us / 1000000));
	put_line(progress, wr_view(&w));
}

void check_rtp_progress_end(struct rtp_progress *progress)
{
	if (progress != NULL && progress->shown > 0)
		put_line(progress, (struct view){ "", 0 });
}
