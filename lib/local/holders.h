/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The processes that hold sockets, from /proc: the links in /proc/PID/fd read "socket:[inode]".
 * These are not followed, so no file of another process is touched and nothing can hang. Only the
 * program file's path is, where its process has a mount namespace of its own.
 */
#ifndef LOCAL_HOLDERS_H
#define LOCAL_HOLDERS_H

#include "local/owners.h"

struct holder {
	uint32_t inode;
	struct local_process *process; /* the same for each socket of a process; count is 1 */
};

struct holders {
	struct holder *holder; /* in no order; release with mem_free */
	size_t count, cap;
};

/* Appends one holder per process and wanted socket that it holds; the processes live in the arena.
 * A second, thorough pass is for the sockets without one. `inode` is ascending, each once and not 0. 0, or an errno with only some appended. */
int holders_find(struct arena *arena, const uint32_t *inode, size_t count, struct holders *out,
		 struct local_owners_seen *seen);

#endif
