/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The contract between a protocol and the engine that moves it.
 *
 * A protocol is a pure function of (state, bytes, time): it opens no socket, reads no clock,
 * allocates nothing and prints nothing.  It never fails: it ends with its findings in its state, or
 * the engine ends it with a fault.
 */
#ifndef PROTO_EXCHANGE_H
#define PROTO_EXCHANGE_H

#include "base/addr.h"
#include "base/bytes.h"

enum step { STEP_MORE, STEP_DONE };

/* Lives for one callback. */
struct xio {
	int64_t now_us;		  /* monotonic; for on_data the kernel's receive time */
	const void *arg;	  /* what the probe was given: its parameters */
	const uint64_t *entropy;  /* four random words, the same for the life of a probe */
	const struct addr *local; /* what the peer sees of us without NAT */
	const struct addr *peer;  /* whom we ask */
	const struct addr *from;  /* on_data: who sent `in`; datagrams of strangers come too */
	bool stream;		  /* TCP or TLS: bytes, no datagrams */
	bool closed;	/* on_data, streams: the peer has ended; `in` is all there will be */
	struct view in; /* one datagram, or all unread stream bytes */

	size_t used;	 /* out, streams only: how much of `in` is consumed */
	struct wr out;	 /* out: what to send, with STEP_DONE too; empty = nothing */
	int64_t wake_us; /* out: absolute time of the next on_timer; 0 = none */
};

/* Each callback sets wake_us anew: a callback that leaves it 0 has no timer. */
struct exchange_ops {
	const char *name;
	size_t state_size; /* the engine gives each probe this many zeroed bytes */
	enum step (*start)(void *state, struct xio *io); /* resolved, connected, TLS done */
	enum step (*on_data)(void *state, struct xio *io);
	enum step (*on_timer)(void *state, struct xio *io);
};

#endif
