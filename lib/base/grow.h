/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes that grow as they are written: for texts that have no bound of ours. Starts zeroed. */
#ifndef BASE_GROW_H
#define BASE_GROW_H

#include "base/bytes.h"

struct grow {
	char *p;
	size_t n, cap;
};

void grow_put(struct grow *g, struct view v);
void grow_str(struct grow *g, const char *text);
void grow_byte(struct grow *g, char c);
void grow_u64(struct grow *g, uint64_t value);
/* Shortest notation that reads back the same value; see text.h. */
void grow_double(struct grow *g, double value);
struct view grow_view(const struct grow *g);
/* Empties it and keeps its memory. */
void grow_reset(struct grow *g);
void grow_free(struct grow *g);

#endif
