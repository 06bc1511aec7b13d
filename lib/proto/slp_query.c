/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The requests that we send, and what can answer them; see slp.h. */
#include "proto/slp.h"

enum {
	US_ASCII = 3, /* IANA MIBenum */
	ALL_AUTHORITIES = 0xffff,
	TEXT_MAX = 0xffff,
	V2_LANGUAGE_MAX = 35,
	V1_LANGUAGE_BYTES = 2,
};

static void wr_number(struct wr *w, size_t value, unsigned bytes)
{
	while (bytes-- > 0)
		wr_byte(w, (char)(value >> 8 * bytes));
}

/* This and the next ones: false for what its length field cannot say. */
static bool wr_text(struct wr *w, struct view text)
{
	wr_number(w, text.n, 2);
	wr_put(w, text);
	return text.n <= TEXT_MAX;
}

/* RFC 2608 10.1: the largest length stands for all authorities. */
static bool wr_authority(struct wr *w, const struct slp_query *query)
{
	if (query->one_authority)
		return wr_text(w, query->authority) && query->authority.n != ALL_AUTHORITIES;
	wr_number(w, ALL_AUTHORITIES, 2);
	return true;
}

/* RFC 2165 5.1; 5.2 calls directory agents without the "service:" of version 2.  Where its length does
 * not fit, that of the message does not either. */
static bool wr_v1_predicate(struct wr *w, const struct slp_query *query)
{
	struct view type = query->type;
	struct view prefix = VIEW("service:");

	if (view_ieq(type, VIEW("service:directory-agent")))
		type = view_skip(type, prefix.n);
	wr_number(w, type.n + query->scopes.n + query->predicate.n + 3, 2);
	wr_put(w, type);
	wr_byte(w, '/');
	wr_put(w, query->scopes);
	wr_byte(w, '/');
	wr_put(w, query->predicate);
	wr_byte(w, '/');
	return true;
}

static bool wr_body(struct wr *w, const struct slp_query *query)
{
	struct view spi = { "", 0 };

	if (!wr_text(w, query->previous))
		return false;
	switch (query->function) {
	case SLP_SRV_RQST:
		if (query->version == 1)
			return wr_v1_predicate(w, query);
		return wr_text(w, query->type) && wr_text(w, query->scopes) &&
		       wr_text(w, query->predicate) && wr_text(w, spi);
	case SLP_ATTR_RQST:
		return wr_text(w, query->type) && wr_text(w, query->scopes) &&
		       wr_text(w, query->tags) && (query->version == 1 || wr_text(w, spi));
	case SLP_SRV_TYPE_RQST:
		return wr_authority(w, query) && wr_text(w, query->scopes);
	default:
		return false;
	}
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool slp_is_language(uint8_t version, struct view tag)
{
	if (tag.n == 0)
		return true;
	if (version == 1)
		return tag.n == V1_LANGUAGE_BYTES && is_letter(tag.p[0]) && is_letter(tag.p[1]);
	for (size_t i = 0; i < tag.n; i++)
		if (!is_letter(tag.p[i]) && !(tag.p[i] >= '0' && tag.p[i] <= '9') &&
		    tag.p[i] != '-')
			return false;
	return tag.n <= V2_LANGUAGE_MAX;
}

static void wr_header(struct wr *w, const struct slp_query *query, struct view language,
		      size_t length)
{
	wr_byte(w, (char)query->version);
	wr_byte(w, (char)query->function);
	if (query->version == 1) {
		wr_number(w, length, 2);
		wr_number(w, 0, 2); /* flags and dialect */
		wr_put(w, language);
		wr_number(w, US_ASCII, 2);
		wr_number(w, query->xid, 2);
		return;
	}
	wr_number(w, length, 3);
	wr_number(w, query->multicast ? SLP_FLAG_MULTICAST : 0, 2);
	wr_number(w, 0, 3); /* no extension */
	wr_number(w, query->xid, 2);
	wr_text(w, language);
}

/* Written twice: the first time for its length. */
bool wr_slp_query(struct wr *w, const struct slp_query *query)
{
	struct view language = query->language.n > 0 ? query->language : VIEW("en");
	size_t start = w->n;

	if ((query->version != 1 && query->version != 2) || w->full ||
	    !slp_is_language(query->version, language))
		return false;
	wr_header(w, query, language, 0);
	bool ok = wr_body(w, query) && !w->full;
	size_t length = w->n - start;
	if (!ok || (query->version == 1 && length > SLP_V1_MESSAGE_MAX)) {
		w->n = start;
		return false;
	}
	struct wr header = wr_over(w->p + start, length);
	wr_header(&header, query, language, length);
	return true;
}

static bool asks_for(struct view type, struct view name)
{
	struct view prefix = VIEW("service:");

	return view_ieq(type, name) || view_ieq(type, view_skip(name, prefix.n));
}

bool slp_is_request(const struct slp_msg *msg)
{
	return msg->function == SLP_SRV_RQST || msg->function == SLP_ATTR_RQST ||
	       msg->function == SLP_SRV_TYPE_RQST;
}

bool slp_is_answer(const struct slp_msg *reply, enum slp_function request, struct view type)
{
	switch (reply->function) {
	case SLP_SRV_RPLY:
		return request == SLP_SRV_RQST ||
		       (reply->error != 0 &&
			(request == SLP_ATTR_RQST || request == SLP_SRV_TYPE_RQST));
	case SLP_ATTR_RPLY:
		return request == SLP_ATTR_RQST;
	case SLP_SRV_TYPE_RPLY:
		return request == SLP_SRV_TYPE_RQST;
	case SLP_DA_ADVERT:
		return request == SLP_SRV_RQST && asks_for(type, VIEW("service:directory-agent"));
	case SLP_SA_ADVERT:
		return request == SLP_SRV_RQST && asks_for(type, VIEW("service:service-agent"));
	default:
		return false;
	}
}
