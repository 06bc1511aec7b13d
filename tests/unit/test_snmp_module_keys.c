/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SNMP module: what it refuses to start with, the keys it derives, and how it is found. */
#include "base/hex.h"
#include "base/module.h"
#include "snmp/api.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CASES(array) (sizeof(array) / sizeof((array)[0]))

enum { WHY_MAX = 160 };

static int load(void **state)
{
	static char why[WHY_MAX];

	*state = (void *)snmp_load(why, sizeof(why));
	if (*state == NULL)
		print_error("%s\n", why);
	return *state == NULL;
}

/* Credentials */

#define LONG32 "12345678901234567890123456789012"

static void credentials_that_cannot_work_are_refused(void **state)
{
	static const char community[256] = "x";
	static const char zero[64];
	const struct view key16 = { zero, 16 }, key32 = { zero, 32 }, engine = { zero, 9 };
	const struct {
		struct snmp_credentials credentials;
		const char *why;
	} cases[] = {
		{ { .v2c = true }, "an empty community" },
		{ { .v2c = true, .community = { community, 256 } },
		  "a community longer than 255 bytes" },
		{ { .user = VIEW("") }, "an empty user name" },
		{ { .user = VIEW(LONG32 "3") }, "a user name has up to 32 bytes and no NUL" },
		{ { .user = VIEW("a\0b") }, "a user name has up to 32 bytes and no NUL" },
		{ { .user = VIEW("u"), .priv = SNMP_PRIV_AES128, .priv_secret = VIEW("12345678") },
		  "privacy needs authentication" },
		{ { .user = VIEW("u"), .auth = SNMP_AUTH_SHA256, .auth_secret = VIEW("1234567") },
		  "the authentication passphrase is shorter than 8 characters" },
		{ { .user = VIEW("u"),
		    .auth = SNMP_AUTH_SHA256,
		    .priv = SNMP_PRIV_AES128,
		    .auth_secret = VIEW("12345678"),
		    .priv_secret = VIEW("") },
		  "the privacy passphrase is shorter than 8 characters" },
		{ { .user = VIEW("u"), .engine_id = { zero, 4 } },
		  "an engine id has 5 to 32 bytes" },
		{ { .user = VIEW("u"), .engine_id = { zero, 33 } },
		  "an engine id has 5 to 32 bytes" },
		{ { .user = VIEW("u"),
		    .auth = SNMP_AUTH_SHA256,
		    .localized = true,
		    .auth_secret = key32 },
		  "localized keys need the engine id they were made for" },
		{ { .user = VIEW("u"),
		    .auth = SNMP_AUTH_SHA256,
		    .localized = true,
		    .auth_secret = key16,
		    .engine_id = engine },
		  "the localized authentication key has 16 bytes, wanted 32" },
		{ { .user = VIEW("u"),
		    .auth = SNMP_AUTH_SHA256,
		    .priv = SNMP_PRIV_AES128,
		    .localized = true,
		    .auth_secret = key32,
		    .priv_secret = key32,
		    .engine_id = engine },
		  "the localized privacy key has 32 bytes, wanted 16" },
	};
	const struct snmp_api *api = *state;
	char why[WHY_MAX];

	for (size_t i = 0; i < CASES(cases); i++) {
		assert_null(api->session_new(&cases[i].credentials, why, sizeof(why)));
		assert_string_equal(why, cases[i].why);
	}
}

static void credentials_at_their_limits_work(void **state)
{
	static const char zero[255] = "x";
	static const struct snmp_credentials cases[] = {
		{ .v2c = true, .community = { zero, 255 } },
		{ .user = VIEW(LONG32) },
		{ .user = VIEW("u"), .auth = SNMP_AUTH_MD5, .auth_secret = VIEW("12345678") },
		{ .user = VIEW("u"), .engine_id = { zero, 32 } },
		{ .user = VIEW("u"),
		  .auth = SNMP_AUTH_SHA512,
		  .priv = SNMP_PRIV_AES256,
		  .localized = true,
		  .auth_secret = { zero, 64 },
		  .priv_secret = { zero, 32 },
		  .engine_id = { zero, 5 } },
	};
	const struct snmp_api *api = *state;
	char why[WHY_MAX];

	for (size_t i = 0; i < CASES(cases); i++) {
		struct snmp_session *session = api->session_new(&cases[i], why, sizeof(why));
		if (session == NULL)
			fail_msg("case %zu: %s", i, why);
		assert_int_equal(api->engine_id(session).n, 0);
		api->session_free(session);
	}
}

/* Keys */

/* MD5 and SHA-1: RFC 3414 A.3. The others, and the keys for AES-192 and AES-256 of a short hash: by
 * another implementation of RFC 3414 A.2 and draft-blumenthal-aes-usm-04 3.1.2.1 over OpenSSL. */
static void keys_are_localized_as_in_the_rfc(void **state)
{
	static const struct {
		enum snmp_auth auth;
		enum snmp_priv priv;
		const char *auth_key, *priv_key;
	} cases[] = {
		{ SNMP_AUTH_MD5, SNMP_PRIV_DES, "526f5eed9fcce26f8964c2930787d82b",
		  "526f5eed9fcce26f8964c2930787d82b" },
		{ SNMP_AUTH_SHA1, SNMP_PRIV_AES128, "6695febc9288e36282235fc7151f128497b38f3f",
		  "6695febc9288e36282235fc7151f1284" },
		{ SNMP_AUTH_SHA1, SNMP_PRIV_AES256, "6695febc9288e36282235fc7151f128497b38f3f",
		  "6695febc9288e36282235fc7151f128497b38f3f505e07eb9af25568fa1f5dbe" },
		{ SNMP_AUTH_MD5, SNMP_PRIV_AES192, "526f5eed9fcce26f8964c2930787d82b",
		  "526f5eed9fcce26f8964c2930787d82bfa24a92467426c2f" },
		{ SNMP_AUTH_SHA224, SNMP_PRIV_NONE,
		  "0bd8827c6e29f8065e08e09237f177e410f69b90e1782be682075674", "" },
		{ SNMP_AUTH_SHA256, SNMP_PRIV_AES192,
		  "8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b",
		  "8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a" },
		{ SNMP_AUTH_SHA384, SNMP_PRIV_AES128,
		  "3b298f16164a11184279d5432bf169e2d2a48307de02b3d3f7e2b4f36eb6f045"
		  "5a53689a3937eea07319a633d2ccba78",
		  "3b298f16164a11184279d5432bf169e2" },
		{ SNMP_AUTH_SHA512, SNMP_PRIV_AES256,
		  "22a5a36cedfcc085807a128d7bc6c2382167ad6c0dbc5fdff856740f3d84c099"
		  "ad1ea87a8db096714d9788bd544047c9021e4229ce27e4c0a69250adfcffbb0b",
		  "22a5a36cedfcc085807a128d7bc6c2382167ad6c0dbc5fdff856740f3d84c099" },
		{ SNMP_AUTH_NONE, SNMP_PRIV_NONE, "", "" },
	};
	const struct view engine = VIEW("\0\0\0\0\0\0\0\0\0\0\0\2");
	const struct snmp_api *api = *state;
	char why[WHY_MAX];

	for (size_t i = 0; i < CASES(cases); i++) {
		char room[4][SNMP_KEY_MAX];
		struct wr auth = wr_over(room[0], SNMP_KEY_MAX),
			  priv = wr_over(room[1], SNMP_KEY_MAX);
		struct wr auth_wanted = wr_over(room[2], SNMP_KEY_MAX),
			  priv_wanted = wr_over(room[3], SNMP_KEY_MAX);
		struct snmp_credentials credentials = {
			.auth = cases[i].auth,
			.priv = cases[i].priv,
			.auth_secret = VIEW("maplesyrup"),
			.priv_secret = VIEW("maplesyrup"),
		};
		size_t column;
		const char *bad;
		if (!api->derive(&credentials, engine, &auth, &priv, why, sizeof(why)))
			fail_msg("case %zu: %s", i, why);
		assert_true(hex_parse(view_of(cases[i].auth_key), &auth_wanted, &column, &bad) &&
			    hex_parse(view_of(cases[i].priv_key), &priv_wanted, &column, &bad));
		if (!view_eq(wr_view(&auth), wr_view(&auth_wanted)) ||
		    !view_eq(wr_view(&priv), wr_view(&priv_wanted)))
			fail_msg("case %zu", i);
	}
}

static void keys_are_not_derived_without_engine_or_passphrase(void **state)
{
	static const struct {
		const char *passphrase;
		struct view engine;
		const char *why;
	} cases[] = {
		{ "maplesyrup", VIEW(""), "keys are localized for an engine id" },
		{ "maplesyrup", VIEW("1234"), "an engine id has 5 to 32 bytes" },
		{ "maple", VIEW("12345"),
		  "the authentication passphrase is shorter than 8 characters" },
	};
	const struct snmp_api *api = *state;
	char why[WHY_MAX];

	for (size_t i = 0; i < CASES(cases); i++) {
		struct wr none = wr_over((char[SNMP_KEY_MAX]){ 0 }, SNMP_KEY_MAX);
		struct snmp_credentials credentials = { .auth = SNMP_AUTH_SHA256,
							.auth_secret =
								view_of(cases[i].passphrase) };
		assert_false(
			api->derive(&credentials, cases[i].engine, &none, &none, why, sizeof(why)));
		assert_string_equal(why, cases[i].why);
		assert_int_equal(none.n, 0);
	}
}

/* Modules */

static void a_module_that_cannot_be_used_has_a_clause(void **state)
{
	static const struct {
		struct module module;
		const char *begins, *ends;
	} cases[] = {
		{ { "Tea", "voip_tea.so", "x", 1 },
		  "Tea module: voip_tea.so: ",
		  "No such file or directory" },
		{ { "SNMP", "voip_snmp.so", "snmp_none", SNMP_ABI },
		  "SNMP module: ",
		  "undefined symbol: snmp_none" },
		{ { "SNMP", "voip_snmp.so", "snmp_api", SNMP_ABI + 1 },
		  "SNMP module: ",
		  "SNMP module: voip_snmp.so belongs to another version" },
	};
	char why[WHY_MAX];

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		assert_null(module_load(&cases[i].module, why, sizeof(why)));
		if (!view_starts(view_of(why), view_of(cases[i].begins)) ||
		    !view_ends(view_of(why), view_of(cases[i].ends)))
			fail_msg("%s", why);
	}
	assert_null(module_load(&cases[0].module, why, 20));
	assert_string_equal(why, "Tea module: voip_te");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(credentials_that_cannot_work_are_refused),
		cmocka_unit_test(credentials_at_their_limits_work),
		cmocka_unit_test(keys_are_localized_as_in_the_rfc),
		cmocka_unit_test(keys_are_not_derived_without_engine_or_passphrase),
		cmocka_unit_test(a_module_that_cannot_be_used_has_a_clause),
	};

	return cmocka_run_group_tests(tests, load, NULL);
}
