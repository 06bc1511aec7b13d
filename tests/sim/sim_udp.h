/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datagrams in batches, each answered from the address that was asked (RFC 3581 section 4). */
#ifndef SIM_UDP_H
#define SIM_UDP_H

#include "sim_flow.h"

struct udp *udp_new(void);
void udp_free(struct udp *udp);

/* A bound non-blocking socket, or -1 with errno. */
int udp_open(const union addr *addr);

/*
 * For a socket bound by udp_open: also to hear `group` on its interface, on all when it is bound to
 * any address. Then `fd` itself hears it, else a socket of its own. That socket, `fd`, or -1.
 */
int udp_join(int fd, const union addr *bound, const union addr *group);

/* Reads one batch; `base` gives what all flows of the socket share. */
void udp_read(struct udp *udp, int fd, const struct flow *base,
	      void (*on_datagram)(void *ctx, const struct flow *flow, struct span bytes),
	      void *ctx);

void udp_queue(struct udp *udp, const struct flow *flow, const struct part *part);
void udp_flush(struct udp *udp);

#endif
