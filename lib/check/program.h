/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every check program does around its own work. */
#ifndef CHECK_PROGRAM_H
#define CHECK_PROGRAM_H

#include "cli/opt.h"
#include "cli/target.h"
#include "net/engine.h"

/* The work of a program between its options and its exit code; `conf` is what check_main got. */
typedef int check_run_fn(void *conf, const struct target_list *targets, struct out *out);

struct check_program {
	const struct program *program;
	check_run_fn *run;
	/* False: --local or the like needs no target. NULL = always. */
	bool (*wants_targets)(const void *conf);
};

/* main() of a check: options, targets, run, output; returns the exit code. `conf` starts with a struct
 * common (see cli/opt.h) and holds the program's defaults. SIGTERM and SIGINT are blocked until an
 * engine takes them. */
int check_main(const struct check_program *check, void *conf, int argc, char **argv);

/* Timeout, limits, source and resolver as the common options say; the caller adds ctx, done ... */
struct engine_conf check_engine_conf(const struct common *common, struct arena *arena);
/* Microseconds since 1970, for what a protocol carries; never for measuring. */
int64_t check_unix_us(void);
/* For what a stranger must not guess. */
uint64_t check_random(void);
/* 0, 4 or 6 as -4 and -6 say. */
int check_family(const struct common *common);
/* The result in the format asked for; returns the exit code. */
int check_render(const struct common *common, const struct report *report, struct out *out);
/* Refuses a target where it stands: its line of the --targets file, or -H. */
int check_refuse_target(struct common *common, const struct target *target, const char *why,
			struct out *out);

#endif
