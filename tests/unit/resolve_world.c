/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A loop and fake name servers for the resolver tests; see resolve_world.h. */
#define _GNU_SOURCE
#include "resolve_world.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

void hear(void *arg, const struct resolve_answer *answer)
{
	struct heard *h = arg;
	struct wr w = wr_over(h->text, sizeof(h->text) - 1);

	h->calls++;
	h->count = answer->count;
	h->took_us = answer->took_us;
	if (!answer->ok) {
		assert_int_equal(answer->count, 0);
		wr_fmt(&w, "! %s", answer->why);
	}
	for (size_t i = 0; i < answer->count; i++) {
		wr_str(&w, i > 0 ? ", " : "");
		wr_fmt(&w, "%s ", transport_name(answer->list[i].transport));
		wr_addr(&w, &answer->list[i].addr);
		h->last = answer->list[i];
	}
	h->text[w.n] = '\0';
}

struct fake fake_new(size_t (*answer)(unsigned char *packet, size_t n))
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(sin);
	int room = 200000; /* for more than FLIGHT_MAX queries */
	struct fake f = { .fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), .answer = answer };

	setsockopt(f.fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	assert_int_equal(bind(f.fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(getsockname(f.fd, (struct sockaddr *)&sin, &size), 0);
	f.port = ntohs(sin.sin_port);
	return f;
}

void fake_serve(struct fake *f)
{
	unsigned char packet[1024];
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(f->fd, packet, 512, 0, (struct sockaddr *)&from, &size)) > 0) {
		f->queries++;
		size_t put = f->answer != NULL ? f->answer(packet, (size_t)n) : 0;
		if (put > 0)
			sendto(f->fd, packet, put, 0, (struct sockaddr *)&from, size);
	}
}

struct resolver *resolver_at(uint16_t port)
{
	char server[32], why[TRACE_WHY_MAX];

	snprintf(server, sizeof(server), "127.0.0.1:%u", port);
	struct resolver *r = resolver_new(server, why, sizeof(why));
	if (r == NULL)
		fail_msg("%s", why);
	return r;
}

bool turn(struct resolver *r, struct fake *fake)
{
	struct pollfd fds[17];
	int64_t wait_us;
	size_t n = resolver_pollfds(r, fds, 16, &wait_us);

	if (wait_us < 0)
		return false;
	fds[n] = (struct pollfd){ .fd = fake != NULL ? fake->fd : -1, .events = POLLIN };
	poll(fds, n + 1, (int)(wait_us / 1000) + 1);
	if (fake != NULL)
		fake_serve(fake);
	resolver_work(r, fds, n);
	return true;
}

void ask(struct resolver *r, struct fake *fake, const struct resolve_query *query, struct heard *h)
{
	*h = (struct heard){ .calls = 0 };
	resolver_start(r, query, hear, h);
	while (turn(r, fake))
		;
	assert_int_equal(h->calls, 1);
}
