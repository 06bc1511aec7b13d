/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Masks of replies: what they accept, what they capture, and where they are wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/mask.h"

/* The largest mask, each byte as "00 ", and room for more. */
enum { LONG_TEXT = 3 * (MASK_STEPS_MAX + 2) };

static void parse(struct view text, struct mask *mask)
{
	size_t column;
	const char *why;

	if (!mask_parse(text, mask, &column, &why))
		fail_msg("'%.*s' column %zu: %s", VIEW_ARG(text), column, why);
}

static void a_reply_is_compared_whole(void **state)
{
	static const struct {
		const char *mask;
		struct view reply;
		bool matches;
	} cases[] = {
		{ "02 0a", VIEW("\x02\x0a"), true },
		{ "02 0a", VIEW("\x02\x0b"), false },
		{ "02 0a", VIEW("\x12\x0a"), false },
		{ "02 0a", VIEW("\x02"), false },
		{ "02 0a", VIEW("\x02\x0a\x00"), false },
		{ "02 0a", VIEW(""), false },
		{ "020a", VIEW("\x02\x0a"), true },
		{ "\t02 \t 0A  ", VIEW("\x02\x0a"), true },
		{ "aF Fa 90", VIEW("\xaf\xfa\x90"), true },
		{ "..", VIEW("\x00"), true },
		{ "..", VIEW("\xff"), true },
		{ "..", VIEW(""), false },
		{ "..", VIEW("ab"), false },
		{ "02....0a", VIEW("\x02xx\x0a"), true },
		{ "02 .. 0a", VIEW("\x02x\x0b"), false },
		{ "*", VIEW(""), true },
		{ "*", VIEW("\x00\x01"), true },
		{ "02 *", VIEW("\x02"), true },
		{ "02*", VIEW("\x02\x0a\x00"), true },
		{ "02 *", VIEW("\x03\x0a"), false },
		{ "02 .. *", VIEW("\x02"), false },
		{ "02 {a:u8} 03", VIEW("\x02\xff\x03"), true },
		{ "02 {a:u8} 03", VIEW("\x02\xff\x04"), false },
		{ "{a:u16}{b:u8}*", VIEW("abc"), true },
		{ "{a:u16}{b:u8}*", VIEW("ab"), false },
		{ "{a:text64}",
		  VIEW("0123456789012345678901234567890123456789"
		       "012345678901234567890123"),
		  true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mask mask;
		parse(view_of(cases[i].mask), &mask);
		if (mask_matches(&mask, cases[i].reply) != cases[i].matches)
			fail_msg("'%s' and case %zu", cases[i].mask, i);
	}
}

static void captures_have_name_place_and_number(void **state)
{
	static const struct {
		const char *name;
		struct view bytes;
		bool is_number;
		uint32_t number;
	} wanted[] = {
		{ "a", VIEW("\x81"), true, 0x81 },
		{ "b_2", VIEW("\x82\x83"), true, 0x8283 },
		{ "c", VIEW("\x84\x85\x86\x87"), true, 0x84858687 },
		{ "d", VIEW("\x88\x89"), true, 0x8988 },
		{ "e", VIEW("\x8a\x8b\x8c\x8d"), true, 0x8d8c8b8a },
		{ "f", VIEW("\x8e"), false, 0 },
		{ "abcdefghijklm_90123", VIEW("\x8f\x90\x91"), false, 0 },
		{ "h", VIEW("\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b"), false, 0 },
	};
	static const unsigned at[] = { 1, 2, 5, 9, 11, 15, 16, 20 };
	char reply[30];
	struct mask mask;
	uint32_t number;

	(void)state;
	for (size_t i = 0; i < sizeof(reply); i++)
		reply[i] = '\x55';
	for (size_t i = 0; i < 8; i++)
		memcpy(reply + at[i], wanted[i].bytes.p, wanted[i].bytes.n);
	parse(VIEW("55{a:u8}{b_2:u16}..{c:u32} {d:u16le}{e:u32le} {f:hex1}"
		   "{abcdefghijklm_90123:text3} 55 {h:hex10} *"),
	      &mask);
	assert_int_equal(mask.captures, 8);
	assert_int_equal(mask.bytes, 30);
	assert_true(mask_matches(&mask, (struct view){ reply, 30 }));
	for (unsigned i = 0; i < 8; i++) {
		struct view bytes = mask_captured(&mask, i, (struct view){ reply, 30 });
		assert_string_equal(mask.capture[i].name, wanted[i].name);
		assert_int_equal(mask.capture[i].at, at[i]);
		assert_true(view_eq(bytes, wanted[i].bytes));
		assert_int_equal(mask_number(&mask, i, (struct view){ reply, 30 }, &number),
				 wanted[i].is_number);
		if (wanted[i].is_number)
			assert_int_equal(number, wanted[i].number);
	}
	assert_int_equal(mask_captured(&mask, 8, (struct view){ reply, 30 }).n, 0);
	assert_int_equal(mask.capture[6].kind, MASK_TEXT);
	assert_int_equal(mask.capture[7].kind, MASK_HEX);
}

static void nothing_is_captured_behind_the_reply(void **state)
{
	struct mask mask;
	uint32_t number = 7;

	(void)state;
	parse(VIEW("{a:u16}{b:u32}"), &mask);
	assert_int_equal(mask_captured(&mask, 1, VIEW("12345")).n, 0);
	assert_int_equal(mask_captured(&mask, 1, VIEW("1")).n, 0);
	assert_int_equal(mask_captured(&mask, 1, VIEW("123456")).n, 4);
	assert_int_equal(mask_captured(&mask, 2, VIEW("123456")).n, 0);
	assert_int_equal(mask_captured(&mask, 8, VIEW("123456")).n, 0);
	assert_false(mask_number(&mask, 1, VIEW("12345"), &number));
	assert_false(mask_number(&mask, 2, VIEW("123456"), &number));
	assert_int_equal(number, 7);
}

static const struct {
	const char *mask;
	size_t column;
	const char *why; /* a part of it */
} wrong[] = {
	{ "", 1, "no mask" },
	{ "  \t", 4, "no mask" },
	{ "0", 2, "two hexadecimal" },
	{ "02 0", 5, "two hexadecimal" },
	{ "0 2", 2, "two hexadecimal" },
	{ "02:0a", 3, "expected here" },
	{ "0x02", 2, "two hexadecimal" },
	{ "02 g0", 4, "expected here" },
	{ "02 0g", 5, "two hexadecimal" },
	{ "02 \x10\x11", 4, "expected here" },
	{ "02 .", 4, "expected here" },
	{ "02 .0", 4, "expected here" },
	{ "02 ...", 6, "expected here" },
	{ "02 . .", 4, "expected here" },
	{ "02 # 03", 4, "expected here" },
	{ "* 02", 3, "follow the *" },
	{ "**", 2, "follow the *" },
	{ "02 *{a:u8}", 5, "follow the *" },
	{ "02 }", 4, "expected here" },
	{ "02 {", 5, "begins with a letter" },
	{ "02 {}", 5, "begins with a letter" },
	{ "02 {:u8}", 5, "begins with a letter" },
	{ "02 { a:u8}", 5, "begins with a letter" },
	{ "{1a:u8}", 2, "begins with a letter" },
	{ "{_a:u8}", 2, "begins with a letter" },
	{ "{A:u8}", 2, "begins with a letter" },
	{ "{aB:u8}", 3, "a colon" },
	{ "{a b:u8}", 3, "a colon" },
	{ "{a-b:u8}", 3, "a colon" },
	{ "{a :u8}", 3, "a colon" },
	{ "{a", 3, "a colon" },
	{ "{a}", 3, "a colon" },
	{ "{abcdefghijklmnopqrst:u8}", 2, "at most 19" },
	{ "{a:}", 4, "u16le" },
	{ "{a:", 4, "u16le" },
	{ "{a: u8}", 4, "u16le" },
	{ "{a:u64}", 4, "u16le" },
	{ "{a:u8le}", 4, "u16le" },
	{ "{a:U8}", 4, "u16le" },
	{ "{a:u}", 4, "u16le" },
	{ "{a:u16l}", 4, "u16le" },
	{ "{a:hex}", 4, "u16le" },
	{ "{a:hex0}", 4, "u16le" },
	{ "{a:hex65}", 4, "u16le" },
	{ "{a:hex07}", 4, "u16le" },
	{ "{a:hex 7}", 4, "u16le" },
	{ "{a:hex+7}", 4, "u16le" },
	{ "{a:text}", 4, "u16le" },
	{ "{a:text0}", 4, "u16le" },
	{ "{a:text65}", 4, "u16le" },
	{ "{a:text-1}", 4, "u16le" },
	{ "{a:text016}", 4, "u16le" },
	{ "{a:text1x}", 4, "u16le" },
	{ "{a:text18446744073709551617}", 4, "u16le" },
	{ "{a:tex1}", 4, "u16le" },
	{ "{a:u8", 6, "a }" },
	{ "{a:u8 }", 6, "a }" },
	{ "{a:u8{b:u8}", 6, "a }" },
	{ "{a:u8}{b:u8} {a:u16}", 15, "this name" },
	{ "{a:u8}{b:u8}{c:u8}{d:u8}{e:u8}{f:u8}{g:u8}{h:u8}{i:u8}", 50, "8 captures" },
};

static void what_is_wrong_has_a_column(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct view text = view_of(wrong[i].mask);
		struct mask mask;
		size_t column = 0;
		const char *why = NULL;
		if (mask_parse(text, &mask, &column, &why))
			fail_msg("'%s' is accepted", wrong[i].mask);
		if (column != wrong[i].column || strstr(why, wrong[i].why) == NULL)
			fail_msg("'%s' column %zu: %s", wrong[i].mask, column, why);
	}
}

static void a_nul_is_no_byte_of_a_mask(void **state)
{
	struct mask mask;
	size_t column;
	const char *why;

	(void)state;
	assert_false(mask_parse(VIEW("02\0"), &mask, &column, &why));
	assert_int_equal(column, 3);
	assert_false(mask_parse(VIEW("{a\0:u8}"), &mask, &column, &why));
	assert_int_equal(column, 3);
}

/* `n` bytes of "00 ", then `tail`. */
static struct view long_mask(char *text, size_t n, const char *tail)
{
	struct wr w = wr_over(text, LONG_TEXT);

	for (size_t i = 0; i < n; i++)
		wr_str(&w, "00 ");
	wr_str(&w, tail);
	return wr_view(&w);
}

static void a_mask_describes_at_most_512_bytes(void **state)
{
	static const struct {
		size_t zeros;
		const char *tail;
		size_t column; /* 0 = it fits */
	} cases[] = {
		{ 512, "", 0 },	      { 512, "*", 0 },	     { 512, "00", 1537 },
		{ 512, "..", 1537 },  { 511, "..", 0 },	     { 512, "{a:u8}", 1537 },
		{ 511, "{a:u8}", 0 }, { 508, "{a:u32}", 0 }, { 509, "{a:u32}", 1531 },
	};
	char text[LONG_TEXT], zeros[MASK_STEPS_MAX + 1] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mask mask;
		size_t column = 0;
		const char *why = NULL;
		bool ok = mask_parse(long_mask(text, cases[i].zeros, cases[i].tail), &mask, &column,
				     &why);
		assert_int_equal(ok, cases[i].column == 0);
		if (!ok) {
			assert_int_equal(column, cases[i].column);
			assert_string_equal(why, "there are more than 512 bytes");
			continue;
		}
		assert_int_equal(mask.bytes, 512);
		assert_true(mask_matches(&mask, (struct view){ zeros, 512 }));
		assert_false(mask_matches(&mask, (struct view){ zeros, 511 }));
		assert_int_equal(mask_matches(&mask, (struct view){ zeros, 513 }), mask.open_end);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_is_compared_whole),
		cmocka_unit_test(captures_have_name_place_and_number),
		cmocka_unit_test(nothing_is_captured_behind_the_reply),
		cmocka_unit_test(what_is_wrong_has_a_column),
		cmocka_unit_test(a_nul_is_no_byte_of_a_mask),
		cmocka_unit_test(a_mask_describes_at_most_512_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
