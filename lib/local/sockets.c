/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bound sockets from sock_diag(7): one dump per address family. Nothing is told before all was
 * read, so that a dump can be repeated and half a list never looks like a whole one.
 */
#define _GNU_SOURCE
#include "local/sockets.h"

#include "base/mem.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

enum { BUFFER_BYTES = 32768, TRIES = 5, SEQUENCE = 1 };

struct inventory {
	bool tcp;
	struct port_range ports;
	struct local_socket *socket;
	size_t count, cap;
};

static bool is_zero(const uint8_t *bytes, size_t n)
{
	uint8_t any = 0;

	for (size_t i = 0; i < n; i++)
		any |= bytes[i];
	return any == 0;
}

/* A socket of family 6 that is bound to an IPv4-mapped address takes IPv4 only (RFC 4291 2.5.5.2).
 * A link-local address says nothing without its interface. */
static void read_addr(struct addr *out, const struct inet_diag_msg *msg)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *ip = (const uint8_t *)msg->id.idiag_src;

	*out = (struct addr){ .family = 4, .port = ntohs(msg->id.idiag_sport) };
	if (msg->idiag_family == AF_INET) {
		memcpy(out->ip, ip, 4);
	} else if (memcmp(ip, mapped, sizeof(mapped)) == 0) {
		memcpy(out->ip, ip + sizeof(mapped), 4);
	} else {
		out->family = 6;
		memcpy(out->ip, ip, sizeof(out->ip));
		if (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80)
			out->scope = msg->id.idiag_if;
	}
}

static int on_attribute(const struct nlattr *attribute, void *ctx)
{
	struct local_socket *found = ctx;
	uint16_t type = mnl_attr_get_type(attribute);

	if (type == INET_DIAG_SKV6ONLY && mnl_attr_validate(attribute, MNL_TYPE_U8) == 0)
		found->v6only = mnl_attr_get_u8(attribute) != 0;
	if (type == INET_DIAG_CGROUP_ID && mnl_attr_validate(attribute, MNL_TYPE_U64) == 0)
		found->cgroup = mnl_attr_get_u64(attribute);
	return MNL_CB_OK;
}

static void append(struct inventory *all, const struct local_socket *found)
{
	if (all->count == all->cap) {
		all->cap = all->cap > 0 ? all->cap * 2 : 64;
		all->socket = mem_resize(all->socket, all->cap, sizeof(*found));
	}
	all->socket[all->count++] = *found;
}

static int on_socket(const struct nlmsghdr *header, void *ctx)
{
	struct inventory *all = ctx;
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(header);

	if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    mnl_nlmsg_get_payload_len(header) < sizeof(*msg) ||
	    (msg->idiag_family != AF_INET && msg->idiag_family != AF_INET6)) {
		errno = EPROTO;
		return MNL_CB_ERROR;
	}
	struct local_socket found = {
		.tcp = all->tcp,
		.connected = !all->tcp && msg->idiag_state == TCP_ESTABLISHED,
		.uid = msg->idiag_uid,
		.inode = msg->idiag_inode,
		.interface = msg->id.idiag_if,
	};
	read_addr(&found.addr, msg);
	found.any = is_zero(found.addr.ip, sizeof(found.addr.ip));
	mnl_attr_parse(header, sizeof(*msg), on_attribute, &found);
	found.v6only = found.addr.family == 6 && (found.v6only || !found.any);
	append(all, &found);
	return MNL_CB_OK;
}

/* NLMSG_ERROR and NLMSG_DONE both begin with a negative errno or 0. A dump that fails, for want of a
 * module too, ends with NLMSG_DONE; libmnl by itself would take it for the end of an empty list. */
static int on_end(const struct nlmsghdr *header, void *ctx)
{
	int32_t error = 0;

	(void)ctx;
	if (mnl_nlmsg_get_payload_len(header) >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(header), sizeof(error));
	if (error >= 0)
		return MNL_CB_STOP;
	errno = -error;
	return MNL_CB_ERROR;
}

/* A program for the kernel: each test takes two places, its code with the offsets in bytes to go on
 * at when it holds or not (4 behind the end: leave the socket out), and the port. */
static void put_ports(struct nlmsghdr *header, struct port_range ports)
{
	const struct inet_diag_bc_op tests[] = {
		{ INET_DIAG_BC_S_GE, 8, 20 },
		{ .no = ports.first },
		{ INET_DIAG_BC_S_LE, 8, 12 },
		{ .no = ports.last },
	};

	mnl_attr_put(header, INET_DIAG_REQ_BYTECODE, sizeof(tests), tests);
}

static bool ask(struct mnl_socket *netlink, const struct inventory *all, uint8_t family)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct inet_diag_req_v2 *request;

	header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header->nlmsg_seq = SEQUENCE;
	request = mnl_nlmsg_put_extra_header(header, sizeof(*request));
	request->sdiag_family = family;
	request->sdiag_protocol = all->tcp ? IPPROTO_TCP : IPPROTO_UDP;
	request->idiag_states = all->tcp ? 1u << TCP_LISTEN : UINT32_MAX;
	if (all->ports.first > 1 || all->ports.last < PORT_MAX)
		put_ports(header, all->ports);
	return mnl_socket_sendto(netlink, header, header->nlmsg_len) >= 0;
}

/* False with errno when the kernel did not tell all. */
static bool receive(struct mnl_socket *netlink, struct inventory *all)
{
	_Alignas(struct nlmsghdr) char buffer[BUFFER_BYTES];
	mnl_cb_t control[] = { [NLMSG_ERROR] = on_end, [NLMSG_DONE] = on_end };
	int status = MNL_CB_OK;

	while (status == MNL_CB_OK) {
		ssize_t n = mnl_socket_recvfrom(netlink, buffer, sizeof(buffer));
		if (n < 0)
			return false;
		status = mnl_cb_run2(buffer, (size_t)n, SEQUENCE, mnl_socket_get_portid(netlink),
				     on_socket, all, control, MNL_ARRAY_SIZE(control));
	}
	return status == MNL_CB_STOP;
}

/* 0 or an errno. */
static int dump_once(struct inventory *all, uint8_t family)
{
	struct mnl_socket *netlink = mnl_socket_open(NETLINK_SOCK_DIAG);
	int error = 0;

	if (netlink == NULL || mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) != 0 ||
	    !ask(netlink, all, family) || !receive(netlink, all))
		error = errno;
	if (netlink != NULL)
		mnl_socket_close(netlink);
	return error;
}

/* EINTR is libmnl's word for a dump that the kernel marked as inconsistent (NLM_F_DUMP_INTR). */
static int dump(struct inventory *all, uint8_t family)
{
	size_t before = all->count;
	int error = EINTR;

	for (unsigned i = 0; i < TRIES && error == EINTR; i++) {
		all->count = before;
		error = dump_once(all, family);
	}
	return error;
}

static void explain(int error, bool tcp, char *why, size_t cap)
{
	const char *name = tcp ? "TCP" : "UDP";
	struct wr w = wr_over(why, cap - 1);

	if (error == ENOENT)
		wr_fmt(&w, "cannot list the %s sockets: this kernel has no module %s_diag", name,
		       tcp ? "tcp" : "udp");
	else if (error == EINTR)
		wr_fmt(&w, "cannot list the %s sockets: they changed in each of %d tries", name,
		       TRIES);
	else
		wr_fmt(&w, "cannot list the %s sockets: %s", name, strerror(error));
	why[w.n] = '\0';
}

bool local_socket_takes(const struct local_socket *socket, uint8_t family)
{
	return socket->addr.family == family || (family == 4 && !socket->v6only);
}

bool local_sockets_within(bool tcp, struct port_range ports,
			  void (*found)(void *ctx, const struct local_socket *socket), void *ctx,
			  char *why, size_t cap)
{
	struct inventory all = { .tcp = tcp, .ports = ports };
	int error = dump(&all, AF_INET);

	if (error == 0)
		error = dump(&all, AF_INET6);
	if (error != 0)
		explain(error, tcp, why, cap);
	for (size_t i = 0; error == 0 && i < all.count; i++)
		found(ctx, &all.socket[i]);
	mem_free(all.socket);
	return error == 0;
}

bool local_sockets(bool tcp, void (*found)(void *ctx, const struct local_socket *socket), void *ctx,
		   char *why, size_t cap)
{
	struct port_range all = { .first = 1, .last = PORT_MAX };

	return local_sockets_within(tcp, all, found, ctx, why, cap);
}
