/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SNMP messages as an agent would write them, byte by byte, and what stands in ours. */
#ifndef TESTS_UNIT_SNMP_WIRE_H
#define TESTS_UNIT_SNMP_WIRE_H

#include "snmp/api.h"

/* Tags of RFC 2578 and RFC 3416. */
enum {
	TAG_INTEGER = 0x02,
	TAG_BITS = 0x03,
	TAG_TEXT = 0x04,
	TAG_NULL = 0x05,
	TAG_OID = 0x06,
	TAG_SEQUENCE = 0x30,
	TAG_ADDRESS = 0x40,
	TAG_COUNTER = 0x41,
	TAG_GAUGE = 0x42,
	TAG_TICKS = 0x43,
	TAG_OPAQUE = 0x44,
	TAG_COUNTER64 = 0x46,
	TAG_NO_OBJECT = 0x80,
	TAG_NO_INSTANCE = 0x81,
	TAG_END = 0x82,
	TAG_GET = 0xa0,
	TAG_RESPONSE = 0xa2,
	TAG_REPORT = 0xa8
};

enum { WIRE_MAX = 30000 };

struct ber {
	size_t n;
	char b[WIRE_MAX];
};

struct view ber_view(const struct ber *ber);
/* Each appends. */
void ber_put(struct ber *to, unsigned tag, struct view value);
void ber_int(struct ber *to, int64_t value);
void ber_raw(struct ber *to, struct view bytes);
/* What is in it becomes the content of one value. */
void ber_wrap(struct ber *ber, unsigned tag);
/* A variable; the OID in dots. */
void ber_var(struct ber *to, const char *oid, unsigned tag, struct view value);

/* A whole PDU of `vars`. */
struct agent_pdu {
	unsigned tag;
	int64_t id, error, index;
	const struct ber *vars;
};
void wire_v2c(struct ber *to, int64_t version, const char *community, const struct agent_pdu *pdu);

/* What an agent says of itself and of the message; flags: 1 auth, 2 priv. */
struct agent_v3 {
	int64_t version, message_id, flags, model;
	struct view engine, context_engine;
	int64_t boots, time;
	const char *user, *context;
	/* NULL, or a key for HMAC-SHA-1-96 (RFC 3414 7) */
	const char *key;
	struct agent_pdu pdu;
};
void wire_v3(struct ber *to, const struct agent_v3 *message);

/* One of our messages, read by rules of its own; fails the test when it is none. */
struct asked {
	int64_t version, message_id, flags, request_id, boots, time;
	struct view community, engine, user, auth, context_engine, context;
	unsigned tag;
	int64_t error, index;
	struct view vars;
};
struct asked wire_asked(struct view message);
/* Takes one value off the front; fails the test when there is none of that tag. */
struct view wire_take(struct view *from, unsigned tag);
/* The HMAC-SHA-1-96 that belongs into the message with its field blanked. */
void wire_digest(struct view message, struct view field, const char *key, char out[12]);

#endif
