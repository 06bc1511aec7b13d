/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Batches by recvmmsg and sendmmsg; see sim_udp.h. */
#define _GNU_SOURCE
#include "sim_udp.h"

#include <errno.h>
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

/* The address a datagram was sent to; `local` keeps its port. */
static void control_read(struct msghdr *h, union addr *local)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(h);

	if (c != NULL && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		local->v4.sin_addr = info.ipi_spec_dst;
	} else if (c != NULL && c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
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

void udp_read(struct udp *udp, const struct flow *base,
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
	int n = recvmmsg(base->udp, in->msg, BATCH, MSG_DONTWAIT, NULL);

	for (int i = 0; i < n; i++) {
		struct msghdr *h = &in->msg[i].msg_hdr;
		struct flow flow = *base;

		flow.peer = in->addr[i];
		control_read(h, &flow.local);
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
