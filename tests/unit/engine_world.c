/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the engine's tests; see engine_world.h. */
#include "engine_world.h"

#include <stdlib.h>
#include <string.h>

static enum step act(struct told *told, struct xio *io)
{
	const struct ask *ask = io->arg;

	wr_put(&io->out, ask->say);
	if (ask->wake_us != 0)
		io->wake_us = io->now_us + ask->wake_us;
	if (ask->hook != NULL)
		ask->hook(ask->hook_arg, io);
	return ask->at_once || (ask->timers > 0 && told->timers >= ask->timers) ? STEP_DONE
										: STEP_MORE;
}

static enum step start(void *state, struct xio *io)
{
	struct told *told = state;

	told->started_us = io->now_us;
	told->local = *io->local;
	told->entropy = io->entropy[0] ^ io->entropy[1] ^ io->entropy[2] ^ io->entropy[3];
	return act(told, io);
}

static enum step on_timer(void *state, struct xio *io)
{
	struct told *told = state;

	if (told->timers < TOLD_TIMERS_MAX)
		told->timer_us[told->timers] = io->now_us;
	told->timers++;
	return act(told, io);
}

static enum step on_data(void *state, struct xio *io)
{
	const struct ask *ask = io->arg;
	struct told *told = state;

	if (ask->wake_us != 0)
		io->wake_us = io->now_us + ask->wake_us;
	told->closed = io->closed;
	if (ask->peer_only && !addr_eq(io->from, io->peer)) {
		told->strangers++;
		return STEP_MORE;
	}
	told->answers++;
	told->from = *io->from;
	told->answered_us = io->now_us;
	told->n = io->in.n + (ask->consume ? told->n : 0);
	struct view text = view_first(io->in, TOLD_TEXT_MAX);
	memcpy(told->text, text.p, text.n);
	io->used = ask->consume ? io->in.n : 0;
	return ask->want > 0 && told->n >= ask->want ? STEP_DONE : STEP_MORE;
}

static const struct exchange_ops told_ops = { "told", sizeof(struct told), start, on_data,
					      on_timer };

static void on_done(void *ctx, const struct probe_spec *spec, const void *state,
		    const struct trace *trace)
{
	struct world *world = ctx;
	struct result *result = spec->user;

	assert_false(result->ended);
	result->ended = true;
	result->order = world->ended++;
	result->told = *(const struct told *)state;
	result->trace = *trace;
	if (trace->tls != NULL)
		result->facts = *trace->tls;
	if (world->again != NULL) {
		struct ask *again = world->again;
		struct probe_spec next = *spec;
		world->again = NULL;
		next.arg = again;
		next.user = &world->result[world->probes++];
		engine_probe(world->engine, &next);
	}
}

static void on_tap(void *ctx, const struct probe_spec *spec, enum tap_event event, int64_t now_us,
		   const struct addr *other, struct view bytes)
{
	struct world *world = ctx;

	assert_true(event == TAP_RECEIVED || addr_eq(other, &spec->peer));
	assert_true(other->family == spec->peer.family);
	assert_true(now_us > 0 && bytes.n > 0);
	world->sent += event == TAP_SENT;
	world->received += event == TAP_RECEIVED;
}

struct world *world_new(int64_t timeout_us)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	world->conf = (struct engine_conf){
		.timeout_us = timeout_us,
		.parallel = 1000,
		.ctx = world,
		.done = on_done,
		.tap = on_tap,
	};
	return world;
}

struct addr world_addr(const char *ip, uint16_t port)
{
	struct addr a;

	assert_true(addr_parse(view_of(ip), &a));
	a.port = port;
	return a;
}

void world_begin(struct world *world)
{
	if (world->engine != NULL)
		return;
	world->began_us = engine_clock_us();
	world->engine = engine_new(&world->conf);
}

void world_ask(struct world *world, enum transport transport, const char *ip, uint16_t port,
	       const struct ask *ask)
{
	assert_true(world->probes < WORLD_PROBES_MAX);
	world_begin(world);
	engine_probe(world->engine, &(struct probe_spec){
					    .ops = &told_ops,
					    .arg = ask,
					    .peer = world_addr(ip, port),
					    .transport = transport,
					    .tls_name = world->tls_name,
					    .user = &world->result[world->probes++],
				    });
}

enum engine_end world_run(struct world *world)
{
	enum engine_end end = engine_run(world->engine);

	world->took_us = engine_clock_us() - world->began_us;
	world->counts = engine_counts(world->engine);
	engine_free(world->engine);
	assert_int_equal(world->ended, world->probes);
	return end;
}

unsigned world_count(const struct world *world, enum fault fault)
{
	unsigned n = 0;

	for (unsigned i = 0; i < world->probes; i++)
		n += world->result[i].trace.fault == fault;
	return n;
}
