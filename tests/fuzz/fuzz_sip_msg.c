/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A datagram: numbers in their bounds, and the readers for the trace. */
#include "proto/sip_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view bytes = { (const char *)data, size }, head = bytes, name, value;
	struct sip_msg msg;
	char buffer[256];
	const char *why;
	size_t used;
	enum parse parse = sip_msg_parse(bytes, false, false, &msg, &used, &why);

	if (parse == PARSE_MORE || (parse == PARSE_BAD && why == NULL) ||
	    (parse == PARSE_OK &&
	     (used != size || msg.cseq > INT32_MAX || sip_msg_look(bytes) != SIP_LOOK_SIP ||
	      (msg.is_request ? msg.code != 0 : msg.code < 100 || msg.code > 699))))
		__builtin_trap();
	for (struct wr w = wr_over(buffer, 256); sip_msg_next_header(&head, &name, &value);)
		sip_wr_unfolded(&w, value);
	return 0;
}
