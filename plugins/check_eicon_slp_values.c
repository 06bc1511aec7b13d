/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Option values that only check_eicon_slp knows, and what its options mean together. */
#include "check_eicon_slp.h"

#include "base/text.h"
#include "proto/port_names.h"

#include <string.h>

enum { EICON_PORT = 1440, SVRLOC_PORT = 427 };

struct word {
	const char *text;
	unsigned bit;
};

static bool parse_words(struct view value, const struct word *known, size_t count, unsigned *bits,
			const char *clause, struct opt_error *error)
{
	do {
		struct view text = view_take_until(&value, ',');
		size_t i = 0;
		while (i < count && !view_ieq(text, view_of(known[i].text)))
			i++;
		if (i == count)
			return opt_error_value(error, text, "%s", clause);
		*bits |= known[i].bit;
	} while (value.n > 0);
	return true;
}

bool eicon_parse_query(void *field, struct view value, struct arena *arena, struct opt_error *error)
{
	static const struct word known[] = { { "types", SLP_WANT_TYPES },
					     { "services", SLP_WANT_SERVICES },
					     { "attrs", SLP_WANT_ATTRS },
					     { "sa", SLP_WANT_SA },
					     { "da", SLP_WANT_DA } };

	(void)arena;
	return parse_words(value, known, sizeof(known) / sizeof(known[0]), field,
			   "is not types, services, attrs, sa or da", error);
}

bool eicon_parse_require_role(void *field, struct view value, struct arena *arena,
			      struct opt_error *error)
{
	static const struct word known[] = { { "sa", 1 }, { "da", 2 } };
	struct conf *conf = field;
	unsigned bits = 0;

	(void)arena;
	if (!parse_words(value, known, sizeof(known) / sizeof(known[0]), &bits, "is not sa or da",
			 error))
		return false;
	conf->require_sa = conf->require_sa || (bits & 1) != 0;
	conf->require_da = conf->require_da || (bits & 2) != 0;
	return true;
}

bool eicon_parse_scope(void *field, struct view value, struct arena *arena, struct opt_error *error)
{
	struct conf *conf = field;

	(void)arena;
	(void)error;
	conf->has_scopes = true;
	conf->scopes = value;
	return true;
}

bool eicon_parse_send(void *field, struct view value, struct arena *arena, struct opt_error *error)
{
	struct conf *conf = field;

	conf->has_send = true;
	return opt_parse_hex(&conf->send, RAW_BYTES_MAX, value, arena, error);
}

static bool parse_group(struct addr *group, struct view value, struct opt_error *error)
{
	return value.n == 0 || addr_parse(value, group) ||
	       opt_error_value(error, value, "is no numeric address");
}

/* Multicast addresses: 224.0.0.0/4, ff00::/8. */
static bool is_multicast(const struct addr *a)
{
	return a->family == 6 ? a->ip[0] == 0xff : (a->ip[0] & 0xf0) == 0xe0;
}

bool eicon_parse_multicast(void *field, struct view value, struct arena *arena,
			   struct opt_error *error)
{
	struct conf *conf = field;

	(void)arena;
	conf->multicast = true;
	if (!parse_group(&conf->group, value, error))
		return false;
	return value.n == 0 || is_multicast(&conf->group) ||
	       opt_error_value(error, value, "is no multicast address");
}

bool eicon_parse_broadcast(void *field, struct view value, struct arena *arena,
			   struct opt_error *error)
{
	struct conf *conf = field;

	(void)arena;
	conf->broadcast = true;
	if (!parse_group(&conf->group, value, error))
		return false;
	return value.n == 0 || (conf->group.family == 4 && !is_multicast(&conf->group)) ||
	       opt_error_value(error, value, "is no IPv4 broadcast address");
}

bool eicon_parse_responder(void *field, struct view value, struct arena *arena,
			   struct opt_error *error)
{
	struct conf *conf = field;
	struct addr addr;

	(void)arena;
	do {
		struct view text = view_take_until(&value, ',');
		if (!addr_parse(text, &addr))
			return opt_error_value(error, text, "is no numeric address");
		if (conf->responders == RESPONDERS_EXPECTED_MAX)
			return opt_error_set(error, "at most %d addresses",
					     RESPONDERS_EXPECTED_MAX);
		conf->responder[conf->responders++] = addr;
	} while (value.n > 0);
	return true;
}

static bool parse_count(struct view value, uint64_t *out, bool *given, struct opt_error *error)
{
	*given = true;
	return text_u64(value, 1000000, out) ||
	       opt_error_value(error, value, "is no number from 0 to 1000000");
}

bool eicon_parse_max_responders(void *field, struct view value, struct arena *arena,
				struct opt_error *error)
{
	struct conf *conf = field;

	(void)arena;
	return parse_count(value, &conf->max_responders, &conf->has_max_responders, error);
}

bool eicon_parse_min_services(void *field, struct view value, struct arena *arena,
			      struct opt_error *error)
{
	struct conf *conf = field;

	(void)arena;
	return parse_count(value, &conf->min_services, &conf->has_min_services, error);
}

static bool add_texts(struct view *list, size_t *count, struct view value, struct opt_error *error)
{
	do {
		struct view text = view_trim(view_take_until(&value, ','));
		if (text.n == 0)
			return opt_error_set(error, "an empty name");
		if (*count == REQUIRED_MAX)
			return opt_error_set(error, "at most %d of them", REQUIRED_MAX);
		list[(*count)++] = text;
	} while (value.n > 0);
	return true;
}

bool eicon_parse_require_type(void *field, struct view value, struct arena *arena,
			      struct opt_error *error)
{
	struct conf *conf = field;

	(void)arena;
	return add_texts(conf->required_type, &conf->required_types, value, error);
}

bool eicon_parse_require_scope(void *field, struct view value, struct arena *arena,
			       struct opt_error *error)
{
	struct conf *conf = field;

	(void)arena;
	return add_texts(conf->required_scope, &conf->required_scopes, value, error);
}

bool eicon_parse_attr(void *field, struct view value, struct arena *arena, struct opt_error *error)
{
	struct conf *conf = field;
	const char *why;
	size_t column;

	(void)arena;
	if (conf->attrs == REQUIRED_MAX)
		return opt_error_set(error, "at most %d of them", REQUIRED_MAX);
	if (!slp_wish_parse(value, &conf->attr[conf->attrs], &column, &why))
		return opt_error_value(error, value, "column %zu: %s", column, why);
	conf->attrs++;
	return true;
}

int eicon_refuse(const struct check *check, const char *option, const char *clause, struct out *out)
{
	return opt_refuse(&check_eicon_slp_program, &check->conf.common, option, clause, out);
}

struct rule {
	bool broken;
	const char *option, *clause;
};

/* The first option that contradicts another one, or NULL. */
static const struct rule *find_broken(const struct rule *rule, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rule[i].broken)
			return &rule[i];
	return NULL;
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

static int check_modes(const struct check *check, const struct target_list *targets,
		       struct out *out)
{
	const struct conf *conf = &check->conf;
	const struct common *common = &conf->common;
	bool group = eicon_asks_group(conf), raw = eicon_asks_raw(conf);
	bool wish = reply_wish_given(&conf->wish);
	bool listens = conf->listen_us > 0;
	bool responders =
		conf->min_responders > 0 || conf->has_max_responders || conf->responders > 0;
	unsigned want = eicon_wanted(conf);
	bool group_is_v6 = conf->group.family == 6;
	const struct rule rules[] = {
		{ conf->multicast && conf->broadcast, "broadcast",
		  "and --multicast exclude each other" },
		{ conf->broadcast && listens, "broadcast", "and --listen exclude each other" },
		{ group && targets->count > 0, "hostname",
		  "is not asked with --multicast, --broadcast or --listen" },
		{ group && raw, raw && conf->has_send ? "send-hex" : "profile",
		  "is for single hosts, not for groups" },
		{ group && conf->transports == TRANSPORTS_TCP, "transport", "groups have no TCP" },
		{ conf->interface.n > 0 && !group, "interface",
		  "belongs to --multicast, --broadcast or --listen" },
		{ responders && !group, "min-responders",
		  "and its kind belong to --multicast, --broadcast or --listen" },
		{ conf->broadcast && common->use_ipv6, "broadcast", "IPv6 has none" },
		{ conf->group.family != 0 && (group_is_v6 ? common->use_ipv4 : common->use_ipv6),
		  "multicast", "the group contradicts -4 or -6" },
		{ group && !listens && (want & (want - 1)) != 0, "query",
		  "and the requirements: a group is asked one thing only" },
		{ group && !listens && conf->type.n == 0 &&
			  (want & (SLP_WANT_SERVICES | SLP_WANT_ATTRS)) != 0,
		  "type", "is needed to ask a group for services or attributes" },
		{ group && conf->check_v1, "check-v1", "is for single hosts, not for groups" },
		{ listens && asks_wishes(conf), "listen",
		  "only hears: requirements need a request" },
		{ conf->has_send && conf->profile_path.n > 0, "send-hex",
		  "and --profile exclude each other" },
		{ conf->proto == PROTO_RAW && !raw, "proto", "raw needs --send-hex or --profile" },
		{ raw && conf->proto != PROTO_AUTO && conf->proto != PROTO_RAW, "proto",
		  "own bytes are neither v1 nor v2" },
		{ raw && (asks_wishes(conf) || conf->query != 0 || conf->check_v1), "proto",
		  "own bytes have no types, services or attributes" },
		{ wish && !conf->has_send, "expect-hex",
		  "and --expect-regex belong to --send-hex" },
		{ conf->type.n > 0 && (want & (SLP_WANT_SERVICES | SLP_WANT_ATTRS)) == 0, "type",
		  "belongs to --query services, --query attrs, or what needs them" },
		{ conf->predicate.n > 0 && (want & SLP_WANT_SERVICES) == 0, "predicate",
		  "belongs to --query services or what needs them" },
		{ conf->check_v1 && conf->proto == PROTO_V2, "check-v1", "contradicts --proto v2" },
		{ conf->policy == EXPECT_CLOSED && asks_wishes(conf), "expect",
		  "closed leaves nothing to require" },
		{ conf->policy == EXPECT_CLOSED && wish, "expect",
		  "closed leaves no reply to expect" },
		{ conf->dump_path.n > 0 && !group && targets->count != 1, "dump-hex",
		  "records one device: give one -H" },
	};
	const struct rule *broken = find_broken(rules, sizeof(rules) / sizeof(rules[0]));

	return broken != NULL ? eicon_refuse(check, broken->option, broken->clause, out)
			      : OPT_GO_ON;
}

/* A capture becomes a label of performance data, so it must not be one of ours. */
static const char *taken_label(const struct profile *profile)
{
	const struct report_spec *spec = check_eicon_slp_program.report;

	for (size_t i = 0; i < profile->count; i++) {
		const struct mask *mask = &profile->probe[i].expect;
		for (unsigned k = 0; k < mask->captures; k++)
			for (size_t m = 0; m < spec->metric_count; m++)
				if (strcmp(mask->capture[k].name, spec->metric[m].label) == 0)
					return spec->metric[m].label;
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
	int end = check_modes(check, targets, out);

	if (end != OPT_GO_ON)
		return end;
	if (!addresses_apply(conf->addresses, &conf->common))
		return eicon_refuse(check, "addresses", "contradicts -4 or -6", out);
	if (conf->common.port == 0)
		conf->common.port = conf->preset == PRESET_SLP ? SVRLOC_PORT : EICON_PORT;
	end = read_profile(check, out);
	if (end != OPT_GO_ON)
		return end;
	check->wishes = (struct slp_wishes){ conf->required_type, conf->required_types, conf->attr,
					     conf->attrs };
	return check_ports(check, targets, out);
}
