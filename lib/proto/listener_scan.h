/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds listeners of some ports in an agent's tables without walking them. The index is (address,
 * port, ...), so a cursor for a range of ports skips: behind the last port of the range to the next
 * address, from a lower port to the first of the range. All cursors share the requests, and what one
 * of them learns of the table moves the others too: the cost is one request or two for each distinct
 * local address, whatever the number of rows; where addresses have few rows each, several of them
 * share a request.
 *
 * When a table has no row at all its predecessor is read instead: an old agent. Pure: it makes
 * requests and reads replies, as snmp_client_arg.next wants.
 */
#ifndef PROTO_LISTENER_SCAN_H
#define PROTO_LISTENER_SCAN_H

#include "base/port_set.h"
#include "proto/listener_mib.h"
#include "proto/snmp_pdu.h"

enum { LISTENER_CURSORS_MAX = 64 };

struct listener_cursor {
	bool tcp;
	struct port_range range;
	/* private */
	enum listener_table table;
	struct oid at;	    /* what the range holds up to here has been told */
	size_t address_end; /* arcs of `at` up to and with the address */
	bool entering;	    /* `at` is where the range begins on an address */
	bool done;
};

enum listener_scan_end {
	SCAN_OPEN,
	SCAN_DONE,
	SCAN_BROKEN, /* the agent's tables do not increase or never end, or its replies are no
		      * answers: `why`, a constant clause */
};

struct listener_scan {
	/* set by the caller, who lends the cursors. Each row that a cursor's range holds is told once a
	 * cursor, in the agent's order; of those on one address and port that are connected only the
	 * first, behind all that are not. pid 0 = the agent does not tell. */
	struct listener_cursor *cursor;
	size_t cursors;
	void (*found)(void *ctx, bool tcp, const struct listener_row *row, uint32_t pid);
	void *ctx;
	/* findings */
	enum listener_scan_end end;
	const char *why;
	bool shown[LISTENER_TABLES]; /* the table has a row, wanted or not */
	/* How old its rows may be at most; -1 = the agent does not tell, or had not when the cursors
	 * were done (NET-SNMP-AGENT-MIB nsCacheTimeout). */
	int64_t cache_s[LISTENER_TABLES];
	unsigned rows; /* in the replies */
	/* private */
	struct oid cache_at;
	bool cache_done;
	size_t reply_bytes; /* a request is made so that its reply hardly has more */
	bool no_bulk;	    /* net-snmp 5.9.3 fails where a view ends in the middle of a GETBULK */
	unsigned requests, requests_max;
	bool several[LISTENER_TABLES]; /* addresses followed each other in the last reply */
};

/* After the caller's members are set. */
void listener_scan_start(struct listener_scan *scan);
/* `reply` is NULL at the first call. False when the scan has ended. */
bool listener_scan_next(struct listener_scan *scan, const struct snmp_reply *reply,
			struct snmp_request *request);

#endif
