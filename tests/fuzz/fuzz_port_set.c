/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An accepted list prints as a list of the same set; another one leaves the set alone. */
#include "base/port_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct port_set first = { { 0 } }, second = { { 0 } };
	char text[4096];
	struct wr w = wr_over(text, sizeof(text));
	const char *why;
	size_t column;

	if (!port_set_parse((struct view){ (const char *)data, size }, &first, &column, &why)) {
		if (why == NULL || column < 1 || column > size + 1 || port_set_count(&first) != 0)
			__builtin_trap();
		return 0;
	}
	wr_port_set(&w, &first, 0);
	if (!w.full && (!port_set_parse(wr_view(&w), &second, &column, &why) ||
			!view_eq((struct view){ (const char *)first.bit, sizeof(first.bit) },
				 (struct view){ (const char *)second.bit, sizeof(second.bit) })))
		__builtin_trap();
	return 0;
}
