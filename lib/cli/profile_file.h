/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Profiles of devices whose protocol is known from captures only, and recordings of what they said.
 *
 *	# a comment
 *	[ask for services]
 *	transport = udp
 *	send = 02 09 00 00 1d ...
 *	expect = 02 0a .. {length:u16} *
 *
 * An ini file with one section per probe, all asked at once; `expect` as in base/mask.h, transport
 * udp (default) or tcp.  Comments have lines of their own and begin with # or ;.  A recording
 * (wr_profile_*) is a file of this format, with what came in place of what is expected, so that it
 * becomes a profile by editing.
 */
#ifndef CLI_PROFILE_FILE_H
#define CLI_PROFILE_FILE_H

#include "base/mask.h"
#include "cli/opt.h"

/* The file may be as large as the recording of one long reply over TCP. */
enum { PROFILE_PROBES_MAX = 32, PROFILE_SEND_MAX = 1400, PROFILE_FILE_MAX = 4 << 20 };

struct profile_probe {
	const char *name; /* of the section: 1 to 64 bytes, printable, made harmless */
	bool tcp;
	struct view send; /* 1 to PROFILE_SEND_MAX bytes */
	struct mask expect;
};

struct profile {
	struct profile_probe *probe; /* in the arena; their names are different */
	size_t count;		     /* at least 1; captures of all probes have different names */
	size_t captures;	     /* at most MASK_CAPTURES_MAX in all */
};

/* False with a clause that names file, line and column: not readable, unknown or repeated key, no send or
 * expect, bad hexadecimal digits, bad mask, bytes too many, no section, two captures of one name. */
bool profile_read(const char *path, int64_t timeout_us, struct arena *arena, struct profile *out,
		  struct opt_error *error);
/* The same of a text; the clause has the column, `line` is that of the error, 0 when there is no
 * section at all. */
bool profile_parse(struct view text, struct arena *arena, struct profile *out, unsigned *line,
		   struct opt_error *error);

/*
 * One datagram or piece of a stream for a recording: key is "send" or "expect".  A reply longer than a
 * mask can be becomes a mask of its first MASK_STEPS_MAX bytes and `*`; the rest follows in comment lines
 * "# 0200  .. ..", 32 bytes behind their offset.  What no value can stand for, an empty datagram or a
 * request of more than PROFILE_SEND_MAX bytes, is only told in comment lines.
 * Takes at most 4 * bytes.n + 64 of `w`.
 */
void wr_profile_bytes(struct wr *w, const char *key, struct view bytes);

#endif
