/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hostile peer: one row per answer that some SIP tool has been seen to misread, or that
 * RFC 4475 suggests. The words in braces are explained in sim_reply.h.
 */
#include "sim_hostile.h"
#include "sim_reply.h"

#define BODY CRLF CRLF
#define X100                                                                                       \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"                                       \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X5000 "{repeat 50}" X100 "{/}"
#define OWN_VIA "Via: {protocol} {sentby};branch={branch}"
#define OTHER_CALL VIA FROM TO "Call-ID: x{callid}" CRLF CSEQ END
#define STALE "SIP/2.0 503 Service Unavailable" CRLF OTHER_CALL
#define TRYING "SIP/2.0 100 Trying" CRLF IDS END

#define UDP OVER_UDP
#define TCP OVER_STREAM
#define ALL OVER_ALL
#define ROW(name, over, about, t)                                                                  \
	{                                                                                          \
		"h-" name, over, about, SPAN_INIT(t), .gate = NULL                                 \
	}
#define STATUS_ROW(name, line) ROW(name, ALL, "status line: " line, line CRLF IDS SERVER END)
#define HEADER_ROW(name, about, lines) ROW(name, ALL, about, OK IDS lines END)
#define LENGTH_ROW(name, about, lines) ROW(name, ALL, "Content-Length " about, OK IDS lines)

const struct behaviour hostile_rows[] = {
	/* Another transaction: RFC 3261 sections 17.1.3, 8.1.3.3, 18.1.2. */
	ROW("wrong-callid", ALL, "another Call-ID", OK OTHER_CALL),
	ROW("wrong-branch", ALL, "another branch", OK OWN_VIA "x" CRLF FROM TO CALLID CSEQ END),
	ROW("wrong-cseq", ALL, "another CSeq number",
	    OK VIA FROM TO CALLID "CSeq: {cseq 1} {method}" CRLF END),
	ROW("wrong-method", ALL, "another CSeq method",
	    OK VIA FROM TO CALLID "CSeq: {cseq} X{method}" CRLF END),
	ROW("cseq-huge", ALL, "CSeq number beyond 64 bits",
	    OK VIA FROM TO CALLID "CSeq: 9292394834772304023312 {method}" CRLF END),
	ROW("wrong-from-tag", ALL, "another From tag",
	    OK VIA "From: {from}x" CRLF TO CALLID CSEQ END),
	ROW("no-to-tag", ALL, "200 without a To tag",
	    OK VIA FROM "To: {toraw}" CRLF CALLID CSEQ END),
	ROW("two-vias", ALL, "a second Via header",
	    OK VIA "Via: {protocol} 192.0.2.1;branch=z9hG4bKother" CRLF FROM TO CALLID CSEQ END),
	ROW("two-vias-comma", ALL, "two Via values in one header",
	    OK "Via: {via}, {protocol} 192.0.2.1;branch=z9hG4bKother" CRLF FROM TO CALLID CSEQ END),
	ROW("no-via", ALL, "no Via", OK FROM TO CALLID CSEQ END),
	ROW("stale-503", ALL, "503 of another call, 50 ms later the right 200",
	    STALE "{wait 50}" OK_PLAIN),
	ROW("other-port", UDP, "200 from another port of the address", "{other}" OK_PLAIN),

	/* Not SIP at all. */
	ROW("random", ALL, "200 random bytes", "{random 200}"),
	ROW("empty", ALL, "an empty datagram; on streams only a close", "{next}{close}"),
	ROW("echo", ALL, "the request itself", "{request}"),
	ROW("http-400", ALL, "HTTP/1.1 400",
	    "HTTP/1.1 400 Bad Request" CRLF "Server: httpd" CRLF END "{close}"),
	ROW("evil-line", ALL, "first line with forged perfdata and ESC",
	    "evil|rta=1ms;;;0 load=99 \033[31mRED" CRLF IDS END),

	/* Status lines: RFC 3261 section 7.2, RFC 4475 sections 3.1.1.13 and 3.1.2.19. */
	STATUS_ROW("sip-3.0", "SIP/3.0 200 OK"),
	STATUS_ROW("lower-case", "sip/2.0 200 OK"),
	STATUS_ROW("status-999", "SIP/2.0 999 Odd"),
	STATUS_ROW("status-099", "SIP/2.0 099 Odd"),
	STATUS_ROW("status-huge", "SIP/2.0 4294967301 Better Than Good"),
	STATUS_ROW("status-minus1", "SIP/2.0 -1 Odd"),
	STATUS_ROW("status-2digit", "SIP/2.0 20 OK"),
	STATUS_ROW("no-reason", "SIP/2.0 200"),
	STATUS_ROW("empty-reason", "SIP/2.0 200 "),
	STATUS_ROW("pipe-reason", "SIP/2.0 200 OK | rta=1ms;2;3 'x'=4"),
	ROW("long-reason", ALL, "reason phrase of 5,000 bytes", "SIP/2.0 200 " X5000 CRLF IDS END),
	ROW("bare-200", ALL, "status line and nothing else", "SIP/2.0 200 OK" BODY),

	/* Framing: RFC 3261 sections 7.5, 18.3. */
	ROW("bare-lf", ALL, "lines end with LF alone",
	    "SIP/2.0 200 OK\nVia: {via}\nFrom: {from}\nTo: {to}\nCall-ID: {callid}\n"
	    "CSeq: {cseq} {method}\nContent-Length: 0\n\n"),
	ROW("crlf-before", ALL, "two CRLF before the 200", BODY OK_PLAIN),
	LENGTH_ROW("clen-minus1", "-1", "Content-Length: -1" BODY),
	LENGTH_ROW("clen-huge", "10^20", "Content-Length: 100000000000000000000" BODY),
	LENGTH_ROW("clen-larger", "100, body of 5 bytes", "Content-Length: 100" BODY "short"),
	LENGTH_ROW("clen-smaller", "5, body of 12 bytes", "Content-Length: 5" BODY "surplusbytes"),
	LENGTH_ROW("clen-two", "0 and 7", "Content-Length: 0" CRLF "Content-Length: 7" BODY),
	LENGTH_ROW("clen-nan", "not a number", "Content-Length: 0x0" BODY),
	LENGTH_ROW("clen-missing", "missing; on streams a close", CRLF "{close}"),
	ROW("body-2m", TCP, "a body of 2,000,000 bytes",
	    OK IDS "Content-Length: 2000000" BODY "{repeat 20000}" X100 "{/}"),
	ROW("byte-segments", TCP, "one byte per segment", "{pace 1}" OK_PLAIN),
	ROW("two-in-one", TCP, "503 of another call and the right 200 in one segment",
	    STALE OK_PLAIN),
	ROW("half-header", TCP, "close inside a header", OK VIA "From: <sip:ha{close}"),
	ROW("drip", TCP, "an endless header, one byte each 20 ms for 2 minutes",
	    OK IDS "X-Drip: {wait 20}{pace 20}{repeat 6000}x{/}{close}"),
	ROW("flood-1xx", ALL, "100 times 100, no final answer", "{repeat 100}" TRYING "{next}{/}"),
	ROW("flood-wrong", ALL, "1,000 answers of another call, then the right 200",
	    "{repeat 50}{repeat 20}" OK OTHER_CALL "{next}{/}{wait 5}{/}" OK_PLAIN),

	/* Header syntax: RFC 3261 section 7.3. */
	ROW("compact", ALL, "compact header names",
	    OK "v: {via}" CRLF "f: {from}" CRLF "t: {to}" CRLF "i: {callid}" CRLF CSEQ
	       "k: path" CRLF "m: <sip:{local}>" CRLF "l: 0" BODY),
	ROW("odd-spacing", ALL, "mixed case, spaces and folds around colons",
	    OK "vIa  : {via}" CRLF "FROM\t:" CRLF "  {from}" CRLF "to :\t{to}" CRLF
	       "CALL-id:{callid}" CRLF "cSEQ  :  {cseq}   {method}" CRLF
	       "content-LENGTH\t:\t 0" BODY),
	HEADER_ROW("folded-server", "Server in three lines",
		   "Server: sim/1.0" CRLF " (folded)" CRLF "\tagain" CRLF),
	HEADER_ROW("folded-tricks", "Server folded with bare CR, LF and blank folds",
		   "Server: a" CRLF " \t" CRLF "\t" CRLF " b\n c\r d|x=1" CRLF),
	HEADER_ROW("empty-names", "headers without a name",
		   ": nothing" CRLF ":" CRLF " : folded" CRLF),
	HEADER_ROW("no-colon", "a header line without a colon", "this line has no colon" CRLF),
	HEADER_ROW("header-30k", "a header of 30,000 bytes",
		   "X-Long: {repeat 300}" X100 "{/}" CRLF),
	ROW("header-70k", TCP, "a header of 70,000 bytes",
	    OK IDS "X-Long: {repeat 700}" X100 "{/}" CRLF END),
	HEADER_ROW("5000-headers", "5,000 headers", "{repeat 5000}X: 1\r\n{/}"),
	ROW("received-brackets", ALL, "received with an IPv6 address in brackets (RFC 5118 4.5)",
	    OK OWN_VIA ";received=[2001:db8::9]" CRLF FROM TO CALLID CSEQ END),

	/* Text that reaches a terminal, a log or a performance data parser. */
	HEADER_ROW("nul-server", "Server with a NUL", "Server: sim\0hidden" CRLF),
	HEADER_ROW("ansi-server", "Server that sets the title and clears the screen",
		   "Server: \033]0;pwn\007\033[2J" CRLF),
	HEADER_ROW("latin1-server", "Server with UTF-8 and Latin-1 bytes",
		   "Server: caf\303\251 \342\202\254 caf\351 \377\376" CRLF),
	HEADER_ROW("long-warning", "Warning and Reason of 5,000 bytes",
		   "Warning: 399 sim \"" X5000 "\"" CRLF "Reason: SIP;cause=200;text=\"" X5000
		   "\"" CRLF),
	HEADER_ROW("contact-injection", "Contact with CR and LF inside",
		   "Contact: <sip:x@192.0.2.1>\rX-One: 1\nstate: OK | a=1;2;3" CRLF),
	ROW("redirect", ALL, "302 with a hostile Contact",
	    "SIP/2.0 302 Moved" CRLF IDS "Contact: \"a|b=1\033[31m\" <sip:$(id)`id`;x@[::1%25lo]:"
	    "99999;transport=\007>, <tel:1>, <" CRLF END),
	ROW("auth-broken", ALL, "401 with a broken challenge",
	    "SIP/2.0 401 Unauthorized" CRLF IDS
	    "WWW-Authenticate: Digest realm=\"open, nonce=,,=;\", qop=auth\\, algorithm=\"" CRLF
		    END),
	ROW("auth-huge", ALL, "401 with a nonce of 20,000 bytes",
	    "SIP/2.0 401 Unauthorized" CRLF IDS "WWW-Authenticate: Digest realm=\"test\", nonce=\""
	    "{repeat 200}" X100 "{/}\", algorithm=MD5, qop=\"auth\"" CRLF END),
};

const size_t hostile_rows_n = sizeof(hostile_rows) / sizeof(hostile_rows[0]);
