/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Date header; see sip_date.h. */
#include "proto/sip_date.h"

#include "base/text.h"

static bool take_number(struct view *text, size_t digits, char end, uint64_t max, int64_t *out)
{
	uint64_t value;

	if (text->n <= digits || text->p[digits] != end ||
	    !text_u64(view_first(*text, digits), max, &value))
		return false;
	*text = view_skip(*text, digits + 1);
	*out = (int64_t)value;
	return true;
}

static bool take_month(struct view *text, int64_t *out)
{
	struct view names = VIEW("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec ");

	for (int64_t month = 1; month <= 12; month++, names = view_skip(names, 4)) {
		if (view_starts(*text, view_first(names, 4))) {
			*text = view_skip(*text, 4);
			*out = month;
			return true;
		}
	}
	return false;
}

/* Days since 1970-01-01 in the Gregorian calendar; the year begins in March so that the leap day is
 * its last. */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

bool sip_date_parse(struct view text, int64_t *unix_s)
{
	int64_t day, month, year, hour, minute, second;

	view_take_until(&text, ',');
	if (!view_take_char(&text, ' ') || !take_number(&text, 2, ' ', 31, &day) ||
	    !take_month(&text, &month) || !take_number(&text, 4, ' ', 9999, &year) ||
	    !take_number(&text, 2, ':', 23, &hour) || !take_number(&text, 2, ':', 59, &minute) ||
	    !take_number(&text, 2, ' ', 60, &second) || !view_eq(text, VIEW("GMT")))
		return false;
	if (day == 0 || year < 1970)
		return false;
	*unix_s = days_from_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	return true;
}
