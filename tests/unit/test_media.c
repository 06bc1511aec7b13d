/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/proto/media */
#include "proto/media.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NONCE UINT64_C(0x0123456789abcdef)
#define SSRC "88888888" /* both halves of NONCE, mixed */
#define CNAME "30313233343536373839616263646566406d6f6e69746f72696e672e696e76616c6964"
#define SR_OF(time) "80c80006" SSRC time "89abcdef 00000000 00000000"
#define SDES "81ca000b" SSRC "0123" CNAME "000000"
#define SR_EMPTY SR_OF("83aa7e80 00000000")
#define BLOCK "00000001 00000000 00000000 00000000 00000000 00000000"
#define TRANSACTION "0123456789abcdef" SSRC

struct bytes {
	size_t n;
	char at[512];
};

static unsigned digit(char c)
{
	const char *digits = "0123456789abcdef", *hit = strchr(digits, c);

	assert_true(c != '\0' && hit != NULL);
	return (unsigned)(hit - digits);
}

/* Spaces only divide. */
static struct bytes from_hex(const char *hex)
{
	struct bytes bytes = { .n = 0 };

	while (*hex != '\0') {
		if (*hex == ' ') {
			hex++;
			continue;
		}
		assert_in_range(bytes.n, 0, sizeof(bytes.at) - 1);
		bytes.at[bytes.n++] = (char)(digit(hex[0]) << 4 | digit(hex[1]));
		hex += 2;
	}
	return bytes;
}

static struct view view_bytes(const struct bytes *bytes)
{
	return (struct view){ bytes->at, bytes->n };
}

/* Moves them to the end of their storage, where a sanitizer sees a read behind them. */
static struct view view_at_end(struct bytes *bytes)
{
	char *at = bytes->at + sizeof(bytes->at) - bytes->n;

	memmove(at, bytes->at, bytes->n);
	return (struct view){ at, bytes->n };
}

static struct bytes probe_of(enum media_probe probe, uint64_t nonce, int64_t unix_us)
{
	struct bytes bytes;
	struct wr w = wr_over(bytes.at, MEDIA_PROBE_BYTES);

	wr_media_probe(&w, probe, nonce, unix_us);
	assert_false(w.full);
	bytes.n = w.n;
	return bytes;
}

static void a_probe_is_what_its_rfc_draws(void **state)
{
	static const struct {
		enum media_probe probe;
		int64_t unix_us;
		const char *hex;
	} cases[] = {
		{ MEDIA_PROBE_RTCP, 0, SR_EMPTY SDES },
		{ MEDIA_PROBE_RTCP, 1500000, SR_OF("83aa7e81 80000000") SDES },
		{ MEDIA_PROBE_RTCP, -250000, SR_OF("83aa7e7f c0000000") SDES },
		/* The era of NTP ends on 2036-02-07. */
		{ MEDIA_PROBE_RTCP, 2085978496000000, SR_OF("00000000 00000000") SDES },
		{ MEDIA_PROBE_RTP, 0, "8000 0123 89abcdef" SSRC "0123456789abcdef" },
		{ MEDIA_PROBE_STUN, 0, "0001 0000 2112a442" TRANSACTION },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes wanted = from_hex(cases[i].hex);
		struct bytes got = probe_of(cases[i].probe, NONCE, cases[i].unix_us);

		assert_int_equal(got.n, wanted.n);
		assert_memory_equal(got.at, wanted.at, wanted.n);
	}
}

static void a_probe_carries_its_nonce_and_is_of_its_kind(void **state)
{
	static const enum media_kind kinds[] = { MEDIA_RTCP, MEDIA_RTP, MEDIA_STUN };
	static const uint64_t nonces[] = { 0, 1, UINT64_MAX, NONCE, UINT64_C(1) << 63 };

	(void)state;
	for (unsigned i = 0; i < 15; i++) {
		uint64_t nonce = nonces[i % 5];
		struct bytes one = probe_of(i / 5, nonce, 1), other = probe_of(i / 5, ~nonce, 1);
		char raw[8], text[16];
		struct wr w = wr_over(text, sizeof(text));

		for (unsigned k = 0; k < 8; k++)
			raw[k] = (char)(nonce >> (56 - 8 * k));
		wr_hex64(&w, nonce);
		struct view mark =
			i / 5 == MEDIA_PROBE_RTCP ? wr_view(&w) : (struct view){ raw, 8 };

		assert_true(view_search(view_bytes(&one), mark) < one.n);
		assert_false(view_search(view_bytes(&other), mark) < other.n);
		assert_int_equal(media_classify(view_bytes(&one), view_bytes(&other)),
				 kinds[i / 5]);
		assert_int_equal(media_classify(view_bytes(&one), view_bytes(&one)), MEDIA_ECHO);
	}
}

static void a_probe_that_does_not_fit_is_dropped_whole(void **state)
{
	(void)state;
	for (unsigned probe = 0; probe < 3; probe++) {
		size_t needed = probe_of(probe, NONCE, 0).n;
		char bytes[MEDIA_PROBE_BYTES];

		for (size_t cap = 0; cap < needed; cap++) {
			struct wr w = wr_over(bytes, cap);

			wr_media_probe(&w, probe, NONCE, 0);
			assert_true(w.full);
			assert_int_equal(w.n, 0);
		}
	}
}

static void an_answer_is_told_by_its_form(void **state)
{
	static const struct {
		enum media_kind kind;
		const char *hex;
	} cases[] = {
		{ MEDIA_ECHO, SR_EMPTY SDES },
		{ MEDIA_OTHER, SR_EMPTY SDES "00" },
		{ MEDIA_RTCP, SR_EMPTY },
		{ MEDIA_RTCP, SR_OF("00000000 00000000") SDES },
		{ MEDIA_RTCP, "80c90001 00000001" SDES },
		{ MEDIA_RTCP, "80c90001 00000001 81cb0001 00000001" },
		{ MEDIA_OTHER, "81cb0001 00000001" },
		{ MEDIA_OTHER, "80c90000" },
		{ MEDIA_RTP, "8000 0001 00000000 00000007" },
		{ MEDIA_RTP, "8000 0001 00000000" SSRC "00000000" },
		{ MEDIA_RTP, "80ff 0001 00000000 00000007" },
		{ MEDIA_RTP, "803f 0001 00000000 00000007" },
		{ MEDIA_RTP, "8060 0001 00000000 00000007" },
		{ MEDIA_OTHER, "8040 0001 00000000 00000007" },
		{ MEDIA_OTHER, "80c0 0001 00000000 00000007" },
		{ MEDIA_OTHER, "8048 0001 00000000 00000007" },
		{ MEDIA_OTHER, "80cc 0009 00000000 00000007" },
		{ MEDIA_OTHER, "805f 0001 00000000 00000007" },
		{ MEDIA_OTHER, "4000 0001 00000000 00000007" },
		{ MEDIA_OTHER, "c000 0001 00000000 00000007" },
		{ MEDIA_OTHER, "8000 0001 00000000 000000" },
		{ MEDIA_OTHER, "8100 0001 00000000 00000007" },
		{ MEDIA_RTP, "8100 0001 00000000 00000007 00000008" },
		{ MEDIA_OTHER, "9000 0001 00000000 00000007 0000" },
		{ MEDIA_OTHER, "9000 0001 00000000 00000007 bede0001" },
		{ MEDIA_RTP, "9000 0001 00000000 00000007 bede0001 10000000" },
		{ MEDIA_RTP, "9100 0001 00000000 00000007 00000008 bede0001 10000000" },
		{ MEDIA_OTHER, "9100 0001 00000000 00000007 bede0001 10000001" },
		{ MEDIA_RTP, "a000 0001 00000000 00000007 00000004" },
		{ MEDIA_OTHER, "a000 0001 00000000 00000007 00000005" },
		{ MEDIA_OTHER, "a000 0001 00000000 00000007 00000000" },
		{ MEDIA_STUN, "0101 0000 2112a442" TRANSACTION },
		{ MEDIA_STUN, "0101 000c 2112a442" TRANSACTION "00200008 0001a147 e112a643" },
		{ MEDIA_OTHER, "0101 0000 2112a443" TRANSACTION },
		{ MEDIA_OTHER, "0101 0000 2113a442" TRANSACTION },
		{ MEDIA_OTHER, "4101 0000 2112a442" TRANSACTION },
		{ MEDIA_OTHER, "0101 0004 2112a442" TRANSACTION },
		{ MEDIA_OTHER, "0101 0000 2112a442" TRANSACTION "00000000" },
		{ MEDIA_OTHER, "0101 0002 2112a442" TRANSACTION "0000" },
		{ MEDIA_OTHER, "0101 0000 2112a442 0123456789abcdef 888888" },
		{ MEDIA_OTHER, "" },
		{ MEDIA_OTHER, "80" },
		{ MEDIA_OTHER, "706f6e670d0a" },
	};
	struct bytes sent = probe_of(MEDIA_PROBE_RTCP, NONCE, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes reply = from_hex(cases[i].hex);
		enum media_kind kind = media_classify(view_at_end(&reply), view_bytes(&sent));

		if (kind != cases[i].kind)
			fail_msg("%s: %s, wanted %s", cases[i].hex, media_kind_name(kind),
				 media_kind_name(cases[i].kind));
	}
}

static void a_compound_begins_with_a_report_and_adds_up(void **state)
{
	static const struct {
		bool ok;
		const char *hex;
	} cases[] = {
		{ true, "81c80012 00000000 00000000 00000000 00000000 00000000 00000000" BLOCK
			" 00000000 00000000 00000000 00000000 00000000 00000000" },
		{ true, "81c90007 00000001" BLOCK },
		{ true, "80c90001 00000001 a0cb0001 00000004" },
		{ true, "80c90001 00000001 a0cb0002 00000001 00000004" },
		{ false, "81c90006 00000001 00000001 00000000 00000000 00000000 00000000" },
		{ false, "80c80005 00000000 00000000 00000000 00000000 00000000" },
		{ false, "9fc90007 00000001" BLOCK },
		{ false, "" },
		{ false, "80c900" },
		{ false, "80c90001 000000" },
		{ false, "80c90002 00000001" },
		{ false, "80c90001 00000001 81" },
		{ false, "80c90001 00000001 81cb0002 00000001" },
		{ false, "80c90001 00000001 41cb0001 00000001" },
		{ false, "40c90001 00000001" },
		{ false, "80ca0001 00000001" },
		{ false, "80c70001 00000001" },
		{ false, "a0c90002 00000001 00000004" },
		{ false, "80c90001 00000001 a0cb0001 00000004 81cb0001 00000001" },
		{ false, "80c90001 00000001 a0cb0000" },
		{ false, "80c90001 00000001 a0cb0001 00000000" },
		{ false, "80c90001 00000001 a0cb0001 00000003" },
		{ false, "80c90001 00000001 a0cb0001 00000008" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes datagram = from_hex(cases[i].hex);

		if (rtcp_is_compound(view_at_end(&datagram)) != cases[i].ok)
			fail_msg("%s: wanted %d", cases[i].hex, cases[i].ok);
	}
}

static void the_packets_of_a_compound_come_in_order_without_padding(void **state)
{
	struct bytes datagram = from_hex("80c90001 00000001" SDES "a2cc0003 01020304 6e616d65"
					 "00000004");
	struct view rest = view_bytes(&datagram);
	struct rtcp_packet packet;
	bool bad = true;

	(void)state;
	assert_true(rtcp_next(&rest, &packet, &bad));
	assert_int_equal(packet.type, 201);
	assert_int_equal(packet.count, 0);
	assert_int_equal(packet.body.n, 4);
	assert_ptr_equal(packet.body.p, datagram.at + 4);
	assert_true(rtcp_next(&rest, &packet, &bad));
	assert_int_equal(packet.type, 202);
	assert_int_equal(packet.count, 1);
	assert_int_equal(packet.body.n, 44);
	assert_true(rtcp_next(&rest, &packet, &bad));
	assert_int_equal(packet.type, 204);
	assert_int_equal(packet.count, 2);
	assert_true(view_eq(packet.body, VIEW("\1\2\3\4name")));
	assert_int_equal(rest.n, 0);
	assert_false(rtcp_next(&rest, &packet, &bad));
	assert_false(bad);
}

static void a_broken_packet_ends_the_compound_and_stays_unread(void **state)
{
	struct bytes datagram = from_hex("80c90001 00000001 81cb0002 00000001");
	struct view rest = view_bytes(&datagram);
	struct rtcp_packet packet;
	bool bad = true;

	(void)state;
	assert_true(rtcp_next(&rest, &packet, &bad));
	assert_false(bad);
	for (int i = 0; i < 2; i++) {
		assert_false(rtcp_next(&rest, &packet, &bad));
		assert_true(bad);
		assert_int_equal(rest.n, 8);
	}
}

static void each_kind_has_its_name(void **state)
{
	static const char *const names[MEDIA_KINDS] = { "echo", "RTCP", "RTP", "STUN", "other" };

	(void)state;
	for (unsigned kind = 0; kind < MEDIA_KINDS; kind++)
		assert_string_equal(media_kind_name(kind), names[kind]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_probe_is_what_its_rfc_draws),
		cmocka_unit_test(a_probe_carries_its_nonce_and_is_of_its_kind),
		cmocka_unit_test(a_probe_that_does_not_fit_is_dropped_whole),
		cmocka_unit_test(an_answer_is_told_by_its_form),
		cmocka_unit_test(a_compound_begins_with_a_report_and_adds_up),
		cmocka_unit_test(the_packets_of_a_compound_come_in_order_without_padding),
		cmocka_unit_test(a_broken_packet_ends_the_compound_and_stays_unread),
		cmocka_unit_test(each_kind_has_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
