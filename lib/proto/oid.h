/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Object identifiers as plain values, numeric only (RFC 2578 7.1.3, 3.5). */
#ifndef PROTO_OID_H
#define PROTO_OID_H

#include "base/bytes.h"

enum { OID_ARCS_MAX = 128 };

struct oid {
	size_t n;
	uint32_t arc[OID_ARCS_MAX];
};

/* "1.3.6.1.2.1.1.3.0", with or without a leading dot; at least two arcs, which BER can hold: the
 * first at most 2, the second below 40 when the first is less than 2. False for anything else, names
 * too. */
bool oid_parse(struct view text, struct oid *out);
/* .1.3.6.1.2.1.1.3.0 */
void wr_oid(struct wr *w, const struct oid *oid);
/* Lexicographic order, as an agent walks: < 0, 0, > 0. */
int oid_compare(const struct oid *a, const struct oid *b);
/* Whether `oid` is `prefix` or lies below it. */
bool oid_starts(const struct oid *oid, const struct oid *prefix);
/* What does not fit is dropped and makes it false. */
bool oid_append(struct oid *oid, uint32_t arc);
/* The first `arcs` of it, or all. */
struct oid oid_first(const struct oid *oid, size_t arcs);

#endif
