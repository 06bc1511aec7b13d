/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of an SLP agent from the messages it sent: facts without opinion, bounded.  Lists keep
 * what they have room for and count the rest; wishes are compared with each message as it comes, so
 * that they see everything.
 */
#ifndef PROTO_SLP_FINDINGS_H
#define PROTO_SLP_FINDINGS_H

#include "base/addr.h"
#include "proto/slp.h"
#include "proto/slp_attr.h"

enum {
	SLP_WISHES_MAX = 32,
	SLP_TYPES_BYTES = 2048,
	SLP_URLS_BYTES = 2048,
	SLP_ATTRS_BYTES = 2048,
	SLP_SCOPES_BYTES = 256,
	SLP_PEEK = 16,
};

/* What the replies should hold, up to SLP_WISHES_MAX of each; borrowed, the same for a whole run. */
struct slp_wishes {
	const struct view *type; /* required service types */
	size_t types;
	const struct slp_wish *attr;
	size_t attrs;
};

/* Distinct texts that are not empty, each behind its length in two bytes; walk them with
 * slp_texts_next. */
struct slp_texts {
	unsigned seen; /* all different ones; what was not kept counts each time that it comes */
	unsigned kept;
	bool clipped; /* some were not kept */
	uint16_t n;   /* bytes in use of the room */
};

struct slp_findings {
	/* Valid replies: to a request of ours, whole, without error code. */
	unsigned valid;
	bool v1, v2, sa, da;			    /* versions that gave one; adverts seen */
	bool types_told, services_told, attrs_told; /* a valid reply of that kind came */
	/* Other things that the peer sent. */
	unsigned errors, truncated, suspects, foreign;
	unsigned echoes;       /* of the foreign ones: our own requests */
	bool errors_v1;	       /* an error or cut reply in version 1 */
	uint8_t error_version; /* of the first error reply */
	uint16_t error;
	const char *suspect_why;   /* of the first one, constant */
	uint8_t peek_n, suspect_n; /* how the first foreign and the first suspect datagram begin */
	char peek[SLP_PEEK], suspect[SLP_PEEK];
	size_t foreign_bytes;  /* length of that first foreign one */
	size_t trailing_bytes; /* the most seen behind one message */
	unsigned auth_blocks;
	uint32_t boot_time; /* of the last DAAdvert of version 2 */
	bool has_boot_time;
	unsigned services; /* URL entries in the replies to service requests, adverts apart */
	bool has_lifetime;
	uint16_t min_lifetime_s; /* the shortest of them */
	/* Bit i: wish i is fulfilled. A type is, by one listed or by the URL of a service, and by a concrete
	 * type of it too: service:printer by service:printer:lpr.  Those about attributes are about one
	 * service: these are the ones of the attribute list that fulfils the most. */
	uint32_t types_met, attrs_met;
	struct slp_texts types, urls, attrs, scopes;
	char types_room[SLP_TYPES_BYTES], urls_room[SLP_URLS_BYTES];
	char attrs_room[SLP_ATTRS_BYTES]; /* whole attribute lists */
	char scopes_room[SLP_SCOPES_BYTES];
};

/* Adds a valid message (the caller has matched it with its request). */
void slp_findings_add(struct slp_findings *f, const struct slp_msg *msg,
		      const struct slp_wishes *wishes);
/* The same for the answer to a request for agents (see slp_type_is_agent): URLs that a SrvRply holds
 * are agents then, not services, and it says nothing about services. */
void slp_findings_add_agents(struct slp_findings *f, const struct slp_msg *msg,
			     const struct slp_wishes *wishes);
/* Adds what there is of a message that was cut; it is not valid and tells nothing. */
void slp_findings_truncated(struct slp_findings *f, const struct slp_msg *msg,
			    const struct slp_wishes *wishes);
/* Counts what is not valid. */
void slp_findings_error(struct slp_findings *f, const struct slp_msg *msg);
void slp_findings_suspect(struct slp_findings *f, const char *why, struct view bytes);
void slp_findings_foreign(struct slp_findings *f, struct view bytes);

/* "service:service-agent", "service:directory-agent", with or without the first word. */
bool slp_type_is_agent(struct view type);

/* Adds a text unless it is there already. `room` is the list's own. */
void slp_texts_add(struct slp_texts *texts, char *room, size_t room_bytes, struct view text);
/* The text at *at (begin with 0), which moves on; false behind the last kept one. */
bool slp_texts_next(const struct slp_texts *texts, const char *room, size_t *at, struct view *out);

#endif
