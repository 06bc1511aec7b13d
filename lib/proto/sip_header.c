/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The headers we know, as one table; see sip_header.h. */
#include "proto/sip_header.h"

#include "proto/sip_grammar.h"
#include "proto/sip_via.h"

enum read { READ_OK, READ_MALFORMED, READ_DIFFERS };

struct field {
	struct view name;
	char compact; /* 7.3.3 */
	bool required;
	enum read (*read)(struct sip_msg *msg, size_t at, struct view value);
	size_t at; /* the view of struct sip_msg that keeps the value */
	const char *malformed, *differs, *missing;
};

static struct view *slot(struct sip_msg *msg, size_t at)
{
	return (struct view *)(void *)((char *)msg + at);
}

/* The first of several is kept. */
static enum read read_first(struct sip_msg *msg, size_t at, struct view value)
{
	if (slot(msg, at)->n == 0)
		*slot(msg, at) = value;
	return READ_OK;
}

static enum read read_single(struct sip_msg *msg, size_t at, struct view value)
{
	struct view *kept = slot(msg, at);

	if (value.n == 0)
		return READ_MALFORMED;
	if (kept->n > 0 && !view_eq(*kept, value))
		return READ_DIFFERS;
	*kept = value;
	return READ_OK;
}

static enum read read_via(struct sip_msg *msg, size_t at, struct view value)
{
	do {
		struct view element = value;
		struct sip_via via;
		if (!sip_take_via(&value, &via))
			return READ_MALFORMED;
		if (msg->via_count++ == 0) {
			msg->via = via;
			element.n -= value.n;
			*slot(msg, at) = view_trim(element);
		}
	} while (value.n > 0);
	return READ_OK;
}

/* Leaves `v` at the parameters: behind <...>, or without these at the first ';' (20.10). */
static bool skip_address(struct view *v)
{
	struct view inside;

	while (v->n > 0 && v->p[0] != ';' && v->p[0] != '<') {
		if (v->p[0] != '"')
			*v = view_skip(*v, 1);
		else if (!sip_take_quoted(v, &inside))
			return false;
	}
	if (view_take_char(v, '<')) {
		*v = view_skip(*v, view_find(*v, '>'));
		if (!view_take_char(v, '>'))
			return false;
	}
	sip_take_space(v);
	return v->n == 0 || v->p[0] == ';';
}

static enum read read_address(struct sip_msg *msg, size_t at, struct view value)
{
	struct view *kept = at == offsetof(struct sip_msg, to) ? &msg->to_tag : &msg->from_tag;
	enum read read = read_single(msg, at, value);
	struct view param, tag;

	if (read != READ_OK || !skip_address(&value))
		return read != READ_OK ? read : READ_MALFORMED;
	kept->n = 0;
	while (sip_param_next(&value, &param, &tag)) {
		if (!view_ieq(param, VIEW("tag")))
			continue;
		if (kept->n > 0 || tag.n == 0)
			return READ_MALFORMED;
		*kept = tag;
	}
	return value.n == 0 ? READ_OK : READ_MALFORMED;
}

static enum read read_call_id(struct sip_msg *msg, size_t at, struct view value)
{
	bool clean = sip_is_clean(value) && view_find(value, ' ') == value.n;

	return clean ? read_single(msg, at, value) : READ_MALFORMED;
}

/* 8.1.1.5: below 2^31. */
static enum read read_cseq(struct sip_msg *msg, size_t at, struct view value)
{
	struct view digits = view_take_while(&value, "0123456789");
	bool again = slot(msg, at)->n > 0;
	uint64_t number;

	if (!text_u64(digits, INT32_MAX, &number) || !sip_take_space(&value))
		return READ_MALFORMED;
	struct view method = sip_take_token(&value);
	if (value.n > 0)
		return READ_MALFORMED;
	if (again && number != msg->cseq)
		return READ_DIFFERS;
	msg->cseq = (uint32_t)number;
	return read_single(msg, at, method);
}

static enum read read_length(struct sip_msg *msg, size_t at, struct view value)
{
	uint64_t length;

	(void)at;
	if (!text_u64(value, SIP_BODY_BYTES_MAX, &length))
		return READ_MALFORMED;
	if (msg->has_content_length && length != msg->content_length)
		return READ_DIFFERS;
	msg->has_content_length = true;
	msg->content_length = (size_t)length;
	return READ_OK;
}

static void keep_challenge(struct sip_msg *msg, bool proxy, struct view value)
{
	if (msg->challenge_count < SIP_CHALLENGE_MAX)
		msg->challenge[msg->challenge_count++] =
			(struct sip_challenge){ .proxy = proxy, .value = value };
}

static enum read read_www(struct sip_msg *msg, size_t at, struct view value)
{
	(void)at;
	keep_challenge(msg, false, value);
	return READ_OK;
}

static enum read read_proxy(struct sip_msg *msg, size_t at, struct view value)
{
	(void)at;
	keep_challenge(msg, true, value);
	return READ_OK;
}

#define FIELD(text, compact, required, read, member)                                               \
	{                                                                                          \
		{ text, sizeof(text) - 1 }, compact, required, read,                               \
			offsetof(struct sip_msg, member), text " is malformed",                    \
			text " stands twice with different values", text " is missing"             \
	}

static const struct field FIELDS[] = {
	FIELD("Via", 'v', true, read_via, via_text),
	FIELD("From", 'f', true, read_address, from),
	FIELD("To", 't', true, read_address, to),
	FIELD("Call-ID", 'i', true, read_call_id, call_id),
	FIELD("CSeq", 0, true, read_cseq, cseq_method),
	FIELD("Content-Length", 'l', false, read_length, content_length),
	FIELD("Server", 0, false, read_first, server),
	FIELD("User-Agent", 0, false, read_first, user_agent),
	FIELD("Contact", 'm', false, read_first, contact),
	FIELD("Allow", 0, false, read_first, allow),
	FIELD("Retry-After", 0, false, read_first, retry_after),
	FIELD("Warning", 0, false, read_first, warning),
	FIELD("Date", 0, false, read_first, date),
	FIELD("WWW-Authenticate", 0, false, read_www, challenge),
	FIELD("Proxy-Authenticate", 0, false, read_proxy, challenge),
};

enum { FIELDS_COUNT = sizeof(FIELDS) / sizeof(FIELDS[0]) };

static const struct field *field_of(struct view name)
{
	for (const struct field *f = FIELDS; f < FIELDS + FIELDS_COUNT; f++)
		if (name.n == 1 ? (name.p[0] | 0x20) == f->compact : view_ieq(name, f->name))
			return f;
	return NULL;
}

const char *sip_header_read(struct sip_msg *msg, unsigned *seen, struct view name,
			    struct view value)
{
	const struct field *field = field_of(name);

	if (field == NULL)
		return NULL;
	*seen |= 1U << (field - FIELDS);
	switch (field->read(msg, field->at, value)) {
	case READ_MALFORMED:
		return field->malformed;
	case READ_DIFFERS:
		return field->differs;
	default:
		return NULL;
	}
}

const char *sip_header_missing(unsigned seen)
{
	for (size_t i = 0; i < FIELDS_COUNT; i++)
		if (FIELDS[i].required && (seen & 1U << i) == 0)
			return FIELDS[i].missing;
	return NULL;
}
