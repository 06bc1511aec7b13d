/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The swept host and the replaced calls; see sweep_host.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <sys/syscall.h>

#include "sweep_host.h"

struct fake fake;

static struct host *served[2];

static void answer(struct host *host, size_t i)
{
	char bytes[2048];
	union sock_addr from;
	socklen_t length = sizeof(from);
	ssize_t n = recvfrom(host->fd[i], bytes, sizeof(bytes), MSG_DONTWAIT, &from.any, &length);
	int fd = host->role[i] == ELSEWHERE ? host->elsewhere : host->fd[i];

	if (n >= 0)
		host->asker = sock_addr_read(&from);
	if (n >= 0 && host->role[i] != SILENT)
		(void)!sendto(fd, bytes, (size_t)n, 0, &from.any, length);
	if (n >= 0 && host->role[i] == LEAKING)
		(void)!sendto(fd, "\x80\0\0\1\0\0\0\2ssrc", 12, 0, &from.any, length);
	if (host->role[i] == FLOODING && host->asker.family != 0) {
		length = sock_addr_write(&from, &host->asker);
		for (unsigned k = 0; k < HOST_FLOOD; k++)
			(void)!sendto(fd, "", 1, 0, &from.any, length);
	}
}

static void serve_all(void)
{
	for (size_t h = 0; h < 2; h++)
		for (size_t i = 0; served[h] != NULL && i < served[h]->count; i++)
			if (served[h]->fd[i] >= 0)
				answer(served[h], i);
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	struct timespec left = *timeout; /* the bare call writes into it */

	(void)mask;
	serve_all();
	return (int)syscall(SYS_ppoll, fds, n, &left, NULL, 0);
}

int sendmmsg(int fd, struct mmsghdr *msg, unsigned n, int flags)
{
	struct addr to = sock_addr_read(msg->msg_hdr.msg_name);

	bool spared = fake.send_to.family != 0 && !addr_same_ip(&to, &fake.send_to);

	fake.worked = fake.send_in_turn && !fake.worked;
	if (fake.send_failures == 0 || spared || fake.worked)
		return (int)syscall(SYS_sendmmsg, fd, msg, n, flags);
	fake.send_failures -= fake.send_failures > 0;
	errno = fake.send_error;
	return -1;
}

int recvmmsg(int fd, struct mmsghdr *msg, unsigned n, int flags, struct timespec *timeout)
{
	if (!(flags & MSG_ERRQUEUE))
		serve_all();
	int got = (int)syscall(SYS_recvmmsg, fd, msg, n, flags, timeout);

	for (int i = 0; i < got && (flags & MSG_ERRQUEUE) && fake.forge != NULL; i++)
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg[i].msg_hdr); c != NULL;
		     c = CMSG_NXTHDR(&msg[i].msg_hdr, c))
			if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR)
				fake.forge(
					&msg[i].msg_hdr, (void *)CMSG_DATA(c),
					(void *)(CMSG_DATA(c) + sizeof(struct sock_extended_err)));
	return got;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	bool queue = (level == IPPROTO_IP && name == IP_RECVERR) ||
		     (level == IPPROTO_IPV6 && name == IPV6_RECVERR);

	if (queue && fake.no_error_queue) {
		errno = ENOPROTOOPT;
		return -1;
	}
	if (level == SOL_SOCKET && name == SO_RCVBUF && fake.receive_buffer > 0)
		value = &fake.receive_buffer;
	return (int)syscall(SYS_setsockopt, fd, level, name, value, length);
}

int bind(int fd, const struct sockaddr *name, socklen_t length)
{
	struct sockaddr_in v4;

	if (fake.bind_port != 0 && name->sa_family == AF_INET) {
		memcpy(&v4, name, sizeof(v4));
		v4.sin_port = htons(fake.bind_port);
		return (int)syscall(SYS_bind, fd, &v4, sizeof(v4));
	}
	return (int)syscall(SYS_bind, fd, name, length);
}

static int bound(struct addr at)
{
	union sock_addr name;
	int fd = socket(at.family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t length = sock_addr_write(&name, &at);

	if (syscall(SYS_bind, fd, &name, length) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Below the ports that the kernel gives to others; false when one of them is taken. */
static bool take_ports(struct host *host)
{
	struct addr at = host->address;

	for (size_t i = 0; i < host->count; i++, at.port++)
		host->fd[i] = bound(at);
	bool free = true;
	for (size_t i = 0; i < host->count; i++)
		free = free && host->fd[i] >= 0;
	for (size_t i = 0; i < host->count; i++)
		if (host->fd[i] >= 0 && (!free || host->role[i] == CLOSED)) {
			close(host->fd[i]);
			host->fd[i] = -1;
		}
	return free;
}

/* A loopback address that other tests hardly use. */
struct host *host_new(const char *ip, size_t count, const enum role *roles, size_t given)
{
	struct host *host = calloc(1, sizeof(*host));
	unsigned pid = (unsigned)getpid();

	assert_non_null(host);
	assert_true(addr_parse(view_of(ip), &host->address));
	host->count = count;
	for (size_t i = 0; i < given; i++)
		host->role[i] = roles[i];
	host->address.port = (uint16_t)(11000 + pid % 10000);
	for (unsigned tries = 0; !take_ports(host); tries++) {
		assert_in_range(tries, 0, 100);
		host->address.port = (uint16_t)(host->address.port + 37);
	}
	struct addr other = host->address;
	other.port = 0;
	host->elsewhere = bound(other);
	port_set_add(&host->ports,
		     (struct port_range){ host->address.port,
					  (uint16_t)(host->address.port + count - 1) });
	host->conf = (struct sweep_conf){ .ports = &host->ports,
					  .canaries = &host->canaries,
					  .seed = pid,
					  .passes = 1,
					  .packets_max = 100000 };
	served[served[0] != NULL] = host;
	return host;
}

void host_free(struct host *host)
{
	served[served[0] != host] = NULL;
	close(host->elsewhere);
	for (size_t i = 0; i < host->count; i++)
		if (host->fd[i] >= 0)
			close(host->fd[i]);
	free(host);
}
