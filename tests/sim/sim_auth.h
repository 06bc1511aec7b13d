/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digest challenges, and answers checked strictly: RFC 7616, RFC 8760, RFC 2069 without qop. */
#ifndef SIM_AUTH_H
#define SIM_AUTH_H

#include "sim_sip.h"

#define AUTH_SCHEME_MAX 3

struct auth_scheme {
	const char *algorithms[AUTH_SCHEME_MAX]; /* in the order offered; the last is demanded */
	bool proxy;				 /* 407 and the Proxy- headers */
	bool plain;				 /* neither qop nor algorithm is offered */
	bool stale;				 /* the first good answer gets stale=true */
};

struct auth *auth_new(void);
void auth_free(struct auth *auth);

/* The gate of behaviours with a scheme: true for a right answer, else it challenges or refuses. */
bool auth_gate(struct sip *sip, const struct flow *flow, const struct request *rq,
	       const struct behaviour *b);

#endif
