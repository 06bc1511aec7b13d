/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP and TLS streams, at most STREAMS_MAX; when all are taken the idlest one is closed. */
#ifndef SIM_STREAM_H
#define SIM_STREAM_H

#include "sim_loop.h"

#include <poll.h>

#define STREAMS_MAX 256

struct streams *streams_new(struct sip *sip, struct slp *slp);
void streams_free(struct streams *all);

/* A listening non-blocking socket, or -1 with errno. */
int stream_listen(const union addr *addr);

void streams_accept(struct streams *all, struct loop *loop, int listener, const struct port *port,
		    SSL_CTX *tls, int64_t now_us);

/* Writes STREAMS_MAX entries. Returns when the next paced byte is due, or INT64_MAX. */
int64_t streams_prepare(struct streams *all, struct pollfd *fds);
/* Takes the same entries after poll; streams accepted in between have had no events. */
void streams_turn(struct streams *all, const struct pollfd *fds, int64_t now_us);

void streams_queue(struct streams *all, const struct flow *flow, const struct part *part);

#endif
