/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Icinga 2's API, action process-check-result.  The object is named, never searched by a filter, which
 * would apply the result to all that match.  A name with "!" names no object of Icinga: such a result
 * is answered with 404.
 */
#include "push/json_text.h"
#include "push/perfdata.h"
#include "push/sink_private.h"

#include <inttypes.h>

/* A key comes with its punctuation: `,"ttl":`. An empty text is left out. */
static void put_text(const char *key, struct view text, struct grow *out)
{
	if (text.n == 0)
		return;
	grow_str(out, key);
	grow_json(out, text);
}

static void put_object(const struct check_result *result, struct grow *out)
{
	struct grow name = { .p = NULL };

	if (result->service.n == 0) {
		put_text("{\"type\":\"Host\",\"host\":", result->host, out);
		return;
	}
	grow_put(&name, result->host);
	grow_byte(&name, '!');
	grow_put(&name, result->service);
	put_text("{\"type\":\"Service\",\"service\":", grow_view(&name), out);
	grow_free(&name);
}

/* What is no item goes too: Icinga shows it, as it does for its own checks. */
static void put_perfdata(struct view perfdata, struct grow *out)
{
	const char *lead = "";
	struct perfdatum item;
	bool good;

	grow_str(out, ",\"performance_data\":[");
	while (perfdata_take(&perfdata, &item, &good)) {
		put_text(lead, item.raw, out);
		lead = ",";
	}
	grow_str(out, "]");
}

/* Seconds with six decimals: Icinga orders results by them. */
static void put_time(const char *key, int64_t us, struct grow *out)
{
	char text[32];
	struct wr w = wr_over(text, sizeof(text));

	if (us <= 0)
		return;
	wr_fmt(&w, "%" PRId64 ".%06" PRId64, us / 1000000, us % 1000000);
	grow_str(out, key);
	grow_put(out, wr_view(&w));
}

static size_t request(const struct push_profile *profile, const struct check_result *result,
		      size_t count, struct push_request *out)
{
	struct grow *body = &out->body;

	(void)profile;
	(void)count;
	out->method = "POST";
	out->content_type = out->accept = "application/json";
	grow_str(&out->path, "/v1/actions/process-check-result");
	put_object(result, body);
	grow_str(body, ",\"exit_status\":");
	grow_u64(body, push_code(result));
	grow_str(body, ",\"plugin_output\":");
	grow_json(body, result->output);
	put_perfdata(result->perfdata, body);
	put_text(",\"check_source\":", result->source, body);
	if (result->command.n > 0) {
		put_text(",\"check_command\":[", result->command, body);
		grow_str(body, "]");
	}
	put_time(",\"execution_start\":", result->start_us, body);
	put_time(",\"execution_end\":", result->end_us, body);
	if (result->ttl_s > 0) {
		grow_str(body, ",\"ttl\":");
		grow_u64(body, result->ttl_s);
	}
	grow_str(body, "}");
	return 1;
}

/* A result for an object that is unreachable is answered with 200 and not stored. */
static enum push_verdict judge(const struct push_reply *reply, struct wr *words)
{
	json_t *root = json_loadb(reply->body.p, reply->body.n, 0, NULL);
	const json_t *action = json_array_get(json_object_get(root, "results"), 0);
	struct view status = sink_text(action, "status");
	json_int_t code = json_integer_value(json_object_get(action, "code"));
	enum push_verdict verdict = PUSH_LATER;

	if (code == 200 && view_starts(status, VIEW("Successfully processed")))
		verdict = PUSH_SENT;
	else if ((code == 200 && status.n > 0) || (code >= 400 && code <= 499))
		verdict = PUSH_REFUSED;
	if (verdict != PUSH_SENT)
		sink_say(words, status);
	json_decref(root);
	return verdict;
}

const struct sink sink_icinga2 = {
	.name = "icinga2",
	.newest_only = true,
	.batch_max = 1,
	.request = request,
	.judge = judge,
};
