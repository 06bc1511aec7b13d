/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of port numbers and their text: "5004-5005,16384-32767". */
#ifndef BASE_PORT_SET_H
#define BASE_PORT_SET_H

#include "base/bytes.h"

enum { PORT_MAX = 65535, PORTS = 65536 };

struct port_range {
	uint16_t first, last; /* both belong to it */
};

/* Port 0 is never a member. Starts zeroed: empty. */
struct port_set {
	uint64_t bit[PORTS / 64];
};

/* "5060" or "16384-32767"; false with a constant clause for what is empty, no number, 0, above
 * 65535 or reversed. */
bool port_range_parse(struct view text, struct port_range *out, const char **why);
/* Ranges with commas, added to `set`; false with a constant clause and the column (from 1) of the
 * range that is wrong or overlaps one that is there already, and `set` unchanged. No blanks. */
bool port_set_parse(struct view text, struct port_set *set, size_t *column, const char **why);
void port_set_add(struct port_set *set, struct port_range range);
bool port_set_has(const struct port_set *set, unsigned port);
/* What is no port is not put. */
void port_set_put(struct port_set *set, unsigned port);
void port_set_join(struct port_set *set, const struct port_set *more);
void port_set_remove(struct port_set *set, const struct port_set *less);
void port_set_keep(struct port_set *set, const struct port_set *both);
size_t port_set_count(const struct port_set *set);
/* The first member at or above `from`, or 0. */
unsigned port_set_next(const struct port_set *set, unsigned from);
/* "16384-16386,16400 and 12 more": at most `max` ranges, 0 = all, and how many ports are not in
 * them; "none" for the empty set. */
void wr_port_set(struct wr *w, const struct port_set *set, size_t max);

#endif
