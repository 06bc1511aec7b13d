/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages of the Service Location Protocol, version 1 (RFC 2165) and 2 (RFC 2608): a decoder of
 * whatever comes, and an encoder of the three requests that change nothing at the peer.  There is none
 * for registrations, on purpose.
 *
 * Nothing is copied: the views of a decoded message point into the bytes it was read from.
 */
#ifndef PROTO_SLP_H
#define PROTO_SLP_H

#include "base/bytes.h"

/* RFC 2608 8, 10; RFC 2165 4.  SAAdvert is version 2 only. */
enum slp_function {
	SLP_SRV_RQST = 1,
	SLP_SRV_RPLY = 2,
	SLP_SRV_REG = 3,
	SLP_SRV_DEREG = 4,
	SLP_SRV_ACK = 5,
	SLP_ATTR_RQST = 6,
	SLP_ATTR_RPLY = 7,
	SLP_DA_ADVERT = 8,
	SLP_SRV_TYPE_RQST = 9,
	SLP_SRV_TYPE_RPLY = 10,
	SLP_SA_ADVERT = 11,
};

/* RFC 2608 8 */
enum { SLP_FLAG_OVERFLOW = 0x8000, SLP_FLAG_MULTICAST = 0x2000 };
/* RFC 2165 4; shifted to the place of the flags of version 2. */
enum { SLP_V1_FLAG_URL_AUTH = 0x2000, SLP_V1_FLAG_ATTR_AUTH = 0x1000 };

/* Error codes of RFC 2608 7 that mean something to a caller. */
enum { SLP_SCOPE_NOT_SUPPORTED = 4, SLP_VER_NOT_SUPPORTED = 9, SLP_INTERNAL_ERROR = 10 };

enum { SLP_V1_HEADER_BYTES = 12, SLP_V2_HEADER_BYTES = 14, SLP_V1_MESSAGE_MAX = 65535 };

enum slp_reading {
	SLP_WHOLE, /* a message whose parts fit its header */
	/* Begins well, but is longer than the bytes, or its fields run out and the overflow flag says
	 * why. What is there is decoded; a list without its end stops before its last comma. */
	SLP_CUT,
	SLP_BROKEN,  /* version and function of SLP, but parts that do not fit: see `why` */
	SLP_FOREIGN, /* another version or function, or no room for the length: no SLP */
};

/* Items of a reply: URL entries or service types, in the encoding of their version. */
struct slp_items {
	struct view rest;
	uint8_t version;
	bool types;	 /* else URL entries */
	bool url_auth;	 /* version 1: an authentication block follows each URL */
	unsigned stated; /* how many more the reply claims; version 2 types: not used */
};

struct slp_msg {
	uint8_t version, function;
	size_t length;	 /* as the header says, itself included */
	size_t trailing; /* bytes behind it; never looked at */
	uint16_t flags;	 /* at the places of version 2 */
	uint16_t xid;
	uint16_t encoding; /* version 1: IANA MIBenum; 0 in version 2 */
	struct view language;
	/* A mandatory extension (0x4000-0x7FFF) that we do not know: the reply must be discarded (RFC
	 * 2608 9.1). 0 = none. */
	uint16_t mandatory;
	bool has_error; /* replies other than SAAdvert */
	uint16_t error;
	unsigned stated; /* URL entries, or types of version 1, that the reply claims to hold */
	struct slp_items items; /* SrvRply, SrvTypeRply */
	struct view url; /* DAAdvert, SAAdvert, SrvReg, SrvDeReg; AttrRqst: what is asked about */
	struct view scopes;	/* wherever there are some, except SrvRqst of version 1 */
	struct view attributes; /* AttrRply, DAAdvert, SAAdvert, SrvReg */
	struct view type;     /* SrvReg; SrvRqst: service type, in version 1 the whole predicate */
	struct view previous; /* requests: the previous responders */
	uint32_t boot_time;   /* DAAdvert of version 2: seconds since 1970; 0 = it goes down */
	unsigned auth_blocks; /* all that were skipped */
	const char *why;      /* SLP_BROKEN, SLP_CUT: a clause, constant */
};

/* One datagram, or one message of a stream and what follows it.  Behind an error code that is not 0
 * nothing is decoded (RFC 2608 7: nothing is to be expected there), except extensions. */
enum slp_reading slp_decode(struct view bytes, struct slp_msg *out);

/* How long the message is that a stream begins with: 0 = more bytes are needed to tell, SIZE_MAX = no
 * SLP message can begin like this. At most `max` bytes, else SIZE_MAX. */
size_t slp_stream_length(struct view bytes, size_t max);

struct slp_url {
	uint16_t lifetime_s;
	struct view url;
	unsigned auth_blocks;
};

/* The next item; false at the end, and where the rest cannot be read. Version 2: no empty types. */
bool slp_next_url(struct slp_items *items, struct slp_url *out);
bool slp_next_type(struct slp_items *items, struct view *out);

/* Asks for services, attributes or types. */
bool slp_is_request(const struct slp_msg *msg);

/* Whether the function of `reply` can answer a request; SAAdvert and DAAdvert answer a SrvRqst for the
 * type of that name only, and an error may come as SrvRply too. */
bool slp_is_answer(const struct slp_msg *reply, enum slp_function request, struct view type);

struct slp_query {
	uint8_t version;	    /* 1, 2 */
	enum slp_function function; /* SLP_SRV_RQST, SLP_ATTR_RQST, SLP_SRV_TYPE_RQST */
	uint16_t xid;
	bool multicast;	       /* version 2: sets the flag */
	struct view language;  /* empty: "en" */
	struct view previous;  /* comma list of IPv4 addresses; only for groups */
	struct view type;      /* SrvRqst: service type; AttrRqst: URL or service type */
	struct view scopes;    /* empty = none */
	struct view predicate; /* SrvRqst: LDAPv3 filter, version 1 where-clause */
	struct view tags;      /* AttrRqst: attribute names, comma list; empty = all */
	bool one_authority;    /* SrvTypeRqst: only types of `authority`, else of all */
	struct view authority; /* "" = IANA */
};

/* Letters, digits and "-", in version 1 two letters; empty stands for "en". */
bool slp_is_language(uint8_t version, struct view tag);

/* Version 1 asks in US-ASCII. False, with nothing written, when a part is longer than its length field
 * allows, `language` is no tag (version 1: two letters), the writer is too small (it is then `full`),
 * or version or function is none of these. */
bool wr_slp_query(struct wr *w, const struct slp_query *query);

/* "SrvTypeRqst"; NULL for what no RFC knows. */
const char *slp_function_name(uint8_t version, uint8_t function);
/* "SCOPE_NOT_SUPPORTED"; 5 means other things in version 1 than in 2. NULL for what is not defined. */
const char *slp_error_name(uint8_t version, uint16_t error);

#endif
