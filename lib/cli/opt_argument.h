/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An option as the argument of an Icinga command, from which both notations are written: the
 * configuration's and the Director's.
 *
 * Icinga starts no shell: an argument is a word whatever it holds. The option --ca-file of
 * check_sip is the variable voip_sip_ca_file; one that is not set leaves the option out. Repeatable
 * options take an array. It is written for Icinga 2.13, which cannot join option and value by "=".
 */
#ifndef CLI_OPT_ARGUMENT_H
#define CLI_OPT_ARGUMENT_H

#include "cli/opt_emit.h"

enum { OPT_NAME_MAX = 100 };

/* A text, or an expression of Icinga's language; empty: not set. */
struct opt_macro {
	bool is_code;
	char text[400];
};

struct opt_argument {
	char key[OPT_NAME_MAX];	     /* "--ca-file" */
	char variable[OPT_NAME_MAX]; /* "voip_sip_ca_file" */
	struct opt_macro value, set_if;
	bool required, repeat_key, skip_key;
	char description[OPT_DESCRIBE_MAX];
};
void opt_argument_of(struct opt_argument *argument, const struct program *program,
		     const struct opt *opt);
/* "voip_sip" */
void opt_command_name(struct wr *w, const struct program *program);

#endif
