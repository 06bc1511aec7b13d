/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Object identifiers; see oid.h. */
#include "proto/oid.h"

#include "base/text.h"

/* X.690 8.19.4: the first two arcs share one number, 40 * first + second. */
enum { FIRST_MAX = 2, SECOND_ARCS = 40 };

static uint32_t second_max(uint32_t first)
{
	return first < FIRST_MAX ? SECOND_ARCS - 1 : UINT32_MAX - FIRST_MAX * SECOND_ARCS;
}

bool oid_parse(struct view text, struct oid *out)
{
	struct oid oid = { .n = 0 };
	uint64_t arc;

	view_take_char(&text, '.');
	for (bool more = true; more;) {
		size_t end = view_find(text, '.');
		if (!text_u64(view_first(text, end), UINT32_MAX, &arc) ||
		    !oid_append(&oid, (uint32_t)arc))
			return false;
		more = end < text.n;
		text = view_skip(text, end + 1);
	}
	if (oid.n < 2 || oid.arc[0] > FIRST_MAX || oid.arc[1] > second_max(oid.arc[0]))
		return false;
	*out = oid;
	return true;
}

void wr_oid(struct wr *w, const struct oid *oid)
{
	for (size_t i = 0; i < oid->n; i++) {
		wr_byte(w, '.');
		wr_u64(w, oid->arc[i]);
	}
}

static size_t common(const struct oid *a, const struct oid *b)
{
	size_t n = 0;

	while (n < a->n && n < b->n && a->arc[n] == b->arc[n])
		n++;
	return n;
}

int oid_compare(const struct oid *a, const struct oid *b)
{
	size_t n = common(a, b);

	if (n == a->n || n == b->n)
		return a->n == b->n ? 0 : a->n < b->n ? -1 : 1;
	return a->arc[n] < b->arc[n] ? -1 : 1;
}

bool oid_starts(const struct oid *oid, const struct oid *prefix)
{
	return common(oid, prefix) == prefix->n;
}

bool oid_append(struct oid *oid, uint32_t arc)
{
	if (oid->n >= OID_ARCS_MAX)
		return false;
	oid->arc[oid->n++] = arc;
	return true;
}

struct oid oid_first(const struct oid *oid, size_t arcs)
{
	struct oid first = *oid;

	first.n = arcs < oid->n ? arcs : oid->n;
	return first;
}
