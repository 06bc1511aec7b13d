/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What whole sweeps find out about hosts, and what it costs. */
#include <string.h>

#include "sweep_world.h"

struct host_case {
	const char *name;
	unsigned members, silent, answering, rejected; /* the rest is closed */
	int64_t burst, refill_us;
	int64_t rtt_us;
	unsigned rate, passes;
	int64_t prove_s;
	/* expected: how many at least of each, all right; how long at most, ms */
	unsigned closed_min, silent_min;
	unsigned packets_max;
	int64_t ms_max;
	int64_t refill_ms; /* found, -1 = any */
};

static const struct host_case host_cases[] = {
	{ "all closed, loopback", 16384, 0, 0, 0, 0, 0, 20, 0, 1, 60, 16384, 0, 16384, 33, 0 },
	{ "all closed, three passes", 16384, 0, 0, 0, 0, 0, 20, 0, 3, 60, 16384, 0, 16384, 33, 0 },
	{ "mixed, loopback", 16384, 100, 100, 100, 0, 0, 20, 0, 1, 60, 16084, 100, 16550, 1500, 0 },
	{ "mixed, slow, far", 2000, 100, 10, 5, 0, 0, 150 * MS, 900, 2, 60, 1885, 100, 2350, 13000,
	  -1 },
	{ "all silent but three", 16384, 16381, 0, 0, 6, S, 30, 5000, 1, 60, 3, 16381, 32800, 22000,
	  1050 },
	{ "15000 silent, default Linux", 16384, 15000, 20, 0, 6, S, MS, 20000, 1, 60, 25, 100,
	  28500, 62000, 1050 },
	{ "15000 silent, 20 s", 16384, 15000, 0, 0, 6, S, MS, 20000, 1, 20, 25, 150, 22000, 22000,
	  1050 },
	{ "15000 silent, slowly", 16384, 15000, 0, 0, 6, S, MS, 2000, 1, 20, 25, 80, 17000, 30000,
	  1050 },
	{ "15000 silent, no limit, far", 16384, 15000, 0, 0, 0, 0, 150 * MS, 2000, 1, 20, 1384, 450,
	  30000, 30000, -1 },
	{ "all closed, default Linux", 16384, 0, 0, 0, 6, S, MS, 2000, 1, 60, 60, 0, 17700, 69000,
	  1050 },
	{ "all closed, IPv6 of Linux", 16384, 0, 0, 0, 6, S / 10, MS, 2000, 1, 30, 300, 0, 18000,
	  39000, -1 },
	{ "all closed, global 1000/s", 16384, 0, 0, 0, 50, S / 1000, MS, 2000, 2, 60, 16384, 0,
	  60000, 60000, -1 },
	{ "slow limiter, 1 in 3 s", 4096, 4000, 0, 0, 6, 3 * S, MS, 2000, 1, 100, 8, 0, 9000,
	  104000, -1 },
	{ "all silent, slow limiter", 4096, 4094, 0, 0, 6, 3 * S, MS, 2000, 1, 100, 2, 4094, 9300,
	  41000, -1 },
	{ "one silent port", 1, 1, 0, 0, 6, S, MS, 2000, 1, 60, 0, 1, 4, 2200, 1050 },
	{ "two ports, one closed", 2, 1, 0, 0, 6, S, MS, 2000, 1, 60, 1, 1, 4, 1100, 1050 },
	{ "answering only", 500, 0, 500, 0, 6, S, MS, 2000, 3, 60, 0, 0, 500, 300, 0 },
	{ "rejected only", 500, 0, 0, 500, 6, S, MS, 2000, 3, 60, 0, 0, 500, 300, 0 },
	{ "empty", 0, 0, 0, 0, 6, S, MS, 2000, 3, 60, 0, 0, 0, 0, 0 },
};

static void hosts_get_the_right_verdicts_in_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(host_cases) / sizeof(host_cases[0]); i++) {
		const struct host_case *c = &host_cases[i];
		struct world *w = world_new(c->members);
		w->conf.rate = c->rate;
		w->conf.passes = c->passes;
		w->conf.prove_us = c->prove_s * S;
		w->rtt_us = c->rtt_us;
		spread(w, SILENT, c->silent, c->members);
		for (unsigned p = FIRST, n = 0; n < c->answering + c->rejected; p++)
			if (w->kind[p] == CLOSED || c->silent + c->answering > c->members)
				w->kind[p] = n++ < c->answering ? ANSWERING : REJECTED;
		limit(w, c->burst, c->refill_us);
		run(w);
		struct sweep_counts counts = sweep_counts(&w->sweep);
		int64_t ms = (w->now_us - START_US) / MS;
		if (wrong_verdicts(w) > 0 || counts.of[PORT_ANSWERING] != c->answering ||
		    counts.of[PORT_REJECTED] != c->rejected ||
		    counts.of[PORT_CLOSED] < c->closed_min ||
		    counts.of[PORT_SILENT] < c->silent_min || counts.packets > c->packets_max ||
		    ms > c->ms_max || (c->refill_ms >= 0 && counts.refill_us / MS != c->refill_ms))
			fail_msg("%s: %u wrong, %u closed, %u silent, %u packets, %u ms", c->name,
				 wrong_verdicts(w), counts.of[PORT_CLOSED], counts.of[PORT_SILENT],
				 (unsigned)counts.packets, (unsigned)ms);
		mem_free(w);
	}
}

static void closed_range_behind_a_limiter_is_sampled(void **state)
{
	struct world *w = world_new(16384);

	(void)state;
	limit(w, 6, S);
	run(w);
	struct sweep_counts counts = sweep_counts(&w->sweep);
	assert_int_equal(counts.ask_icmp, 14);
	assert_in_range(counts.ask_us, 8180 * MS, 8200 * MS);
	assert_in_range(counts.sample.drawn, 55, 60);
	assert_int_equal(counts.sample.open, 0);
	/* The first of each group, and whoever else found one of the tokens there ever were. */
	assert_in_range(counts.of[PORT_CLOSED], 14 + counts.sample.drawn,
			6 + (w->now_us - START_US) / S);
	assert_true(sweep_open_bound(counts.sample.drawn, 0) < 0.054);
	mem_free(w);
}

/* A third is silent: the first members of short groups, of 4 and of 20, favour neither kind. */
static void sample_is_not_biased(void **state)
{
	static const int64_t refill_us[] = { S / 5, S };

	(void)state;
	for (unsigned i = 0, drawn = 0, open = 0; i < 2; i++, drawn = open = 0) {
		for (unsigned seed = 0; seed < 10; seed++) {
			struct world *w = world_new(9000);
			w->conf.seed = seed;
			w->conf.prove_us = 60LL * S;
			spread(w, SILENT, 3000, 9000);
			limit(w, 6, refill_us[i]);
			run(w);
			assert_int_equal(wrong_verdicts(w), 0);
			drawn += sweep_counts(&w->sweep).sample.drawn;
			open += sweep_counts(&w->sweep).sample.open;
			mem_free(w);
		}
		assert_true(drawn > 500);
		assert_in_range(open * 100 / drawn, 29, 38);
	}
}

static void limiters_do_not_make_closed_ports_silent(void **state)
{
	static const unsigned closed[] = { 16, 164, 1638, 8192 };
	static const int64_t refill_ms[] = { 1, 30, 300, 700, 1000, 2000, 5000 };
	static const int64_t burst[] = { 1, 6, 50 };

	(void)state;
	for (unsigned i = 0; i < 4 * 7 * 3; i++) {
		struct world *w = world_new(16384);
		spread(w, SILENT, 16384 - closed[i / 21], 16384);
		limit(w, burst[i % 3], refill_ms[i / 3 % 7] * MS);
		run(w);
		if (wrong_verdicts(w) > 0)
			fail_msg("burst %u, %u ms, %u closed: %u wrong", (unsigned)burst[i % 3],
				 (unsigned)refill_ms[i / 3 % 7], closed[i / 21], wrong_verdicts(w));
		mem_free(w);
	}
}

static void limiters_shared_with_others_do_not_make_closed_ports_silent(void **state)
{
	/* the others take so many each so often; proven silent in a run, on average */
	static const struct {
		int64_t refill_ms, theft_ms;
		unsigned thefts, silent_min;
	} cases[] = {
		{ 1000, 500, 1, 0 },	{ 1000, 1000, 1, 0 },	 { 1000, 1530, 1, 20 },
		{ 1000, 4700, 6, 200 }, { 1000, 13100, 6, 500 }, { 1300, 0, 0, 500 },
		{ 2500, 0, 0, 500 },	{ 1300, 4700, 2, 100 },	 { 2500, 13100, 6, 100 },
	};
	enum { SEEDS = 20, CLOSED_PORTS = 10 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned silent = 0;
		for (unsigned seed = 0; seed < SEEDS; seed++) {
			struct world *w = world_new(5000);
			w->conf.seed = seed;
			w->theft_us = cases[i].theft_ms * MS;
			w->theft_at_us = START_US + seed * 73LL * MS;
			w->thefts = cases[i].thefts;
			spread(w, SILENT, 5000 - CLOSED_PORTS, 5000);
			limit(w, 6, cases[i].refill_ms * MS);
			run(w);
			if (wrong_verdicts(w) > 0)
				fail_msg("case %zu, seed %u: %u wrong", i, seed, wrong_verdicts(w));
			silent += sweep_counts(&w->sweep).of[PORT_SILENT];
			mem_free(w);
		}
		if (silent < SEEDS * cases[i].silent_min)
			fail_msg("case %zu: %u silent", i, silent / SEEDS);
	}
}

static void lost_datagrams_are_asked_again(void **state)
{
	struct world *w = world_new(4000);

	(void)state;
	w->conf.passes = 3;
	w->lose_every = 7;
	spread(w, ANSWERING, 2000, 4000);
	run(w);
	struct sweep_counts counts = sweep_counts(&w->sweep);
	assert_in_range(counts.of[PORT_ANSWERING], 1985, 2000);
	assert_in_range(counts.of[PORT_CLOSED], 1985, 2000);
	assert_int_equal(counts.of[PORT_UNDECIDED], 0);
	mem_free(w);
}

static void host_without_icmp_proves_nothing(void **state)
{
	struct world *w = world_new(2000);

	(void)state;
	memset(w->kind, SILENT, sizeof(w->kind));
	run(w);
	struct sweep_counts counts = sweep_counts(&w->sweep);
	assert_int_equal(counts.of[PORT_UNDECIDED], 2000);
	assert_int_equal(counts.canaries_sent, 3);
	assert_int_equal(counts.packets, 2003);
	assert_int_equal(counts.refill_us, 0);
	assert_in_range(w->prove_us, 3 * S, 4 * S);
	mem_free(w);
}

static void without_a_place_for_canaries_nothing_is_proven(void **state)
{
	struct world *w = world_new(2000);

	(void)state;
	spread(w, SILENT, 2000, 2000);
	w->canaries = w->ports; /* members were asked already */
	run(w);
	assert_int_equal(sweep_counts(&w->sweep).of[PORT_UNDECIDED], 2000);
	assert_int_equal(sweep_counts(&w->sweep).packets, 2000);
	mem_free(w);
}

struct mishap_case {
	enum mishap mishap;
	unsigned mishaps, closed, silent;
	unsigned groups_max;
	int64_t ms_min, ms_max; /* PROVE */
};

static void canaries_may_fail(void **state)
{
	static const struct mishap_case cases[] = {
		/* one short group, then long ones that wait for two tokens */
		{ LOST, 0, 4, 2996, 5, 10500, 11000 },
		{ LOST, 1, 4, 2996, 8, 13500, 14000 },
		{ STOLEN, 1, 4, 2996, 8, 13500, 14000 },
		{ STOLEN, 3, 4, 2996, 13, 15000, 60000 },
		{ STOLEN, 1000, 4, 0, 10, 60000, 66000 },
		{ LOST, 1000, 4, 0, 10, 60000, 66000 },
		{ ANSWERS, 1, 4, 2996, 6, 11500, 12000 },
		{ PROHIBITED, 2, 4, 2996, 7, 12500, 13000 },
		{ PROHIBITED, 4, 4, 2996, 8, 14500, 15000 },
		{ VANISHES, 1, 1, 2999, 12, 8000, 52000 },
		/* no closed port in the range: these are candidates */
		{ LOST, 2, 0, 3000, 3, 9500, 10000 },
		{ ANSWERS, 2, 0, 3000, 3, 9500, 10000 },
		{ LOST, 3, 0, 0, 0, 3000, 4000 },
		{ PROHIBITED, 3, 0, 0, 0, 3000, 4000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct mishap_case *c = &cases[i];
		struct world *w = world_new(3000);
		w->conf.prove_us = 120LL * S;
		spread(w, SILENT, 3000 - c->closed, 3000);
		limit(w, 6, S);
		w->mishap = c->mishap;
		w->mishaps = c->mishaps;
		run(w);
		struct sweep_counts counts = sweep_counts(&w->sweep);
		unsigned answering = c->mishap == ANSWERS && c->closed > 0 ? c->mishaps : 0;
		if (counts.of[PORT_SILENT] != c->silent ||
		    counts.of[PORT_CLOSED] != c->closed - answering ||
		    counts.of[PORT_ANSWERING] != answering || counts.groups > c->groups_max ||
		    w->prove_us / MS < c->ms_min || w->prove_us / MS > c->ms_max)
			fail_msg("case %zu: %u silent, %u closed, %u groups, %u ms", i,
				 counts.of[PORT_SILENT], counts.of[PORT_CLOSED], counts.groups,
				 (unsigned)(w->prove_us / MS));
		if (c->closed == 4 && (c->mishap == LOST || c->mishap == STOLEN))
			assert_int_equal(w->repeats, 0);
		mem_free(w);
	}
}

static void never_proven_come_first_then_the_oldest(void **state)
{
	enum { NEVER = 10, KNOWN = 50 };
	struct world *w = world_new(NEVER + KNOWN);

	(void)state;
	for (unsigned i = 0; i < NEVER + KNOWN; i++) {
		w->kind[FIRST + i] = SILENT;
		w->age_s[FIRST + i] = i % 6 == 0 ? -1 : (int32_t)(i * 37 % 61);
	}
	w->conf.proven_age_s = w->age_s;
	w->conf.seed = 3;
	run(w);
	assert_int_equal(w->drawn_n, NEVER + KNOWN);
	for (unsigned i = 0; i < NEVER; i++)
		assert_int_equal(w->age_s[w->drawn[i]], -1);
	assert_true(w->age_s[w->drawn[NEVER]] >= 0);
	for (unsigned i = NEVER + 1; i < NEVER + KNOWN; i++)
		assert_true(w->age_s[w->drawn[i]] <= w->age_s[w->drawn[i - 1]]);
	assert_int_equal(sweep_counts(&w->sweep).sample.drawn, 0);
	mem_free(w);
}

static void only_never_proven_ports_are_a_sample(void **state)
{
	(void)state;
	for (unsigned aged = 0; aged < 2; aged++) {
		struct world *w = world_new(1);
		w->kind[FIRST] = SILENT;
		w->age_s[FIRST] = aged == 1 ? 5 : -1;
		w->conf.proven_age_s = w->age_s;
		run(w);
		assert_int_equal(sweep_state(&w->sweep, FIRST), PORT_SILENT);
		assert_int_equal(sweep_counts(&w->sweep).sample.open, 1 - aged);
		assert_int_equal(sweep_counts(&w->sweep).sample.drawn, 1 - aged);
		mem_free(w);
	}
}

static void packets_are_capped(void **state)
{
	static const unsigned cases[][3] = { /* cap, packets at least, silent at most */
					     { 0, 0, 0 },      { 1, 1, 0 },	 { 99, 99, 0 },
					     { 100, 100, 0 },  { 101, 100, 0 },	 { 102, 102, 1 },
					     { 150, 149, 49 }, { 1000, 200, 99 }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world *w = world_new(100);
		w->conf.packets_max = cases[i][0];
		spread(w, SILENT, 99, 100);
		run(w);
		struct sweep_counts counts = sweep_counts(&w->sweep);
		assert_in_range(counts.packets, cases[i][1], cases[i][0]);
		assert_true(counts.of[PORT_SILENT] <= cases[i][2]);
		assert_int_equal(counts.of[PORT_SILENT] > 0, cases[i][2] > 0);
		mem_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_get_the_right_verdicts_in_time),
		cmocka_unit_test(closed_range_behind_a_limiter_is_sampled),
		cmocka_unit_test(sample_is_not_biased),
		cmocka_unit_test(limiters_do_not_make_closed_ports_silent),
		cmocka_unit_test(limiters_shared_with_others_do_not_make_closed_ports_silent),
		cmocka_unit_test(lost_datagrams_are_asked_again),
		cmocka_unit_test(host_without_icmp_proves_nothing),
		cmocka_unit_test(without_a_place_for_canaries_nothing_is_proven),
		cmocka_unit_test(canaries_may_fail),
		cmocka_unit_test(never_proven_come_first_then_the_oldest),
		cmocka_unit_test(only_never_proven_ports_are_a_sample),
		cmocka_unit_test(packets_are_capped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
