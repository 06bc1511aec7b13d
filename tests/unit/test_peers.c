/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of peers in flight: exact keys, growth, removal. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/probe.h"

enum { PROBES = 3000 };

/* Neighbours in every part of the key: 10 ports on each address, each on two sockets. */
static void fill(struct probe *probe, unsigned i, struct udp_sock *sock)
{
	probe->spec.peer = (struct addr){
		.ip = { 10, 0, (uint8_t)(i / 10 >> 8), (uint8_t)(i / 10) },
		.port = (uint16_t)(5060 + i % 10),
		.family = i % 3 == 0 ? 6 : 4,
	};
	probe->udp.sock = sock;
}

static void each_key_finds_its_own_probe(void **state)
{
	struct probe *probe = mem_new(2 * PROBES, sizeof(*probe));
	struct udp_sock *sock[2] = { (void *)&probe[0], (void *)&probe[1] };
	struct peers peers = { .count = 0 };

	(void)state;
	assert_null(peers_find(&peers, sock[0], &probe->spec.peer, 5060));
	for (unsigned i = 0; i < 2 * PROBES; i++) {
		fill(&probe[i], i / 2, sock[i % 2]);
		peers_add(&peers, &probe[i].udp.peer, &probe[i], probe[i].spec.peer.port);
	}
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < 2 * PROBES; i++) {
			const struct addr *peer = &probe[i].spec.peer;
			bool gone = round == 1 && i % 5 == 0;
			if (gone)
				peers_remove(&peers, &probe[i].udp.peer);
			assert_ptr_equal(peers_find(&peers, sock[i % 2], peer, peer->port),
					 gone ? NULL : &probe[i]);
			assert_null(peers_find(&peers, sock[i % 2], peer, 0));
			assert_null(peers_find(&peers, NULL, peer, peer->port));
		}
	assert_int_equal(peers.count, 2 * PROBES - 2 * PROBES / 5);
	peers_free(&peers);
	mem_free(probe);
}

static void latest_probe_hides_the_others_of_its_host(void **state)
{
	struct probe *probe = mem_new(2, sizeof(*probe));
	struct peers peers = { .count = 0 };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		fill(&probe[i], 1, NULL);
		peers_add(&peers, &probe[i].udp.host, &probe[i], 0);
	}
	assert_ptr_equal(peers_find(&peers, NULL, &probe->spec.peer, 0), &probe[1]);
	peers_remove(&peers, &probe[1].udp.host);
	assert_ptr_equal(peers_find(&peers, NULL, &probe->spec.peer, 0), &probe[0]);
	peers_free(&peers);
	mem_free(probe);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_finds_its_own_probe),
		cmocka_unit_test(latest_probe_hides_the_others_of_its_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
