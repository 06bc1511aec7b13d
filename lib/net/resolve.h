/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a SIP (or plain) host name to endpoints: RFC 3263 on c-ares, inside the engine's loop.
 *
 * The resolver is created on the first name; numeric addresses never come here.
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "net/trace.h"

#include <poll.h>

struct endpoint {
	struct addr addr;
	enum transport transport;
	const char
		*target; /* SRV target name, or the host asked for; lives as long as the resolver */
	uint16_t priority, weight; /* 0 without SRV */
};

struct resolve_query {
	struct view host;	  /* a name, at most 253 bytes; copied */
	uint16_t port;		  /* 0: not given, so NAPTR and SRV apply (RFC 3263 4.2) */
	bool transport_given;	  /* false: NAPTR chooses the transport (RFC 3263 4.1) */
	enum transport transport; /* when given, or the fallback (UDP; TLS for sips) */
	bool secure;		  /* sips: only TLS may be chosen */
	bool no_service;	  /* plain A/AAAA only: programs without SRV */
	int family;		  /* 0, 4 or 6 */
	uint16_t default_port;	  /* after A/AAAA without SRV; SIP: 5060, 5061 for TLS */
};

struct resolve_answer {
	bool ok;
	char why[TRACE_WHY_MAX]; /* "no such name", "no address of that family", "SRV says: no service" */
	struct endpoint *list; /* in the order a client tries them: priority ascending, weight
				     descending, then addresses; freed with the resolver */
	size_t count;
	int64_t took_us;
};

typedef void resolve_done_fn(void *arg, const struct resolve_answer *answer);

struct resolver;

/* `server`: ADDR or ADDR:PORT to ask instead of the system's, or NULL. NULL with a clause in `why`
 * on failure. */
struct resolver *resolver_new(const char *server, char *why, size_t cap);
/* Ends every open query without calling back; not to be called from a callback. */
void resolver_free(struct resolver *resolver);
/* Calls back exactly once, perhaps before it returns. */
void resolver_start(struct resolver *resolver, const struct resolve_query *query,
		    resolve_done_fn *done, void *arg);
/* Descriptors to wait for (at most `cap`), and when to call resolver_work at the latest:
 * microseconds from now, -1 = no need. */
size_t resolver_pollfds(struct resolver *resolver, struct pollfd *fds, size_t cap,
			int64_t *wait_us);
/* Handles what is readable, writable or due; never blocks. */
void resolver_work(struct resolver *resolver, const struct pollfd *fds, size_t count);

#endif
