/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The input as a datagram that the profile of its recording accepts, and as profile. */
#include "cli/profile_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wr w = wr_over(mem_new(4 * size + 99, 1), 4 * size + 99);
	struct view in = { (const char *)data, size };
	struct arena arena = { NULL };
	struct opt_error error;
	struct profile got;
	unsigned line;

	wr_str(&w, "[a]\nsend = 02\n");
	wr_profile_bytes(&w, "expect", in);
	bool ok = profile_parse(wr_view(&w), &arena, &got, &line, &error);
	if (ok != (size > 0) || (ok && !mask_matches(&got.probe->expect, in)))
		__builtin_trap();
	ok = profile_parse(in, &arena, &got, &line, &error);
	for (size_t i = 0; ok && i < got.count; i++)
		got.probe[i].send.n > 0 && got.captures <= 8 ? (void)0 : __builtin_trap();
	mem_free(w.p);
	return arena_free(&arena), 0;
}
