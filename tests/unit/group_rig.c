/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the tests of the engine's groups; see group_rig.h. */
#define _GNU_SOURCE
#include "group_rig.h"

#include "engine_peer.h"

#include "net/sock.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum { DEADLINE_US = 5000000 };

static struct rig *rig_of(const struct xio *io)
{
	return (struct rig *)(uintptr_t)io->arg;
}

static enum step start(void *state, struct xio *io)
{
	struct rig *rig = rig_of(io);

	(void)state;
	rig->local = *io->local;
	assert_true(addr_eq(io->peer, &rig->peer));
	wr_put(&io->out, rig->say);
	if (rig->patience_us > 0)
		io->wake_us = io->now_us + rig->patience_us;
	if (rig->on_start != NULL)
		rig->on_start(rig, io);
	return STEP_MORE;
}

static enum step on_data(void *state, struct xio *io)
{
	struct rig *rig = rig_of(io);
	struct view text = view_first(io->in, LETTER_TEXT_MAX - 1);

	(void)state;
	assert_true(addr_eq(io->peer, &rig->peer));
	if (rig->heards < HEARD_MAX) {
		struct heard *heard = &rig->heard[rig->heards];
		*heard = (struct heard){ .from = *io->from, .n = io->in.n, .at_us = io->now_us };
		memcpy(heard->text, text.p, text.n);
	}
	rig->heards++;
	if (rig->patience_us > 0)
		io->wake_us = io->now_us + rig->patience_us;
	if (rig->on_datagram != NULL)
		rig->on_datagram(rig, io);
	return rig->want > 0 && rig->heards >= rig->want ? STEP_DONE : STEP_MORE;
}

static enum step on_timer(void *state, struct xio *io)
{
	(void)state;
	(void)io;
	return STEP_DONE;
}

static const struct exchange_ops rig_ops = { "rig", 1, start, on_data, on_timer };

static void on_done(void *ctx, const struct probe_spec *spec, const void *state,
		    const struct trace *trace)
{
	struct rig *rig = spec->user;

	(void)ctx;
	(void)state;
	rig->ended++;
	rig->trace = *trace;
}

struct addr addr_of(const char *ip, uint16_t port)
{
	struct addr a;

	assert_true(addr_parse(view_of(ip), &a));
	a.port = port;
	return a;
}

struct rig rig_for(const char *peer, uint16_t port)
{
	return (struct rig){
		.group = { .ttl = 1 },
		.conf = { .timeout_us = DEADLINE_US, .done = on_done },
		.peer = addr_of(peer, port),
		.say = VIEW("hello"),
		.fd = { -1, -1, -1 },
	};
}

struct rig rig_hearing(const char *peer, uint16_t port)
{
	struct rig rig = rig_for(peer, port);

	rig.say = VIEW("");
	rig.group.listen_port = port;
	return rig;
}

static unsigned descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

enum engine_end rig_run(struct rig *rigs, size_t count)
{
	int64_t began_us = engine_clock_us();
	unsigned open_before = descriptors();
	struct engine *engine = engine_new(&rigs->conf);

	for (size_t i = 0; i < count; i++)
		engine_probe(engine, &(struct probe_spec){ .ops = &rig_ops,
							   .arg = &rigs[i],
							   .peer = rigs[i].peer,
							   .transport = TRANSPORT_UDP,
							   .group = &rigs[i].group,
							   .user = &rigs[i] });
	enum engine_end end = engine_run(engine);
	rigs->took_us = engine_clock_us() - began_us;
	rigs->counts = engine_counts(engine);
	engine_free(engine);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(rigs[i].ended, 1);
		for (size_t k = 0; k < RIG_FDS; k++)
			if (rigs[i].fd[k] >= 0)
				close(rigs[i].fd[k]);
	}
	assert_int_equal(descriptors(), open_before);
	return end;
}

void rig_fails(struct rig rig, enum fault fault, const char *why)
{
	assert_int_equal(rig_run(&rig, 1), ENGINE_COMPLETE);
	assert_int_equal(rig.trace.fault, fault);
	assert_string_equal(rig.trace.why, why);
	assert_int_equal(rig.heards, 0);
}

bool rig_has_heard(const struct rig *rig, const char *text, const char *ip)
{
	for (size_t i = 0; i < rig->heards && i < HEARD_MAX; i++) {
		const struct heard *heard = &rig->heard[i];
		struct addr from = ip != NULL ? addr_of(ip, 0) : heard->from;
		if (strcmp(heard->text, text) == 0 && addr_same_ip(&heard->from, &from))
			return true;
	}
	return false;
}

unsigned loopback(void)
{
	return if_nametoindex("lo");
}

uint16_t free_port(void)
{
	return peer_closed_port(SOCK_DGRAM, 4);
}

static int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

int other_new(const char *ip, uint16_t port, bool shares)
{
	struct addr at = addr_of(ip, port);
	bool v4 = at.family == 4;
	struct ip_mreqn lo = { .imr_ifindex = (int)loopback() };
	int fd = socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	union sock_addr name;

	assert_true(fd >= 0);
	assert_int_equal(set(fd, SOL_SOCKET, SO_REUSEADDR, shares), 0);
	if (v4) {
		assert_int_equal(set(fd, SOL_SOCKET, SO_BROADCAST, 1), 0);
		assert_int_equal(set(fd, IPPROTO_IP, IP_RECVTTL, 1), 0);
		assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof(lo)), 0);
	} else {
		assert_int_equal(set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1), 0);
		assert_int_equal(set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1), 0);
	}
	socklen_t length = sock_addr_write(&name, &at);
	assert_int_equal(bind(fd, &name.any, length), 0);
	return fd;
}

bool other_joins(int fd, const char *group, unsigned interface)
{
	struct addr at = addr_of(group, 0);
	struct ip_mreqn v4 = { .imr_ifindex = (int)interface };
	struct ipv6_mreq v6 = { .ipv6mr_interface = interface };

	memcpy(&v4.imr_multiaddr, at.ip, sizeof(v4.imr_multiaddr));
	memcpy(&v6.ipv6mr_multiaddr, at.ip, sizeof(v6.ipv6mr_multiaddr));
	if (at.family == 4)
		return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &v4, sizeof(v4)) == 0;
	return setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &v6, sizeof(v6)) == 0;
}

void other_sends(int fd, const char *ip, uint16_t port, const char *text)
{
	struct addr to = addr_of(ip, port);
	union sock_addr name;
	socklen_t length = sock_addr_write(&name, &to);

	/* Past the sendto that a test has in place of libc's. */
	(void)!syscall(SYS_sendto, fd, text, strlen(text), MSG_DONTWAIT, &name.any, length);
}

struct letter other_reads(int fd)
{
	_Alignas(struct cmsghdr) char control[64];
	struct letter letter = { .ttl = -1 };
	struct iovec iov = { letter.text, LETTER_TEXT_MAX - 1 };
	union sock_addr name;
	struct msghdr msg = {
		.msg_name = &name,
		.msg_namelen = sizeof(name),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};

	letter.came = recvmsg(fd, &msg, MSG_DONTWAIT) >= 0;
	if (!letter.came)
		return letter;
	letter.from = sock_addr_read(&name);
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	if (c != NULL && (c->cmsg_type == IP_TTL || c->cmsg_type == IPV6_HOPLIMIT))
		memcpy(&letter.ttl, CMSG_DATA(c), sizeof(letter.ttl));
	return letter;
}

void need_groups(void)
{
	uint16_t port = free_port();
	int fd = other_new("0.0.0.0", port, true);
	bool can = other_joins(fd, GROUP, loopback());

	other_sends(fd, GROUP, port, "x");
	can = can && other_reads(fd).came;
	close(fd);
	if (!can) {
		print_message("no multicast on the loopback interface\n");
		skip();
	}
}
