/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Moves sweeps (proto/sweep.h) over the network: one unconnected UDP socket each, sendmmsg, the
 * error queue drained after every batch, own drops counted.  Needs no privilege.
 */
#ifndef NET_UDP_SWEEP_H
#define NET_UDP_SWEEP_H

#include "net/engine.h"
#include "proto/media.h"
#include "proto/sweep.h"

enum { SWEEP_REJECTS = 8 };

/* ICMP errors of one type, code and sender that are not "port unreachable" from the host itself. */
struct sweep_reject {
	struct icmp icmp;
	unsigned count;
	uint16_t port; /* the first one */
};

struct udp_sweep {
	/* in */
	struct addr peer; /* its port means nothing */
	struct view payload;
	struct sweep *plan; /* initialised by the caller; one for each sweep */
	/* out, zeroed by the caller */
	uint8_t kind
		[PORTS]; /* 1 + enum media_kind of the first reply, of RTP if there was any; 0 = none */
	struct sweep_reject reject[SWEEP_REJECTS];
	size_t rejects;
	unsigned rejects_more; /* errors of further kinds, for which `reject` has no room */
	/* Datagrams that our own receive buffer had no room for, and the times it was so full that an
	 * ICMP error may have been lost, which the kernel does not count. Unless 0, silence proves
	 * nothing. */
	uint64_t dropped;
	uint64_t stray;	      /* datagrams that came from no port that was asked */
	struct addr stranger; /* who sent the first of them; family 0 = none */
	unsigned unsent;      /* handed out by the plan last, but never sent: fault, or the end */
	struct trace trace;   /* a fault when the socket failed as a whole; local, why, error */
	bool done;	      /* the plan came to its end */
};

struct udp_sweep_conf {
	struct addr source;  /* family 0: any */
	int64_t deadline_us; /* monotonic, as engine_clock_us */
	/* NULL, or called about ten times a second. */
	void (*progress)(void *ctx, const struct udp_sweep *sweeps, size_t count);
	void *ctx;
};

/* Returns when all plans are done or have a fault, at the deadline, or with SIGTERM or SIGINT, which
 * are blocked meanwhile (signalfd). What was learned until then is in the plans. */
enum engine_end udp_sweep_run(struct udp_sweep *sweeps, size_t count,
			      const struct udp_sweep_conf *conf);

#endif
