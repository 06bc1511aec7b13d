/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a target to all the addresses its name has: for checks that ask each of them. */
#ifndef CHECK_ADDRESSES_H
#define CHECK_ADDRESSES_H

#include "check/program.h"
#include "report/result.h"

/* Which addresses of a name must be as expected; the choices of --addresses in this order. */
enum addresses { ADDRESSES_ALL, ADDRESSES_ANY, ADDRESSES_IPV4, ADDRESSES_IPV6 };
extern const char *const addresses_choices[];

/* Narrows -4 and -6 as --addresses says. False when they contradict. */
bool addresses_apply(enum addresses addresses, struct common *common);

struct addresses_found {
	const char *why;	     /* a foreign clause when there are none, else NULL */
	const struct endpoint *list; /* lives as long as engine and common do; port 0 */
	size_t count;
	int64_t dns_us; /* -1 without a lookup */
};

typedef void addresses_fn(void *arg, const struct addresses_found *found);

/* Calls back exactly once, for a numeric address before it returns. `*port` is set before that, to 0
 * when the target names none; NULL for programs that take no port there. False with a clause, and
 * nothing asked, for what is no such target or an address of the other family. */
bool addresses_find(struct engine *engine, struct common *common, const struct target *target,
		    uint16_t *port, addresses_fn *found, void *arg, struct opt_error *error);

/* "pbx: dns: no such name" as the result's sentence. */
void addresses_say_dns(struct report *report, struct result *result, const char *name,
		       const char *why);
/* --addresses any: one fine address of several makes the target's result OK. */
void addresses_say_any(struct report *report, struct result *result, const char *name,
		       unsigned fine, unsigned all);

#endif
