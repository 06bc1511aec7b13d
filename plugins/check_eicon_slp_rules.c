/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What check_eicon_slp's options mean together, and what excludes each other. */
#include "check_eicon_slp.h"

#include "proto/port_names.h"

enum { EICON_PORT = 1440, SVRLOC_PORT = 427 };

int eicon_refuse(const struct check *check, const char *option, const char *clause, struct out *out)
{
	return opt_refuse(&check_eicon_slp_program, &check->conf.common, option, clause, out);
}

struct rule {
	bool broken;
	const char *option, *clause;
};

/* The first one that is broken is told. */
static int check_rules(const struct check *check, const struct rule *rule, size_t count,
		       struct out *out)
{
	for (size_t i = 0; i < count; i++)
		if (rule[i].broken)
			return eicon_refuse(check, rule[i].option, rule[i].clause, out);
	return OPT_GO_ON;
}

static bool asks_wishes(const struct conf *conf)
{
	return conf->required_types > 0 || conf->attrs > 0 || conf->required_scopes > 0 ||
	       conf->require_sa || conf->require_da || conf->has_min_services ||
	       conf->min_lifetime_s > 0 || conf->min_uptime_us > 0;
}

unsigned eicon_wanted(const struct conf *conf)
{
	unsigned want = conf->query;

	if (conf->required_types > 0)
		want |= SLP_WANT_TYPES;
	if (conf->has_min_services || conf->min_lifetime_s > 0)
		want |= SLP_WANT_SERVICES;
	if (conf->attrs > 0)
		want |= SLP_WANT_ATTRS;
	if (conf->require_sa || conf->required_scopes > 0)
		want |= SLP_WANT_SA;
	if (conf->require_da || conf->min_uptime_us > 0)
		want |= SLP_WANT_DA;
	return want;
}

#define GROUPS_ONLY "belongs to --multicast, --broadcast or --listen"
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static int check_groups(const struct check *check, const struct target_list *targets,
			struct out *out)
{
	const struct conf *conf = &check->conf;
	const struct common *common = &conf->common;
	bool group = eicon_asks_group(conf), listens = conf->listen_us > 0;
	unsigned want = eicon_wanted(conf);
	bool is_v6 = conf->group.family == 6;
	const struct rule rules[] = {
		{ conf->multicast && conf->broadcast, "broadcast",
		  "and --multicast exclude each other" },
		{ conf->broadcast && listens, "broadcast", "and --listen exclude each other" },
		{ group && targets->count > 0, "hostname",
		  "is not asked with --multicast, --broadcast or --listen" },
		{ group && conf->transports == TRANSPORTS_TCP, "transport", "groups have no TCP" },
		{ conf->interface.n > 0 && !group, "interface", GROUPS_ONLY },
		{ conf->ttl > 0 && (!group || listens), "ttl",
		  "belongs to --multicast or --broadcast" },
		{ conf->min_responders > 0 && !group, "min-responders", GROUPS_ONLY },
		{ conf->has_max_responders && !group, "max-responders", GROUPS_ONLY },
		{ conf->responders > 0 && !group, "expect-responder", GROUPS_ONLY },
		{ conf->all_probes && group, "all-probes", "is for single hosts, not for groups" },
		{ conf->broadcast && common->use_ipv6, "broadcast", "IPv6 has none" },
		{ conf->group.family != 0 && (is_v6 ? common->use_ipv4 : common->use_ipv6),
		  "multicast", "the group contradicts -4 or -6" },
		{ group && !listens && (want & (want - 1)) != 0, "query",
		  "a group is asked one thing: name one, requirements count" },
		{ group && !listens && conf->type.n == 0 &&
			  (want & (SLP_WANT_SERVICES | SLP_WANT_ATTRS)) != 0,
		  "type", "is needed to ask a group for services or attributes" },
		{ group && conf->check_v1, "check-v1", "is for single hosts, not for groups" },
		{ listens && (conf->common.warning.set || conf->common.critical.set), "warning",
		  "and --critical judge a reply time, which listening has not" },
		{ listens && asks_wishes(conf), "listen",
		  "only hears: requirements need a request" },
	};

	return check_rules(check, rules, COUNT(rules), out);
}

static int check_raw(const struct check *check, const struct target_list *targets, struct out *out)
{
	const struct conf *conf = &check->conf;
	bool group = eicon_asks_group(conf), raw = eicon_asks_raw(conf);
	bool wish = reply_wish_given(&conf->wish);
	const struct rule rules[] = {
		{ group && raw, conf->has_send ? "send-hex" : "profile",
		  "is for single hosts, not for groups" },
		{ conf->profile_path.n > 0 && conf->transports != TRANSPORTS_NOT_GIVEN, "transport",
		  "is what the profile says" },
		{ conf->has_send && conf->profile_path.n > 0, "send-hex",
		  "and --profile exclude each other" },
		{ conf->proto == PROTO_RAW && !raw, "proto", "raw needs --send-hex or --profile" },
		{ raw && conf->proto != PROTO_AUTO && conf->proto != PROTO_RAW, "proto",
		  "own bytes are neither v1 nor v2" },
		{ raw && (asks_wishes(conf) || conf->query != 0 || conf->check_v1), "proto",
		  "own bytes have no types, services or attributes" },
		{ raw && conf->addresses == ADDRESSES_ANY, "addresses",
		  "any does not go with own bytes: each probe counts" },
		{ wish && !conf->has_send, "expect-hex",
		  "and --expect-regex belong to --send-hex" },
		{ wish && conf->policy == EXPECT_CLOSED, "expect",
		  "closed leaves no reply to expect" },
		{ conf->dump_path.n > 0 && !group && targets->count != 1, "dump-hex",
		  "records one device: give one -H" },
	};

	return check_rules(check, rules, COUNT(rules), out);
}

static int check_questions(const struct check *check, struct out *out)
{
	const struct conf *conf = &check->conf;
	unsigned want = eicon_wanted(conf);
	const struct rule rules[] = {
		{ conf->type.n > 0 && (want & (SLP_WANT_SERVICES | SLP_WANT_ATTRS)) == 0, "type",
		  "belongs to --query services, --query attrs, or what needs them" },
		{ conf->predicate.n > 0 && (want & SLP_WANT_SERVICES) == 0, "predicate",
		  "belongs to --query services or what needs them" },
		{ conf->proto == PROTO_V1 && !slp_is_language(1, conf->language), "lang",
		  "has two letters in version 1" },
		{ conf->amplification.warning.set &&
			  (eicon_asks_group(conf) || eicon_asks_raw(conf) ||
			   conf->transports == TRANSPORTS_TCP),
		  "check-amplification", "is measured with SLP over UDP to single hosts" },
		{ conf->attrs > 0 && conf->type.n == 0 && conf->required_types > 0, "attr",
		  "is about one service: name it with --type" },
		{ conf->require_sa && conf->proto == PROTO_V1, "require-role",
		  "sa cannot be told in version 1" },
		{ conf->check_v1 && !slp_is_language(1, conf->language), "lang",
		  "has two letters in version 1, which --check-v1 asks" },
		{ conf->check_v1 && conf->proto == PROTO_V2, "check-v1", "contradicts --proto v2" },
		{ conf->policy == EXPECT_CLOSED && asks_wishes(conf), "expect",
		  "closed leaves nothing to require" },
	};

	return check_rules(check, rules, COUNT(rules), out);
}

/* A capture becomes a label of performance data, so it must not be one of ours. */
static bool is_label(struct view name)
{
	static const char *const counts[] = { "targets", "ok", "warning", "critical", "unknown" };
	const struct report_spec *spec = check_eicon_slp_program.report;

	for (size_t i = 0; i < COUNT(counts); i++)
		if (view_eq(name, view_of(counts[i])))
			return true;
	for (size_t i = 0; i < spec->metric_count; i++)
		if (view_eq(name, view_of(spec->metric[i].label)))
			return true;
	return view_eq(name, VIEW("time_p50")) || view_eq(name, VIEW("time_p95")) ||
	       view_eq(name, VIEW("time_max"));
}

static const char *taken_label(const struct profile *profile)
{
	for (size_t i = 0; i < profile->count; i++) {
		const struct mask *mask = &profile->probe[i].expect;
		for (unsigned k = 0; k < mask->captures; k++)
			if (is_label(view_of(mask->capture[k].name)))
				return mask->capture[k].name;
	}
	return NULL;
}

static int read_profile(struct check *check, struct out *out)
{
	struct conf *conf = &check->conf;
	struct opt_error error;

	if (conf->profile_path.n == 0)
		return OPT_GO_ON;
	if (!profile_read(arena_text(&check->arena, conf->profile_path), conf->common.timeout_us,
			  &check->arena, &check->profile, &error))
		return eicon_refuse(check, "profile", error.text, out);
	const char *taken = taken_label(&check->profile);
	if (taken == NULL)
		return OPT_GO_ON;
	opt_error_set(&error, "a capture is named %s, which is a label of ours", taken);
	return eicon_refuse(check, "profile", error.text, out);
}

static bool asks_over_udp(const struct check *check)
{
	if (check->profile.count == 0)
		return check->conf.transports != TRANSPORTS_TCP;
	for (size_t i = 0; i < check->profile.count; i++)
		if (!check->profile.probe[i].tcp)
			return true;
	return false;
}

static int check_ports(const struct check *check, const struct target_list *targets,
		       struct out *out)
{
	const struct conf *conf = &check->conf;
	struct opt_error why;
	bool media = port_may_be_media((uint16_t)conf->common.port);

	for (size_t i = 0; i < targets->count; i++) {
		struct view host;
		uint16_t port = 0;
		if (target_split(view_of(targets->item[i].spec), &host, &port, &why) && port != 0)
			media = media || port_may_be_media(port);
	}
	if (!media || conf->owner || conf->listen_us > 0 || !asks_over_udp(check))
		return OPT_GO_ON;
	return eicon_refuse(check, "port",
			    "any datagram to a UDP port that may carry media can take over a call; "
			    "needs --i-own-this-host",
			    out);
}

int eicon_check_options(struct check *check, const struct target_list *targets, struct out *out)
{
	struct conf *conf = &check->conf;
	int end = check_groups(check, targets, out);

	if (end == OPT_GO_ON)
		end = check_raw(check, targets, out);
	if (end == OPT_GO_ON)
		end = check_questions(check, out);
	if (end != OPT_GO_ON)
		return end;
	if (!addresses_apply(conf->addresses, &conf->common))
		return eicon_refuse(check, "addresses", "contradicts -4 or -6", out);
	if (conf->transports == TRANSPORTS_NOT_GIVEN)
		conf->transports = eicon_asks_raw(conf) ? TRANSPORTS_UDP : TRANSPORTS_BOTH;
	if (conf->common.port == 0)
		conf->common.port = conf->preset == PRESET_SLP ? SVRLOC_PORT : EICON_PORT;
	end = read_profile(check, out);
	if (end != OPT_GO_ON)
		return end;
	check->wishes = (struct slp_wishes){ conf->required_type, conf->required_types, conf->attr,
					     conf->attrs };
	return check_ports(check, targets, out);
}
