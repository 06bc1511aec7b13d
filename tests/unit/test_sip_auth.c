/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/proto/sip_auth: challenges good and bad, and the published digests. Needs libcrypto. */
#include "proto/sip_auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#define VECTOR_CNONCE 0x0123456789abcdef
#define VECTOR_CNONCE_TEXT "0123456789abcdef"

static void assert_view(struct view got, const char *wanted)
{
	if (!view_eq(got, view_of(wanted)))
		fail_msg("got \"%.*s\", wanted \"%s\"", VIEW_ARG(got), wanted);
}

/* Published examples have a cnonce that we would not make: it takes the place of ours. */
static const char *vector_cnonce = VECTOR_CNONCE_TEXT;

static size_t digest(const char *algorithm, const struct view *part, size_t parts, char *hex)
{
	const char *name = strcmp(algorithm, "MD5") == 0       ? "MD5"
			   : strcmp(algorithm, "SHA-256") == 0 ? "SHA256"
							       : "SHA512-256";
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned raw_n = 0;

	assert_int_equal(EVP_DigestInit_ex(ctx, EVP_get_digestbyname(name), NULL), 1);
	for (size_t i = 0; i < parts; i++) {
		bool swap = view_eq(part[i], VIEW(VECTOR_CNONCE_TEXT));
		struct view v = swap ? view_of(vector_cnonce) : part[i];
		EVP_DigestUpdate(ctx, v.p, v.n);
	}
	EVP_DigestFinal_ex(ctx, raw, &raw_n);
	EVP_MD_CTX_free(ctx);
	for (size_t i = 0; i < raw_n; i++)
		snprintf(hex + 2 * i, 3, "%02x", raw[i]);
	return 2 * (size_t)raw_n;
}

static size_t digest_missing(const char *algorithm, const struct view *part, size_t parts,
			     char *hex)
{
	(void)algorithm, (void)part, (void)parts, (void)hex;
	return 0;
}

static struct sip_auth_offer offer_of(const char *challenge)
{
	struct sip_challenge c = { .value = view_of(challenge) };
	struct sip_auth_offer offer;
	const char *why;

	if (!sip_auth_parse(c, &offer, &why))
		fail_msg("%s: %s", challenge, why);
	assert_null(why);
	return offer;
}

static void published_examples_give_their_digest(void **state)
{
	static const struct {
		const char *challenge, *user, *password, *uri, *cnonce, *response;
	} cases[] = {
		/* RFC 7616 3.9.1 */
		{ "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5,"
		  " nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\"",
		  "Mufasa", "Circle of Life", "/dir/index.html",
		  "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
		  "8ca523f5e9506fed4657c9700eebdbec" },
		{ "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "
		  "algorithm=SHA-256,"
		  " nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\"",
		  "Mufasa", "Circle of Life", "/dir/index.html",
		  "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
		  "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1" },
		/* RFC 7616 3.9.2, response as in erratum 4897 */
		{ "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256,"
		  " nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", charset=UTF-8",
		  "J\xc3\xa4s\xc3\xb8n Doe", "Secret, or not?", "/doe.json",
		  "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
		  "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5" },
		/* RFC 2617 3.5 */
		{ "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\","
		  " nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"",
		  "Mufasa", "Circle Of Life", "/dir/index.html", "0a4f113b",
		  "6629fae49393a05397450978507c4ef1" },
		/* RFC 2069 2.4, response as in its erratum */
		{ "Digest realm=\"testrealm@host.com\", "
		  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"",
		  "Mufasa", "CircleOfLife", "/dir/index.html", "",
		  "1949323746fe6a43ef61f9606e7febea" },
		/* computed by another implementation: MD5-sess over the data of RFC 2617 */
		{ "Digest realm=\"testrealm@host.com\", qop=auth, algorithm=md5-SESS,"
		  " nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"",
		  "Mufasa", "Circle Of Life", "/dir/index.html", "0a4f113b",
		  "8e3825c57e897f5a0dec6c2d4e5059d0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sip_auth_offer offer = offer_of(cases[i].challenge);
		struct sip_credentials credentials = { view_of(cases[i].user),
						       view_of(cases[i].password), digest };
		struct sip_auth_request request = { VIEW("GET"), view_of(cases[i].uri),
						    VECTOR_CNONCE, 1 };
		char buffer[1024], wanted[96];
		struct wr w = wr_over(buffer, sizeof(buffer));
		vector_cnonce = cases[i].cnonce;
		assert_true(sip_auth_write(&w, &offer, &credentials, &request));
		snprintf(wanted, sizeof(wanted), ", response=\"%s\"", cases[i].response);
		if (view_search(wr_view(&w), view_of(wanted)) == w.n)
			fail_msg("case %zu: %.*s", i, VIEW_ARG(wr_view(&w)));
	}
	vector_cnonce = VECTOR_CNONCE_TEXT;
}

static void the_answer_is_one_header_line(void **state)
{
	static const struct {
		bool proxy;
		const char *challenge, *user, *before, *after; /* the response */
	} cases[] = {
		{ false, "digest NONCE=n , realm = \"r\"", "u",
		  "Authorization: Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:x\","
		  " response=\"",
		  "\", algorithm=MD5\r\n" },
		{ true,
		  "Digest realm=\"a \\\"b\\\\\", nonce=\"n,o\", opaque=\"\", qop=\"x, AUTH\","
		  " algorithm=sha-512-256-Sess",
		  "q\"\\",
		  "Proxy-Authorization: Digest username=\"q\\\"\\\\\", realm=\"a \\\"b\\\\\","
		  " nonce=\"n,o\", uri=\"sip:x\", response=\"",
		  "\", algorithm=SHA-512-256-sess,"
		  " cnonce=\"0123456789abcdef\", qop=auth, nc=0000002a, opaque=\"\"\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sip_auth_offer offer = offer_of(cases[i].challenge);
		struct sip_credentials credentials = { view_of(cases[i].user), VIEW("p"), digest };
		struct sip_auth_request request = { VIEW("OPTIONS"), VIEW("sip:x"), VECTOR_CNONCE,
						    42 };
		char buffer[1024];
		struct wr w = wr_over(buffer, sizeof(buffer));
		offer.proxy = cases[i].proxy;
		assert_true(sip_auth_write(&w, &offer, &credentials, &request));
		struct view line = wr_view(&w), before = view_of(cases[i].before);
		assert_view(view_first(line, before.n), cases[i].before);
		line = view_skip(line, before.n);
		struct view hex = view_take_while(&line, "0123456789abcdef");
		assert_int_equal(hex.n, cases[i].proxy ? 64 : 32);
		assert_view(line, cases[i].after);
	}
}

static void nothing_is_written_when_it_cannot_be_whole(void **state)
{
	struct sip_auth_offer offer = offer_of("Digest realm=\"r\", nonce=\"n\"");
	struct sip_auth_request request = { VIEW("OPTIONS"), VIEW("sip:x"), 1, 1 };
	struct sip_credentials credentials = { VIEW("u"), VIEW("p"), digest };
	char buffer[256];
	struct wr w = wr_over(buffer, sizeof(buffer));

	(void)state;
	assert_true(sip_auth_write(&w, &offer, &credentials, &request));
	size_t whole = w.n;
	for (size_t cap = 0; cap < whole; cap++) {
		w = wr_over(buffer, cap);
		assert_false(sip_auth_write(&w, &offer, &credentials, &request));
		assert_int_equal(w.n, 0);
		assert_true(w.full);
	}
	w = wr_over(buffer, sizeof(buffer));
	credentials.user = VIEW("u\r\nEvil: x");
	assert_false(sip_auth_write(&w, &offer, &credentials, &request));
	credentials.user = VIEW("u");
	request.uri = (struct view){ "sip:\0x", 6 };
	assert_false(sip_auth_write(&w, &offer, &credentials, &request));
	request.uri = VIEW("sip:x");
	credentials.digest = digest_missing;
	assert_false(sip_auth_write(&w, &offer, &credentials, &request));
	assert_int_equal(w.n, 0);
	assert_false(w.full);
}

static void a_challenge_is_read_whatever_its_spelling(void **state)
{
	struct sip_auth_offer offer = offer_of(
		"DIGEST\r\n Realm = \"a, b=\\\"c\\\"\" ,\tnonce=n-1,OPAQUE=\"o\", domain=\"sip:x\","
		" x=1, x=2, stale=TRUE, algorithm=\"sha-256\", qop=\" auth-int , auth \"");

	(void)state;
	assert_view(view_first(offer.header, 6), "DIGEST");
	assert_view(offer.realm, "a, b=\\\"c\\\"");
	assert_view(offer.nonce, "n-1");
	assert_view(offer.opaque, "o");
	assert_true(offer.has_opaque);
	assert_true(offer.stale);
	assert_true(offer.qop_auth);
	assert_false(offer.session);
	assert_int_equal(offer.algorithm, SIP_AUTH_SHA256);
	offer = offer_of("Digest realm=\"\", nonce=\"\", stale=false");
	assert_false(offer.has_opaque);
	assert_false(offer.stale);
	assert_false(offer.qop_auth);
	assert_int_equal(offer.algorithm, SIP_AUTH_MD5);
}

static void a_bad_challenge_is_refused_with_the_reason(void **state)
{
	static const char *const cases[][2] = {
		{ "", "the challenge is not Digest" },
		{ "Basic realm=\"r\"", "the challenge is not Digest" },
		{ "Digest", "the challenge is not Digest" },
		{ "DigestX realm=r, nonce=n", "the challenge is not Digest" },
		{ "Digest realm=r nonce=n", "the challenge is malformed" },
		{ "Digest realm=r, nonce=n,", "the challenge is malformed" },
		{ "Digest ,realm=r, nonce=n", "the challenge is malformed" },
		{ "Digest realm=\"r, nonce=n", "the challenge is malformed" },
		{ "Digest realm=r, nonce=\"n\\\"", "the challenge is malformed" },
		{ "Digest realm=, nonce=n", "the challenge is malformed" },
		{ "Digest realm, nonce=n", "the challenge is malformed" },
		{ "Digest realm=r, nonce=n, Basic realm=x", "the challenge is malformed" },
		{ "Digest nonce=n", "the challenge has no realm" },
		{ "Digest realm=r", "the challenge has no nonce" },
		{ "Digest realm=r, nonce=n, Realm=r", "a parameter of the challenge stands twice" },
		{ "Digest realm=r, nonce=n, qop=auth, qop=auth",
		  "a parameter of the challenge stands twice" },
		{ "Digest realm=r, nonce=\"n\r\n o\"", "a control byte in the challenge" },
		{ "Digest realm=\"\x01\", nonce=n", "a control byte in the challenge" },
		{ "Digest realm=r, nonce=n, opaque=\"\t\"", "a control byte in the challenge" },
		{ "Digest realm=r, nonce=\"\x7f\"", "a control byte in the challenge" },
		{ "Digest realm=r, nonce=n, qop=auth-int", "no qop but auth-int" },
		{ "Digest realm=r, nonce=n, qop=\"\"", "no qop but auth-int" },
		{ "Digest realm=r, nonce=n, algorithm=MD5-sess",
		  "a session algorithm without qop" },
		{ "Digest realm=r, nonce=n, algorithm=SHA-1", "algorithm not supported" },
		{ "Digest realm=r, nonce=n, algorithm=-sess", "algorithm not supported" },
		{ "Digest realm=r, nonce=n, algorithm=MD55", "algorithm not supported" },
		{ "Digest realm=r, nonce=n, algorithm=\"\"", "algorithm not supported" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sip_challenge challenge = { .value = view_of(cases[i][0]) };
		struct sip_auth_offer offer;
		const char *why;
		if (sip_auth_parse(challenge, &offer, &why))
			fail_msg("accepted: %s", cases[i][0]);
		assert_string_equal(why, cases[i][1]);
	}
	struct sip_challenge nul = { .value = { "Digest realm=\"a\0b\", nonce=n", 26 } };
	struct sip_auth_offer offer;
	const char *why;
	assert_false(sip_auth_parse(nul, &offer, &why));
	assert_string_equal(why, "a control byte in the challenge");
}

#define MD5 "Digest realm=r, nonce=md5"
#define SHA256 "Digest realm=r, nonce=sha256, algorithm=SHA-256"
#define SHA512 "Digest realm=r, nonce=sha512, algorithm=SHA-512-256"
#define OTHER "Digest realm=r, nonce=n, algorithm=SHA-9"

static void the_strongest_challenge_wins(void **state)
{
	static const struct {
		const char *challenge[3];
		const char *nonce, *unknown, *why; /* nonce NULL: none can be answered */
	} cases[] = {
		{ { MD5, SHA256, SHA512 }, "sha512", "", NULL },
		{ { SHA512, SHA256, MD5 }, "sha512", "", NULL },
		{ { SHA256, "Digest realm=s, nonce=second, algorithm=SHA-256" },
		  "sha256",
		  "",
		  NULL },
		{ { OTHER, MD5, "Basic realm=x" }, "md5", "SHA-9", NULL },
		{ { "Basic realm=x", OTHER }, NULL, "SHA-9", "algorithm not supported" },
		{ { OTHER, "Basic realm=x" }, NULL, "SHA-9", "the challenge is not Digest" },
		{ { NULL }, NULL, "", "no challenge in the answer" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sip_msg msg = { .challenge_count = 0 };
		struct sip_auth_offer best;
		struct view unknown = { "", 0 };
		const char *why = "";
		for (size_t n = 0; n < 3 && cases[i].challenge[n] != NULL; n++)
			msg.challenge[msg.challenge_count++].value = view_of(cases[i].challenge[n]);
		bool found = sip_auth_choose(&msg, &best, &unknown, &why);
		assert_int_equal(found, cases[i].nonce != NULL);
		assert_view(unknown, cases[i].unknown);
		if (found) {
			assert_view(best.nonce, cases[i].nonce);
			assert_null(why);
		} else {
			assert_string_equal(why, cases[i].why);
		}
		assert_int_equal(sip_auth_choose(&msg, &best, NULL, &why), found);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_examples_give_their_digest),
		cmocka_unit_test(the_answer_is_one_header_line),
		cmocka_unit_test(nothing_is_written_when_it_cannot_be_whole),
		cmocka_unit_test(a_challenge_is_read_whatever_its_spelling),
		cmocka_unit_test(a_bad_challenge_is_refused_with_the_reason),
		cmocka_unit_test(the_strongest_challenge_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
