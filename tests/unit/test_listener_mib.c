/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/proto/listener_mib: the index of a row as address, port and peer, and what is no index. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/listener_mib.h"

#include "snmp_agent_table.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))
#define TCP "1.3.6.1.2.1.6.20.1.4."
#define UDP "1.3.6.1.2.1.7.7.1.8."
#define TCP_OLD "1.3.6.1.2.1.6.13.1.1."
#define UDP_OLD "1.3.6.1.2.1.7.5.1.2."
#define ZERO8 "0.0.0.0.0.0.0.0."
#define ZERO16 ZERO8 ZERO8

enum { ANY = 1, CONNECTED = 2, SILENT = 4, TEXT_MAX = 100 };

struct row_case {
	const char *oid, *local; /* "none:port" for family 0 */
	unsigned flags;
	size_t address_end;
};

static const struct row_case rows[] = {
	{ TCP "1.4.0.0.0.0.5060", "0.0.0.0:5060", ANY, 16 },
	{ TCP "1.4.192.0.2.10.65535", "192.0.2.10:65535", 0, 16 },
	{ TCP "0.0.5060", "none:5060", ANY, 12 },
	{ TCP "2.16." ZERO16 "22", "[::]:22", ANY, 28 },
	{ TCP "2.16.32.1.13.184." ZERO8 "0.0.0.16.2861", "[2001:db8::10]:2861", 0, 28 },
	{ TCP "2.16." ZERO8 "0.0.255.255.192.0.2.11.5061", "192.0.2.11:5061", 0, 28 },
	{ TCP "2.16." ZERO8 "0.0.255.255.0.0.0.0.5061", "0.0.0.0:5061", ANY, 28 },
	{ TCP "3.8.169.254.1.2.0.0.1.2.80", "169.254.1.2%258:80", 0, 20 },
	{ TCP "4.20.254.128." ZERO8 "0.0.0.0.0.16.0.0.0.7.5060", "[fe80::10%7]:5060", 0, 32 },
	{ TCP "4.20." ZERO16 "0.0.0.7.5060", "[::%7]:5060", ANY, 32 },
	{ TCP "16.3.112.98.120.5060", "none:5060", 0, 15 },
	{ TCP "99.0.5060", "none:5060", 0, 12 },
	{ TCP "1.4.127.0.0.1.0", "127.0.0.1:0", 0, 16 },
	{ UDP "1.4.0.0.0.0.5060.1.4.0.0.0.0.0.26806", "0.0.0.0:5060", ANY, 16 },
	{ UDP "1.4.0.0.0.0.5060.0.0.0.4294967295", "0.0.0.0:5060", ANY, 16 },
	{ UDP "1.4.192.0.2.10.2861.1.4.192.0.2.11.4000.7", "192.0.2.10:2861", CONNECTED, 16 },
	{ UDP "1.4.192.0.2.10.2861.1.4.0.0.0.0.4000.7", "192.0.2.10:2861", CONNECTED, 16 },
	{ UDP "1.4.192.0.2.10.2861.1.4.0.0.0.1.0.7", "192.0.2.10:2861", CONNECTED, 16 },
	{ UDP "1.4.192.0.2.10.2861.16.1.97.0.7", "192.0.2.10:2861", CONNECTED, 16 },
	{ UDP "2.16." ZERO16 "2861.2.16." ZERO16 "0.7", "[::]:2861", ANY, 28 },
	{ UDP "2.16." ZERO16 "2861.2.16." ZERO8 "0.0.0.0.0.0.0.1.5060.7", "[::]:2861",
	  ANY | CONNECTED, 28 },
	{ UDP "0.0.5060.0.0.0.7", "none:5060", ANY, 12 },
	{ TCP_OLD "0.0.0.0.5060.0.0.0.0.0", "0.0.0.0:5060", ANY, 14 },
	{ TCP_OLD "192.0.2.10.5060.0.0.0.0.0", "192.0.2.10:5060", 0, 14 },
	{ TCP_OLD "192.0.2.10.5060.192.0.2.11.40000", "192.0.2.10:5060", CONNECTED | SILENT, 14 },
	{ UDP_OLD "127.0.0.1.5060", "127.0.0.1:5060", 0, 14 },
};

static enum listener_table table_of(const char *text, struct oid *oid)
{
	assert_true(oid_parse(view_of(text), oid));
	enum listener_table table = listener_table_of(oid);
	assert_in_range(table, 0, LISTENER_TABLES - 1);
	return table;
}

static void check_local(const struct addr *local, const char *wanted)
{
	char text[TEXT_MAX] = "";
	struct wr w = wr_over(text, sizeof(text) - 1);

	if (local->family == 0)
		wr_fmt(&w, "none:%u", (unsigned)local->port);
	else
		wr_addr(&w, local);
	assert_string_equal(text, wanted);
}

static void a_row_is_an_address_a_port_and_perhaps_a_peer(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES(rows); i++) {
		struct oid oid;
		struct listener_row row;
		enum listener_table table = table_of(rows[i].oid, &oid);
		if (!listener_row_parse(table, &oid, &row))
			fail_msg("refused: %s", rows[i].oid);
		check_local(&row.local, rows[i].local);
		assert_int_equal(row.any, (rows[i].flags & ANY) != 0);
		assert_int_equal(row.connected, (rows[i].flags & CONNECTED) != 0);
		assert_int_equal(row.listening, (rows[i].flags & SILENT) == 0);
		assert_int_equal(row.address_end, rows[i].address_end);
		assert_int_equal(oid.arc[row.address_end], row.local.port);
	}
}

static void a_row_with_an_arc_less_or_more_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES(rows); i++) {
		struct oid oid, other;
		struct listener_row row;
		enum listener_table table = table_of(rows[i].oid, &oid);
		for (size_t n = 0; n < oid.n; n++) {
			other = oid_first(&oid, n);
			if (listener_row_parse(table, &other, &row))
				fail_msg("%s: %zu arcs", rows[i].oid, n);
		}
		assert_true(oid_append(&oid, 0));
		assert_false(listener_row_parse(table, &oid, &row));
	}
}

static void an_index_out_of_its_bounds_is_none(void **state)
{
	static const char *const cases[] = {
		TCP "1.4.0.0.0.0.65536",
		TCP "1.4.0.0.0.256.5060",
		TCP "1.4.4294967295.0.0.1.5060",
		TCP "1.16." ZERO16 "5060",
		TCP "2.4.0.0.0.0.5060",
		TCP "0.4.0.0.0.0.5060",
		TCP "3.4.0.0.0.0.5060",
		TCP "4.16." ZERO16 "5060",
		TCP "3.8.169.254.1.2.0.0.1.256.80",
		TCP "2.16." ZERO8 "0.0.0.0.0.0.0.256.22",
		TCP "16.256.5060",
		TCP "16.4294967295.5060",
		TCP "16.2.97.256.5060",
		UDP "1.4.0.0.0.0.65536.1.4.0.0.0.0.0.1",
		UDP "1.4.0.0.0.0.5060.1.4.0.0.0.0.65536.1",
		UDP "1.4.0.0.0.0.5060.1.4.0.0.0.256.0.1",
		UDP "1.4.0.0.0.0.5060.1.5.0.0.0.0.0.1",
		TCP_OLD "0.0.0.256.5060.0.0.0.0.0",
		TCP_OLD "0.0.0.0.65536.0.0.0.0.0",
		TCP_OLD "0.0.0.0.5060.0.0.256.0.0",
		TCP_OLD "0.0.0.0.5060.0.0.0.0.65536",
		UDP_OLD "0.0.0.0.65536",
		UDP_OLD "256.0.0.0.1",
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct oid oid;
		struct listener_row row;
		enum listener_table table = table_of(cases[i], &oid);
		if (listener_row_parse(table, &oid, &row))
			fail_msg("accepted: %s", cases[i]);
	}
}

static void a_row_of_one_table_is_none_of_another(void **state)
{
	struct oid oid;
	struct listener_row row;

	(void)state;
	for (size_t i = 0; i < CASES(rows); i++) {
		enum listener_table own = table_of(rows[i].oid, &oid);
		for (enum listener_table t = 0; t < LISTENER_TABLES; t++)
			assert_int_equal(listener_row_parse(t, &oid, &row), t == own);
	}
	assert_true(oid_parse(view_of("1.3.6.1.2.1.6.20.1"), &oid));
	assert_int_equal(listener_table_of(&oid), LISTENER_TABLES);
	assert_true(oid_parse(view_of("1.3.6.1.2.1.6.20.1.5.1.4.0.0.0.0.5060"), &oid));
	assert_int_equal(listener_table_of(&oid), LISTENER_TABLES);
	assert_false(listener_row_parse(TABLE_TCP, &oid, &row));
}

static void every_recorded_row_is_read(void **state)
{
	static const char *const files[] = { "root.walk", "unprivileged.walk" };
	static const unsigned listeners[] = { 12, 62, 6, 28 }; /* of tcpConnTable */

	(void)state;
	for (size_t f = 0; f < CASES(files); f++) {
		struct agent agent = { .rows = 0 };
		unsigned seen[LISTENER_TABLES] = { 0 };
		agent_load(&agent, files[f], NULL);
		for (size_t i = 0; i < agent.rows; i++) {
			struct listener_row row;
			enum listener_table table = listener_table_of(&agent.row[i].oid);
			if (table == LISTENER_TABLES)
				continue;
			assert_true(listener_row_parse(table, &agent.row[i].oid, &row));
			seen[table] += row.listening;
			if (table == TABLE_TCP_OLD)
				assert_int_equal(row.listening,
						 agent.row[i].number == TCP_STATE_LISTEN);
			if (table == TABLE_UDP_OLD)
				assert_int_equal(row.local.port, agent.row[i].number);
		}
		assert_memory_equal(seen, listeners, sizeof(seen));
		agent_free(&agent);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_an_address_a_port_and_perhaps_a_peer),
		cmocka_unit_test(a_row_with_an_arc_less_or_more_is_none),
		cmocka_unit_test(an_index_out_of_its_bounds_is_none),
		cmocka_unit_test(a_row_of_one_table_is_none_of_another),
		cmocka_unit_test(every_recorded_row_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
