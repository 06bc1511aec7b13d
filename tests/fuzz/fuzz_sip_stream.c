/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stream that grows byte by byte: PARSE_MORE, then one answer that no further byte changes. */
#include "proto/sip_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum parse first = PARSE_MORE;
	size_t used, first_used = 0;
	const char *why, *first_why = NULL;
	struct sip_msg msg;

	for (size_t n = 0; n <= size && n <= 1024; n++) {
		struct view bytes = { (const char *)data, n };
		enum parse parse = sip_msg_parse(bytes, true, false, &msg, &used, &why);
		if (first == PARSE_MORE ? parse == PARSE_MORE ? used <= n : n < first_used
					: parse != first || why != first_why ||
						  (parse == PARSE_OK && used != first_used))
			__builtin_trap();
		first = parse, first_why = why, first_used = used;
	}
	return 0;
}
