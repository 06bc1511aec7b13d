/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user-based security model (RFC 3414) of net-snmp: starting it, users and their keys, and whose
 * they are.
 *
 * What is kept between sessions, the keys made of passphrases, hangs in the library's own store of
 * application data and is wiped when the process ends.
 */
#define _GNU_SOURCE
#include "snmp/module_private.h"

#include "base/mem.h"

#include <net-snmp/library/snmp_secmod.h>
#include <string.h>

#include <sys/random.h>

enum { KEPT_SLOT = 0 }; /* of the store */

/* Library */

/* init_snmp would read configuration, create folders for certificates and set the locale; all that
 * is needed of it is the model, its random salts, the nameless user of discovery (RFC 3414 4), and an
 * engine of our own that is never the agent's. */
static bool usm_start(void)
{
	u_char own[17] = { 0x80, 0, 0x1f, 0x88, 5 };

	if (find_sec_mod(SNMP_SEC_MODEL_USM) != NULL)
		return true;
	netsnmp_ds_set_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_APPTYPE, "voip");
	if (getrandom(own + 5, sizeof(own) - 5, 0) != sizeof(own) - 5)
		return false;
	if (set_exact_engineID(own, sizeof(own)) != SNMPERR_SUCCESS)
		return false;
	init_usm();
	snmp_call_callbacks(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_POST_PREMIB_READ_CONFIG, NULL);
	return find_sec_mod(SNMP_SEC_MODEL_USM) != NULL && usm_get_user(NULL, 0, "") != NULL;
}

bool snmp_library_start(bool v3, char *why, size_t cap)
{
	if (snmp_get_do_logging() == 0) /* it would log to stderr */
		netsnmp_register_loghandler(NETSNMP_LOGHANDLER_NONE, LOG_DEBUG);
	/* Questions for our own engine (RFC 5343) are not for us to answer. */
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_NO_DISCOVERY, 1);
	if (!v3 || usm_start())
		return true;
	return snmp_say(why, cap, "the SNMP library does not start");
}

/* Algorithms and what they want */

static int auth_type(enum snmp_auth auth)
{
	return auth == SNMP_AUTH_NONE ? NETSNMP_USMAUTH_NOAUTH
				      : usm_lookup_auth_type(snmp_auth_name[auth]);
}

static int priv_type(enum snmp_priv priv)
{
	return priv == SNMP_PRIV_NONE ? USM_CREATE_USER_PRIV_NONE
				      : usm_lookup_priv_type(snmp_priv_name[priv]);
}

static size_t auth_key_bytes(enum snmp_auth auth)
{
	return (size_t)sc_get_proper_auth_length_bytype(auth_type(auth));
}

/* Of DES the library counts the key only, but the other half makes the IV (RFC 3414 8.1.1.1). */
static size_t priv_key_bytes(enum snmp_priv priv)
{
	size_t n = (size_t)sc_get_proper_priv_length_bytype(priv_type(priv));

	return priv == SNMP_PRIV_DES ? 2 * n : n;
}

static bool check_secret(const char *what, const struct snmp_credentials *credentials,
			 struct view secret, size_t key_bytes, char *why, size_t cap)
{
	if (!credentials->localized && secret.n < USM_LENGTH_P_MIN)
		return snmp_say(why, cap, "the %s passphrase is shorter than %d characters", what,
				USM_LENGTH_P_MIN);
	if (credentials->localized && secret.n != key_bytes)
		return snmp_say(why, cap, "the localized %s key has %zu bytes, wanted %zu", what,
				secret.n, key_bytes);
	return true;
}

bool snmp_usm_check(const struct snmp_credentials *credentials, char *why, size_t cap)
{
	enum snmp_auth auth = credentials->auth;
	enum snmp_priv priv = credentials->priv;
	size_t engine = credentials->engine_id.n;

	if (auth_type(auth) < 0 || priv_type(priv) < 0)
		return snmp_say(why, cap, "the SNMP library was built without %s",
				auth_type(auth) < 0 ? snmp_auth_name[auth] : snmp_priv_name[priv]);
	if (priv != SNMP_PRIV_NONE && auth == SNMP_AUTH_NONE)
		return snmp_say(why, cap, "privacy needs authentication");
	if (credentials->localized && engine == 0)
		return snmp_say(why, cap, "localized keys need the engine id they were made for");
	if (engine != 0 && (engine < ENGINE_LEAST || engine > SNMP_ENGINE_MAX))
		return snmp_say(why, cap, "an engine id has %d to %d bytes", ENGINE_LEAST,
				SNMP_ENGINE_MAX);
	return (auth == SNMP_AUTH_NONE ||
		check_secret("authentication", credentials, credentials->auth_secret,
			     auth_key_bytes(auth), why, cap)) &&
	       (priv == SNMP_PRIV_NONE ||
		check_secret("privacy", credentials, credentials->priv_secret, priv_key_bytes(priv),
			     why, cap));
}

/* Keys of passphrases: a million bytes are hashed for each (RFC 3414 A.2), so once is enough. */

struct kept {
	struct kept *next;
	enum snmp_auth auth;
	size_t key_n;
	u_char key[USM_AUTH_KU_LEN];
	size_t secret_n;
	char secret[];
};

static void kept_free(struct kept *kept)
{
	mem_wipe(kept, sizeof(*kept) + kept->secret_n);
	mem_free(kept);
}

__attribute__((destructor)) static void forget_keys(void)
{
	struct kept *kept = netsnmp_ds_get_void(NETSNMP_DS_APPLICATION_ID, KEPT_SLOT);

	netsnmp_ds_set_void(NETSNMP_DS_APPLICATION_ID, KEPT_SLOT, NULL);
	while (kept != NULL) {
		struct kept *next = kept->next;
		kept_free(kept);
		kept = next;
	}
}

static const struct kept *kept_key(const netsnmp_session *as, enum snmp_auth auth,
				   struct view secret)
{
	struct kept *all = netsnmp_ds_get_void(NETSNMP_DS_APPLICATION_ID, KEPT_SLOT);

	for (struct kept *k = all; k != NULL; k = k->next)
		if (k->auth == auth && view_eq((struct view){ k->secret, k->secret_n }, secret))
			return k;
	struct kept *kept = mem_new(1, sizeof(*kept) + secret.n);
	*kept = (struct kept){ .next = all, .auth = auth, .secret_n = secret.n };
	memcpy(kept->secret, secret.p, secret.n);
	kept->key_n = sizeof(kept->key);
	if (generate_Ku(as->securityAuthProto, (u_int)as->securityAuthProtoLen,
			(const u_char *)secret.p, secret.n, kept->key,
			&kept->key_n) != SNMPERR_SUCCESS) {
		kept_free(kept);
		return NULL;
	}
	netsnmp_ds_set_void(NETSNMP_DS_APPLICATION_ID, KEPT_SLOT, kept);
	return kept;
}

/* Users */

static bool give_key(netsnmp_session *as, enum snmp_auth auth, struct view secret, u_char *key,
		     size_t *key_n)
{
	const struct kept *kept = kept_key(as, auth, secret);

	if (kept == NULL)
		return false;
	memcpy(key, kept->key, kept->key_n);
	*key_n = kept->key_n;
	return true;
}

static bool give_keys(netsnmp_session *as, const struct snmp_credentials *credentials)
{
	struct view auth = credentials->auth_secret, priv = credentials->priv_secret;

	if (credentials->localized) {
		as->securityAuthLocalKey = (u_char *)auth.p;
		as->securityAuthLocalKeyLen = auth.n;
		as->securityPrivLocalKey = (u_char *)priv.p;
		as->securityPrivLocalKeyLen = priv.n;
		return true;
	}
	return (credentials->auth == SNMP_AUTH_NONE ||
		give_key(as, credentials->auth, auth, as->securityAuthKey,
			 &as->securityAuthKeyLen)) &&
	       (credentials->priv == SNMP_PRIV_NONE ||
		give_key(as, credentials->auth, priv, as->securityPrivKey,
			 &as->securityPrivKeyLen));
}

static void take_out(struct usmUser *user)
{
	usm_remove_user(user);
	user->next = user->prev = NULL;
}

struct usmUser *snmp_user_new(const struct snmp_credentials *credentials, const char *name,
			      struct view engine)
{
	struct usmUser *user = NULL;
	netsnmp_session as;

	snmp_sess_init(&as);
	as.version = SNMP_VERSION_3;
	as.securityModel = SNMP_SEC_MODEL_USM;
	as.securityName = (char *)name;
	as.securityNameLen = strlen(name);
	as.securityEngineID = (u_char *)engine.p;
	as.securityEngineIDLen = engine.n;
	as.securityAuthProto =
		sc_get_auth_oid(auth_type(credentials->auth), &as.securityAuthProtoLen);
	as.securityPrivProto =
		sc_get_priv_oid(priv_type(credentials->priv), &as.securityPrivProtoLen);
	if (give_keys(&as, credentials) && usm_create_user_from_session(&as) == SNMPERR_SUCCESS)
		user = usm_get_user(as.securityEngineID, engine.n, name);
	if (user != NULL)
		take_out(user);
	mem_wipe(&as, sizeof(as));
	return user;
}

void snmp_usm_enter(struct session *session)
{
	const struct engine *engine = &session->engine;

	if (session->user == NULL)
		return;
	usm_add_user(session->user);
	set_enginetime(engine->id, (u_int)engine->n, engine->boots, engine->time,
		       engine->authentic);
	Enginetime clock = search_enginetime_list(engine->id, (u_int)engine->n);
	if (clock != NULL)
		clock->lastReceivedEngineTime = engine->heard;
}

void snmp_clock_save(struct engine *engine)
{
	const enginetime *clock = search_enginetime_list(engine->id, (u_int)engine->n);

	if (clock == NULL)
		return;
	engine->boots = clock->engineBoot;
	engine->time = clock->engineTime;
	engine->authentic = clock->authenticatedFlag;
	engine->heard = clock->lastReceivedEngineTime;
}

void snmp_usm_leave(struct session *session)
{
	if (session->user != NULL) {
		snmp_clock_save(&session->engine);
		take_out(session->user);
	}
	free_etimelist();
}

bool snmp_usm_derive(const struct snmp_credentials *credentials, struct view engine,
		     struct wr *auth_key, struct wr *priv_key, char *why, size_t cap)
{
	struct snmp_credentials passphrases = *credentials;

	passphrases.localized = false;
	passphrases.engine_id = engine;
	if (!snmp_library_start(true, why, cap) || !snmp_usm_check(&passphrases, why, cap))
		return false;
	if (engine.n == 0)
		return snmp_say(why, cap, "keys are localized for an engine id");
	struct usmUser *user = snmp_user_new(&passphrases, "derive", engine);
	if (user == NULL)
		return snmp_say(why, cap, "the SNMP library makes no key of the passphrase");
	/* A hash may be longer than the key of the cipher, which then is its beginning. */
	wr_put(auth_key, (struct view){ (const char *)user->authKey, user->authKeyLen });
	wr_put(priv_key, view_first((struct view){ (const char *)user->privKey, user->privKeyLen },
				    priv_key_bytes(credentials->priv)));
	usm_free_user(user);
	return true;
}
