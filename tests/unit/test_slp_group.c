/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A group against scripted agents: when it is asked, with which list, and what is kept of whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slp_crowd.h"

enum { GAP_US = SLP_GROUP_GAP_US };

static void silence_is_asked_twice(void **state)
{
	static const struct {
		uint8_t version;
		uint64_t entropy;
		uint16_t xid, flags;
	} cases[] = {
		{ 2, 0xffff1234, 0x1234, SLP_FLAG_MULTICAST },
		{ 2, 0xffff0000, 1, SLP_FLAG_MULTICAST },
		{ 1, 0x1234, 0x1234, 0 },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct crowd crowd;
		crowd_init(&crowd, SLP_SRV_RQST, DIVA);
		crowd.arg.query.version = cases[i].version;
		crowd.entropy[0] = cases[i].entropy;
		crowd_begin(&crowd);
		for (unsigned round = 1; round <= 2; round++) {
			struct slp_msg msg = crowd_sent(&crowd);
			assert_int_equal(msg.version, cases[i].version);
			assert_int_equal(msg.xid, cases[i].xid);
			assert_int_equal(msg.flags, cases[i].flags);
			assert_int_equal(msg.previous.n, 0);
			assert_int_equal(crowd.group.request_bytes, round * crowd.io.out.n);
			assert_int_equal(crowd.io.wake_us, RIG_BEGAN_US + round * GAP_US);
			assert_int_equal(crowd_wake(&crowd), round < 2 ? STEP_MORE : STEP_DONE);
		}
		assert_int_equal(crowd.io.out.n, 0);
		assert_int_equal(crowd.group.sent, 2);
		assert_int_equal(crowd.group.rounds, 2);
		assert_int_equal(crowd.group.silent_rounds, 2);
		assert_int_equal(crowd.group.xid, cases[i].xid);
		assert_int_equal(crowd.group.first_us, RIG_BEGAN_US);
		assert_int_equal(crowd.group.reply_us, 0);
		assert_false(crowd.group.too_big);
	}
}

/* A digit: so many new ones answer in that round. */
static void rounds_end_behind_two_silent_ones(void **state)
{
	static const struct {
		const char *answers;
		unsigned rounds, silent, responders;
	} cases[] = {
		{ "300", 3, 2, 3 },  { "030", 4, 2, 3 },      { "10100", 5, 2, 2 },
		{ "1000", 3, 2, 1 }, { "11111111", 8, 0, 8 }, { "10101010", 8, 1, 4 },
		{ "0100", 4, 2, 1 },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct crowd crowd;
		unsigned responders = 0, rounds = 0;
		crowd_init(&crowd, SLP_SRV_RQST, DIVA);
		for (crowd_begin(&crowd); crowd.step == STEP_MORE; crowd_wake(&crowd)) {
			char answers =
				rounds < strlen(cases[i].answers) ? cases[i].answers[rounds] : '0';
			rounds++;
			for (char n = '0'; n < answers; n++)
				crowd_hear_diva(&crowd, host(++responders));
			if (responders > 0) /* who does not heed the list is not new */
				crowd_hear_diva(&crowd, host(1));
		}
		assert_int_equal(rounds, cases[i].rounds);
		assert_int_equal(crowd.group.rounds, cases[i].rounds);
		assert_int_equal(crowd.group.silent_rounds, cases[i].silent);
		assert_int_equal(crowd.group.responders, cases[i].responders);
		assert_int_equal(crowd.group.found.valid, cases[i].responders);
		assert_int_equal(crowd.io.now_us, RIG_BEGAN_US + rounds * (int64_t)GAP_US);
	}
}

static void request_with_a_list_is_the_recorded_one(void **state)
{
	const char *srcdir = getenv("srcdir");
	char path[512], wanted[256];
	struct crowd crowd;

	(void)state;
	snprintf(path, sizeof(path), "%s/tests/data/slp/mcast-v2-srvrqst-prlist-req.bin",
		 srcdir != NULL ? srcdir : ".");
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t n = fread(wanted, 1, sizeof(wanted), file);
	fclose(file);
	crowd_init(&crowd, SLP_SRV_RQST, DIVA);
	crowd_begin(&crowd);
	size_t first = crowd.io.out.n;
	crowd_hear_diva(&crowd, addr_of("10.44.0.2"));
	crowd_hear_diva(&crowd, addr_of("10.44.0.3"));
	crowd_wake(&crowd);
	assert_true(view_eq(wr_view(&crowd.io.out), (struct view){ wanted, n }));
	assert_int_equal(crowd.group.request_bytes, first + n);
}

static void responders_are_told_apart_by_their_address(void **state)
{
	struct addr agent = host(1), elsewhere = agent;
	struct crowd crowd;

	(void)state;
	crowd_init(&crowd, SLP_SRV_RQST, DIVA);
	crowd_begin(&crowd);
	elsewhere.port = 2;
	crowd_hear_diva(&crowd, addr_of("2001:db8::1"));
	crowd_hear_diva(&crowd, agent);
	crowd_hear_diva(&crowd, elsewhere);
	const struct slp_responder *r = crowd.group.responder;
	assert_int_equal(crowd.group.responders, 2);
	assert_true(addr_eq(&r[1].addr, &agent));
	assert_int_equal(r[1].messages, 2);
	assert_int_equal(r[1].valid, 2);
	assert_int_equal(r[1].bytes, 2 * r[0].bytes);
	assert_int_equal(crowd.group.reply_bytes, 3 * r[0].bytes);
	assert_int_equal(crowd.group.reply_us, RIG_BEGAN_US + 1);
	assert_int_equal(crowd.group.received, 3);
	assert_int_equal(crowd.group.found.valid, 2); /* one for each */
	assert_int_equal(crowd.group.found.services, 2);
	crowd_wake(&crowd);
	assert_true(crowd_listed(&crowd, "10.44.0.1")); /* IPv4 only */
}

enum what {
	RIGHT,
	OVERFLOWED,
	WRONG_XID,
	WRONG_VERSION,
	WRONG_FUNCTION,
	SENT_ERROR,
	CUT_SHORT,
	BROKEN,
	MANDATORY,
	NO_SLP,
	NOTHING,
	REQUEST,
};

static void put(struct crowd *crowd, enum what what)
{
	struct slp_query query = crowd->arg.query;

	query.xid = RIG_XID;
	if (what == WRONG_VERSION)
		wire_urls(&crowd->w, 1, RIG_XID, 300, DIVA "://10.44.0.2");
	else if (what == WRONG_FUNCTION)
		wire_types(&crowd->w, 2, RIG_XID, DIVA);
	else if (what == SENT_ERROR)
		wire_error(&crowd->w, 2, SLP_SRV_RPLY, RIG_XID, 4);
	else if (what == NO_SLP)
		wr_str(&crowd->w, "HTTP/1.1 200 OK");
	else if (what == REQUEST)
		assert_true(wr_slp_query(&crowd->w, &query));
	else if (what != NOTHING)
		crowd_put_diva(crowd, what == WRONG_XID ? RIG_XID + 1 : RIG_XID);
	if (what == OVERFLOWED)
		crowd->wire[5] = (char)0x80;
	if (what == CUT_SHORT)
		crowd->w.n -= 8;
	if (what == BROKEN)
		crowd->wire[23] = (char)0xff; /* the length of the URL */
	if (what == MANDATORY) {
		crowd->wire[4] += 5;
		crowd->wire[9] = (char)crowd->w.n;
		wr_put(&crowd->w, VIEW("\x40\x55\0\0\0"));
	}
}

static void only_an_answer_makes_a_responder(void **state)
{
	static const struct {
		enum what what;
		unsigned valid, errors, truncated, suspects, foreign;
		const char *why;
	} cases[] = {
		{ RIGHT, 1, 0, 0, 0, 0, NULL },
		{ OVERFLOWED, 1, 0, 1, 0, 0, NULL },
		{ WRONG_XID, 0, 0, 0, 1, 0, "its XID is not that of the request" },
		{ WRONG_VERSION, 0, 0, 0, 1, 0, "its version is not that of the request" },
		{ WRONG_FUNCTION, 0, 0, 0, 1, 0, "its function does not answer the request" },
		{ SENT_ERROR, 0, 1, 0, 0, 0, NULL },
		{ CUT_SHORT, 0, 0, 1, 0, 0, NULL },
		{ BROKEN, 0, 0, 0, 1, 0, NULL },
		{ MANDATORY, 0, 0, 0, 1, 0, "it has a mandatory extension that is not known" },
		{ NO_SLP, 0, 0, 0, 0, 1, NULL },
		{ NOTHING, 0, 0, 0, 0, 1, NULL },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		bool spoke = cases[i].suspects + cases[i].foreign == 0;
		struct crowd crowd;
		crowd_init(&crowd, SLP_SRV_RQST, DIVA);
		crowd_begin(&crowd);
		put(&crowd, cases[i].what);
		crowd_hear(&crowd, host(1));
		const struct slp_responder *r = crowd.group.responder;
		const struct slp_findings *f = &crowd.group.found;
		assert_int_equal(crowd.group.responders, 1);
		assert_int_equal(r->messages, 1);
		assert_int_equal(r->valid, cases[i].valid);
		assert_int_equal(r->errors, cases[i].errors);
		assert_int_equal(r->others, 1 - cases[i].valid - cases[i].errors);
		assert_int_equal(r->spoke, spoke);
		assert_int_equal(r->v2, spoke);
		assert_false(r->v1);
		assert_int_equal(f->valid, cases[i].valid);
		assert_int_equal(f->errors, cases[i].errors);
		assert_int_equal(f->truncated, cases[i].truncated);
		assert_int_equal(f->suspects, cases[i].suspects);
		assert_int_equal(f->foreign, cases[i].foreign);
		assert_int_equal(f->suspect_why != NULL, cases[i].suspects > 0);
		if (cases[i].why != NULL)
			assert_string_equal(f->suspect_why, cases[i].why);
		assert_int_equal(crowd.group.reply_us > 0, cases[i].valid > 0);
		crowd_wake(&crowd);
		assert_true(crowd_listed(&crowd, spoke ? "10.44.0.1" : ""));
		assert_int_equal(crowd.group.silent_rounds, !spoke);
	}
}

/* A socket that hears its own group. */
static void own_request_is_no_answer(void **state)
{
	struct crowd crowd;

	(void)state;
	crowd_init(&crowd, SLP_SRV_RQST, DIVA);
	crowd_begin(&crowd);
	put(&crowd, REQUEST);
	crowd_hear(&crowd, host(9));
	assert_int_equal(crowd.group.requests_heard, 1);
	assert_int_equal(crowd.group.received, 1);
	assert_int_equal(crowd.group.responders, 0);
	assert_int_equal(crowd.group.found.suspects, 0);
}

static void later_answer_counts_after_an_error(void **state)
{
	struct crowd crowd;

	(void)state;
	crowd_init(&crowd, SLP_SRV_RQST, DIVA);
	crowd_begin(&crowd);
	put(&crowd, SENT_ERROR);
	crowd_hear(&crowd, host(1));
	put(&crowd, CUT_SHORT);
	crowd_hear(&crowd, host(1));
	put(&crowd, RIGHT);
	crowd_hear(&crowd, host(1));
	assert_int_equal(crowd.group.found.errors, 1);
	assert_int_equal(crowd.group.found.truncated, 0); /* the errors have come before */
	assert_int_equal(crowd.group.found.valid, 1);
	assert_int_equal(crowd.group.round_new, 1);
}

static void roles_are_those_of_adverts(void **state)
{
	static const struct {
		const char *type;
		bool sa, da;
	} cases[] = { { RIG_SA, true, false }, { RIG_DA, false, true } };

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct crowd crowd;
		crowd_init(&crowd, SLP_SRV_RQST, cases[i].type);
		crowd_begin(&crowd);
		if (cases[i].sa)
			wire_sa(&crowd.w, RIG_XID, "DEFAULT,voice", "");
		else
			wire_da(&crowd.w, 2, RIG_XID, 77, "DEFAULT,voice", "");
		crowd_hear(&crowd, host(1));
		wire_urls(&crowd.w, 2, RIG_XID, 300, "service:directory-agent://10.44.0.3");
		crowd_hear(&crowd, host(2));
		const struct slp_group *g = &crowd.group;
		assert_int_equal(g->responder[0].valid, 1);
		assert_int_equal(g->responder[0].sa, cases[i].sa);
		assert_int_equal(g->responder[0].da, cases[i].da);
		rig_assert_texts(&g->found.scopes, g->found.scopes_room, "DEFAULT;voice;");
		assert_int_equal(g->found.services, 0);
		assert_false(g->found.services_told); /* nobody was asked for services */
	}
}

static void wishes_of_the_caller_are_met(void **state)
{
	static const struct view types[] = { { "service:fax", 11 }, { DIVA, 18 } };
	struct crowd crowd;

	(void)state;
	crowd_init(&crowd, SLP_SRV_TYPE_RQST, "");
	crowd.arg.wishes = (struct slp_wishes){ .type = types, .types = 2 };
	crowd_begin(&crowd);
	wire_types(&crowd.w, 2, RIG_XID, DIVA);
	crowd_hear(&crowd, host(1));
	assert_int_equal(crowd.group.found.types_met, 2);
}

/* 15 bytes and a comma for each. */
static void asking_ends_when_the_list_is_full(void **state)
{
	size_t sent_bytes = 0;
	struct crowd crowd;

	(void)state;
	for (unsigned count = 70;; count++) {
		crowd_init(&crowd, SLP_SRV_RQST, DIVA);
		crowd_begin(&crowd);
		for (unsigned i = 0; i < count; i++) {
			struct addr from = host(i);
			memset(from.ip, 200, 3);
			from.ip[3] = (uint8_t)(100 + i);
			crowd_hear_diva(&crowd, from);
		}
		if (crowd_wake(&crowd) == STEP_DONE)
			break;
		sent_bytes = crowd.io.out.n;
		assert_int_equal(sent_bytes, 50 + 16 * count);
	}
	assert_true(sent_bytes + 16 > SLP_GROUP_REQUEST_MAX);
	assert_int_equal(crowd.io.out.n, 0);
	assert_int_equal(crowd.group.rounds, 1);
	assert_int_equal(crowd.group.silent_rounds, 0);
	assert_false(crowd.group.too_big);
}

static void request_that_is_too_big_is_not_sent(void **state)
{
	static char scopes[SLP_GROUP_REQUEST_MAX];
	static const struct {
		size_t bytes;
		bool fits;
	} cases[] = { { 1400 - 44, true }, { 1401 - 44, false } }; /* without DEFAULT */

	(void)state;
	memset(scopes, 'x', sizeof(scopes));
	for (size_t i = 0; i < CASES(cases); i++) {
		struct crowd crowd;
		crowd_init(&crowd, SLP_SRV_RQST, DIVA);
		crowd.arg.query.scopes = (struct view){ scopes, cases[i].bytes };
		assert_int_equal(crowd_begin(&crowd), cases[i].fits ? STEP_MORE : STEP_DONE);
		assert_int_equal(crowd.io.out.n, cases[i].fits ? 1400 : 0);
		assert_int_equal(crowd.group.sent, cases[i].fits);
		assert_int_equal(crowd.group.too_big, !cases[i].fits);
	}
}

static void full_table_loses_no_finding(void **state)
{
	struct crowd crowd;

	(void)state;
	crowd_init(&crowd, SLP_SRV_RQST, DIVA);
	crowd_begin(&crowd);
	for (unsigned i = 0; i < SLP_RESPONDERS_MAX + 44; i++)
		crowd_hear_diva(&crowd, host(i));
	put(&crowd, NO_SLP);
	crowd_hear(&crowd, host(0));
	assert_int_equal(crowd.group.responders, SLP_RESPONDERS_MAX);
	assert_int_equal(crowd.group.more, 44);
	assert_int_equal(crowd.group.round_new, SLP_RESPONDERS_MAX);
	assert_int_equal(crowd.group.found.valid, SLP_RESPONDERS_MAX + 44);
	assert_int_equal(crowd.group.responder[0].others, 1);
}

static void listener_hears_and_says_nothing(void **state)
{
	struct crowd crowd;

	(void)state;
	crowd_init(&crowd, SLP_SRV_RQST, DIVA);
	crowd.arg.listen_us = 3000 * RIG_MS;
	assert_int_equal(crowd_begin(&crowd), STEP_MORE);
	assert_int_equal(crowd.io.out.n, 0);
	for (unsigned i = 0; i < 2; i++) {
		wire_da(&crowd.w, 2, 0, 77 + i, "DEFAULT", "");
		crowd_hear(&crowd, host(1));
	}
	crowd_put_diva(&crowd, 99);
	crowd_hear(&crowd, host(2));
	put(&crowd, REQUEST);
	crowd_hear(&crowd, host(3));
	put(&crowd, WRONG_VERSION);
	crowd_hear(&crowd, host(3));
	put(&crowd, SENT_ERROR);
	crowd_hear(&crowd, host(4));
	put(&crowd, CUT_SHORT);
	crowd_hear(&crowd, host(4));
	put(&crowd, REQUEST);
	crowd.w.n--;
	crowd_hear(&crowd, host(4));
	put(&crowd, BROKEN);
	crowd_hear(&crowd, host(5));
	put(&crowd, NO_SLP);
	crowd_hear(&crowd, host(5));
	assert_int_equal(crowd.io.wake_us, RIG_BEGAN_US + 3000 * RIG_MS);
	assert_int_equal(crowd_wake(&crowd), STEP_DONE);
	const struct slp_group *g = &crowd.group;
	assert_int_equal(g->sent, 0);
	assert_int_equal(g->rounds, 0);
	assert_int_equal(g->first_us, RIG_BEGAN_US);
	assert_int_equal(g->reply_us, RIG_BEGAN_US + 1);
	assert_int_equal(g->received, 10);
	assert_int_equal(g->requests_heard, 1);
	assert_int_equal(g->found.valid, 4);
	assert_int_equal(g->found.boot_time, 78);
	assert_int_equal(g->found.errors, 1);
	assert_int_equal(g->found.truncated, 2);
	assert_int_equal(g->found.suspects, 1);
	assert_int_equal(g->found.foreign, 1);
	assert_int_equal(g->responders, 5);
	assert_int_equal(g->responder[0].valid, 2);
	assert_true(g->responder[0].da);
	assert_int_equal(g->responder[2].valid, 1);
	assert_true(g->responder[2].v1 != g->responder[2].v2);
	assert_int_equal(g->responder[2].messages, 1);
	assert_int_equal(g->responder[3].errors, 1);
	assert_int_equal(g->responder[4].others, 2);
	assert_false(g->responder[4].spoke);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_asked_twice),
		cmocka_unit_test(rounds_end_behind_two_silent_ones),
		cmocka_unit_test(request_with_a_list_is_the_recorded_one),
		cmocka_unit_test(responders_are_told_apart_by_their_address),
		cmocka_unit_test(only_an_answer_makes_a_responder),
		cmocka_unit_test(own_request_is_no_answer),
		cmocka_unit_test(later_answer_counts_after_an_error),
		cmocka_unit_test(roles_are_those_of_adverts),
		cmocka_unit_test(wishes_of_the_caller_are_met),
		cmocka_unit_test(asking_ends_when_the_list_is_full),
		cmocka_unit_test(request_that_is_too_big_is_not_sent),
		cmocka_unit_test(full_table_loses_no_finding),
		cmocka_unit_test(listener_hears_and_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
