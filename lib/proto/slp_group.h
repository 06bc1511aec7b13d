/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asks a multicast group or a broadcast address, or only listens, and lists who spoke.
 *
 * Asking follows RFC 2608 6.3 with a faster clock: the request goes out at once and again SLP_GROUP_GAP_US
 * after that, with the same XID and the list of those who have answered (IPv4 addresses, as RFC 2608 8.1
 * has no other), until two rounds in a row brought nobody new or the list does not fit any more.
 * Listening ends at the end of its time, or of the run's.
 *
 * A reply is valid when it is whole, in the version of the request, of a function that answers it with its
 * XID, and without error code.  When listening, any whole message without error code is, but for requests,
 * which are only counted.
 */
#ifndef PROTO_SLP_GROUP_H
#define PROTO_SLP_GROUP_H

#include "proto/exchange.h"
#include "proto/slp_findings.h"

enum {
	SLP_GROUP_GAP_US = 750000,
	SLP_GROUP_ROUNDS_MAX = 8,
	SLP_GROUP_REQUEST_MAX = 1400, /* RFC 2608 6.1: the default MTU */
	SLP_RESPONDERS_MAX = 256,
};

struct slp_group_arg {
	/* Its `previous`, XID and multicast flag are filled in here. */
	struct slp_query query;
	int64_t listen_us; /* not 0: send nothing, hear for so long */
	struct slp_wishes wishes;
};

struct slp_responder {
	struct addr addr;
	bool v1, v2, sa, da;		/* versions it spoke; valid adverts */
	bool spoke;			/* something valid, with an error code, or cut */
	unsigned messages;		/* all datagrams */
	unsigned valid, errors, others; /* others: suspect, truncated, no SLP */
	size_t bytes;
};

struct slp_group {
	/* The union of all. Of the valid replies only a responder's first is in it: those that do not heed
	 * the list, or have no place in it, say the same again in each round. `truncated` counts those too
	 * that are valid, but say that there is more. */
	struct slp_findings found;
	/* In the order of their first datagram. */
	struct slp_responder responder[SLP_RESPONDERS_MAX];
	unsigned responders;
	unsigned more;		/* datagrams of others, for whom there was no room */
	unsigned rounds;	/* requests sent */
	unsigned silent_rounds; /* the last ones, which brought nobody new */
	uint16_t xid;
	size_t request_bytes, reply_bytes;
	unsigned sent, received; /* datagrams */
	unsigned requests_heard; /* they make nobody a responder */
	/* First send or begin of listening; first valid message, 0 = never. */
	int64_t first_us, reply_us;
	bool too_big;	    /* the request does not fit or cannot be made: nothing was sent */
	unsigned round_new; /* private: new ones in this round */
	int64_t wake_us;
};

extern const struct exchange_ops slp_group_ops;

#endif
