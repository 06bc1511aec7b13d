/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A mask in the first line matches what it describes and not less; the rest is a reply to it. */
#include "base/mask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view reply = { (const char *)data, size }, text = view_take_until(&reply, '\n');
	struct mask mask;
	size_t column = 0;
	const char *why;
	uint32_t number;

	if (!mask_parse(text, &mask, &column, &why))
		return column < 1 || column > text.n + 1 || !why ? __builtin_trap(), 0 : 0;
	struct view own = { (const char *)mask.value, mask.bytes };
	if (!mask_matches(&mask, own) || mask_matches(&mask, view_skip(own, 1)) != (own.n == 0))
		__builtin_trap();
	bool matches = mask_matches(&mask, reply);
	for (unsigned i = 0; i < mask.captures; i++)
		if ((matches && mask_captured(&mask, i, reply).n != mask.capture[i].bytes) ||
		    (mask_number(&mask, i, reply, &number) && mask.capture[i].bytes > 4))
			__builtin_trap();
	return 0;
}
