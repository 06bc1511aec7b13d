/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One port against a scripted peer: when it is asked, whose answers count, and when it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "proto/port_client.h"

enum { MS = 1000, BEGAN_US = 7 * MS, OUT_BYTES = 64 };

static const struct addr PEER = { .family = 4, .ip = { 192, 0, 2, 7 }, .port = 2860 };

struct rig {
	struct port_client_arg arg;
	struct xio io;
	struct port_client client;
	char out[OUT_BYTES];
};

static void rig_init(struct rig *rig, bool stream)
{
	memset(rig, 0, sizeof(*rig));
	rig->arg.payload = VIEW("ping");
	rig->io = (struct xio){ .arg = &rig->arg, .peer = &PEER, .from = &PEER, .stream = stream };
	assert_int_equal(port_client_ops.state_size, sizeof(rig->client));
}

static enum step rig_step(struct rig *rig, enum step (*op)(void *, struct xio *), int64_t now_us)
{
	rig->io.now_us = now_us;
	rig->io.wake_us = 0;
	rig->io.used = 0;
	rig->io.out = wr_over(rig->out, sizeof(rig->out));
	return op(&rig->client, &rig->io);
}

static enum step begin(struct rig *rig)
{
	return rig_step(rig, port_client_ops.start, BEGAN_US);
}

static enum step wake(struct rig *rig)
{
	assert_true(rig->io.wake_us > 0);
	return rig_step(rig, port_client_ops.on_timer, rig->io.wake_us);
}

static enum step receive(struct rig *rig, int64_t now_us, struct view bytes)
{
	rig->io.in = bytes;
	return rig_step(rig, port_client_ops.on_data, now_us);
}

static bool sent(const struct rig *rig, struct view bytes)
{
	return view_eq(wr_view(&rig->io.out), bytes);
}

static bool peeked(const struct rig *rig, struct view bytes)
{
	return view_eq((struct view){ rig->client.peek, rig->client.peek_n }, bytes);
}

/* The wish of most tests: the word of `ctx` somewhere in the reply. */
static bool holds_word(const void *ctx, struct view reply)
{
	assert_true(reply.n <= PORT_CLIENT_REPLY_MAX);
	return view_search(reply, view_of(ctx)) < reply.n;
}

static bool is_empty(const void *ctx, struct view reply)
{
	(void)ctx;
	return reply.n == 0;
}

static void wish(struct rig *rig, const char *word)
{
	rig->arg.matches = holds_word;
	rig->arg.ctx = word;
}

static void silence_is_asked_three_times(void **state)
{
	static const struct {
		bool once;
		int64_t last_wait_us;
		int64_t at_ms[4]; /* of the sends after the first, then of the end; 0 = none */
	} cases[] = {
		{ false, 0, { 500, 1250, 2000 } },
		{ false, 100 * MS, { 500, 1250, 1350 } },
		{ true, 0, { 750 } },
		{ true, 20 * MS, { 20 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig;
		unsigned sends = 1;
		rig_init(&rig, false);
		rig.arg.once = cases[i].once;
		rig.arg.last_wait_us = cases[i].last_wait_us;
		assert_int_equal(begin(&rig), STEP_MORE);
		for (const int64_t *at_ms = cases[i].at_ms; *at_ms != 0; at_ms++) {
			assert_true(sent(&rig, VIEW("ping")));
			assert_int_equal(rig.client.sent, sends);
			assert_int_equal(rig.io.wake_us, BEGAN_US + *at_ms * MS);
			assert_int_equal(wake(&rig), at_ms[1] != 0 ? STEP_MORE : STEP_DONE);
			sends++;
		}
		assert_true(sent(&rig, VIEW("")));
		assert_int_equal(rig.client.sent, sends - 1);
		assert_int_equal(rig.client.first_us, BEGAN_US);
		assert_int_equal(rig.client.reply_us, 0);
	}
}

static void late_send_does_not_delay_the_next_one(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	begin(&rig);
	rig_step(&rig, port_client_ops.on_timer, BEGAN_US + 900 * MS);
	assert_int_equal(rig.io.wake_us, BEGAN_US + 1250 * MS);
	rig_step(&rig, port_client_ops.on_timer, BEGAN_US + 1300 * MS);
	assert_int_equal(rig.io.wake_us, BEGAN_US + 1300 * MS + PORT_CLIENT_LAST_WAIT_US);
}

static void empty_payload_is_one_zero_byte_over_udp_and_nothing_over_tcp(void **state)
{
	struct rig rig;

	(void)state;
	for (int stream = 0; stream < 2; stream++) {
		rig_init(&rig, stream);
		rig.arg.payload = VIEW("");
		rig.arg.hold_us = 300 * MS;
		assert_int_equal(begin(&rig), STEP_MORE);
		assert_true(sent(&rig, stream ? VIEW("") : VIEW("\0")));
		assert_int_equal(rig.client.sent, !stream);
		assert_false(rig.client.too_big);
	}
}

static void payload_that_does_not_fit_is_never_silence(void **state)
{
	static const char big[OUT_BYTES + 1];
	struct rig rig;

	(void)state;
	for (int stream = 0; stream < 2; stream++) {
		rig_init(&rig, stream);
		rig.arg.payload = (struct view){ big, sizeof(big) };
		rig.arg.hold_us = 300 * MS;
		assert_int_equal(begin(&rig), STEP_DONE);
		assert_true(rig.client.too_big);
		assert_int_equal(rig.client.sent, 0);
		rig.arg.payload.n--;
		assert_int_equal(begin(&rig), STEP_MORE);
		assert_false(rig.client.too_big);
	}
}

static void first_send_can_be_delayed(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	rig.arg.once = true;
	rig.arg.delay_us = 1100 * MS;
	rig.arg.last_wait_us = 500 * MS;
	assert_int_equal(begin(&rig), STEP_MORE);
	assert_true(sent(&rig, VIEW("")));
	assert_int_equal(rig.io.wake_us, BEGAN_US + 1100 * MS);
	assert_int_equal(wake(&rig), STEP_MORE);
	assert_true(sent(&rig, VIEW("ping")));
	assert_int_equal(rig.client.first_us, BEGAN_US + 1100 * MS);
	assert_int_equal(rig.io.wake_us, BEGAN_US + 1600 * MS);
	assert_int_equal(wake(&rig), STEP_DONE);
	assert_int_equal(rig.client.sent, 1);
}

static void talkative_stream_is_not_read_for_ever(void **state)
{
	static const char bytes[PORT_CLIENT_REPLY_MAX];
	struct rig rig;

	(void)state;
	rig_init(&rig, true);
	rig.arg.hold_us = 300 * MS;
	begin(&rig);
	assert_int_equal(receive(&rig, 8 * MS, (struct view){ bytes, sizeof(bytes) - 1 }),
			 STEP_MORE);
	assert_int_equal(rig.io.used, sizeof(bytes) - 1);
	assert_int_equal(receive(&rig, 9 * MS, (struct view){ bytes, 1 }), STEP_DONE);
	assert_false(rig.client.held);
}

static void any_datagram_of_the_peer_is_an_answer(void **state)
{
	static const char longest[65507];
	static const size_t lengths[] = { 0, 1, 47, 48, 49, PORT_CLIENT_REPLY_MAX + 1, 65507 };
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t n = lengths[i], peek = n < PORT_CLIENT_PEEK ? n : PORT_CLIENT_PEEK;
		rig_init(&rig, false);
		begin(&rig);
		wake(&rig);
		assert_int_equal(receive(&rig, 508 * MS, (struct view){ longest, n }), STEP_DONE);
		assert_int_equal(rig.client.reply_us, 508 * MS);
		assert_int_equal(rig.client.reply_bytes, n);
		assert_true(peeked(&rig, (struct view){ longest, peek }));
		assert_false(rig.client.matched);
		assert_false(rig.client.overlong);
	}
}

static void datagram_of_another_address_or_port_is_strange(void **state)
{
	struct addr port = PEER, host = PEER;
	struct rig rig;

	(void)state;
	port.port++;
	host.ip[3]++;
	rig_init(&rig, false);
	begin(&rig);
	rig.io.from = &port;
	assert_int_equal(receive(&rig, 8 * MS, VIEW("pong")), STEP_MORE);
	assert_int_equal(rig.io.wake_us, BEGAN_US + 500 * MS);
	rig.io.from = &host;
	assert_int_equal(receive(&rig, 9 * MS, VIEW("pong")), STEP_MORE);
	assert_int_equal(rig.client.strange, 2);
	assert_true(addr_eq(&rig.client.stranger, &port));
	assert_int_equal(rig.client.reply_us, 0);
	assert_int_equal(rig.client.peek_n, 0);
	assert_int_equal(rig.client.mismatched, 0);
	rig.io.from = &PEER;
	assert_int_equal(receive(&rig, 10 * MS, VIEW("pong")), STEP_DONE);
	assert_int_equal(rig.client.reply_us, 10 * MS);
}

static void wrong_datagrams_wait_for_the_right_one(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	wish(&rig, "pong");
	begin(&rig);
	assert_int_equal(receive(&rig, 8 * MS, VIEW("first")), STEP_MORE);
	assert_int_equal(rig.io.wake_us, BEGAN_US + 500 * MS);
	assert_true(sent(&rig, VIEW("")));
	assert_int_equal(receive(&rig, 9 * MS, VIEW("another")), STEP_MORE);
	assert_int_equal(rig.client.mismatched, 2);
	assert_int_equal(rig.client.reply_us, 8 * MS);
	assert_int_equal(rig.client.reply_bytes, 5);
	assert_true(peeked(&rig, VIEW("first")));
	wake(&rig);
	assert_true(sent(&rig, VIEW("ping")));
	assert_int_equal(receive(&rig, 600 * MS, VIEW("a pong")), STEP_DONE);
	assert_true(rig.client.matched);
	assert_int_equal(rig.client.mismatched, 2);
	assert_int_equal(rig.client.reply_us, 600 * MS);
	assert_int_equal(rig.client.reply_bytes, 6);
	assert_true(peeked(&rig, VIEW("a pong")));
}

static void wrong_datagrams_alone_end_unmatched(void **state)
{
	enum step step = STEP_MORE;
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	wish(&rig, "pong");
	begin(&rig);
	assert_int_equal(receive(&rig, 8 * MS, VIEW("wrong")), STEP_MORE);
	for (unsigned i = 0; i < 3; i++)
		step = wake(&rig);
	assert_int_equal(step, STEP_DONE);
	assert_int_equal(rig.io.now_us, BEGAN_US + 2000 * MS);
	assert_false(rig.client.matched);
	assert_true(peeked(&rig, VIEW("wrong")));
}

static void wish_may_be_an_empty_datagram_but_no_empty_stream(void **state)
{
	struct rig rig;

	(void)state;
	for (int stream = 0; stream < 2; stream++) {
		rig_init(&rig, stream);
		rig.arg.matches = is_empty;
		begin(&rig);
		rig.io.closed = stream;
		assert_int_equal(receive(&rig, 8 * MS, VIEW("")), STEP_DONE);
		assert_int_equal(rig.client.matched, !stream);
		assert_int_equal(rig.client.reply_us, stream ? 0 : 8 * MS);
	}
}

/* The word ends with the last byte that is looked at, or one behind. */
static void only_the_first_bytes_of_a_reply_are_looked_at(void **state)
{
	static char reply[PORT_CLIENT_REPLY_MAX + 1];
	struct rig rig;

	(void)state;
	for (int stream = 0; stream < 2; stream++)
		for (size_t behind = 0; behind < 2; behind++) {
			memset(reply, 'x', sizeof(reply));
			memcpy(reply + PORT_CLIENT_REPLY_MAX - 4 + behind, "pong", 4);
			rig_init(&rig, stream);
			wish(&rig, "pong");
			begin(&rig);
			enum step step =
				receive(&rig, 8 * MS, (struct view){ reply, sizeof(reply) });
			assert_int_equal(rig.client.matched, behind == 0);
			assert_int_equal(rig.client.overlong, behind == 1);
			assert_int_equal(rig.client.reply_bytes, sizeof(reply));
			assert_int_equal(step, stream || behind == 0 ? STEP_DONE : STEP_MORE);
		}
}

static void connection_without_hold_time_is_enough(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, true);
	assert_int_equal(begin(&rig), STEP_DONE);
	assert_true(sent(&rig, VIEW("ping")));
	assert_int_equal(rig.client.sent, 1);
	assert_int_equal(rig.client.first_us, BEGAN_US);
	assert_false(rig.client.held);
}

static void kept_connection_is_held(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, true);
	rig.arg.hold_us = 300 * MS;
	assert_int_equal(begin(&rig), STEP_MORE);
	assert_int_equal(rig.io.wake_us, BEGAN_US + 300 * MS);
	assert_int_equal(receive(&rig, 8 * MS, VIEW("22")), STEP_MORE);
	assert_int_equal(rig.io.used, 2);
	assert_int_equal(rig.io.wake_us, BEGAN_US + 300 * MS);
	assert_int_equal(receive(&rig, 9 * MS, VIEW("0 hi")), STEP_MORE);
	assert_int_equal(rig.io.used, 4);
	assert_false(rig.client.held);
	assert_int_equal(wake(&rig), STEP_DONE);
	assert_true(rig.client.held);
	assert_false(rig.client.closed);
	assert_int_equal(rig.client.reply_us, 8 * MS);
	assert_int_equal(rig.client.reply_bytes, 6);
	assert_true(peeked(&rig, VIEW("220 hi")));
	assert_int_equal(rig.client.sent, 1);
}

static void connection_closed_within_the_hold_time_is_closed(void **state)
{
	static const struct {
		const char *bytes, *word; /* NULL: no wish */
		bool matched;
	} cases[] = {
		{ "", NULL, false },	 { "bye", NULL, false },     { "", "pong", false },
		{ "po", "pong", false }, { "a pong", "pong", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig;
		size_t n = strlen(cases[i].bytes);
		rig_init(&rig, true);
		rig.arg.hold_us = 300 * MS;
		if (cases[i].word != NULL)
			wish(&rig, cases[i].word);
		begin(&rig);
		rig.io.closed = true;
		assert_int_equal(receive(&rig, 8 * MS, view_of(cases[i].bytes)), STEP_DONE);
		assert_true(rig.client.closed);
		assert_false(rig.client.held);
		assert_int_equal(rig.client.matched, cases[i].matched);
		assert_int_equal(rig.client.reply_bytes, n);
		assert_int_equal(rig.client.reply_us, n > 0 ? 8 * MS : 0);
	}
}

static void banner_in_single_bytes_is_seen_whole(void **state)
{
	static const char banner[] = "220 pong";
	struct rig rig;

	(void)state;
	rig_init(&rig, true);
	wish(&rig, "220 pong");
	assert_int_equal(begin(&rig), STEP_MORE);
	for (size_t n = 1; n < 8; n++) {
		assert_int_equal(receive(&rig, (int64_t)(8 + n) * MS, (struct view){ banner, n }),
				 STEP_MORE);
		assert_int_equal(rig.io.used, 0);
		assert_int_equal(rig.client.reply_bytes, n);
	}
	assert_int_equal(receive(&rig, 20 * MS, (struct view){ banner, 8 }), STEP_DONE);
	assert_true(rig.client.matched);
	assert_int_equal(rig.client.reply_us, 9 * MS);
	assert_int_equal(rig.client.reply_bytes, 8);
	assert_true(peeked(&rig, VIEW("220 pong")));
}

static void stream_that_never_matches_ends_when_it_is_too_long(void **state)
{
	static char bytes[PORT_CLIENT_REPLY_MAX];
	struct rig rig;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	rig_init(&rig, true);
	wish(&rig, "pong");
	begin(&rig);
	assert_int_equal(receive(&rig, 8 * MS, (struct view){ bytes, sizeof(bytes) - 1 }),
			 STEP_MORE);
	assert_false(rig.client.overlong);
	assert_int_equal(receive(&rig, 9 * MS, (struct view){ bytes, sizeof(bytes) }), STEP_DONE);
	assert_true(rig.client.overlong);
	assert_false(rig.client.matched);
	assert_int_equal(rig.client.reply_bytes, PORT_CLIENT_REPLY_MAX);
}

static void wished_reply_may_come_after_the_hold_time(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, true);
	wish(&rig, "pong");
	rig.arg.hold_us = 300 * MS;
	begin(&rig);
	assert_int_equal(receive(&rig, 8 * MS, VIEW("p")), STEP_MORE);
	assert_int_equal(wake(&rig), STEP_MORE);
	assert_true(rig.client.held);
	assert_int_equal(rig.io.wake_us, 0);
	assert_int_equal(receive(&rig, 900 * MS, VIEW("pong")), STEP_DONE);
	assert_true(rig.client.matched);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_asked_three_times),
		cmocka_unit_test(late_send_does_not_delay_the_next_one),
		cmocka_unit_test(empty_payload_is_one_zero_byte_over_udp_and_nothing_over_tcp),
		cmocka_unit_test(payload_that_does_not_fit_is_never_silence),
		cmocka_unit_test(first_send_can_be_delayed),
		cmocka_unit_test(talkative_stream_is_not_read_for_ever),
		cmocka_unit_test(any_datagram_of_the_peer_is_an_answer),
		cmocka_unit_test(datagram_of_another_address_or_port_is_strange),
		cmocka_unit_test(wrong_datagrams_wait_for_the_right_one),
		cmocka_unit_test(wrong_datagrams_alone_end_unmatched),
		cmocka_unit_test(wish_may_be_an_empty_datagram_but_no_empty_stream),
		cmocka_unit_test(only_the_first_bytes_of_a_reply_are_looked_at),
		cmocka_unit_test(connection_without_hold_time_is_enough),
		cmocka_unit_test(kept_connection_is_held),
		cmocka_unit_test(connection_closed_within_the_hold_time_is_closed),
		cmocka_unit_test(banner_in_single_bytes_is_seen_whole),
		cmocka_unit_test(stream_that_never_matches_ends_when_it_is_too_long),
		cmocka_unit_test(wished_reply_may_come_after_the_hold_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
