/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An SLP service agent, and directory agent when asked to be one: a request in, a reply out. */
#ifndef SIM_SLP_AGENT_H
#define SIM_SLP_AGENT_H

#include "sim_flow.h"
#include "sim_slp_regs.h"
#include "sim_slp_wire.h"

#define AGENT_UDP_MAX 1400 /* RFC 2608 section 6.1 */

enum { SLP_V1 = 1, SLP_V2 = 2, SLP_BOTH = 3 };

struct agent {
	unsigned versions; /* others get no answer */
	bool directory;
	bool authenticates; /* version 2: a block with each URL, list and advert */
	unsigned error;	    /* not 0: all that it answers */
	struct span scopes;
	bool everywhere; /* its registrations are in all of them */
	const struct regs *regs;
	unsigned long boot; /* seconds since 1970; 0: it goes down */
};

/*
 * `limit` is the size that a reply overflows at. False: no answer, as RFC 2608 wants for a group
 * that was asked, for previous responders, and for replies that nobody asked for.
 */
bool agent_answer(const struct agent *agent, const struct flow *flow, struct span message,
		  size_t limit, struct slp_out *out);

/* A DAAdvert that nobody asked for: XID 0 (RFC 2608 section 12.2). */
void agent_advertise(const struct agent *agent, const struct flow *flow, struct slp_out *out);

#endif
