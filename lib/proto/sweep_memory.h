/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What earlier sweeps of one address proved, as the text of a state file.  Pure; the file itself is
 * cli/state_file.h.
 *
 *	monitoring-plugins-voip sweep 1
 *	target 192.0.2.7
 *	16384-16391 closed 1763725000
 *	16392 silent 1763725000
 *	end 2
 * Times are Unix seconds.  Ports ascend, each at most once; a run has one state and one time.  The
 * last line counts the port lines, so that a file that was cut, wherever, is recognised.
 */
#ifndef PROTO_SWEEP_MEMORY_H
#define PROTO_SWEEP_MEMORY_H

#include "base/addr.h"
#include "proto/sweep.h"

struct sweep_memory {
	struct addr peer; /* without port */
	/* enum port_state; kept are ANSWERING, CLOSED, SILENT and REJECTED with a time. */
	uint8_t state[PORTS];
	int64_t proven_at[PORTS]; /* 0 = never */
};

/* Enough for sweep_memory_write of any memory: 65535 lines of at most 36 bytes. */
enum { SWEEP_MEMORY_TEXT_MAX = 4 << 20 };

/* Without a peer (family 0) the text is empty. */
void sweep_memory_write(struct wr *w, const struct sweep_memory *memory);
/* False with a constant clause and the line (from 1); `memory` is then unspecified. An empty text
 * is an empty memory with peer.family 0. `now`: a time in the future is refused, because nothing
 * would ever be older. Whether `peer` is the one to sweep is for the caller to see. */
bool sweep_memory_read(struct view text, int64_t now, struct sweep_memory *memory, unsigned *line,
		       const char **why);

#endif
