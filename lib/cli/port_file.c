/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of port ranges; see port_file.h. */
#include "cli/port_file.h"

#include "cli/file.h"

static bool stands_between(char c)
{
	return view_find(VIEW(" \t\r,"), c) < 4;
}

static struct view take_word(struct view *line)
{
	size_t n = 0;

	while (n < line->n && !stands_between(line->p[n]))
		n++;
	struct view word = view_first(*line, n);
	*line = view_skip(*line, n);
	return word;
}

static bool parse_line(struct view line, struct port_set *set, struct opt_error *error)
{
	struct port_range range;
	const char *why;

	for (;;) {
		while (line.n > 0 && stands_between(line.p[0]))
			line = view_skip(line, 1);
		if (line.n == 0)
			return true;
		struct view word = take_word(&line);
		if (!port_range_parse(word, &range, &why))
			return opt_error_value(error, word, "is no port range: %s", why);
		port_set_add(set, range);
	}
}

bool port_file_parse(struct view text, struct port_set *set, unsigned *line,
		     struct opt_error *error)
{
	for (*line = 1; text.n > 0; ++*line) {
		struct view rest = view_take_until(&text, '\n');
		if (!parse_line(view_take_until(&rest, '#'), set, error))
			return false;
	}
	return true;
}

bool port_file_read(const char *path, int64_t timeout_us, struct arena *arena, struct port_set *set,
		    struct opt_error *error)
{
	struct file_source source = { .path = path,
				      .max_bytes = PORT_FILE_BYTES_MAX,
				      .timeout_us = timeout_us };
	struct file_text file;
	struct opt_error why;
	unsigned line;

	if (!file_read(arena, &source, &file, error))
		return false;
	if (port_file_parse((struct view){ file.text, file.n }, set, &line, &why))
		return true;
	return file_error(error, path, line, why.text);
}
