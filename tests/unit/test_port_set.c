/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Port lists as text and as sets, against a plain array of flags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/port_set.h"

enum { TEXT_MAX = 400000 };

static struct port_set parsed(const char *text)
{
	struct port_set set = { { 0 } };
	size_t column;
	const char *why;

	if (!port_set_parse(view_of(text), &set, &column, &why))
		fail_msg("'%s' column %zu: %s", text, column, why);
	assert_null(why);
	return set;
}

static void check_text(const struct port_set *set, size_t max, const char *expected)
{
	char text[200];
	struct wr w = wr_over(text, sizeof(text) - 1);

	wr_port_set(&w, set, max);
	assert_false(w.full);
	text[w.n] = '\0';
	assert_string_equal(text, expected);
}

static void check_same(const struct port_set *a, const struct port_set *b)
{
	assert_memory_equal(a->bit, b->bit, sizeof(a->bit));
}

struct list_case {
	const char *text, *print;
	size_t count;
};

static void a_list_is_read_and_printed_in_order(void **state)
{
	static const struct list_case cases[] = {
		{ "5060", "5060", 1 },
		{ "1", "1", 1 },
		{ "65535", "65535", 1 },
		{ "7-7", "7", 1 },
		{ "1-65535", "1-65535", 65535 },
		{ "16384-32767", "16384-32767", 16384 },
		{ "5004-5005,16384-32767", "5004-5005,16384-32767", 16386 },
		{ "9,5,7", "5,7,9", 3 },
		{ "9,8,7", "7-9", 3 },
		{ "63,64,127-128", "63-64,127-128", 4 },
		{ "64-127", "64-127", 64 },
		{ "65534,65535", "65534-65535", 2 },
		{ "0000000000000000000000000000000000005060", "5060", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct port_set set = parsed(cases[i].text);
		assert_int_equal(port_set_count(&set), cases[i].count);
		check_text(&set, 0, cases[i].print);
	}
}

struct refused_case {
	const char *text;
	size_t column;
	const char *why;
};

#define EMPTY "a port is expected here"
#define NOT_DIGITS "a port consists of digits only"
#define BLANKS "blanks are not allowed"
#define TOO_HIGH "a port is at most 65535"
#define ZERO "port 0 does not exist"
#define REVERSED "the range ends below its start"
#define OVERLAP "the range overlaps an earlier one"

static const struct refused_case REFUSED[] = {
	{ "", 1, EMPTY },
	{ ",", 1, EMPTY },
	{ "1,", 3, EMPTY },
	{ ",1", 1, EMPTY },
	{ "1,,2", 3, EMPTY },
	{ "-", 1, EMPTY },
	{ "-5", 1, EMPTY },
	{ "5-", 1, EMPTY },
	{ "1,5-", 3, EMPTY },
	{ "1--2", 1, NOT_DIGITS },
	{ "1-2-3", 1, NOT_DIGITS },
	{ "+5", 1, NOT_DIGITS },
	{ "5-+6", 1, NOT_DIGITS },
	{ "0x10", 1, NOT_DIGITS },
	{ "sip", 1, NOT_DIGITS },
	{ "5060/udp", 1, NOT_DIGITS },
	{ "1;2", 1, NOT_DIGITS },
	{ " 5", 1, BLANKS },
	{ "5 ", 1, BLANKS },
	{ "5, 6", 3, BLANKS },
	{ "5\t", 1, BLANKS },
	{ "5\n", 1, NOT_DIGITS },
	{ "5 -6", 1, BLANKS },
	{ " ", 1, BLANKS },
	{ "0", 1, ZERO },
	{ "0-5", 1, ZERO },
	{ "5-0", 1, ZERO },
	{ "10,00", 4, ZERO },
	{ "65536", 1, TOO_HIGH },
	{ "1-65536", 1, TOO_HIGH },
	{ "4294967297", 1, TOO_HIGH },
	{ "18446744073709551617", 1, TOO_HIGH },
	{ "99999999999999999999999999999999999999999999999999999999999", 1, TOO_HIGH },
	{ "6-5", 1, REVERSED },
	{ "1,32767-16384", 3, REVERSED },
	{ "5,5", 3, OVERLAP },
	{ "5-7,7", 5, OVERLAP },
	{ "5-7,5", 5, OVERLAP },
	{ "5-7,6-6", 5, OVERLAP },
	{ "5-7,1-5", 5, OVERLAP },
	{ "5-7,7-9", 5, OVERLAP },
	{ "5-7,1-9", 5, OVERLAP },
	{ "1-59999,59999", 9, OVERLAP },
	{ "3,5-7,4,6", 9, OVERLAP },
};

static void a_wrong_list_is_refused_at_its_column_and_changes_nothing(void **state)
{
	struct port_set before = parsed("60000-60010");

	(void)state;
	for (size_t i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++) {
		struct port_set set = before;
		size_t column = 0;
		const char *why = NULL;
		if (port_set_parse(view_of(REFUSED[i].text), &set, &column, &why))
			fail_msg("'%s' is accepted", REFUSED[i].text);
		if (column != REFUSED[i].column || strcmp(why, REFUSED[i].why) != 0)
			fail_msg("'%s' column %zu: %s", REFUSED[i].text, column, why);
		check_same(&set, &before);
	}
}

static void a_byte_of_zero_does_not_end_a_list(void **state)
{
	struct port_set set = { { 0 } };
	size_t column;
	const char *why;

	(void)state;
	assert_false(port_set_parse((struct view){ "5\0,6", 4 }, &set, &column, &why));
	assert_int_equal(column, 1);
	assert_string_equal(why, NOT_DIGITS);
}

static void only_the_view_is_read(void **state)
{
	struct port_set set = { { 0 } };
	size_t column;
	const char *why;

	(void)state;
	assert_true(port_set_parse((struct view){ "50601,2", 4 }, &set, &column, &why));
	check_text(&set, 0, "5060");
}

static void a_list_adds_to_the_set_and_must_not_overlap_it(void **state)
{
	struct port_set set = parsed("10-20");
	size_t column;
	const char *why;

	(void)state;
	assert_true(port_set_parse(VIEW("9,21"), &set, &column, &why));
	check_text(&set, 0, "9-21");
	assert_false(port_set_parse(VIEW("5,21"), &set, &column, &why));
	assert_int_equal(column, 3);
	assert_string_equal(why, OVERLAP);
	check_text(&set, 0, "9-21");
}

static void a_million_ports_end_at_the_first_repeated_range(void **state)
{
	char *text = malloc(TEXT_MAX);
	struct wr w = wr_over(text, TEXT_MAX);
	struct port_set set = { { 0 } };
	size_t column;
	const char *why;

	(void)state;
	for (unsigned i = 0; i < 16; i++)
		wr_str(&w, i == 0 ? "1-65535" : ",1-65535");
	assert_false(port_set_parse(wr_view(&w), &set, &column, &why));
	assert_int_equal(column, 9);
	assert_string_equal(why, OVERLAP);

	wr_reset(&w);
	for (unsigned port = PORT_MAX; port > 0; port--) {
		wr_u64(&w, port);
		wr_byte(&w, ',');
	}
	assert_false(w.full);
	w.n--;
	assert_true(port_set_parse(wr_view(&w), &set, &column, &why));
	check_text(&set, 0, "1-65535");
	free(text);
}

static void one_range_stands_alone(void **state)
{
	struct port_range range = { 1, 2 };
	const char *why;

	(void)state;
	assert_true(port_range_parse(VIEW("16384-32767"), &range, &why));
	assert_int_equal(range.first, 16384);
	assert_int_equal(range.last, 32767);
	assert_null(why);
	assert_false(port_range_parse(VIEW("1,2"), &range, &why));
	assert_string_equal(why, NOT_DIGITS);
	assert_false(port_range_parse(VIEW("9-8"), &range, &why));
	assert_int_equal(range.first, 16384);
}

static void a_long_set_is_cut_with_the_ports_counted(void **state)
{
	struct port_set set = parsed("16384-16386,16400,17000-17009,18000,18002");
	struct port_set none = { { 0 } };

	(void)state;
	check_text(&set, 1, "16384-16386 and 13 more");
	check_text(&set, 2, "16384-16386,16400 and 12 more");
	check_text(&set, 4, "16384-16386,16400,17000-17009,18000 and 1 more");
	check_text(&set, 5, "16384-16386,16400,17000-17009,18000,18002");
	check_text(&set, 99, "16384-16386,16400,17000-17009,18000,18002");
	check_text(&none, 0, "none");
	check_text(&none, 3, "none");
}

static void what_is_no_port_is_never_a_member(void **state)
{
	struct port_set set = { { 0 } }, empty = { { 0 } };

	(void)state;
	port_set_put(&set, 0);
	port_set_put(&set, 65536);
	port_set_put(&set, UINT32_MAX);
	check_same(&set, &empty);
	port_set_add(&set, (struct port_range){ 0, 2 });
	check_text(&set, 0, "1-2");
	port_set_add(&set, (struct port_range){ 9, 8 });
	check_text(&set, 0, "1-2");
	port_set_add(&set, (struct port_range){ 1, PORT_MAX });
	assert_int_equal(port_set_count(&set), PORT_MAX);
	assert_false(port_set_has(&set, 0));
	assert_false(port_set_has(&set, 65536));
	assert_false(port_set_has(&set, UINT32_MAX));
	assert_int_equal(port_set_next(&set, 65535), 65535);
	assert_int_equal(port_set_next(&set, 65536), 0);
	assert_int_equal(port_set_next(&set, UINT32_MAX), 0);
}

/* A small generator, so that a failure repeats. */
static unsigned draw(uint64_t *seed, unsigned below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33) % below;
}

/* Ranges and single ports, some at the borders of the 64-bit words. */
static void fill(uint64_t *seed, struct port_set *set, bool *flag)
{
	memset(set, 0, sizeof(*set));
	memset(flag, 0, PORTS);
	for (unsigned i = 0; i < 40; i++) {
		unsigned first = 1 + draw(seed, PORT_MAX);
		if (i % 4 == 0)
			first = first / 64 * 64 + 63;
		unsigned last = first + draw(seed, i % 2 == 0 ? 1 : 300);
		last = last > PORT_MAX ? PORT_MAX : last;
		port_set_add(set, (struct port_range){ (uint16_t)first, (uint16_t)last });
		for (unsigned port = first; port <= last; port++)
			flag[port] = true;
	}
}

static void check_flags(const struct port_set *set, const bool *flag)
{
	size_t count = 0;
	unsigned next = 0;

	for (unsigned port = PORT_MAX; port > 0; port--) {
		next = flag[port] ? port : next;
		count += flag[port];
		if (port_set_has(set, port) != flag[port] || port_set_next(set, port) != next)
			fail_msg("port %u, next %u", port, port_set_next(set, port));
	}
	assert_int_equal(port_set_count(set), count);
	assert_int_equal(port_set_next(set, 0), next);
}

static void sets_behave_like_arrays_of_flags(void **state)
{
	static bool a_flag[PORTS], b_flag[PORTS], flag[PORTS];
	static struct port_set a, b, set;
	uint64_t seed = 20251121;

	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		fill(&seed, &a, a_flag);
		fill(&seed, &b, b_flag);
		check_flags(&a, a_flag);
		set = a;
		port_set_join(&set, &b);
		for (size_t i = 0; i < PORTS; i++)
			flag[i] = a_flag[i] || b_flag[i];
		check_flags(&set, flag);
		set = a;
		port_set_remove(&set, &b);
		for (size_t i = 0; i < PORTS; i++)
			flag[i] = a_flag[i] && !b_flag[i];
		check_flags(&set, flag);
		set = a;
		port_set_keep(&set, &b);
		for (size_t i = 0; i < PORTS; i++)
			flag[i] = a_flag[i] && b_flag[i];
		check_flags(&set, flag);
	}
}

static void a_printed_set_reads_as_the_same_set(void **state)
{
	static bool flag[PORTS];
	static char text[TEXT_MAX];
	uint64_t seed = 7;

	(void)state;
	for (unsigned round = 0; round < 50; round++) {
		struct port_set first, second = { { 0 } };
		struct wr w = wr_over(text, sizeof(text));
		size_t column;
		const char *why;
		fill(&seed, &first, flag);
		wr_port_set(&w, &first, 0);
		assert_true(port_set_parse(wr_view(&w), &second, &column, &why));
		check_same(&first, &second);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_read_and_printed_in_order),
		cmocka_unit_test(a_wrong_list_is_refused_at_its_column_and_changes_nothing),
		cmocka_unit_test(a_byte_of_zero_does_not_end_a_list),
		cmocka_unit_test(only_the_view_is_read),
		cmocka_unit_test(a_list_adds_to_the_set_and_must_not_overlap_it),
		cmocka_unit_test(a_million_ports_end_at_the_first_repeated_range),
		cmocka_unit_test(one_range_stands_alone),
		cmocka_unit_test(a_long_set_is_cut_with_the_ports_counted),
		cmocka_unit_test(what_is_no_port_is_never_a_member),
		cmocka_unit_test(sets_behave_like_arrays_of_flags),
		cmocka_unit_test(a_printed_set_reads_as_the_same_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
