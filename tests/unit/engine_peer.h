/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Peers on loopback for the engine's tests: each is a thread that waits by poll and ends with
 * peer_free. */
#ifndef ENGINE_PEER_H
#define ENGINE_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum peer_kind {
	PEER_UDP_ECHO, /* on all addresses; answers from the address it was asked at */
	PEER_UDP_SILENT,
	PEER_UDP_OTHER_PORT, /* answers from another port */
	PEER_UDP_OTHER_HOST, /* answers from 127.0.0.99 */
	PEER_UDP_BIG,	     /* answers with 60,000 bytes */
	PEER_TCP_DRIP,	     /* echoes byte by byte, each in its own segment */
	PEER_TCP_DRAIN,	     /* reads after peer_release; answers "done" to a last byte 'e' */
	PEER_TCP_SILENT,
	PEER_TCP_CLOSE, /* reads, then ends the stream */
	PEER_TCP_END,	/* "par", then end of stream */
	PEER_TCP_RESET, /* reads, then resets */
	PEER_TCP_FLOOD, /* sends until it fails */
};

enum { PEER_BIG_BYTES = 60000 };

struct peer;

/* `family` is 4 or 6. */
struct peer *peer_new(enum peer_kind kind, int family);
uint16_t peer_port(const struct peer *peer);
void peer_release(struct peer *peer);
void peer_free(struct peer *peer);

/* A port of 127.0.0.1 (::1) where nobody listens. */
uint16_t peer_closed_port(int type, int family);
/* Containers often have no IPv6. */
bool peer_has_ipv6(void);
/* A bound datagram socket on 127.0.0.1; port 0 chooses one. */
int peer_bind_udp(uint16_t port);

#endif
