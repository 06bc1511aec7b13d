/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An SNMP agent in memory: a sorted list of OIDs that answers GET, GETNEXT and GETBULK as RFC 3416 4.2
 * says, counts, and misbehaves on demand. */
#ifndef UNIT_SNMP_AGENT_TABLE_H
#define UNIT_SNMP_AGENT_TABLE_H

#include "proto/snmp_pdu.h"

enum { AGENT_TEXT_MAX = 160 };

struct agent_row {
	struct oid oid;
	enum snmp_type type;
	int64_t number;
	char text[AGENT_TEXT_MAX];
};

struct agent {
	struct agent_row *row;
	size_t rows, room;
	bool sorted;
	/* its limits, 0 = none: what is longer is cut in a GETBULK and tooBig in any other request, or
	 * with `never_cuts` in all */
	size_t bytes_max, vars_max;
	bool never_cuts;
	/* Changes a variable that is about to be sent; NULL = none. */
	void (*spoil)(struct agent *agent, const struct oid *asked, struct snmp_var *var);
	/* what it was asked */
	unsigned requests, vars;
	bool bulk;		 /* the last one */
	size_t bytes_most;	 /* the longest reply, with the community "public" */
	struct snmp_reply reply; /* the last one */
	struct snmp_var var[SNMP_VARS_MAX + 1];
};

void agent_free(struct agent *agent);
/* An OID and what it holds; text = NULL makes it a number. */
void agent_add(struct agent *agent, const struct oid *oid, int64_t number, const char *text);
/* A line of snmpwalk -On -Oe: ".1.3.6 = INTEGER: 1". False when it is none. */
bool agent_add_line(struct agent *agent, const char *line);
/* tests/data/snmp/NAME; without the rows below `hidden`, as a view would leave them out. */
void agent_load(struct agent *agent, const char *name, const char *hidden);
const struct snmp_reply *agent_answer(struct agent *agent, const struct snmp_request *request);

/* The row that the agents in use would show; `peer` may be NULL. */
void agent_add_tcp(struct agent *agent, const char *local, uint16_t port, int64_t pid);
void agent_add_udp(struct agent *agent, const char *local, uint16_t port, const char *peer,
		   uint16_t peer_port, uint32_t instance, int64_t pid);
/* Of tcpConnTable and udpTable. */
void agent_add_tcp_old(struct agent *agent, const char *local, uint16_t port, const char *peer,
		       uint16_t peer_port, int64_t state);
void agent_add_udp_old(struct agent *agent, const char *local, uint16_t port);

#endif
