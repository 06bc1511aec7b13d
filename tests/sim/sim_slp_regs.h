/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an SLP agent of voip_sim has registered: of a file, built in, or made up to be awkward. */
#ifndef SIM_SLP_REGS_H
#define SIM_SLP_REGS_H

#include "sim_text.h"

#define REGS_MAX 512

enum regs_set {
	REGS_CONF, /* of the file, else of a Diva server */
	REGS_NONE,
	REGS_MANY, /* 300 types */
	REGS_HUGE, /* 84 URLs, 80 KiB */
	REGS_EVIL, /* forged perfdata, escapes, NUL, line ends */
	REGS_SETS,
};

struct reg {
	struct span url, type, attributes;
	struct span scopes;
	unsigned lifetime; /* seconds */
};

struct regs {
	struct reg at[REGS_MAX];
	size_t n;
	struct span scopes; /* all that are named */
	struct buf text, scope_text;
};

/*
 * `file` is for REGS_CONF, NULL: built in. A line of it:
 * URL LIFETIME [scope=LIST] [(tag=value,value),keyword], the scope being DEFAULT without.
 * NULL after a message to standard error.
 */
struct regs *regs_new(enum regs_set set, const char *file);
void regs_free(struct regs *regs);

#endif
