/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of the listener tables; see listener_mib.h. */
#include "proto/listener_mib.h"

/* InetAddressType (RFC 4001 3) and the bytes of an InetAddress of that type. */
enum {
	TYPE_UNKNOWN,
	TYPE_IPV4,
	TYPE_IPV6,
	TYPE_IPV4Z,
	TYPE_IPV6Z,
	TYPES_OF_IP,
	BYTE_MAX = 255,
	PORT_NUMBER_MAX = 65535,
	ZONE_BYTES = 4,
};

static const struct oid COLUMN[LISTENER_TABLES] = {
	[TABLE_TCP] = { 10, { 1, 3, 6, 1, 2, 1, 6, 20, 1, 4 } },     /* tcpListenerProcess */
	[TABLE_UDP] = { 10, { 1, 3, 6, 1, 2, 1, 7, 7, 1, 8 } },	     /* udpEndpointProcess */
	[TABLE_TCP_OLD] = { 10, { 1, 3, 6, 1, 2, 1, 6, 13, 1, 1 } }, /* tcpConnState */
	[TABLE_UDP_OLD] = { 10, { 1, 3, 6, 1, 2, 1, 7, 5, 1, 2 } },  /* udpLocalPort */
};

const struct oid *listener_column(enum listener_table table)
{
	return &COLUMN[table];
}

enum listener_table listener_table_of(const struct oid *oid)
{
	enum listener_table table = 0;

	while (table < LISTENER_TABLES && !oid_starts(oid, &COLUMN[table]))
		table++;
	return table;
}

bool listener_port_is_last(enum listener_table table)
{
	return table == TABLE_TCP || table == TABLE_UDP_OLD;
}

/* The index from the left; what is missing or out of its range is 0 and marks it as bad. */
struct index {
	const struct oid *oid;
	size_t at;
	bool bad;
};

static uint32_t take(struct index *index, uint32_t max)
{
	if (index->at >= index->oid->n || index->oid->arc[index->at] > max) {
		index->bad = true;
		return 0;
	}
	return index->oid->arc[index->at++];
}

static uint32_t take_zone(struct index *index)
{
	uint32_t zone = 0;

	for (size_t i = 0; i < ZONE_BYTES; i++)
		zone = zone << 8 | take(index, BYTE_MAX);
	return zone;
}

static struct addr take_ip(struct index *index, uint32_t type)
{
	bool v6 = type == TYPE_IPV6 || type == TYPE_IPV6Z;
	struct addr ip = { .family = v6 ? 6 : 4 };

	for (size_t i = 0; i < (v6 ? 16 : 4); i++)
		ip.ip[i] = (uint8_t)take(index, BYTE_MAX);
	if (type == TYPE_IPV4Z || type == TYPE_IPV6Z)
		ip.scope = take_zone(index);
	addr_unmap(&ip);
	return ip;
}

/* An address of a type and a length, as the new tables have it. */
static struct addr take_typed(struct index *index, bool *wildcard)
{
	static const uint8_t BYTES[TYPES_OF_IP] = { [TYPE_IPV4] = 4,
						    [TYPE_IPV6] = 16,
						    [TYPE_IPV4Z] = 4 + ZONE_BYTES,
						    [TYPE_IPV6Z] = 16 + ZONE_BYTES };
	uint32_t type = take(index, UINT32_MAX);
	uint32_t bytes = take(index, BYTE_MAX);

	*wildcard = type == TYPE_UNKNOWN;
	if (type < TYPES_OF_IP && bytes != BYTES[type])
		index->bad = true;
	if (type > TYPE_UNKNOWN && type < TYPES_OF_IP)
		return take_ip(index, type);
	for (uint32_t i = 0; i < bytes; i++)
		take(index, BYTE_MAX);
	return (struct addr){ .family = 0 };
}

/* An address and a port. */
static struct addr take_end(struct index *index, bool typed, size_t *address_end, bool *any)
{
	bool wildcard = false;
	struct addr end = typed ? take_typed(index, &wildcard) : take_ip(index, TYPE_IPV4);
	struct addr zero = { .family = end.family, .scope = end.scope };

	*address_end = index->at;
	*any = wildcard || (end.family != 0 && addr_same_ip(&end, &zero));
	end.port = (uint16_t)take(index, PORT_NUMBER_MAX);
	return end;
}

bool listener_row_parse(enum listener_table table, const struct oid *oid, struct listener_row *row)
{
	struct index index = { .oid = oid, .at = COLUMN[table].n };
	bool typed = table == TABLE_TCP || table == TABLE_UDP;
	bool remote_any = true;
	size_t remote_end;
	struct addr remote = { .port = 0 };

	if (!oid_starts(oid, &COLUMN[table]))
		return false;
	row->local = take_end(&index, typed, &row->address_end, &row->any);
	if (!listener_port_is_last(table))
		remote = take_end(&index, typed, &remote_end, &remote_any);
	if (table == TABLE_UDP)
		take(&index, UINT32_MAX); /* udpEndpointInstance */
	row->connected = !remote_any || remote.port != 0;
	row->listening = table != TABLE_TCP_OLD || !row->connected;
	return !index.bad && index.at == oid->n;
}
