/* SPDX-License-Identifier: GPL-3.0-or-later */
/* c-ares for the resolver: its channel, and its answers as short sorted tables and words. */
#ifndef NET_RESOLVE_DNS_H
#define NET_RESOLVE_DNS_H

#include "net/resolve.h"

#include "base/mem.h"

#include <ares.h>

enum { DNS_SERVICES_MAX = 8, DNS_TARGETS_MAX = 16, DNS_ENDPOINTS_MAX = 64 };

/* One line of an SRV answer; also the host itself when there is none. */
struct dns_target {
	const char *name; /* in the resolver's arena */
	uint16_t priority, weight, port;
	int status; /* of its address look-up */
	struct endpoint *list;
	size_t count;
};

/* One SRV name to ask, from NAPTR or by default. */
struct dns_service {
	const char *name;
	enum transport transport;
	uint16_t order, preference;
	int status;
	bool refused;		   /* the only target is "." (RFC 2782) */
	struct dns_target *target; /* in the resolver's arena */
	size_t count;
};

/* `server` as in resolver_new; false with the reason. */
bool dns_channel_open(const char *server, ares_channel *channel, struct wr *why);
/* _sip._udp.HOST */
const char *dns_service_name(struct arena *arena, enum transport transport, const char *host);
/* Usable records by order, then preference; returns how many. */
size_t dns_read_naptr(struct arena *arena, const unsigned char *answer, int n, bool secure,
		      struct dns_service *list);
/* By priority, then weight from high to low, then name: a monitor must not change its mind. */
void dns_read_srv(struct arena *arena, const unsigned char *answer, int n,
		  struct dns_service *service);
void dns_read_addresses(struct arena *arena, const struct ares_addrinfo *info,
			enum transport transport, struct dns_target *target);
/* A c-ares status for people; `server` as in resolver_new. */
void dns_put_words(struct wr *w, int status, int family, const char *server);

#endif
