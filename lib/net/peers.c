/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hash table of peers; see peers.h. */
#define _GNU_SOURCE
#include "net/peers.h"

#include "base/mem.h"
#include "net/probe.h"

#include <string.h>

enum { BUCKETS_FIRST = 16 };

static struct peer_key **bucket_of(const struct peers *peers, const struct addr *a, uint16_t port)
{
	uint64_t word[2] = { 0, 0 };

	memcpy(word, a->ip, a->family == 4 ? 4 : 16);
	uint64_t h = (word[0] ^ ((uint64_t)port << 40)) * 0x9e3779b97f4a7c15;
	h = (h ^ (h >> 29) ^ word[1]) * 0xbf58476d1ce4e5b9;
	return &peers->bucket[(h >> 32) & (peers->buckets - 1)];
}

static void link_key(struct peers *peers, struct peer_key *key)
{
	struct peer_key **head = bucket_of(peers, &key->probe->spec.peer, key->port);

	key->next = *head;
	key->back = head;
	if (key->next != NULL)
		key->next->back = &key->next;
	*head = key;
}

static void grow(struct peers *peers)
{
	struct peers old = *peers;

	peers->buckets = old.buckets > 0 ? 2 * old.buckets : BUCKETS_FIRST;
	peers->bucket = mem_new(peers->buckets, sizeof(struct peer_key *));
	for (size_t i = 0; i < old.buckets; i++)
		for (struct peer_key *key = old.bucket[i], *next; key != NULL; key = next) {
			next = key->next;
			link_key(peers, key);
		}
	mem_free(old.bucket);
}

void peers_add(struct peers *peers, struct peer_key *key, struct probe *probe, uint16_t port)
{
	if (peers->count++ == peers->buckets)
		grow(peers);
	key->probe = probe;
	key->port = port;
	link_key(peers, key);
}

void peers_remove(struct peers *peers, struct peer_key *key)
{
	*key->back = key->next;
	if (key->next != NULL)
		key->next->back = key->back;
	peers->count--;
}

struct probe *peers_find(const struct peers *peers, const struct udp_sock *sock,
			 const struct addr *addr, uint16_t port)
{
	if (peers->count == 0)
		return NULL;
	for (struct peer_key *key = *bucket_of(peers, addr, port); key != NULL; key = key->next)
		if (key->port == port && key->probe->udp.sock == sock &&
		    addr_same_ip(&key->probe->spec.peer, addr))
			return key->probe;
	return NULL;
}

void peers_free(struct peers *peers)
{
	mem_free(peers->bucket);
}
