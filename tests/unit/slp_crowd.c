/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An SLP group without socket and clock; see slp_crowd.h. */
#include "slp_crowd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { NET = 0x0a2c0000 };

static const struct addr PEER = { .family = 4, .ip = { 239, 255, 255, 253 }, .port = 1440 };

void crowd_init(struct crowd *crowd, enum slp_function function, const char *type)
{
	memset(crowd, 0, sizeof(*crowd));
	crowd->arg.query = (struct slp_query){
		.version = 2, .function = function, .type = view_of(type), .scopes = VIEW("DEFAULT")
	};
	crowd->entropy[0] = 0xabcd0000 + RIG_XID;
	crowd->io = (struct xio){ .arg = &crowd->arg, .entropy = crowd->entropy, .peer = &PEER };
	crowd->w = wr_over(crowd->wire, sizeof(crowd->wire));
	assert_int_equal(slp_group_ops.state_size, sizeof(crowd->group));
}

static enum step step(struct crowd *crowd, enum step (*op)(void *, struct xio *), int64_t now_us)
{
	crowd->io.now_us = now_us;
	crowd->io.wake_us = 0;
	crowd->io.out = wr_over(crowd->out, sizeof(crowd->out));
	crowd->step = op(&crowd->group, &crowd->io);
	assert_true(crowd->io.out.n <= SLP_GROUP_REQUEST_MAX);
	assert_true(crowd->step == STEP_DONE || crowd->io.wake_us > now_us);
	return crowd->step;
}

enum step crowd_begin(struct crowd *crowd)
{
	return step(crowd, slp_group_ops.start, RIG_BEGAN_US);
}

enum step crowd_wake(struct crowd *crowd)
{
	assert_int_equal(crowd->step, STEP_MORE);
	return step(crowd, slp_group_ops.on_timer, crowd->io.wake_us);
}

struct addr host(uint32_t number)
{
	uint32_t ip = NET + number;

	return (struct addr){ .family = 4,
			      .port = 1440,
			      .ip = { (uint8_t)(ip >> 24), (uint8_t)(ip >> 16), (uint8_t)(ip >> 8),
				      (uint8_t)ip } };
}

struct addr addr_of(const char *ip)
{
	struct addr a;

	assert_true(addr_parse(view_of(ip), &a));
	a.port = 1440;
	return a;
}

/* The message in `w`, from a copy that a sanitizer guards; nothing is said back. */
void crowd_hear(struct crowd *crowd, struct addr from)
{
	struct view bytes = wr_view(&crowd->w);
	char *copy = malloc(bytes.n > 0 ? bytes.n : 1);
	int64_t wake_us = crowd->group.wake_us;

	assert_non_null(copy);
	memcpy(copy, bytes.p, bytes.n);
	crowd->io.in = (struct view){ copy, bytes.n };
	crowd->io.from = &from;
	assert_int_equal(step(crowd, slp_group_ops.on_data, crowd->io.now_us + 1), STEP_MORE);
	assert_int_equal(crowd->io.out.n, 0);
	assert_int_equal(crowd->io.wake_us, wake_us);
	free(copy);
	wr_reset(&crowd->w);
}

void crowd_put_diva(struct crowd *crowd, uint16_t xid)
{
	wire_urls(&crowd->w, 2, xid, 300, DIVA ":capi://10.44.0.2:4711");
}

void crowd_hear_diva(struct crowd *crowd, struct addr from)
{
	crowd_put_diva(crowd, RIG_XID);
	crowd_hear(crowd, from);
}

struct slp_msg crowd_sent(const struct crowd *crowd)
{
	struct slp_msg msg;

	assert_int_equal(slp_decode(wr_view(&crowd->io.out), &msg), SLP_WHOLE);
	assert_int_equal(msg.trailing, 0);
	return msg;
}

bool crowd_listed(const struct crowd *crowd, const char *list)
{
	return view_eq(crowd_sent(crowd).previous, view_of(list));
}
