/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Option values that only check_rtp knows, and what its options mean together. */
#include "check_rtp.h"

#include "base/hex.h"
#include "cli/opt_emit.h"

bool check_rtp_parse_ports(void *field, struct view value, struct arena *arena,
			   struct opt_error *error)
{
	size_t column;
	const char *why;

	(void)arena;
	return port_set_parse(value, field, &column, &why) ||
	       opt_error_set(error, "column %zu: %s", column, why);
}

bool check_rtp_parse_hex(void *field, struct view value, struct arena *arena,
			 struct opt_error *error)
{
	struct rtp_hex *hex = field;
	struct wr bytes = wr_over(arena_new(arena, PAYLOAD_MAX, 1), PAYLOAD_MAX);
	size_t column;
	const char *why;

	if (!hex_parse(value, &bytes, &column, &why))
		return bytes.full ? opt_error_set(error, "has more than %d bytes", PAYLOAD_MAX)
				  : opt_error_set(error, "column %zu: %s", column, why);
	*hex = (struct rtp_hex){ true, wr_view(&bytes) };
	return true;
}

/* W[,C], each a range. */
bool check_rtp_parse_pair(void *field, struct view value, struct arena *arena,
			  struct opt_error *error)
{
	struct range_pair *pair = field, read = { .critical = { .set = false } };
	struct view rest = value, first = view_take_until(&rest, ',');
	size_t column;
	const char *why;

	(void)arena;
	if (!range_parse(first, &read.warning, &column, &why))
		return opt_error_set(error, "column %zu: %s", column, why);
	if (first.n < value.n && !range_parse(rest, &read.critical, &column, &why))
		return opt_error_set(error, "column %zu: %s", first.n + 1 + column, why);
	*pair = read;
	return true;
}

/* The value is read as every program reads it; only the default is another one. The field is all of
 * struct conf. */
bool check_rtp_parse_timeout(void *field, struct view value, struct arena *arena,
			     struct opt_error *error)
{
	struct conf *conf = field;
	size_t rows;
	const struct opt *row = opt_common(&rows);

	for (size_t i = 0; i < rows; i++)
		if (view_eq(view_of(row[i].name), VIEW("timeout")))
			conf->timeout_given = row[i].parse(field, value, arena, error);
	return conf->timeout_given;
}

int check_rtp_refuse(const struct check *check, const char *option, const char *clause,
		     struct out *out)
{
	return opt_refuse(&check_rtp_program, &check->conf->common, option, clause, out);
}

static int refuse_unowned(const struct check *check, const char *option, struct out *out)
{
	return check_rtp_refuse(
		check, option,
		"needs --i-own-this-host: a datagram that is not RTCP can take over "
		"the media of a running call, to the end of that call",
		out);
}

static int check_payload(const struct check *check, struct out *out)
{
	const struct conf *conf = check->conf;

	if (conf->hex.given && conf->payload != PAYLOAD_RTCP)
		return check_rtp_refuse(check, "send-hex", "excludes --payload", out);
	if (conf->hex.given && !conf->own_host)
		return refuse_unowned(check, "send-hex", out);
	if (conf->payload != PAYLOAD_RTCP && !conf->own_host)
		return refuse_unowned(check, "payload", out);
	return OPT_GO_ON;
}

/* False when `all` lacks a port of `some`; `clause` then names the first one. */
static bool is_within(const struct port_set *some, const struct port_set *all,
		      struct opt_error *clause)
{
	struct port_set beyond = *some;

	port_set_remove(&beyond, all);
	unsigned port = port_set_next(&beyond, 0);
	return port == 0 || opt_error_set(clause, "port %u is not in --port", port);
}

static int check_expectations(const struct check *check, struct out *out)
{
	const struct conf *conf = check->conf;
	struct port_set both = conf->expect_open;
	struct opt_error clause;

	if (!is_within(&conf->expect_open, &conf->ports, &clause))
		return check_rtp_refuse(check, "expect-open", clause.text, out);
	if (!is_within(&conf->expect_closed, &conf->ports, &clause))
		return check_rtp_refuse(check, "expect-closed", clause.text, out);
	port_set_keep(&both, &conf->expect_closed);
	if (port_set_next(&both, 0) == 0)
		return OPT_GO_ON;
	opt_error_set(&clause, "port %u is in --expect-open too", port_set_next(&both, 0));
	return check_rtp_refuse(check, "expect-closed", clause.text, out);
}

/* What asks for a sweep has no meaning where none is made. */
static int check_local(const struct check *check, struct out *out)
{
	static const char clause[] = "is about a sweep from outside, --local makes none";
	const struct conf *conf = check->conf;

	if (!conf->local)
		return OPT_GO_ON;
	if (conf->common.hostname.count > 0 || conf->common.targets.n > 0)
		return check_rtp_refuse(check, "local", "is about this host, it takes no target",
					out);
	if (conf->answering.warning.set || conf->answering.critical.set)
		return check_rtp_refuse(check, "max-answering", clause, out);
	if (conf->state_file.n > 0)
		return check_rtp_refuse(check, "state-file", clause, out);
	if (conf->compare.n > 0)
		return check_rtp_refuse(check, "compare", clause, out);
	return OPT_GO_ON;
}

int check_rtp_options(struct check *check, struct out *out)
{
	static const struct port_range usual = { 16384, 32767 };
	struct conf *conf = check->conf;
	int end;

	if (!conf->timeout_given)
		conf->common.timeout_us = 50000000;
	if (port_set_next(&conf->ports, 0) == 0)
		port_set_add(&conf->ports, usual);
	if ((end = check_local(check, out)) != OPT_GO_ON)
		return end;
	if ((end = check_payload(check, out)) != OPT_GO_ON)
		return end;
	return check_expectations(check, out);
}
