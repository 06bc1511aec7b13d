/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One SIP message (RFC 3261 section 7), read from hostile bytes without a copy.
 *
 * Every view points into the bytes given.  Nothing is guessed: a number that does not fit, a status
 * that is not exactly three digits or a wrong version make the message PARSE_BAD with a reason.
 */
#ifndef PROTO_SIP_MSG_H
#define PROTO_SIP_MSG_H

#include "base/bytes.h"
#include "base/text.h"

enum {
	SIP_HEADER_BYTES_MAX = 64 * 1024,
	SIP_BODY_BYTES_MAX = 1024 * 1024,
	SIP_CHALLENGE_MAX = 8,
};

/* What is tolerated but worth a line in the output. */
enum sip_note {
	SIP_NOTE_BARE_LF = 1 << 0,	     /* lines end in LF without CR */
	SIP_NOTE_LEADING_CRLF = 1 << 1,	     /* CRLF before the start line (7.5) */
	SIP_NOTE_NO_CONTENT_LENGTH = 1 << 2, /* stream only; the body ends with the stream */
	SIP_NOTE_SURPLUS_BODY = 1 << 3,	     /* datagram longer than Content-Length says (18.3) */
	SIP_NOTE_NO_TO_TAG = 1 << 4,	     /* a final response without it (8.2.6.2) */
	SIP_NOTE_NO_REASON = 1 << 5,	     /* "SIP/2.0 200" without the space before the reason */
};

struct sip_via {
	struct view transport, host; /* host without brackets */
	uint16_t port;		     /* 0 = not given */
	struct view branch, received;
	bool has_rport;
	uint16_t rport; /* 0 = none, or sent empty */
};

struct sip_challenge {
	bool proxy; /* Proxy-Authenticate (407), else WWW-Authenticate (401) */
	struct view value;
};

struct sip_msg {
	bool is_request;
	unsigned code;		  /* responses: 100..699 */
	struct view reason;	  /* may be empty */
	struct view method, ruri; /* requests */
	struct view start_line;

	unsigned via_count;   /* over all Via headers, comma lists included */
	struct sip_via via;   /* the topmost */
	struct view via_text; /* the topmost as it stands */
	struct view from, to; /* whole header values */
	struct view from_tag, to_tag;
	struct view call_id;
	uint32_t cseq; /* below 2^31 */
	struct view cseq_method;
	bool has_content_length;
	size_t content_length;

	struct view server; /* Server, or User-Agent when there is none */
	/* of several headers the first */
	struct view user_agent, contact, allow, retry_after, warning, date;
	struct sip_challenge challenge[SIP_CHALLENGE_MAX];
	size_t challenge_count; /* further ones are not kept */

	struct view body;
	unsigned notes;
};

/* Reads one message from the front of `bytes`; `used` is how much it takes up, leading CRLFs
 * included.  `msg` counts only after PARSE_OK.
 * Datagram (stream = false): PARSE_OK or PARSE_BAD, the whole datagram is used.
 * Stream: PARSE_MORE until the message is complete, and on nothing but CRLFs; `used` is then how
 * many bytes there must be before a further call can have another answer.  Without Content-Length
 * the message is complete when `closed`; one that is cut off by it is PARSE_BAD.  PARSE_BAD is
 * final: a stream that is out of step cannot be read on.
 * `why`, after PARSE_BAD, is a constant clause such as "Content-Length is malformed".
 * A missing Via, From, To, Call-ID or CSeq is PARSE_BAD in a response (8.1.1, 8.2.6). */
enum parse sip_msg_parse(struct view bytes, bool stream, bool closed, struct sip_msg *msg,
			 size_t *used, const char **why);

enum sip_look { SIP_LOOK_SIP, SIP_LOOK_HTTP, SIP_LOOK_EMPTY, SIP_LOOK_OTHER };

/* What the bytes look like by their first line, for the words "not SIP". */
enum sip_look sip_msg_look(struct view bytes);

/* One header after the other for a trace: the raw lines of a message's head, folded lines joined to
 * their header. False at the empty line or the end. */
bool sip_msg_next_header(struct view *head, struct view *name, struct view *value);

/* Writes a header value with each fold, and the white space around it, as one space (7.3.1); all
 * other bytes stay as they are. */
void sip_wr_unfolded(struct wr *w, struct view value);

/* Takes the next `name[=value]` of a parameter list that starts at ';' (or at the front); a quoted
 * value keeps its quotes. False at the end or when the rest is malformed. */
bool sip_param_next(struct view *params, struct view *name, struct view *value);

#endif
