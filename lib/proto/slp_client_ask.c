/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The questions of slp_client: which one comes next, and its bytes. */
#include "proto/slp_client_private.h"

/* More than there are questions: version 1 over TCP has XIDs of its own. */
enum { XID_STEP_V1_STREAM = 64 };

static bool is_default(struct view scope)
{
	return slp_text_eq(scope, VIEW("DEFAULT"), 2);
}

/* Whether an advert names a scope that a request without the caller's scopes did not ask in. */
static bool has_other_scopes(const struct slp_client *client, const struct slp_client_arg *arg)
{
	const struct slp_findings *found = &client->found;
	struct view scope;
	size_t at = 0;

	while (!arg->has_scopes && slp_texts_next(&found->scopes, found->scopes_room, &at, &scope))
		if (!found->v2 || !is_default(scope))
			return true;
	return false;
}

static bool wants_types(const struct slp_client *client, const struct slp_client_arg *arg)
{
	const struct slp_findings *found = &client->found;
	unsigned needs = SLP_WANT_TYPES;

	if (arg->type.n == 0)
		needs |= SLP_WANT_SERVICES | SLP_WANT_ATTRS;
	if ((client->want & needs) == 0)
		return false;
	bool lacks = found->types.seen == 0 ||
		     found->types_met != (uint32_t)((UINT64_C(1) << arg->wishes.types) - 1);

	return !found->types_told || (lacks && has_other_scopes(client, arg));
}

static bool wants_of_type(const struct slp_client *client, const struct slp_client_arg *arg,
			  unsigned want, unsigned index)
{
	unsigned types = arg->type.n > 0 ? 1 : client->found.types.kept;

	return (client->want & want) != 0 && index < types;
}

static bool is_wanted(const struct slp_client *client, const struct slp_client_arg *arg,
		      unsigned question)
{
	const struct slp_findings *found = &client->found;

	if (question == SLP_QUESTION_SA)
		return (client->want & SLP_WANT_SA) != 0 && found->v2 && !found->sa;
	if (question == SLP_QUESTION_DA)
		return (client->want & SLP_WANT_DA) != 0 && !found->da;
	if (question == SLP_QUESTION_TYPES)
		return wants_types(client, arg);
	if (question < SLP_QUESTION_ATTRS)
		return wants_of_type(client, arg, SLP_WANT_SERVICES,
				     question - SLP_QUESTION_SERVICES);
	return wants_of_type(client, arg, SLP_WANT_ATTRS, question - SLP_QUESTION_ATTRS);
}

unsigned slp_client_choose(const struct slp_client *client, const struct slp_client_arg *arg)
{
	unsigned question = client->next;

	if (!client->following)
		return question < arg->plan_count ? question : SLP_QUESTIONS;
	while (question < SLP_QUESTIONS && !is_wanted(client, arg, question))
		question++;
	return question;
}

static uint8_t function_of(unsigned question)
{
	if (question == SLP_QUESTION_TYPES)
		return SLP_SRV_TYPE_RQST;
	return question < SLP_QUESTION_ATTRS ? SLP_SRV_RQST : SLP_ATTR_RQST;
}

struct slp_asked slp_client_ask(const struct slp_client *client, const struct slp_client_arg *arg,
				unsigned question, bool stream)
{
	bool planned = question < SLP_PLAN_MAX;
	struct slp_asked ask = { .question = (uint8_t)question };
	uint32_t step = question;

	ask.version = client->found.v2 ? 2 : 1;
	ask.function = function_of(question);
	ask.scopes = (uint8_t)client->found.scopes.kept;
	if (planned) {
		ask.version = arg->plan[question].version;
		ask.function = (uint8_t)arg->plan[question].function;
		ask.scopes = 0;
	}
	if (ask.version == 1 && ask.scopes > 1)
		ask.scopes = 1;
	if (ask.version == 1 && stream)
		step += XID_STEP_V1_STREAM;
	ask.xid = (uint16_t)((arg->xid + UINT16_MAX - 1u + step) % UINT16_MAX + 1);
	return ask;
}

static struct view nth_type(const struct slp_findings *found, unsigned n)
{
	struct view type = { "", 0 };
	size_t at = 0;

	while (slp_texts_next(&found->types, found->types_room, &at, &type) && n > 0)
		n--;
	return type;
}

struct view slp_client_ask_type(const struct slp_client *client, const struct slp_client_arg *arg,
				const struct slp_asked *ask)
{
	unsigned question = ask->question;

	if (question < SLP_PLAN_MAX)
		return view_of(arg->plan[question].type);
	if (question == SLP_QUESTION_SA)
		return VIEW("service:service-agent");
	if (question == SLP_QUESTION_DA)
		return VIEW("service:directory-agent");
	if (question == SLP_QUESTION_TYPES)
		return VIEW("");
	if (question >= SLP_QUESTION_ATTRS)
		return arg->type.n > 0 ? arg->type
				       : nth_type(&client->found, question - SLP_QUESTION_ATTRS);
	return arg->type.n > 0 ? view_first(arg->type, view_search(arg->type, VIEW(":/")))
			       : nth_type(&client->found, question - SLP_QUESTION_SERVICES);
}

static void join_scopes(const struct slp_findings *found, unsigned count, struct wr *w)
{
	struct view scope;
	size_t at = 0;

	for (unsigned i = 0;
	     i < count && slp_texts_next(&found->scopes, found->scopes_room, &at, &scope); i++) {
		if (i > 0)
			wr_byte(w, ',');
		wr_put(w, scope);
	}
}

bool slp_client_write(const struct slp_client *client, const struct slp_client_arg *arg,
		      const struct slp_asked *ask, struct wr *out)
{
	char room[SLP_SCOPES_BYTES]; /* a comma is shorter than the length before a text */
	struct wr scopes = wr_over(room, sizeof(room));
	struct slp_query query = {
		.version = ask->version,
		.function = ask->function,
		.xid = ask->xid,
		.language = arg->language,
		.type = slp_client_ask_type(client, arg, ask),
	};
	bool agents = slp_type_is_agent(query.type);

	join_scopes(&client->found, ask->scopes, &scopes);
	if (arg->has_scopes)
		query.scopes = arg->scopes;
	else if (!agents && scopes.n > 0)
		query.scopes = wr_view(&scopes);
	else if (!agents && ask->version == 2)
		query.scopes = VIEW("DEFAULT");
	if (ask->function == SLP_SRV_RQST && !agents)
		query.predicate = arg->predicate;
	if (ask->function == SLP_ATTR_RQST)
		query.tags = arg->tags;
	return wr_slp_query(out, &query);
}
