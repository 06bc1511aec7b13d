/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was asked, and what the receivers of results say; see http_sim_api.h. */
#define _GNU_SOURCE
#include "http_sim_api.h"

#include <openssl/evp.h>
#include <string.h>

enum { HEAD_MAX = 65536, BODY_MAX = 64 << 20, REPLY_MAX = 4096 };

static const char json[] = "application/json", text[] = "text/plain; charset=utf-8";

static void read_field(struct request *r, struct span line)
{
	const struct {
		const char *name;
		struct span *to;
	} fields[] = {
		{ "host", &r->host },
		{ "authorization", &r->authorization },
		{ "content-type", &r->content_type },
		{ "accept", &r->accept },
		{ "expect", &r->expect },
	};
	struct span name = span_cut(&line, ':');

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (span_is(name, fields[i].name))
			*fields[i].to = span_trim(line);
}

enum take request_take(struct span in, struct request *out)
{
	size_t end = span_search(in, span_of("\r\n\r\n"));
	unsigned long length = 0;

	*out = (struct request){ .bytes = 0 };
	if (in.n > 0 && (in.p[0] < 'A' || in.p[0] > 'Z')) /* a TLS handshake, for example */
		return TAKE_BAD;
	if (end == in.n)
		return in.n > HEAD_MAX ? TAKE_BAD : TAKE_MORE;
	out->head = (struct span){ in.p, end };
	struct span rest = out->head, line = span_trim(span_cut(&rest, '\n'));

	out->method = span_cut(&line, ' ');
	out->path = span_cut(&line, ' ');
	out->version = line;
	while (rest.n > 0) {
		struct span field = span_trim(span_cut(&rest, '\n')), value = field;

		if (span_is(span_cut(&value, ':'), "content-length") &&
		    !span_number(span_trim(value), BODY_MAX, &length))
			return TAKE_BAD;
		read_field(out, field);
	}
	if (!span_starts(out->version, "HTTP/1."))
		return TAKE_BAD;
	out->body = span_skip(in, end + 4);
	if (out->body.n < length)
		return TAKE_MORE;
	out->body.n = length;
	out->bytes = end + 4 + length;
	return TAKE_WHOLE;
}

static bool holds(struct span s, const char *what)
{
	return span_search(s, span_of(what)) < s.n;
}

static void say(struct verdict *v, unsigned long status, const char *type, const char *body)
{
	v->status = status;
	v->type = type;
	buf_add(&v->body, span_of(body), REPLY_MAX);
}

/* Measured against version 2.13.6. */
static void judge_icinga(const struct request *r, struct verdict *v)
{
	if (!span_is(r->accept, json))
		say(v, 400, "text/html",
		    "<h1>Accept header is missing or not set to 'application/json'.</h1>");
	else if (!span_is(r->method, "POST"))
		say(v, 404, json,
		    "{\"error\":404,\"status\":\"The requested path could not be found or the "
		    "request method is not valid for this path.\"}");
	else if (holds(r->body, "unknown"))
		say(v, 404, json, "{\"error\":404,\"status\":\"No objects found.\"}");
	else if (!holds(r->body, "\"exit_status\"") || !holds(r->body, "\"plugin_output\""))
		say(v, 400, json,
		    "{\"results\":[{\"code\":400,\"status\":\"Parameter 'exit_status' or "
		    "'plugin_output' is required.\"}]}");
	else
		say(v, 200, json,
		    "{\"results\":[{\"code\":200,\"status\":\"Successfully processed check result "
		    "for object 'sim'.\"}]}");
}

static bool holds_token(struct span body, const char *token)
{
	while (body.n > 0) {
		struct span value = span_cut(&body, '&');

		if (span_is(span_cut(&value, '='), "token") && span_same(value, span_of(token)))
			return true;
	}
	return false;
}

/* It is always 200. Hosts and services are not looked up. */
static void judge_nrdp(const struct request *r, const char *token, struct verdict *v)
{
	const char *body = "{\"result\":{\"status\":0,\"message\":\"OK\",\"meta\":{\"output\":\"1 "
			   "checks processed.\"}}}";

	if (token[0] != '\0' && !holds_token(r->body, token))
		body = "{\"result\":{\"status\":-1,\"message\":\"BAD TOKEN\"}}";
	else if (!holds(r->body, "cmd=submitcheck"))
		body = "{\"result\":{\"status\":-1,\"message\":\"NO COMMAND\"}}";
	else if (!holds(r->body, "checkresults") || holds(r->body, "unknown"))
		body = "{\"result\":{\"status\":-1,\"message\":\"BAD JSON\"}}";
	say(v, 200, json, body);
}

static void judge_pushgateway(const struct request *r, struct verdict *v)
{
	bool ended = r->body.n == 0 || r->body.p[r->body.n - 1] == '\n';

	if (!span_is(r->method, "PUT") && !span_is(r->method, "POST"))
		say(v, 405, text, "Method Not Allowed\n");
	else if (!ended)
		say(v, 400, text,
		    "text format parsing error in line 1: unexpected end of input stream\n");
	else if (holds(r->path, "unknown") || /* HELP lines name the state of that name */
		 (holds(r->body, "unknown") && !holds(r->body, "# HELP")))
		say(v, 400, text, "pushed metrics are invalid or inconsistent\n");
	else
		say(v, 200, text, "");
}

static void judge_influxdb(const struct request *r, struct verdict *v)
{
	if (!holds(r->path, "db="))
		say(v, 400, json, "{\"error\":\"database is required\"}\n");
	else if (holds(r->path, "db=unknown"))
		say(v, 404, json, "{\"error\":\"database not found: \\\"unknown\\\"\"}\n");
	else if (holds(r->body, "unknown"))
		say(v, 400, json,
		    "{\"error\":\"partial write: field type conflict: input field \\\"value\\\" "
		    "dropped=1\"}\n");
	else
		say(v, 204, json, "");
}

void api_judge(const struct request *r, const char *token, struct verdict *v)
{
	if (holds(r->path, "/v1/actions/process-check-result"))
		judge_icinga(r, v);
	else if (holds(r->path, "/nrdp"))
		judge_nrdp(r, token, v);
	else if (holds(r->path, "/metrics/job"))
		judge_pushgateway(r, v);
	else if (holds(r->path, "/write"))
		judge_influxdb(r, v);
	else
		say(v, 404, text, "404 page not found\n");
}

bool api_admits(const struct request *r, const char *basic)
{
	char coded[256] = "Basic ";
	size_t n = strlen(basic);

	if (n > 100) /* no room for it coded */
		return false;
	EVP_EncodeBlock((unsigned char *)coded + strlen(coded), (const unsigned char *)basic,
			(int)n);
	return n == 0 || span_same(r->authorization, span_of(coded));
}
