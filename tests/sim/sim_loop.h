/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one poll loop of voip_sim: its sockets, streams and timers. No threads, no sleeping. */
#ifndef SIM_LOOP_H
#define SIM_LOOP_H

#include "sim_flow.h"
#include "sim_port.h"
#include "sim_sip.h"
#include "sim_slp.h"

#include <openssl/ssl.h>

struct loop *loop_new(struct sip *sip, struct slp *slp);
void loop_free(struct loop *loop);

/*
 * Binds `addr` (port 0: any free one, filled in). `port` NULL: SIP. `tls` NULL: plain; else the
 * loop owns it from now on when true is returned. False with errno.
 */
bool loop_listen(struct loop *loop, bool udp, union addr *addr, const struct port *port,
		 SSL_CTX *tls);
/* Closes the newest `n` sockets of loop_listen. */
void loop_unlisten(struct loop *loop, size_t n);

/* The socket that loop_listen bound to `addr` for UDP also hears `group`, if this host can. */
void loop_join(struct loop *loop, const union addr *addr, const union addr *group);
/* Of that socket, without a peer; false: there is none. */
bool loop_flow(const struct loop *loop, const union addr *addr, struct flow *flow);

/* Calls `turn` whenever `fd` is readable; one at most. */
void loop_watch(struct loop *loop, int fd, void (*turn)(void *ctx), void *ctx);

/* Until SIGTERM, SIGINT or, when asked, the end of standard input; false with errno. */
bool loop_run(struct loop *loop, bool watch_stdin);

#endif
