/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of one probe; see probe.h. */
#define _GNU_SOURCE
#include "net/probe.h"

#include "base/mem.h"
#include "net/chan_tcp.h"
#include "net/chan_udp.h"
#include "net/chan_udp_group.h"
#include "net/sock.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <sys/random.h>

typedef enum step step_fn(void *state, struct xio *io);

void buffer_put(struct buffer *buffer, struct view bytes)
{
	if (bytes.n > buffer->cap - buffer->n) {
		buffer->cap = buffer->n + bytes.n;
		buffer->p = mem_resize(buffer->p, buffer->cap, 1);
	}
	if (bytes.n > 0)
		memcpy(buffer->p + buffer->n, bytes.p, bytes.n);
	buffer->n += bytes.n;
}

void buffer_drop(struct buffer *buffer, size_t n)
{
	buffer->n -= n;
	if (buffer->n == 0) {
		mem_free(buffer->p);
		*buffer = (struct buffer){ .p = NULL };
	} else if (n > 0) {
		memmove(buffer->p, buffer->p + n, buffer->n);
	}
}

static const struct chan *chan_of(const struct probe *probe)
{
	if (probe->spec.transport != TRANSPORT_UDP)
		return &chan_tcp;
	return probe->spec.group != NULL ? &chan_udp_group : &chan_udp;
}

void probe_enter(struct probe *probe, enum phase phase)
{
	int64_t now_us = engine_clock_us();

	probe->phase_us[probe->phase] += now_us - probe->phase_since_us;
	probe->phase_since_us = now_us;
	if (phase == PHASE_ENDED)
		return;
	probe->phase = phase;
	if (probe->started_us == 0)
		probe->started_us = now_us;
}

struct probe *probe_new_own(struct waiting *waiting)
{
	struct probe *probe = mem_new(1, sizeof(*probe) + waiting->spec.ops->state_size);

	probe->spec = waiting->spec;
	probe->phase_since_us = waiting->since_us;
	mem_free(waiting);
	return probe;
}

/* One call of getrandom serves many probes, but not more than there are. */
static enum fault take_entropy(struct engine *engine, struct probe *probe)
{
	size_t rows = engine->window.waiting + 1, got = 0;

	if (rows > ENTROPY_PROBES_MAX)
		rows = ENTROPY_PROBES_MAX;
	while (engine->entropy_left == 0 && got < rows * sizeof(probe->entropy)) {
		ssize_t n = getrandom((char *)engine->entropy + got,
				      rows * sizeof(probe->entropy) - got, 0);
		if (n < 0 && errno != EINTR)
			return sock_blame(&engine->trace, "get random numbers", errno);
		got += n > 0 ? (size_t)n : 0;
	}
	if (engine->entropy_left == 0)
		engine->entropy_left = rows;
	memcpy(probe->entropy, engine->entropy[--engine->entropy_left], sizeof(probe->entropy));
	return FAULT_NONE;
}

/* Tries once; the reason of a failure stays for the probes that follow. */
static enum fault load_tls(struct engine *engine)
{
	char *why = engine->tls_why;

	if (engine->tls == NULL && why[0] == '\0')
		engine->tls = tls_load(why, TRACE_WHY_MAX);
	if (engine->tls != NULL && engine->tls_ctx == NULL && why[0] == '\0')
		engine->tls_ctx = engine->tls->ctx_new(engine->conf.tls, why, TRACE_WHY_MAX);
	memcpy(engine->trace.why, why, TRACE_WHY_MAX);
	return engine->tls_ctx != NULL ? FAULT_NONE : FAULT_LOCAL;
}

void probe_start(struct engine *engine, struct probe *probe)
{
	enum transport transport = probe->spec.transport;
	enum fault fault = FAULT_NONE;

	if (transport == TRANSPORT_TLS)
		fault = load_tls(engine);
	probe_enter(probe, transport == TRANSPORT_UDP ? PHASE_EXCHANGE : PHASE_CONNECT);
	window_started(&engine->window, probe);
	if (fault == FAULT_NONE && probe->spec.group == NULL)
		fault = sock_check(&engine->trace, &engine->conf.source, &probe->spec.peer);
	if (fault == FAULT_NONE)
		fault = take_entropy(engine, probe);
	if (fault == FAULT_NONE)
		fault = chan_of(probe)->open(engine, probe);
	if (fault != FAULT_NONE)
		probe_end(engine, probe, fault);
}

void probe_tap(struct engine *engine, struct probe *probe, enum tap_event event,
	       const struct xio *io, struct view bytes)
{
	const struct addr *other = event == TAP_SENT ? &probe->spec.peer : io->from;

	if (engine->conf.tap != NULL)
		engine->conf.tap(engine->conf.ctx, &probe->spec, event, io->now_us, other, bytes);
}

static void set_timer(struct engine *engine, struct probe *probe, int64_t wake_us)
{
	if (wake_us == 0)
		heap_remove(&engine->timers, &probe->timer);
	else /* never within this turn, so that each turn ends */
		heap_set(&engine->timers, &probe->timer,
			 wake_us > engine->turn_us ? wake_us : engine->turn_us + 1);
}

/* Every callback into an exchange; false: the probe has ended. */
static bool call(struct engine *engine, struct probe *probe, step_fn *fn, struct xio *io)
{
	const struct chan *chan = chan_of(probe);
	enum fault fault = FAULT_NONE;

	if (io->now_us < probe->last_us)
		io->now_us = probe->last_us;
	probe->last_us = io->now_us;
	io->arg = probe->spec.arg;
	io->entropy = probe->entropy;
	io->local = &probe->local;
	io->peer = &probe->spec.peer;
	io->stream = probe->spec.transport != TRANSPORT_UDP;
	io->out = wr_over(engine->out, chan->room(probe));
	enum step step = fn(probe->state, io);
	assert(io->used <= io->in.n);
	set_timer(engine, probe, io->wake_us);
	if (io->out.n > 0) {
		probe_tap(engine, probe, TAP_SENT, io, wr_view(&io->out));
		fault = chan->send(engine, probe, wr_view(&io->out));
	}
	if (step == STEP_MORE && fault == FAULT_NONE)
		return true;
	probe_end(engine, probe, step == STEP_DONE ? FAULT_NONE : fault);
	return false;
}

void probe_begin(struct engine *engine, struct probe *probe)
{
	struct xio io = { .in = { NULL, 0 } };

	probe_enter(probe, PHASE_EXCHANGE);
	io.now_us = probe->phase_since_us;
	probe->local.scope = 0; /* means nothing to the peer */
	call(engine, probe, probe->spec.ops->start, &io);
}

bool probe_deliver(struct engine *engine, struct probe *probe, struct xio *io)
{
	return call(engine, probe, probe->spec.ops->on_data, io);
}

void probe_timer(struct engine *engine, struct probe *probe)
{
	struct xio io = { .now_us = engine_clock_us() };

	heap_remove(&engine->timers, &probe->timer);
	call(engine, probe, probe->spec.ops->on_timer, &io);
}

void probe_report(struct engine *engine, struct probe *probe, enum fault fault)
{
	struct trace *trace = &engine->trace;

	probe_enter(probe, PHASE_ENDED);
	heap_remove(&engine->timers, &probe->timer);
	window_ended(&engine->window, probe);
	if (fault == FAULT_NONE) /* forget what a last write met */
		memset(trace, 0, sizeof(*trace));
	trace->fault = fault;
	trace->phase = probe->phase;
	trace->started_us = probe->started_us;
	memcpy(trace->phase_us, probe->phase_us, sizeof(trace->phase_us));
	trace->local = probe->local;
	if (probe->spec.transport == TRANSPORT_TLS)
		trace->tls = probe->tcp.facts;
	engine->conf.done(engine->conf.ctx, &probe->spec, probe->state, trace);
	memset(trace, 0, sizeof(*trace));
}

void probe_free(struct engine *engine, struct probe *probe)
{
	chan_of(probe)->close(engine, probe);
	mem_free(probe->out.p);
	mem_free(probe);
}

void probe_end(struct engine *engine, struct probe *probe, enum fault fault)
{
	probe_report(engine, probe, fault);
	probe->done = fault == FAULT_NONE;
	probe_free(engine, probe);
}
