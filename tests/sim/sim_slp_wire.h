/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of SLP messages, version 1 (RFC 2165) and 2 (RFC 2608): a bounded reader and a writer. */
#ifndef SIM_SLP_WIRE_H
#define SIM_SLP_WIRE_H

#include "sim_text.h"

#include <stdint.h>

enum slp_call {
	CALL_SRV_RQST = 1,
	CALL_SRV_RPLY = 2,
	CALL_SRV_REG = 3,
	CALL_SRV_DEREG = 4,
	CALL_SRV_ACK = 5,
	CALL_ATTR_RQST = 6,
	CALL_ATTR_RPLY = 7,
	CALL_DA_ADVERT = 8,
	CALL_TYPE_RQST = 9,
	CALL_TYPE_RPLY = 10,
	CALL_SA_ADVERT = 11,
};

/* RFC 2608 section 7; RFC 2165 section 23 calls 5 CHARSET_NOT_UNDERSTOOD. */
enum slp_code {
	CODE_OK = 0,
	CODE_PARSE = 2,
	CODE_SCOPE = 4,
	CODE_AUTH_UNKNOWN = 5,
	CODE_CHARSET = 5,
	CODE_VERSION = 9,
	CODE_OPTION = 12,
	CODE_NOT_SUPPORTED = 14,
};

/* Version 1 has its flags in one byte; here they stand as the upper one of two. */
#define WIRE_OVERFLOW 0x8000U
#define WIRE_V1_MONOLINGUAL 0x4000U
#define WIRE_MCAST 0x2000U

#define WIRE_V1_HEADER 12
#define WIRE_V2_HEADER 14
#define WIRE_XID_AT 10 /* of both versions */
#define WIRE_TCP_MAX ((size_t)1 << 20)

/* Reads past the end give zeros and set `bad`. */
struct slp_in {
	struct span rest;
	bool bad;
};

unsigned in_number(struct slp_in *in, size_t bytes);
struct span in_bytes(struct slp_in *in, size_t n);
/* Bytes behind a length of 16 bits. */
struct span in_string(struct slp_in *in);

struct slp_head {
	unsigned version, call, flags, xid;
	unsigned encoding; /* version 1: MIBenum */
	struct span language;
	size_t length;	   /* as stated */
	size_t extensions; /* offset of the first one; 0: none */
	size_t bytes;	   /* of the header itself */
};

/* False when the bytes end before the header does. */
bool head_read(struct span message, struct slp_head *head);
/* "SrvRqst"; "?" for a number without a name. */
const char *call_name(unsigned call);

/* A message that grows up to `limit` bytes; what no longer fits sets `overflow`. */
struct slp_out {
	struct buf buf;
	size_t limit;
	unsigned version;
	bool overflow;
};

void out_number(struct slp_out *out, size_t bytes, unsigned long value);
void out_bytes(struct slp_out *out, struct span s);
void out_string(struct slp_out *out, struct span s);
void out_patch(struct slp_out *out, size_t at, size_t bytes, unsigned long value);
/* Whether `n` more bytes fit the limit; else the message has overflowed. */
bool out_room(struct slp_out *out, size_t n);

/* Version, language and XID as in the request. */
void out_begin(struct slp_out *out, const struct slp_head *request, unsigned call);
/* Fills in length and overflow flag. */
void out_end(struct slp_out *out);
size_t out_header(const struct slp_out *out);

#endif
