/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which address of ours a peer sees, without a packet sent. Private to lib/net. */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include "base/addr.h"

/* Starts zeroed. */
struct route {
	int fd[2];		 /* scratch sockets for IPv4, IPv6; + 1, 0 = none yet */
	struct addr peer, local; /* of the last answer */
};

/* 0, or the errno that says why there is no way. The port of `local` means nothing. */
int route_find(struct route *route, const struct addr *peer, struct addr *local);
void route_free(struct route *route);

#endif
