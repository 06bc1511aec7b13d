/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a reply must hold: --expect-hex and --expect-regex. */
#ifndef CHECK_REPLY_WISH_H
#define CHECK_REPLY_WISH_H

#include "cli/opt.h"

#include <regex.h>

enum { REPLY_WISH_BYTES_MAX = 1400 };

/* All zero: nothing is wished, and every reply matches. */
struct reply_wish {
	bool has_regex;
	regex_t regex;
	struct view bytes; /* n = 0: no bytes wished */
};

/* Values of options whose field is the struct; see struct opt. */
bool reply_wish_parse_hex(void *field, struct view value, struct arena *arena,
			  struct opt_error *error);
/* A POSIX extended regular expression; `^` and `$` are the ends of the whole reply, and `.` is any byte
 * but NUL. */
bool reply_wish_parse_regex(void *field, struct view value, struct arena *arena,
			    struct opt_error *error);

bool reply_wish_given(const struct reply_wish *wish);
/* port_client_arg.matches; ctx is a struct reply_wish. All of the reply counts, also behind a NUL; with
 * two wishes both must be fulfilled. */
bool reply_wish_matches(const void *ctx, struct view reply);
void reply_wish_free(struct reply_wish *wish);

#endif
