/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of loaded results, made durable; see spool.h.
 *
 * Files go oldest first, and none goes before those that are older: a result that a newer one
 * supersedes must not come back after that one was sent.
 */
#include "push/spool_private.h"

void spool_mark_sent(struct spool *spool, size_t i)
{
	spool->live_entry[i]->mark = SPOOL_SENT;
}

void spool_mark_refused(struct spool *spool, size_t i, long status, struct view words)
{
	struct spool_entry *entry = spool->live_entry[i];

	entry->mark = SPOOL_REFUSED;
	entry->status = status;
	entry->words = (struct view){ arena_text(&spool->arena, words), words.n };
}

static void tally(struct spool *spool)
{
	for (size_t i = 0; i < spool->files.count; i++)
		spool->part[i].left = spool->part[i].dead = 0;
	spool->found.refused = 0;
	for (size_t i = 0; i < spool->entries; i++) {
		const struct spool_entry *entry = &spool->entry[i];
		struct spool_part *part = &spool->part[entry->file];
		part->left += entry->mark == SPOOL_LEFT;
		part->dead += entry->mark == SPOOL_REFUSED || entry->mark == SPOOL_BROKEN;
		spool->found.refused += entry->mark == SPOOL_REFUSED;
	}
}

static bool has_to_stay(const struct spool_part *part)
{
	return part->left > 0 || part->dead > 0;
}

/* The next file from `i` on whose lines are not all done with; files.count when there is none. */
static size_t next_staying(const struct spool *spool, size_t i)
{
	while (i < spool->files.count && !has_to_stay(&spool->part[i]))
		i++;
	return i;
}

/* Nothing has to be written when one file is all that is left, and as its name says. */
static bool is_as_it_should_be(const struct spool *spool, size_t first)
{
	const struct spool_part *part = &spool->part[first];

	return next_staying(spool, first + 1) == spool->files.count && part->left == part->lines &&
	       part->left == spool->files.file[first].count;
}

/* Returns 0 or errno, like the functions below. `kept` stays; what cannot be read, too. */
static int remove_files(struct spool *spool, size_t from, size_t to, size_t kept)
{
	int failed = 0;

	for (size_t i = from; i < to && failed == 0; i++)
		if (spool->part[i].read && i != kept)
			failed = spool_file_remove(spool->queue, spool->files.file[i].name);
	return failed;
}

static int write_dead(struct spool *spool, int64_t now_us)
{
	struct grow text = { .p = NULL };

	for (size_t i = 0; i < spool->entries; i++) {
		const struct spool_entry *entry = &spool->entry[i];
		if (entry->mark == SPOOL_REFUSED || entry->mark == SPOOL_BROKEN)
			spool_dead_write(entry, now_us, &text);
	}
	int failed = text.n > 0 ? spool_dead_add(spool, grow_view(&text), now_us) : 0;
	grow_free(&text);
	return failed;
}

/* In the place of the oldest file. */
static int write_left(struct spool *spool, size_t first)
{
	struct grow text = { .p = NULL };
	size_t count = 0;
	int failed = 0;

	for (size_t i = 0; i < spool->entries; i++) {
		if (spool->entry[i].mark != SPOOL_LEFT)
			continue;
		grow_put(&text, spool->entry[i].line);
		grow_byte(&text, '\n');
		count++;
	}
	if (count > 0)
		failed = spool_file_add(spool->queue, spool->files.file[first].stamp, count,
					grow_view(&text));
	grow_free(&text);
	return failed;
}

static void count_found(struct spool *spool)
{
	spool->counts.superseded += spool->found.superseded;
	spool->counts.expired += spool->found.expired;
	spool->counts.dropped += spool->found.dropped;
	spool->counts.corrupt += spool->found.corrupt;
	spool->counts.refused += spool->found.refused;
}

static int settle(struct spool *spool, int64_t now_us)
{
	size_t count = spool->files.count, kept = count;

	tally(spool);
	size_t first = next_staying(spool, 0);
	int failed = remove_files(spool, 0, first, kept);
	if (failed == 0 && first < count && is_as_it_should_be(spool, first)) {
		kept = first;
	} else if (failed == 0 && first < count) {
		failed = write_dead(spool, now_us);
		if (failed == 0)
			failed = write_left(spool, first);
	}
	return failed == 0 ? remove_files(spool, first, count, kept) : failed;
}

bool spool_settle(struct spool *spool, int64_t now_us, struct opt_error *error)
{
	size_t files = spool->files.count;
	int failed = settle(spool, now_us);

	if (files > 0 && failed == 0)
		failed = spool_file_sync(spool->queue);
	if (failed != 0)
		return spool_fail(spool, "queue", "was not settled", failed, error);
	count_found(spool);
	spool_forget(spool);
	return true;
}
