/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SLP ports, one row each; see sim_slp.h. */
#include "sim_slp.h"
#include "sim_slp_agent.h"

#define PEER(...)                                                                                  \
	.slp = &(const struct slp_peer)                                                            \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define TCP OVER_STREAM
#define UDP OVER_UDP

/* A SrvTypeRply that nobody asked for. */
#define UNASKED "\x02\x0a\0\0\x21\0\0\0\0\0\0\0\0\2en\0\0\0\x0dservice:flood"

const struct port slp_port_agent = { "eicon_slp", OVER_ALL, "SLP service agent, version 2",
				     PEER(.versions = SLP_V2) };
const struct port slp_port_directory = { "eicon_slp", OVER_ALL,
					 "SLP service and directory agent, both versions",
					 PEER(.versions = SLP_BOTH, .directory = true) };
const struct port slp_port_replay = { "slp_replay", OVER_ALL, "SLP as it was recorded",
				      PEER(.replay = true) };

/* RFC 2608 section 6.1, RFC 2165 section 3.6.2, RFC 3111 section 3. */
const char *const slp_groups[] = {
	"239.255.255.253", "224.0.1.22", "224.0.1.35", "ff02::116", "ff05::116",
};

const size_t slp_groups_n = sizeof(slp_groups) / sizeof(slp_groups[0]);

const struct port slp_rows[] = {
	{ "slp", OVER_ALL, "SLP service agent, version 2", PEER(.versions = SLP_V2) },
	{ "slp_da", OVER_ALL, "SLP service and directory agent, both versions",
	  PEER(.versions = SLP_BOTH, .directory = true) },
	{ "slp_both", OVER_ALL, "SLP service agent, both versions", PEER(.versions = SLP_BOTH) },
	{ "slp_v1", OVER_ALL, "SLP service agent, version 1 only", PEER(.versions = SLP_V1) },
	{ "slp_udp", UDP, "SLP service agent without TCP", PEER(.versions = SLP_BOTH) },
	{ "slp_tcp", TCP, "SLP service agent without UDP", PEER(.versions = SLP_BOTH) },
	{ "slp_empty", OVER_ALL, "SLP agents without a service",
	  PEER(.versions = SLP_BOTH, .directory = true, .set = REGS_NONE) },
	{ "slp_many", OVER_ALL, "SLP, 300 service types",
	  PEER(.versions = SLP_BOTH, .directory = true, .set = REGS_MANY) },
	{ "slp_evil", OVER_ALL, "SLP, forged perfdata, escapes and a NUL",
	  PEER(.versions = SLP_BOTH, .directory = true, .set = REGS_EVIL) },
	{ "slp_auth", OVER_ALL, "SLP version 2 with authentication blocks",
	  PEER(.versions = SLP_V2, .directory = true, .authenticates = true) },
	{ "slp_dying", OVER_ALL, "SLP directory agent with boot time 0",
	  PEER(.versions = SLP_BOTH, .directory = true, .dying = true) },
	{ "slp_error_4", OVER_ALL, "SLP, only in scopes voip and lab",
	  PEER(.versions = SLP_BOTH, .scopes = "voip,lab") },
	{ "slp_error_9", OVER_ALL, "SLP, error 9 to everything",
	  PEER(.versions = SLP_V2, .error = 9) },
	{ "slp_error_10", OVER_ALL, "SLP, error 10 to everything",
	  PEER(.versions = SLP_V2, .error = 10) },
	{ "slp_error_11", OVER_ALL, "SLP, error 11 to everything",
	  PEER(.versions = SLP_V2, .error = 11) },
	{ "slp_wrong_xid", OVER_ALL, "SLP, XID of another request",
	  PEER(.versions = SLP_BOTH, .wrong_xid = true) },
	{ "slp_wrong_function", OVER_ALL, "SLP, acknowledges instead of a reply",
	  PEER(.versions = SLP_BOTH, .wrong_call = true) },
	{ "slp_wrong_count", OVER_ALL, "SLP, 7 more URLs, types or bytes of a list than there are",
	  PEER(.versions = SLP_BOTH, .count_add = 7) },
	{ "slp_short", OVER_ALL, "SLP, length of a message 10 too small",
	  PEER(.versions = SLP_BOTH, .length_add = -10) },
	{ "slp_long", OVER_ALL, "SLP, length of a message 10 too large",
	  PEER(.versions = SLP_BOTH, .length_add = 10) },
	{ "slp_mandatory", OVER_ALL, "SLP version 2 with an unknown mandatory extension",
	  PEER(.versions = SLP_V2, .mandatory = true) },
	{ "slp_trailing", OVER_ALL, "SLP, 31 KiB behind each reply by UDP",
	  PEER(.versions = SLP_BOTH, .directory = true, .trailing_bytes = (size_t)31 * 1024) },
	{ "slp_overflow", OVER_ALL, "SLP, 80 KiB, cut to 1400 bytes by UDP",
	  PEER(.versions = SLP_BOTH, .set = REGS_HUGE, .cut = true) },
	{ "slp_overflow_udp", UDP, "SLP, 80 KiB, cut to 1400 bytes, no TCP",
	  PEER(.versions = SLP_BOTH, .set = REGS_HUGE, .cut = true) },
	{ "slp_late", OVER_ALL, "SLP, each reply after 800 ms",
	  PEER(.versions = SLP_BOTH, .after_ms = 800) },
	{ "slp_slow", OVER_ALL, "SLP, a byte per 5 ms by TCP",
	  PEER(.versions = SLP_BOTH, .pace_ms = 5) },
	{ "slp_split", OVER_ALL, "SLP, each reply by TCP in halves 50 ms apart",
	  PEER(.versions = SLP_BOTH, .split_ms = 50) },
	{ "slp_amplify", OVER_ALL, "SLP, 50 datagrams for one",
	  PEER(.versions = SLP_BOTH, .repeat = 50) },
	{ "slp_other_port", OVER_ALL, "SLP from another UDP port",
	  PEER(.versions = SLP_BOTH, .other_port = true) },
	{ "slp_other_address", OVER_ALL, "SLP by UDP from the next address of the host",
	  PEER(.versions = SLP_BOTH, .other_address = true) },
	{ "slp_reset", OVER_ALL, "RST after the first bytes, UDP silent",
	  .part = { { .reset = true } }, .parts = 1, .late = true },
	{ "slp_close", OVER_ALL, "FIN after the first bytes, UDP silent",
	  .part = { { .close = true } }, .parts = 1, .late = true },
	{ "slp_hold", OVER_ALL, "TCP accepts and holds, UDP silent", .parts = 0 },
	{ "slp_garbage", OVER_ALL, "the text pong", .part = { { .bytes = SPAN_INIT("pong\r\n") } },
	  .parts = 1, .late = true },
	{ "slp_echo", OVER_ALL, "an echo", .answer = port_answer_echo },
	{ "slp_flood", TCP, "SLP replies without end", .part = { { .bytes = SPAN_INIT(UNASKED) } },
	  .parts = 1, .endless = true },
};

const size_t slp_rows_n = sizeof(slp_rows) / sizeof(slp_rows[0]);
