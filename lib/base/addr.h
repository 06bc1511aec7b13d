/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numeric network addresses as plain values, so that code without sockets can compare and print
 * them. */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include "base/bytes.h"

struct addr {
	uint8_t ip[16]; /* network order; IPv4 uses the first four bytes */
	uint32_t scope; /* interface index of a link-local IPv6 address */
	uint16_t port;	/* host order */
	uint8_t family; /* 4, 6, or 0 for none */
};

enum { ADDR_TEXT_MAX = 72 }; /* enough for wr_addr of any address */

/* 192.0.2.1, 2001:db8::1, [2001:db8::1], fe80::1%eth0; never a name. The port stays 0.
 * ::ffff:192.0.2.1 becomes the IPv4 address it stands for. */
bool addr_parse(struct view text, struct addr *out);
/* ::ffff:192.0.2.1 becomes 192.0.2.1: it is reached by IPv4 packets, and IPv4 errors come back (RFC
 * 4291 2.5.5.2). */
void addr_unmap(struct addr *a);
bool addr_eq(const struct addr *a, const struct addr *b);
/* Ports are not compared. */
bool addr_same_ip(const struct addr *a, const struct addr *b);
bool addr_is_loopback(const struct addr *a);
bool addr_is_multicast(const struct addr *a);
/* fe80::/10, which needs a scope. */
bool addr_is_link_local(const struct addr *a);
/* NULL, or why this cannot be the address of one host: "is a multicast address". */
const char *addr_why_no_host(const struct addr *a);
/* 2001:db8::1 */
void wr_ip(struct wr *w, const struct addr *a);
/* As in a URI: [2001:db8::1] */
void wr_ip_ref(struct wr *w, const struct addr *a);
/* 192.0.2.1:5060, [2001:db8::1]:5060 */
void wr_addr(struct wr *w, const struct addr *a);

#endif
