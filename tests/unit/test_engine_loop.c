/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's loop: deadline, timers, signals and limits, with real sockets. */
#include "engine_peer.h"
#include "engine_world.h"

#include <signal.h>
#include <stdlib.h>

#include <arpa/inet.h>

enum { MS = 1000, DEADLINE_US = 5000 * MS, SLACK_US = 100 * MS };

static const struct ask hello = { .say = { "hello", 5 }, .want = 1 };

static void silent_target_times_out_at_the_deadline(void **state)
{
	struct world *w = world_new(200 * MS);
	struct peer *peer = peer_new(PEER_UDP_SILENT, 4);
	const struct trace *t = &w->result[0].trace;

	(void)state;
	world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &hello);
	assert_int_equal(world_run(w), ENGINE_DEADLINE);
	assert_int_equal(t->fault, FAULT_TIMEOUT);
	assert_int_equal(t->phase, PHASE_EXCHANGE);
	assert_in_range(w->took_us, 200 * MS, 200 * MS + SLACK_US);
	assert_in_range(t->phase_us[PHASE_EXCHANGE], 100 * MS, 200 * MS + SLACK_US);
	peer_free(peer);
	free(w);
}

static void timers_run_on_time_and_never_starve(void **state)
{
	struct peer *peer = peer_new(PEER_UDP_SILENT, 4);
	struct ask regular = { .wake_us = 20 * MS, .timers = 4 };
	struct ask hasty = { .wake_us = -10 * DEADLINE_US };
	struct world *w = world_new(500 * MS);
	const struct told *told = &w->result[0].told;

	(void)state;
	world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &regular);
	world_ask(w, TRANSPORT_UDP, "127.0.0.2", peer_port(peer), &hasty);
	assert_int_equal(world_run(w), ENGINE_DEADLINE);
	assert_int_equal(w->result[0].trace.fault, FAULT_NONE);
	assert_int_equal(told->timers, 4);
	assert_in_range(w->result[1].told.timers, 10, UINT32_MAX);
	for (unsigned i = 0; i < 4; i++) {
		int64_t before = i > 0 ? told->timer_us[i - 1] : told->started_us;
		assert_in_range(told->timer_us[i] - before, 20 * MS, 20 * MS + SLACK_US);
	}
	peer_free(peer);
	free(w);
}

static void raise_signal(void *arg, struct xio *io)
{
	(void)io;
	raise(*(int *)arg);
}

static void signal_ends_everything_at_once(void **state)
{
	static int signals[] = { SIGTERM, SIGINT };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct ask killer = { .wake_us = 50 * MS, .hook = raise_signal };
		struct world *w = world_new(DEADLINE_US);
		struct peer *peer = peer_new(PEER_UDP_SILENT, 4);
		killer.hook_arg = &signals[i];
		w->conf.parallel = 2;
		world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &killer);
		for (unsigned n = 0; n < 3; n++)
			world_ask(w, TRANSPORT_UDP, "127.0.0.2", peer_port(peer), &hello);
		assert_int_equal(world_run(w), ENGINE_SIGNAL);
		assert_int_equal(world_count(w, FAULT_INTERRUPTED), 4);
		assert_int_equal(w->result[1].trace.phase, PHASE_EXCHANGE);
		assert_int_equal(w->result[3].trace.phase, PHASE_WAITING);
		assert_in_range(w->took_us, 0, 100 * MS);
		peer_free(peer);
		free(w);
	}
}

static void silent_probes_do_not_starve_the_others(void **state)
{
	struct world *w = world_new(1500 * MS);
	struct peer *silent = peer_new(PEER_UDP_SILENT, 4);
	struct peer *echo = peer_new(PEER_UDP_ECHO, 4);

	(void)state;
	w->conf.parallel = 10;
	for (unsigned i = 0; i < 40; i++)
		world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(i < 20 ? silent : echo), &hello);
	assert_int_equal(world_run(w), ENGINE_DEADLINE);
	assert_int_equal(world_count(w, FAULT_NONE), 20);
	assert_int_equal(world_count(w, FAULT_TIMEOUT), 20);
	peer_free(silent);
	peer_free(echo);
	free(w);
}

/* Nothing is sent: 192.0.2.0/24 is for documentation (RFC 5737). */
static void rate_holds_back_all_but_loopback(void **state)
{
	static const struct ask quiet = { .at_once = true };
	struct world *w = world_new(150 * MS);
	const struct result *r = w->result;

	(void)state;
	w->conf.rate = 40; /* a burst of two, then one in 25 ms */
	for (unsigned i = 0; i < 10; i++)
		world_ask(w, TRANSPORT_UDP, "192.0.2.1", 9, &quiet);
	world_ask(w, TRANSPORT_UDP, "127.0.0.1", 9, &quiet);
	assert_int_equal(world_run(w), ENGINE_DEADLINE);
	for (unsigned i = 2; i < 4; i++)
		assert_in_range(r[i].trace.started_us - r[0].trace.started_us, (i - 1) * 25 * MS,
				(i - 1) * 25 * MS + SLACK_US);
	assert_int_equal(r[9].trace.fault, FAULT_TIMEOUT);
	assert_int_equal(r[9].trace.phase, PHASE_WAITING);
	assert_string_equal(r[9].trace.why, "held back by the rate of 40 new probes per second");
	assert_int_equal(r[10].trace.fault, FAULT_NONE);
	free(w);
}

static void two_thousand_targets_all_answer(void **state)
{
	struct world *w = world_new(20 * DEADLINE_US);
	struct peer *peer = peer_new(PEER_UDP_ECHO, 4);
	struct ask patient = hello;
	char ip[INET_ADDRSTRLEN];

	(void)state;
	patient.peer_only = true;
	patient.wake_us = 500 * MS; /* resends: the peer's buffer may overflow */
	for (unsigned i = 0; i < 2000; i++) {
		struct in_addr a = { htonl(0x7f010000 + i) };
		world_ask(w, TRANSPORT_UDP, inet_ntop(AF_INET, &a, ip, sizeof(ip)), peer_port(peer),
			  &patient);
	}
	assert_int_equal(world_run(w), ENGINE_COMPLETE);
	assert_int_equal(world_count(w, FAULT_NONE), 2000);
	peer_free(peer);
	free(w);
}

static void done_may_start_another_probe(void **state)
{
	struct world *w = world_new(DEADLINE_US);
	struct peer *peer = peer_new(PEER_UDP_ECHO, 4);
	struct ask again = { .say = VIEW("again"), .want = 1 };

	(void)state;
	w->again = &again;
	world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &hello);
	assert_int_equal(world_run(w), ENGINE_COMPLETE);
	assert_int_equal(w->probes, 2);
	assert_string_equal(w->result[1].told.text, "again");
	peer_free(peer);
	free(w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(silent_target_times_out_at_the_deadline),
		cmocka_unit_test(timers_run_on_time_and_never_starve),
		cmocka_unit_test(signal_ends_everything_at_once),
		cmocka_unit_test(silent_probes_do_not_starve_the_others),
		cmocka_unit_test(rate_holds_back_all_but_loopback),
		cmocka_unit_test(two_thousand_targets_all_answer),
		cmocka_unit_test(done_may_start_another_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
