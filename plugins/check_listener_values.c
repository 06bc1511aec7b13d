/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of check_listener's options: port lists with owners, the --allow file, the engine id. */
#include "check_listener.h"

#include "cli/port_spec.h"

/* A compiled expression of a wish_list; it outlives the options, whose arena is gone by then. */
struct regex_link {
	struct regex_link *next;
	regex_t regex;
};

static bool overlaps(const struct wish_list *list, const struct port_wish *wish)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->item[i].tcp == wish->tcp &&
		    list->item[i].range.first <= wish->range.last &&
		    wish->range.first <= list->item[i].range.last)
			return true;
	return false;
}

static bool add_wish(struct wish_list *list, const struct port_wish *wish, struct view word,
		     struct opt_error *error)
{
	if (overlaps(list, wish))
		return opt_error_value(error, word, "names a port again");
	if (wish->kind == WISH_ANY || wish->kind == WISH_NAMES || wish->kind == WISH_REGEX)
		list->required += (size_t)(wish->range.last - wish->range.first) + 1;
	if (list->count == list->cap) {
		list->cap = list->cap == 0 ? 16 : 2 * list->cap;
		list->item = mem_resize(list->item, list->cap, sizeof(*list->item));
	}
	list->item[list->count++] = *wish;
	return true;
}

static bool parse_regex(struct wish_list *list, struct port_wish *wish, struct arena *arena,
			struct opt_error *error)
{
	struct regex_link *link = mem_new(1, sizeof(*link));
	char why[160];
	int bad = regcomp(&link->regex, arena_text(arena, wish->owner), REG_EXTENDED | REG_NOSUB);

	if (bad != 0) {
		regerror(bad, &link->regex, why, sizeof(why));
		mem_free(link);
		return opt_error_value(error, wish->owner,
				       "is no POSIX extended regular expression: %s", why);
	}
	link->next = list->regexes;
	list->regexes = link;
	wish->regex = &link->regex;
	return true;
}

static bool parse_names(struct view names, struct view word, struct opt_error *error)
{
	struct view rest = names;

	if (names.n == 0 || view_ends(names, VIEW("+")))
		return opt_error_value(error, word, "names no owner behind \"%s\"",
				       names.n == 0 ? "=" : "+");
	while (rest.n > 0)
		if (view_trim(view_take_until(&rest, '+')).n == 0)
			return opt_error_value(error, word, "names no owner before \"+\"");
	return true;
}

/* "^kam,1440=none" can be no name. */
static bool holds_a_port(struct view expression)
{
	struct opt_error error;
	struct port_spec spec;

	for (view_take_until(&expression, ','); expression.n > 0;)
		if (port_spec_parse(view_take_until(&expression, ','), &spec, &error) &&
		    spec.has_policy)
			return true;
	return false;
}

static bool parse_owner(struct wish_list *list, struct port_wish *wish, struct view policy,
			struct view word, struct arena *arena, struct opt_error *error)
{
	static const struct {
		const char *word;
		enum wish_kind kind;
	} known[] = { { "any", WISH_ANY }, { "none", WISH_NONE }, { "any-or-none", WISH_REPORT } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (view_ieq(policy, view_of(known[i].word))) {
			wish->kind = known[i].kind;
			return true;
		}
	}
	wish->owner = policy;
	wish->kind = view_starts(policy, VIEW("~")) ? WISH_REGEX : WISH_NAMES;
	if (wish->kind == WISH_NAMES)
		return parse_names(policy, word, error);
	wish->owner = view_skip(policy, 1);
	if (wish->owner.n == 0)
		return opt_error_value(error, word, "names no expression behind \"~\"");
	if (holds_a_port(wish->owner))
		return opt_error_value(error, word,
				       "seems to hold another port: an expression "
				       "reaches to the end of the argument, so the "
				       "port needs a --port of its own");
	return parse_regex(list, wish, arena, error);
}

static bool parse_word(struct wish_list *list, struct view word, enum wish_kind unsaid,
		       struct arena *arena, struct opt_error *error)
{
	struct port_wish wish = { .kind = unsaid };
	struct port_spec spec;

	if (!port_spec_parse(word, &spec, error))
		return false;
	wish.range = spec.range;
	if (spec.has_policy && !parse_owner(list, &wish, spec.policy, word, arena, error))
		return false;
	wish.tcp = true;
	if (spec.tcp && !add_wish(list, &wish, word, error))
		return false;
	wish.tcp = false;
	return !spec.udp || add_wish(list, &wish, word, error);
}

/* A regular expression may hold commas, so it reaches to the end. */
static struct view take_word(struct view *list)
{
	size_t comma = view_find(*list, ','), regex = view_search(*list, VIEW("=~"));
	struct view word = view_first(*list, regex < comma ? list->n : comma);

	*list = view_skip(*list, word.n + 1);
	return word;
}

static bool parse_list(struct wish_list *list, struct view value, enum wish_kind unsaid,
		       struct arena *arena, struct opt_error *error)
{
	while (value.n > 0) {
		bool more = view_ends(value, VIEW(","));
		struct view word = take_word(&value);
		if (!parse_word(list, word, unsaid, arena, error))
			return false;
		if (more && value.n == 0 && view_search(word, VIEW("=~")) == word.n)
			return opt_error_value(error, word, "is followed by a comma and no port");
	}
	return true;
}

bool listener_parse_ports(void *field, struct view value, struct arena *arena,
			  struct opt_error *error)
{
	if (value.n == 0)
		return opt_error_set(error, "no port is given");
	return parse_list(field, value, WISH_REPORT, arena, error);
}

void listener_default_ports(struct check *check)
{
	struct opt_error error;

	parse_list(&check->conf.ports, VIEW("1440,2860,2861,5060,5061"), WISH_REPORT, &check->arena,
		   &error);
}

/* "#" in an expression is part of it unless a blank stands before it. */
static struct view without_comment(struct view line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '#' && (i == 0 || line.p[i - 1] == ' ' || line.p[i - 1] == '\t'))
			return view_first(line, i);
	return line;
}

bool listener_parse_allow(struct wish_list *list, struct view text, struct arena *arena,
			  unsigned *line, struct opt_error *error)
{
	for (*line = 1; text.n > 0; ++*line) {
		struct view rest = view_trim(without_comment(view_take_until(&text, '\n')));
		if (!parse_list(list, rest, WISH_ANY, arena, error))
			return false;
	}
	return true;
}

bool listener_parse_engine(void *field, struct view value, struct arena *arena,
			   struct opt_error *error)
{
	struct view *engine = field;

	if (!opt_parse_hex(engine, SNMP_ENGINE_MAX, value, arena, error))
		return false;
	return engine->n >= 5 ||
	       opt_error_value(error, value, "is no engine id: 5 to 32 bytes (RFC 3411 5)");
}

void listener_wishes_free(struct wish_list *list)
{
	while (list->regexes != NULL) {
		struct regex_link *link = list->regexes;
		list->regexes = link->next;
		regfree(&link->regex);
		mem_free(link);
	}
	mem_free(list->item);
}
