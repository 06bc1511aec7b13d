/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose datagrams count, and as what: suspects, strangers, garbage, cut and repeated replies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "slp_rig.h"

enum { MS = RIG_MS, SOON_US = RIG_BEGAN_US + 3 * RIG_MS, ROUNDS = 20000 };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct slp_ask TYPES[] = { { 2, SLP_SRV_TYPE_RQST, NULL } };
static const struct slp_ask SERVICES[] = { { 2, SLP_SRV_RQST, "service:x" } };
static const struct slp_ask V1_TYPES[] = { { 1, SLP_SRV_TYPE_RQST, NULL } };

static void begin(struct rig *rig, const struct slp_ask *plan, size_t count)
{
	rig_init(rig, false);
	rig_plan(rig, plan, count);
	assert_int_equal(rig_begin(rig), STEP_MORE);
}

static void begin_types(struct rig *rig)
{
	begin(rig, TYPES, COUNT(TYPES));
}

static void other_xid(struct wr *w)
{
	wire_types(w, 2, RIG_XID + 1, "");
}

static void no_xid(struct wr *w)
{
	wire_types(w, 2, 0, "");
}

static void other_version(struct wr *w)
{
	wire_types(w, 1, RIG_XID, "");
}

static void other_function(struct wr *w)
{
	wire_attrs(w, 2, RIG_XID, "(a=1)");
}

static void unasked_advert(struct wr *w)
{
	wire_sa(w, RIG_XID, "DEFAULT", "");
}

static void own_request(struct wr *w)
{
	struct slp_query query = { .version = 2, .function = SLP_SRV_TYPE_RQST, .xid = RIG_XID };

	wr_slp_query(w, &query);
}

static void other_language(struct wr *w)
{
	wire_types(w, 2, RIG_XID, "");
	w->p[15] = 'o';
}

static void error_in_another_language(struct wr *w)
{
	wire_error(w, 2, SLP_SRV_TYPE_RPLY, RIG_XID, 1);
	w->p[15] = 'o';
}

/* Extension 0x4055 behind 20 bytes (RFC 2608 9.1). */
static void mandatory_extension(struct wr *w)
{
	wire_types(w, 2, RIG_XID, "");
	w->p[9] = (char)w->n;
	wr_put(w, VIEW("\x40\x55\x00\x00\x00"));
	w->p[4] = (char)w->n;
}

static void length_below_its_header(struct wr *w)
{
	wire_types(w, 2, RIG_XID, "");
	w->p[4] = 8;
}

static void text_beyond_its_end(struct wr *w)
{
	wire_types(w, 2, RIG_XID, "abc");
	w->p[19] = 4;
}

static void reply_that_does_not_fit_is_suspect(void **state)
{
	static const struct {
		void (*make)(struct wr *w);
		const char *why; /* NULL: what the decoder says */
		bool known;	 /* its XID is that of the ask */
	} cases[] = {
		{ other_xid, "its XID is that of no request", false },
		{ no_xid, "its XID is that of no request", false },
		{ other_version, "its version is not that of the request", true },
		{ other_function, "its function does not answer the request", true },
		{ unasked_advert, "its function does not answer the request", true },
		{ other_language, "its language is not that of the request", true },
		{ error_in_another_language, "its language is not that of the request", true },
		{ mandatory_extension, "it has a mandatory extension that is not known", true },
		{ length_below_its_header, NULL, false },
		{ text_beyond_its_end, NULL, true },
	};
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct wr w = wr_over(rig.reply, sizeof(rig.reply));
		begin_types(&rig);
		cases[i].make(&w);
		assert_int_equal(rig_receive(&rig, SOON_US, wr_view(&w)), STEP_MORE);
		assert_int_equal(rig.io.wake_us, RIG_BEGAN_US + 500 * MS);
		assert_int_equal(rig.client.found.suspects, 1);
		assert_int_equal(rig.client.found.valid + rig.client.found.errors, 0);
		assert_int_equal(rig.client.found.truncated + rig.client.found.foreign, 0);
		assert_non_null(rig.client.found.suspect_why);
		if (cases[i].why != NULL)
			assert_string_equal(rig.client.found.suspect_why, cases[i].why);
		assert_false(rig.client.asked[0].answered);
		assert_int_equal(rig.client.asked[0].replies, cases[i].known);
		assert_int_equal(rig.client.asked[0].reply_bytes, cases[i].known ? w.n : 0);
		assert_int_equal(rig.client.received, 1);
		assert_int_equal(rig.client.reply_bytes, w.n);
		assert_int_equal(rig.client.round_trip_us, 0);
	}
}

static void own_request_is_an_echo(void **state)
{
	struct rig rig;
	struct wr w = wr_over(rig.reply, sizeof(rig.reply));

	(void)state;
	begin_types(&rig);
	own_request(&w);
	assert_int_equal(rig_receive(&rig, SOON_US, wr_view(&w)), STEP_MORE);
	assert_int_equal(rig.client.found.echoes, 1);
	assert_int_equal(rig.client.found.foreign, 1);
	assert_int_equal(rig.client.found.suspects + rig.client.found.valid, 0);
}

static void language_is_compared_without_case(void **state)
{
	struct rig rig;

	(void)state;
	begin_types(&rig);
	rig_reply(&rig, 0);
	rig.reply[14] = 'E';
	assert_int_equal(rig_receive(&rig, SOON_US, (struct view){ rig.reply, rig.reply_n }),
			 STEP_DONE);
	assert_int_equal(rig.client.found.valid, 1);
	rig_init(&rig, false);
	rig.arg.language = VIEW("DE");
	rig_begin(&rig);
	rig_reply(&rig, 0);
	rig.reply[14] = 'd';
	rig.reply[15] = 'e';
	assert_int_equal(rig_receive(&rig, SOON_US, (struct view){ rig.reply, rig.reply_n }),
			 STEP_DONE);
	assert_int_equal(rig.client.found.valid, 1);
}

static void late_reply_to_an_ask_that_was_given_up_is_valid(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	rig_begin(&rig);
	while (rig.client.asked[0].sends < SLP_SENDS)
		rig_wake(&rig);
	while (rig.io.wake_us < RIG_BEGAN_US + 2300 * MS)
		rig_wake(&rig);
	assert_int_equal(rig_receive(&rig, RIG_BEGAN_US + 2300 * MS, rig_reply(&rig, 0)),
			 STEP_DONE);
	assert_int_equal(rig.client.found.valid, 1);
	assert_int_equal(rig.client.round_trip_us, 2300 * MS);
}

static void datagram_of_another_address_or_port_is_unsolicited(void **state)
{
	struct addr port = RIG_AGENT, host = RIG_AGENT;
	struct rig rig;

	(void)state;
	port.port++;
	host.ip[3]++;
	begin_types(&rig);
	rig.io.from = &port;
	assert_int_equal(rig_answer(&rig, SOON_US, 0), STEP_MORE);
	assert_int_equal(rig.io.wake_us, RIG_BEGAN_US + 500 * MS);
	rig.io.from = &host;
	assert_int_equal(rig_answer(&rig, SOON_US, 0), STEP_MORE);
	assert_int_equal(rig.client.unsolicited, 2);
	assert_int_equal(rig.client.unsolicited_slp, 2);
	assert_true(addr_eq(&rig.client.stranger, &port));
	assert_int_equal(rig.client.found.valid, 0);
	assert_int_equal(rig.client.found.types.seen, 0);
	assert_int_equal(rig.client.received, 0);
	assert_int_equal(rig.client.reply_bytes, 0);
	assert_int_equal(rig.client.asked[0].replies, 0);
	rig.io.from = &RIG_AGENT;
	assert_int_equal(rig_answer(&rig, SOON_US + 1 * MS, 0), STEP_DONE);
	assert_int_equal(rig.client.found.valid, 1);
}

static void error_reply(struct wr *w)
{
	wire_error(w, 2, SLP_SRV_TYPE_RPLY, RIG_XID, 4);
}

static void overflowed_reply(struct wr *w)
{
	wire_types(w, 2, RIG_XID, "");
	w->p[5] = (char)0x80;
}

static void cut_reply(struct wr *w)
{
	wire_types(w, 2, RIG_XID, "abc");
	w->n--;
}

static void no_slp(struct wr *w)
{
	wr_str(w, "HTTP/1.1 400 Bad Request\r\n\r\n");
}

static void unsolicited_datagram_is_slp_when_it_would_have_been_valid(void **state)
{
	static void (*const makes[])(struct wr *) = {
		other_xid,	  other_version,       other_function, own_request,
		other_language,	  mandatory_extension, error_reply,    text_beyond_its_end,
		overflowed_reply, cut_reply,	       no_slp,
	};
	struct addr host = RIG_AGENT;
	struct rig rig;

	(void)state;
	host.ip[0]++;
	for (size_t i = 0; i < COUNT(makes); i++) {
		struct wr w = wr_over(rig.reply, sizeof(rig.reply));
		begin_types(&rig);
		rig.io.from = &host;
		makes[i](&w);
		assert_int_equal(rig_receive(&rig, SOON_US, wr_view(&w)), STEP_MORE);
		assert_int_equal(rig.client.unsolicited, 1);
		assert_int_equal(rig.client.unsolicited_slp, 0);
		assert_int_equal(rig.client.found.suspects + rig.client.found.foreign, 0);
		assert_int_equal(rig.client.found.errors + rig.client.found.truncated, 0);
	}
}

static void garbage_for_each_ask_changes_nothing_but_counts(void **state)
{
	struct rig rig;
	unsigned garbage = 0;

	(void)state;
	rig_init(&rig, false);
	rig_begin(&rig);
	for (; rig.step == STEP_MORE; garbage++) {
		int64_t wake_us = rig.io.wake_us;
		assert_int_equal(rig_receive(&rig, wake_us - 1, VIEW("\x00\x01pong\r\n")),
				 STEP_MORE);
		assert_int_equal(rig.io.wake_us, wake_us);
		assert_int_equal(rig_sent(&rig).n, 0);
		rig_wake(&rig);
	}
	assert_int_equal(rig.io.now_us, RIG_BEGAN_US + 2750 * MS);
	assert_int_equal(rig.client.sent, 12);
	assert_int_equal(rig.client.found.foreign, garbage);
	assert_int_equal(rig.client.found.foreign_bytes, 8);
	assert_int_equal(rig.client.found.peek_n, 8);
	assert_int_equal(rig.client.received, garbage);
	assert_int_equal(rig.client.found.valid, 0);
	assert_true(slp_client_amplification(&rig.client) ==
		    (double)rig.client.reply_bytes / (double)rig.client.request_bytes);
	assert_true(slp_client_amplification(&rig.client) > 0);
	assert_true(slp_client_multiplication(&rig.client) == garbage / 12.0);
}

/* As OpenSLP does: the last entry is cut, and the count is larger than what is there. */
static void overflow_ends_the_exchange(void **state)
{
	static const struct {
		uint16_t cut; /* bytes that are missing */
		bool flag;
		uint8_t version;
		unsigned services;
	} cases[] = {
		{ 0, true, 2, 3 },   { 1, false, 2, 2 }, { 20, true, 2, 1 },
		{ 24, false, 2, 1 }, { 0, true, 1, 3 },	 { 1, false, 1, 2 },
	};
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slp_ask plan = { cases[i].version, SLP_SRV_RQST, "service:x" };
		struct wr w = wr_over(rig.reply, sizeof(rig.reply));
		begin(&rig, &plan, 1);
		rig.arg.want = SLP_WANT_TYPES;
		wire_urls(&w, plan.version, RIG_XID, 9,
			  "service:x://a,service:x://b,service:x://c");
		if (cases[i].flag)
			w.p[plan.version == 1 ? 4 : 5] = (char)0x80;
		w.n -= cases[i].cut;
		assert_int_equal(rig_receive(&rig, SOON_US, wr_view(&w)), STEP_DONE);
		assert_true(rig.client.overflowed);
		assert_int_equal(rig.client.found.truncated, 1);
		assert_int_equal(rig.client.found.services, cases[i].services);
		assert_int_equal(rig.client.found.urls.kept, cases[i].services);
		assert_int_equal(rig.client.found.valid, 0);
		assert_false(rig.client.found.services_told || rig.client.asked[0].answered);
		assert_int_equal(rig.client.round_trip_us, 0);
		assert_int_equal(rig.client.asked[0].reply_bytes, w.n);
	}
}

/* A refusal has nothing that TCP could complete. */
static void error_does_not_overflow(void **state)
{
	struct rig rig;

	(void)state;
	begin_types(&rig);
	rig_reply_error(&rig, 0, 4);
	rig.reply[4]++;
	rig.reply[5] = (char)0x80;
	assert_int_equal(rig_receive(&rig, SOON_US, (struct view){ rig.reply, rig.reply_n }),
			 STEP_DONE);
	assert_int_equal(rig.client.found.errors, 1);
	assert_false(rig.client.overflowed);
}

static void prefix_of_a_reply_is_never_valid(void **state)
{
	struct rig rig;
	size_t whole;

	(void)state;
	begin(&rig, SERVICES, COUNT(SERVICES));
	whole = rig_reply(&rig, 0).n;
	for (size_t n = 0; n < whole; n++) {
		begin(&rig, SERVICES, COUNT(SERVICES));
		rig_reply(&rig, 0);
		rig_receive(&rig, SOON_US, (struct view){ rig.reply, n });
		assert_int_equal(rig.client.found.valid, 0);
		assert_int_equal(rig.client.found.services, 0);
		assert_int_equal(rig.client.found.foreign + rig.client.found.suspects +
					 rig.client.found.truncated,
				 1);
		assert_int_equal(rig.client.overflowed, rig.client.found.truncated);
		assert_int_equal(rig.client.overflowed, n >= SLP_V2_HEADER_BYTES + 2);
	}
}

/* OpenSLP's version 1 over UDP: memory of the daemon behind the message. */
static void trailing_bytes_are_counted_and_not_read(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, V1_TYPES, COUNT(V1_TYPES));
	rig_reply(&rig, 0);
	size_t whole = rig.reply_n;
	for (size_t i = whole; i < 31232; i++)
		rig.reply[i] = (char)i;
	assert_int_equal(rig_receive(&rig, SOON_US, (struct view){ rig.reply, 31232 }), STEP_DONE);
	assert_int_equal(rig.client.found.valid, 1);
	assert_int_equal(rig.client.found.types.seen, 2);
	assert_int_equal(rig.client.found.trailing_bytes, 31232 - whole);
	assert_true(slp_client_amplification(&rig.client) == 31232.0 / 18);
}

static void hundred_duplicates_are_one_reply_and_many_datagrams(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	rig_plan(&rig, SERVICES, COUNT(SERVICES));
	rig.arg.linger_us = 500 * MS;
	rig_begin(&rig);
	rig_wake(&rig);
	for (unsigned i = 0; i < 101; i++) {
		assert_int_equal(rig_answer(&rig, RIG_BEGAN_US + 501 * MS, 0), STEP_MORE);
		assert_int_equal(rig.io.wake_us, RIG_BEGAN_US + 1001 * MS);
	}
	assert_int_equal(rig_wake(&rig), STEP_DONE);
	assert_int_equal(rig.client.found.valid, 1);
	assert_int_equal(rig.client.found.services, 1);
	assert_int_equal(rig.client.received, 101);
	assert_int_equal(rig.client.asked[0].replies, 101);
	assert_int_equal(rig.client.reply_bytes, 101 * rig.reply_n);
	double request = rig.client.asked[0].request_bytes;
	assert_true(slp_client_amplification(&rig.client) ==
		    101 * (double)rig.reply_n / (2 * request));
	assert_true(slp_client_multiplication(&rig.client) == 101.0 / 2);
	assert_int_equal(rig.client.request_bytes, 2 * rig.client.asked[0].request_bytes);
}

static void lingering_takes_in_what_comes_but_asks_nothing(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	rig.arg.linger_us = 200 * MS;
	rig_begin(&rig);
	rig_wake(&rig);
	assert_int_equal(rig_answer(&rig, RIG_BEGAN_US + 260 * MS, 1), STEP_MORE);
	assert_int_equal(rig.io.wake_us, RIG_BEGAN_US + 460 * MS);
	assert_int_equal(rig_answer(&rig, RIG_BEGAN_US + 300 * MS, 0), STEP_MORE);
	assert_int_equal(rig_sent(&rig).n, 0);
	assert_int_equal(rig.io.wake_us, RIG_BEGAN_US + 460 * MS);
	assert_int_equal(rig_wake(&rig), STEP_DONE);
	assert_int_equal(rig.client.found.valid, 2);
	assert_int_equal(rig.client.sent, 2);
	assert_int_equal(rig.client.round_trip_us, 10 * MS);
}

static void overflow_lingers_too_and_silence_does_not(void **state)
{
	struct rig rig;

	(void)state;
	begin_types(&rig);
	rig.arg.linger_us = 200 * MS;
	struct wr w = wr_over(rig.reply, sizeof(rig.reply));
	overflowed_reply(&w);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(rig_receive(&rig, SOON_US, wr_view(&w)), STEP_MORE);
	assert_int_equal(rig.io.wake_us, SOON_US + 200 * MS);
	assert_int_equal(rig_wake(&rig), STEP_DONE);
	assert_true(rig.client.overflowed);
	assert_int_equal(rig.client.found.truncated, 1);
	begin_types(&rig);
	rig.arg.linger_us = 200 * MS;
	rig_wake_all(&rig, 100);
	assert_int_equal(rig.io.now_us, RIG_BEGAN_US + 2000 * MS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reply_that_does_not_fit_is_suspect),
		cmocka_unit_test(own_request_is_an_echo),
		cmocka_unit_test(language_is_compared_without_case),
		cmocka_unit_test(late_reply_to_an_ask_that_was_given_up_is_valid),
		cmocka_unit_test(datagram_of_another_address_or_port_is_unsolicited),
		cmocka_unit_test(unsolicited_datagram_is_slp_when_it_would_have_been_valid),
		cmocka_unit_test(garbage_for_each_ask_changes_nothing_but_counts),
		cmocka_unit_test(overflow_ends_the_exchange),
		cmocka_unit_test(error_does_not_overflow),
		cmocka_unit_test(prefix_of_a_reply_is_never_valid),
		cmocka_unit_test(trailing_bytes_are_counted_and_not_read),
		cmocka_unit_test(hundred_duplicates_are_one_reply_and_many_datagrams),
		cmocka_unit_test(lingering_takes_in_what_comes_but_asks_nothing),
		cmocka_unit_test(overflow_lingers_too_and_silence_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
