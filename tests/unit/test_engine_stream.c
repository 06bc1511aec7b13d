/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine over TCP with real sockets, over TLS and with names by stand-ins. */
#define _GNU_SOURCE
#include "engine_fake.h"
#include "engine_peer.h"
#include "engine_world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>
#include <sys/socket.h>

enum { MS = 1000, DEADLINE_US = 5000 * MS, SLACK_US = 100 * MS };

static const struct ask hello = { .say = { "hello", 5 }, .want = 5 };

static void bytes_arrive_one_at_a_time(void **state)
{
	(void)state;
	for (int family = 4; family <= (peer_has_ipv6() ? 6 : 4); family += 2) {
		struct world *w = world_new(DEADLINE_US);
		struct peer *peer = peer_new(PEER_TCP_DRIP, family);
		struct result *r = &w->result[0];
		struct addr local = world_addr(family == 4 ? "127.0.0.1" : "::1", 0);
		world_ask(w, TRANSPORT_TCP, family == 4 ? "127.0.0.1" : "::1", peer_port(peer),
			  &hello);
		assert_int_equal(world_run(w), ENGINE_COMPLETE);
		assert_int_equal(r->trace.fault, FAULT_NONE);
		assert_int_equal(r->trace.phase, PHASE_EXCHANGE);
		assert_string_equal(r->told.text, "hello");
		assert_true(addr_same_ip(&r->told.local, &local));
		assert_true(r->told.local.port > 0 && r->told.local.port != peer_port(peer));
		assert_int_equal(r->told.from.port, peer_port(peer));
		peer_free(peer);
		free(w);
	}
}

static void closed_port_is_refused(void **state)
{
	(void)state;
	for (int family = 4; family <= (peer_has_ipv6() ? 6 : 4); family += 2) {
		struct world *w = world_new(DEADLINE_US);
		const struct trace *t = &w->result[0].trace;
		world_ask(w, TRANSPORT_TCP, family == 4 ? "127.0.0.1" : "::1",
			  peer_closed_port(SOCK_STREAM, family), &hello);
		assert_int_equal(world_run(w), ENGINE_COMPLETE);
		assert_int_equal(t->fault, FAULT_REFUSED);
		assert_int_equal(t->error, ECONNREFUSED);
		assert_int_equal(t->phase, PHASE_CONNECT);
		assert_false(t->icmp.seen);
		assert_int_equal(w->result[0].told.started_us, 0);
		free(w);
	}
}

static void stream_that_ends_early_has_its_fault(void **state)
{
	static const struct {
		enum peer_kind kind;
		enum fault fault;
		const char *text;
		bool closed;
	} cases[] = {
		{ PEER_TCP_END, FAULT_CLOSED, "par", true },
		{ PEER_TCP_CLOSE, FAULT_CLOSED, "", true },
		{ PEER_TCP_RESET, FAULT_RESET, "", false },
		{ PEER_TCP_SILENT, FAULT_TIMEOUT, "", false },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct world *w = world_new(300 * MS);
		struct peer *peer = peer_new(cases[i].kind, 4);
		struct result *r = &w->result[0];
		world_ask(w, TRANSPORT_TCP, "127.0.0.1", peer_port(peer), &hello);
		world_run(w);
		assert_int_equal(r->trace.fault, cases[i].fault);
		assert_int_equal(r->trace.phase, PHASE_EXCHANGE);
		assert_string_equal(r->told.text, cases[i].text);
		assert_int_equal(r->told.closed, cases[i].closed);
		assert_string_equal(r->trace.why, "");
		peer_free(peer);
		free(w);
	}
}

static void end_of_stream_may_complete_the_exchange(void **state)
{
	struct world *w = world_new(DEADLINE_US);
	struct peer *peer = peer_new(PEER_TCP_END, 4);
	struct ask three = hello;

	(void)state;
	three.want = 3;
	world_ask(w, TRANSPORT_TCP, "127.0.0.1", peer_port(peer), &three);
	assert_int_equal(world_run(w), ENGINE_COMPLETE);
	assert_int_equal(w->result[0].trace.fault, FAULT_NONE);
	peer_free(peer);
	free(w);
}

static void flood_ends_unless_it_is_consumed(void **state)
{
	struct ask stubborn = { .say = VIEW("go"), .want = SIZE_MAX };
	struct ask eager = { .say = VIEW("go"), .want = 8 << 20, .consume = true };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct world *w = world_new(DEADLINE_US);
		struct peer *peer = peer_new(PEER_TCP_FLOOD, 4);
		struct result *r = &w->result[0];
		world_ask(w, TRANSPORT_TCP, "127.0.0.1", peer_port(peer),
			  i == 0 ? &stubborn : &eager);
		assert_int_equal(world_run(w), ENGINE_COMPLETE);
		assert_int_equal(r->trace.fault, i == 0 ? FAULT_FLOOD : FAULT_NONE);
		if (i == 0)
			assert_int_equal(r->told.n, 65536 + 1048576);
		peer_free(peer);
		free(w);
	}
}

/* Writes until the peer takes no more; the last byte waits in the engine, and no timer helps it. */
static void write_much(void *arg, struct xio *io)
{
	static const char zeros[65536];
	struct peer *peer = arg;

	if (io->out.cap == sizeof(zeros)) {
		wr_put(&io->out, (struct view){ zeros, sizeof(zeros) });
		return;
	}
	assert_true(io->out.cap < sizeof(zeros));
	wr_byte(&io->out, 'e');
	io->wake_us = 0;
	peer_release(peer);
}

static void output_that_does_not_fit_is_sent_later(void **state)
{
	struct world *w = world_new(4 * DEADLINE_US);
	struct peer *peer = peer_new(PEER_TCP_DRAIN, 4);
	struct ask ask = { .want = 4, .wake_us = -1, .hook = write_much, .hook_arg = peer };

	(void)state;
	world_ask(w, TRANSPORT_TCP, "127.0.0.1", peer_port(peer), &ask);
	assert_int_equal(world_run(w), ENGINE_COMPLETE);
	assert_string_equal(w->result[0].told.text, "done");
	peer_free(peer);
	free(w);
}

static void more_streams_than_descriptors_take_turns(void **state)
{
	struct rlimit old, few;
	struct peer *peer = peer_new(PEER_TCP_DRIP, 4);

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = (struct rlimit){ 80, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	struct world *w = world_new(4 * DEADLINE_US);
	for (unsigned i = 0; i < 100; i++)
		world_ask(w, TRANSPORT_TCP, "127.0.0.1", peer_port(peer), &hello);
	assert_int_equal(world_run(w), ENGINE_COMPLETE);
	assert_int_equal(world_count(w, FAULT_NONE), 100);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &few), 0);
	assert_true(few.rlim_cur == old.rlim_max);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	peer_free(peer);
	free(w);
}

static void tls_ends_in_its_own_faults(void **state)
{
	static const struct {
		const char *name;
		enum peer_kind peer;
		enum fault fault;
		enum phase phase;
		const char *why;
		bool facts;
	} cases[] = {
		{ "good", PEER_TCP_DRIP, FAULT_NONE, PHASE_EXCHANGE, "", true },
		{ "full", PEER_TCP_DRIP, FAULT_NONE, PHASE_EXCHANGE, "", true },
		{ "unverified", PEER_TCP_DRIP, FAULT_TLS_VERIFY, PHASE_TLS,
		  "certificate expired 41 days ago", true },
		{ "broken", PEER_TCP_DRIP, FAULT_TLS, PHASE_TLS, "wrong version number", false },
		{ "good", PEER_TCP_SILENT, FAULT_TIMEOUT, PHASE_TLS, "", false },
		{ "alert", PEER_TCP_DRIP, FAULT_TLS, PHASE_EXCHANGE, "certificate required", true },
	};
	struct tls_conf tls = { .min_version = 12 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world *w = world_new(300 * MS);
		struct peer *peer = peer_new(cases[i].peer, 4);
		struct result *r = &w->result[0];
		w->conf.tls = &tls;
		w->tls_name = cases[i].name;
		world_ask(w, TRANSPORT_TLS, "127.0.0.1", peer_port(peer), &hello);
		world_run(w);
		assert_int_equal(r->trace.fault, cases[i].fault);
		assert_int_equal(r->trace.phase, cases[i].phase);
		assert_string_equal(r->trace.why, cases[i].why);
		assert_int_equal(r->trace.tls != NULL, cases[i].facts);
		assert_string_equal(r->facts.version, cases[i].facts ? "TLSv1.3" : "");
		assert_int_equal(r->told.started_us != 0, cases[i].phase == PHASE_EXCHANGE);
		peer_free(peer);
		free(w);
	}
}

static void last_words_that_fail_do_not_spoil_the_result(void **state)
{
	struct tls_conf tls = { .min_version = 12 };
	struct ask ask = { .say = VIEW("bye"), .want = 1 };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct world *w = world_new(DEADLINE_US);
		struct peer *peer = peer_new(PEER_TCP_DRIP, 4);
		ask.at_once = i == 1;
		w->conf.tls = &tls;
		w->tls_name = "mute";
		world_ask(w, TRANSPORT_TLS, "127.0.0.1", peer_port(peer), &ask);
		assert_int_equal(world_run(w), ENGINE_COMPLETE);
		assert_int_equal(w->result[0].trace.fault, i == 0 ? FAULT_RESET : FAULT_NONE);
		assert_int_equal(w->result[0].trace.error, i == 0 ? ECONNRESET : 0);
		peer_free(peer);
		free(w);
	}
}

static void bytes_inside_the_tls_session_are_not_forgotten(void **state)
{
	struct tls_conf tls = { .min_version = 12 };
	struct ask ask = { .say = VIEW("go"), .want = FAKE_HOARD_BYTES, .consume = true };
	struct world *w = world_new(DEADLINE_US);
	struct peer *peer = peer_new(PEER_TCP_DRIP, 4);

	(void)state;
	w->conf.tls = &tls;
	w->tls_name = "hoard";
	world_ask(w, TRANSPORT_TLS, "127.0.0.1", peer_port(peer), &ask);
	assert_int_equal(world_run(w), ENGINE_COMPLETE);
	assert_int_equal(w->result[0].trace.fault, FAULT_NONE);
	peer_free(peer);
	free(w);
}

static void tls_that_cannot_start_is_a_local_fault(void **state)
{
	struct tls_conf tls = { .ca_file = "no context" };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct world *w = world_new(DEADLINE_US);
		struct peer *peer = peer_new(PEER_TCP_DRIP, 4);
		if (i == 0)
			setenv("FAKE_NO_MODULE", "1", 1);
		w->conf.tls = &tls;
		w->tls_name = "good";
		world_ask(w, TRANSPORT_TLS, "127.0.0.1", peer_port(peer), &hello);
		world_ask(w, TRANSPORT_TLS, "127.0.0.1", peer_port(peer), &hello);
		world_ask(w, TRANSPORT_TCP, "127.0.0.1", peer_port(peer), &hello);
		assert_int_equal(world_run(w), ENGINE_COMPLETE);
		for (unsigned n = 0; n < 2; n++) {
			assert_int_equal(w->result[n].trace.fault, FAULT_LOCAL);
			assert_string_equal(w->result[n].trace.why,
					    i == 0 ? "no TLS module"
						   : "cannot read the certificates");
		}
		assert_int_equal(w->result[2].trace.fault, FAULT_NONE);
		unsetenv("FAKE_NO_MODULE");
		peer_free(peer);
		free(w);
	}
}

struct named {
	struct world *world;
	struct resolve_answer answer;
	unsigned answers;
};

static void on_answer(void *arg, const struct resolve_answer *answer)
{
	struct named *named = arg;

	named->answers++;
	named->answer = *answer;
	if (answer->ok)
		world_ask(named->world, TRANSPORT_TCP, "127.0.0.1", answer->list[0].addr.port,
			  &hello);
}

static void names_are_answered_once_within_the_deadline(void **state)
{
	static const struct {
		const char *how;
		bool ok;
		const char *why;
		int64_t least_us;
	} cases[] = {
		{ "at once", true, "", 0 },
		{ "ready", true, "", 0 },
		{ "later", true, "", 20 * MS },
		{ "never", false, "no answer from the resolver never in time", 200 * MS },
		{ "fail", false, "no resolver today", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world *w = world_new(200 * MS);
		struct peer *peer = peer_new(PEER_TCP_DRIP, 4);
		struct named named = { .world = w };
		struct resolve_query query = { .host = VIEW("pbx"), .port = peer_port(peer) };
		w->conf.resolver = cases[i].how;
		world_begin(w);
		engine_resolve(w->engine, &query, on_answer, &named);
		world_run(w);
		assert_int_equal(named.answers, 1);
		assert_int_equal(named.answer.ok, cases[i].ok);
		assert_string_equal(named.answer.why, cases[i].why);
		assert_int_equal(w->probes, cases[i].ok);
		assert_int_equal(world_count(w, FAULT_NONE), cases[i].ok);
		assert_in_range(w->took_us, cases[i].least_us, 200 * MS + SLACK_US);
		peer_free(peer);
		free(w);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_arrive_one_at_a_time),
		cmocka_unit_test(closed_port_is_refused),
		cmocka_unit_test(stream_that_ends_early_has_its_fault),
		cmocka_unit_test(end_of_stream_may_complete_the_exchange),
		cmocka_unit_test(flood_ends_unless_it_is_consumed),
		cmocka_unit_test(output_that_does_not_fit_is_sent_later),
		cmocka_unit_test(more_streams_than_descriptors_take_turns),
		cmocka_unit_test(tls_ends_in_its_own_faults),
		cmocka_unit_test(last_words_that_fail_do_not_spoil_the_result),
		cmocka_unit_test(bytes_inside_the_tls_session_are_not_forgotten),
		cmocka_unit_test(tls_that_cannot_start_is_a_local_fault),
		cmocka_unit_test(names_are_answered_once_within_the_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
