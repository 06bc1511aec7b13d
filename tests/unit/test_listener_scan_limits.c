/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/proto/listener_scan: any table is told as a walk shows it, whatever an agent's replies hold. */
#include "listener_rig.h"

static unsigned draw(uint64_t *seed, unsigned n)
{
	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)((*seed >> 33) % n);
}

static struct rig *random_host(uint64_t *seed)
{
	static const size_t bytes[] = { 0, 1400, 484, 200 };
	struct rig *rig = rig_new();
	unsigned addresses = 1 + draw(seed, 40), rows = 1 + draw(seed, 30);
	unsigned ports = 1 + draw(seed, 20), old = draw(seed, 4);

	for (unsigned i = 0; i < addresses * rows; i++) {
		char ip[32], peer[32];
		unsigned a = draw(seed, addresses);
		uint16_t port = (uint16_t)(5050 + draw(seed, ports));
		snprintf(ip, sizeof(ip), a % 2 ? "10.0.0.%u" : "2001:db8::%x", a);
		snprintf(peer, sizeof(peer), a % 2 ? "10.9.0.%u" : "2001:db8::%x",
			 1 + draw(seed, 9));
		if (!(old & 1))
			agent_add_tcp(&rig->agent, ip, port, 1 + draw(seed, 9));
		agent_add_tcp_old(&rig->agent, "10.0.0.1", port, draw(seed, 2) ? NULL : "10.9.0.1",
				  0, 1 + draw(seed, 5));
		if (!(old & 2))
			agent_add_udp(&rig->agent, ip, port, draw(seed, 3) ? NULL : peer, 0, i,
				      1 + draw(seed, 9));
		agent_add_udp_old(&rig->agent, "10.0.0.1", port);
	}
	rig->agent.bytes_max = bytes[draw(seed, CASES(bytes))];
	rig->agent.vars_max = draw(seed, 3) ? 0 : 1 + draw(seed, 30);
	rig->agent.never_cuts = draw(seed, 3) == 0;
	return rig;
}

/* Two rows of one index, as chance has it, are one row. */
static void sort_and_thin(struct agent *agent)
{
	size_t kept = 0;
	struct snmp_request request = { .count = 1, .oid[0] = { 2, { 1, 3 } } };

	agent_answer(agent, &request);
	for (size_t i = 0; i < agent->rows; i++)
		if (kept == 0 || oid_compare(&agent->row[kept - 1].oid, &agent->row[i].oid) != 0)
			agent->row[kept++] = agent->row[i];
	agent->rows = kept;
}

static void any_table_is_told_as_a_walk_shows_it(void **state)
{
	uint64_t seed = 20;

	(void)state;
	for (unsigned run = 0; run < 600; run++) {
		struct rig *rig = random_host(&seed);
		sort_and_thin(&rig->agent);
		unsigned width = 1 + draw(&seed, 6),
			 count = 1 + draw(&seed, LISTENER_CURSORS_MAX / 2);
		for (unsigned i = 0; i < count; i++) {
			unsigned first = 5048 + i * width;
			rig_want(rig, i % 3 != 0, (uint16_t)first, (uint16_t)(first + width - 1));
			rig_want(rig, i % 3 == 0, (uint16_t)first, (uint16_t)(first + width - 1));
		}
		if (rig_run(rig) != SCAN_DONE)
			fail_msg("run %u: %s", run, rig->scan.why);
		rig_assert_like_walk(rig);
		rig_free(rig);
	}
}

static void the_agents_limits_change_nothing_but_the_number_of_requests(void **state)
{
	static const struct {
		size_t bytes_max, vars_max;
		bool never_cuts;
		unsigned requests_max;
	} cases[] = {
		{ 0, 0, false, 3 },   { 1400, 0, true, 3 }, { 484, 0, false, 10 },
		{ 484, 0, true, 12 }, { 130, 0, true, 60 }, { 0, 1, false, 60 },
		{ 0, 1, true, 60 },   { 0, 2, true, 60 },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct rig *rig = rig_new();
		agent_load(&rig->agent, "root.walk", NULL);
		rig->agent.bytes_max = cases[i].bytes_max;
		rig->agent.vars_max = cases[i].vars_max;
		rig->agent.never_cuts = cases[i].never_cuts;
		rig_want_usual(rig);
		rig->requests_max = cases[i].requests_max;
		assert_int_equal(rig_run(rig), SCAN_DONE);
		rig_assert_like_walk(rig);
		assert_int_equal(rig->count, 22);
		rig_free(rig);
	}
}

/* Rows of udpEndpointTable are longer than those that made the requests small. */
static void one_variable_a_reply_is_enough_for_each_table(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	agent_load(&rig->agent, "root.walk", "1.3.6.1.2.1.6.20");
	rig->agent.vars_max = 1;
	rig->agent.never_cuts = true;
	rig_want_usual(rig);
	rig->requests_max = 99;
	assert_int_equal(rig_run(rig), SCAN_DONE);
	rig_assert_like_walk(rig);
	assert_int_equal(rig->count, 3 + 14);
	rig_free(rig);
}

static void as_many_cursors_as_may_be_share_the_requests(void **state)
{
	static const char *const address[] = { "0.0.0.0", "127.0.0.1", "192.0.2.1",  "192.0.2.7",
					       "::",	  "::1",       "2001:db8::7" };
	enum { PORTS_WANTED = LISTENER_CURSORS_MAX / 2 };
	struct rig *rig = rig_new();

	(void)state;
	for (size_t a = 0; a < CASES(address); a++)
		for (unsigned i = 0; i < 1000; i++) {
			if (i < PORTS_WANTED) {
				agent_add_tcp(&rig->agent, address[a], (uint16_t)(2000 + 100 * i),
					      7);
				agent_add_udp(&rig->agent, address[a], (uint16_t)(2000 + 100 * i),
					      NULL, 0, 1, 7);
			}
			agent_add_udp(&rig->agent, address[a], (uint16_t)(1001 + 6 * i), NULL, 0, 2,
				      7);
		}
	for (unsigned i = 0; i < PORTS_WANTED; i++) {
		rig_want(rig, true, (uint16_t)(2000 + 100 * i), (uint16_t)(2000 + 100 * i));
		rig_want(rig, false, (uint16_t)(2000 + 100 * i), (uint16_t)(2000 + 100 * i));
	}
	rig->requests_max = 40;
	assert_int_equal(rig_run(rig), SCAN_DONE);
	rig_assert_like_walk(rig);
	assert_int_equal(rig->count, LISTENER_CURSORS_MAX * CASES(address));
	assert_in_range(rig->agent.bytes_most, 1, ONE_FRAME);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_table_is_told_as_a_walk_shows_it),
		cmocka_unit_test(one_variable_a_reply_is_enough_for_each_table),
		cmocka_unit_test(as_many_cursors_as_may_be_share_the_requests),
		cmocka_unit_test(the_agents_limits_change_nothing_but_the_number_of_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
