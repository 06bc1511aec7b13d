/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The loop of sweeps; see udp_sweep.h.
 *
 * One turn of a sweep: read what is there, take up to a batch of ports from the plan, send it.  The
 * plan takes a port that it handed out as asked, so a batch is sent to its end, in order, before the
 * next one; a socket that cannot do that ends its sweep with a fault.
 */
#define _GNU_SOURCE
#include "net/udp_sweep_run.h"

#include "base/mem.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <sys/signalfd.h>

enum {
	SEND_TRIES = 8,
	DRAIN_ROUNDS = 16, /* in a turn, so that a flood cannot hold up the deadline */
	LAST_DRAIN_US = 2000,
	RECEIVE_BUFFER_BYTES = 4 << 20,
	PAUSE_US = 1000, /* after ENOBUFS a socket is writable, but the device is not */
	PROGRESS_US = 100000,
};

/* Reads what is left. What is still there then is as good as lost. */
static void drain_last(struct sweep_run *run, struct sweep_flow *flow)
{
	int64_t until_us = engine_clock_us() + LAST_DRAIN_US;
	unsigned n = 1;
	int error = 0;

	while (n > 0 && engine_clock_us() < until_us)
		n = sweep_read(run, flow, &error);
	flow->crowded += n;
	sweep_note_drops(flow);
}

static void end_flow(struct sweep_run *run, struct sweep_flow *flow)
{
	struct trace *trace = &flow->sweep->trace;

	drain_last(run, flow);
	close(flow->fd);
	flow->fd = -1;
	run->open--;
	flow->sweep->unsent = flow->asked - flow->at;
	trace->phase_us[PHASE_EXCHANGE] = engine_clock_us() - trace->started_us;
}

static void fail_flow(struct sweep_run *run, struct sweep_flow *flow, int error)
{
	struct trace *trace = &flow->sweep->trace;

	trace->fault = sock_blame(trace, "send", error);
	end_flow(run, flow);
}

/* False when the sweep is over. */
static bool drain(struct sweep_run *run, struct sweep_flow *flow)
{
	unsigned n = SWEEP_BATCH;
	int error = 0;

	for (unsigned round = 0; round < DRAIN_ROUNDS && n == SWEEP_BATCH && error == 0; round++)
		n = sweep_read(run, flow, &error);
	if (error != 0)
		fail_flow(run, flow, error);
	return error == 0;
}

/* Takes a batch of ports from the plan; false when there is none left. */
static bool fill(struct sweep_flow *flow)
{
	enum sweep_step step = SWEEP_SEND;
	int64_t now_us = engine_clock_us();

	flow->asked = flow->at = 0;
	while (flow->asked < SWEEP_BATCH) {
		step = sweep_next(flow->sweep->plan, now_us, &flow->ask[flow->asked],
				  &flow->wake_us);
		if (step != SWEEP_SEND)
			break;
		flow->asked++;
	}
	if (step != SWEEP_WAIT) /* SWEEP_DONE is said again after the rest is sent */
		flow->wake_us = now_us;
	return step != SWEEP_DONE || flow->asked > 0;
}

static void write_batch(struct sweep_run *run, const struct sweep_flow *flow)
{
	struct sweep_batch *out = &run->out;
	struct addr peer = flow->sweep->peer;

	for (unsigned i = flow->at; i < flow->asked; i++) {
		peer.port = flow->ask[i];
		out->iov[i] =
			(struct iovec){ (void *)flow->sweep->payload.p, flow->sweep->payload.n };
		out->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &out->name[i],
			.msg_namelen = sock_addr_write(&out->name[i], &peer),
			.msg_iov = &out->iov[i],
			.msg_iovlen = 1,
		};
	}
}

static void note_sent(struct sweep_flow *flow, unsigned n)
{
	for (; n > 0; n--)
		port_set_put(&flow->sent, flow->ask[flow->at++]);
}

/* Sends the batch. An error of sendmmsg may belong to an earlier datagram (on loopback it always
 * does, so that a call seldom sends more than one): it is this one's own only when it outlives
 * several calls, each of which takes one error away. */
static void flush(struct sweep_run *run, struct sweep_flow *flow)
{
	unsigned failures = 0;

	write_batch(run, flow);
	while (flow->at < flow->asked && failures < SEND_TRIES) {
		int sent = sendmmsg(flow->fd, run->out.msg + flow->at, flow->asked - flow->at,
				    MSG_DONTWAIT);
		int error = errno;
		failures = sent > 0 ? 0 : failures + 1;
		if (sent > 0)
			note_sent(flow, (unsigned)sent);
		else if (error == EAGAIN || error == ENOBUFS) {
			flow->pause_us = engine_clock_us() + PAUSE_US;
			return;
		} else if (failures == SEND_TRIES)
			fail_flow(run, flow, error);
		else if (failures > 1 && !drain(run, flow))
			return;
	}
}

static void turn_flow(struct sweep_run *run, struct sweep_flow *flow)
{
	if (flow->ready && !drain(run, flow))
		return;
	if (flow->at == flow->asked && !fill(flow)) {
		flow->sweep->done = true;
		end_flow(run, flow);
		return;
	}
	if (engine_clock_us() >= flow->pause_us)
		flush(run, flow);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void take_signals(struct sweep_run *run)
{
	struct signalfd_siginfo info;

	while (read(run->fds[run->count].fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		run->signalled = true;
}

static void wait_until(struct sweep_run *run, int64_t until_us)
{
	int64_t now_us = engine_clock_us();
	int64_t wait_us = until_us > now_us ? until_us - now_us : 0;
	struct timespec timeout = { wait_us / 1000000, wait_us % 1000000 * 1000 };

	for (size_t i = 0; i < run->count; i++)
		run->fds[i].fd = run->flows[i].fd;
	int n = ppoll(run->fds, run->count + 1, &timeout, NULL);
	for (size_t i = 0; i < run->count; i++)
		run->flows[i].ready = n > 0 && run->fds[i].revents != 0;
	if (n > 0 && run->fds[run->count].revents != 0)
		take_signals(run);
}

static void tell_progress(struct sweep_run *run)
{
	const struct udp_sweep_conf *conf = run->conf;
	int64_t now_us = engine_clock_us();

	if (now_us < run->progress_us)
		return;
	run->progress_us = now_us + PROGRESS_US;
	conf->progress(conf->ctx, run->sweeps, run->count);
}

static void turn(struct sweep_run *run)
{
	int64_t until_us = earlier(run->conf->deadline_us, run->progress_us);

	for (size_t i = 0; i < run->count; i++) {
		struct sweep_flow *flow = &run->flows[i];
		if (flow->fd >= 0 && engine_clock_us() < run->conf->deadline_us)
			turn_flow(run, flow);
		if (flow->fd >= 0)
			until_us = earlier(until_us,
					   flow->at < flow->asked ? flow->pause_us : flow->wake_us);
	}
	if (run->open > 0)
		wait_until(run, until_us);
	if (run->conf->progress != NULL)
		tell_progress(run);
}

static enum fault blame_open(struct trace *trace, int error)
{
	struct wr why = wr_over(trace->why, sizeof(trace->why) - 1);

	if (error != ENOPROTOOPT)
		return sock_blame(trace, "open a UDP socket", error);
	trace->error = error;
	wr_str(&why, "this kernel does not tell which ports refuse (no IP_RECVERR)");
	return FAULT_LOCAL;
}

static enum fault open_flow(struct sweep_run *run, struct sweep_flow *flow)
{
	struct addr peer = flow->sweep->peer, source = run->conf->source;
	struct trace *trace = &flow->sweep->trace;
	int bytes = RECEIVE_BUFFER_BYTES, error = 0;
	enum fault fault = sock_check(trace, &source, &peer);

	if (fault != FAULT_NONE)
		return fault;
	if (source.family == 0)
		error = route_find(&run->route, &peer, &source);
	if (error != 0)
		return sock_blame(trace, "find a source address", error);
	flow->fd = sock_open(SOCK_DGRAM, peer.family, &run->conf->source);
	if (flow->fd < 0)
		return blame_open(trace, -flow->fd);
	/* The kernel caps it; sweep_note_drops looks at what it really is. */
	setsockopt(flow->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	trace->local = source;
	trace->local.port = sock_local(flow->fd).port;
	trace->phase = PHASE_EXCHANGE;
	trace->started_us = engine_clock_us();
	run->open++;
	return FAULT_NONE;
}

static struct sweep_run *run_new(struct udp_sweep *sweeps, size_t count,
				 const struct udp_sweep_conf *conf)
{
	struct sweep_run *run = mem_new(1, sizeof(*run));
	sigset_t ends;

	run->conf = conf;
	run->sweeps = sweeps;
	run->count = count;
	run->flows = mem_new(count, sizeof(*run->flows));
	run->fds = mem_new(count + 1, sizeof(*run->fds));
	run->slots = mem_resize(NULL, SWEEP_BATCH, SWEEP_SLOT_BYTES);
	run->progress_us = conf->progress != NULL ? engine_clock_us() + PROGRESS_US : INT64_MAX;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, &run->old_mask);
	for (size_t i = 0; i <= count; i++)
		run->fds[i].events = POLLIN;
	run->fds[count].fd = signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC);
	for (size_t i = 0; i < count; i++) {
		run->flows[i].sweep = &sweeps[i];
		run->flows[i].fd = -1;
		sweeps[i].trace.fault = open_flow(run, &run->flows[i]);
	}
	route_free(&run->route); /* its sockets would be met by a sweep of our own host */
	return run;
}

static void run_free(struct sweep_run *run)
{
	take_signals(run); /* one that came too late must not kill what follows */
	close(run->fds[run->count].fd);
	sigprocmask(SIG_SETMASK, &run->old_mask, NULL);
	mem_free(run->slots);
	mem_free(run->fds);
	mem_free(run->flows);
	mem_free(run);
}

enum engine_end udp_sweep_run(struct udp_sweep *sweeps, size_t count,
			      const struct udp_sweep_conf *conf)
{
	struct sweep_run *run = run_new(sweeps, count, conf);
	enum engine_end end = ENGINE_COMPLETE;

	while (run->open > 0 && end == ENGINE_COMPLETE) {
		if (run->signalled)
			end = ENGINE_SIGNAL;
		else if (engine_clock_us() >= conf->deadline_us)
			end = ENGINE_DEADLINE;
		else
			turn(run);
	}
	for (size_t i = 0; i < count; i++)
		if (run->flows[i].fd >= 0)
			end_flow(run, &run->flows[i]);
	run_free(run);
	return end;
}
