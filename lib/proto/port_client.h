/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is there somebody behind a port?  One exchange for both transports.
 *
 * UDP: sends the payload at 0, 0.5 and 1.25 s (once with `once`) and ends with the first datagram of
 * the asked address and port that fulfils the wish, or when the last wait is over without one.
 * TCP: the connection is there already; sends the payload, if any, and holds the connection to see
 * whether the peer keeps it.  Ends when the peer closes, has said PORT_CLIENT_REPLY_MAX bytes, or the
 * hold time is over; with a wish for a reply the hold time ends nothing, but a reply that fulfils the
 * wish does.
 * The bytes of a reply are foreign; at most PORT_CLIENT_REPLY_MAX of them are looked at.
 */
#ifndef PROTO_PORT_CLIENT_H
#define PROTO_PORT_CLIENT_H

#include "proto/exchange.h"

enum {
	PORT_CLIENT_SENDS = 3,
	PORT_CLIENT_LAST_WAIT_US = 750000, /* from the last UDP send to "silent" */
	PORT_CLIENT_PEEK = 48,
	PORT_CLIENT_REPLY_MAX = 4096,
};

struct port_client_arg {
	/* TCP: an empty one sends nothing. UDP: it is sent as one zero byte, because what an exchange
	 * leaves empty the engine does not send. */
	struct view payload;
	/* What is wished of the reply, NULL = nothing: whether `reply`, all of it so far, fulfils it.
	 * An empty datagram is a reply too. */
	bool (*matches)(const void *ctx, struct view reply);
	const void *ctx;
	int64_t hold_us;      /* TCP; 0 = do not hold */
	int64_t last_wait_us; /* UDP; 0 = PORT_CLIENT_LAST_WAIT_US */
	int64_t delay_us;     /* UDP: how long to wait before the first send */
	bool once;	      /* UDP: a single send */
};

struct port_client {
	unsigned sent;		    /* datagrams; TCP: 1 with a payload */
	bool too_big;		    /* the payload; nothing was sent */
	int64_t first_us, reply_us; /* first send (TCP: connected), first bytes; 0 = never */
	size_t reply_bytes;	    /* datagram length; TCP: bytes seen */
	uint8_t peek_n;
	char peek[PORT_CLIENT_PEEK]; /* how the reply begins */
	bool matched;		     /* the wish is fulfilled */
	bool overlong;		     /* PORT_CLIENT_REPLY_MAX bytes and still no match */
	bool closed;		     /* TCP: the peer closed before the exchange was over */
	bool held;		     /* TCP: still open when the hold time was over */
	unsigned strange;	     /* UDP datagrams of others than the asked address and port */
	struct addr stranger;	     /* who sent the first of them */
	/* UDP datagrams of the peer that did not fulfil the wish. Without a match `reply_us`,
	 * `reply_bytes` and `peek` are those of the first. */
	unsigned mismatched;
	int64_t wake_us; /* when the exchange goes on by itself; 0 = not */
};

extern const struct exchange_ops port_client_ops;

#endif
