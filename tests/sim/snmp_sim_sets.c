/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each set holds: the tables of RFC 4022, RFC 4113, RFC 2790, and NET-SNMP-AGENT-MIB. */
#include "snmp_sim_mib.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SSHD 700
#define SLPD 512
#define KAMAILIO 4001
#define XMRIG 4711
#define RTPENGINE 5001
#define GONE 9999
#define HIDDEN 0

struct listener {
	bool tcp;
	const char *address;
	unsigned port;
	uint32_t pid;
	unsigned peer_port; /* UDP, not 0: connected to 198.51.100.7 */
};

static const struct listener listeners[] = {
	{ true, "0.0.0.0", 22, SSHD, 0 },
	{ true, "127.0.0.1", 25, HIDDEN, 0 },
	{ true, "0.0.0.0", 2860, XMRIG, 0 },
	{ true, "0.0.0.0", 5060, KAMAILIO, 0 },
	{ true, "0.0.0.0", 5061, KAMAILIO, 0 },
	{ true, "192.0.2.10", 8443, SSHD, 0 },
	{ true, "::", 22, SSHD, 0 },
	{ true, "::1", 631, HIDDEN, 0 },
	{ false, "0.0.0.0", 68, HIDDEN, 0 },
	{ false, "127.0.0.1", 323, HIDDEN, 0 },
	{ false, "127.0.0.1", 1440, SLPD, 0 },
	{ false, "0.0.0.0", 2862, HIDDEN, 0 },
	{ false, "0.0.0.0", 2863, GONE, 0 },
	{ false, "192.0.2.10", 2864, KAMAILIO, 40000 },
	{ false, "0.0.0.0", 5060, KAMAILIO, 0 },
	{ false, "192.0.2.10", 53000, HIDDEN, 0 },
	{ false, "::", 5060, KAMAILIO, 0 },
	{ false, "::1", 323, HIDDEN, 0 },
};

struct process {
	uint32_t pid;
	const char *name, *path;
	struct span control; /* its name in MIB_CONTROL */
};

static const struct process processes[] = {
	{ SLPD, "slpd", "/usr/sbin/slpd",
	  SPAN_INIT("slpd\303\251 \342\202\254 \342\200\256dpls \377\376 caf\351") },
	{ SSHD, "sshd", "/usr/sbin/sshd", SPAN_INIT("\0sshd") },
	{ KAMAILIO, "kamailio", "/usr/sbin/kamailio",
	  SPAN_INIT("kamailio\nOK - forged | time=0;1;2;3;4 'y'=5\r\nCRITICAL") },
	{ XMRIG, "xmrig", "/tmp/.x/xmrig",
	  SPAN_INIT("xm\033[31m\033]0;title\007rig\0hidden; $(id) `id` \\n \177\233") },
	{ RTPENGINE, "rtpengine", "/usr/bin/rtpengine", SPAN_INIT("") },
};

/* Its instance is for the caller to add before the next call. */
static struct oid *add(struct mib *mib, const char *object, struct value value)
{
	struct row *row = &mib->row[mib->n++];

	if (mib->n > MIB_ROWS_MAX)
		abort();
	*row = (struct row){ oid_of(object), 0, value };
	row->object_arcs = row->oid.n;
	return &row->oid;
}

static struct value number(unsigned tag, int64_t n)
{
	return (struct value){ .tag = tag, .number = n };
}

static struct value text(struct span contents)
{
	return (struct value){ .tag = BER_OCTETS, .text = contents };
}

/* One of each type, before, between and behind the tables. */
static void add_scalars(struct mib *mib)
{
	static const struct value net_snmp = { BER_OID, 0, SPAN_INIT("\x2b\6\1\4\1\xbf\x08") };

	oid_add(add(mib, "1.3.6.1.2.1.1.1", text(span_of("snmp_sim"))), 0);
	oid_add(add(mib, "1.3.6.1.2.1.1.2", net_snmp), 0);
	oid_add(add(mib, "1.3.6.1.2.1.1.3", number(BER_TICKS, 123456)), 0);
	oid_add(add(mib, "1.3.6.1.2.1.7.1", number(BER_COUNTER, UINT32_MAX)), 0);
	oid_add(add(mib, "1.3.6.1.2.1.7.8", number(BER_COUNTER64, (int64_t)1 << 40)), 0);
	oid_add(add(mib, "1.3.6.1.6.3.10.2.1.3", number(BER_INTEGER, 1234)), 0);
}

static void add_bytes(struct oid *oid, const char *address)
{
	bool v6 = strchr(address, ':') != NULL;
	unsigned char bytes[16];

	if (inet_pton(v6 ? AF_INET6 : AF_INET, address, bytes) != 1)
		abort();
	for (size_t i = 0; i < (v6 ? 16 : 4); i++)
		oid_add(oid, bytes[i]);
}

/* Type and length come first (RFC 4001 section 4.1). */
static void add_address(struct oid *oid, enum mib_set set, const char *address)
{
	bool v6 = strchr(address, ':') != NULL;
	bool any = strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;

	if (set == MIB_WILDCARD && any) {
		oid_add(oid, 0);
		oid_add(oid, 0);
		return;
	}
	oid_add(oid, v6 ? 2 : 1);
	oid_add(oid, v6 ? 16 : 4);
	add_bytes(oid, address);
}

static struct value process_value(enum mib_set set, uint32_t pid)
{
	if (set == MIB_WRONGTYPE)
		return text(span_of("4001"));
	if (set == MIB_NEGATIVE)
		return pid == XMRIG ? number(BER_GAUGE, UINT32_MAX) : number(BER_INTEGER, -1);
	return number(BER_GAUGE, set == MIB_NOPID ? HIDDEN : pid);
}

static void add_listener(struct mib *mib, enum mib_set set, const struct listener *l)
{
	const char *nobody = strchr(l->address, ':') != NULL ? "::" : "0.0.0.0";
	struct oid *oid;

	if (set == MIB_WILDCARD && l->tcp && strcmp(l->address, "::") == 0)
		return; /* the same row as 0.0.0.0 */
	oid = add(mib, l->tcp ? MIB_TCP_LISTENER : MIB_UDP_ENDPOINT, process_value(set, l->pid));
	add_address(oid, set, l->address);
	oid_add(oid, l->port);
	if (l->tcp)
		return;
	add_address(oid, set, l->peer_port > 0 ? "198.51.100.7" : nobody);
	oid_add(oid, l->peer_port);
	oid_add(oid, (uint32_t)(100000 + mib->n)); /* the socket's inode: another one in each row */
}

static void add_crowd(struct mib *mib)
{
	static const char *const address[] = { "0.0.0.0",    "127.0.0.1", "192.0.2.10",
					       "192.0.2.11", "::",	  "2001:db8::10" };

	for (unsigned i = 0; i < 2300; i++)
		add_listener(
			mib, MIB_BIG,
			&(struct listener){ i >= 2000, address[i % 6], 16384 + i, RTPENGINE, 0 });
}

static void add_addresses(struct mib *mib)
{
	char address[INET_ADDRSTRLEN];

	for (unsigned i = 0; i < 300; i++) {
		snprintf(address, sizeof(address), "10.77.%u.%u", i / 100, i % 100 + 1);
		add_listener(mib, MIB_MANY,
			     &(struct listener){ false, address, 5060, KAMAILIO, 0 });
	}
}

/* tcpConnTable and udpTable: IPv4 only. A TCP listener also has three connections. */
static void add_old(struct mib *mib, const struct listener *l)
{
	static const char *const peers[] = { "0.0.0.0", "198.51.100.1", "198.51.100.2",
					     "198.51.100.3" };
	bool any = strcmp(l->address, "0.0.0.0") == 0;
	struct oid *oid;

	if (strchr(l->address, ':') != NULL || l->peer_port > 0)
		return;
	if (!l->tcp) {
		uint32_t address = ntohl(inet_addr(l->address));

		oid = add(mib, "1.3.6.1.2.1.7.5.1.1", number(BER_ADDRESS, address));
		add_bytes(oid, l->address);
		oid_add(oid, l->port);
		oid = add(mib, "1.3.6.1.2.1.7.5.1.2", number(BER_INTEGER, l->port));
		add_bytes(oid, l->address);
		oid_add(oid, l->port);
	}
	for (unsigned i = 0; l->tcp && i < 4; i++) {
		/* listen, established */
		oid = add(mib, "1.3.6.1.2.1.6.13.1.1", number(BER_INTEGER, i == 0 ? 2 : 5));
		add_bytes(oid, any && i > 0 ? "192.0.2.10" : l->address);
		oid_add(oid, l->port);
		add_bytes(oid, peers[i]);
		oid_add(oid, i == 0 ? 0 : 40000 + i);
	}
}

/* Parameters are there to be left alone. */
static void add_process(struct mib *mib, enum mib_set set, const struct process *p)
{
	static char huge[60000];
	struct value name = text(span_of(p->name)), path = text(span_of(p->path));

	if (set == MIB_WRONGTYPE)
		name = path = number(BER_INTEGER, p->pid);
	if (set == MIB_CONTROL)
		name = text(p->control);
	if (set == MIB_HUGETEXT && p->pid == XMRIG)
		name = text((struct span){ memset(huge, 'x', sizeof(huge)), sizeof(huge) });
	oid_add(add(mib, "1.3.6.1.2.1.25.4.2.1.2", name), p->pid);
	oid_add(add(mib, "1.3.6.1.2.1.25.4.2.1.4", path), p->pid);
	oid_add(add(mib, "1.3.6.1.2.1.25.4.2.1.5", text(span_of("--password leaked"))), p->pid);
}

/* nsCacheTimeout of a table, in seconds. */
static void add_cache(struct mib *mib, const char *table)
{
	struct oid *oid = add(mib, "1.3.6.1.4.1.8072.1.5.3.1.2", number(BER_INTEGER, 60));
	struct oid index = oid_of(table);

	for (size_t i = 0; i < index.n; i++)
		oid_add(oid, index.arc[i]);
}

static int row_order(const void *a, const void *b)
{
	return oid_order(&((const struct row *)a)->oid, &((const struct row *)b)->oid);
}

void mib_fill(struct mib *mib, enum mib_set set)
{
	if (set == MIB_EMPTY)
		return;
	add_scalars(mib);
	for (size_t i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++)
		if (set == MIB_OLD)
			add_old(mib, &listeners[i]);
		else
			add_listener(mib, set, &listeners[i]);
	for (size_t i = 0; i < sizeof(processes) / sizeof(processes[0]); i++)
		if (set != MIB_OLD && set != MIB_NOPROC)
			add_process(mib, set, &processes[i]);
	if (set != MIB_OLD) {
		add_cache(mib, "1.3.6.1.2.1.6.20");
		add_cache(mib, "1.3.6.1.2.1.7.7");
	}
	if (set == MIB_BIG)
		add_crowd(mib);
	if (set == MIB_MANY)
		add_addresses(mib);
	qsort(mib->row, mib->n, sizeof(mib->row[0]), row_order);
}
