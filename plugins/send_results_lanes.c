/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Queue and delivery of each profile, batch by batch. */
#include "send_results.h"

#include <stdio.h>
#include <unistd.h>

/* For people who watch. */
static void show_progress(void *ctx, const struct delivery *delivery)
{
	struct send *send = ctx;
	char line[160];
	struct wr w = wr_over(line, sizeof(line));

	if (send->conf.common.verbose == 0 || isatty(STDERR_FILENO) != 1)
		return;
	wr_fmt(&w, "\r%s: %zu sent, %zu refused ", delivery->profile->name, delivery->sent,
	       delivery->refused);
	if (write(STDERR_FILENO, line, w.n) < 0)
		send->conf.common.verbose = 0;
}

/* Before anything is sent; results that cannot be queued go from memory. */
static void queue(struct lane *lane, const struct check_result *result, size_t count)
{
	struct delivery *d = &lane->last;

	*d = (struct delivery){ .profile = &lane->profile, .spool = lane->spool };
	if (lane->spool != NULL &&
	    (count == 0 || spool_add(lane->spool, result, count, deliver_unix_us(), &lane->error)))
		return;
	lane->unqueued = count > 0 || lane->unqueued;
	d->spool = NULL;
	d->result = result;
	d->count = count;
}

static void settle(struct lane *lane)
{
	const struct delivery *d = &lane->last;

	lane->sent += d->sent;
	lane->refused += d->refused;
	if (d->spool == NULL)
		lane->lost += d->left + d->refused;
	if (lane->spool != NULL)
		lane->counts = spool_counts(lane->spool);
}

/* What waits goes before results that could not be queued: else an old state would come last. */
static void send_older(struct send *send, const struct deliver_conf *conf)
{
	struct delivery older[PROFILES_MAX];
	struct lane *of[PROFILES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < send->lane_count; i++) {
		struct lane *lane = &send->lane[i];
		if (lane->spool == NULL || lane->last.spool != NULL)
			continue;
		older[n] = (struct delivery){ .profile = &lane->profile, .spool = lane->spool };
		of[n++] = lane;
	}
	if (n > 0)
		deliver_all(older, n, conf);
	for (size_t i = 0; i < n; i++) {
		of[i]->sent += older[i].sent;
		of[i]->refused += older[i].refused;
	}
}

void send_lanes(struct send *send, const struct check_result *result, size_t count)
{
	struct delivery delivery[PROFILES_MAX];
	struct deliver_conf conf = {
		.deadline_us = deliver_monotonic_us() + send->conf.common.timeout_us,
		.stop_fd = send->signals,
		.now = send->conf.now || send->conf.revive,
		.random = (uint64_t)deliver_unix_us() * 2654435761u + (uint64_t)getpid(),
		.progress = show_progress,
		.ctx = send,
	};

	for (size_t i = 0; i < send->lane_count; i++) {
		queue(&send->lane[i], result, count);
		delivery[i] = send->lane[i].last;
	}
	send_older(send, &conf);
	deliver_all(delivery, send->lane_count, &conf);
	for (size_t i = 0; i < send->lane_count; i++) {
		send->lane[i].last = delivery[i];
		send->stopped |= delivery[i].end == DELIVERY_STOPPED;
		settle(&send->lane[i]);
	}
}

void send_revive(struct lane *lane, int64_t timeout_us)
{
	int64_t deadline_us = deliver_monotonic_us() + timeout_us;

	lane->unrevived = lane->spool == NULL ||
			  spool_lock(lane->spool, deadline_us, &lane->error) != SPOOL_LOCKED ||
			  spool_revive(lane->spool, deliver_unix_us(), &lane->error) < 0;
	if (lane->spool != NULL)
		spool_unlock(lane->spool);
}
