/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NRDP, command submitcheck with JSON in a form.  The HTTP status is always 200; what came of the
 * results is result.status, 0 or -1 with a message.  Times of results are not sent: NRDP would write
 * such a result beside Nagios, into a database that it seldom has.
 */
#include "push/json_text.h"
#include "push/sink_private.h"

static void put_json(const struct check_result *result, struct grow *out)
{
	bool of_service = result->service.n > 0;
	struct grow text = { .p = NULL };

	push_put_nagios(result, &text);
	grow_str(out, "{\"checkresult\":{\"type\":\"");
	grow_str(out, of_service ? "service" : "host");
	grow_str(out, "\",\"checktype\":\"1\"},\"hostname\":");
	grow_json(out, result->host);
	if (of_service) {
		grow_str(out, ",\"servicename\":");
		grow_json(out, result->service);
	}
	grow_str(out, ",\"state\":\"");
	grow_u64(out, push_code(result));
	grow_str(out, "\",\"output\":");
	grow_json(out, grow_view(&text));
	grow_str(out, "}");
	grow_free(&text);
}

static void put_result(const struct check_result *result, struct grow *out)
{
	struct grow json = { .p = NULL };

	put_json(result, &json);
	push_put_url(grow_view(&json), out);
	grow_free(&json);
}

/* The token comes last: what grows before it leaves no copies of it in memory. */
static void put_token(const struct push_profile *profile, struct push_request *out)
{
	if (!profile->is_token)
		return;
	grow_str(&out->body, "&token=");
	out->secret_at = out->body.n;
	push_put_url(view_of(profile->secret), &out->body);
	out->secret_n = out->body.n - out->secret_at;
}

static size_t request(const struct push_profile *profile, const struct check_result *result,
		      size_t count, struct push_request *out)
{
	size_t taken = 0;

	out->method = "POST";
	out->content_type = "application/x-www-form-urlencoded";
	out->accept = "application/json";
	grow_byte(&out->path, '/');
	grow_str(&out->body, "cmd=submitcheck&json=");
	push_put_url(VIEW("{\"checkresults\":["), &out->body);
	for (; taken < count; taken++) {
		size_t before = out->body.n;
		push_put_url(taken > 0 ? VIEW(",") : VIEW(""), &out->body);
		put_result(&result[taken], &out->body);
		if (taken > 0 && out->body.n > PUSH_BODY_MAX) {
			out->body.n = before;
			break;
		}
	}
	push_put_url(VIEW("]}"), &out->body);
	put_token(profile, out);
	return taken;
}

/* Messages that stay true until somebody changes the profile, the server or the result. */
static enum push_verdict judge_message(struct view message)
{
	static const char *const denied[] = { "BAD TOKEN",	   "NO TOKEN",	 "NO TOKENS",
					      "DENIED TOKEN",	   "BAD_USER",	 "HTTPS REQUIRED",
					      "NOT AUTHENTICATED", "NOT ENABLED" };

	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
		if (view_eq(message, view_of(denied[i])))
			return PUSH_DENIED;
	return view_eq(message, VIEW("BAD JSON")) || view_eq(message, VIEW("NO DATA"))
		       ? PUSH_REFUSED
		       : PUSH_LATER;
}

static bool is_zero(const json_t *status)
{
	if (json_is_string(status))
		return view_eq(view_of(json_string_value(status)), VIEW("0"));
	return json_is_integer(status) && json_integer_value(status) == 0;
}

static enum push_verdict judge(const struct push_reply *reply, struct wr *words)
{
	json_t *root = json_loadb(reply->body.p, reply->body.n, 0, NULL);
	const json_t *result = json_object_get(root, "result");
	struct view message = sink_text(result, "message");
	struct view why = sink_text(result, "information");
	enum push_verdict verdict = PUSH_LATER;

	if (is_zero(json_object_get(result, "status"))) {
		verdict = PUSH_SENT;
	} else if (message.n > 0) {
		verdict = judge_message(message);
		sink_say(words, message);
		wr_str(words, why.n > 0 ? ": " : "");
		sink_say(words, why);
	}
	json_decref(root);
	return verdict;
}

const struct sink sink_nrdp = {
	.name = "nrdp",
	.newest_only = true,
	.batch_max = 500,
	.request = request,
	.judge = judge,
};
