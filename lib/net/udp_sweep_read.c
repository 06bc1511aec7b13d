/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What comes back to a sweep: replies, ICMP errors, drops; see udp_sweep.h.
 *
 * Replies and ICMP errors share the receive buffer.  For a reply without room the kernel counts a
 * drop; an ICMP error (sock_queue_err_skb) just vanishes.  The buffer only grows between two reads,
 * so its level just before a read tells whether an error can have been lost.
 */
#define _GNU_SOURCE
#include "net/udp_sweep_run.h"

#include <linux/sock_diag.h>

enum { ERROR_ROOM_BYTES = 8192 }; /* what an ICMP error may take in the receive buffer */

/* A link-local address may go without its interface where that of the other is known. */
static bool same_host(const struct addr *a, struct addr b)
{
	if (a->scope == 0 || b.scope == 0)
		b.scope = a->scope;
	return addr_same_ip(a, &b);
}

static bool was_asked(const struct sweep_flow *flow, const struct addr *peer)
{
	return same_host(&flow->sweep->peer, *peer) && port_set_has(&flow->sent, peer->port);
}

void sweep_note_drops(struct sweep_flow *flow)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t length = sizeof(info);

	if (getsockopt(flow->fd, SOL_SOCKET, SO_MEMINFO, info, &length) != 0)
		return;
	uint64_t size = info[SK_MEMINFO_RCVBUF], used = info[SK_MEMINFO_RMEM_ALLOC];
	uint64_t room = size / 8 > ERROR_ROOM_BYTES ? size / 8 : ERROR_ROOM_BYTES;
	if (used > 0 && used + room > size)
		flow->crowded++;
	flow->sweep->dropped = (uint64_t)info[SK_MEMINFO_DROPS] + flow->crowded;
}

/* Reads one batch of datagrams, or of errors with MSG_ERRQUEUE. A read of datagrams may first return
 * the last error, whose details are in the error queue. */
static unsigned receive(struct sweep_run *run, int fd, int flags)
{
	struct sweep_batch *in = &run->in;
	int n = -1;

	for (size_t i = 0; i < SWEEP_BATCH; i++) {
		in->iov[i] = (struct iovec){ run->slots + i * SWEEP_SLOT_BYTES, SWEEP_SLOT_BYTES };
		in->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &in->name[i],
			.msg_namelen = sizeof(in->name[i]),
			.msg_iov = &in->iov[i],
			.msg_iovlen = 1,
			.msg_control = in->control[i],
			.msg_controllen = sizeof(in->control[i]),
		};
	}
	for (unsigned tries = 0; tries < 2 && n < 0; tries++)
		n = recvmmsg(fd, in->msg, SWEEP_BATCH, flags | MSG_DONTWAIT, NULL);
	return n > 0 ? (unsigned)n : 0;
}

static struct view received(const struct sweep_run *run, unsigned i)
{
	return (struct view){ run->in.iov[i].iov_base, run->in.msg[i].msg_len };
}

/* On our own host a sweep may come across a port that one of our sockets has. We could bind it, so
 * nobody listened there. */
static bool is_own(struct sweep_run *run, const struct sweep_flow *flow, const struct addr *from,
		   int64_t now_us)
{
	for (size_t i = 0; i < run->count; i++) {
		const struct sweep_flow *asker = &run->flows[i];
		uint16_t port = flow->sweep->trace.local.port;
		if (!addr_eq(from, &asker->sweep->trace.local))
			continue;
		if (asker->fd >= 0 && port_set_has(&asker->sent, port))
			sweep_on_icmp(asker->sweep->plan, port, true, now_us);
		return true;
	}
	return false;
}

static void on_reply(struct sweep_run *run, const struct sweep_flow *flow, unsigned i,
		     int64_t now_us)
{
	struct udp_sweep *sweep = flow->sweep;
	struct addr from = sock_addr_read(&run->in.name[i]);
	struct view reply = received(run, i);

	if (is_own(run, flow, &from, now_us))
		return;
	if (!was_asked(flow, &from)) {
		if (sweep->stray++ == 0)
			sweep->stranger = from;
		return;
	}
	enum media_kind kind = media_classify(reply, sweep->payload);
	if (sweep->kind[from.port] == 0 || kind == MEDIA_RTP)
		sweep->kind[from.port] = (uint8_t)(1 + kind);
	sweep_on_reply(sweep->plan, from.port, now_us);
}

static void book_reject(struct udp_sweep *sweep, const struct icmp *icmp, uint16_t port)
{
	for (size_t i = 0; i < sweep->rejects; i++) {
		struct sweep_reject *r = &sweep->reject[i];
		if (r->icmp.type == icmp->type && r->icmp.code == icmp->code &&
		    addr_same_ip(&r->icmp.offender, &icmp->offender)) {
			r->count++;
			return;
		}
	}
	if (sweep->rejects < SWEEP_REJECTS)
		sweep->reject[sweep->rejects++] = (struct sweep_reject){ *icmp, 1, port };
	else
		sweep->rejects_more++;
}

/* 0, or the error of our own kernel that makes the socket useless. An ICMP error counts only when
 * what it quotes is ours; a router may quote no payload at all. */
static int on_error(struct sweep_run *run, struct sweep_flow *flow, unsigned i, int64_t now_us)
{
	struct udp_sweep *sweep = flow->sweep;
	struct addr peer = sock_addr_read(&run->in.name[i]);
	struct view quoted = received(run, i);
	struct sock_error e;

	if (!sock_error_read(&run->in.msg[i].msg_hdr, &e) || !was_asked(flow, &peer))
		return 0;
	enum fault fault = sock_error_fault(&e);
	if (fault == FAULT_NONE)
		return 0;
	if (e.quoted_bytes > 0)
		quoted = view_first(quoted, e.quoted_bytes);
	if (!view_starts(sweep->payload, view_first(quoted, sweep->payload.n)))
		return 0;
	if (e.family == 0)
		return e.error;
	bool closed = fault == FAULT_REFUSED && same_host(&sweep->peer, e.icmp.offender);
	if (!closed)
		book_reject(sweep, &e.icmp, peer.port);
	sweep_on_icmp(sweep->plan, peer.port, closed, now_us);
	return 0;
}

/* One batch of each queue. Replies first: an ICMP error may prove that others were silent. */
unsigned sweep_read(struct sweep_run *run, struct sweep_flow *flow, int *error)
{
	sweep_note_drops(flow);
	unsigned replies = receive(run, flow->fd, 0);
	int64_t now_us = engine_clock_us();
	for (unsigned i = 0; i < replies; i++)
		on_reply(run, flow, i, now_us);
	unsigned errors = receive(run, flow->fd, MSG_ERRQUEUE);
	now_us = engine_clock_us();
	for (unsigned i = 0; i < errors; i++) {
		int own = on_error(run, flow, i, now_us);
		*error = own != 0 ? own : *error;
	}
	return replies > errors ? replies : errors;
}
