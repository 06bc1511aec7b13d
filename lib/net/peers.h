/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is in flight: a hash table from (socket, address, port) to the probe, with embedded links.
 * Private to lib/net. */
#ifndef NET_PEERS_H
#define NET_PEERS_H

#include "base/addr.h"

struct probe;
struct udp_sock;

struct peer_key {
	struct peer_key *next, **back;
	struct probe *probe; /* has the socket and the address */
	uint16_t port;	     /* of the peer, or 0 for any */
};

struct peers {
	struct peer_key **bucket;
	size_t buckets, count;
};

/* The latest one added hides others with the same key. */
void peers_add(struct peers *peers, struct peer_key *key, struct probe *probe, uint16_t port);
void peers_remove(struct peers *peers, struct peer_key *key);
struct probe *peers_find(const struct peers *peers, const struct udp_sock *sock,
			 const struct addr *addr, uint16_t port);
void peers_free(struct peers *peers);

#endif
