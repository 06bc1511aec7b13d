/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a media port may be asked with, and what an answer looks like: RTCP (RFC 3550 6), RTP
 * (RFC 3550 5), STUN (RFC 8489).  Pure, no allocation.
 *
 * The compound of sender report and SDES is the least harmful probe that is known: rtpengine's
 * heuristics take it for control traffic and do not move a muted call's media to its sender, which
 * every other datagram, even an empty one, does.
 */
#ifndef PROTO_MEDIA_H
#define PROTO_MEDIA_H

#include "base/bytes.h"

enum media_probe { MEDIA_PROBE_RTCP, MEDIA_PROBE_RTP, MEDIA_PROBE_STUN };

/* `nonce` makes the datagram recognisable in echoes and ICMP quotes; `unix_us` is for the NTP
 * timestamp of the sender report. At most MEDIA_PROBE_BYTES; nothing when they do not fit. */
enum { MEDIA_PROBE_BYTES = 80 };
void wr_media_probe(struct wr *w, enum media_probe probe, uint64_t nonce, int64_t unix_us);

/* Decided by form alone: a packet with our own SSRC and other bytes counts as its kind. */
enum media_kind {
	MEDIA_ECHO, /* our own datagram, unchanged */
	MEDIA_RTCP, /* a well-formed compound */
	MEDIA_RTP,  /* version 2, lengths fit, payload type outside of 64-95 (RFC 5761 4) */
	MEDIA_STUN, /* header, length and magic cookie (RFC 8489 5) */
	MEDIA_OTHER,
	MEDIA_KINDS
};
/* "echo", "RTCP", "RTP", "STUN", "other" */
const char *media_kind_name(enum media_kind kind);
enum media_kind media_classify(struct view reply, struct view sent);

/* One packet of a compound (RFC 3550 6.1); views into the datagram. */
struct rtcp_packet {
	uint8_t type;	  /* 200 SR, 201 RR, 202 SDES, 203 BYE, 204 APP ... */
	uint8_t count;	  /* reception reports, chunks ... */
	struct view body; /* behind the common header, without padding */
};
/* The next packet of a compound; false at its end or when it is broken (*bad tells). */
bool rtcp_next(struct view *datagram, struct rtcp_packet *out, bool *bad);
/* RFC 3550 A.2: version 2, first packet SR or RR without padding, lengths add up exactly; and the
 * first packet is as long as its reports. */
bool rtcp_is_compound(struct view datagram);

#endif
