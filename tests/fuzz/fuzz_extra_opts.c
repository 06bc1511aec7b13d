/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ini parser: what it hands on has a name and no byte that can end or hide a value. */
#include "cli/extra_opts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = { NULL };
	struct extra_opts opts = { .file = "ini" };
	struct opt_error error;

	bool ok = extra_opts_parse(&arena, (struct view){ (const char *)data, size }, VIEW("a"),
				   &opts, &error);
	for (size_t i = 0; ok && i < opts.count; i++)
		if (opts.item[i].key.n == 0 || opts.item[i].key.p[0] <= ' ' ||
		    view_find(opts.item[i].value, '\n') != opts.item[i].value.n)
			abort();
	arena_free(&arena);
	return 0;
}
