/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who holds a socket of this host: the processes that have it open, as far as the kernel lets us see
 * (/proc/PID/fd: one's own processes, or CAP_SYS_PTRACE with CAP_DAC_READ_SEARCH), and their units.
 * Threads are no processes, but what one holds alone is its process's too. What begins or ends
 * meanwhile may be missing.
 */
#ifndef LOCAL_OWNERS_H
#define LOCAL_OWNERS_H

#include "base/mem.h"

/* Processes of one name, path, user and unit. */
struct local_process {
	struct local_process *next;
	uint32_t pid; /* the lowest */
	uint32_t uid; /* effective */
	unsigned count;
	const char *name; /* comm: at most 15 bytes; any bytes */
	/* Of the program file, NULL when it may not be seen; any bytes. The kernel's " (deleted)"
	 * stays at its end: the file was removed or replaced while the program runs. */
	const char *path;
	bool path_elsewhere; /* the file of that name that we see, if any, is another one */
	const char *unit;    /* systemd unit or last part of the cgroup, NULL = none; any bytes */
};

struct local_owner {
	uint32_t inode;		     /* in: the socket's; 0 is nobody's */
	uint64_t cgroup;	     /* in: the socket's (struct local_socket), 0 = none */
	struct local_process *first; /* ascending by pid; NULL = nobody who may be seen */
	/* Of the socket's own cgroup, which takes no privilege; only where `first` is NULL. NULL =
	 * none, or its cgroup was not found. */
	const char *unit;
};

struct local_owners_seen {
	unsigned processes; /* of all users */
	unsigned closed;    /* of these: descriptors may not be read */
	bool hidden;	    /* there are more: /proc shows one's own only (mount option hidepid) */
	bool capable;	    /* we have CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH */
};

/* Fills `owner`; one pass over /proc for all of them, none when there are none, and a slower one for
 * those without an owner. Everything lives in the arena. False with a clause (cap bytes) and nothing filled when /proc cannot be read at all, or
 * not to its end. */
bool local_owners(struct arena *arena, struct local_owner *owner, size_t count,
		  struct local_owners_seen *seen, char *why, size_t cap);

#endif
