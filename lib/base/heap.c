/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Timer heap; see heap.h. */
#include "base/heap.h"

#include "base/mem.h"

static bool before(const struct heap_node *a, const struct heap_node *b)
{
	return a->time_us != b->time_us ? a->time_us < b->time_us : a->sequence < b->sequence;
}

static void put(struct heap *heap, size_t at, struct heap_node *node)
{
	heap->node[at] = node;
	node->place = at + 1;
}

static void sift_up(struct heap *heap, struct heap_node *node)
{
	size_t at = node->place - 1;

	for (; at > 0 && before(node, heap->node[(at - 1) / 2]); at = (at - 1) / 2)
		put(heap, at, heap->node[(at - 1) / 2]);
	put(heap, at, node);
}

static void sift_down(struct heap *heap, struct heap_node *node)
{
	size_t at = node->place - 1;

	for (;;) {
		size_t child = 2 * at + 1;
		if (child + 1 < heap->count && before(heap->node[child + 1], heap->node[child]))
			child++;
		if (child >= heap->count || !before(heap->node[child], node))
			break;
		put(heap, at, heap->node[child]);
		at = child;
	}
	put(heap, at, node);
}

void heap_set(struct heap *heap, struct heap_node *node, int64_t time_us)
{
	heap_remove(heap, node);
	if (heap->count == heap->cap) {
		heap->cap = heap->cap > 0 ? 2 * heap->cap : 64;
		heap->node = mem_resize(heap->node, heap->cap, sizeof(struct heap_node *));
	}
	node->time_us = time_us;
	node->sequence = heap->next_sequence++;
	put(heap, heap->count++, node);
	sift_up(heap, node);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
	if (node->place == 0)
		return;
	struct heap_node *last = heap->node[--heap->count];
	if (last != node) {
		put(heap, node->place - 1, last);
		sift_up(heap, last);
		sift_down(heap, last);
	}
	node->place = 0;
}

struct heap_node *heap_first(const struct heap *heap)
{
	return heap->count > 0 ? heap->node[0] : NULL;
}

void heap_free(struct heap *heap)
{
	mem_free(heap->node);
	*heap = (struct heap){ .node = NULL };
}
