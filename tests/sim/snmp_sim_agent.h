/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request in, a reply out, and how each behaviour spoils it (RFC 3416). */
#ifndef SNMP_SIM_AGENT_H
#define SNMP_SIM_AGENT_H

#include "snmp_sim_mib.h"

#define AGENT_ASKED_MAX 256
#define AGENT_MORE_MAX 8
#define AGENT_NOISE_BYTES 64

struct behaviour {
	const char *name, *about;
	enum mib_set set;
	enum mib_walk walk;

	/* What it answers. */
	unsigned error; /* error-status instead of any value */
	unsigned limit; /* more variables or repetitions are tooBig; 0: none */
	unsigned more;	/* variables behind those that were asked for */
	bool half;	/* of the variables, but for GET */
	bool no_vars;

	/* What is wrong with the message. */
	int32_t id_add;
	const char *community; /* NULL: the right one */
	bool version_1, cut, trailing;

	/* How it comes. */
	bool closed, silent, other_port;
	bool lossy;	  /* not to the first datagram with a request id */
	unsigned foreign; /* datagrams before it that answer nothing */
	unsigned copies;  /* 0 is one */
	unsigned after_ms;
};

extern const struct behaviour behaviours[];
extern const size_t behaviours_n; /* the first one is good */

struct var {
	struct oid oid;
	struct value value;
};

struct agent {
	uint64_t noise; /* the seed of bytes without meaning */
	char noise_bytes[AGENT_NOISE_BYTES];
	/* the last request */
	unsigned pdu;
	int32_t id, non_repeaters, repetitions;
	size_t asked_n;
	struct oid asked[AGENT_ASKED_MAX];
	/* and its answer */
	unsigned error, error_index;
	size_t n;
	struct var var[AGENT_ASKED_MAX + AGENT_MORE_MAX];
	struct row scratch;
	struct ber_out out;
};

/*
 * Reads a datagram and makes up the answer. False when there is none: for what is no complete
 * request of version 2c with the community "sim" and nothing behind it.
 */
bool agent_ask(struct agent *agent, const struct behaviour *b, const struct mib *mib,
	       struct span datagram);

/* The bytes of that answer, and of what answers nothing; they live until the next call. */
struct span agent_answer(struct agent *agent, const struct behaviour *b);
struct span agent_foreign(struct agent *agent, unsigned i);

#endif
