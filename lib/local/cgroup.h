/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Control groups (cgroups(7)) and the systemd units or containers they stand for. Escapes of systemd
 * ("dev-\x2d...") are left as they are.
 */
#ifndef LOCAL_CGROUP_H
#define LOCAL_CGROUP_H

#include "base/mem.h"

/* The first part of a path behind its slices, when it is a unit with processes (.service, .scope,
 * .socket, .mount, .swap): what is below is delegated, and named by others. Below the manager of a
 * user it is both, as "user@1000.service/phone.service". Where there is no unit it is the last part
 * in front of any that looks like one, or the last slice. NULL for the root and for what lies
 * outside of our own root. */
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
