/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only ways by which foreign bytes reach the output.  All write printable ASCII without
 * `|` (starts perfdata in Nagios and Icinga) and `;` (rewritten by Nagios).
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include "base/bytes.h"

enum { ESCAPE_FIELD_MAX = 64 };

/* For a sentence: `|` becomes `/`, `;` becomes `,`, any other byte outside printable ASCII `?`; what
 * is longer than ESCAPE_FIELD_MAX ends in "...". */
void wr_field(struct wr *w, struct view raw);
/* The same with another limit, for clauses of ours that hold foreign names. */
void wr_clause(struct wr *w, struct view raw, size_t max);
/* For a trace: nothing is lost; such bytes and the backslash become \xNN, \r, \n, \t or \\. */
void wr_escaped(struct wr *w, struct view raw);

#endif
