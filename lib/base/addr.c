/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numeric network addresses; see addr.h. */
#define _GNU_SOURCE
#include "base/addr.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

enum { LITERAL_MAX = INET6_ADDRSTRLEN };

static bool parse_scope(struct view text, uint32_t *scope)
{
	char name[IF_NAMESIZE] = "";
	uint64_t index;

	if (text_u64(text, UINT32_MAX, &index) && index > 0) {
		*scope = (uint32_t)index;
		return true;
	}
	if (text.n == 0 || text.n >= sizeof(name))
		return false;
	memcpy(name, text.p, text.n);
	*scope = if_nametoindex(name);
	return *scope != 0;
}

void addr_unmap(struct addr *a)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	if (a->family != 6 || memcmp(a->ip, prefix, sizeof(prefix)) != 0)
		return;
	memmove(a->ip, a->ip + sizeof(prefix), 4);
	memset(a->ip + 4, 0, sizeof(a->ip) - 4);
	a->family = 4;
}

bool addr_parse(struct view text, struct addr *out)
{
	char literal[LITERAL_MAX] = "";
	bool bracketed = view_take_char(&text, '[');
	struct addr a = { .family = 0 };

	if (bracketed && (text.n == 0 || text.p[--text.n] != ']'))
		return false;
	struct view scope = text;
	struct view ip = view_take_until(&scope, '%');
	if (ip.n == 0 || ip.n >= sizeof(literal) || view_find(ip, '\0') != ip.n)
		return false;
	memcpy(literal, ip.p, ip.n);
	if (!bracketed && inet_pton(AF_INET, literal, a.ip) == 1)
		a.family = 4;
	else if (inet_pton(AF_INET6, literal, a.ip) == 1)
		a.family = 6;
	if (a.family == 0)
		return false;
	addr_unmap(&a);
	if (ip.n < text.n && (a.family == 4 || !parse_scope(scope, &a.scope)))
		return false;
	*out = a;
	return true;
}

bool addr_same_ip(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && a->scope == b->scope &&
	       memcmp(a->ip, b->ip, a->family == 4 ? 4 : 16) == 0;
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
	return a->port == b->port && addr_same_ip(a, b);
}

bool addr_is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	return a->family == 4 ? a->ip[0] == 127 : memcmp(a->ip, one, sizeof(one)) == 0;
}

bool addr_is_multicast(const struct addr *a) /* RFC 5771 3, RFC 4291 2.7 */
{
	return a->family == 4 ? a->ip[0] >> 4 == 14 : a->ip[0] == 0xff;
}

bool addr_is_link_local(const struct addr *a)
{
	return a->family == 6 && a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80;
}

const char *addr_why_no_host(const struct addr *a)
{
	static const uint8_t all[4] = { 255, 255, 255, 255 }, none[16];
	bool v4 = a->family == 4;

	if (memcmp(a->ip, none, v4 ? 4 : 16) == 0) /* would reach this host */
		return "is no address of a host";
	if (v4 && memcmp(a->ip, all, sizeof(all)) == 0)
		return "is a broadcast address";
	if (addr_is_multicast(a))
		return "is a multicast address";
	return NULL;
}

void wr_ip(struct wr *w, const struct addr *a)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(a->family == 6 ? AF_INET6 : AF_INET, a->ip, text, sizeof(text));
	wr_str(w, text);
	if (a->scope != 0) {
		wr_byte(w, '%');
		wr_u64(w, a->scope);
	}
}

void wr_ip_ref(struct wr *w, const struct addr *a)
{
	if (a->family == 6)
		wr_byte(w, '[');
	wr_ip(w, a);
	if (a->family == 6)
		wr_byte(w, ']');
}

void wr_addr(struct wr *w, const struct addr *a)
{
	wr_ip_ref(w, a);
	wr_byte(w, ':');
	wr_u64(w, a->port);
}
