/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A binary heap of timers ordered by (time, sequence): equal times keep the order they were set in.
 * Nodes are embedded in what they belong to; a node is in at most one heap.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
	int64_t time_us;
	uint64_t sequence;
	size_t place; /* index + 1 in the heap; 0 = in none */
};

struct heap {
	struct heap_node **node;
	size_t count, cap;
	uint64_t next_sequence;
};

/* Inserts the node, or moves it when it is in the heap already. */
void heap_set(struct heap *heap, struct heap_node *node, int64_t time_us);
/* Does nothing for a node that is in no heap. */
void heap_remove(struct heap *heap, struct heap_node *node);
/* The earliest node or NULL. */
struct heap_node *heap_first(const struct heap *heap);
void heap_free(struct heap *heap);

#endif
