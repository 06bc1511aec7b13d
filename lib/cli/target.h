/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The things to check: from -H and from target files.
 *
 * A line of a target file is `[name =] spec`.  What stands before the first "=" is a name unless it
 * holds one of `: ; @ [`, because these belong to a URI or an address:
 *	pbx1 = sip:192.0.2.1;transport=tcp	named pbx1
 *	sip:pbx;transport=tcp			no name
 *	pbx = ::1, a=b				named pbx, a
 *	::1					no name
 * A name has 1 to 64 printable ASCII bytes other than `|` and `;`, may hold blanks and need not be
 * unique.  A spec has 1 to 1024 printable ASCII bytes other than blank and `|`.  `#` at the start
 * of a line or behind a blank starts a comment.
 */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include "base/addr.h"
#include "cli/opt.h"

struct target {
	const char *name; /* what the operator calls it, else the spec; as wr_field writes it */
	const char *spec; /* host, host:port, address or URI, as written */
	unsigned line;	  /* in the --targets file; 0 = from -H */
};

struct target_list {
	struct target *item;
	size_t count, cap;
};

enum { TARGETS_MAX = 1000000, TARGET_LINE_MAX = 1024, TARGET_NAME_MAX = 64 };

/* All of -H, then all lines of --targets. False with a clause naming file and line. Empty lines are
 * skipped, CRLF is accepted; control bytes, lines above TARGET_LINE_MAX bytes, more than TARGETS_MAX
 * targets, and a file without any when -H gave none, are refused. The file must end within the
 * --timeout. */
bool target_read(const struct common *common, struct arena *arena, struct target_list *list,
		 struct opt_error *error);
void target_free(struct target_list *list);

/* One line of a target file; false when it is refused. Empty name and spec for a line to skip,
 * empty name when it has none. */
bool target_line(struct view line, struct view *name, struct view *spec, struct opt_error *error);
/* False with a clause for what cannot be a spec. */
bool target_check(struct view spec, struct opt_error *error);

/* False with a clause for a broadcast, multicast or unspecified address. */
bool target_check_addr(const struct addr *addr, struct opt_error *error);

/* "pbx", "pbx:5062", "192.0.2.1:5062", "::1", "[::1]:5062"; port 0 when none is given. The host
 * comes without brackets and is a host name or an address that target_check_addr accepts. The clause
 * does not repeat the spec: callers put it in front with opt_error_value. */
bool target_split(struct view spec, struct view *host, uint16_t *port, struct opt_error *error);

#endif
