/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An SLP client without socket and clock; see slp_rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "slp_rig.h"

const struct addr RIG_AGENT = { .family = 4, .ip = { 192, 0, 2, 7 }, .port = 1440 };

void rig_plan(struct rig *rig, const struct slp_ask *plan, size_t count)
{
	rig->arg.plan = plan;
	rig->arg.plan_count = count;
}

void rig_init(struct rig *rig, bool stream)
{
	static const struct slp_ask plan[] = {
		{ 2, SLP_SRV_TYPE_RQST, NULL },
		{ 2, SLP_SRV_RQST, RIG_SA },
		{ 2, SLP_SRV_RQST, RIG_DA },
		{ 1, SLP_SRV_TYPE_RQST, NULL },
	};

	memset(rig, 0, sizeof(*rig));
	rig_plan(rig, plan, sizeof(plan) / sizeof(plan[0]));
	rig->arg.xid = RIG_XID;
	rig->io = (struct xio){
		.arg = &rig->arg, .peer = &RIG_AGENT, .from = &RIG_AGENT, .stream = stream
	};
	assert_int_equal(slp_client_ops.state_size, sizeof(rig->client));
}

/* A request is well-formed, belongs to one ask and does not change. */
static void keep_request(struct rig *rig)
{
	struct view sent = wr_view(&rig->io.out);
	struct slp_msg msg;
	unsigned ask = 0;

	assert_int_equal(slp_decode(sent, &msg), SLP_WHOLE);
	assert_int_not_equal(msg.xid, 0);
	assert_int_equal(msg.trailing, 0);
	while (ask < rig->client.asks && rig->client.asked[ask].xid != msg.xid)
		ask++;
	assert_int_equal(rig->client.asked[ask].last_us, rig->io.now_us);
	assert_int_equal(rig->client.asked[ask].request_bytes, sent.n);
	assert_true(sent.n <= RIG_REQUEST_MAX);
	if (rig->client.asked[ask].sends == 1)
		memcpy(rig->request[ask], sent.p, sent.n);
	assert_true(view_eq(rig_request(rig, ask), sent));
}

static enum step rig_step(struct rig *rig, enum step (*op)(void *, struct xio *), int64_t now_us)
{
	rig->io.now_us = now_us;
	rig->io.wake_us = 0;
	rig->io.used = 0;
	rig->io.out = wr_over(rig->out, sizeof(rig->out));
	rig->step = op(&rig->client, &rig->io);
	assert_true(rig->io.used <= rig->io.in.n);
	assert_true(rig->step == STEP_DONE || rig->io.wake_us > 0);
	if (rig->io.out.n > 0)
		keep_request(rig);
	return rig->step;
}

enum step rig_begin(struct rig *rig)
{
	return rig_step(rig, slp_client_ops.start, RIG_BEGAN_US);
}

enum step rig_wake(struct rig *rig)
{
	assert_int_equal(rig->step, STEP_MORE);
	return rig_step(rig, slp_client_ops.on_timer, rig->io.wake_us);
}

unsigned rig_wake_all(struct rig *rig, unsigned most)
{
	unsigned times = 0;

	while (times < most && rig->step == STEP_MORE) {
		rig_wake(rig);
		times++;
	}
	return times;
}

/* The bytes are gone after the callback, and a read behind their end is seen by a sanitizer. */
static enum step deliver(struct rig *rig, int64_t now_us, struct view bytes)
{
	char *copy = malloc(bytes.n > 0 ? bytes.n : 1);

	assert_non_null(copy);
	if (bytes.n > 0)
		memcpy(copy, bytes.p, bytes.n);
	rig->io.in = (struct view){ copy, bytes.n };
	rig_step(rig, slp_client_ops.on_data, now_us);
	free(copy);
	rig->io.in = VIEW("");
	return rig->step;
}

enum step rig_receive(struct rig *rig, int64_t now_us, struct view bytes)
{
	assert_int_equal(rig->step, STEP_MORE);
	if (!rig->io.stream)
		return deliver(rig, now_us, bytes);
	assert_true(bytes.n <= sizeof(rig->unread) - rig->unread_n);
	memcpy(rig->unread + rig->unread_n, bytes.p, bytes.n);
	rig->unread_n += bytes.n;
	deliver(rig, now_us, (struct view){ rig->unread, rig->unread_n });
	rig->unread_n -= rig->io.used;
	memmove(rig->unread, rig->unread + rig->io.used, rig->unread_n);
	return rig->step;
}

struct view rig_sent(const struct rig *rig)
{
	return wr_view(&rig->io.out);
}

struct view rig_request(const struct rig *rig, unsigned ask)
{
	assert_true(ask < rig->client.asks);
	return (struct view){ rig->request[ask], rig->client.asked[ask].request_bytes };
}

struct slp_msg rig_asked(const struct rig *rig, unsigned ask)
{
	struct slp_msg msg;

	assert_int_equal(slp_decode(rig_request(rig, ask), &msg), SLP_WHOLE);
	return msg;
}

void rig_assert_texts(const struct slp_texts *texts, const char *room, const char *wanted)
{
	char joined[512];
	struct wr w = wr_over(joined, sizeof(joined));
	struct view text;
	size_t at = 0;
	unsigned count = 0;

	while (slp_texts_next(texts, room, &at, &text)) {
		wr_put(&w, text);
		wr_byte(&w, ';');
		count++;
	}
	assert_int_equal(count, texts->kept);
	assert_int_equal(at, texts->n);
	if (!view_eq(wr_view(&w), view_of(wanted)))
		fail_msg("%.*s instead of %s", VIEW_ARG(wr_view(&w)), wanted);
}

static void put(struct wr *w, uint64_t value, unsigned bytes)
{
	while (bytes-- > 0)
		wr_byte(w, (char)(value >> 8 * bytes & 0xff));
}

static void put_text(struct wr *w, struct view text)
{
	put(w, text.n, 2);
	wr_put(w, text);
}

/* The length stays 0 until the end. */
static size_t begin_message(struct wr *w, uint8_t version, enum slp_function function, uint16_t xid)
{
	size_t at = w->n;

	put(w, version, 1);
	put(w, function, 1);
	put(w, 0, version == 1 ? 4 : 8);
	if (version == 1) {
		wr_str(w, "en");
		put(w, 3, 2);
		put(w, xid, 2);
	} else {
		put(w, xid, 2);
		put_text(w, VIEW("en"));
	}
	return at;
}

static void end_message(struct wr *w, size_t at)
{
	bool v1 = w->p[at] == 1;
	struct wr length = wr_over(w->p + at + 2, 3);

	assert_false(w->full);
	put(&length, w->n - at, v1 ? 2 : 3);
}

static unsigned count_items(const char *list)
{
	unsigned count = *list != '\0';

	for (; *list != '\0'; list++)
		count += *list == ',';
	return count;
}

void wire_types(struct wr *w, uint8_t version, uint16_t xid, const char *types)
{
	size_t at = begin_message(w, version, SLP_SRV_TYPE_RPLY, xid);
	struct view rest = view_of(types);

	put(w, 0, 2);
	if (version == 2) {
		put_text(w, rest);
	} else {
		put(w, count_items(types), 2);
		while (rest.n > 0)
			put_text(w, view_take_until(&rest, ','));
	}
	end_message(w, at);
}

void wire_urls(struct wr *w, uint8_t version, uint16_t xid, uint16_t lifetime_s, const char *urls)
{
	size_t at = begin_message(w, version, SLP_SRV_RPLY, xid);
	struct view rest = view_of(urls);

	put(w, 0, 2);
	put(w, count_items(urls), 2);
	while (rest.n > 0) {
		put(w, 0, version == 2 ? 1 : 0);
		put(w, lifetime_s, 2);
		put_text(w, view_take_until(&rest, ','));
		put(w, 0, version == 2 ? 1 : 0);
	}
	end_message(w, at);
}

void wire_attrs(struct wr *w, uint8_t version, uint16_t xid, const char *attrs)
{
	size_t at = begin_message(w, version, SLP_ATTR_RPLY, xid);

	put(w, 0, 2);
	put_text(w, view_of(attrs));
	put(w, 0, version == 2 ? 1 : 0);
	end_message(w, at);
}

void wire_sa(struct wr *w, uint16_t xid, const char *scopes, const char *attrs)
{
	size_t at = begin_message(w, 2, SLP_SA_ADVERT, xid);

	put_text(w, VIEW("service:service-agent://192.0.2.7"));
	put_text(w, view_of(scopes));
	put_text(w, view_of(attrs));
	put(w, 0, 1);
	end_message(w, at);
}

void wire_da(struct wr *w, uint8_t version, uint16_t xid, uint32_t boot_time, const char *scopes,
	     const char *attrs)
{
	size_t at = begin_message(w, version, SLP_DA_ADVERT, xid);

	put(w, 0, 2);
	put(w, boot_time, version == 2 ? 4 : 0);
	put_text(w, VIEW("service:directory-agent://192.0.2.7"));
	put_text(w, view_of(scopes));
	if (version == 2) {
		put_text(w, view_of(attrs));
		put_text(w, VIEW(""));
		put(w, 0, 1);
	}
	end_message(w, at);
}

void wire_error(struct wr *w, uint8_t version, enum slp_function function, uint16_t xid,
		uint16_t error)
{
	size_t at = begin_message(w, version, function, xid);

	put(w, error, 2);
	end_message(w, at);
}

struct view rig_reply(struct rig *rig, unsigned ask)
{
	struct wr w = wr_over(rig->reply, sizeof(rig->reply));
	const struct slp_asked *asked = &rig->client.asked[ask];
	struct view type = rig_asked(rig, ask).type;

	if (asked->function == SLP_SRV_TYPE_RQST)
		wire_types(&w, asked->version, asked->xid, "service:sip.voip,service:fax");
	else if (asked->function == SLP_ATTR_RQST)
		wire_attrs(&w, asked->version, asked->xid, "(channels=30),secure");
	else if (view_eq(type, VIEW(RIG_SA)))
		wire_sa(&w, asked->xid, "DEFAULT", "");
	else if (view_eq(type, VIEW(RIG_DA)) || view_eq(type, VIEW("directory-agent///")))
		wire_da(&w, asked->version, asked->xid, 86400, "DEFAULT", "");
	else
		wire_urls(&w, asked->version, asked->xid, 300, "service:sip.voip://192.0.2.7");
	rig->reply_n = w.n;
	return wr_view(&w);
}

struct view rig_reply_error(struct rig *rig, unsigned ask, uint16_t error)
{
	struct wr w = wr_over(rig->reply, sizeof(rig->reply));
	const struct slp_asked *asked = &rig->client.asked[ask];

	assert_true(ask < rig->client.asks);
	wire_error(&w, asked->version, (enum slp_function)(asked->function + 1), asked->xid, error);
	rig->reply_n = w.n;
	return wr_view(&w);
}

enum step rig_answer(struct rig *rig, int64_t now_us, unsigned ask)
{
	return rig_receive(rig, now_us, rig_reply(rig, ask));
}
