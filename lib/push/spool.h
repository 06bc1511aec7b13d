/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The queue of a profile: results are durable before they are sent, and leave it only when the
 * receiver took them, or refused them for good (then they are kept in dead/ with its words).
 *
 *   FOLDER/PROFILE/queue/STAMP-RANDOM.COUNT.jsonl   one line per result; sorted by name: oldest first
 *   FOLDER/PROFILE/dead/...                         refused results with the receiver's words
 *   FOLDER/PROFILE/lock                             flock while a run sends; never removed
 *   FOLDER/PROFILE/backoff                          failures in a row and the time of the next try
 *
 * Every file appears whole: written under another name, synced, renamed, folder synced.  A run that
 * is killed at any instant leaves results in the queue that were sent already (a duplicate), never
 * half a result, and none is gone.  Leftovers of killed runs are removed by the next one that holds
 * the lock, but not what somebody is writing.  A line that is there twice counts once, the last time.
 * Order is that of coming, also when the clock goes back.  Folders are 0700 and files 0600, of the user
 * who runs; symbolic links below FOLDER are not followed; other files are let alone.
 */
#ifndef PUSH_SPOOL_H
#define PUSH_SPOOL_H

#include "push/check_result.h"

struct spool_conf {
	const char *folder;  /* must exist */
	const char *profile; /* one plain word */
	bool newest_only;    /* of one object only the newest result counts */
	/* 0 = no limit. */
	uint64_t max_bytes; /* of the queue; the oldest results go first. dead/ has the same cap */
	int64_t max_age_us; /* older results are dropped */
};

/* What happened to results of the queue since spool_open, other than being sent. */
struct spool_counts {
	size_t superseded;   /* by a newer result of the same object */
	size_t expired;	     /* by age */
	size_t dropped;	     /* by max_bytes */
	size_t corrupt;	     /* lines that are no result: kept in dead/ */
	size_t refused;	     /* marked so: kept in dead/ */
	size_t dead_dropped; /* results that left dead/ because of its cap */
	size_t unreadable;   /* files of the queue that the last load could not read: they stay */
};

struct spool;

/* Makes what is missing below the folder. False with a clause that names the path. */
bool spool_open(const struct spool_conf *conf, struct spool **out, struct opt_error *error);
void spool_close(struct spool *spool);

/* Adds clean results durably, in one file; needs no lock. All or none: false with a clause (disk
 * full, no permission) when not even one is kept. */
bool spool_add(struct spool *spool, const struct check_result *result, size_t count, int64_t now_us,
	       struct opt_error *error);
/* Results in the queue as the file names say, without reading them; also in dead/. */
size_t spool_depth(struct spool *spool);
size_t spool_dead_depth(struct spool *spool);

enum spool_lock { SPOOL_LOCKED, SPOOL_BUSY, SPOOL_FAILED };
/* Waits for the lock until the deadline (monotonic microseconds), or until a signal is handled, or
 * SIGTERM, SIGINT or SIGHUP is pending. Who waited finds results that others brought meanwhile
 * already sent. Busy and failed come with a clause. */
enum spool_lock spool_lock(struct spool *spool, int64_t deadline_us, struct opt_error *error);
/* Also without lock. Forgets what was loaded. */
void spool_unlock(struct spool *spool);

/* The following need the lock. */

/* Reads the queue into memory, oldest first, without what is superseded, expired or beyond the cap.
 * Call again after spool_settle for what came meanwhile. */
bool spool_load(struct spool *spool, int64_t now_us, struct opt_error *error);
size_t spool_count(const struct spool *spool);
/* One array, in sending order; lives until settled. */
const struct check_result *spool_at(const struct spool *spool, size_t i);
void spool_mark_sent(struct spool *spool, size_t i);
/* `words` are the receiver's, `status` the code of HTTP or 0. */
void spool_mark_refused(struct spool *spool, size_t i, long status, struct view words);
/* Makes the marks durable: first dead/, then what is left as one file, then the files that were read
 * go. Without marks and with one file nothing is written. False with a clause: the marks stay, and
 * it may be tried again. */
bool spool_settle(struct spool *spool, int64_t now_us, struct opt_error *error);
struct spool_counts spool_counts(const struct spool *spool);

/* Failures in a row and the time of the next try (since 1970); zeros when there is none, and also
 * when the file is broken or lies further ahead than a day. */
struct spool_backoff {
	uint64_t failures;
	int64_t next_us;
};
struct spool_backoff spool_backoff(struct spool *spool, int64_t now_us);
/* Failures 0 removes it. */
bool spool_set_backoff(struct spool *spool, struct spool_backoff backoff, struct opt_error *error);

/* Puts refused results back into the queue; returns how many, or -1 with a clause. Lines that are
 * no result stay. */
long spool_revive(struct spool *spool, int64_t now_us, struct opt_error *error);

#endif
