/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the network did to one probe: facts for the plugin's judge, never an error path. */
#ifndef NET_TRACE_H
#define NET_TRACE_H

#include "base/addr.h"

enum transport { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS };

enum phase {
	PHASE_WAITING,
	PHASE_RESOLVE,
	PHASE_CONNECT,
	PHASE_TLS,
	PHASE_EXCHANGE,
	PHASE_ENDED,
	PHASES
};

enum fault {
	FAULT_NONE,	   /* the exchange ended by itself */
	FAULT_TIMEOUT,	   /* the deadline passed; `phase` says in which phase */
	FAULT_INTERRUPTED, /* SIGTERM or SIGINT */
	FAULT_DNS,	   /* the name has no address, or the resolver said no */
	FAULT_REFUSED,	   /* TCP RST on connect, ICMP port unreachable */
	FAULT_PROHIBITED,  /* ICMP 3/9, 3/10, 3/13; ICMPv6 1/1, 1/5, 1/6 */
	FAULT_UNREACHABLE, /* other ICMP unreachable, no route */
	FAULT_RESET,	   /* TCP RST after the connection was made */
	FAULT_CLOSED,	   /* the peer closed the stream before the exchange was done */
	FAULT_FLOOD,	   /* a stream has more unread bytes than a message may have */
	FAULT_TLS,	   /* no handshake */
	FAULT_TLS_VERIFY,  /* handshake done, but the certificate is not acceptable */
	FAULT_LOCAL,	   /* our own socket, address, descriptor limit, missing module */
	FAULTS
};

/* "tcp", "connect", "refused": for sentences and JSON. */
const char *transport_name(enum transport transport);
const char *phase_name(enum phase phase);
const char *fault_name(enum fault fault);

/* From the error queue of the socket; RFC 792, RFC 4443. */
struct icmp {
	bool seen;
	uint8_t type, code;
	struct addr offender; /* who sent it: the host itself or a router */
};

enum { TRACE_WHY_MAX = 128, TLS_TEXT_MAX = 64 };

/* All text is foreign: raw bytes, NUL-terminated, to be escaped by whoever prints it. */
struct tls_facts {
	char version[16]; /* "TLSv1.3" */
	char cipher[TLS_TEXT_MAX];
	char subject[TLS_TEXT_MAX]; /* common name or first DNS name of the leaf */
	char issuer[TLS_TEXT_MAX];
	char earliest[TLS_TEXT_MAX]; /* as `subject`, of the certificate that ends first */
	/* Unix time of the earliest end in the chain that was verified, trust anchor included; when
	 * that failed or was not asked for, in the chain sent. 0 = no chain. */
	int64_t expires_at;
	bool verified; /* chain and name */
	bool wildcard; /* the name matched by a wildcard only (RFC 5922 7.2) */
};

struct trace {
	enum fault fault;
	enum phase phase;	  /* the last phase before ENDED */
	int64_t started_us;	  /* monotonic, when it left WAITING; 0 = never started */
	int64_t phase_us[PHASES]; /* time spent in each phase */
	int error;		  /* errno behind the fault, or 0 */
	char why[TRACE_WHY_MAX]; /* one clause for people, "" when the fault says it all; raw bytes */
	struct icmp icmp;
	struct addr local;
	const struct tls_facts *tls; /* NULL without a TLS handshake */
};

#endif
