/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Batches by recvmmsg and sendmmsg; see sim_udp.h. */
#define _GNU_SOURCE
#include "sim_udp.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64
#define IN_BYTES 8192 /* a longer request is dropped */
#define OUT_BYTES ((size_t)512 * 1024)

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct batch {
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	union addr addr[BATCH];
	union control control[BATCH];
};

struct udp {
	struct batch in, out;
	unsigned out_count;
	size_t out_used;
	int out_fd;   /* the socket of what is queued */
	int other[2]; /* wildcard sockets, IPv4 and IPv6, for answers from a foreign port */
	char in_bytes[BATCH][IN_BYTES];
	char out_bytes[OUT_BYTES];
};

struct udp *udp_new(void)
{
	union addr any[2] = { { .v4 = { .sin_family = AF_INET } },
			      { .v6 = { .sin6_family = AF_INET6 } } };
	struct udp *udp = calloc(1, sizeof(*udp));

	for (int i = 0; udp != NULL && i < 2; i++)
		udp->other[i] = udp_open(&any[i]);
	return udp;
}

void udp_free(struct udp *udp)
{
	for (int i = 0; udp != NULL && i < 2; i++)
		if (udp->other[i] >= 0)
			close(udp->other[i]);
	free(udp);
}

static bool set_options(int fd, bool v6)
{
	int on = 1, bytes = 4 << 20;

	/* Without privilege the kernel grants what it grants. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (!v6)
		return setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) == 0;
	return setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) == 0 &&
	       setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0;
}

int udp_open(const union addr *addr)
{
	int fd = socket(addr->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && (!set_options(fd, addr->sa.sa_family == AF_INET6) ||
			bind(fd, &addr->sa, addr_len(addr)) != 0)) {
		int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

static unsigned interface_of(const union addr *addr)
{
	struct ifaddrs *all, *i;
	unsigned index = 0;

	if (getifaddrs(&all) != 0)
		return 0;
	for (i = all; i != NULL && index == 0; i = i->ifa_next) {
		union addr own = { .v6 = { .sin6_family = AF_UNSPEC } };

		if (i->ifa_addr != NULL && i->ifa_addr->sa_family == addr->sa.sa_family)
			memcpy(&own, i->ifa_addr, addr_len(addr));
		addr_set_port(&own, addr_port(addr));
		if (addr_same(&own, addr))
			index = if_nametoindex(i->ifa_name);
	}
	freeifaddrs(all);
	return index;
}

/* The interface by its index, or for IPv4 by an address of it. */
static bool join_one(int fd, const union addr *group, const union addr *of, unsigned index)
{
	struct ip_mreqn v4 = { .imr_multiaddr = group->v4.sin_addr, .imr_ifindex = (int)index };
	struct ipv6_mreq v6 = { .ipv6mr_multiaddr = group->v6.sin6_addr,
				.ipv6mr_interface = index };

	if (group->sa.sa_family == AF_INET6)
		return setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &v6, sizeof(v6)) == 0;
	if (index == 0)
		v4.imr_address = of->v4.sin_addr;
	return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &v4, sizeof(v4)) == 0;
}

static int join_all(int fd, const union addr *group)
{
	struct if_nameindex *all = if_nameindex();
	bool ok = false;

	for (size_t i = 0; all != NULL && all[i].if_index != 0; i++)
		ok = join_one(fd, group, NULL, all[i].if_index) || ok;
	if_freenameindex(all);
	return ok ? fd : -1;
}

int udp_join(int fd, const union addr *bound, const union addr *group)
{
	bool v6 = bound->sa.sa_family == AF_INET6;
	union addr to = *group;
	unsigned index = v6 ? interface_of(bound) : 0;
	int on = 1, off = 0;

	if (addr_is_any(bound))
		return join_all(fd, group);
	addr_set_port(&to, addr_port(bound));
	if (v6)
		to.v6.sin6_scope_id = index;
	else
		(void)setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &bound->v4.sin_addr,
				 sizeof(bound->v4.sin_addr));
	fd = socket(to.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* Only of that interface, not of all that another socket has joined. */
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (v6 || setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof(off)) == 0) &&
	    bind(fd, &to.sa, addr_len(&to)) == 0 && join_one(fd, &to, bound, index))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The address a datagram was sent to, the port stays; after a group, the one to answer from. */
static void control_read(struct msghdr *h, struct flow *flow)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(h);
	union addr *local = &flow->local;

	if (c != NULL && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		local->v4.sin_addr = info.ipi_spec_dst;
		flow->group = info.ipi_addr.s_addr != info.ipi_spec_dst.s_addr;
	} else if (c != NULL && c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		flow->group = IN6_IS_ADDR_MULTICAST(&info.ipi6_addr);
		if (!flow->group)
			local->v6.sin6_addr = info.ipi6_addr;
		local->v6.sin6_scope_id = info.ipi6_ifindex;
	}
}

static void control_write(struct msghdr *h, union control *control, const union addr *local)
{
	struct in_pktinfo v4 = { .ipi_spec_dst = local->v4.sin_addr };
	struct in6_pktinfo v6 = { .ipi6_addr = local->v6.sin6_addr,
				  .ipi6_ifindex = local->v6.sin6_scope_id };
	bool is_v6 = local->sa.sa_family == AF_INET6;
	size_t n = is_v6 ? sizeof(v6) : sizeof(v4);

	memset(control, 0, sizeof(*control));
	control->align = (struct cmsghdr){ .cmsg_len = CMSG_LEN(n),
					   .cmsg_level = is_v6 ? IPPROTO_IPV6 : IPPROTO_IP,
					   .cmsg_type = is_v6 ? IPV6_PKTINFO : IP_PKTINFO };
	memcpy(CMSG_DATA(&control->align), is_v6 ? (void *)&v6 : (void *)&v4, n);
	h->msg_control = control;
	h->msg_controllen = CMSG_SPACE(n);
}

void udp_read(struct udp *udp, int fd, const struct flow *base,
	      void (*on_datagram)(void *ctx, const struct flow *flow, struct span bytes), void *ctx)
{
	struct batch *in = &udp->in;

	for (size_t i = 0; i < BATCH; i++) {
		in->iov[i] = (struct iovec){ udp->in_bytes[i], IN_BYTES };
		in->msg[i].msg_hdr = (struct msghdr){ .msg_name = &in->addr[i],
						      .msg_namelen = sizeof(in->addr[i]),
						      .msg_iov = &in->iov[i],
						      .msg_iovlen = 1,
						      .msg_control = &in->control[i],
						      .msg_controllen = sizeof(in->control[i]) };
	}
	int n = recvmmsg(fd, in->msg, BATCH, MSG_DONTWAIT, NULL);

	for (int i = 0; i < n; i++) {
		struct msghdr *h = &in->msg[i].msg_hdr;
		struct flow flow = *base;

		flow.peer = in->addr[i];
		if (!flow.group)
			control_read(h, &flow);
		if ((h->msg_flags & MSG_TRUNC) == 0)
			on_datagram(ctx, &flow,
				    (struct span){ udp->in_bytes[i], in->msg[i].msg_len });
	}
}

void udp_flush(struct udp *udp)
{
	for (unsigned sent = 0; sent < udp->out_count;) {
		int n = sendmmsg(udp->out_fd, udp->out.msg + sent, udp->out_count - sent, 0);

		sent += n > 0 ? (unsigned)n : 1; /* one that cannot go is lost */
	}
	udp->out_count = 0;
	udp->out_used = 0;
}

void udp_queue(struct udp *udp, const struct flow *flow, const struct part *part)
{
	bool v6 = flow->local.sa.sa_family == AF_INET6;
	int fd = part->other ? udp->other[v6] : flow->udp;
	struct batch *out = &udp->out;

	if (part->bytes.n > UINT16_MAX || fd < 0)
		return;
	if (udp->out_count == BATCH || udp->out_used + part->bytes.n > OUT_BYTES ||
	    fd != udp->out_fd)
		udp_flush(udp);
	char *copy = udp->out_bytes + udp->out_used;
	unsigned i = udp->out_count++;
	struct msghdr *h = &out->msg[i].msg_hdr;

	if (part->bytes.n > 0)
		memcpy(copy, part->bytes.p, part->bytes.n);
	udp->out_used += part->bytes.n;
	udp->out_fd = fd;
	out->addr[i] = flow->peer;
	out->iov[i] = (struct iovec){ copy, part->bytes.n };
	*h = (struct msghdr){ .msg_name = &out->addr[i],
			      .msg_namelen = addr_len(&flow->peer),
			      .msg_iov = &out->iov[i],
			      .msg_iovlen = 1 };
	control_write(h, &out->control[i], &flow->local);
}
