/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digest answers; see sip_auth.h.  Section numbers are those of RFC 7616. */
#include "proto/sip_auth.h"

#include "proto/sip_grammar.h"

enum { HASH_FIELDS_MAX = 6 };

static const char *const ALGORITHM_NAMES[SIP_AUTH_ALGORITHMS] = {
	[SIP_AUTH_MD5] = "MD5",
	[SIP_AUTH_SHA256] = "SHA-256",
	[SIP_AUTH_SHA512_256] = "SHA-512-256",
};

enum param { REALM, NONCE, OPAQUE, ALGORITHM, QOP, STALE, PARAMS };

static const char *const PARAM_NAMES[PARAMS] = {
	[REALM] = "realm",	   [NONCE] = "nonce", [OPAQUE] = "opaque",
	[ALGORITHM] = "algorithm", [QOP] = "qop",     [STALE] = "stale",
};

struct params {
	bool given[PARAMS];
	struct view value[PARAMS];
};

static const char *keep_param(struct params *params, struct view name, struct view value)
{
	for (size_t i = 0; i < PARAMS; i++) {
		if (!view_ieq(name, view_of(PARAM_NAMES[i])))
			continue;
		if (params->given[i])
			return "a parameter of the challenge stands twice";
		if (!sip_is_clean(value))
			return "a control byte in the challenge";
		params->given[i] = true;
		params->value[i] = value;
	}
	return NULL;
}

/* RFC 3261 25.1: other-challenge; a quoted value without its quotes, its backslashes kept. */
static const char *read_params(struct view list, struct params *params)
{
	const char *why = NULL;

	do {
		struct view value, name = sip_take_token(&list);
		if (name.n == 0 || !sip_take_mark(&list, '='))
			return "the challenge is malformed";
		if (!sip_take_quoted(&list, &value)) {
			value = sip_take_token(&list);
			if (value.n == 0)
				return "the challenge is malformed";
		}
		why = keep_param(params, name, value);
	} while (why == NULL && sip_take_mark(&list, ','));
	if (why != NULL)
		return why;
	sip_take_space(&list);
	return list.n > 0 ? "the challenge is malformed" : NULL;
}

static bool read_algorithm(struct view name, struct sip_auth_offer *offer)
{
	struct view sess = VIEW("-sess");

	offer->session = name.n > sess.n && view_ieq(view_skip(name, name.n - sess.n), sess);
	if (offer->session)
		name.n -= sess.n;
	for (unsigned i = 0; i < SIP_AUTH_ALGORITHMS; i++) {
		offer->algorithm = (enum sip_auth_algorithm)i;
		if (view_ieq(name, view_of(ALGORITHM_NAMES[i])))
			return true;
	}
	return false;
}

static bool lists_auth(struct view qop)
{
	while (qop.n > 0)
		if (view_ieq(view_trim(view_take_until(&qop, ',')), VIEW("auth")))
			return true;
	return false;
}

/* `unknown` is set when it is the algorithm that is refused. */
static const char *read_challenge(struct sip_challenge challenge, struct sip_auth_offer *offer,
				  struct view *unknown)
{
	struct params params = { .given = { false } };
	struct view list = challenge.value;

	*offer = (struct sip_auth_offer){ .header = challenge.value, .proxy = challenge.proxy };
	if (!view_ieq(sip_take_token(&list), VIEW("Digest")) || !sip_take_space(&list))
		return "the challenge is not Digest";
	const char *why = read_params(list, &params);
	if (why != NULL)
		return why;
	if (!params.given[REALM])
		return "the challenge has no realm";
	if (!params.given[NONCE])
		return "the challenge has no nonce";
	if (params.given[ALGORITHM] && !read_algorithm(params.value[ALGORITHM], offer)) {
		*unknown = params.value[ALGORITHM];
		return "algorithm not supported";
	}
	offer->realm = params.value[REALM];
	offer->nonce = params.value[NONCE];
	offer->opaque = params.value[OPAQUE];
	offer->has_opaque = params.given[OPAQUE];
	offer->stale = view_ieq(params.value[STALE], VIEW("true"));
	offer->qop_auth = lists_auth(params.value[QOP]);
	if (params.given[QOP] && !offer->qop_auth)
		return "no qop but auth-int";
	if (offer->session && !offer->qop_auth)
		return "a session algorithm without qop"; /* it needs a cnonce: RFC 2617 3.2.2 */
	return NULL;
}

bool sip_auth_parse(struct sip_challenge challenge, struct sip_auth_offer *offer, const char **why)
{
	struct view unknown;

	*why = read_challenge(challenge, offer, &unknown);
	return *why == NULL;
}

bool sip_auth_choose(const struct sip_msg *msg, struct sip_auth_offer *best, struct view *unknown,
		     const char **why)
{
	const char *refused = "no challenge in the answer";
	bool found = false;

	for (size_t i = 0; i < msg->challenge_count; i++) {
		struct sip_auth_offer offer;
		struct view algorithm = { "", 0 };
		const char *clause = read_challenge(msg->challenge[i], &offer, &algorithm);

		if (clause != NULL) {
			refused = clause;
			if (unknown != NULL && algorithm.n > 0)
				*unknown = algorithm;
		} else if (!found || offer.algorithm > best->algorithm) {
			*best = offer;
			found = true;
		}
	}
	*why = found ? NULL : refused;
	return found;
}

struct hash {
	char hex[128];
	size_t n;
};

static struct view hash_view(const struct hash *hash)
{
	return (struct view){ hash->hex, hash->n };
}

/* H(field ":" field ...); false when the algorithm is not available. */
static bool hash_fields(const struct sip_auth_offer *offer, sip_digest_fn *digest,
			const struct view *field, size_t fields, struct hash *hash)
{
	struct view part[2 * HASH_FIELDS_MAX];
	size_t parts = 0;

	for (size_t i = 0; i < fields; i++) {
		if (i > 0)
			part[parts++] = VIEW(":");
		part[parts++] = field[i];
	}
	hash->n = digest(ALGORITHM_NAMES[offer->algorithm], part, parts, hash->hex);
	return hash->n > 0;
}

/* The numbers as they stand in the header and in the hash. */
struct numbers {
	char digits[2][16];
	struct view cnonce, nc;
};

static void write_numbers(struct numbers *numbers, const struct sip_auth_request *request)
{
	struct wr cnonce = wr_over(numbers->digits[0], sizeof(numbers->digits[0]));
	struct wr nc = wr_over(numbers->digits[1], sizeof(numbers->digits[1]));

	wr_hex64(&cnonce, request->cnonce);
	wr_hex64(&nc, request->nc);
	numbers->cnonce = wr_view(&cnonce);
	numbers->nc = view_skip(wr_view(&nc), 8);
}

/* 3.4.1 to 3.4.3; without qop as in RFC 2069 */
static bool hash_response(const struct sip_auth_offer *offer,
			  const struct sip_credentials *credentials,
			  const struct sip_auth_request *request, const struct numbers *numbers,
			  struct hash *response)
{
	sip_digest_fn *digest = credentials->digest;
	const struct view secret[] = { credentials->user, offer->realm, credentials->password };
	const struct view what[] = { request->method, request->uri };
	struct hash a1, a2, session;

	if (!hash_fields(offer, digest, secret, 3, &a1) ||
	    !hash_fields(offer, digest, what, 2, &a2))
		return false;
	if (offer->session) {
		const struct view once[] = { hash_view(&a1), offer->nonce, numbers->cnonce };
		if (!hash_fields(offer, digest, once, 3, &session))
			return false;
		a1 = session;
	}
	const struct view plain[] = { hash_view(&a1), offer->nonce, hash_view(&a2) };
	const struct view with_qop[] = { hash_view(&a1),  offer->nonce, numbers->nc,
					 numbers->cnonce, VIEW("auth"), hash_view(&a2) };
	return offer->qop_auth ? hash_fields(offer, digest, with_qop, 6, response)
			       : hash_fields(offer, digest, plain, 3, response);
}

/* For text of ours, which holds no backslashes for the header's sake. */
static void write_quoted(struct wr *w, const char *name, struct view value)
{
	wr_str(w, name);
	wr_str(w, "=\"");
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '"' || value.p[i] == '\\')
			wr_byte(w, '\\');
		wr_byte(w, value.p[i]);
	}
	wr_byte(w, '"');
}

/* For text that came quoted and kept its backslashes. */
static void write_again(struct wr *w, const char *name, struct view value)
{
	wr_str(w, name);
	wr_str(w, "=\"");
	wr_put(w, value);
	wr_byte(w, '"');
}

static void write_header(struct wr *w, const struct sip_auth_offer *offer, struct view user,
			 struct view uri, const struct numbers *numbers, struct view response)
{
	wr_str(w, offer->proxy ? "Proxy-Authorization: Digest " : "Authorization: Digest ");
	write_quoted(w, "username", user);
	write_again(w, ", realm", offer->realm);
	write_again(w, ", nonce", offer->nonce);
	write_quoted(w, ", uri", uri);
	write_again(w, ", response", response);
	wr_str(w, ", algorithm=");
	wr_str(w, ALGORITHM_NAMES[offer->algorithm]);
	wr_str(w, offer->session ? "-sess" : "");
	if (offer->qop_auth) {
		write_again(w, ", cnonce", numbers->cnonce);
		wr_str(w, ", qop=auth, nc=");
		wr_put(w, numbers->nc);
	}
	if (offer->has_opaque)
		write_again(w, ", opaque", offer->opaque);
	wr_str(w, "\r\n");
}

bool sip_auth_write(struct wr *w, const struct sip_auth_offer *offer,
		    const struct sip_credentials *credentials,
		    const struct sip_auth_request *request)
{
	size_t start = w->n;
	struct numbers numbers = { .digits = { "" } };
	struct hash response;

	write_numbers(&numbers, request);
	if (w->full || !sip_is_clean(credentials->user) || !sip_is_clean(request->uri) ||
	    !hash_response(offer, credentials, request, &numbers, &response))
		return false;
	write_header(w, offer, credentials->user, request->uri, &numbers, hash_view(&response));
	if (w->full)
		w->n = start;
	return !w->full;
}
