/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of ports that other programs or people write: ranges with blanks, commas or line ends between
 * them, "#" starts a comment. Ranges may overlap, the list may be empty. */
#ifndef CLI_PORT_FILE_H
#define CLI_PORT_FILE_H

#include "base/port_set.h"
#include "cli/opt.h"

enum { PORT_FILE_BYTES_MAX = 4 << 20 };

/* Adds to `set`. False with a clause that names file and line; "-" is standard input. */
bool port_file_read(const char *path, int64_t timeout_us, struct arena *arena, struct port_set *set,
		    struct opt_error *error);
/* The same of a text; false with a clause and the line. */
bool port_file_parse(struct view text, struct port_set *set, unsigned *line,
		     struct opt_error *error);

#endif
