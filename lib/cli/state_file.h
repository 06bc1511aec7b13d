/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small file that one run leaves to the next: locked while a run uses it, replaced whole and
 * durably (write, fsync, rename, fsync of the folder), never half.
 *
 * The lock is a file of its own, PATH.lock, because PATH is replaced; it is never removed.  Both
 * must be regular files of the user who runs; symbolic links are refused: in a folder that others
 * may write to, whoever makes the link would choose what we read and lock.
 */
#ifndef CLI_STATE_FILE_H
#define CLI_STATE_FILE_H

#include "cli/opt.h"

struct state_file {
	const char *path;
	int lock; /* -1 = not open */
};

/* Takes the lock without waiting and reads the file; a missing one is an empty text. False with a
 * clause that names the file: in use by another run, unreadable, not a regular file of ours, larger
 * than max_bytes. `path` is borrowed, the text lives in the arena. */
bool state_file_open(struct state_file *file, const char *path, size_t max_bytes,
		     struct arena *arena, struct view *text, struct opt_error *error);
/* False with a clause; the old file is then untouched. */
bool state_file_replace(const struct state_file *file, struct view text, struct opt_error *error);
/* Also after an open that failed; gives the lock back. */
void state_file_close(struct state_file *file);

#endif
