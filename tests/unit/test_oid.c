/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/proto/oid: text, order and parts of object identifiers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/oid.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))

enum { TEXT_MAX = 2000 };

static struct oid parsed(const char *text)
{
	struct oid oid;

	if (!oid_parse(view_of(text), &oid))
		fail_msg("refused: %s", text);
	return oid;
}

static void numbers_with_dots_are_read_and_printed_with_a_leading_dot(void **state)
{
	static const struct {
		const char *text, *print;
		size_t n;
	} cases[] = {
		{ "1.3", ".1.3", 2 },
		{ ".1.3", ".1.3", 2 },
		{ "1.3.6.1.2.1.1.3.0", ".1.3.6.1.2.1.1.3.0", 9 },
		{ "0.39", ".0.39", 2 },
		{ "1.39.0", ".1.39.0", 3 },
		{ "2.4294967215", ".2.4294967215", 2 },
		{ "1.3.4294967295", ".1.3.4294967295", 3 },
		{ "1.3.0006", ".1.3.6", 3 },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct oid oid = parsed(cases[i].text);
		char text[TEXT_MAX] = "";
		struct wr w = wr_over(text, sizeof(text) - 1);
		wr_oid(&w, &oid);
		assert_string_equal(text, cases[i].print);
		assert_int_equal(oid.n, cases[i].n);
	}
}

static void what_is_no_oid_is_refused(void **state)
{
	static const char *const cases[] = {
		"",	    ".",	 "1",
		".1",	    "..1.3",	 "1..3",
		"1.3.",	    "1.3..",	 "3.1",
		"0.40",	    "1.40",	 "2.4294967216",
		"1.3.x",    "sysUpTime", "1.3.4294967296",
		"1.3.-1",   "1.3 ",	 " 1.3",
		"1.3.+6",   "iso.3",	 "1.3.6 .1",
		"1.3.0x10", "1.3\n",	 "1,3",
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct oid oid = { .n = 77 };
		if (oid_parse(view_of(cases[i]), &oid))
			fail_msg("accepted: %s", cases[i]);
		assert_int_equal(oid.n, 77);
	}
	assert_false(oid_parse((struct view){ "1.3\0", 4 }, &(struct oid){ .n = 0 }));
}

static void as_many_arcs_as_there_is_room_for_are_read_and_no_more(void **state)
{
	char text[TEXT_MAX] = "1";
	struct oid oid;

	(void)state;
	for (size_t i = 1; i < OID_ARCS_MAX; i++)
		memcpy(text + 2 * i - 1, ".7", 2);
	assert_true(oid_parse(view_of(text), &oid));
	assert_int_equal(oid.n, OID_ARCS_MAX);
	assert_false(oid_append(&oid, 1));
	assert_int_equal(oid.n, OID_ARCS_MAX);
	memcpy(text + 2 * OID_ARCS_MAX - 1, ".7", 2);
	assert_false(oid_parse(view_of(text), &oid));
}

static void order_is_that_of_an_agents_walk(void **state)
{
	static const char *const ascending[] = {
		"0.5",
		"1.2.99999",
		"1.3",
		"1.3.0",
		"1.3.0.0",
		"1.3.1",
		"1.3.1.200",
		"1.3.2",
		"1.3.10",
		"1.3.255",
		"1.3.256.1",
		"1.3.65536",
		"1.3.2147483648",
		"1.3.4294967295",
		"1.3.4294967295.0",
		"1.4",
		"2.0",
	};

	(void)state;
	for (size_t i = 0; i < CASES(ascending); i++)
		for (size_t k = 0; k < CASES(ascending); k++) {
			struct oid a = parsed(ascending[i]), b = parsed(ascending[k]);
			int order = oid_compare(&a, &b);
			if ((order > 0) - (order < 0) != (i > k) - (i < k))
				fail_msg("%s and %s: %d", ascending[i], ascending[k], order);
		}
}

static void only_what_is_or_lies_below_a_prefix_starts_with_it(void **state)
{
	static const struct {
		const char *oid, *prefix;
		bool starts;
	} cases[] = {
		{ "1.3.6", "1.3.6", true },  { "1.3.6.1", "1.3.6", true },
		{ "1.3", "1.3.6", false },   { "1.3.61", "1.3.6", false },
		{ "1.3.7", "1.3.6", false }, { "1.2.6.1", "1.3.6", false },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct oid oid = parsed(cases[i].oid), prefix = parsed(cases[i].prefix);
		assert_int_equal(oid_starts(&oid, &prefix), cases[i].starts);
	}
}

static void the_first_arcs_of_an_oid_are_an_oid(void **state)
{
	struct oid oid = parsed("1.3.6.1"), wanted = parsed("1.3"), first;

	(void)state;
	first = oid_first(&oid, 2);
	assert_int_equal(oid_compare(&first, &wanted), 0);
	first = oid_first(&oid, 99);
	assert_int_equal(oid_compare(&first, &oid), 0);
	first = oid_first(&oid, 0);
	assert_int_equal(first.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_with_dots_are_read_and_printed_with_a_leading_dot),
		cmocka_unit_test(what_is_no_oid_is_refused),
		cmocka_unit_test(as_many_arcs_as_there_is_room_for_are_read_and_no_more),
		cmocka_unit_test(order_is_that_of_an_agents_walk),
		cmocka_unit_test(only_what_is_or_lies_below_a_prefix_starts_with_it),
		cmocka_unit_test(the_first_arcs_of_an_oid_are_an_oid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
