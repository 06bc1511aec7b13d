/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bound sockets of this host, from the kernel (sock_diag(7)) through libmnl: no privilege, no
 * parsing of /proc.
 */
#ifndef LOCAL_SOCKETS_H
#define LOCAL_SOCKETS_H

#include "base/addr.h"
#include "base/port_set.h"

struct local_socket {
	/* Address and port it is bound to: family 4 also for an IPv6 socket on an IPv4-mapped
	 * address, with the interface as scope for a link-local one. */
	struct addr addr;
	bool tcp;			/* a listener; else a bound UDP socket */
	bool any;			/* bound to 0.0.0.0 or :: */
	bool v6only;			/* family 6: takes no IPv4 */
	bool connected;			/* UDP with a peer of its own: others cannot reach it */
	uint32_t uid, inode, interface; /* interface 0 = any */
	/* Number of the version 2 group of processes it was opened in; 0 = the kernel tells none. */
	uint64_t cgroup;
};

/* Whether datagrams or connections of that family may reach it (a dual-stack :: takes both); a
 * connected socket answers as if it were not. */
bool local_socket_takes(const struct local_socket *socket, uint8_t family);
/* Calls back for each TCP listener or each bound UDP socket, IPv4 and IPv6, in no order; one that
 * appears or goes meanwhile may be missing or told twice. False with a clause in `why`, and no call
 * at all, when the kernel does not tell everything. */
bool local_sockets(bool tcp, void (*found)(void *ctx, const struct local_socket *socket), void *ctx,
		   char *why, size_t cap);
/* The same for those ports only: the kernel leaves out the others, which is much of the cost. */
bool local_sockets_within(bool tcp, struct port_range ports,
			  void (*found)(void *ctx, const struct local_socket *socket), void *ctx,
			  char *why, size_t cap);

#endif
