/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ports drawn as a map: one letter for PORT_MAP_CELL ports, the letter of the worst among them.
 *
 *	16384  AAccccccccSSSSSSSSSSSS...
 */
#ifndef BASE_PORT_MAP_H
#define BASE_PORT_MAP_H

#include "base/port_set.h"

enum { PORT_MAP_CELL = 64, PORT_MAP_COLUMNS = 64, PORT_MAP_LINE_MAX = 1600 };

struct port_map_class {
	char letter;
	const char *word;   /* for the legend */
	const char *colour; /* parameters of the terminal's SGR sequence: "1;31" */
	const struct port_set *ports;
};

struct port_map {
	const struct port_map_class *class; /* the worst first; a port may be in several */
	size_t classes;
	bool colour;
};

/* Writes the next row that has a port at or above *from, and moves *from behind it; false when there
 * is none. Starts with 0. A row begins at a multiple of what it holds. */
bool wr_port_map_row(struct wr *w, const struct port_map *map, unsigned *from);
/* "A answering, c closed (64 ports each, the worst counts)": the letters that occur. */
void wr_port_map_legend(struct wr *w, const struct port_map *map);

#endif
