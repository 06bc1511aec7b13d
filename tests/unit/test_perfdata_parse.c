/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/push/perfdata: items of any plugin, their base units, and numbers as text. */
#include "push/perfdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define LABEL_OF_128 HUNDRED TEN TEN "01234567"

/* Of exact size, so that a read behind the end is seen by the address sanitizer. */
static struct view copy_of(struct view text)
{
	char *copy = malloc(text.n > 0 ? text.n : 1);

	assert_non_null(copy);
	for (size_t i = 0; i < text.n; i++)
		copy[i] = text.p[i];
	return (struct view){ copy, text.n };
}

/* "warn crit min max" with "-" for what is no plain number. */
static void wr_bounds(struct wr *w, const struct perfdatum *item)
{
	const struct {
		bool has;
		double value;
	} bounds[] = {
		{ item->has_warn, item->warn_value },
		{ item->has_crit, item->crit_value },
		{ item->has_min, item->min },
		{ item->has_max, item->max },
	};

	for (size_t i = 0; i < 4; i++) {
		wr_str(w, i > 0 ? " " : "");
		if (bounds[i].has)
			wr_fmt(w, "%g", bounds[i].value);
		else
			wr_str(w, "-");
	}
}

static const struct {
	const char *text, *label, *value, *unit, *warn, *crit, *bounds;
} ITEMS[] = {
	{ "rtt=0.0123s;0.5;1.0;0;60", "rtt", "0.0123", "s", "0.5", "1.0", "0.5 1 0 60" },
	{ "a=1", "a", "1", "", "", "", "- - - -" },
	{ "a=-1", "a", "-1", "", "", "", "- - - -" },
	{ "a=+1", "a", "1", "", "", "", "- - - -" },
	{ "a=.5", "a", "0.5", "", "", "", "- - - -" },
	{ "a=5.", "a", "5", "", "", "", "- - - -" },
	{ "a=1e3", "a", "1000", "", "", "", "- - - -" },
	{ "a=1E-2ms", "a", "0.01", "ms", "", "", "- - - -" },
	{ "a=1e+2", "a", "100", "", "", "", "- - - -" },
	{ "a=1EB", "a", "1", "EB", "", "", "- - - -" },
	{ "a=1e", "a", "1", "e", "", "", "- - - -" },
	{ "a=12345678901234567890", "a", "1.23457e+19", "", "", "", "- - - -" },
	{ "a=0.12345678901234567", "a", "0.123457", "", "", "", "- - - -" },
	{ "a=1e100", "a", "1e+100", "", "", "", "- - - -" },
	{ "a=99%;80;90;0;100", "a", "99", "%", "80", "90", "80 90 0 100" },
	{ "a=7c", "a", "7", "c", "", "", "- - - -" },
	{ "a=1KB;;;0", "a", "1", "KB", "", "", "- - 0 -" },
	{ "a=1;;;;", "a", "1", "", "", "", "- - - -" },
	{ "a=1;;5", "a", "1", "", "", "5", "- 5 - -" },
	{ "a=1;;;;9", "a", "1", "", "", "", "- - - 9" },
	{ "a=1;2;3;4;5;6;7", "a", "1", "", "2", "3", "2 3 4 5" },
	{ "a=1;5:10;@1:2", "a", "1", "", "5:10", "@1:2", "- - - -" },
	{ "a=1;~:5;10:", "a", "1", "", "~:5", "10:", "- - - -" },
	{ "a=1s;2s;U;nan;inf", "a", "1", "s", "2s", "U", "- - - -" },
	{ "a=1;-2;+3;1e2;.5", "a", "1", "", "-2", "+3", "-2 3 100 0.5" },
	{ "'a b'=1ms", "a b", "1", "ms", "", "", "- - - -" },
	{ "'a'=1", "a", "1", "", "", "", "- - - -" },
	{ "'a''b'=1", "a'b", "1", "", "", "", "- - - -" },
	{ "''''=1", "'", "1", "", "", "", "- - - -" },
	{ "'a=b'=1", "a=b", "1", "", "", "", "- - - -" },
	{ "'a;b\t'=1", "a;b\t", "1", "", "", "", "- - - -" },
	{ "'C:\\ %'=1%", "C:\\ %", "1", "%", "", "", "- - - -" },
	{ "it's=1", "it's", "1", "", "", "", "- - - -" },
	{ "it''s=1", "it''s", "1", "", "", "", "- - - -" },
	{ "\xc3\xa4=1", "\xc3\xa4", "1", "", "", "", "- - - -" },
	{ LABEL_OF_128 "=1", LABEL_OF_128, "1", "", "", "", "- - - -" },
	{ "'" LABEL_OF_128 "'=1", LABEL_OF_128, "1", "", "", "", "- - - -" },
	{ "a=1B/s", "a", "1", "B/s", "", "", "- - - -" },
};

static void an_item_has_label_value_unit_and_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ITEMS) / sizeof(ITEMS[0]); i++) {
		struct view text = copy_of(view_of(ITEMS[i].text)), rest = text;
		char bounds[96], value[32];
		struct wr b = wr_over(bounds, sizeof(bounds)), v = wr_over(value, sizeof(value));
		struct perfdatum item;
		bool good = false;

		assert_true(perfdata_take(&rest, &item, &good));
		wr_bounds(&b, &item);
		wr_fmt(&v, "%g", item.value);
		if (!good || rest.n > 0 || !view_eq(item.raw, text) ||
		    !view_eq(item.label, view_of(ITEMS[i].label)) ||
		    !view_eq(wr_view(&v), view_of(ITEMS[i].value)) ||
		    !view_eq(item.unit, view_of(ITEMS[i].unit)) ||
		    !view_eq(item.warn, view_of(ITEMS[i].warn)) ||
		    !view_eq(item.crit, view_of(ITEMS[i].crit)) ||
		    !view_eq(wr_view(&b), view_of(ITEMS[i].bounds)))
			fail_msg("'%s': %sgood, '%.*s' %.*s '%.*s' %.*s", ITEMS[i].text,
				 good ? "" : "not ", VIEW_ARG(item.label), VIEW_ARG(wr_view(&v)),
				 VIEW_ARG(item.unit), VIEW_ARG(wr_view(&b)));
		assert_false(perfdata_take(&rest, &item, &good));
		free((char *)text.p);
	}
}

static void what_has_no_label_or_number_is_no_item(void **state)
{
	static const char *const cases[] = {
		"a",
		"=1",
		"''=1",
		"'a'",
		"'a'1",
		"'a'=",
		"'a=1",
		"'",
		"'a''=1",
		"a=",
		"a=;1;2",
		"a=U",
		"a=nan",
		"a=-nan",
		"a=inf",
		"a=-",
		"a=.",
		"a=e5",
		"a=--5",
		"a=ms",
		"a=0,5s",
		"a=1.2.3",
		"a=1-2",
		"a=0x10",
		"a=1e5e5",
		"a=1s2",
		"a=1=2",
		"a=1=",
		"a=1,",
		"a='1'",
		"a=1'",
		"a=1\"",
		"a=1|b=2",
		"a=1e101",
		"a=-1e101",
		"a=1e400",
		"a=1e99999999999",
		"a=0" HUNDRED,
		LABEL_OF_128 "x=1",
		"'" LABEL_OF_128 "x'=1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view text = copy_of(view_of(cases[i])), rest = text;
		struct perfdatum item;
		bool good = true;

		assert_true(perfdata_take(&rest, &item, &good));
		if (good || rest.n > 0 || !view_eq(item.raw, text))
			fail_msg("'%s': %s, raw '%.*s'", cases[i], good ? "good" : "not good",
				 VIEW_ARG(item.raw));
		free((char *)text.p);
	}
}

static void a_nul_byte_belongs_to_no_unit(void **state)
{
	struct view rest = VIEW("a=1\0s b=2");
	struct perfdatum item;
	bool good;

	(void)state;
	assert_true(perfdata_take(&rest, &item, &good));
	assert_false(good);
	assert_int_equal(item.raw.n, 5);
	assert_true(perfdata_take(&rest, &item, &good));
	assert_true(good && item.value > 1.5);
}

/* Items as "raw" or "!raw" with a comma between. */
static void blanks_divide_items_and_a_bad_one_hides_none(void **state)
{
	static const struct {
		const char *text, *items;
	} cases[] = {
		{ "", "" },
		{ " \t\r\n ", "" },
		{ "a=1 b=2", "a=1,b=2" },
		{ "  a=1 \t\r\n  b=2  ", "a=1,b=2" },
		{ "'a b'=1 'c d'=2", "'a b'=1,'c d'=2" },
		{ "a=1'b c'=2 d=3", "!a=1'b,c'=2,d=3" },
		{ "a=0,5s b=U c d=4", "!a=0,5s,!b=U,!c,d=4" },
		{ "time=0.5 s loss=1%", "time=0.5,!s,loss=1%" },
		{ "disk C=5", "!disk,C=5" },
		{ "'open a=1 b=2", "!'open,a=1,b=2" },
		{ "'a b'x=1 c=3", "!'a b'x=1,c=3" },
		{ "'a' =1 c=3", "!'a',!=1,c=3" },
		{ "a= 1 c=3", "!a=,!1,c=3" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view text = copy_of(view_of(cases[i].text)), rest = text;
		char items[128];
		struct wr w = wr_over(items, sizeof(items));
		struct perfdatum item;
		bool good;

		while (perfdata_take(&rest, &item, &good)) {
			wr_str(&w, w.n > 0 ? "," : "");
			wr_str(&w, good ? "" : "!");
			wr_put(&w, item.raw);
		}
		if (!view_eq(wr_view(&w), view_of(cases[i].items)))
			fail_msg("'%s': %.*s", cases[i].text, VIEW_ARG(wr_view(&w)));
		free((char *)text.p);
	}
}

static void units_become_base_units_as_in_icinga(void **state)
{
	static const struct {
		const char *unit;
		double factor;
		const char *base, *word;
	} cases[] = {
		{ "s", 1, "s", "seconds" },
		{ "S", 1, "s", "seconds" },
		{ "ms", 1e-3, "s", "seconds" },
		{ "MS", 1e-3, "s", "seconds" },
		{ "us", 1e-6, "s", "seconds" },
		{ "ns", 1e-9, "s", "seconds" },
		{ "m", 60, "s", "seconds" },
		{ "h", 3600, "s", "seconds" },
		{ "d", 86400, "s", "seconds" },
		{ "%", 0.01, "%", "ratio" },
		{ "B", 1, "B", "bytes" },
		{ "KB", 1e3, "B", "bytes" },
		{ "kB", 1e3, "B", "bytes" },
		{ "MB", 1e6, "B", "bytes" },
		{ "mB", 1e6, "B", "bytes" },
		{ "GB", 1e9, "B", "bytes" },
		{ "TB", 1e12, "B", "bytes" },
		{ "PB", 1e15, "B", "bytes" },
		{ "EB", 1e18, "B", "bytes" },
		{ "YB", 1e24, "B", "bytes" },
		{ "KiB", 1024, "B", "bytes" },
		{ "KIB", 1024, "B", "bytes" },
		{ "MiB", 1048576, "B", "bytes" },
		{ "GiB", 1073741824, "B", "bytes" },
		{ "b", 1, "b", "bits" },
		{ "kb", 1e3, "b", "bits" },
		{ "Mb", 1e6, "b", "bits" },
		{ "Tib", 1099511627776, "b", "bits" },
		{ "c", 1, "c", "" },
		{ "", 1, "", "" },
		{ "C", 1, "", "" },
		{ "iB", 1, "", "" },
		{ "KKB", 1, "", "" },
		{ "KiiB", 1, "", "" },
		{ "xB", 1, "", "" },
		{ "%%", 1, "", "" },
		{ "sec", 1, "", "" },
		{ "B/s", 1, "", "" },
		{ "ps", 1, "", "" },
		{ "dBm", 1, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct perfdata_base base = perfdata_base(view_of(cases[i].unit));
		if (base.factor < cases[i].factor || base.factor > cases[i].factor ||
		    strcmp(base.unit, cases[i].base) != 0 || strcmp(base.word, cases[i].word) != 0)
			fail_msg("'%s': %g '%s' '%s'", cases[i].unit, base.factor, base.unit,
				 base.word);
	}
	assert_string_equal(perfdata_base(VIEW("K\0B")).word, "");
}

static void numbers_are_written_in_c_notation(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ -0.0, "0" },
		{ 1, "1" },
		{ -1, "-1" },
		{ 0.5, "0.5" },
		{ -0.5, "-0.5" },
		{ 12.3 * 1e-3, "0.0123" },
		{ 0.1 + 0.2, "0.3" },
		{ 1.0 / 3, "0.333333333333333" },
		{ 1.2e-9, "1.2e-09" },
		{ 9007199254740992.0, "9007199254740992" },
		{ 123456789012345680.0, "123456789012345680" },
		{ -123456789012345680.0, "-123456789012345680" },
		{ 1e18, "1e+18" },
		{ -1e18, "-1e+18" },
		{ 1e124, "1e+124" },
		{ -1.5e124, "-1.5e+124" },
		{ 1234567.25, "1234567.25" },
	};
	struct grow out = { .p = NULL };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		grow_reset(&out);
		perfdata_write_number(cases[i].value, &out);
		if (!view_eq(grow_view(&out), view_of(cases[i].text)))
			fail_msg("%s: %.*s", cases[i].text, VIEW_ARG(out));
	}
	grow_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_item_has_label_value_unit_and_bounds),
		cmocka_unit_test(what_has_no_label_or_number_is_no_item),
		cmocka_unit_test(a_nul_byte_belongs_to_no_unit),
		cmocka_unit_test(blanks_divide_items_and_a_bad_one_hides_none),
		cmocka_unit_test(units_become_base_units_as_in_icinga),
		cmocka_unit_test(numbers_are_written_in_c_notation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
