/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A datagram to who has asked v2c and to who looks for a v3 engine: it answers once, within bounds. */
#include "snmp/api.h"
extern const struct snmp_api snmp_api;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct snmp_request ask = { SNMP_GET, 0, 1, { { 3, { 1, 3, 6 } } } };
	struct snmp_reply reply;
	char why[160];
	for (int i = 0; i < 2; i++) {
		struct snmp_credentials a = { .v2c = i, .community = VIEW("c"), .user = VIEW("u") };
		struct view bytes = { (const char *)data, size };
		struct wr out = wr_over((char[512]){ 0 }, 512);
		struct snmp_session *s = snmp_api.session_new(&a, why, sizeof(why));
		bool bad = !snmp_api.request(s, &ask, 0, &out, why, sizeof(why)) || out.n == 0;
		enum snmp_got got = snmp_api.receive(s, bytes, &reply, &out, why, sizeof(why));
		for (size_t k = 0; got == SNMP_GOT_REPLY && k < reply.count; k++)
			bad |= reply.var[k].text.n > SNMP_TEXT_MAX || k >= SNMP_VARS_MAX;
		if (bad || snmp_api.receive(s, bytes, &reply, &out, why, 160) == SNMP_GOT_REPLY)
			__builtin_trap();
		snmp_api.session_free(s);
	}
	return 0;
}
