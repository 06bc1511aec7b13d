/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A wish, a line end, a list: each text is like itself without escapes, and of = and != one holds. */
#include "proto/slp_attr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view list = { (const char *)data, size }, text = view_take_until(&list, '\n');
	uint8_t version = 1 + size % 2;
	static char plain[70000];
	struct slp_wish wish;
	struct slp_attr attr;
	unsigned held = 0; /* none without such an attribute, else present and one of = and != */
	const char *why;
	size_t at;
	bool ok = slp_wish_parse(text, &wish, &at, &why) == (at == 0) && at <= text.n + 1;
	for (wish.relation = SLP_PRESENT; wish.relation <= SLP_NE; wish.relation++)
		held += slp_wish_holds(&wish, list, version, NULL);
	for (struct wr w; ok && slp_next_attr(&list, &attr) == PARSE_OK;) {
		wr_slp_unescaped((w = wr_over(plain, sizeof(plain)), &w), attr.values, version);
		ok = slp_text_eq(attr.values, wr_view(&w), version);
	}
	return ok && held % 2 == 0 ? 0 : (__builtin_trap(), 0);
}
