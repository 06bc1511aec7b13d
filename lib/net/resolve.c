/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RFC 3263 on c-ares: NAPTR, then SRV, then A and AAAA, each step a set of parallel look-ups.
 *
 * Invariant: a question is on the list from its start until it is answered, and `open` counts its
 * look-ups that wait or fly.  At most FLIGHT_MAX queries fly; the rest waits in one queue.
 *
 * Choices where RFC 3263 leaves room:
 * - Without transport and NAPTR, 4.1 asks SRV for each supported transport and lets the client
 *   choose: UDP, then TCP, then TLS; only the first that has records is used.
 * - A NAPTR look-up that fails counts as no NAPTR, as some servers know no such type; only a silent
 *   resolver ends it.  A failing SRV look-up is an error unless another transport has records.
 * - A name in /etc/hosts has no NAPTR and SRV.
 */
#define _GNU_SOURCE
#include "net/resolve.h"

#include "base/mem.h"
#include "net/resolve_dns.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { FLIGHT_MAX = 256, NAME_BYTES_MAX = 253, SERVER_BYTES_MAX = 53 };

enum stage { STAGE_NAPTR, STAGE_SRV, STAGE_ADDRESS };

struct lookup {
	struct question *question;
	struct lookup *next;
	const char *name;
	size_t index;	  /* of the service or target it is for */
	unsigned queries; /* an address look-up without family sends two */
};

struct question {
	struct resolver *resolver;
	struct question *previous, *next;
	struct resolve_query query;
	const char *host;
	resolve_done_fn *done;
	void *arg;
	int64_t started_us;
	enum stage stage;
	size_t open;
	struct dns_service service[DNS_SERVICES_MAX];
	size_t services;
	enum transport transport;
	struct dns_target self;	   /* the host, without SRV */
	struct dns_target *target; /* what the addresses are for: &self or a service's */
	size_t targets;
};

struct resolver {
	ares_channel channel;
	const char *server; /* NULL = the system's */
	struct arena arena;
	struct question *questions;
	struct lookup *first, **last; /* waiting */
	unsigned flying;
	bool launching, closing;
};

static int64_t clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Start and end of a question */

static void question_free(struct question *q)
{
	struct question **link = q->previous != NULL ? &q->previous->next : &q->resolver->questions;

	*link = q->next;
	if (q->next != NULL)
		q->next->previous = q->previous;
	mem_free(q);
}

static void finish(struct question *q, struct resolve_answer *answer)
{
	resolve_done_fn *done = q->done;
	void *arg = q->arg;

	answer->took_us = clock_us() - q->started_us;
	question_free(q);
	done(arg, answer);
}

static void fail(struct question *q, const char *reason)
{
	struct resolve_answer answer = { .ok = false };
	struct wr w = wr_over(answer.why, sizeof(answer.why) - 1);

	wr_str(&w, reason);
	finish(q, &answer);
}

/* `target`: the SRV target at fault, or NULL; cut, so that the reason fits. */
static void fail_status(struct question *q, const char *target, int status, int family)
{
	static const char before[] = "SRV target ", behind[] = ": ";
	char reason[TRACE_WHY_MAX], text[TRACE_WHY_MAX];
	struct wr r = wr_over(reason, sizeof(reason) - sizeof(before) - sizeof(behind));
	struct wr w = wr_over(text, sizeof(text) - 1);

	dns_put_words(&r, status, family, q->resolver->server);
	if (target != NULL) {
		wr_str(&w, before);
		wr_put(&w, view_first(view_of(target), r.cap - r.n));
		wr_str(&w, behind);
	}
	wr_put(&w, wr_view(&r));
	text[w.n] = '\0';
	fail(q, text);
}

/* Look-ups */

static void enqueue(struct question *q, const char *name, size_t index)
{
	struct resolver *r = q->resolver;
	struct lookup *l = mem_new(1, sizeof(*l));

	*l = (struct lookup){ .question = q, .name = name, .index = index };
	l->queries = q->stage == STAGE_ADDRESS && q->query.family == 0 ? 2 : 1;
	*r->last = l;
	r->last = &l->next;
	q->open++;
}

static void advance(struct question *q);

/* NULL when nobody waits for it any more. */
static struct question *land(struct lookup *l, size_t *index)
{
	struct question *q = l->question;
	struct resolver *r = q->resolver;

	*index = l->index;
	r->flying -= l->queries;
	mem_free(l);
	if (r->closing)
		return NULL;
	q->open--;
	return q;
}

static void on_record(void *arg, int status, int timeouts, unsigned char *answer, int n)
{
	size_t i;
	struct question *q = land(arg, &i);

	(void)timeouts;
	if (q == NULL)
		return;
	struct arena *arena = &q->resolver->arena;
	q->service[i].status = status;
	if (status == ARES_SUCCESS && q->stage == STAGE_NAPTR)
		q->services = dns_read_naptr(arena, answer, n, q->query.secure, q->service);
	else if (status == ARES_SUCCESS)
		dns_read_srv(arena, answer, n, &q->service[i]);
	if (q->open == 0)
		advance(q);
}

static void on_address(void *arg, int status, int timeouts, struct ares_addrinfo *info)
{
	size_t i;
	struct question *q = land(arg, &i);

	(void)timeouts;
	if (q != NULL) {
		q->target[i].status = status;
		if (status == ARES_SUCCESS)
			dns_read_addresses(&q->resolver->arena, info, q->transport, &q->target[i]);
	}
	ares_freeaddrinfo(info);
	if (q != NULL && q->open == 0)
		advance(q);
}

static void launch(struct resolver *r, struct lookup *l)
{
	const struct question *q = l->question;
	int family = q->query.family;
	struct ares_addrinfo_hints hints = { .ai_family = family == 4	? AF_INET
							  : family == 6 ? AF_INET6
									: AF_UNSPEC };

	r->flying += l->queries;
	if (q->stage == STAGE_ADDRESS)
		ares_getaddrinfo(r->channel, l->name, NULL, &hints, on_address, l);
	else
		ares_query(r->channel, l->name, ns_c_in,
			   q->stage == STAGE_NAPTR ? ns_t_naptr : ns_t_srv, on_record, l);
}

static struct lookup *dequeue(struct resolver *r)
{
	struct lookup *l = r->first;

	r->first = l->next;
	if (r->first == NULL)
		r->last = &r->first;
	return l;
}

/* An answer from /etc/hosts comes while it is asked for, and may ask for more. */
static void launch_waiting(struct resolver *r)
{
	if (r->launching)
		return;
	r->launching = true;
	while (r->first != NULL && r->flying + r->first->queries <= FLIGHT_MAX)
		launch(r, dequeue(r));
	r->launching = false;
}

/* Steps of a question */

static void ask_addresses(struct question *q, enum transport transport, struct dns_target *target,
			  size_t targets)
{
	q->stage = STAGE_ADDRESS;
	q->transport = transport;
	q->target = target;
	q->targets = targets;
	for (size_t i = 0; i < targets; i++)
		enqueue(q, target[i].name, i);
}

static void ask_host(struct question *q)
{
	const struct resolve_query *query = &q->query;

	q->self = (struct dns_target){ .name = q->host, .port = query->default_port };
	if (query->port != 0)
		q->self.port = query->port;
	ask_addresses(q, query->transport, &q->self, 1);
}

static void add_service(struct question *q, enum transport transport)
{
	const char *name = dns_service_name(&q->resolver->arena, transport, q->host);

	q->service[q->services++] = (struct dns_service){ .name = name, .transport = transport };
}

static void ask_services(struct question *q)
{
	q->stage = STAGE_SRV;
	for (size_t i = 0; i < q->services; i++)
		enqueue(q, q->service[i].name, i);
}

static void after_naptr(struct question *q)
{
	enum transport transport = q->query.secure ? TRANSPORT_TLS : TRANSPORT_UDP;

	if (q->services == 0 && q->service[0].status == ARES_ETIMEOUT) {
		fail_status(q, NULL, ARES_ETIMEOUT, 0);
		return;
	}
	if (q->services == 0)
		for (; transport <= TRANSPORT_TLS; transport++)
			add_service(q, transport);
	ask_services(q);
}

static bool is_absent(int status)
{
	return status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND;
}

static void after_srv(struct question *q)
{
	bool refused = false;
	int broken = ARES_SUCCESS;

	for (size_t i = 0; i < q->services; i++) {
		struct dns_service *s = &q->service[i];
		if (s->count > 0) {
			ask_addresses(q, s->transport, s->target, s->count);
			return;
		}
		refused |= s->refused;
		broken = is_absent(s->status) ? broken : s->status;
	}
	if (broken != ARES_SUCCESS)
		fail_status(q, NULL, broken, 0);
	else if (refused)
		fail(q, "SRV says: no service"); /* RFC 2782: the target "." */
	else
		ask_host(q);
}

/* Whatever a server says: one host's address, of the family asked for, and each once. */
static bool is_usable(const struct question *q, const struct resolve_answer *answer,
		      const struct endpoint *endpoint)
{
	if (addr_why_no_host(&endpoint->addr) != NULL ||
	    (q->query.family != 0 && endpoint->addr.family != q->query.family))
		return false;
	for (size_t i = 0; i < answer->count; i++)
		if (answer->list[i].target == endpoint->target &&
		    addr_eq(&answer->list[i].addr, &endpoint->addr))
			return false;
	return true;
}

static void after_addresses(struct question *q)
{
	struct resolve_answer answer = { .ok = true };
	const struct dns_target *first = &q->target[0];
	size_t count = 0;

	for (size_t i = 0; i < q->targets; i++)
		count += q->target[i].count;
	if (count == 0) {
		int status = first->status != ARES_SUCCESS ? first->status : ARES_ENODATA;
		fail_status(q, first == &q->self ? NULL : first->name, status, q->query.family);
		return;
	}
	count = count < DNS_ENDPOINTS_MAX ? count : DNS_ENDPOINTS_MAX;
	answer.list = arena_new(&q->resolver->arena, count, sizeof(*answer.list));
	for (size_t i = 0; i < q->targets; i++)
		for (size_t k = 0; k < q->target[i].count && answer.count < count; k++)
			if (is_usable(q, &answer, &q->target[i].list[k]))
				answer.list[answer.count++] = q->target[i].list[k];
	if (answer.count > 0)
		finish(q, &answer);
	else
		fail(q, "the name leads to no address of a host");
}

static void advance(struct question *q)
{
	static void (*const after[])(struct question *) = { after_naptr, after_srv,
							    after_addresses };

	after[q->stage](q);
}

static bool name_is_plausible(struct view host)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.";

	return host.n > 0 && host.n <= NAME_BYTES_MAX && view_take_while(&host, allowed).n > 0 &&
	       host.n == 0;
}

/* Whoever writes a name into /etc/hosts means that address, and may have no name server. */
static bool is_in_hosts_file(const struct question *q, const char *name)
{
	struct hostent *entry = NULL;
	int status = ares_gethostbyname_file(q->resolver->channel, name, AF_UNSPEC, &entry);

	ares_free_hostent(entry);
	return status == ARES_SUCCESS;
}

/* No line of /etc/hosts has the dot at the end (RFC 1034 3.1), which keeps the search list away. */
static void drop_dot_of_hosts_name(struct question *q)
{
	struct view host = view_of(q->host);

	if (host.p[host.n - 1] != '.')
		return;
	const char *name = arena_text(&q->resolver->arena, view_first(host, host.n - 1));
	if (is_in_hosts_file(q, name))
		q->host = name;
}

void resolver_start(struct resolver *resolver, const struct resolve_query *query,
		    resolve_done_fn *done, void *arg)
{
	struct question *q = mem_new(1, sizeof(*q));

	*q = (struct question){ .resolver = resolver,
				.next = resolver->questions,
				.query = *query,
				.done = done,
				.arg = arg,
				.started_us = clock_us() };
	resolver->questions = q;
	if (q->next != NULL)
		q->next->previous = q;
	if (!name_is_plausible(query->host)) {
		fail(q, "bad name");
		return;
	}
	q->host = arena_text(&resolver->arena, query->host);
	drop_dot_of_hosts_name(q);
	if (query->secure)
		q->query.transport = TRANSPORT_TLS;
	if (query->port != 0 || query->no_service || is_in_hosts_file(q, q->host)) {
		ask_host(q);
	} else if (query->transport_given) {
		add_service(q, q->query.transport);
		ask_services(q);
	} else {
		q->stage = STAGE_NAPTR;
		enqueue(q, q->host, 0);
	}
	launch_waiting(resolver);
}

struct resolver *resolver_new(const char *server, char *why, size_t cap)
{
	struct resolver *r = mem_new(1, sizeof(*r));
	struct wr w = wr_over(why, cap - 1);

	r->last = &r->first;
	bool ok = dns_channel_open(server, &r->channel, &w);
	why[w.n] = '\0';
	if (!ok) {
		mem_free(r);
		return NULL;
	}
	if (server != NULL)
		r->server = arena_text(&r->arena, view_first(view_of(server), SERVER_BYTES_MAX));
	return r;
}

void resolver_free(struct resolver *resolver)
{
	if (resolver == NULL)
		return;
	resolver->closing = true;
	ares_destroy(resolver->channel);
	while (resolver->first != NULL)
		mem_free(dequeue(resolver));
	while (resolver->questions != NULL)
		question_free(resolver->questions);
	arena_free(&resolver->arena);
	mem_free(resolver);
	ares_library_cleanup();
}

size_t resolver_pollfds(struct resolver *resolver, struct pollfd *fds, size_t cap, int64_t *wait_us)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	unsigned mask = (unsigned)ares_getsock(resolver->channel, sockets, ARES_GETSOCK_MAXNUM);
	struct timeval left;
	size_t count = 0;

	for (int i = 0; i < ARES_GETSOCK_MAXNUM && count < cap; i++) {
		int events = ((mask >> i & 1) != 0 ? POLLIN : 0) |
			     ((mask >> (i + ARES_GETSOCK_MAXNUM) & 1) != 0 ? POLLOUT : 0);
		if (events != 0)
			fds[count++] = (struct pollfd){ .fd = sockets[i], .events = (short)events };
	}
	*wait_us = -1;
	if (ares_timeout(resolver->channel, NULL, &left) != NULL)
		*wait_us = (int64_t)left.tv_sec * 1000000 + left.tv_usec;
	return count;
}

void resolver_work(struct resolver *resolver, const struct pollfd *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool failed = (fds[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
		bool readable = failed || (fds[i].revents & POLLIN) != 0;
		bool writable = (fds[i].revents & POLLOUT) != 0;
		if (readable || writable)
			ares_process_fd(resolver->channel, readable ? fds[i].fd : ARES_SOCKET_BAD,
					writable ? fds[i].fd : ARES_SOCKET_BAD);
	}
	ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* what is due */
	launch_waiting(resolver);
}
