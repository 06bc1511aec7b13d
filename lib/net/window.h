/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which probe may start, and when: the limits of parallel probes, of new probes per second, and of
 * descriptors.
 *
 * Only a fresh probe counts as parallel: one that has waited longer than WINDOW_FRESH_US since its
 * start is most likely silent, and thousands of them must not starve the others.
 * Probes wait in lines, first come first served within a line; there is a line for each set of
 * limits, so that none waits behind one that is held back for another reason.  Private to lib/net.
 */
#ifndef NET_WINDOW_H
#define NET_WINDOW_H

#include "base/list.h"
#include "net/engine.h"

struct probe;

enum { WINDOW_FRESH_US = 500 * 1000, WINDOW_LINES = 5 };

enum limit { LIMIT_NONE, LIMIT_PARALLEL, LIMIT_RATE, LIMIT_DESCRIPTORS, LIMIT_PEER };

struct waiting {
	struct list place;
	int64_t since_us;
	struct probe_spec spec;
};

struct window_line {
	struct list waiting;
	enum limit held; /* what the first one waited for when it was last looked at */
};

struct window {
	struct window_line line[WINDOW_LINES];
	unsigned turn; /* the line to look at first */
	size_t waiting;
	int64_t wake_us; /* when window_next may have one; INT64_MAX: not before a probe ends */

	struct list fresh, stale; /* the active probes, in the order of their start */
	size_t fresh_count, parallel;

	unsigned rate;
	int64_t interval_ns, burst_ns, due_ns; /* a token bucket kept as one time */

	size_t streams, streams_max;
	unsigned asked; /* for the limit of descriptors: 1 as it is, 2 raised */

	size_t crowd, crowd_tries; /* those that wait for another probe to the same peer */
};

/* 0 = no limit. */
void window_init(struct window *window, unsigned parallel, unsigned rate);
void window_free(struct window *window);
void window_push(struct window *window, const struct probe_spec *spec, int64_t now_us);
/* Takes out one that may start now, to be freed by the caller; NULL: none before wake_us. */
struct waiting *window_next(struct window *window, int64_t now_us);
/* Puts it into the line of those that wait until another probe to the same peer ends. */
void window_crowd_own(struct window *window, struct waiting *waiting);
/* Takes out any that waits, with the limit that held it. */
struct waiting *window_any(struct window *window, enum limit *held);
/* A clause for a trace. */
void window_why(const struct window *window, enum limit held, char *why, size_t cap);

void window_started(struct window *window, struct probe *probe);
/* Also for probes that never started. */
void window_ended(struct window *window, struct probe *probe);
/* NULL when none is active. */
struct probe *window_oldest(const struct window *window);

#endif
