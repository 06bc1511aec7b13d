/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list that is accepted and written as ranges is the same list; one that is not has a line. */
#include "cli/port_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct port_set first = { { 0 } }, second = { { 0 } };
	struct view text = { (const char *)data, size };
	struct opt_error error;
	unsigned line;
	struct wr w;

	if (!port_file_parse(text, &first, &line, &error))
		return line < 1 || line > size + 1 ? __builtin_trap(), 0 : 0;
	w = wr_over(mem_new(200000, 1), 200000);
	if (port_set_count(&first) > 0)
		wr_port_set(&w, &first, 0);
	if (w.full || !port_file_parse(wr_view(&w), &second, &line, &error))
		__builtin_trap();
	port_set_remove(&second, &first);
	port_set_count(&second) > 0 ? __builtin_trap() : mem_free(w.p);
	return 0;
}
