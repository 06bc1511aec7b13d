/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A state file that is accepted is written in a form that reads and writes the same again. */
#include "proto/sweep_memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[2][SWEEP_MEMORY_TEXT_MAX];
	static struct sweep_memory memory;
	struct view input = { (const char *)data, size };
	struct wr first = wr_over(text[0], sizeof(text[0]));
	struct wr second = wr_over(text[1], sizeof(text[1]));
	const char *why;
	unsigned line;

	if (!sweep_memory_read(input, 2000000000, &memory, &line, &why))
		return why == NULL || line == 0 ? __builtin_trap(), 0 : 0;
	sweep_memory_write(&first, &memory);
	if (first.full || !sweep_memory_read(wr_view(&first), 2000000000, &memory, &line, &why))
		__builtin_trap();
	sweep_memory_write(&second, &memory);
	if (!view_eq(wr_view(&first), wr_view(&second)))
		__builtin_trap();
	return 0;
}
