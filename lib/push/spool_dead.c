/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Refused results: their lines with the receiver's words as further keys, so that they can be read
 * back; and lines that are no result, as they were.  A small file is written again with what comes
 * next, so that dead/ does not hold a file for each run.
 */
#define _GNU_SOURCE
#include "push/spool_private.h"

#include "push/json_text.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { SMALL_BYTES = 256 * 1024, BROKEN_BYTES_MAX = 1024 * 1024 };

static void put_number(struct grow *out, const char *key, int64_t value)
{
	if (value <= 0)
		return;
	grow_str(out, key);
	grow_u64(out, (uint64_t)value);
}

/* The line of a result ends in a brace; it has at least the key "host". */
void spool_dead_write(const struct spool_entry *entry, int64_t now_us, struct grow *out)
{
	if (entry->mark == SPOOL_REFUSED) {
		grow_put(out, view_first(entry->line, entry->line.n - 1));
		put_number(out, ",\"refused_status\":", entry->status);
	} else {
		grow_str(out, "{\"broken\":");
		grow_json_bytes(out, view_first(entry->line, BROKEN_BYTES_MAX));
		put_number(out, ",\"broken_bytes\":", (int64_t)entry->line.n);
	}
	put_number(out, ",\"refused_us\":", now_us);
	grow_str(out, ",\"refused_words\":");
	grow_json(out, entry->words);
	grow_str(out, "}\n");
}

static size_t count_lines(struct view text)
{
	size_t count = 0;

	while (text.n > 0)
		count += view_take_until(&text, '\n').n > 0;
	return count;
}

/* Cuts the oldest lines until the rest is within the cap. */
static size_t cut_oldest(struct view *text, uint64_t cap)
{
	size_t count = 0;

	for (; cap > 0 && text->n > cap; count++)
		view_take_until(text, '\n');
	return count;
}

static uint64_t bytes_of(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? (uint64_t)st.st_size : 0;
}

/* Removes the oldest files until the rest is within the cap. */
static int keep_cap(struct spool *spool)
{
	struct spool_files files;
	int failed = spool_file_list(spool->dead, &files);
	uint64_t bytes = 0, cap = spool->conf.max_bytes;

	for (size_t i = files.count; cap > 0 && failed == 0 && i-- > 0;) {
		bytes += bytes_of(spool->dead, files.file[i].name);
		if (bytes <= cap)
			continue;
		failed = spool_file_remove(spool->dead, files.file[i].name);
		spool->counts.dead_dropped += failed == 0 ? files.file[i].count : 0;
	}
	mem_free(files.file);
	return failed;
}

/* The name and text of the newest file when it is small; an empty name when there is none. */
static struct spool_file take_small(struct spool *spool, struct grow *text)
{
	struct spool_file last = { .name = "" };
	struct arena arena = { NULL };
	struct spool_files files;
	struct view old;

	if (spool_file_list(spool->dead, &files) == 0 && files.count > 0)
		last = files.file[files.count - 1];
	mem_free(files.file);
	if (last.name[0] != '\0' && bytes_of(spool->dead, last.name) <= SMALL_BYTES &&
	    spool_file_read(spool->dead, last.name, &arena, &old) == 0)
		grow_put(text, old);
	else
		last.name[0] = '\0';
	arena_free(&arena);
	return last;
}

int spool_dead_add(struct spool *spool, struct view lines, int64_t now_us)
{
	struct grow text = { .p = NULL };
	struct spool_file old = take_small(spool, &text);
	int failed = 0;

	if (text.n > 0 && text.p[text.n - 1] != '\n')
		grow_byte(&text, '\n');
	grow_put(&text, lines);
	struct view kept = grow_view(&text);
	size_t dropped = cut_oldest(&kept, spool->conf.max_bytes);
	if (kept.n > 0)
		failed = spool_file_add_last(spool->dead, now_us, count_lines(kept), kept);
	grow_free(&text);
	if (failed == 0 && old.name[0] != '\0')
		failed = spool_file_remove(spool->dead, old.name);
	if (failed != 0)
		return failed;
	spool->counts.dead_dropped += dropped;
	return keep_cap(spool);
}

/* Results and other lines of dead/ apart. */
struct sorting {
	struct grow result, other;
	size_t results, others;
};

static void sort_line(struct sorting *sorting, struct view line)
{
	struct arena arena = { NULL };
	struct check_result result;
	struct opt_error why;

	if (line.n == 0)
		return;
	if (check_result_read(line, &result, &arena, &why)) {
		check_result_write(&result, &sorting->result);
		grow_byte(&sorting->result, '\n');
		sorting->results++;
	} else {
		grow_put(&sorting->other, line);
		grow_byte(&sorting->other, '\n');
		sorting->others++;
	}
	arena_free(&arena);
}

static int sort_files(struct spool *spool, const struct spool_files *files, struct sorting *sorting)
{
	struct arena arena = { NULL };
	struct view text;
	int failed = 0;

	for (size_t i = 0; i < files->count && failed == 0; i++) {
		failed = spool_file_read(spool->dead, files->file[i].name, &arena, &text);
		while (failed == 0 && text.n > 0)
			sort_line(sorting, view_trim(view_take_until(&text, '\n')));
		arena_free(&arena);
	}
	return failed;
}

/* First they are in the queue, then dead/ has only the other lines. */
static int move_back(struct spool *spool, const struct spool_files *files,
		     const struct sorting *sorting, int64_t now_us)
{
	int failed = spool_file_add_last(spool->queue, now_us, sorting->results,
					 grow_view(&sorting->result));

	if (failed == 0 && sorting->others > 0)
		failed = spool_file_add_last(spool->dead, now_us, sorting->others,
					     grow_view(&sorting->other));
	for (size_t i = 0; i < files->count && failed == 0; i++)
		failed = spool_file_remove(spool->dead, files->file[i].name);
	return failed != 0 ? failed : spool_file_sync(spool->dead);
}

long spool_revive(struct spool *spool, int64_t now_us, struct opt_error *error)
{
	struct sorting sorting = { .results = 0 };
	struct spool_files files;
	int failed = spool_file_list(spool->dead, &files);

	if (failed == 0)
		failed = sort_files(spool, &files, &sorting);
	if (failed == 0 && sorting.results > 0)
		failed = move_back(spool, &files, &sorting, now_us);
	mem_free(files.file);
	grow_free(&sorting.result);
	grow_free(&sorting.other);
	if (failed == 0)
		return (long)sorting.results;
	spool_fail(spool, "dead", "was not moved back", failed, error);
	return -1;
}
