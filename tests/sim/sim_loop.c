/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Poll loop and timers; see sim_loop.h. */
#define _GNU_SOURCE
#include "sim_loop.h"
#include "sim_stream.h"
#include "sim_udp.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SOURCES_MAX 1024
#define FIXED 3 /* signals, standard input, what is watched */
#define TIMER_BYTES_MAX ((size_t)64 << 20)

struct source {
	struct flow flow; /* what all its datagrams share */
	int fd;
	bool udp;
	const struct port *port; /* NULL: SIP */
	SSL_CTX *tls;
};

struct timer {
	TAILQ_ENTRY(timer) link;
	int64_t due_us;
	struct flow flow;
	struct part part;
	char bytes[];
};

TAILQ_HEAD(timers, timer);

struct loop {
	struct sip *sip;
	struct slp *slp;
	int signals; /* SIGTERM and SIGINT, blocked since loop_new */
	struct udp *udp;
	struct streams *streams;
	struct timers timers; /* earliest first */
	size_t timer_bytes;
	struct source source[SOURCES_MAX];
	size_t sources;
	int watched;
	void (*watched_turn)(void *ctx);
	void *watched_ctx;
	struct pollfd fds[FIXED + SOURCES_MAX + STREAMS_MAX];
};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

struct loop *loop_new(struct sip *sip, struct slp *slp)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	sigset_t ends;

	if (loop == NULL)
		return NULL;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	TAILQ_INIT(&loop->timers);
	loop->sip = sip;
	loop->slp = slp;
	loop->watched = -1;
	loop->signals = signalfd(-1, &ends, SFD_CLOEXEC);
	loop->udp = udp_new();
	loop->streams = streams_new(sip, slp);
	if (loop->signals >= 0 && loop->udp != NULL && loop->streams != NULL)
		return loop;
	loop_free(loop);
	return NULL;
}

static void timer_free(struct loop *loop, struct timer *t)
{
	TAILQ_REMOVE(&loop->timers, t, link);
	loop->timer_bytes -= sizeof(*t) + t->part.bytes.n;
	free(t);
}

void loop_unlisten(struct loop *loop, size_t n)
{
	for (; n > 0 && loop->sources > 0; n--) {
		struct source *s = &loop->source[--loop->sources];

		close(s->fd);
		SSL_CTX_free(s->tls);
	}
}

void loop_free(struct loop *loop)
{
	while (!TAILQ_EMPTY(&loop->timers))
		timer_free(loop, TAILQ_FIRST(&loop->timers));
	loop_unlisten(loop, loop->sources);
	streams_free(loop->streams);
	udp_free(loop->udp);
	if (loop->signals >= 0)
		close(loop->signals);
	free(loop);
}

bool loop_listen(struct loop *loop, bool udp, union addr *addr, const struct port *port,
		 SSL_CTX *tls)
{
	socklen_t n = sizeof(*addr);

	errno = EMFILE;
	if (loop->sources == SOURCES_MAX)
		return false;
	int fd = udp ? udp_open(addr) : stream_listen(addr);

	if (fd < 0 || getsockname(fd, &addr->sa, &n) != 0)
		return false;
	loop->source[loop->sources++] = (struct source){
		.flow = { .loop = loop, .transport = "UDP", .udp = fd, .local = *addr },
		.fd = fd,
		.udp = udp,
		.port = port,
		.tls = tls,
	};
	return true;
}

static const struct source *source_of(const struct loop *loop, const union addr *addr)
{
	for (size_t i = 0; i < loop->sources; i++)
		if (loop->source[i].udp && addr_same(&loop->source[i].flow.local, addr))
			return &loop->source[i];
	return NULL;
}

void loop_join(struct loop *loop, const union addr *addr, const union addr *group)
{
	const struct source *s = source_of(loop, addr);
	int fd = s != NULL && loop->sources < SOURCES_MAX ? udp_join(s->fd, addr, group) : -1;

	if (fd < 0 || fd == s->fd)
		return;
	loop->source[loop->sources] = *s;
	loop->source[loop->sources].fd = fd;
	loop->source[loop->sources++].flow.group = true;
}

bool loop_flow(const struct loop *loop, const union addr *addr, struct flow *flow)
{
	const struct source *s = source_of(loop, addr);

	if (s != NULL)
		*flow = s->flow;
	return s != NULL;
}

static void timer_add(struct loop *loop, const struct flow *flow, const struct part *part)
{
	size_t bytes = sizeof(struct timer) + part->bytes.n;
	struct timer *t = NULL, *before;

	if (bytes <= TIMER_BYTES_MAX - loop->timer_bytes)
		t = malloc(bytes);
	if (t == NULL)
		return;
	*t = (struct timer){ .due_us = now_us() + (int64_t)part->after_ms * 1000,
			     .flow = *flow,
			     .part = *part };
	t->part.after_ms = 0;
	t->part.bytes.p = t->bytes;
	if (part->bytes.n > 0)
		memcpy(t->bytes, part->bytes.p, part->bytes.n);
	loop->timer_bytes += bytes;
	before = TAILQ_LAST(&loop->timers, timers);
	while (before != NULL && before->due_us > t->due_us)
		before = TAILQ_PREV(before, timers, link);
	if (before != NULL)
		TAILQ_INSERT_AFTER(&loop->timers, before, t, link);
	else
		TAILQ_INSERT_HEAD(&loop->timers, t, link);
}

static void timers_run(struct loop *loop, int64_t now)
{
	struct timer *t;

	while ((t = TAILQ_FIRST(&loop->timers)) != NULL && t->due_us <= now) {
		struct part again = t->part;

		flow_send(&t->flow, &t->part);
		again.after_ms = t->part.every_ms;
		if (again.after_ms > 0)
			timer_add(loop, &t->flow, &again);
		timer_free(loop, t);
	}
}

void flow_send(const struct flow *flow, const struct part *part)
{
	if (part->after_ms > 0)
		timer_add(flow->loop, flow, part);
	else if (flow->udp < 0)
		streams_queue(flow->loop->streams, flow, part);
	else if ((!part->close && !part->reset) || part->bytes.n > 0)
		udp_queue(flow->loop->udp, flow, part);
}

void loop_watch(struct loop *loop, int fd, void (*turn)(void *ctx), void *ctx)
{
	loop->watched = fd;
	loop->watched_turn = turn;
	loop->watched_ctx = ctx;
}

static void on_datagram(void *ctx, const struct flow *flow, struct span bytes)
{
	const struct source *s = ctx;

	if (s->port != NULL && s->port->slp != NULL)
		slp_on_datagram(flow->loop->slp, s->port->slp, flow, bytes);
	else if (s->port != NULL)
		port_on_bytes(s->port, flow, bytes);
	else
		sip_on_datagram(flow->loop->sip, flow, bytes);
}

static void source_turn(struct loop *loop, struct source *s, int64_t now)
{
	if (s->udp)
		udp_read(loop->udp, s->fd, &s->flow, on_datagram, s);
	else
		streams_accept(loop->streams, loop, s->fd, s->port, s->tls, now);
}

/* Milliseconds for poll, rounded up so that it does not wake too early. */
static int loop_prepare(struct loop *loop, bool watch_stdin)
{
	const struct timer *first = TAILQ_FIRST(&loop->timers);
	struct pollfd *fds = loop->fds;

	*fds++ = (struct pollfd){ loop->signals, POLLIN, 0 };
	*fds++ = (struct pollfd){ watch_stdin ? STDIN_FILENO : -1, POLLIN, 0 };
	*fds++ = (struct pollfd){ loop->watched, POLLIN, 0 };
	for (size_t i = 0; i < loop->sources; i++)
		*fds++ = (struct pollfd){ loop->source[i].fd, POLLIN, 0 };
	int64_t due = streams_prepare(loop->streams, fds), now = now_us();

	if (first != NULL && first->due_us < due)
		due = first->due_us;
	if (due == INT64_MAX)
		return -1;
	return due <= now ? 0 : (int)((due - now + 999) / 1000);
}

static bool stdin_ended(const struct pollfd *fd)
{
	char bytes[512];

	return fd->revents != 0 && read(STDIN_FILENO, bytes, sizeof(bytes)) <= 0;
}

bool loop_run(struct loop *loop, bool watch_stdin)
{
	bool ok = true;

	for (;;) {
		int wait_ms = loop_prepare(loop, watch_stdin);
		size_t n = FIXED + loop->sources + STREAMS_MAX;

		ok = poll(loop->fds, n, wait_ms) >= 0 || errno == EINTR;
		if (!ok || loop->fds[0].revents != 0 || stdin_ended(&loop->fds[1]))
			break;
		int64_t now = now_us();

		if (loop->fds[2].revents != 0)
			loop->watched_turn(loop->watched_ctx);
		for (size_t i = 0; i < loop->sources; i++)
			if (loop->fds[FIXED + i].revents != 0)
				source_turn(loop, &loop->source[i], now);
		timers_run(loop, now);
		streams_turn(loop->streams, &loop->fds[FIXED + loop->sources], now);
		udp_flush(loop->udp);
	}
	return ok;
}
