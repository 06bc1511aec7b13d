/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What check_listener wants of the owner of a port. */
#include "check_listener.h"

#include <fnmatch.h>

/* The kernel cuts the name of a process after 15 bytes. */
enum { COMM_MAX = 15 };

static struct view without_deleted(struct view path)
{
	return view_ends(path, VIEW(" (deleted)")) ? view_first(path, path.n - 10) : path;
}

static struct view base_name(struct view path)
{
	path = without_deleted(path);
	for (size_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/')
			return view_skip(path, i);
	return path;
}

/* Of the program file. What an agent tells for it is chosen by whoever starts the program. */
static struct view program_name(const struct holder *holder)
{
	return holder->by_agent ? holder->name : base_name(holder->path);
}

static bool is_name(struct view wanted, const struct holder *holder)
{
	return view_eq(wanted, holder->name) || view_eq(wanted, program_name(holder)) ||
	       (holder->name.n == COMM_MAX && view_starts(wanted, holder->name));
}

static bool matches(const regex_t *regex, struct view text)
{
	regmatch_t whole = { .rm_so = 0, .rm_eo = (regoff_t)text.n };

	return text.n > 0 && regexec(regex, text.p, 1, &whole, REG_STARTEND) == 0;
}

bool listener_name_fits(const struct port_wish *wish, const struct holder *holder)
{
	struct view names = wish->owner;

	if (wish->kind == WISH_REGEX)
		return matches(wish->regex, holder->name) ||
		       matches(wish->regex, program_name(holder));
	if (wish->kind != WISH_NAMES)
		return true;
	while (names.n > 0)
		if (is_name(view_trim(view_take_until(&names, '+')), holder))
			return true;
	return false;
}

/* Whether one of the patterns fits; no pattern fits all. */
static bool glob_fits(const struct opt_list *patterns, struct view text)
{
	struct arena arena = { .last = NULL };
	bool fits = patterns->count == 0;

	for (size_t i = 0; i < patterns->count && !fits && text.n > 0; i++)
		fits = fnmatch(arena_text(&arena, patterns->item[i]), arena_text(&arena, text),
			       0) == 0;
	arena_free(&arena);
	return fits;
}

bool listener_user_fits(const struct check *check, uint32_t uid)
{
	bool fits = check->conf.user.count == 0;

	for (size_t i = 0; i < check->conf.user.count && !fits; i++)
		fits = check->uid[i] == uid;
	return fits;
}

bool listener_further_fits(const struct check *check, const struct holder *holder)
{
	return listener_user_fits(check, holder->uid) &&
	       glob_fits(&check->conf.path,
			 holder->elsewhere ? VIEW("") : without_deleted(holder->path)) &&
	       glob_fits(&check->conf.unit, view_of(holder->unit));
}

const struct port_wish *listener_allowed(const struct check *check, bool tcp, unsigned port)
{
	for (size_t i = 0; i < check->allowed.count; i++) {
		const struct port_wish *wish = &check->allowed.item[i];
		if (wish->tcp == tcp && wish->range.first <= port && port <= wish->range.last)
			return wish;
	}
	return NULL;
}
