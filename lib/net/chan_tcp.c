/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Streams: non-blocking connect, TLS through the loaded module, bounded buffers both ways.
 *
 * Plain and TLS bytes take the same path; enum tls_step is the answer of both.
 */
#define _GNU_SOURCE
#include "net/chan_tcp.h"

#include "base/mem.h"
#include "net/sock.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include <netinet/tcp.h>
#include <sys/epoll.h>

enum {
	IN_FIRST_BYTES = 2048,
	IN_MAX_BYTES = 64 * 1024 + 1024 * 1024, /* headers and body of one message */
	OUT_MAX_BYTES = 64 * 1024,
};

static enum tls_step step_of(ssize_t n, enum tls_step wait)
{
	if (n > 0)
		return TLS_DONE;
	if (n == 0)
		return TLS_CLOSED;
	return errno == EAGAIN || errno == EINTR ? wait : TLS_FAILED;
}

static enum tls_step stream_read(struct engine *engine, struct probe *probe, char *p, size_t room,
				 size_t *got)
{
	if (probe->tcp.session != NULL)
		return engine->tls->read(probe->tcp.session, p, room, got);
	ssize_t n = recv(probe->tcp.watch.fd, p, room, 0);
	*got = n > 0 ? (size_t)n : 0;
	return step_of(n, TLS_WANT_READ);
}

static enum tls_step stream_write(struct engine *engine, struct probe *probe, struct view bytes,
				  size_t *put)
{
	if (probe->tcp.session != NULL)
		return engine->tls->write(probe->tcp.session, bytes, put);
	ssize_t n = send(probe->tcp.watch.fd, bytes.p, bytes.n, MSG_NOSIGNAL);
	*put = n > 0 ? (size_t)n : 0;
	return step_of(n, TLS_WANT_WRITE);
}

/* What a step means for the probe. TLS fails without the kernel when a server misses a client
 * certificate: it says so after the handshake (RFC 8446 4.4.2.4). */
static enum fault step_fault(struct engine *engine, struct probe *probe, enum tls_step step)
{
	struct trace *trace = &engine->trace;

	if (step == TLS_CLOSED)
		return FAULT_CLOSED;
	if (step != TLS_FAILED)
		return FAULT_NONE;
	if (probe->tcp.session == NULL)
		return sock_blame(trace, "use the connection", errno);
	int error = engine->tls->why(probe->tcp.session, trace->why, sizeof(trace->why));
	return error != 0 ? sock_blame(trace, "use the connection", error) : FAULT_TLS;
}

/* `full`: there may be more to read, perhaps inside the TLS session, where epoll sees nothing. */
static void watch_stream(struct engine *engine, struct probe *probe, bool full)
{
	bool writable = full || probe->tcp.blocked;

	engine_watch(engine, &probe->tcp.watch, EPOLLIN | (writable ? (uint32_t)EPOLLOUT : 0));
}

static enum fault write_out(struct engine *engine, struct probe *probe)
{
	struct buffer *out = &probe->out;
	enum tls_step step = TLS_DONE;
	size_t at = 0, put = 0;

	while (at < out->n && step == TLS_DONE) {
		step = stream_write(engine, probe, (struct view){ out->p + at, out->n - at }, &put);
		at += step == TLS_DONE ? put : 0;
	}
	enum fault fault = step_fault(engine, probe, step);
	buffer_drop(out, at);
	probe->tcp.blocked = step == TLS_WANT_WRITE;
	watch_stream(engine, probe, false);
	return fault;
}

/* Reads until nothing is left, or the buffer has its greatest size. */
static enum tls_step read_in(struct engine *engine, struct probe *probe)
{
	struct buffer *in = &probe->tcp.in;
	enum tls_step step = TLS_DONE;
	size_t got = 0;

	while (step == TLS_DONE && in->n < IN_MAX_BYTES) {
		if (in->n == in->cap) {
			in->cap = in->cap > 0 ? 2 * in->cap : IN_FIRST_BYTES;
			if (in->cap > IN_MAX_BYTES)
				in->cap = IN_MAX_BYTES;
			in->p = mem_resize(in->p, in->cap, 1);
		}
		step = stream_read(engine, probe, in->p + in->n, in->cap - in->n, &got);
		in->n += step == TLS_DONE ? got : 0;
	}
	return step;
}

static bool on_readable(struct engine *engine, struct probe *probe)
{
	struct buffer *in = &probe->tcp.in;
	size_t old = in->n;
	enum tls_step step = read_in(engine, probe);
	enum fault fault = step_fault(engine, probe, step);
	struct xio io = {
		.now_us = engine_clock_us(),
		.from = &probe->spec.peer,
		.in = { in->p, in->n },
		.closed = step == TLS_CLOSED,
	};

	if (in->n > old)
		probe_tap(engine, probe, TAP_RECEIVED, &io, view_skip(io.in, old));
	if ((in->n > old || io.closed) && !probe_deliver(engine, probe, &io))
		return false;
	buffer_drop(in, io.used);
	if (fault == FAULT_NONE && in->n == IN_MAX_BYTES)
		fault = FAULT_FLOOD;
	if (fault != FAULT_NONE) {
		probe_end(engine, probe, fault);
		return false;
	}
	watch_stream(engine, probe, step == TLS_DONE || step == TLS_WANT_WRITE);
	return true;
}

/* Reads first: the answer may be there although the peer takes no more. */
static void on_stream(struct engine *engine, struct probe *probe)
{
	enum fault fault = FAULT_NONE;

	if (!on_readable(engine, probe))
		return;
	if (probe->out.n > 0)
		fault = write_out(engine, probe);
	if (fault != FAULT_NONE)
		probe_end(engine, probe, fault);
}

static void on_handshake_done(struct engine *engine, struct probe *probe)
{
	struct tls_facts *facts = mem_new(1, sizeof(*facts));

	probe->tcp.facts = facts;
	if (!engine->tls->verify(probe->tcp.session, time(NULL), facts, engine->trace.why,
				 sizeof(engine->trace.why))) {
		probe_end(engine, probe, FAULT_TLS_VERIFY);
		return;
	}
	watch_stream(engine, probe, false);
	probe_begin(engine, probe);
}

static void on_handshake(struct engine *engine, struct probe *probe)
{
	struct trace *trace = &engine->trace;
	struct wr why = wr_over(trace->why, sizeof(trace->why) - 1);

	switch (engine->tls->handshake(probe->tcp.session, trace->why, sizeof(trace->why))) {
	case TLS_DONE:
		on_handshake_done(engine, probe);
		break;
	case TLS_WANT_READ:
		engine_watch(engine, &probe->tcp.watch, EPOLLIN);
		break;
	case TLS_WANT_WRITE:
		engine_watch(engine, &probe->tcp.watch, EPOLLOUT);
		break;
	case TLS_CLOSED:
		wr_str(&why, "closed during the handshake");
		probe_end(engine, probe, FAULT_TLS);
		break;
	case TLS_FAILED:
		probe_end(engine, probe, FAULT_TLS);
		break;
	}
}

/* An ICMP error says more than the errno behind it, and may come without: the kernel forgets it when
 * it arrives inside of connect(). */
static enum fault connect_fault(struct engine *engine, struct probe *probe, int error)
{
	_Alignas(struct cmsghdr) char control[SOCK_CONTROL_BYTES];
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct sock_error e = { .family = 0 };
	enum fault fault = FAULT_NONE;

	if (recvmsg(probe->tcp.watch.fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0 &&
	    sock_error_read(&msg, &e) && e.icmp.seen)
		fault = sock_error_fault(&e);
	if (fault == FAULT_NONE)
		return error != 0 ? sock_blame(&engine->trace, "connect", error) : FAULT_NONE;
	probe->local = sock_local(probe->tcp.watch.fd);
	engine->trace.error = e.error;
	engine->trace.icmp = e.icmp;
	return fault;
}

static void start_tls(struct engine *engine, struct probe *probe)
{
	probe_enter(probe, PHASE_TLS);
	probe->tcp.session = engine->tls->session_new(engine->tls_ctx, probe->tcp.watch.fd,
						      probe->spec.tls_name);
	if (probe->tcp.session != NULL)
		on_handshake(engine, probe);
	else
		probe_end(engine, probe, sock_blame(&engine->trace, "make a TLS session", ENOMEM));
}

static void on_connected(struct engine *engine, struct probe *probe, uint32_t events)
{
	int fd = probe->tcp.watch.fd, error = 0;
	socklen_t length = sizeof(error);
	enum fault fault = FAULT_NONE;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
		error = errno;
	if (error != 0 || (events & EPOLLERR))
		fault = connect_fault(engine, probe, error);
	if (fault != FAULT_NONE) {
		probe_end(engine, probe, fault);
		return;
	}
	if (!(events & EPOLLOUT))
		return;
	/* An ICMP error would kill a living connection otherwise. */
	sock_queue_errors(fd, probe->spec.peer.family, false);
	probe->local = sock_local(fd);
	if (addr_eq(&probe->local,
		    &probe->spec.peer)) { /* RFC 9293 3.5: it met itself, nobody else */
		probe_end(engine, probe, FAULT_REFUSED);
		return;
	}
	watch_stream(engine, probe, false);
	if (probe->spec.transport == TRANSPORT_TLS)
		start_tls(engine, probe);
	else
		probe_begin(engine, probe);
}

static void on_ready(struct engine *engine, struct watch *watch, uint32_t events)
{
	struct probe *probe = LIST_ITEM(watch, struct probe, tcp.watch);

	switch (probe->phase) {
	case PHASE_CONNECT:
		on_connected(engine, probe, events);
		break;
	case PHASE_TLS:
		on_handshake(engine, probe);
		break;
	default:
		on_stream(engine, probe);
	}
}

static enum fault tcp_open(struct engine *engine, struct probe *probe)
{
	const struct addr *peer = &probe->spec.peer;
	int fd = sock_open(SOCK_STREAM, peer->family, &engine->conf.source), on = 1;
	union sock_addr name;

	if (fd == -ENOPROTOOPT) /* errno alone then says why a connection fails */
		fd = sock_open_plain(SOCK_STREAM, peer->family, &engine->conf.source);
	probe->tcp.watch = (struct watch){ on_ready, fd, 0 };
	if (fd < 0)
		return sock_blame(&engine->trace, "open a TCP socket", -fd);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	socklen_t length = sock_addr_write(&name, peer);
	if (connect(fd, &name.any, length) != 0 && errno != EINPROGRESS)
		return connect_fault(engine, probe, errno);
	int error = engine_watch(engine, &probe->tcp.watch, EPOLLOUT);
	return error != 0 ? sock_blame(&engine->trace, "wait for a TCP socket", error) : FAULT_NONE;
}

static size_t tcp_room(const struct probe *probe)
{
	return OUT_MAX_BYTES - probe->out.n;
}

static enum fault tcp_send(struct engine *engine, struct probe *probe, struct view bytes)
{
	buffer_put(&probe->out, bytes);
	return probe->tcp.blocked ? FAULT_NONE : write_out(engine, probe);
}

static void tcp_close(struct engine *engine, struct probe *probe)
{
	if (probe->tcp.session != NULL)
		engine->tls->session_free(probe->tcp.session);
	if (probe->tcp.watch.ready != NULL && probe->tcp.watch.fd >= 0)
		close(probe->tcp.watch.fd);
	mem_free(probe->tcp.facts);
	mem_free(probe->tcp.in.p);
}

const struct chan chan_tcp = { tcp_open, tcp_send, tcp_room, tcp_close };
