/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the files of the SNMP module, seen by nobody else. */
#ifndef SNMP_MODULE_PRIVATE_H
#define SNMP_MODULE_PRIVATE_H

#include "snmp/api.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/snmpusm.h>

/* The agent's engine and its clock as last heard (RFC 3414 2.3). */
struct engine {
	size_t n; /* of `id`; 0 = not known yet */
	u_char id[SNMP_ENGINE_MAX];
	u_int boots, time;
	u_int authentic; /* whether the clock came in an authenticated message */
	time_t heard;	 /* when, by the library's own clock */
};

enum { USER_MAX = 32, ENGINE_LEAST = 5 }; /* RFC 3414 2.4, RFC 3411 5 */

/* net-snmp happens to name its own session struct snmp_session as well; ours begins with it, so that
 * the pointer a caller holds is both. */
struct session {
	netsnmp_session library;
	const struct snmp_credentials *credentials;
	char name[USER_MAX + 1];
	struct engine engine;
	struct usmUser *user; /* v3: NULL while the engine is not known */
	uint64_t random;
	netsnmp_pdu *asked;  /* NULL = nothing is */
	long message_id;     /* v3: of what was sent last */
	bool resent;	     /* after notInTimeWindow */
	netsnmp_pdu *answer; /* holds the bytes of the last reply */
	struct snmp_var *var;
};

/* Writes a clause, cut to `cap` bytes. Returns false. */
bool snmp_say(char *why, size_t cap, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* module_usm.c */

/* Silences the library; with `v3` starts its security model without the library's own way of doing
 * so, which would look for files in many places. False with a clause. */
bool snmp_library_start(bool v3, char *why, size_t cap);
/* Whether v3 can work with these protocols and secrets. False with a clause. */
bool snmp_usm_check(const struct snmp_credentials *credentials, char *why, size_t cap);
/* NULL when the keys cannot be made; release with usm_free_user. */
struct usmUser *snmp_user_new(const struct snmp_credentials *credentials, const char *name,
			      struct view engine);
/* The library keeps users and clocks in process-wide tables by engine. Agents that claim the same
 * engine, by cloning or by malice, must not share them: a session brings its own, and takes them out
 * again, around each message. */
void snmp_usm_enter(struct session *session);
void snmp_usm_leave(struct session *session);
/* Between the two: the clock that the library has just heard of an engine. */
void snmp_clock_save(struct engine *engine);
bool snmp_usm_derive(const struct snmp_credentials *credentials, struct view engine,
		     struct wr *auth_key, struct wr *priv_key, char *why, size_t cap);

/* module_pdu.c */

/* NULL with a clause. */
netsnmp_pdu *snmp_pdu_of(const struct snmp_request *request, char *why, size_t cap);
/* Whether `pdu` answers session->asked: what the library itself compares (RFC 3412 7.2.10), and the
 * community. */
bool snmp_pdu_answers(const struct session *session, const netsnmp_pdu *pdu);
/* The variables of session->answer as plain values in session->var. */
void snmp_reply_read(struct session *session, struct snmp_reply *reply);
/* Whether a report says that our message was out of the agent's time window. */
bool snmp_is_clock_report(const netsnmp_pdu *pdu);
/* What a report (RFC 3414 5, RFC 3412 5, RFC 3413 4.1.2) means for who asked. */
const char *snmp_report_words(const netsnmp_pdu *pdu);

#endif
