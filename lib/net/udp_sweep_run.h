/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sweeps at work: the state that the loop (udp_sweep.c) and the reading side (udp_sweep_read.c) share.
 * Private to lib/net. */
#ifndef NET_UDP_SWEEP_RUN_H
#define NET_UDP_SWEEP_RUN_H

#include "net/route.h"
#include "net/sock.h"
#include "net/udp_sweep.h"

#include <signal.h>

/* A slot has room for any datagram; slots do not share their place in the cache. */
enum { SWEEP_BATCH = 64, SWEEP_SLOT_BYTES = 65536 + 1024 };

/* One sweep at work. */
struct sweep_flow {
	struct udp_sweep *sweep;
	int fd; /* -1 = over */
	bool ready;
	uint16_t ask[SWEEP_BATCH]; /* from the plan, in its order */
	unsigned asked, at;	   /* how many; the first that is not sent yet */
	unsigned crowded;
	int64_t wake_us;      /* when the plan wants to be asked again */
	int64_t pause_us;     /* the kernel takes no more until then */
	struct port_set sent; /* every port that a datagram went to */
};

/* One call of sendmmsg or recvmmsg. */
struct sweep_batch {
	struct mmsghdr msg[SWEEP_BATCH];
	struct iovec iov[SWEEP_BATCH];
	union sock_addr name[SWEEP_BATCH];
	_Alignas(struct cmsghdr) char control[SWEEP_BATCH][SOCK_CONTROL_BYTES];
};

struct sweep_run {
	const struct udp_sweep_conf *conf;
	struct udp_sweep *sweeps;
	struct sweep_flow *flows;
	size_t count, open;
	struct pollfd *fds; /* the flows, then the signals */
	struct sweep_batch out, in;
	char *slots;
	struct route route;
	sigset_t old_mask;
	int64_t progress_us;
	bool signalled;
};

/* Tells the plan what one batch of replies and one of ICMP errors say, and returns the size of the
 * larger one. *error is set when our own kernel makes the socket useless. */
unsigned sweep_read(struct sweep_run *run, struct sweep_flow *flow, int *error);
void sweep_note_drops(struct sweep_flow *flow);

#endif
