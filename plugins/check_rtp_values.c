/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Option values that only check_rtp knows, and what its options mean together. */
#include "check_rtp.h"

#include "base/hex.h"

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

static bool is_any(const struct port_set *ports)
{
	return port_set_next(ports, 0) != 0;
}

/* What asks for a sweep has no meaning where none is made. */
static int check_local(const struct check *check, struct out *out)
{
	const struct conf *conf = check->conf;
	const struct common *common = &conf->common;
	const struct range_pair *max = &conf->answering;
	const struct {
		const char *option;
		bool given;
	} of_sweep[] = {
		{ "use-ipv4", common->use_ipv4 },
		{ "use-ipv6", common->use_ipv6 },
		{ "exclude", is_any(&conf->exclude) },
		{ "exclude-from", conf->exclude_from.n > 0 },
		{ "bound", is_any(&conf->bound) },
		{ "payload", conf->payload != PAYLOAD_RTCP },
		{ "send-hex", conf->hex.given },
		{ "state-file", conf->state_file.n > 0 },
		{ "max-answering", max->warning.set || max->critical.set },
		{ "warning", common->warning.set },
		{ "critical", common->critical.set },
		{ "compare", conf->compare.n > 0 },
	};

	if (!conf->local)
		return OPT_GO_ON;
	if (common->hostname.count > 0)
		return check_rtp_refuse(check, "local", "is about this host, it takes no target",
					out);
	for (size_t i = 0; i < sizeof(of_sweep) / sizeof(of_sweep[0]); i++)
		if (of_sweep[i].given)
			return check_rtp_refuse(check, of_sweep[i].option,
						"is about a sweep from outside, --local makes none",
						out);
	return OPT_GO_ON;
}

int check_rtp_options(struct check *check, struct out *out)
{
	static const struct port_range usual = { 16384, 32767 };
	struct conf *conf = check->conf;
	int end;

	if (port_set_next(&conf->ports, 0) == 0)
		port_set_add(&conf->ports, usual);
	if ((end = check_local(check, out)) != OPT_GO_ON)
		return end;
	if (conf->common.warning.set)
		conf->answering.warning = conf->common.warning;
	if (conf->common.critical.set)
		conf->answering.critical = conf->common.critical;
	if ((end = check_payload(check, out)) != OPT_GO_ON)
		return end;
	return check_expectations(check, out);
}
