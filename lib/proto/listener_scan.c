/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The skip-scan; see listener_scan.h.
 *
 * A variable of a reply says two things: this row is there, and there is none between what was asked
 * and it (RFC 3416 4.2.2). The pair is called a hop here. It moves each cursor that stands within it,
 * whoever asked.
 */
#include "proto/listener_scan.h"

#include "proto/snmp_reply.h"

#include <assert.h>

enum {
	REPLY_BYTES = 1300,  /* with a v3 header in one Ethernet frame */
	NO_PORT = 65536,     /* behind every port */
	REQUESTS_MIN = 2048, /* so many dense addresses a host may have ... */
	PORTS_A_REQUEST = 8, /* ... and so few rows a reply, before its tables count as endless */
	ENTRY_ARCS = 2,	     /* from a table to its columns: the entry's and the column's */
};

/* nsCacheTimeout, in seconds; its index is the OID of a table. */
static const struct oid CACHE = { 12, { 1, 3, 6, 1, 4, 1, 8072, 1, 5, 3, 1, 2 } };

static struct oid cache_oid(enum listener_table table)
{
	const struct oid *column = listener_column(table);
	struct oid oid = CACHE;

	for (size_t i = 0; i + ENTRY_ARCS < column->n; i++)
		oid_append(&oid, column->arc[i]);
	return oid;
}

static void begin(struct listener_cursor *cursor, enum listener_table table)
{
	cursor->table = table;
	cursor->at = *listener_column(table);
	cursor->address_end = 0;
	cursor->entering = false;
}

void listener_scan_start(struct listener_scan *scan)
{
	assert(scan->cursors <= LISTENER_CURSORS_MAX);
	scan->end = SCAN_OPEN;
	scan->why = NULL;
	scan->rows = scan->requests = 0;
	scan->requests_max = REQUESTS_MIN;
	scan->reply_bytes = REPLY_BYTES;
	for (size_t t = 0; t < LISTENER_TABLES; t++) {
		scan->shown[t] = false;
		scan->cache_s[t] = -1;
		scan->several[t] = false;
	}
	scan->cache_done = false;
	scan->cache_at = cache_oid(TABLE_TCP_OLD);
	scan->cache_at.arc[scan->cache_at.n - 1]--;
	for (size_t i = 0; i < scan->cursors; i++) {
		struct listener_cursor *cursor = &scan->cursor[i];
		begin(cursor, cursor->tcp ? TABLE_TCP : TABLE_UDP);
		cursor->done = false;
		scan->requests_max +=
			(unsigned)(cursor->range.last - cursor->range.first) / PORTS_A_REQUEST;
	}
}

static void broken(struct listener_scan *scan, const char *why)
{
	scan->end = SCAN_BROKEN;
	scan->why = why;
}

/* What is asked for the first row of at least that port on an address, the first arcs of `oid`: the
 * beginning of its index, or where the port ends the index, the OID before. */
static struct oid before(enum listener_table table, const struct oid *oid, size_t address_end,
			 uint32_t port)
{
	struct oid before = oid_first(oid, address_end);

	oid_append(&before, port - listener_port_is_last(table));
	return before;
}

/* Into its place in ascending order, unless it is there already. */
static void ask(struct snmp_request *request, const struct oid *oid)
{
	size_t at = request->count;
	int order = 1;

	while (at > 0 && (order = oid_compare(oid, &request->oid[at - 1])) < 0)
		at--;
	if ((at > 0 && order == 0) || request->count == SNMP_VARS_MAX)
		return;
	for (size_t i = request->count++; i > at; i--)
		request->oid[i] = request->oid[i - 1];
	request->oid[at] = *oid;
}

/* What a variable that answers this takes in BER, as an IPv6 row: a reply from IPv4 rows may go on to
 * them. */
static size_t row_bytes(const struct oid *oid)
{
	static const uint8_t BYTES[LISTENER_TABLES + 1] = { [TABLE_TCP] = 42,
							    [TABLE_UDP] = 66,
							    [TABLE_TCP_OLD] = 40,
							    [TABLE_UDP_OLD] = 32,
							    [LISTENER_TABLES] = 32 };

	return BYTES[listener_table_of(oid)];
}

/* Where addresses have few rows, one chain of answers learns more than many short ones: only the first
 * OID of such a table stays. Otherwise the lowest ones for which the reply has room, so that no cursor
 * falls behind for good. */
static void cut(const struct listener_scan *scan, struct snmp_request *request)
{
	enum listener_table last = LISTENER_TABLES;
	size_t bytes = 0, kept = 0;

	for (size_t i = 0; i < request->count; i++) {
		enum listener_table table = listener_table_of(&request->oid[i]);
		size_t more = row_bytes(&request->oid[i]);
		if (table != LISTENER_TABLES && table == last && scan->several[table])
			continue;
		if (kept > 0 && bytes + more > scan->reply_bytes)
			break;
		last = table;
		bytes += more;
		request->oid[kept++] = request->oid[i];
	}
	request->count = kept;
	request->repetitions = 1;
	if (kept > 0 && bytes < scan->reply_bytes && !scan->no_bulk)
		request->repetitions = (unsigned)(scan->reply_bytes / bytes);
	request->ask = request->repetitions > 1 ? SNMP_BULK : SNMP_NEXT;
}

/*
 * Each cursor asks what follows where it stands; one that enters an address also asks what follows
 * behind that address, so that no other request is needed to learn it. The request depends on nothing
 * else, so that it can be made again when its reply comes, rather than kept.
 */
static void plan(const struct listener_scan *scan, struct snmp_request *request)
{
	request->count = 0;
	for (size_t i = 0; i < scan->cursors; i++) {
		const struct listener_cursor *cursor = &scan->cursor[i];
		if (cursor->done)
			continue;
		ask(request, &cursor->at);
		if (cursor->entering) {
			struct oid behind =
				before(cursor->table, &cursor->at, cursor->address_end, NO_PORT);
			ask(request, &behind);
		}
	}
	if (!scan->cache_done)
		ask(request, &scan->cache_at);
	cut(scan, request);
}

struct hop {
	const struct oid *from;
	const struct snmp_var *to; /* NULL = the end of the view */
	/* what `to` is */
	enum listener_table table; /* LISTENER_TABLES = no row of these tables */
	struct listener_row row;
};

static void seek(struct listener_cursor *cursor, const struct hop *hop, uint32_t port)
{
	cursor->address_end = hop->row.address_end;
	cursor->at = before(cursor->table, &hop->to->oid, cursor->address_end, port);
}

static bool is_listener(const struct hop *hop)
{
	return hop->row.listening &&
	       (hop->table != TABLE_TCP_OLD || hop->to->number == TCP_STATE_LISTEN);
}

static void tell(const struct listener_scan *scan, const struct listener_cursor *cursor,
		 const struct hop *hop)
{
	bool has_pid = hop->table == TABLE_TCP || hop->table == TABLE_UDP;
	int64_t number = hop->to->number;

	scan->found(scan->ctx, cursor->tcp, &hop->row,
		    has_pid && number > 0 && number <= UINT32_MAX ? (uint32_t)number : 0);
}

/* On an address and port what listens comes first: its remote end is all zero. Only UDP sockets may
 * share the two (SO_REUSEPORT). */
static void move(const struct listener_scan *scan, struct listener_cursor *cursor,
		 const struct hop *hop)
{
	uint16_t port = hop->row.local.port;
	bool wanted = port >= cursor->range.first && port <= cursor->range.last;

	cursor->entering = port < cursor->range.first;
	if (wanted && is_listener(hop))
		tell(scan, cursor, hop);
	if (cursor->entering)
		seek(cursor, hop, cursor->range.first);
	else if (wanted && hop->table == TABLE_UDP && !hop->row.connected)
		cursor->at = hop->to->oid;
	else
		seek(cursor, hop, port < cursor->range.last ? port + 1U : NO_PORT);
}

static void leave(const struct listener_scan *scan, struct listener_cursor *cursor)
{
	bool old = cursor->table == TABLE_TCP_OLD || cursor->table == TABLE_UDP_OLD;

	if (old || scan->shown[cursor->table])
		cursor->done = true;
	else
		begin(cursor, cursor->tcp ? TABLE_TCP_OLD : TABLE_UDP_OLD);
}

static bool holds(const struct hop *hop, const struct oid *at)
{
	return oid_compare(hop->from, at) <= 0 &&
	       (hop->to == NULL || oid_compare(at, &hop->to->oid) < 0);
}

static void read_cache(struct listener_scan *scan, const struct hop *hop)
{
	struct oid last = cache_oid(TABLE_UDP);

	if (scan->cache_done || !holds(hop, &scan->cache_at))
		return;
	scan->cache_done = hop->to == NULL || oid_compare(&hop->to->oid, &last) >= 0;
	if (hop->to == NULL)
		return;
	scan->cache_at = hop->to->oid;
	for (enum listener_table t = 0; t < LISTENER_TABLES; t++) {
		struct oid oid = cache_oid(t);
		if (oid_compare(&hop->to->oid, &oid) == 0 && hop->to->type == SNMP_NUMBER &&
		    hop->to->number >= 0)
			scan->cache_s[t] = hop->to->number;
	}
}

static void follow(struct listener_scan *scan, const struct hop *hop)
{
	enum listener_table from = listener_table_of(hop->from);

	if (from == LISTENER_TABLES)
		read_cache(scan, hop);
	for (size_t i = 0; i < scan->cursors; i++) {
		struct listener_cursor *cursor = &scan->cursor[i];
		if (cursor->done || cursor->table != from || !holds(hop, &cursor->at))
			continue;
		if (hop->table == from)
			move(scan, cursor, hop);
		else
			leave(scan, cursor);
	}
}

/* Only a row of the table that was asked is read. False when the variable is no answer: without the age
 * of caches a scan goes on, otherwise it is broken. */
static bool read_row(struct listener_scan *scan, struct hop *hop)
{
	const char *why = snmp_next_why(hop->from, hop->to);
	enum listener_table from = listener_table_of(hop->from);

	if (from == LISTENER_TABLES) {
		scan->cache_done = scan->cache_done || why != NULL;
		return why == NULL;
	}
	if (why == NULL && listener_table_of(&hop->to->oid) != from)
		return true;
	if (why == NULL && !listener_row_parse(from, &hop->to->oid, &hop->row))
		why = "the agent's tables have a row without a valid index";
	if (why == NULL && hop->to->type != SNMP_NUMBER)
		why = "the agent's tables have a row that holds no number";
	if (why != NULL) {
		broken(scan, why);
		return false;
	}
	hop->table = from;
	scan->shown[from] = true;
	scan->rows++;
	return true;
}

static bool is_turn(const struct hop *hop)
{
	struct oid address = oid_first(&hop->to->oid, hop->row.address_end);

	return !oid_starts(hop->from, &address);
}

/* All answers to the OID `i`: each goes on from the one before (RFC 3416 4.2.3). */
static void read_chain(struct listener_scan *scan, const struct snmp_request *request,
		       const struct snmp_reply *reply, size_t i)
{
	struct hop hop = { .from = &request->oid[i] };

	for (size_t k = i; k < reply->count; k += request->count) {
		hop.to = reply->var[k].type == SNMP_END ? NULL : &reply->var[k];
		hop.table = LISTENER_TABLES;
		if (hop.to != NULL && !read_row(scan, &hop))
			return;
		if (hop.table != LISTENER_TABLES && k > i && is_turn(&hop))
			scan->several[hop.table] = true;
		follow(scan, &hop);
		if (hop.to == NULL ||
		    (hop.table == LISTENER_TABLES && !oid_starts(&hop.to->oid, &CACHE)))
			return; /* what other tables hold is no concern of ours */
		hop.from = &hop.to->oid;
	}
}

static void read_reply(struct listener_scan *scan, const struct snmp_request *request,
		       const struct snmp_reply *reply)
{
	const char *why = snmp_reply_why(request, reply);

	if (reply->error == SNMP_GEN_ERR && request->ask == SNMP_BULK) {
		scan->no_bulk = true;
		return;
	}
	if (reply->error == SNMP_TOO_BIG && (request->count > 1 || request->repetitions > 1))
		scan->reply_bytes /= 2;
	else if (why != NULL)
		broken(scan, why);
	if (why != NULL)
		return;
	for (size_t t = 0; t < LISTENER_TABLES; t++)
		scan->several[t] = false;
	for (size_t i = 0; i < request->count && scan->end == SCAN_OPEN; i++)
		read_chain(scan, request, reply, i);
}

static bool all_done(const struct listener_scan *scan)
{
	for (size_t i = 0; i < scan->cursors; i++)
		if (!scan->cursor[i].done)
			return false;
	return true;
}

bool listener_scan_next(struct listener_scan *scan, const struct snmp_reply *reply,
			struct snmp_request *request)
{
	if (reply != NULL && scan->end == SCAN_OPEN) {
		plan(scan, request);
		read_reply(scan, request, reply);
	}
	if (scan->end == SCAN_OPEN && all_done(scan))
		scan->end = SCAN_DONE;
	if (scan->end == SCAN_OPEN && scan->requests++ >= scan->requests_max)
		broken(scan, "the agent's tables have no end");
	if (scan->end == SCAN_OPEN)
		plan(scan, request);
	return scan->end == SCAN_OPEN;
}
