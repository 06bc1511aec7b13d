/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For the tests of the resolver: a loop, answers as text, and name servers that misbehave. */
#ifndef RESOLVE_WORLD_H
#define RESOLVE_WORLD_H

#include "net/resolve.h"

#define V(host)                                                                                    \
	{                                                                                          \
		host, sizeof(host) - 1                                                             \
	}

enum { TEXT_MAX = 4096, MANY = 300 };

/* One answer as text: "udp 192.0.2.1:5060, tcp ..." or "! reason". */
struct heard {
	char text[TEXT_MAX];
	unsigned calls;
	size_t count;
	struct endpoint last;
	int64_t took_us;
};

void hear(void *heard, const struct resolve_answer *answer);

/* A socket that answers each query by the rules of a test. */
struct fake {
	int fd;
	uint16_t port;
	unsigned queries;
	size_t (*answer)(unsigned char *packet, size_t n); /* NULL: silence */
};

struct fake fake_new(size_t (*answer)(unsigned char *packet, size_t n));
void fake_serve(struct fake *f);
struct resolver *resolver_at(uint16_t port);
/* One turn of the loop an engine would run; false when there is nothing to wait for. */
bool turn(struct resolver *r, struct fake *fake);
/* Runs the loop until the answer is there. */
void ask(struct resolver *r, struct fake *fake, const struct resolve_query *query, struct heard *h);

#endif
