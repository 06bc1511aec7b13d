/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Limits on the start of probes; see window.h. */
#define _GNU_SOURCE
#include "net/window.h"

#include "base/mem.h"
#include "net/probe.h"

#include <sys/resource.h>

enum {
	LINE_STREAM = 1,
	LINE_METERED = 2,
	LINE_CROWD = 4,
	DESCRIPTORS_SPARE = 64,
	DESCRIPTORS_MAX = 1 << 20,
	BURSTS_PER_SECOND = 20,
};

void window_init(struct window *window, unsigned parallel, unsigned rate)
{
	*window = (struct window){ .parallel = parallel > 0 ? parallel : SIZE_MAX, .rate = rate };
	for (size_t i = 0; i < WINDOW_LINES; i++)
		list_init(&window->line[i].waiting);
	list_init(&window->fresh);
	list_init(&window->stale);
	if (rate > 0)
		window->interval_ns = 1000 * 1000 * 1000 / rate;
	if (rate > BURSTS_PER_SECOND)
		window->burst_ns = (rate / BURSTS_PER_SECOND - 1) * window->interval_ns;
}

static bool is_stream(const struct probe_spec *spec)
{
	return spec->transport != TRANSPORT_UDP;
}

static bool is_metered(const struct window *window, const struct probe_spec *spec)
{
	return window->rate > 0 && !addr_is_loopback(&spec->peer);
}

static void append(struct window *window, unsigned line, struct waiting *waiting)
{
	list_append(&window->line[line].waiting, &waiting->place);
	window->waiting++;
	window->crowd += line == LINE_CROWD;
}

static struct waiting *first_of(const struct window_line *line)
{
	struct list *first = list_first(&line->waiting);

	return first != NULL ? LIST_ITEM(first, struct waiting, place) : NULL;
}

static struct waiting *take(struct window *window, unsigned line)
{
	struct waiting *waiting = first_of(&window->line[line]);

	list_remove(&waiting->place);
	window->waiting--;
	window->crowd -= line == LINE_CROWD;
	window->crowd_tries -= line == LINE_CROWD && window->crowd_tries > 0;
	return waiting;
}

void window_push(struct window *window, const struct probe_spec *spec, int64_t now_us)
{
	struct waiting *waiting = mem_new(1, sizeof(*waiting));

	waiting->since_us = now_us;
	waiting->spec = *spec;
	append(window,
	       (is_stream(spec) ? LINE_STREAM : 0U) |
		       (is_metered(window, spec) ? LINE_METERED : 0U),
	       waiting);
	window->wake_us = 0;
}

void window_crowd_own(struct window *window, struct waiting *waiting)
{
	append(window, LINE_CROWD, waiting);
}

/* The soft limit rises to the hard one only when it is too low. */
static bool has_descriptor(struct window *window)
{
	struct rlimit limit;

	for (; window->streams >= window->streams_max && window->asked < 2; window->asked++) {
		if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
			return true; /* the kernel will say no itself */
		if (window->asked > 0)
			limit.rlim_cur = limit.rlim_max;
		if (window->asked > 0 && setrlimit(RLIMIT_NOFILE, &limit) != 0)
			return false;
		if (limit.rlim_cur > DESCRIPTORS_MAX)
			limit.rlim_cur = DESCRIPTORS_MAX;
		window->streams_max = limit.rlim_cur > DESCRIPTORS_SPARE
					      ? (size_t)limit.rlim_cur - DESCRIPTORS_SPARE
					      : 1;
	}
	return window->streams < window->streams_max;
}

static void wake_at(struct window *window, int64_t time_us)
{
	if (time_us < window->wake_us)
		window->wake_us = time_us;
}

/* What keeps the first of the line waiting; wakes when that ends by itself. */
static enum limit limit_of(struct window *window, unsigned line, const struct probe_spec *spec,
			   int64_t now_us)
{
	int64_t token_us = (window->due_ns - window->burst_ns + 999) / 1000;

	if (line == LINE_CROWD && window->crowd_tries == 0)
		return LIMIT_PEER;
	if (window->fresh_count >= window->parallel) {
		struct list *oldest = list_first(&window->fresh);
		wake_at(window,
			LIST_ITEM(oldest, struct probe, place)->started_us + WINDOW_FRESH_US);
		return LIMIT_PARALLEL;
	}
	if (is_stream(spec) && !has_descriptor(window))
		return LIMIT_DESCRIPTORS;
	if (is_metered(window, spec) && token_us > now_us) {
		wake_at(window, token_us);
		return LIMIT_RATE;
	}
	return LIMIT_NONE;
}

static void let_fresh_age(struct window *window, int64_t now_us)
{
	for (struct list *first; (first = list_first(&window->fresh)) != NULL;) {
		struct probe *probe = LIST_ITEM(first, struct probe, place);
		if (probe->started_us + WINDOW_FRESH_US > now_us)
			return;
		list_remove(first);
		list_append(&window->stale, first);
		probe->fresh = false;
		window->fresh_count--;
	}
}

struct waiting *window_next(struct window *window, int64_t now_us)
{
	window->wake_us = INT64_MAX;
	let_fresh_age(window, now_us);
	for (unsigned i = 0; i < WINDOW_LINES; i++) {
		unsigned at = (window->turn + i) % WINDOW_LINES;
		struct window_line *line = &window->line[at];
		const struct waiting *first = first_of(line);
		if (first == NULL)
			continue;
		line->held = limit_of(window, at, &first->spec, now_us);
		if (line->held == LIMIT_NONE) {
			window->turn = at + 1;
			window->wake_us = 0;
			return take(window, at);
		}
	}
	return NULL;
}

struct waiting *window_any(struct window *window, enum limit *held)
{
	for (unsigned i = 0; i < WINDOW_LINES; i++) {
		*held = window->line[i].held;
		if (first_of(&window->line[i]) != NULL)
			return take(window, i);
	}
	return NULL;
}

void window_free(struct window *window)
{
	struct waiting *waiting;
	enum limit held;

	while ((waiting = window_any(window, &held)) != NULL)
		mem_free(waiting);
}

void window_why(const struct window *window, enum limit held, char *why, size_t cap)
{
	struct wr w = wr_over(why, cap - 1);

	if (held == LIMIT_PARALLEL)
		wr_fmt(&w, "held back by the limit of %zu parallel probes", window->parallel);
	else if (held == LIMIT_RATE)
		wr_fmt(&w, "held back by the rate of %u new probes per second", window->rate);
	else if (held == LIMIT_DESCRIPTORS)
		wr_fmt(&w, "held back by the limit of descriptors: %zu connections",
		       window->streams_max);
	else if (held == LIMIT_PEER)
		wr_str(&w, "held back by other probes to the same address and port");
	else
		wr_str(&w, "not started in time");
}

void window_started(struct window *window, struct probe *probe)
{
	int64_t now_ns = probe->started_us * 1000;

	list_append(&window->fresh, &probe->place);
	probe->fresh = true;
	window->fresh_count++;
	window->streams += is_stream(&probe->spec);
	if (is_metered(window, &probe->spec))
		window->due_ns =
			(window->due_ns > now_ns ? window->due_ns : now_ns) + window->interval_ns;
}

void window_ended(struct window *window, struct probe *probe)
{
	if (!list_is_linked(&probe->place))
		return;
	list_remove(&probe->place);
	window->fresh_count -= probe->fresh;
	window->streams -= is_stream(&probe->spec);
	window->crowd_tries = window->crowd;
	window->wake_us = 0;
}

struct probe *window_oldest(const struct window *window)
{
	struct list *first = list_first(&window->stale);

	if (first == NULL)
		first = list_first(&window->fresh);
	return first != NULL ? LIST_ITEM(first, struct probe, place) : NULL;
}
