/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Option values that only check_sip knows: transports, status codes, methods, URIs, headers. */
#include "check_sip.h"

#include "base/text.h"
#include "proto/sip_grammar.h"

bool check_sip_parse_transport(void *field, struct view value, struct arena *arena,
			       struct opt_error *error)
{
	struct transport_set *set = field;

	(void)arena;
	for (unsigned t = TRANSPORT_UDP; t <= TRANSPORT_TLS; t++) {
		if (!view_ieq(value, view_of(transport_name((enum transport)t))))
			continue;
		for (size_t i = 0; i < set->count; i++)
			if (set->item[i] == (enum transport)t)
				return true;
		set->item[set->count++] = (enum transport)t;
		return true;
	}
	return opt_error_value(error, value, "is not udp, tcp or tls");
}

/* "404", "404-405", "4xx" */
static bool parse_codes(struct view text, struct code_rule *rule)
{
	struct view high = text, low = view_take_until(&high, '-');
	uint64_t a, b;

	if (text.n == 3 && text.p[0] >= '1' && text.p[0] <= '6' &&
	    view_ieq(view_skip(text, 1), VIEW("xx"))) {
		rule->low = (uint16_t)((text.p[0] - '0') * 100);
		rule->high = (uint16_t)(rule->low + 99);
		return true;
	}
	if (!text_u64(low, 699, &a) || a < 100)
		return false;
	b = a;
	if (low.n < text.n && (!text_u64(high, 699, &b) || b < a))
		return false;
	rule->low = (uint16_t)a;
	rule->high = (uint16_t)b;
	return true;
}

static void add_rule(struct code_rules *rules, struct arena *arena, struct code_rule rule)
{
	struct code_rule *grown = arena_new(arena, rules->count + 1, sizeof(*grown));

	for (size_t i = 0; i < rules->count; i++)
		grown[i] = rules->rule[i];
	grown[rules->count++] = rule;
	rules->rule = grown;
}

bool check_sip_parse_expect(void *field, struct view value, struct arena *arena,
			    struct opt_error *error)
{
	for (bool more = true; more;) {
		more = view_find(value, ',') < value.n;
		struct view item = view_take_until(&value, ',');
		struct code_rule rule = { .state = STATE_OK };
		if (!parse_codes(item, &rule))
			return opt_error_value(error, item,
					       "is no status code, run or class "
					       "(200, 404-405, 2xx)");
		add_rule(field, arena, rule);
	}
	return true;
}

bool check_sip_parse_map(void *field, struct view value, struct arena *arena,
			 struct opt_error *error)
{
	for (bool more = true; more;) {
		more = view_find(value, ',') < value.n;
		struct view item = view_take_until(&value, ','), state = item;
		struct view codes = view_take_until(&state, '=');
		struct code_rule rule;
		if (!parse_codes(codes, &rule) || !state_parse(state, &rule.state))
			return opt_error_value(error, item,
					       "is not CODE=STATE (404=ok, 5xx=critical)");
		add_rule(field, arena, rule);
	}
	return true;
}

static bool is_token(struct view text)
{
	struct view rest = text;

	return sip_take_token(&rest).n > 0 && rest.n == 0;
}

bool check_sip_parse_method(void *field, struct view value, struct arena *arena,
			    struct opt_error *error)
{
	static const char *const harmful[] = { "INVITE",    "ACK",    "CANCEL",	 "BYE",
					       "REGISTER",  "PRACK",  "UPDATE",	 "REFER",
					       "SUBSCRIBE", "NOTIFY", "PUBLISH", "MESSAGE",
					       "INFO" };

	(void)arena;
	if (!is_token(value))
		return opt_error_value(error, value, "is not a method name");
	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
		if (view_ieq(value, view_of(harmful[i])))
			return opt_error_value(error, value,
					       "could disturb a call or leave one, a "
					       "registration or a subscription behind");
	*(struct view *)field = value;
	return true;
}

/* What would end or change the header that the URI stands in. */
static bool is_uri_text(struct view text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] >= 0x7f || text.p[i] == '<' || text.p[i] == '>' ||
		    text.p[i] == '"')
			return false;
	return true;
}

bool check_sip_parse_uri(void *field, struct view value, struct arena *arena,
			 struct opt_error *error)
{
	struct view rest = value, scheme = view_take_until(&rest, ':');
	struct sip_uri uri;
	const char *why = "is not a URI (sip:user@host)";

	(void)arena;
	if (view_ieq(scheme, VIEW("sip")) || view_ieq(scheme, VIEW("sips"))) {
		if (!sip_uri_parse(value, &uri, &why))
			return opt_error_set(error, "%s", why);
	} else if (!is_token(scheme) || rest.n == 0 || !is_uri_text(rest)) {
		return opt_error_value(error, value, "%s", why);
	}
	*(struct view *)field = value;
	return true;
}

bool check_sip_is_secret_header(struct view value)
{
	return view_istarts(value, VIEW("authorization")) ||
	       view_istarts(value, VIEW("proxy-authorization"));
}

bool check_sip_parse_header(void *field, struct view value, struct arena *arena,
			    struct opt_error *error)
{
	static const char *const ours[] = { "Via",
					    "v",
					    "From",
					    "f",
					    "To",
					    "t",
					    "i",
					    "Call-ID",
					    "m",
					    "Contact",
					    "CSeq",
					    "l",
					    "Content-Length",
					    "Max-Forwards",
					    "User-Agent" };
	struct view rest = value, name = view_take_until(&rest, ':');

	if (!is_token(name) || name.n == value.n)
		return opt_error_set(error, "not a header (Name: value)");
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (view_ieq(name, view_of(ours[i])))
			return opt_error_value(error, name, "is written by the program itself");
	opt_list_add(field, value, arena);
	return true;
}
