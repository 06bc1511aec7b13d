/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One SIP message; see sip_msg.h.
 *
 * A stream is read again from its start at every call, so nothing before the end of the head costs
 * more than one look at each byte, and every answer but PARSE_MORE holds for all longer inputs:
 * the first line is judged byte by byte, all else when the head is complete.
 */
#include "proto/sip_msg.h"

#include "proto/sip_grammar.h"
#include "proto/sip_header.h"

enum { METHOD_BYTES_MAX = 64 };

#define FIRST_LINE "the first line is malformed"
#define VERSION "the SIP version is not 2.0"
#define LONE_CR "a CR without LF"

/* The literal, or its beginning when `v` ends in it. */
static enum parse take_literal(struct view *v, struct view literal)
{
	struct view got = view_first(*v, literal.n);

	if (!view_ieq(got, view_first(literal, got.n)))
		return PARSE_BAD;
	if (got.n < literal.n)
		return PARSE_MORE;
	*v = view_skip(*v, literal.n);
	return PARSE_OK;
}

/* 7.2, behind "SIP": "/2.0 200 OK". The space before the reason may fail when nothing follows. */
static enum parse read_status(struct view v, struct sip_msg *msg, const char **why)
{
	enum parse parse = take_literal(&v, VIEW("/2.0 "));

	*why = VERSION;
	if (parse != PARSE_OK)
		return parse;
	*why = "the status is not three digits from 100 to 699";
	for (size_t i = 0; i < v.n && i < 3; i++) {
		if (v.p[i] < (i > 0 ? '0' : '1') || v.p[i] > (i > 0 ? '9' : '6'))
			return PARSE_BAD;
		msg->code = msg->code * 10 + (unsigned)(v.p[i] - '0');
	}
	if (v.n > 3 && v.p[3] != ' ')
		return PARSE_BAD;
	if (v.n == 3)
		msg->notes |= SIP_NOTE_NO_REASON;
	msg->reason = view_skip(v, 4);
	*why = LONE_CR;
	if (view_find(msg->reason, '\r') < msg->reason.n)
		return PARSE_BAD;
	return v.n < 3 ? PARSE_MORE : PARSE_OK;
}

/* 19.1.1, 25.1: a scheme, a colon, no control byte. */
static enum parse check_ruri(struct view uri, bool whole)
{
	struct view rest = uri;
	struct view scheme = sip_take_token(&rest);

	if (rest.n == 0 && !whole)
		return PARSE_MORE;
	return scheme.n > 0 && view_take_char(&rest, ':') && sip_is_clean(rest) ? PARSE_OK
										: PARSE_BAD;
}

/* 7.1, behind the method: " sip:host SIP/2.0", single spaces. */
static enum parse read_request(struct view v, struct sip_msg *msg, const char **why)
{
	if (!view_take_char(&v, ' '))
		return PARSE_BAD;
	size_t end = view_find(v, ' ');
	bool whole = end < v.n;
	msg->ruri = view_first(v, end);
	enum parse parse = check_ruri(msg->ruri, whole);
	if (parse != PARSE_OK || !whole)
		return parse == PARSE_BAD ? PARSE_BAD : PARSE_MORE;
	v = view_skip(v, end + 1);
	parse = take_literal(&v, VIEW("SIP/"));
	if (parse != PARSE_OK)
		return parse;
	*why = VERSION;
	parse = take_literal(&v, VIEW("2.0"));
	if (parse != PARSE_OK)
		return parse;
	*why = FIRST_LINE;
	return v.n == 0 ? PARSE_OK : PARSE_BAD;
}

/* PARSE_MORE: the line can still become SIP. */
static enum parse read_words(struct view v, struct sip_msg *msg, const char **why)
{
	struct view word = sip_take_token(&v);

	*why = FIRST_LINE;
	if (word.n > METHOD_BYTES_MAX || (word.n == 0 && v.n > 0))
		return PARSE_BAD;
	if (v.n == 0)
		return PARSE_MORE;
	if (view_ieq(word, VIEW("SIP")) && v.p[0] == '/')
		return read_status(v, msg, why);
	msg->is_request = true;
	msg->method = word;
	return read_request(v, msg, why);
}

static enum parse read_first_line(struct view bytes, struct sip_msg *msg, const char **why)
{
	size_t end = view_find(bytes, '\n');

	msg->start_line = view_first(bytes, end);
	if (end > 0 && bytes.p[end - 1] == '\r')
		msg->start_line.n--;
	enum parse parse = read_words(msg->start_line, msg, why);
	if (parse != PARSE_MORE || end == bytes.n)
		return parse;
	*why = FIRST_LINE;
	return PARSE_BAD;
}

/* How long the head is, the empty line included; 0 when that is not there. */
static size_t head_length(struct view v)
{
	for (size_t i = 1; i < v.n; i++)
		if (v.p[i] == '\n' &&
		    (v.p[i - 1] == '\n' || (v.p[i - 1] == '\r' && i > 1 && v.p[i - 2] == '\n')))
			return i + 1;
	return 0;
}

static const char *check_line_ends(struct view head, unsigned *notes)
{
	if (view_find(head, '\0') < head.n)
		return "a NUL byte in the header";
	while (head.n > 0) {
		struct view line = view_take_until(&head, '\n');
		size_t cr = view_find(line, '\r');
		if (cr == line.n)
			*notes |= SIP_NOTE_BARE_LF;
		else if (cr + 1 < line.n)
			return LONE_CR;
	}
	return NULL;
}

/* A line with the lines folded into it, without its last line end. Empty at the end of the head. */
static struct view take_line(struct view *head)
{
	struct view start = *head;
	struct view line = view_take_until(head, '\n');

	if (line.n == 0 || view_eq(line, VIEW("\r")))
		return (struct view){ "", 0 };
	while (head->n > 0 && (head->p[0] == ' ' || head->p[0] == '\t'))
		view_take_until(head, '\n');
	return view_trim(view_first(start, start.n - head->n));
}

bool sip_msg_next_header(struct view *head, struct view *name, struct view *value)
{
	struct view line = take_line(head);
	bool found = line.n > 0;

	*name = view_trim(view_take_until(&line, ':'));
	*value = view_trim(line);
	return found;
}

static const char *read_headers(struct view head, struct sip_msg *msg, unsigned *seen)
{
	const char *why = NULL;

	if (head.p[0] == ' ' || head.p[0] == '\t')
		return FIRST_LINE;
	while (why == NULL) {
		struct view line = take_line(&head);
		if (line.n == 0)
			break;
		struct view name = sip_take_token(&line);
		view_take_while(&line, " \t");
		if (name.n == 0 || !view_take_char(&line, ':'))
			return "a header line is malformed";
		why = sip_header_read(msg, seen, name, view_trim(line));
	}
	return why;
}

/* Both ways of reading end here, so that a message means the same on both. NULL or a clause. */
static const char *read_head(struct view head, struct sip_msg *msg)
{
	unsigned seen = 0;
	const char *why = check_line_ends(head, &msg->notes);

	if (why == NULL) {
		view_take_until(&head, '\n');
		why = read_headers(head, msg, &seen);
	}
	if (why == NULL && !msg->is_request)
		why = sip_header_missing(seen);
	if (why != NULL)
		return why;
	if (msg->server.n == 0)
		msg->server = msg->user_agent;
	if (msg->is_request && msg->cseq_method.n > 0 && !view_eq(msg->cseq_method, msg->method))
		return "CSeq names another method"; /* 8.1.1.5 */
	if (!msg->is_request && msg->code >= 200 && msg->to_tag.n == 0)
		msg->notes |= SIP_NOTE_NO_TO_TAG;
	return NULL;
}

/* 18.3 */
static enum parse read_body(struct view rest, bool stream, bool closed, struct sip_msg *msg,
			    size_t *missing, const char **why)
{
	msg->body = msg->has_content_length ? view_first(rest, msg->content_length) : rest;
	if (msg->body.n < msg->content_length) {
		*why = "the body is shorter than Content-Length";
		*missing = msg->content_length - rest.n;
		return stream && !closed ? PARSE_MORE : PARSE_BAD;
	}
	if (!stream) {
		if (msg->body.n < rest.n)
			msg->notes |= SIP_NOTE_SURPLUS_BODY;
		return PARSE_OK;
	}
	if (msg->has_content_length)
		return PARSE_OK;
	*why = "the body is longer than 1 MiB";
	if (msg->body.n > SIP_BODY_BYTES_MAX)
		return PARSE_BAD;
	msg->notes |= SIP_NOTE_NO_CONTENT_LENGTH;
	return closed ? PARSE_OK : PARSE_MORE;
}

/* 7.5, and keep-alives of RFC 5626 4.4.1 */
static struct view skip_line_ends(struct view bytes)
{
	size_t n = 0;

	while (n < bytes.n && (bytes.p[n] == '\n' ||
			       (bytes.p[n] == '\r' && n + 1 < bytes.n && bytes.p[n + 1] == '\n')))
		n++;
	return view_skip(bytes, n);
}

enum parse sip_msg_parse(struct view bytes, bool stream, bool closed, struct sip_msg *msg,
			 size_t *used, const char **why)
{
	const bool more = stream && !closed;
	struct view rest = skip_line_ends(bytes);
	size_t missing = 1;

	*msg = (struct sip_msg){ .notes = rest.n < bytes.n ? SIP_NOTE_LEADING_CRLF : 0 };
	*used = bytes.n + missing;
	*why = "no message";
	if (rest.n == 0 || (stream && view_eq(rest, VIEW("\r"))))
		return stream ? PARSE_MORE : PARSE_BAD;
	enum parse parse = read_first_line(rest, msg, why);
	if (parse == PARSE_BAD)
		return PARSE_BAD;
	size_t head = head_length(view_first(rest, SIP_HEADER_BYTES_MAX));
	if (head == 0) {
		bool full = rest.n >= SIP_HEADER_BYTES_MAX;
		*why = full ? "the header is longer than 64 KiB" : "the message is cut off";
		return more && !full ? PARSE_MORE : PARSE_BAD;
	}
	*why = read_head(view_first(rest, head), msg);
	if (*why != NULL)
		return PARSE_BAD;
	parse = read_body(view_skip(rest, head), stream, closed, msg, &missing, why);
	if (parse == PARSE_OK)
		*used = stream ? bytes.n - rest.n + head + msg->body.n : bytes.n;
	else if (parse == PARSE_MORE)
		*used = bytes.n + missing;
	return parse;
}

enum sip_look sip_msg_look(struct view bytes)
{
	struct view line = skip_line_ends(bytes);
	size_t at;

	if (line.n == 0)
		return SIP_LOOK_EMPTY;
	line = view_trim(view_take_until(&line, '\n'));
	for (at = line.n; at > 0 && line.p[at - 1] != ' '; at--)
		;
	struct view word = view_skip(line, at); /* the last one */
	if (view_istarts(line, VIEW("SIP/")) || view_istarts(word, VIEW("SIP/")))
		return SIP_LOOK_SIP;
	if (view_istarts(line, VIEW("HTTP/")) || view_istarts(word, VIEW("HTTP/")))
		return SIP_LOOK_HTTP;
	return SIP_LOOK_OTHER;
}
