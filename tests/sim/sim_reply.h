/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replies written as text with words in braces, so that a behaviour is one row of a table.
 *
 *   {via} {vias}          value of the top Via as RFC 3581 wants it; all Via header lines
 *   {protocol} {sentby} {branch}                      parts of the top Via as they came
 *   {from} {to} {toraw} {callid} {cseq N} {method}    values; {to} has a tag, {cseq 1} is one more
 *   {local} {peer}        addresses of the flow as host:port
 *   {#}                   the number in the user part; also the N of any word
 *   {date N}              an RFC 3261 date N seconds ago
 *   {nonce} {random N}    32 fresh hex digits; N bytes, always the same ones
 *   {request}             the request as it came
 *   {repeat N}...{/}      N copies
 *   {next}                end of a datagram           {wait N}   N ms later
 *   {other}               from here on from another UDP port of the same address
 *   {pace N}              streams: from here on one byte each N ms
 *   {close}               streams: orderly close
 */
#ifndef SIM_REPLY_H
#define SIM_REPLY_H

#include "sim_sip.h"

#define CRLF "\r\n"
#define OK "SIP/2.0 200 OK" CRLF
#define VIA "{vias}"
#define FROM "From: {from}" CRLF
#define TO "To: {to}" CRLF
#define CALLID "Call-ID: {callid}" CRLF
#define CSEQ "CSeq: {cseq} {method}" CRLF
#define IDS VIA FROM TO CALLID CSEQ
#define ALLOW "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, MESSAGE, REGISTER" CRLF
#define CAPS                                                                                       \
	ALLOW "Accept: application/sdp" CRLF "Supported: path" CRLF "Contact: <sip:{local}>" CRLF
#define SERVER "Server: voip_sim/1.0" CRLF
#define END "Content-Length: 0" CRLF CRLF
#define OK_WITH(headers) OK IDS headers CAPS END
#define OK_PLAIN OK_WITH(SERVER)

void reply_send(const struct flow *flow, const struct request *rq, struct span text);

/* 32 hex digits and a NUL. */
#define NONCE_BYTES 33
void reply_nonce(char *nonce);

#endif
