/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probes of media ports and what their answers look like; see media.h. */
#include "proto/media.h"

#define CNAME_HOST "@monitoring.invalid"
#define NTP_OF_1970_S 2208988800U
#define STUN_COOKIE 0x2112A442U

enum {
	RTCP_SR = 200,
	RTCP_RR = 201,
	RTCP_SDES = 202,
	RTCP_HEADER_BYTES = 4,
	SDES_CNAME = 1,
	CNAME_BYTES = 16 + sizeof(CNAME_HOST) - 1,
	/* SSRC, type, length, text, and at least one zero up to the next word (RFC 3550 6.5). */
	SDES_CHUNK_BYTES = (4 + 2 + CNAME_BYTES + 4) / 4 * 4,
	REPORT_BLOCK_BYTES = 24,
	RTP_HEADER_BYTES = 12,
	STUN_HEADER_BYTES = 20,
};

static void wr_be16(struct wr *w, unsigned value)
{
	wr_byte(w, (char)(value >> 8));
	wr_byte(w, (char)value);
}

static void wr_be32(struct wr *w, uint32_t value)
{
	wr_be16(w, value >> 16);
	wr_be16(w, value & 0xffff);
}

static void wr_be64(struct wr *w, uint64_t value)
{
	wr_be32(w, (uint32_t)(value >> 32));
	wr_be32(w, (uint32_t)value);
}

static uint32_t mix_nonce(uint64_t nonce)
{
	return (uint32_t)(nonce ^ nonce >> 32);
}

static void wr_rtcp_header(struct wr *w, unsigned count, unsigned type, unsigned body_bytes)
{
	wr_byte(w, (char)(0x80 | count));
	wr_byte(w, (char)type);
	wr_be16(w, body_bytes / 4);
}

/* RFC 3550 6.4.1 and 6.5. */
static void wr_rtcp_probe(struct wr *w, uint64_t nonce, int64_t unix_us)
{
	uint64_t ntp_us = (uint64_t)unix_us + (uint64_t)NTP_OF_1970_S * 1000000;

	wr_rtcp_header(w, 0, RTCP_SR, 24);
	wr_be32(w, mix_nonce(nonce));
	wr_be32(w, (uint32_t)(ntp_us / 1000000));
	wr_be32(w, (uint32_t)(((ntp_us % 1000000) << 32) / 1000000));
	wr_be32(w, (uint32_t)nonce); /* RTP time: has a random start */
	wr_be64(w, 0);		     /* packets and octets sent */

	wr_rtcp_header(w, 1, RTCP_SDES, SDES_CHUNK_BYTES);
	wr_be32(w, mix_nonce(nonce));
	wr_byte(w, SDES_CNAME);
	wr_byte(w, CNAME_BYTES);
	wr_hex64(w, nonce);
	wr_str(w, CNAME_HOST);
	for (size_t n = 4 + 2 + CNAME_BYTES; n < SDES_CHUNK_BYTES; n++)
		wr_byte(w, 0);
}

/* RFC 3550 5.1; eight samples of PCMU. */
static void wr_rtp_probe(struct wr *w, uint64_t nonce)
{
	wr_be16(w, 0x8000);
	wr_be16(w, (uint16_t)(nonce >> 48));
	wr_be32(w, (uint32_t)nonce);
	wr_be32(w, mix_nonce(nonce));
	wr_be64(w, nonce);
}

/* RFC 8489 5: a binding request without attributes. */
static void wr_stun_probe(struct wr *w, uint64_t nonce)
{
	wr_be16(w, 0x0001);
	wr_be16(w, 0);
	wr_be32(w, STUN_COOKIE);
	wr_be64(w, nonce);
	wr_be32(w, mix_nonce(nonce));
}

void wr_media_probe(struct wr *w, enum media_probe probe, uint64_t nonce, int64_t unix_us)
{
	char bytes[MEDIA_PROBE_BYTES];
	struct wr whole = wr_over(bytes, sizeof(bytes));

	switch (probe) {
	case MEDIA_PROBE_RTCP:
		wr_rtcp_probe(&whole, nonce, unix_us);
		break;
	case MEDIA_PROBE_RTP:
		wr_rtp_probe(&whole, nonce);
		break;
	case MEDIA_PROBE_STUN:
		wr_stun_probe(&whole, nonce);
		break;
	}
	wr_put(w, wr_view(&whole));
}

static uint8_t byte_at(struct view v, size_t at)
{
	return (uint8_t)v.p[at];
}

static size_t be16_at(struct view v, size_t at)
{
	return (size_t)byte_at(v, at) << 8 | byte_at(v, at + 1);
}

static bool is_version_2(struct view v)
{
	return byte_at(v, 0) >> 6 == 2;
}

static bool has_padding(struct view v)
{
	return (byte_at(v, 0) & 0x20) != 0;
}

bool rtcp_next(struct view *datagram, struct rtcp_packet *out, bool *bad)
{
	struct view v = *datagram;

	*bad = v.n > 0 && (v.n < RTCP_HEADER_BYTES || !is_version_2(v));
	if (v.n == 0 || *bad)
		return false;
	size_t body_bytes = be16_at(v, 2) * 4;

	*bad = body_bytes > v.n - RTCP_HEADER_BYTES;
	if (*bad)
		return false;
	struct view body = view_first(view_skip(v, RTCP_HEADER_BYTES), body_bytes);
	struct view rest = view_skip(v, RTCP_HEADER_BYTES + body_bytes);

	/* RFC 3550 6.4.1: the last packet alone may have padding, whose last byte is its length. */
	if (has_padding(v)) {
		size_t padding = body.n > 0 ? byte_at(body, body.n - 1) : 0;

		*bad = rest.n > 0 || padding == 0 || padding % 4 != 0 || padding > body.n;
		if (*bad)
			return false;
		body.n -= padding;
	}
	*out = (struct rtcp_packet){ byte_at(v, 1), byte_at(v, 0) & 0x1f, body };
	*datagram = rest;
	return true;
}

static bool has_its_reports(const struct rtcp_packet *packet)
{
	size_t fixed = packet->type == RTCP_SR ? 24 : 4;

	return packet->body.n >= fixed + (size_t)packet->count * REPORT_BLOCK_BYTES;
}

bool rtcp_is_compound(struct view datagram)
{
	struct view rest = datagram;
	struct rtcp_packet packet;
	bool bad;

	if (!rtcp_next(&rest, &packet, &bad) || has_padding(datagram) ||
	    (packet.type != RTCP_SR && packet.type != RTCP_RR) || !has_its_reports(&packet))
		return false;
	while (rtcp_next(&rest, &packet, &bad))
		;
	return !bad;
}

/* Fixed header, contributing sources and extension (RFC 3550 5.1, 5.3.1). */
static size_t rtp_header_bytes(struct view v)
{
	size_t n = RTP_HEADER_BYTES + (size_t)(byte_at(v, 0) & 0x0f) * 4;
	bool extended = (byte_at(v, 0) & 0x10) != 0;

	if (!extended)
		return n;
	return v.n < n + 4 ? n + 4 : n + 4 + be16_at(v, n + 2) * 4;
}

static bool is_rtp(struct view v)
{
	if (v.n < RTP_HEADER_BYTES || !is_version_2(v) || v.n < rtp_header_bytes(v))
		return false;
	unsigned payload_type = byte_at(v, 1) & 0x7f;
	size_t padding = byte_at(v, v.n - 1);

	if (has_padding(v) && (padding == 0 || padding > v.n - rtp_header_bytes(v)))
		return false;
	return payload_type < 64 || payload_type > 95;
}

static bool is_stun(struct view v)
{
	return v.n >= STUN_HEADER_BYTES && byte_at(v, 0) >> 6 == 0 && be16_at(v, 2) % 4 == 0 &&
	       STUN_HEADER_BYTES + be16_at(v, 2) == v.n &&
	       (be16_at(v, 4) << 16 | be16_at(v, 6)) == STUN_COOKIE;
}

enum media_kind media_classify(struct view reply, struct view sent)
{
	if (view_eq(reply, sent))
		return MEDIA_ECHO;
	if (rtcp_is_compound(reply))
		return MEDIA_RTCP;
	if (is_stun(reply))
		return MEDIA_STUN;
	return is_rtp(reply) ? MEDIA_RTP : MEDIA_OTHER;
}

const char *media_kind_name(enum media_kind kind)
{
	static const char *const names[MEDIA_KINDS] = { "echo", "RTCP", "RTP", "STUN", "other" };

	return names[kind];
}
