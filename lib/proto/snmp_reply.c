/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replies that are no answers; see snmp_reply.h. */
#include "proto/snmp_reply.h"

static const char *error_why(int64_t status)
{
	switch (status) {
	case SNMP_TOO_BIG:
		return "the agent cannot fit a single row into a reply (tooBig)";
	case 2:
		return "the agent answers as in SNMPv1 (noSuchName)";
	case SNMP_GEN_ERR:
		return "the agent failed to read its own tables (genErr)";
	case 6:
		return "the agent refuses access (noAccess)";
	case 13:
		return "the agent has no resources left (resourceUnavailable)";
	case SNMP_AUTHORIZATION_ERROR:
		return "the agent refuses access (authorizationError)";
	default:
		return "the agent answers with an error that reading cannot cause";
	}
}

const char *snmp_reply_why(const struct snmp_request *request, const struct snmp_reply *reply)
{
	size_t repetitions = request->ask == SNMP_BULK ? request->repetitions : 1;

	if (reply->error != 0)
		return error_why(reply->error);
	if (reply->count == 0)
		return "the agent's reply is empty";
	if (reply->count > request->count * repetitions)
		return "the agent's reply holds more than was asked";
	return NULL;
}

const char *snmp_next_why(const struct oid *asked, const struct snmp_var *var)
{
	if (var->type == SNMP_END)
		return NULL;
	if (var->type == SNMP_NO_OBJECT || var->type == SNMP_NO_INSTANCE)
		return "the agent answers \"what follows?\" with noSuchObject";
	return oid_compare(&var->oid, asked) <= 0 ? "the agent's tables do not increase" : NULL;
}
