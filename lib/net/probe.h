/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the engine and its channels share: one active probe and the engine itself.  Private to
 * lib/net.
 *
 * A probe is memory only while it is active.  probe_begin, probe_deliver and probe_timer may end it:
 * then it must not be touched any more.
 */
#ifndef NET_PROBE_H
#define NET_PROBE_H

#include "base/heap.h"
#include "base/list.h"
#include "net/engine.h"
#include "net/peers.h"
#include "net/window.h"

#include <signal.h>

/* A descriptor in the epoll set; embedded in what owns it. */
struct watch {
	void (*ready)(struct engine *engine, struct watch *watch, uint32_t events);
	int fd;
	uint32_t events; /* 0 = not in the set */
};

struct buffer {
	char *p;
	size_t n, cap;
};

enum { QUOTE_BYTES = 192 };

struct probe_udp {
	struct watch watch;    /* of a socket of its own: chan_udp_connected.h, chan_udp_group.h */
	uint32_t dropped;      /* by that socket, as far as counted */
	struct udp_sock *sock; /* NULL = none found, or one of its own */
	struct peer_key peer, host;
	struct list member, queue; /* of the socket */
	size_t quote_n;
	char quote[QUOTE_BYTES]; /* how the last datagram begins */
};

struct probe_tcp {
	struct watch watch;
	struct buffer in; /* read, but not used by the exchange */
	struct tls_session *session;
	struct tls_facts *facts;
	bool blocked; /* the last write wants a writable socket */
};

struct probe {
	struct list place; /* in the window */
	bool fresh;	   /* in the window too */
	bool done;	   /* the exchange ended by itself */
	struct heap_node timer;
	struct probe_spec spec;
	struct addr local;
	enum phase phase;
	int64_t started_us, phase_since_us;
	int64_t phase_us[PHASES];
	int64_t last_us; /* of the last callback: the exchange's time never runs backwards */
	uint64_t entropy[4];
	struct buffer out; /* what is not sent yet */
	union {
		struct probe_udp udp;
		struct probe_tcp tcp;
	};
	_Alignas(16) char state[];
};

/* How probes of a transport reach the network. */
struct chan {
	/* Goes on by itself until it calls probe_begin; a fault ends the probe. */
	enum fault (*open)(struct engine *engine, struct probe *probe);
	/* Takes a copy; at most `room` bytes. A fault ends the probe unless it was done anyway. */
	enum fault (*send)(struct engine *engine, struct probe *probe, struct view bytes);
	size_t (*room)(const struct probe *probe);
	void (*close)(struct engine *engine, struct probe *probe);
};

enum { ENTROPY_PROBES_MAX = 64 };

struct engine {
	struct engine_conf conf;
	int64_t deadline_us, turn_us;
	int epoll, signals;
	sigset_t old_mask;
	enum fault ending;  /* FAULT_NONE until the deadline or a signal ends everything */
	struct trace trace; /* of the probe that ends; what lies behind its fault is noted before */

	struct window window;
	struct list ended; /* probes that engine_free will release */
	struct heap timers;
	struct udp *udp;  /* NULL before the first UDP probe */
	uint64_t dropped; /* by sockets of single probes */
	struct resolver *resolver;
	struct list queries;

	const struct tls_api *tls;
	struct tls_ctx *tls_ctx;
	char tls_why[TRACE_WHY_MAX]; /* why there is no context */

	char *out; /* what a callback writes */
	uint64_t entropy[ENTROPY_PROBES_MAX][4];
	size_t entropy_left;
};

/* Leaves WAITING: opens the channel, which leads to probe_begin. */
void probe_start(struct engine *engine, struct probe *probe);
/* Takes `waiting`. */
struct probe *probe_new_own(struct waiting *waiting);
/* The only place where a phase changes; books the time spent in the last one. */
void probe_enter(struct probe *probe, enum phase phase);
/* The channel is open: the exchange starts. */
void probe_begin(struct engine *engine, struct probe *probe);
/* `io` carries in, from, closed and now_us; `used` comes back in it. False: the probe has ended. */
bool probe_deliver(struct engine *engine, struct probe *probe, struct xio *io);
void probe_timer(struct engine *engine, struct probe *probe);
/* Tells the caller's tap of a message; `io` carries now_us and, of one that came, from. */
void probe_tap(struct engine *engine, struct probe *probe, enum tap_event event,
	       const struct xio *io, struct view bytes);
/* probe_report tells the caller of the engine, probe_free closes the channel, probe_end does both. */
void probe_report(struct engine *engine, struct probe *probe, enum fault fault);
void probe_free(struct engine *engine, struct probe *probe);
void probe_end(struct engine *engine, struct probe *probe, enum fault fault);

void buffer_put(struct buffer *buffer, struct view bytes);
/* Drops the first `n` bytes; an empty buffer has no memory. */
void buffer_drop(struct buffer *buffer, size_t n);

/* Sets the events to wait for; 0 or errno. */
int engine_watch(struct engine *engine, struct watch *watch, uint32_t events);

#endif
