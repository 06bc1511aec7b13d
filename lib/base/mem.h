/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory that never fails: a program without memory ends with state UNKNOWN and one line.
 * An arena hands out small pieces that live until the arena is freed; its bytes start as zero.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include "base/bytes.h"

/* Zeroed; release with mem_free. */
void *mem_new(size_t count, size_t size);
/* Keeps the old bytes; the grown part is not zeroed. */
void *mem_resize(void *old, size_t count, size_t size);
void mem_free(void *p);
/* Overwrites before a release, so that a secret does not stay in memory. */
void mem_wipe(void *p, size_t n);

struct arena_block;
struct arena {
	struct arena_block *last;
};

/* Aligned for any type. */
void *arena_new(struct arena *arena, size_t count, size_t size);
/* A NUL-terminated copy. */
const char *arena_text(struct arena *arena, struct view v);
void arena_free(struct arena *arena);

#endif
