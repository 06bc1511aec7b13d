/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One client transaction against a scripted peer: resends, matching, streams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "sip_rig.h"

static void request_has_all_that_rfc_3261_asks(void **unused)
{
	struct rig rig;
	const char *const required[] = { "Via",	    "Max-Forwards", "From",
					 "To",	    "Call-ID",	    "CSeq",
					 "Contact", "User-Agent",   "Content-Length" };
	struct sip_msg msg;
	const char *why;
	size_t used;

	(void)unused;
	rig_init(&rig, false);
	assert_int_equal(rig_begin(&rig), STEP_MORE);
	assert_true(view_starts(rig_sent(&rig), VIEW("OPTIONS sip:192.0.2.7 SIP/2.0\r\n")));
	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
		assert_true(rig_header(rig_sent(&rig), required[i]).n > 0);
	assert_true(view_starts(rig_header(rig_sent(&rig), "Via"),
				VIEW("SIP/2.0/UDP 192.0.2.9:40000;branch=z9hG4bK")));
	assert_true(view_search(rig_header(rig_sent(&rig), "Via"), VIEW(";rport")) <
		    rig_header(rig_sent(&rig), "Via").n);
	assert_int_equal(sip_msg_parse(rig_sent(&rig), false, false, &msg, &used, &why), PARSE_OK);
	assert_true(msg.is_request);
	assert_true(rig_sent(&rig).n < SIP_UDP_BYTES_MAX);
}

static void resends_follow_timer_e(void **unused)
{
	static const int64_t at_ms[] = { 500, 1500, 3500, 7500, 11500, 15500 };
	struct rig rig;
	char first[4096];

	(void)unused;
	rig_init(&rig, false);
	rig_begin(&rig);
	size_t n = rig_sent(&rig).n;
	memcpy(first, rig.out, n);
	for (size_t i = 0; i < sizeof(at_ms) / sizeof(at_ms[0]); i++) {
		assert_int_equal(rig.io.wake_us, 1000 + at_ms[i] * 1000);
		assert_int_equal(rig_step(&rig, rig.ops->on_timer, rig.io.wake_us), STEP_MORE);
		assert_int_equal(rig_sent(&rig).n, n);
		assert_memory_equal(rig.out, first, n);
	}
	assert_int_equal(rig_client(&rig)->retransmissions, 6);
}

static void a_request_is_given_up_after_64_t1(void **unused)
{
	struct rig rig;
	enum step last = STEP_MORE;
	int64_t now_us = 0;

	(void)unused;
	rig_init(&rig, false);
	rig_begin(&rig);
	while (last == STEP_MORE && now_us < 60000000) {
		now_us = rig.io.wake_us;
		last = rig_step(&rig, rig.ops->on_timer, now_us);
	}
	assert_int_equal(now_us, 1000 + 64 * SIP_T1_US);
	assert_int_equal(rig.sends, 11);
}

static void a_stream_is_never_resent(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_init(&rig, true);
	rig_begin(&rig);
	assert_int_equal(rig.io.wake_us, 1000 + 64 * SIP_T1_US);
}

static void a_provisional_answer_is_never_final(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_init(&rig, false);
	rig_begin(&rig);
	assert_int_equal(rig_answer(&rig, 3000, "100 Trying", ""), STEP_MORE);
	assert_int_equal(rig_client(&rig)->provisional_code, 100);
	assert_int_equal(rig_client(&rig)->answered, 0);
	/* 17.1.2.2: in Proceeding timer E is T2 */
	rig_step(&rig, rig.ops->on_timer, 501000);
	assert_int_equal(rig.io.wake_us, 501000 + SIP_T2_US);
}

static void time_counts_from_the_first_send(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_init(&rig, false);
	rig_begin(&rig);
	rig_step(&rig, rig.ops->on_timer, 501000);
	assert_int_equal(rig_answer(&rig, 502000, "200 OK", "Server: peer/1\r\n"), STEP_DONE);
	assert_int_equal(rig_client(&rig)->rtt_us, 501000);
	assert_int_equal(rig_client(&rig)->final_code, 200);
	assert_memory_equal(rig_client(&rig)->server.p, "peer/1", 6);
}

static void only_the_answer_to_our_request_counts(void **unused)
{
	static const struct {
		const char *old, *new_text;
		enum sip_mismatch mismatch;
	} row[] = {
		{ ";branch=z9hG4bK", ";branch=z9hG4bKx", SIP_MISMATCH_BRANCH },
		{ "Call-ID: ", "Call-ID: x", SIP_MISMATCH_CALL_ID },
		{ "CSeq: 1 OPTIONS", "CSeq: 2 OPTIONS", SIP_MISMATCH_CSEQ },
		{ "CSeq: 1 OPTIONS", "CSeq: 1 INVITE", SIP_MISMATCH_CSEQ },
		{ ";tag=", ";tag=x", SIP_MISMATCH_FROM_TAG },
		{ "\r\nFrom", "\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom",
		  SIP_MISMATCH_VIA_COUNT },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct rig rig;
		rig_init(&rig, false);
		rig_begin(&rig);
		assert_int_equal(rig_answer_changed(&rig, row[i].old, row[i].new_text), STEP_MORE);
		assert_int_equal(rig_client(&rig)->mismatch, row[i].mismatch);
		assert_int_equal(rig_client(&rig)->foreign, 1);
		assert_int_equal(rig_client(&rig)->answered, 0);
		assert_true(rig.io.wake_us > 0);
	}
}

static void an_answer_from_another_address_does_not_count(void **unused)
{
	struct addr stranger = RIG_PEER;
	struct rig rig;

	(void)unused;
	stranger.port = 5099;
	rig_init(&rig, false);
	rig_begin(&rig);
	rig.io.from = &stranger;
	assert_int_equal(rig_answer(&rig, 2000, "200 OK", ""), STEP_MORE);
	assert_int_equal(rig_client(&rig)->mismatch, SIP_MISMATCH_PEER);
	assert_int_equal(rig_client(&rig)->stranger.port, 5099);
}

static void a_rewritten_via_is_told(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_init(&rig, false);
	rig_begin(&rig);
	assert_int_equal(rig_answer_changed(&rig, "192.0.2.9:40000", "203.0.113.5:1024"),
			 STEP_DONE);
	assert_true(rig_client(&rig)->rewritten);
}

static void a_stale_answer_before_the_right_one_is_discarded(void **unused)
{
	struct rig rig;
	char request[4096];

	(void)unused;
	rig_init(&rig, false);
	rig_begin(&rig);
	size_t n = rig_sent(&rig).n;
	memcpy(request, rig.out, n);
	rig_answer_changed(&rig, "Call-ID: ", "Call-ID: x");
	char buffer[4096];
	struct wr w = wr_over(buffer, sizeof(buffer));
	rig_write_answer(&w, (struct view){ request, n }, "200 OK", "");
	assert_int_equal(rig_receive(&rig, 6000, buffer, w.n), STEP_DONE);
	assert_int_equal(rig_client(&rig)->final_code, 200);
	assert_int_equal(rig_client(&rig)->foreign, 1);
}

static void an_echo_is_no_answer(void **unused)
{
	struct rig rig;
	char request[4096];

	(void)unused;
	rig_init(&rig, false);
	rig_begin(&rig);
	memcpy(request, rig.out, rig_sent(&rig).n);
	assert_int_equal(rig_receive(&rig, 2000, request, rig_sent(&rig).n), STEP_MORE);
	assert_int_equal(rig_client(&rig)->echoed, 1);
}

static void what_is_not_sip_is_named(void **unused)
{
	struct rig rig;
	static const char http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";

	(void)unused;
	rig_init(&rig, false);
	rig_begin(&rig);
	assert_int_equal(rig_receive(&rig, 2000, http, sizeof(http) - 1), STEP_MORE);
	assert_int_equal(rig_client(&rig)->not_sip, 1);
	assert_int_equal(rig_client(&rig)->look, SIP_LOOK_HTTP);
	rig_init(&rig, true);
	rig_begin(&rig);
	assert_int_equal(rig_receive(&rig, 2000, http, sizeof(http) - 1), STEP_DONE);
}

static void a_stream_may_come_in_single_bytes(void **unused)
{
	struct rig rig;
	char buffer[4096];
	struct wr w = wr_over(buffer, sizeof(buffer));

	(void)unused;
	rig_init(&rig, true);
	rig_begin(&rig);
	rig_write_answer(&w, rig_sent(&rig), "200 OK", "");
	for (size_t n = 1; n < w.n; n++) {
		assert_int_equal(rig_receive(&rig, 2000, buffer, n), STEP_MORE);
		assert_int_equal(rig.io.used, 0);
	}
	assert_int_equal(rig_receive(&rig, 2000, buffer, w.n), STEP_DONE);
	assert_int_equal(rig.io.used, w.n);
}

static void a_read_may_hold_several_messages(void **unused)
{
	struct rig rig;
	char buffer[4096];
	struct wr w = wr_over(buffer, sizeof(buffer));

	(void)unused;
	rig_init(&rig, true);
	rig_begin(&rig);
	rig_write_answer(&w, rig_sent(&rig), "100 Trying", "");
	rig_write_answer(&w, rig_sent(&rig), "200 OK", "");
	assert_int_equal(rig_receive(&rig, 2000, buffer, w.n), STEP_DONE);
	assert_int_equal(rig_client(&rig)->final_code, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_has_all_that_rfc_3261_asks),
		cmocka_unit_test(resends_follow_timer_e),
		cmocka_unit_test(a_request_is_given_up_after_64_t1),
		cmocka_unit_test(a_stream_is_never_resent),
		cmocka_unit_test(a_provisional_answer_is_never_final),
		cmocka_unit_test(time_counts_from_the_first_send),
		cmocka_unit_test(only_the_answer_to_our_request_counts),
		cmocka_unit_test(an_answer_from_another_address_does_not_count),
		cmocka_unit_test(a_rewritten_via_is_told),
		cmocka_unit_test(a_stale_answer_before_the_right_one_is_discarded),
		cmocka_unit_test(an_echo_is_no_answer),
		cmocka_unit_test(what_is_not_sip_is_named),
		cmocka_unit_test(a_stream_may_come_in_single_bytes),
		cmocka_unit_test(a_read_may_hold_several_messages),
	};

	return cmocka_run_group_tests_name("sip_client", tests, NULL, NULL);
}
