/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines from which results are read: JSON objects of our programs (--output-format jsonl), JSON
 * objects like a queue's, and "host TAB service TAB code TAB output|perfdata" as of send_nsca, in
 * which the service may be empty and \n stands for a line end.
 */
#ifndef PUSH_INPUT_H
#define PUSH_INPUT_H

#include "push/check_result.h"

/* What a line does not say. The texts may hold {name}, {check}, {program}, {address}, {transport}
 * and {port}: what the line of one of our programs says. */
struct input_rule {
	struct view host;    /* "{name}" */
	struct view service; /* "{check}": the program without "check_" */
	bool of_host;	     /* results are of the host, without service */
	struct view source;
	uint64_t ttl_s;
	int64_t now_us; /* a result that says no time, or one that is a minute ahead, ended now */
};

/* False with a clause: no result, or no name. The result is clean, in the arena. */
bool input_read(struct view line, const struct input_rule *rule, struct check_result *out,
		struct arena *arena, struct opt_error *error);
/* For options: braces that are no placeholder are refused. */
bool input_check_template(struct view text, struct opt_error *error);

#endif
