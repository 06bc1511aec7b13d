/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SLP over TCP: messages in pieces, one ask after the other, how a connection ends; and noise over both
 * transports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "slp_rig.h"

enum { MS = RIG_MS, SOON_US = RIG_BEGAN_US + 3 * RIG_MS, ROUNDS = 20000 };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void begin(struct rig *rig, unsigned want)
{
	rig_init(rig, true);
	rig->arg.want = want;
	assert_int_equal(rig_begin(rig), STEP_MORE);
}

static enum step close_behind(struct rig *rig, struct view bytes)
{
	rig->io.closed = true;
	return rig_receive(rig, SOON_US, bytes);
}

static void asks_wait_for_each_other(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, 0);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(rig.io.now_us, RIG_BEGAN_US + i * SLP_STREAM_WAIT_US);
		assert_true(view_eq(rig_sent(&rig), rig_request(&rig, i)));
		assert_int_equal(rig.client.asks, i + 1);
		rig_wake(&rig);
	}
	assert_int_equal(rig.step, STEP_DONE);
	assert_int_equal(rig.io.now_us, RIG_BEGAN_US + 4 * SLP_STREAM_WAIT_US);
	assert_int_equal(rig.client.sent, 4);
	assert_int_equal(rig.client.retries, 0);
	assert_false(rig.client.closed);
	assert_int_equal(rig.client.found.truncated, 0);
}

static void xid_is_that_of_udp_in_version_2_only(void **state)
{
	static const struct slp_ask v1[] = { { 1, SLP_SRV_TYPE_RQST, NULL } };
	struct rig udp, tcp;

	(void)state;
	rig_init(&udp, false);
	rig_begin(&udp);
	rig_wake_all(&udp, 100);
	begin(&tcp, 0);
	rig_wake_all(&tcp, 100);
	for (unsigned i = 0; i < 3; i++)
		assert_true(view_eq(rig_request(&udp, i), rig_request(&tcp, i)));
	for (unsigned i = 0; i < 4; i++)
		assert_int_not_equal(rig_asked(&udp, i).xid, rig_asked(&tcp, 3).xid);
	rig_init(&tcp, true);
	rig_plan(&tcp, v1, COUNT(v1));
	tcp.arg.xid = 0xffc0;
	rig_begin(&tcp);
	assert_int_equal(rig_asked(&tcp, 0).xid, 1);
}

static void split_reply_is_read_whole(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, 0);
	size_t whole = rig_reply(&rig, 0).n;
	for (size_t n = 1; n < whole; n++) {
		begin(&rig, 0);
		rig_reply(&rig, 0);
		assert_int_equal(rig_receive(&rig, SOON_US, (struct view){ rig.reply, n }),
				 STEP_MORE);
		assert_int_equal(rig.io.used, 0);
		assert_int_equal(rig.io.wake_us, SOON_US + SLP_STREAM_WAIT_US);
		assert_int_equal(rig.client.received, 0);
		assert_int_equal(rig.client.reply_bytes, n);
		assert_int_equal(rig_receive(&rig, SOON_US + 1 * MS,
					     (struct view){ rig.reply + n, whole - n }),
				 STEP_DONE);
		assert_int_equal(rig.io.used, whole);
		assert_int_equal(rig.client.found.valid, 1);
		assert_int_equal(rig.client.found.types.seen, 2);
		assert_int_equal(rig.client.round_trip_us, 4 * MS);
		assert_int_equal(rig.client.reply_bytes, whole);
		assert_int_equal(rig.client.asked[0].reply_bytes, whole);
		assert_int_equal(rig.client.received, 1);
	}
}

static void reply_in_single_bytes_is_read_whole(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, 0);
	rig_reply(&rig, 0);
	for (size_t i = 0; i < rig.reply_n; i++)
		rig_receive(&rig, SOON_US, (struct view){ rig.reply + i, 1 });
	assert_int_equal(rig.step, STEP_DONE);
	assert_int_equal(rig.client.found.valid, 1);
	assert_int_equal(rig.client.reply_bytes, rig.reply_n);
}

static void messages_in_one_piece_are_all_read(void **state)
{
	struct rig rig;
	struct wr w;

	(void)state;
	begin(&rig, SLP_WANT_SA);
	w = wr_over(rig.reply, sizeof(rig.reply));
	wire_types(&w, 2, 77, "service:no");
	wire_types(&w, 2, RIG_XID, "service:a");
	wire_types(&w, 2, RIG_XID, "service:b");
	wr_str(&w, "\x02\x0b");
	assert_int_equal(rig_receive(&rig, SOON_US, wr_view(&w)), STEP_MORE);
	assert_int_equal(rig.io.used, w.n - 2);
	assert_int_equal(rig.client.received, 3);
	assert_int_equal(rig.client.reply_bytes, w.n);
	assert_int_equal(rig.client.found.suspects, 1);
	assert_int_equal(rig.client.found.valid, 1);
	assert_int_equal(rig.client.asked[0].replies, 2);
	assert_true(view_eq(rig_sent(&rig), rig_request(&rig, 1)));
	size_t first = w.n;
	rig_reply(&rig, 1);
	assert_int_equal(rig_receive(&rig, SOON_US + 1 * MS,
				     (struct view){ rig.reply + 2, rig.reply_n - 2 }),
			 STEP_DONE);
	assert_true(rig.client.found.sa);
	assert_int_equal(rig.client.reply_bytes, first + rig.reply_n - 2);
}

static void follow_ups_use_the_same_connection(void **state)
{
	struct rig rig;
	size_t bytes;

	(void)state;
	begin(&rig, SLP_WANT_SA | SLP_WANT_SERVICES);
	assert_int_equal(rig_answer(&rig, SOON_US, 0), STEP_MORE);
	bytes = rig.reply_n;
	assert_int_equal(rig_answer(&rig, SOON_US, 1), STEP_MORE);
	bytes += rig.reply_n;
	assert_int_equal(rig.io.wake_us, SOON_US + SLP_STREAM_WAIT_US);
	rig_wake(&rig);
	assert_true(view_eq(rig_asked(&rig, 3).type, VIEW("service:fax")));
	assert_int_equal(rig_answer(&rig, rig.io.now_us + 1 * MS, 3), STEP_DONE);
	assert_int_equal(rig.client.found.services, 1);
	assert_int_equal(rig.client.sent, 4);
	assert_int_equal(rig.client.reply_bytes, bytes + rig.reply_n);
	assert_int_equal(rig.client.round_trip_us, 3 * MS);
}

static void round_trip_begins_with_the_connection(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, 0);
	rig_wake(&rig);
	assert_int_equal(rig_answer(&rig, rig.io.now_us + 9 * MS, 1), STEP_DONE);
	assert_int_equal(rig.client.round_trip_us, SLP_STREAM_WAIT_US + 9 * MS);
}

static void bytes_that_no_message_begins_with_end_it(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} cases[] = {
		{ "HTTP/1.1 400 Bad Request\r\n\r\n", 28 },
		{ "\x00", 1 },
		{ "\x03\x02\x00\x00\x14", 5 },
		{ "\x02\x0c\x00\x00\x14", 5 },
		{ "\x02\x02\x00\x00\x05", 5 },
		{ "\x02\x02\x10\x00\x01", 5 },
	};
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (unsigned behind = 0; behind < 2; behind++) {
			struct wr w = wr_over(rig.reply, sizeof(rig.reply));
			begin(&rig, SLP_WANT_SA);
			if (behind == 1)
				wire_types(&w, 2, RIG_XID, "");
			wr_put(&w, (struct view){ cases[i].bytes, cases[i].n });
			assert_int_equal(rig_receive(&rig, SOON_US, wr_view(&w)), STEP_DONE);
			assert_int_equal(rig.client.found.foreign, 1);
			assert_int_equal(rig.client.found.foreign_bytes, cases[i].n);
			assert_int_equal(rig.client.found.valid, behind);
			assert_int_equal(rig.client.received, 1 + behind);
			assert_int_equal(rig.client.reply_bytes, w.n);
			assert_int_equal(rig_sent(&rig).n, 0);
		}
}

static void lingering_hears_what_else_is_no_slp(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, true);
	rig.arg.linger_us = 500 * RIG_MS;
	rig_begin(&rig);
	assert_int_equal(rig_receive(&rig, SOON_US, VIEW("220 vo")), STEP_MORE);
	assert_int_equal(rig.io.wake_us, SOON_US + 500 * RIG_MS);
	assert_int_equal(rig_receive(&rig, SOON_US + 1, VIEW("ice\r\n")), STEP_MORE);
	assert_int_equal(rig.io.wake_us, SOON_US + 500 * RIG_MS);
	assert_int_equal(rig_sent(&rig).n, 0);
	assert_int_equal(rig_wake(&rig), STEP_DONE);
	assert_int_equal(rig.client.found.foreign, 1);
	assert_int_equal(rig.client.found.foreign_bytes, 6);
	assert_int_equal(rig.client.found.truncated, 0);
	assert_int_equal(rig.client.reply_bytes, 11);
}

static void longest_message_is_waited_for(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, 0);
	assert_int_equal(rig_receive(&rig, SOON_US, VIEW("\x02\x0a\x10\x00\x00")), STEP_MORE);
	assert_int_equal(rig.client.found.foreign, 0);
}

static void flood_of_messages_ends_it(void **state)
{
	struct rig rig;
	struct wr w;
	size_t bytes = 0;

	(void)state;
	begin(&rig, 0);
	w = wr_over(rig.reply, sizeof(rig.reply));
	wire_types(&w, 2, RIG_XID + 99, "service:flood");
	for (enum step step = STEP_MORE; step == STEP_MORE; bytes += w.n) {
		assert_true(bytes <= SLP_STREAM_TOTAL_MAX);
		step = rig_receive(&rig, RIG_BEGAN_US + 1 * RIG_MS, wr_view(&w));
	}
	assert_true(bytes > SLP_STREAM_TOTAL_MAX);
	assert_int_equal(rig.client.found.valid, 0);
	assert_int_equal(rig.client.found.suspects, bytes / w.n);
}

static void close_without_a_reply_is_seen(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, 0);
	assert_int_equal(close_behind(&rig, VIEW("")), STEP_DONE);
	assert_true(rig.client.closed);
	assert_int_equal(rig.client.found.truncated, 0);
	assert_int_equal(rig.client.received, 0);
	assert_int_equal(rig.client.sent, 1);
	assert_int_equal(rig_sent(&rig).n, 0);
}

static void close_behind_the_last_reply_is_no_loss(void **state)
{
	static const struct {
		unsigned want;
		bool error, closed;
	} cases[] = {
		{ 0, false, false },
		{ SLP_WANT_TYPES, false, false },
		{ SLP_WANT_SA, false, true },
		{ 0, true, true }, /* the plan goes on behind an error */
	};
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		begin(&rig, cases[i].want);
		assert_int_equal(close_behind(&rig, cases[i].error ? rig_reply_error(&rig, 0, 4)
								   : rig_reply(&rig, 0)),
				 STEP_DONE);
		assert_int_equal(rig.client.closed, cases[i].closed);
		assert_int_equal(rig.client.found.valid, !cases[i].error);
		assert_int_equal(rig.client.sent, 1);
		assert_int_equal(rig_sent(&rig).n, 0);
	}
}

static void close_within_a_message_truncates_it(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, 0);
	size_t whole = rig_reply(&rig, 0).n;
	for (size_t n = 1; n < whole; n++) {
		begin(&rig, 0);
		rig_reply(&rig, 0);
		rig_receive(&rig, SOON_US, (struct view){ rig.reply, n - 1 });
		assert_int_equal(close_behind(&rig, (struct view){ rig.reply + n - 1, 1 }),
				 STEP_DONE);
		/* less than a header may be anything */
		bool header = n >= SLP_V1_HEADER_BYTES;
		assert_int_equal(rig.client.found.truncated + rig.client.found.foreign, 1);
		assert_true(rig.client.found.truncated == 1 || !header);
		assert_int_equal(rig.client.found.suspects, 0);
		assert_int_equal(rig.client.found.valid, 0);
		assert_int_equal(rig.client.found.types.seen, n > whole - 12);
		assert_int_equal(rig.client.received, 1);
		assert_true(rig.client.closed);
		assert_false(rig.client.overflowed);
	}
}

/* Bytes of a foreign reply are no facts about the agent. */
static void truncated_message_with_another_xid_only_counts(void **state)
{
	struct rig rig;
	struct wr w = wr_over(rig.reply, sizeof(rig.reply));

	(void)state;
	begin(&rig, 0);
	wire_types(&w, 2, RIG_XID + 1, "service:a,service:b");
	assert_int_equal(close_behind(&rig, (struct view){ rig.reply, w.n - 1 }), STEP_DONE);
	assert_int_equal(rig.client.found.truncated, 1);
	assert_int_equal(rig.client.found.types.seen, 0);
}

static void message_that_never_ends_is_truncated(void **state)
{
	struct rig rig;

	(void)state;
	for (size_t n = 1; n <= 14; n++) {
		struct view begun =
			VIEW("\x02\x0a\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
		begin(&rig, 0);
		rig_receive(&rig, SOON_US, view_first(begun, n));
		rig_wake_all(&rig, 100);
		assert_int_equal(rig.io.now_us, SOON_US + 4 * SLP_STREAM_WAIT_US);
		assert_int_equal(rig.client.found.truncated, n >= SLP_V1_HEADER_BYTES);
		assert_int_equal(rig.client.found.foreign, n < SLP_V1_HEADER_BYTES);
		assert_int_equal(rig.client.received, 1);
		assert_int_equal(rig.client.reply_bytes, n);
	}
}

static void overflow_flag_means_no_tcp_when_it_is_tcp(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, 0);
	rig_reply(&rig, 0);
	rig.reply[5] = (char)0x80;
	assert_int_equal(rig_receive(&rig, SOON_US, (struct view){ rig.reply, rig.reply_n }),
			 STEP_MORE);
	assert_false(rig.client.overflowed);
	assert_int_equal(rig.client.found.truncated, 1);
	assert_int_equal(rig.client.found.valid, 0);
	assert_int_equal(rig.client.found.types.seen, 2);
	assert_true(view_eq(rig_sent(&rig), rig_request(&rig, 1))); /* the plan goes on */
	assert_int_equal(rig_answer(&rig, SOON_US + 1 * MS, 1), STEP_DONE);
	assert_int_equal(rig.client.found.valid, 1);
}

static void long_request_is_no_matter_for_a_stream(void **state)
{
	static char scopes[2 * SLP_REQUEST_MAX];
	struct rig rig;

	(void)state;
	memset(scopes, 'a', sizeof(scopes));
	rig_init(&rig, true);
	rig.arg.has_scopes = true;
	rig.arg.scopes = (struct view){ scopes, sizeof(scopes) };
	assert_int_equal(rig_begin(&rig), STEP_MORE);
	assert_false(rig.client.too_big);
	assert_int_equal(rig_asked(&rig, 0).scopes.n, sizeof(scopes));
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* A right reply with some bytes changed, and sometimes cut; or bytes of no meaning. */
static struct view make_noise(struct rig *rig, uint32_t *seed)
{
	unsigned asks = rig->client.asks;
	size_t n;

	if (next_random(seed) % 8 == 0) {
		n = next_random(seed) % 64;
		for (size_t i = 0; i < n; i++)
			rig->reply[i] = (char)next_random(seed);
		if (n > 0)
			rig->reply[0] = (char)(next_random(seed) % 3);
		return (struct view){ rig->reply, n };
	}
	n = rig_reply(rig, next_random(seed) % asks).n;
	for (unsigned changes = next_random(seed) % 4; changes > 0; changes--)
		rig->reply[next_random(seed) % n] = (char)next_random(seed);
	if (next_random(seed) % 4 == 0)
		n = next_random(seed) % n;
	return (struct view){ rig->reply, n };
}

static void assert_sane(const struct rig *rig)
{
	const struct slp_client *client = &rig->client;
	const struct slp_findings *found = &client->found;

	assert_true(client->asks <= SLP_ASKS_MAX);
	assert_true(found->valid + found->errors + found->truncated + found->suspects +
			    found->foreign <=
		    client->received);
	assert_true(found->valid <= client->asks && found->errors <= client->asks);
	assert_true(found->types.kept <= found->types.seen);
	assert_true(found->types.n <= sizeof(found->types_room));
	assert_true(client->sent <= SLP_SENDS * client->asks);
	assert_true((found->v1 || found->v2) == (found->valid > 0));
	assert_true((client->round_trip_us > 0) == (found->valid + found->errors > 0));
}

/* Whatever comes, a client ends within its times and what it counts adds up. */
static void noise_is_counted_and_survived(void **state)
{
	static struct rig rig;
	uint32_t seed = 1;
	unsigned ended = 0, valid = 0;

	(void)state;
	rig.step = STEP_DONE;
	for (unsigned round = 0; round < ROUNDS; round++) {
		if (rig.step == STEP_DONE) {
			rig_init(&rig, next_random(&seed) % 2 == 0);
			rig.arg.want = next_random(&seed) % 32;
			rig.arg.all = next_random(&seed) % 2 == 0;
			rig.arg.linger_us = next_random(&seed) % 2 == 0 ? 50 * MS : 0;
			rig_begin(&rig);
			ended++;
		}
		if (next_random(&seed) % 4 == 0)
			rig_wake(&rig);
		else
			rig_receive(&rig, rig.io.now_us + next_random(&seed) % (5 * MS),
				    make_noise(&rig, &seed));
		assert_sane(&rig);
		valid += rig.step == STEP_DONE && rig.client.found.valid > 0;
	}
	assert_true(ended > ROUNDS / 100);
	assert_true(valid > ended / 10);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_wait_for_each_other),
		cmocka_unit_test(xid_is_that_of_udp_in_version_2_only),
		cmocka_unit_test(split_reply_is_read_whole),
		cmocka_unit_test(reply_in_single_bytes_is_read_whole),
		cmocka_unit_test(messages_in_one_piece_are_all_read),
		cmocka_unit_test(follow_ups_use_the_same_connection),
		cmocka_unit_test(round_trip_begins_with_the_connection),
		cmocka_unit_test(bytes_that_no_message_begins_with_end_it),
		cmocka_unit_test(lingering_hears_what_else_is_no_slp),
		cmocka_unit_test(longest_message_is_waited_for),
		cmocka_unit_test(flood_of_messages_ends_it),
		cmocka_unit_test(close_without_a_reply_is_seen),
		cmocka_unit_test(close_behind_the_last_reply_is_no_loss),
		cmocka_unit_test(close_within_a_message_truncates_it),
		cmocka_unit_test(truncated_message_with_another_xid_only_counts),
		cmocka_unit_test(message_that_never_ends_is_truncated),
		cmocka_unit_test(overflow_flag_means_no_tcp_when_it_is_tcp),
		cmocka_unit_test(long_request_is_no_matter_for_a_stream),
		cmocka_unit_test(noise_is_counted_and_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
