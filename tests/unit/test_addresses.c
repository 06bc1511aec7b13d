/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From targets to addresses: what needs no name server. */
#include "check/addresses.h"

#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

struct seen {
	unsigned calls;
	size_t count;
	uint16_t port, port_at_call;
	struct addr first;
	int64_t dns_us;
};

static void on_found(void *arg, const struct addresses_found *found)
{
	struct seen *seen = arg;

	seen->calls++;
	seen->port_at_call = seen->port;
	seen->count = found->count;
	seen->dns_us = found->dns_us;
	assert_null(found->why);
	seen->first = found->list[0].addr;
}

struct row {
	const char *spec;
	enum addresses addresses;
	bool takes_port;
	const char *refused; /* the clause, NULL = found */
	uint16_t port;
};

static void numeric_targets_are_found_at_once_or_refused(void **unused)
{
	static const struct row row[] = {
		{ "192.0.2.1", ADDRESSES_ALL, false, NULL, 0 },
		{ "192.0.2.1", ADDRESSES_IPV4, true, NULL, 0 },
		{ "192.0.2.1:427", ADDRESSES_ANY, true, NULL, 427 },
		{ "[2001:db8::1]:427", ADDRESSES_IPV6, true, NULL, 427 },
		{ "192.0.2.1:427", ADDRESSES_ALL, false,
		  "\"192.0.2.1:427\" names a port; ports belong into --port", 0 },
		{ "pbx:427", ADDRESSES_IPV6, false,
		  "\"pbx:427\" names a port; ports belong into --port", 0 },
		{ "192.0.2.1", ADDRESSES_IPV6, true,
		  "\"192.0.2.1\" is not an address of that family", 0 },
		{ "[2001:db8::1]:427", ADDRESSES_IPV4, true,
		  "\"2001:db8::1\" is not an address of that family", 427 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct engine_conf conf = { .timeout_us = 1000000 };
		struct engine *engine = engine_new(&conf);
		struct common common = { .use_ipv4 = false };
		struct target target = { .name = "n", .spec = row[i].spec };
		struct seen seen = { .port = 9 };
		struct opt_error error = { "" };
		assert_true(addresses_apply(row[i].addresses, &common));
		bool found = addresses_find(engine, &common, &target,
					    row[i].takes_port ? &seen.port : NULL, on_found, &seen,
					    &error);
		assert_string_equal(error.text, row[i].refused != NULL ? row[i].refused : "");
		assert_int_equal(found, row[i].refused == NULL);
		assert_int_equal(seen.calls, found ? 1 : 0);
		assert_int_equal(seen.port, row[i].takes_port ? row[i].port : 9);
		if (found) {
			assert_int_equal(seen.port_at_call, seen.port);
			assert_int_equal(seen.count, 1);
			assert_int_equal(seen.dns_us, -1);
			assert_int_equal(seen.first.port, 0);
		}
		engine_free(engine);
		arena_free(&common.arena);
	}
}

static void families_that_contradict_are_told(void **unused)
{
	struct common four = { .use_ipv4 = true }, six = { .use_ipv6 = true };

	(void)unused;
	assert_true(addresses_apply(ADDRESSES_ALL, &four));
	assert_true(addresses_apply(ADDRESSES_IPV4, &four));
	assert_false(addresses_apply(ADDRESSES_IPV6, &four));
	assert_true(addresses_apply(ADDRESSES_ANY, &six));
	assert_true(addresses_apply(ADDRESSES_IPV6, &six));
	assert_false(addresses_apply(ADDRESSES_IPV4, &six));
	assert_string_equal(addresses_choices[ADDRESSES_IPV4], "4");
	assert_string_equal(addresses_choices[ADDRESSES_IPV6], "6");
	assert_string_equal(addresses_choices[ADDRESSES_ANY], "any");
	assert_null(addresses_choices[ADDRESSES_IPV6 + 1]);
}

static void one_fine_address_of_several_is_enough(void **unused)
{
	static const struct report_spec spec = { .program = "check_x",
						 .service = "X",
						 .noun = "x" };
	static const struct {
		unsigned fine, all;
		enum state state;
	} row[] = { { 0, 0, STATE_CRITICAL },
		    { 1, 1, STATE_CRITICAL },
		    { 0, 2, STATE_CRITICAL },
		    { 1, 2, STATE_OK },
		    { 2, 2, STATE_OK } };

	(void)unused;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct report *report = report_new(&spec);
		struct result *result = result_add(report, report_root(report), VIEW("n"));
		result_raise(result, STATE_CRITICAL);
		addresses_say_any(report, result, "n", row[i].fine, row[i].all);
		assert_int_equal(result_state(result), row[i].state);
		report_free(report);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numeric_targets_are_found_at_once_or_refused),
		cmocka_unit_test(families_that_contradict_are_told),
		cmocka_unit_test(one_fine_address_of_several_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
