/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slices, writer, addresses, escaping, memory.  See also test_numbers.c and test_heap.c. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/escape.h"
#include "base/mem.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))

static void is(struct view got, const char *wanted)
{
	if (!view_eq(got, view_of(wanted)))
		fail_msg("'%.*s' is not '%s'", VIEW_ARG(got), wanted);
}

/* Sees a write behind the capacity as a heap overflow. */
static struct wr exact(size_t cap)
{
	char *buffer = malloc(cap > 0 ? cap : 1);

	assert_non_null(buffer);
	return wr_over(buffer, cap);
}

static void views_compare_bytes_and_length(void **state)
{
	(void)state;
	assert_true(view_eq(VIEW(""), view_of(NULL)));
	assert_true(view_eq(VIEW("a\0b"), VIEW("a\0b")));
	assert_false(view_eq(VIEW("a\0b"), VIEW("a\0c")));
	assert_false(view_eq(VIEW("ab"), VIEW("abc")));
	assert_true(view_ieq(VIEW("Via"), VIEW("vIA")));
	assert_false(view_ieq(VIEW("Via"), VIEW("Vi")));
	assert_false(view_ieq(VIEW("\xc4"), VIEW("\xe4")));
	assert_false(view_ieq(VIEW("@"), VIEW("`")));
	assert_false(view_ieq(VIEW("["), VIEW("{")));
	assert_true(view_starts(VIEW("SIP/2.0"), VIEW("SIP/")));
	assert_false(view_starts(VIEW("sip/2.0"), VIEW("SIP/")));
	assert_false(view_starts(VIEW("SI"), VIEW("SIP/")));
	assert_true(view_istarts(VIEW("sip/2.0"), VIEW("SIP/")));
	assert_true(view_starts(VIEW(""), VIEW("")));
}

static void searching_gives_the_first_place_or_the_length(void **state)
{
	static const struct {
		struct view text, what;
		size_t at;
	} cases[] = {
		{ VIEW("abcabc"), VIEW("bc"), 1 }, { VIEW("abcabc"), VIEW("cb"), 6 },
		{ VIEW("aab"), VIEW("ab"), 1 },	   { VIEW("ab"), VIEW("abc"), 2 },
		{ VIEW("a\0b"), VIEW("\0b"), 1 },  { VIEW(""), VIEW("a"), 0 },
		{ VIEW("abc"), VIEW(""), 0 },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++)
		assert_int_equal(view_search(cases[i].text, cases[i].what), cases[i].at);
	assert_int_equal(view_find(VIEW("a:b:c"), ':'), 1);
	assert_int_equal(view_find(VIEW("abc"), ':'), 3);
	assert_int_equal(view_find(VIEW("ab\0"), '\0'), 2);
	assert_int_equal(view_find(view_of(NULL), 'a'), 0);
}

static void cutting_clamps(void **state)
{
	(void)state;
	is(view_first(VIEW("abc"), 2), "ab");
	is(view_first(VIEW("abc"), SIZE_MAX), "abc");
	is(view_skip(VIEW("abc"), 2), "c");
	is(view_skip(VIEW("abc"), SIZE_MAX), "");
	is(view_skip((struct view){ NULL, 0 }, 5), "");
	is(view_trim(VIEW(" \t\r\n a b \r\n")), "a b");
	is(view_trim(VIEW(" \t ")), "");
	assert_int_equal(view_trim(VIEW("\0 ")).n, 1);
}

static void taking_shortens_the_view(void **state)
{
	struct view v = VIEW("a,,b");

	(void)state;
	is(view_take_until(&v, ','), "a");
	is(view_take_until(&v, ','), "");
	is(view_take_until(&v, ','), "b");
	is(v, "");
	is(view_take_until(&v, ','), "");
	v = VIEW("12\0x");
	is(view_take_while(&v, "0123456789"), "12");
	is(view_take_while(&v, "0123456789"), "");
	assert_false(view_take_char(&v, 'x'));
	assert_true(view_take_char(&v, '\0'));
	assert_true(view_take_char(&v, 'x'));
	assert_false(view_take_char(&v, 'x'));
}

static void what_does_not_fit_is_dropped_whole(void **state)
{
	struct wr w = exact(5);

	(void)state;
	wr_str(&w, "abc");
	assert_false(w.full);
	wr_str(&w, "def");
	assert_true(w.full);
	is(wr_view(&w), "abc");
	wr_byte(&w, 'd');
	wr_byte(&w, 'e');
	wr_byte(&w, 'f');
	is(wr_view(&w), "abcde");
	wr_reset(&w);
	assert_false(w.full);
	wr_fmt(&w, "%d", 12345);
	assert_true(w.full);
	is(wr_view(&w), "");
	wr_reset(&w);
	wr_fmt(&w, "%d-%s", 12, "x");
	is(wr_view(&w), "12-x");
	wr_fmt(&w, "%d", 1);
	is(wr_view(&w), "12-x");
	free(w.p);
	w = exact(0);
	wr_str(&w, "");
	assert_false(w.full);
	wr_byte(&w, 'a');
	assert_true(w.full);
	free(w.p);
}

static void addresses_are_read_and_printed(void **state)
{
	static const struct {
		const char *text, *ip, *ref;
		int family;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1", "192.0.2.1", 4 },
		{ "255.255.255.255", "255.255.255.255", "255.255.255.255", 4 },
		{ "2001:DB8:0::1", "2001:db8::1", "[2001:db8::1]", 6 },
		{ "[2001:db8::1]", "2001:db8::1", "[2001:db8::1]", 6 },
		{ "::", "::", "[::]", 6 },
		{ "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1", 4 },
		{ "[::FFFF:c000:201]", "192.0.2.1", "192.0.2.1", 4 },
		{ "::ffff:0:192.0.2.1", "::ffff:0:c000:201", "[::ffff:0:c000:201]", 6 },
		{ "::fffe:192.0.2.1", "::fffe:c000:201", "[::fffe:c000:201]", 6 },
		{ "fe80::1%7", "fe80::1%7", "[fe80::1%7]", 6 },
		{ "[fe80::1%7]", "fe80::1%7", "[fe80::1%7]", 6 },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct addr a;
		struct wr w = exact(ADDR_TEXT_MAX);
		assert_true(addr_parse(view_of(cases[i].text), &a));
		assert_int_equal(a.family, cases[i].family);
		assert_int_equal(a.port, 0);
		wr_ip(&w, &a);
		is(wr_view(&w), cases[i].ip);
		wr_reset(&w);
		wr_ip_ref(&w, &a);
		is(wr_view(&w), cases[i].ref);
		free(w.p);
	}
}

static void what_is_no_numeric_address_is_refused(void **state)
{
	static const struct view cases[] = {
		VIEW(""),
		VIEW("localhost"),
		VIEW("192.0.2"),
		VIEW("192.0.2.256"),
		VIEW("192.0.2.1:5060"),
		VIEW("192.0.2.1 "),
		VIEW("[192.0.2.1]"),
		VIEW("192.0.2.1%7"),
		VIEW("::ffff:192.0.2.1%7"),
		VIEW("[::1"),
		VIEW("::1]"),
		VIEW("[]"),
		VIEW("["),
		VIEW("fe80::1%"),
		VIEW("fe80::1%0"),
		VIEW("fe80::1%no-such-if"),
		VIEW("::1\0"),
		VIEW("1::2::3"),
		VIEW("0x7f.1"),
		VIEW("%7"),
		VIEW("010.0.0.1"),
		VIEW("[::1]:5060"),
		VIEW("fe80::1%123456789012345678"),
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct addr a = { .port = 42 };
		if (addr_parse(cases[i], &a))
			fail_msg("%.*s is accepted", VIEW_ARG(cases[i]));
		assert_int_equal(a.port, 42);
	}
}

static void an_interface_may_be_named(void **state)
{
	struct addr a;

	(void)state;
	if (if_nametoindex("lo") == 0)
		skip();
	assert_true(addr_parse(VIEW("fe80::1%lo"), &a));
	assert_int_equal(a.scope, if_nametoindex("lo"));
}

static struct addr address(const char *text, uint16_t port)
{
	struct addr a;

	assert_true(addr_parse(view_of(text), &a));
	a.port = port;
	return a;
}

static void addresses_compare_with_and_without_port(void **state)
{
	static const struct {
		const char *a, *b;
		uint16_t port_a, port_b;
		bool same_ip, equal;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1", 1, 1, true, true },
		{ "192.0.2.1", "192.0.2.1", 1, 2, true, false },
		{ "192.0.2.1", "192.0.2.2", 1, 1, false, false },
		{ "192.0.2.1", "::ffff:192.0.2.1", 1, 1, true, true },
		{ "192.0.2.1", "c000:201::", 1, 1, false, false },
		{ "::1", "::1", 1, 1, true, true },
		{ "::1", "::2", 1, 1, false, false },
		{ "fe80::1%1", "fe80::1%2", 1, 1, false, false },
		{ "0.0.0.0", "::", 1, 1, false, false },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct addr a = address(cases[i].a, cases[i].port_a);
		struct addr b = address(cases[i].b, cases[i].port_b);
		memset(a.ip + (a.family == 4 ? 4 : 16), 'x', a.family == 4 ? 12 : 0);
		assert_int_equal(addr_same_ip(&a, &b), cases[i].same_ip);
		assert_int_equal(addr_eq(&a, &b), cases[i].equal);
	}
}

static void loopback_is_a_network_in_ipv4_and_one_address_in_ipv6(void **state)
{
	static const char *const yes[] = { "127.0.0.1", "127.255.1.2", "::1" };
	static const char *const no[] = {
		"128.0.0.1", "0.0.0.0", "::", "::2", "100::1", "7f00::1"
	};

	(void)state;
	for (size_t i = 0; i < CASES(yes); i++)
		assert_true(addr_is_loopback((struct addr[]){ address(yes[i], 5) }));
	for (size_t i = 0; i < CASES(no); i++)
		assert_false(addr_is_loopback((struct addr[]){ address(no[i], 5) }));
}

static void the_longest_address_fits(void **state)
{
	struct addr a = address("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", 65535);
	struct wr w = exact(ADDR_TEXT_MAX);

	(void)state;
	a.scope = UINT32_MAX;
	wr_addr(&w, &a);
	assert_false(w.full);
	is(wr_view(&w), "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
	wr_reset(&w);
	wr_addr(&w, (struct addr[]){ address("192.0.2.1", 5060) });
	is(wr_view(&w), "192.0.2.1:5060");
	free(w.p);
}

static void a_field_is_printable_and_short(void **state)
{
	char raw[256];
	struct wr w = exact(ESCAPE_FIELD_MAX);

	(void)state;
	wr_field(&w, VIEW("a|b;c\r\n\x1b[31m\0\x7f\xff~ '"));
	is(wr_view(&w), "a/b,c???[31m???~ '");
	for (size_t n = ESCAPE_FIELD_MAX - 1; n <= ESCAPE_FIELD_MAX + 1; n++) {
		wr_reset(&w);
		memset(raw, 'x', sizeof(raw));
		wr_field(&w, (struct view){ raw, n });
		assert_false(w.full);
		assert_int_equal(w.n, n < ESCAPE_FIELD_MAX ? n : ESCAPE_FIELD_MAX);
		assert_int_equal(memcmp(w.p + w.n - 3, "...", 3) == 0, n > ESCAPE_FIELD_MAX);
	}
	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (char)i;
	for (size_t i = 0; i < sizeof(raw); i++) {
		wr_reset(&w);
		wr_field(&w, (struct view){ raw + i, 1 });
		assert_int_equal(w.n, 1);
		assert_true(w.p[0] >= ' ' && w.p[0] <= '~' && w.p[0] != '|' && w.p[0] != ';');
	}
	free(w.p);
}

static void an_escaped_trace_loses_nothing(void **state)
{
	struct wr w = exact(64);

	(void)state;
	wr_escaped(&w, VIEW("a|b;c\\\r\n\t\x1b\0\x7f\xff~"));
	is(wr_view(&w), "a\\x7cb\\x3bc\\\\\\r\\n\\t\\x1b\\x00\\x7f\\xff~");
	free(w.p);
}

static void an_arena_hands_out_zeroed_aligned_memory(void **state)
{
	static const size_t sizes[] = { 1, 3, 16, 17, 100, 16384, 16385, 100000, 0 };
	struct arena arena = { NULL };

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		size_t n = sizes[i % CASES(sizes)];
		unsigned char *p = arena_new(&arena, n, 1);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t j = 0; j < n; j++)
			assert_true(p[j] == 0);
		memset(p, 0xff, n);
	}
	const char *text = arena_text(&arena, VIEW("abc\0def"));
	assert_memory_equal(text, "abc\0def", 8);
	assert_string_equal(arena_text(&arena, view_of(NULL)), "");
	arena_free(&arena);
	assert_null(arena.last);
}

static void memory_grows_and_is_wiped(void **state)
{
	char *p = mem_new(4, 1);

	(void)state;
	assert_memory_equal(p, "\0\0\0\0", 4);
	memcpy(p, "abcd", 4);
	p = mem_resize(p, 1000, 100);
	assert_memory_equal(p, "abcd", 4);
	mem_wipe(p, 3);
	assert_memory_equal(p, "\0\0\0d", 4);
	mem_free(p);
	mem_free(mem_new(0, 0));
	mem_free(NULL);
}

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void exhaust(unsigned way)
{
	struct arena arena = { NULL };

	if (way == 0)
		mem_new(SIZE_MAX / 2, 1);
	else if (way == 1)
		mem_resize(NULL, SIZE_MAX, 2);
	else if (way == 2)
		arena_new(&arena, SIZE_MAX, 2);
	else
		arena_new(&arena, SIZE_MAX - 1, 1);
}

static void no_memory_ends_as_unknown_with_one_line(void **state)
{
	static const char line[] = "UNKNOWN - out of memory\n";

	(void)state;
	for (unsigned way = 0; way < 4; way++) {
		int fds[2], status;
		char text[64];
		assert_int_equal(pipe(fds), 0);
		pid_t child = fork();
		if (child == 0) {
			dup2(fds[1], STDOUT_FILENO);
			close(STDERR_FILENO);
			exhaust(way);
			_exit(0);
		}
		close(fds[1]);
		assert_int_equal(read(fds[0], text, sizeof(text)), sizeof(line) - 1);
		assert_memory_equal(text, line, sizeof(line) - 1);
		close(fds[0]);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(views_compare_bytes_and_length),
		cmocka_unit_test(searching_gives_the_first_place_or_the_length),
		cmocka_unit_test(cutting_clamps),
		cmocka_unit_test(taking_shortens_the_view),
		cmocka_unit_test(what_does_not_fit_is_dropped_whole),
		cmocka_unit_test(addresses_are_read_and_printed),
		cmocka_unit_test(what_is_no_numeric_address_is_refused),
		cmocka_unit_test(an_interface_may_be_named),
		cmocka_unit_test(addresses_compare_with_and_without_port),
		cmocka_unit_test(loopback_is_a_network_in_ipv4_and_one_address_in_ipv6),
		cmocka_unit_test(the_longest_address_fits),
		cmocka_unit_test(a_field_is_printable_and_short),
		cmocka_unit_test(an_escaped_trace_loses_nothing),
		cmocka_unit_test(an_arena_hands_out_zeroed_aligned_memory),
		cmocka_unit_test(memory_grows_and_is_wiped),
		cmocka_unit_test(no_memory_ends_as_unknown_with_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
