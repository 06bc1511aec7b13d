/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For the tests of the sweep: a host that is a table; its time is a number, its limiter a bucket. */
#ifndef SWEEP_WORLD_H
#define SWEEP_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "proto/sweep.h"

enum {
	MS = 1000,
	S = 1000 * 1000,
	FIRST = 16384,
	CANARIES_FIRST = 40000,
	FLIGHTS = 1 << 15,
	START_US = 77 * S,
};

enum host_port { CLOSED, SILENT, ANSWERING, REJECTED };
/* What happens to the first `mishaps` canaries. */
enum mishap { STOLEN, LOST, ANSWERS, PROHIBITED, VANISHES };

struct flight {
	int64_t at_us;
	uint16_t port;
	uint8_t kind;
};

struct world {
	struct sweep sweep;
	struct sweep_conf conf;
	struct port_set ports, canaries;
	int32_t age_s[PORTS];
	/* the host */
	uint8_t kind[PORTS];
	int64_t burst, refill_us; /* 0 = no limit */
	int64_t credit_us, credit_at_us;
	/* somebody else takes so many tokens that often; 0 = nobody */
	int64_t theft_us, theft_at_us;
	unsigned thefts;
	int64_t rtt_us;
	unsigned lose_every; /* datagrams */
	enum mishap mishap;
	unsigned mishaps;
	uint16_t last_canary;
	unsigned repeats; /* the same canary twice in a row */
	/* what is on its way back, oldest first */
	struct flight flight[FLIGHTS];
	unsigned first, last;
	int64_t now_us, prove_us;
	unsigned drawn_n; /* the first members of groups, in their order */
	uint16_t drawn[64];
};

static inline bool is_proven(const struct sweep *sweep, uint16_t port)
{
	return sweep->state[port] != PORT_UNASKED && sweep->state[port] != PORT_UNDECIDED;
}

static inline struct world *world_new(unsigned members)
{
	struct world *w = mem_new(1, sizeof(*w));

	if (members > 0)
		port_set_add(&w->ports,
			     (struct port_range){ FIRST, (uint16_t)(FIRST + members - 1) });
	port_set_add(&w->canaries, (struct port_range){ CANARIES_FIRST, 65535 });
	w->conf = (struct sweep_conf){
		.ports = &w->ports,
		.canaries = &w->canaries,
		.seed = 1,
		.rate = 2000,
		.passes = 1,
		.prove_us = 60LL * S,
		.packets_max = 1000000,
	};
	w->now_us = START_US;
	w->rtt_us = 1 * MS;
	return w;
}

/* `n` ports of the first `among` become `kind`, spread evenly. */
static inline void spread(struct world *w, enum host_port kind, unsigned n, unsigned among)
{
	for (unsigned i = 0, put = 0; i < among && put < n; i++)
		if (i * (uint64_t)n / among >= put) {
			put++;
			w->kind[FIRST + i] = (uint8_t)kind;
		}
}

static inline void limit(struct world *w, int64_t burst, int64_t refill_us)
{
	w->burst = burst;
	w->refill_us = refill_us;
	w->credit_us = burst * refill_us;
	w->credit_at_us = w->now_us;
}

static inline bool take_token_at(struct world *w, int64_t at_us)
{
	if (w->refill_us == 0)
		return true;
	w->credit_us += at_us - w->credit_at_us;
	w->credit_at_us = at_us;
	if (w->credit_us > w->burst * w->refill_us)
		w->credit_us = w->burst * w->refill_us;
	if (w->credit_us < w->refill_us)
		return false;
	w->credit_us -= w->refill_us;
	return true;
}

static inline bool take_token(struct world *w)
{
	for (; w->theft_us > 0 && w->theft_at_us <= w->now_us; w->theft_at_us += w->theft_us)
		for (unsigned i = 0; i < w->thefts; i++)
			take_token_at(w, w->theft_at_us);
	return take_token_at(w, w->now_us);
}

static inline void meet_mishap(struct world *w, uint16_t port)
{
	if (w->mishap == STOLEN)
		while (take_token(w))
			;
	else if (w->mishap == ANSWERS)
		w->kind[port] = ANSWERING;
	else if (w->mishap == PROHIBITED)
		w->kind[port] = REJECTED;
	else if (w->mishap == VANISHES)
		w->kind[port] = SILENT;
}

static inline void receive(struct world *w, uint16_t port)
{
	bool is_canary = w->sweep.phase == SWEEP_PROVE && w->sweep.stage >= GROUP_CANARY;
	bool lost = w->lose_every > 0 && w->sweep.counts.packets % w->lose_every == 0;

	if (is_canary) {
		w->repeats += port == w->last_canary && w->sweep.canary_sent == 1;
		w->last_canary = port;
	}
	if (is_canary && w->mishaps > 0) {
		w->mishaps--;
		meet_mishap(w, port);
		lost |= w->mishap == LOST;
	}
	if (!is_canary && w->sweep.phase == SWEEP_PROVE && w->drawn_n < 64)
		w->drawn[w->drawn_n++] = port;
	uint8_t kind = w->kind[port];
	if (lost || kind == SILENT || (kind == CLOSED && !take_token(w)))
		return;
	w->flight[w->last++ % FLIGHTS] = (struct flight){ w->now_us + w->rtt_us, port, kind };
}

static inline void deliver(struct world *w)
{
	for (; w->first != w->last && w->flight[w->first % FLIGHTS].at_us <= w->now_us;
	     w->first++) {
		struct flight *flight = &w->flight[w->first % FLIGHTS];
		if (flight->kind == ANSWERING)
			sweep_on_reply(&w->sweep, flight->port, w->now_us);
		else
			sweep_on_icmp(&w->sweep, flight->port, flight->kind == CLOSED, w->now_us);
	}
}

/* Counts again what the counters say. */
static inline void check_invariants(const struct world *w)
{
	const struct sweep *sweep = &w->sweep;
	struct sweep_counts counts = sweep_counts(sweep);
	unsigned of[PORT_STATES] = { 0 }, members = 0, open = 0;

	for (unsigned p = 0; p < PORTS; p++) {
		enum port_state state = sweep_state(sweep, (uint16_t)p);
		bool member = port_set_has(&w->ports, p);
		if (!member) {
			assert_int_equal(state, PORT_UNASKED);
			continue;
		}
		members++;
		of[state]++;
		assert_int_equal(sweep->order[sweep->at[p]], p);
		assert_int_equal(sweep->at[p] < sweep->left, !is_proven(sweep, (uint16_t)p));
		open += !is_proven(sweep, (uint16_t)p);
	}
	assert_memory_equal(of, counts.of, sizeof(of));
	assert_int_equal(sweep->left, open);
	assert_true(sweep->drawn <= sweep->left && sweep->aged <= sweep->left);
	assert_true(sweep->left <= members && sweep->pool_n < PORTS);
	assert_true(counts.packets <= w->conf.packets_max);
	assert_true(counts.sample.open <= counts.sample.drawn);
	assert_true(counts.canaries_seen <= counts.canaries_sent);
}

static inline void run(struct world *w)
{
	uint16_t port = 0;
	int64_t wake_us = 0;

	sweep_init(&w->sweep, &w->conf, w->now_us);
	for (unsigned idle = 0;;) {
		deliver(w);
		enum sweep_step step = sweep_next(&w->sweep, w->now_us, &port, &wake_us);
		if (step == SWEEP_DONE)
			break;
		if (step == SWEEP_SEND) {
			receive(w, port);
			w->now_us += 2;
			idle = 0;
			continue;
		}
		assert_true(wake_us > w->now_us && idle++ < 100000);
		if (w->first != w->last && w->flight[w->first % FLIGHTS].at_us < wake_us)
			wake_us = w->flight[w->first % FLIGHTS].at_us;
		w->now_us = wake_us > w->now_us ? wake_us : w->now_us;
	}
	if (w->sweep.prove_start_us > 0)
		w->prove_us = w->now_us - w->sweep.prove_start_us;
	check_invariants(w);
}

static inline unsigned wrong_verdicts(const struct world *w)
{
	static const uint8_t verdict[] = { PORT_CLOSED, PORT_SILENT, PORT_ANSWERING,
					   PORT_REJECTED };
	unsigned wrong = 0;

	for (uint16_t p = FIRST; p < CANARIES_FIRST; p++)
		wrong +=
			is_proven(&w->sweep, p) && sweep_state(&w->sweep, p) != verdict[w->kind[p]];
	return wrong;
}

#endif
