/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client transaction driven by a test: what it sends is kept, what it gets is made from that. */
#ifndef TESTS_UNIT_SIP_RIG_H
#define TESTS_UNIT_SIP_RIG_H

#include "base/text.h"
#include "proto/sip_client.h"

extern const struct addr RIG_PEER;

/* A probe with what it last sent. */
struct rig {
	struct sip_profile profile;
	struct sip_client_arg arg;
	struct xio io;
	const struct exchange_ops *ops;
	unsigned sends;
	char out[4096];
	_Alignas(16) char state[8192];
};

/* One request to RIG_PEER, no credentials. */
void rig_init(struct rig *rig, bool stream);
const struct sip_client *rig_client(const struct rig *rig);
struct view rig_sent(const struct rig *rig);
enum step rig_step(struct rig *rig, enum step (*op)(void *, struct xio *), int64_t now_us);
/* At 1 ms. */
enum step rig_begin(struct rig *rig);
enum step rig_receive(struct rig *rig, int64_t now_us, const char *bytes, size_t n);
/* The value of a header of a message, or empty. */
struct view rig_header(struct view message, const char *name);
/* A right answer to `request`; `extra` are header lines. */
void rig_write_answer(struct wr *w, struct view request, const char *status, const char *extra);
/* To what was sent last. */
enum step rig_answer(struct rig *rig, int64_t now_us, const char *status, const char *extra);
/* A right answer with one part replaced. */
enum step rig_answer_changed(struct rig *rig, const char *old, const char *new_text);

#endif
