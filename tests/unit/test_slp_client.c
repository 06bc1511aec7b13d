/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan over UDP: when it asks, what counts as an answer, and when it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "slp_rig.h"

enum { MS = RIG_MS, SOON_US = RIG_BEGAN_US + 3 * RIG_MS };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct slp_ask ONE[] = { { 2, SLP_SRV_TYPE_RQST, NULL } };
static const struct slp_ask TWO[] = { { 2, SLP_SRV_TYPE_RQST, NULL }, { 2, SLP_SRV_RQST, RIG_SA } };

static void begin(struct rig *rig, const struct slp_ask *plan, size_t count)
{
	rig_init(rig, false);
	rig_plan(rig, plan, count);
	assert_int_equal(rig_begin(rig), STEP_MORE);
}

static uint16_t sent_xid(const struct rig *rig)
{
	struct slp_msg msg;

	assert_int_equal(slp_decode(rig_sent(rig), &msg), SLP_WHOLE);
	return msg.xid;
}

static void each_ask_is_sent_three_times(void **state)
{
	static const struct {
		int64_t at_ms;
		unsigned ask;
	} sends[] = {
		{ 0, 0 },    { 250, 1 },  { 500, 0 },  { 500, 2 },  { 750, 1 },	 { 750, 3 },
		{ 1000, 2 }, { 1250, 0 }, { 1250, 3 }, { 1500, 1 }, { 1750, 2 }, { 2000, 3 },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	rig_begin(&rig);
	for (size_t i = 0; i < COUNT(sends); i++) {
		assert_int_equal(rig.io.now_us, RIG_BEGAN_US + sends[i].at_ms * MS);
		assert_int_equal(sent_xid(&rig), RIG_XID + sends[i].ask);
		assert_int_equal(rig.client.sent, i + 1);
		while (rig_wake(&rig) == STEP_MORE && rig_sent(&rig).n == 0)
			;
	}
	assert_int_equal(rig.step, STEP_DONE);
	assert_int_equal(rig.io.now_us, RIG_BEGAN_US + 2750 * MS);
	assert_int_equal(rig.client.sent, 12);
	assert_int_equal(rig.client.retries, 8);
	assert_int_equal(rig.client.asks, 4);
	assert_int_equal(rig.client.found.valid, 0);
	assert_int_equal(rig.client.round_trip_us, 0);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(rig.client.asked[i].first_us, RIG_BEGAN_US + 250 * i * MS);
		assert_int_equal(rig.client.asked[i].last_us, RIG_BEGAN_US + (1250 + 250 * i) * MS);
		assert_int_equal(rig.client.asked[i].sends, SLP_SENDS);
		assert_false(rig.client.asked[i].answered);
	}
	assert_true(slp_client_amplification(&rig.client) == 0);
	assert_true(slp_client_multiplication(&rig.client) == 0);
}

static void late_send_does_not_delay_the_next_one(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, ONE, COUNT(ONE));
	rig.io.wake_us += 400 * MS;
	rig_wake(&rig);
	assert_int_equal(rig.io.wake_us, RIG_BEGAN_US + 1250 * MS);
	rig.io.wake_us += 50 * MS;
	rig_wake(&rig);
	assert_int_equal(rig.io.wake_us, RIG_BEGAN_US + (1300 + 750) * MS);
	assert_int_equal(rig_wake(&rig), STEP_DONE);
	rig_init(&rig, false);
	rig_begin(&rig);
	rig.io.wake_us += 100 * MS;
	rig_wake(&rig);
	while (rig.client.asks < 3)
		rig_wake(&rig);
	assert_int_equal(rig.io.now_us, RIG_BEGAN_US + 2 * SLP_STAGGER_US);
}

static void requests_are_those_of_the_plan(void **state)
{
	static const struct {
		uint8_t version, function;
		const char *type, *scopes;
	} wanted[] = {
		{ 2, SLP_SRV_TYPE_RQST, "", "DEFAULT" },
		{ 2, SLP_SRV_RQST, RIG_SA, "" },
		{ 2, SLP_SRV_RQST, RIG_DA, "" },
		{ 1, SLP_SRV_TYPE_RQST, "", "" },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	rig.arg.predicate = VIEW("(a=1)");
	rig_begin(&rig);
	rig_wake_all(&rig, 100);
	for (unsigned i = 0; i < COUNT(wanted); i++) {
		struct slp_msg msg = rig_asked(&rig, i);
		assert_int_equal(msg.version, wanted[i].version);
		assert_int_equal(msg.function, wanted[i].function);
		assert_int_equal(msg.flags, 0);
		assert_true(view_eq(msg.type, view_of(wanted[i].type)));
		assert_true(view_eq(msg.scopes, view_of(wanted[i].scopes)));
		assert_true(view_eq(msg.language, VIEW("en")));
		assert_true(view_search(rig_request(&rig, i), VIEW("a=1")) ==
			    rig_request(&rig, i).n);
	}
	rig_init(&rig, false);
	rig.arg.has_scopes = true;
	rig.arg.scopes = VIEW("voice");
	rig.arg.language = VIEW("de");
	rig_begin(&rig);
	rig_wake_all(&rig, 100);
	for (unsigned i = 0; i < COUNT(wanted); i++) {
		assert_true(view_eq(rig_asked(&rig, i).scopes, VIEW("voice")));
		assert_true(view_eq(rig_asked(&rig, i).language, VIEW("de")));
	}
	rig_init(&rig, false);
	rig.arg.has_scopes = true;
	rig_begin(&rig);
	assert_int_equal(rig_asked(&rig, 0).scopes.n, 0);
}

static void plan_asks_the_same_whatever_is_found(void **state)
{
	static const struct slp_ask plan[] = { { 2, SLP_SRV_RQST, RIG_SA },
					       { 2, SLP_SRV_TYPE_RQST, NULL } };
	struct rig rig;
	struct wr w = wr_over(rig.reply, sizeof(rig.reply));

	(void)state;
	rig_init(&rig, false);
	rig_plan(&rig, plan, COUNT(plan));
	rig.arg.all = true;
	rig_begin(&rig);
	wire_sa(&w, RIG_XID, "voice", "");
	rig_receive(&rig, SOON_US, wr_view(&w));
	rig_wake(&rig);
	assert_true(view_eq(rig_asked(&rig, 1).scopes, VIEW("DEFAULT")));
}

static void xids_count_on_and_leave_out_zero(void **state)
{
	static const uint16_t wanted[] = { 0xfffe, 0xffff, 1, 2 };
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	rig.arg.xid = 0xfffe;
	rig_begin(&rig);
	rig_wake_all(&rig, 100);
	for (unsigned i = 0; i < COUNT(wanted); i++)
		assert_int_equal(rig_asked(&rig, i).xid, wanted[i]);
}

static void first_valid_reply_ends_the_plan(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	rig_begin(&rig);
	rig_wake(&rig);
	rig_wake(&rig);
	assert_int_equal(rig_answer(&rig, RIG_BEGAN_US + 251 * MS, 1), STEP_DONE);
	assert_int_equal(rig.client.found.valid, 1);
	assert_true(rig.client.found.sa);
	assert_true(rig.client.asked[1].answered);
	assert_false(rig.client.asked[0].answered);
	assert_int_equal(rig.client.asks, 2);
	assert_int_equal(rig.client.round_trip_us, 1 * MS);
	assert_int_equal(rig.client.received, 1);
	assert_int_equal(rig.client.reply_bytes, rig.reply_n);
	assert_false(rig.client.overflowed);
}

static void round_trip_begins_with_the_first_send(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, ONE, COUNT(ONE));
	rig_wake(&rig);
	rig_receive(&rig, RIG_BEGAN_US + 600 * MS, rig_reply(&rig, 0));
	assert_int_equal(rig.client.round_trip_us, 600 * MS);
	begin(&rig, ONE, COUNT(ONE));
	rig_answer(&rig, RIG_BEGAN_US, 0);
	assert_int_equal(rig.client.round_trip_us, 1);
}

static void with_all_each_ask_goes_on_until_its_own_answer(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	rig_plan(&rig, TWO, COUNT(TWO));
	rig.arg.all = true;
	rig_begin(&rig);
	assert_int_equal(rig_answer(&rig, SOON_US, 0), STEP_MORE);
	assert_int_equal(rig.io.wake_us, RIG_BEGAN_US + 250 * MS);
	while (rig.step == STEP_MORE) {
		rig_wake(&rig);
		assert_true(rig_sent(&rig).n == 0 || sent_xid(&rig) == RIG_XID + 1);
	}
	assert_int_equal(rig.io.now_us, RIG_BEGAN_US + (250 + 2000) * MS);
	assert_int_equal(rig.client.sent, 4);
	rig_init(&rig, false);
	rig_plan(&rig, TWO, COUNT(TWO));
	rig.arg.all = true;
	rig_begin(&rig);
	rig_wake(&rig);
	assert_int_equal(rig_answer(&rig, RIG_BEGAN_US + 260 * MS, 1), STEP_MORE);
	assert_int_equal(rig_answer(&rig, RIG_BEGAN_US + 270 * MS, 0), STEP_DONE);
	assert_int_equal(rig.client.found.valid, 2);
	assert_int_equal(rig.client.round_trip_us, 10 * MS);
}

static void refused_ask_is_not_sent_again(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, TWO, COUNT(TWO));
	assert_int_equal(rig_receive(&rig, SOON_US, rig_reply_error(&rig, 0, 4)), STEP_MORE);
	assert_int_equal(rig.io.wake_us, RIG_BEGAN_US + 250 * MS);
	assert_int_equal(rig.client.round_trip_us, 3 * MS);
	rig_wake(&rig);
	assert_int_equal(rig_receive(&rig, RIG_BEGAN_US + 260 * MS, rig_reply_error(&rig, 1, 10)),
			 STEP_DONE);
	assert_int_equal(rig.client.sent, 2);
	assert_int_equal(rig.client.found.errors, 2);
	assert_int_equal(rig.client.found.error, 10); /* the worst one is kept */
	assert_int_equal(rig.client.found.valid, 0);
	assert_int_equal(rig.client.round_trip_us, 3 * MS);
	assert_true(rig.client.asked[0].answered && rig.client.asked[1].answered);
}

static void valid_reply_counts_behind_an_error_and_an_error_counts_once(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, TWO, COUNT(TWO));
	for (unsigned i = 0; i < 3; i++)
		rig_receive(&rig, SOON_US + i * MS, rig_reply_error(&rig, 0, 11));
	assert_int_equal(rig.client.found.errors, 1);
	assert_int_equal(rig_answer(&rig, SOON_US + 5 * MS, 0), STEP_DONE);
	assert_int_equal(rig.client.found.valid, 1);
	assert_int_equal(rig.client.round_trip_us, 8 * MS);
	assert_int_equal(rig.client.asked[0].replies, 4);
}

static void error_may_come_as_srvrply(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, ONE, COUNT(ONE));
	rig_reply_error(&rig, 0, 14);
	rig.reply[1] = SLP_SRV_RPLY;
	assert_int_equal(rig_receive(&rig, SOON_US, (struct view){ rig.reply, rig.reply_n }),
			 STEP_DONE);
	assert_int_equal(rig.client.found.errors, 1);
	assert_false(rig.client.found.errors_v1);
}

static void empty_answer_to_the_request_for_agents_is_valid(void **state)
{
	static const struct slp_ask plan[] = { { 2, SLP_SRV_RQST, RIG_SA } };
	struct rig rig;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct wr w = wr_over(rig.reply, sizeof(rig.reply));
		begin(&rig, plan, COUNT(plan));
		wire_urls(&w, 2, RIG_XID, 60,
			  i == 0 ? "" : "service:service-agent://h,service:x://h");
		assert_int_equal(rig_receive(&rig, SOON_US, wr_view(&w)), STEP_DONE);
		assert_int_equal(rig.client.found.valid, 1);
		assert_int_equal(rig.client.found.sa, i == 1);
		assert_int_equal(rig.client.found.services, 0);
		assert_false(rig.client.found.services_told);
	}
}

static void request_that_does_not_fit_is_left_out(void **state)
{
	static char scopes[SLP_REQUEST_MAX];
	struct rig rig;

	(void)state;
	memset(scopes, 'a', sizeof(scopes));
	rig_init(&rig, false);
	rig.arg.has_scopes = true;
	rig.arg.scopes = (struct view){ scopes, SLP_REQUEST_MAX - 22 };
	assert_int_equal(rig_begin(&rig), STEP_MORE);
	assert_int_equal(rig_sent(&rig).n, SLP_REQUEST_MAX); /* types; agents need more */
	assert_false(rig.client.too_big);
	rig_wake(&rig);
	assert_int_equal(sent_xid(&rig), RIG_XID + 3); /* version 1 needs less */
	assert_int_equal(rig.io.now_us, RIG_BEGAN_US + 250 * MS);
	assert_true(rig.client.too_big);
	assert_int_equal(rig.client.asked[1].sends, 0);
	assert_int_equal(rig.client.sent, 2);
	struct wr w = wr_over(rig.reply, sizeof(rig.reply));
	wire_sa(&w, rig.client.asked[1].xid, "", "");
	assert_int_equal(rig_receive(&rig, SOON_US + 250 * MS, wr_view(&w)), STEP_MORE);
	assert_int_equal(rig.client.found.suspects, 1);
	assert_int_equal(rig_answer(&rig, SOON_US + 250 * MS, 0), STEP_DONE);
	assert_int_equal(rig.client.found.valid, 1);
}

static void exchange_without_a_request_ends_at_once(void **state)
{
	static const struct slp_ask v1[] = { { 1, SLP_SRV_TYPE_RQST, NULL },
					     { 1, SLP_SRV_RQST, RIG_DA } };
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	rig_plan(&rig, v1, COUNT(v1));
	rig.arg.language = VIEW("en-US"); /* version 1 has two letters */
	assert_int_equal(rig_begin(&rig), STEP_DONE);
	assert_true(rig.client.too_big);
	assert_int_equal(rig.client.sent, 0);
	assert_int_equal(rig.client.asks, 2);
	rig_init(&rig, false);
	rig_plan(&rig, v1, 0);
	assert_int_equal(rig_begin(&rig), STEP_DONE);
	assert_false(rig.client.too_big);
}

static void state_is_small(void **state)
{
	(void)state;
	assert_true(sizeof(struct slp_client) < 16 * 1024);
}

static void encoding_of_version_1_is_one_that_holds_ascii(void **state)
{
	static const struct slp_ask plan[] = { { 1, SLP_SRV_TYPE_RQST, NULL } };
	static const struct {
		uint16_t mib;
		bool valid;
	} cases[] = { { 3, true }, { 106, true }, { 1000, false }, { 4, false }, { 0, false } };
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct wr w = wr_over(rig.reply, sizeof(rig.reply));
		rig_init(&rig, false);
		rig_plan(&rig, plan, 1);
		rig_begin(&rig);
		wire_types(&w, 1, RIG_XID, "a");
		w.p[8] = (char)(cases[i].mib >> 8);
		w.p[9] = (char)cases[i].mib;
		rig_receive(&rig, SOON_US, wr_view(&w));
		assert_int_equal(rig.client.found.valid, cases[i].valid);
		assert_int_equal(rig.client.found.suspects, !cases[i].valid);
	}
}

static void amplification_is_that_of_the_worst_ask(void **state)
{
	static const struct slp_asked asked[] = {
		{ .sends = 1, .request_bytes = 30, .reply_bytes = 60, .replies = 3 },
		{ .sends = 2, .request_bytes = 10, .reply_bytes = 100, .replies = 2 },
		{ .sends = 0 },
		{ .sends = 3, .request_bytes = 10, .reply_bytes = 120, .replies = 3 },
	};
	struct slp_client client = { .asks = COUNT(asked) };

	(void)state;
	memcpy(client.asked, asked, sizeof(asked));
	assert_true(slp_client_amplification(&client) == 5);
	assert_true(slp_client_multiplication(&client) == 3);
	/* what belongs to no ask counts with all */
	client.sent = 6;
	client.request_bytes = 80;
	client.received = 24;
	client.reply_bytes = 560;
	assert_true(slp_client_amplification(&client) == 7);
	assert_true(slp_client_multiplication(&client) == 4);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(amplification_is_that_of_the_worst_ask),
		cmocka_unit_test(encoding_of_version_1_is_one_that_holds_ascii),
		cmocka_unit_test(each_ask_is_sent_three_times),
		cmocka_unit_test(late_send_does_not_delay_the_next_one),
		cmocka_unit_test(requests_are_those_of_the_plan),
		cmocka_unit_test(plan_asks_the_same_whatever_is_found),
		cmocka_unit_test(xids_count_on_and_leave_out_zero),
		cmocka_unit_test(first_valid_reply_ends_the_plan),
		cmocka_unit_test(round_trip_begins_with_the_first_send),
		cmocka_unit_test(with_all_each_ask_goes_on_until_its_own_answer),
		cmocka_unit_test(refused_ask_is_not_sent_again),
		cmocka_unit_test(valid_reply_counts_behind_an_error_and_an_error_counts_once),
		cmocka_unit_test(error_may_come_as_srvrply),
		cmocka_unit_test(empty_answer_to_the_request_for_agents_is_valid),
		cmocka_unit_test(request_that_does_not_fit_is_left_out),
		cmocka_unit_test(exchange_without_a_request_ends_at_once),
		cmocka_unit_test(state_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
