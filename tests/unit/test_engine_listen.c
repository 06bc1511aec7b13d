/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probes that listen, with real sockets on loopback: what they hear, beside whom, and where they
 * cannot. */
#define _GNU_SOURCE
#include "group_rig.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <net/if.h>

enum { MS = 1000 };

static const char OTHER_GROUP[] = "239.255.77.2";

/* Two groups that this host is a member of, and itself. */
static void all_are_told(struct rig *rig, const struct xio *io)
{
	(void)io;
	rig->fd[1] = other_new("0.0.0.0", 0, false);
	assert_true(other_joins(rig->fd[1], OTHER_GROUP, loopback()));
	other_sends(rig->fd[1], OTHER_GROUP, rig->port, "other");
	other_sends(rig->fd[1], "127.0.0.1", rig->port, "me");
	other_sends(rig->fd[1], "127.255.255.255", rig->port, "all");
	other_sends(rig->fd[1], GROUP, rig->port, "group");
}

static void listener_hears_its_port_and_its_group_alone(void **state)
{
	static const struct {
		const char *peer, *source;
		bool group, me, all;
	} cases[] = {
		{ GROUP, NULL, true, true, true },
		{ GROUP, "127.0.0.1", true, true, true },
		{ "0.0.0.0", NULL, false, true, true },
		{ "0.0.0.0", "127.0.0.1", false, true, false },
		{ "0.0.0.0", "127.0.0.2", false, false, false },
	};

	(void)state;
	need_groups();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint16_t port = free_port();
		struct rig rig = rig_hearing(cases[i].peer, port);
		rig.group.interface = loopback();
		rig.port = port;
		rig.on_start = all_are_told;
		rig.patience_us = 20 * MS;
		if (cases[i].source != NULL)
			rig.conf.source = addr_of(cases[i].source, 0);
		assert_int_equal(rig_run(&rig, 1), ENGINE_COMPLETE);
		assert_int_equal(rig.trace.fault, FAULT_NONE);
		assert_int_equal(rig.trace.local.port, port);
		assert_int_equal(rig_has_heard(&rig, "group", NULL), cases[i].group);
		assert_int_equal(rig_has_heard(&rig, "me", "127.0.0.1"), cases[i].me);
		assert_int_equal(rig_has_heard(&rig, "all", "127.0.0.1"), cases[i].all);
		assert_false(rig_has_heard(&rig, "other", NULL));
	}
}

static void group_is_told(struct rig *rig, const struct xio *io)
{
	(void)io;
	rig->fd[1] = other_new("0.0.0.0", 0, false);
	other_sends(rig->fd[1], GROUP, rig->port, "group");
}

static void listeners_of_a_group_share_its_port(void **state)
{
	uint16_t port = free_port();
	struct rig rigs[3];

	(void)state;
	need_groups();
	for (size_t i = 0; i < 3; i++) {
		rigs[i] = rig_hearing(GROUP, port);
		rigs[i].group.interface = loopback();
		rigs[i].want = 1;
	}
	rigs[2].on_start = group_is_told;
	rigs[2].port = port;
	assert_int_equal(rig_run(rigs, 3), ENGINE_COMPLETE);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(rigs[i].trace.fault, FAULT_NONE);
		assert_true(rig_has_heard(&rigs[i], "group", NULL));
	}
}

static void listener_takes_nothing_from_a_running_daemon(void **state)
{
	struct addr group = addr_of(GROUP, free_port());
	struct rig rig = rig_hearing(GROUP, group.port);

	(void)state;
	need_groups();
	int daemon = other_new("0.0.0.0", group.port, true);
	rig.group.interface = loopback();
	rig.port = group.port;
	rig.on_start = all_are_told;
	rig.patience_us = 20 * MS;
	assert_int_equal(rig_run(&rig, 1), ENGINE_COMPLETE);
	assert_int_equal(rig.trace.fault, FAULT_NONE);
	assert_true(addr_eq(&rig.trace.local, &group));
	assert_int_equal(rig.heards, 1);
	assert_true(rig_has_heard(&rig, "group", NULL));
	bool came = false;
	for (struct letter letter; (letter = other_reads(daemon)).came;)
		came = came || strcmp(letter.text, "me") == 0;
	assert_true(came);
	close(daemon);
}

static void daemon_starts_beside_a_listener(struct rig *rig, const struct xio *io)
{
	(void)io;
	rig->fd[0] = other_new("0.0.0.0", rig->port, true); /* fails unless it can bind */
}

static void listener_is_in_no_daemons_way(void **state)
{
	struct rig rig = rig_hearing("0.0.0.0", free_port());

	(void)state;
	rig.port = rig.peer.port;
	rig.on_start = daemon_starts_beside_a_listener;
	rig.patience_us = MS;
	assert_int_equal(rig_run(&rig, 1), ENGINE_COMPLETE);
	assert_int_equal(rig.trace.fault, FAULT_NONE);
}

static void port_in_use_is_told(void **state)
{
	static const struct {
		const char *peer;
		bool shared;
	} cases[] = { { "0.0.0.0", false }, { "0.0.0.0", true }, { GROUP, false } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint16_t port = free_port();
		char why[64];
		int daemon = other_new("0.0.0.0", port, cases[i].shared);
		snprintf(why, sizeof(why), "port %u is in use on this host", port);
		rig_fails(rig_hearing(cases[i].peer, port), FAULT_LOCAL, why);
		close(daemon);
	}
}

/* 0 = there is none. */
static unsigned another_interface(void)
{
	struct if_nameindex *all = if_nameindex();
	unsigned found = 0;

	for (struct if_nameindex *at = all; at != NULL && at->if_index != 0; at++)
		if (at->if_index != loopback())
			found = at->if_index;
	if_freenameindex(all);
	return found;
}

static void what_comes_by_another_interface_is_not_heard(void **state)
{
	struct rig rig = rig_hearing("0.0.0.0", free_port());

	(void)state;
	need_groups();
	rig.group.interface = another_interface();
	if (rig.group.interface == 0)
		skip();
	rig.port = rig.peer.port;
	rig.on_start = all_are_told;
	rig.patience_us = 20 * MS;
	assert_int_equal(rig_run(&rig, 1), ENGINE_COMPLETE);
	assert_int_equal(rig.trace.fault, FAULT_NONE);
	assert_int_equal(rig.heards, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(listener_hears_its_port_and_its_group_alone),
		cmocka_unit_test(listeners_of_a_group_share_its_port),
		cmocka_unit_test(listener_takes_nothing_from_a_running_daemon),
		cmocka_unit_test(listener_is_in_no_daemons_way),
		cmocka_unit_test(port_in_use_is_told),
		cmocka_unit_test(what_comes_by_another_interface_is_not_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
