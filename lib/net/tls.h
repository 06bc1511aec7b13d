/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS and digests, in a shared object that is loaded on first use: libssl costs three million
 * instructions at start, which a plain UDP check must not pay.
 *
 * Only tls_module.c and tls_verify.c, which make that object, know OpenSSL; it exports one symbol,
 * `tls_api`.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "net/trace.h"

#include <time.h>

struct tls_conf {
	const char *ca_file; /* all that is trusted; NULL: the system's hashed directory first */
	const char *client_cert; /* PEM files, NULL = none */
	const char *client_key;
	unsigned min_version; /* 12 or 13 */
	bool no_verify;
	bool sip_identity; /* strict RFC 5922: no wildcard, no common name */
};

struct tls_ctx;
struct tls_session;

enum tls_step { TLS_DONE, TLS_WANT_READ, TLS_WANT_WRITE, TLS_CLOSED, TLS_FAILED };

struct tls_api {
	unsigned abi;
	/* NULL with a clause in `why` (cap bytes) when a file cannot be used. */
	struct tls_ctx *(*ctx_new)(const struct tls_conf *conf, char *why, size_t cap);
	void (*ctx_free)(struct tls_ctx *ctx);
	/* `name`: host name or numeric address the certificate must carry, also sent as SNI when it
	 * is a name; borrowed until session_free. The descriptor stays the caller's. */
	struct tls_session *(*session_new)(struct tls_ctx *ctx, int fd, const char *name);
	void (*session_free)(struct tls_session *session);
	/* Non-blocking. TLS_FAILED: `why` (cap bytes) says the reason in words. Verification does not
	 * stop the handshake: ask `verify` after TLS_DONE. */
	enum tls_step (*handshake)(struct tls_session *session, char *why, size_t cap);
	/* Fills the facts; false with the reason when chain or name is not acceptable ("certificate
	 * expired 41 days ago", "name is example.org, wanted pbx.example.org"). With no_verify it is
	 * always true, and facts->verified is false. */
	bool (*verify)(struct tls_session *session, time_t now, struct tls_facts *facts, char *why,
		       size_t cap);
	/* Read until TLS_WANT_READ: bytes may wait inside the session. Then wait level-triggered: a
	 * session ticket (RFC 8446 4.6.1) ends a read while the descriptor still has data.
	 * TLS_CLOSED: with or without close_notify. After TLS_FAILED ask `why`. */
	enum tls_step (*read)(struct tls_session *session, char *buffer, size_t cap, size_t *got);
	enum tls_step (*write)(struct tls_session *session, struct view bytes, size_t *put);
	/* The reason of the last TLS_FAILED as a clause (cap bytes): a TLS 1.3 server refuses a client
	 * certificate only after the handshake. Returns the socket's errno, 0 when TLS failed. */
	int (*why)(const struct tls_session *session, char *why, size_t cap);
	/* Lower-case hexadecimal digest of the parts' concatenation: "MD5", "SHA-256",
	 * "SHA-512-256" (RFC 7616, RFC 8760). Returns its length, 0 when not available (MD5 under
	 * FIPS). `hex` holds 128 bytes. */
	size_t (*digest)(const char *algorithm, const struct view *part, size_t parts, char *hex);
};

enum { TLS_ABI = 1 };

/* Loads the module once per process; NULL with a clause in `why` when it cannot be loaded. */
const struct tls_api *tls_load(char *why, size_t cap);

#endif
