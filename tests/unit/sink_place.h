/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder for one test of sinks that write files, and what the tests ask of it. */
#ifndef UNIT_SINK_PLACE_H
#define UNIT_SINK_PLACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/types.h>

#include "push/sink.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))

enum { FILE_TEXT_MAX = 100000, NOBODY_ID = 65534 };

struct sink_place {
	char folder[40];
	char words[PUSH_WORDS_MAX + 1]; /* of the last write */
	char text[FILE_TEXT_MAX];	/* of the file that was read last */
	char name[256];			/* of a file that was looked for */
	struct push_profile profile;	/* its path is the folder */
};

/* cmocka's setup and teardown. What hangs is killed. */
int sink_place_new(void **state);
int sink_place_free(void **state);

struct check_result result_of(const char *host, const char *service);
enum push_verdict write_with(struct sink_place *place, const struct sink *sink,
			     const struct check_result *result);
/* All files of the folder; `name` is the last one that ends so. */
unsigned count_files(struct sink_place *place, const char *ending);
/* NUL-terminated, in place->text. */
const char *read_file(struct sink_place *place, const char *name);
void put_file(const struct sink_place *place, const char *name, const char *text);
mode_t mode_of_file(const struct sink_place *place, const char *name);
/* Of the last write. */
void check_words(const struct sink_place *place, const char *expected);
/* Runs `job` in a process of its own, as somebody without rights; what it returns must be true. */
void as_nobody(struct sink_place *place, bool (*job)(struct sink_place *place));

#endif
