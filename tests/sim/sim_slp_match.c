/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scopes, types, attributes and predicates; see sim_slp_match.h. */
#include "sim_slp_match.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

bool slp_same(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

bool list_next(struct span *list, struct span *item)
{
	if (list->n == 0)
		return false;
	*item = span_trim(span_cut(list, ','));
	return true;
}

bool list_has(struct span list, struct span item)
{
	struct span next;

	while (list_next(&list, &next))
		if (slp_same(next, item))
			return true;
	return false;
}

bool lists_meet(struct span a, struct span b)
{
	struct span item;

	while (list_next(&a, &item))
		if (item.n > 0 && list_has(b, item))
			return true;
	return false;
}

static struct span type_bare(struct span type)
{
	return span_starts(type, "service:") ? span_skip(type, strlen("service:")) : type;
}

bool type_matches(struct span asked, struct span have)
{
	asked = type_bare(asked);
	have = type_bare(have);
	if (have.n > asked.n && have.p[asked.n] == ':')
		have.n = asked.n;
	return asked.n > 0 && slp_same(asked, have);
}

struct span type_authority(struct span type)
{
	struct span rest = type_bare(type), name = span_cut(&rest, ':');

	span_cut(&name, '.');
	return name;
}

bool attribute_next(struct span *list, struct attribute *attribute)
{
	while (list->n > 0 && list->p[0] == ',')
		*list = span_skip(*list, 1);
	if (list->n == 0)
		return false;

	struct span start = *list, inside;

	if (list->p[0] == '(') {
		inside = span_cut(list, ')');
		attribute->whole = (struct span){ start.p, start.n - list->n };
		inside = span_skip(inside, 1);
		attribute->tag = span_trim(span_cut(&inside, '='));
		attribute->values = inside;
		return true;
	}
	attribute->whole = span_cut(list, ',');
	attribute->tag = span_trim(attribute->whole);
	attribute->values = (struct span){ NULL, 0 };
	return true;
}

bool tags_have(struct span tags, struct span tag)
{
	struct span want;
	bool all = tags.n == 0;

	while (!all && list_next(&tags, &want)) {
		struct span begin = { tag.p, want.n > 0 ? want.n - 1 : 0 };

		if (want.n > 0 && want.p[want.n - 1] == '*')
			all = begin.n <= tag.n && slp_same(begin, (struct span){ want.p, begin.n });
		else
			all = slp_same(want, tag);
	}
	return all;
}

static bool value_matches(struct span value, char compare, struct span wanted)
{
	unsigned long have, want;

	if (compare == '=')
		return span_is(wanted, "*") || slp_same(value, wanted);
	if (!span_number(value, ULONG_MAX, &have) || !span_number(wanted, ULONG_MAX, &want))
		return false;
	return compare == '>' ? have >= want : have <= want;
}

/* `term` without its parentheses. */
static bool term_read(struct span term, struct span attributes, bool *match)
{
	struct span tag = term, wanted;
	struct attribute a;
	size_t at = span_search(term, (struct span){ "=", 1 });
	char compare = '=';

	if (at == 0 || at == term.n)
		return false;
	tag.n = at;
	wanted = span_skip(term, at + 1);
	if (tag.p[at - 1] == '>' || tag.p[at - 1] == '<')
		compare = tag.p[--tag.n];
	else if (wanted.n > 0 && wanted.p[0] == '=')
		wanted = span_skip(wanted, 1);
	tag = span_trim(tag);
	wanted = span_trim(wanted);
	*match = false;
	while (!*match && attribute_next(&attributes, &a)) {
		struct span value;

		if (!slp_same(a.tag, tag))
			continue;
		*match = span_is(wanted, "*");
		while (!*match && list_next(&a.values, &value))
			*match = value_matches(value, compare, wanted);
	}
	return tag.n > 0 && wanted.n > 0;
}

bool predicate_read(struct span predicate, struct span attributes, bool *match)
{
	bool both = span_starts(predicate, "(&") && predicate.p[predicate.n - 1] == ')', one;

	*match = true;
	if (both)
		predicate = (struct span){ predicate.p + 2, predicate.n - 3 };
	predicate = span_trim(predicate);
	if (both && predicate.n == 0)
		return false;
	while (predicate.n > 0) {
		struct span term = predicate;

		term.n = span_search(term, (struct span){ ")", 1 });
		if (predicate.p[0] != '(' || term.n == predicate.n ||
		    !term_read(span_skip(term, 1), attributes, &one))
			return false;
		*match = *match && one;
		predicate = span_trim(span_skip(predicate, term.n + 1));
		if (!both && predicate.n > 0)
			return false;
	}
	return true;
}
