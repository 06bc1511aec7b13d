/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which port of a range to ask next, and what the answers prove: the plan of one sweep over one
 * address, as a pure function of (state, events, time).  No socket, clock or allocation.
 *
 * Two questions are kept apart.  ASK: every port is sent `passes` datagrams in random order; who
 * replies is ANSWERING.  PROVE: a missing ICMP error means nothing by itself, because hosts limit
 * their ICMP errors (a default Linux host: a burst of 6, then 1 per second and peer).  So ports that
 * gave no sign are sent in random groups, each followed at once by a canary, a port of the same host
 * that is known to be closed:
 *	no ICMP for the group, but for the canary	every member is SILENT (open or filtered, proven)
 *	ICMP for a member				it is CLOSED; the first is a canary for those before it
 *	no ICMP at all					limiter or loss: nothing learned, wait longer
 * Before a group the plan waits until the limiter must have a token again; how long that takes is
 * learned from the canaries, starting from what ASK saw.
 *
 * A verdict only moves up, whenever a sign comes: UNDECIDED, SILENT, REJECTED, CLOSED, ANSWERING.
 */
#ifndef PROTO_SWEEP_H
#define PROTO_SWEEP_H

#include "base/port_set.h"

enum port_state {
	PORT_UNASKED,	/* not a member, or not sent to */
	PORT_UNDECIDED, /* asked; no reply, nothing proven */
	PORT_ANSWERING,
	PORT_CLOSED,   /* ICMP port unreachable from the host itself */
	PORT_SILENT,   /* no sign, while a canary got its ICMP error */
	PORT_REJECTED, /* any other ICMP error, or from another sender */
	PORT_STATES
};

struct sweep_conf {
	const struct port_set *ports; /* what is asked; outlives the sweep */
	/* NULL, or where a closed port may be sought when none of `ports` is known to be one; holds
	 * nothing that must not be probed. */
	const struct port_set *canaries;
	/* NULL, or for each port how long ago (seconds) an earlier run proved its state; -1 = never.
	 * PROVE takes the never-proven first, then the oldest. */
	const int32_t *proven_age_s;
	uint64_t seed;
	unsigned rate;	      /* datagrams per second at most, 0 = no cap */
	unsigned passes;      /* 1..4, else the nearest */
	int64_t prove_us;     /* how long PROVE may last */
	uint64_t packets_max; /* hard cap of the run */
};

enum sweep_phase { SWEEP_ASK, SWEEP_SETTLE, SWEEP_PROVE, SWEEP_ENDED };

/* Ports drawn at random from the undecided ones and decided with the same chance whatever they are. */
struct sweep_sample {
	unsigned drawn, open; /* open: answering or silent */
};

struct sweep_counts {
	uint64_t packets;
	unsigned of[PORT_STATES]; /* UNASKED counts members only */
	unsigned icmp;		  /* errors seen, canaries included */
	unsigned canaries_sent, canaries_seen, groups;
	/* What was measured of the host's ICMP limit: errors in ASK, and how long ASK took. */
	unsigned ask_icmp;
	int64_t ask_us;
	int64_t refill_us; /* time between two ICMP errors that PROVE found to work; 0 = unknown */
	struct sweep_sample sample;
};

enum { SWEEP_GROUP_MAX = 8192 };

/* What PROVE is doing with the group in its hands. */
enum sweep_stage { GROUP_REFILL, GROUP_MEMBERS, GROUP_CANARY, GROUP_LISTEN };

/*
 * One for each address; large (about 0.9 MiB), zeroed before sweep_init.  Members are private.
 *
 * order[] holds every port that is asked; what has no verdict stands in front of `left`:
 *	0 .. drawn	not sent to in this pass, or not in this group
 *	drawn .. left	sent to in this pass, or the members of this group that gave no sign yet
 *	left ..		decided
 * In PROVE the ports in front of `aged` are those that an earlier run proved, the oldest last.
 */
struct sweep {
	struct sweep_conf conf;
	enum sweep_phase phase;
	uint64_t random[4];
	struct sweep_counts counts;
	uint8_t state[PORTS];
	uint16_t order[PORTS], at[PORTS]; /* at[order[i]] == i */
	unsigned aged, drawn, left;

	uint32_t sent_after_us[PORTS]; /* from start_us to the first datagram, plus 1; 0 = none */
	uint16_t asked_as[PORTS];      /* how many ports were asked before this one */
	int64_t start_us, last_send_us, due_ns, interval_ns;
	int64_t rtt_us; /* from a send to its ICMP error or reply, the shortest; 0 = unknown */
	unsigned pass;
	unsigned first_closed_span; /* ports asked until the host had refused a handful */

	/* Ports whose only sign ever was the ICMP error are fit as a canary; each failure takes a
	 * chance.  0 = not fit. */
	uint8_t chances[PORTS];
	uint16_t pool[PORTS]; /* those that are fit, and some that ceased to be */
	unsigned pool_n;

	/* PROVE */
	enum sweep_stage stage;
	int64_t prove_start_us;
	int64_t drained_us;   /* when the limiter may have been empty, the last time we know of */
	int64_t wait_us;      /* from then to the next group */
	int64_t wait_base_us; /* wait_us does not shrink below it */
	bool assumed;	      /* wait_us is that for a default Linux host, and never failed */
	bool trusted;	      /* wait_us worked: the next group may take long to send */
	unsigned wins, fails_at_max, tries;
	unsigned size;		      /* wanted for the next group */
	unsigned group_n, group_sent; /* members wanted, sent */
	unsigned refused_end;	      /* behind the first refused one of them; 0 = none was */
	bool long_group;	      /* takes so long that one canary is no proof */
	int64_t group_us;	      /* when its first member was sent */
	bool fresh;		      /* the first member is one of those never proven */
	uint16_t member[SWEEP_GROUP_MAX];
	uint16_t canary;
	bool seeking; /* the canary is a candidate: nothing is known of it */
	bool canary_bad;
	unsigned canary_n, canary_sent, canary_seen; /* datagrams to it: wanted, sent, refused */
	int64_t canary_sent_us, heard_us;	     /* heard: the last ICMP error of this group */
};

enum sweep_step { SWEEP_SEND, SWEEP_WAIT, SWEEP_DONE };

void sweep_init(struct sweep *sweep, const struct sweep_conf *conf, int64_t now_us);
/* SWEEP_SEND: one datagram to *port, now. SWEEP_WAIT: call again at *wake_us or after an event.
 * SWEEP_DONE: nothing is left to learn, or no budget. */
enum sweep_step sweep_next(struct sweep *sweep, int64_t now_us, uint16_t *port, int64_t *wake_us);
void sweep_on_reply(struct sweep *sweep, uint16_t port, int64_t now_us);
/* `closed`: port unreachable from the asked host itself. */
void sweep_on_icmp(struct sweep *sweep, uint16_t port, bool closed, int64_t now_us);
enum port_state sweep_state(const struct sweep *sweep, uint16_t port);
struct sweep_counts sweep_counts(const struct sweep *sweep);
const char *port_state_name(enum port_state state); /* "answering", "closed", "silent" ... */

/* 95% upper bound (one-sided, Clopper-Pearson) for the share of open ones when `open` of `drawn`
 * random ones were: 1 - 0.05^(1/n) for none. 1 when nothing was drawn. */
double sweep_open_bound(unsigned drawn, unsigned open);

#endif
