/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Escaped text: printable ASCII, no `|`, no `;`; a field stays within its cap. */
#include "base/escape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view raw = { (const char *)data, size };
	char text[ESCAPE_FIELD_MAX + 4096];
	struct wr field = wr_over(text, ESCAPE_FIELD_MAX);
	struct wr trace = wr_over(text + ESCAPE_FIELD_MAX, 4096);

	wr_field(&field, raw);
	wr_escaped(&trace, raw);
	if (field.full || field.n != (size < ESCAPE_FIELD_MAX ? size : ESCAPE_FIELD_MAX) ||
	    (size <= 1024 && (trace.full || trace.n < size)))
		__builtin_trap();
	for (size_t i = 0; i < field.n + trace.n; i++) {
		char c = i < field.n ? field.p[i] : trace.p[i - field.n];
		if (c < ' ' || c > '~' || c == '|' || c == ';')
			__builtin_trap();
	}
	return 0;
}
