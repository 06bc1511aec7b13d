/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When something is sent and until when it is waited for; see slp_client.h. */
#include "proto/slp_client.h"

#include "proto/slp_client_private.h"

#include <assert.h>

/* From the first send on. */
static const int64_t SEND_AT_US[SLP_SENDS] = { 0, 500000, 1250000 };

static bool any_open(const struct slp_client *client)
{
	for (unsigned i = 0; i < client->asks; i++)
		if (!client->asked[i].over)
			return true;
	return false;
}

/* When the ask is sent again or given up. */
static int64_t due_us(const struct slp_asked *ask, bool stream)
{
	if (stream)
		return ask->last_us + SLP_STREAM_WAIT_US;
	return ask->sends < SLP_SENDS ? ask->first_us + SEND_AT_US[ask->sends]
				      : ask->last_us + SLP_LAST_WAIT_US;
}

/* The open ask that is due first; NULL = none is open. */
static struct slp_asked *first_due(struct slp_client *client, bool stream)
{
	struct slp_asked *first = NULL;

	for (unsigned i = 0; i < client->asks; i++) {
		struct slp_asked *ask = &client->asked[i];
		if (!ask->over && (first == NULL || due_us(ask, stream) < due_us(first, stream)))
			first = ask;
	}
	return first;
}

/* Turns from the plan to what is wanted beyond it, when it is time. */
static void follow(struct slp_client *client, const struct slp_client_arg *arg)
{
	bool plan_over = !arg->all || (client->next >= arg->plan_count && !any_open(client));

	if (client->following || client->found.valid == 0 || !plan_over)
		return;
	for (unsigned i = 0; i < client->asks; i++)
		client->asked[i].over = true;
	client->following = true;
	client->next = SLP_PLAN_MAX;
	client->want = arg->want;
	if (client->found.services_told)
		client->want &= ~(unsigned)SLP_WANT_SERVICES;
	if (client->found.attrs_told)
		client->want &= ~(unsigned)SLP_WANT_ATTRS;
}

static void send_ask(struct slp_client *client, struct xio *io, struct slp_asked *ask)
{
	struct wr out = io->out;

	if (!io->stream && out.cap > SLP_REQUEST_MAX)
		out.cap = SLP_REQUEST_MAX;
	if (!slp_client_write(client, io->arg, ask, &out)) {
		client->too_big = true;
		ask->over = true;
		return;
	}
	io->out.n = out.n;
	if (ask->sends++ == 0)
		ask->first_us = io->now_us;
	else
		client->retries++;
	ask->last_us = io->now_us;
	ask->request_bytes = (uint32_t)out.n;
	client->sent++;
	client->request_bytes += out.n;
}

static void begin_ask(struct slp_client *client, struct xio *io, unsigned question)
{
	struct slp_asked *ask = &client->asked[client->asks++];

	*ask = slp_client_ask(client, io->arg, question, io->stream);
	client->next = question + 1;
	send_ask(client, io, ask);
	if (!ask->over)
		client->next_us += SLP_STAGGER_US;
}

/* Over UDP the asks of the plan overlap, all others wait for each other. */
static bool may_begin(const struct slp_client *client, const struct xio *io)
{
	if (!io->stream && !client->following)
		return io->now_us >= client->next_us;
	return !any_open(client);
}

/* Does one thing that is due; false when nothing is. */
static bool do_next(struct slp_client *client, struct xio *io)
{
	struct slp_asked *ask = first_due(client, io->stream);
	unsigned question = slp_client_choose(client, io->arg);

	if (ask != NULL && due_us(ask, io->stream) <= io->now_us) {
		if (io->stream || ask->sends == SLP_SENDS)
			ask->over = true;
		else
			send_ask(client, io, ask);
		return true;
	}
	if (question == SLP_QUESTIONS || !may_begin(client, io))
		return false;
	begin_ask(client, io, question);
	return true;
}

/* When there is something to do; 0 = never. */
static int64_t next_wake_us(struct slp_client *client, const struct xio *io)
{
	const struct slp_asked *ask = first_due(client, io->stream);
	bool staggered = !io->stream && !client->following &&
			 slp_client_choose(client, io->arg) != SLP_QUESTIONS;

	if (staggered && (ask == NULL || client->next_us < due_us(ask, io->stream)))
		return client->next_us;
	return ask != NULL ? due_us(ask, io->stream) : 0;
}

/* At most one request leaves in a callback: `out` is one datagram. */
static enum step go_on(struct slp_client *client, struct xio *io)
{
	do
		follow(client, io->arg);
	while (io->out.n == 0 && do_next(client, io));
	client->wake_us = next_wake_us(client, io);
	return client->wake_us != 0 ? STEP_MORE : STEP_DONE;
}

/* Goes on listening behind the end of the exchange. */
static enum step linger(struct slp_client *client, const struct xio *io)
{
	const struct slp_client_arg *arg = io->arg;

	if (arg->linger_us <= 0 || io->closed)
		return STEP_DONE;
	client->linger_until_us = io->now_us + arg->linger_us;
	client->wake_us = client->linger_until_us;
	return STEP_MORE;
}

static enum step on_datagram(struct slp_client *client, struct xio *io)
{
	const struct slp_client_arg *arg = io->arg;

	if (!addr_eq(io->from, io->peer)) {
		slp_client_take_strange(client, io);
		return STEP_MORE;
	}
	client->reply_bytes += io->in.n;
	slp_client_take(client, io, io->in);
	if (client->linger_until_us != 0)
		return STEP_MORE;
	if ((!client->overflowed || arg->all) && go_on(client, io) == STEP_MORE)
		return STEP_MORE;
	return linger(client, io);
}

static enum step on_close(struct slp_client *client, struct xio *io)
{
	if (client->unread > 0)
		slp_client_take_rest(client, io, view_skip(io->in, io->used));
	follow(client, io->arg);
	client->closed = any_open(client) || slp_client_choose(client, io->arg) != SLP_QUESTIONS;
	return STEP_DONE;
}

/* A long reply over a slow line is waited for as long as it goes on. */
static void wait_on(struct slp_client *client, int64_t now_us)
{
	for (unsigned i = 0; i < client->asks && client->unread > 0; i++)
		if (!client->asked[i].over)
			client->asked[i].last_us = now_us;
}

/* No message can begin in what comes now; it only counts. */
static enum step on_rest(struct slp_client *client, struct xio *io)
{
	io->used = io->in.n;
	client->used_before += io->used;
	return io->closed || client->reply_bytes > SLP_STREAM_TOTAL_MAX ? STEP_DONE : STEP_MORE;
}

/* A stream may hold several messages, or less than one. */
static enum step on_stream(struct slp_client *client, struct xio *io)
{
	client->reply_bytes = client->used_before + io->in.n;
	if (client->linger_until_us != 0)
		return on_rest(client, io);
	for (;;) {
		struct view rest = view_skip(io->in, io->used);
		size_t length = slp_stream_length(rest, SLP_STREAM_MAX);
		client->unread = rest.n;
		if (length == SIZE_MAX) {
			client->received++;
			slp_findings_foreign(&client->found, rest);
			client->unread = 0;
			on_rest(client, io);
			return linger(client, io);
		}
		if (length == 0 || length > rest.n)
			break;
		io->used += length;
		slp_client_take(client, io, view_first(rest, length));
	}
	client->used_before += io->used;
	wait_on(client, io->now_us);
	if (client->reply_bytes > SLP_STREAM_TOTAL_MAX)
		return STEP_DONE;
	return io->closed ? on_close(client, io) : go_on(client, io);
}

static enum step client_start(void *state, struct xio *io)
{
	const struct slp_client_arg *arg = io->arg;
	struct slp_client *client = state;

	assert(arg->plan_count <= SLP_PLAN_MAX);
	client->start_us = io->now_us;
	client->next_us = io->now_us;
	enum step step = go_on(client, io);
	io->wake_us = client->wake_us;
	return step;
}

static enum step client_on_data(void *state, struct xio *io)
{
	struct slp_client *client = state;
	enum step step = io->stream ? on_stream(client, io) : on_datagram(client, io);

	io->wake_us = client->wake_us;
	return step;
}

static enum step client_on_timer(void *state, struct xio *io)
{
	struct slp_client *client = state;
	enum step step = client->linger_until_us != 0 ? STEP_DONE : go_on(client, io);

	if (step == STEP_DONE && client->unread > 0)
		slp_client_take_unread(client);
	io->wake_us = client->wake_us;
	return step;
}

const struct exchange_ops slp_client_ops = {
	.name = "slp",
	.state_size = sizeof(struct slp_client),
	.start = client_start,
	.on_data = client_on_data,
	.on_timer = client_on_timer,
};

/* What was never sent has no reply. */
unsigned slp_client_unanswered(const struct slp_client *client)
{
	unsigned count = 0;

	for (unsigned i = 0; i < client->asks; i++)
		count += client->asked[i].question >= SLP_PLAN_MAX && !client->asked[i].answered;
	return count;
}

/* A request that was lost multiplies nothing. */
static unsigned answered_sends(const struct slp_asked *ask)
{
	unsigned replies = ask->replies > 0 ? ask->replies : 1;

	return ask->sends < replies ? ask->sends : replies;
}

/* What no request can be found for counts with all of them. */
double slp_client_amplification(const struct slp_client *client)
{
	double most = client->request_bytes > 0
			      ? (double)client->reply_bytes / (double)client->request_bytes
			      : 0;

	for (unsigned i = 0; i < client->asks; i++) {
		const struct slp_asked *ask = &client->asked[i];
		double asked = (double)ask->request_bytes * answered_sends(ask);
		if (asked > 0 && (double)ask->reply_bytes > most * asked)
			most = (double)ask->reply_bytes / asked;
	}
	return most;
}

double slp_client_multiplication(const struct slp_client *client)
{
	double most = client->sent > 0 ? (double)client->received / client->sent : 0;

	for (unsigned i = 0; i < client->asks; i++) {
		const struct slp_asked *ask = &client->asked[i];
		unsigned sends = answered_sends(ask);
		if (sends > 0 && (double)ask->replies > most * sends)
			most = (double)ask->replies / sends;
	}
	return most;
}
