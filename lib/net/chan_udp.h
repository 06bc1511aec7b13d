/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UDP probes on a few shared, unconnected sockets; answers and refusals find their probe by the
 * peer's address.  Where the kernel queues no errors, each probe has a connected socket instead: see
 * chan_udp_connected.h.  Private to lib/net.
 */
#ifndef NET_CHAN_UDP_H
#define NET_CHAN_UDP_H

#include "net/probe.h"

extern const struct chan chan_udp;

/* Sends what was queued; may end probes. */
void udp_flush(struct engine *engine);
/* Every socket has a probe to this peer in flight, and no more sockets are made. */
bool udp_is_crowded(const struct engine *engine, const struct addr *peer);
/* What a UDP probe of any kind wrote last still waits, as the kernel's send buffer is full. */
bool udp_is_stuck(const struct probe *probe);
struct engine_counts udp_counts(const struct engine *engine);
void udp_free(struct engine *engine);

#endif
