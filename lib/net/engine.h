/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine owns all sockets, time and memory, and moves any number of exchanges through
 * WAITING -> RESOLVE -> CONNECT -> TLS -> EXCHANGE -> ENDED.  One target is n = 1.
 *
 * `done` is called exactly once for each probe, in the order in which they end; state and trace live
 * as long as the call.  A probe that the deadline or a signal ends comes through `done` too; the state
 * of one that never started is all zero, and trace->why names the limit that held it back.
 */
#ifndef NET_ENGINE_H
#define NET_ENGINE_H

#include "net/resolve.h"
#include "net/tls.h"
#include "net/trace.h"
#include "proto/exchange.h"

/* A UDP probe with a socket of its own that hears everybody: io->from says who. For multicast groups,
 * broadcast addresses, and to listen; who only listens has a peer of all zeros. Refusals by ICMP do not
 * end it. */
struct udp_group {
	unsigned interface; /* index; 0 = as routed */
	uint8_t ttl;	    /* of what is sent to a group: hop limit */
	bool broadcast;	    /* the peer is a broadcast address */
	/* Not 0: hear what is sent to this port of ours, and when the peer is a group, to that group;
	 * only to the group when somebody else has the port. With an interface: what it brings. */
	uint16_t listen_port;
};

struct probe_spec {
	const struct exchange_ops *ops;
	const void *arg; /* handed to the exchange as io->arg; outlives the engine run */
	struct addr peer;
	enum transport transport;
	const struct udp_group *group; /* NULL = the peer is one host; outlives the engine run */
	const char *tls_name;	       /* TLS only: see tls_api.session_new */
	void *user;		       /* for `done` */
};

enum tap_event { TAP_SENT, TAP_RECEIVED };

struct engine_conf {
	int64_t timeout_us; /* one deadline for everything, counted from engine_new */
	struct addr source; /* family 0: any */
	unsigned parallel;  /* probes that may be fresh (see window.h) at once; 0 = no cap */
	unsigned rate;	    /* new probes per second to addresses other than loopback; 0 = no cap */
	const char *resolver;	    /* see resolver_new */
	const struct tls_conf *tls; /* NULL when no probe uses TLS */
	void *ctx;
	void (*done)(void *ctx, const struct probe_spec *spec, const void *state,
		     const struct trace *trace);
	/* NULL, or called for each message sent and received (after TLS), for a trace; `other` is who
	 * sent it or whom it goes to. */
	void (*tap)(void *ctx, const struct probe_spec *spec, enum tap_event event, int64_t now_us,
		    const struct addr *other, struct view bytes);
};

enum engine_end { ENGINE_COMPLETE, ENGINE_DEADLINE, ENGINE_SIGNAL };

struct engine;

struct engine *engine_new(const struct engine_conf *conf);
/* May be called before and during the run, also from `done` and from a resolve callback. */
void engine_probe(struct engine *engine, const struct probe_spec *spec);
/* Asks for a name within the deadline; calls back exactly once, at the deadline or signal with
 * ok = false and the reason. */
void engine_resolve(struct engine *engine, const struct resolve_query *query, resolve_done_fn *done,
		    void *arg);
/* Returns when no probe and no query is left. SIGTERM and SIGINT end it early; both are blocked
 * outside the waits (signalfd) and restored by engine_free. */
enum engine_end engine_run(struct engine *engine);
/* Datagrams that belong to no probe; own receive-buffer drops. */
struct engine_counts {
	uint64_t stray, dropped;
};
struct engine_counts engine_counts(const struct engine *engine);
void engine_free(struct engine *engine);

/* Monotonic microseconds. */
int64_t engine_clock_us(void);

#endif
