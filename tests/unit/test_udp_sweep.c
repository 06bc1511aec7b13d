/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sweeps over real sockets: what comes back, what goes wrong, and when they end. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sweep_host.h"

enum { MS = 1000, DEADLINE_US = 5000 * MS };

static enum port_state state_of(const struct host *host, size_t i)
{
	return sweep_state(&host->plan, (uint16_t)(host->address.port + i));
}

static unsigned count_of(const struct host *host, enum port_state state)
{
	return sweep_counts(&host->plan).of[state];
}

static unsigned open_files(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 2048; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static struct udp_sweep sweeps[2];
static struct udp_sweep *const sweep = &sweeps[0];
static struct udp_sweep_conf conf;
static int64_t took_us;

/* Sweeps one or two hosts; the files and the signal mask are as before. */
static enum engine_end run(struct host *first, struct host *second, int64_t deadline_us)
{
	struct host *hosts[] = { first, second };
	size_t count = second != NULL ? 2 : 1;
	int64_t start_us = engine_clock_us();
	sigset_t after;
	unsigned files = open_files();

	memset(sweeps, 0, sizeof(sweeps));
	for (size_t i = 0; i < count; i++) {
		sweep_init(&hosts[i]->plan, &hosts[i]->conf, start_us);
		sweeps[i].peer = hosts[i]->address;
		sweeps[i].payload = VIEW("a payload that comes back");
		sweeps[i].plan = &hosts[i]->plan;
	}
	conf.deadline_us = start_us + deadline_us;
	enum engine_end end = udp_sweep_run(sweeps, count, &conf);
	took_us = engine_clock_us() - start_us;
	sigprocmask(SIG_SETMASK, NULL, &after);
	assert_false(sigismember(&after, SIGTERM) || sigismember(&after, SIGINT));
	assert_int_equal(open_files(), files);
	return end;
}

static int reset(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	memset(&conf, 0, sizeof(conf));
	return 0;
}

static void each_kind_of_port_has_its_state(void **state)
{
	static const enum role roles[] = { ECHO, SILENT, CLOSED, ECHO, SILENT, SILENT, ECHO };
	static const enum port_state states[] = {
		[CLOSED] = PORT_CLOSED, [ECHO] = PORT_ANSWERING, [SILENT] = PORT_SILENT
	};
	static const char *const ips[] = { "127.77.0.1", "::1" };

	(void)state;
	for (size_t f = 0; f < 2; f++) {
		struct host *host = host_new(ips[f], 60, roles, 7);
		host->conf.prove_us = DEADLINE_US;
		assert_int_equal(run(host, NULL, DEADLINE_US), ENGINE_COMPLETE);
		assert_true(sweep->done);
		for (size_t i = 0; i < 60; i++) {
			uint16_t port = (uint16_t)(host->address.port + i);
			bool echo = host->role[i] == ECHO;
			assert_int_equal(state_of(host, i), states[host->role[i]]);
			assert_int_equal(sweep->kind[port], echo ? 1 + MEDIA_ECHO : 0);
		}
		assert_int_equal(sweep->trace.fault, FAULT_NONE);
		assert_true(addr_is_loopback(&sweep->trace.local));
		assert_true(sweep->trace.local.port > 0);
		assert_int_equal(sweep->dropped + sweep->stray + sweep->unsent, 0);
		assert_int_equal(sweep->rejects + sweep->rejects_more, 0);
		host_free(host);
	}
}

static void closed_ports_are_all_told_at_once(void **state)
{
	struct host *host = host_new("127.77.0.1", HOST_PORTS_MAX, NULL, 0);

	(void)state;
	assert_int_equal(run(host, NULL, DEADLINE_US), ENGINE_COMPLETE);
	assert_int_equal(count_of(host, PORT_CLOSED), HOST_PORTS_MAX);
	assert_int_equal(sweep_counts(&host->plan).packets, HOST_PORTS_MAX);
	assert_int_equal(sweep->dropped, 0);
	host_free(host);
}

static void reply_from_another_port_is_stray(void **state)
{
	static const enum role roles[] = { ELSEWHERE, CLOSED };
	struct host *host = host_new("127.77.0.1", 2, roles, 2);
	struct addr other = sock_local(host->elsewhere);

	(void)state;
	run(host, NULL, DEADLINE_US);
	assert_int_equal(state_of(host, 0), PORT_UNDECIDED);
	assert_int_equal(state_of(host, 1), PORT_CLOSED);
	assert_int_equal(sweep->stray, 1);
	assert_true(addr_eq(&sweep->stranger, &other));
	assert_int_equal(sweep->kind[other.port], 0);
	host_free(host);
}

static void rtp_is_seen_behind_another_reply(void **state)
{
	static const enum role roles[] = { LEAKING, ECHO };
	struct host *host = host_new("127.77.0.1", 2, roles, 2);

	(void)state;
	run(host, NULL, DEADLINE_US);
	assert_int_equal(sweep->kind[host->address.port], 1 + MEDIA_RTP);
	host_free(host);
}

/* The only place for a canary answers, so it proves nothing. */
static void canary_that_answers_proves_no_silence(void **state)
{
	static const enum role roles[] = { ECHO, SILENT, SILENT };
	struct host *host = host_new("127.77.0.1", 3, roles, 3);
	uint16_t first = host->address.port;

	(void)state;
	memset(&host->ports, 0, sizeof(host->ports));
	port_set_add(&host->ports,
		     (struct port_range){ (uint16_t)(first + 1), (uint16_t)(first + 2) });
	port_set_put(&host->canaries, first);
	host->conf.prove_us = DEADLINE_US;
	run(host, NULL, DEADLINE_US);
	assert_int_equal(sweep->kind[first], 1 + MEDIA_ECHO);
	assert_int_equal(state_of(host, 0), PORT_UNASKED);
	assert_int_equal(count_of(host, PORT_UNDECIDED), 2);
	assert_int_equal(sweep->stray, 0);
	host_free(host);
}

static void port_of_our_own_socket_is_closed(void **state)
{
	struct host *host = host_new("127.77.0.1", 40, NULL, 0);

	(void)state;
	fake.bind_port = (uint16_t)(host->address.port + 7);
	assert_int_equal(run(host, NULL, DEADLINE_US), ENGINE_COMPLETE);
	assert_int_equal(sweep->trace.local.port, fake.bind_port);
	assert_int_equal(count_of(host, PORT_CLOSED), 40);
	assert_int_equal(sweep->kind[fake.bind_port], 0);
	assert_int_equal(sweep->stray, 0);
	host_free(host);
}

static void prohibit(struct msghdr *msg, struct sock_extended_err *e, union sock_addr *offender)
{
	(void)msg;
	(void)offender;
	e->ee_code = 13;
}

static void come_from_a_router(struct msghdr *msg, struct sock_extended_err *e,
			       union sock_addr *offender)
{
	(void)msg;
	(void)e;
	offender->v4.sin_addr.s_addr = htonl(0xc0000201);
}

static void come_from_anywhere(struct msghdr *msg, struct sock_extended_err *e,
			       union sock_addr *offender)
{
	const union sock_addr *to = msg->msg_name;

	(void)e;
	offender->v4.sin_addr.s_addr = htonl(0xc0000200 + ntohs(to->v4.sin_port) % 256U);
}

static void want_fragments(struct msghdr *msg, struct sock_extended_err *e,
			   union sock_addr *offender)
{
	(void)msg;
	(void)offender;
	e->ee_code = 4;
}

static void quote_another(struct msghdr *msg, struct sock_extended_err *e,
			  union sock_addr *offender)
{
	(void)e;
	(void)offender;
	memcpy(msg->msg_iov->iov_base, "A", 1);
}

static void name_another_host(struct msghdr *msg, struct sock_extended_err *e,
			      union sock_addr *offender)
{
	union sock_addr *to = msg->msg_name;

	(void)e;
	(void)offender;
	to->v4.sin_addr.s_addr ^= htonl(1);
}

static void icmp_error_counts_for_what_it_is(void **state)
{
	static const struct {
		void (*forge)(struct msghdr *, struct sock_extended_err *, union sock_addr *);
		enum port_state state;
		uint8_t code;
		size_t rejects;
		const char *offender;
	} cases[] = {
		{ prohibit, PORT_REJECTED, 13, 1, "127.77.0.1" },
		{ come_from_a_router, PORT_REJECTED, 3, 1, "192.0.2.1" },
		{ come_from_anywhere, PORT_REJECTED, 3, SWEEP_REJECTS, NULL },
		{ want_fragments, PORT_UNDECIDED, 0, 0, NULL },
		{ quote_another, PORT_UNDECIDED, 0, 0, NULL },
		{ name_another_host, PORT_UNDECIDED, 0, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct host *host = host_new("127.77.0.1", 20, NULL, 0);
		const struct sweep_reject *first = &sweep->reject[0];
		unsigned booked = 0;
		fake.forge = cases[i].forge;
		assert_int_equal(run(host, NULL, DEADLINE_US), ENGINE_COMPLETE);
		assert_int_equal(count_of(host, cases[i].state), 20);
		assert_int_equal(sweep->rejects, cases[i].rejects);
		for (size_t r = 0; r < sweep->rejects; r++)
			booked += sweep->reject[r].count;
		assert_int_equal(booked + sweep->rejects_more,
				 cases[i].state == PORT_REJECTED ? 20 : 0);
		assert_int_equal(first->icmp.code, cases[i].code);
		assert_true(first->count == 0 || port_set_has(&host->ports, first->port));
		struct addr offender = { .family = 0 };
		addr_parse(view_of(cases[i].offender), &offender);
		assert_true(cases[i].offender == NULL ||
			    addr_same_ip(&first->icmp.offender, &offender));
		host_free(host);
	}
}

/* Of datagrams, and of ICMP errors, which the kernel does not count. */
static void loss_in_our_own_buffer_is_told(void **state)
{
	static const struct {
		enum role first;
		size_t count;
		int receive_buffer;
		uint64_t least, most;
	} cases[] = { { FLOODING, 2, 8192, 50, UINT32_MAX },
		      { CLOSED, 200, 8192, 1, 200 },
		      { CLOSED, 200, 0, 0, 0 },
		      { ECHO, 2, 0, 0, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct host *host = host_new("127.77.0.1", cases[i].count, &cases[i].first, 1);
		fake.receive_buffer = cases[i].receive_buffer;
		run(host, NULL, DEADLINE_US);
		assert_in_range(sweep->dropped, cases[i].least, cases[i].most);
		host_free(host);
	}
}

/* All of a flood that cannot be read in time is as good as lost. */
static void what_is_left_unread_counts_as_lost(void **state)
{
	static const enum role roles[] = { FLOODING, SILENT };
	struct host *host = host_new("127.77.0.1", 2, roles, 2);

	(void)state;
	assert_int_equal(run(host, NULL, 5 * MS), ENGINE_DEADLINE);
	assert_true(sweep->dropped > 0);
	host_free(host);
}

static void raise_term(void *ctx, const struct udp_sweep *told, size_t count)
{
	unsigned *calls = ctx;

	assert_ptr_equal(told, sweeps);
	assert_int_equal(count, 1);
	++*calls;
	raise(SIGTERM);
}

static void signal_ends_the_run_early(void **state)
{
	static const enum role roles[] = { SILENT, SILENT };
	struct host *host = host_new("127.77.0.1", 2, roles, 2);
	unsigned calls = 0;

	(void)state;
	conf.progress = raise_term;
	conf.ctx = &calls;
	assert_int_equal(run(host, NULL, DEADLINE_US), ENGINE_SIGNAL);
	assert_int_equal(calls, 1);
	assert_false(sweep->done);
	assert_in_range(took_us, 100 * MS, 500 * MS);
	assert_int_equal(count_of(host, PORT_UNDECIDED), 2);
	host_free(host);
}

static void raise_too_late(void *ctx, const struct udp_sweep *told, size_t count)
{
	(void)told;
	(void)count;
	(void)ctx;
	while (engine_clock_us() < conf.deadline_us)
		continue;
	raise(SIGTERM);
}

static void signal_at_the_deadline_kills_nobody(void **state)
{
	static const enum role roles[] = { SILENT };
	struct host *host = host_new("127.77.0.1", 1, roles, 1);

	(void)state;
	conf.progress = raise_too_late;
	assert_int_equal(run(host, NULL, 101 * MS), ENGINE_DEADLINE);
	host_free(host);
}

static void count_call(void *ctx, const struct udp_sweep *told, size_t count)
{
	(void)told;
	(void)count;
	++*(unsigned *)ctx;
}

static void deadline_holds_in_a_flood(void **state)
{
	static const enum role roles[] = { FLOODING, FLOODING, FLOODING };
	struct host *host = host_new("127.77.0.1", 3, roles, 3);
	unsigned calls = 0;

	(void)state;
	host->conf.rate = 5; /* at 0, 200 and 400 ms */
	conf.progress = count_call;
	conf.ctx = &calls;
	assert_int_equal(run(host, NULL, 350 * MS), ENGINE_DEADLINE);
	assert_in_range(took_us, 350 * MS, 450 * MS);
	assert_in_range(calls, 1, 3);
	assert_false(sweep->done);
	assert_int_equal(count_of(host, PORT_ANSWERING), 2);
	host_free(host);
}

/* What cannot be sent is a fault of that sweep alone, and known not to be sent. */
static void failed_send_ends_its_own_sweep_only(void **state)
{
	static const struct {
		int error;
		enum fault fault;
	} cases[] = { { ENETUNREACH, FAULT_UNREACHABLE },
		      { EPERM, FAULT_PROHIBITED },
		      { EINVAL, FAULT_LOCAL } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct host *bad = host_new("127.77.0.1", 30, NULL, 0);
		struct host *good = host_new("127.77.0.2", 30, NULL, 0);
		fake.send_error = cases[i].error;
		fake.send_failures = -1;
		fake.send_to = bad->address;
		assert_int_equal(run(bad, good, DEADLINE_US), ENGINE_COMPLETE);
		assert_int_equal(sweeps[0].trace.fault, cases[i].fault);
		assert_int_equal(sweeps[0].trace.error, cases[i].error);
		assert_int_equal(sweeps[0].unsent, 30);
		assert_false(sweeps[0].done);
		assert_true(sweeps[1].done);
		assert_int_equal(sweeps[1].trace.fault, FAULT_NONE);
		assert_int_equal(count_of(good, PORT_CLOSED), 30);
		host_free(bad);
		host_free(good);
	}
}

static void error_of_an_earlier_datagram_is_no_failure(void **state)
{
	static const struct {
		bool in_turn;
		int failures;
	} cases[] = { { true, -1 }, { false, 7 } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct host *host = host_new("127.77.0.1", 30, NULL, 0);
		fake.send_error = ECONNREFUSED;
		fake.send_in_turn = cases[i].in_turn;
		fake.send_failures = cases[i].failures;
		assert_int_equal(run(host, NULL, DEADLINE_US), ENGINE_COMPLETE);
		assert_int_equal(sweep->trace.fault, FAULT_NONE);
		assert_int_equal(count_of(host, PORT_CLOSED), 30);
		host_free(host);
	}
}

static void full_send_buffer_only_delays(void **state)
{
	static const int errors[] = { EAGAIN, ENOBUFS };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct host *host = host_new("127.77.0.1", 30, NULL, 0);
		fake.send_error = errors[i];
		fake.send_failures = 20;
		assert_int_equal(run(host, NULL, DEADLINE_US), ENGINE_COMPLETE);
		assert_int_equal(count_of(host, PORT_CLOSED), 30);
		fake.send_failures = -1;
		memset(&host->plan, 0, sizeof(host->plan));
		assert_int_equal(run(host, NULL, 50 * MS), ENGINE_DEADLINE);
		assert_int_equal(sweep->unsent, 30);
		host_free(host);
	}
}

static void address_pair_that_cannot_work_has_words(void **state)
{
	struct host *v6 = host_new("::1", 5, NULL, 0), *v4 = host_new("127.77.0.1", 5, NULL, 0);

	(void)state;
	assert_true(addr_parse(view_of("127.0.0.1"), &conf.source));
	assert_int_equal(run(v6, v4, DEADLINE_US), ENGINE_COMPLETE);
	assert_int_equal(sweeps[0].trace.fault, FAULT_LOCAL);
	assert_string_equal(sweeps[0].trace.why, "the source address is IPv4, the target IPv6");
	assert_int_equal(count_of(v6, PORT_UNASKED), 5);
	assert_int_equal(count_of(v4, PORT_CLOSED), 5);
	assert_true(addr_same_ip(&sweeps[1].trace.local, &conf.source));
	host_free(v6);
	host_free(v4);
}

static void kernel_without_error_queue_has_words(void **state)
{
	struct host *host = host_new("127.77.0.1", 5, NULL, 0);

	(void)state;
	fake.no_error_queue = true;
	assert_int_equal(run(host, NULL, DEADLINE_US), ENGINE_COMPLETE);
	assert_int_equal(sweep->trace.fault, FAULT_LOCAL);
	assert_string_equal(sweep->trace.why,
			    "this kernel does not tell which ports refuse (no IP_RECVERR)");
	assert_false(sweep->done);
	host_free(host);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_kind_of_port_has_its_state, reset),
		cmocka_unit_test_setup(closed_ports_are_all_told_at_once, reset),
		cmocka_unit_test_setup(reply_from_another_port_is_stray, reset),
		cmocka_unit_test_setup(rtp_is_seen_behind_another_reply, reset),
		cmocka_unit_test_setup(canary_that_answers_proves_no_silence, reset),
		cmocka_unit_test_setup(port_of_our_own_socket_is_closed, reset),
		cmocka_unit_test_setup(icmp_error_counts_for_what_it_is, reset),
		cmocka_unit_test_setup(loss_in_our_own_buffer_is_told, reset),
		cmocka_unit_test_setup(what_is_left_unread_counts_as_lost, reset),
		cmocka_unit_test_setup(signal_ends_the_run_early, reset),
		cmocka_unit_test_setup(signal_at_the_deadline_kills_nobody, reset),
		cmocka_unit_test_setup(deadline_holds_in_a_flood, reset),
		cmocka_unit_test_setup(failed_send_ends_its_own_sweep_only, reset),
		cmocka_unit_test_setup(error_of_an_earlier_datagram_is_no_failure, reset),
		cmocka_unit_test_setup(full_send_buffer_only_delays, reset),
		cmocka_unit_test_setup(address_pair_that_cannot_work_has_words, reset),
		cmocka_unit_test_setup(kernel_without_error_queue_has_words, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
