/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the TLS module says about chains and names. */
#define _GNU_SOURCE
#include "tls_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct verify_case {
	struct recipe cert;
	const char *wanted;
	bool strict, wildcard;
	const char *why; /* "" = verified */
} cases[] = {
	{ { "pbx", "DNS:" HOST, -1, 90, BY_ROOT, NULL }, HOST, false, false, "" },
	{ { "pbx", "DNS:PBX.Example.ORG", -1, 90, BY_MID, NULL }, HOST ".", true, false, "" },
	{ { "pbx", "IP:192.0.2.7", -1, 90, BY_ROOT, NULL }, "192.0.2.7", false, false, "" },
	{ { "pbx", "IP:192.0.2.7", -1, 90, BY_ROOT, NULL }, "::ffff:192.0.2.7", false, false, "" },
	{ { "pbx", "IP:2001:db8::7", -1, 90, BY_ROOT, NULL }, "2001:db8::7", true, false, "" },
	{ { "pbx", "URI:sip:" HOST, -1, 90, BY_ROOT, NULL }, HOST, true, false, "" },
	{ { "pbx", "URI:SIP:" HOST ";transport=tls", -1, 90, BY_ROOT, NULL },
	  HOST,
	  true,
	  false,
	  "" },
	{ { "pbx", "URI:sip:example.org,DNS:" HOST, -1, 90, BY_ROOT, NULL },
	  HOST,
	  false,
	  false,
	  "" },
	{ { "pbx", "URI:sip:example.org,DNS:" HOST, -1, 90, BY_ROOT, NULL },
	  HOST,
	  true,
	  false,
	  "name is example.org, wanted pbx.example.org" },
	{ { "pbx", "URI:sip:alice@" HOST, -1, 90, BY_ROOT, NULL },
	  HOST,
	  false,
	  false,
	  "name is pbx in the common name only, wanted pbx.example.org" },
	{ { "pbx", "URI:https://" HOST, -1, 90, BY_ROOT, NULL },
	  HOST,
	  false,
	  false,
	  "name is pbx in the common name only, wanted pbx.example.org" },
	{ { HOST, NULL, -1, 90, BY_ROOT, NULL }, HOST, false, false, "" },
	{ { HOST, NULL, -1, 90, BY_ROOT, NULL },
	  HOST,
	  true,
	  false,
	  "name is pbx.example.org in the common name only, wanted pbx.example.org" },
	{ { "other", NULL, -1, 90, BY_ROOT, NULL },
	  HOST,
	  false,
	  false,
	  "name is other, wanted pbx.example.org" },
	{ { NULL, NULL, -1, 90, BY_ROOT, NULL },
	  HOST,
	  false,
	  false,
	  "name is missing, wanted pbx.example.org" },
	{ { HOST, "DNS:other.example.org", -1, 90, BY_ROOT, NULL },
	  HOST,
	  false,
	  false,
	  "name is other.example.org, wanted pbx.example.org" },
	{ { "192.0.2.7", "DNS:192.0.2.7", -1, 90, BY_ROOT, NULL },
	  "192.0.2.7",
	  false,
	  false,
	  "name is DNS:192.0.2.7, wanted 192.0.2.7" },
	{ { "pbx", "DNS:192.0.2.8,DNS:example.org,URI:sip:192.0.2.7", -1, 90, BY_ROOT, NULL },
	  "192.0.2.7",
	  false,
	  false,
	  "name is 192.0.2.8 or example.org or sip:192.0.2.7, wanted 192.0.2.7" },
	{ { "pbx", "DNS:2001:DB8::7", -1, 90, BY_ROOT, NULL },
	  "[2001:db8::7]",
	  false,
	  false,
	  "name is DNS:2001:DB8::7, wanted [2001:db8::7]" },
	{ { "pbx", "DNS:a.example,DNS:b.example,DNS:c.example,DNS:d.example,IP:192.0.2.7", -1, 90,
	    BY_ROOT, NULL },
	  HOST,
	  false,
	  false,
	  "name is a.example or b.example or c.example or 2 more, wanted pbx.example.org" },
	{ { "pbx", "DNS:*.example.org", -1, 90, BY_ROOT, NULL }, HOST, false, true, "" },
	{ { "pbx", "DNS:*.example.org,DNS:" HOST, -1, 90, BY_ROOT, NULL }, HOST, false, false, "" },
	{ { "pbx", "DNS:*.example.org", -1, 90, BY_ROOT, NULL },
	  HOST,
	  true,
	  false,
	  "name is *.example.org, wanted pbx.example.org" },
	{ { "pbx", "DNS:*.example.org", -1, 90, BY_ROOT, NULL },
	  "a.b.example.org",
	  false,
	  false,
	  "name is *.example.org, wanted a.b.example.org" },
	{ { "pbx", "DNS:*.example.org", -1, 90, BY_ROOT, NULL },
	  ".example.org",
	  false,
	  false,
	  "name is *.example.org, wanted .example.org" },
	{ { "pbx", "DNS:*.org", -1, 90, BY_ROOT, NULL },
	  "example.org",
	  false,
	  false,
	  "name is *.org, wanted example.org" },
	{ { "pbx", "NUL", -1, 90, BY_ROOT, NULL },
	  HOST,
	  false,
	  false,
	  "name is pbx.example.org?.evil.example, wanted pbx.example.org" },
	{ { "pbx", "DNS:" HOST, -90, -41, BY_ROOT, NULL },
	  HOST,
	  false,
	  false,
	  "certificate expired 41 days ago" },
	{ { "pbx", "DNS:" HOST, 2, 90, BY_ROOT, NULL },
	  HOST,
	  false,
	  false,
	  "certificate is not valid before 2025-06-17 15:06 UTC" },
	{ { "pbx", "DNS:" HOST, -1, 90, BY_OLD_MID, NULL },
	  HOST,
	  false,
	  false,
	  "issuer certificate Old CA expired 3 days ago" },
	{ { HOST, NULL, -1, 90, BY_SELF, NULL }, HOST, false, false, "self-signed certificate" },
	{ { "pbx", "DNS:" HOST, -1, 90, BY_STRANGER, NULL },
	  HOST,
	  false,
	  false,
	  "issuer Stranger CA is neither sent nor trusted" },
	{ { "pbx", "DNS:other.example.net", -90, -41, BY_STRANGER, NULL },
	  HOST,
	  false,
	  false,
	  "certificate expired 41 days ago, issuer Stranger CA is neither sent nor trusted, name "
	  "is "
	  "other.example.net, wanted pbx.examp..." },
	{ { "pbx", "DNS:" HOST, -1, 90, BY_WEAK_ROOT, NULL },
	  HOST,
	  false,
	  false,
	  "signature of certificate pbx is too weak" },
	{ { "pbx", "DNS:" HOST, -1, 90, BY_ROOT, "clientAuth" },
	  HOST,
	  false,
	  false,
	  "certificate pbx is not for servers" },
	{ { "pbx", "DNS:" HOST, -1, 90, BY_ROOT, "serverAuth" }, HOST, true, false, "" },
	{ { "pbx", "DNS:" HOST, -1, 90, BY_ROOT, "1.3.6.1.5.5.7.3.20" }, HOST, false, false, "" },
	{ { "pbx", "DNS:" HOST, -1, 90, BY_ROOT, "1.3.6.1.5.5.7.3.20" }, HOST, true, false, "" },
	{ { "pbx", "DNS:" HOST, -1, 90, BY_ROOT, "anyExtendedKeyUsage" }, HOST, true, false, "" },
};

static void certificate_and_name_are_judged(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		const struct verify_case *c = &cases[i / 2];
		struct tls_conf conf = { .ca_file = w->ca,
					 .min_version = 12,
					 .sip_identity = c->strict };
		struct tls_facts facts;
		int version = i % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
		struct pair p = pair_connected(w, &conf, &c->cert, version, c->wanted);
		bool ok = w->api->verify(p.client, NOW, &facts, p.why, sizeof(p.why));

		if (strcmp(p.why, c->why) != 0 || ok != (c->why[0] == '\0'))
			fail_msg("case %zu: %d \"%s\", wanted \"%s\"", i / 2, ok, p.why, c->why);
		assert_int_equal(facts.verified, ok);
		assert_int_equal(facts.wildcard, c->wildcard);
		assert_string_equal(facts.version, i % 2 == 0 ? "TLSv1.2" : "TLSv1.3");
		pair_free(&p);
	}
}

static void facts_describe_the_chain_sent(void **state)
{
	static const struct recipe leaf = { NULL, "DNS:first.example,DNS:" HOST, -1, 300, BY_MID,
					    NULL };
	struct world *w = *state;
	struct tls_conf conf = { .min_version = 12, .no_verify = true };
	struct tls_facts facts;
	struct pair p = pair_connected(w, &conf, &leaf, TLS1_3_VERSION, "wrong.example");

	assert_true(w->api->verify(p.client, NOW, &facts, p.why, sizeof(p.why)));
	assert_string_equal(p.why, "");
	assert_false(facts.verified);
	assert_string_equal(facts.subject, "first.example");
	assert_string_equal(facts.issuer, "Middle CA");
	assert_string_equal(facts.earliest, "Middle CA");
	assert_int_equal(facts.expires_at, NOW + 100 * DAY);
	assert_string_equal(facts.cipher, "TLS_AES_256_GCM_SHA384");
	pair_free(&p);
}

static void end_is_that_of_the_chain_verified_else_of_the_chain_sent(void **state)
{
	struct world *w = *state;
	const struct {
		struct recipe cert;
		const char *ca_file; /* NULL: no_verify */
		bool ok;
		const char *earliest;
		int day;
	} rows[] = {
		{ { "pbx", "DNS:" HOST, -1, 90, BY_ROOT_AND_OLD, NULL }, w->ca, true, "pbx", 90 },
		{ { "pbx", "DNS:" HOST, -1, 90, BY_ROOT_AND_OLD, NULL }, NULL, true, "Old CA", -3 },
		{ { "pbx", "DNS:b.example", -1, 90, BY_ROOT_AND_OLD, NULL },
		  w->ca,
		  false,
		  "pbx",
		  90 },
		{ { "pbx", "DNS:" HOST, -1, 300, BY_UNSENT_MID, NULL },
		  w->mid_ca,
		  true,
		  "Middle CA",
		  100 },
		{ { "pbx", "DNS:" HOST, -1, 300, BY_UNSENT_MID, NULL }, NULL, true, "pbx", 300 },
		{ { "pbx", "DNS:" HOST, -1, 300, BY_UNSENT_MID, NULL }, w->ca, false, "pbx", 300 },
		{ { "pbx", "DNS:" HOST, -1, 90, BY_OLD_MID, NULL }, w->ca, false, "Old CA", -3 },
		{ { NULL, "DNS:" HOST, -1, 90, BY_MID, NULL }, w->ca, true, HOST, 90 },
		{ { "pbx", "DNS:" HOST, -20400, -20300, BY_MID, NULL }, NULL, true, "pbx", -20300 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tls_conf conf = { .ca_file = rows[i].ca_file,
					 .min_version = 12,
					 .no_verify = rows[i].ca_file == NULL };
		struct tls_facts facts;
		int64_t end = NOW + (int64_t)rows[i].day * DAY;
		struct pair p = pair_connected(w, &conf, &rows[i].cert, TLS1_3_VERSION, HOST);

		if (w->api->verify(p.client, NOW, &facts, p.why, sizeof(p.why)) != rows[i].ok)
			fail_msg("row %zu: \"%s\"", i, p.why);
		if (strcmp(facts.earliest, rows[i].earliest) != 0 ||
		    facts.expires_at != (end > 0 ? end : 1))
			fail_msg("row %zu: %s ends at %lld", i, facts.earliest,
				 (long long)facts.expires_at);
		pair_free(&p);
	}
}

static void ca_file_need_not_hold_a_root(void **state)
{
	static const struct recipe leaf = { "pbx", "DNS:" HOST, -1, 90, BY_MID, NULL };
	struct world *w = *state;
	struct tls_conf conf = { .ca_file = w->mid_ca, .min_version = 12 };
	struct tls_facts facts;
	struct pair p = pair_connected(w, &conf, &leaf, TLS1_3_VERSION, HOST);

	assert_true(w->api->verify(p.client, NOW, &facts, p.why, sizeof(p.why)));
	pair_free(&p);
}

static bool trusted_by_default(const struct world *w, const char *dir, const char *file)
{
	struct tls_conf conf = { .min_version = 12 };
	struct tls_facts facts;

	setenv("SSL_CERT_DIR", dir, 1);
	setenv("SSL_CERT_FILE", file, 1);
	struct pair p = pair_connected(w, &conf, &tls_good, TLS1_3_VERSION, HOST);
	bool ok = w->api->verify(p.client, NOW, &facts, p.why, sizeof(p.why));
	assert_string_equal(p.why, ok ? "" : "issuer Root CA is neither sent nor trusted");
	pair_free(&p);
	return ok;
}

static void default_trust_is_the_directory_then_the_bundle(void **state)
{
	struct world *w = *state;

	assert_true(trusted_by_default(w, w->dir, "/nonexistent"));
	assert_true(trusted_by_default(w, "/nonexistent", w->ca));
	assert_false(trusted_by_default(w, "/nonexistent", "/nonexistent"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificate_and_name_are_judged),
		cmocka_unit_test(facts_describe_the_chain_sent),
		cmocka_unit_test(end_is_that_of_the_chain_verified_else_of_the_chain_sent),
		cmocka_unit_test(ca_file_need_not_hold_a_root),
		cmocka_unit_test(default_trust_is_the_directory_then_the_bundle),
	};

	return cmocka_run_group_tests(tests, world_new, world_free);
}
