/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A conversation with one SNMP agent over UDP as an exchange: a request, its reply, the next request
 * ... until the caller has no more to ask. It knows nothing of what the OIDs mean.
 *
 * One request is under way at a time, sent again while no answer comes. Whether a datagram answers it
 * is the session's judgement (see api.h); what comes from another address or port than the asked one
 * is not even shown to it. Any number of these run in one engine; an agent that is down delays no
 * other.
 *
 * The one exchange that allocates: the session and the message under way live outside the state, so
 * each one that was started needs snmp_client_close.
 */
#ifndef SNMP_CLIENT_H
#define SNMP_CLIENT_H

#include "proto/exchange.h"
#include "snmp/api.h"

/* Outlives the exchange. */
struct snmp_client_arg {
	const struct snmp_api *api;
	const struct snmp_credentials *credentials;
	/* Fills `request` (a GET of no OIDs) with what to ask next; false ends the exchange. `reply` is
	 * NULL at the first call. */
	bool (*next)(void *ctx, const struct snmp_reply *reply, struct snmp_request *request);
	void *ctx;
	/* A message is sent up to 1 + `retries` times, `retry_us` apart; when nothing came `retry_us`
	 * after the last the exchange ends as SNMP_END_SILENT. What the session sends instead of it
	 * (SNMP_GOT_SEND) has tries of its own. */
	unsigned retries;
	int64_t retry_us;
	unsigned requests_max; /* more end it as SNMP_END_ENDLESS; 0 = no limit */
};

/* How often the session may replace the message of one request: an agent tells its engine and its
 * time, and tells them again after a restart (RFC 3414 3.2, 4). */
enum { SNMP_REPLACED_MAX = 4 };

enum snmp_client_end {
	SNMP_END_OPEN,	  /* it has not ended by itself: see the trace */
	SNMP_END_DONE,	  /* `next` had no more to ask */
	SNMP_END_SILENT,  /* no answer to a request */
	SNMP_END_REFUSED, /* the agent's report, or our own session: `why` */
	SNMP_END_ENDLESS,
};

enum { SNMP_WHY_MAX = 160 };

/* Findings. */
struct snmp_client {
	enum snmp_client_end end;
	char why[SNMP_WHY_MAX];	 /* a clause; may hold foreign bytes */
	unsigned sent, received; /* datagrams; those received count also when they are no answer */
	unsigned answered;	 /* requests */
	unsigned foreign;	 /* datagrams that answered nothing */
	/* From the first datagram sent to the first that the session took, be it only the agent's
	 * engine or a report; 0 = none. */
	int64_t first_us;
	uint8_t engine_n; /* the agent's engine id */
	char engine[SNMP_ENGINE_MAX];

	/* private */
	const struct snmp_api *api;
	struct snmp_session *session;
	char *message; /* what is sent again */
	size_t message_n;
	unsigned tries;	   /* of the message */
	unsigned replaced; /* messages of the request */
	int64_t began_us, wake_us;
};

extern const struct exchange_ops snmp_client_ops;

/* Releases the session and wipes the message, which may hold the community; once, in the engine's
 * `done`, when the findings have been read. A zeroed state is fine. */
void snmp_client_close(const struct snmp_client *client);

#endif
