/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file, or its first line, in memory. Reading ends at a deadline, whatever the file is: a pipe on
 * which nobody writes must not keep a check from telling its result. */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include "cli/opt.h"

struct file_source {
	const char *path;   /* "-" is standard input; NULL reads `fd` and leaves it open */
	int fd;		    /* only without a path */
	size_t max_bytes;   /* more is an error */
	int64_t timeout_us; /* for the whole reading */
	bool line_only;	    /* stop at the first line end, which counts for no byte */
};

struct file_text {
	char *text; /* in the arena, may be written to; a NUL follows */
	size_t n;
	bool others_can_read;  /* mode has a group or other read bit; only of a named file */
	bool others_can_write; /* the same for writing */
	bool others_own;       /* it belongs to neither us nor root; only of a named file */
};

/* False with a clause that names the file, never its content, when it cannot be read, is a folder,
 * is too large or does not end in time. */
bool file_read(struct arena *arena, const struct file_source *source, struct file_text *out,
	       struct opt_error *error);
/* Returns 0 or errno. */
int file_write_all(int fd, struct view text);
/* "PATH:LINE: why", or "PATH: why" for line 0, the path made harmless; returns false. */
bool file_error(struct opt_error *error, const char *path, unsigned line, const char *why);

#endif
