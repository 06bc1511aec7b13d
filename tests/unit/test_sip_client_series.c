/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several requests of one probe: series, authentication, and the facts that are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "sip_rig.h"

static void a_series_counts_loss_and_jitter(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_init(&rig, false);
	rig.profile.count = 3;
	rig_begin(&rig);
	assert_int_equal(rig_answer(&rig, 11000, "200 OK", ""), STEP_MORE);
	assert_int_equal(rig.io.wake_us, 1001000);
	rig_step(&rig, rig.ops->on_timer, 1001000);
	assert_int_equal(rig_answer(&rig, 1031000, "200 OK", ""), STEP_MORE);
	rig_step(&rig, rig.ops->on_timer, 2001000);
	while (rig.io.wake_us < 4001000)
		assert_int_equal(rig_step(&rig, rig.ops->on_timer, rig.io.wake_us), STEP_MORE);
	assert_int_equal(rig_step(&rig, rig.ops->on_timer, 4001000), STEP_DONE);
	assert_int_equal(rig_client(&rig)->sent, 3);
	assert_int_equal(rig_client(&rig)->answered, 2);
	assert_int_equal(sip_client_jitter_us(rig_client(&rig)), 20000);
	assert_int_equal(sip_client_rtt_avg_us(rig_client(&rig)), 20000);
	assert_int_equal((int)sip_client_loss_pct(rig_client(&rig), 3), 33);
}

static void each_request_of_a_series_has_new_identifiers(void **unused)
{
	struct rig rig;
	char first[4096];

	(void)unused;
	rig_init(&rig, false);
	rig.profile.count = 2;
	rig_begin(&rig);
	struct view before = { first, rig_sent(&rig).n };
	memcpy(first, rig.out, before.n);
	rig_answer(&rig, 2000, "200 OK", "");
	rig_step(&rig, rig.ops->on_timer, 1001000);
	assert_false(view_eq(rig_header(rig_sent(&rig), "Call-ID"), rig_header(before, "Call-ID")));
	assert_false(view_eq(rig_header(rig_sent(&rig), "Via"), rig_header(before, "Via")));
}

static size_t fake_digest(const char *algorithm, const struct view *part, size_t parts, char *hex)
{
	(void)algorithm;
	(void)part;
	(void)parts;
	memset(hex, 'd', 32);
	return 32;
}

#define CHALLENGE "WWW-Authenticate: Digest realm=\"test\", nonce=\"n1\", qop=\"auth\"\r\n"

static void rig_with_credentials(struct rig *rig)
{
	rig_init(rig, false);
	rig->ops = &sip_client_auth_ops;
	rig->profile.credentials =
		(struct sip_credentials){ VIEW("alice"), VIEW("secret"), fake_digest };
	rig_begin(rig);
}

static void a_challenge_is_answered_once(void **unused)
{
	struct rig rig;
	char first[4096];

	(void)unused;
	rig_with_credentials(&rig);
	struct view before = { first, rig_sent(&rig).n };
	memcpy(first, rig.out, before.n);
	assert_int_equal(rig_answer(&rig, 2000, "401 Unauthorized", CHALLENGE), STEP_MORE);
	assert_true(rig_header(rig_sent(&rig), "Authorization").n > 0);
	assert_true(view_eq(rig_header(rig_sent(&rig), "CSeq"), VIEW("2 OPTIONS")));
	assert_true(view_eq(rig_header(rig_sent(&rig), "Call-ID"), rig_header(before, "Call-ID")));
	assert_true(view_eq(rig_header(rig_sent(&rig), "From"), rig_header(before, "From")));
	assert_false(view_eq(rig_header(rig_sent(&rig), "Via"), rig_header(before, "Via")));
	assert_int_equal(rig_answer(&rig, 3000, "401 Unauthorized", CHALLENGE), STEP_DONE);
	assert_int_equal(rig_client(&rig)->final_code, 401);
	assert_string_equal(rig_client(&rig)->auth_why, "user or password refused");
}

static void a_stale_nonce_is_answered_again(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_with_credentials(&rig);
	rig_answer(&rig, 2000, "401 Unauthorized", CHALLENGE);
	assert_int_equal(rig_answer(&rig, 3000, "401 Unauthorized",
				    "WWW-Authenticate: Digest realm=\"test\", nonce=\"n2\", "
				    "qop=\"auth\", stale=true\r\n"),
			 STEP_MORE);
	assert_int_equal(rig_answer(&rig, 4000, "200 OK", ""), STEP_DONE);
	assert_int_equal(rig_client(&rig)->final_code, 200);
}

static void proxy_and_server_may_both_challenge(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_with_credentials(&rig);
	rig_answer(&rig, 2000, "407 Proxy Authentication Required",
		   "Proxy-Authenticate: Digest "
		   "realm=\"p\", nonce=\"n\"\r\n");
	assert_true(rig_header(rig_sent(&rig), "Proxy-Authorization").n > 0);
	assert_int_equal(rig_answer(&rig, 3000, "401 Unauthorized", CHALLENGE), STEP_MORE);
	assert_true(rig_header(rig_sent(&rig), "Proxy-Authorization").n > 0);
	assert_true(rig_header(rig_sent(&rig), "Authorization").n > 0);
}

static void without_credentials_a_challenge_is_the_answer(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_init(&rig, false);
	rig_begin(&rig);
	assert_int_equal(rig_answer(&rig, 2000, "401 Unauthorized", CHALLENGE), STEP_DONE);
	assert_int_equal(rig_client(&rig)->final_code, 401);
}

static void a_request_above_1300_bytes_is_not_sent_over_udp(void **unused)
{
	struct rig rig;
	static char filler[1400];

	(void)unused;
	rig_init(&rig, false);
	memset(filler, 'x', sizeof(filler));
	rig.profile.user_agent = (struct view){ filler, sizeof(filler) };
	assert_int_equal(rig_begin(&rig), STEP_DONE);
	assert_true(rig_client(&rig)->too_big);
	assert_int_equal(rig.sends, 0);
	rig_init(&rig, true);
	rig.profile.user_agent = (struct view){ filler, sizeof(filler) };
	assert_int_equal(rig_begin(&rig), STEP_MORE);
}

static void facts_of_the_answer_are_kept(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_init(&rig, false);
	rig_begin(&rig);
	rig_answer(&rig, 2000, "503 Busy",
		   "Retry-After: 17 (test)\r\nWarning: 399 x \"y\"\r\nContact: <sip:a@b>\r\n"
		   "Allow: INVITE,\r\n OPTIONS\r\nDate: Sat, 13 Nov 2010 23:29:00 GMT\r\n");
	assert_int_equal(rig_client(&rig)->retry_after_s, 17);
	assert_int_equal(rig_client(&rig)->date_unix, 1289690940);
	assert_memory_equal(rig_client(&rig)->allow.p, "INVITE, OPTIONS", 15);
	assert_int_equal(rig_client(&rig)->allow.n, 15);
}

/* A stream whose first of three requests is answered. */
static void begin_stream_series(struct rig *rig)
{
	rig_init(rig, true);
	rig->profile.count = 3;
	rig_begin(rig);
	assert_int_equal(rig_answer(rig, 2000, "200 OK", ""), STEP_MORE);
}

static void garbage_in_a_series_puts_the_stream_out_of_step(void **unused)
{
	struct rig rig;

	(void)unused;
	begin_stream_series(&rig);
	assert_int_equal(rig_receive(&rig, 3000, "BOOM\r\n\r\n", 8), STEP_DONE);
	assert_true(rig_client(&rig)->out_of_step);
	assert_int_equal((int)sip_client_loss_pct(rig_client(&rig), 3), 66);
}

static void a_server_may_close_between_two_requests(void **unused)
{
	struct rig rig;

	(void)unused;
	begin_stream_series(&rig);
	rig.io.closed = true;
	assert_int_equal(rig_receive(&rig, 3000, "", 0), STEP_DONE);
	assert_true(rig_client(&rig)->closed_idle);
	assert_int_equal((int)sip_client_loss_pct(rig_client(&rig), 3), 0);
}

static void a_close_before_the_answer_is_not_idle(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_init(&rig, true);
	rig_begin(&rig);
	rig.io.closed = true;
	assert_int_equal(rig_receive(&rig, 3000, "", 0), STEP_MORE);
	assert_false(rig_client(&rig)->closed_idle);
}

static void an_answer_that_stays_incomplete_is_remembered(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_init(&rig, true);
	rig_begin(&rig);
	assert_int_equal(rig_receive(&rig, 3000, "SIP/2.0 200", 11), STEP_MORE);
	assert_int_equal(rig_client(&rig)->partial, 11);
}

static void double_answers_between_two_requests_are_counted(void **unused)
{
	struct rig rig;
	char buffer[4096];
	struct wr w = wr_over(buffer, sizeof(buffer));

	(void)unused;
	rig_init(&rig, false);
	rig.profile.count = 2;
	rig_begin(&rig);
	rig_write_answer(&w, rig_sent(&rig), "200 OK", "");
	rig_receive(&rig, 2000, buffer, w.n);
	assert_int_equal(rig_receive(&rig, 2500, buffer, w.n), STEP_MORE);
	assert_int_equal(rig_client(&rig)->late, 1);
	assert_int_equal(rig_client(&rig)->answered, 1);
	assert_int_equal(rig.io.wake_us, 1001000);
}

static void one_503_without_retry_after_is_remembered(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_init(&rig, false);
	rig.profile.count = 2;
	rig_begin(&rig);
	rig_answer(&rig, 2000, "503 x", "");
	rig_step(&rig, rig.ops->on_timer, 1001000);
	rig_answer(&rig, 1002000, "503 x", "Retry-After: 5\r\n");
	assert_true(rig_client(&rig)->unavailable);
	assert_true(sip_client_saw(rig_client(&rig), 503));
	assert_false(sip_client_saw(rig_client(&rig), 200));
}

static void the_time_counts_from_before_a_challenge(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_with_credentials(&rig);
	rig_answer(&rig, 401000, "401 Unauthorized", CHALLENGE);
	assert_int_equal(rig_answer(&rig, 402000, "200 OK", ""), STEP_DONE);
	assert_int_equal(rig_client(&rig)->rtt_us, 401000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_series_counts_loss_and_jitter),
		cmocka_unit_test(each_request_of_a_series_has_new_identifiers),
		cmocka_unit_test(a_challenge_is_answered_once),
		cmocka_unit_test(a_stale_nonce_is_answered_again),
		cmocka_unit_test(proxy_and_server_may_both_challenge),
		cmocka_unit_test(without_credentials_a_challenge_is_the_answer),
		cmocka_unit_test(a_request_above_1300_bytes_is_not_sent_over_udp),
		cmocka_unit_test(facts_of_the_answer_are_kept),
		cmocka_unit_test(garbage_in_a_series_puts_the_stream_out_of_step),
		cmocka_unit_test(a_server_may_close_between_two_requests),
		cmocka_unit_test(a_close_before_the_answer_is_not_idle),
		cmocka_unit_test(an_answer_that_stays_incomplete_is_remembered),
		cmocka_unit_test(double_answers_between_two_requests_are_counted),
		cmocka_unit_test(one_503_without_retry_after_is_remembered),
		cmocka_unit_test(the_time_counts_from_before_a_challenge),
	};

	return cmocka_run_group_tests_name("sip_client_series", tests, NULL, NULL);
}
