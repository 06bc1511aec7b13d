/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is required of an agent that answers: types, services, lifetimes, attributes, roles, scopes. */
#include "check_eicon_slp.h"

#include "base/escape.h"
#include "base/text.h"

struct wishing {
	const struct check *check;
	const struct slp_findings *found;
	struct wr *clauses;
};

static void unmet(struct wishing *w, const struct wr *clause)
{
	if (w->clauses->n > 0)
		wr_str(w->clauses, ", ");
	wr_put(w->clauses, wr_view(clause));
}

static void unmet_text(struct wishing *w, const char *before, struct view what, const char *behind)
{
	char buffer[200];
	struct wr clause = wr_over(buffer, sizeof(buffer));

	wr_str(&clause, before);
	wr_field(&clause, what);
	wr_str(&clause, behind);
	unmet(w, &clause);
}

static void unmet_str(struct wishing *w, const char *clause)
{
	unmet_text(w, clause, VIEW(""), "");
}

/* By --query or a requirement. */
static bool is_asked(const struct wishing *w, unsigned want)
{
	return (eicon_wanted(&w->check->conf) & want) != 0;
}

static void untold(struct wishing *w, const char *what)
{
	char buffer[120];
	struct wr clause = wr_over(buffer, sizeof(buffer));

	wr_fmt(&clause, "no good reply to the request for %s", what);
	if (w->found->errors > 0) {
		wr_str(&clause, ": ");
		eicon_put_error(&clause, w->found);
	}
	unmet(w, &clause);
}

static void check_types(struct wishing *w)
{
	const struct conf *conf = &w->check->conf;

	if (!w->found->types_told && is_asked(w, SLP_WANT_TYPES)) {
		untold(w, "types");
		return;
	}
	for (size_t i = 0; i < conf->required_types; i++)
		if ((w->found->types_met & UINT32_C(1) << i) == 0)
			unmet_text(w, "no type ", conf->required_type[i], "");
}

/* Services and attributes are asked for type by type. */
static const char *of_how_many(const struct wishing *w)
{
	bool all = w->check->conf.type.n > 0 || w->found->types.seen <= SLP_FOLLOW_TYPES_MAX;

	return all ? "" : " among the first 16 types";
}

/* Without a type there is nothing to ask about. */
static bool knows_types(const struct wishing *w)
{
	return w->check->conf.type.n > 0 || w->found->types.seen > 0 || !w->found->types_told;
}

static void check_services(struct wishing *w)
{
	const struct conf *conf = &w->check->conf;
	const struct slp_findings *found = w->found;
	char buffer[120];
	struct wr clause = wr_over(buffer, sizeof(buffer));

	if (!found->services_told && knows_types(w) && is_asked(w, SLP_WANT_SERVICES)) {
		untold(w, "services");
		return;
	}
	if (conf->has_min_services && found->urls.seen < conf->min_services) {
		wr_fmt(&clause, "%u of %llu required services%s", found->urls.seen,
		       (unsigned long long)conf->min_services, of_how_many(w));
		unmet(w, &clause);
	}
	wr_reset(&clause);
	if (conf->min_lifetime_s > 0 && !found->has_lifetime) {
		unmet_str(w, "no service whose lifetime could be checked");
	} else if (found->has_lifetime && found->min_lifetime_s < conf->min_lifetime_s) {
		wr_fmt(&clause, "a service expires in %u s, %llu required",
		       (unsigned)found->min_lifetime_s, (unsigned long long)conf->min_lifetime_s);
		unmet(w, &clause);
	}
}

/* Different values under the tag, so that the reader sees what is there instead: " by 30, 60". */
static void put_seen(struct wr *w, const struct slp_findings *found, const struct slp_wish *wish)
{
	char room[96];
	struct slp_texts values = { .n = 0 };
	struct view list, value;
	size_t at = 0;

	while (slp_texts_next(&found->attrs, found->attrs_room, &at, &list)) {
		slp_wish_holds(wish, list, found->v2 ? 2 : 1, &value);
		if (value.n > 0)
			slp_texts_add(&values, room, sizeof(room), value);
	}
	at = 0;
	wr_str(w, values.kept > 0 ? " is not met by " : " is not there");
	for (const char *before = ""; slp_texts_next(&values, room, &at, &value); before = ", ") {
		wr_str(w, before);
		wr_field(w, value);
	}
}

static void put_wish(struct wr *w, const struct slp_wish *wish)
{
	static const char *const sign[] = { "", "=", "!=", "<", "<=", ">", ">=" };

	wr_field(w, wish->tag);
	wr_str(w, sign[wish->relation]);
	wr_field(w, wish->value);
}

static void check_attrs(struct wishing *w)
{
	const struct conf *conf = &w->check->conf;

	if (!w->found->attrs_told && knows_types(w) && is_asked(w, SLP_WANT_ATTRS)) {
		untold(w, "attributes");
		return;
	}
	for (size_t i = 0; i < conf->attrs; i++) {
		char buffer[240];
		struct wr clause = wr_over(buffer, sizeof(buffer));
		if ((w->found->attrs_met & UINT32_C(1) << i) != 0)
			continue;
		wr_str(&clause, "attribute ");
		put_wish(&clause, &conf->attr[i]);
		put_seen(&clause, w->found, &conf->attr[i]);
		wr_str(&clause, of_how_many(w));
		unmet(w, &clause);
	}
}

static bool has_scope(const struct slp_findings *found, struct view scope)
{
	struct view at_hand;
	size_t at = 0;

	while (slp_texts_next(&found->scopes, found->scopes_room, &at, &at_hand))
		if (slp_text_eq(at_hand, scope, 2))
			return true;
	return false;
}

static void check_roles(struct wishing *w)
{
	const struct conf *conf = &w->check->conf;

	if (conf->require_sa && !w->found->sa)
		unmet_str(w, "no service agent advertises itself");
	if (conf->require_da && !w->found->da)
		unmet_str(w, "no directory agent advertises itself");
	for (size_t i = 0; i < conf->required_scopes; i++)
		if (!has_scope(w->found, conf->required_scope[i]))
			unmet_text(w, "no scope ", conf->required_scope[i],
				   w->found->scopes.clipped ? " among those that were looked at"
							    : "");
}

static void check_uptime(struct wishing *w)
{
	const struct conf *conf = &w->check->conf;
	int64_t up_us = check_unix_us() - (int64_t)w->found->boot_time * 1000000;
	char buffer[120];
	struct wr clause = wr_over(buffer, sizeof(buffer));

	if (conf->min_uptime_us == 0)
		return;
	if (!w->found->has_boot_time) {
		unmet_str(w, "no directory agent tells its boot time");
	} else if (w->found->boot_time == 0) {
		unmet_str(w, "the directory agent is going down");
	} else if (up_us < conf->min_uptime_us) {
		wr_str(&clause, "the directory agent is up for ");
		wr_duration(&clause, up_us > 0 ? up_us : 0);
		wr_str(&clause, " only");
		unmet(w, &clause);
	}
}

void eicon_put_unmet(struct wr *clauses, const struct check *check,
		     const struct slp_findings *found)
{
	struct wishing w = { check, found, clauses };

	check_types(&w);
	check_services(&w);
	check_attrs(&w);
	check_roles(&w);
	check_uptime(&w);
}

/* Services and attributes are asked for type by type, one answer after the other. */
void eicon_put_missing(struct wr *w, const struct check *check, const struct slp_client *client,
		       const struct trace *trace)
{
	const struct conf *conf = &check->conf;
	const struct slp_findings *found = &client->found;
	unsigned unanswered = slp_client_unanswered(client);
	bool types = conf->type.n == 0 &&
		     (found->types.clipped || found->types.seen > SLP_FOLLOW_TYPES_MAX);

	if (!conf->has_min_services && conf->min_lifetime_s == 0 && conf->attrs == 0)
		return;
	if (trace->fault != FAULT_NONE) {
		wr_str(w, "not all of it was asked");
	} else if (unanswered > 0) {
		wr_count(w, unanswered, "request", "requests");
		wr_str(w, " about it got no reply");
	} else if (client->overflowed) {
		wr_str(w, "some of it is cut");
	} else if (types) {
		wr_fmt(w, "only %d of %u types were looked into: name one with --type",
		       SLP_FOLLOW_TYPES_MAX, found->types.seen);
	}
}
