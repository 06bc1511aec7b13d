/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UDP probes where the kernel queues no ICMP errors: each has a socket of its own, connected to its
 * peer, so that a refusal still comes as the errno of a later call.
 *
 * What is lost: type, code and sender of an ICMP error (the kernel may keep those to itself that it
 * takes for passing, like an unreachable host), answers from another address or port than asked, and
 * sockets that serve many: each probe takes a descriptor, and fails when there is none.  Private to
 * lib/net.
 */
#ifndef NET_CHAN_UDP_CONNECTED_H
#define NET_CHAN_UDP_CONNECTED_H

#include "net/probe.h"

bool udp_is_connected(const struct probe *probe);
/* As in struct chan. */
enum fault udp_connected_open(struct engine *engine, struct probe *probe);
enum fault udp_connected_send(struct engine *engine, struct probe *probe, struct view bytes);
void udp_connected_close(struct probe *probe);

#endif
