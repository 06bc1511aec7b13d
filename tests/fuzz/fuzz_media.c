/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A reply to a media probe: one kind, and the packets of a compound fill the datagram. */
#include "proto/media.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view reply = { (const char *)data, size }, rest = reply;
	enum media_kind kind = media_classify(reply, VIEW("none"));
	struct rtcp_packet packet;
	size_t used = 0;
	bool bad;

	while (rtcp_next(&rest, &packet, &bad)) {
		used = size - rest.n;
		if (packet.body.p < reply.p || packet.body.p + packet.body.n > reply.p + used)
			__builtin_trap();
	}
	if (media_classify(reply, reply) != MEDIA_ECHO || bad != (used < size) ||
	    (kind == MEDIA_RTCP && bad) || (kind == MEDIA_RTP && size < 12) ||
	    ((kind == MEDIA_RTCP || kind == MEDIA_STUN) && size % 4 != 0))
		__builtin_trap();
	return 0;
}
