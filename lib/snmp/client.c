/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks, sends again, and hands the answers on; see client.h. */
#include "snmp/client.h"

#include "base/mem.h"

#include <string.h>

static enum step end(struct snmp_client *client, enum snmp_client_end how)
{
	client->end = how;
	return STEP_DONE;
}

static enum step refuse(struct snmp_client *client, const char *why)
{
	struct wr w = wr_over(client->why, sizeof(client->why) - 1);

	wr_put(&w, view_first(view_of(why), w.cap));
	return end(client, SNMP_END_REFUSED);
}

/* The step is odd: no word comes twice in a conversation. */
static uint64_t random_word(const struct snmp_client *client, const uint64_t *entropy)
{
	return entropy[0] + client->answered * (entropy[1] | 1);
}

static void forget_message(const struct snmp_client *client)
{
	mem_wipe(client->message, client->message_n);
	mem_free(client->message);
}

static enum step send_message(struct snmp_client *client, struct xio *io)
{
	const struct snmp_client_arg *arg = io->arg;

	wr_reset(&io->out);
	wr_put(&io->out, (struct view){ client->message, client->message_n });
	if (client->sent++ == 0)
		client->began_us = io->now_us;
	client->tries++;
	client->wake_us = io->now_us + arg->retry_us;
	return STEP_MORE;
}

/* What the session wrote to `out` becomes the message under way. */
static enum step send_written(struct snmp_client *client, struct xio *io)
{
	struct view written = wr_view(&io->out);

	if (io->out.full || written.n == 0)
		return refuse(client, "the request does not fit into a datagram");
	forget_message(client);
	client->message = mem_new(written.n, 1);
	client->message_n = written.n;
	memcpy(client->message, written.p, written.n);
	client->tries = 0;
	return send_message(client, io);
}

static enum step ask(struct snmp_client *client, struct xio *io, const struct snmp_reply *reply)
{
	const struct snmp_client_arg *arg = io->arg;
	struct snmp_request request;
	char why[SNMP_WHY_MAX] = "";

	request.ask = SNMP_GET;
	request.repetitions = 0;
	request.count = 0;
	if (!arg->next(arg->ctx, reply, &request))
		return end(client, SNMP_END_DONE);
	if (arg->requests_max > 0 && client->answered >= arg->requests_max)
		return end(client, SNMP_END_ENDLESS);
	client->replaced = 0;
	wr_reset(&io->out);
	if (!client->api->request(client->session, &request, random_word(client, io->entropy),
				  &io->out, why, sizeof(why)))
		return refuse(client, why);
	return send_written(client, io);
}

/* The session has taken a datagram. */
static void note_answer(struct snmp_client *client, int64_t now_us)
{
	struct view engine = client->api->engine_id(client->session);
	struct wr w = wr_over(client->engine, sizeof(client->engine));

	wr_put(&w, engine);
	client->engine_n = (uint8_t)w.n;
	if (client->first_us == 0)
		client->first_us = now_us > client->began_us ? now_us - client->began_us : 1;
}

static enum step on_datagram(struct snmp_client *client, struct xio *io)
{
	struct snmp_reply reply = { .count = 0 };
	char why[SNMP_WHY_MAX] = "";
	enum snmp_got got = SNMP_GOT_NOTHING;

	client->received++;
	if (addr_eq(io->from, io->peer))
		got = client->api->receive(client->session, io->in, &reply, &io->out, why,
					   sizeof(why));
	if (got != SNMP_GOT_NOTHING)
		note_answer(client, io->now_us);
	switch (got) {
	case SNMP_GOT_REPLY:
		client->answered++;
		return ask(client, io, &reply);
	case SNMP_GOT_SEND:
		if (client->replaced++ == SNMP_REPLACED_MAX)
			return refuse(client, "the agent never takes what it has asked for");
		return send_written(client, io);
	case SNMP_GOT_REPORT:
		return refuse(client, why);
	case SNMP_GOT_NOTHING:
		break;
	}
	client->foreign++;
	wr_reset(&io->out);
	return STEP_MORE;
}

static enum step on_time(struct snmp_client *client, struct xio *io)
{
	const struct snmp_client_arg *arg = io->arg;

	if (client->tries > arg->retries)
		return end(client, SNMP_END_SILENT);
	return send_message(client, io);
}

/* An exchange that is over has nothing to say. */
static enum step leave(const struct snmp_client *client, struct xio *io, enum step step)
{
	io->wake_us = client->wake_us;
	if (step == STEP_DONE)
		wr_reset(&io->out);
	return step;
}

static enum step client_start(void *state, struct xio *io)
{
	const struct snmp_client_arg *arg = io->arg;
	struct snmp_client *client = state;
	char why[SNMP_WHY_MAX] = "";

	client->api = arg->api;
	client->session = arg->api->session_new(arg->credentials, why, sizeof(why));
	enum step step = client->session != NULL ? ask(client, io, NULL) : refuse(client, why);
	return leave(client, io, step);
}

static enum step client_on_data(void *state, struct xio *io)
{
	return leave(state, io, on_datagram(state, io));
}

static enum step client_on_timer(void *state, struct xio *io)
{
	return leave(state, io, on_time(state, io));
}

const struct exchange_ops snmp_client_ops = {
	.name = "snmp",
	.state_size = sizeof(struct snmp_client),
	.start = client_start,
	.on_data = client_on_data,
	.on_timer = client_on_timer,
};

void snmp_client_close(const struct snmp_client *client)
{
	if (client->session != NULL)
		client->api->session_free(client->session);
	forget_message(client);
}
