/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The resolver against name servers that misbehave, are silent, or are not there. */
#define _GNU_SOURCE
#include "resolve_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static size_t with_code(unsigned char *packet, size_t n, unsigned char code)
{
	packet[2] |= 0x80;
	packet[3] = code;
	return n;
}

static unsigned question_type(const unsigned char *packet, size_t n)
{
	return n < 4 ? 0 : packet[n - 4] * 256u + packet[n - 3];
}

static size_t servfail(unsigned char *packet, size_t n)
{
	return with_code(packet, n, 2);
}

static size_t with_record(unsigned char *packet, size_t n, const void *record, size_t size)
{
	packet[7] = 1;
	memcpy(packet + n, record, size);
	return with_code(packet, n + size, 0);
}

/* Knows addresses only, and says so in three ways. */
static size_t addresses_only(unsigned char *packet, size_t n)
{
	static const char record[] = "\300\14\0\1\0\1\0\0\0\0\0\4\300\0\2\143";

	switch (question_type(packet, n)) {
	case 35:
		return with_code(packet, n, 4);
	case 33:
		return with_code(packet, n, 3);
	case 1:
		return with_record(packet, n, record, sizeof(record) - 1);
	default:
		return with_code(packet, n, 0);
	}
}

static size_t no_srv_today(unsigned char *packet, size_t n)
{
	return question_type(packet, n) == 33 ? servfail(packet, n) : addresses_only(packet, n);
}

/* A name that points at itself. */
static size_t looping(unsigned char *packet, size_t n)
{
	char record[] = "\300\0\0\0\0\1\0\0\0\0\0\4\300\0\2\143";

	record[1] = (char)n;
	record[3] = (char)question_type(packet, n);
	return with_record(packet, n, record, sizeof(record) - 1);
}

static size_t truncated(unsigned char *packet, size_t n)
{
	return with_record(packet, n, "\300\14\0\1\0\1\0\0\0\0\1\4\300", 13);
}

static size_t other_type(unsigned char *packet, size_t n)
{
	static const char record[] = "\300\14\0\20\0\1\0\0\0\0\0\4\3abc";

	return with_record(packet, n, record, sizeof(record) - 1);
}

static const struct fake_row {
	size_t (*answer)(unsigned char *packet, size_t n);
	struct resolve_query query;
	const char *text;
} fake_rows[] = {
	{ servfail, { .host = V("a.test"), .port = 5060 }, "! the resolver says SERVFAIL" },
	{ servfail,
	  { .host = V("a.test"), .transport_given = true },
	  "! the resolver says SERVFAIL" },
	{ servfail, { .host = V("a.test") }, "! the resolver says SERVFAIL" },
	{ addresses_only, { .host = V("a.test"), .default_port = 7 }, "udp 192.0.2.99:7" },
	{ no_srv_today,
	  { .host = V("a.test"), .default_port = 7 },
	  "! the resolver says SERVFAIL" },
	{ looping,
	  { .host = V("a.test"), .port = 7, .family = 4 },
	  "! the resolver's answer is broken" },
	{ looping,
	  { .host = V("a.test"), .transport_given = true },
	  "! the resolver's answer is broken" },
	{ truncated,
	  { .host = V("a.test"), .port = 7, .family = 4 },
	  "! the resolver's answer is broken" },
	{ other_type, { .host = V("a.test"), .port = 7, .family = 4 }, "! no IPv4 address" },
};

static void broken_answers_have_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fake_rows) / sizeof(fake_rows[0]); i++) {
		const struct fake_row *row = &fake_rows[i];
		struct fake f = fake_new(row->answer);
		struct resolver *r = resolver_at(f.port);
		struct heard h;
		ask(r, &f, &row->query, &h);
		if (strcmp(h.text, row->text) != 0)
			fail_msg("row %zu: \"%s\", wanted \"%s\"", i, h.text, row->text);
		resolver_free(r);
		close(f.fd);
	}
}

static size_t garbage(unsigned char *packet, size_t n)
{
	packet[0] = (unsigned char)~packet[0]; /* another transaction */
	return question_type(packet, n) == 1 ? 5 : with_code(packet, n, 3);
}

static void silence_and_garbage_end_by_themselves(void **state)
{
	static const struct resolve_query query = { .host = V("a.test"), .port = 5060 };
	struct fake f = fake_new(garbage);
	struct resolver *r = resolver_at(f.port);
	struct heard h;
	char text[TRACE_WHY_MAX];

	(void)state;
	ask(r, &f, &query, &h);
	snprintf(text, sizeof(text), "! the resolver 127.0.0.1:%u does not answer", f.port);
	assert_string_equal(h.text, text);
	assert_int_equal(f.queries, 6); /* A and AAAA, three times */
	resolver_free(r);
	close(f.fd);
}

static void absent_resolver_is_told_at_once(void **state)
{
	static const struct resolve_query query = { .host = V("a.test"),
						    .port = 5060,
						    .family = 4 };
	struct fake f = fake_new(NULL);
	struct heard h;
	char text[TRACE_WHY_MAX];

	(void)state;
	close(f.fd);
	struct resolver *r = resolver_at(f.port);
	ask(r, NULL, &query, &h);
	snprintf(text, sizeof(text), "! the resolver 127.0.0.1:%u is not reachable", f.port);
	assert_string_equal(h.text, text);
	assert_true(h.took_us < 1000000);
	resolver_free(r);
}

static void queries_in_flight_are_capped_and_dropped_silently(void **state)
{
	static const struct resolve_query query = { .host = V("a.test"),
						    .port = 5060,
						    .family = 4 };
	struct fake f = fake_new(NULL);
	struct resolver *r = resolver_at(f.port);
	struct heard h = { .calls = 0 };
	struct pollfd fds[16];
	int64_t wait_us;

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		resolver_start(r, &query, hear, &h);
	size_t n = resolver_pollfds(r, fds, 16, &wait_us);
	assert_int_equal(n, 1);
	assert_true(wait_us > 0 && wait_us <= 1000000);
	fake_serve(&f);
	assert_int_equal(f.queries, 256);
	resolver_free(r);
	assert_int_equal(h.calls, 0);
	close(f.fd);
}

static void server_must_be_an_address(void **state)
{
	static const struct {
		const char *server;
		bool ok;
	} servers[] = {
		{ "192.0.2.1", true },
		{ "192.0.2.1:5353", true },
		{ "2001:db8::1", true },
		{ "::ffff:192.0.2.1", true },
		{ "[::ffff:192.0.2.1]:53", true },
		{ "::ffff:192.0.2.1:53", false },
		{ "[2001:db8::1]", true },
		{ "[2001:db8::1]:53", true },
		{ NULL, true },
		{ "", false },
		{ ":", false },
		{ "dns.test", false },
		{ "192.0.2.1:0", false },
		{ "192.0.2.1:65536", false },
		{ "192.0.2.1:", false },
		{ "192.0.2.1:5x", false },
		{ "[2001:db8::1]:", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		char why[TRACE_WHY_MAX];
		struct resolver *r = resolver_new(servers[i].server, why, sizeof(why));
		assert_int_equal(r != NULL, servers[i].ok);
		if (r == NULL)
			assert_string_equal(why, "resolver is not ADDR or ADDR:PORT");
		resolver_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_answers_have_words),
		cmocka_unit_test(silence_and_garbage_end_by_themselves),
		cmocka_unit_test(absent_resolver_is_told_at_once),
		cmocka_unit_test(queries_in_flight_are_capped_and_dropped_silently),
		cmocka_unit_test(server_must_be_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
