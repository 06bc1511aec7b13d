/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SLP agent; see sim_slp_agent.h. RFC 2608 for version 2, RFC 2165 for version 1. */
#include "sim_slp_agent.h"
#include "sim_slp_match.h"

#include <stdio.h>
#include <string.h>

#define AUTH_BLOCK_BYTES 53
#define ALL_AUTHORITIES 0xffffU
#define EXTENSIONS_MAX 64

struct ask {
	struct slp_head head;
	struct span previous, what, scopes, spi;
	struct span filter; /* predicate or tags */
	bool all_authorities;
	bool group; /* sent to many: neither errors nor empty replies */
};

struct turn {
	const struct agent *agent;
	const struct flow *flow;
	struct ask ask;
	struct slp_out *out;
};

/* 0: nothing that is answered. */
static unsigned reply_call(unsigned call)
{
	switch (call) {
	case CALL_SRV_RQST:
		return CALL_SRV_RPLY;
	case CALL_SRV_REG:
	case CALL_SRV_DEREG:
		return CALL_SRV_ACK;
	case CALL_ATTR_RQST:
		return CALL_ATTR_RPLY;
	case CALL_TYPE_RQST:
		return CALL_TYPE_RPLY;
	default:
		return 0;
	}
}

static bool refuse(struct turn *t, unsigned call, unsigned code)
{
	out_begin(t->out, &t->ask.head, call);
	out_number(t->out, 2, code);
	out_end(t->out);
	return !t->ask.group && call != 0;
}

/* RFC 2608 section 9.1: none is known here, and some must be. */
static enum slp_code read_extensions(struct span message, const struct slp_head *head)
{
	size_t at = head->extensions, end = head->bytes;

	for (unsigned i = 0; at != 0 && i < EXTENSIONS_MAX; i++) {
		struct slp_in in = { span_skip(message, at), false };
		unsigned id = in_number(&in, 2);

		if (at < end || in.bad)
			return CODE_PARSE;
		if (id >= 0x4000 && id <= 0x7fff)
			return CODE_OPTION;
		end = at + 5;
		at = in_number(&in, 3);
		if (in.bad)
			return CODE_PARSE;
	}
	return CODE_OK;
}

/* RFC 2165 section 5: type[.authority]/[scope]/[where]/ */
static bool read_slashes(struct ask *ask)
{
	struct span rest = ask->what;

	if (rest.n == 0 || rest.p[rest.n - 1] != '/')
		return false;
	rest.n--;
	ask->what = span_cut(&rest, '/');
	if (span_search(rest, span_of("/")) == rest.n)
		return false;
	ask->scopes = span_cut(&rest, '/');
	ask->filter = rest;
	return true;
}

static enum slp_code read_body(struct span body, struct ask *ask)
{
	struct slp_in in = { body, false };
	bool v1 = ask->head.version == 1, ok = true;

	ask->previous = in_string(&in);
	if (ask->head.call == CALL_TYPE_RQST) {
		unsigned n = in_number(&in, 2);

		ask->all_authorities = n == ALL_AUTHORITIES;
		ask->what = in_bytes(&in, ask->all_authorities ? 0 : n);
		ask->scopes = in_string(&in);
	} else {
		ask->what = in_string(&in);
		if (v1 && ask->head.call == CALL_SRV_RQST) {
			ok = read_slashes(ask);
		} else {
			ask->scopes = in_string(&in);
			ask->filter = in_string(&in);
		}
		ask->spi = v1 ? span_of("") : in_string(&in);
		ok = ok && ask->what.n > 0;
	}
	if (v1 && ask->scopes.n == 0)
		ask->scopes = span_of("DEFAULT");
	return ok && !in.bad && in.rest.n == 0 ? CODE_OK : CODE_PARSE;
}

static enum slp_code read_ask(struct span message, struct ask *ask)
{
	const struct slp_head *head = &ask->head;
	struct span body;
	enum slp_code code;

	if (head->length > message.n || head->length < head->bytes)
		return CODE_PARSE;
	message.n = head->length;
	if (head->version == 1 && head->encoding != 3 && head->encoding != 106)
		return CODE_CHARSET;
	code = read_extensions(message, head);
	if (code != CODE_OK)
		return code;
	body = message;
	if (head->extensions > 0)
		body.n = head->extensions;
	return read_body(span_skip(body, head->bytes), ask);
}

static bool is_previous(const struct turn *t)
{
	char host[ADDR_TEXT_BYTES];

	return list_has(t->ask.previous, span_of(addr_host(&t->flow->local, host)));
}

static void put_auth(struct turn *t)
{
	static const char signature[40] = "not a signature of anybody";
	bool one = t->agent->authenticates;

	out_number(t->out, 1, one ? 1 : 0);
	if (!one)
		return;
	out_number(t->out, 2, 2); /* DSA with SHA-1 */
	out_number(t->out, 2, AUTH_BLOCK_BYTES);
	out_number(t->out, 4, 0x7fffffff);
	out_string(t->out, span_of("sim"));
	out_bytes(t->out, (struct span){ signature, sizeof(signature) });
}

static void put_own_url(struct turn *t, const char *type)
{
	char host[ADDR_TEXT_BYTES], url[ADDR_TEXT_BYTES + 64];
	bool v6 = t->flow->local.sa.sa_family == AF_INET6;

	addr_host(&t->flow->local, host);
	snprintf(url, sizeof(url), v6 ? "%s://[%s]" : "%s://%s", type, host);
	out_string(t->out, span_of(url));
}

static bool put_sa_advert(struct turn *t)
{
	out_begin(t->out, &t->ask.head, CALL_SA_ADVERT);
	put_own_url(t, "service:service-agent");
	out_string(t->out, t->agent->scopes);
	out_string(t->out, span_of(""));
	put_auth(t);
	out_end(t->out);
	return true;
}

static bool put_da_advert(struct turn *t)
{
	bool v1 = t->ask.head.version == 1;

	out_begin(t->out, &t->ask.head, CALL_DA_ADVERT);
	out_number(t->out, 2, CODE_OK);
	if (!v1)
		out_number(t->out, 4, t->agent->boot);
	put_own_url(t, "service:directory-agent");
	out_string(t->out, t->agent->scopes);
	if (!v1) {
		out_string(t->out, span_of(""));
		out_string(t->out, span_of(""));
		put_auth(t);
	}
	out_end(t->out);
	return true;
}

static bool in_scope(const struct turn *t, const struct reg *r)
{
	return t->agent->everywhere || lists_meet(t->ask.scopes, r->scopes);
}

/* Up to a list that must not outgrow its length; returns where that stands. */
static size_t begin_list(struct turn *t, unsigned call)
{
	size_t count_at, most;

	out_begin(t->out, &t->ask.head, call);
	out_number(t->out, 2, CODE_OK);
	count_at = t->out->buf.n;
	out_number(t->out, 2, 0);
	most = t->out->buf.n + UINT16_MAX;
	t->out->limit = t->out->limit < most ? t->out->limit : most;
	return count_at;
}

/* The rest of a reply may say how many items it holds, at `count_at`. */
static bool finish(struct turn *t, size_t count_at, unsigned count, bool empty)
{
	out_patch(t->out, count_at, 2, count);
	out_end(t->out);
	return !empty || !t->ask.group;
}

static bool put_urls(struct turn *t)
{
	const struct regs *regs = t->agent->regs;
	bool v1 = t->ask.head.version == 1, match;
	size_t extra = v1 ? 4 : t->agent->authenticates ? 6 + AUTH_BLOCK_BYTES : 6, count_at;
	unsigned count = 0;

	if (!predicate_read(t->ask.filter, span_of(""), &match))
		return refuse(t, CALL_SRV_RPLY, CODE_PARSE);
	out_begin(t->out, &t->ask.head, CALL_SRV_RPLY);
	out_number(t->out, 2, CODE_OK);
	count_at = t->out->buf.n;
	out_number(t->out, 2, 0);
	for (size_t i = 0; i < regs->n; i++) {
		const struct reg *r = &regs->at[i];

		if (!type_matches(t->ask.what, r->type) || !in_scope(t, r) ||
		    !predicate_read(t->ask.filter, r->attributes, &match) || !match)
			continue;
		if (!out_room(t->out, extra + r->url.n))
			break;
		if (!v1)
			out_number(t->out, 1, 0);
		out_number(t->out, 2, r->lifetime);
		out_string(t->out, r->url);
		if (!v1)
			put_auth(t);
		count++;
	}
	return finish(t, count_at, count, count == 0);
}

/* RFC 2608 section 8.1: adverts may be asked for without a scope, even of one agent. */
static bool answer_services(struct turn *t)
{
	struct span what = t->ask.what;
	bool v1 = t->ask.head.version == 1, da, sa, scoped;

	da = slp_same(what, span_of("service:directory-agent")) ||
	     slp_same(what, span_of("directory-agent"));
	sa = !v1 && slp_same(what, span_of("service:service-agent"));
	scoped = lists_meet(t->ask.scopes, t->agent->scopes) ||
		 ((da || sa) && (t->ask.scopes.n == 0 || v1));
	if (da && !t->agent->directory)
		return false;
	if (!scoped)
		return refuse(t, da ? CALL_DA_ADVERT : CALL_SRV_RPLY, CODE_SCOPE);
	return da ? put_da_advert(t) : sa ? put_sa_advert(t) : put_urls(t);
}

static bool of_authority(const struct turn *t, const struct reg *r)
{
	return t->ask.all_authorities || slp_same(type_authority(r->type), t->ask.what);
}

static bool type_is_new(const struct turn *t, size_t at)
{
	const struct reg *r = t->agent->regs->at;

	for (size_t i = 0; i < at; i++)
		if (slp_same(r[i].type, r[at].type) && in_scope(t, &r[i]))
			return false;
	return true;
}

/* Version 1 counts its types; version 2 has one list of them. */
static bool put_types(struct turn *t)
{
	const struct regs *regs = t->agent->regs;
	bool v1 = t->ask.head.version == 1;
	unsigned count = 0;
	size_t count_at;

	count_at = begin_list(t, CALL_TYPE_RPLY);
	for (size_t i = 0; i < regs->n; i++) {
		const struct reg *r = &regs->at[i];

		if (!in_scope(t, r) || !of_authority(t, r) || !type_is_new(t, i))
			continue;
		if (!out_room(t->out, r->type.n + 2))
			break;
		if (v1) {
			out_string(t->out, r->type);
		} else {
			out_bytes(t->out, span_of(count > 0 ? "," : ""));
			out_bytes(t->out, r->type);
		}
		count++;
	}
	return finish(t, count_at, v1 ? count : (unsigned)(t->out->buf.n - count_at - 2),
		      count == 0);
}

static bool is_asked(const struct turn *t, const struct reg *r)
{
	return in_scope(t, r) &&
	       (slp_same(t->ask.what, r->url) || type_matches(t->ask.what, r->type));
}

static bool tag_is_new(const struct turn *t, size_t reg, struct attribute attribute)
{
	for (size_t i = 0; i <= reg; i++) {
		const struct reg *r = &t->agent->regs->at[i];
		struct span list = r->attributes;
		struct attribute a;

		while (is_asked(t, r) && attribute_next(&list, &a))
			if (a.whole.p == attribute.whole.p)
				return true;
			else if (slp_same(a.tag, attribute.tag))
				return false;
	}
	return true;
}

/* With the values of all that were asked for (RFC 2608 section 10.4). */
static bool merge(const struct turn *t, struct attribute first, struct buf *to)
{
	const struct regs *regs = t->agent->regs;
	size_t head = first.tag.n + 2;
	bool ok = buf_add(to, span_of("("), UINT16_MAX) && buf_add(to, first.tag, UINT16_MAX) &&
		  buf_add(to, span_of("="), UINT16_MAX);

	for (size_t i = 0; ok && i < regs->n; i++) {
		struct span list = regs->at[i].attributes, value;
		struct attribute a;

		while (ok && is_asked(t, &regs->at[i]) && attribute_next(&list, &a))
			while (ok && slp_same(a.tag, first.tag) && list_next(&a.values, &value))
				if (!list_has((struct span){ to->p + head, to->n - head }, value))
					ok = (to->n == head ||
					      buf_add(to, span_of(","), UINT16_MAX)) &&
					     buf_add(to, value, UINT16_MAX);
	}
	return ok && buf_add(to, span_of(")"), UINT16_MAX);
}

static bool put_attribute(struct turn *t, struct attribute a, bool first)
{
	struct buf text = { 0 };
	bool ok = a.values.n > 0 ? merge(t, a, &text) : buf_add(&text, a.whole, UINT16_MAX);

	ok = ok && out_room(t->out, text.n + 2);
	if (ok) {
		out_bytes(t->out, span_of(first ? "" : ","));
		out_bytes(t->out, (struct span){ text.p, text.n });
	}
	buf_free(&text);
	return ok;
}

static bool put_attributes(struct turn *t)
{
	const struct regs *regs = t->agent->regs;
	size_t count_at, n;
	bool ok = true;

	count_at = begin_list(t, CALL_ATTR_RPLY);
	for (size_t i = 0; ok && i < regs->n; i++) {
		struct span list = regs->at[i].attributes;
		struct attribute a;

		while (ok && is_asked(t, &regs->at[i]) && attribute_next(&list, &a))
			if (tags_have(t->ask.filter, a.tag) && tag_is_new(t, i, a))
				ok = put_attribute(t, a, t->out->buf.n == count_at + 2);
	}
	n = t->out->buf.n - count_at - 2;
	if (t->ask.head.version == 2)
		put_auth(t);
	return finish(t, count_at, (unsigned)n, n == 0);
}

static bool answer(struct turn *t)
{
	unsigned call = t->ask.head.call, reply = reply_call(call);
	bool scoped = lists_meet(t->ask.scopes, t->agent->scopes);

	if (is_previous(t))
		return false;
	if (t->agent->error != 0)
		return refuse(t, reply, t->agent->error);
	if (t->ask.spi.n > 0)
		return refuse(t, reply, CODE_AUTH_UNKNOWN);
	if (call == CALL_SRV_RQST)
		return answer_services(t);
	if (!scoped)
		return refuse(t, reply, CODE_SCOPE);
	return call == CALL_TYPE_RQST ? put_types(t) : put_attributes(t);
}

bool agent_answer(const struct agent *agent, const struct flow *flow, struct span message,
		  size_t limit, struct slp_out *out)
{
	struct turn t = { .agent = agent, .flow = flow, .out = out };
	struct slp_head *head = &t.ask.head;
	bool whole = head_read(message, head), known = head->version == 1 || head->version == 2;
	unsigned reply = reply_call(head->call);
	enum slp_code code;

	out->limit = head->version == 1 && limit > UINT16_MAX ? UINT16_MAX : limit;
	t.ask.group = flow->group || (head->version == 2 && (head->flags & WIRE_MCAST) != 0);
	if (message.n < (head->version == 1 ? WIRE_V1_HEADER : WIRE_V2_HEADER))
		return false;
	if (!known && (agent->versions & SLP_V2) != 0) {
		head->version = 2;
		return refuse(&t, CALL_SRV_RPLY, CODE_VERSION);
	}
	if (!known || (agent->versions & head->version) == 0 || reply == 0)
		return false;
	if (reply == CALL_SRV_ACK)
		return refuse(&t, reply, CODE_NOT_SUPPORTED);
	code = whole ? read_ask(message, &t.ask) : CODE_PARSE;
	return code == CODE_OK ? answer(&t) : refuse(&t, reply, code);
}

void agent_advertise(const struct agent *agent, const struct flow *flow, struct slp_out *out)
{
	struct turn t = { .agent = agent,
			  .flow = flow,
			  .ask.head = { .version = 2, .language = { "en", 2 } },
			  .out = out };

	put_da_advert(&t);
}
