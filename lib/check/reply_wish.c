/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a reply must hold; see reply_wish.h. */
#include "check/reply_wish.h"

#include <string.h>

bool reply_wish_parse_hex(void *field, struct view value, struct arena *arena,
			  struct opt_error *error)
{
	struct reply_wish *wish = field;

	return opt_parse_hex(&wish->bytes, REPLY_WISH_BYTES_MAX, value, arena, error);
}

bool reply_wish_parse_regex(void *field, struct view value, struct arena *arena,
			    struct opt_error *error)
{
	struct reply_wish *wish = field;
	char why[160];

	if (wish->has_regex)
		regfree(&wish->regex);
	int code = regcomp(&wish->regex, arena_text(arena, value), REG_EXTENDED | REG_NOSUB);
	wish->has_regex = code == 0;
	if (code == 0)
		return true;
	regerror(code, &wish->regex, why, sizeof(why));
	return opt_error_value(error, value, "is no regular expression: %s", why);
}

bool reply_wish_given(const struct reply_wish *wish)
{
	return wish->has_regex || wish->bytes.n > 0;
}

/* The length counts, and a NUL ends nothing; the copy ends in one for what looks for it all the same. */
static bool matches_regex(const regex_t *regex, struct view reply)
{
	regmatch_t whole = { .rm_so = 0, .rm_eo = (regoff_t)reply.n };
	char *text = mem_new(reply.n + 1, 1);

	if (reply.n > 0)
		memcpy(text, reply.p, reply.n);
	bool matches = regexec(regex, text, 1, &whole, REG_STARTEND) == 0;
	mem_free(text);
	return matches;
}

bool reply_wish_matches(const void *ctx, struct view reply)
{
	const struct reply_wish *wish = ctx;

	if (wish->bytes.n > 0 && view_search(reply, wish->bytes) == reply.n)
		return false;
	return !wish->has_regex || matches_regex(&wish->regex, reply);
}

void reply_wish_free(struct reply_wish *wish)
{
	if (wish->has_regex)
		regfree(&wish->regex);
	wish->has_regex = false;
}
