/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sends, waits and looks at what comes back; see port_client.h. */
#include "proto/port_client.h"

/* From the first send on. */
static const int64_t SEND_AT_US[PORT_CLIENT_SENDS] = { 0, 500000, 1250000 };

static void add_peek(struct port_client *client, struct view bytes)
{
	for (size_t i = 0; i < bytes.n && client->peek_n < PORT_CLIENT_PEEK; i++)
		client->peek[client->peek_n++] = bytes.p[i];
}

static bool fulfils(const struct port_client_arg *arg, struct view reply)
{
	return arg->matches(arg->ctx, view_first(reply, PORT_CLIENT_REPLY_MAX));
}

static enum step send_datagram(struct port_client *client, struct xio *io)
{
	const struct port_client_arg *arg = io->arg;
	unsigned sends = arg->once ? 1 : PORT_CLIENT_SENDS;
	int64_t wait_us = arg->last_wait_us > 0 ? arg->last_wait_us : PORT_CLIENT_LAST_WAIT_US;

	if (client->sent == sends)
		return STEP_DONE;
	wr_put(&io->out, arg->payload.n > 0 ? arg->payload : VIEW("\0"));
	client->too_big = io->out.full;
	if (client->too_big)
		return STEP_DONE;
	if (client->sent++ == 0)
		client->first_us = io->now_us;
	client->wake_us = client->sent < sends ? client->first_us + SEND_AT_US[client->sent]
					       : io->now_us + wait_us;
	return STEP_MORE;
}

static enum step on_datagram(struct port_client *client, const struct xio *io)
{
	const struct port_client_arg *arg = io->arg;

	if (!addr_eq(io->from, io->peer)) {
		if (client->strange++ == 0)
			client->stranger = *io->from;
		return STEP_MORE;
	}
	client->matched = arg->matches != NULL && fulfils(arg, io->in);
	if (client->matched || client->reply_us == 0) {
		client->reply_us = io->now_us;
		client->reply_bytes = io->in.n;
		client->overlong = arg->matches != NULL && !client->matched &&
				   io->in.n > PORT_CLIENT_REPLY_MAX;
		client->peek_n = 0;
		add_peek(client, io->in);
	}
	if (client->matched || arg->matches == NULL)
		return STEP_DONE;
	client->mismatched++;
	return STEP_MORE;
}

static enum step start_stream(struct port_client *client, struct xio *io)
{
	const struct port_client_arg *arg = io->arg;

	client->first_us = io->now_us;
	wr_put(&io->out, arg->payload);
	client->too_big = io->out.full;
	if (client->too_big)
		return STEP_DONE;
	client->sent = arg->payload.n > 0;
	if (arg->hold_us > 0)
		client->wake_us = io->now_us + arg->hold_us;
	return arg->hold_us > 0 || arg->matches != NULL ? STEP_MORE : STEP_DONE;
}

/* With a wish nothing is used up, so that `in` always begins with the first byte of the reply. */
static enum step on_stream(struct port_client *client, struct xio *io)
{
	const struct port_client_arg *arg = io->arg;
	size_t old = arg->matches != NULL ? client->reply_bytes : 0;
	struct view fresh = view_skip(io->in, old);

	if (client->reply_us == 0 && fresh.n > 0)
		client->reply_us = io->now_us;
	client->reply_bytes += fresh.n;
	add_peek(client, fresh);
	client->closed = io->closed;
	if (arg->matches == NULL) {
		io->used = io->in.n;
	} else if (fresh.n > 0) {
		client->matched = fulfils(arg, io->in);
		client->overlong = !client->matched && io->in.n >= PORT_CLIENT_REPLY_MAX;
	}
	bool enough = arg->matches == NULL && client->reply_bytes >= PORT_CLIENT_REPLY_MAX;
	return client->closed || client->matched || client->overlong || enough ? STEP_DONE
									       : STEP_MORE;
}

static enum step on_hold_over(struct port_client *client, const struct xio *io)
{
	const struct port_client_arg *arg = io->arg;

	client->held = true;
	client->wake_us = 0;
	return arg->matches != NULL ? STEP_MORE : STEP_DONE;
}

static enum step start_datagrams(struct port_client *client, struct xio *io)
{
	const struct port_client_arg *arg = io->arg;

	if (arg->delay_us == 0)
		return send_datagram(client, io);
	client->wake_us = io->now_us + arg->delay_us;
	return STEP_MORE;
}

static enum step client_start(void *state, struct xio *io)
{
	struct port_client *client = state;
	enum step step = io->stream ? start_stream(client, io) : start_datagrams(client, io);

	io->wake_us = client->wake_us;
	return step;
}

static enum step client_on_data(void *state, struct xio *io)
{
	struct port_client *client = state;
	enum step step = io->stream ? on_stream(client, io) : on_datagram(client, io);

	io->wake_us = client->wake_us;
	return step;
}

static enum step client_on_timer(void *state, struct xio *io)
{
	struct port_client *client = state;
	enum step step = io->stream ? on_hold_over(client, io) : send_datagram(client, io);

	io->wake_us = client->wake_us;
	return step;
}

const struct exchange_ops port_client_ops = {
	.name = "port",
	.state_size = sizeof(struct port_client),
	.start = client_start,
	.on_data = client_on_data,
	.on_timer = client_on_timer,
};
