/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probes that ask or hear many, with real sockets on loopback: who is heard, what goes out where, and
 * what cannot be. */
#define _GNU_SOURCE
#include "group_rig.h"

#include "engine_peer.h"

#include "net/sock.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <net/if.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum { MS = 1000, BIG = 65507, MANY = 400, NO_INTERFACE = 0x7ffffff0 };

/* What the next calls of sendto meet, and how many: loopback never fills a send buffer. */
static struct {
	int error;
	unsigned times;
} bad_send;

/* In place of libc's. */
ssize_t sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *to,
	       socklen_t length)
{
	if (bad_send.times == 0)
		return syscall(SYS_sendto, fd, p, n, flags, to, length);
	bad_send.times--;
	errno = bad_send.error;
	return -1;
}

static void three_answer(struct rig *rig, const struct xio *io)
{
	static const char *const ip[] = { "127.0.0.2", "127.0.0.3", "127.0.0.4" };
	static const char *const text[] = { "two", "three", "four" };

	for (size_t i = 0; i < 3; i++) {
		rig->fd[i] = other_new(ip[i], 0, false);
		other_sends(rig->fd[i], "127.0.0.1", io->local->port, text[i]);
	}
}

static void everybody_is_heard_under_his_own_address(void **state)
{
	struct rig rig = rig_for("127.0.0.99", free_port());

	(void)state;
	rig.on_start = three_answer;
	rig.want = 3;
	assert_int_equal(rig_run(&rig, 1), ENGINE_COMPLETE);
	assert_int_equal(rig.trace.fault, FAULT_NONE);
	assert_true(rig_has_heard(&rig, "two", "127.0.0.2"));
	assert_true(rig_has_heard(&rig, "three", "127.0.0.3"));
	assert_true(rig_has_heard(&rig, "four", "127.0.0.4"));
	assert_true(rig.heard[0].from.port != rig.heard[1].from.port);
	assert_int_equal(rig.counts.stray, 0);
}

static void spin(int64_t us)
{
	for (int64_t until_us = engine_clock_us() + us; engine_clock_us() < until_us;)
		continue;
}

static void one_answers_long_before_it_is_read(struct rig *rig, const struct xio *io)
{
	rig->fd[0] = other_new("127.0.0.1", 0, false);
	spin(30 * MS);
	rig->at_us = engine_clock_us();
	other_sends(rig->fd[0], "127.0.0.1", io->local->port, "early");
	rig->sent_us = engine_clock_us();
	spin(30 * MS);
}

static void datagrams_carry_the_time_at_which_they_came(void **state)
{
	struct rig rig = rig_for("127.0.0.99", free_port());

	(void)state;
	rig.on_start = one_answers_long_before_it_is_read;
	rig.want = 1;
	rig_run(&rig, 1);
	assert_in_range(rig.heard[0].at_us, rig.at_us - 15 * MS, rig.sent_us + 15 * MS);
}

static void group_is_asked_within_its_reach_by_its_interface(void **state)
{
	static const uint8_t ttls[] = { 1, 7, 255 };

	(void)state;
	need_groups();
	for (size_t i = 0; i < sizeof(ttls); i++) {
		uint16_t port = free_port();
		int member = other_new("0.0.0.0", port, false);
		struct rig rig = rig_for(GROUP, port);
		rig.group.interface = loopback();
		rig.group.ttl = ttls[i];
		rig.patience_us = MS;
		assert_true(other_joins(member, GROUP, loopback()));
		assert_int_equal(rig_run(&rig, 1), ENGINE_COMPLETE);
		assert_int_equal(rig.trace.fault, FAULT_NONE);
		struct letter letter = other_reads(member);
		assert_string_equal(letter.text, "hello");
		assert_int_equal(letter.ttl, ttls[i]);
		assert_true(addr_eq(&letter.from, &rig.local));
		assert_true(addr_eq(&rig.trace.local, &rig.local));
		assert_false(other_reads(member).came);
		close(member);
	}
}

static void source_address_is_that_of_the_caller(void **state)
{
	struct rig rig = rig_for("127.0.0.1", 0);
	int peer = other_new("127.0.0.1", rig.peer.port = free_port(), false);

	(void)state;
	rig.conf.source = addr_of("127.0.0.42", 0);
	rig.patience_us = MS;
	rig_run(&rig, 1);
	struct letter letter = other_reads(peer);
	assert_true(addr_same_ip(&letter.from, &rig.conf.source));
	assert_true(addr_eq(&letter.from, &rig.trace.local));
	close(peer);
}

static void broadcasts_go_out_only_when_meant(void **state)
{
	static const char *const peers[] = { "127.255.255.255", "255.255.255.255" };
	static const char why[] =
		"our own kernel refuses to send: local firewall, or a broadcast address";

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct rig rigs[2] = { rig_hearing("0.0.0.0", free_port()) };
		rigs[1] = rig_for(peers[i], rigs[0].peer.port);
		for (size_t k = 0; k < 2; k++) {
			rigs[k].group.interface = loopback();
			rigs[k].patience_us = 20 * MS;
		}
		rig_fails(rigs[1], FAULT_LOCAL, why);
		rigs[1].group.broadcast = true;
		assert_int_equal(rig_run(rigs, 2), ENGINE_COMPLETE);
		assert_int_equal(rigs[1].trace.fault, FAULT_NONE);
		assert_string_equal(rigs[0].heard[0].text, "hello"); /* by that interface */
		assert_true(addr_eq(&rigs[0].heard[0].from, &rigs[1].trace.local));
		assert_int_equal(rigs[0].heards, 1);
	}
}

static void what_cannot_be_has_words(void **state)
{
	static const char no_device[] = "cannot use network interface 2147483632: No such device";
	static const struct {
		const char *peer, *source;
		unsigned interface;
		uint16_t listen_port;
		const char *why;
	} cases[] = {
		{ GROUP, NULL, NO_INTERFACE, 0, no_device },
		{ "0.0.0.0", NULL, NO_INTERFACE, 1, no_device },
		{ "ff02::116", NULL, NO_INTERFACE, 0, no_device },
		{ "ff02::116", NULL, 0, 0, "a link-local group needs an interface" },
		{ GROUP, "::1", 0, 0, "the source address is IPv6, the target IPv4" },
		{ GROUP, "192.0.2.254", 0, 0,
		  "cannot use the source address: Cannot assign requested address" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig = rig_for(cases[i].peer, 1440);
		if (rig.peer.family == 6 && !peer_has_ipv6())
			continue;
		rig.group.interface = cases[i].interface;
		rig.group.listen_port = cases[i].listen_port;
		if (cases[i].source != NULL)
			rig.conf.source = addr_of(cases[i].source, 0);
		rig_fails(rig, FAULT_LOCAL, cases[i].why);
	}
}

static void six_answers(struct rig *rig, const struct xio *io)
{
	rig->fd[0] = other_new("::1", 0, false);
	other_sends(rig->fd[0], "::1", io->local->port, "six");
}

/* False: nothing goes to groups there. What is sent to this one stays on the host (RFC 4291 2.7). */
static bool is_asked_and_heard(unsigned interface, bool shared)
{
	uint16_t port = free_port();
	struct rig rigs[2] = { rig_hearing("ff01::116", port), rig_for("ff01::116", port) };
	int v4 = other_new("0.0.0.0", port, false);
	int member = other_new("::", shared ? port : 0, true);

	bool joins = other_joins(member, "ff01::116", interface);
	for (size_t i = 0; i < 2; i++) {
		rigs[i].group.interface = interface;
		rigs[i].group.ttl = 9;
		rigs[i].patience_us = 50 * MS;
		rigs[i].want = 1;
	}
	rigs[1].on_start = six_answers;
	assert_int_equal(rig_run(rigs, 2), ENGINE_COMPLETE);
	struct letter letter = other_reads(member);
	close(member);
	close(v4);
	if (!joins || rigs[1].trace.fault != FAULT_NONE)
		return false;
	assert_int_equal(rigs[0].trace.fault, FAULT_NONE);
	assert_int_equal(letter.ttl, shared ? 9 : -1);
	/* Who has the port in IPv4 is not in the way. */
	assert_int_equal(rigs[0].trace.local.ip[0], shared ? 0xff : 0);
	assert_string_equal(rigs[0].heard[0].text, "hello");
	assert_int_equal(rigs[0].heard[0].from.scope, interface);
	assert_int_equal(rigs[0].heard[0].from.port, rigs[1].trace.local.port);
	assert_memory_equal(rigs[0].heard[0].from.ip, rigs[1].trace.local.ip, 16);
	assert_true(rig_has_heard(&rigs[1], "six", "::1"));
	return true;
}

static void groups_of_ipv6_are_asked_and_heard(void **state)
{
	struct if_nameindex *all = if_nameindex();
	bool heard = false;

	(void)state;
	for (struct if_nameindex *at = all; peer_has_ipv6() && at->if_index != 0; at++)
		if (is_asked_and_heard(at->if_index, false))
			heard = is_asked_and_heard(at->if_index, true);
	if_freenameindex(all);
	if (!heard) {
		print_message("no interface with multicast of IPv6\n");
		skip();
	}
}

static void send_bytes(int fd, uint16_t port, size_t n)
{
	static const char zeros[BIG];
	struct addr to = addr_of("127.0.0.1", port);
	union sock_addr name;
	socklen_t length = sock_addr_write(&name, &to);

	(void)!syscall(SYS_sendto, fd, zeros, n, MSG_DONTWAIT, &name.any, length);
}

static void largest_and_smallest_come(struct rig *rig, const struct xio *io)
{
	rig->fd[0] = other_new("127.0.0.1", 0, false);
	send_bytes(rig->fd[0], io->local->port, BIG);
	send_bytes(rig->fd[0], io->local->port, 0);
}

static void datagrams_are_whole(void **state)
{
	struct rig rig = rig_for("127.0.0.99", free_port());

	(void)state;
	rig.on_start = largest_and_smallest_come;
	rig.want = 2;
	assert_int_equal(rig_run(&rig, 1), ENGINE_COMPLETE);
	assert_int_equal(rig.heard[0].n, BIG);
	assert_int_equal(rig.heard[1].n, 0);
}

static void flood_begins(struct rig *rig, const struct xio *io)
{
	rig->fd[0] = other_new("127.0.0.1", 0, false);
	send_bytes(rig->fd[0], io->local->port, 1);
}

/* Two for each, until there is no room; none late, so that the test ends whatever the engine does. */
static void flood_grows(struct rig *rig, const struct xio *io)
{
	for (unsigned i = 0; i < 2 && io->now_us < rig->heard[0].at_us + 1000 * MS; i++)
		send_bytes(rig->fd[0], io->local->port, 1);
}

static void flood_holds_up_no_deadline(void **state)
{
	struct rig rig = rig_for("127.0.0.99", free_port());

	(void)state;
	rig.on_start = flood_begins;
	rig.on_datagram = flood_grows;
	rig.conf.timeout_us = 100 * MS;
	assert_int_equal(rig_run(&rig, 1), ENGINE_DEADLINE);
	assert_int_equal(rig.trace.fault, FAULT_TIMEOUT);
	assert_in_range(rig.took_us, 100 * MS, 600 * MS);
	assert_true(rig.heards > 100);
}

static void too_much_comes(struct rig *rig, const struct xio *io)
{
	rig->fd[0] = other_new("127.0.0.1", 0, false);
	for (unsigned i = 0; i < MANY; i++)
		send_bytes(rig->fd[0], io->local->port, BIG);
}

static void own_drops_are_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct rig rig = rig_for("127.0.0.99", free_port());
		rig.on_start = too_much_comes;
		rig.conf.timeout_us = 500 * MS;
		rig.patience_us = i == 0 ? 50 * MS : 0; /* else the deadline comes first */
		assert_int_equal(rig_run(&rig, 1), i == 0 ? ENGINE_COMPLETE : ENGINE_DEADLINE);
		assert_true(rig.heards > 30); /* megabytes have room */
		assert_int_equal(rig.counts.dropped, MANY - rig.heards);
	}
}

static void refusal_ends_nothing(void **state)
{
	struct rig rig = rig_for("127.0.0.1", free_port());

	(void)state;
	rig.patience_us = 30 * MS;
	assert_int_equal(rig_run(&rig, 1), ENGINE_COMPLETE);
	assert_int_equal(rig.trace.fault, FAULT_NONE);
	assert_true(rig.took_us >= 30 * MS);
}

static void full_send_buffer_is_waited_for(void **state)
{
	static const struct {
		int error;
		unsigned times;
		enum fault fault;
		const char *why;
	} cases[] = {
		{ EAGAIN, 3, FAULT_NONE, "" },
		{ ENOBUFS, 3, FAULT_NONE, "" },
		{ EAGAIN, UINT32_MAX, FAULT_LOCAL,
		  "the request could not be sent: send buffer full" },
		{ EPERM, 1, FAULT_LOCAL,
		  "our own kernel refuses to send: local firewall, or a broadcast address" },
		{ ENETUNREACH, 1, FAULT_UNREACHABLE, "no route from this host" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig = rig_for("127.0.0.1", free_port());
		int peer = other_new("127.0.0.1", rig.peer.port, false);
		bad_send.error = cases[i].error;
		bad_send.times = cases[i].times;
		rig.conf.timeout_us = 60 * MS;
		rig.patience_us = cases[i].times > 3 ? 0 : 30 * MS;
		rig_run(&rig, 1);
		bad_send.times = 0;
		assert_int_equal(rig.trace.fault, cases[i].fault);
		assert_string_equal(rig.trace.why, cases[i].why);
		assert_int_equal(other_reads(peer).came, cases[i].fault == FAULT_NONE);
		close(peer);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(everybody_is_heard_under_his_own_address),
		cmocka_unit_test(datagrams_carry_the_time_at_which_they_came),
		cmocka_unit_test(group_is_asked_within_its_reach_by_its_interface),
		cmocka_unit_test(source_address_is_that_of_the_caller),
		cmocka_unit_test(broadcasts_go_out_only_when_meant),
		cmocka_unit_test(what_cannot_be_has_words),
		cmocka_unit_test(groups_of_ipv6_are_asked_and_heard),
		cmocka_unit_test(datagrams_are_whole),
		cmocka_unit_test(flood_holds_up_no_deadline),
		cmocka_unit_test(own_drops_are_counted),
		cmocka_unit_test(refusal_ends_nothing),
		cmocka_unit_test(full_send_buffer_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
