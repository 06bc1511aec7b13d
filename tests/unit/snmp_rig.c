/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scripted session and its conversation; see snmp_rig.h. */
#include "snmp_rig.h"

#include <stdlib.h>
#include <string.h>

const struct addr snmp_rig_peer = { .family = 4, .ip = { 192, 0, 2, 7 }, .port = 161 };

struct snmp_session {
	struct rig *rig;
};

static struct snmp_session *fake_session_new(const struct snmp_credentials *credentials, char *why,
					     size_t cap)
{
	struct rig *rig = (struct rig *)credentials;
	struct wr w = wr_over(why, cap - 1);

	if (rig->no_session != NULL) {
		wr_str(&w, rig->no_session);
		why[w.n] = '\0';
		return NULL;
	}
	struct snmp_session *session = malloc(sizeof(*session));
	assert_non_null(session);
	session->rig = rig;
	rig->sessions++;
	return session;
}

static void fake_session_free(struct snmp_session *session)
{
	session->rig->sessions--;
	free(session);
}

/* "ask N", N being the arc that `next` has chosen. */
static bool fake_request(struct snmp_session *session, const struct snmp_request *request,
			 uint64_t random, struct wr *out, char *why, size_t cap)
{
	struct rig *rig = session->rig;
	struct wr w = wr_over(why, cap - 1);

	assert_int_equal(out->n, 0);
	assert_int_equal(request->count, 1);
	rig->random[request->oid[0].arc[0] % RANDOMS_MAX] = random;
	if (!rig->no_bytes)
		wr_fmt(out, "ask %u", request->oid[0].arc[0]);
	if (rig->no_request != NULL) {
		wr_str(&w, rig->no_request);
		why[w.n] = '\0';
	}
	return rig->no_request == NULL;
}

static struct view fake_engine_id(const struct snmp_session *session)
{
	return session->rig->receives > 0 ? VIEW("\x80\x00\x1f\x88\x04") : VIEW("");
}

/* What needs no message leaves dirt. */
static enum snmp_got fake_receive(struct snmp_session *session, struct view datagram,
				  struct snmp_reply *reply, struct wr *out, char *why, size_t cap)
{
	struct rig *rig = session->rig;
	struct view rest = datagram, word = view_take_until(&rest, ' ');
	struct wr w = wr_over(why, cap - 1);

	rig->receives++;
	if (view_eq(word, VIEW("send"))) {
		wr_put(out, view_first(rest, 4));
		wr_put(out, view_skip(rest, 4));
		return SNMP_GOT_SEND;
	}
	if (view_eq(word, VIEW("report"))) {
		wr_put(&w, view_first(rest, cap - 1));
		why[w.n] = '\0';
		return SNMP_GOT_REPORT;
	}
	if (view_eq(word, VIEW("reply")) && rest.n == 1 &&
	    (unsigned)(rest.p[0] - '0') == rig->next_calls) {
		reply->error = rest.p[0] - '0';
		wr_str(out, "dirt");
		return SNMP_GOT_REPLY;
	}
	wr_str(out, "dirt");
	wr_str(&w, "dirt");
	why[w.n] = '\0';
	return SNMP_GOT_NOTHING;
}

static const struct snmp_api FAKE = {
	.abi = SNMP_ABI,
	.session_new = fake_session_new,
	.session_free = fake_session_free,
	.request = fake_request,
	.receive = fake_receive,
	.engine_id = fake_engine_id,
};

static bool next_request(void *ctx, const struct snmp_reply *reply, struct snmp_request *request)
{
	struct rig *rig = ctx;

	assert_int_equal(request->ask, SNMP_GET);
	assert_int_equal(request->repetitions, 0);
	assert_int_equal(request->count, 0);
	assert_int_equal(reply == NULL, rig->next_calls == 0);
	if (reply != NULL)
		rig->last_error = reply->error;
	rig->next_calls++;
	request->count = 1;
	request->oid[0] = (struct oid){ .n = 1, .arc = { rig->next_calls } };
	return rig->next_calls <= rig->asks;
}

int rig_new(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	if (rig == NULL)
		return -1;
	*state = rig;
	rig->asks = 1;
	rig->arg = (struct snmp_client_arg){
		.api = &FAKE,
		.credentials = &rig->credentials,
		.next = next_request,
		.ctx = rig,
		.retries = 2,
		.retry_us = RETRY_US,
	};
	memcpy(rig->entropy, "a secret that nobody can guess...", sizeof(rig->entropy));
	rig->io = (struct xio){
		.arg = &rig->arg,
		.peer = &snmp_rig_peer,
		.from = &snmp_rig_peer,
		.entropy = rig->entropy,
	};
	return snmp_client_ops.state_size == sizeof(rig->client) ? 0 : -1;
}

int rig_free(void **state)
{
	struct rig *rig = *state;

	snmp_client_close(&rig->client);
	int left = (int)rig->sessions;
	free(rig);
	return left;
}

void rig_again(struct rig *rig)
{
	memset(&rig->client, 0, sizeof(rig->client));
	rig->next_calls = 0;
}

static enum step rig_step(struct rig *rig, enum step (*op)(void *, struct xio *), int64_t now_us)
{
	rig->io.now_us = now_us;
	rig->io.wake_us = 0;
	rig->io.out = wr_over(rig->out, sizeof(rig->out));
	return op(&rig->client, &rig->io);
}

enum step begin(struct rig *rig)
{
	return rig_step(rig, snmp_client_ops.start, BEGAN_US);
}

enum step wake(struct rig *rig)
{
	assert_true(rig->io.wake_us > rig->io.now_us);
	return rig_step(rig, snmp_client_ops.on_timer, rig->io.wake_us);
}

enum step wake_at(struct rig *rig, int64_t now_us)
{
	return rig_step(rig, snmp_client_ops.on_timer, now_us);
}

enum step receive(struct rig *rig, int64_t now_us, const char *datagram)
{
	rig->io.in = view_of(datagram);
	return rig_step(rig, snmp_client_ops.on_data, now_us);
}

void check_sent(const struct rig *rig, const char *bytes)
{
	if (!view_eq(wr_view(&rig->io.out), view_of(bytes)))
		fail_msg("\"%.*s\" is sent, not \"%s\"", VIEW_ARG(wr_view(&rig->io.out)), bytes);
}

void check_end(const struct rig *rig, enum snmp_client_end end, const char *why)
{
	assert_int_equal(rig->client.end, end);
	assert_string_equal(rig->client.why, why);
	check_sent(rig, "");
}
