/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A folder of the textfile collector of node_exporter: one file for each object, replaced whole, and
 * readable by the exporter's user.  A run that is killed may leave NAME.PID.new, which nobody reads.
 */
#define _GNU_SOURCE
#include "push/exposition.h"
#include "push/folder.h"

#include <string.h>
#include <unistd.h>

enum { STEM_MAX = 200, STEM_KEPT = 180, FILE_NAME_MAX = 256 };

#define SAFE "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"

static void put_safe(struct view name, const char *safe, struct grow *out)
{
	while (name.n > 0) {
		grow_put(out, view_take_while(&name, safe));
		if (name.n == 0)
			return;
		unsigned char c = (unsigned char)name.p[0];
		grow_byte(out, '%');
		grow_byte(out, "0123456789ABCDEF"[c >> 4]);
		grow_byte(out, "0123456789ABCDEF"[c & 15]);
		name = view_skip(name, 1);
	}
}

/* No two objects share a name: the first "_" behind "voip_" stands between host and service, and "~"
 * only before the hash of a name that is too long for a file. */
static void put_stem(const struct check_result *result, struct wr *w)
{
	struct grow stem = { .p = NULL };

	grow_str(&stem, "voip_");
	put_safe(result->host, SAFE, &stem);
	if (result->service.n > 0) {
		grow_byte(&stem, '_');
		put_safe(result->service, SAFE "_", &stem);
	}
	if (stem.n <= STEM_MAX) {
		wr_put(w, grow_view(&stem));
	} else {
		wr_put(w, view_first(grow_view(&stem), STEM_KEPT));
		wr_byte(w, '~');
		wr_hex64(w, folder_hash(grow_view(&stem)));
	}
	grow_free(&stem);
}

static int replace(const struct folder *folder, const struct check_result *result)
{
	char name[FILE_NAME_MAX], beside[FILE_NAME_MAX];
	struct wr to = wr_over(name, sizeof(name)), from = wr_over(beside, sizeof(beside));
	struct grow text = { .p = NULL };

	put_stem(result, &to);
	wr_str(&to, ".prom");
	wr_put(&from, wr_view(&to));
	wr_fmt(&from, ".%ld.new", (long)getpid());
	wr_byte(&from, '\0');
	wr_byte(&to, '\0');
	exposition_write(result, true, &text);
	folder_remove(folder, beside); /* left by a run with our number that was killed */
	int failed = folder_add(folder, beside, grow_view(&text));
	if (failed == 0) {
		failed = folder_rename(folder, beside, name);
		if (failed != 0)
			folder_remove(folder, beside);
		else
			folder_sync(folder);
	}
	grow_free(&text);
	return failed;
}

static enum push_verdict write_file(const struct push_profile *profile,
				    const struct check_result *result, struct wr *words)
{
	struct folder folder;
	int failed = folder_open(&folder, profile->path);

	if (failed == 0)
		failed = replace(&folder, result);
	folder_close(&folder);
	return failed == 0 ? PUSH_SENT : folder_later(profile->path, strerror(failed), words);
}

const struct sink sink_textfile = {
	.name = "textfile",
	.newest_only = true,
	.batch_max = 1,
	.write = write_file,
};
