/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folder of check results of Nagios 4 (check_result_path).  It takes regular files named "c" and
 * exactly six characters beside which an empty NAME.ok stands.  So NAME.ok comes last, when the data is
 * on disk; a file without it is removed by Nagios after max_check_result_file_age.
 *
 * It takes them in no order, so of each object only the newest is left there.  An object's files have one
 * of SLOTS names.  A file that has not changed for that age goes unread even with NAME.ok, so ours change in
 * the future: what came while Nagios was stopped is kept for the profile's max_age.
 *
 * Nagios removes a file that it cannot read, and the result is lost.  It runs as another user, so the
 * files are readable by all; the folder decides who gets there (Debian: only the user nagios).
 */
#define _GNU_SOURCE
#include "push/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { HASH_BYTES = 5, NAME_BYTES = 7, SLOTS = 16, HEAD_MAX = 2 * CHECK_RESULT_NAME_MAX + 64 };

#define FOREVER_US (INT64_C(3650) * 86400 * 1000000)

struct spool_name {
	char data[NAME_BYTES + 1], ok[NAME_BYTES + 4];
};

static struct spool_name name_of(struct view object, unsigned slot)
{
	struct spool_name name;
	char digits[16];
	struct wr hex = wr_over(digits, sizeof(digits));
	struct wr data = wr_over(name.data, NAME_BYTES), ok = wr_over(name.ok, NAME_BYTES + 3);

	wr_hex64(&hex, folder_hash(object));
	wr_byte(&data, 'c');
	wr_put(&data, view_first(wr_view(&hex), HASH_BYTES));
	wr_byte(&data, "0123456789abcdef"[slot % SLOTS]);
	wr_put(&ok, wr_view(&data));
	wr_str(&ok, ".ok");
	name.data[NAME_BYTES] = name.ok[NAME_BYTES + 3] = '\0';
	return name;
}

/* Nagios joins a line that ends in a backslash to the next one, but takes one of two away. */
static void end_line(struct grow *out)
{
	if (view_ends(grow_view(out), VIEW("\\")))
		grow_byte(out, '\\');
	grow_byte(out, '\n');
}

static void put_text(const char *key, struct view value, struct grow *out)
{
	grow_str(out, key);
	grow_put(out, value);
	end_line(out);
}

/* Seconds, a point and microseconds without leading zeros, which Nagios would read as octal. */
static void put_time(const char *key, int64_t us, struct grow *out)
{
	uint64_t value = us > 0 ? (uint64_t)us : 0;

	grow_str(out, key);
	grow_u64(out, value / 1000000);
	grow_byte(out, '.');
	grow_u64(out, value % 1000000);
	grow_byte(out, '\n');
}

/* How the files of an object's results begin, and no other file. */
static void put_object(const struct check_result *result, struct grow *out)
{
	put_text("host_name=", result->host, out);
	if (result->service.n > 0)
		put_text("service_description=", result->service, out);
	grow_str(out, "check_type=1\n"); /* passive */
}

static void put_result(const struct check_result *result, struct grow *out)
{
	put_object(result, out);
	grow_str(out, "check_options=0\n"
		      "scheduled_check=0\n"
		      "reschedule_check=0\n"
		      "latency=0\n");
	put_time("start_time=", result->start_us, out);
	put_time("finish_time=", result->end_us, out);
	grow_str(out, "early_timeout=0\n"
		      "exited_ok=1\n"
		      "return_code=");
	grow_u64(out, push_code(result));
	grow_str(out, "\noutput=");
	push_put_nagios(result, out);
	end_line(out);
}

/* A NAME.ok that an interrupted Nagios left would release the file before it is whole. A name is not soon
 * used again: Nagios may be about to remove a file that it has read. */
static int add_data(const struct folder *folder, struct view object, unsigned *slot,
		    struct view text)
{
	uint64_t value = 0;
	int failed = EEXIST;

	while (getrandom(&value, sizeof(value), 0) != (ssize_t)sizeof(value))
		continue;
	for (unsigned i = 0; failed == EEXIST && i < SLOTS; i++) {
		*slot = (unsigned)(value + i) % SLOTS;
		struct spool_name name = name_of(object, *slot);
		if (!folder_has(folder, name.ok))
			failed = folder_add(folder, name.data, text);
	}
	return failed;
}

static bool begins_with(const struct folder *folder, const char *name, struct view head)
{
	char bytes[HEAD_MAX];
	int fd = openat(folder->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, bytes, sizeof(bytes)) : 0;

	if (fd >= 0)
		close(fd);
	return got > 0 && view_starts((struct view){ bytes, (size_t)got }, head);
}

/* First the sign, so that Nagios lets the file alone. What it has begun to read is done before it finds
 * a later one. A file without sign belongs to who is still writing it. */
static void withdraw_others(const struct folder *folder, struct view object, unsigned newest)
{
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		struct spool_name name = name_of(object, slot);
		if (slot != newest && begins_with(folder, name.data, object) &&
		    folder_remove(folder, name.ok) == 0)
			folder_remove(folder, name.data);
	}
}

static int add_file(const struct folder *folder, struct view object, struct view text,
		    int64_t change_us)
{
	unsigned slot;
	int failed = add_data(folder, object, &slot, text);

	if (failed != 0)
		return failed;
	struct spool_name name = name_of(object, slot);
	withdraw_others(folder, object, slot);
	failed = folder_add(folder, name.ok, VIEW(""));
	if (failed != 0)
		folder_remove(folder, name.data);
	else
		folder_date(folder, name.data, change_us);
	folder_sync(folder);
	return failed;
}

static enum push_verdict write_file(const struct push_profile *profile,
				    const struct check_result *result, struct wr *words)
{
	struct folder folder;
	struct grow object = { .p = NULL }, text = { .p = NULL };
	int64_t keep_us = profile->max_age_us > 0 ? profile->max_age_us : FOREVER_US;
	int failed = folder_open(&folder, profile->path);

	put_object(result, &object);
	put_result(result, &text);
	if (failed == 0)
		failed = add_file(&folder, grow_view(&object), grow_view(&text),
				  result->end_us + keep_us);
	grow_free(&object);
	grow_free(&text);
	folder_close(&folder);
	return failed == 0 ? PUSH_SENT : folder_later(profile->path, strerror(failed), words);
}

const struct sink sink_nagios_spool = {
	.name = "nagios-spool",
	.newest_only = true,
	.batch_max = 1,
	.write = write_file,
};
