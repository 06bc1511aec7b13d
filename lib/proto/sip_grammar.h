/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The small pieces of SIP's grammar (RFC 3261 section 25.1) from which header values are made.
 *
 * Each function takes from the front of a view.  White space includes folds: inside a value whose
 * line ends were checked, CR and LF occur in no other place.
 */
#ifndef PROTO_SIP_GRAMMAR_H
#define PROTO_SIP_GRAMMAR_H

#include "base/bytes.h"

/* Empty when no token comes next. */
struct view sip_take_token(struct view *v);
/* LWS; false when there is none. */
bool sip_take_space(struct view *v);
/* `c` with white space around it, as in COMMA, SEMI, SLASH and EQUAL; nothing is taken on false. */
bool sip_take_mark(struct view *v, char c);
/* `inside` is what stands between the quotes, with its backslashes. False, and nothing taken, when
 * no quote comes next or the closing one is missing. */
bool sip_take_quoted(struct view *v, struct view *inside);
/* False for any byte below space and for DEL in `v`, CR, LF and NUL among them. */
bool sip_is_clean(struct view v);

#endif
