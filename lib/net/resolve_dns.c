/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NAPTR, SRV and address answers as bounded, sorted tables; see resolve_dns.h.  However long an
 * answer is, the best records are kept and the rest is dropped.
 */
#define _GNU_SOURCE
#include "net/resolve_dns.h"

#include "base/text.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Three tries end after 1 + 2 + 4 s, inside the usual deadline of 10 s. */
enum { TRY_MS = 1000, TRIES = 3, DNS_PORT = 53 };

/* RFC 3263 4.1; by enum transport. */
static const struct {
	const char *naptr, *srv;
} services[] = {
	[TRANSPORT_UDP] = { "SIP+D2U", "_sip._udp" },
	[TRANSPORT_TCP] = { "SIP+D2T", "_sip._tcp" },
	[TRANSPORT_TLS] = { "SIPS+D2T", "_sips._tcp" },
};

const char *dns_service_name(struct arena *arena, enum transport transport, const char *host)
{
	char text[300];
	struct wr w = wr_over(text, sizeof(text));

	wr_fmt(&w, "%s.%s", services[transport].srv, host);
	return arena_text(arena, wr_view(&w));
}

/* Room for one more in a sorted table of `cap` rows at `at`; the last row may fall out. */
static void make_room(void *table, size_t row, size_t at, size_t *count, size_t cap)
{
	char *place = (char *)table + at * row;

	*count += *count < cap;
	memmove(place + row, place, (*count - 1 - at) * row);
}

static bool naptr_usable(const struct ares_naptr_reply *r, bool secure, enum transport *transport)
{
	if (!view_ieq(view_of((const char *)r->flags), VIEW("s")) || r->regexp[0] != '\0' ||
	    r->replacement[0] == '\0' || strcmp(r->replacement, ".") == 0)
		return false;
	for (size_t i = secure ? TRANSPORT_TLS : TRANSPORT_UDP; i <= TRANSPORT_TLS; i++) {
		*transport = (enum transport)i;
		if (view_ieq(view_of((const char *)r->service), view_of(services[i].naptr)))
			return true;
	}
	return false;
}

static bool naptr_before(const struct dns_service *a, const struct dns_service *b)
{
	if (a->order != b->order)
		return a->order < b->order;
	if (a->preference != b->preference)
		return a->preference < b->preference;
	return a->transport != b->transport ? a->transport < b->transport
					    : strcmp(a->name, b->name) < 0;
}

size_t dns_read_naptr(struct arena *arena, const unsigned char *answer, int n, bool secure,
		      struct dns_service *list)
{
	struct ares_naptr_reply *first = NULL;
	size_t count = 0;

	if (ares_parse_naptr_reply(answer, n, &first) != ARES_SUCCESS)
		return 0;
	for (const struct ares_naptr_reply *r = first; r != NULL; r = r->next) {
		struct dns_service s = { .name = r->replacement,
					 .order = r->order,
					 .preference = r->preference };
		size_t at = 0;
		if (!naptr_usable(r, secure, &s.transport))
			continue;
		while (at < count && !naptr_before(&s, &list[at]))
			at++;
		if (at == DNS_SERVICES_MAX)
			continue;
		s.name = arena_text(arena, view_of(r->replacement));
		make_room(list, sizeof(*list), at, &count, DNS_SERVICES_MAX);
		list[at] = s;
	}
	ares_free_data(first);
	return count;
}

static bool srv_before(const struct ares_srv_reply *a, const struct dns_target *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return a->weight != b->weight ? a->weight > b->weight : strcmp(a->host, b->name) < 0;
}

void dns_read_srv(struct arena *arena, const unsigned char *answer, int n,
		  struct dns_service *service)
{
	struct ares_srv_reply *first = NULL;
	size_t cap = 0;

	service->status = ares_parse_srv_reply(answer, n, &first);
	if (service->status == ARES_EBADNAME) /* the name that was asked is good */
		service->status = ARES_EBADRESP;
	for (const struct ares_srv_reply *r = first; r != NULL && cap < DNS_TARGETS_MAX;
	     r = r->next)
		cap++;
	struct dns_target *list = arena_new(arena, cap, sizeof(*list));
	service->target = list;
	for (const struct ares_srv_reply *r = first; r != NULL; r = r->next) {
		size_t at = 0;
		if (r->host[0] == '\0' || strcmp(r->host, ".") == 0) {
			service->refused = true;
			continue;
		}
		while (at < service->count && !srv_before(r, &list[at]))
			at++;
		if (at == cap)
			continue;
		make_room(list, sizeof(*list), at, &service->count, cap);
		list[at] = (struct dns_target){ .name = arena_text(arena, view_of(r->host)),
						.priority = r->priority,
						.weight = r->weight,
						.port = r->port };
	}
	ares_free_data(first);
}

static bool read_sockaddr(const struct sockaddr *sa, struct addr *out)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		memcpy(out->ip, &in.sin_addr, 4);
		out->family = 4;
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		memcpy(out->ip, &in6.sin6_addr, 16);
		out->scope = in6.sin6_scope_id;
		out->family = 6;
		addr_unmap(out);
	}
	return out->family != 0;
}

/* Servers rotate equal addresses.  RFC 6724 ranks IPv6 by prefix, so only those that share one
 * are put in order. */
static bool comes_later(const struct addr *a, const struct addr *b)
{
	size_t n = a->family == 4 ? 4 : 16;

	return a->family == b->family && (a->family == 4 || memcmp(a->ip, b->ip, 8) == 0) &&
	       memcmp(a->ip, b->ip, n) > 0;
}

void dns_read_addresses(struct arena *arena, const struct ares_addrinfo *info,
			enum transport transport, struct dns_target *target)
{
	const struct ares_addrinfo_node *node;
	size_t cap = 0;

	for (node = info->nodes; node != NULL && cap < DNS_ENDPOINTS_MAX; node = node->ai_next)
		cap++;
	target->list = arena_new(arena, cap, sizeof(*target->list));
	for (node = info->nodes; node != NULL && target->count < cap; node = node->ai_next) {
		struct endpoint e = { .transport = transport,
				      .target = target->name,
				      .priority = target->priority,
				      .weight = target->weight };
		size_t at = target->count;
		if (!read_sockaddr(node->ai_addr, &e.addr))
			continue;
		e.addr.port = target->port;
		while (at > 0 && comes_later(&target->list[at - 1].addr, &e.addr))
			at--;
		make_room(target->list, sizeof(e), at, &target->count, cap);
		target->list[at] = e;
	}
}

static const char *status_words(int status, int family)
{
	static const struct {
		int status;
		const char *text;
	} words[] = {
		{ ARES_ENODATA, "no address" },
		{ ARES_ENOTFOUND, "no such name" },
		{ ARES_EBADNAME, "bad name" },
		{ ARES_EBADSTR, "bad name" },
		{ ARES_EBADRESP, "the resolver's answer is broken" },
		{ ARES_EFORMERR, "the resolver says FORMERR" },
		{ ARES_ESERVFAIL, "the resolver says SERVFAIL" },
		{ ARES_ENOTIMP, "the resolver says NOTIMP" },
		{ ARES_EREFUSED, "the resolver says REFUSED" },
		{ ARES_ETIMEOUT, "the resolver does not answer" },
		{ ARES_ECONNREFUSED, "no resolver is reachable" },
	};

	if (status == ARES_ENODATA && family != 0)
		return family == 4 ? "no IPv4 address" : "no IPv6 address";
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].status == status)
			return words[i].text;
	return ares_strerror(status);
}

void dns_put_words(struct wr *w, int status, int family, const char *server)
{
	if (server == NULL || (status != ARES_ETIMEOUT && status != ARES_ECONNREFUSED)) {
		wr_str(w, status_words(status, family));
		return;
	}
	wr_str(w, "the resolver ");
	wr_str(w, server);
	wr_str(w, status == ARES_ETIMEOUT ? " does not answer" : " is not reachable");
}

static bool parse_server(const char *text, struct ares_addr_port_node *out)
{
	struct view ip = view_of(text), port = ip;
	struct addr a;
	uint64_t number = DNS_PORT;

	if (!addr_parse(ip, &a)) {
		while (ip.n > 0 && ip.p[ip.n - 1] != ':')
			ip.n--;
		if (ip.n == 0)
			return false;
		port = view_skip(port, ip.n);
		ip.n--;
		if (!addr_parse(ip, &a) || (view_find(ip, ':') < ip.n && ip.p[0] != '[') ||
		    !text_u64(port, 65535, &number) || number == 0)
			return false;
	}
	*out = (struct ares_addr_port_node){ .family = a.family == 4 ? AF_INET : AF_INET6,
					     .udp_port = (int)number,
					     .tcp_port = (int)number };
	memcpy(&out->addr, a.ip, a.family == 4 ? 4 : 16);
	return a.scope == 0;
}

static int init_channel(ares_channel *channel, int flags)
{
	struct ares_options options = { .flags = flags, .timeout = TRY_MS, .tries = TRIES };

	return ares_init_options(channel, &options,
				 ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
}

/* c-ares turns SERVFAIL and REFUSED into "not reachable" after it tried all servers.  With one
 * server there is nothing else to try, and its word can be told. */
static int open_channel(ares_channel *channel, bool one_server)
{
	struct ares_addr_port_node *servers = NULL;
	int status = init_channel(channel, one_server ? ARES_FLAG_NOCHECKRESP : 0);

	if (status != ARES_SUCCESS || one_server)
		return status;
	status = ares_get_servers_ports(*channel, &servers);
	bool single = status == ARES_SUCCESS && servers != NULL && servers->next == NULL;
	ares_free_data(servers);
	if (!single)
		return status;
	ares_destroy(*channel);
	return open_channel(channel, true);
}

bool dns_channel_open(const char *server, ares_channel *channel, struct wr *why)
{
	struct ares_addr_port_node node;

	if (server != NULL && !parse_server(server, &node)) {
		wr_str(why, "resolver is not ADDR or ADDR:PORT");
		return false;
	}
	int status = ares_library_init(ARES_LIB_INIT_ALL);
	if (status == ARES_SUCCESS)
		status = open_channel(channel, server != NULL);
	if (status == ARES_SUCCESS && server != NULL) {
		status = ares_set_servers_ports(*channel, &node);
		if (status != ARES_SUCCESS)
			ares_destroy(*channel);
	}
	if (status != ARES_SUCCESS)
		wr_str(why, ares_strerror(status));
	return status == ARES_SUCCESS;
}
