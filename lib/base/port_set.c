/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of port numbers; see port_set.h. */
#include "base/port_set.h"

#include "base/text.h"

/* Returns NULL or what is wrong. */
static const char *parse_port(struct view text, uint16_t *port)
{
	struct view rest = text;
	uint64_t value;

	view_take_while(&rest, "0123456789");
	if (text.n == 0)
		return "a port is expected here";
	if (rest.n > 0)
		return rest.p[0] == ' ' || rest.p[0] == '\t' ? "blanks are not allowed"
							     : "a port consists of digits only";
	if (!text_u64(text, PORT_MAX, &value))
		return "a port is at most 65535";
	if (value == 0)
		return "port 0 does not exist";
	*port = (uint16_t)value;
	return NULL;
}

bool port_range_parse(struct view text, struct port_range *out, const char **why)
{
	bool pair = view_find(text, '-') < text.n;
	struct view first = view_take_until(&text, '-');
	struct port_range range = { 0, 0 };

	*why = parse_port(first, &range.first);
	range.last = range.first;
	if (*why == NULL && pair)
		*why = parse_port(text, &range.last);
	if (*why == NULL && range.last < range.first)
		*why = "the range ends below its start";
	if (*why == NULL)
		*out = range;
	return *why == NULL;
}

static bool overlaps(const struct port_set *set, struct port_range range)
{
	unsigned member = port_set_next(set, range.first);

	return member != 0 && member <= range.last;
}

bool port_set_parse(struct view text, struct port_set *set, size_t *column, const char **why)
{
	struct port_set all = *set;
	struct port_range range;
	struct view rest = text;
	bool more = true;

	while (more) {
		*column = text.n - rest.n + 1;
		more = view_find(rest, ',') < rest.n;
		if (!port_range_parse(view_take_until(&rest, ','), &range, why))
			return false;
		if (overlaps(&all, range)) {
			*why = "the range overlaps an earlier one";
			return false;
		}
		port_set_add(&all, range);
	}
	*set = all;
	return true;
}

void port_set_add(struct port_set *set, struct port_range range)
{
	for (unsigned port = range.first; port <= range.last; port++)
		port_set_put(set, port);
}

bool port_set_has(const struct port_set *set, unsigned port)
{
	return port <= PORT_MAX && (set->bit[port / 64] >> port % 64 & 1) != 0;
}

void port_set_put(struct port_set *set, unsigned port)
{
	if (port > 0 && port <= PORT_MAX)
		set->bit[port / 64] |= (uint64_t)1 << port % 64;
}

void port_set_join(struct port_set *set, const struct port_set *more)
{
	for (size_t i = 0; i < PORTS / 64; i++)
		set->bit[i] |= more->bit[i];
}

void port_set_remove(struct port_set *set, const struct port_set *less)
{
	for (size_t i = 0; i < PORTS / 64; i++)
		set->bit[i] &= ~less->bit[i];
}

void port_set_keep(struct port_set *set, const struct port_set *both)
{
	for (size_t i = 0; i < PORTS / 64; i++)
		set->bit[i] &= both->bit[i];
}

size_t port_set_count(const struct port_set *set)
{
	size_t count = 0;

	for (size_t i = 0; i < PORTS / 64; i++)
		count += (size_t)__builtin_popcountll(set->bit[i]);
	return count;
}

unsigned port_set_next(const struct port_set *set, unsigned from)
{
	uint64_t at_or_above = UINT64_MAX << from % 64;

	for (unsigned i = from / 64; i < PORTS / 64; i++) {
		uint64_t bits = set->bit[i] & at_or_above;
		if (bits != 0)
			return i * 64 + (unsigned)__builtin_ctzll(bits);
		at_or_above = UINT64_MAX;
	}
	return 0;
}

void wr_port_set(struct wr *w, const struct port_set *set, size_t max)
{
	unsigned first = port_set_next(set, 0);
	size_t left = port_set_count(set);

	if (left == 0)
		wr_str(w, "none");
	for (size_t ranges = 0; left > 0 && (max == 0 || ranges < max); ranges++) {
		unsigned last = first;
		while (port_set_has(set, last + 1))
			last++;
		if (ranges > 0)
			wr_byte(w, ',');
		wr_u64(w, first);
		if (last > first)
			wr_byte(w, '-');
		if (last > first)
			wr_u64(w, last);
		left -= last - first + 1;
		first = port_set_next(set, last + 1);
	}
	if (left > 0)
		wr_fmt(w, " and %zu more", left);
}
