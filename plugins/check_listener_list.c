/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of a host's listeners. */
#include "check_listener.h"

#include <stdlib.h>
#include <string.h>

void listener_add(struct host *host, const struct listener *listener)
{
	if (host->count == host->cap) {
		host->cap = host->cap == 0 ? 16 : 2 * host->cap;
		host->listener = mem_resize(host->listener, host->cap, sizeof(*host->listener));
	}
	host->listener[host->count++] = *listener;
}

static int compare(const void *left, const void *right)
{
	const struct listener *a = left, *b = right;
	int order = (int)a->tcp - (int)b->tcp;

	if (order == 0)
		order = (int)a->addr.port - (int)b->addr.port;
	if (order == 0)
		order = (int)a->connected - (int)b->connected;
	if (order == 0)
		order = (int)a->addr.family - (int)b->addr.family;
	if (order == 0)
		order = memcmp(a->addr.ip, b->addr.ip, sizeof(a->addr.ip));
	if (order == 0)
		order = (a->uid > b->uid) - (a->uid < b->uid);
	return order;
}

static bool same_holders(const struct holder *a, const struct holder *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next)
		if (!view_eq(a->name, b->name) || !view_eq(a->path, b->path) || a->uid != b->uid ||
		    !view_eq(view_of(a->unit), view_of(b->unit)))
			return false;
	return a == NULL && b == NULL;
}

/* Sockets that share address and port (SO_REUSEPORT) and belong to the same. */
static bool is_alike(const struct listener *a, const struct listener *b)
{
	return compare(a, b) == 0 && a->addr.scope == b->addr.scope && a->known == b->known &&
	       a->v6only == b->v6only && same_holders(a->holder, b->holder) &&
	       view_eq(view_of(a->unit), view_of(b->unit));
}

void listener_settle(struct host *host)
{
	size_t kept = 0;

	if (host->count > 0)
		qsort(host->listener, host->count, sizeof(*host->listener), compare);
	for (size_t i = 0; i < host->count; i++) {
		if (kept > 0 && is_alike(&host->listener[kept - 1], &host->listener[i]))
			host->listener[kept - 1].sockets += host->listener[i].sockets;
		else
			host->listener[kept++] = host->listener[i];
	}
	host->count = kept;
}
