/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The limits on the start of probes, with time as a number. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/probe.h"
#include "net/window.h"

enum { MS = 1000, PROBES_MAX = 64 };

struct fixture {
	struct window window;
	struct probe probe[PROBES_MAX];
	unsigned probes;
};

static struct fixture *fixture_new(unsigned parallel, unsigned rate)
{
	struct fixture *f = mem_new(1, sizeof(*f));

	window_init(&f->window, parallel, rate);
	return f;
}

static void fixture_free(struct fixture *f)
{
	window_free(&f->window);
	mem_free(f);
}

/* `name` comes back from start. */
static void push(struct fixture *f, uintptr_t name, enum transport transport, uint8_t ip)
{
	struct probe_spec spec = {
		.transport = transport,
		.peer = { .ip = { ip }, .family = 4 },
		.user = (void *)name,
	};

	window_push(&f->window, &spec, 0);
}

/* The name of the probe that starts now, 0 = none. */
static uintptr_t start(struct fixture *f, int64_t now_us)
{
	struct waiting *waiting = window_next(&f->window, now_us);

	if (waiting == NULL)
		return 0;
	struct probe *probe = &f->probe[f->probes++];
	probe->spec = waiting->spec;
	probe->started_us = now_us;
	window_started(&f->window, probe);
	mem_free(waiting);
	return (uintptr_t)probe->spec.user;
}

static void assert_held(struct fixture *f, const char *why)
{
	char text[TRACE_WHY_MAX] = "";
	enum limit held;
	struct waiting *waiting = window_any(&f->window, &held);

	assert_non_null(waiting);
	window_why(&f->window, held, text, sizeof(text));
	assert_string_equal(text, why);
	mem_free(waiting);
}

static void parallel_counts_only_fresh_probes(void **state)
{
	struct fixture *f = fixture_new(2, 0);

	(void)state;
	for (uintptr_t i = 1; i <= 5; i++)
		push(f, i, TRANSPORT_UDP, 127);
	assert_int_equal(start(f, 10 * MS), 1);
	assert_int_equal(start(f, 20 * MS), 2);
	assert_int_equal(start(f, 30 * MS), 0);
	assert_int_equal(f->window.wake_us, 510 * MS);
	assert_int_equal(start(f, 509 * MS), 0);
	assert_int_equal(start(f, 510 * MS), 3);
	assert_int_equal(start(f, 511 * MS), 0);
	window_ended(&f->window, &f->probe[1]);
	assert_int_equal(f->window.wake_us, 0);
	assert_int_equal(start(f, 512 * MS), 4);
	window_ended(&f->window, &f->probe[0]); /* stale: makes no room */
	assert_int_equal(start(f, 513 * MS), 0);
	assert_ptr_equal(window_oldest(&f->window), &f->probe[2]);
	assert_held(f, "held back by the limit of 2 parallel probes");
	fixture_free(f);
}

static void rate_has_a_small_burst_and_spares_loopback(void **state)
{
	struct fixture *f = fixture_new(0, 100); /* burst 5, then one in 10 ms */

	(void)state;
	for (uintptr_t i = 1; i <= 8; i++)
		push(f, i, TRANSPORT_UDP, 10);
	for (uintptr_t i = 1; i <= 5; i++)
		assert_int_equal(start(f, 1000 * MS), i);
	assert_int_equal(start(f, 1000 * MS), 0);
	assert_int_equal(f->window.wake_us, 1010 * MS);
	push(f, 100, TRANSPORT_UDP, 127);
	assert_int_equal(start(f, 1000 * MS), 100);
	assert_int_equal(start(f, 1009 * MS), 0);
	assert_int_equal(start(f, 1010 * MS), 6);
	assert_int_equal(start(f, 1019 * MS), 0);
	assert_int_equal(start(f, 1020 * MS), 7);
	assert_int_equal(start(f, 1020 * MS), 0);
	assert_held(f, "held back by the rate of 100 new probes per second");
	fixture_free(f);
}

static void slow_rate_has_no_burst(void **state)
{
	struct fixture *f = fixture_new(0, 2);

	(void)state;
	for (uintptr_t i = 1; i <= 3; i++)
		push(f, i, TRANSPORT_TCP, 10);
	assert_int_equal(start(f, 1000 * MS), 1);
	assert_int_equal(start(f, 1499 * MS), 0);
	assert_int_equal(start(f, 1500 * MS), 2);
	assert_int_equal(start(f, 1501 * MS), 0);
	fixture_free(f);
}

static void streams_without_descriptors_do_not_hold_back_udp(void **state)
{
	struct fixture *f = fixture_new(0, 0);

	(void)state;
	f->window.streams_max = 2;
	f->window.asked = 2;
	for (uintptr_t i = 1; i <= 4; i++)
		push(f, i, i % 2 == 0 ? TRANSPORT_TLS : TRANSPORT_TCP, 10);
	assert_int_equal(start(f, 1), 1);
	assert_int_equal(start(f, 2), 2);
	assert_int_equal(start(f, 3), 0);
	assert_true(f->window.wake_us == INT64_MAX);
	push(f, 9, TRANSPORT_UDP, 10);
	assert_int_equal(start(f, 3), 9);
	window_ended(&f->window, &f->probe[2]); /* UDP gives no descriptor back */
	assert_int_equal(start(f, 4), 0);
	window_ended(&f->window, &f->probe[0]);
	assert_int_equal(start(f, 5), 3);
	assert_int_equal(start(f, 6), 0);
	assert_held(f, "held back by the limit of descriptors: 2 connections");
	fixture_free(f);
}

static void crowd_is_tried_again_when_a_probe_ends(void **state)
{
	struct fixture *f = fixture_new(0, 0);

	(void)state;
	for (uintptr_t i = 1; i <= 4; i++)
		push(f, i, TRANSPORT_UDP, 127);
	assert_int_equal(start(f, 1), 1);
	window_crowd_own(&f->window, window_next(&f->window, 2));
	window_crowd_own(&f->window, window_next(&f->window, 2));
	assert_int_equal(start(f, 3), 4);
	assert_int_equal(start(f, 4), 0);
	window_ended(&f->window, &f->probe[1]);
	struct waiting *second = window_next(&f->window, 5);
	assert_int_equal((uintptr_t)second->spec.user, 2);
	window_crowd_own(&f->window, second); /* still crowded; the next one gets its chance */
	assert_int_equal(start(f, 6), 3);
	assert_int_equal(start(f, 7), 0);
	assert_held(f, "held back by other probes to the same address and port");
	fixture_free(f);
}

static void never_looked_at_is_said_so(void **state)
{
	struct fixture *f = fixture_new(1, 0);

	(void)state;
	push(f, 1, TRANSPORT_UDP, 127);
	assert_held(f, "not started in time");
	fixture_free(f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parallel_counts_only_fresh_probes),
		cmocka_unit_test(rate_has_a_small_burst_and_spares_loopback),
		cmocka_unit_test(slow_rate_has_no_burst),
		cmocka_unit_test(streams_without_descriptors_do_not_hold_back_udp),
		cmocka_unit_test(crowd_is_tried_again_when_a_probe_ends),
		cmocka_unit_test(never_looked_at_is_said_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
