/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digest authentication; see sim_auth.h. The user is alice, the password secret, the realm test. */
#define _GNU_SOURCE
#include "sim_auth.h"
#include "sim_reply.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define NONCES 4096 /* the oldest is forgotten */
#define HEX_BYTES (2 * EVP_MAX_MD_SIZE + 1)
#define OPAQUE "sim-opaque/1"

struct nonce {
	char text[NONCE_BYTES];
	const char *algorithm;
	bool after_stale;
	unsigned long nc; /* the highest seen */
	char response[HEX_BYTES];
};

struct auth {
	struct nonce ring[NONCES];
	size_t next;
};

struct credentials {
	struct span username, realm, nonce, uri, response, opaque, cnonce, algorithm, qop, nc;
};

/* RFC 7616 section 3.4: which values are quoted and which must not be. */
static const struct {
	const char *name;
	size_t offset;
	bool quoted;
} params[] = {
	{ "username", offsetof(struct credentials, username), true },
	{ "realm", offsetof(struct credentials, realm), true },
	{ "nonce", offsetof(struct credentials, nonce), true },
	{ "uri", offsetof(struct credentials, uri), true },
	{ "response", offsetof(struct credentials, response), true },
	{ "opaque", offsetof(struct credentials, opaque), true },
	{ "cnonce", offsetof(struct credentials, cnonce), true },
	{ "algorithm", offsetof(struct credentials, algorithm), false },
	{ "qop", offsetof(struct credentials, qop), false },
	{ "nc", offsetof(struct credentials, nc), false },
};

struct auth *auth_new(void)
{
	return calloc(1, sizeof(struct auth));
}

void auth_free(struct auth *auth)
{
	free(auth);
}

static struct span cut_value(struct span *rest, bool *quoted)
{
	struct span at = span_trim(*rest), value;

	*quoted = at.n > 0 && at.p[0] == '"';
	if (!*quoted)
		return span_trim(span_cut(rest, ','));
	at = span_skip(at, 1);
	value = span_cut(&at, '"');
	(void)span_cut(&at, ',');
	*rest = at;
	return value;
}

static const char *read_credentials(struct span rest, struct credentials *c)
{
	if (!span_is(span_cut(&rest, ' '), "Digest"))
		return "not Digest";
	while (rest.n > 0) {
		struct span name = span_trim(span_cut(&rest, '='));
		bool quoted = false;
		struct span value = cut_value(&rest, &quoted);

		for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
			if (!span_is(name, params[i].name))
				continue;
			if (quoted != params[i].quoted)
				return "wrong quoting";
			memcpy((char *)c + params[i].offset, &value, sizeof(value));
		}
	}
	return NULL;
}

/* H(parts joined by colons) in hex; empty when OpenSSL will not do the algorithm. */
static void hash(const char *algorithm, const struct span *parts, size_t n, char *hex)
{
	const char *name = strcmp(algorithm, "MD5") == 0       ? "MD5"
			   : strcmp(algorithm, "SHA-256") == 0 ? "SHA256"
							       : "SHA512-256";
	EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned raw_n = 0;
	bool ok = md != NULL && ctx != NULL && EVP_DigestInit_ex(ctx, md, NULL) == 1;

	for (size_t i = 0; ok && i < n; i++)
		ok = (i == 0 || EVP_DigestUpdate(ctx, ":", 1) == 1) &&
		     EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) == 1;
	if (!ok || EVP_DigestFinal_ex(ctx, raw, &raw_n) != 1)
		raw_n = 0;
	hex[0] = '\0';
	for (size_t i = 0; i < raw_n; i++)
		snprintf(hex + 2 * i, 3, "%02x", raw[i]);
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
}

static void expected_response(const struct nonce *nonce, const struct auth_scheme *scheme,
			      const struct request *rq, const struct credentials *c, char *hex)
{
	char ha1[HEX_BYTES], ha2[HEX_BYTES];
	struct span a1[] = { span_of("alice"), span_of("test"), span_of("secret") };
	struct span a2[] = { rq->method, c->uri };

	hash(nonce->algorithm, a1, 3, ha1);
	hash(nonce->algorithm, a2, 2, ha2);
	struct span old[] = { span_of(ha1), c->nonce, span_of(ha2) };
	struct span qop[] = { span_of(ha1), c->nonce, c->nc, c->cnonce, c->qop, span_of(ha2) };

	if (scheme->plain)
		hash(nonce->algorithm, old, 3, hex);
	else
		hash(nonce->algorithm, qop, 6, hex);
}

static bool read_nc(struct span nc, unsigned long *count)
{
	char text[9] = { 0 };

	if (nc.n != 8)
		return false;
	memcpy(text, nc.p, nc.n);
	if (strspn(text, "0123456789abcdefABCDEF") != nc.n)
		return false;
	*count = strtoul(text, NULL, 16);
	return *count > 0;
}

/* A repeated nc is a retransmission when everything else is the same too: RFC 7616 section 3.4. */
static const char *check_counts(struct nonce *nonce, const struct credentials *c)
{
	unsigned long nc = 0;

	if (!span_same(c->qop, span_of("auth")))
		return "qop is not auth";
	if (c->cnonce.n == 0)
		return "no cnonce";
	if (!read_nc(c->nc, &nc))
		return "nc is not 8 hex digits";
	if (nc < nonce->nc)
		return "nc goes back";
	if (nc == nonce->nc && !span_same(c->response, span_of(nonce->response)))
		return "nc used twice";
	nonce->nc = nc;
	return NULL;
}

static struct nonce *find_nonce(struct auth *auth, struct span text)
{
	for (size_t i = 0; i < NONCES; i++)
		if (text.n > 0 && span_same(text, span_of(auth->ring[i].text)))
			return &auth->ring[i];
	return NULL;
}

/* NULL: right. Otherwise what is wrong. */
static const char *check(struct nonce *nonce, const struct auth_scheme *scheme,
			 const struct request *rq, const struct credentials *c)
{
	char wanted[HEX_BYTES];

	if (!span_same(c->username, span_of("alice")) || !span_same(c->realm, span_of("test")))
		return "username or realm";
	if (!span_same(c->uri, rq->uri))
		return "uri is not the Request-URI";
	if (!span_same(c->opaque, span_of(OPAQUE)))
		return "opaque was not copied";
	if (scheme->plain && (c->qop.n > 0 || c->nc.n > 0 || c->cnonce.n > 0))
		return "qop was not offered";
	if (!span_is(c->algorithm, nonce->algorithm) && !(scheme->plain && c->algorithm.n == 0))
		return "algorithm was not the nonce's";
	expected_response(nonce, scheme, rq, c, wanted);
	if (wanted[0] == '\0' || !span_same(c->response, span_of(wanted)))
		return "wrong response";
	const char *why = scheme->plain ? NULL : check_counts(nonce, c);
	if (why == NULL)
		memcpy(nonce->response, wanted, sizeof(wanted));
	return why;
}

static void challenge(struct auth *auth, const struct auth_scheme *scheme, const struct flow *flow,
		      const struct request *rq, bool stale)
{
	char text[2048];
	const char *status =
		scheme->proxy ? "407 Proxy Authentication Required" : "401 Unauthorized";
	size_t n = (size_t)snprintf(text, sizeof(text), "SIP/2.0 %s\r\n" IDS SERVER, status);

	for (size_t i = 0; i < AUTH_SCHEME_MAX && scheme->algorithms[i] != NULL; i++) {
		struct nonce *nonce = &auth->ring[auth->next++ % NONCES];
		char rest[64] = "";

		*nonce = (struct nonce){ .algorithm = scheme->algorithms[i], .after_stale = stale };
		reply_nonce(nonce->text);
		if (!scheme->plain)
			snprintf(rest, sizeof(rest), ", algorithm=%s, qop=\"auth\"%s",
				 nonce->algorithm, stale ? ", stale=true" : "");
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%s: Digest realm=\"test\", nonce=\"%s\", opaque=\"" OPAQUE
				      "\"%s\r\n",
				      scheme->proxy ? "Proxy-Authenticate" : "WWW-Authenticate",
				      nonce->text, rest);
	}
	snprintf(text + n, sizeof(text) - n, END);
	reply_send(flow, rq, span_of(text));
}

static const char *demanded(const struct auth_scheme *scheme)
{
	size_t i = AUTH_SCHEME_MAX - 1;

	while (scheme->algorithms[i] == NULL)
		i--;
	return scheme->algorithms[i];
}

bool auth_gate(struct sip *sip, const struct flow *flow, const struct request *rq,
	       const struct behaviour *b)
{
	static const char weaker[] = "SIP/2.0 403 Weaker Algorithm\r\n" IDS SERVER END;
	struct auth *auth = sip_auth(sip);
	const struct auth_scheme *scheme = b->scheme;
	struct credentials c = { 0 };
	struct span value = scheme->proxy ? rq->proxy_authorization : rq->authorization;
	const char *why = value.n > 0 ? read_credentials(value, &c) : "no credentials";
	struct nonce *nonce = why == NULL ? find_nonce(auth, c.nonce) : NULL;

	if (why == NULL)
		why = nonce != NULL ? check(nonce, scheme, rq, &c) : "unknown nonce";
	if (why != NULL) {
		sip_trace(sip, "  challenged: ", span_of(why));
		challenge(auth, scheme, flow, rq, false);
		return false;
	}
	if (strcmp(nonce->algorithm, demanded(scheme)) != 0) {
		reply_send(flow, rq, span_of(weaker));
		return false;
	}
	if (scheme->stale && !nonce->after_stale) {
		challenge(auth, scheme, flow, rq, true);
		return false;
	}
	return true;
}
