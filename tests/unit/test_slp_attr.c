/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/proto/slp_attr */
#include "proto/slp_attr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* As a real agent sent it: v2-attrrqst-type-rep. */
#define DIVA                                                                                       \
	"(description=Diva Server test registration),(capabilities=voice,fax,isdn,conference),"    \
	"(channels=30),(firmware=9.6.1),(t38=true)"

/* Exact size, so that a read behind the end is seen by the address sanitizer. */
static struct view copy_of(const char *text)
{
	size_t n = strlen(text);
	char *copy = malloc(n > 0 ? n : 1);

	assert_non_null(copy);
	memcpy(copy, text, n);
	return (struct view){ copy, n };
}

static void free_copy(struct view copy)
{
	free((char *)(uintptr_t)copy.p);
}

/* "tag=value|value;keyword;", and "!" where the list is bad. */
static void wr_list(struct wr *w, struct view list)
{
	struct slp_attr attr;
	struct view value;
	enum parse parse;

	while ((parse = slp_next_attr(&list, &attr)) == PARSE_OK) {
		wr_put(w, attr.tag);
		if (!attr.keyword)
			wr_byte(w, '=');
		for (bool first = true; slp_next_value(&attr.values, &value); first = false) {
			if (!first)
				wr_byte(w, '|');
			wr_put(w, value);
		}
		wr_byte(w, ';');
	}
	if (parse == PARSE_BAD)
		wr_byte(w, '!');
	assert_int_equal(slp_next_attr(&list, &attr), parse);
}

static void a_list_is_read_up_to_its_first_mistake(void **state)
{
	static const struct {
		const char *list, *wanted;
	} cases[] = {
		{ DIVA,
		  "description=Diva Server test registration;"
		  "capabilities=voice|fax|isdn|conference;channels=30;firmware=9.6.1;t38=true;" },
		{ "", "" },
		{ " \t\r\n", "" },
		{ ",", "" },
		{ "secure", "secure;" },
		{ " secure , fast ", "secure;fast;" },
		{ "(secure)", "secure;" },
		{ "( secure )", "secure;" },
		{ "(a=1)", "a=1;" },
		{ "(a=1),", "a=1;" },
		{ ",(a=1),,b", "a=1;b;" },
		{ " ( a = 1 , 2 ) , b", "a= 1 | 2 ;b;" },
		{ "(a=)", "a=;" },
		{ "(a=,)", "a=;" },
		{ "(a=1,,2)", "a=1||2;" },
		{ "(a=b=c)", "a=b=c;" },
		{ "(a=x\\2cy)", "a=x\\2cy;" },
		{ "(a=1)x", "!" },
		{ "(a=1)(b=2)", "!" },
		{ "(a=1),(b=2)x", "a=1;!" },
		{ "(a=1", "!" },
		{ "(", "!" },
		{ "()", "!" },
		{ "( )", "!" },
		{ "(=1)", "!" },
		{ "( =1)", "!" },
		{ ")", "!" },
		{ "a)", "!" },
		{ "a=1", "!" },
		{ "a(b", "!" },
		{ "(a=1,(b=2)", "!" },
		{ "(a=x(y)", "!" },
		{ "((a=1)", "!" },
		{ "(a=1),b=2,c", "a=1;!" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];
		struct wr w = wr_over(text, sizeof(text));
		struct view list = copy_of(cases[i].list);

		wr_list(&w, list);
		if (!view_eq(wr_view(&w), view_of(cases[i].wanted)))
			fail_msg("\"%s\": \"%.*s\"", cases[i].list, VIEW_ARG(wr_view(&w)));
		free_copy(list);
	}
}

static void an_escape_is_read_as_its_version_writes_it(void **state)
{
	static const struct {
		uint8_t version;
		const char *raw;
		struct view wanted;
	} cases[] = {
		{ 2, "a\\2cb", VIEW("a,b") },
		{ 2, "\\28\\29\\2C\\5C\\5c", VIEW("(),\\\\") },
		{ 2, "\\00\\ff\\fF\\aA\\Aa\\09\\90", VIEW("\0\377\377\252\252\11\220") },
		{ 2, "\\2", VIEW("\\2") },
		{ 2, "\\", VIEW("\\") },
		{ 2, "\\2g", VIEW("\\2g") },
		{ 2, "\\g2", VIEW("\\g2") },
		{ 2, "\\\\2c", VIEW("\\,") },
		{ 2, "\\5c2c", VIEW("\\2c") },
		{ 2, "&#44;", VIEW("&#44;") },
		{ 1, "a&#44;b", VIEW("a,b") },
		{ 1, "&#40;&#041;&#0;&#255;", VIEW("()\0\377") },
		{ 1, "&#256;", VIEW("&#256;") },
		{ 1, "&#99999999999999999999;", VIEW("&#99999999999999999999;") },
		{ 1, "&#44", VIEW("&#44") },
		{ 1, "&#;", VIEW("&#;") },
		{ 1, "&#", VIEW("&#") },
		{ 1, "&44;", VIEW("&44;") },
		{ 1, "&", VIEW("&") },
		{ 1, "&#-1;", VIEW("&#-1;") },
		{ 1, "&&#44;", VIEW("&,") },
		{ 1, "&#38;#44;", VIEW("&#44;") },
		{ 1, "\\2c", VIEW("\\2c") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];
		struct wr w = wr_over(text, sizeof(text));
		struct view raw = copy_of(cases[i].raw);

		wr_slp_unescaped(&w, raw, cases[i].version);
		if (!view_eq(wr_view(&w), cases[i].wanted))
			fail_msg("v%u \"%s\": \"%.*s\"", cases[i].version, cases[i].raw,
				 VIEW_ARG(wr_view(&w)));
		free_copy(raw);
	}
}

static void texts_are_compared_without_case_escapes_and_surplus_blanks(void **state)
{
	static const struct {
		bool same;
		uint8_t version;
		const char *raw, *wanted;
	} cases[] = {
		{ true, 2, "Fax", "fAX" },
		{ true, 2, "AZaz", "azAZ" },
		{ true, 2, "", "" },
		{ true, 2, "", "  " },
		{ true, 2, " \t\r\n", "" },
		{ true, 2, "  a  b\t\r\nc ", "a b c" },
		{ true, 2, "a b c", " a \n b   c" },
		{ true, 2, "a\\2cb", "A,B" },
		{ true, 2, "a\\20\\20b", "a b" },
		{ true, 2, "\\41", "a" },
		{ true, 1, "a&#44;b", "A,B" },
		{ false, 1, "a\\2cb", "a,b" },
		{ false, 2, "a&#44;b", "a,b" },
		{ false, 2, "a,b", "a\\2cb" },
		{ false, 2, "ab", "a b" },
		{ false, 2, "a b", "ab" },
		{ false, 2, "fax", "faxe" },
		{ false, 2, "faxe", "fax" },
		{ false, 2, "fax", "" },
		{ false, 2, "", "fax" },
		{ false, 2, "\\ff", "\377\377" },
		{ true, 2, "\\ff", "\377" },
		{ false, 2, "\304", "\344" },
		{ false, 2, "[", "{" },
		{ false, 2, "@", "`" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view raw = copy_of(cases[i].raw), wanted = copy_of(cases[i].wanted);

		if (slp_text_eq(raw, wanted, cases[i].version) != cases[i].same)
			fail_msg("v%u \"%s\" and \"%s\"", cases[i].version, cases[i].raw,
				 cases[i].wanted);
		free_copy(raw);
		free_copy(wanted);
	}
}

static void a_zero_byte_is_a_byte_like_others(void **state)
{
	(void)state;
	assert_true(slp_text_eq(VIEW("\\00a"), VIEW("\0a"), 2));
	assert_false(slp_text_eq(VIEW("\\00a"), VIEW("\0b"), 2));
	assert_false(slp_text_eq(VIEW("a\\00"), VIEW("a"), 2));
}

static void a_wish_has_a_tag_a_relation_and_a_value(void **state)
{
	static const struct {
		const char *text, *tag;
		enum slp_relation relation;
		const char *value;
		double number;
	} cases[] = {
		{ "channels>=30", "channels", SLP_GE, "30", 30 },
		{ "channels <= 30.5 ", "channels", SLP_LE, "30.5", 30.5 },
		{ "channels>-1", "channels", SLP_GT, "-1", -1 },
		{ " channels\t<\t4", "channels", SLP_LT, "4", 4 },
		{ "capabilities=fax", "capabilities", SLP_EQ, "fax", 0 },
		{ "mode != test mode", "mode", SLP_NE, "test mode", 0 },
		{ "secure", "secure", SLP_PRESENT, "", 0 },
		{ " secure ", "secure", SLP_PRESENT, "", 0 },
		{ "a b=c=d", "a b", SLP_EQ, "c=d", 0 },
		{ "note=(a),b\\2c", "note", SLP_EQ, "(a),b\\2c", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view text = copy_of(cases[i].text);
		struct slp_wish wish;
		size_t column;
		const char *why;

		if (!slp_wish_parse(text, &wish, &column, &why))
			fail_msg("\"%s\": %s at %zu", cases[i].text, why, column);
		assert_null(why);
		if (!view_eq(wish.tag, view_of(cases[i].tag)) ||
		    wish.relation != cases[i].relation ||
		    !view_eq(wish.value, view_of(cases[i].value)) ||
		    wish.number < cases[i].number || wish.number > cases[i].number)
			fail_msg("\"%s\": \"%.*s\" %d \"%.*s\"", cases[i].text, VIEW_ARG(wish.tag),
				 wish.relation, VIEW_ARG(wish.value));
		free_copy(text);
	}
}

static void a_wish_that_cannot_be_is_refused_where_it_is_wrong(void **state)
{
	static const struct {
		const char *text;
		size_t column;
		const char *why;
	} cases[] = {
		{ "", 1, "the name of the attribute is missing" },
		{ "  ", 1, "the name of the attribute is missing" },
		{ "=fax", 1, "the name of the attribute is missing" },
		{ " >=3", 1, "the name of the attribute is missing" },
		{ "(a=1)", 1, "no name of an attribute has this character" },
		{ "ab,c=1", 3, "no name of an attribute has this character" },
		{ "ab)", 3, "no name of an attribute has this character" },
		{ "a\\2c=1", 2, "no name of an attribute has this character" },
		{ "a~=1", 2, "no name of an attribute has this character" },
		{ "a==1", 2, "the relation is none of = != < <= > >=" },
		{ "a=>1", 2, "the relation is none of = != < <= > >=" },
		{ "ab !1", 4, "the relation is none of = != < <= > >=" },
		{ "a<>1", 2, "the relation is none of = != < <= > >=" },
		{ "a=", 3, "the value is missing" },
		{ "a!=  ", 6, "the value is missing" },
		{ "a>", 3, "the value is missing" },
		{ "a>x", 3, "the value is no number" },
		{ "a >= 1e3", 6, "the value is no number" },
		{ "a<1 2", 3, "the value is no number" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view text = copy_of(cases[i].text);
		struct slp_wish wish;
		size_t column = 0;
		const char *why = NULL;

		if (slp_wish_parse(text, &wish, &column, &why))
			fail_msg("\"%s\" is no wish", cases[i].text);
		if (column != cases[i].column || strcmp(why, cases[i].why) != 0)
			fail_msg("\"%s\": %s at %zu", cases[i].text, why, column);
		free_copy(text);
	}
}

static void a_wish_holds_when_one_value_does(void **state)
{
	static const struct {
		bool holds;
		const char *wish, *list, *seen;
	} cases[] = {
		{ true, "channels>=30", DIVA, "30" },
		{ true, "channels<=30", DIVA, "30" },
		{ true, "channels>29.5", DIVA, "30" },
		{ true, "channels<31", DIVA, "30" },
		{ false, "channels>30", DIVA, "30" },
		{ false, "channels<30", DIVA, "30" },
		{ false, "channels>=31", DIVA, "30" },
		{ false, "channels<=29", DIVA, "30" },
		{ true, "CHANNELS=30", DIVA, "30" },
		{ false, "channels=030", DIVA, "30" },
		{ true, "capabilities=FAX", DIVA, "voice,fax,isdn,conference" },
		{ true, "capabilities=conference", DIVA, "voice,fax,isdn,conference" },
		{ false, "capabilities=video", DIVA, "voice,fax,isdn,conference" },
		{ false, "capabilities!=fax", DIVA, "voice,fax,isdn,conference" },
		{ true, "capabilities!=video", DIVA, "voice,fax,isdn,conference" },
		{ true, "description=diva  server TEST registration", DIVA,
		  "Diva Server test registration" },
		{ true, "t38", DIVA, "true" },
		{ false, "secure", DIVA, "" },
		{ false, "secure!=x", DIVA, "" },
		{ false, "secure=x", DIVA, "" },
		{ false, "firmware>9", DIVA, "9.6.1" },
		{ false, "firmware<=9", DIVA, "9.6.1" },
		{ true, "secure", "(a=1),secure", "" },
		{ true, "secure!=x", "secure", "" },
		{ false, "secure=x", "secure", "" },
		{ false, "secure>0", "secure", "" },
		{ true, "n>5", "(n= 3 , x, 7 )", " 3 , x, 7 " },
		{ false, "n>7", "(n= 3 , x, 7 )", " 3 , x, 7 " },
		{ true, "n=7", "(n=3),(n=7)", "3" },
		{ false, "n!=7", "(n=3),(n=7)", "3" },
		{ true, "note=a,b", "(note=a\\2cb)", "a\\2cb" },
		{ true, "a=1", "(a=1),(b", "1" },
		{ false, "c=1", "(a=1),(b,(c=1)", "" },
		{ false, "a", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view list = copy_of(cases[i].list), seen = VIEW("unset");
		struct slp_wish wish;
		size_t column;
		const char *why;

		assert_true(slp_wish_parse(view_of(cases[i].wish), &wish, &column, &why));
		bool holds = slp_wish_holds(&wish, list, 2, &seen);
		if (holds != cases[i].holds || !view_eq(seen, view_of(cases[i].seen)))
			fail_msg("\"%s\" in \"%s\": %d, \"%.*s\"", cases[i].wish, cases[i].list,
				 holds, VIEW_ARG(seen));
		assert_int_equal(slp_wish_holds(&wish, list, 2, NULL), holds);
		free_copy(list);
	}
}

static void the_version_decides_what_a_value_is(void **state)
{
	struct slp_wish wish = { .tag = VIEW("note"), .relation = SLP_EQ, .value = VIEW("a,b") };
	struct view v1 = VIEW("(note=a&#44;b)"), v2 = VIEW("(note=a\\2cb)");

	(void)state;
	assert_true(slp_wish_holds(&wish, v1, 1, NULL));
	assert_false(slp_wish_holds(&wish, v1, 2, NULL));
	assert_true(slp_wish_holds(&wish, v2, 2, NULL));
	assert_false(slp_wish_holds(&wish, v2, 1, NULL));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_read_up_to_its_first_mistake),
		cmocka_unit_test(an_escape_is_read_as_its_version_writes_it),
		cmocka_unit_test(texts_are_compared_without_case_escapes_and_surplus_blanks),
		cmocka_unit_test(a_zero_byte_is_a_byte_like_others),
		cmocka_unit_test(a_wish_has_a_tag_a_relation_and_a_value),
		cmocka_unit_test(a_wish_that_cannot_be_is_refused_where_it_is_wrong),
		cmocka_unit_test(a_wish_holds_when_one_value_does),
		cmocka_unit_test(the_version_decides_what_a_value_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
