/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any line becomes a clean result or is refused with a reason. */
#include "push/input.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct input_rule rule = { .host = { "{name}", 6 },
						.service = { "{check} {port}", 14 } };
	struct arena arena = { NULL };
	struct opt_error error = { "" };
	struct check_result result;
	struct view line = { (const char *)data, size };

	if (!input_read(line, &rule, &result, &arena, &error) ? error.text[0] == '\0'
							      : result.host.n == 0)
		abort();
	arena_free(&arena);
	return 0;
}
