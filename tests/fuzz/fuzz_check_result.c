/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The input as what a plugin printed and as a line of the queue: it comes back as it was written. */
#include "push/check_result.h"
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct check_result result[2] = { { .host = VIEW("h") } }, back, *r = result;
	struct view in = { (const char *)data, size };
	struct arena arena = { NULL };
	struct opt_error error;
	check_result_split(&r[0], in, &arena);
	bool good = r[0].output.n + r[0].perfdata.n <= size;
	good &= check_result_clean(&r[0], &arena, &error);
	for (size_t n = check_result_read(in, &r[1], &arena, &error) ? 2 : 1; n-- > 0; r++) {
		struct grow line = { .p = NULL };
		check_result_write(r, &line);
		good &= check_result_read(grow_view(&line), &back, &arena, &error) &&
			view_eq(back.output, r->output) && view_eq(back.perfdata, r->perfdata) &&
			check_result_compare_object(&back, r) == 0 && back.end_us == r->end_us;
		for (size_t k = 0; k < back.output.n; k++)
			good &= (unsigned char)back.output.p[k] >= ' ' || back.output.p[k] == '\n';
		grow_free(&line);
	}
	return arena_free(&arena), good ? 0 : (__builtin_trap(), 0);
}
