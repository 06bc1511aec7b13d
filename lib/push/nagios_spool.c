/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folder of check results of Nagios 4 (check_result_path).  It takes regular files named "c" and
 * exactly six characters beside which an empty NAME.ok stands.  So NAME.ok comes last, when the data is
 * on disk; a file without it is removed by Nagios after max_check_result_file_age.
 *
 * Nagios removes a file that it cannot read, and the result is lost.  It runs as another user, so the
 * files are readable by all; the folder decides who gets there (Debian: only the user nagios).
 */
#define _GNU_SOURCE
#include "push/folder.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

enum { NAME_BYTES = 7, NAME_TRIES = 64 };

struct spool_name {
	char data[NAME_BYTES + 1], ok[NAME_BYTES + 4];
};

static void choose_name(struct spool_name *name)
{
	char digits[16];
	uint64_t value = 0;
	struct wr hex = wr_over(digits, sizeof(digits));
	struct wr data = wr_over(name->data, NAME_BYTES), ok = wr_over(name->ok, NAME_BYTES + 3);

	while (getrandom(&value, sizeof(value), 0) != (ssize_t)sizeof(value))
		continue;
	wr_hex64(&hex, value);
	wr_byte(&data, 'c');
	wr_put(&data, view_first(wr_view(&hex), NAME_BYTES - 1));
	wr_put(&ok, wr_view(&data));
	wr_str(&ok, ".ok");
	name->data[NAME_BYTES] = name->ok[NAME_BYTES + 3] = '\0';
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

static void put_result(const struct check_result *result, struct grow *out)
{
	put_text("host_name=", result->host, out);
	if (result->service.n > 0)
		put_text("service_description=", result->service, out);
	grow_str(out, "check_type=1\n" /* passive */
		      "check_options=0\n"
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

/* A NAME.ok that an interrupted Nagios left would release the file before it is whole. */
static int add_data(const struct folder *folder, struct spool_name *name, struct view text)
{
	int failed = EEXIST;

	for (unsigned i = 0; failed == EEXIST && i < NAME_TRIES; i++) {
		choose_name(name);
		if (!folder_has(folder, name->ok))
			failed = folder_add(folder, name->data, text);
	}
	return failed;
}

static int add_result(const struct folder *folder, const struct check_result *result)
{
	struct grow text = { .p = NULL };
	struct spool_name name;

	put_result(result, &text);
	int failed = add_data(folder, &name, grow_view(&text));
	grow_free(&text);
	if (failed != 0)
		return failed;
	failed = folder_add(folder, name.ok, VIEW(""));
	if (failed != 0)
		folder_remove(folder, name.data);
	else
		folder_sync(folder);
	return failed;
}

static enum push_verdict write_file(const struct push_profile *profile,
				    const struct check_result *result, struct wr *words)
{
	struct folder folder;
	int failed = folder_open(&folder, profile->path);

	if (failed == 0)
		failed = add_result(&folder, result);
	folder_close(&folder);
	return failed == 0 ? PUSH_SENT : folder_later(profile->path, strerror(failed), words);
}

const struct sink sink_nagios_spool = {
	.name = "nagios-spool",
	.meaning = "the folder from which Nagios 4 reads check results (check_result_path)",
	.newest_only = true,
	.batch_max = 1,
	.write = write_file,
};
