/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Chain and name of the peer, as facts and as sentences.
 *
 * The chain is verified after the handshake, at the caller's time, and every problem is collected:
 * one about dates, one about trust, one about the name.  Names follow RFC 5922 7.1-7.4; they are
 * compared as counted bytes, so that a NUL inside a name never ends it.
 */
#define _GNU_SOURCE
#include "net/tls_private.h"

#include "base/text.h"

#include <openssl/x509v3.h>
#include <string.h>

enum { NAME_MAX_SHOWN = 40, NAMES_SHOWN = 3, CLAUSE_MAX = 160 };

struct findings {
	time_t now;
	bool bad;
	struct wr date, trust; /* one clause each; empty = no such problem */
	char date_text[CLAUSE_MAX], trust_text[CLAUSE_MAX];
};

struct wanted {
	struct view name; /* without a trailing dot */
	struct addr ip;	  /* family 0: a name */
	bool strict;
	bool cn_counts, dns_counts;
};

enum match { MATCH_NONE, MATCH_WILDCARD, MATCH_EXACT };

static struct view string_view(const ASN1_STRING *s)
{
	return (struct view){ (const char *)ASN1_STRING_get0_data(s),
			      (size_t)ASN1_STRING_length(s) };
}

/* The last (most specific) field of that kind; UTF-8 to release with OPENSSL_free. */
static struct view name_field(const X509_NAME *name, int nid)
{
	int last = -1, at = -1;
	unsigned char *utf8 = NULL;

	while ((at = X509_NAME_get_index_by_NID(name, nid, at)) >= 0)
		last = at;
	const X509_NAME_ENTRY *entry = last >= 0 ? X509_NAME_get_entry(name, last) : NULL;
	int n = entry != NULL ? ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry)) : -1;
	return (struct view){ (char *)utf8, n > 0 ? (size_t)n : 0 };
}

/* Common name, else unit, else organization: old roots have no common name. */
static void put_name(struct wr *w, const X509_NAME *name, size_t max)
{
	static const int nid[] = { NID_commonName, NID_organizationalUnitName,
				   NID_organizationName };

	for (size_t i = 0; i < sizeof(nid) / sizeof(nid[0]); i++) {
		struct view v = name_field(name, nid[i]);
		if (v.n > 0)
			tls_put_text(w, v, max);
		OPENSSL_free((void *)v.p);
		if (v.n > 0)
			return;
	}
	wr_str(w, "without a name");
}

static bool unix_time(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

/* Facts */

static void fact_name(char *out, const X509_NAME *name)
{
	struct wr w = wr_over(out, TLS_TEXT_MAX - 1);

	put_name(&w, name, TLS_TEXT_MAX - 4);
	out[w.n] = '\0';
}

static void fact_subject(char *out, const X509 *cert)
{
	GENERAL_NAMES *sans = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	struct view cn = name_field(X509_get_subject_name(cert), NID_commonName);
	struct wr w = wr_over(out, TLS_TEXT_MAX - 1);

	for (int i = 0; cn.n == 0 && w.n == 0 && i < sk_GENERAL_NAME_num(sans); i++) {
		const GENERAL_NAME *san = sk_GENERAL_NAME_value(sans, i);
		if (san->type == GEN_DNS)
			tls_put_text(&w, string_view(san->d.dNSName), TLS_TEXT_MAX - 4);
	}
	out[w.n] = '\0';
	if (w.n == 0)
		fact_name(out, X509_get_subject_name(cert));
	OPENSSL_free((void *)cn.p);
	GENERAL_NAMES_free(sans);
}

static void fact_end(struct tls_facts *facts, const STACK_OF(X509) * chain)
{
	int64_t end;

	facts->expires_at = 0;
	for (int i = 0; i < sk_X509_num(chain); i++) {
		const X509 *cert = sk_X509_value(chain, i);
		if (!unix_time(X509_get0_notAfter(cert), &end))
			continue;
		if (end < 1) /* 0 is kept for "no chain" */
			end = 1;
		if (facts->expires_at != 0 && end >= facts->expires_at)
			continue;
		facts->expires_at = end;
		fact_subject(facts->earliest, cert);
	}
}

void tls_describe_peer(const SSL *ssl, struct tls_facts *facts)
{
	struct wr version = wr_over(facts->version, sizeof(facts->version) - 1);
	struct wr cipher = wr_over(facts->cipher, sizeof(facts->cipher) - 1);
	const STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);

	*facts = (struct tls_facts){ .expires_at = 0 };
	wr_str(&version, SSL_get_version(ssl));
	wr_str(&cipher, SSL_get_cipher_name(ssl));
	fact_end(facts, chain);
	if (sk_X509_num(chain) <= 0)
		return;
	fact_subject(facts->subject, sk_X509_value(chain, 0));
	fact_name(facts->issuer, X509_get_issuer_name(sk_X509_value(chain, 0)));
}

/* Chain */

static void put_age(struct wr *w, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} unit[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } };
	size_t i = 0;

	while (i < 3 && seconds < unit[i].seconds)
		i++;
	int64_t count = seconds / unit[i].seconds;
	wr_fmt(w, "%lld %s%s", (long long)count, unit[i].name, count == 1 ? "" : "s");
}

/* "certificate", or "issuer certificate NAME" for those above the leaf. */
static void put_subject(struct wr *w, const X509 *cert, int depth)
{
	wr_str(w, depth > 0 ? "issuer certificate " : "certificate");
	if (depth > 0)
		put_name(w, X509_get_subject_name(cert), NAME_MAX_SHOWN);
}

/* Called from the root down to the leaf: the leaf has the last word. */
static void note_date(struct findings *f, const X509 *cert, int depth, int error)
{
	int64_t at = 0;

	f->bad = true;
	wr_reset(&f->date);
	put_subject(&f->date, cert, depth);
	if (error == X509_V_ERR_CERT_HAS_EXPIRED && unix_time(X509_get0_notAfter(cert), &at)) {
		wr_str(&f->date, " expired ");
		put_age(&f->date, f->now - at);
		wr_str(&f->date, " ago");
	} else if (unix_time(X509_get0_notBefore(cert), &at)) {
		time_t when = at;
		struct tm tm;
		char text[32] = "";
		if (gmtime_r(&when, &tm) != NULL)
			strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm);
		wr_fmt(&f->date, " is not valid before %s", text);
	}
}

enum about { ABOUT_NOTHING, ABOUT_SUBJECT, ABOUT_ISSUER };

/* Before, the name, behind. */
static const struct trouble {
	int error;
	enum about about;
	const char *before, *behind;
} troubles[] = {
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, ABOUT_NOTHING, "self-signed certificate", "" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, ABOUT_SUBJECT, "issuer ", " is not trusted" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, ABOUT_ISSUER, "issuer ",
	  " is neither sent nor trusted" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, ABOUT_ISSUER, "issuer ",
	  " is neither sent nor trusted" },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, ABOUT_ISSUER, "issuer ",
	  " is neither sent nor trusted" },
	{ X509_V_ERR_CERT_REVOKED, ABOUT_SUBJECT, "certificate ", " is revoked" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, ABOUT_SUBJECT, "signature of certificate ",
	  " is wrong" },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, ABOUT_NOTHING, "certificate key is too weak", "" },
	{ X509_V_ERR_CA_KEY_TOO_SMALL, ABOUT_SUBJECT, "key of issuer ", " is too weak" },
	{ X509_V_ERR_CA_MD_TOO_WEAK, ABOUT_SUBJECT, "signature of certificate ", " is too weak" },
	{ X509_V_ERR_INVALID_CA, ABOUT_SUBJECT, "issuer ", " is not a certificate authority" },
	{ X509_V_ERR_INVALID_PURPOSE, ABOUT_SUBJECT, "certificate ", " is not for servers" },
};

static void note_trust(struct findings *f, const X509 *cert, int error)
{
	static const struct trouble other = { .before = "" };
	const struct trouble *t = &other;

	f->bad = true;
	if (f->trust.n > 0) /* what follows is a consequence of the first */
		return;
	for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++)
		if (troubles[i].error == error)
			t = &troubles[i];
	wr_str(&f->trust, t == &other ? X509_verify_cert_error_string(error) : t->before);
	if (t->about != ABOUT_NOTHING && cert != NULL)
		put_name(&f->trust,
			 t->about == ABOUT_ISSUER ? X509_get_issuer_name(cert)
						  : X509_get_subject_name(cert),
			 NAME_MAX_SHOWN);
	wr_str(&f->trust, t->behind != NULL ? t->behind : "");
}

/* OpenSSL's server purpose does not know id-kp-sipDomain (RFC 5924 4) and refuses
 * anyExtendedKeyUsage (RFC 5280 4.2.1.12). */
static bool serves_sip(X509 *cert)
{
	EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_ASN1_OBJECT_num(usage); i++) {
		char oid[32] = "";
		OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(usage, i), 1);
		found |= strcmp(oid, "1.3.6.1.5.5.7.3.20") == 0 || strcmp(oid, "2.5.29.37.0") == 0;
	}
	EXTENDED_KEY_USAGE_free(usage);
	return found;
}

static int collect(int ok, X509_STORE_CTX *ctx)
{
	struct findings *f = X509_STORE_CTX_get_app_data(ctx);
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	int error = X509_STORE_CTX_get_error(ctx);

	if (ok == 1)
		return 1;
	if (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID)
		note_date(f, cert, X509_STORE_CTX_get_error_depth(ctx), error);
	else if (error != X509_V_ERR_INVALID_PURPOSE || !serves_sip(cert))
		note_trust(f, cert, error);
	return 1;
}

/* On success `facts` tell about the chain that was built, with its trust anchor: what the server sent
 * beside it does not matter. */
static void verify_chain(SSL *ssl, X509 *leaf, struct findings *f, struct tls_facts *facts)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_STORE *trust = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));

	if (ctx == NULL ||
	    X509_STORE_CTX_init(ctx, trust, leaf, SSL_get_peer_cert_chain(ssl)) != 1) {
		note_trust(f, leaf, X509_V_ERR_UNSPECIFIED);
	} else {
		X509_STORE_CTX_set_default(ctx, "ssl_server");
		X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx),
						 SSL_get_security_level(ssl));
		X509_STORE_CTX_set_time(ctx, 0, f->now);
		X509_STORE_CTX_set_app_data(ctx, f);
		X509_STORE_CTX_set_verify_cb(ctx, collect);
		if (X509_verify_cert(ctx) != 1)
			note_trust(f, leaf, X509_STORE_CTX_get_error(ctx));
		if (!f->bad)
			fact_end(facts, X509_STORE_CTX_get0_chain(ctx));
	}
	X509_STORE_CTX_free(ctx);
}

/* Name */

/* The host of a SIP URI, a DNS name or the bytes of an address; empty for anything else.
 * RFC 5922 7.1: only the scheme sip, and no user part. */
static struct view san_identity(const GENERAL_NAME *san, bool dns_counts)
{
	static const struct view none = { "", 0 };

	if (san->type == GEN_DNS)
		return dns_counts ? string_view(san->d.dNSName) : none;
	if (san->type == GEN_IPADD)
		return string_view(san->d.iPAddress);
	if (san->type != GEN_URI)
		return none;
	struct view uri = string_view(san->d.uniformResourceIdentifier);
	if (!view_istarts(uri, VIEW("sip:")) || view_find(uri, '@') < uri.n)
		return none;
	uri = view_skip(uri, 4);
	uri = view_take_until(&uri, '?');
	uri = view_take_until(&uri, ';');
	return view_take_until(&uri, ':');
}

/* One whole label at the left, and a domain of two labels at least behind it (RFC 6125 6.4.3). */
static bool match_wildcard(struct view pattern, struct view name)
{
	struct view domain = view_skip(pattern, 2);
	struct view rest = name;
	struct view first = view_take_until(&rest, '.');

	return view_starts(pattern, VIEW("*.")) && first.n > 0 && view_ieq(domain, rest) &&
	       view_find(domain, '.') < domain.n;
}

static enum match match_name(struct view identity, const struct wanted *want, bool dns)
{
	if (want->ip.family != 0 || identity.n == 0)
		return MATCH_NONE;
	if (view_ieq(identity, want->name))
		return MATCH_EXACT;
	/* RFC 5922 7.2: no wildcards in a SIP identity. */
	return dns && !want->strict && match_wildcard(identity, want->name) ? MATCH_WILDCARD
									    : MATCH_NONE;
}

static enum match match_san(const GENERAL_NAME *san, const struct wanted *want)
{
	struct view identity = san_identity(san, want->dns_counts);
	struct view ip = { (const char *)want->ip.ip, want->ip.family == 4 ? 4 : 16 };

	if (san->type == GEN_IPADD)
		return want->ip.family != 0 && view_eq(identity, ip) ? MATCH_EXACT : MATCH_NONE;
	return match_name(identity, want, san->type == GEN_DNS);
}

static bool has_sip_uri(const GENERAL_NAMES *sans)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(sans); i++) {
		const GENERAL_NAME *san = sk_GENERAL_NAME_value(sans, i);
		if (san->type == GEN_URI && san_identity(san, true).n > 0)
			return true;
	}
	return false;
}

static void put_san(struct wr *w, const GENERAL_NAME *san, const struct wanted *want)
{
	struct view identity = san_identity(san, want->dns_counts);
	struct addr ip;

	if (san->type != GEN_IPADD) {
		/* The address is there, but as a name: only the kind explains the failure. */
		if (addr_parse(identity, &ip) && addr_same_ip(&ip, &want->ip))
			wr_str(w, san->type == GEN_DNS ? "DNS:" : "sip:");
		tls_put_text(w, identity, NAME_MAX_SHOWN);
		return;
	}
	ip = (struct addr){ .family = identity.n == 4 ? 4 : 6 };
	memcpy(ip.ip, identity.p, identity.n < sizeof(ip.ip) ? identity.n : sizeof(ip.ip));
	wr_ip(w, &ip);
}

static void put_mismatch(struct wr *w, const GENERAL_NAMES *sans, struct view cn,
			 const struct wanted *want)
{
	int count = 0;

	wr_str(w, "name is ");
	for (int i = 0; i < sk_GENERAL_NAME_num(sans); i++) {
		const GENERAL_NAME *san = sk_GENERAL_NAME_value(sans, i);
		if (san_identity(san, want->dns_counts).n == 0 || ++count > NAMES_SHOWN)
			continue;
		wr_str(w, count > 1 ? " or " : "");
		put_san(w, san, want);
	}
	if (count > NAMES_SHOWN)
		wr_fmt(w, " or %d more", count - NAMES_SHOWN);
	if (count == 0) {
		tls_put_text(w, cn, NAME_MAX_SHOWN);
		wr_str(w, cn.n == 0	    ? "missing"
			  : want->cn_counts ? ""
					    : " in the common name only");
	}
	wr_str(w, ", wanted ");
	tls_put_text(w, want->name, NAME_MAX_SHOWN);
}

/* RFC 5922 7.1: a common name counts only without any alternative name, and a DNS name only where
 * no SIP URI stands; the latter holds in strict mode, public practice has both side by side. */
static enum match match_leaf(const X509 *leaf, struct wanted *want, struct wr *why)
{
	int found; /* -1: no such extension */
	GENERAL_NAMES *sans = X509_get_ext_d2i(leaf, NID_subject_alt_name, &found, NULL);
	struct view cn = name_field(X509_get_subject_name(leaf), NID_commonName);
	enum match best = MATCH_NONE;

	want->cn_counts = found == -1 && !want->strict && want->ip.family == 0;
	want->dns_counts = !want->strict || !has_sip_uri(sans);
	if (want->cn_counts)
		best = match_name(cn, want, true);
	for (int i = 0; i < sk_GENERAL_NAME_num(sans); i++) {
		enum match match = match_san(sk_GENERAL_NAME_value(sans, i), want);
		best = match > best ? match : best;
	}
	if (best == MATCH_NONE) {
		wr_str(why, why->n > 0 ? ", " : "");
		put_mismatch(why, sans, cn, want);
	}
	OPENSSL_free((void *)cn.p);
	GENERAL_NAMES_free(sans);
	return best;
}

static void find_trouble(SSL *ssl, X509 *leaf, const char **bundle, struct findings *f,
			 struct tls_facts *facts)
{
	verify_chain(ssl, leaf, f, facts);
	if (f->trust.n == 0 || *bundle == NULL)
		return;
	SSL_CTX_load_verify_file(SSL_get_SSL_CTX(ssl), *bundle);
	*bundle = NULL;
	f->bad = false;
	wr_reset(&f->date);
	wr_reset(&f->trust);
	verify_chain(ssl, leaf, f, facts);
}

bool tls_verify_peer(SSL *ssl, const struct tls_wanted *wanted, struct tls_facts *facts,
		     struct wr *why)
{
	struct wanted want = { .name = view_of(wanted->name), .strict = wanted->sip_identity };
	struct findings f = { .now = wanted->now };
	X509 *leaf = SSL_get0_peer_certificate(ssl);

	if (leaf == NULL) {
		wr_str(why, "the server sent no certificate");
		return false;
	}
	f.date = wr_over(f.date_text, CLAUSE_MAX);
	f.trust = wr_over(f.trust_text, CLAUSE_MAX);
	if (!addr_parse(want.name, &want.ip) && want.name.n > 0 &&
	    want.name.p[want.name.n - 1] == '.')
		want.name.n--;
	find_trouble(ssl, leaf, wanted->bundle, &f, facts);
	wr_put(why, wr_view(&f.date));
	wr_str(why, f.date.n > 0 && f.trust.n > 0 ? ", " : "");
	wr_put(why, wr_view(&f.trust));
	enum match match = match_leaf(leaf, &want, why);
	facts->wildcard = match == MATCH_WILDCARD;
	return match != MATCH_NONE && !f.bad;
}
