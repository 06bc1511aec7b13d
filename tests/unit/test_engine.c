/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine over UDP: answers, refusals, and whose they are, with real sockets. */
#define _GNU_SOURCE
#include "engine_peer.h"
#include "engine_world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum { MS = 1000, DEADLINE_US = 5000 * MS };

static const struct ask hello = { .say = { "hello", 5 }, .want = 1 };

/* In place of libc's: loopback never fills a send buffer. */
int sendmmsg(int fd, struct mmsghdr *msg, unsigned n, int flags)
{
	const char *full = getenv("FAKE_FULL");

	if (full != NULL)
		errno = strcmp(full, "EAGAIN") == 0 ? EAGAIN : ENOBUFS;
	return full != NULL ? -1 : (int)syscall(SYS_sendmmsg, fd, msg, n, flags);
}

static struct ask with_hook(void (*hook)(void *, struct xio *), void *arg)
{
	struct ask ask = hello;

	ask.hook = hook;
	ask.hook_arg = arg;
	return ask;
}

static void answer_ends_the_probe(void **state)
{
	static const char *const ips[][3] = { { "127.0.0.1", "127.0.0.1" },
					      { "127.1.2.3", "127.0.0.1" },
					      { "::1", "::1" } };

	(void)state;
	for (size_t i = 0; i < (peer_has_ipv6() ? 3 : 2); i++) {
		struct world *w = world_new(DEADLINE_US);
		struct peer *peer = peer_new(PEER_UDP_ECHO, i == 2 ? 6 : 4);
		struct result *r = &w->result[0];
		struct addr local = world_addr(ips[i][1], 0);
		world_ask(w, TRANSPORT_UDP, ips[i][0], peer_port(peer), &hello);
		assert_int_equal(world_run(w), ENGINE_COMPLETE);
		assert_int_equal(r->trace.fault, FAULT_NONE);
		assert_string_equal(r->told.text, "hello");
		assert_int_equal(r->trace.phase, PHASE_EXCHANGE);
		assert_true(addr_same_ip(&r->told.local, &local));
		assert_true(r->told.local.port > 0);
		assert_true(addr_eq(&r->trace.local, &r->told.local));
		assert_true(r->told.entropy != 0);
		assert_in_range(r->told.answered_us, r->told.started_us, w->began_us + w->took_us);
		assert_in_range(r->trace.started_us, w->began_us, r->told.started_us);
		assert_in_range(r->trace.phase_us[PHASE_EXCHANGE], 0, w->took_us);
		assert_int_equal(w->sent, 1);
		assert_int_equal(w->received, 1);
		peer_free(peer);
		free(w);
	}
}

static void closed_port_is_refused_by_icmp(void **state)
{
	static const struct {
		const char *ip;
		int family;
		uint8_t type, code;
	} cases[] = { { "127.0.0.1", 4, 3, 3 }, { "127.1.2.3", 4, 3, 3 }, { "::1", 6, 1, 4 } };

	(void)state;
	for (size_t i = 0; i < (peer_has_ipv6() ? 3 : 2); i++) {
		struct world *w = world_new(DEADLINE_US);
		const struct trace *t = &w->result[0].trace;
		struct addr peer = world_addr(cases[i].ip, 0);
		world_ask(w, TRANSPORT_UDP, cases[i].ip,
			  peer_closed_port(SOCK_DGRAM, cases[i].family), &hello);
		assert_int_equal(world_run(w), ENGINE_COMPLETE);
		assert_int_equal(t->fault, FAULT_REFUSED);
		assert_int_equal(t->error, ECONNREFUSED);
		assert_true(t->icmp.seen);
		assert_int_equal(t->icmp.type, cases[i].type);
		assert_int_equal(t->icmp.code, cases[i].code);
		assert_true(addr_same_ip(&t->icmp.offender, &peer));
		assert_string_equal(t->why, "");
		free(w);
	}
}

static void hundred_closed_ports_are_all_refused_at_once(void **state)
{
	struct world *w = world_new(DEADLINE_US);
	uint16_t port = peer_closed_port(SOCK_DGRAM, 4);
	char ip[INET_ADDRSTRLEN];

	(void)state;
	w->conf.parallel = 7; /* the deadline would pass if a refusal made no room at once */
	for (unsigned i = 1; i <= 100; i++) {
		struct in_addr a = { htonl(0x7f020000 + i) };
		world_ask(w, TRANSPORT_UDP, inet_ntop(AF_INET, &a, ip, sizeof(ip)), port, &hello);
	}
	assert_int_equal(world_run(w), ENGINE_COMPLETE);
	assert_int_equal(world_count(w, FAULT_REFUSED), 100);
	free(w);
}

static void answer_from_elsewhere_reaches_the_exchange(void **state)
{
	static const struct {
		enum peer_kind kind;
		bool alone; /* an unknown host is believed only by a lone probe */
		bool strict;
	} cases[] = {
		{ PEER_UDP_OTHER_PORT, false, false },
		{ PEER_UDP_OTHER_PORT, true, true },
		{ PEER_UDP_OTHER_HOST, true, false },
		{ PEER_UDP_OTHER_HOST, true, true },
	};
	struct ask strict = hello;

	(void)state;
	strict.peer_only = true;
	for (size_t i = 0; i < 4; i++) {
		struct world *w = world_new(300 * MS);
		struct peer *peer = peer_new(cases[i].kind, 4),
			    *silent = peer_new(PEER_UDP_SILENT, 4);
		struct result *r = &w->result[0];
		world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer),
			  cases[i].strict ? &strict : &hello);
		if (!cases[i].alone)
			world_ask(w, TRANSPORT_UDP, "127.0.0.5", peer_port(silent), &hello);
		world_run(w);
		assert_int_equal(r->trace.fault, cases[i].strict ? FAULT_TIMEOUT : FAULT_NONE);
		assert_int_equal(r->told.strangers, cases[i].strict);
		assert_int_equal(w->counts.stray, 0);
		assert_true(cases[i].strict || r->told.from.port != peer_port(peer));
		peer_free(peer);
		peer_free(silent);
		free(w);
	}
}

static void stranger_is_stray_when_several_probes_wait(void **state)
{
	struct world *w = world_new(100 * MS);
	struct peer *peer = peer_new(PEER_UDP_OTHER_HOST, 4);

	(void)state;
	world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &hello);
	world_ask(w, TRANSPORT_UDP, "127.0.0.2", peer_port(peer), &hello);
	world_run(w);
	assert_int_equal(world_count(w, FAULT_TIMEOUT), 2);
	assert_int_equal(w->counts.stray, 2);
	peer_free(peer);
	free(w);
}

static void probes_to_one_peer_all_get_their_answer(void **state)
{
	static char words[200][8];
	static struct ask asks[200];
	struct world *w = world_new(DEADLINE_US);
	struct peer *peer = peer_new(PEER_UDP_ECHO, 4);

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		struct wr word = wr_over(words[i], sizeof(words[i]));
		wr_fmt(&word, "ask%u", i);
		asks[i] = (struct ask){ .say = wr_view(&word), .want = 1, .peer_only = true };
		world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &asks[i]);
	}
	assert_int_equal(world_run(w), ENGINE_COMPLETE);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(w->result[i].trace.fault, FAULT_NONE);
		assert_string_equal(w->result[i].told.text, words[i]);
	}
	assert_true(w->result[0].told.local.port != w->result[1].told.local.port);
	peer_free(peer);
	free(w);
}

static void probes_beyond_the_sockets_say_why_they_waited(void **state)
{
	struct world *w = world_new(1000 * MS);
	struct peer *peer = peer_new(PEER_UDP_SILENT, 4);
	struct peer *echo = peer_new(PEER_UDP_ECHO, 4);

	(void)state;
	for (unsigned i = 0; i < 70; i++)
		world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &hello);
	world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(echo), &hello);
	world_run(w);
	assert_int_equal(world_count(w, FAULT_TIMEOUT), 70);
	assert_int_equal(w->result[63].trace.phase, PHASE_EXCHANGE);
	assert_int_equal(w->result[64].trace.phase, PHASE_WAITING);
	assert_int_equal(w->result[64].trace.started_us, 0);
	assert_string_equal(w->result[64].trace.why,
			    "held back by other probes to the same address and port");
	assert_int_equal(w->result[70].trace.fault, FAULT_NONE);
	peer_free(peer);
	peer_free(echo);
	free(w);
}

struct late {
	uint16_t port;
	int fd; /* 0 = not bound yet */
};

static void bind_late(void *arg, struct xio *io)
{
	struct late *late = arg;
	char bytes[64];
	struct sockaddr_in from;
	socklen_t length = sizeof(from);

	(void)io;
	if (late->fd == 0)
		late->fd = peer_bind_udp(late->port);
	ssize_t n = recvfrom(late->fd, bytes, sizeof(bytes), MSG_DONTWAIT, (void *)&from, &length);
	if (n > 0)
		(void)!sendto(late->fd, bytes, (size_t)n, 0, (void *)&from, length);
}

/* The first probe ends with a last datagram to a closed port; the ICMP error that answers it waits
 * in the socket when the second asks the same peer, where somebody listens now. */
static void late_icmp_does_not_end_another_probe(void **state)
{
	struct late late = { peer_closed_port(SOCK_DGRAM, 4), 0 };
	struct world *w = world_new(DEADLINE_US);
	struct ask first = { .say = VIEW("first"), .at_once = true };
	struct ask second = with_hook(bind_late, &late);

	(void)state;
	second.wake_us = 5 * MS;
	world_ask(w, TRANSPORT_UDP, "127.0.0.1", late.port, &first);
	world_ask(w, TRANSPORT_UDP, "127.0.0.1", late.port, &second);
	assert_int_equal(world_run(w), ENGINE_COMPLETE);
	assert_int_equal(w->result[0].trace.fault, FAULT_NONE);
	assert_int_equal(w->result[1].trace.fault, FAULT_NONE);
	assert_int_equal(w->result[1].told.local.port, w->result[0].told.local.port);
	assert_string_equal(w->result[1].told.text, "hello");
	close(late.fd);
	free(w);
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
	for (unsigned i = 0; i < 4; i++)
		world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &hello);
	assert_int_equal(world_run(w), ENGINE_COMPLETE);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(w->result[i].told.n, PEER_BIG_BYTES);
	peer_free(peer);
	free(w);
}

/* No packet can leave from 127.0.0.1 to elsewhere; sendmmsg says so, or that there is no route. */
static void failed_send_ends_its_own_probe_only(void **state)
{
	struct world *w = world_new(DEADLINE_US);
	struct peer *peer = peer_new(PEER_UDP_ECHO, 4);
	const struct trace *t = &w->result[1].trace;

	(void)state;
	w->conf.source = world_addr("127.0.0.1", 0);
	world_ask(w, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), &hello);
	world_ask(w, TRANSPORT_UDP, "192.0.2.1", 9, &hello);
	world_ask(w, TRANSPORT_UDP, "127.0.0.2", peer_port(peer), &hello);
	assert_int_equal(world_run(w), ENGINE_COMPLETE);
	assert_true((t->fault == FAULT_LOCAL && t->error == EINVAL) ||
		    (t->fault == FAULT_UNREACHABLE && t->error == ENETUNREACH));
	assert_string_equal(t->why, t->error == EINVAL ? "cannot send: Invalid argument"
						       : "no route from this host");
	assert_int_equal(world_count(w, FAULT_NONE), 2);
	peer_free(peer);
	free(w);
}

static void request_that_never_left_is_not_silence(void **state)
{
	static const char *const full[] = { "EAGAIN", "ENOBUFS" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world *w = world_new(50 * MS);
		const struct trace *t = &w->result[0].trace;
		setenv("FAKE_FULL", full[i], 1);
		world_ask(w, TRANSPORT_UDP, "127.0.0.1", 9, &hello);
		assert_int_equal(world_run(w), ENGINE_DEADLINE);
		unsetenv("FAKE_FULL");
		assert_int_equal(t->fault, FAULT_LOCAL);
		assert_int_equal(t->phase, PHASE_EXCHANGE);
		assert_string_equal(t->why, "the request could not be sent: send buffer full");
		free(w);
	}
}

static void source_address_is_used_or_refused(void **state)
{
	static const struct {
		const char *source, *ip;
		enum fault fault;
		const char *why;
	} cases[] = {
		{ "127.0.0.77", "127.0.0.1", FAULT_NONE, "" },
		{ "::1", "127.0.0.1", FAULT_LOCAL, "the source address is IPv6, the target IPv4" },
		{ "127.0.0.1", "::1", FAULT_LOCAL, "the source address is IPv4, the target IPv6" },
		{ "192.0.2.77", "127.0.0.1", FAULT_LOCAL,
		  "cannot open a UDP socket: Cannot assign requested address" },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct world *w = world_new(DEADLINE_US);
		struct peer *peer = peer_new(PEER_UDP_ECHO, 4);
		w->conf.source = world_addr(cases[i].source, 0);
		world_ask(w, TRANSPORT_UDP, cases[i].ip, peer_port(peer), &hello);
		assert_int_equal(world_run(w), ENGINE_COMPLETE);
		assert_int_equal(w->result[0].trace.fault, cases[i].fault);
		assert_string_equal(w->result[0].trace.why, cases[i].why);
		if (cases[i].fault == FAULT_NONE)
			assert_true(addr_same_ip(&w->result[0].told.local, &w->conf.source));
		peer_free(peer);
		free(w);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer_ends_the_probe),
		cmocka_unit_test(closed_port_is_refused_by_icmp),
		cmocka_unit_test(hundred_closed_ports_are_all_refused_at_once),
		cmocka_unit_test(answer_from_elsewhere_reaches_the_exchange),
		cmocka_unit_test(stranger_is_stray_when_several_probes_wait),
		cmocka_unit_test(probes_to_one_peer_all_get_their_answer),
		cmocka_unit_test(probes_beyond_the_sockets_say_why_they_waited),
		cmocka_unit_test(late_icmp_does_not_end_another_probe),
		cmocka_unit_test(last_datagram_of_a_finished_exchange_is_sent),
		cmocka_unit_test(big_datagram_arrives_whole),
		cmocka_unit_test(failed_send_ends_its_own_probe_only),
		cmocka_unit_test(request_that_never_left_is_not_silence),
		cmocka_unit_test(source_address_is_used_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
