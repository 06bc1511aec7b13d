/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Allocation that ends the program as UNKNOWN instead of failing; see mem.h. */
#define _GNU_SOURCE
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_FIRST_BYTES = 1024, BLOCK_MAX_BYTES = 16384, ALIGN = 16, EXIT_UNKNOWN = 3 };

struct arena_block {
	struct arena_block *previous;
	size_t used, size;
	_Alignas(16) char bytes[];
};

static void *checked(void *p)
{
	static const char line[] = "UNKNOWN - out of memory\n";

	if (p == NULL) {
		if (write(STDOUT_FILENO, line, sizeof(line) - 1) < 0)
			_exit(EXIT_UNKNOWN);
		_exit(EXIT_UNKNOWN);
	}
	return p;
}

void *mem_new(size_t count, size_t size)
{
	return checked(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *mem_resize(void *old, size_t count, size_t size)
{
	return checked(reallocarray(old, count > 0 ? count : 1, size > 0 ? size : 1));
}

void mem_free(void *p)
{
	free(p);
}

void mem_wipe(void *p, size_t n)
{
	if (n > 0)
		explicit_bzero(p, n);
}

/* Each block is twice the one before, up to a limit: a small program zeroes little. */
static struct arena_block *block_new(struct arena_block *previous, size_t least)
{
	size_t size = previous == NULL ? BLOCK_FIRST_BYTES : 2 * previous->size;

	if (size > BLOCK_MAX_BYTES)
		size = BLOCK_MAX_BYTES;
	if (size < least)
		size = least;
	struct arena_block *block = mem_new(1, sizeof(*block) + size);
	block->previous = previous;
	block->size = size;
	return block;
}

void *arena_new(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
		checked(NULL);
	bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN;
	if (arena->last == NULL || arena->last->size - arena->last->used < bytes)
		arena->last = block_new(arena->last, bytes);
	void *p = arena->last->bytes + arena->last->used;
	arena->last->used += bytes;
	return p;
}

const char *arena_text(struct arena *arena, struct view v)
{
	char *copy = arena_new(arena, v.n + 1, 1);

	if (v.n > 0)
		memcpy(copy, v.p, v.n);
	return copy;
}

void arena_free(struct arena *arena)
{
	while (arena->last != NULL) {
		struct arena_block *block = arena->last;
		arena->last = block->previous;
		free(block);
	}
}
