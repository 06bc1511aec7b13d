/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A conversation with one SNMP agent whose session does as a test says. */
#ifndef UNIT_SNMP_RIG_H
#define UNIT_SNMP_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "snmp/client.h"

enum { MS = 1000, BEGAN_US = 7 * MS, RETRY_US = 400 * MS, OUT_BYTES = 64, RANDOMS_MAX = 8 };

struct rig {
	struct snmp_credentials credentials; /* first: by it a session finds its rig */
	struct snmp_client_arg arg;
	uint64_t entropy[4];
	struct xio io;
	struct snmp_client client;
	char out[OUT_BYTES];

	unsigned asks;			     /* `next` has this many requests */
	unsigned next_calls;		     /* so far; the number of the request under way */
	int64_t last_error;		     /* of the last reply */
	const char *no_session, *no_request; /* clauses; NULL = it works */
	bool no_bytes;			     /* the request is written, but empty */
	unsigned receives, sessions;
	uint64_t random[RANDOMS_MAX];
};

extern const struct addr snmp_rig_peer;

/* cmocka's setup and teardown: one request, two retries; whatever came before, nothing may be left. */
int rig_new(void **state);
int rig_free(void **state);
/* The conversation from the start, with a state that is released already. */
void rig_again(struct rig *rig);
enum step begin(struct rig *rig);
/* When the exchange wanted to be woken, or at another time. */
enum step wake(struct rig *rig);
enum step wake_at(struct rig *rig, int64_t now_us);
/*
 * "reply N" answers the request N, with error-status N; "send TEXT" and "report TEXT" do as they say;
 * all else is nothing. The request N is sent as "ask N".
 */
enum step receive(struct rig *rig, int64_t now_us, const char *datagram);
void check_sent(const struct rig *rig, const char *bytes);
/* Nothing is sent then. */
void check_end(const struct rig *rig, enum snmp_client_end end, const char *why);

#endif
