/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A range that is accepted prints as a range that is the same; one that is not has a column. */
#include "report/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct range first, second;
	char text[64];
	struct wr w = wr_over(text, sizeof(text));
	const char *why;
	size_t column;

	if (!range_parse((struct view){ (const char *)data, size }, &first, &column, &why))
		return column < 1 || column > size + 1 || why == NULL ? __builtin_trap(), 0 : 0;
	wr_range(&w, &first);
	if (w.full || !range_parse(wr_view(&w), &second, &column, &why) ||
	    first.inside != second.inside || first.start < second.start ||
	    first.start > second.start || first.end < second.end || first.end > second.end)
		__builtin_trap();
	return 0;
}
