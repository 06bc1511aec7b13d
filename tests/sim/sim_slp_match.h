/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an SLP request asks for: scopes, service types, attributes and predicates (RFC 2608). */
#ifndef SIM_SLP_MATCH_H
#define SIM_SLP_MATCH_H

#include "sim_text.h"

/* ASCII case is ignored in all comparisons (RFC 2608 section 6.4). */
bool slp_same(struct span a, struct span b);

/* The next item of a comma list, without white space around it; false at the end. */
bool list_next(struct span *list, struct span *item);
bool list_has(struct span list, struct span item);
bool lists_meet(struct span a, struct span b);

/* Also an abstract type for its concrete ones, and a type without its "service:". */
bool type_matches(struct span asked, struct span have);
/* "eicon" of "service:diva.eicon:capi"; empty: IANA. */
struct span type_authority(struct span type);

struct attribute {
	struct span whole, tag, values; /* a keyword has no values */
};

/* The next one of "(tag=value,value),keyword"; false at the end. */
bool attribute_next(struct span *list, struct attribute *attribute);
/* An empty list names all; a tag may end in an asterisk. */
bool tags_have(struct span tags, struct span tag);

/*
 * (tag=value), (tag>=number), (tag<=number), (tag=*), or (&...) of these; version 1 writes ==.
 * False for *match where the predicate is not understood.
 */
bool predicate_read(struct span predicate, struct span attributes, bool *match);

#endif
