/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * InfluxDB 1.x and what speaks its line protocol, request /write.  A measurement is a plugin; the tags
 * host, metric and service name a series, the state is metric "state".  All fields but unit are
 * floats: a field that is an integer once refuses floats for good.
 */
#include "push/perfdata.h"
#include "push/sink_private.h"

/* What may start a comment or end the name becomes "_". */
static void put_measurement(struct view command, struct grow *out)
{
	struct view name = command.n > 0 ? command : VIEW("check");

	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
		grow_byte(out, plain ? c : '_');
	}
}

/* Readers differ about a backslash in front of another mark, so that none is written. */
static void put_tag(const char *lead, struct view value, struct grow *out)
{
	if (value.n == 0)
		return;
	grow_str(out, lead);
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];
		if (c < ' ' || c == 0x7f)
			c = ' ';
		if (c == ' ' || c == ',' || c == '=')
			grow_byte(out, '\\');
		grow_byte(out, c == '\\' ? '/' : (char)c);
	}
}

static void put_series(const struct check_result *result, struct view metric, struct grow *out)
{
	put_measurement(result->command, out);
	put_tag(",host=", result->host, out);
	put_tag(",metric=", metric, out);
	put_tag(",service=", result->service, out);
}

static void put_field(const char *lead, bool present, double value, struct grow *out)
{
	if (!present)
		return;
	grow_str(out, lead);
	perfdata_write_number(value, out);
}

/* Without a time the receiver takes its own. */
static void end_line(const struct check_result *result, struct grow *out)
{
	if (result->end_us > 0 && result->end_us <= INT64_MAX / 1000) {
		grow_byte(out, ' ');
		grow_u64(out, (uint64_t)result->end_us * 1000);
	}
	grow_byte(out, '\n');
}

static void put_metric(const struct check_result *result, const struct perfdatum *item,
		       struct grow *out)
{
	struct perfdata_base base = perfdata_base(item->unit);

	put_series(result, item->label, out);
	put_field(" value=", true, item->value * base.factor, out);
	put_field(",warn=", item->has_warn, item->warn_value * base.factor, out);
	put_field(",crit=", item->has_crit, item->crit_value * base.factor, out);
	put_field(",min=", item->has_min, item->min * base.factor, out);
	put_field(",max=", item->has_max, item->max * base.factor, out);
	if (base.word[0] != '\0') {
		grow_str(out, ",unit=\"");
		grow_str(out, base.word);
		grow_byte(out, '"');
	}
	end_line(result, out);
}

/* A metric that calls itself "state" would overwrite the result's. */
static void put_result(const struct check_result *result, struct grow *out)
{
	static const struct view state = { "state", 5 };
	struct view rest = result->perfdata;
	struct perfdatum item;
	bool good;

	put_series(result, state, out);
	put_field(" value=", true, (double)result->state, out);
	end_line(result, out);
	while (perfdata_take(&rest, &item, &good))
		if (good && !view_eq(item.label, state))
			put_metric(result, &item, out);
}

static size_t request(const struct push_profile *profile, const struct check_result *result,
		      size_t count, struct push_request *out)
{
	size_t taken = 0;

	out->method = "POST";
	out->content_type = "text/plain; charset=utf-8";
	grow_str(&out->path, "/write?db=");
	push_put_url(view_of(profile->database), &out->path);
	grow_str(&out->path, "&precision=ns");
	if (profile->is_token) {
		grow_str(&out->authorization, "Token ");
		grow_str(&out->authorization, profile->secret);
	}
	for (; taken < count; taken++) {
		size_t before = out->body.n;
		put_result(&result[taken], &out->body);
		if (taken > 0 && out->body.n > PUSH_BODY_MAX) {
			out->body.n = before;
			break;
		}
	}
	return taken;
}

/* A 200 with a text is a proxy's page, or an error of an old InfluxDB. */
static enum push_verdict judge(const struct push_reply *reply, struct wr *words)
{
	(void)words;
	if (reply->status == 204 || (reply->status == 200 && reply->body.n == 0))
		return PUSH_SENT;
	return PUSH_LATER;
}

const struct sink sink_influxdb = {
	.name = "influxdb",
	.batch_max = 1000,
	.request = request,
	.judge = judge,
};
