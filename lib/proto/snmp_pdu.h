/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is asked of an SNMP agent and what it answers, as plain values (RFC 3416). Read only: there is
 * no way to say SET.
 */
#ifndef PROTO_SNMP_PDU_H
#define PROTO_SNMP_PDU_H

#include "proto/oid.h"

enum snmp_ask { SNMP_GET, SNMP_NEXT, SNMP_BULK };

enum { SNMP_VARS_MAX = 128, SNMP_TEXT_MAX = 1024 };

struct snmp_request {
	enum snmp_ask ask;
	unsigned repetitions; /* SNMP_BULK: of each OID (RFC 3416 4.2.3) */
	size_t count;	      /* of `oid`: 1..SNMP_VARS_MAX */
	struct oid oid[SNMP_VARS_MAX];
};

enum snmp_type {
	SNMP_NUMBER, /* Integer32, Unsigned32, Gauge32, Counter32, TimeTicks, Counter64 */
	SNMP_TEXT,   /* OCTET STRING, any bytes; of an IpAddress its four */
	SNMP_OID,
	SNMP_NO_OBJECT,	  /* noSuchObject */
	SNMP_NO_INSTANCE, /* noSuchInstance */
	SNMP_END,	  /* endOfMibView */
	SNMP_OTHER	  /* any other syntax */
};

struct snmp_var {
	struct oid oid;
	enum snmp_type type;
	int64_t number;	  /* SNMP_NUMBER */
	struct view text; /* SNMP_TEXT: hostile bytes; what is longer than SNMP_TEXT_MAX is cut */
};

/* Lives until the callback that got it returns. */
struct snmp_reply {
	int64_t error;	    /* error-status; 0 = noError */
	size_t error_index; /* the variable it is about, from 1; 0 = none */
	size_t count;
	const struct snmp_var *var; /* in the agent's order; nothing about them was checked */
};

#endif
