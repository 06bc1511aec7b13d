/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The loop; see engine.h.
 *
 * One turn: start new probes while the window has room, send what they wrote, wait until the earliest
 * deadline, read what is ready, run the timers that are due.  The wait is a ppoll (its timeout has
 * nanoseconds) over the signals, the resolver's descriptors, and the epoll set of the channels.
 */
#define _GNU_SOURCE
#include "net/engine.h"

#include "base/mem.h"
#include "net/chan_udp.h"
#include "net/probe.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/signalfd.h>

enum {
	STARTS_PER_TURN = 64, /* each kind of work is bounded, so that the deadline is kept */
	TIMERS_PER_TURN = 64,
	EVENTS_PER_TURN = 64,
	RESOLVER_FDS_MAX = 16,
	OUT_BYTES = 65536,
	FIRST_FD = 2, /* of the resolver in the poll set, behind epoll and signals */
};

struct query {
	struct list open;
	resolve_done_fn *done;
	void *arg;
};

int64_t engine_clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

int engine_watch(struct engine *engine, struct watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data = { .ptr = watch } };
	int how = watch->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

	if (events == watch->events)
		return 0;
	if (epoll_ctl(engine->epoll, how, watch->fd, &event) != 0)
		return errno;
	watch->events = events;
	return 0;
}

static void start_probes(struct engine *engine)
{
	for (unsigned i = 0; i < STARTS_PER_TURN; i++) {
		struct waiting *waiting = window_next(&engine->window, engine_clock_us());
		if (waiting == NULL)
			return;
		if (waiting->spec.transport == TRANSPORT_UDP &&
		    udp_is_crowded(engine, &waiting->spec.peer))
			window_crowd_own(&engine->window, waiting);
		else
			probe_start(engine, probe_new_own(waiting));
	}
}

/* Bounded like all else in a turn; what is left is due in the next one. */
static void run_timers(struct engine *engine)
{
	engine->turn_us = engine_clock_us();
	for (unsigned i = 0; i < TIMERS_PER_TURN; i++) {
		struct heap_node *node = heap_first(&engine->timers);
		if (node == NULL || node->time_us > engine->turn_us)
			return;
		probe_timer(engine, LIST_ITEM(node, struct probe, timer));
	}
}

static void on_answer(void *arg, const struct resolve_answer *answer)
{
	struct query *query = arg;
	resolve_done_fn *done = query->done;
	void *done_arg = query->arg;

	list_remove(&query->open);
	mem_free(query);
	done(done_arg, answer);
}

static void deny(struct query *query, const char *why)
{
	struct resolve_answer answer = { .ok = false };
	struct wr w = wr_over(answer.why, sizeof(answer.why) - 1);

	wr_str(&w, why);
	on_answer(query, &answer);
}

static void deny_ending(const struct engine *engine, struct query *query)
{
	char why[TRACE_WHY_MAX] = "interrupted";
	struct wr w = wr_over(why, sizeof(why) - 1);

	if (engine->ending == FAULT_TIMEOUT) {
		wr_str(&w, "no answer from the resolver ");
		if (engine->conf.resolver != NULL)
			wr_fmt(&w, "%.64s ", engine->conf.resolver);
		wr_str(&w, "in time");
		why[w.n] = '\0';
	}
	deny(query, why);
}

void engine_resolve(struct engine *engine, const struct resolve_query *asked, resolve_done_fn *done,
		    void *arg)
{
	struct query *query = mem_new(1, sizeof(*query));
	char why[TRACE_WHY_MAX] = "";

	query->done = done;
	query->arg = arg;
	list_append(&engine->queries, &query->open);
	if (engine->ending != FAULT_NONE) {
		deny_ending(engine, query);
		return;
	}
	if (engine->resolver == NULL)
		engine->resolver = resolver_new(engine->conf.resolver, why, sizeof(why));
	if (engine->resolver != NULL)
		resolver_start(engine->resolver, asked, on_answer, query);
	else
		deny(query, why);
}

static void take_signals(struct engine *engine)
{
	struct signalfd_siginfo info;

	while (read(engine->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		engine->ending = FAULT_INTERRUPTED;
}

static void read_ready(struct engine *engine)
{
	struct epoll_event event[EVENTS_PER_TURN];
	int n = epoll_wait(engine->epoll, event, EVENTS_PER_TURN, 0);

	for (int i = 0; i < n; i++) {
		struct watch *watch = event[i].data.ptr;
		watch->ready(engine, watch, event[i].events);
	}
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void wait_and_read(struct engine *engine, int64_t until_us)
{
	struct pollfd fds[FIRST_FD + RESOLVER_FDS_MAX] = {
		{ .fd = engine->epoll, .events = POLLIN },
		{ .fd = engine->signals, .events = POLLIN },
	};
	bool asking = !list_empty(&engine->queries);
	int64_t now_us = engine_clock_us(), wait_us = -1;
	nfds_t n = FIRST_FD;

	if (asking)
		n += resolver_pollfds(engine->resolver, fds + FIRST_FD, RESOLVER_FDS_MAX, &wait_us);
	if (wait_us >= 0)
		until_us = earlier(until_us, now_us + wait_us);
	wait_us = until_us > now_us ? until_us - now_us : 0;
	struct timespec timeout = { wait_us / 1000000, wait_us % 1000000 * 1000 };
	if (ppoll(fds, n, &timeout, NULL) > 0) {
		if (fds[1].revents != 0)
			take_signals(engine);
		if (fds[0].revents != 0)
			read_ready(engine);
	}
	if (asking)
		resolver_work(engine->resolver, fds + FIRST_FD, n - FIRST_FD);
}

static bool is_idle(const struct engine *engine)
{
	return engine->window.waiting == 0 && window_oldest(&engine->window) == NULL &&
	       list_empty(&engine->queries);
}

static void turn(struct engine *engine)
{
	const struct heap_node *timer;
	int64_t until_us;

	start_probes(engine);
	udp_flush(engine);
	if (is_idle(engine))
		return;
	until_us = earlier(engine->deadline_us, engine->window.wake_us);
	timer = heap_first(&engine->timers);
	if (timer != NULL)
		until_us = earlier(until_us, timer->time_us);
	wait_and_read(engine, until_us);
	run_timers(engine);
}

/* Only tells: to close thousands of sockets takes longer than the caller may wait now. */
static void end_probe(struct engine *engine, struct probe *probe)
{
	enum fault fault = engine->ending;
	struct wr why = wr_over(engine->trace.why, TRACE_WHY_MAX - 1);

	if (fault == FAULT_TIMEOUT && probe->spec.transport == TRANSPORT_UDP &&
	    udp_is_stuck(probe)) { /* nobody was silent who was not asked */
		wr_str(&why, "the request could not be sent: send buffer full");
		fault = FAULT_LOCAL;
	}
	probe_report(engine, probe, fault);
	list_append(&engine->ended, &probe->place);
}

static void end_all(struct engine *engine)
{
	struct list *first;
	struct waiting *waiting;
	struct probe *probe;
	enum limit held;

	do {
		while ((first = list_first(&engine->queries)) != NULL)
			deny_ending(engine, LIST_ITEM(first, struct query, open));
		while ((probe = window_oldest(&engine->window)) != NULL)
			end_probe(engine, probe);
		while ((waiting = window_any(&engine->window, &held)) != NULL) {
			window_why(&engine->window, held, engine->trace.why, TRACE_WHY_MAX);
			end_probe(engine, probe_new_own(waiting));
		}
	} while (!is_idle(engine)); /* a callback may ask for more */
}

enum engine_end engine_run(struct engine *engine)
{
	while (engine->ending == FAULT_NONE && !is_idle(engine)) {
		if (engine_clock_us() >= engine->deadline_us)
			engine->ending = FAULT_TIMEOUT;
		else
			turn(engine);
	}
	if (engine->ending == FAULT_NONE)
		return ENGINE_COMPLETE;
	end_all(engine);
	return engine->ending == FAULT_TIMEOUT ? ENGINE_DEADLINE : ENGINE_SIGNAL;
}

void engine_probe(struct engine *engine, const struct probe_spec *spec)
{
	window_push(&engine->window, spec, engine_clock_us());
}

struct engine_counts engine_counts(const struct engine *engine)
{
	return udp_counts(engine);
}

struct engine *engine_new(const struct engine_conf *conf)
{
	struct engine *engine = mem_new(1, sizeof(*engine));
	sigset_t ends;

	engine->conf = *conf;
	engine->turn_us = engine_clock_us();
	engine->deadline_us = engine->turn_us + conf->timeout_us;
	window_init(&engine->window, conf->parallel, conf->rate);
	list_init(&engine->queries);
	list_init(&engine->ended);
	engine->out = mem_resize(NULL, OUT_BYTES, 1);
	engine->epoll = epoll_create1(EPOLL_CLOEXEC);
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, &engine->old_mask);
	engine->signals = signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC);
	return engine;
}

void engine_free(struct engine *engine)
{
	while (!list_empty(&engine->queries)) {
		struct query *query = LIST_ITEM(list_first(&engine->queries), struct query, open);
		list_remove(&query->open);
		mem_free(query);
	}
	for (struct list *place; (place = list_first(&engine->ended)) != NULL;) {
		list_remove(place);
		probe_free(engine, LIST_ITEM(place, struct probe, place));
	}
	if (engine->resolver != NULL)
		resolver_free(engine->resolver);
	if (engine->tls_ctx != NULL)
		engine->tls->ctx_free(engine->tls_ctx);
	udp_free(engine);
	window_free(&engine->window);
	heap_free(&engine->timers);
	take_signals(engine); /* one that came too late must not kill what follows */
	close(engine->signals);
	close(engine->epoll);
	sigprocmask(SIG_SETMASK, &engine->old_mask, NULL);
	mem_free(engine->out);
	mem_free(engine);
}
