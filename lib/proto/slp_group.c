/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rounds of one request, and a table of who answers; see slp_group.h. */
#include "proto/slp_group.h"

enum { SILENT_ROUNDS = 2 };

/* What a datagram is to us. */
enum kind { KIND_VALID, KIND_ERROR, KIND_CUT, KIND_REQUEST, KIND_SUSPECT, KIND_FOREIGN };

/* RFC 2608 8.1: dotted decimal, commas, no spaces. */
static void list_previous(const struct slp_group *group, struct wr *w)
{
	for (unsigned i = 0; i < group->responders; i++) {
		const struct slp_responder *r = &group->responder[i];
		if (r->addr.family != 4 || !r->spoke)
			continue;
		if (w->n > 0)
			wr_byte(w, ',');
		wr_ip(w, &r->addr);
	}
}

/* Done when the request does not fit with those who have answered. */
static enum step send_round(struct slp_group *group, struct xio *io)
{
	const struct slp_group_arg *arg = io->arg;
	char list[SLP_GROUP_REQUEST_MAX], request[SLP_GROUP_REQUEST_MAX];
	struct wr previous = wr_over(list, sizeof(list)), w = wr_over(request, sizeof(request));
	struct slp_query query = arg->query;

	list_previous(group, &previous); /* if not all fit in here, then no request with it */
	query.previous = wr_view(&previous);
	query.xid = group->xid;
	query.multicast = true;
	if (!wr_slp_query(&w, &query)) {
		group->too_big = group->sent == 0;
		return STEP_DONE;
	}
	wr_put(&io->out, wr_view(&w));
	group->sent++;
	group->rounds++;
	group->request_bytes += w.n;
	group->round_new = 0;
	group->wake_us = io->now_us + SLP_GROUP_GAP_US;
	return STEP_MORE;
}

static enum step group_start(void *state, struct xio *io)
{
	const struct slp_group_arg *arg = io->arg;
	struct slp_group *group = state;
	enum step step = STEP_MORE;

	group->first_us = io->now_us;
	group->xid = (uint16_t)io->entropy[0];
	if (group->xid == 0) /* of unsolicited adverts (RFC 2608 8) */
		group->xid = 1;
	if (arg->listen_us > 0)
		group->wake_us = io->now_us + arg->listen_us;
	else
		step = send_round(group, io);
	io->wake_us = group->wake_us;
	return step;
}

static enum step group_on_timer(void *state, struct xio *io)
{
	const struct slp_group_arg *arg = io->arg;
	struct slp_group *group = state;

	if (arg->listen_us > 0)
		return STEP_DONE;
	group->silent_rounds = group->round_new > 0 ? 0 : group->silent_rounds + 1;
	if (group->silent_rounds == SILENT_ROUNDS || group->rounds == SLP_GROUP_ROUNDS_MAX)
		return STEP_DONE;
	enum step step = send_round(group, io);
	io->wake_us = group->wake_us;
	return step;
}

/* NULL, or what is wrong with it as a reply to our request. */
static const char *why_no_reply(const struct slp_group *group, const struct slp_query *query,
				const struct slp_msg *msg)
{
	if (msg->version != query->version)
		return "its version is not that of the request";
	if (!slp_is_answer(msg, query->function, query->type))
		return "its function does not answer the request";
	if (msg->xid != group->xid)
		return "its XID is not that of the request";
	return NULL;
}

static enum kind kind_of(const struct slp_group *group, const struct slp_group_arg *arg,
			 struct view in, struct slp_msg *msg, const char **why)
{
	enum slp_reading reading = slp_decode(in, msg);

	if (reading == SLP_FOREIGN)
		return KIND_FOREIGN;
	*why = msg->why;
	if (reading == SLP_BROKEN)
		return KIND_SUSPECT;
	if (reading == SLP_WHOLE && slp_is_request(msg))
		return KIND_REQUEST;
	*why = arg->listen_us > 0 ? NULL : why_no_reply(group, &arg->query, msg);
	if (*why == NULL && msg->mandatory != 0) /* RFC 2608 9.1 */
		*why = "it has a mandatory extension that is not known";
	if (*why != NULL)
		return KIND_SUSPECT;
	if (reading == SLP_CUT)
		return KIND_CUT;
	return msg->has_error && msg->error != 0 ? KIND_ERROR : KIND_VALID;
}

/* The sender's row, a new one if need be; `none` when there is no room. */
static struct slp_responder *row_of(struct slp_group *group, const struct addr *from,
				    struct slp_responder *none)
{
	for (unsigned i = 0; i < group->responders; i++)
		if (addr_same_ip(&group->responder[i].addr, from))
			return &group->responder[i];
	if (group->responders == SLP_RESPONDERS_MAX) {
		group->more++;
		return none;
	}
	struct slp_responder *row = &group->responder[group->responders++];
	row->addr = *from;
	return row;
}

static void add(struct slp_findings *found, const struct slp_group_arg *arg,
		const struct slp_msg *msg)
{
	if (arg->listen_us == 0 && slp_type_is_agent(arg->query.type))
		slp_findings_add_agents(found, msg, &arg->wishes);
	else
		slp_findings_add(found, msg, &arg->wishes);
	found->truncated += (msg->flags & SLP_FLAG_OVERFLOW) != 0;
}

static void count(struct slp_group *group, const struct xio *io, struct slp_responder *row,
		  const struct slp_msg *msg, enum kind kind, const char *why)
{
	const struct slp_group_arg *arg = io->arg;
	bool listening = arg->listen_us > 0;

	switch (kind) {
	case KIND_REQUEST:
		return;
	case KIND_VALID:
		row->sa |= msg->function == SLP_SA_ADVERT;
		row->da |= msg->function == SLP_DA_ADVERT;
		if (row->valid++ == 0 || listening)
			add(&group->found, arg, msg);
		if (group->reply_us == 0)
			group->reply_us = io->now_us;
		break;
	case KIND_ERROR:
		row->errors++;
		slp_findings_error(&group->found, msg);
		break;
	case KIND_CUT:
		row->others++;
		if (!row->spoke || listening)
			slp_findings_truncated(&group->found, msg, &arg->wishes);
		break;
	case KIND_SUSPECT:
		row->others++;
		slp_findings_suspect(&group->found, why, io->in);
		return;
	case KIND_FOREIGN:
		row->others++;
		slp_findings_foreign(&group->found, io->in);
		return;
	}
	row->v1 |= msg->version == 1;
	row->v2 |= msg->version == 2;
	row->spoke = true;
}

static enum step group_on_data(void *state, struct xio *io)
{
	const struct slp_group_arg *arg = io->arg;
	struct slp_group *group = state;
	struct slp_responder none = { .valid = 0 };
	const char *why = NULL;
	struct slp_msg msg;

	io->wake_us = group->wake_us;
	group->received++;
	group->reply_bytes += io->in.n;
	enum kind kind = kind_of(group, arg, io->in, &msg, &why);
	group->requests_heard += kind == KIND_REQUEST;
	if (kind == KIND_REQUEST) /* our own, or of one who looks for services himself */
		return STEP_MORE;
	struct slp_responder *row = row_of(group, io->from, &none);
	bool known = row == &none || row->spoke;
	row->messages++;
	row->bytes += io->in.n;
	count(group, io, row, &msg, kind, why);
	group->round_new += !known && row->spoke;
	return STEP_MORE;
}

const struct exchange_ops slp_group_ops = {
	.name = "slp-group",
	.state_size = sizeof(struct slp_group),
	.start = group_start,
	.on_data = group_on_data,
	.on_timer = group_on_timer,
};
