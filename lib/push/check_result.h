/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A check result on its way to a monitoring system, and its line in a queue.
 *
 * Texts are borrowed.  They are harmless once check_result_clean has seen them: UTF-8, no control
 * characters but the line ends of the output, names without line ends and within limits.
 */
#ifndef PUSH_CHECK_RESULT_H
#define PUSH_CHECK_RESULT_H

#include "base/grow.h"
#include "base/mem.h"
#include "cli/opt.h"
#include "report/state.h"

enum { CHECK_RESULT_NAME_MAX = 255, CHECK_RESULT_OUTPUT_MAX = 65536 };

struct check_result {
	struct view host;     /* as the receiver calls it */
	struct view service;  /* empty: the result is of the host itself */
	struct view output;   /* the sentence and further lines, without performance data */
	struct view perfdata; /* items of label=value[unit];warn;crit;min;max, one blank between */
	struct view command;  /* the plugin's name, "check_sip"; may be empty */
	struct view source;   /* the host that ran it (Icinga's check_source); may be empty */
	enum state state;
	int64_t start_us, end_us; /* since 1970 */
	bool of_run;		  /* one of several that a run told at once; not kept in a queue */
	uint64_t ttl_s;		  /* how long the receiver may trust it; 0 = not said */
};

/* Makes the texts harmless (copies into the arena where needed): other bytes become "?", "|" becomes
 * "/" in the output, perfdata is joined to one line. What is longer than CHECK_RESULT_OUTPUT_MAX is
 * cut at a character, perfdata between two items. Times are put between 1970 and 2262. False with a
 * clause for a name that cannot be one: empty host, control characters, not UTF-8, longer than
 * CHECK_RESULT_NAME_MAX. */
bool check_result_clean(struct check_result *result, struct arena *arena, struct opt_error *error);

/* Splits what a plugin prints, as Nagios does: "text | perfdata", then long lines, of which the part
 * behind the first "|" is perfdata again (all later lines too). Both are copied to the arena. */
void check_result_split(struct check_result *result, struct view printed, struct arena *arena);

/* One JSON object without line end: {"host":...,"state":2,...}; empty texts and zeros are left out. */
void check_result_write(const struct check_result *result, struct grow *out);
/* Reads such a line; false with a clause when it is none. The result is clean, its texts lie in the
 * arena. Unknown keys are ignored, so that a later version's queue can be read. */
bool check_result_read(struct view line, struct check_result *out, struct arena *arena,
		       struct opt_error *error);

/* By host and service; 0 is equal. For sorting. */
int check_result_compare_object(const struct check_result *a, const struct check_result *b);

#endif
