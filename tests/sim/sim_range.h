/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thousands of UDP ports that echo, or are bound and never read. */
#ifndef SIM_RANGE_H
#define SIM_RANGE_H

#include "sim_flow.h"

#include <stdint.h>

/* The next of "FIRST-LAST,FIRST-LAST,..." or "PORT,..."; false when it is no range. */
bool range_take(struct span *rest, uint16_t *first, uint16_t *last);

/* NULL with errno. */
struct ranges *ranges_new(void);
void ranges_free(struct ranges *ranges);

/* False with errno; the port of `address` is the last one that was tried. */
bool ranges_open(struct ranges *ranges, union addr *address, uint16_t first, uint16_t last,
		 bool silent);

/* Becomes readable when there is something to echo; then call ranges_turn. */
int ranges_fd(const struct ranges *ranges);
void ranges_turn(void *ranges);

#endif
