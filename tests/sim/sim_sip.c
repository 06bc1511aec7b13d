/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests read strictly, well-behaved answers, dispatch; see sim_sip.h. RFC 3261. */
#define _GNU_SOURCE
#include "sim_sip.h"
#include "sim_auth.h"
#include "sim_hostile.h"
#include "sim_reply.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_MAX 65536
#define BODY_MAX (1ul << 20)
#define LOSSES 16384 /* counters; a collision starts the older one anew */

struct loss {
	uint64_t key; /* of Call-ID and CSeq */
	unsigned long copies;
};

struct sip {
	FILE *trace;
	struct auth *auth;
	struct loss loss[LOSSES];
};

static bool loss_gate(struct sip *sip, const struct flow *flow, const struct request *rq,
		      const struct behaviour *b)
{
	struct span texts[] = { rq->callid, rq->cseq };
	uint64_t key = 14695981039346656037u;

	(void)flow;
	(void)b;
	for (size_t t = 0; t < 2; t++)
		for (size_t i = 0; i < texts[t].n; i++)
			key = (key ^ (unsigned char)texts[t].p[i]) * 1099511628211u;
	struct loss *loss = &sip->loss[key % LOSSES];

	if (loss->key != key)
		*loss = (struct loss){ .key = key };
	return ++loss->copies > rq->arg;
}

static bool strict_gate(struct sip *sip, const struct flow *flow, const struct request *rq,
			const struct behaviour *b)
{
	static const char refusal[] = "SIP/2.0 405 Method Not Allowed\r\n" IDS SERVER ALLOW END;
	struct span rest = span_of(ALLOW);

	(void)sip;
	(void)b;
	(void)span_cut(&rest, ' ');
	while (rest.n > 0)
		if (span_same(span_trim(span_cut(&rest, ',')), rq->method))
			return true;
	reply_send(flow, rq, span_of(refusal));
	return false;
}

#define MD5 "MD5"
#define SHA256 "SHA-256"
#define SHA512 "SHA-512-256"

static const struct auth_scheme md5 = { .algorithms = { MD5 } };
static const struct auth_scheme sha256 = { .algorithms = { SHA256 } };
static const struct auth_scheme sha512 = { .algorithms = { SHA512 } };
static const struct auth_scheme many = { .algorithms = { MD5, SHA256, SHA512 } };
static const struct auth_scheme proxy = { .algorithms = { MD5 }, .proxy = true };
static const struct auth_scheme stale = { .algorithms = { MD5 }, .stale = true };
static const struct auth_scheme plain = { .algorithms = { MD5 }, .plain = true };

#define TEXT(t) .text = SPAN_INIT(t)
#define AUTH(s) .gate = auth_gate, .scheme = &(s), TEXT(OK_PLAIN)
#define STATUS(line, headers) TEXT("SIP/2.0 " line CRLF IDS SERVER headers END)
#define SDP                                                                                        \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                \
	"m=audio 40000 RTP/AVP 0 8\r\n"
#define TYPED_BODY(length, body)                                                                   \
	TEXT(OK IDS SERVER CAPS "Content-Type: application/sdp" CRLF                               \
				"Content-Length: " length CRLF CRLF body)
#define OWN_OPTIONS                                                                                \
	"OPTIONS sip:client@{peer} SIP/2.0" CRLF                                                   \
	"Via: {protocol} {local};branch=z9hG4bK{nonce};rport" CRLF "Max-Forwards: 70" CRLF         \
	"From: <sip:voip_sim@{local}>;tag={nonce}" CRLF "To: <sip:client@{peer}>" CRLF             \
	"Call-ID: {nonce}" CRLF "CSeq: 1 OPTIONS" CRLF END

static const struct behaviour rows[] = {
	{ "none", OVER_ALL, "200; also without a user part", TEXT(OK_PLAIN) },
	{ "ping", OVER_ALL, "200", TEXT(OK_PLAIN) },
	{ "ok", OVER_ALL, "200", TEXT(OK_PLAIN) },
	{ "code", OVER_ALL, "the status of the number, 100 to 699", STATUS("{#} Test Reply", ""),
	  .min = 100, .max = 699, .sample = 404 },
	{ "drop", OVER_ALL, "silence", TEXT("") },
	{ "loss", OVER_UDP, "the first N copies are lost, then 200", TEXT(OK_PLAIN), .max = 99,
	  .sample = 1, .gate = loss_gate },
	{ "slow", OVER_ALL, "200 after N ms", TEXT("{wait #}" OK_PLAIN), .max = 600000,
	  .sample = 300 },
	{ "trying", OVER_ALL, "100, and 200 after 700 ms",
	  TEXT("SIP/2.0 100 Trying\r\n" IDS END "{next}{wait 700}" OK_PLAIN) },
	{ "only100", OVER_ALL, "100 and no final answer", TEXT("SIP/2.0 100 Trying\r\n" IDS END) },
	{ "auth", OVER_ALL, "401 digest MD5", AUTH(md5) },
	{ "proxyauth", OVER_ALL, "407 digest MD5", AUTH(proxy) },
	{ "authsha256", OVER_ALL, "401 digest SHA-256", AUTH(sha256) },
	{ "authsha512", OVER_ALL, "401 digest SHA-512-256", AUTH(sha512) },
	{ "authmany", OVER_ALL, "401 with three algorithms; 403 unless the last is used",
	  AUTH(many) },
	{ "authstale", OVER_ALL, "the first good answer gets stale=true", AUTH(stale) },
	{ "authnoqop", OVER_ALL, "401 digest as in RFC 2069", AUTH(plain) },
	{ "authnone", OVER_ALL, "401 without a challenge", STATUS("401 Unauthorized", "") },
	{ "authunknown", OVER_ALL, "401 with algorithm FOO-1",
	  STATUS("401 Unauthorized", "WWW-Authenticate: Digest realm=\"test\", nonce=\"{nonce}\", "
				     "algorithm=FOO-1, qop=\"auth\"" CRLF) },
	{ "retryafter", OVER_ALL, "503 with Retry-After",
	  STATUS("503 Service Unavailable", "Retry-After: 17 (test)" CRLF) },
	{ "unavailable", OVER_ALL, "503", STATUS("503 Service Unavailable", "") },
	{ "redirect", OVER_ALL, "302 with Contact",
	  STATUS("302 Moved Temporarily", "Contact: <sip:ok@{local}>" CRLF) },
	{ "strict", OVER_ALL, "405 for a method not in Allow", TEXT(OK_PLAIN),
	  .gate = strict_gate },
	{ "sdp", OVER_ALL, "200 with an SDP body", TYPED_BODY("90", SDP) },
	{ "dup", OVER_ALL, "200 twice", TEXT(OK_PLAIN "{next}" OK_PLAIN) },
	{ "badserver", OVER_ALL, "200, Server and X-Test with | ; ' ESC ] BEL",
	  TEXT(OK_WITH("Server: bad|rta=1;2;3 'x' \033]0;title\007" CRLF
		       "X-Test: a|b=c;d'e\033[31m" CRLF)) },
	{ "warning", OVER_ALL, "200 with Warning 399",
	  TEXT(OK_WITH(SERVER "Warning: 399 voip_sim \"disk nearly full\"" CRLF)) },
	{ "nat", OVER_ALL, "200 whose Via tells of a NAT",
	  TEXT(OK
	       "Via: {protocol} {sentby};branch={branch};received=203.0.113.5;rport=61044" CRLF FROM
		       TO CALLID CSEQ SERVER CAPS END) },
	{ "natrewrite", OVER_ALL, "200 whose Via has another sent-by: a middlebox",
	  TEXT(OK "Via: {protocol} 203.0.113.5:61044;branch={branch}" CRLF FROM TO CALLID CSEQ
		       SERVER CAPS END) },
	{ "datepast", OVER_ALL, "200, Date 90 s ago",
	  TEXT(OK_WITH(SERVER "Date: {date 90}" CRLF)) },
	{ "dateok", OVER_ALL, "200, Date right", TEXT(OK_WITH(SERVER "Date: {date 0}" CRLF)) },
	{ "bigreply", OVER_ALL, "200 with a body of 4,000 bytes",
	  TYPED_BODY("4000", "{repeat 500}a=fill\r\n{/}") },
	{ "reqback", OVER_ALL, "an OPTIONS to the client, then 200",
	  TEXT(OWN_OPTIONS "{next}" OK_PLAIN) },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct {
	const char *name, *compact;
	size_t offset;
} headers[] = {
	{ "From", "f", offsetof(struct request, from) },
	{ "To", "t", offsetof(struct request, to) },
	{ "Call-ID", "i", offsetof(struct request, callid) },
	{ "CSeq", "", offsetof(struct request, cseq) },
	{ "Max-Forwards", "", offsetof(struct request, max_forwards) },
	{ "Content-Length", "l", offsetof(struct request, content_length) },
	{ "Authorization", "", offsetof(struct request, authorization) },
	{ "Proxy-Authorization", "", offsetof(struct request, proxy_authorization) },
};

struct sip *sip_new(FILE *trace)
{
	struct sip *sip = calloc(1, sizeof(*sip));

	if (sip == NULL)
		return NULL;
	sip->trace = trace;
	sip->auth = auth_new();
	if (sip->auth == NULL) {
		free(sip);
		return NULL;
	}
	return sip;
}

void sip_free(struct sip *sip)
{
	auth_free(sip->auth);
	free(sip);
}

struct auth *sip_auth(struct sip *sip)
{
	return sip->auth;
}

void sip_trace(struct sip *sip, const char *label, struct span text)
{
	if (sip->trace == NULL)
		return;
	fputs(label, sip->trace);
	for (size_t i = 0; i < text.n && i < 200; i++)
		fputc(text.p[i] >= ' ' && text.p[i] <= '~' ? text.p[i] : '?', sip->trace);
	fputc('\n', sip->trace);
}

static void list_row(FILE *out, const struct behaviour *b)
{
	fputs(b->name, out);
	if (b->max > 0)
		fprintf(out, "%lu", b->sample);
	fprintf(out, "\t%s%s%s\t%s\n", (b->transports & OVER_UDP) != 0 ? "udp" : "",
		b->transports == OVER_ALL ? "," : "",
		(b->transports & OVER_STREAM) != 0 ? "tcp" : "", b->about);
}

void sip_list(FILE *out)
{
	for (size_t i = 0; i < ROWS; i++)
		list_row(out, &rows[i]);
	for (size_t i = 0; i < hostile_rows_n; i++)
		list_row(out, &hostile_rows[i]);
}

static void read_header(struct request *rq, struct span name, struct span value)
{
	if ((span_is(name, "Via") || span_is(name, "v")) && rq->vias < VIAS_MAX)
		rq->via[rq->vias++] = value;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (span_is(name, headers[i].name) ||
		    (name.n > 0 && span_is(name, headers[i].compact)))
			memcpy((char *)rq + headers[i].offset, &value, sizeof(value));
}

static void read_top_via(struct request *rq)
{
	struct span rest = rq->via[0], params;
	struct span top = span_trim(span_cut(&rest, ','));
	size_t n = 0;

	rq->via_rest = rest;
	while (n < top.n && top.p[n] != ' ' && top.p[n] != '\t')
		n++;
	rq->via_protocol = (struct span){ top.p, n };
	params = span_trim(span_skip(top, n));
	rq->via_sentby = span_trim(span_cut(&params, ';'));
	rq->via_params = params;
	while (params.n > 0) {
		struct span value = span_trim(span_cut(&params, ';'));
		struct span name = span_trim(span_cut(&value, '='));

		if (span_is(name, "branch"))
			rq->branch = span_trim(value);
		else if (span_is(name, "rport"))
			rq->rport = true;
	}
}

/* RFC 3261 section 19.1.1: the text before '@', without a password or user parameters. */
static struct span uri_user(struct span uri)
{
	struct span user;

	(void)span_cut(&uri, ':');
	user = span_cut(&uri, '@');
	if (uri.n == 0)
		return (struct span){ "none", 4 };
	user = span_cut(&user, ';');
	return span_cut(&user, ':');
}

/* False: not a request. Missing or odd headers are left to request_flaw. */
static bool request_read(struct request *rq, struct span bytes)
{
	struct span rest = bytes;
	struct span line = span_trim(span_cut(&rest, '\n'));

	*rq = (struct request){ .raw = bytes };
	rq->method = span_cut(&line, ' ');
	rq->uri = span_cut(&line, ' ');
	rq->user = uri_user(rq->uri);
	while (rest.n > 0) {
		struct span value = span_cut(&rest, '\n');

		if (span_trim(value).n == 0)
			break;
		while (rest.n > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t')) {
			struct span more = span_cut(&rest, '\n');

			value.n = (size_t)(more.p + more.n - value.p);
		}
		struct span name = span_trim(span_cut(&value, ':'));

		read_header(rq, name, span_trim(value));
	}
	if (rq->vias > 0)
		read_top_via(rq);
	struct span cseq = rq->cseq;

	if (!span_number(span_cut(&cseq, ' '), INT32_MAX, &rq->cseq_number))
		rq->cseq = (struct span){ 0 };
	rq->cseq_method = span_trim(cseq);
	return rq->method.n > 0 && span_is(line, "SIP/2.0");
}

/* What RFC 3261 section 8.1.1 asks of every request; NULL: all there. */
static const char *request_flaw(const struct request *rq, const struct flow *flow)
{
	unsigned long number;

	if (!span_starts(rq->via_protocol, "SIP/2.0/") ||
	    !span_is(span_skip(rq->via_protocol, 8), flow->transport))
		return "Bad Via Transport";
	if (!span_starts(rq->branch, "z9hG4bK"))
		return "Bad Via Branch";
	if (span_search(rq->from, span_of(";tag=")) == rq->from.n)
		return "No From Tag";
	if (rq->to.n == 0)
		return "No To";
	if (rq->callid.n == 0)
		return "No Call-ID";
	if (rq->cseq.n == 0 || !span_same(rq->cseq_method, rq->method))
		return "Bad CSeq";
	if (!span_number(rq->max_forwards, 255, &number))
		return "Bad Max-Forwards";
	if (rq->content_length.n > 0 && !span_number(rq->content_length, BODY_MAX, &number))
		return "Bad Content-Length";
	if (rq->content_length.n == 0 && flow->udp < 0)
		return "No Content-Length";
	return NULL;
}

static const struct behaviour *match_row(const struct behaviour *table, size_t n,
					 struct request *rq)
{
	for (size_t i = 0; i < n; i++) {
		const struct behaviour *b = &table[i];
		struct span name = span_of(b->name);
		struct span head = { rq->user.p, name.n }, tail = span_skip(rq->user, name.n);

		if (rq->user.n < name.n || !span_same(head, name))
			continue;
		if (b->max == 0 ? tail.n == 0
				: span_number(tail, b->max, &rq->arg) && rq->arg >= b->min)
			return b;
	}
	return NULL;
}

/* Without rport a datagram goes to the port of sent-by: RFC 3261 section 18.2.2. */
static struct flow route(const struct flow *flow, const struct request *rq)
{
	struct flow to = *flow;
	struct span host = rq->via_sentby, port;
	unsigned long number = 5060;

	if (flow->udp < 0 || rq->rport)
		return to;
	if (host.n > 0 && host.p[0] == '[')
		(void)span_cut(&host, ']');
	(void)span_cut(&host, ':');
	port = span_trim(host);
	if (port.n == 0 || span_number(port, UINT16_MAX, &number))
		addr_set_port(&to.peer, (uint16_t)number);
	return to;
}

static void answer(struct sip *sip, const struct flow *flow, struct request *rq)
{
	static const char unknown[] = "SIP/2.0 404 Not Found\r\n" IDS SERVER CAPS END;
	const char *flaw = request_flaw(rq, flow);
	const struct behaviour *b = match_row(rows, ROWS, rq);

	if (flaw != NULL) {
		char text[256];

		snprintf(text, sizeof(text), "SIP/2.0 400 %s\r\n" IDS SERVER END, flaw);
		reply_send(flow, rq, span_of(text));
		return;
	}
	if (b == NULL)
		b = match_row(hostile_rows, hostile_rows_n, rq);
	if (b == NULL)
		reply_send(flow, rq, span_of(unknown));
	else if (b->gate == NULL || b->gate(sip, flow, rq, b))
		reply_send(flow, rq, b->text);
}

static void trace_first_line(struct sip *sip, struct span bytes)
{
	sip_trace(sip, "", span_trim(span_cut(&bytes, '\n')));
}

/* An ACK has no answer (RFC 3261 section 17), and without a Via there is no way for one. */
static void on_request(struct sip *sip, const struct flow *flow, struct request *rq)
{
	trace_first_line(sip, rq->raw);
	if (rq->vias == 0 || span_is(rq->method, "ACK"))
		return;
	struct flow to = route(flow, rq);

	answer(sip, &to, rq);
}

void sip_on_datagram(struct sip *sip, const struct flow *flow, struct span bytes)
{
	struct request rq;

	if (request_read(&rq, bytes))
		on_request(sip, flow, &rq);
	else
		trace_first_line(sip, bytes);
}

size_t sip_on_stream(struct sip *sip, const struct flow *flow, struct span bytes)
{
	struct span rest = bytes;

	for (;;) {
		struct request rq;
		unsigned long body = 0;

		while (rest.n > 0 && (rest.p[0] == '\r' || rest.p[0] == '\n'))
			rest = span_skip(rest, 1);
		size_t head = span_search(rest, span_of(CRLF CRLF));
		if (head == rest.n)
			return head > HEADER_MAX ? SIP_STREAM_BROKEN : bytes.n - rest.n;
		struct span message = { rest.p, head + 4 };
		bool request = request_read(&rq, message);

		if (!request && !span_starts(message, "SIP/2.0 "))
			return SIP_STREAM_BROKEN;
		if (rq.content_length.n > 0 && !span_number(rq.content_length, BODY_MAX, &body))
			return SIP_STREAM_BROKEN;
		if (rest.n < message.n + body)
			return bytes.n - rest.n;
		if (request)
			on_request(sip, flow, &rq);
		else
			trace_first_line(sip, message);
		rest = span_skip(rest, message.n + body);
	}
}
