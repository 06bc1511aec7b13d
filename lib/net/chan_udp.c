/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shared UDP sockets; see chan_udp.h.
 *
 * A peer is in flight at most once on a socket; a second probe to it takes the next socket.  Each
 * probe is in one table under its peer's port and under port 0, so that an answer from another port
 * of the right host finds it too.
 * Errors and answers share the receive buffer, so the error queue is drained after each batch.
 * A batch is read into slots of 64 KiB, the largest datagram, of which only the pages that are
 * written ever become memory: nothing is cut, and small answers cost one page each.
 */
#define _GNU_SOURCE
#include "net/chan_udp.h"

#include "base/mem.h"
#include "net/chan_udp_connected.h"
#include "net/peers.h"
#include "net/route.h"
#include "net/sock.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>

enum {
	BATCH = 64,
	SOCKETS_MAX = 64, /* of one family */
	SEND_TRIES = 8,
	DRAIN_ROUNDS = 16,
	DATAGRAM_MAX = 65507,
	SLOT_BYTES = 65536 + 1024, /* slots do not share their place in the cache */
	RECEIVE_BUFFER_BYTES = 4 << 20,
};

struct udp_sock {
	struct list place;
	struct watch watch;
	struct list members, queue; /* probes; those with something to send */
	uint16_t port;
	uint8_t family;
	bool full; /* the kernel took nothing of the queue the last time */
};

/* One call of sendmmsg or recvmmsg. */
struct udp_batch {
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	union sock_addr name[BATCH];
	_Alignas(struct cmsghdr) char control[BATCH][SOCK_CONTROL_BYTES];
};

struct udp {
	struct list socks;
	struct peers in_flight;
	struct udp_batch *batch;
	char *slots;
	struct route route;
	uint64_t stray;
};

/* The next socket behind `at`, NULL = from the first one. */
static struct udp_sock *next_sock(const struct udp *udp, const struct udp_sock *at)
{
	struct list *next = list_next(&udp->socks, at != NULL ? &at->place : &udp->socks);

	return next != NULL ? LIST_ITEM(next, struct udp_sock, place) : NULL;
}

/* The first socket without this peer; *made counts the others of its family. */
static struct udp_sock *free_sock(const struct udp *udp, const struct addr *peer, size_t *made)
{
	struct udp_sock *sock = NULL;

	*made = 0;
	while ((sock = next_sock(udp, sock)) != NULL) {
		if (sock->family != peer->family)
			continue;
		if (peers_find(&udp->in_flight, sock, peer, peer->port) == NULL)
			return sock;
		++*made;
	}
	return NULL;
}

bool udp_is_crowded(const struct engine *engine, const struct addr *peer)
{
	size_t made;

	return engine->udp != NULL && free_sock(engine->udp, peer, &made) == NULL &&
	       made == SOCKETS_MAX;
}

/* Whose datagram this is, or NULL. With one probe in flight a stranger's datagram goes to it: a host
 * with several addresses may answer from another one. */
static struct probe *owner(const struct udp *udp, const struct udp_sock *sock,
			   const struct addr *from)
{
	struct probe *probe = peers_find(&udp->in_flight, sock, from, from->port);
	struct list *first = list_first(&sock->members);

	if (probe == NULL)
		probe = peers_find(&udp->in_flight, sock, from, 0);
	if (probe == NULL && first != NULL && list_next(&sock->members, first) == NULL)
		probe = LIST_ITEM(first, struct probe, udp.member);
	return probe;
}

static struct udp_batch *batch_of(struct udp *udp)
{
	if (udp->batch == NULL) {
		udp->batch = mem_resize(NULL, 1, sizeof(*udp->batch));
		udp->slots = mem_resize(NULL, BATCH, SLOT_BYTES);
	}
	return udp->batch;
}

/* Reads one batch of datagrams, or of errors with MSG_ERRQUEUE. */
static unsigned receive(struct udp *udp, const struct udp_sock *sock, int flags)
{
	struct udp_batch *batch = batch_of(udp);

	for (size_t i = 0; i < BATCH; i++) {
		batch->iov[i] = (struct iovec){ udp->slots + i * SLOT_BYTES, SLOT_BYTES };
		batch->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &batch->name[i],
			.msg_namelen = sizeof(batch->name[i]),
			.msg_iov = &batch->iov[i],
			.msg_iovlen = 1,
			.msg_control = batch->control[i],
			.msg_controllen = sizeof(batch->control[i]),
		};
	}
	int n = recvmmsg(sock->watch.fd, batch->msg, BATCH, flags | MSG_DONTWAIT, NULL);
	return n > 0 ? (unsigned)n : 0;
}

static struct view payload(const struct udp_batch *batch, unsigned i)
{
	return (struct view){ batch->iov[i].iov_base, batch->msg[i].msg_len };
}

/* An error counts only when it quotes what the probe sent last: the same peer may have been asked
 * from this port before. Our own kernel quotes nothing. */
static void on_error(struct engine *engine, const struct udp_sock *sock, unsigned i)
{
	const struct udp_batch *batch = engine->udp->batch;
	struct addr peer = sock_addr_read(&batch->name[i]);
	struct view quoted = payload(batch, i);
	struct sock_error e;

	if (!sock_error_read(&engine->udp->batch->msg[i].msg_hdr, &e))
		return;
	struct probe *probe = peers_find(&engine->udp->in_flight, sock, &peer, peer.port);
	enum fault fault = sock_error_fault(&e);
	if (probe == NULL || fault == FAULT_NONE)
		return;
	struct view sent = { probe->udp.quote, probe->udp.quote_n };
	if (e.quoted_bytes > 0)
		quoted = view_first(quoted, e.quoted_bytes);
	if (sent.n == 0 || !view_starts(sent, view_first(quoted, sent.n)))
		return;
	if (e.family == 0)
		fault = sock_blame(&engine->trace, "send", e.error);
	engine->trace.error = e.error;
	engine->trace.icmp = e.icmp;
	probe_end(engine, probe, fault);
}

static void drain_errors(struct engine *engine, const struct udp_sock *sock)
{
	unsigned n = BATCH;

	for (unsigned round = 0; round < DRAIN_ROUNDS && n == BATCH; round++) {
		n = receive(engine->udp, sock, MSG_ERRQUEUE);
		for (unsigned i = 0; i < n; i++)
			on_error(engine, sock, i);
	}
}

static void on_datagram(struct engine *engine, struct udp *udp, const struct udp_sock *sock,
			unsigned i, const struct sock_clock *clock)
{
	struct addr from = sock_addr_read(&udp->batch->name[i]);
	struct probe *probe = owner(udp, sock, &from);
	struct xio io = {
		.now_us = sock_received_us(&udp->batch->msg[i].msg_hdr, clock),
		.from = &from,
		.in = payload(udp->batch, i),
	};

	if (probe == NULL) {
		udp->stray++;
		return;
	}
	probe_tap(engine, probe, TAP_RECEIVED, &io, io.in);
	probe_deliver(engine, probe, &io);
}

/* One batch per turn and socket, so that a flood cannot hold up the deadline. */
static void on_ready(struct engine *engine, struct watch *watch, uint32_t events)
{
	struct udp_sock *sock = LIST_ITEM(watch, struct udp_sock, watch);
	struct udp *udp = engine->udp;

	if (events & EPOLLOUT)
		engine_watch(engine, watch, EPOLLIN);
	unsigned n = receive(udp, sock, 0);
	struct sock_clock clock = sock_clock();
	for (unsigned i = 0; i < n; i++)
		on_datagram(engine, udp, sock, i, &clock);
	drain_errors(engine, sock);
}

static int sock_new(struct engine *engine, uint8_t family, struct udp_sock **out)
{
	int bytes = RECEIVE_BUFFER_BYTES, on = 1;
	int fd = sock_open(SOCK_DGRAM, family, &engine->conf.source);

	if (fd < 0)
		return -fd;
	struct udp_sock *sock = mem_new(1, sizeof(*sock));
	sock->watch = (struct watch){ on_ready, fd, 0 };
	int error = engine_watch(engine, &sock->watch, EPOLLIN);
	if (error != 0) {
		close(fd);
		mem_free(sock);
		return error;
	}
	sock->port = sock_local(fd).port;
	sock->family = family;
	list_init(&sock->members);
	list_init(&sock->queue);
	list_append(&engine->udp->socks, &sock->place);
	/* Both only make it better: the kernel caps the first and old ones lack the second. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	*out = sock;
	return 0;
}

static struct udp *udp_new(void)
{
	struct udp *udp = mem_new(1, sizeof(*udp));

	list_init(&udp->socks);
	return udp;
}

/* On our own host: nobody else can have a port that one of our sockets has. */
static bool is_own_port(const struct udp *udp, const struct addr *peer, const struct addr *local)
{
	struct udp_sock *sock = NULL;

	if (!addr_is_loopback(peer) && !addr_same_ip(peer, local))
		return false;
	while ((sock = next_sock(udp, sock)) != NULL)
		if (sock->family == peer->family && sock->port == peer->port)
			return true;
	return false;
}

static enum fault udp_open(struct engine *engine, struct probe *probe)
{
	const struct addr *peer = &probe->spec.peer;
	size_t made;
	int error = 0;

	if (engine->udp == NULL)
		engine->udp = udp_new();
	struct udp_sock *sock = free_sock(engine->udp, peer, &made);
	if (sock == NULL)
		error = sock_new(engine, peer->family, &sock);
	if (error == ENOPROTOOPT)
		return udp_connected_open(engine, probe);
	if (error != 0 || sock == NULL)
		return sock_blame(&engine->trace, "open a UDP socket", error);
	probe->local = engine->conf.source;
	if (engine->conf.source.family == 0)
		error = route_find(&engine->udp->route, peer, &probe->local);
	if (error != 0)
		return sock_blame(&engine->trace, "find a source address", error);
	if (is_own_port(engine->udp, peer, &probe->local))
		return FAULT_REFUSED;
	probe->local.port = sock->port;
	probe->udp.sock = sock;
	list_append(&sock->members, &probe->udp.member);
	peers_add(&engine->udp->in_flight, &probe->udp.peer, probe, peer->port);
	peers_add(&engine->udp->in_flight, &probe->udp.host, probe, 0);
	probe_begin(engine, probe);
	return FAULT_NONE;
}

static size_t udp_room(const struct probe *probe)
{
	(void)probe;
	return DATAGRAM_MAX;
}

static enum fault udp_send(struct engine *engine, struct probe *probe, struct view bytes)
{
	struct view quote = view_first(bytes, QUOTE_BYTES);

	if (udp_is_connected(probe))
		return udp_connected_send(engine, probe, bytes);
	memcpy(probe->udp.quote, quote.p, quote.n);
	probe->udp.quote_n = quote.n;
	probe->out.n = 0;
	buffer_put(&probe->out, bytes);
	if (!list_is_linked(&probe->udp.queue))
		list_append(&probe->udp.sock->queue, &probe->udp.queue);
	return FAULT_NONE;
}

static unsigned fill_batch(struct udp_batch *batch, const struct list *queue)
{
	unsigned n = 0;

	for (struct list *at = list_first(queue); at != NULL && n < BATCH;
	     at = list_next(queue, at), n++) {
		struct probe *probe = LIST_ITEM(at, struct probe, udp.queue);
		batch->iov[n] = (struct iovec){ probe->out.p, probe->out.n };
		batch->msg[n].msg_hdr = (struct msghdr){
			.msg_name = &batch->name[n],
			.msg_namelen = sock_addr_write(&batch->name[n], &probe->spec.peer),
			.msg_iov = &batch->iov[n],
			.msg_iovlen = 1,
		};
	}
	return n;
}

static struct probe *first_queued(const struct udp_sock *sock)
{
	return LIST_ITEM(list_first(&sock->queue), struct probe, udp.queue);
}

/* An error of sendmmsg may belong to an earlier packet: it is this one's own only when it outlives
 * several rounds of draining. */
static void flush_sock(struct engine *engine, struct udp_sock *sock)
{
	unsigned failures = 0;

	while (!list_empty(&sock->queue) && !(sock->watch.events & EPOLLOUT)) {
		struct udp_batch *batch = batch_of(engine->udp);
		unsigned n = fill_batch(batch, &sock->queue);
		int sent = sendmmsg(sock->watch.fd, batch->msg, n, MSG_DONTWAIT);
		int error = errno;
		failures = sent > 0 ? 0 : failures + 1;
		sock->full = failures > 0 && (error == EAGAIN || error == ENOBUFS);
		for (int i = 0; i < sent; i++) {
			struct probe *probe = first_queued(sock);
			list_remove(&probe->udp.queue);
			buffer_drop(&probe->out, probe->out.n);
		}
		if (sock->full) {
			engine_watch(engine, &sock->watch, EPOLLIN | EPOLLOUT);
		} else if (failures == SEND_TRIES) {
			struct probe *probe = first_queued(sock);
			probe_end(engine, probe, sock_blame(&engine->trace, "send", error));
			failures = 0;
		}
		drain_errors(engine, sock);
	}
}

void udp_flush(struct engine *engine)
{
	struct udp_sock *sock = NULL;

	while (engine->udp != NULL && (sock = next_sock(engine->udp, sock)) != NULL)
		flush_sock(engine, sock);
}

bool udp_is_stuck(const struct probe *probe)
{
	if (probe->udp.watch.ready != NULL) /* a socket of its own */
		return probe->out.n > 0;
	return list_is_linked(&probe->udp.queue) && probe->udp.sock->full;
}

static void udp_close(struct engine *engine, struct probe *probe)
{
	struct udp *udp = engine->udp;
	union sock_addr name;

	if (udp_is_connected(probe))
		udp_connected_close(probe);
	if (probe->udp.sock == NULL)
		return;
	/* What a finished exchange still wanted to say; nobody waits for its fate. */
	if (list_is_linked(&probe->udp.queue) && probe->done) {
		socklen_t length = sock_addr_write(&name, &probe->spec.peer);
		(void)!sendto(probe->udp.sock->watch.fd, probe->out.p, probe->out.n, MSG_DONTWAIT,
			      &name.any, length);
	}
	list_remove(&probe->udp.queue);
	list_remove(&probe->udp.member);
	peers_remove(&udp->in_flight, &probe->udp.peer);
	peers_remove(&udp->in_flight, &probe->udp.host);
}

const struct chan chan_udp = { udp_open, udp_send, udp_room, udp_close };

struct engine_counts udp_counts(const struct engine *engine)
{
	struct engine_counts counts = { .stray = 0, .dropped = engine->dropped };
	struct udp_sock *sock = NULL;

	if (engine->udp == NULL)
		return counts;
	counts.stray = engine->udp->stray;
	while ((sock = next_sock(engine->udp, sock)) != NULL)
		counts.dropped += sock_dropped(sock->watch.fd);
	return counts;
}

void udp_free(struct engine *engine)
{
	struct udp *udp = engine->udp;
	struct udp_sock *sock;

	if (udp == NULL)
		return;
	while ((sock = next_sock(udp, NULL)) != NULL) {
		list_remove(&sock->place);
		close(sock->watch.fd);
		mem_free(sock);
	}
	route_free(&udp->route);
	peers_free(&udp->in_flight);
	mem_free(udp->batch);
	mem_free(udp->slots);
	mem_free(udp);
}
