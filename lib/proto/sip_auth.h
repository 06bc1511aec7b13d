/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Digest answers to SIP challenges (RFC 3261 section 22, RFC 7616, RFC 8760).
 *
 * The digest function is handed in, so that this file needs no crypto library.
 */
#ifndef PROTO_SIP_AUTH_H
#define PROTO_SIP_AUTH_H

#include "base/bytes.h"
#include "proto/sip_msg.h"

/* See tls_api.digest in net/tls.h. */
typedef size_t sip_digest_fn(const char *algorithm, const struct view *part, size_t parts,
			     char *hex);

struct sip_credentials {
	struct view user, password;
	sip_digest_fn *digest; /* NULL: no credentials */
};

enum sip_auth_algorithm { SIP_AUTH_MD5, SIP_AUTH_SHA256, SIP_AUTH_SHA512_256, SIP_AUTH_ALGORITHMS };

/* One parsed challenge; views point into the header value, without quotes. A quoted-pair keeps its
 * backslash, in the hash and in the answer (RFC 7616 3.4.2: unq). None holds a control byte. */
struct sip_auth_offer {
	struct view header; /* the header value it was read from */
	bool proxy;
	enum sip_auth_algorithm algorithm;
	bool session; /* "-sess" */
	struct view realm, nonce, opaque;
	bool has_opaque;
	bool qop_auth; /* qop given and "auth" in it; without qop the RFC 2069 form is used */
	bool stale;
};

/* False with a constant clause: not Digest, malformed, a parameter twice, a control byte, no realm
 * or nonce, only auth-int, "-sess" without qop, unknown algorithm ("algorithm not supported"). */
bool sip_auth_parse(struct sip_challenge challenge, struct sip_auth_offer *offer, const char **why);

/* The strongest offer that can be answered (SHA-512-256, SHA-256, MD5), or false with the clause of
 * the last one refused. `unknown`, when not NULL, gets the algorithm text of a refused one. */
bool sip_auth_choose(const struct sip_msg *msg, struct sip_auth_offer *best, struct view *unknown,
		     const char **why);

struct sip_auth_request {
	struct view method, uri;
	uint64_t cnonce;
	uint32_t nc; /* 1 for the first use of a nonce */
};

/* Writes the whole line with CRLF, "Authorization: Digest ..." or "Proxy-Authorization: Digest ...".
 * False, with nothing written, when the digest function does not offer the algorithm (MD5 under
 * FIPS), a control byte stands in user or uri, or `w` is full. */
bool sip_auth_write(struct wr *w, const struct sip_auth_offer *offer,
		    const struct sip_credentials *credentials,
		    const struct sip_auth_request *request);

#endif
