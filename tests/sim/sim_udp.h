/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datagrams in batches, each answered from the address that was asked (RFC 3581 section 4). */
#ifndef SIM_UDP_H
#define SIM_UDP_H

#include "sim_flow.h"

struct udp *udp_new(void);
void udp_free(struct udp *udp);

/* A bound non-blocking socket, or -1 with errno. */
int udp_open(const union addr *addr);

/* Reads one batch; `base` gives what all flows of the socket share. */
void udp_read(struct udp *udp, const struct flow *base,
	      void (*on_datagram)(void *ctx, const struct flow *flow, struct span bytes),
	      void *ctx);

void udp_queue(struct udp *udp, const struct flow *flow, const struct part *part);
void udp_flush(struct udp *udp);

#endif
