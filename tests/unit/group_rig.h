/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the engine's groups share: a probe that keeps what it hears, and sockets of other
 * programs on the loopback interface. */
#ifndef GROUP_RIG_H
#define GROUP_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/engine.h"

#define GROUP "239.255.77.1"

enum { HEARD_MAX = 32, RIG_FDS = 3, LETTER_TEXT_MAX = 8 };

struct rig;
typedef void hook_fn(struct rig *rig, const struct xio *io);

struct heard {
	struct addr from;
	size_t n;
	char text[LETTER_TEXT_MAX];
	int64_t at_us;
};

/* One probe: what it does, and what it found. */
struct rig {
	struct udp_group group;
	struct engine_conf conf; /* of the first one in a run */
	struct addr peer;
	struct view say;	/* at the start */
	unsigned want;		/* ends with so many datagrams; 0 = never */
	int64_t patience_us;	/* ends after so long without one; 0 = never */
	hook_fn *on_start;	/* its socket is open then */
	hook_fn *on_datagram;	/* for each */
	int fd[RIG_FDS];	/* for the hooks; closed behind the run */
	uint16_t port;		/* for the hooks */
	int64_t at_us, sent_us; /* for the hooks */

	unsigned heards;
	struct heard heard[HEARD_MAX]; /* the first ones */
	struct addr local;
	struct trace trace;
	unsigned ended;
	int64_t took_us;	     /* of the first one in a run */
	struct engine_counts counts; /* of the first one in a run */
};

/* Says "hello" to an address, within 5 s. */
struct rig rig_for(const char *peer, uint16_t port);
/* Hears a port. */
struct rig rig_hearing(const char *peer, uint16_t port);
/* All in one engine, which must leave no descriptor open. */
enum engine_end rig_run(struct rig *rigs, size_t count);
/* Runs it alone; it must end like this, and hear nothing. */
void rig_fails(struct rig rig, enum fault fault, const char *why);
/* Whether it heard a text, and from this address unless it is NULL. */
bool rig_has_heard(const struct rig *rig, const char *text, const char *ip);

struct addr addr_of(const char *ip, uint16_t port);
unsigned loopback(void);
uint16_t free_port(void);

/* A socket of another program; one of IPv4 can send to groups and broadcast addresses of the loopback. */
int other_new(const char *ip, uint16_t port, bool shares);
bool other_joins(int fd, const char *group, unsigned interface);
void other_sends(int fd, const char *ip, uint16_t port, const char *text);

/* What came to it. */
struct letter {
	bool came;
	char text[LETTER_TEXT_MAX];
	struct addr from;
	int ttl; /* hop limit */
};
struct letter other_reads(int fd);

/* Skips the test: some machines have no multicast on loopback. */
void need_groups(void);

#endif
