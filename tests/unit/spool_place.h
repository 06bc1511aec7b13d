/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder with the queue of one profile, and what the tests ask of it. */
#ifndef UNIT_SPOOL_PLACE_H
#define UNIT_SPOOL_PLACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/types.h>

#include "push/spool.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))
/* The time of the tests, and one second. */
#define NOW_US INT64_C(1800000000000000)
#define SECOND_US INT64_C(1000000)
#define NAME(stamp, count) "18000000000" stamp "-0123456789abcdef." count ".jsonl"

enum { NOBODY = 65534, TEXT_MAX = 4000, PATH_BYTES = 400 };

struct place {
	char folder[40];
	struct spool_conf conf;
	struct spool *spool;
	struct opt_error error;
};

/* cmocka's setup and teardown: an open spool without limits. What hangs is killed. */
int place_new(void **state);
int place_free(void **state);

/* FOLDER/probe/NAME. */
const char *path_of(const struct place *place, const char *name, char path[PATH_BYTES]);
void write_file(const struct place *place, const char *name, const char *text);
/* All of the files whose names end in .jsonl below probe/NAME, oldest first. */
void read_files(const struct place *place, const char *name, char text[TEXT_MAX]);
/* How many files of any name there are below probe/NAME; lock and folders do not count. */
unsigned count_files(const struct place *place, const char *name);

/* Closes it and removes all that is below the folder. */
void clear(struct place *place);
/* Closes and opens it again: another run with place->conf. */
void reopen(struct place *place);
struct check_result result_of(const char *host, const char *output, int64_t end_us);
/* One result in a file of its own; its service is "s". */
void add(struct place *place, const char *host, const char *output, int64_t end_us);
void lock(struct place *place);
/* Loads, and compares the outputs: "one two three". */
void check_loaded(struct place *place, const char *outputs);
void load_all(struct place *place);
void settle(struct place *place);
void mark_all_sent(struct place *place);
/* The clause is "FOLDER/probe/NAME: why". */
void check_clause(const struct place *place, const char *name, const char *why);

/* Runs `job` in a process of its own; what it returns must be true. */
void in_child(struct place *place, bool (*job)(struct place *place));
/* Root may write everywhere; the tests of permissions need somebody else. */
bool become_nobody(void);

#endif
