/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Non-INVITE client transactions (RFC 3261 17.1.2); see sip_client.h.
 *
 * Timer E resends over UDP: T1, doubling to T2; T2 at once after a provisional answer.  Timer F ends
 * a lone request after 64*T1.  In a series a request is given up when the next one is due, but not
 * before 4*T1, so that two resends had their chance.
 */
#include "proto/sip_client.h"

#include "proto/sip_date.h"
#include "proto/sip_request.h"

enum { AUTH_ROUNDS_MAX = 2, CHALLENGE_KINDS = 2 };

struct sip_client_auth {
	struct sip_client client;
	uint32_t nc[CHALLENGE_KINDS]; /* uses of the nonce */
	uint16_t length[CHALLENGE_KINDS];
	char value[CHALLENGE_KINDS][SIP_AUTH_VALUE_MAX]; /* 401, 407: raw challenges */
};

const char *sip_mismatch_text(enum sip_mismatch mismatch)
{
	static const char *const text[] = {
		[SIP_MATCH] = "none",
		[SIP_MISMATCH_PEER] = "from another address",
		[SIP_MISMATCH_BRANCH] = "another branch",
		[SIP_MISMATCH_CALL_ID] = "another Call-ID",
		[SIP_MISMATCH_CSEQ] = "another CSeq",
		[SIP_MISMATCH_FROM_TAG] = "another From tag",
		[SIP_MISMATCH_VIA_COUNT] = "more than one Via",
		[SIP_MISMATCH_SENT_BY] = "another sent-by in Via",
	};

	return text[mismatch];
}

static void keep(struct sip_text *text, struct view value)
{
	char unfolded[512];
	struct wr w = wr_over(unfolded, sizeof(unfolded));

	sip_wr_unfolded(&w, view_first(value, sizeof(unfolded)));
	text->n = 0;
	for (size_t i = 0; i < w.n && i < sizeof(text->p); i++)
		text->p[text->n++] = unfolded[i];
}

static struct sip_ids ids_now(const struct sip_client *client, const struct xio *io)
{
	return sip_ids_make(io->entropy, client->sent, client->transaction);
}

static const struct sip_profile *profile_of(const struct xio *io)
{
	return ((const struct sip_client_arg *)io->arg)->profile;
}

/* Writes the request that is running; the same bytes at each resend (17.1.2.2) unless it carries
 * credentials, whose nonce count must then not move. */
static void write_request(struct sip_client *client, struct xio *io, struct view auth)
{
	struct sip_ids ids = ids_now(client, io);

	sip_request_write(&io->out, io->arg, io->local, &ids, auth);
	if (io->out.full || (!io->stream && io->out.n > SIP_UDP_BYTES_MAX)) {
		client->too_big = true;
		wr_reset(&io->out);
	}
}

static void write_credentials(struct sip_client_auth *auth, const struct xio *io, struct wr *w)
{
	struct sip_ids ids = ids_now(&auth->client, io);
	const struct sip_client_arg *arg = io->arg;

	for (size_t kind = 0; kind < CHALLENGE_KINDS; kind++) {
		struct sip_challenge challenge = {
			.proxy = kind == 1,
			.value = { auth->value[kind], auth->length[kind] },
		};
		struct sip_auth_request request = {
			.method = sip_profile_method(arg->profile),
			.uri = arg->ruri,
			.cnonce = ids.cnonce,
			.nc = auth->nc[kind],
		};
		struct sip_auth_offer offer;
		const char *why;
		if (auth->length[kind] > 0 && sip_auth_parse(challenge, &offer, &why) &&
		    !sip_auth_write(w, &offer, &arg->profile->credentials, &request))
			auth->client.auth_why = "the digest algorithm is not available here";
	}
}

static void send_now(struct sip_client *client, struct xio *io)
{
	char lines[2 * SIP_AUTH_VALUE_MAX + 1024];
	struct wr w = wr_over(lines, sizeof(lines));

	if (client->rounds > 0)
		write_credentials((struct sip_client_auth *)client, io, &w);
	write_request(client, io, wr_view(&w));
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void set_wake(const struct sip_client *client, struct xio *io)
{
	if (client->pausing || io->stream)
		io->wake_us = client->give_up_us;
	else
		io->wake_us = least(client->resend_us, client->give_up_us);
}

static enum step begin_transaction(struct sip_client *client, struct xio *io)
{
	const struct sip_profile *profile = profile_of(io);

	client->transaction++;
	client->provisional_code = 0;
	client->interval_us = profile->t1_us;
	client->resend_us = io->now_us + client->interval_us;
	send_now(client, io);
	set_wake(client, io);
	return client->too_big ? STEP_DONE : STEP_MORE;
}

static enum step begin_request(struct sip_client *client, struct xio *io)
{
	const struct sip_profile *profile = profile_of(io);
	int64_t patience_us = 64 * profile->t1_us;

	if (profile->count > 1)
		patience_us = profile->interval_us > 4 * profile->t1_us ? profile->interval_us
									: 4 * profile->t1_us;
	client->sent++;
	client->request_us = io->now_us;
	client->rounds = 0;
	client->pausing = false;
	client->give_up_us = io->now_us + patience_us;
	return begin_transaction(client, io);
}

static enum step next_request(struct sip_client *client, struct xio *io)
{
	const struct sip_profile *profile = profile_of(io);
	int64_t due_us = client->request_us + profile->interval_us;

	if (client->sent >= profile->count)
		return STEP_DONE;
	if (due_us <= io->now_us)
		return begin_request(client, io);
	client->pausing = true;
	client->give_up_us = due_us;
	set_wake(client, io);
	return STEP_MORE;
}

static enum step client_start(void *state, struct xio *io)
{
	struct sip_client *client = state;

	client->retry_after_s = -1;
	return begin_request(client, io);
}

static enum step client_on_timer(void *state, struct xio *io)
{
	struct sip_client *client = state;

	if (client->pausing)
		return begin_request(client, io);
	if (io->now_us >= client->give_up_us)
		return next_request(client, io);
	client->interval_us = client->provisional_code != 0
				      ? SIP_T2_US
				      : least(2 * client->interval_us, SIP_T2_US);
	client->resend_us = io->now_us + client->interval_us;
	client->retransmissions++;
	send_now(client, io);
	set_wake(client, io);
	return STEP_MORE;
}

/* sent-by in numbers, because brackets and zeros may be written in several ways (RFC 5118 4.5). */
static bool sent_by_is(const struct sip_via *via, const struct addr *local)
{
	struct addr sent_by;

	if (!addr_parse(via->host, &sent_by))
		return false;
	sent_by.scope = local->scope;
	sent_by.port = via->port != 0 ? via->port : 5060;
	return addr_eq(&sent_by, local);
}

static enum sip_mismatch mismatch_of(const struct sip_client *client, const struct xio *io,
				     const struct sip_msg *msg)
{
	struct sip_ids ids = ids_now(client, io);

	if (!addr_eq(io->from, io->peer))
		return SIP_MISMATCH_PEER;
	if (!sip_ids_branch_eq(&ids, msg->via.branch))
		return SIP_MISMATCH_BRANCH;
	if (!sip_ids_call_id_eq(&ids, msg->call_id))
		return SIP_MISMATCH_CALL_ID;
	if (msg->cseq != ids.cseq || !view_eq(msg->cseq_method, sip_profile_method(profile_of(io))))
		return SIP_MISMATCH_CSEQ;
	if (!sip_ids_tag_eq(&ids, msg->from_tag))
		return SIP_MISMATCH_FROM_TAG;
	if (msg->via_count != 1)
		return SIP_MISMATCH_VIA_COUNT;
	return sent_by_is(&msg->via, io->local) ? SIP_MATCH : SIP_MISMATCH_SENT_BY;
}

static void count_rtt(struct sip_client *client, int64_t rtt_us)
{
	int64_t step_us = rtt_us - client->rtt_us;

	if (client->answered == 0 || rtt_us < client->rtt_min_us)
		client->rtt_min_us = rtt_us;
	if (rtt_us > client->rtt_max_us)
		client->rtt_max_us = rtt_us;
	if (client->answered > 0)
		client->jitter_sum_us += step_us < 0 ? -step_us : step_us;
	client->rtt_sum_us += rtt_us;
	client->rtt_us = rtt_us;
	client->answered++;
}

/* 20.33: delta-seconds, perhaps followed by a comment or parameters. */
static int64_t retry_after(struct view value)
{
	struct view digits = view_take_while(&value, "0123456789");
	uint64_t seconds;

	return text_u64(digits, UINT32_MAX, &seconds) ? (int64_t)seconds : -1;
}

static void keep_answer(struct sip_client *client, const struct sip_msg *msg)
{
	client->final_code = (uint16_t)msg->code;
	client->notes |= msg->notes;
	keep(&client->reason, msg->reason);
	keep(&client->server, msg->server);
	keep(&client->contact, msg->contact);
	keep(&client->allow, msg->allow);
	keep(&client->warning, msg->warning);
	if (retry_after(msg->retry_after) >= 0)
		client->retry_after_s = retry_after(msg->retry_after);
	else if (msg->code == 503)
		client->unavailable = true;
	if (!sip_date_parse(msg->date, &client->date_unix))
		client->date_unix = 0;
	if (!addr_parse(msg->via.received, &client->received))
		client->received.family = 0;
	client->rport = msg->via.rport;
}

/* Remembers the challenge to answer; false when there is none that can be answered. */
static bool take_challenge(struct sip_client *client, const struct sip_msg *msg)
{
	struct sip_client_auth *auth = (struct sip_client_auth *)client;
	struct sip_auth_offer best;
	struct view unknown = { "", 0 };

	client->auth_why = "no challenge in the answer";
	if (!sip_auth_choose(msg, &best, &unknown, &client->auth_why)) {
		keep(&client->auth_unknown, unknown);
		return false;
	}
	if (client->rounds > 0 && auth->length[best.proxy] > 0 && !best.stale) {
		client->auth_why = "user or password refused";
		return false;
	}
	if (best.header.n > SIP_AUTH_VALUE_MAX) {
		client->auth_why = "the challenge is too long";
		return false;
	}
	auth->length[best.proxy] = 0;
	for (size_t i = 0; i < best.header.n; i++)
		auth->value[best.proxy][auth->length[best.proxy]++] = best.header.p[i];
	for (size_t kind = 0; kind < CHALLENGE_KINDS; kind++)
		auth->nc[kind]++;
	auth->nc[best.proxy] = 1;
	client->auth_why = NULL;
	return true;
}

static enum step on_final(struct sip_client *client, struct xio *io, const struct sip_msg *msg)
{
	bool challenged = msg->code == 401 || msg->code == 407;

	if (challenged && profile_of(io)->credentials.digest != NULL &&
	    client->rounds < AUTH_ROUNDS_MAX && take_challenge(client, msg)) {
		client->rounds++;
		return begin_transaction(client, io);
	}
	count_rtt(client, io->now_us - client->request_us);
	client->codes[msg->code / 64] |= UINT64_C(1) << (msg->code % 64);
	keep_answer(client, msg);
	return next_request(client, io);
}

static void discard(struct sip_client *client, const struct xio *io, enum sip_mismatch mismatch)
{
	if (client->foreign++ > 0)
		return;
	client->mismatch = mismatch;
	client->stranger = *io->from;
}

static enum step on_response(struct sip_client *client, struct xio *io, const struct sip_msg *msg)
{
	enum sip_mismatch mismatch = mismatch_of(client, io, msg);

	if (client->pausing) {
		client->late++;
		return STEP_MORE;
	}
	if (mismatch != SIP_MATCH && mismatch != SIP_MISMATCH_SENT_BY) {
		discard(client, io, mismatch);
		return STEP_MORE;
	}
	if (mismatch == SIP_MISMATCH_SENT_BY) {
		client->rewritten = true;
		keep(&client->via, msg->via_text);
	}
	if (msg->code >= 200)
		return on_final(client, io, msg);
	client->provisional_code = (uint16_t)msg->code;
	return STEP_MORE;
}

static enum step on_message(struct sip_client *client, struct xio *io, const struct sip_msg *msg)
{
	struct sip_ids ids = ids_now(client, io);

	if (!msg->is_request)
		return on_response(client, io, msg);
	if (sip_ids_branch_eq(&ids, msg->via.branch))
		client->echoed++;
	else
		client->requests++;
	return STEP_MORE;
}

static void on_garbage(struct sip_client *client, struct view bytes, const char *why)
{
	enum sip_look look = sip_msg_look(bytes);

	if (look == SIP_LOOK_SIP) {
		if (client->malformed++ == 0)
			client->malformed_why = why;
	} else if (client->not_sip++ == 0) {
		client->look = look;
		keep(&client->peek, bytes);
	}
}

static enum step on_datagram(struct sip_client *client, struct xio *io)
{
	struct sip_msg msg;
	const char *why;
	size_t used;

	if (sip_msg_parse(io->in, false, false, &msg, &used, &why) == PARSE_OK)
		return on_message(client, io, &msg);
	on_garbage(client, io->in, why);
	return STEP_MORE;
}

/* A stream may hold several messages, or less than one. */
static enum step on_stream(struct sip_client *client, struct xio *io)
{
	for (;;) {
		struct view rest = view_skip(io->in, io->used);
		struct sip_msg msg;
		const char *why;
		size_t used;
		enum parse parse = sip_msg_parse(rest, true, io->closed, &msg, &used, &why);

		client->partial = parse == PARSE_MORE ? rest.n : 0;
		if (parse == PARSE_MORE) {
			client->closed_idle = io->closed && client->pausing;
			return client->closed_idle ? STEP_DONE : STEP_MORE;
		}
		if (parse == PARSE_BAD) {
			client->out_of_step = true;
			on_garbage(client, rest, why);
			return STEP_DONE;
		}
		io->used += used;
		if (on_message(client, io, &msg) == STEP_DONE)
			return STEP_DONE;
	}
}

static enum step client_on_data(void *state, struct xio *io)
{
	struct sip_client *client = state;
	enum step step = io->stream ? on_stream(client, io) : on_datagram(client, io);

	if (step == STEP_MORE)
		set_wake(client, io);
	return step;
}

const struct exchange_ops sip_client_ops = {
	.name = "sip",
	.state_size = sizeof(struct sip_client),
	.start = client_start,
	.on_data = client_on_data,
	.on_timer = client_on_timer,
};

const struct exchange_ops sip_client_auth_ops = {
	.name = "sip",
	.state_size = sizeof(struct sip_client_auth),
	.start = client_start,
	.on_data = client_on_data,
	.on_timer = client_on_timer,
};

bool sip_client_saw(const struct sip_client *client, unsigned code)
{
	return (client->codes[code / 64] >> (code % 64) & 1) != 0;
}

int64_t sip_client_rtt_avg_us(const struct sip_client *client)
{
	return client->answered > 0 ? client->rtt_sum_us / client->answered : 0;
}

int64_t sip_client_jitter_us(const struct sip_client *client)
{
	return client->answered > 1 ? client->jitter_sum_us / (client->answered - 1) : 0;
}

double sip_client_loss_pct(const struct sip_client *client, unsigned count)
{
	unsigned of = client->closed_idle ? client->sent : count;

	return of > 0 ? 100.0 * (of - client->answered) / of : 0;
}
