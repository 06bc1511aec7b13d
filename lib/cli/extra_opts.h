/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --extra-opts[=[SECTION][@FILE]]: options from an ini file, for what the command line leaves out.
 * Search path and meaning follow monitoring-plugins: `name = value` is --name=value, a one-letter
 * name is -n value, a flag is `name` or `name =`, and names repeat.
 *
 * Stricter than most ini readers, so that no value is ever cut or misread in silence: comments have
 * a line of their own, lines do not continue, and what is too long for the ini library is refused.
 * Only the lines of the wanted section are looked at.
 */
#ifndef CLI_EXTRA_OPTS_H
#define CLI_EXTRA_OPTS_H

#include "cli/opt.h"

struct extra_opt {
	struct view key; /* without dashes */
	struct view value;
	unsigned line;
};

struct extra_opts {
	struct extra_opt *item; /* in file order */
	size_t count;
	const char *file;     /* where they came from */
	bool others_can_read; /* mode has a group or other read bit; only of a named file */
};

enum { EXTRA_OPTS_BYTES_MAX = 1 << 20 };

/* Files that are looked for when neither @FILE nor the environment names one; NULL-terminated. */
extern const char *const extra_opts_path[];
/* Names that are looked for in each folder of $NAGIOS_CONFIG_PATH; NULL-terminated. */
extern const char *const extra_opts_name[];

/* `spec` is what follows "--extra-opts=", may be empty; `program` is the default section. False
 * with a clause that names the file, also when it has no end within `timeout_us`. Everything lives
 * in the arena. */
bool extra_opts_load(struct arena *arena, struct view spec, const char *program, int64_t timeout_us,
		     struct extra_opts *out, struct opt_error *error);
/* The parser alone: one section of an ini text, which came from `out->file`. */
bool extra_opts_parse(struct arena *arena, struct view text, struct view section,
		      struct extra_opts *out, struct opt_error *error);

#endif
