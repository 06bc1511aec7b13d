/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threaded peers; see engine_peer.h. */
#define _GNU_SOURCE
#include "engine_peer.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum { CONNECTIONS_MAX = 256 };

union name {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct peer {
	enum peer_kind kind;
	int fd, other, stop[2], release[2];
	uint16_t port;
	pthread_t thread;
	int kept[CONNECTIONS_MAX];
	size_t kept_count;
};

static int must(int result)
{
	if (result < 0)
		abort();
	return result;
}

static uint16_t port_of(int fd)
{
	union name name;
	socklen_t length = sizeof(name);

	must(getsockname(fd, &name.any, &length));
	return ntohs(name.v4.sin_port); /* the same place in both families */
}

static int bound(int type, int family, uint32_t ipv4, uint16_t port)
{
	union name name = { .v4 = { .sin_family = AF_INET, .sin_port = htons(port) } };
	int fd = must(socket(family == 4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0)), on = 1;

	name.v4.sin_addr.s_addr = htonl(ipv4);
	if (family == 6)
		name.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
						 .sin6_port = htons(port),
						 .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	must(bind(fd, &name.any, family == 4 ? sizeof(name.v4) : sizeof(name.v6)));
	return fd;
}

int peer_bind_udp(uint16_t port)
{
	return bound(SOCK_DGRAM, 4, INADDR_LOOPBACK, port);
}

bool peer_has_ipv6(void)
{
	struct sockaddr_in6 name = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool has = fd >= 0 && bind(fd, (void *)&name, sizeof(name)) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

uint16_t peer_closed_port(int type, int family)
{
	int fd = bound(type, family, INADDR_LOOPBACK, 0);
	uint16_t port = port_of(fd);

	close(fd);
	return port;
}

static void answer_datagram(struct peer *peer)
{
	static char big[PEER_BIG_BYTES];
	char bytes[65536], control[256];
	union name from;
	struct iovec iov = { bytes, sizeof(bytes) };
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(peer->fd, &msg, 0);

	if (n < 0 || peer->kind == PEER_UDP_SILENT)
		return;
	iov.iov_len = (size_t)n;
	if (peer->kind == PEER_UDP_BIG)
		iov = (struct iovec){ big, sizeof(big) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	if (c != NULL && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo *info = (struct in_pktinfo *)(void *)CMSG_DATA(c);
		info->ipi_spec_dst = info->ipi_addr;
		info->ipi_ifindex = 0;
		msg.msg_controllen = CMSG_SPACE(sizeof(*info));
	}
	if (peer->other >= 0)
		msg.msg_controllen = 0;
	(void)!sendmsg(peer->other >= 0 ? peer->other : peer->fd, &msg, 0);
}

static void drip(int fd, const char *bytes, size_t n)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	for (size_t i = 0; i < n; i++)
		if (send(fd, bytes + i, 1, MSG_NOSIGNAL) != 1)
			return;
}

static void read_until(int fd, char last)
{
	char bytes[4096];
	ssize_t n;

	do
		n = recv(fd, bytes, sizeof(bytes), 0);
	while (n > 0 && bytes[n - 1] != last);
}

static void reset(int fd)
{
	struct linger linger = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

static void serve_connection(struct peer *peer)
{
	static const char zeros[65536];
	char bytes[4096];
	int fd = accept(peer->fd, NULL, NULL);

	if (fd < 0)
		return;
	if (peer->kind == PEER_TCP_SILENT && peer->kept_count < CONNECTIONS_MAX) {
		peer->kept[peer->kept_count++] = fd;
		return;
	}
	ssize_t n = peer->kind == PEER_TCP_DRAIN ? 0 : recv(fd, bytes, sizeof(bytes), 0);
	if (peer->kind == PEER_TCP_DRIP) {
		for (; n > 0; n = recv(fd, bytes, sizeof(bytes), 0))
			drip(fd, bytes, (size_t)n);
	} else if (peer->kind == PEER_TCP_DRAIN) {
		(void)!read(peer->release[0], bytes, 1);
		read_until(fd, 'e');
		drip(fd, "done", 4);
		read_until(fd, 'e');
	} else if (peer->kind == PEER_TCP_END) {
		drip(fd, "par", 3);
	} else if (peer->kind == PEER_TCP_RESET) {
		reset(fd);
	} else if (peer->kind == PEER_TCP_FLOOD) {
		while (send(fd, zeros, sizeof(zeros), MSG_NOSIGNAL) > 0)
			continue;
	}
	close(fd);
}

static void *serve(void *arg)
{
	struct peer *peer = arg;
	struct pollfd fds[2] = { { .fd = peer->stop[0], .events = POLLIN },
				 { .fd = peer->fd, .events = POLLIN } };

	while (poll(fds, 2, -1) >= 0 && fds[0].revents == 0)
		if (peer->kind < PEER_TCP_DRIP)
			answer_datagram(peer);
		else
			serve_connection(peer);
	return NULL;
}

struct peer *peer_new(enum peer_kind kind, int family)
{
	struct peer *peer = calloc(1, sizeof(*peer));
	bool stream = kind >= PEER_TCP_DRIP;

	if (peer == NULL)
		abort();
	peer->kind = kind;
	peer->fd = bound(stream ? SOCK_STREAM : SOCK_DGRAM, family, INADDR_ANY, 0);
	peer->port = port_of(peer->fd);
	peer->other = -1;
	if (kind == PEER_UDP_OTHER_PORT)
		peer->other = bound(SOCK_DGRAM, family, INADDR_LOOPBACK, 0);
	if (kind == PEER_UDP_OTHER_HOST)
		peer->other = bound(SOCK_DGRAM, family, 0x7f000063, 0);
	if (kind == PEER_TCP_DRAIN) /* less than is sent */
		setsockopt(peer->fd, SOL_SOCKET, SO_RCVBUF, &(int){ 65536 }, sizeof(int));
	if (stream)
		must(listen(peer->fd, CONNECTIONS_MAX));
	must(pipe(peer->stop));
	must(pipe(peer->release));
	must(-pthread_create(&peer->thread, NULL, serve, peer));
	return peer;
}

uint16_t peer_port(const struct peer *peer)
{
	return peer->port;
}

void peer_release(struct peer *peer)
{
	must((int)write(peer->release[1], "", 1));
}

void peer_free(struct peer *peer)
{
	close(peer->stop[1]);
	close(peer->release[1]);
	pthread_join(peer->thread, NULL);
	close(peer->stop[0]);
	close(peer->release[0]);
	close(peer->fd);
	if (peer->other >= 0)
		close(peer->other);
	for (size_t i = 0; i < peer->kept_count; i++)
		close(peer->kept[i]);
	free(peer);
}
