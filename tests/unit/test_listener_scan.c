/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/proto/listener_scan: what a scan finds in an agent's tables, and how few requests it needs. */
#include "listener_rig.h"

enum { MANY_ROWS = 2000, EVEN = 2, RTP_FIRST = 16384, RTP_LAST = 32767 };

static const char *const ADDRESS[] = {
	"0.0.0.0",
	"127.0.0.1",
	"127.0.0.53",
	"192.0.2.1",
	"::",
	"::1",
	"2001:db8:cafe:0:5054:ff:fe91:7c05",
};

static void add_caches(struct agent *agent)
{
	static const char *const lines[] = {
		"5.30 = INTEGER: 5",  "6 = INTEGER: 5",	    "6.13 = INTEGER: 7",
		"6.19 = INTEGER: 60", "6.20 = INTEGER: 60", "7 = INTEGER: 5",
		"7.5 = INTEGER: 8",   "7.7 = INTEGER: 61",  "10.7.2 = INTEGER: 9",
	};
	char line[100];

	for (size_t i = 0; i < CASES(lines); i++) {
		snprintf(line, sizeof(line), ".1.3.6.1.4.1.8072.1.5.3.1.2.1.3.6.1.2.1.%s",
			 lines[i]);
		assert_true(agent_add_line(agent, line));
	}
}

/* An object before, between and behind the tables, so that no table ends with the view. */
static void add_surroundings(struct agent *agent)
{
	assert_true(agent_add_line(agent, "1.3.6.1.2.1.1.3.0 = INTEGER: 1"));
	assert_true(agent_add_line(agent, "1.3.6.1.2.1.7.1.0 = INTEGER: 1"));
	assert_true(agent_add_line(agent, "1.3.6.1.2.1.11.1.0 = INTEGER: 1"));
}

/* As an RTP server has them: even ports from 16384 up, all on the first address or dealt out; and on
 * each address some services, with `hits` those of the usual ports. */
static struct rig *busy_host(unsigned addresses, bool dealt, bool hits)
{
	struct rig *rig = rig_new();
	struct agent *agent = &rig->agent;

	add_caches(agent);
	add_surroundings(agent);
	for (unsigned i = 0; i < MANY_ROWS; i++)
		agent_add_udp(agent, ADDRESS[dealt ? i % addresses : 0],
			      (uint16_t)(RTP_FIRST + EVEN * i), NULL, 0, 6000000 + i, 4711);
	for (unsigned i = 0; i < addresses; i++) {
		agent_add_tcp(agent, ADDRESS[i], 22, 1);
		agent_add_tcp(agent, ADDRESS[i], 8080, 1);
		agent_add_udp(agent, ADDRESS[i], 53, NULL, 0, 500, 1);
		agent_add_udp(agent, ADDRESS[i], 123, NULL, 0, 501, 1);
		if (!hits)
			continue;
		agent_add_tcp(agent, ADDRESS[i], 5060, 77);
		agent_add_udp(agent, ADDRESS[i], 5060, NULL, 0, 502, 77);
		agent_add_udp(agent, ADDRESS[i], 5061, NULL, 0, 503, 78);
	}
	return rig;
}

static void the_recorded_listeners_of_the_usual_ports_are_found(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	agent_load(&rig->agent, "root.walk", NULL);
	rig_want_usual(rig);
	assert_int_equal(rig_run(rig), SCAN_DONE);
	rig_assert_like_walk(rig);
	assert_int_equal(rig->count, 22);
	assert_in_range(rig->agent.requests, 1, 3);
	for (enum listener_table t = 0; t < LISTENER_TABLES; t++)
		assert_int_equal(rig->scan.shown[t], t == TABLE_TCP || t == TABLE_UDP);
	assert_in_range(rig->scan.rows, rig->count, rig->agent.vars);
	rig_free(rig);
}

static void a_port_is_told_of_every_address_in_the_agents_order(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	agent_load(&rig->agent, "root.walk", NULL);
	rig_want(rig, false, 2860, 2861);
	assert_int_equal(rig_run(rig), SCAN_DONE);
	rig_assert_told(rig, "udp 192.0.2.10:2860 15\n"
			     "udp 192.0.2.10:2860 15\n"
			     "udp 192.0.2.10:2860 15\n"
			     "udp 192.0.2.10:2861 15 connected\n"
			     "udp [::]:2861 15 any\n"
			     "udp [::1]:2860 15 connected\n");
	rig->scan.cursors = 0;
	rig_want(rig, true, 5061, 5061);
	assert_int_equal(rig_run(rig), SCAN_DONE);
	rig_assert_told(rig, "tcp 192.0.2.10:5061 13\n"
			     "tcp [::]:5061 13 any\n"
			     "tcp 192.0.2.11:5061 13\n");
	rig_free(rig);
}

static void an_agent_without_privileges_tells_no_pid(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	agent_load(&rig->agent, "unprivileged.walk", NULL);
	rig_want(rig, true, 1, 65535);
	rig_want(rig, false, 1, 65535);
	assert_int_equal(rig_run(rig), SCAN_DONE);
	rig_assert_like_walk(rig);
	for (size_t i = 0; i < rig->count; i++)
		assert_true((rig->told[i].pid != 0) ==
			    (rig->told[i].local.port == 161 || rig->told[i].local.port == 199));
	rig_free(rig);
}

static void an_old_agent_is_read_from_its_old_tables(void **state)
{
	static const struct {
		const char *hidden;
		bool tcp_old, udp_old;
		unsigned tcp, udp, requests_max;
	} cases[] = {
		{ "1.3.6.1.2.1.6.20", true, false, 3, 14, 4 },
		{ "1.3.6.1.2.1.7.7", false, true, 8, 4, 4 },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct rig *rig = rig_new();
		unsigned tcp = 0;
		agent_load(&rig->agent, "root.walk", cases[i].hidden);
		rig_want_usual(rig);
		assert_int_equal(rig_run(rig), SCAN_DONE);
		rig_assert_like_walk(rig);
		for (size_t k = 0; k < rig->count; k++)
			tcp += rig->told[k].tcp;
		assert_int_equal(tcp, cases[i].tcp);
		assert_int_equal(rig->count - tcp, cases[i].udp);
		assert_int_equal(rig->scan.shown[TABLE_TCP], !cases[i].tcp_old);
		assert_int_equal(rig->scan.shown[TABLE_UDP], !cases[i].udp_old);
		assert_int_equal(rig->scan.shown[TABLE_TCP_OLD], cases[i].tcp_old);
		assert_int_equal(rig->scan.shown[TABLE_UDP_OLD], cases[i].udp_old);
		assert_in_range(rig->agent.requests, 1, cases[i].requests_max);
		rig_free(rig);
	}
}

static void a_table_without_the_wanted_port_is_not_replaced_by_the_old_one(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	agent_load(&rig->agent, "root.walk", NULL);
	agent_add_udp_old(&rig->agent, "0.0.0.0", 7777);
	agent_add_tcp_old(&rig->agent, "0.0.0.0", 7777, NULL, 0, TCP_STATE_LISTEN);
	rig_want(rig, true, 7777, 7777);
	rig_want(rig, false, 7777, 7777);
	assert_int_equal(rig_run(rig), SCAN_DONE);
	assert_int_equal(rig->count, 0);
	assert_false(rig->scan.shown[TABLE_TCP_OLD] || rig->scan.shown[TABLE_UDP_OLD]);
	rig_free(rig);
}

static void an_agent_without_tables_is_done_and_has_shown_none(void **state)
{
	(void)state;
	for (unsigned surrounded = 0; surrounded < 2; surrounded++) {
		struct rig *rig = rig_new();
		if (surrounded)
			add_surroundings(&rig->agent);
		rig_want_usual(rig);
		assert_int_equal(rig_run(rig), SCAN_DONE);
		assert_int_equal(rig->count, 0);
		assert_int_equal(rig->agent.requests, 2);
		for (size_t t = 0; t < LISTENER_TABLES; t++) {
			assert_false(rig->scan.shown[t]);
			assert_int_equal(rig->scan.cache_s[t], -1);
		}
		rig_free(rig);
	}
}

static void the_usual_ports_of_a_busy_host_take_few_requests(void **state)
{
	static const struct {
		unsigned addresses, on_one, dealt; /* requests at most */
	} cases[] = { { 1, 2, 2 }, { 3, 3, 4 }, { 5, 5, 6 }, { 7, 6, 8 } };

	(void)state;
	for (size_t i = 0; i < CASES(cases) * 4; i++) {
		unsigned addresses = cases[i / 4].addresses;
		bool dealt = i % 2 != 0, hits = i / 2 % 2 != 0;
		struct rig *rig = busy_host(addresses, dealt, hits);
		rig->requests_max = dealt ? cases[i / 4].dealt : cases[i / 4].on_one;
		rig_want_usual(rig);
		assert_int_equal(rig_run(rig), SCAN_DONE);
		rig_assert_like_walk(rig);
		assert_int_equal(rig->count, hits ? 3 * addresses : 0);
		assert_in_range(rig->agent.bytes_most, 1, ONE_FRAME);
		assert_int_equal(rig->scan.cache_s[TABLE_UDP], 61);
		rig->scan.cursors = 0;
		rig_want(rig, false, 5060, 5060);
		assert_int_equal(rig_run(rig), SCAN_DONE);
		assert_int_equal(rig->count, hits ? addresses : 0);
		rig_free(rig);
	}
}

static void rows_between_the_wanted_ports_cost_nothing(void **state)
{
	enum { ROWS = 1000 };

	(void)state;
	for (unsigned addresses = 1; addresses <= CASES(ADDRESS); addresses++)
		for (unsigned hits = 0; hits < 2; hits++) {
			struct rig *rig = rig_new();
			for (unsigned i = 0; i < addresses * ROWS; i++) {
				uint16_t port = (uint16_t)(1003 + 6 * (i / addresses));
				agent_add_tcp(&rig->agent, ADDRESS[i % addresses], port, 7);
				agent_add_udp(&rig->agent, ADDRESS[i % addresses], port, NULL, 0, i,
					      7);
			}
			for (unsigned i = 0; i < addresses * hits; i++) {
				agent_add_tcp(&rig->agent, ADDRESS[i], 2860, 8);
				agent_add_udp(&rig->agent, ADDRESS[i], 5060, NULL, 0, 1, 8);
			}
			rig_want_usual(rig);
			rig->requests_max = 1 + addresses;
			assert_int_equal(rig_run(rig), SCAN_DONE);
			rig_assert_like_walk(rig);
			assert_int_equal(rig->count, 2 * addresses * hits);
			assert_in_range(rig->agent.bytes_most, 1, ONE_FRAME);
			rig_free(rig);
		}
}

static void a_wide_range_takes_a_request_for_about_twenty_rows(void **state)
{
	(void)state;
	for (unsigned addresses = 1; addresses <= 7; addresses += 6)
		for (unsigned whole = 0; whole < 2; whole++) {
			struct rig *rig = busy_host(addresses, true, true);
			rig_want(rig, false, whole ? 1 : RTP_FIRST, whole ? 65535 : RTP_LAST);
			rig_want(rig, true, whole ? 1 : RTP_FIRST, whole ? 65535 : RTP_LAST);
			rig->requests_max = MANY_ROWS / 19 + 4;
			assert_int_equal(rig_run(rig), SCAN_DONE);
			rig_assert_like_walk(rig);
			assert_in_range(rig->count, MANY_ROWS, MANY_ROWS + 8 * addresses);
			assert_in_range(rig->agent.bytes_most, 1, ONE_FRAME);
			rig_free(rig);
		}
}

static void hundreds_of_addresses_are_read_or_skipped_as_is_cheaper(void **state)
{
	static const struct {
		unsigned rows, requests_max;
	} cases[] = { { 1, 40 }, { 4, 85 }, { 16, 180 }, { 64, 301 } };
	enum { ADDRESSES = 300 };

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct rig *rig = rig_new();
		add_surroundings(&rig->agent);
		for (unsigned a = 0; a < ADDRESSES; a++) {
			char ip[16];
			snprintf(ip, sizeof(ip), "10.1.%u.%u", a / 250, a % 250 + 1);
			agent_add_tcp(&rig->agent, ip, 80, 7);
			agent_add_tcp(&rig->agent, ip, 5060, 7);
			for (unsigned r = 0; r < cases[i].rows; r++)
				agent_add_udp(&rig->agent, ip, (uint16_t)(5060 + 3 * r), NULL, 0, r,
					      7);
		}
		rig_want_usual(rig);
		rig->requests_max = cases[i].requests_max;
		assert_int_equal(rig_run(rig), SCAN_DONE);
		rig_assert_like_walk(rig);
		assert_int_equal(rig->count, 2 * ADDRESSES);
		rig_free(rig);
	}
}

static void thousands_of_connected_sockets_are_told_once_and_jumped_over(void **state)
{
	static const struct {
		bool listener;
		uint16_t first, last;
		const char *told;
	} cases[] = {
		{ true, 5060, 5060, "udp 0.0.0.0:5060 9 any\nudp 0.0.0.0:5060 5 any connected\n" },
		{ false, 5060, 5060, "udp 0.0.0.0:5060 5 any connected\n" },
		{ true, 5000, 5100,
		  "udp 0.0.0.0:5060 9 any\nudp 0.0.0.0:5060 5 any connected\n"
		  "udp 0.0.0.0:5061 9 any\n" },
		{ false, 1, 65535, "udp 0.0.0.0:5060 5 any connected\nudp 0.0.0.0:5061 9 any\n" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct rig *rig = rig_new();
		for (unsigned k = 0; k < 5000; k++) {
			char peer[16];
			snprintf(peer, sizeof(peer), "10.9.%u.%u", k / 250, k % 250 + 1);
			agent_add_udp(&rig->agent, "0.0.0.0", 5060, peer, 40000, k, 5);
		}
		if (cases[i].listener)
			agent_add_udp(&rig->agent, "0.0.0.0", 5060, NULL, 0, 1, 9);
		agent_add_udp(&rig->agent, "0.0.0.0", 5061, NULL, 0, 2, 9);
		rig_want(rig, false, cases[i].first, cases[i].last);
		rig->requests_max = 2;
		assert_int_equal(rig_run(rig), SCAN_DONE);
		rig_assert_told(rig, cases[i].told);
		rig_free(rig);
	}
}

static void sockets_that_share_a_port_are_told_each(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		agent_add_udp(&rig->agent, "192.0.2.1", 5060, NULL, 0, 1000 + i, 1 + i);
	agent_add_udp(&rig->agent, "192.0.2.2", 5060, NULL, 0, 1, 500);
	rig_want_usual(rig);
	assert_int_equal(rig_run(rig), SCAN_DONE);
	rig_assert_like_walk(rig);
	assert_int_equal(rig->count, 101);
	assert_in_range(rig->agent.requests, 1, 9);
	rig_free(rig);
}

static void connections_of_the_old_table_are_not_walked(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	add_surroundings(&rig->agent);
	for (unsigned k = 0; k < 5000; k++) {
		char peer[16];
		snprintf(peer, sizeof(peer), "10.9.%u.%u", k / 250, k % 250 + 1);
		agent_add_tcp_old(&rig->agent, "192.0.2.1", 5060, peer, 40000, 5);
	}
	agent_add_tcp_old(&rig->agent, "0.0.0.0", 5060, NULL, 0, TCP_STATE_LISTEN);
	agent_add_tcp_old(&rig->agent, "192.0.2.1", 5060, NULL, 0, TCP_STATE_LISTEN);
	agent_add_tcp_old(&rig->agent, "192.0.2.1", 2860, NULL, 0, 1);
	agent_add_tcp_old(&rig->agent, "192.0.2.1", 5061, NULL, 0, TCP_STATE_LISTEN);
	agent_add_udp_old(&rig->agent, "192.0.2.1", 1440);
	rig_want_usual(rig);
	rig->requests_max = 4;
	assert_int_equal(rig_run(rig), SCAN_DONE);
	rig_assert_told(rig, "tcp 0.0.0.0:5060 0 any\ntcp 192.0.2.1:5060 0\n"
			     "udp 192.0.2.1:1440 0\ntcp 192.0.2.1:5061 0\n");
	rig->scan.cursors = 0;
	rig_want(rig, true, 1, 65535);
	assert_int_equal(rig_run(rig), SCAN_DONE);
	rig_assert_told(rig, "tcp 0.0.0.0:5060 0 any\ntcp 192.0.2.1:5060 0\n"
			     "tcp 192.0.2.1:5061 0\n");
	rig_free(rig);
}

static void the_age_of_caches_comes_along(void **state)
{
	static const struct {
		const char *line; /* instead of what the agent says of tcpListenerTable */
		int64_t age_s;
	} cases[] = {
		{ "6.20 = INTEGER: 60", 60 },	 { "6.20 = INTEGER: 0", 0 },
		{ "6.20.0 = INTEGER: 60", -1 },	 { "6.21 = INTEGER: 60", -1 },
		{ "6.20 = STRING: \"60\"", -1 }, { "6.20 = INTEGER: -7", -1 },
	};
	char line[100];

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct rig *rig = busy_host(1, false, true);
		struct oid oid;
		snprintf(line, sizeof(line), "1.3.6.1.4.1.8072.1.5.3.1.2.1.3.6.1.2.1.%s",
			 cases[i].line);
		assert_true(
			oid_parse(view_of("1.3.6.1.4.1.8072.1.5.3.1.2.1.3.6.1.2.1.6.20"), &oid));
		for (size_t k = 0; k < rig->agent.rows; k++)
			if (oid_compare(&rig->agent.row[k].oid, &oid) == 0)
				rig->agent.row[k--] = rig->agent.row[--rig->agent.rows];
		assert_true(agent_add_line(&rig->agent, line));
		rig_want_usual(rig);
		rig->requests_max = 2;
		assert_int_equal(rig_run(rig), SCAN_DONE);
		assert_int_equal(rig->scan.cache_s[TABLE_TCP], cases[i].age_s);
		assert_int_equal(rig->scan.cache_s[TABLE_UDP], 61);
		assert_int_equal(rig->scan.cache_s[TABLE_TCP_OLD], 7);
		assert_int_equal(rig->scan.cache_s[TABLE_UDP_OLD], 8);
		rig_free(rig);
	}
}

static void an_age_that_a_cut_reply_lacks_is_asked_again_with_the_rows(void **state)
{
	struct rig *rig = busy_host(7, true, true);

	(void)state;
	rig->agent.vars_max = 8;
	rig_want_usual(rig);
	assert_int_equal(rig_run(rig), SCAN_DONE);
	rig_assert_like_walk(rig);
	assert_int_equal(rig->scan.cache_s[TABLE_TCP_OLD], 7);
	assert_int_equal(rig->scan.cache_s[TABLE_UDP], 61);
	rig_free(rig);
}

static void addresses_of_other_types_are_told_too(void **state)
{
#define UDP "1.3.6.1.2.1.7.7.1.8"
#define LINK_LOCAL "4.20.254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.2"
#define NO_PEER "4.20.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0"
	static const char *const lines[] = {
		UDP ".0.0.5060.0.0.0.1 = Gauge32: 3",
		UDP "." LINK_LOCAL ".5060." NO_PEER ".9 = Gauge32: 4",
		UDP ".16.1.97.5060.16.0.0.1 = Gauge32: 5",
	};
	struct rig *rig = rig_new();

	(void)state;
	for (size_t i = 0; i < CASES(lines); i++)
		assert_true(agent_add_line(&rig->agent, lines[i]));
	rig_want(rig, false, 5060, 5060);
	assert_int_equal(rig_run(rig), SCAN_DONE);
	rig_assert_told(rig, "udp  3 any\nudp [fe80::1%2]:5060 4\nudp  5 connected\n");
	rig_free(rig);
}

static void ranges_end_where_they_say(void **state)
{
	static const struct port_range ranges[] = { { 1, 1 },	     { 2, 9 },
						    { 10, 5059 },    { 5060, 5060 },
						    { 5061, 9999 },  { 10000, 65534 },
						    { 65535, 65535 } };
	static const uint16_t ports[] = { 0,	1,    2,    9,	   10,	  5059,
					  5060, 5061, 9999, 10000, 65534, 65535 };
	struct rig *rig = rig_new();

	(void)state;
	for (size_t a = 0; a < CASES(ADDRESS); a++)
		for (size_t p = 0; p < CASES(ports); p++) {
			agent_add_tcp(&rig->agent, ADDRESS[a], ports[p], 7);
			agent_add_udp(&rig->agent, ADDRESS[a], ports[p], NULL, 0, 1, 8);
		}
	for (size_t r = 0; r < CASES(ranges); r++) {
		rig_want(rig, true, ranges[r].first, ranges[r].last);
		rig_want(rig, false, ranges[r].first, ranges[r].last);
	}
	assert_int_equal(rig_run(rig), SCAN_DONE);
	rig_assert_like_walk(rig);
	assert_int_equal(rig->count, 2 * (CASES(ports) - 1) * CASES(ADDRESS));
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_recorded_listeners_of_the_usual_ports_are_found),
		cmocka_unit_test(a_port_is_told_of_every_address_in_the_agents_order),
		cmocka_unit_test(an_agent_without_privileges_tells_no_pid),
		cmocka_unit_test(an_old_agent_is_read_from_its_old_tables),
		cmocka_unit_test(a_table_without_the_wanted_port_is_not_replaced_by_the_old_one),
		cmocka_unit_test(an_agent_without_tables_is_done_and_has_shown_none),
		cmocka_unit_test(the_usual_ports_of_a_busy_host_take_few_requests),
		cmocka_unit_test(rows_between_the_wanted_ports_cost_nothing),
		cmocka_unit_test(a_wide_range_takes_a_request_for_about_twenty_rows),
		cmocka_unit_test(hundreds_of_addresses_are_read_or_skipped_as_is_cheaper),
		cmocka_unit_test(thousands_of_connected_sockets_are_told_once_and_jumped_over),
		cmocka_unit_test(sockets_that_share_a_port_are_told_each),
		cmocka_unit_test(connections_of_the_old_table_are_not_walked),
		cmocka_unit_test(the_age_of_caches_comes_along),
		cmocka_unit_test(an_age_that_a_cut_reply_lacks_is_asked_again_with_the_rows),
		cmocka_unit_test(addresses_of_other_types_are_told_too),
		cmocka_unit_test(ranges_end_where_they_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
