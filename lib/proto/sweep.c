/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plan of a sweep: ASK, the events, and the bound; see sweep.h.  PROVE is in sweep_prove.c.
 *
 * A refusal by the host itself stands above the error of a router, because only the host knows the
 * port.
 */
#include "proto/sweep_private.h"

enum {
	BURST_NS = 10 * 1000 * 1000,
	SETTLE_MIN_US = 20 * SWEEP_MS,
	PASSES_MAX = 4,
	NS_IN_SECOND = 1000 * 1000 * 1000,
};

static uint64_t rotate(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

/* xoshiro256** */
unsigned sweep_random(struct sweep *sweep, unsigned n)
{
	uint64_t *s = sweep->random;
	uint64_t result = rotate(s[1] * 5, 7) * 9, shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = rotate(s[3], 45);
	return (unsigned)((result >> 32) * n >> 32);
}

/* splitmix64: never four zeros. */
static void seed_random(struct sweep *sweep, uint64_t seed)
{
	for (size_t i = 0; i < 4; i++) {
		uint64_t z = seed += 0x9e3779b97f4a7c15U;
		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
		z = (z ^ z >> 27) * 0x94d049bb133111ebU;
		sweep->random[i] = z ^ z >> 31;
	}
}

static void place(struct sweep *sweep, unsigned at, uint16_t port)
{
	sweep->order[at] = port;
	sweep->at[port] = (uint16_t)at;
}

void sweep_swap(struct sweep *sweep, unsigned a, unsigned b)
{
	uint16_t port = sweep->order[a];

	place(sweep, a, sweep->order[b]);
	place(sweep, b, port);
}

uint16_t sweep_draw(struct sweep *sweep)
{
	unsigned fresh = sweep->drawn > sweep->aged ? sweep->drawn - sweep->aged : 0;

	sweep->drawn--;
	if (fresh > 0)
		sweep_swap(sweep, sweep->aged + sweep_random(sweep, fresh), sweep->drawn);
	return sweep->order[sweep->drawn];
}

/* The last port of each part of order[] fills the hole that the part before it left. */
static void take_out(struct sweep *sweep, uint16_t port)
{
	bool aged_first = sweep->aged <= sweep->drawn;
	unsigned *end[] = {
		aged_first ? &sweep->aged : &sweep->drawn,
		aged_first ? &sweep->drawn : &sweep->aged,
		&sweep->left,
	};
	unsigned hole = sweep->at[port];

	for (size_t i = 0; i < sizeof(end) / sizeof(end[0]); i++) {
		if (hole >= *end[i])
			continue;
		unsigned last = --*end[i];
		if (last != hole)
			place(sweep, hole, sweep->order[last]);
		hole = last;
	}
	place(sweep, hole, port);
}

static void set_state(struct sweep *sweep, uint16_t port, enum port_state state)
{
	sweep->counts.of[sweep->state[port]]--;
	sweep->counts.of[state]++;
	sweep->state[port] = (uint8_t)state;
}

void sweep_decide(struct sweep *sweep, uint16_t port, enum port_state state)
{
	if (sweep->state[port] == PORT_UNDECIDED)
		take_out(sweep, port);
	set_state(sweep, port, state);
}

void sweep_add_canary(struct sweep *sweep, uint16_t port)
{
	sweep->chances[port] = SWEEP_CHANCES;
	sweep->pool[sweep->pool_n++] = port;
}

int64_t sweep_round_trips(const struct sweep *sweep, int64_t least, int64_t most)
{
	int64_t us = 8 * sweep->rtt_us;

	if (sweep->rtt_us == 0)
		return SWEEP_SECOND;
	return us < least ? least : us > most ? most : us;
}

bool sweep_may_send(const struct sweep *sweep, int64_t now_us, int64_t *wake_us)
{
	int64_t token_ns = sweep->due_ns - BURST_NS;

	if (sweep->interval_ns == 0 || token_ns <= now_us * 1000)
		return true;
	*wake_us = (token_ns + 999) / 1000;
	return false;
}

void sweep_note_send(struct sweep *sweep, uint16_t port, int64_t now_us)
{
	int64_t now_ns = now_us * 1000, after = now_us - sweep->start_us;

	sweep->due_ns = (sweep->due_ns > now_ns ? sweep->due_ns : now_ns) + sweep->interval_ns;
	sweep->last_send_us = now_us;
	sweep->counts.packets++;
	if (sweep->sent_after_us[port] == 0)
		sweep->sent_after_us[port] =
			after >= 0 && after < UINT32_MAX ? (uint32_t)after + 1 : UINT32_MAX;
}

void sweep_init(struct sweep *sweep, const struct sweep_conf *conf, int64_t now_us)
{
	sweep->conf = *conf;
	if (conf->passes < 1)
		sweep->conf.passes = 1;
	if (conf->passes > PASSES_MAX)
		sweep->conf.passes = PASSES_MAX;
	if (conf->rate > 0)
		sweep->interval_ns = NS_IN_SECOND / conf->rate;
	seed_random(sweep, conf->seed);
	sweep->start_us = sweep->last_send_us = sweep->drained_us = now_us;
	for (unsigned p = 0; p < PORT_MAX && (p = port_set_next(conf->ports, p + 1)) != 0;)
		place(sweep, sweep->left++, (uint16_t)p);
	sweep->drawn = sweep->counts.of[PORT_UNASKED] = sweep->left;
	sweep->phase = sweep->left > 0 && conf->packets_max > 0 ? SWEEP_ASK : SWEEP_ENDED;
}

static bool has_packets(const struct sweep *sweep)
{
	return sweep->counts.packets < sweep->conf.packets_max;
}

static uint16_t ask_one(struct sweep *sweep, int64_t now_us)
{
	uint16_t port = sweep_draw(sweep);

	if (sweep->pass == 0) {
		sweep->asked_as[port] = (uint16_t)sweep->counts.packets;
		set_state(sweep, port, PORT_UNDECIDED);
	}
	sweep_note_send(sweep, port, now_us);
	sweep->counts.ask_us = now_us - sweep->start_us;
	return port;
}

/* The late signs are in: the next pass, or what comes after the last. */
static void end_pass(struct sweep *sweep, int64_t now_us)
{
	sweep->pass++;
	if (!has_packets(sweep)) {
		sweep->phase = SWEEP_ENDED;
	} else if (sweep->pass < sweep->conf.passes) {
		sweep->drawn = sweep->left;
		sweep->phase = SWEEP_ASK;
	} else {
		sweep_prove_start(sweep, now_us);
	}
}

enum sweep_step sweep_next(struct sweep *sweep, int64_t now_us, uint16_t *port, int64_t *wake_us)
{
	while (sweep->phase == SWEEP_ASK || sweep->phase == SWEEP_SETTLE) {
		if (sweep->left == 0) {
			sweep->phase = SWEEP_ENDED;
		} else if (sweep->phase == SWEEP_SETTLE) {
			*wake_us = sweep->last_send_us +
				   sweep_round_trips(sweep, SETTLE_MIN_US, SWEEP_SECOND);
			if (now_us < *wake_us)
				return SWEEP_WAIT;
			end_pass(sweep, now_us);
		} else if (sweep->drawn == 0 || !has_packets(sweep)) {
			sweep->phase = SWEEP_SETTLE;
		} else if (!sweep_may_send(sweep, now_us, wake_us)) {
			return SWEEP_WAIT;
		} else {
			*port = ask_one(sweep, now_us);
			return SWEEP_SEND;
		}
	}
	return sweep->phase == SWEEP_PROVE ? sweep_prove_next(sweep, now_us, port, wake_us)
					   : SWEEP_DONE;
}

/* Counts from the first of several sends, so that the shortest is never too short. */
static void note_round_trip(struct sweep *sweep, uint16_t port, int64_t now_us)
{
	int64_t took = now_us - sweep->start_us - (sweep->sent_after_us[port] - 1);

	if (took >= 0 && (sweep->rtt_us == 0 || took < sweep->rtt_us))
		sweep->rtt_us = took > 0 ? took : 1;
}

static void lose_canary(struct sweep *sweep, uint16_t port)
{
	sweep->chances[port] = 0;
	if (port == sweep->canary)
		sweep->canary_bad = true;
}

void sweep_on_reply(struct sweep *sweep, uint16_t port, int64_t now_us)
{
	if (sweep->sent_after_us[port] == 0)
		return;
	note_round_trip(sweep, port, now_us);
	lose_canary(sweep, port);
	if (sweep->state[port] != PORT_UNASKED)
		sweep_decide(sweep, port, PORT_ANSWERING);
}

static void on_canary_closed(struct sweep *sweep, int64_t now_us)
{
	if (sweep->canary_seen == sweep->canary_sent || sweep->canary_bad)
		return;
	sweep->canary_seen++;
	sweep->heard_us = now_us;
	sweep->counts.canaries_seen++;
	if (sweep->seeking)
		sweep_add_canary(sweep, sweep->canary);
}

static void note_refused_member(struct sweep *sweep, uint16_t port)
{
	unsigned end = sweep->refused_end > 0 ? sweep->refused_end : sweep->group_sent;

	for (unsigned i = 0; i < end; i++)
		if (sweep->member[i] == port)
			sweep->refused_end = end = i + 1;
}

static void on_member_closed(struct sweep *sweep, uint16_t port, int64_t now_us)
{
	if (sweep->phase == SWEEP_PROVE && sweep->at[port] >= sweep->drawn) {
		note_refused_member(sweep, port);
		sweep->heard_us = now_us;
	}
	sweep_decide(sweep, port, PORT_CLOSED);
	sweep_add_canary(sweep, port);
}

static void on_closed(struct sweep *sweep, uint16_t port, int64_t now_us)
{
	enum port_state state = sweep->state[port];

	note_round_trip(sweep, port, now_us);
	if (sweep->drained_us < now_us)
		sweep->drained_us = now_us;
	if (sweep->phase == SWEEP_ASK || sweep->phase == SWEEP_SETTLE) {
		unsigned span = sweep->asked_as[port] + 1U;
		if (sweep->counts.ask_icmp < SWEEP_BURST && sweep->first_closed_span < span)
			sweep->first_closed_span = span;
		sweep->counts.ask_icmp++;
	}
	if (port == sweep->canary)
		on_canary_closed(sweep, now_us);
	if (state == PORT_UNDECIDED)
		on_member_closed(sweep, port, now_us);
	else if (state == PORT_SILENT || state == PORT_REJECTED)
		sweep_decide(sweep, port, PORT_CLOSED);
}

void sweep_on_icmp(struct sweep *sweep, uint16_t port, bool closed, int64_t now_us)
{
	enum port_state state = sweep->state[port];

	if (sweep->sent_after_us[port] == 0)
		return;
	sweep->counts.icmp++;
	if (closed) {
		on_closed(sweep, port, now_us);
		return;
	}
	lose_canary(sweep, port);
	if (state == PORT_UNDECIDED || state == PORT_SILENT)
		sweep_decide(sweep, port, PORT_REJECTED);
}

enum port_state sweep_state(const struct sweep *sweep, uint16_t port)
{
	return sweep->state[port];
}

struct sweep_counts sweep_counts(const struct sweep *sweep)
{
	return sweep->counts;
}

const char *port_state_name(enum port_state state)
{
	static const char *const name[PORT_STATES] = {
		[PORT_UNASKED] = "unasked",	[PORT_UNDECIDED] = "undecided",
		[PORT_ANSWERING] = "answering", [PORT_CLOSED] = "closed",
		[PORT_SILENT] = "silent",	[PORT_REJECTED] = "rejected",
	};

	return name[state];
}

static double power(double base, unsigned exponent)
{
	double result = 1;

	for (; exponent > 0; exponent >>= 1, base *= base)
		if (exponent & 1)
			result *= base;
	return result;
}

/*
 * P(X <= k) of a binomial, for p >= k/n.  The term of k itself is a product of k factors of at least 1
 * and n-k factors below 1; taking them in turn keeps it in the range of a double.
 */
static double binomial_at_most(unsigned n, unsigned k, double p)
{
	double q = 1 - p, term = 1, share = 1, sum = 1;
	unsigned below = n - k;

	for (unsigned i = 1; i <= k; i++) {
		term *= (double)(n - k + i) / i * p;
		for (; term > 1 && below > 0; below--)
			term *= q;
	}
	term *= power(q, below);
	for (unsigned i = k; i > 0 && share > sum * 1e-17; i--) {
		share *= i * q / ((double)(n - i + 1) * p);
		sum += share;
	}
	return term * sum;
}

double sweep_open_bound(unsigned drawn, unsigned open)
{
	if (open >= drawn)
		return 1;
	double low = (double)open / drawn, high = 1;
	for (unsigned i = 0; i < 60; i++) {
		double middle = (low + high) / 2;
		if (binomial_at_most(drawn, open, middle) > 0.05)
			low = middle;
		else
			high = middle;
	}
	return high;
}
