/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An SLP client driven by a test, which plays the engine and the agent by hand. */
#ifndef TESTS_UNIT_SLP_RIG_H
#define TESTS_UNIT_SLP_RIG_H

#include "proto/slp_client.h"

enum {
	RIG_MS = 1000,
	RIG_BEGAN_US = 7 * RIG_MS,
	RIG_XID = 0x1234,
	RIG_BYTES = 70000,
	RIG_REQUEST_MAX = 4096
};

#define RIG_SA "service:service-agent"
#define RIG_DA "service:directory-agent"

extern const struct addr RIG_AGENT;

struct rig {
	struct slp_client_arg arg;
	struct xio io;
	struct slp_client client;
	enum step step; /* of the last callback */
	char out[RIG_BYTES];
	char request[SLP_ASKS_MAX][RIG_REQUEST_MAX];
	/* The reply that a test is about to send; it may change its bytes. */
	char reply[RIG_BYTES];
	size_t reply_n;
	char unread[RIG_BYTES]; /* of a stream */
	size_t unread_n;
};

/* Types, service agent and directory agent in version 2, then types in version 1. */
void rig_init(struct rig *rig, bool stream);
void rig_plan(struct rig *rig, const struct slp_ask *plan, size_t count);
enum step rig_begin(struct rig *rig);
/* At io.wake_us. */
enum step rig_wake(struct rig *rig);
/* Until the exchange ends, or `most` times. */
unsigned rig_wake_all(struct rig *rig, unsigned most);
/* A datagram of io.from, or more bytes of the stream. */
enum step rig_receive(struct rig *rig, int64_t now_us, struct view bytes);
/* What the last callback sent. */
struct view rig_sent(const struct rig *rig);
/* The ask's request, which was the same at each send. */
struct view rig_request(const struct rig *rig, unsigned ask);
struct slp_msg rig_asked(const struct rig *rig, unsigned ask);

/* The kept texts, each with a semicolon behind it. */
void rig_assert_texts(const struct slp_texts *texts, const char *room, const char *wanted);

/* Messages of an agent. A comma separates the items. */
void wire_types(struct wr *w, uint8_t version, uint16_t xid, const char *types);
void wire_urls(struct wr *w, uint8_t version, uint16_t xid, uint16_t lifetime_s, const char *urls);
void wire_attrs(struct wr *w, uint8_t version, uint16_t xid, const char *attrs);
void wire_sa(struct wr *w, uint16_t xid, const char *scopes, const char *attrs);
/* Version 1 has neither boot time nor attributes. */
void wire_da(struct wr *w, uint8_t version, uint16_t xid, uint32_t boot_time, const char *scopes,
	     const char *attrs);
void wire_error(struct wr *w, uint8_t version, enum slp_function function, uint16_t xid,
		uint16_t error);

/* The right reply to the ask, in rig->reply: two types, one service of 300 s, one attribute list, or an
 * advert with scope DEFAULT. */
struct view rig_reply(struct rig *rig, unsigned ask);
struct view rig_reply_error(struct rig *rig, unsigned ask, uint16_t error);
/* Sends rig_reply at once. */
enum step rig_answer(struct rig *rig, int64_t now_us, unsigned ask);

#endif
