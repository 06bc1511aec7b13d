/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the files of the sweep, seen by nobody else. */
#ifndef PROTO_SWEEP_PRIVATE_H
#define PROTO_SWEEP_PRIVATE_H

#include "proto/sweep.h"

enum {
	SWEEP_MS = 1000,
	SWEEP_SECOND = 1000 * 1000,
	SWEEP_CHANCES = 4,
	SWEEP_BURST = 6, /* ICMP errors that a default Linux host sends before it limits */
};

/* 0 .. n-1, uniform. */
unsigned sweep_random(struct sweep *sweep, unsigned n);
/* Exchanges two places of order[]. */
void sweep_swap(struct sweep *sweep, unsigned a, unsigned b);
/* Moves one port from the undrawn to the drawn: any at random, the aged ones last and in order. */
uint16_t sweep_draw(struct sweep *sweep);
/* `least` and `most`, or 1 s while no round trip is known. */
int64_t sweep_round_trips(const struct sweep *sweep, int64_t least, int64_t most);
/* Whether the rate permits a datagram now, or when it will. */
bool sweep_may_send(const struct sweep *sweep, int64_t now_us, int64_t *wake_us);
void sweep_note_send(struct sweep *sweep, uint16_t port, int64_t now_us);
/* Gives a member its verdict. */
void sweep_decide(struct sweep *sweep, uint16_t port, enum port_state state);
/* Adds a port that the host has just refused to those that may serve as a canary. */
void sweep_add_canary(struct sweep *sweep, uint16_t port);

/* sweep_prove.c */
void sweep_prove_start(struct sweep *sweep, int64_t now_us);
enum sweep_step sweep_prove_next(struct sweep *sweep, int64_t now_us, uint16_t *port,
				 int64_t *wake_us);

#endif
