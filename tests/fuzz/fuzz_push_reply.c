/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A status in the first line and a body: only a 2xx is "sent", all else has harmless words. */
#include "base/text.h"
#include "push/sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view body = { (const char *)data, size }, line = view_take_until(&body, '\n');
	uint64_t status = 0;

	text_u64(line, 9999, &status);
	for (size_t k = 0; sinks[k] != NULL; k++) {
		struct push_reply reply = { (long)status, body, line, 0 };
		struct wr w = wr_over((char[PUSH_WORDS_MAX]){ 0 }, PUSH_WORDS_MAX);
		enum push_verdict is =
			sinks[k]->judge ? push_judge(sinks[k], &reply, &w) : PUSH_LATER;
		if (is != PUSH_LATER && status / 100 != 2 && (is == PUSH_SENT || status / 100 != 4))
			__builtin_trap();
		for (size_t i = 0; i < w.n; i++)
			if (w.p[i] < ' ' || w.p[i] > '~' || w.p[i] == '|' || w.p[i] == ';')
				__builtin_trap();
	}
	return 0;
}
