/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ports that speak SLP, well or badly: the agent behind all of them, and how each one differs. */
#ifndef SIM_SLP_H
#define SIM_SLP_H

#include "sim_port.h"
#include "sim_sip.h"
#include "sim_slp_regs.h"

struct slp_peer {
	unsigned versions; /* SLP_V1, SLP_V2 */
	bool directory;
	bool dying; /* its boot time is 0 */
	bool authenticates;
	unsigned error; /* instead of any answer */
	enum regs_set set;
	const char *scopes; /* of all its registrations; NULL: as they are */
	bool replay;	    /* only what was recorded */

	/* What is wrong with its replies. */
	bool wrong_xid, wrong_call;
	int count_add;	/* to the number behind the error code: of URLs, types, bytes of a list */
	int length_add; /* to the length of the message */
	bool mandatory; /* version 2: with an extension that nobody knows */
	bool cut;	/* UDP: the first 1400 bytes of any size, the length as if whole */
	size_t trailing_bytes; /* UDP: behind the message */

	/* How they come. */
	unsigned after_ms;
	unsigned pace_ms;  /* TCP: one byte per so many ms */
	unsigned split_ms; /* TCP: so long between the halves */
	unsigned repeat;   /* UDP: how often; 0 is once */
	bool other_port, other_address;
};

struct slp_conf {
	const char *file;   /* of registrations; NULL: built in */
	const char *replay; /* folder of recorded messages; NULL: none */
	unsigned long boot; /* seconds since 1970 */
	FILE *trace;	    /* NULL: none; else a line for each message */
};

/* NULL after a message to standard error. */
struct slp *slp_new(const struct slp_conf *conf);
void slp_free(struct slp *slp);

void slp_on_datagram(struct slp *slp, const struct slp_peer *peer, const struct flow *flow,
		     struct span datagram);
/* Bytes used, or SIP_STREAM_BROKEN, as in sip_on_stream. */
size_t slp_on_stream(struct slp *slp, const struct slp_peer *peer, const struct flow *flow,
		     struct span bytes);

/* A DAAdvert to `flow`, now and each `every_ms`. */
void slp_announce(struct slp *slp, const struct flow *flow, unsigned every_ms);

extern const struct port slp_rows[];
extern const size_t slp_rows_n;
/* Where requests to many go; the first one also gets announcements. */
extern const char *const slp_groups[];
extern const size_t slp_groups_n;
/* What --slp, --slp-da and --slp-replay serve. */
extern const struct port slp_port_agent, slp_port_directory, slp_port_replay;

#endif
