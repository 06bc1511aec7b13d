/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A ring of links embedded in what they join; the head is a link too.  A zeroed link is in no ring,
 * so removal is always safe.
 *
 * The members are for these functions only: gcc 12 -O2 takes a read like `owner->head.next` out of
 * a loop that empties the ring through them.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

/* What the link is embedded in. */
#define LIST_ITEM(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void list_init(struct list *head)
{
	head->next = head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

/* NULL behind the last; `at` is the head or an item. */
static inline struct list *list_next(const struct list *head, const struct list *at)
{
	return at->next != head ? at->next : NULL;
}

static inline struct list *list_first(const struct list *head)
{
	return list_next(head, head);
}

static inline bool list_is_linked(const struct list *item)
{
	return item->next != NULL;
}

static inline void list_append(struct list *head, struct list *item)
{
	item->next = head;
	item->prev = head->prev;
	head->prev->next = item;
	head->prev = item;
}

static inline void list_remove(struct list *item)
{
	if (!list_is_linked(item))
		return;
	item->next->prev = item->prev;
	item->prev->next = item->next;
	item->next = item->prev = NULL;
}

#endif
