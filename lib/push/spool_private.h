/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the queue: files in a folder (spool_file.c), what of them is loaded (spool_load.c) and
 * made durable again (spool_settle.c), and what was refused (spool_dead.c). */
#ifndef PUSH_SPOOL_PRIVATE_H
#define PUSH_SPOOL_PRIVATE_H

#include "push/spool.h"

enum { SPOOL_NAME_BYTES = 64, SPOOL_FILE_MAX = 1 << 30 };

/* STAMP-RANDOM.COUNT.jsonl; the stamp is microseconds since 1970 when the file came, and more where
 * the clock went back: who comes later sorts later. */
struct spool_file {
	char name[SPOOL_NAME_BYTES];
	uint64_t stamp, count;
};
struct spool_files {
	struct spool_file *file;
	size_t count;
};

/* These return 0 or errno. */

/* Sorted by name; other files are left out. Release with mem_free. */
int spool_file_list(int folder, struct spool_files *out);
int spool_file_read(int folder, const char *name, struct arena *arena, struct view *out);
/* Whole, durably, in the place of what has the name. */
int spool_file_write(int folder, const char *name, struct view text);
int spool_file_add(int folder, uint64_t stamp, size_t count, struct view text);
/* Behind all that are there. */
int spool_file_add_last(int folder, int64_t now_us, size_t count, struct view text);
/* A missing one is no failure. */
int spool_file_remove(int folder, const char *name);
int spool_file_sync(int folder);
/* Removes what killed runs had not finished, and nobody is writing to. */
void spool_file_sweep(int folder);

enum spool_mark {
	SPOOL_LEFT,
	SPOOL_SENT,
	SPOOL_GONE, /* superseded, expired, dropped or there twice */
	SPOOL_REFUSED,
	SPOOL_BROKEN, /* no result */
};

/* A line of a file. */
struct spool_entry {
	struct check_result result;
	struct view line;
	size_t file;
	int64_t ended_us, rank_us; /* of one object the highest rank counts */
	enum spool_mark mark;
	long status;	   /* of a refused one */
	struct view words; /* the receiver's, or why it is no result */
};

/* What becomes of a file's lines; nothing of one that cannot be read. */
struct spool_part {
	bool read;
	size_t lines, left, dead;
};

struct spool {
	struct spool_conf conf;
	int profile, queue, dead, lock; /* -1 = not open */
	struct spool_counts counts;

	/* Of a load; all texts lie in the arena. */
	struct arena arena;
	struct spool_files files;
	struct spool_part *part;
	struct spool_entry *entry;
	size_t entries, entries_cap;
	struct check_result *live; /* those of the entries that are to be sent */
	struct spool_entry **live_entry;
	size_t live_count;
	struct spool_counts found; /* counted once they are settled */
};

/* A clause "FOLDER/PROFILE/NAME: what: why"; returns false. */
bool spool_fail(const struct spool *spool, const char *name, const char *what, int failed,
		struct opt_error *error);
/* Frees what was loaded. */
void spool_forget(struct spool *spool);
/* Adds lines to dead/; 0 or errno. */
int spool_dead_add(struct spool *spool, struct view lines, int64_t now_us);
/* A refused or broken entry as a line of dead/. */
void spool_dead_write(const struct spool_entry *entry, int64_t now_us, struct grow *out);

#endif
