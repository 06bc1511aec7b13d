/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue in memory: all lines of all files, oldest first, then without those that count no more;
 * see spool.h. */
#include "push/spool_private.h"

#include <stdlib.h>
#include <string.h>

/* A result that ended later than this from now was stamped by a clock that went back since. */
enum { CLOCK_SLACK_US = 60000000 };

void spool_forget(struct spool *spool)
{
	mem_free(spool->files.file);
	mem_free(spool->part);
	mem_free(spool->entry);
	mem_free(spool->live);
	mem_free(spool->live_entry);
	arena_free(&spool->arena);
	spool->files = (struct spool_files){ .file = NULL };
	spool->part = NULL;
	spool->entry = NULL;
	spool->live = NULL;
	spool->live_entry = NULL;
	spool->entries = spool->entries_cap = spool->live_count = 0;
	spool->found = (struct spool_counts){ .corrupt = 0 };
}

static struct spool_entry *new_entry(struct spool *spool)
{
	if (spool->entries == spool->entries_cap) {
		spool->entries_cap = spool->entries_cap > 0 ? 2 * spool->entries_cap : 64;
		spool->entry = mem_resize(spool->entry, spool->entries_cap, sizeof(*spool->entry));
	}
	return &spool->entry[spool->entries++];
}

static void read_line(struct spool *spool, size_t file, struct view line, int64_t now_us)
{
	struct spool_entry *entry = new_entry(spool);
	struct opt_error why;

	*entry = (struct spool_entry){ .line = line, .file = file, .mark = SPOOL_LEFT };
	if (!check_result_read(line, &entry->result, &spool->arena, &why)) {
		entry->mark = SPOOL_BROKEN;
		entry->words = view_of(arena_text(&spool->arena, view_of(why.text)));
		spool->found.corrupt++;
	}
	entry->ended_us = entry->result.end_us;
	if (entry->ended_us == 0)
		entry->ended_us = (int64_t)spool->files.file[file].stamp;
	entry->rank_us = entry->ended_us > now_us + CLOCK_SLACK_US ? 0 : entry->ended_us;
}

/* A file that cannot be read stays where it is and stops nothing. */
static void read_file(struct spool *spool, size_t file, int64_t now_us)
{
	struct spool_part *part = &spool->part[file];
	struct view text;

	part->read = spool_file_read(spool->queue, spool->files.file[file].name, &spool->arena,
				     &text) == 0;
	spool->counts.unreadable += !part->read;
	while (part->read && text.n > 0) {
		struct view line = view_trim(view_take_until(&text, '\n'));
		if (line.n == 0)
			continue;
		part->lines++;
		read_line(spool, file, line, now_us);
	}
}

/* Of entries that are the same for `order` the older one comes first. */
static int by_age(const struct spool_entry *a, const struct spool_entry *b)
{
	return (a > b) - (a < b);
}

static int compare_lines(const struct spool_entry *a, const struct spool_entry *b)
{
	int order = (a->line.n > b->line.n) - (a->line.n < b->line.n);

	return order != 0 ? order : memcmp(a->line.p, b->line.p, a->line.n);
}

static int by_line(const void *left, const void *right)
{
	const struct spool_entry *a = *(struct spool_entry *const *)left;
	const struct spool_entry *b = *(struct spool_entry *const *)right;
	int order = compare_lines(a, b);

	return order != 0 ? order : by_age(a, b);
}

static int by_object(const void *left, const void *right)
{
	const struct spool_entry *a = *(struct spool_entry *const *)left;
	const struct spool_entry *b = *(struct spool_entry *const *)right;
	int order = check_result_compare_object(&a->result, &b->result);

	if (order == 0)
		order = (a->rank_us > b->rank_us) - (a->rank_us < b->rank_us);
	return order != 0 ? order : by_age(a, b);
}

/* The entries that still count, in that order; release with mem_free. */
static struct spool_entry **sorted(struct spool *spool, size_t *count,
				   int (*order)(const void *, const void *))
{
	struct spool_entry **list = mem_new(spool->entries, sizeof(struct spool_entry *));

	*count = 0;
	for (size_t i = 0; i < spool->entries; i++)
		if (spool->entry[i].mark == SPOOL_LEFT)
			list[(*count)++] = &spool->entry[i];
	if (*count > 1)
		qsort(list, *count, sizeof(struct spool_entry *), order);
	return list;
}

/* A run that was killed between writing one file and removing those it stands for leaves lines twice.
 * The last one counts: an object that was OK, CRITICAL and the same OK again is OK. */
static void drop_repeated(struct spool *spool)
{
	size_t count;
	struct spool_entry **list = sorted(spool, &count, by_line);

	for (size_t i = 1; i < count; i++)
		if (compare_lines(list[i - 1], list[i]) == 0)
			list[i - 1]->mark = SPOOL_GONE;
	mem_free(list);
}

static void drop_superseded(struct spool *spool)
{
	size_t count;
	struct spool_entry **list = sorted(spool, &count, by_object);

	for (size_t i = 1; i < count; i++) {
		if (check_result_compare_object(&list[i - 1]->result, &list[i]->result) != 0)
			continue;
		list[i - 1]->mark = SPOOL_GONE;
		spool->found.superseded++;
	}
	mem_free(list);
}

static void drop_expired(struct spool *spool, int64_t now_us)
{
	for (size_t i = 0; i < spool->entries; i++) {
		struct spool_entry *entry = &spool->entry[i];
		if (entry->mark != SPOOL_LEFT || entry->ended_us >= now_us ||
		    now_us - entry->ended_us <= spool->conf.max_age_us)
			continue;
		entry->mark = SPOOL_GONE;
		spool->found.expired++;
	}
}

static void drop_beyond_cap(struct spool *spool)
{
	uint64_t bytes = 0;

	for (size_t i = spool->entries; i-- > 0;) {
		struct spool_entry *entry = &spool->entry[i];
		if (entry->mark != SPOOL_LEFT)
			continue;
		bytes += entry->line.n + 1;
		if (bytes <= spool->conf.max_bytes)
			continue;
		entry->mark = SPOOL_GONE;
		spool->found.dropped++;
	}
}

static void collect_live(struct spool *spool)
{
	spool->live = mem_new(spool->entries, sizeof(*spool->live));
	spool->live_entry = mem_new(spool->entries, sizeof(struct spool_entry *));
	for (size_t i = 0; i < spool->entries; i++) {
		if (spool->entry[i].mark != SPOOL_LEFT)
			continue;
		spool->live[spool->live_count] = spool->entry[i].result;
		spool->live_entry[spool->live_count++] = &spool->entry[i];
	}
}

bool spool_load(struct spool *spool, int64_t now_us, struct opt_error *error)
{
	spool_forget(spool);
	int failed = spool_file_list(spool->queue, &spool->files);
	if (failed != 0)
		return spool_fail(spool, "queue", "was not read", failed, error);
	spool->part = mem_new(spool->files.count, sizeof(*spool->part));
	spool->counts.unreadable = 0;
	for (size_t i = 0; i < spool->files.count; i++)
		read_file(spool, i, now_us);
	drop_repeated(spool);
	if (spool->conf.newest_only)
		drop_superseded(spool);
	if (spool->conf.max_age_us > 0)
		drop_expired(spool, now_us);
	if (spool->conf.max_bytes > 0)
		drop_beyond_cap(spool);
	collect_live(spool);
	return true;
}

size_t spool_count(const struct spool *spool)
{
	return spool->live_count;
}

const struct check_result *spool_at(const struct spool *spool, size_t i)
{
	return &spool->live[i];
}
