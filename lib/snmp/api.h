/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SNMP messages by net-snmp, in a shared object that is loaded on first use: only linking the library
 * costs four million instructions, which a check of this host must not pay.
 *
 * A session here is bytes in, bytes out: it has no socket, no retries, and sessions know nothing of
 * each other. Only the files module*.c, which make that object, know net-snmp; it exports one symbol,
 * `snmp_api`. Nothing is read from or written to a home folder, /var/lib/snmp or snmp.conf, no MIB
 * file is loaded, and nothing is printed.
 */
/* net-snmp has an SNMP_API_H of its own. */
#ifndef VOIP_SNMP_API_H
#define VOIP_SNMP_API_H

#include "proto/snmp_pdu.h"
#include "snmp/credentials.h"

enum { SNMP_DATAGRAM_MAX = 65507, SNMP_REQUEST_BYTES_MAX = 8192 };

struct snmp_session;

/* What a datagram was. */
enum snmp_got {
	SNMP_GOT_NOTHING, /* not an answer to what was asked last: broken, foreign, forged or late */
	SNMP_GOT_REPLY,	  /* the answer; what was asked is forgotten */
	SNMP_GOT_SEND, /* `out` holds what to send now: the request itself, after the agent has told
			   * its engine, or again with the agent's time (RFC 3414 3.2, 4) */
	SNMP_GOT_REPORT, /* the agent refuses: `why` says it in words; asking again is no use */
};

struct snmp_api {
	unsigned abi;
	/* NULL with a clause in `why` (cap bytes) when the credentials cannot work: a protocol that the
	 * library was built without, a passphrase that is too short. A passphrase's key is derived once
	 * a process, however many sessions use it. `credentials` lives as long as the session. */
	struct snmp_session *(*session_new)(const struct snmp_credentials *credentials, char *why,
					    size_t cap);
	/* NULL is fine. */
	void (*session_free)(struct snmp_session *session);
	/* Writes the request, or while a v3 agent's engine is not known, the message that asks for it
	 * (RFC 3414 4): the request then follows by SNMP_GOT_SEND. A new request replaces the one before.
	 * `random` makes the ids unguessable. False with a clause when it cannot be written. */
	bool (*request)(struct snmp_session *session, const struct snmp_request *request,
			uint64_t random, struct wr *out, char *why, size_t cap);
	/* One datagram. `reply` is borrowed until the next call with this session; variables beyond
	 * SNMP_VARS_MAX are left out, and a Counter64 beyond INT64_MAX stays there. An agent that can
	 * not decrypt a request may say nothing, so silence can be a wrong privacy key. */
	enum snmp_got (*receive)(struct snmp_session *session, struct view datagram,
				 struct snmp_reply *reply, struct wr *out, char *why, size_t cap);
	/* The agent's engine, n = 0 before it is known. */
	struct view (*engine_id)(const struct snmp_session *session);
	/* The keys localized for `engine_id` from the passphrases of `credentials` (RFC 3414 A.2, and
	 * where the hash is too short for AES-192 or AES-256 the extension of
	 * draft-blumenthal-aes-usm-04), each in `auth_key` and `priv_key` (SNMP_KEY_MAX bytes of room)
	 * and as long as session_new wants it. False with a clause. */
	bool (*derive)(const struct snmp_credentials *credentials, struct view engine_id,
		       struct wr *auth_key, struct wr *priv_key, char *why, size_t cap);
};

enum { SNMP_ABI = 1 };

/* Loads the module once per process; NULL with a clause in `why` when it cannot be loaded. */
const struct snmp_api *snmp_load(char *why, size_t cap);

#endif
