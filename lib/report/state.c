/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The four states; see state.h. */
#include "report/state.h"

static const char *const NAME[STATES] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
static const char *const WORD[STATES] = { "ok", "warning", "critical", "unknown" };
static const enum state SEVERITY[STATES] = { STATE_CRITICAL, STATE_UNKNOWN, STATE_WARNING,
					     STATE_OK };

const char *state_name(enum state state)
{
	return NAME[state];
}

const char *state_word(enum state state)
{
	return WORD[state];
}

bool state_parse(struct view text, enum state *out)
{
	for (unsigned i = 0; i < STATES; i++) {
		if (view_ieq(text, view_of(NAME[i])) ||
		    (text.n == 1 && text.p[0] == (char)('0' + i))) {
			*out = (enum state)i;
			return true;
		}
	}
	return false;
}

enum state state_worse(enum state a, enum state b)
{
	for (unsigned i = 0; i < STATES; i++)
		if (a == SEVERITY[i] || b == SEVERITY[i])
			return SEVERITY[i];
	return a;
}

enum state state_by_severity(unsigned place)
{
	return SEVERITY[place];
}
