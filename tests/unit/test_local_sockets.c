/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's list of sockets against sockets of our own; its answers are damaged on the way where
 * a case says so. */
#define _GNU_SOURCE
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>

#include "local/sockets.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))

enum { WHY_MAX = 128, MANY = 5000, MAX_FD = 8192 };

/* What happens to the messages of the kernel. */
static struct {
	void (*damage)(struct nlmsghdr *header);
	unsigned spared; /* reads before the first that is damaged */
	unsigned times;
	int error; /* the read itself fails */
} fault;

/* Stands in front of libmnl's own. */
ssize_t mnl_socket_recvfrom(const struct mnl_socket *netlink, void *buffer, size_t cap)
{
	ssize_t n = recv(mnl_socket_get_fd(netlink), buffer, cap, 0);

	if (fault.times == 0 || fault.spared > 0) {
		fault.spared -= fault.times > 0;
		return n;
	}
	fault.times--;
	if (fault.error != 0) {
		errno = fault.error;
		return -1;
	}
	fault.damage(buffer);
	return n;
}

/* The socket with one inode, and how many there are at all. */
struct search {
	uint32_t inode;
	unsigned hits, all;
	struct local_socket socket;
};

static void on_found(void *ctx, const struct local_socket *socket)
{
	struct search *search = ctx;

	search->all++;
	if (socket->inode == search->inode) {
		search->hits++;
		search->socket = *socket;
	}
}

static uint32_t inode_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (uint32_t)st.st_ino;
}

static struct search find(int fd, bool tcp)
{
	struct search search = { .inode = inode_of(fd) };
	char why[WHY_MAX] = "";

	if (!local_sockets(tcp, on_found, &search, why, sizeof(why)))
		fail_msg("%s", why);
	assert_in_range(search.hits, 0, 1);
	return search;
}

enum { DEVICE = 1, V6ONLY = 2, CONNECTED = 4, LISTENING = 8, IN_V6 = 16 };

static struct sockaddr_in6 v6_name(const char *ip, uint16_t port)
{
	struct sockaddr_in6 name = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct addr a;

	assert_true(addr_parse(view_of(ip), &a));
	if (a.family == 6) {
		memcpy(&name.sin6_addr, a.ip, 16);
		name.sin6_scope_id = a.scope;
	} else {
		name.sin6_addr.s6_addr[10] = name.sin6_addr.s6_addr[11] = 0xff;
		memcpy(&name.sin6_addr.s6_addr[12], a.ip, 4);
	}
	return name;
}

static struct sockaddr_in v4_name(const char *ip, uint16_t port)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct addr a;

	assert_true(addr_parse(view_of(ip), &a));
	memcpy(&name.sin_addr, a.ip, 4);
	return name;
}

/* -1 where this host has no such address family or address. */
static int open_socket(int type, const char *ip, unsigned how)
{
	bool v6 = (how & IN_V6) != 0;
	struct sockaddr_in6 name6 = v6_name(ip, 0);
	struct sockaddr_in name4 = v4_name(ip, 0);
	const struct sockaddr *name = v6 ? (struct sockaddr *)&name6 : (struct sockaddr *)&name4;
	socklen_t n = v6 ? sizeof(name6) : sizeof(name4);
	int only = (how & V6ONLY) != 0, fd = socket(v6 ? AF_INET6 : AF_INET, type, 0);

	if (fd < 0)
		return -1;
	if (v6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	if ((how & DEVICE) != 0 && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) != 0)
		goto impossible;
	if (bind(fd, name, n) != 0)
		goto impossible;
	if ((how & LISTENING) != 0)
		assert_int_equal(listen(fd, 1), 0);
	name6.sin6_port = name4.sin_port = htons(9);
	if ((how & CONNECTED) != 0)
		assert_int_equal(connect(fd, name, n), 0);
	return fd;
impossible:
	close(fd);
	return -1;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in6 name = { .sin6_port = 0 };
	socklen_t n = sizeof(name);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &n), 0);
	return ntohs(name.sin6_port);
}

struct row {
	int type;
	const char *ip;
	unsigned how;
	const char *seen; /* family:address; NULL = not in the list */
	bool any, takes_4, takes_6;
};

static void check_row(const struct row *row)
{
	char text[ADDR_TEXT_MAX] = "";
	struct wr w = wr_over(text, sizeof(text) - 1);
	bool tcp = row->type == SOCK_STREAM;
	int fd = open_socket(row->type, row->ip, row->how);

	if (fd < 0) {
		print_message("no %s here\n", row->ip);
		return;
	}
	struct search search = find(fd, tcp);
	const struct local_socket *socket = &search.socket;
	assert_int_equal(search.hits, row->seen != NULL);
	assert_int_equal(find(fd, !tcp).hits, 0);
	if (search.hits == 1) {
		wr_ip(&w, &socket->addr);
		assert_string_equal(text, row->seen);
		assert_int_equal(socket->addr.port, port_of(fd));
		assert_int_equal(socket->tcp, tcp);
		assert_int_equal(socket->any, row->any);
		assert_int_equal(socket->v6only, row->takes_6 && !row->takes_4);
		assert_int_equal(socket->connected, (row->how & CONNECTED) != 0);
		assert_int_equal(socket->interface,
				 (row->how & DEVICE) != 0 ? if_nametoindex("lo") : 0);
		assert_int_equal(socket->uid, getuid());
		assert_int_equal(local_socket_takes(socket, 4), row->takes_4);
		assert_int_equal(local_socket_takes(socket, 6), row->takes_6);
	}
	close(fd);
}

static void each_kind_of_socket_is_seen_as_what_it_is(void **state)
{
	static const struct row rows[] = {
		{ SOCK_DGRAM, "127.0.0.1", 0, "127.0.0.1", false, true, false },
		{ SOCK_DGRAM, "127.9.8.7", 0, "127.9.8.7", false, true, false },
		{ SOCK_DGRAM, "0.0.0.0", 0, "0.0.0.0", true, true, false },
		{ SOCK_DGRAM, "0.0.0.0", DEVICE, "0.0.0.0", true, true, false },
		{ SOCK_DGRAM, "127.0.0.1", CONNECTED, "127.0.0.1", false, true, false },
		{ SOCK_DGRAM, "::", IN_V6, "::", true, true, true },
		{ SOCK_DGRAM, "::", IN_V6 | V6ONLY, "::", true, false, true },
		{ SOCK_DGRAM, "::1", IN_V6, "::1", false, false, true },
		{ SOCK_DGRAM, "::1", IN_V6 | CONNECTED, "::1", false, false, true },
		{ SOCK_DGRAM, "127.0.0.1", IN_V6, "127.0.0.1", false, true, false },
		{ SOCK_DGRAM, "0.0.0.0", IN_V6, "0.0.0.0", true, true, false },
		{ SOCK_DGRAM, "127.0.0.1", IN_V6 | CONNECTED, "127.0.0.1", false, true, false },
		{ SOCK_STREAM, "127.0.0.1", LISTENING, "127.0.0.1", false, true, false },
		{ SOCK_STREAM, "0.0.0.0", LISTENING | DEVICE, "0.0.0.0", true, true, false },
		{ SOCK_STREAM, "127.0.0.1", 0, NULL, false, false, false },
		{ SOCK_STREAM, "::", IN_V6 | LISTENING, "::", true, true, true },
		{ SOCK_STREAM, "::", IN_V6 | LISTENING | V6ONLY, "::", true, false, true },
		{ SOCK_STREAM, "::1", IN_V6 | LISTENING, "::1", false, false, true },
		{ SOCK_STREAM, "127.0.0.1", IN_V6 | LISTENING, "127.0.0.1", false, true, false },
		{ SOCK_STREAM, "::", IN_V6, NULL, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < CASES(rows); i++)
		check_row(&rows[i]);
}

/* Where an interface of this host has a link-local address. */
static void a_link_local_address_has_its_interface(void **state)
{
	FILE *file = fopen("/proc/net/if_inet6", "r");
	char line[128], ip[48] = "", text[ADDR_TEXT_MAX] = "";
	struct wr w = wr_over(text, sizeof(text) - 1);

	(void)state;
	while (file != NULL && ip[0] == '\0' && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "fe80", 4) == 0)
			snprintf(ip, sizeof(ip), "fe80::%.4s:%.4s:%.4s:%.4s%%%lu", line + 16,
				 line + 20, line + 24, line + 28, strtoul(line + 33, NULL, 16));
	if (file != NULL)
		fclose(file);
	int fd = ip[0] != '\0' ? open_socket(SOCK_DGRAM, ip, IN_V6) : -1;
	if (fd < 0)
		skip();
	struct local_socket socket = find(fd, false).socket;
	struct addr wanted;
	assert_true(addr_parse(view_of(ip), &wanted));
	wr_ip(&w, &socket.addr);
	print_message("%s\n", text);
	assert_true(addr_same_ip(&socket.addr, &wanted));
	assert_int_equal(socket.interface, wanted.scope);
	close(fd);
}

static void a_connection_is_no_listener(void **state)
{
	int listener = open_socket(SOCK_STREAM, "127.0.0.1", LISTENING);
	struct sockaddr_in name = v4_name("127.0.0.1", port_of(listener));
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(find(fd, true).hits, 0);
	assert_int_equal(find(listener, true).hits, 1);
	close(fd);
	close(listener);
}

static void a_socket_without_port_is_not_told(void **state)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)state;
	assert_int_equal(find(fd, false).hits, 0);
	close(fd);
}

struct crowd {
	bool seen[MAX_FD];
	uint16_t port[MAX_FD];
	unsigned hits, wrong;
	uint32_t first;
	const uint32_t *inode;
};

static void on_crowd(void *ctx, const struct local_socket *socket)
{
	struct crowd *crowd = ctx;

	for (size_t i = 0; i < MANY; i++)
		if (crowd->inode[i] == socket->inode) {
			crowd->hits++;
			crowd->wrong += crowd->seen[i] || crowd->port[i] != socket->addr.port;
			crowd->seen[i] = true;
		}
}

static void five_thousand_sockets_are_found_once_each(void **state)
{
	static struct crowd crowd;
	static uint32_t inode[MANY];
	static int fd[MANY];
	struct rlimit old, more;
	char why[WHY_MAX] = "";

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	more = old;
	more.rlim_cur = old.rlim_max;
	setrlimit(RLIMIT_NOFILE, &more);
	if (more.rlim_cur < MANY + 64)
		skip();
	for (size_t i = 0; i < MANY; i++) {
		fd[i] = open_socket(SOCK_DGRAM, "127.0.0.1", 0);
		assert_true(fd[i] >= 0);
		inode[i] = inode_of(fd[i]);
		crowd.port[i] = port_of(fd[i]);
	}
	crowd.inode = inode;
	assert_true(local_sockets(false, on_crowd, &crowd, why, sizeof(why)));
	for (size_t i = 0; i < MANY; i++)
		close(fd[i]);
	setrlimit(RLIMIT_NOFILE, &old);
	assert_int_equal(crowd.hits, MANY);
	assert_int_equal(crowd.wrong, 0);
}

static void changed(struct nlmsghdr *header)
{
	header->nlmsg_flags |= NLM_F_DUMP_INTR;
}

static void no_module(struct nlmsghdr *header)
{
	int error = -ENOENT;

	header->nlmsg_type = NLMSG_DONE;
	memcpy(header + 1, &error, sizeof(error));
}

static void refused(struct nlmsghdr *header)
{
	struct nlmsgerr error = { .error = -EPERM };

	header->nlmsg_type = NLMSG_ERROR;
	header->nlmsg_len = sizeof(*header) + sizeof(error);
	memcpy(header + 1, &error, sizeof(error));
}

static void other_message(struct nlmsghdr *header)
{
	header->nlmsg_type++;
}

static void too_short(struct nlmsghdr *header)
{
	header->nlmsg_len = sizeof(*header) + 71;
}

static void other_family(struct nlmsghdr *header)
{
	*(unsigned char *)(header + 1) = AF_UNIX;
}

static void other_question(struct nlmsghdr *header)
{
	header->nlmsg_seq++;
}

/* Our own socket is there, so that there is something to damage. */
static void a_list_that_is_not_whole_is_no_list(void **state)
{
	static const struct {
		void (*damage)(struct nlmsghdr *header);
		unsigned spared, times;
		int error;
		const char *why; /* NULL = told in the end */
	} cases[] = {
		{ changed, 0, 4, 0, NULL },
		{ changed, 0, 5, 0,
		  "cannot list the UDP sockets: they changed in each of 5 tries" },
		{ no_module, 0, 1, 0,
		  "cannot list the UDP sockets: this kernel has no module udp_diag" },
		{ changed, 1, 1, 0, NULL },
		{ no_module, 1, 1, 0,
		  "cannot list the UDP sockets: this kernel has no module udp_diag" },
		{ refused, 0, 1, 0, "cannot list the UDP sockets: Operation not permitted" },
		{ other_message, 0, 1, 0, "cannot list the UDP sockets: Protocol error" },
		{ too_short, 0, 1, 0, "cannot list the UDP sockets: Protocol error" },
		{ other_family, 0, 1, 0, "cannot list the UDP sockets: Protocol error" },
		{ other_question, 0, 1, 0, "cannot list the UDP sockets: Protocol error" },
		{ NULL, 0, 1, ENOBUFS, "cannot list the UDP sockets: No buffer space available" },
		{ NULL, 0, 4, EINTR, NULL },
	};
	int fd = open_socket(SOCK_DGRAM, "127.0.0.1", 0);

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct search search = { .inode = inode_of(fd) };
		char why[WHY_MAX] = "";
		fault.damage = cases[i].damage;
		fault.spared = cases[i].spared;
		fault.times = cases[i].times;
		fault.error = cases[i].error;
		bool told = local_sockets(false, on_found, &search, why, sizeof(why));
		assert_int_equal(fault.times, 0);
		assert_string_equal(why, cases[i].why != NULL ? cases[i].why : "");
		assert_int_equal(told, cases[i].why == NULL);
		assert_int_equal(search.hits, told ? 1 : 0);
		assert_true(told || search.all == 0);
	}
	close(fd);
}

static void without_a_descriptor_there_is_a_reason(void **state)
{
	struct search search = { .inode = 0 };
	struct rlimit old, none;
	char why[WHY_MAX] = "",
	     tight[sizeof("cannot list the TCP sockets: Too many open files") - 1];

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	bool told = local_sockets(true, on_found, &search, why, sizeof(why));
	bool told_tight = local_sockets(true, on_found, &search, tight, sizeof(tight));
	setrlimit(RLIMIT_NOFILE, &old);
	assert_false(told || told_tight);
	assert_int_equal(search.all, 0);
	assert_string_equal(why, "cannot list the TCP sockets: Too many open files");
	assert_string_equal(tight, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_socket_is_seen_as_what_it_is),
		cmocka_unit_test(a_link_local_address_has_its_interface),
		cmocka_unit_test(a_connection_is_no_listener),
		cmocka_unit_test(a_socket_without_port_is_not_told),
		cmocka_unit_test(five_thousand_sockets_are_found_once_each),
		cmocka_unit_test(a_list_that_is_not_whole_is_no_list),
		cmocka_unit_test(without_a_descriptor_there_is_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
