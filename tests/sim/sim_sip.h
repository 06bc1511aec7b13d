/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SIP server: reads a request strictly and answers as the Request-URI's user part asks. */
#ifndef SIM_SIP_H
#define SIM_SIP_H

#include "sim_flow.h"

#include <stdint.h>
#include <stdio.h>

struct auth;
struct sip;

#define VIAS_MAX 16

struct request {
	struct span raw, method, uri, user;
	struct span via[VIAS_MAX]; /* header values in order */
	size_t vias;
	/* Parts of the top Via: "SIP/2.0/UDP", host:port, what follows, the values after a comma. */
	struct span via_protocol, via_sentby, via_params, via_rest;
	struct span branch;
	bool rport;
	struct span from, to, callid, cseq, max_forwards, content_length;
	struct span cseq_method, authorization, proxy_authorization;
	unsigned long cseq_number;
	unsigned long arg; /* the number in a user part like slow300 */
};

enum { OVER_UDP = 1, OVER_STREAM = 2, OVER_ALL = 3 };

struct behaviour {
	const char *name;
	unsigned transports;
	const char *about;
	struct span text; /* for reply_send */
	/* max > 0: the name has a number after it; `sample` shows one in lists. */
	unsigned long min, max, sample;
	/* When present it decides whether `text` goes out; it may answer by itself. */
	bool (*gate)(struct sip *sip, const struct flow *flow, const struct request *rq,
		     const struct behaviour *b);
	const struct auth_scheme *scheme;
};

/* NULL without memory. `trace` (may be NULL) gets each request's first line. */
struct sip *sip_new(FILE *trace);
void sip_free(struct sip *sip);
struct auth *sip_auth(struct sip *sip);

void sip_on_datagram(struct sip *sip, const struct flow *flow, struct span bytes);

#define SIP_STREAM_BROKEN SIZE_MAX
/* All unread bytes of a stream; returns how many are done with, or SIP_STREAM_BROKEN. */
size_t sip_on_stream(struct sip *sip, const struct flow *flow, struct span bytes);

/* `--list`: name TAB transports TAB description. */
void sip_list(FILE *out);

/* A line for `trace`, its control bytes replaced. */
void sip_trace(struct sip *sip, const char *label, struct span text);

#endif
