/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking up and walking; see snmp_sim_mib.h. */
#include "snmp_sim_mib.h"

#define IPV4_ARCS 4

/* Index of the first row at or behind `oid`; mib->n when there is none. */
static size_t find(const struct mib *mib, const struct oid *oid)
{
	size_t low = 0, high = mib->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (oid_order(&mib->row[middle].oid, oid) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_of_object(const struct oid *oid, const struct row *row)
{
	return oid_share(oid, &row->oid, row->object_arcs);
}

struct value mib_get(const struct mib *mib, const struct oid *oid)
{
	size_t i = find(mib, oid);

	if (i < mib->n && oid_order(&mib->row[i].oid, oid) == 0)
		return mib->row[i].value;
	if ((i < mib->n && is_of_object(oid, &mib->row[i])) ||
	    (i > 0 && is_of_object(oid, &mib->row[i - 1])))
		return (struct value){ .tag = BER_NO_INSTANCE };
	return (struct value){ .tag = BER_NO_OBJECT };
}

/* Of the column that `oid` lies in; NULL outside all. */
static const struct row *walk_wrong(const struct mib *mib, enum mib_walk walk,
				    const struct oid *oid)
{
	const struct row *first = NULL, *before = NULL, *last = NULL;

	for (const struct row *row = mib->row; row < mib->row + mib->n; row++) {
		if (!is_of_object(oid, row))
			continue;
		if (first == NULL)
			first = row;
		if (oid_order(&row->oid, oid) < 0)
			before = row;
		last = row;
	}
	return walk == WALK_SAME ? first : before != NULL ? before : last;
}

/* The first address behind what `oid` has from `at` on; false: IPv4 is over. */
static bool next_address(const struct oid *oid, size_t at, uint64_t *address)
{
	size_t end = at + 2 + IPV4_ARCS;

	*address = 0;
	if (oid->n > at && oid->arc[at] != 1)
		return oid->arc[at] < 1;
	if (oid->n > at + 1 && oid->arc[at + 1] != IPV4_ARCS)
		return oid->arc[at + 1] < IPV4_ARCS;
	for (size_t i = at + 2; i < end; i++) {
		uint32_t arc = oid->n > i ? oid->arc[i] : 0;

		*address = *address << 8 | (arc > UINT8_MAX ? UINT8_MAX : arc);
	}
	*address += oid->n >= end;
	return *address <= UINT32_MAX;
}

/* False outside the column, and behind the last address. */
static bool invent(const char *column, bool udp, const struct oid *oid, struct row *row)
{
	uint64_t address;

	*row = (struct row){ oid_of(column), 0, { .tag = BER_GAUGE, .number = 4001 } };
	row->object_arcs = row->oid.n;
	if (!is_of_object(oid, row) || !next_address(oid, row->object_arcs, &address))
		return false;
	oid_add(&row->oid, 1);
	oid_add(&row->oid, IPV4_ARCS);
	for (unsigned shift = 32; shift > 0; shift -= 8)
		oid_add(&row->oid, (address >> (shift - 8)) & UINT8_MAX);
	oid_add(&row->oid, address % 2 == 0 ? 5060 : 1);
	for (unsigned i = 0; udp && i < 2 + IPV4_ARCS + 2; i++)
		oid_add(&row->oid, i == 0 ? 1 : i == 1 ? IPV4_ARCS : 0);
	return true;
}

const struct row *mib_next(const struct mib *mib, enum mib_walk walk, const struct oid *oid,
			   struct row *scratch)
{
	const struct row *wrong = NULL;
	size_t i = find(mib, oid);

	if (walk == WALK_INVENTED && (invent(MIB_TCP_LISTENER, false, oid, scratch) ||
				      invent(MIB_UDP_ENDPOINT, true, oid, scratch)))
		wrong = scratch;
	else if (walk == WALK_SAME || walk == WALK_BACK)
		wrong = walk_wrong(mib, walk, oid);
	if (wrong != NULL)
		return wrong;
	if (i < mib->n && oid_order(&mib->row[i].oid, oid) == 0)
		i++;
	return i < mib->n ? &mib->row[i] : NULL;
}
