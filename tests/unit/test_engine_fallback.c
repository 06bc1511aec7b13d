/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine where the kernel queues no ICMP errors: refusals by errno, a socket for each probe. */
#define _GNU_SOURCE
#include "engine_peer.h"
#include "engine_world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "net/sock.h"

enum { MS = 1000, DEADLINE_US = 5000 * MS, MANY = 200 };

static const struct ask hello = { .say = { "hello", 5 }, .want = 1 };

/* In place of libc's: a kernel without error queues. */
int setsockopt(int fd, int level, int name, const void *value, socklen_t n)
{
	if ((level == IPPROTO_IP && name == IP_RECVERR) ||
	    (level == IPPROTO_IPV6 && name == IPV6_RECVERR)) {
		errno = ENOPROTOOPT;
		return -1;
	}
	return (int)syscall(SYS_setsockopt, fd, level, name, value, n);
}

/* What the next calls of send and recvmsg meet, and how many. */
static struct {
	int error;
	unsigned times;
} bad_send, bad_receive;

/* In place of libc's. */
ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
	if (bad_send.times == 0)
		return sendto(fd, bytes, n, flags, NULL, 0);
	bad_send.times--;
	errno = bad_send.error;
	return -1;
}

/* In place of libc's; the peers wait, the engine does not. */
ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	if (!(flags & MSG_DONTWAIT) || bad_receive.times == 0)
		return syscall(SYS_recvmsg, fd, msg, flags);
	bad_receive.times--;
	errno = bad_receive.error;
	return -1;
}

static void sockets_say_that_no_errors_are_queued(void **state)
{
	static const struct addr any = { .family = 0 };
	int before = dup(0);

	(void)state;
	close(before);
	assert_int_equal(sock_open(SOCK_DGRAM, 4, &any), -ENOPROTOOPT);
	assert_int_equal(sock_open(SOCK_STREAM, 4, &any), -ENOPROTOOPT);
	int fd = sock_open_plain(SOCK_DGRAM, 4, &any);
	assert_int_equal(fd, before); /* the refused ones were closed */
	assert_true(sock_local(fd).port > 0);
	close(fd);
}

static void answer_ends_the_probe(void **state)
{
	static const struct {
		enum transport transport;
		const char *ip, *local;
	} cases[] = {
		{ TRANSPORT_UDP, "127.0.0.1", "127.0.0.1" },
		{ TRANSPORT_UDP, "127.1.2.3", "127.0.0.1" },
		{ TRANSPORT_TCP, "127.0.0.1", "127.0.0.1" },
		{ TRANSPORT_UDP, "::1", "::1" },
		{ TRANSPORT_TCP, "::1", "::1" },
	};
	struct ask whole = hello;

	(void)state;
	whole.want = 5;
	for (size_t i = 0; i < (peer_has_ipv6() ? 5 : 3); i++) {
		struct world *w = world_new(DEADLINE_US);
		bool udp = cases[i].transport == TRANSPORT_UDP;
		struct peer *peer = peer_new(udp ? PEER_UDP_ECHO : PEER_TCP_DRIP,
					     cases[i].ip[0] == ':' ? 6 : 4);
		struct result *r = &w->result[0];
		struct addr local = world_addr(cases[i].local, 0);
		struct addr from = world_addr(cases[i].ip, peer_port(peer));
		world_ask(w, cases[i].transport, cases[i].ip, peer_port(peer), &whole);
		assert_int_equal(world_run(w), ENGINE_COMPLETE);
		assert_int_equal(r->trace.fault, FAULT_NONE);
		assert_string_equal(r->told.text, "hello");
		assert_true(addr_same_ip(&r->told.local, &local));
		assert_true(r->told.local.port > 0);
		assert_true(addr_eq(&r->told.from, &from));
		assert_in_range(r->told.answered_us, r->told.started_us, w->began_us + w->took_us);
		assert_int_equal(w->sent, 1);
		assert_true(!udp || w->received == 1);
		peer_free(peer);
		free(w);
	}
}

static void refusal_has_its_errno_and_no_icmp(void **state)
{
	static const struct {
		enum transport transport;
		const char *ip;
	} cases[] = {
		{ TRANSPORT_UDP, "127.0.0.1" }, { TRANSPORT_UDP, "127.1.2.3" },
		{ TRANSPORT_TCP, "127.0.0.1" }, { TRANSPORT_UDP, "::1" },
		{ TRANSPORT_TCP, "::1" },
	};

	(void)state;
	for (size_t i = 0; i < (peer_has_ipv6() ? 5 : 3); i++) {
		struct world *w = world_new(DEADLINE_US);
		const struct trace *t = &w->result[0].trace;
		bool udp = cases[i].transport == TRANSPORT_UDP;
		uint16_t port = peer_closed_port(udp ? SOCK_DGRAM : SOCK_STREAM,
						 cases[i].ip[0] == ':' ? 6 : 4);
		world_ask(w, cases[i].transport, cases[i].ip, port, &hello);
		assert_int_equal(world_run(w), ENGINE_COMPLETE);
		assert_int_equal(t->fault, FAULT_REFUSED);
		assert_int_equal(t->error, ECONNREFUSED);
		assert_int_equal(t->phase, udp ? PHASE_EXCHANGE : PHASE_CONNECT);
		assert_false(t->icmp.seen);
		assert_string_equal(t->why, "");
		free(w);
	}
}

static void silence_ends_at_the_deadline(void **state)
{
	struct world *w = world_new(50 * MS);
	struct peer *peer = peer_new(PEER_UDP_SILENT, 4);

	(void)state;
	world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &hello);
	assert_int_equal(world_run(w), ENGINE_DEADLINE);
	assert_int_equal(w->result[0].trace.fault, FAULT_TIMEOUT);
	assert_int_equal(w->result[0].trace.phase, PHASE_EXCHANGE);
	peer_free(peer);
	free(w);
}

static void two_probes_to_one_peer_get_their_own_answers(void **state)
{
	struct world *w = world_new(DEADLINE_US);
	struct peer *peer = peer_new(PEER_UDP_ECHO, 4);
	struct ask other = { .say = VIEW("other"), .want = 1 };

	(void)state;
	world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &hello);
	world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &other);
	assert_int_equal(world_run(w), ENGINE_COMPLETE);
	assert_string_equal(w->result[0].told.text, "hello");
	assert_string_equal(w->result[1].told.text, "other");
	assert_true(w->result[0].told.local.port != w->result[1].told.local.port);
	peer_free(peer);
	free(w);
}

/* A third answers, a third is silent and a third is closed: all are asked, none waits for a socket. */
static void hundreds_of_probes_to_few_peers_run_at_once(void **state)
{
	struct world *w = world_new(800 * MS);
	struct peer *echo = peer_new(PEER_UDP_ECHO, 4), *silent = peer_new(PEER_UDP_SILENT, 4);
	uint16_t port[3] = { peer_port(echo), peer_port(silent), peer_closed_port(SOCK_DGRAM, 4) };
	static const enum fault fault[3] = { FAULT_NONE, FAULT_TIMEOUT, FAULT_REFUSED };

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		world_ask(w, TRANSPORT_UDP, "127.0.0.1", port[i % 3], &hello);
	assert_int_equal(world_run(w), ENGINE_DEADLINE);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(w->result[i].trace.fault, fault[i % 3]);
		assert_int_equal(w->result[i].trace.phase, PHASE_EXCHANGE);
	}
	assert_int_equal(w->counts.stray, 0);
	peer_free(echo);
	peer_free(silent);
	free(w);
}

static struct rlimit limit_descriptors(rlim_t room)
{
	struct rlimit old, low;
	int next = dup(0);

	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = (rlim_t)next + room;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	return old;
}

static void socket_is_closed_with_its_probe(void **state)
{
	struct world *w = world_new(DEADLINE_US);
	struct peer *peer = peer_new(PEER_UDP_ECHO, 4);
	uint16_t port[2] = { peer_port(peer), peer_closed_port(SOCK_DGRAM, 4) };

	(void)state;
	w->conf.parallel = 1;
	struct rlimit old = limit_descriptors(8);
	for (unsigned i = 0; i < MANY; i++)
		world_ask(w, TRANSPORT_UDP, "127.0.0.1", port[i % 2], &hello);
	assert_int_equal(world_run(w), ENGINE_COMPLETE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(world_count(w, FAULT_NONE), MANY / 2);
	assert_int_equal(world_count(w, FAULT_REFUSED), MANY / 2);
	peer_free(peer);
	free(w);
}

static void probe_without_a_descriptor_is_no_silence(void **state)
{
	struct world *w = world_new(50 * MS);
	struct peer *peer = peer_new(PEER_UDP_SILENT, 4);
	const struct trace *t = &w->result[19].trace;

	(void)state;
	struct rlimit old = limit_descriptors(12);
	for (unsigned i = 0; i < 20; i++)
		world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &hello);
	assert_int_equal(world_run(w), ENGINE_DEADLINE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(w->result[0].trace.fault, FAULT_TIMEOUT);
	assert_int_equal(t->fault, FAULT_LOCAL);
	assert_int_equal(t->error, EMFILE);
	assert_string_equal(t->why, "cannot open a UDP socket: Too many open files");
	peer_free(peer);
	free(w);
}

struct last_word {
	int fd;
	unsigned calls;
	int64_t said_us;
};

/* Answers what was asked at the start, and leaves: what is sent now will be refused. */
static void answer_and_leave(void *arg, struct xio *io)
{
	struct last_word *last = arg;
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	char bytes[64];

	(void)io;
	if (last->calls++ != 1)
		return;
	ssize_t n = recvfrom(last->fd, bytes, sizeof(bytes), MSG_DONTWAIT, (void *)&from, &length);
	assert_true(n > 0);
	assert_int_equal(sendto(last->fd, bytes, (size_t)n, 0, (void *)&from, length), n);
	close(last->fd);
	last->said_us = engine_clock_us();
	while (engine_clock_us() < last->said_us + 10 * MS)
		continue; /* the engine reads much later than the answer came */
}

/* The kernel tells the refusal first, although it came last. */
static void refusal_does_not_hide_the_answer_before_it(void **state)
{
	static const struct {
		size_t want;
		enum fault fault;
	} cases[] = { { 1, FAULT_NONE }, { 0, FAULT_REFUSED } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct last_word last = { .fd = peer_bind_udp(0) };
		struct world *w = world_new(DEADLINE_US);
		struct sockaddr_in name;
		socklen_t length = sizeof(name);
		struct ask ask = { .say = VIEW("hello"), .want = cases[i].want, .wake_us = MS };
		ask.hook = answer_and_leave;
		ask.hook_arg = &last;
		assert_int_equal(getsockname(last.fd, (void *)&name, &length), 0);
		world_ask(w, TRANSPORT_UDP, "127.0.0.1", ntohs(name.sin_port), &ask);
		assert_int_equal(world_run(w), ENGINE_COMPLETE);
		assert_int_equal(w->result[0].trace.fault, cases[i].fault);
		assert_int_equal(w->result[0].told.answers, 1);
		assert_string_equal(w->result[0].told.text, "hello");
		assert_in_range(w->result[0].told.answered_us, 0, last.said_us + 5 * MS);
		free(w);
	}
}

/* Read behind the answer, so that it wakes the engine; the exchange goes on after that. */
static void errors_that_come_with_a_datagram_are_the_networks(void **state)
{
	static const struct {
		int error;
		enum fault fault;
	} cases[] = {
		{ ECONNREFUSED, FAULT_REFUSED },    { EHOSTUNREACH, FAULT_UNREACHABLE },
		{ ENETUNREACH, FAULT_UNREACHABLE }, { EACCES, FAULT_PROHIBITED },
		{ ENOPROTOOPT, FAULT_UNREACHABLE }, { EMSGSIZE, FAULT_TIMEOUT },
	};
	struct ask more = hello;

	(void)state;
	more.want = 0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world *w = world_new(50 * MS);
		struct peer *peer = peer_new(PEER_UDP_ECHO, 4);
		const struct trace *t = &w->result[0].trace;
		bad_receive.error = cases[i].error;
		bad_receive.times = 1;
		world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &more);
		world_run(w);
		assert_int_equal(bad_receive.times, 0);
		assert_int_equal(t->fault, cases[i].fault);
		assert_int_equal(t->error, t->fault == FAULT_TIMEOUT ? 0 : cases[i].error);
		assert_string_equal(t->why, "");
		assert_int_equal(w->result[0].told.answers, 1);
		peer_free(peer);
		free(w);
	}
}

static void datagram_that_finds_a_full_buffer_is_sent_later(void **state)
{
	static const int errors[] = { EAGAIN, ENOBUFS };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world *w = world_new(DEADLINE_US);
		struct peer *peer = peer_new(PEER_UDP_ECHO, 4);
		bad_send.error = errors[i];
		bad_send.times = 3;
		world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &hello);
		assert_int_equal(world_run(w), ENGINE_COMPLETE);
		assert_int_equal(bad_send.times, 0);
		assert_int_equal(w->result[0].trace.fault, FAULT_NONE);
		assert_string_equal(w->result[0].told.text, "hello");
		peer_free(peer);
		free(w);
	}
}

/* The first datagram waits for room until the second replaces it. */
static void make_room(void *arg, struct xio *io)
{
	unsigned *calls = arg;

	(void)io;
	bad_send.times = (*calls)++ == 0 ? UINT32_MAX : 0;
}

static void resend_replaces_what_still_waits(void **state)
{
	struct world *w = world_new(DEADLINE_US);
	struct peer *peer = peer_new(PEER_UDP_ECHO, 4);
	unsigned calls = 0;
	struct ask ask = { .say = VIEW("hello"), .want = 1, .wake_us = MS };

	(void)state;
	ask.hook = make_room;
	ask.hook_arg = &calls;
	bad_send.error = EAGAIN;
	world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &ask);
	assert_int_equal(world_run(w), ENGINE_COMPLETE);
	assert_true(calls >= 2);
	assert_int_equal(w->result[0].told.n, 5);
	peer_free(peer);
	free(w);
}

static void request_that_never_left_is_not_silence(void **state)
{
	static const struct {
		int error;
		enum engine_end end;
		enum fault fault;
		const char *why;
	} cases[] = {
		{ EAGAIN, ENGINE_DEADLINE, FAULT_LOCAL,
		  "the request could not be sent: send buffer full" },
		{ EPERM, ENGINE_COMPLETE, FAULT_PROHIBITED,
		  "our own kernel refuses to send: local firewall, or a broadcast address" },
		{ ECONNREFUSED, ENGINE_COMPLETE, FAULT_REFUSED, "" },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world *w = world_new(50 * MS);
		struct peer *peer = peer_new(PEER_UDP_SILENT, 4);
		const struct trace *t = &w->result[0].trace;
		bad_send.error = cases[i].error;
		bad_send.times = UINT32_MAX;
		world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &hello);
		assert_int_equal(world_run(w), cases[i].end);
		bad_send.times = 0;
		assert_int_equal(t->fault, cases[i].fault);
		assert_string_equal(t->why, cases[i].why);
		peer_free(peer);
		free(w);
	}
}

static void last_datagram_of_a_finished_exchange_is_sent(void **state)
{
	struct world *w = world_new(DEADLINE_US);
	struct ask bye = { .say = VIEW("bye"), .at_once = true };
	int fd = peer_bind_udp(0);
	struct sockaddr_in name;
	socklen_t length = sizeof(name);
	char bytes[8];

	(void)state;
	assert_int_equal(getsockname(fd, (void *)&name, &length), 0);
	world_ask(w, TRANSPORT_UDP, "127.0.0.1", ntohs(name.sin_port), &bye);
	assert_int_equal(world_run(w), ENGINE_COMPLETE);
	assert_int_equal(recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT), 3);
	close(fd);
	free(w);
}

static void big_datagram_arrives_whole(void **state)
{
	struct world *w = world_new(DEADLINE_US);
	struct peer *peer = peer_new(PEER_UDP_BIG, 4);

	(void)state;
	world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &hello);
	assert_int_equal(world_run(w), ENGINE_COMPLETE);
	assert_int_equal(w->result[0].told.n, PEER_BIG_BYTES);
	peer_free(peer);
	free(w);
}

static void source_address_is_used_or_refused(void **state)
{
	static const struct {
		const char *source, *ip, *why;
	} cases[] = {
		{ "127.0.0.77", "127.0.0.1", "" },
		{ "192.0.2.77", "127.0.0.1",
		  "cannot open a UDP socket: Cannot assign requested address" },
		{ "127.0.0.1", "127.255.255.255",
		  "our own kernel refuses to send: local firewall, or a broadcast address" },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world *w = world_new(DEADLINE_US);
		struct peer *peer = peer_new(PEER_UDP_ECHO, 4);
		w->conf.source = world_addr(cases[i].source, 0);
		world_ask(w, TRANSPORT_UDP, cases[i].ip, peer_port(peer), &hello);
		assert_int_equal(world_run(w), ENGINE_COMPLETE);
		assert_string_equal(w->result[0].trace.why, cases[i].why);
		if (i == 0)
			assert_true(addr_same_ip(&w->result[0].told.local, &w->conf.source));
		peer_free(peer);
		free(w);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_say_that_no_errors_are_queued),
		cmocka_unit_test(answer_ends_the_probe),
		cmocka_unit_test(refusal_has_its_errno_and_no_icmp),
		cmocka_unit_test(silence_ends_at_the_deadline),
		cmocka_unit_test(two_probes_to_one_peer_get_their_own_answers),
		cmocka_unit_test(hundreds_of_probes_to_few_peers_run_at_once),
		cmocka_unit_test(socket_is_closed_with_its_probe),
		cmocka_unit_test(probe_without_a_descriptor_is_no_silence),
		cmocka_unit_test(refusal_does_not_hide_the_answer_before_it),
		cmocka_unit_test(errors_that_come_with_a_datagram_are_the_networks),
		cmocka_unit_test(datagram_that_finds_a_full_buffer_is_sent_later),
		cmocka_unit_test(resend_replaces_what_still_waits),
		cmocka_unit_test(request_that_never_left_is_not_silence),
		cmocka_unit_test(last_datagram_of_a_finished_exchange_is_sent),
		cmocka_unit_test(big_datagram_arrives_whole),
		cmocka_unit_test(source_address_is_used_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
