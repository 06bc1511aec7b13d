/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SNMP sessions on net-snmp, behind the one exported symbol `snmp_api`.
 *
 * Of the library only the writing and reading of messages is used, with the security model below it;
 * its sessions, which own sockets, retries and a synchronous search for the agent's engine, are not.
 * That search (RFC 3414 4) is therefore ours: an empty message first, the request when the agent has
 * told its engine and clock, and once more when it finds that clock out of its window.
 */
#define _GNU_SOURCE
#include "snmp/module_private.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMUNITY_MAX = COMMUNITY_MAX_LEN - 1 };

bool snmp_say(char *why, size_t cap, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (cap > 0)
		vsnprintf(why, cap, format, args);
	va_end(args);
	return false;
}

static struct session *session_of(struct snmp_session *library)
{
	return (struct session *)library;
}

/* Sessions */

static bool check_v2c(const struct snmp_credentials *credentials, char *why, size_t cap)
{
	if (credentials->community.n == 0)
		return snmp_say(why, cap, "an empty community");
	if (credentials->community.n > COMMUNITY_MAX)
		return snmp_say(why, cap, "a community longer than %d bytes", COMMUNITY_MAX);
	return true;
}

static bool check_v3(const struct snmp_credentials *credentials, char *why, size_t cap)
{
	struct view user = credentials->user;

	if (user.n == 0)
		return snmp_say(why, cap, "an empty user name");
	if (user.n > USER_MAX || view_find(user, '\0') < user.n)
		return snmp_say(why, cap, "a user name has up to %d bytes and no NUL", USER_MAX);
	return snmp_usm_check(credentials, why, cap);
}

static int security_level(const struct snmp_credentials *credentials)
{
	if (credentials->auth == SNMP_AUTH_NONE)
		return SNMP_SEC_LEVEL_NOAUTH;
	return credentials->priv == SNMP_PRIV_NONE ? SNMP_SEC_LEVEL_AUTHNOPRIV
						   : SNMP_SEC_LEVEL_AUTHPRIV;
}

static struct snmp_session *session_new(const struct snmp_credentials *credentials, char *why,
					size_t cap)
{
	if (!snmp_library_start(!credentials->v2c, why, cap) ||
	    !(credentials->v2c ? check_v2c(credentials, why, cap)
			       : check_v3(credentials, why, cap)))
		return NULL;
	struct session *session = mem_new(1, sizeof(*session));
	netsnmp_session *library = &session->library;
	session->credentials = credentials;
	snmp_sess_init(library);
	library->rcvMsgMaxSize = SNMP_DATAGRAM_MAX;
	if (credentials->v2c) {
		library->version = SNMP_VERSION_2c;
		library->community = (u_char *)credentials->community.p;
		library->community_len = credentials->community.n;
		return library;
	}
	memcpy(session->name, credentials->user.p, credentials->user.n);
	library->version = SNMP_VERSION_3;
	library->securityModel = SNMP_SEC_MODEL_USM;
	library->securityLevel = security_level(credentials);
	library->securityName = session->name;
	library->securityNameLen = credentials->user.n;
	library->contextName = session->name + credentials->user.n; /* the default, "" */
	return library;
}

static void drop(netsnmp_pdu **pdu)
{
	snmp_free_pdu(*pdu);
	*pdu = NULL;
}

static void forget_answer(struct session *session)
{
	drop(&session->answer);
	mem_free(session->var);
	session->var = NULL;
}

static void session_free(struct snmp_session *library)
{
	struct session *session = session_of(library);

	if (session == NULL)
		return;
	drop(&session->asked);
	forget_answer(session);
	usm_free_user(session->user);
	mem_wipe(session, sizeof(*session));
	mem_free(session);
}

static struct view session_engine(const struct snmp_session *library)
{
	const struct engine *engine = &((const struct session *)library)->engine;

	return (struct view){ (const char *)engine->id, engine->n };
}

/* Writing */

/* One of the 2^31 ids of RFC 3416 and RFC 3412: splitmix64 over what the caller has drawn. */
static long next_id(struct session *session)
{
	uint64_t z = session->random += 0x9e3779b97f4a7c15U;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
	z = (z ^ z >> 27) * 0x94d049bb133111ebU;
	return (long)((z ^ z >> 31) & INT32_MAX);
}

static bool write_message(struct session *session, netsnmp_pdu *pdu, struct wr *out, char *why,
			  size_t cap)
{
	size_t size = 512, used = 0;
	u_char *packet = malloc(size);

	pdu->msgid = session->message_id = next_id(session);
	snmp_usm_enter(session);
	bool ok = packet != NULL && snmp_build(&packet, &size, &used, &session->library, pdu) == 0;
	snmp_usm_leave(session);
	if (ok) /* the library writes from the end of its buffer */
		wr_put(out, (struct view){ (const char *)packet + size - used, used });
	free(packet);
	if (ok && used > 0 && !out->full)
		return true;
	return snmp_say(why, cap, "%s",
			ok ? "the request does not fit a message"
			   : snmp_api_errstring(session->library.s_snmp_errno));
}

/* No user, no engine, no variables: the agent's report tells its engine and its clock. */
static bool ask_engine(struct session *session, struct wr *out, char *why, size_t cap)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET);
	bool ok = pdu != NULL && (pdu->securityName = strdup("")) != NULL;

	if (ok) {
		pdu->version = SNMP_VERSION_3;
		pdu->securityModel = SNMP_SEC_MODEL_USM;
		pdu->securityLevel = SNMP_SEC_LEVEL_NOAUTH;
		pdu->reqid = next_id(session);
		ok = write_message(session, pdu, out, why, cap);
	} else {
		snmp_say(why, cap, "no memory");
	}
	snmp_free_pdu(pdu);
	return ok;
}

static bool session_request(struct snmp_session *library, const struct snmp_request *request,
			    uint64_t random, struct wr *out, char *why, size_t cap)
{
	struct session *session = session_of(library);
	bool known = session->credentials->v2c || session->user != NULL;

	drop(&session->asked);
	forget_answer(session);
	session->resent = false;
	session->random = random;
	session->asked = snmp_pdu_of(request, why, cap);
	if (session->asked == NULL)
		return false;
	session->asked->version = library->version;
	session->asked->reqid = next_id(session);
	bool ok = known ? write_message(session, session->asked, out, why, cap)
			: ask_engine(session, out, why, cap);
	if (!ok)
		drop(&session->asked);
	return ok;
}

/* Reading */

/* NULL when the library refuses the datagram; `told` is the engine it came from, with its clock. It is
 * read from a copy, because the library blanks the authentication field in place, with a byte more,
 * because it looks at the first one of an empty bit string. */
static netsnmp_pdu *parse(struct session *session, struct view datagram, struct engine *told)
{
	netsnmp_pdu *pdu = snmp_pdu_create(0);
	u_char *copy = mem_new(datagram.n + 1, 1);

	if (datagram.n > 0)
		memcpy(copy, datagram.p, datagram.n);
	snmp_usm_enter(session);
	if (pdu != NULL && snmp_parse(NULL, &session->library, pdu, copy, datagram.n) != 0)
		drop(&pdu);
	*told = (struct engine){ 0 };
	if (pdu != NULL && pdu->securityEngineIDLen >= ENGINE_LEAST &&
	    pdu->securityEngineIDLen <= sizeof(told->id)) {
		told->n = pdu->securityEngineIDLen;
		memcpy(told->id, pdu->securityEngineID, told->n);
		snmp_clock_save(told);
	}
	snmp_usm_leave(session);
	mem_free(copy);
	return pdu;
}

static enum snmp_got refuse(struct session *session)
{
	drop(&session->asked);
	return SNMP_GOT_REPORT;
}

static enum snmp_got send_request(struct session *session, struct wr *out, char *why, size_t cap)
{
	return write_message(session, session->asked, out, why, cap) ? SNMP_GOT_SEND
								     : refuse(session);
}

static void put_hex(struct wr *w, struct view bytes)
{
	for (size_t i = 0; i < bytes.n; i++)
		wr_fmt(w, "%02x", (unsigned char)bytes.p[i]);
}

static enum snmp_got other_engine(struct session *session, char *why, size_t cap)
{
	struct wr w = wr_over(why, cap - 1);

	wr_str(&w, "the agent's engine is ");
	put_hex(&w, session_engine(&session->library));
	wr_str(&w, ", wanted ");
	put_hex(&w, session->credentials->engine_id);
	why[w.n] = '\0';
	return refuse(session);
}

static enum snmp_got on_engine(struct session *session, const struct engine *told, struct wr *out,
			       char *why, size_t cap)
{
	const struct snmp_credentials *credentials = session->credentials;

	if (told->n == 0)
		return SNMP_GOT_NOTHING;
	session->engine = *told;
	struct view engine = session_engine(&session->library);
	if (credentials->engine_id.n > 0 && !view_eq(credentials->engine_id, engine))
		return other_engine(session, why, cap);
	session->user = snmp_user_new(credentials, session->name, engine);
	if (session->user == NULL) {
		snmp_say(why, cap, "the SNMP library makes no key of the passphrase");
		return refuse(session);
	}
	session->library.securityEngineID = session->engine.id;
	session->library.securityEngineIDLen = session->engine.n;
	return send_request(session, out, why, cap);
}

static enum snmp_got on_report(struct session *session, const netsnmp_pdu *pdu,
			       const struct engine *told, struct wr *out, char *why, size_t cap)
{
	bool plain = pdu->securityLevel == SNMP_SEC_LEVEL_NOAUTH &&
		     session->library.securityLevel != SNMP_SEC_LEVEL_NOAUTH;

	if (pdu->msgid != session->message_id || pdu->version != SNMP_VERSION_3)
		return SNMP_GOT_NOTHING;
	if (session->user == NULL)
		return on_engine(session, told, out, why, cap);
	if (snmp_is_clock_report(pdu)) {
		if (plain) /* RFC 3414 3.2 7b: anybody could move our idea of its clock */
			return SNMP_GOT_NOTHING;
		if (!session->resent) {
			session->resent = true;
			return send_request(session, out, why, cap);
		}
	}
	snmp_say(why, cap, "%s", snmp_report_words(pdu));
	return refuse(session);
}

static enum snmp_got session_receive(struct snmp_session *library, struct view datagram,
				     struct snmp_reply *reply, struct wr *out, char *why,
				     size_t cap)
{
	struct session *session = session_of(library);
	enum snmp_got got = SNMP_GOT_NOTHING;
	struct engine told;
	bool v3 = library->version == SNMP_VERSION_3;

	if (session->asked == NULL || datagram.n > SNMP_DATAGRAM_MAX)
		return SNMP_GOT_NOTHING;
	netsnmp_pdu *pdu = parse(session, datagram, &told);
	if (pdu == NULL)
		return SNMP_GOT_NOTHING;
	if (v3 && pdu->command == SNMP_MSG_REPORT) {
		got = on_report(session, pdu, &told, out, why, cap);
	} else if ((!v3 || session->user != NULL) && snmp_pdu_answers(session, pdu)) {
		drop(&session->asked);
		forget_answer(session);
		session->answer = pdu;
		snmp_reply_read(session, reply);
		return SNMP_GOT_REPLY;
	}
	drop(&pdu);
	return got;
}

extern const struct snmp_api snmp_api;
__attribute__((visibility("default"))) const struct snmp_api snmp_api = {
	.abi = SNMP_ABI,
	.session_new = session_new,
	.session_free = session_free,
	.request = session_request,
	.receive = session_receive,
	.engine_id = session_engine,
	.derive = snmp_usm_derive,
};
