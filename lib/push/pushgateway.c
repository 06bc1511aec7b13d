/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prometheus Pushgateway: one group of metrics for each object, with the grouping key job, instance
 * and service.  PUT replaces the whole group, so that a metric that a check does not report any more
 * is gone.  The gateway keeps a group for ever: PLUGIN_last_run_seconds says how old it is.
 */
#include "push/sink.h"

#include "push/exposition.h"

#define UNRESERVED "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~"

/* RFC 4648 section 5, without the padding, which the gateway ignores. */
static void put_base64url(struct view v, struct grow *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t bits = 0;
	unsigned left = 0;

	for (size_t i = 0; i < v.n; i++) {
		bits = (bits << 8 | (unsigned char)v.p[i]) & 0xffff;
		for (left += 8; left >= 6; left -= 6)
			grow_byte(out, digits[bits >> (left - 6) & 63]);
	}
	if (left > 0)
		grow_byte(out, digits[bits << (6 - left) & 63]);
}

/* A leading point could be taken for a way through folders. */
static bool is_plain(struct view value)
{
	struct view rest = value;

	view_take_while(&rest, UNRESERVED);
	return value.n > 0 && rest.n == 0 && value.p[0] != '.';
}

static void put_part(const char *name, struct view value, struct grow *path)
{
	grow_byte(path, '/');
	grow_str(path, name);
	if (is_plain(value)) {
		grow_byte(path, '/');
		grow_put(path, value);
		return;
	}
	grow_str(path, "@base64/");
	put_base64url(value, path);
	if (value.n == 0)
		grow_byte(path, '='); /* nothing at all would be no part of a path */
}

static size_t write_request(const struct push_profile *profile, const struct check_result *result,
			    size_t count, struct push_request *out)
{
	(void)count;
	out->method = "PUT";
	out->content_type = "text/plain; version=0.0.4";
	grow_str(&out->path, "/metrics");
	put_part("job", profile->job != NULL ? view_of(profile->job) : VIEW("voip"), &out->path);
	put_part("instance", result->host, &out->path);
	if (result->service.n > 0)
		put_part("service", result->service, &out->path);
	exposition_write(result, false, &out->body);
	return 1;
}

/* 202 comes from a gateway that does not check what it gets. A text is a proxy's page. */
static enum push_verdict judge(const struct push_reply *reply, struct wr *words)
{
	(void)words;
	bool good = reply->status == 200 || reply->status == 202;

	return good && view_trim(reply->body).n == 0 ? PUSH_SENT : PUSH_LATER;
}

const struct sink sink_pushgateway = {
	.name = "pushgateway",
	.newest_only = true,
	.batch_max = 1,
	.request = write_request,
	.judge = judge,
};
