/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a reply must hold. */
#include "check/reply_wish.h"

#include <setjmp.h>

#include <cmocka.h>

/* Fails the test when one of the values, NULL = none, is refused. */
static struct reply_wish wish_of(const char *hex, const char *regex, struct arena *arena)
{
	struct reply_wish wish = { .has_regex = false };
	struct opt_error error;

	if (hex != NULL && !reply_wish_parse_hex(&wish, view_of(hex), arena, &error))
		fail_msg("hex '%s': %s", hex, error.text);
	if (regex != NULL && !reply_wish_parse_regex(&wish, view_of(regex), arena, &error))
		fail_msg("regex '%s': %s", regex, error.text);
	return wish;
}

struct row {
	const char *hex, *regex;
	struct view reply;
	bool matches;
};

static void check_rows(const struct row *row, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct arena arena = { NULL };
		struct reply_wish wish = wish_of(row[i].hex, row[i].regex, &arena);
		/* An exact copy, so that a read behind its end is seen. */
		char *bytes = mem_new(row[i].reply.n, 1);
		struct wr w = wr_over(bytes, row[i].reply.n);
		wr_put(&w, row[i].reply);
		if (reply_wish_matches(&wish, wr_view(&w)) != row[i].matches)
			fail_msg("row %zu: hex %s, regex %s", i,
				 row[i].hex != NULL ? row[i].hex : "-",
				 row[i].regex != NULL ? row[i].regex : "-");
		mem_free(bytes);
		reply_wish_free(&wish);
		arena_free(&arena);
	}
}
#define CHECK_ROWS(row) check_rows(row, sizeof(row) / sizeof((row)[0]))

static void bytes_are_found_anywhere_in_the_reply(void **unused)
{
	static const struct row row[] = {
		{ "0041ff", NULL, VIEW("\x00\x41\xff"), true },
		{ "41ff", NULL, VIEW("\x00\x41\xff"), true },
		{ "0041", NULL, VIEW("\x00\x41\xff"), true },
		{ "00", NULL, VIEW("\x41\x00\xff"), true },
		{ "00ff", NULL, VIEW("\x00\x41\x00\xff\x41"), true },
		{ "ff", NULL, VIEW("\xff"), true },
		{ "61", NULL, VIEW("A"), false },
		{ "0041ff00", NULL, VIEW("\x00\x41\xff"), false },
		{ "0042", NULL, VIEW("\x00\x41\x42"), false },
		{ "ff", NULL, VIEW("\x41\x41"), false },
		{ "00", NULL, VIEW(""), false },
	};

	(void)unused;
	CHECK_ROWS(row);
}

static void anchors_are_the_ends_of_the_whole_reply(void **unused)
{
	static const struct row row[] = {
		{ NULL, "^220 .*\r\n$", VIEW("220 ready\r\n"), true },
		{ NULL, "^SSH-2", VIEW("SSH-2.0"), true },
		{ NULL, "^SSH-2", VIEW(" SSH-2.0"), false },
		{ NULL, "^ready", VIEW("220\nready"), false },
		{ NULL, "^220$", VIEW("220\nready"), false },
		{ NULL, "ready$", VIEW("220 ready\n"), false },
		{ NULL, "^$", VIEW(""), true },
		{ NULL, ".", VIEW(""), false },
		{ NULL, "(capi|fax)+", VIEW("service:fax"), true },
		{ NULL, "Fax", VIEW("service:fax"), false },
	};

	(void)unused;
	CHECK_ROWS(row);
}

static void a_nul_ends_neither_reply_nor_match(void **unused)
{
	static const struct row row[] = {
		{ NULL, "hidden", VIEW("seen\0hidden"), true },
		{ NULL, "^seen[^x]hidden$", VIEW("seen\0hidden"), true },
		{ NULL, "seen.hidden", VIEW("seen\0hidden"), false },
		{ NULL, "seen$", VIEW("seen\0hidden"), false },
		{ NULL, "^hidden", VIEW("seen\0hidden"), false },
		{ NULL, "^[^x][^x]$", VIEW("\0\0"), true },
		{ NULL, "^$", VIEW("\0"), false },
		{ NULL, "hidden$", VIEW("seen\0hidden\0"), false },
	};

	(void)unused;
	CHECK_ROWS(row);
}

static void of_two_wishes_both_must_be_fulfilled(void **unused)
{
	static const struct row row[] = {
		{ "0d0a", "^220", VIEW("220\r\n"), true },
		{ "0d0b", "^220", VIEW("220\r\n"), false },
		{ "0d0a", "^221", VIEW("220\r\n"), false },
		{ "0d0b", "^221", VIEW("220\r\n"), false },
	};

	(void)unused;
	CHECK_ROWS(row);
}

static void a_reply_may_be_longer_than_any_datagram(void **unused)
{
	enum { LONG = 100000 };
	struct arena arena = { NULL };
	struct reply_wish wish = wish_of("7a", "^a+z$", &arena);
	char *reply = mem_new(LONG, 1);

	(void)unused;
	for (size_t i = 0; i < LONG; i++)
		reply[i] = i + 1 < LONG ? 'a' : 'z';
	assert_true(reply_wish_matches(&wish, (struct view){ reply, LONG }));
	assert_false(reply_wish_matches(&wish, (struct view){ reply, LONG - 1 }));
	mem_free(reply);
	reply_wish_free(&wish);
	arena_free(&arena);
}

static void without_a_wish_every_reply_matches(void **unused)
{
	struct arena arena = { NULL };
	struct reply_wish none = { .has_regex = false }, hex = wish_of("00", NULL, &arena),
			  regex = wish_of(NULL, "x", &arena);

	(void)unused;
	assert_false(reply_wish_given(&none));
	assert_true(reply_wish_matches(&none, VIEW("x")));
	assert_true(reply_wish_matches(&none, VIEW("")));
	assert_true(reply_wish_given(&hex));
	assert_true(reply_wish_given(&regex));
	reply_wish_free(&regex);
	assert_false(reply_wish_given(&regex));
	reply_wish_free(&regex);
	arena_free(&arena);
}

static void the_last_value_of_each_kind_counts(void **unused)
{
	struct arena arena = { NULL };
	struct reply_wish wish = wish_of("41", "^A", &arena);
	struct opt_error error;

	(void)unused;
	assert_true(reply_wish_parse_regex(&wish, VIEW("^B"), &arena, &error));
	assert_true(reply_wish_parse_hex(&wish, VIEW("42"), &arena, &error));
	assert_true(reply_wish_matches(&wish, VIEW("B")));
	assert_false(reply_wish_matches(&wish, VIEW("A")));
	reply_wish_free(&wish);
	arena_free(&arena);
}

static void what_is_no_wish_is_refused_with_a_reason(void **unused)
{
	static const char *const regex[] = { "(", "a{2,1}", "[z-a]", "*[" };
	struct arena arena = { NULL };
	struct reply_wish wish = wish_of(NULL, "x", &arena);
	struct opt_error error;

	(void)unused;
	for (size_t i = 0; i < sizeof(regex) / sizeof(regex[0]); i++) {
		char begin[64];
		struct wr w = wr_over(begin, sizeof(begin));
		wr_fmt(&w, "\"%s\" is no regular expression: ", regex[i]);
		assert_false(reply_wish_parse_regex(&wish, view_of(regex[i]), &arena, &error));
		if (!view_starts(view_of(error.text), wr_view(&w)))
			fail_msg("'%s': %s", regex[i], error.text);
		assert_false(reply_wish_given(&wish));
	}
	assert_false(reply_wish_parse_hex(&wish, VIEW("zz"), &arena, &error));
	assert_string_equal(error.text, "\"zz\" column 1: a hexadecimal digit is expected here");
	assert_false(reply_wish_given(&wish));
	reply_wish_free(&wish);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_found_anywhere_in_the_reply),
		cmocka_unit_test(anchors_are_the_ends_of_the_whole_reply),
		cmocka_unit_test(a_nul_ends_neither_reply_nor_match),
		cmocka_unit_test(of_two_wishes_both_must_be_fulfilled),
		cmocka_unit_test(a_reply_may_be_longer_than_any_datagram),
		cmocka_unit_test(without_a_wish_every_reply_matches),
		cmocka_unit_test(the_last_value_of_each_kind_counts),
		cmocka_unit_test(what_is_no_wish_is_refused_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
