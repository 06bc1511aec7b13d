/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is asked once somebody has answered: adverts, types, services and attributes of each type, in
 * his version and in the scopes that he named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "slp_rig.h"

enum { MS = RIG_MS, SOON_US = RIG_BEGAN_US + 3 * RIG_MS };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct slp_ask TYPES[] = { { 2, SLP_SRV_TYPE_RQST, NULL } };
static const struct slp_ask V1_TYPES[] = { { 1, SLP_SRV_TYPE_RQST, NULL } };
static const struct slp_ask SA[] = { { 2, SLP_SRV_RQST, RIG_SA } };
static const struct slp_ask V1_DA[] = { { 1, SLP_SRV_RQST, RIG_DA } };
static const struct slp_ask ATTRS[] = { { 2, SLP_ATTR_RQST, "service:x" } };
static const struct slp_ask SERVICES[] = { { 2, SLP_SRV_RQST, "service:x" } };

static void init(struct rig *rig, const struct slp_ask *plan, unsigned want)
{
	rig_init(rig, false);
	rig_plan(rig, plan, 1);
	rig->arg.want = want;
}

/* Answers each ask as it comes. */
static void answer_all(struct rig *rig)
{
	rig_begin(rig);
	for (unsigned ask = 0; rig->step == STEP_MORE && ask < SLP_ASKS_MAX; ask++) {
		assert_int_equal(rig->client.asks, ask + 1);
		rig_answer(rig, rig->io.now_us + 1 * MS, ask);
	}
	assert_int_equal(rig->step, STEP_DONE);
}

/* "SrvTypeRqst;SrvRqst service:a;AttrRqst service:a;" of all asks behind the first one. */
static void assert_followed(const struct rig *rig, const char *wanted)
{
	char text[2048];
	struct wr w = wr_over(text, sizeof(text));

	for (unsigned i = 1; i < rig->client.asks; i++) {
		struct slp_msg msg = rig_asked(rig, i);
		struct view what = msg.type.n > 0 ? msg.type : msg.url;
		wr_str(&w, slp_function_name(msg.version, msg.function));
		wr_str(&w, what.n > 0 ? " " : "");
		wr_put(&w, what);
		wr_byte(&w, ';');
	}
	if (!view_eq(wr_view(&w), view_of(wanted)))
		fail_msg("%.*s instead of %s", VIEW_ARG(wr_view(&w)), wanted);
}

static void what_is_wanted_and_not_told_is_asked_one_after_the_other(void **state)
{
	static const struct {
		const struct slp_ask *plan;
		unsigned want;
		const char *type, *wanted;
	} cases[] = {
		{ TYPES, 0, "", "" },
		{ TYPES, SLP_WANT_TYPES, "", "" },
		{ SA, SLP_WANT_TYPES, "", "SrvTypeRqst;" },
		{ SA, SLP_WANT_SA, "", "" },
		{ SA, SLP_WANT_DA, "", "SrvRqst service:directory-agent;" },
		{ TYPES, SLP_WANT_SA | SLP_WANT_DA, "",
		  "SrvRqst service:service-agent;SrvRqst service:directory-agent;" },
		{ TYPES, SLP_WANT_SERVICES, "", "SrvRqst service:sip.voip;SrvRqst service:fax;" },
		{ TYPES, SLP_WANT_ATTRS, "", "AttrRqst service:sip.voip;AttrRqst service:fax;" },
		{ TYPES, SLP_WANT_SERVICES, "service:x", "SrvRqst service:x;" },
		{ TYPES, SLP_WANT_SERVICES | SLP_WANT_ATTRS, "x", "SrvRqst x;AttrRqst x;" },
		{ SA, SLP_WANT_SERVICES | SLP_WANT_ATTRS, "service:x",
		  "SrvRqst service:x;AttrRqst service:x;" },
		{ SA, SLP_WANT_SERVICES | SLP_WANT_ATTRS, "service:x:y://h:1/z",
		  "SrvRqst service:x:y;AttrRqst service:x:y://h:1/z;" },
		{ SA, SLP_WANT_ATTRS, "", /* types are needed for that */
		  "SrvTypeRqst;AttrRqst service:sip.voip;AttrRqst service:fax;" },
		{ SA, SLP_WANT_DA | SLP_WANT_TYPES | SLP_WANT_SERVICES | SLP_WANT_ATTRS, "",
		  "SrvRqst service:directory-agent;SrvTypeRqst;SrvRqst service:sip.voip;"
		  "SrvRqst service:fax;AttrRqst service:sip.voip;AttrRqst service:fax;" },
		{ SERVICES, SLP_WANT_SERVICES | SLP_WANT_ATTRS, "service:x",
		  "AttrRqst service:x;" },
		{ ATTRS, SLP_WANT_SERVICES | SLP_WANT_ATTRS, "service:x", "SrvRqst service:x;" },
		{ V1_TYPES, SLP_WANT_SA, "", "" }, /* version 1 has none */
		{ V1_TYPES, SLP_WANT_DA, "", "SrvRqst directory-agent///;" },
		{ V1_TYPES, SLP_WANT_SERVICES, "service:x", "SrvRqst service:x///;" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rig rig;
		init(&rig, cases[i].plan, cases[i].want);
		rig.arg.type = view_of(cases[i].type);
		answer_all(&rig);
		assert_followed(&rig, cases[i].wanted);
		assert_int_equal(rig.client.sent, rig.client.asks);
		assert_int_equal(rig.client.found.valid, rig.client.asks);
		for (unsigned ask = 1; ask < rig.client.asks; ask++)
			assert_int_equal(rig.client.asked[ask].version, cases[i].plan->version);
	}
}

static void all_that_is_found_is_gathered(void **state)
{
	struct view type[] = { VIEW("service:no"), VIEW("service:fax") };
	struct slp_wish attr[] = { { VIEW("channels"), SLP_GE, VIEW("30"), 30 } };
	struct rig rig;

	(void)state;
	init(&rig, SA, SLP_WANT_DA | SLP_WANT_TYPES | SLP_WANT_SERVICES | SLP_WANT_ATTRS);
	rig.arg.wishes = (struct slp_wishes){ type, COUNT(type), attr, COUNT(attr) };
	answer_all(&rig);
	assert_int_equal(rig.client.found.types_met, 2);
	assert_int_equal(rig.client.found.attrs_met, 1);
	assert_true(rig.client.found.sa && rig.client.found.da);
	assert_true(rig.client.found.types_told && rig.client.found.services_told &&
		    rig.client.found.attrs_told);
	assert_int_equal(rig.client.found.services, 2);
	assert_int_equal(rig.client.found.min_lifetime_s, 300);
	assert_int_equal(rig.client.found.boot_time, 86400);
	assert_int_equal(rig.client.found.attrs.seen, 1);
	assert_int_equal(rig.client.round_trip_us, 1 * MS);
}

static void xid_belongs_to_the_question(void **state)
{
	struct rig rig;

	(void)state;
	init(&rig, SA, SLP_WANT_SERVICES | SLP_WANT_ATTRS | SLP_WANT_DA);
	answer_all(&rig);
	for (unsigned i = 0; i < rig.client.asks; i++)
		for (unsigned k = 0; k < i; k++)
			assert_int_not_equal(rig.client.asked[i].xid, rig.client.asked[k].xid);
	uint16_t attrs = rig.client.asked[rig.client.asks - 1].xid;
	init(&rig, TYPES, SLP_WANT_ATTRS);
	answer_all(&rig);
	assert_int_equal(rig.client.asked[rig.client.asks - 1].xid, attrs);
}

static void unanswered_follow_up_is_sent_three_times_and_then_the_next(void **state)
{
	static const int64_t at_ms[] = { 0, 500, 1250, 2000, 2500, 3250, 4000 };
	struct rig rig;

	(void)state;
	init(&rig, TYPES, SLP_WANT_SERVICES);
	rig_begin(&rig);
	assert_int_equal(rig_answer(&rig, SOON_US, 0), STEP_MORE);
	for (size_t i = 0; i + 1 < COUNT(at_ms); i++) {
		assert_int_equal(rig.io.now_us, SOON_US + at_ms[i] * MS);
		assert_true(view_eq(rig_sent(&rig), rig_request(&rig, 1 + (unsigned)i / 3)));
		assert_int_equal(rig.io.wake_us, SOON_US + at_ms[i + 1] * MS);
		rig_wake(&rig);
	}
	assert_int_equal(rig.step, STEP_DONE);
	assert_int_equal(rig_sent(&rig).n, 0);
	assert_int_equal(rig.client.sent, 7);
	assert_false(rig.client.found.services_told);
	assert_int_equal(rig.client.found.valid, 1);
	assert_int_equal(slp_client_unanswered(&rig.client), 2);
}

static void refused_follow_up_gives_way_to_the_next(void **state)
{
	struct rig rig;

	(void)state;
	init(&rig, TYPES, SLP_WANT_SERVICES);
	rig_begin(&rig);
	rig_answer(&rig, SOON_US, 0);
	assert_int_equal(rig_receive(&rig, SOON_US + 1 * MS, rig_reply_error(&rig, 1, 2)),
			 STEP_MORE);
	assert_int_equal(rig_answer(&rig, SOON_US + 2 * MS, 2), STEP_DONE);
	assert_int_equal(rig.client.found.errors, 1);
	assert_int_equal(rig.client.found.services, 1);
	assert_int_equal(rig.client.sent, 3);
}

static void errors_alone_are_followed_by_nothing(void **state)
{
	struct rig rig;

	(void)state;
	init(&rig, TYPES, SLP_WANT_SA | SLP_WANT_DA | SLP_WANT_TYPES);
	rig_begin(&rig);
	assert_int_equal(rig_receive(&rig, SOON_US, rig_reply_error(&rig, 0, 4)), STEP_DONE);
	assert_int_equal(rig.client.sent, 1);
}

static void types_in_other_scopes_are_asked_for_when_default_has_none(void **state)
{
	static const struct {
		const struct slp_ask *plan;
		const char *scopes;  /* of the advert */
		const char *callers; /* NULL: none */
		const char *asked;   /* NULL: nothing is asked again */
	} cases[] = {
		{ TYPES, "voice, fax", NULL, "voice,fax" },
		{ TYPES, "default,voice", NULL, "default,voice" },
		{ TYPES, "v", NULL, "v" },
		{ TYPES, "default,DEFAULT", NULL, NULL },
		{ TYPES, "", NULL, NULL },
		{ TYPES, "voice", "mine", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rig rig;
		struct wr w = wr_over(rig.reply, sizeof(rig.reply));
		init(&rig, cases[i].plan, SLP_WANT_SA | SLP_WANT_TYPES);
		rig.arg.has_scopes = cases[i].callers != NULL;
		rig.arg.scopes = view_of(cases[i].callers);
		rig_begin(&rig);
		wire_types(&w, 2, RIG_XID, "");
		rig_receive(&rig, SOON_US, wr_view(&w));
		wr_reset(&w);
		wire_sa(&w, rig.client.asked[1].xid, cases[i].scopes, "");
		rig_receive(&rig, SOON_US + 1 * MS, wr_view(&w));
		assert_int_equal(rig.step, cases[i].asked != NULL ? STEP_MORE : STEP_DONE);
		if (cases[i].asked == NULL)
			continue;
		assert_true(view_eq(rig_asked(&rig, 2).scopes, view_of(cases[i].asked)));
		assert_int_equal(rig_answer(&rig, SOON_US + 2 * MS, 2), STEP_DONE);
		assert_int_equal(rig.client.found.types.seen, 2);
		assert_int_equal(rig.client.asks, 3);
	}
}

static void version_1_asks_in_one_scope(void **state)
{
	struct rig rig;
	struct wr w = wr_over(rig.reply, sizeof(rig.reply));

	(void)state;
	init(&rig, V1_DA, SLP_WANT_TYPES | SLP_WANT_SERVICES);
	rig_begin(&rig);
	assert_true(view_eq(rig_asked(&rig, 0).type, VIEW("directory-agent///")));
	wire_da(&w, 1, RIG_XID, 0, "voice,fax", "");
	rig_receive(&rig, SOON_US, wr_view(&w));
	assert_true(view_eq(rig_asked(&rig, 1).scopes, VIEW("voice")));
	rig_answer(&rig, SOON_US + 1 * MS, 1);
	assert_true(view_eq(rig_asked(&rig, 2).type, VIEW("service:sip.voip/voice//")));
	assert_int_equal(rig_asked(&rig, 2).version, 1);
}

static void scopes_of_a_request_do_not_change_between_its_sends(void **state)
{
	struct rig rig;
	struct wr w = wr_over(rig.reply, sizeof(rig.reply));

	(void)state;
	rig_init(&rig, false);
	rig.arg.want = SLP_WANT_SERVICES;
	rig.arg.type = VIEW("service:x");
	rig_begin(&rig);
	rig_wake(&rig);
	rig_answer(&rig, SOON_US + 250 * MS, 0);
	assert_true(view_eq(rig_asked(&rig, 2).scopes, VIEW("DEFAULT")));
	wire_sa(&w, rig.client.asked[1].xid, "voice", "");
	assert_int_equal(rig_receive(&rig, SOON_US + 251 * MS, wr_view(&w)), STEP_MORE);
	assert_int_equal(rig.client.found.valid, 2);
	rig_wake(&rig);
	assert_true(view_eq(rig_sent(&rig), rig_request(&rig, 2)));
}

static void scopes_that_fill_their_room_are_all_asked_in(void **state)
{
	char scopes[3 * 100];
	struct wr list = wr_over(scopes, sizeof(scopes));
	struct rig rig;
	struct wr w = wr_over(rig.reply, sizeof(rig.reply));

	(void)state;
	for (unsigned i = 10; i < 84; i++)
		wr_fmt(&list, "%s%u", i > 10 ? "," : "", i);
	wr_byte(&list, '\0');
	init(&rig, SA, SLP_WANT_TYPES);
	rig_begin(&rig);
	wire_sa(&w, RIG_XID, scopes, "");
	rig_receive(&rig, SOON_US, wr_view(&w));
	assert_int_equal(rig.client.found.scopes.kept, SLP_SCOPES_BYTES / 4);
	assert_true(rig.client.found.scopes.clipped);
	assert_true(view_eq(rig_asked(&rig, 1).scopes,
			    (struct view){ scopes, 3 * (SLP_SCOPES_BYTES / 4) - 1 }));
}

static void predicate_and_tags_go_where_they_belong(void **state)
{
	struct rig rig;

	(void)state;
	init(&rig, SA, SLP_WANT_SERVICES | SLP_WANT_ATTRS | SLP_WANT_DA);
	rig.arg.type = VIEW("service:x");
	rig.arg.predicate = VIEW("(p=1)");
	rig.arg.tags = VIEW("tags");
	answer_all(&rig);
	for (unsigned i = 0; i < 4; i++) {
		struct view request = rig_request(&rig, i);
		assert_int_equal(view_search(request, VIEW("(p=1)")) < request.n, i == 2);
		assert_int_equal(view_search(request, VIEW("tags")) < request.n, i == 3);
		assert_int_equal(view_search(request, VIEW("DEFAULT")) < request.n, i >= 2);
	}
}

static void only_the_first_types_are_looked_into(void **state)
{
	char types[20 * 12];
	struct wr list = wr_over(types, sizeof(types));
	struct rig rig;
	struct wr w = wr_over(rig.reply, sizeof(rig.reply));

	(void)state;
	for (unsigned i = 10; i < 30; i++)
		wr_fmt(&list, "%sservice:%u", i > 10 ? "," : "", i);
	wr_byte(&list, '\0');
	init(&rig, TYPES, SLP_WANT_SERVICES | SLP_WANT_ATTRS | SLP_WANT_SA | SLP_WANT_DA);
	rig_begin(&rig);
	wire_types(&w, 2, RIG_XID, types);
	rig_receive(&rig, SOON_US, wr_view(&w));
	for (unsigned ask = 1; rig.step == STEP_MORE; ask++)
		rig_answer(&rig, SOON_US + ask * MS, ask);
	assert_int_equal(rig.client.asks, 3 + 2 * SLP_FOLLOW_TYPES_MAX);
	assert_int_equal(rig.client.found.services, SLP_FOLLOW_TYPES_MAX);
	assert_true(view_eq(rig_asked(&rig, 18).type, VIEW("service:25")));
	assert_true(view_eq(rig_asked(&rig, 34).url, VIEW("service:25")));
}

static void answers_in_both_versions_are_followed_in_version_2(void **state)
{
	static const struct slp_ask plan[] = { { 1, SLP_SRV_TYPE_RQST, NULL },
					       { 2, SLP_SRV_TYPE_RQST, NULL } };
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	rig_plan(&rig, plan, COUNT(plan));
	rig.arg.all = true;
	rig.arg.want = SLP_WANT_SA;
	rig_begin(&rig);
	assert_int_equal(rig_answer(&rig, SOON_US, 0), STEP_MORE);
	assert_int_equal(rig_sent(&rig).n, 0);
	rig_wake(&rig);
	assert_int_equal(rig_answer(&rig, SOON_US + 250 * MS, 1), STEP_MORE);
	assert_int_equal(rig_asked(&rig, 2).version, 2);
	assert_int_equal(rig_answer(&rig, SOON_US + 251 * MS, 2), STEP_DONE);
	assert_true(rig.client.found.v1 && rig.client.found.v2);
	rig_init(&rig, false);
	rig_plan(&rig, plan, COUNT(plan));
	rig.arg.all = true;
	rig.arg.want = SLP_WANT_DA;
	rig_begin(&rig);
	rig_answer(&rig, SOON_US, 0);
	while (rig.client.asks < 3)
		rig_wake(&rig);
	assert_int_equal(rig.io.now_us, RIG_BEGAN_US + 2250 * MS);
	assert_int_equal(rig_asked(&rig, 2).version, 1);
}

static void follow_up_that_does_not_fit_is_left_out(void **state)
{
	static char types[SLP_REQUEST_MAX + 20];
	struct rig rig;
	struct wr w = wr_over(rig.reply, sizeof(rig.reply));

	(void)state;
	memset(types, 'a', SLP_REQUEST_MAX);
	memcpy(types + SLP_REQUEST_MAX, ",service:x", sizeof(",service:x"));
	init(&rig, TYPES, SLP_WANT_SERVICES);
	rig_begin(&rig);
	wire_types(&w, 2, RIG_XID, types);
	assert_int_equal(rig_receive(&rig, SOON_US, wr_view(&w)), STEP_MORE);
	assert_true(rig.client.too_big);
	assert_int_equal(rig.client.sent, 2);
	assert_true(view_eq(rig_asked(&rig, 2).type, VIEW("service:x")));
	assert_int_equal(rig_answer(&rig, SOON_US + 1 * MS, 2), STEP_DONE);
}

static void overflow_of_a_follow_up_ends_the_exchange(void **state)
{
	struct rig rig;

	(void)state;
	init(&rig, TYPES, SLP_WANT_SERVICES);
	rig_begin(&rig);
	rig_answer(&rig, SOON_US, 0);
	rig_reply(&rig, 1);
	rig.reply[5] = (char)0x80;
	assert_int_equal(
		rig_receive(&rig, SOON_US + 1 * MS, (struct view){ rig.reply, rig.reply_n }),
		STEP_DONE);
	assert_true(rig.client.overflowed);
	assert_int_equal(rig.client.found.services, 1);
	assert_false(rig.client.found.services_told);
	assert_int_equal(rig.client.found.valid, 1);
}

static void linger_begins_behind_the_last_follow_up(void **state)
{
	struct rig rig;

	(void)state;
	init(&rig, TYPES, SLP_WANT_SA);
	rig.arg.linger_us = 100 * MS;
	rig_begin(&rig);
	assert_int_equal(rig_answer(&rig, SOON_US, 0), STEP_MORE);
	assert_int_equal(rig.io.wake_us, SOON_US + 500 * MS);
	assert_int_equal(rig_answer(&rig, SOON_US + 1 * MS, 1), STEP_MORE);
	assert_int_equal(rig.io.wake_us, SOON_US + 101 * MS);
	assert_int_equal(rig_wake(&rig), STEP_DONE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wanted_and_not_told_is_asked_one_after_the_other),
		cmocka_unit_test(all_that_is_found_is_gathered),
		cmocka_unit_test(xid_belongs_to_the_question),
		cmocka_unit_test(unanswered_follow_up_is_sent_three_times_and_then_the_next),
		cmocka_unit_test(refused_follow_up_gives_way_to_the_next),
		cmocka_unit_test(errors_alone_are_followed_by_nothing),
		cmocka_unit_test(types_in_other_scopes_are_asked_for_when_default_has_none),
		cmocka_unit_test(version_1_asks_in_one_scope),
		cmocka_unit_test(scopes_of_a_request_do_not_change_between_its_sends),
		cmocka_unit_test(scopes_that_fill_their_room_are_all_asked_in),
		cmocka_unit_test(predicate_and_tags_go_where_they_belong),
		cmocka_unit_test(only_the_first_types_are_looked_into),
		cmocka_unit_test(answers_in_both_versions_are_followed_in_version_2),
		cmocka_unit_test(follow_up_that_does_not_fit_is_left_out),
		cmocka_unit_test(overflow_of_a_follow_up_ends_the_exchange),
		cmocka_unit_test(linger_begins_behind_the_last_follow_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
