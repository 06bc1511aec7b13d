/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expansion of reply texts; see sim_reply.h. RFC 3261 section 8.2.6, RFC 3581 section 4. */
#define _GNU_SOURCE
#include "sim_reply.h"

#include <openssl/rand.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#define REPLY_MAX ((size_t)4 << 20)

struct reply {
	const struct flow *flow;
	const struct request *rq;
	struct buf out;
	struct part part;
};

static void put(struct reply *r, struct span s)
{
	(void)buf_add(&r->out, s, REPLY_MAX);
}

__attribute__((format(printf, 2, 3))) static void putf(struct reply *r, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put(r, span_of(text));
}

static void send_part(struct reply *r)
{
	r->part.bytes = (struct span){ r->out.p, r->out.n };
	flow_send(r->flow, &r->part);
	r->out.n = 0;
}

/* The host of sent-by against the source address: RFC 3261 section 18.2.1. */
static bool sentby_differs(const struct request *rq, const char *source)
{
	struct span host = rq->via_sentby;

	if (host.n > 0 && host.p[0] == '[') {
		host = span_skip(host, 1);
		host = span_cut(&host, ']');
	} else {
		host = span_cut(&host, ':');
	}
	return !span_is(span_trim(host), source);
}

static void put_via(struct reply *r, unsigned long arg)
{
	const struct request *rq = r->rq;
	struct span params = rq->via_params;
	char source[ADDR_TEXT_BYTES];

	(void)arg;
	addr_host(&r->flow->peer, source);
	put(r, rq->via_protocol);
	putf(r, " ");
	put(r, rq->via_sentby);
	while (params.n > 0) {
		struct span param = span_trim(span_cut(&params, ';')), value = param;
		struct span name = span_trim(span_cut(&value, '='));

		if (span_is(name, "received"))
			continue;
		putf(r, ";");
		put(r, param);
		if (span_is(param, "rport"))
			putf(r, "=%u", (unsigned)addr_port(&r->flow->peer));
	}
	if (rq->rport || sentby_differs(rq, source))
		putf(r, ";received=%s", source);
}

static void put_vias(struct reply *r, unsigned long arg)
{
	putf(r, "Via: ");
	put_via(r, arg);
	if (r->rq->via_rest.n > 0) {
		putf(r, ",");
		put(r, r->rq->via_rest);
	}
	putf(r, CRLF);
	for (size_t i = 1; i < r->rq->vias; i++) {
		putf(r, "Via: ");
		put(r, r->rq->via[i]);
		putf(r, CRLF);
	}
}

/* The tag is the same for every answer in a dialog: RFC 3261 section 8.2.6.2. */
static void put_to(struct reply *r, unsigned long arg)
{
	struct span to = r->rq->to, id = r->rq->callid, params;
	uint32_t hash = 2166136261u;

	(void)arg;
	put(r, to);
	params = span_skip(to, span_search(to, span_of(">")));
	if (params.n == 0)
		params = to;
	if (span_search(params, span_of(";tag=")) < params.n)
		return;
	for (size_t i = 0; i < id.n; i++)
		hash = (hash ^ (unsigned char)id.p[i]) * 16777619u;
	putf(r, ";tag=sim%08x", (unsigned)hash);
}

static void put_cseq(struct reply *r, unsigned long arg)
{
	putf(r, "%lu", r->rq->cseq_number + arg);
}

static void put_arg(struct reply *r, unsigned long arg)
{
	(void)arg;
	putf(r, "%03lu", r->rq->arg);
}

static void put_local(struct reply *r, unsigned long arg)
{
	char text[ADDR_TEXT_BYTES];

	(void)arg;
	putf(r, "%s", addr_text(&r->flow->local, text));
}

static void put_peer(struct reply *r, unsigned long arg)
{
	char text[ADDR_TEXT_BYTES];

	(void)arg;
	putf(r, "%s", addr_text(&r->flow->peer, text));
}

static void put_date(struct reply *r, unsigned long ago_s)
{
	time_t t = time(NULL) - (time_t)ago_s;
	struct tm tm;
	char text[64];

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	putf(r, "%s", text);
}

void reply_nonce(char *nonce)
{
	unsigned char bytes[(NONCE_BYTES - 1) / 2] = { 0 };

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		memset(bytes, 0, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
}

static void put_nonce(struct reply *r, unsigned long arg)
{
	char nonce[NONCE_BYTES];

	(void)arg;
	reply_nonce(nonce);
	putf(r, "%s", nonce);
}

static void put_random(struct reply *r, unsigned long bytes)
{
	uint32_t state = 1;

	for (unsigned long i = 0; i < bytes; i++) {
		state = state * 1664525u + 1013904223u;
		char c = (char)(state >> 24);
		put(r, (struct span){ &c, 1 });
	}
}

static void do_next(struct reply *r, unsigned long arg)
{
	(void)arg;
	send_part(r);
}

static void do_wait(struct reply *r, unsigned long ms)
{
	if (r->out.n > 0)
		send_part(r);
	r->part.after_ms += (unsigned)ms;
}

static void do_other(struct reply *r, unsigned long arg)
{
	(void)arg;
	r->part.other = true;
}

static void do_pace(struct reply *r, unsigned long ms)
{
	r->part.pace_ms = (unsigned)ms;
}

static void do_close(struct reply *r, unsigned long arg)
{
	(void)arg;
	r->part.close = true;
	send_part(r);
}

static const struct {
	const char *name;
	size_t offset; /* of a span in struct request */
} fields[] = {
	{ "protocol", offsetof(struct request, via_protocol) },
	{ "sentby", offsetof(struct request, via_sentby) },
	{ "branch", offsetof(struct request, branch) },
	{ "from", offsetof(struct request, from) },
	{ "toraw", offsetof(struct request, to) },
	{ "callid", offsetof(struct request, callid) },
	{ "method", offsetof(struct request, cseq_method) },
	{ "request", offsetof(struct request, raw) },
};

static const struct {
	const char *name;
	void (*run)(struct reply *r, unsigned long arg);
} words[] = {
	{ "via", put_via },	  { "vias", put_vias }, { "to", put_to },
	{ "cseq", put_cseq },	  { "#", put_arg },	{ "local", put_local },
	{ "peer", put_peer },	  { "date", put_date }, { "nonce", put_nonce },
	{ "random", put_random }, { "next", do_next },	{ "wait", do_wait },
	{ "other", do_other },	  { "pace", do_pace },	{ "close", do_close },
};

static void run_word(struct reply *r, struct span name, unsigned long arg)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (span_is(name, fields[i].name)) {
			const char *base = (const char *)r->rq;
			struct span value;

			memcpy(&value, base + fields[i].offset, sizeof(value));
			put(r, value);
		}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span_is(name, words[i].name))
			words[i].run(r, arg);
}

/* Takes a block and its {/} off `text`; blocks may hold blocks. */
static struct span cut_block(struct span *text)
{
	struct span at = *text;

	for (unsigned depth = 1;;) {
		(void)span_cut(&at, '{');
		if (span_starts(at, "repeat "))
			depth++;
		else if (at.n == 0 || (span_starts(at, "/}") && --depth == 0))
			break;
	}
	struct span block = { text->p, text->n - at.n - (at.n > 0 ? 1 : 0) };
	*text = span_skip(at, 2);
	return block;
}

static void expand(struct reply *r, struct span text)
{
	for (;;) {
		put(r, span_cut(&text, '{'));
		if (text.n == 0)
			return;
		struct span argument = span_cut(&text, '}'), name = span_cut(&argument, ' ');
		unsigned long n = 0;

		if (span_is(argument, "#"))
			n = r->rq->arg;
		else
			(void)span_number(argument, 10000000, &n);
		if (!span_is(name, "repeat")) {
			run_word(r, name, n);
			continue;
		}
		for (struct span block = cut_block(&text); n > 0; n--)
			expand(r, block);
	}
}

void reply_send(const struct flow *flow, const struct request *rq, struct span text)
{
	struct reply r = { .flow = flow, .rq = rq };

	expand(&r, text);
	if (r.out.n > 0)
		send_part(&r);
	buf_free(&r.out);
}
