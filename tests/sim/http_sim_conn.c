/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connections; see http_sim_conn.h. */
#define _GNU_SOURCE
#include "http_sim_conn.h"
#include "http_sim_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define IN_MAX ((size_t)80 << 20)
#define OUT_MAX ((size_t)8 << 20)
#define READ_BYTES 65536
#define REFILL_BYTES ((size_t)65536) /* what an endless answer has in hand */
#define HUGE_BODY_BYTES ((size_t)10000000)

struct conn {
	int fd;
	SSL *ssl;
	struct listener *listener;
	unsigned long number, requests;
	struct buf in, out;
	struct span refill; /* sent again and again until refill_left bytes are gone */
	size_t refill_left;
	unsigned long drip_ms;
	int64_t next_us;
	bool mute, deaf; /* deaf: what comes is thrown away */
	bool shut;	 /* the handshake failed; a reset would overtake the alert */
	bool closing;	 /* once all is sent */
	bool want_write; /* OpenSSL's wish */
};

void listener_print(const struct listener *l, FILE *out)
{
	fprintf(out, "%s://%s:%u", l->tls != NULL ? "https" : "http",
		l->way.v6 ? "[::1]" : "127.0.0.1", l->port);
}

/* DIR/NAME.now takes the place of the listener's words. */
static struct way way_now(const struct sim *sim, const struct listener *l)
{
	char path[PATH_MAX], words[1024];
	struct way way;
	ssize_t n = 0;

	snprintf(path, sizeof(path), "%s/%s.now", sim->dir, l->name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return l->way;
	n = read(fd, words, sizeof(words));
	close(fd);
	return n >= 0 && way_read(&way, (struct span){ words, (size_t)n }) ? way : l->way;
}

static void reset_on_close(int fd)
{
	struct linger linger = { .l_onoff = 1 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

struct conn *conn_new(struct sim *sim, struct listener *l)
{
	int on = 1, fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return NULL;
	struct log_place place = { .listener = l->name, .connection = ++l->connections };
	struct way way = way_now(sim, l);
	bool applies = way_applies(&way, l->connections);
	struct conn *c = calloc(1, sizeof(*c));

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (!log_connection(sim->connections, &place) || c == NULL ||
	    (applies && way.act == ACT_CLOSE)) {
		free(c);
		close(fd);
		return NULL;
	}
	*c = (struct conn){ .fd = fd, .listener = l, .number = l->connections };
	c->mute = applies && way.act == ACT_MUTE;
	c->ssl = l->tls != NULL ? SSL_new(l->tls) : NULL;
	if (c->ssl != NULL) {
		SSL_set_fd(c->ssl, fd);
		SSL_set_accept_state(c->ssl);
	}
	return c;
}

void conn_free(struct conn *c)
{
	SSL_free(c->ssl);
	close(c->fd);
	buf_free(&c->in);
	buf_free(&c->out);
	free(c);
}

int conn_fd(const struct conn *c)
{
	return c->fd;
}

short conn_events(const struct conn *c, int64_t *due_us)
{
	short events = c->mute ? POLLRDHUP : POLLIN;

	if (c->out.n > 0 && c->drip_ms > 0 && c->next_us < *due_us)
		*due_us = c->next_us;
	if ((c->out.n > 0 && c->drip_ms == 0) || c->want_write)
		events |= POLLOUT;
	return events;
}

/* Bytes moved, 0 for "later", -1 for the end. */
static ssize_t tls_result(struct conn *c, int n)
{
	int why = n > 0 ? SSL_ERROR_NONE : SSL_get_error(c->ssl, n);

	c->want_write = why == SSL_ERROR_WANT_WRITE;
	return n > 0 ? n : c->want_write || why == SSL_ERROR_WANT_READ ? 0 : -1;
}

static ssize_t tcp_result(ssize_t n)
{
	return n > 0 ? n : n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static ssize_t conn_recv(struct conn *c, char *to, size_t max)
{
	ERR_clear_error();
	return c->ssl != NULL ? tls_result(c, SSL_read(c->ssl, to, (int)max))
			      : tcp_result(recv(c->fd, to, max, 0));
}

static ssize_t conn_send(struct conn *c, size_t n)
{
	ERR_clear_error();
	return c->ssl != NULL ? tls_result(c, SSL_write(c->ssl, c->out.p, (int)n))
			      : tcp_result(send(c->fd, c->out.p, n, MSG_NOSIGNAL));
}

static void put(struct conn *c, const char *text)
{
	(void)buf_add(&c->out, span_of(text), OUT_MAX);
}

__attribute__((format(printf, 2, 3))) static void put_fmt(struct conn *c, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put(c, text);
}

static void put_retry(struct conn *c, const struct way *way)
{
	time_t then = time(NULL) + (time_t)way->retry_date_s;
	char text[64];
	struct tm tm;

	if (way->retry_s > 0)
		put_fmt(c, "Retry-After: %lu\r\n", way->retry_s);
	if (way->retry_date_s > 0 && gmtime_r(&then, &tm) != NULL &&
	    strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0)
		put_fmt(c, "Retry-After: %s\r\n", text);
}

static void put_location(struct sim *sim, struct conn *c, const struct way *way)
{
	for (size_t i = 0; way->redirect[0] != '\0' && i < sim->listeners; i++) {
		const struct listener *l = &sim->listener[i];

		if (strcmp(l->name, way->redirect) == 0)
			put_fmt(c, "Location: %s://%s:%u/elsewhere\r\n",
				l->tls != NULL ? "https" : "http",
				l->way.v6 ? "[::1]" : "127.0.0.1", l->port);
	}
}

/* RFC 9112 7.1, in pieces of 7 bytes. */
static void put_chunks(struct conn *c, struct span body)
{
	while (body.n > 0) {
		struct span piece = { body.p, body.n < 7 ? body.n : 7 };

		put_fmt(c, "%zx\r\n%.*s\r\n", piece.n, (int)piece.n, piece.p);
		body = span_skip(body, piece.n);
	}
	put(c, "0\r\n\r\n");
}

static void put_body(struct conn *c, const struct way *way, struct span body)
{
	static const char filler[] = "10\r\nfifteen letters\n\r\n";

	if (way->endless || way->huge) {
		c->refill = way->chunked ? span_of(filler) : span_of("fifteen letters\n");
		c->refill_left = way->endless ? SIZE_MAX : HUGE_BODY_BYTES;
	} else if (way->chunked) {
		put_chunks(c, body);
	} else {
		(void)buf_add(&c->out, body, OUT_MAX);
	}
}

static void put_answer(struct sim *sim, struct conn *c, const struct way *way,
		       const struct verdict *v)
{
	bool has_body = v->status != 204;

	put_fmt(c, "HTTP/1.%d %lu Status\r\nServer: http_sim\r\n", way->http10 ? 0 : 1, v->status);
	if (v->status == 401)
		put(c, "WWW-Authenticate: Basic realm=\"sim\"\r\n");
	put_retry(c, way);
	put_location(sim, c, way);
	if (has_body)
		put_fmt(c, "Content-Type: %s\r\n", v->type);
	if (has_body && way->chunked)
		put(c, "Transfer-Encoding: chunked\r\n");
	else if (way->huge)
		put_fmt(c, "Content-Length: %zu\r\n", HUGE_BODY_BYTES);
	else if (has_body && !way->endless && !way->http10)
		put_fmt(c, "Content-Length: %zu\r\n", v->body.n);
	put(c, "\r\n");
	if (has_body)
		put_body(c, way, (struct span){ v->body.p, v->body.n });
	c->closing = way->http10 || way->act == ACT_QUIT;
}

static void judge(const struct way *way, const struct request *request, struct verdict *v)
{
	if (!api_admits(request, way->basic)) {
		static const char text[] = "{\"error\":401,\"status\":\"Unauthorized. Please check "
					   "your user credentials.\"}";

		*v = (struct verdict){ .status = 401, .type = "application/json" };
		(void)buf_add(&v->body, span_of(text), OUT_MAX);
		return;
	}
	*v = (struct verdict){ .status = 0 };
	api_judge(request, way->token, v);
	if (way->redirect[0] != '\0')
		v->status = 307;
	if (way->status > 0)
		v->status = way->status;
}

/* False: it ends now. */
static bool misbehave(struct conn *c, const struct way *way)
{
	switch (way->act) {
	case ACT_HANG:
		c->deaf = true;
		return true;
	case ACT_GARBAGE:
		put(c, "\x01\x02SSH-2.0-\xff 200 OK|;\r\n\r\n");
		c->closing = true;
		return true;
	case ACT_HEADERS:
		put(c, "HTTP/1.1 200 OK\r\n");
		c->refill = span_of("X-Filler: and so on and so on and so on\r\n");
		c->refill_left = SIZE_MAX;
		return true;
	case ACT_DROP:
		reset_on_close(c->fd);
		return false;
	default:
		return false;
	}
}

/* False: it ends now. */
static bool answer(struct sim *sim, struct conn *c, const struct request *request)
{
	static const struct way good;
	struct way way = way_now(sim, c->listener);
	struct verdict v;

	if (!way_applies(&way, ++c->listener->requests))
		way = good;
	switch (way.act) {
	case ACT_HANG:
	case ACT_GARBAGE:
	case ACT_HEADERS:
		return misbehave(c, &way);
	case ACT_FORGET:
	case ACT_DROP:
		if (c->requests > 1)
			return misbehave(c, &way);
		break;
	default:
		break;
	}
	judge(&way, request, &v);
	put_answer(sim, c, &way, &v);
	buf_free(&v.body);
	c->drip_ms = way.drip_ms;
	if (way.act == ACT_CUT) {
		c->out.n = c->out.n < way.cut_bytes ? c->out.n : way.cut_bytes;
		c->closing = true;
	}
	return true;
}

/* NULL, or the name in the client's certificate. */
static const char *client_name(SSL *ssl, char *name, int n)
{
	X509 *cert = ssl != NULL ? SSL_get0_peer_certificate(ssl) : NULL;

	if (cert == NULL ||
	    X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, n) < 0)
		return NULL;
	return name;
}

/* False: it ends now. */
static bool take_requests(struct sim *sim, struct conn *c)
{
	struct request request;
	char name[128];
	enum take take;

	while (!c->deaf && !c->closing && c->refill.n == 0 &&
	       (take = request_take((struct span){ c->in.p, c->in.n }, &request)) != TAKE_MORE) {
		struct log_place place = {
			.listener = c->listener->name,
			.connection = c->number,
			.request = ++c->requests,
			.client = client_name(c->ssl, name, sizeof(name)),
			.sni = c->ssl != NULL
				       ? SSL_get_servername(c->ssl, TLSEXT_NAMETYPE_host_name)
				       : NULL,
		};

		if (take == TAKE_BAD) {
			put(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
			c->closing = true;
			return true;
		}
		if (!log_request(sim->requests, &place, &request) || !answer(sim, c, &request))
			return false;
		buf_eat(&c->in, request.bytes);
	}
	return true;
}

/* False: it ended. */
static bool conn_read(struct sim *sim, struct conn *c)
{
	char bytes[READ_BYTES];
	ssize_t n;

	while ((n = conn_recv(c, bytes, sizeof(bytes))) > 0) {
		if (c->deaf || c->closing)
			continue;
		if (!buf_add(&c->in, (struct span){ bytes, (size_t)n }, IN_MAX))
			return false;
	}
	return take_requests(sim, c) && n == 0;
}

static void conn_refill(struct conn *c)
{
	while (c->refill.n > 0 && c->out.n < REFILL_BYTES) {
		struct span piece = c->refill;

		piece.n = piece.n < c->refill_left ? piece.n : c->refill_left;
		if (piece.n == 0 || !buf_add(&c->out, piece, OUT_MAX)) {
			c->refill.n = 0;
			return;
		}
		c->refill_left -= c->refill_left == SIZE_MAX ? 0 : piece.n;
	}
}

/* False: it ended. */
static bool conn_write(struct conn *c, int64_t now_us)
{
	for (conn_refill(c); c->out.n > 0; conn_refill(c)) {
		if (c->drip_ms > 0 && now_us < c->next_us)
			return true;
		ssize_t n = conn_send(c, c->drip_ms > 0 ? 1 : c->out.n);

		if (n <= 0)
			return n == 0;
		buf_eat(&c->out, (size_t)n);
		c->next_us = now_us + (int64_t)c->drip_ms * 1000;
	}
	if (c->closing && c->ssl != NULL)
		(void)SSL_shutdown(c->ssl);
	return !c->closing;
}

/* False: the peer has closed it too. */
static bool conn_drain(struct conn *c)
{
	char bytes[4096];
	ssize_t n;

	while ((n = tcp_result(recv(c->fd, bytes, sizeof(bytes), 0))) > 0)
		continue;
	return n == 0;
}

bool conn_turn(struct sim *sim, struct conn *c, short events, int64_t now_us)
{
	if (c->mute)
		return events == 0;
	if (c->shut)
		return conn_drain(c);
	if (events != 0 && !conn_read(sim, c)) {
		c->shut = c->ssl != NULL && !SSL_is_init_finished(c->ssl);
		return c->shut && shutdown(c->fd, SHUT_WR) == 0;
	}
	return conn_write(c, now_us);
}
