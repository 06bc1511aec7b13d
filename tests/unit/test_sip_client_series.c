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
	assert_int_equal((int)sip_client_loss_pct(rig_client(&rig)), 33);
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
	};

	return cmocka_run_group_tests_name("sip_client_series", tests, NULL, NULL);
}
