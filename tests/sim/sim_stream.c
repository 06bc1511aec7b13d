/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TCP and TLS streams; see sim_stream.h. A stream that ends is only marked `dead` while its
 * callers may still hold it, and freed at the end of the turn.
 */
#define _GNU_SOURCE
#include "sim_stream.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define IN_MAX ((size_t)2 << 20)
#define OUT_MAX ((size_t)8 << 20)
#define READ_BYTES 16384 /* a whole TLS record, so that none waits inside OpenSSL */
#define READS_PER_TURN 8
#define REFILL_BYTES ((size_t)32 * 1024) /* what an endless stream has in hand */

struct stream {
	uint64_t id; /* 0: a free place */
	int fd;
	SSL *ssl;
	const struct port *port; /* NULL: SIP */
	struct flow flow;
	struct buf in, out;
	unsigned pace_ms;
	int64_t next_us, active_us;
	bool secure;	 /* plain, or the handshake is done */
	bool want_write; /* what OpenSSL waits for */
	bool closing;	 /* orderly, once `out` is empty */
	bool shut;	 /* our direction is closed: only wait for the peer's end */
	bool ended;	 /* the peer's direction is closed */
	bool dead;
};

struct streams {
	struct stream at[STREAMS_MAX];
	uint64_t ids;
	struct sip *sip;
	struct slp *slp;
};

struct streams *streams_new(struct sip *sip, struct slp *slp)
{
	struct streams *all = calloc(1, sizeof(*all));

	if (all != NULL) {
		all->sip = sip;
		all->slp = slp;
	}
	return all;
}

static void stream_free(struct stream *s)
{
	SSL_free(s->ssl);
	close(s->fd);
	buf_free(&s->in);
	buf_free(&s->out);
	*s = (struct stream){ 0 };
}

void streams_free(struct streams *all)
{
	for (size_t i = 0; all != NULL && i < STREAMS_MAX; i++)
		if (all->at[i].id != 0)
			stream_free(&all->at[i]);
	free(all);
}

int stream_listen(const union addr *addr)
{
	int on = 1;
	int fd = socket(addr->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool v6 = addr->sa.sa_family == AF_INET6;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (!v6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0) &&
	    bind(fd, &addr->sa, addr_len(addr)) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	int why = errno;

	close(fd);
	errno = why;
	return -1;
}

static struct stream *streams_place(struct streams *all)
{
	struct stream *idlest = &all->at[0];

	for (size_t i = 0; i < STREAMS_MAX; i++) {
		if (all->at[i].id == 0)
			return &all->at[i];
		if (all->at[i].active_us < idlest->active_us)
			idlest = &all->at[i];
	}
	stream_free(idlest);
	return idlest;
}

void streams_accept(struct streams *all, struct loop *loop, int listener, const struct port *port,
		    SSL_CTX *tls, int64_t now_us)
{
	struct flow flow = { .loop = loop, .transport = tls != NULL ? "TLS" : "TCP", .udp = -1 };
	socklen_t peer_n = sizeof(flow.peer), local_n = sizeof(flow.local);
	int on = 1;
	int fd = accept4(listener, &flow.peer.sa, &peer_n, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	SSL *ssl = tls != NULL ? SSL_new(tls) : NULL;
	if (getsockname(fd, &flow.local.sa, &local_n) != 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
	    (tls != NULL && (ssl == NULL || SSL_set_fd(ssl, fd) != 1))) {
		SSL_free(ssl);
		close(fd);
		return;
	}
	flow.stream = ++all->ids;
	*streams_place(all) = (struct stream){ .id = flow.stream,
					       .fd = fd,
					       .ssl = ssl,
					       .port = port,
					       .flow = flow,
					       .active_us = now_us,
					       .secure = tls == NULL };
	if (port != NULL)
		port_on_stream(port, &flow);
}

int64_t streams_prepare(struct streams *all, struct pollfd *fds)
{
	int64_t due_us = INT64_MAX;

	for (size_t i = 0; i < STREAMS_MAX; i++) {
		const struct stream *s = &all->at[i];
		bool sends = s->secure && s->out.n > 0 && !s->shut;
		int events = s->ended ? 0 : POLLIN;

		if ((sends && s->pace_ms == 0) || s->want_write)
			events |= POLLOUT;
		if (sends && s->pace_ms > 0 && s->next_us < due_us)
			due_us = s->next_us;
		fds[i] = (struct pollfd){ s->id != 0 ? s->fd : -1, (short)events, 0 };
	}
	return due_us;
}

/* Bytes moved, 0 for "later", -1 for the end of the stream. */
static ssize_t tls_result(struct stream *s, int n)
{
	int why = n > 0 ? SSL_ERROR_NONE : SSL_get_error(s->ssl, n);

	s->want_write = why == SSL_ERROR_WANT_WRITE;
	return n > 0 ? n : s->want_write || why == SSL_ERROR_WANT_READ ? 0 : -1;
}

static ssize_t tcp_result(ssize_t n)
{
	return n > 0 ? n : n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static ssize_t stream_recv(struct stream *s, char *to, size_t max)
{
	ERR_clear_error();
	if (s->ssl != NULL && !s->shut)
		return tls_result(s, SSL_read(s->ssl, to, (int)max));
	return tcp_result(recv(s->fd, to, max, 0));
}

static ssize_t stream_send(struct stream *s, size_t n)
{
	ERR_clear_error();
	if (s->ssl != NULL)
		return tls_result(s, SSL_write(s->ssl, s->out.p, (int)n));
	return tcp_result(send(s->fd, s->out.p, n, MSG_NOSIGNAL));
}

/* Our end first; the peer's unread bytes must not turn it into a reset. */
static void stream_shut(struct stream *s)
{
	if (s->ssl != NULL && s->secure)
		(void)SSL_shutdown(s->ssl);
	s->want_write = false;
	s->shut = true;
	if (shutdown(s->fd, SHUT_WR) != 0 || s->ended)
		s->dead = true;
}

static void stream_put(struct stream *s, struct span bytes)
{
	if (!buf_add(&s->out, bytes, OUT_MAX))
		s->dead = true;
}

static void stream_refill(struct stream *s)
{
	if (s->port == NULL || !s->port->endless || s->closing)
		return;
	while (s->out.n < REFILL_BYTES && !s->dead)
		stream_put(s, s->port->part[0].bytes);
}

static void stream_flush(struct stream *s, int64_t now_us)
{
	while (s->secure && s->out.n > 0 && !s->shut) {
		if (s->pace_ms > 0 && now_us < s->next_us)
			return;
		ssize_t n = stream_send(s, s->pace_ms > 0 ? 1 : s->out.n);

		s->dead = n < 0;
		if (n <= 0)
			return;
		buf_eat(&s->out, (size_t)n);
		s->next_us = now_us + (int64_t)s->pace_ms * 1000;
	}
	stream_refill(s);
	if (s->closing && s->out.n == 0 && !s->shut)
		stream_shut(s);
}

static void stream_reset(struct stream *s)
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	s->dead = true;
}

void streams_queue(struct streams *all, const struct flow *flow, const struct part *part)
{
	for (size_t i = 0; i < STREAMS_MAX; i++) {
		struct stream *s = &all->at[i];

		if (s->id != flow->stream || s->closing)
			continue;
		stream_put(s, part->bytes);
		s->pace_ms = part->pace_ms;
		s->closing = part->close;
		if (part->reset)
			stream_reset(s);
	}
}

static void stream_feed(struct streams *all, struct stream *s, struct span bytes)
{
	const struct slp_peer *slp = s->port != NULL ? s->port->slp : NULL;
	size_t used;

	if (s->port != NULL && slp == NULL) {
		port_on_bytes(s->port, &s->flow, bytes);
		return;
	}
	if (!buf_add(&s->in, bytes, IN_MAX)) {
		s->closing = true;
		return;
	}
	bytes = (struct span){ s->in.p, s->in.n };
	used = slp != NULL ? slp_on_stream(all->slp, slp, &s->flow, bytes)
			   : sip_on_stream(all->sip, &s->flow, bytes);
	if (used == SIP_STREAM_BROKEN)
		s->closing = true;
	else
		buf_eat(&s->in, used);
}

static void stream_read(struct streams *all, struct stream *s, int64_t now_us)
{
	char bytes[READ_BYTES];

	s->active_us = now_us;
	for (int i = 0; i < READS_PER_TURN && !s->dead; i++) {
		ssize_t n = stream_recv(s, bytes, sizeof(bytes));

		if (n == 0)
			return;
		if (n < 0) {
			s->ended = true;
			s->closing = true;
			s->dead = s->shut;
			return;
		}
		if (!s->closing)
			stream_feed(all, s, (struct span){ bytes, (size_t)n });
	}
}

/* A failed handshake has queued its alert; the orderly end lets the peer read it. */
static void stream_handshake(struct stream *s)
{
	ERR_clear_error();
	ssize_t n = tls_result(s, SSL_accept(s->ssl));

	s->secure = n > 0;
	if (n < 0)
		stream_shut(s);
}

void streams_turn(struct streams *all, const struct pollfd *fds, int64_t now_us)
{
	for (size_t i = 0; i < STREAMS_MAX; i++) {
		struct stream *s = &all->at[i];
		int events = fds[i].fd == s->fd ? fds[i].revents : 0;

		if (s->id == 0)
			continue;
		if (events != 0 && !s->secure && !s->shut)
			stream_handshake(s);
		if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && (s->secure || s->shut)) {
			if (s->ended)
				s->dead = true;
			else
				stream_read(all, s, now_us);
		}
		if (!s->dead)
			stream_flush(s, now_us);
		if (s->dead)
			stream_free(s);
	}
}
