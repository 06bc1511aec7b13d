/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Control groups (cgroups(7)) and the systemd units or containers they stand for. Escapes of systemd
 * ("dev-\x2d...") are left as they are.
 */
#ifndef LOCAL_CGROUP_H
#define LOCAL_CGROUP_H

#include "base/mem.h"

/* The deepest part of a path that is a unit with processes (.service, .scope, .socket, .mount,
 * .swap), else its last part. NULL for the root and for what lies outside of our own root. */
const char *cgroup_path_unit(struct arena *arena, struct view path);
/* The same for the text of /proc/PID/cgroup: of the path in version 2; where that says nothing, in
 * the systemd hierarchy of version 1. */
const char *cgroup_text_unit(struct arena *arena, struct view text);

struct cgroup_wish {
	uint64_t id;
	const char **unit; /* is set when the group is met and is not the root */
	bool met;	   /* starts false */
};

/* Where version 2 is mounted, NULL = nowhere usual. */
const char *cgroup_root(void);
/* Looks for those groups below a folder, where the inode of a folder is the number of its group
 * (64-bit kernels since 5.5), in at most some thousand folders, the shallow ones first. Sorts
 * `wish`. */
void cgroup_find(struct arena *arena, const char *root, struct cgroup_wish *wish, size_t count);

#endif
