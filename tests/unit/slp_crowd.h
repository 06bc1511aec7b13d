/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The asker of an SLP group driven by a test, which plays the engine and the agents by hand; messages
 * come from slp_rig.h. */
#ifndef TESTS_UNIT_SLP_CROWD_H
#define TESTS_UNIT_SLP_CROWD_H

#include "proto/slp_group.h"

#include "slp_rig.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))
#define DIVA "service:diva.eicon"

struct crowd {
	struct slp_group_arg arg;
	uint64_t entropy[4]; /* gives RIG_XID */
	struct xio io;
	struct slp_group group;
	enum step step; /* of the last callback */
	char out[2048], wire[1024];
	struct wr w; /* over `wire`: the message that a test is about to send */
};

/* Asks in version 2, in scope DEFAULT. */
void crowd_init(struct crowd *crowd, enum slp_function function, const char *type);
enum step crowd_begin(struct crowd *crowd);
/* At io.wake_us. */
enum step crowd_wake(struct crowd *crowd);
/* What the last callback sent, and whether its list of previous responders is this one. */
struct slp_msg crowd_sent(const struct crowd *crowd);
bool crowd_listed(const struct crowd *crowd, const char *list);

/* 10.44.0.0 and so many more; port 1440. */
struct addr host(uint32_t number);
struct addr addr_of(const char *ip);

/* The message in `w`, one microsecond after the last callback. */
void crowd_hear(struct crowd *crowd, struct addr from);
/* A right reply to a request for DIVA: one service. */
void crowd_put_diva(struct crowd *crowd, uint16_t xid);
void crowd_hear_diva(struct crowd *crowd, struct addr from);

#endif
