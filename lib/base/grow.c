/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/grow.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

enum { FIRST_BYTES = 256, NUMBER_MAX = 400 };

void grow_put(struct grow *g, struct view v)
{
	if (v.n > g->cap - g->n) {
		size_t wanted = g->n + v.n;
		g->cap = g->cap > 0 ? g->cap : FIRST_BYTES;
		while (g->cap < wanted)
			g->cap *= 2;
		g->p = mem_resize(g->p, g->cap, 1);
	}
	if (v.n > 0)
		memcpy(g->p + g->n, v.p, v.n);
	g->n += v.n;
}

void grow_str(struct grow *g, const char *text)
{
	grow_put(g, view_of(text));
}

void grow_byte(struct grow *g, char c)
{
	grow_put(g, (struct view){ &c, 1 });
}

void grow_u64(struct grow *g, uint64_t value)
{
	char text[24];
	struct wr w = wr_over(text, sizeof(text));

	wr_u64(&w, value);
	grow_put(g, wr_view(&w));
}

void grow_double(struct grow *g, double value)
{
	char text[NUMBER_MAX];
	struct wr w = wr_over(text, sizeof(text));

	wr_double(&w, value);
	grow_put(g, wr_view(&w));
}

struct view grow_view(const struct grow *g)
{
	return (struct view){ g->p, g->n };
}

void grow_reset(struct grow *g)
{
	g->n = 0;
}

void grow_free(struct grow *g)
{
	mem_free(g->p);
	*g = (struct grow){ .p = NULL };
}
