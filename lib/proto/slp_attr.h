/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Attribute lists, "(channels=30),(capabilities=voice,fax),secure" (RFC 2608 5, RFC 2165 20.5), and
 * wishes that they can fulfil.  Escapes are `\2c` in version 2 and `&#44;` in version 1.
 */
#ifndef PROTO_SLP_ATTR_H
#define PROTO_SLP_ATTR_H

#include "base/text.h"

struct slp_attr {
	struct view tag, values; /* raw, `tag` without blanks at its ends */
	bool keyword;		 /* has no values */
};

/* PARSE_OK: the next attribute; PARSE_MORE: the list is over; PARSE_BAD: the rest is no list, and stays.
 * Empty items are passed over; "(secure)" is a keyword like "secure". */
enum parse slp_next_attr(struct view *list, struct slp_attr *out);
/* The next of the comma-separated values; false at the end. */
bool slp_next_value(struct view *values, struct view *out);

/* Without escapes; what is no valid escape stays as it is. */
void wr_slp_unescaped(struct wr *w, struct view raw, uint8_t version);
/* As RFC 2608 6.4 compares: without escapes, whatever the ASCII case, runs of white space as one, none
 * at the ends. */
bool slp_text_eq(struct view raw, struct view wanted, uint8_t version);

enum slp_relation { SLP_PRESENT, SLP_EQ, SLP_NE, SLP_LT, SLP_LE, SLP_GT, SLP_GE };

struct slp_wish {
	struct view tag;
	enum slp_relation relation;
	struct view value;
	double number; /* of the last four: `value` as number */
};

/* "channels>=30", "capabilities=fax", "secure", "mode!=test"; blanks around tag and value are taken off.
 * The views point into `text`. False with a constant clause and the column (from 1). */
bool slp_wish_parse(struct view text, struct slp_wish *out, size_t *column, const char **why);
/* Whether one attribute list fulfils the wish: one value of the attribute does, with SLP_NE the
 * attribute is there and no value is that one.  Where the list breaks off it is over.  `seen`, when not
 * NULL, gets the raw values of the first such attribute, empty when it is not there. */
bool slp_wish_holds(const struct slp_wish *wish, struct view list, uint8_t version,
		    struct view *seen);

#endif
