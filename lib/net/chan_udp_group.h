/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UDP probes that ask or hear many: each has an unconnected socket of its own, and whatever reaches it is
 * the probe's; see struct udp_group.
 *
 * Who only asks has a port that the kernel chooses.  Who listens has the port alone when it is free, and
 * lets others share it from then on.  When it is taken, a group is heard through a socket bound to the
 * group's address, beside the others: one bound to any address would take from a running daemon what is
 * sent to it alone.  The trace's local address tells: 0.0.0.0 or the group.
 *
 * ICMP errors are not asked for, as one host that refuses says nothing about a group.  Private to
 * lib/net.
 */
#ifndef NET_CHAN_UDP_GROUP_H
#define NET_CHAN_UDP_GROUP_H

#include "net/probe.h"

extern const struct chan chan_udp_group;

#endif
