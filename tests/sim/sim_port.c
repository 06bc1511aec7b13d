/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ports that speak no SIP, one row each; see sim_port.h. RTP and RTCP after RFC 3550, STUN after
 * RFC 8489.
 */
#include "sim_port.h"
#include "sim_sip.h"

#include <string.h>

#define STUN_HEADER_BYTES 20
#define STUN_COOKIE "\x21\x12\xa4\x42"
#define RTP_LEAK_PACKETS 3

/* Forged performance data, separators, terminal escapes, a NUL, line ends, no character set. */
#define EVIL                                                                                       \
	"220 evil | time=0 OK; x=1;2;3;4 'y'=5\r\n"                                                \
	"\033[2J\033[31mRED\033]0;title\007 \0hidden\r\n"                                          \
	"OK - all is well | time=0 OK\n\rCRITICAL \\n $(id) `id` \177\233\377\376 \342\200\256\n"

/* A receiver report without blocks, and a source description with a name. */
static const struct span rtcp_report = SPAN_INIT("\x80\xc9\0\1SIM1"
						 "\x81\xca\0\6SIM1\1\x0fsim@sim.invalid\0\0\0");

static unsigned byte_at(struct span s, size_t at)
{
	return (unsigned char)s.p[at];
}

static size_t be16_at(struct span s, size_t at)
{
	return byte_at(s, at) << 8 | byte_at(s, at + 1);
}

static void put_be16(char *to, unsigned value)
{
	to[0] = (char)(value >> 8);
	to[1] = (char)value;
}

void port_answer_echo(const struct flow *flow, struct span request)
{
	flow_send(flow, &(struct part){ .bytes = request });
}

static void answer_echo_datagram(const struct flow *flow, struct span request)
{
	if (flow->udp >= 0)
		port_answer_echo(flow, request);
}

/* RFC 3550 A.2: reports first, and the lengths of all packets add up. */
static bool is_rtcp_compound(struct span s)
{
	bool report = s.n >= 4 && (byte_at(s, 0) & 0xe0) == 0x80 &&
		      (byte_at(s, 1) == 200 || byte_at(s, 1) == 201);

	while (s.n >= 4 && byte_at(s, 0) >> 6 == 2 && (be16_at(s, 2) + 1) * 4 <= s.n)
		s = span_skip(s, (be16_at(s, 2) + 1) * 4);
	return report && s.n == 0;
}

static void answer_rtcp(const struct flow *flow, struct span request)
{
	if (is_rtcp_compound(request))
		flow_send(flow, &(struct part){ .bytes = rtcp_report });
}

/* Media of a call that the asker has no part in: PCMU, 20 ms each. */
static void answer_rtp(const struct flow *flow, struct span request)
{
	char packet[12 + 160] = "\x80\0\x12\0\0\0\0\0LEAK";

	(void)request;
	memset(packet + 12, 0x7f, sizeof(packet) - 12);
	for (unsigned i = 0; i < RTP_LEAK_PACKETS; i++) {
		packet[3] = (char)i;
		put_be16(packet + 6, i * 160);
		flow_send(flow, &(struct part){ .bytes = { packet, sizeof(packet) } });
	}
}

/* A binding request gets XOR-MAPPED-ADDRESS (RFC 8489 sections 6.3.1 and 14.2). */
static void answer_stun(const struct flow *flow, struct span request)
{
	bool v6 = flow->peer.sa.sa_family == AF_INET6;
	size_t address_n = v6 ? 16 : 4, n = STUN_HEADER_BYTES + 8 + address_n;
	const void *address =
		v6 ? (const void *)&flow->peer.v6.sin6_addr : (const void *)&flow->peer.v4.sin_addr;
	char reply[STUN_HEADER_BYTES + 8 + 16] = "\x01\x01";

	if (request.n < STUN_HEADER_BYTES || be16_at(request, 0) != 1 ||
	    STUN_HEADER_BYTES + be16_at(request, 2) != request.n ||
	    memcmp(request.p + 4, STUN_COOKIE, 4) != 0)
		return;
	put_be16(reply + 2, (unsigned)(8 + address_n));
	memcpy(reply + 4, request.p + 4, 16); /* cookie and transaction */
	put_be16(reply + 20, 0x0020);
	put_be16(reply + 22, (unsigned)(4 + address_n));
	put_be16(reply + 24, v6 ? 2 : 1);
	put_be16(reply + 26, addr_port(&flow->peer) ^ 0x2112U);
	memcpy(reply + 28, address, address_n);
	for (size_t i = 0; i < address_n; i++)
		reply[28 + i] = (char)(reply[28 + i] ^ reply[4 + i]);
	flow_send(flow, &(struct part){ .bytes = { reply, n } });
}

#define TCP OVER_STREAM
#define UDP OVER_UDP
#define SAY(text) .bytes = SPAN_INIT(text)
#define ONE(...) .parts = 1, .part = { { __VA_ARGS__ } }

const struct port port_rows[] = {
	{ "tcp_open", TCP, "accepts and holds, silent", .parts = 0 },
	{ "tcp_silent", TCP, "the same", .parts = 0 },
	{ "tcp_banner", TCP, "a greeting in three segments, 30 ms apart", .parts = 3,
	  .part = { { SAY("220 voi") },
		    { SAY("ce.example rea"), .after_ms = 30 },
		    { SAY("dy\r\n"), .after_ms = 60 } } },
	{ "tcp_reset", TCP, "accepts, then RST", ONE(.reset = true) },
	{ "tcp_close", TCP, "accepts, then FIN", ONE(.close = true) },
	{ "tcp_talk_close", TCP, "a greeting, then FIN",
	  ONE(SAY("220 voice.example ready\r\n"), .close = true) },
	{ "tcp_reset_late", TCP, "RST after the first bytes", ONE(.reset = true), .late = true },
	{ "tcp_close_late", TCP, "FIN after the first bytes", ONE(.close = true), .late = true },
	{ "tcp_flood", TCP, "bytes without end",
	  ONE(SAY("flood flood flood flood flood flood flood flood flood flood 64\r\n")),
	  .endless = true },
	{ "tcp_drip", TCP, "a byte each 100 ms without end", ONE(SAY("drip"), .pace_ms = 100),
	  .endless = true },
	{ "tcp_echo", TCP, "an echo", .answer = port_answer_echo },
	{ "tcp_evil", TCP, "a greeting with forged perfdata, escapes and a NUL", ONE(SAY(EVIL)) },
	{ "tls_plain", TCP, "plain SIP to whatever comes, then FIN",
	  ONE(SAY("SIP/2.0 400 Plain SIP Only\r\nContent-Length: 0\r\n\r\n"), .close = true),
	  .late = true },
	{ "tls_silent", TCP, "accepts and holds, silent", .parts = 0 },
	{ "udp_echo", OVER_ALL, "an echo", .answer = port_answer_echo },
	{ "udp_silent", UDP, "reads and never speaks", .parts = 0 },
	{ "udp_answer", UDP, "the text pong", ONE(SAY("pong\r\n")) },
	{ "udp_evil", UDP, "forged perfdata, escapes and a NUL", ONE(SAY(EVIL)) },
	{ "udp_other_port", UDP, "pong from another port", ONE(SAY("pong\r\n"), .other = true) },
	{ "udp_flood", UDP, "100 datagrams for one", ONE(SAY("flood\r\n")), .repeat = 100 },
	{ "udp_empty", UDP, "an empty datagram", ONE(SAY("")) },
	{ "rtp_echo", UDP, "an echo", .answer = port_answer_echo },
	{ "rtcp_answer", UDP, "RR and SDES to an RTCP compound", .answer = answer_rtcp },
	{ "rtp_leak", UDP, "3 packets of a foreign stream", .answer = answer_rtp },
	{ "stun_answer", UDP, "success to a STUN binding request", .answer = answer_stun },
};

const size_t port_rows_n = sizeof(port_rows) / sizeof(port_rows[0]);

const struct port port_voice = { "voice", OVER_ALL, "TCP holds, UDP echoes",
				 .answer = answer_echo_datagram };

static void port_say(const struct port *port, const struct flow *flow)
{
	unsigned times = port->repeat > 0 ? port->repeat : 1;

	for (size_t i = 0; i < times * port->parts; i++)
		flow_send(flow, &port->part[i % port->parts]);
}

void port_on_stream(const struct port *port, const struct flow *flow)
{
	if (!port->late)
		port_say(port, flow);
}

void port_on_bytes(const struct port *port, const struct flow *flow, struct span bytes)
{
	if (port->answer != NULL)
		port->answer(flow, bytes);
	else if (port->late || flow->udp >= 0)
		port_say(port, flow);
}

void port_list(FILE *out, const struct port *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct port *p = &rows[i];

		fprintf(out, "%s\t%s%s%s\t%s\n", p->key, (p->transports & UDP) != 0 ? "udp" : "",
			p->transports == OVER_ALL ? "," : "",
			(p->transports & TCP) != 0 ? "tcp" : "", p->about);
	}
}
