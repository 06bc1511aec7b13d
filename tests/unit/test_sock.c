/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernel errors as faults. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/sock.h"

static void icmp_errors_have_their_fault(void **state)
{
	static const struct {
		uint8_t family, type, code;
		enum fault fault;
	} cases[] = {
		{ 4, 3, 0, FAULT_UNREACHABLE },	 { 4, 3, 1, FAULT_UNREACHABLE },
		{ 4, 3, 2, FAULT_UNREACHABLE },	 { 4, 3, 3, FAULT_REFUSED },
		{ 4, 3, 4, FAULT_NONE },	 { 4, 3, 9, FAULT_PROHIBITED },
		{ 4, 3, 10, FAULT_PROHIBITED },	 { 4, 3, 13, FAULT_PROHIBITED },
		{ 4, 11, 0, FAULT_UNREACHABLE }, { 6, 1, 0, FAULT_UNREACHABLE },
		{ 6, 1, 1, FAULT_PROHIBITED },	 { 6, 1, 3, FAULT_UNREACHABLE },
		{ 6, 1, 4, FAULT_REFUSED },	 { 6, 1, 5, FAULT_PROHIBITED },
		{ 6, 1, 6, FAULT_PROHIBITED },	 { 6, 2, 0, FAULT_NONE },
		{ 6, 3, 0, FAULT_UNREACHABLE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sock_error e = { .family = cases[i].family };
		e.icmp =
			(struct icmp){ .seen = true, .type = cases[i].type, .code = cases[i].code };
		assert_int_equal(sock_error_fault(&e), cases[i].fault);
	}
}

static void own_errors_have_their_fault_and_words(void **state)
{
	static const struct {
		int error;
		enum fault fault;
		const char *why;
	} cases[] = {
		{ ECONNREFUSED, FAULT_REFUSED, "" },
		{ EHOSTUNREACH, FAULT_UNREACHABLE, "" },
		{ ENETUNREACH, FAULT_UNREACHABLE, "no route from this host" },
		{ EPERM, FAULT_PROHIBITED,
		  "our own kernel refuses to send: local firewall, or a broadcast address" },
		{ EACCES, FAULT_PROHIBITED,
		  "our own kernel refuses to send: local firewall, or a broadcast address" },
		{ ECONNRESET, FAULT_RESET, "" },
		{ EPIPE, FAULT_RESET, "" },
		{ EMFILE, FAULT_LOCAL, "cannot open a UDP socket: Too many open files" },
		{ EMSGSIZE, FAULT_LOCAL, "cannot open a UDP socket: Message too long" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sock_error e = { .error = cases[i].error };
		struct trace trace = { .fault = FAULT_NONE };
		assert_int_equal(sock_error_fault(&e), cases[i].fault);
		assert_int_equal(sock_blame(&trace, "open a UDP socket", cases[i].error),
				 cases[i].fault);
		assert_int_equal(trace.error, cases[i].error);
		assert_string_equal(trace.why, cases[i].why);
	}
}

static void pairs_of_addresses_that_cannot_work_have_words(void **state)
{
	static const char scope[] = "a link-local address needs its interface, as in fe80::1%eth0";
	static const struct {
		const char *source, *peer, *why;
	} cases[] = {
		{ "", "192.0.2.1", "" },
		{ "", "2001:db8::1", "" },
		{ "192.0.2.1", "::ffff:192.0.2.2", "" },
		{ "192.0.2.1", "2001:db8::1", "the source address is IPv4, the target IPv6" },
		{ "2001:db8::1", "192.0.2.1", "the source address is IPv6, the target IPv4" },
		{ "", "fe80::1", scope },
		{ "", "febf::1", scope },
		{ "", "fec0::1", "" },
		{ "", "fe80::1%7", "" },
		{ "fe80::2%7", "fe80::1", "" },
		{ "2001:db8::1", "fe80::1", scope },
		{ "fe80::2", "2001:db8::1", scope },
		{ "", "255.255.255.255", "255.255.255.255 is a broadcast address" },
		{ "", "255.255.255.254", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr source = { .family = 0 }, peer;
		struct trace trace = { .fault = FAULT_NONE };
		addr_parse(view_of(cases[i].source), &source);
		assert_true(addr_parse(view_of(cases[i].peer), &peer));
		assert_int_equal(sock_check(&trace, &source, &peer),
				 cases[i].why[0] != '\0' ? FAULT_LOCAL : FAULT_NONE);
		assert_string_equal(trace.why, cases[i].why);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(icmp_errors_have_their_fault),
		cmocka_unit_test(own_errors_have_their_fault_and_words),
		cmocka_unit_test(pairs_of_addresses_that_cannot_work_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
