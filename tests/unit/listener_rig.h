/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scan of an agent in memory, and what the same agent shows to one who walks all of it. */
#ifndef UNIT_LISTENER_RIG_H
#define UNIT_LISTENER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/listener_scan.h"

#include "snmp_agent_table.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))

enum { TOLD_MAX = 70000, ONE_FRAME = 1400 };

struct told {
	bool tcp;
	struct addr local;
	bool any, connected;
	uint32_t pid;
};

struct rig {
	struct agent agent;
	struct listener_cursor cursor[LISTENER_CURSORS_MAX];
	struct listener_scan scan;
	struct told told[TOLD_MAX];
	size_t count;
	/* Makes a reply what no agent should send; NULL = none. */
	void (*garble)(struct rig *rig, struct snmp_reply *reply);
	unsigned requests_max; /* a test fails above; 0 = any */
};

static inline struct rig *rig_new(void)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	return rig;
}

static inline void rig_free(struct rig *rig)
{
	agent_free(&rig->agent);
	free(rig);
}

static inline void rig_want(struct rig *rig, bool tcp, uint16_t first, uint16_t last)
{
	assert_in_range(rig->scan.cursors, 0, LISTENER_CURSORS_MAX - 1);
	struct listener_cursor *cursor = &rig->cursor[rig->scan.cursors++];
	memset(cursor, 0xaa, sizeof(*cursor)); /* what is private is not the caller's to set */
	cursor->tcp = tcp;
	cursor->range = (struct port_range){ first, last };
}

static inline void rig_want_usual(struct rig *rig)
{
	static const uint16_t port[] = { 1440, 2860, 2861, 5060, 5061 };

	for (size_t i = 0; i < CASES(port); i++) {
		rig_want(rig, true, port[i], port[i]);
		rig_want(rig, false, port[i], port[i]);
	}
}

static inline void rig_found(void *ctx, bool tcp, const struct listener_row *row, uint32_t pid)
{
	struct rig *rig = ctx;

	assert_in_range(rig->count, 0, TOLD_MAX - 1);
	rig->told[rig->count++] = (struct told){ tcp, row->local, row->any, row->connected, pid };
}

/* Asks until the scan has ended. */
static inline enum listener_scan_end rig_run(struct rig *rig)
{
	struct snmp_request request = { .count = 0 };
	const struct snmp_reply *reply = NULL;

	rig->scan.cursor = rig->cursor;
	rig->scan.found = rig_found;
	rig->scan.ctx = rig;
	rig->count = 0;
	memset(rig->scan.shown, true, sizeof(rig->scan.shown)); /* findings are set anew */
	rig->scan.rows = TOLD_MAX;
	rig->agent.requests = rig->agent.vars = 0;
	rig->agent.bytes_most = 0;
	listener_scan_start(&rig->scan);
	while (listener_scan_next(&rig->scan, reply, &request)) {
		assert_true(request.ask == (request.repetitions > 1 ? SNMP_BULK : SNMP_NEXT));
		reply = agent_answer(&rig->agent, &request);
		if (rig->requests_max > 0)
			assert_in_range(rig->agent.requests, 0, rig->requests_max);
		if (rig->garble != NULL)
			rig->garble(rig, &rig->agent.reply);
		request = (struct snmp_request){ .count = 0 };
	}
	size_t told = rig->count;
	assert_false(listener_scan_next(&rig->scan, reply, &request));
	assert_int_equal(rig->count, told);
	assert_true((rig->scan.end == SCAN_BROKEN) == (rig->scan.why != NULL));
	assert_true(rig->scan.end != SCAN_OPEN);
	return rig->scan.end;
}

/* "udp 192.0.2.10:2861 15 connected\n" for each that was told, in that order. */
static inline void rig_assert_told(const struct rig *rig, const char *wanted)
{
	static char text[100000];
	struct wr w = wr_over(text, sizeof(text) - 1);

	for (size_t i = 0; i < rig->count; i++) {
		const struct told *t = &rig->told[i];
		wr_str(&w, t->tcp ? "tcp " : "udp ");
		if (t->local.family != 0)
			wr_addr(&w, &t->local);
		wr_fmt(&w, " %u%s%s\n", t->pid, t->any ? " any" : "",
		       t->connected ? " connected" : "");
	}
	text[w.n] = '\0';
	assert_string_equal(text, wanted);
}

static inline bool rig_has_rows(const struct rig *rig, enum listener_table table)
{
	for (size_t i = 0; i < rig->agent.rows; i++)
		if (listener_table_of(&rig->agent.row[i].oid) == table)
			return true;
	return false;
}

static inline enum listener_table rig_table(const struct rig *rig, bool tcp)
{
	enum listener_table table = tcp ? TABLE_TCP : TABLE_UDP;

	return rig_has_rows(rig, table) ? table : tcp ? TABLE_TCP_OLD : TABLE_UDP_OLD;
}

/* The next that was told of a cursor's ports, from `at`; the ranges of a test do not overlap. */
static inline const struct told *rig_next_told(const struct rig *rig,
					       const struct listener_cursor *cursor, size_t *at)
{
	while (*at < rig->count) {
		const struct told *t = &rig->told[(*at)++];
		if (t->tcp == cursor->tcp && t->local.port >= cursor->range.first &&
		    t->local.port <= cursor->range.last)
			return t;
	}
	return NULL;
}

/* Whether the scan told what a walk of the whole table shows, in its order. */
static inline void rig_assert_like_walk(const struct rig *rig)
{
	for (size_t c = 0; c < rig->scan.cursors; c++) {
		const struct listener_cursor *cursor = &rig->cursor[c];
		enum listener_table table = rig_table(rig, cursor->tcp);
		bool old = table == TABLE_TCP_OLD || table == TABLE_UDP_OLD;
		struct addr connected = { .family = 0xff };
		size_t at = 0;
		for (size_t i = 0; i < rig->agent.rows; i++) {
			const struct agent_row *r = &rig->agent.row[i];
			struct listener_row row;
			if (!listener_row_parse(table, &r->oid, &row) ||
			    row.local.port < cursor->range.first ||
			    row.local.port > cursor->range.last ||
			    (table == TABLE_TCP_OLD &&
			     (!row.listening || r->number != TCP_STATE_LISTEN)) ||
			    (row.connected && addr_eq(&row.local, &connected)))
				continue;
			if (row.connected)
				connected = row.local;
			const struct told *t = rig_next_told(rig, cursor, &at);
			assert_non_null(t);
			assert_true(addr_eq(&t->local, &row.local));
			assert_int_equal(t->connected, row.connected);
			assert_int_equal(t->pid, old ? 0 : r->number);
		}
		assert_null(rig_next_told(rig, cursor, &at));
	}
}

#endif
