/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ladder of messages: what is shown, what is masked; and the Date header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "proto/sip_date.h"
#include "proto/sip_trace.h"

struct page {
	struct wr text;
	size_t lines;
	char bytes[16384];
};

static void add_line(void *arg, struct view line)
{
	struct page *page = arg;

	for (size_t i = 0; i < line.n; i++) {
		assert_in_range(line.p[i], 0x20, 0x7e);
		assert_true(line.p[i] != '|' && line.p[i] != ';');
	}
	wr_put(&page->text, line);
	wr_byte(&page->text, '\n');
	page->lines++;
}

static void draw(struct page *page, unsigned verbosity, const char *message)
{
	page->text = wr_over(page->bytes, sizeof(page->bytes));
	page->lines = 0;
	sip_trace_draw(verbosity, true, 1234, view_of(message), add_line, page);
	assert_false(page->text.full);
}

static bool shows(const struct page *page, const char *what)
{
	return view_search(wr_view(&page->text), view_of(what)) < page->text.n;
}

static const char MESSAGE[] = "OPTIONS sip:a SIP/2.0\r\n"
			      "Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n"
			      "CSeq: 7 OPTIONS\r\n"
			      "Subject: one\r\n two\r\n"
			      "Authorization: Digest username=\"alice\", realm=\"x, y\", "
			      "nonce=\"n0nce\", response=\"hash\", cnonce=\"c0\", opaque=\"op\"\r\n"
			      "\r\nbody|x";

static void a_rung_is_one_line(void **unused)
{
	struct page page;

	(void)unused;
	draw(&page, 1, MESSAGE);
	assert_int_equal(page.lines, 1);
	assert_true(shows(&page, "1.2 ms  --> OPTIONS sip:a SIP/2.0  (CSeq 7 OPTIONS)"));
}

static void headers_come_at_the_second_level(void **unused)
{
	struct page page;

	(void)unused;
	draw(&page, 2, MESSAGE);
	assert_int_equal(page.lines, 5);
	assert_true(shows(&page, "Subject: one two\n"));
	assert_false(shows(&page, "body"));
}

static void bytes_come_at_the_third_level(void **unused)
{
	struct page page;

	(void)unused;
	draw(&page, 3, MESSAGE);
	assert_true(shows(&page, "Subject: one\\r\\n two\\r\\n\n"));
	assert_true(shows(&page, "body\\x7cx"));
}

static void what_stands_for_a_password_is_masked(void **unused)
{
	struct page page;

	(void)unused;
	for (unsigned verbosity = 1; verbosity <= 3; verbosity++) {
		draw(&page, verbosity, MESSAGE);
		assert_false(shows(&page, "n0nce"));
		assert_false(shows(&page, "hash"));
		assert_false(shows(&page, "c0\""));
		assert_false(shows(&page, "\"op\""));
	}
	assert_true(shows(&page, "realm=\"x, y\""));
	assert_true(shows(&page, "response=***"));
}

static void a_folded_secret_is_masked(void **unused)
{
	struct page page;

	(void)unused;
	draw(&page, 3,
	     "SIP/2.0 401 x\r\nWWW-Authenticate: Digest nonce\r\n =\"n0nce\",\r\n "
	     "realm=\"r\"\r\n\r\n");
	assert_false(shows(&page, "n0nce"));
}

#define DIGEST "0123456789abcdef0123456789ABCDEF"

static void a_digest_is_masked_wherever_a_peer_puts_it(void **unused)
{
	static const char *const message[] = {
		"SIP/2.0 200 OK\r\nX-Echo: Digest response=\"" DIGEST "\"\r\n\r\n",
		"SIP/2.0 200 OK\r\n\r\nbody response=\"" DIGEST "\" and more",
		"SIP/2.0 200 " DIGEST "\r\n\r\n",
		"junk response=\"" DIGEST,
		"0123456789012345678901234567890123456789 response=" DIGEST DIGEST "\r\nx",
	};
	struct page page;

	(void)unused;
	for (size_t i = 0; i < sizeof(message) / sizeof(message[0]); i++) {
		for (unsigned verbosity = 1; verbosity <= 3; verbosity++) {
			draw(&page, verbosity, message[i]);
			assert_false(shows(&page, "0123456789abcdef0123"));
			assert_false(shows(&page, "89ABCDEF"));
		}
		assert_true(shows(&page, "***"));
	}
}

static void another_scheme_is_masked_whole(void **unused)
{
	struct page page;

	(void)unused;
	draw(&page, 2, "OPTIONS sip:a SIP/2.0\r\nAuthorization: Basic czNjcmV0\r\n\r\n");
	assert_true(shows(&page, "Authorization: Basic ***\n"));
}

static void bytes_that_are_no_sip_are_shown_at_the_third_level(void **unused)
{
	struct page page;

	(void)unused;
	draw(&page, 3, "\x16\x03\x01\x1b[31m");
	assert_true(shows(&page, "\\x16\\x03\\x01\\x1b[31m"));
}

static void dates_are_read_strictly(void **unused)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t unix_s;
	} row[] = {
		{ "Thu, 01 Jan 1970 00:00:00 GMT", true, 0 },
		{ "Sat, 13 Nov 2010 23:29:00 GMT", true, 1289690940 },
		{ "Tue, 29 Feb 2028 12:00:00 GMT", true, 1835438400 },
		{ "Sat, 13 Nov 2010 23:29:00 EST", false, 0 },
		{ "Sat, 13 Nov 2010 23:29:00", false, 0 },
		{ "Sat, 13 Nov 2010 24:29:00 GMT", false, 0 },
		{ "Sat, 00 Nov 2010 23:29:00 GMT", false, 0 },
		{ "Sat, 13 Foo 2010 23:29:00 GMT", false, 0 },
		{ "Sat, 13 Nov 1969 23:29:00 GMT", false, 0 },
		{ "", false, 0 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int64_t unix_s = 0;
		assert_int_equal(sip_date_parse(view_of(row[i].text), &unix_s), row[i].ok);
		if (row[i].ok)
			assert_int_equal(unix_s, row[i].unix_s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rung_is_one_line),
		cmocka_unit_test(headers_come_at_the_second_level),
		cmocka_unit_test(bytes_come_at_the_third_level),
		cmocka_unit_test(what_stands_for_a_password_is_masked),
		cmocka_unit_test(a_folded_secret_is_masked),
		cmocka_unit_test(a_digest_is_masked_wherever_a_peer_puts_it),
		cmocka_unit_test(another_scheme_is_masked_whole),
		cmocka_unit_test(bytes_that_are_no_sip_are_shown_at_the_third_level),
		cmocka_unit_test(dates_are_read_strictly),
	};

	return cmocka_run_group_tests_name("sip_trace", tests, NULL, NULL);
}
