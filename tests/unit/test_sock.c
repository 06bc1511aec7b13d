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
		{ ENETUNREACH, FAULT_UNREACHABLE, "" },
		{ EPERM, FAULT_PROHIBITED, "local firewall" },
		{ EACCES, FAULT_PROHIBITED, "local firewall" },
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(icmp_errors_have_their_fault),
		cmocka_unit_test(own_errors_have_their_fault_and_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
