/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of slp_client: _ask.c says what to ask, slp_client.c when, _reply.c what came back. */
#ifndef PROTO_SLP_CLIENT_PRIVATE_H
#define PROTO_SLP_CLIENT_PRIVATE_H

#include "proto/slp_client.h"

/* All that can be asked has a number, from which its XID follows: rows of the plan first.  Adverts come
 * before the rest, because they name scopes. */
enum {
	SLP_QUESTION_SA = SLP_PLAN_MAX,
	SLP_QUESTION_DA,
	SLP_QUESTION_TYPES,
	SLP_QUESTION_SERVICES, /* of the first type, and so on */
	SLP_QUESTION_ATTRS = SLP_QUESTION_SERVICES + SLP_FOLLOW_TYPES_MAX,
	SLP_QUESTIONS = SLP_QUESTION_ATTRS + SLP_FOLLOW_TYPES_MAX,
};
_Static_assert((int)SLP_QUESTIONS <= (int)SLP_ASKS_MAX, "each question has room");

/* The next question to ask; SLP_QUESTIONS = none. */
unsigned slp_client_choose(const struct slp_client *client, const struct slp_client_arg *arg);
struct slp_asked slp_client_ask(const struct slp_client *client, const struct slp_client_arg *arg,
				unsigned question, bool stream);
/* The service type or URL that the ask is about. */
struct view slp_client_ask_type(const struct slp_client *client, const struct slp_client_arg *arg,
				const struct slp_asked *ask);
/* Each time the same bytes.  False, with nothing written, when they do not fit. */
bool slp_client_write(const struct slp_client *client, const struct slp_client_arg *arg,
		      const struct slp_asked *ask, struct wr *out);

/* One datagram or message of the peer. */
void slp_client_take(struct slp_client *client, const struct xio *io, struct view bytes);
/* The same when nothing more came in time. */
void slp_client_take_unread(struct slp_client *client);
/* The beginning of a message of a stream that never became whole. */
void slp_client_take_rest(struct slp_client *client, const struct xio *io, struct view rest);
/* The datagram in `io`, of somebody else. */
void slp_client_take_strange(struct slp_client *client, const struct xio *io);

#endif
