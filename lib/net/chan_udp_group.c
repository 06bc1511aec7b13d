/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A UDP socket that asks or hears many; see chan_udp_group.h. */
#define _GNU_SOURCE
#include "net/chan_udp_group.h"

#include "net/sock.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>

enum {
	BATCH = 16, /* of one turn, so that a flood cannot hold up the deadline */
	DATAGRAM_MAX = 65507,
	RECEIVE_BYTES = 65536,
	RECEIVE_BUFFER_BYTES = 4 << 20,
	V6_MULTICAST_ALL = 29, /* Linux 4.20, newer than some headers */
};

/* Of the interface or of the link: means nothing without an interface (RFC 4291 2.7). */
static bool is_local_group(const struct addr *a)
{
	return a->family == 6 && addr_is_multicast(a) && (a->ip[1] & 15) <= 2;
}

/* 0 = as routed. */
static unsigned interface_of(const struct probe *probe)
{
	unsigned interface = probe->spec.group->interface;

	return interface != 0 ? interface : probe->spec.peer.scope;
}

static bool set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

/* What the kernel forbids to us is not a firewall in the way. */
static enum fault blame(struct engine *engine, const char *doing, int error)
{
	enum fault fault = sock_blame(&engine->trace, doing, error);

	return fault == FAULT_PROHIBITED ? FAULT_LOCAL : fault;
}

static enum fault blame_port(struct trace *trace, uint16_t port, int error)
{
	struct wr why = wr_over(trace->why, sizeof(trace->why) - 1);

	trace->error = error;
	if (error == EADDRINUSE)
		wr_fmt(&why, "port %u is in use on this host", port);
	else
		wr_fmt(&why, "cannot listen on port %u: %s", port, strerror(error));
	return FAULT_LOCAL;
}

static enum fault check(struct engine *engine, const struct probe *probe)
{
	const struct addr *source = &engine->conf.source, *peer = &probe->spec.peer;
	struct wr why = wr_over(engine->trace.why, TRACE_WHY_MAX - 1);

	if (source->family != 0 && source->family != peer->family)
		wr_fmt(&why, "the source address is IPv%u, the target IPv%u", source->family,
		       peer->family);
	else if (is_local_group(peer) && interface_of(probe) == 0)
		wr_str(&why, "a link-local group needs an interface");
	return why.n > 0 ? FAULT_LOCAL : FAULT_NONE;
}

/* All of these only make it better. */
static void tune(int fd, const struct probe *probe)
{
	bool v4 = probe->spec.peer.family == 4;

	set_option(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
	set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	if (v4) /* no groups that others of this host have joined */
		set_option(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
	else
		set_option(fd, IPPROTO_IPV6, V6_MULTICAST_ALL, 0);
}

/* Through which interface, how far, and to whom it may send; 0 or errno. */
static int set_way(int fd, const struct probe *probe)
{
	const struct udp_group *group = probe->spec.group;
	unsigned interface = interface_of(probe);
	struct ip_mreqn way = { .imr_ifindex = (int)interface };
	bool ok = !group->broadcast || set_option(fd, SOL_SOCKET, SO_BROADCAST, 1);

	if (probe->spec.peer.family == 6) {
		ok = ok && set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
		     set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, group->ttl) &&
		     set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)interface);
	} else {
		ok = ok && set_option(fd, IPPROTO_IP, group->broadcast ? IP_TTL : IP_MULTICAST_TTL,
				      group->ttl);
		if (ok && interface != 0) /* the second one is for broadcasts */
			ok = setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &way, sizeof(way)) == 0 &&
			     set_option(fd, IPPROTO_IP, IP_UNICAST_IF, (int)htonl(interface));
	}
	return ok ? 0 : errno;
}

static enum fault blame_way(struct trace *trace, unsigned interface, int error)
{
	struct wr why = wr_over(trace->why, sizeof(trace->why) - 1);

	trace->error = error;
	wr_fmt(&why, "cannot use network interface %u: %s", interface,
	       strerror(error == EADDRNOTAVAIL ? ENODEV : error));
	return FAULT_LOCAL;
}

static int bind_to(int fd, struct addr at, uint16_t port)
{
	union sock_addr name;

	at.port = port;
	socklen_t length = sock_addr_write(&name, &at);
	return bind(fd, &name.any, length) == 0 ? 0 : errno;
}

static int join(int fd, const struct probe *probe, const struct addr *source)
{
	const struct addr *peer = &probe->spec.peer;
	struct ip_mreqn v4 = { .imr_ifindex = (int)interface_of(probe) };
	struct ipv6_mreq v6 = { .ipv6mr_interface = interface_of(probe) };
	int result;

	memcpy(&v4.imr_multiaddr, peer->ip, sizeof(v4.imr_multiaddr));
	memcpy(&v4.imr_address, source->ip, sizeof(v4.imr_address));
	memcpy(&v6.ipv6mr_multiaddr, peer->ip, sizeof(v6.ipv6mr_multiaddr));
	if (peer->family == 4)
		result = setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &v4, sizeof(v4));
	else
		result = setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &v6, sizeof(v6));
	return result == 0 ? 0 : errno;
}

/* A source address only narrows what is heard without a group: bound to it, the socket would be deaf to
 * the group. */
static enum fault open_listener(struct engine *engine, struct probe *probe, int fd)
{
	struct addr at = { .family = probe->spec.peer.family }, group = probe->spec.peer;
	uint16_t port = probe->spec.group->listen_port;
	bool joins = addr_is_multicast(&group);

	group.scope = group.family == 6 ? interface_of(probe) : 0;
	if (!joins && engine->conf.source.family != 0)
		at = engine->conf.source;
	int error = bind_to(fd, at, port);
	set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (error == EADDRINUSE && joins)
		error = bind_to(fd, group, port);
	if (error != 0)
		return blame_port(&engine->trace, port, error);
	if (joins)
		error = join(fd, probe, &engine->conf.source);
	if (error != 0)
		return blame(engine, "join the group", error);
	/* What comes through other interfaces is left out by what the kernel tells. */
	if (group.family == 4)
		set_option(fd, IPPROTO_IP, IP_PKTINFO, interface_of(probe) != 0);
	else
		set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, interface_of(probe) != 0);
	probe->local = sock_local(fd);
	return FAULT_NONE;
}

static int new_socket(const struct probe *probe)
{
	int domain = probe->spec.peer.family == 4 ? AF_INET : AF_INET6;

	return socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Which address of ours the peer sees, by a connection that sends nothing; 0 or errno.  On a socket of
 * its own: one of IPv6 stays deaf to others when its connection is taken back. */
static int find_source(struct probe *probe)
{
	int fd = new_socket(probe);
	union sock_addr name;

	if (fd < 0)
		return errno;
	int error = set_way(fd, probe);
	socklen_t length = sock_addr_write(&name, &probe->spec.peer);
	if (error == 0 && connect(fd, &name.any, length) != 0)
		error = errno;
	if (error == 0)
		probe->local = sock_local(fd);
	close(fd);
	return error;
}

static enum fault open_asker(struct engine *engine, struct probe *probe, int fd)
{
	struct addr at = { .family = probe->spec.peer.family };
	int error = 0;

	if (engine->conf.source.family != 0)
		probe->local = at = engine->conf.source;
	else
		error = find_source(probe);
	if (error != 0)
		return blame(engine, "find a source address", error);
	error = bind_to(fd, at, 0);
	if (error != 0)
		return blame(engine, "use the source address", error);
	probe->local.port = sock_local(fd).port;
	return FAULT_NONE;
}

/* 0 = not told. */
static unsigned arrived_by(struct msghdr *msg)
{
	struct in_pktinfo v4;
	struct in6_pktinfo v6;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&v4, CMSG_DATA(c), sizeof(v4));
			return (unsigned)v4.ipi_ifindex;
		}
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&v6, CMSG_DATA(c), sizeof(v6));
			return v6.ipi6_ifindex;
		}
	}
	return 0;
}

/* False: the probe has ended. */
static bool deliver(struct engine *engine, struct probe *probe, struct msghdr *msg, size_t n)
{
	unsigned interface = arrived_by(msg);
	struct addr from = sock_addr_read(msg->msg_name);
	struct sock_clock clock = sock_clock();
	struct xio io = {
		.now_us = sock_received_us(msg, &clock),
		.from = &from,
		.in = { msg->msg_iov->iov_base, n },
	};

	if (interface != 0 && interface != interface_of(probe))
		return true;
	probe_tap(engine, probe, TAP_RECEIVED, &io, io.in);
	return probe_deliver(engine, probe, &io);
}

/* What the kernel does not take now stays for a writable socket. */
static enum fault write_out(struct engine *engine, struct probe *probe)
{
	struct watch *watch = &probe->udp.watch;
	union sock_addr name;
	socklen_t length = sock_addr_write(&name, &probe->spec.peer);
	ssize_t n = sendto(watch->fd, probe->out.p, probe->out.n, MSG_DONTWAIT | MSG_NOSIGNAL,
			   &name.any, length);
	bool full = n < 0 && (errno == EAGAIN || errno == ENOBUFS);

	if (n < 0 && !full)
		return blame(engine, "send", errno);
	if (!full)
		buffer_drop(&probe->out, probe->out.n);
	engine_watch(engine, watch, EPOLLIN | (full ? (uint32_t)EPOLLOUT : 0));
	return FAULT_NONE;
}

static void note_drops(struct engine *engine, struct probe *probe)
{
	uint32_t dropped = sock_dropped(probe->udp.watch.fd);

	engine->dropped += dropped - probe->udp.dropped;
	probe->udp.dropped = dropped;
}

static void on_ready(struct engine *engine, struct watch *watch, uint32_t events)
{
	struct probe *probe = LIST_ITEM(watch, struct probe, udp.watch);
	_Alignas(struct cmsghdr) char control[SOCK_CONTROL_BYTES];
	char bytes[RECEIVE_BYTES];
	union sock_addr name;
	struct iovec iov = { bytes, sizeof(bytes) };

	note_drops(engine, probe);
	for (unsigned i = 0; i < BATCH; i++) {
		struct msghdr msg = {
			.msg_name = &name,
			.msg_namelen = sizeof(name),
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		ssize_t n = recvmsg(watch->fd, &msg, MSG_DONTWAIT);
		if (n < 0)
			break;
		if (!deliver(engine, probe, &msg, (size_t)n))
			return;
	}
	enum fault fault = FAULT_NONE;
	if ((events & EPOLLOUT) && probe->out.n > 0)
		fault = write_out(engine, probe);
	if (fault != FAULT_NONE)
		probe_end(engine, probe, fault);
}

static enum fault group_open(struct engine *engine, struct probe *probe)
{
	enum fault fault = check(engine, probe);

	if (fault != FAULT_NONE)
		return fault;
	int fd = new_socket(probe);
	if (fd < 0)
		return blame(engine, "open a UDP socket", errno);
	probe->udp.watch = (struct watch){ on_ready, fd, 0 };
	tune(fd, probe);
	int error = set_way(fd, probe);
	if (error != 0)
		return blame_way(&engine->trace, interface_of(probe), error);
	fault = probe->spec.group->listen_port != 0 ? open_listener(engine, probe, fd)
						    : open_asker(engine, probe, fd);
	if (fault != FAULT_NONE)
		return fault;
	error = engine_watch(engine, &probe->udp.watch, EPOLLIN);
	if (error != 0)
		return blame(engine, "wait for a UDP socket", error);
	probe_begin(engine, probe);
	return FAULT_NONE;
}

/* A datagram that still waits is replaced. */
static enum fault group_send(struct engine *engine, struct probe *probe, struct view bytes)
{
	probe->out.n = 0;
	buffer_put(&probe->out, bytes);
	return write_out(engine, probe);
}

static size_t group_room(const struct probe *probe)
{
	(void)probe;
	return DATAGRAM_MAX;
}

static void group_close(struct engine *engine, struct probe *probe)
{
	if (probe->udp.watch.ready == NULL) /* never opened */
		return;
	note_drops(engine, probe);
	close(probe->udp.watch.fd);
}

const struct chan chan_udp_group = { group_open, group_send, group_room, group_close };
