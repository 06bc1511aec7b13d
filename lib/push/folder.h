/* SPDX-License-Identifier: GPL-3.0-or-later */
/* New files in a folder that another program reads: they are on disk before it may find them, and its
 * user can read them. */
#ifndef PUSH_FOLDER_H
#define PUSH_FOLDER_H

#include "push/sink.h"

struct folder {
	const char *path; /* borrowed */
	int fd;
};

/* These return 0 or errno. */
int folder_open(struct folder *folder, const char *path);
/* A file that was not there, synced, of mode 0644 whatever the umask is: who may read it is the
 * folder's business. EEXIST leaves the old one alone; other failures leave none. */
int folder_add(const struct folder *folder, const char *name, struct view text);
int folder_remove(const struct folder *folder, const char *name);
int folder_rename(const struct folder *folder, const char *from, const char *to);
bool folder_has(const struct folder *folder, const char *name);
/* The time of its last change; a file that is gone already is none of ours. */
void folder_date(const struct folder *folder, const char *name, int64_t us);
/* For names of files: FNV-1a. */
uint64_t folder_hash(struct view text);
/* Makes names durable, where the folder can be read. */
void folder_sync(const struct folder *folder);
void folder_close(struct folder *folder);

/* PUSH_LATER, and "PATH: why". */
enum push_verdict folder_later(const char *path, const char *why, struct wr *words);

#endif
