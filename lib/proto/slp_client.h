/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asks one SLP agent, over UDP or over TCP.
 *
 * First come the asks of the plan.  UDP: ask i is sent at i * SLP_STAGGER_US and again 0.5 and 1.25 s
 * after that, always the same bytes; the last send is waited for SLP_LAST_WAIT_US.  TCP: one after
 * the other on the connection, each waited for SLP_STREAM_WAIT_US.
 * The first valid reply ends the plan, unless `all`: then each ask goes on until its own answer.
 * When somebody answered validly, what is wanted beyond that, and not told yet, is asked in his version,
 * one after the other, with the same times: adverts, types, services and attributes of each type.
 * Without a scope of the caller the scopes that an advert named are used, in version 1 the first of
 * them; agents are asked for without a scope.
 * A reply that overflowed or is longer than its datagram ends a UDP exchange: TCP has to go on.
 *
 * A reply is valid when it is whole, in the version of the request and of a function that answers it,
 * with its XID and language, without error code and unknown mandatory extension, and comes from the
 * address and port asked.  All else is counted.  Each ask gets one valid reply and one with an error
 * code into the findings; of what comes again only datagrams and bytes count.
 */
#ifndef PROTO_SLP_CLIENT_H
#define PROTO_SLP_CLIENT_H

#include "proto/exchange.h"
#include "proto/slp_findings.h"

enum {
	SLP_SENDS = 3,
	SLP_STAGGER_US = 250000,
	SLP_LAST_WAIT_US = 750000,
	SLP_STREAM_WAIT_US = 2000000, /* from the last bytes on */
	SLP_PLAN_MAX = 8,
	/* types of the list that services and attributes are asked for */
	SLP_FOLLOW_TYPES_MAX = 16,
	SLP_ASKS_MAX = SLP_PLAN_MAX + 2 * SLP_FOLLOW_TYPES_MAX + 4,
	SLP_REQUEST_MAX = 1400,		/* over UDP; RFC 2608 6.1: the default MTU */
	SLP_STREAM_MAX = 1 << 20,	/* of one message over TCP */
	SLP_STREAM_TOTAL_MAX = 4 << 20, /* more is a flood, which ends the exchange */
};

/* What to ask once somebody has answered.  Services and attributes of each type need the types. */
enum {
	SLP_WANT_TYPES = 1 << 0,
	SLP_WANT_SERVICES = 1 << 1,
	SLP_WANT_ATTRS = 1 << 2,
	SLP_WANT_SA = 1 << 3, /* version 2 only */
	SLP_WANT_DA = 1 << 4,
};

/* One row of the plan. */
struct slp_ask {
	uint8_t version;
	enum slp_function function;
	const char *type; /* SrvRqst: "service:service-agent"; NULL else */
};

struct slp_client_arg {
	const struct slp_ask *plan;
	size_t plan_count; /* up to SLP_PLAN_MAX */
	bool all;
	unsigned want;
	/* Of the first ask, not 0; the next ones count on from it, leaving out 0.  What is asked once more
	 * over TCP has the same XID in version 2 and another one in version 1 (RFC 2608 6.1, RFC 2165
	 * 18.1). */
	uint16_t xid;
	/* Services and attributes of this type or URL; empty: of each type found. */
	struct view type;
	bool has_scopes; /* else DEFAULT in version 2, none in version 1, until an advert names some */
	struct view scopes;
	struct view predicate, tags, language;
	struct slp_wishes wishes;
	/* How long to listen for more behind the end: UDP behind the last reply, TCP behind bytes that are
	 * no SLP. */
	int64_t linger_us;
};

struct slp_asked {
	uint8_t version, function;
	uint8_t sends; /* 0: the request did not fit */
	bool answered; /* validly, or with an error code */
	uint16_t xid;
	uint32_t request_bytes;	   /* of one request */
	uint32_t replies;	   /* datagrams, messages of a stream, with its XID */
	uint64_t reply_bytes;	   /* of all of them */
	int64_t first_us, last_us; /* first and last send */

	/* Private. */
	uint8_t question, scopes; /* which one it is, and how many of the found scopes it names */
	bool told;		  /* its reply is in the findings */
	bool over;		  /* neither sent nor waited for any more */
};

struct slp_client {
	struct slp_findings found;
	struct slp_asked asked[SLP_ASKS_MAX];
	unsigned asks; /* in `asked` */
	bool too_big; /* a request did not fit, or its parts cannot be said in its version: not sent */
	/* From the first send of its request (TCP: from the connection) to the first valid reply, or
	 * to the first with an error code; 0 = none. */
	int64_t round_trip_us;
	/* Of us and of the asked address and port, whatever it was: datagrams; messages of a stream. */
	unsigned sent, received;
	size_t request_bytes, reply_bytes;
	unsigned retries;
	unsigned unsolicited;	  /* datagrams of others than the asked address and port */
	unsigned unsolicited_slp; /* those of them that would have been valid */
	struct addr stranger;	  /* who sent the first of them */
	bool overflowed;	  /* go on over TCP */
	bool closed;		  /* TCP: by the peer, before the exchange was over */

	/* How far it is; private. */
	unsigned next;	/* the first question that was not looked at */
	bool following; /* the plan is over */
	unsigned want;	/* what was wanted when it was */
	int64_t start_us, next_us, wake_us, linger_until_us;
	size_t used_before,
		unread; /* stream bytes: before `in`; of a message that is not there yet */
};

extern const struct exchange_ops slp_client_ops;

/* How many of the requests behind the plan have got no reply. */
unsigned slp_client_unanswered(const struct slp_client *client);

/* Reply bytes / request bytes, and replies per request: of the ask with the most, or of all together
 * when that is more, as what carries no XID of ours belongs to none.  0 without a reply.  A request that
 * was sent n times counts n times. */
double slp_client_amplification(const struct slp_client *client);
double slp_client_multiplication(const struct slp_client *client);

#endif
