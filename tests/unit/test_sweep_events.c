/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rate of a sweep, the rules of its verdicts under any events, and the bound of a sample. */
#include "sweep_world.h"

static void rate_is_kept_without_bursts(void **state)
{
	static const unsigned rates[] = { 1, 100, 2000, 20000 };
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct world *w = world_new(1000);
		int64_t now_us = START_US, wake_us = 0;
		w->conf.rate = rates[i];
		sweep_init(&w->sweep, &w->conf, now_us);
		for (unsigned burst = 0; w->sweep.phase == SWEEP_ASK; burst = 0) {
			while (sweep_next(&w->sweep, now_us, &port, &wake_us) == SWEEP_SEND)
				burst++;
			assert_true(burst <= rates[i] / 100 + 1);
			assert_true(wake_us > now_us);
			now_us = wake_us;
		}
		int64_t fastest_us = 999LL * S / rates[i] - 10 * MS;
		assert_in_range(sweep_counts(&w->sweep).ask_us, fastest_us, fastest_us + 11 * MS);
		mem_free(w);
	}
}

static void sign_at(struct sweep *sweep, char sign, uint16_t port, int64_t now_us)
{
	if (sign == 'r')
		sweep_on_reply(sweep, port, now_us);
	else if (sign == 'c' || sign == 'x')
		sweep_on_icmp(sweep, port, sign == 'c', now_us);
}

static void sign(struct sweep *sweep, char sign, uint16_t port)
{
	sign_at(sweep, sign, port, START_US + 90 * S);
}

static void signs_overrule_each_other(void **state)
{
	/* r reply, c closed, x another ICMP error; s: silence was proven before */
	static const struct {
		const char *signs;
		enum port_state state;
	} cases[] = {
		{ "", PORT_UNDECIDED },	    { "c", PORT_CLOSED },     { "x", PORT_REJECTED },
		{ "r", PORT_ANSWERING },    { "cx", PORT_CLOSED },    { "xc", PORT_CLOSED },
		{ "cc", PORT_CLOSED },	    { "cr", PORT_ANSWERING }, { "xr", PORT_ANSWERING },
		{ "rc", PORT_ANSWERING },   { "rx", PORT_ANSWERING }, { "s", PORT_SILENT },
		{ "sc", PORT_CLOSED },	    { "sx", PORT_REJECTED },  { "sr", PORT_ANSWERING },
		{ "sxc", PORT_CLOSED },	    { "scx", PORT_CLOSED },   { "scr", PORT_ANSWERING },
		{ "srcx", PORT_ANSWERING },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world *w = world_new(1);
		w->kind[FIRST] = SILENT;
		if (cases[i].signs[0] != 's')
			w->conf.prove_us = 0;
		run(w);
		for (const char *p = cases[i].signs; *p != '\0'; p++)
			sign(&w->sweep, *p, FIRST);
		if (sweep_state(&w->sweep, FIRST) != cases[i].state)
			fail_msg("%s: %s", cases[i].signs,
				 port_state_name(sweep_state(&w->sweep, FIRST)));
		assert_int_equal(is_proven(&w->sweep, FIRST), cases[i].state != PORT_UNDECIDED);
		check_invariants(w);
		mem_free(w);
	}
}

static void signs_of_ports_never_sent_to_are_ignored(void **state)
{
	struct world *w = world_new(2);
	uint16_t port = 0;
	int64_t wake_us;

	(void)state;
	sweep_init(&w->sweep, &w->conf, START_US);
	assert_int_equal(sweep_next(&w->sweep, START_US, &port, &wake_us), SWEEP_SEND);
	uint16_t other = port == FIRST ? FIRST + 1 : FIRST;
	for (const char *p = "crx"; *p != '\0'; p++) {
		sign(&w->sweep, *p, other);
		sign(&w->sweep, *p, CANARIES_FIRST);
		sign(&w->sweep, *p, 0);
	}
	assert_int_equal(sweep_counts(&w->sweep).icmp, 0);
	assert_int_equal(sweep_counts(&w->sweep).of[PORT_UNASKED], 1);
	assert_int_equal(sweep_counts(&w->sweep).of[PORT_UNDECIDED], 1);
	check_invariants(w);
	mem_free(w);
}

/* The port of the next datagram; waits as long as it takes, 0 = the plan waits for `patience`. */
static uint16_t next_send(struct world *w, unsigned patience)
{
	enum sweep_step step;
	uint16_t port = 0;
	int64_t wake_us = 0;

	while ((step = sweep_next(&w->sweep, w->now_us, &port, &wake_us)) == SWEEP_WAIT) {
		if (patience-- == 0)
			return 0;
		w->now_us = wake_us;
	}
	return step == SWEEP_SEND ? port : 0;
}

/* What a rate of 2000 sends in 10 ms. */
enum { BRIEF = 20 };

/* So many ports were asked, the last two are closed: a short group comes next. */
static struct world *world_before_group(unsigned n)
{
	struct world *w = world_new(n);
	uint16_t port = 0, before = 0;

	sweep_init(&w->sweep, &w->conf, w->now_us);
	for (unsigned i = 0; i < n; i++) {
		before = port;
		port = next_send(w, 1);
	}
	sweep_on_icmp(&w->sweep, before, true, w->now_us);
	sweep_on_icmp(&w->sweep, port, true, w->now_us);
	return w;
}

static void send_members(struct world *w, uint16_t *member, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		member[i] = next_send(w, 5);
		assert_int_equal(sweep_state(&w->sweep, member[i]), PORT_UNDECIDED);
	}
}

/* A short group was proven silent; the next has half of the 402 ports. */
static struct world *world_before_long_group(void)
{
	struct world *w = world_before_group(402);
	uint16_t member[BRIEF];

	send_members(w, member, BRIEF);
	sweep_on_icmp(&w->sweep, next_send(w, 0), true, w->now_us);
	assert_int_equal(sweep_counts(&w->sweep).canaries_seen, 1);
	return w;
}

static void refused_member_ends_the_group(void **state)
{
	struct world *w = world_before_group(42);
	uint16_t member[3];

	(void)state;
	send_members(w, member, 3);
	sweep_on_icmp(&w->sweep, member[2], true, w->now_us);
	assert_int_equal(next_send(w, 0), 0);
	assert_int_equal(sweep_counts(&w->sweep).canaries_sent, 0);
	assert_int_equal(sweep_counts(&w->sweep).of[PORT_SILENT], 0);
	send_members(w, member, 1);
	assert_int_equal(sweep_counts(&w->sweep).of[PORT_SILENT], 2);
	assert_int_equal(sweep_counts(&w->sweep).groups, 2);
	assert_int_equal(sweep_counts(&w->sweep).sample.drawn, 1);
	assert_int_equal(sweep_counts(&w->sweep).sample.open, 1);
	mem_free(w);
}

/* A busy machine, or a full device, sent the canary long after the members. */
static void group_that_was_held_up_proves_nothing(void **state)
{
	static const struct {
		bool is_long;
		int64_t late_us;
		unsigned silent;
	} cases[] = { { false, 5000, BRIEF },
		      { false, 40000, 0 },
		      { true, 40000, 221 },
		      { true, 3000000, BRIEF } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world *w =
			cases[i].is_long ? world_before_long_group() : world_before_group(402);
		unsigned n = cases[i].is_long ? 201 : BRIEF;
		uint16_t member[201];
		send_members(w, member, n - 1);
		w->now_us += cases[i].late_us;
		send_members(w, member, 1);
		sweep_on_icmp(&w->sweep, next_send(w, 0), true, w->now_us);
		if (cases[i].is_long)
			sweep_on_icmp(&w->sweep, next_send(w, 0), true, w->now_us);
		next_send(w, 2);
		assert_int_equal(sweep_counts(&w->sweep).of[PORT_SILENT], cases[i].silent);
		mem_free(w);
	}
}

static void first_refused_member_proves_those_shortly_before_it(void **state)
{
	static const struct {
		bool is_long;
		unsigned sent, refused[2]; /* in the order of their errors, from 1; 0 = none */
		unsigned first, last;	   /* silent, from 1; 0 = none */
	} cases[] = {
		{ false, 10, { 1, 0 }, 0, 0 },	       { false, 10, { 10, 0 }, 1, 9 },
		{ false, 10, { 4, 0 }, 1, 3 },	       { false, 10, { 4, 8 }, 1, 3 },
		{ false, 10, { 8, 4 }, 1, 3 },	       { false, BRIEF, { BRIEF, 0 }, 1, BRIEF - 1 },
		{ true, 60, { 5, 0 }, 1, 4 },	       { true, 60, { BRIEF, 0 }, 1, BRIEF - 1 },
		{ true, 60, { 50, 0 }, 31, 49 },       { true, 200, { 150, 160 }, 131, 149 },
		{ true, 200, { 160, 150 }, 131, 149 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_long = cases[i].is_long;
		struct world *w = is_long ? world_before_long_group() : world_before_group(42);
		uint16_t member[201];
		send_members(w, member, cases[i].sent);
		for (unsigned n = 0; n < 2 && cases[i].refused[n] > 0; n++)
			sweep_on_icmp(&w->sweep, member[cases[i].refused[n] - 1], true, w->now_us);
		next_send(w, 1);
		for (unsigned n = 1; n <= cases[i].sent; n++) {
			bool silent = n >= cases[i].first && n <= cases[i].last;
			bool refused = n == cases[i].refused[0] || n == cases[i].refused[1];
			if (sweep_state(&w->sweep, member[n - 1]) != (refused  ? PORT_CLOSED
								      : silent ? PORT_SILENT
									       : PORT_UNDECIDED))
				fail_msg("case %zu, member %u", i, n);
		}
		mem_free(w);
	}
}

/* Its error is a late one, of ASK or of an earlier group. */
static void refused_port_of_no_group_proves_nothing(void **state)
{
	struct world *w = world_before_group(402);
	uint16_t member[BRIEF], other = 0;

	(void)state;
	send_members(w, member, BRIEF - 1);
	for (uint16_t p = FIRST; p < FIRST + 402; p++)
		if (sweep_state(&w->sweep, p) == PORT_UNDECIDED && w->sweep.at[p] < w->sweep.drawn)
			other = p;
	sweep_on_icmp(&w->sweep, other, true, w->now_us);
	assert_int_equal(sweep_state(&w->sweep, other), PORT_CLOSED);
	send_members(w, member, 1);
	assert_int_equal(sweep_state(&w->sweep, next_send(w, 0)), PORT_CLOSED);
	assert_int_equal(sweep_counts(&w->sweep).canaries_sent, 1);
	next_send(w, 2);
	assert_int_equal(sweep_counts(&w->sweep).of[PORT_SILENT], 0);
	mem_free(w);
}

/* Signs after the first canary, and after the second; as for signs_of_a_canary. */
static void long_group_needs_two_refused_canaries(void **state)
{
	static const struct {
		const char *first, *second;
		bool silent;
	} cases[] = {
		{ "", "", false },    { "c", "", false }, { "", "c", false },  { "cc", "", false },
		{ "c", "c", true },   { "", "cc", true }, { "cc", "c", true }, { "c", "cx", false },
		{ "", "ccr", false }, { "x", "", false }, { "r", "", false },  { "cr", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world *w = world_before_long_group();
		uint16_t member[201], canary;
		int64_t before_us = w->sweep.drained_us;
		send_members(w, member, 1);
		assert_true(w->now_us >= before_us + 2 * 1050 * MS);
		send_members(w, member, 200);
		canary = next_send(w, 1);
		assert_int_equal(sweep_state(&w->sweep, canary), PORT_CLOSED);
		for (const char *p = cases[i].first; *p != '\0'; p++)
			sign_at(&w->sweep, *p, canary, w->now_us);
		bool bad =
			sweep_state(&w->sweep, canary) != PORT_CLOSED || cases[i].first[0] == 'x';
		assert_int_equal(next_send(w, 0), bad ? 0 : canary);
		for (const char *p = cases[i].second; *p != '\0'; p++)
			sign_at(&w->sweep, *p, canary, w->now_us);
		next_send(w, 1);
		if (sweep_counts(&w->sweep).of[PORT_SILENT] != BRIEF + (cases[i].silent ? 201U : 0))
			fail_msg("case %zu: %u", i, sweep_counts(&w->sweep).of[PORT_SILENT]);
		mem_free(w);
	}
}

static void signs_of_a_canary_decide_over_its_group(void **state)
{
	/* as above; o: another closed port is refused once more */
	static const struct {
		const char *signs;
		unsigned silent;
	} cases[] = { { "", 0 },  { "c", BRIEF },  { "cc", BRIEF }, { "x", 0 },	 { "r", 0 },
		      { "o", 0 }, { "oc", BRIEF }, { "cr", 0 },	    { "cx", 0 }, { "xc", 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world *w = world_before_group(42);
		uint16_t member[BRIEF], other = 0;
		send_members(w, member, BRIEF);
		uint16_t canary = next_send(w, 0);
		assert_int_equal(sweep_state(&w->sweep, canary), PORT_CLOSED);
		for (uint16_t p = FIRST; p < FIRST + 42; p++)
			if (sweep_state(&w->sweep, p) == PORT_CLOSED && p != canary)
				other = p;
		for (const char *p = cases[i].signs; *p != '\0'; p++)
			sign_at(&w->sweep, *p == 'o' ? 'c' : *p, *p == 'o' ? other : canary,
				w->now_us);
		next_send(w, 2);
		if (sweep_counts(&w->sweep).of[PORT_SILENT] != cases[i].silent)
			fail_msg("%s: %u", cases[i].signs, sweep_counts(&w->sweep).of[PORT_SILENT]);
		mem_free(w);
	}
}

static uint64_t xorshift(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static uint16_t any_port(const struct world *w, uint64_t *x, uint16_t sent)
{
	uint64_t r = xorshift(x);

	return (uint16_t)(r % 4 == 0   ? sent
			  : r % 4 == 1 ? FIRST + r / 4 % 300
			  : r % 4 == 2 ? w->sweep.canary
				       : r / 4);
}

/* The strongest sign of each port, as r, c, x or 0, against its verdict. */
static void check_signs(const struct world *w, const char *strongest, const bool *sent)
{
	check_invariants(w);
	for (unsigned p = FIRST; p < FIRST + 300; p++) {
		enum port_state is = sweep_state(&w->sweep, (uint16_t)p);
		char seen = strongest[p];
		if (seen != 0)
			assert_int_equal(is, seen == 'r'   ? PORT_ANSWERING
					     : seen == 'c' ? PORT_CLOSED
							   : PORT_REJECTED);
		else if (is == PORT_SILENT)
			assert_true(w->sweep.counts.icmp > 0);
		else
			assert_int_equal(is, sent[p] ? PORT_UNDECIDED : PORT_UNASKED);
	}
}

static void storm(uint64_t *x, unsigned events, unsigned *silent)
{
	struct world *w = world_new(300);
	char *strongest = mem_new(PORTS, 1);
	bool *sent = mem_new(PORTS, sizeof(*sent));
	uint16_t port = 0;
	int64_t now_us = START_US, wake_us = 0;

	for (unsigned p = 0; p < PORTS; p++)
		w->age_s[p] = (int32_t)(xorshift(x) % 5) - 2;
	w->conf = (struct sweep_conf){ &w->ports,
				       xorshift(x) % 8 == 0 ? NULL : &w->canaries,
				       xorshift(x) % 2 == 0 ? NULL : w->age_s,
				       *x,
				       (unsigned)(xorshift(x) % 3) * 700,
				       (unsigned)(xorshift(x) % 6),
				       (int64_t)(xorshift(x) % 90) * S,
				       20 + xorshift(x) % 3000 };
	sweep_init(&w->sweep, &w->conf, now_us);
	for (unsigned i = 0, quiet = (unsigned)(xorshift(x) % 64) + 1; i < events;) {
		enum sweep_step step = sweep_next(&w->sweep, now_us, &port, &wake_us);
		if (step == SWEEP_SEND)
			sent[port] = true;
		if (step == SWEEP_WAIT)
			now_us = xorshift(x) % 2 == 0 ? wake_us : now_us + 1;
		if (step == SWEEP_SEND && xorshift(x) % quiet != 0)
			continue;
		uint16_t to = any_port(w, x, port);
		char kind = "rccccxx"[xorshift(x) % 7];
		int64_t at_us = now_us - (int64_t)(xorshift(x) % (100 * MS));
		if (kind == 'r')
			sweep_on_reply(&w->sweep, to, at_us);
		else
			sweep_on_icmp(&w->sweep, to, kind == 'c', at_us);
		if (sent[to] && strongest[to] != 'r' && (strongest[to] != 'c' || kind == 'r'))
			strongest[to] = kind;
		if (++i % 200 == 0)
			check_signs(w, strongest, sent);
	}
	*silent += w->sweep.counts.of[PORT_SILENT];
	mem_free(sent);
	mem_free(strongest);
	mem_free(w);
}

static void hostile_events_break_nothing(void **state)
{
	uint64_t x = 88172645463325252U;
	unsigned silent = 0;

	(void)state;
	for (unsigned round = 0; round < 400; round++)
		storm(&x, 500, &silent);
	assert_true(silent > 1000);
}

static void open_share_has_an_upper_bound(void **state)
{
	/* From the sum of the binomial distribution with logarithms of the gamma function. */
	static const struct {
		unsigned drawn, open;
		double bound;
	} cases[] = {
		{ 1, 0, 0.950000000 },	       { 2, 1, 0.974679434 },
		{ 20, 19, 0.997438621 },       { 35, 0, 0.082031636 },
		{ 35, 1, 0.128501036 },	       { 60, 0, 0.048702913 },
		{ 60, 5, 0.167263076 },	       { 300, 0, 0.009936082 },
		{ 300, 30, 0.133188494 },      { 1000, 0, 0.002991250 },
		{ 1000, 999, 0.999948708 },    { 1000, 500, 0.526482269 },
		{ 16384, 100, 0.007203006 },   { 65535, 0, 0.000045711 },
		{ 65535, 1, 0.000072385 },     { 65535, 32768, 0.503227842 },
		{ 65535, 60000, 0.917322027 }, { 65535, 65534, 0.999999217 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double off = sweep_open_bound(cases[i].drawn, cases[i].open) - cases[i].bound;
		if (!(off < 2e-9 && off > -2e-9))
			fail_msg("%u of %u: off by %g", cases[i].open, cases[i].drawn, off);
	}
	assert_true(sweep_open_bound(0, 0) >= 1 && sweep_open_bound(7, 7) >= 1);
	assert_true(sweep_open_bound(7, 8) >= 1);
	for (unsigned n = 1; n < 120; n++)
		for (unsigned k = 0; k < n; k++) {
			assert_true(sweep_open_bound(n, k) < sweep_open_bound(n, k + 1));
			assert_true(sweep_open_bound(n + 1, k) < sweep_open_bound(n, k));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rate_is_kept_without_bursts),
		cmocka_unit_test(signs_overrule_each_other),
		cmocka_unit_test(signs_of_ports_never_sent_to_are_ignored),
		cmocka_unit_test(refused_member_ends_the_group),
		cmocka_unit_test(group_that_was_held_up_proves_nothing),
		cmocka_unit_test(first_refused_member_proves_those_shortly_before_it),
		cmocka_unit_test(refused_port_of_no_group_proves_nothing),
		cmocka_unit_test(long_group_needs_two_refused_canaries),
		cmocka_unit_test(signs_of_a_canary_decide_over_its_group),
		cmocka_unit_test(hostile_events_break_nothing),
		cmocka_unit_test(open_share_has_an_upper_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
