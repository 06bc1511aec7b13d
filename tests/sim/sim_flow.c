/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of both families; see sim_flow.h. */
#define _GNU_SOURCE
#include "sim_flow.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

socklen_t addr_len(const union addr *a)
{
	return a->sa.sa_family == AF_INET6 ? sizeof(a->v6) : sizeof(a->v4);
}

uint16_t addr_port(const union addr *a)
{
	return ntohs(a->sa.sa_family == AF_INET6 ? a->v6.sin6_port : a->v4.sin_port);
}

void addr_set_port(union addr *a, uint16_t port)
{
	if (a->sa.sa_family == AF_INET6)
		a->v6.sin6_port = htons(port);
	else
		a->v4.sin_port = htons(port);
}

void addr_next(union addr *a)
{
	uint8_t *last = a->sa.sa_family == AF_INET6 ? &a->v6.sin6_addr.s6_addr[15]
						    : (uint8_t *)&a->v4.sin_addr.s_addr + 3;

	*last = (uint8_t)(*last + 1);
}

static const void *addr_bytes(const union addr *a, size_t *n)
{
	bool v6 = a->sa.sa_family == AF_INET6;

	*n = v6 ? sizeof(a->v6.sin6_addr) : sizeof(a->v4.sin_addr);
	return v6 ? (const void *)&a->v6.sin6_addr : (const void *)&a->v4.sin_addr;
}

bool addr_same(const union addr *a, const union addr *b)
{
	size_t n;
	const void *bytes = addr_bytes(a, &n);

	return a->sa.sa_family == b->sa.sa_family && addr_port(a) == addr_port(b) &&
	       memcmp(bytes, addr_bytes(b, &n), n) == 0;
}

bool addr_is_any(const union addr *a)
{
	union addr any = { .v6 = { .sin6_family = AF_INET6 } };

	if (a->sa.sa_family == AF_INET)
		any = (union addr){ .v4 = { .sin_family = AF_INET } };
	addr_set_port(&any, addr_port(a));
	return addr_same(a, &any);
}

const char *addr_host(const union addr *a, char *text)
{
	size_t n;

	if (inet_ntop(a->sa.sa_family, addr_bytes(a, &n), text, ADDR_TEXT_BYTES) == NULL)
		text[0] = '\0';
	return text;
}

const char *addr_text(const union addr *a, char *text)
{
	char host[ADDR_TEXT_BYTES - 8];
	bool v6 = a->sa.sa_family == AF_INET6;

	snprintf(host, sizeof(host), "%s", addr_host(a, text));
	snprintf(text, ADDR_TEXT_BYTES, v6 ? "[%s]:%u" : "%s:%u", host, (unsigned)addr_port(a));
	return text;
}
