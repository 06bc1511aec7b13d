/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables in which an SNMP agent lists its host's listeners, and their index as values:
 * tcpListenerTable (RFC 4022) and udpEndpointTable (RFC 4113), which also tell the process, and the
 * tables they replaced, tcpConnTable and udpTable, which know IPv4 only and no process.
 */
#ifndef PROTO_LISTENER_MIB_H
#define PROTO_LISTENER_MIB_H

#include "base/addr.h"
#include "proto/oid.h"

enum listener_table { TABLE_TCP, TABLE_UDP, TABLE_TCP_OLD, TABLE_UDP_OLD, LISTENER_TABLES };

/* The one column that is read of it. */
const struct oid *listener_column(enum listener_table table);
/* Whose column `oid` lies below; LISTENER_TABLES = none. */
enum listener_table listener_table_of(const struct oid *oid);
/* Whether the port ends the index, so that an address and a port have one row at most. */
bool listener_port_is_last(enum listener_table table);

struct listener_row {
	struct addr local; /* with port; family 0: the RFC's wildcard of both families, or a type of
			    * address that is none of IPv4 and IPv6 */
	bool any;	   /* 0.0.0.0, :: or that wildcard */
	bool connected;	   /* has a peer of its own: others cannot reach it */
	bool listening;	   /* by its index: tcpConnTable also lists connections, and of a listener
			    * its state is listen (TCP_STATE_LISTEN) */
	size_t address_end; /* arcs of the OID up to and with the local address; the port follows */
};

enum { TCP_STATE_LISTEN = 2 };

/* False when `oid` is no complete row of that column. */
bool listener_row_parse(enum listener_table table, const struct oid *oid, struct listener_row *row);

#endif
