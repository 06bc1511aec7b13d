/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A host to sweep: some ports of a small range are bound, the others closed. It answers whenever the
 * sweep waits or reads, so that nothing depends on a scheduler. libc's calls are replaced for that, and
 * where loopback cannot show what a network does. */
#ifndef SWEEP_HOST_H
#define SWEEP_HOST_H

#include "net/sock.h"
#include "net/udp_sweep.h"

#include <linux/errqueue.h>

enum { HOST_PORTS_MAX = 1024, HOST_FLOOD = 100 };

/* What a port does: nobody there; its own datagram back; nothing; that from another port; that
 * HOST_FLOOD times, more than a sweep reads at once, again and again; its own datagram and then RTP. */
enum role { CLOSED, ECHO, SILENT, ELSEWHERE, FLOODING, LEAKING };

/* Zeroed: libc as it is. */
struct fake {
	int send_error, send_failures; /* that many calls of sendmmsg fail, -1 = all */
	bool send_in_turn;	       /* between two failures one call works */
	bool worked;
	struct addr send_to; /* only those to this host, family 0 = any */
	int receive_buffer;  /* instead of what is asked for */
	bool no_error_queue;
	uint16_t bind_port; /* instead of any */
	void (*forge)(struct msghdr *msg, struct sock_extended_err *e, union sock_addr *offender);
};

extern struct fake fake;

/* The host, and a plan for all its ports that ends after ASK. */
struct host {
	struct addr address; /* its port is the first of the range */
	size_t count;
	enum role role[HOST_PORTS_MAX];
	int fd[HOST_PORTS_MAX], elsewhere;
	struct addr asker; /* the last one */
	struct port_set ports, canaries;
	struct sweep_conf conf;
	struct sweep plan;
};

/* `roles` are those of the first ports. */
struct host *host_new(const char *ip, size_t count, const enum role *roles, size_t given);
void host_free(struct host *host);

#endif
