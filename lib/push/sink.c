/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of sinks, and what they share: replies, and texts in URLs and for Nagios. */
#include "push/sink_private.h"

#include "base/escape.h"

const struct sink *const sinks[] = {
	&sink_icinga2,	   &sink_nrdp,	   &sink_nagios_spool, &sink_nagios_pipe,
	&sink_pushgateway, &sink_textfile, &sink_influxdb,     NULL,
};

const struct sink *sink_find(struct view name)
{
	size_t i = 0;

	while (sinks[i] != NULL && !view_eq(name, view_of(sinks[i]->name)))
		i++;
	return sinks[i];
}

void push_request_reset(struct push_request *request)
{
	struct push_request empty = {
		.path = request->path,
		.body = request->body,
		.authorization = request->authorization,
	};

	mem_wipe(empty.body.p, empty.body.n);
	mem_wipe(empty.authorization.p, empty.authorization.n);
	grow_reset(&empty.path);
	grow_reset(&empty.body);
	grow_reset(&empty.authorization);
	*request = empty;
}

void push_request_free(struct push_request *request)
{
	push_request_reset(request);
	grow_free(&request->path);
	grow_free(&request->body);
	grow_free(&request->authorization);
}

void sink_say(struct wr *words, struct view text)
{
	size_t room = words->cap - words->n;
	struct view rest = view_trim(text);
	struct view line = view_trim(view_take_until(&rest, '\n'));

	if (room >= sizeof("..."))
		wr_clause(words, line, room);
}

static void say_status(struct wr *words, long status, struct view text)
{
	wr_fmt(words, "HTTP %ld", status);
	if (view_trim(text).n == 0)
		return;
	wr_str(words, ": ");
	sink_say(words, text);
}

/* Icinga says {"error":404,"status":"..."} or {"results":[{"code":403,"status":"..."}]}, InfluxDB
 * {"error":"..."} or {"code":"...","message":"..."}. */
static struct view text_of_error(const json_t *root)
{
	static const char *const keys[] = { "status", "error", "message" };
	const json_t *objects[] = { json_array_get(json_object_get(root, "results"), 0), root };

	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
			struct view text = sink_text(objects[i], keys[k]);
			if (text.n > 0)
				return text;
		}
	}
	return (struct view){ NULL, 0 };
}

enum push_verdict push_judge(const struct sink *sink, const struct push_reply *reply,
			     struct wr *words)
{
	long status = reply->status;

	if (status == 0) {
		sink_say(words, view_trim(reply->why).n > 0 ? reply->why : VIEW("no answer"));
		return PUSH_LATER;
	}
	if (status >= 200 && status <= 299) {
		enum push_verdict verdict = sink->judge(reply, words);
		if (verdict != PUSH_SENT && words->n == 0)
			say_status(words, status, reply->body);
		return verdict;
	}
	if (status >= 300 && status <= 399) {
		say_status(words, status, VIEW("redirections are not followed"));
		return PUSH_LATER;
	}
	json_t *root = json_loadb(reply->body.p, reply->body.n, 0, NULL);
	struct view text = text_of_error(root);
	say_status(words, status, text.n > 0 ? text : reply->body);
	json_decref(root);
	bool busy = status == 408 || status == 425 || status == 429;
	if (status == 401 || status == 403 || status == 404)
		return PUSH_DENIED;
	return status >= 400 && status <= 499 && !busy ? PUSH_REFUSED : PUSH_LATER;
}

struct view sink_text(const json_t *object, const char *key)
{
	const json_t *text = json_object_get(object, key);

	return (struct view){ json_string_value(text), json_string_length(text) };
}

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void push_put_url(struct view text, struct grow *out)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		char code[] = { '%', digits[(c >> 4) & 15], digits[c & 15] };
		grow_put(out, is_unreserved(c) ? (struct view){ &c, 1 }
					       : (struct view){ code, sizeof(code) });
	}
}

unsigned push_code(const struct check_result *result)
{
	bool up = result->state == STATE_OK || result->state == STATE_WARNING;

	if (result->service.n > 0)
		return (unsigned)result->state;
	return up ? 0 : 1;
}

static void put_nagios_text(struct view text, struct grow *out)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\n')
			grow_str(out, "\\n");
		else if (text.p[i] == '\\')
			grow_str(out, "\\\\");
		else
			grow_byte(out, text.p[i] == '|' ? '/' : text.p[i]);
	}
}

void push_put_nagios(const struct check_result *result, struct grow *out)
{
	struct view more = result->output;

	put_nagios_text(view_take_until(&more, '\n'), out);
	if (result->perfdata.n > 0) {
		grow_byte(out, '|');
		put_nagios_text(result->perfdata, out);
	}
	if (more.n > 0) {
		grow_str(out, "\\n");
		put_nagios_text(more, out);
	}
}
