/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sockets that share a port, sockets of some ports only, and the group each was opened in. */
#define _GNU_SOURCE
#include "local_rig.h"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "local/cgroup.h"
#include "local/sockets.h"

enum { FOUND_MAX = 8, WHY_MAX = 128 };

/* What is told of one port, and how often another one is. */
struct list {
	struct port_range ports;
	uint16_t port;
	size_t count;
	struct local_socket found[FOUND_MAX];
	unsigned outside;
};

static void on_socket(void *ctx, const struct local_socket *socket)
{
	struct list *list = ctx;
	uint16_t port = socket->addr.port;

	list->outside += port < list->ports.first || port > list->ports.last;
	if (port == list->port && list->count < FOUND_MAX)
		list->found[list->count++] = *socket;
}

static struct list look(bool tcp, uint16_t port, uint16_t first, uint16_t last)
{
	struct list list = { .port = port, .ports = { first, last } };
	char why[WHY_MAX] = "";

	if (!local_sockets_within(tcp, list.ports, on_socket, &list, why, sizeof(why)))
		fail_msg("%s", why);
	assert_int_equal(list.outside, 0);
	return list;
}

static const struct local_socket *found(const struct list *list, int fd)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->found[i].inode == inode_of(fd))
			return &list->found[i];
	return NULL;
}

/* Port 0 is any; the loopback or all addresses. -1 where this host has no such family. */
static int open_port(int family, bool tcp, bool any, uint16_t port)
{
	struct sockaddr_in name4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 name6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	bool v6 = family == AF_INET6;
	const struct sockaddr *name = v6 ? (struct sockaddr *)&name6 : (struct sockaddr *)&name4;
	int fd = socket(family, tcp ? SOCK_STREAM : SOCK_DGRAM, 0), on = 1;

	if (fd < 0)
		return -1;
	if (!any) {
		name4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		name6.sin6_addr = in6addr_loopback;
	}
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	if (v6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, name, v6 ? sizeof(name6) : sizeof(name4)) != 0) {
		close(fd);
		return -1;
	}
	if (tcp)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in6 name = { .sin6_port = 0 };
	socklen_t n = sizeof(name);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &n), 0);
	return ntohs(name.sin6_port);
}

static void check_shared(int family, bool tcp, bool any)
{
	int fd[3];

	fd[0] = open_port(family, tcp, any, 0);
	if (fd[0] < 0)
		return;
	uint16_t port = port_of(fd[0]);
	for (size_t i = 1; i < CASES(fd); i++) {
		fd[i] = open_port(family, tcp, any, port);
		assert_true(fd[i] >= 0);
	}
	struct list list = look(tcp, port, port, port);
	assert_int_equal(list.count, CASES(fd));
	for (size_t i = 0; i < CASES(fd); i++) {
		const struct local_socket *socket = found(&list, fd[i]);
		assert_non_null(socket);
		assert_int_equal(socket->any, any);
		assert_int_equal(socket->tcp, tcp);
		close(fd[i]);
	}
}

static void each_socket_of_a_shared_port_is_told(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++)
		check_shared((i & 1) != 0 ? AF_INET6 : AF_INET, (i & 2) != 0, (i & 4) != 0);
}

static void each_family_of_a_shared_port_is_told(void **state)
{
	(void)state;
	for (unsigned tcp = 0; tcp < 2; tcp++) {
		int v6 = open_port(AF_INET6, tcp != 0, true, 0);
		if (v6 < 0)
			skip();
		uint16_t port = port_of(v6);
		int v4 = open_port(AF_INET, tcp != 0, true, port);
		assert_true(v4 >= 0);
		struct list list = look(tcp != 0, port, port, port);
		const struct local_socket *a = found(&list, v4), *b = found(&list, v6);
		assert_int_equal(list.count, 2);
		assert_true(a != NULL && b != NULL);
		assert_true(local_socket_takes(a, 4) && !local_socket_takes(a, 6));
		assert_true(local_socket_takes(b, 6) && !local_socket_takes(b, 4));
		assert_true(b->v6only && !a->v6only);
		close(v4);
		close(v6);
	}
}

static void check_ranges(int family, bool tcp)
{
	int fd = open_port(family, tcp, false, 0);

	if (fd < 0)
		return;
	uint16_t port = port_of(fd), below = (uint16_t)(port - 1), above = (uint16_t)(port + 1);
	const struct {
		uint16_t first, last;
		size_t count;
	} rows[] = {
		{ port, port, 1 },   { 1, port, 1 },	 { port, PORT_MAX, 1 },
		{ 1, PORT_MAX, 1 },  { 2, PORT_MAX, 1 }, { 1, PORT_MAX - 1, 1 },
		{ below, above, 1 }, { 1, below, 0 },	 { above, PORT_MAX, 0 },
		{ above, below, 0 },
	};
	for (size_t i = 0; i < CASES(rows); i++) {
		struct list list = look(tcp, port, rows[i].first, rows[i].last);
		assert_int_equal(list.count, rows[i].count);
		assert_int_equal(found(&list, fd) != NULL, rows[i].count > 0);
	}
	close(fd);
}

static void only_ports_of_the_range_are_told(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		check_ranges((i & 1) != 0 ? AF_INET6 : AF_INET, (i & 2) != 0);
}

/* The number of a group is the inode of its folder. */
static void a_socket_knows_the_group_it_was_opened_in(void **state)
{
	char text[4096], path[4200];
	const char *root = cgroup_root();
	int file = open("/proc/self/cgroup", O_RDONLY);
	ssize_t n = read(file, text, sizeof(text));
	struct view rest = { text, n > 0 ? (size_t)n : 0 }, line = rest;
	struct stat st;

	(void)state;
	close(file);
	while (rest.n > 0 && !view_starts(line, VIEW("0::")))
		line = view_take_until(&rest, '\n');
	snprintf(path, sizeof(path), "%s%.*s", root != NULL ? root : "",
		 VIEW_ARG(view_skip(line, 3)));
	if (root == NULL || !view_starts(line, VIEW("0::")) || stat(path, &st) != 0)
		skip();
	for (unsigned tcp = 0; tcp < 2; tcp++) {
		int fd = open_port(AF_INET, tcp != 0, false, 0);
		struct list list = look(tcp != 0, port_of(fd), port_of(fd), port_of(fd));
		assert_non_null(found(&list, fd));
		assert_int_equal(found(&list, fd)->cgroup, st.st_ino);
		close(fd);
	}
}

/* Other tests bind ports of this host meanwhile; without the privilege we hope for the best. */
static int take_own_network(void **state)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	(void)state;
	if (unshare(CLONE_NEWNET) != 0)
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &lo), 0);
	close(fd);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_socket_of_a_shared_port_is_told),
		cmocka_unit_test(each_family_of_a_shared_port_is_told),
		cmocka_unit_test(only_ports_of_the_range_are_told),
		cmocka_unit_test(a_socket_knows_the_group_it_was_opened_in),
	};

	return cmocka_run_group_tests(tests, take_own_network, NULL);
}
