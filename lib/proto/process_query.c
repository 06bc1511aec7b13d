/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and paths of processes; see process_query.h. */
#include "proto/process_query.h"

#include "proto/snmp_reply.h"

enum { BATCH_MAX = 12, COLUMNS = 2 };

static const struct oid NAME = { 11, { 1, 3, 6, 1, 2, 1, 25, 4, 2, 1, 2 } }; /* hrSWRunName */
static const struct oid PATH = { 11, { 1, 3, 6, 1, 2, 1, 25, 4, 2, 1, 4 } }; /* hrSWRunPath */

static struct oid at(const struct oid *column, uint32_t index)
{
	struct oid oid = *column;

	oid_append(&oid, index);
	return oid;
}

static void plan(const struct process_query *query, struct snmp_request *request)
{
	bool probing = query->missing > 0;

	request->ask = probing ? SNMP_NEXT : SNMP_GET;
	request->repetitions = 1;
	request->count = probing;
	request->oid[0] = NAME;
	if (probing)
		return;
	for (size_t i = query->told; i < query->count && i < query->told + query->batch; i++) {
		request->oid[request->count++] = at(&NAME, query->pid[i]);
		request->oid[request->count++] = at(&PATH, query->pid[i]);
	}
}

static bool is_missing(const struct snmp_var *var)
{
	return var->type == SNMP_NO_OBJECT || var->type == SNMP_NO_INSTANCE;
}

/* NULL when each variable is what was asked. */
static const char *why_no_values(const struct snmp_request *request, const struct snmp_reply *reply)
{
	if (reply->count < COLUMNS)
		return "the agent's reply leaves out what was asked";
	for (size_t i = 0; i < reply->count; i++) {
		const struct snmp_var *var = &reply->var[i];
		if (oid_compare(&var->oid, &request->oid[i]) != 0)
			return "the agent's reply is about something else";
		if (i % COLUMNS == 0 && var->type != SNMP_TEXT && !is_missing(var))
			return "the agent's process names are no text";
	}
	return NULL;
}

/* A reply may be shorter than its request; what is missing is asked again. */
static void tell(struct process_query *query, const struct snmp_reply *reply)
{
	for (size_t i = 0; i + 1 < reply->count; i += COLUMNS, query->told++) {
		const struct snmp_var *name = &reply->var[i], *path = &reply->var[i + 1];
		bool known = name->type == SNMP_TEXT;
		query->found(query->ctx, query->told, known ? PROCESS_KNOWN : PROCESS_GONE,
			     known ? name->text : VIEW(""),
			     known && path->type == SNMP_TEXT ? path->text : VIEW(""));
	}
}

static void read_values(struct process_query *query, const struct snmp_request *request,
			const struct snmp_reply *reply)
{
	query->why = why_no_values(request, reply);
	if (query->why != NULL)
		return;
	for (size_t i = 0; i < reply->count; i += COLUMNS)
		query->shown = query->shown || !is_missing(&reply->var[i]);
	if (query->shown)
		tell(query, reply);
	else
		query->missing = reply->count / COLUMNS;
}

static void read_probe(struct process_query *query, const struct snmp_request *request,
		       const struct snmp_reply *reply)
{
	const struct snmp_var *first = &reply->var[0];

	query->why = snmp_next_why(&request->oid[0], first);
	if (query->why != NULL)
		return;
	query->shown = first->type != SNMP_END && oid_starts(&first->oid, &NAME);
	if (!query->shown)
		query->missing = query->count - query->told;
	for (; query->missing > 0; query->missing--, query->told++)
		query->found(query->ctx, query->told, query->shown ? PROCESS_GONE : PROCESS_HIDDEN,
			     VIEW(""), VIEW(""));
}

static void read_reply(struct process_query *query, const struct snmp_request *request,
		       const struct snmp_reply *reply)
{
	if (reply->error == SNMP_TOO_BIG && query->batch > 1 && query->missing == 0) {
		query->batch /= 2;
		return;
	}
	query->why = snmp_reply_why(request, reply);
	if (query->why == NULL && query->missing > 0)
		read_probe(query, request, reply);
	else if (query->why == NULL)
		read_values(query, request, reply);
}

bool process_query_next(struct process_query *query, const struct snmp_reply *reply,
			struct snmp_request *request)
{
	if (query->batch == 0)
		query->batch = BATCH_MAX;
	if (reply != NULL && query->why == NULL && query->told < query->count) {
		plan(query, request); /* the one that is answered */
		read_reply(query, request, reply);
	}
	if (query->why != NULL || query->told >= query->count)
		return false;
	plan(query, request);
	return true;
}
