/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes back to slp_client: whether it is an answer, and what is kept of it. */
#include "proto/slp_client_private.h"

/* MIBenum of IANA; the first one is what we ask in, and the second holds it. */
enum { US_ASCII = 3, UTF_8 = 106 };

static struct slp_asked *find_ask(struct slp_client *client, uint16_t xid)
{
	for (unsigned i = 0; i < client->asks; i++)
		if (client->asked[i].xid == xid && client->asked[i].sends > 0)
			return &client->asked[i];
	return NULL;
}

static bool is_error(const struct slp_msg *msg)
{
	return msg->has_error && msg->error != 0;
}

/* RFC 2608 7: who does not speak the version of a request says so in his own. */
static bool is_version_refusal(const struct slp_msg *msg)
{
	return msg->version == 2 && is_error(msg) && msg->error == SLP_VER_NOT_SUPPORTED;
}

/* Why a message with the ask's XID does not answer it; NULL = it does. */
static const char *why_no_answer(const struct slp_client *client, const struct slp_client_arg *arg,
				 const struct slp_asked *ask, const struct slp_msg *msg)
{
	struct view language = arg->language.n > 0 ? arg->language : VIEW("en");

	if (is_version_refusal(msg))
		return NULL;
	if (msg->version != ask->version)
		return "its version is not that of the request";
	if (!slp_is_answer(msg, (enum slp_function)ask->function,
			   slp_client_ask_type(client, arg, ask)))
		return "its function does not answer the request";
	if (msg->mandatory != 0)
		return "it has a mandatory extension that is not known";
	if (msg->version == 1 && msg->encoding != US_ASCII && msg->encoding != UTF_8)
		return "its character encoding is not that of the request";
	if (!view_ieq(msg->language, language))
		return "its language is not that of the request";
	return NULL;
}

/* The ask that a message answers; NULL = none, and why. */
static struct slp_asked *find_answered(struct slp_client *client, const struct slp_client_arg *arg,
				       const struct slp_msg *msg, const char **why)
{
	struct slp_asked *ask = find_ask(client, msg->xid);

	*why = "its XID is that of no request";
	if (ask == NULL)
		return NULL;
	*why = why_no_answer(client, arg, ask, msg);
	return *why == NULL ? ask : NULL;
}

static bool is_truncated(enum slp_reading reading, const struct slp_msg *msg)
{
	return reading == SLP_CUT || (msg->flags & SLP_FLAG_OVERFLOW) != 0;
}

static int64_t round_trip_us(const struct slp_client *client, const struct slp_asked *ask,
			     const struct xio *io)
{
	int64_t us = io->now_us - (io->stream ? client->start_us : ask->first_us);

	return us > 0 ? us : 1;
}

static void take_error(struct slp_client *client, const struct xio *io, struct slp_asked *ask,
		       const struct slp_msg *msg)
{
	if (ask->answered)
		return;
	ask->answered = true;
	slp_findings_error(&client->found, msg);
	if (client->round_trip_us == 0)
		client->round_trip_us = round_trip_us(client, ask, io);
}

static void take_valid(struct slp_client *client, const struct xio *io, struct slp_asked *ask,
		       const struct slp_msg *msg)
{
	const struct slp_client_arg *arg = io->arg;

	ask->answered = true;
	ask->told = true;
	if (slp_type_is_agent(slp_client_ask_type(client, arg, ask)))
		slp_findings_add_agents(&client->found, msg, &arg->wishes);
	else
		slp_findings_add(&client->found, msg, &arg->wishes);
	if (client->found.valid == 1)
		client->round_trip_us = round_trip_us(client, ask, io);
}

static void take_truncated(struct slp_client *client, const struct xio *io, struct slp_asked *ask,
			   const struct slp_msg *msg)
{
	const struct slp_client_arg *arg = io->arg;

	ask->told = true;
	slp_findings_truncated(&client->found, msg, &arg->wishes);
	client->overflowed = !io->stream;
}

/* An answer that may be an error, cut, or a repetition. */
static void take_answer(struct slp_client *client, const struct xio *io, struct slp_asked *ask,
			const struct slp_msg *msg, enum slp_reading reading)
{
	ask->over = true;
	if (ask->told)
		return;
	if (is_error(msg))
		take_error(client, io, ask, msg);
	else if (is_truncated(reading, msg))
		take_truncated(client, io, ask, msg);
	else
		take_valid(client, io, ask, msg);
}

static void count_reply(struct slp_client *client, uint16_t xid, size_t bytes)
{
	struct slp_asked *ask = find_ask(client, xid);

	client->received++;
	if (ask == NULL)
		return;
	ask->replies++;
	ask->reply_bytes += bytes;
}

void slp_client_take(struct slp_client *client, const struct xio *io, struct view bytes)
{
	struct slp_msg msg;
	enum slp_reading reading = slp_decode(bytes, &msg);
	const char *why = msg.why;
	struct slp_asked *ask = NULL;

	count_reply(client, msg.xid, bytes.n);
	if (reading == SLP_FOREIGN) {
		slp_findings_foreign(&client->found, bytes);
		return;
	}
	/* an echo service sends our own back */
	if (reading == SLP_WHOLE && slp_is_request(&msg) && find_ask(client, msg.xid) != NULL) {
		client->found.echoes++;
		slp_findings_foreign(&client->found, bytes);
		return;
	}
	if (reading != SLP_BROKEN)
		ask = find_answered(client, io->arg, &msg, &why);
	if (ask != NULL)
		take_answer(client, io, ask, &msg, reading);
	else
		slp_findings_suspect(&client->found, why, bytes);
}

/* Less than a header may be anything. */
static void count_unread(struct slp_client *client, struct view rest)
{
	if (client->unread >= SLP_V1_HEADER_BYTES)
		client->found.truncated++;
	else
		slp_findings_foreign(&client->found, rest);
}

void slp_client_take_strange(struct slp_client *client, const struct xio *io)
{
	struct slp_msg msg;
	const char *why;

	if (client->unsolicited++ == 0)
		client->stranger = *io->from;
	if (slp_decode(io->in, &msg) == SLP_WHOLE && !is_error(&msg) &&
	    !is_truncated(SLP_WHOLE, &msg) && find_answered(client, io->arg, &msg, &why) != NULL)
		client->unsolicited_slp++;
}

void slp_client_take_rest(struct slp_client *client, const struct xio *io, struct view rest)
{
	const struct slp_client_arg *arg = io->arg;
	struct slp_msg msg;
	const char *why;

	client->received++;
	if (slp_decode(rest, &msg) == SLP_CUT && find_answered(client, arg, &msg, &why) != NULL)
		slp_findings_truncated(&client->found, &msg, &arg->wishes);
	else
		count_unread(client, rest);
}

void slp_client_take_unread(struct slp_client *client)
{
	client->received++;
	count_unread(client, (struct view){ "", 0 });
}
