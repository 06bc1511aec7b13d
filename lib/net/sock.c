/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sockets and their errors; see sock.h. */
#define _GNU_SOURCE
#include "net/sock.h"

#include "net/engine.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h>
#include <linux/sock_diag.h>

/* Linux 5.9, newer than some headers. */
enum { RECVERR_RFC4884 = 26, RECVERR_RFC4884_V6 = 31 };

socklen_t sock_addr_write(union sock_addr *out, const struct addr *a)
{
	memset(out, 0, sizeof(*out));
	if (a->family == 4) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(a->port);
		memcpy(&out->v4.sin_addr, a->ip, 4);
		return sizeof(out->v4);
	}
	out->v6.sin6_family = AF_INET6;
	out->v6.sin6_port = htons(a->port);
	out->v6.sin6_scope_id = a->scope;
	memcpy(&out->v6.sin6_addr, a->ip, 16);
	return sizeof(out->v6);
}

struct addr sock_addr_read(const union sock_addr *from)
{
	struct addr a = { .family = 0 };

	if (from->any.sa_family == AF_INET) {
		a.family = 4;
		a.port = ntohs(from->v4.sin_port);
		memcpy(a.ip, &from->v4.sin_addr, 4);
	} else if (from->any.sa_family == AF_INET6) {
		a.family = 6;
		a.port = ntohs(from->v6.sin6_port);
		a.scope = from->v6.sin6_scope_id;
		memcpy(a.ip, &from->v6.sin6_addr, 16);
	}
	return a;
}

static bool set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

bool sock_queue_errors(int fd, uint8_t family, bool on)
{
	if (family == 4) {
		set_option(fd, IPPROTO_IP, RECVERR_RFC4884, on);
		return set_option(fd, IPPROTO_IP, IP_RECVERR, on);
	}
	set_option(fd, IPPROTO_IPV6, RECVERR_RFC4884_V6, on);
	return set_option(fd, IPPROTO_IPV6, IPV6_RECVERR, on);
}

static bool bind_source(int fd, int type, uint8_t family, const struct addr *source)
{
	union sock_addr name;
	struct addr any = { .family = family };

	if (source->family != 0)
		any = *source;
	else if (type == SOCK_STREAM)
		return true;
	any.port = 0;
	socklen_t length = sock_addr_write(&name, &any);
	return bind(fd, &name.any, length) == 0;
}

static bool lacks_scope(const struct addr *a)
{
	return a->family == 6 && a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80 && a->scope == 0;
}

enum fault sock_check(struct trace *trace, const struct addr *source, const struct addr *peer)
{
	static const struct addr broadcast = { .ip = { 255, 255, 255, 255 }, .family = 4 };
	struct wr why = wr_over(trace->why, sizeof(trace->why) - 1);

	if (source->family != 0 && source->family != peer->family)
		wr_fmt(&why, "the source address is IPv%u, the target IPv%u", source->family,
		       peer->family);
	else if (lacks_scope(source) || (lacks_scope(peer) && source->scope == 0))
		wr_str(&why, "a link-local address needs its interface, as in fe80::1%eth0");
	else if (addr_same_ip(peer, &broadcast))
		wr_str(&why, "255.255.255.255 is a broadcast address");
	return why.n > 0 ? FAULT_LOCAL : FAULT_NONE;
}

int sock_open_plain(int type, uint8_t family, const struct addr *source)
{
	int fd = socket(family == 4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (bind_source(fd, type, family, source))
		return fd;
	int error = errno;
	close(fd);
	return -error;
}

int sock_open(int type, uint8_t family, const struct addr *source)
{
	int fd = sock_open_plain(type, family, source);

	if (fd < 0 || sock_queue_errors(fd, family, true))
		return fd;
	close(fd);
	return -ENOPROTOOPT;
}

struct addr sock_local(int fd)
{
	union sock_addr name = { .any.sa_family = AF_UNSPEC };
	socklen_t length = sizeof(name);

	if (getsockname(fd, &name.any, &length) != 0)
		name.any.sa_family = AF_UNSPEC;
	return sock_addr_read(&name);
}

uint32_t sock_dropped(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t length = sizeof(info);

	return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &length) == 0 ? info[SK_MEMINFO_DROPS]
									  : 0;
}

struct sock_clock sock_clock(void)
{
	struct sock_clock clock = { .now_us = engine_clock_us() };
	struct timespec real;

	clock_gettime(CLOCK_REALTIME, &real);
	clock.offset_us = clock.now_us - (real.tv_sec * INT64_C(1000000) + real.tv_nsec / 1000);
	return clock;
}

int64_t sock_received_us(struct msghdr *msg, const struct sock_clock *clock)
{
	int64_t at_us = clock->now_us;
	struct timespec t;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&t, CMSG_DATA(c), sizeof(t));
			at_us = t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000 + clock->offset_us;
		}
	return at_us < clock->now_us ? at_us : clock->now_us;
}

bool sock_error_read(struct msghdr *msg, struct sock_error *out)
{
	struct sock_extended_err e;
	union sock_addr offender;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		bool ours = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
			    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
		if (!ours || c->cmsg_len < CMSG_LEN(sizeof(e) + sizeof(offender.v4)))
			continue;
		memset(&offender, 0, sizeof(offender));
		size_t n = c->cmsg_len - CMSG_LEN(sizeof(e));
		memcpy(&e, CMSG_DATA(c), sizeof(e));
		memcpy(&offender, CMSG_DATA(c) + sizeof(e),
		       n < sizeof(offender) ? n : sizeof(offender));
		*out = (struct sock_error){ .error = (int)e.ee_errno };
		if (e.ee_origin == SO_EE_ORIGIN_ICMP || e.ee_origin == SO_EE_ORIGIN_ICMP6)
			out->family = e.ee_origin == SO_EE_ORIGIN_ICMP ? 4 : 6;
		if (out->family != 0) /* struct sock_ee_data_rfc4884 begins with the length */
			memcpy(&out->quoted_bytes, &e.ee_data, sizeof(out->quoted_bytes));
		if (out->family != 0)
			out->icmp = (struct icmp){ true, e.ee_type, e.ee_code,
						   sock_addr_read(&offender) };
		return true;
	}
	return false;
}

enum fault sock_error_fault(const struct sock_error *e)
{
	static const struct {
		uint8_t family, type, code;
		enum fault fault;
	} known[] = {
		/* RFC 792, RFC 1812 5.2.7.1 */
		{ 4, 3, 3, FAULT_REFUSED },
		{ 4, 3, 4, FAULT_NONE },
		{ 4, 3, 9, FAULT_PROHIBITED },
		{ 4, 3, 10, FAULT_PROHIBITED },
		{ 4, 3, 13, FAULT_PROHIBITED },
		/* RFC 4443 3.1, 3.2 */
		{ 6, 1, 1, FAULT_PROHIBITED },
		{ 6, 1, 4, FAULT_REFUSED },
		{ 6, 1, 5, FAULT_PROHIBITED },
		{ 6, 1, 6, FAULT_PROHIBITED },
		{ 6, 2, 0, FAULT_NONE },
	};

	if (e->family == 0)
		return sock_errno_fault(e->error);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].family == e->family && known[i].type == e->icmp.type &&
		    known[i].code == e->icmp.code)
			return known[i].fault;
	return FAULT_UNREACHABLE;
}

enum fault sock_errno_fault(int error)
{
	static const struct {
		int error;
		enum fault fault;
	} known[] = {
		{ ECONNREFUSED, FAULT_REFUSED },
		{ EACCES, FAULT_PROHIBITED },
		{ EPERM, FAULT_PROHIBITED },
		{ EHOSTUNREACH, FAULT_UNREACHABLE },
		{ ENETUNREACH, FAULT_UNREACHABLE },
		{ EHOSTDOWN, FAULT_UNREACHABLE },
		{ ENETDOWN, FAULT_UNREACHABLE },
		{ ECONNRESET, FAULT_RESET },
		{ EPIPE, FAULT_RESET },
		{ ETIMEDOUT, FAULT_TIMEOUT },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].error == error)
			return known[i].fault;
	return FAULT_LOCAL;
}

enum fault sock_blame(struct trace *trace, const char *doing, int error)
{
	enum fault fault = sock_errno_fault(error);
	struct wr why = wr_over(trace->why, sizeof(trace->why) - 1);

	trace->error = error;
	if (fault == FAULT_PROHIBITED)
		wr_str(&why, "our own kernel refuses to send: local firewall, or a broadcast "
			     "address");
	else if (error == ENETUNREACH)
		wr_str(&why, "no route from this host");
	else if (fault == FAULT_LOCAL)
		wr_fmt(&why, "cannot %s: %s", doing, strerror(error));
	return fault;
}
