/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole file in memory. */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include "cli/opt.h"

struct file {
	char *text; /* in the arena, may be written to; a NUL follows */
	size_t n;
	bool others_can_read; /* as in struct extra_opts */
};

/* `path` "-" is standard input. False with a clause that names the file when it cannot be read, is
 * a folder or is larger than `max_bytes`. */
bool file_read(struct arena *arena, const char *path, size_t max_bytes, struct file *out,
	       struct opt_error *error);
/* "PATH:LINE: why", or "PATH: why" for line 0, the path made harmless; returns false. */
bool file_error(struct opt_error *error, const char *path, unsigned line, const char *why);

#endif
