/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How to speak with one SNMP agent (RFC 1901, RFC 3414). */
#ifndef SNMP_CREDENTIALS_H
#define SNMP_CREDENTIALS_H

#include "base/bytes.h"

enum snmp_auth {
	SNMP_AUTH_NONE,
	SNMP_AUTH_MD5,
	SNMP_AUTH_SHA1,
	SNMP_AUTH_SHA224,
	SNMP_AUTH_SHA256,
	SNMP_AUTH_SHA384,
	SNMP_AUTH_SHA512,
	SNMP_AUTHS
};
enum snmp_priv {
	SNMP_PRIV_NONE,
	SNMP_PRIV_DES,
	SNMP_PRIV_AES128,
	SNMP_PRIV_AES192,
	SNMP_PRIV_AES256,
	SNMP_PRIVS
};

/* "SHA-256", "AES-128": the words of credentials files; in the order of the enums. */
extern const char *const snmp_auth_name[SNMP_AUTHS];
extern const char *const snmp_priv_name[SNMP_PRIVS];

enum { SNMP_ENGINE_MAX = 32, SNMP_KEY_MAX = 64 };

/* How to speak with one agent. Views are borrowed for the life of a session. */
struct snmp_credentials {
	bool v2c;
	struct view community; /* v2c */
	struct view user;      /* SNMPv3, USM (RFC 3414) */
	enum snmp_auth auth;
	enum snmp_priv priv;
	/* Either passphrases, or with `localized` the keys for the engine `engine_id` (RFC 3414 2.6);
	 * raw bytes. */
	bool localized;
	struct view auth_secret, priv_secret;
	struct view engine_id; /* n = 0: whatever the agent says; else no other is spoken to */
};

#endif
