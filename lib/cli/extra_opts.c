/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options from ini files; see extra_opts.h.
 *
 * The inih library splits the lines, but in ways that are fixed when it is built it also cuts what
 * follows " ;", joins a line that starts with a blank to the one before, and cuts a line that is
 * longer than its buffer. So our reader hands it only trimmed lines of the wanted section, and
 * refuses those that it would change.
 */
#define _GNU_SOURCE
#include "cli/extra_opts.h"

#include "base/escape.h"
#include "cli/file.h"

#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* monitoring-plugins, lib/parse_ini.c; the last seven are its deprecated ones. */
const char *const extra_opts_path[] = {
	"/usr/local/etc/monitoring-plugins/monitoring-plugins.ini",
	"/usr/local/etc/monitoring-plugins.ini",
	"/etc/monitoring-plugins/monitoring-plugins.ini",
	"/etc/monitoring-plugins.ini",
	"/etc/nagios/plugins.ini",
	"/usr/local/nagios/etc/plugins.ini",
	"/usr/local/etc/nagios/plugins.ini",
	"/etc/opt/nagios/plugins.ini",
	"/etc/nagios-plugins.ini",
	"/usr/local/etc/nagios-plugins.ini",
	"/etc/opt/nagios-plugins.ini",
	NULL,
};

const char *const extra_opts_name[] = {
	"monitoring-plugins.ini",
	"plugins.ini",
	"nagios-plugins.ini",
	NULL,
};

struct feed {
	struct arena *arena;
	struct view rest, section;
	unsigned line;
	bool inside, found;
	const char *why; /* the first thing that is wrong, in `line` */
	struct extra_opts *out;
	size_t cap;
};

static bool is_comment(struct view line)
{
	return line.n > 0 && (line.p[0] == '#' || line.p[0] == ';');
}

static const char *read_heading(struct feed *feed, struct view line)
{
	struct view rest = view_skip(line, 1), name = view_take_until(&rest, ']');

	rest = view_trim(rest);
	if (name.n + 1 == line.n || (rest.n > 0 && !is_comment(rest)))
		return "not a [section]";
	feed->inside = view_eq(view_trim(name), feed->section);
	feed->found |= feed->inside;
	return NULL;
}

/* The clauses quote nothing, because the line may hold a secret. A name that is not ASCII could be
 * a byte order mark, which the library takes away. */
static const char *check_option(struct view line)
{
	struct view name = view_first(line, view_find(line, '='));

	name = view_trim(view_first(name, view_find(name, ':')));
	if (name.n == 0)
		return "no name before the value";
	for (size_t i = 0; i < line.n; i++) {
		unsigned char c = (unsigned char)line.p[i];
		bool blank = c == ' ' || c == '\t';
		if ((c < 0x20 && !blank) || c == 0x7f)
			return "holds a control character";
		if (i < name.n && (blank || c > 0x7f))
			return "the name is not one plain word, or no \"=\" follows";
		if (blank && line.p[i + 1] == ';')
			return "a semicolon behind a blank, but comments need a line of their own";
	}
	return NULL;
}

/* Stands in for fgets: the next option of the section, with a "=" when it has none. */
static char *next_option(char *buffer, int size, void *stream)
{
	struct feed *feed = stream;

	while (feed->why == NULL && feed->rest.n > 0) {
		struct wr w = wr_over(buffer, (size_t)size - 1);
		struct view line = view_trim(view_take_until(&feed->rest, '\n'));
		feed->line++;
		if (line.n == 0 || is_comment(line))
			continue;
		if (line.p[0] == '[') {
			feed->why = read_heading(feed, line);
			continue;
		}
		if (!feed->inside)
			continue;
		wr_put(&w, line);
		if (view_find(line, '=') == line.n && view_find(line, ':') == line.n)
			wr_byte(&w, '=');
		wr_byte(&w, '\n');
		buffer[w.n] = '\0';
		feed->why = w.full ? "is too long for the ini library" : check_option(line);
		return feed->why == NULL ? buffer : NULL;
	}
	return NULL;
}

static int keep_option(void *user, const char *section, const char *name, const char *value)
{
	struct feed *feed = user;
	struct extra_opts *out = feed->out;
	struct view key = view_of(name), text = view_of(value);

	(void)section;
	if (out->count == feed->cap) {
		feed->cap = feed->cap > 0 ? 2 * feed->cap : 8;
		struct extra_opt *grown = arena_new(feed->arena, feed->cap, sizeof(*grown));
		if (out->count > 0)
			memcpy(grown, out->item, out->count * sizeof(*grown));
		out->item = grown;
	}
	out->item[out->count++] = (struct extra_opt){
		.key = { arena_text(feed->arena, key), key.n },
		.value = { arena_text(feed->arena, text), text.n },
		.line = feed->line,
	};
	return 1;
}

bool extra_opts_parse(struct arena *arena, struct view text, struct view section,
		      struct extra_opts *out, struct opt_error *error)
{
	struct feed feed = { .arena = arena, .rest = text, .section = section, .out = out };
	char buffer[ESCAPE_FIELD_MAX + 20];
	struct wr w = wr_over(buffer, sizeof(buffer) - 1);

	if (view_starts(text, VIEW("\xEF\xBB\xBF")))
		feed.rest = view_skip(text, 3);
	out->item = NULL;
	out->count = 0;
	int bad = ini_parse_stream(next_option, &feed, keep_option, &feed);
	if (feed.why == NULL && bad != 0)
		feed.why = "is not understood by the ini library";
	if (feed.why != NULL)
		return file_error(error, out->file, feed.line, feed.why);
	wr_str(&w, "no section [");
	wr_field(&w, section);
	wr_str(&w, "]");
	buffer[w.n] = '\0';
	return feed.found || file_error(error, out->file, 0, buffer);
}

static const char *find_in_folder(struct arena *arena, struct view folder)
{
	size_t cap = folder.n + 32;

	for (size_t i = 0; folder.n > 0 && extra_opts_name[i] != NULL; i++) {
		struct wr w = wr_over(arena_new(arena, cap, 1), cap - 1);
		wr_put(&w, folder);
		wr_byte(&w, '/');
		wr_str(&w, extra_opts_name[i]);
		if (access(w.p, F_OK) == 0)
			return w.p;
	}
	return NULL;
}

static const char *find_file(struct arena *arena)
{
	const char *given = getenv("MP_CONFIG_FILE"), *path = NULL;
	struct view folders = view_of(getenv("NAGIOS_CONFIG_PATH"));

	if (given != NULL && given[0] != '\0')
		return given;
	while (path == NULL && folders.n > 0)
		path = find_in_folder(arena, view_take_until(&folders, ':'));
	for (size_t i = 0; path == NULL && extra_opts_path[i] != NULL; i++)
		if (access(extra_opts_path[i], F_OK) == 0)
			path = extra_opts_path[i];
	return path;
}

bool extra_opts_load(struct arena *arena, struct view spec, const char *program, int64_t timeout_us,
		     struct extra_opts *out, struct opt_error *error)
{
	struct view name = spec, section = view_take_until(&name, '@');
	struct file_source source = { .max_bytes = EXTRA_OPTS_BYTES_MAX, .timeout_us = timeout_us };
	struct file_text file;

	if (section.n + 1 == spec.n)
		return opt_error_set(error, "no file name behind the @");
	out->file = section.n < spec.n ? arena_text(arena, name) : find_file(arena);
	if (out->file == NULL)
		return opt_error_set(error, "no ini file found, name one as @FILE");
	source.path = out->file;
	if (!file_read(arena, &source, &file, error))
		return false;
	out->others_can_read = file.others_can_read;
	if (view_eq(view_of(out->file), VIEW("-")))
		out->file = "standard input";
	if (section.n == 0)
		section = view_of(program);
	return extra_opts_parse(arena, (struct view){ file.text, file.n }, section, out, error);
}
