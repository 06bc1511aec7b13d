/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests and replies between our plain values and net-snmp's. */
#define _GNU_SOURCE
#include "snmp/module_private.h"

#include "base/mem.h"

#include <string.h>

netsnmp_pdu *snmp_pdu_of(const struct snmp_request *request, char *why, size_t cap)
{
	static const int command[] = { [SNMP_GET] = SNMP_MSG_GET,
				       [SNMP_NEXT] = SNMP_MSG_GETNEXT,
				       [SNMP_BULK] = SNMP_MSG_GETBULK };
	netsnmp_pdu *pdu = NULL;
	oid name[OID_ARCS_MAX];
	bool ok = request->count > 0 && request->count <= SNMP_VARS_MAX &&
		  (pdu = snmp_pdu_create(command[request->ask])) != NULL;

	for (size_t i = 0; ok && i < request->count; i++) {
		const struct oid *from = &request->oid[i];
		ok = from->n >= 2 && from->n <= OID_ARCS_MAX;
		for (size_t k = 0; ok && k < from->n; k++)
			name[k] = from->arc[k];
		ok = ok && snmp_add_null_var(pdu, name, from->n) != NULL;
	}
	if (ok && request->ask == SNMP_BULK) {
		pdu->non_repeaters = 0;
		pdu->max_repetitions = (int32_t)(request->repetitions & INT32_MAX);
	}
	if (ok)
		return pdu;
	snmp_free_pdu(pdu);
	snmp_say(why, cap, "a request that SNMP cannot carry");
	return NULL;
}

static bool same(const void *a, size_t n, const void *b, size_t m)
{
	return n == m && (n == 0 || memcmp(a, b, n) == 0);
}

static bool usm_answers(const netsnmp_pdu *a, const netsnmp_pdu *b)
{
	return a->securityModel == b->securityModel && a->securityLevel == b->securityLevel &&
	       same(a->securityEngineID, a->securityEngineIDLen, b->securityEngineID,
		    b->securityEngineIDLen) &&
	       same(a->securityName, a->securityNameLen, b->securityName, b->securityNameLen) &&
	       same(a->contextEngineID, a->contextEngineIDLen, b->contextEngineID,
		    b->contextEngineIDLen) &&
	       same(a->contextName, a->contextNameLen, b->contextName, b->contextNameLen);
}

bool snmp_pdu_answers(const struct session *session, const netsnmp_pdu *pdu)
{
	const netsnmp_pdu *asked = session->asked;

	if (pdu->command != SNMP_MSG_RESPONSE || pdu->version != asked->version ||
	    pdu->reqid != asked->reqid)
		return false;
	if (asked->version == SNMP_VERSION_3)
		return pdu->msgid == session->message_id && usm_answers(asked, pdu);
	return same(asked->community, asked->community_len, pdu->community, pdu->community_len);
}

static void read_oid(struct oid *out, const netsnmp_variable_list *from)
{
	out->n = from->name_length < OID_ARCS_MAX ? from->name_length : OID_ARCS_MAX;
	for (size_t i = 0; i < out->n; i++)
		out->arc[i] = (uint32_t)from->name[i];
}

/* A Counter64 above the signed range, which counts for centuries, stays at its end. */
static int64_t read_counter64(const struct counter64 *counter)
{
	uint64_t value = (uint64_t)counter->high << 32 | (counter->low & UINT32_MAX);

	return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

static void read_var(struct snmp_var *var, const netsnmp_variable_list *from)
{
	read_oid(&var->oid, from);
	var->number = 0;
	var->text = VIEW("");
	switch (from->type) {
	case ASN_INTEGER:
		var->type = SNMP_NUMBER;
		var->number = *from->val.integer;
		break;
	case ASN_COUNTER:
	case ASN_GAUGE: /* and Unsigned32 */
	case ASN_TIMETICKS:
	case ASN_UINTEGER:
		var->type = SNMP_NUMBER;
		var->number = (uint32_t)*from->val.integer;
		break;
	case ASN_COUNTER64:
		var->type = SNMP_NUMBER;
		var->number = read_counter64(from->val.counter64);
		break;
	case ASN_OCTET_STR:
	case ASN_IPADDRESS:
		var->type = SNMP_TEXT;
		var->text =
			view_first((struct view){ (const char *)from->val.string, from->val_len },
				   SNMP_TEXT_MAX);
		break;
	case ASN_OBJECT_ID:
		var->type = SNMP_OID;
		break;
	case SNMP_NOSUCHOBJECT:
		var->type = SNMP_NO_OBJECT;
		break;
	case SNMP_NOSUCHINSTANCE:
		var->type = SNMP_NO_INSTANCE;
		break;
	case SNMP_ENDOFMIBVIEW:
		var->type = SNMP_END;
		break;
	default:
		var->type = SNMP_OTHER;
	}
}

void snmp_reply_read(struct session *session, struct snmp_reply *reply)
{
	const netsnmp_pdu *pdu = session->answer;
	size_t count = 0, i = 0;

	for (const netsnmp_variable_list *v = pdu->variables; v != NULL; v = v->next_variable)
		count += count < SNMP_VARS_MAX;
	session->var = mem_resize(NULL, count, sizeof(*session->var));
	for (const netsnmp_variable_list *v = pdu->variables; i < count; v = v->next_variable)
		read_var(&session->var[i++], v);
	*reply = (struct snmp_reply){
		.error = pdu->errstat,
		.error_index = pdu->errindex > 0 ? (size_t)pdu->errindex : 0,
		.count = count,
		.var = session->var,
	};
}

bool snmp_is_clock_report(const netsnmp_pdu *pdu)
{
	return snmpv3_get_report_type((netsnmp_pdu *)pdu) == SNMPERR_NOT_IN_TIME_WINDOW;
}

const char *snmp_report_words(const netsnmp_pdu *pdu)
{
	switch (snmpv3_get_report_type((netsnmp_pdu *)pdu)) {
	case SNMPERR_UNKNOWN_USER_NAME:
		return "unknown user name";
	case SNMPERR_AUTHENTICATION_FAILURE:
		return "wrong authentication key or passphrase";
	case SNMPERR_UNSUPPORTED_SEC_LEVEL:
		return "the agent does not allow this security level for the user";
	case SNMPERR_DECRYPTION_ERR:
		return "wrong privacy key";
	case SNMPERR_NOT_IN_TIME_WINDOW:
		return "the agent's clock disagrees with what the agent has just told";
	case SNMPERR_UNKNOWN_ENG_ID:
		return "the agent does not know the engine that it has named";
	case SNMPERR_UNKNOWN_SEC_MODEL:
		return "the agent does not know the user-based security model";
	case SNMPERR_BAD_CONTEXT:
		return "the agent does not know the default context";
	default:
		return "the agent refuses without a reason that is known here";
	}
}
