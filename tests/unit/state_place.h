/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder for one test of state files, and what the tests ask of it. */
#ifndef UNIT_STATE_PLACE_H
#define UNIT_STATE_PLACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/types.h>

#include "cli/state_file.h"

enum { MAX_BYTES = 1000, NOBODY = 65534, OLD_MODE = 0640 };

#define OLD "what the last run left\n"

struct place {
	char folder[40], path[60], lock[70], other[60];
	struct arena arena;
	struct state_file file;
	struct view text;
	struct opt_error error;
	int back; /* the folder the test came from */
};

/* cmocka's setup and teardown; all files in the folder are removed. What hangs is killed. */
int place_new(void **state);
int place_free(void **state);
/* The place becomes the current folder until place_free. */
void enter(const struct place *place);
void write_file(const char *path, const char *text);
void check_file(const char *path, const char *expected);
mode_t mode_of(const char *path);
/* How many there are in the folder. */
void check_files(const struct place *place, unsigned expected);
/* The outcome is in the place: file and text, or error. */
bool open_place(struct place *place);
void check_open(struct place *place, const char *expected);
/* The clause is "FOLDER/NAME: why". */
bool is_clause(const struct place *place, const char *name, const char *why);
void check_clause(const struct place *place, const char *name, const char *why);
void check_refused(struct place *place, const char *name, const char *why);
void check_replaced(struct place *place, const char *text);
/* Runs `job` in a process of its own; what it returns must be true. */
void in_child(struct place *place, bool (*job)(struct place *place));
/* Root may write everywhere; the tests of permissions need somebody else. */
bool become_nobody(void);

#endif
