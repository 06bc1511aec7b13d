/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an agent of snmp_sim knows: objects in their order, and ways to walk them, right and wrong. */
#ifndef SNMP_SIM_MIB_H
#define SNMP_SIM_MIB_H

#include "snmp_sim_ber.h"

#define MIB_ROWS_MAX 4096
#define MIB_TCP_LISTENER "1.3.6.1.2.1.6.20.1.4" /* tcpListenerProcess */
#define MIB_UDP_ENDPOINT "1.3.6.1.2.1.7.7.1.8"	/* udpEndpointProcess */

/* The behaviours with these names say what they are. */
enum mib_set {
	MIB_GOOD,
	MIB_BIG,
	MIB_MANY,
	MIB_OLD,
	MIB_WILDCARD,
	MIB_NOPROC,
	MIB_NOPID,
	MIB_WRONGTYPE,
	MIB_NEGATIVE,
	MIB_HUGETEXT,
	MIB_CONTROL,
	MIB_EMPTY,
	MIB_SETS
};

struct value {
	unsigned tag;
	int64_t number;
	struct span text; /* p not NULL: the contents instead of the number */
};

struct row {
	struct oid oid;
	size_t object_arcs; /* of them those of the scalar or column; the rest is the instance */
	struct value value;
};

struct mib {
	size_t n;
	struct row row[MIB_ROWS_MAX]; /* sorted */
};

/* Into an empty one. */
void mib_fill(struct mib *mib, enum mib_set set);

/* As GET answers: the value, noSuchInstance or noSuchObject (RFC 3416 section 4.2.1). */
struct value mib_get(const struct mib *mib, const struct oid *oid);

enum mib_walk {
	WALK_RIGHT,
	WALK_SAME,    /* always the first row of the column */
	WALK_BACK,    /* the row before */
	WALK_INVENTED /* a listener on the next one of all IPv4 addresses */
};

/* As GETNEXT answers: NULL is endOfMibView. The row may be `*scratch`. */
const struct row *mib_next(const struct mib *mib, enum mib_walk walk, const struct oid *oid,
			   struct row *scratch);

#endif
