/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Option values that only check_eicon_slp knows. */
#include "check_eicon_slp.h"

#include "base/text.h"

/* A list that ends in a comma lacks its last item. */
static bool lacks_item(struct view list, struct opt_error *error)
{
	return list.n > 0 && list.p[list.n - 1] == ',' &&
	       !opt_error_value(error, list, "ends in \",\"");
}

struct word {
	const char *text;
	unsigned bit;
};

static bool parse_words(struct view value, const struct word *known, size_t count, unsigned *bits,
			const char *clause, struct opt_error *error)
{
	if (lacks_item(value, error))
		return false;
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

/* A part of a request. */
bool eicon_parse_text(void *field, struct view value, struct arena *arena, struct opt_error *error)
{
	struct view *text = field;

	(void)arena;
	*text = value;
	return value.n <= TEXT_MAX || opt_error_set(error, "has more than %d bytes", TEXT_MAX);
}

bool eicon_parse_scope(void *field, struct view value, struct arena *arena, struct opt_error *error)
{
	struct conf *conf = field;

	conf->has_scopes = true;
	return eicon_parse_text(&conf->scopes, value, arena, error);
}

bool eicon_parse_language(void *field, struct view value, struct arena *arena,
			  struct opt_error *error)
{
	struct view *language = field;

	(void)arena;
	*language = value;
	return slp_is_language(2, value) || opt_error_value(error, value, "is no language tag");
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

bool eicon_parse_multicast(void *field, struct view value, struct arena *arena,
			   struct opt_error *error)
{
	struct conf *conf = field;

	(void)arena;
	conf->multicast = true;
	if (!parse_group(&conf->group, value, error))
		return false;
	return value.n == 0 || addr_is_multicast(&conf->group) ||
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
	return value.n == 0 || (conf->group.family == 4 && !addr_is_multicast(&conf->group)) ||
	       opt_error_value(error, value, "is no IPv4 broadcast address");
}

bool eicon_parse_responder(void *field, struct view value, struct arena *arena,
			   struct opt_error *error)
{
	struct conf *conf = field;
	struct addr addr;

	(void)arena;
	if (lacks_item(value, error))
		return false;
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

static bool parse_count(struct view value, unsigned max, uint64_t *out, bool *given,
			struct opt_error *error)
{
	*given = true;
	return text_u64(value, max, out) ||
	       opt_error_value(error, value, "is no number from 0 to %u", max);
}

bool eicon_parse_max_responders(void *field, struct view value, struct arena *arena,
				struct opt_error *error)
{
	struct conf *conf = field;

	(void)arena;
	return parse_count(value, SLP_RESPONDERS_MAX, &conf->max_responders,
			   &conf->has_max_responders, error);
}

bool eicon_parse_min_services(void *field, struct view value, struct arena *arena,
			      struct opt_error *error)
{
	struct conf *conf = field;

	(void)arena;
	return parse_count(value, 65535, &conf->min_services, &conf->has_min_services, error);
}

static bool add_texts(struct view *list, size_t *count, struct view value, struct opt_error *error)
{
	if (lacks_item(value, error))
		return false;
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
