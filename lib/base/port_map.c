/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The map of a port range; see port_map.h. */
#include "base/port_map.h"

enum { ROW_PORTS = PORT_MAP_CELL * PORT_MAP_COLUMNS };

/* The first port at or above `from` that is in any class, or PORTS. */
static unsigned next_port(const struct port_map *map, unsigned from)
{
	unsigned first = PORTS;

	for (size_t i = 0; i < map->classes; i++) {
		unsigned port = port_set_next(map->class[i].ports, from);
		if (port != 0 && port < first)
			first = port;
	}
	return first;
}

/* The worst class of the cell, or NULL. */
static const struct port_map_class *class_of(const struct port_map *map, unsigned cell)
{
	for (size_t i = 0; i < map->classes; i++) {
		unsigned port = port_set_next(map->class[i].ports, cell);
		if (port != 0 && port < cell + PORT_MAP_CELL)
			return &map->class[i];
	}
	return NULL;
}

static void wr_colour(struct wr *w, const struct port_map *map, const struct port_map_class *class)
{
	if (map->colour)
		wr_fmt(w, "\033[%sm", class != NULL ? class->colour : "0");
}

bool wr_port_map_row(struct wr *w, const struct port_map *map, unsigned *from)
{
	unsigned port = next_port(map, *from), row = port - port % ROW_PORTS;
	const struct port_map_class *last = NULL;

	if (port == PORTS)
		return false;
	*from = row + ROW_PORTS;
	wr_fmt(w, "%5u  ", row);
	for (unsigned cell = row; cell < *from && next_port(map, cell) < *from;
	     cell += PORT_MAP_CELL) {
		const struct port_map_class *class = class_of(map, cell);
		if (class != last)
			wr_colour(w, map, class);
		last = class;
		wr_byte(w, class != NULL ? class->letter : ' ');
	}
	if (last != NULL)
		wr_colour(w, map, NULL);
	return true;
}

void wr_port_map_legend(struct wr *w, const struct port_map *map)
{
	const char *separator = "";

	for (size_t i = 0; i < map->classes; i++) {
		const struct port_map_class *class = &map->class[i];
		if (port_set_next(class->ports, 0) == 0)
			continue;
		wr_str(w, separator);
		wr_colour(w, map, class);
		wr_byte(w, class->letter);
		wr_colour(w, map, NULL);
		wr_fmt(w, " %s", class->word);
		separator = ", ";
	}
	wr_fmt(w, " (%d ports each, the worst counts)", PORT_MAP_CELL);
}
