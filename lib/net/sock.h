/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all channels share: addresses as the kernel wants them, new sockets, and its errors as
 * faults. Private to lib/net. */
#ifndef NET_SOCK_H
#define NET_SOCK_H

#include "net/trace.h"

#include <netinet/in.h>
#include <sys/socket.h>

union sock_addr {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

socklen_t sock_addr_write(union sock_addr *out, const struct addr *a);
struct addr sock_addr_read(const union sock_addr *from);

/* FAULT_LOCAL with words for a pair of addresses that cannot work, which the kernel would only call an
 * invalid argument; `source` of family 0 = any. */
enum fault sock_check(struct trace *trace, const struct addr *source, const struct addr *peer);
/* Non-blocking, with ICMP errors queued. Bound to `source` unless its family is 0; a datagram socket
 * always has its port. Negative errno on failure: ENOPROTOOPT when the kernel queues no errors. */
int sock_open(int type, uint8_t family, const struct addr *source);
/* The same without the queue: an ICMP error is only the errno of a call on the connected socket. */
int sock_open_plain(int type, uint8_t family, const struct addr *source);
/* Whether ICMP errors reach the socket's error queue. */
bool sock_queue_errors(int fd, uint8_t family, bool on);
struct addr sock_local(int fd);
/* Datagrams that did not fit the socket's receive buffer, so far. */
uint32_t sock_dropped(int fd);

/* Taken once for a batch of datagrams. */
struct sock_clock {
	int64_t now_us, offset_us; /* monotonic; from realtime to monotonic */
};

struct sock_clock sock_clock(void);
/* The kernel's receive time, monotonic; needs SO_TIMESTAMPNS. */
int64_t sock_received_us(struct msghdr *msg, const struct sock_clock *clock);

/* One entry of an error queue. */
struct sock_error {
	int error;
	uint8_t family;	       /* 4 ICMP, 6 ICMPv6, 0 our own kernel refused the packet */
	uint16_t quoted_bytes; /* of our payload, when more follows it (RFC 4884); else 0 */
	struct icmp icmp;
};

/* Room for the extended error, a receive time and what else may come with a message. */
enum { SOCK_CONTROL_BYTES = 192 };

/* `msg` as filled by a read of the error queue; false when it carries no error. */
bool sock_error_read(struct msghdr *msg, struct sock_error *out);
/* FAULT_NONE for what is no failure: a smaller path MTU. */
enum fault sock_error_fault(const struct sock_error *e);
enum fault sock_errno_fault(int error);
/* Notes what lies behind a fault, in words unless the fault says it all; returns the fault. */
enum fault sock_blame(struct trace *trace, const char *doing, int error);

#endif
