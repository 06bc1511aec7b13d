/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of both families; see sim_flow.h. */
#define _GNU_SOURCE
#include "sim_flow.h"

#include <arpa/inet.h>
#include <stdio.h>

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

const char *addr_host(const union addr *a, char *text)
{
	const void *bytes = a->sa.sa_family == AF_INET6 ? (const void *)&a->v6.sin6_addr
							: (const void *)&a->v4.sin_addr;

	if (inet_ntop(a->sa.sa_family, bytes, text, ADDR_TEXT_BYTES) == NULL)
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
