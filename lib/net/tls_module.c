/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS sessions and digests on OpenSSL 3, behind the one exported symbol `tls_api`.
 *
 * The certificate callback lets every handshake go on, so that a bad certificate is a fact with a
 * reason (tls_verify.c) and not an alert.  The site's openssl.cnf is read, because FIPS and
 * MinProtocol are policies that bind a monitor too.  Sockets are written with MSG_NOSIGNAL; nothing
 * is printed.
 */
#define _GNU_SOURCE
#include "net/tls_private.h"

#include "base/mem.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct tls_ctx {
	SSL_CTX *ssl;
	BIO_METHOD *method;
	const char *bundle; /* see struct tls_wanted; lives as long as the environment */
	bool no_verify, sip_identity;
};

struct tls_session {
	struct tls_ctx *ctx;
	SSL *ssl;
	const char *name;
	int fd;
	int error;	      /* errno of the last failed socket call */
	bool eof;	      /* the peer closed the stream */
	bool talked;	      /* application data came */
	bool asked;	      /* the server wanted a client certificate and there is none */
	bool broken;	      /* no close_notify may follow (RFC 8446 6.2) */
	unsigned long reason; /* the OpenSSL error behind TLS_FAILED */
};

static void end_text(struct wr *w, char *why, size_t cap)
{
	struct wr out = wr_over(why, cap - 1);
	bool cut = w->n > out.cap && out.cap > 3;

	tls_put_text(&out, wr_view(w), cut ? out.cap - 3 : out.cap);
	why[out.n] = '\0';
}

/* The socket under a session */

static int socket_read(BIO *bio, char *buffer, int cap)
{
	struct tls_session *session = BIO_get_data(bio);
	ssize_t n = recv(session->fd, buffer, (size_t)cap, 0);

	BIO_clear_retry_flags(bio);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(bio);
	else if (n < 0)
		session->error = errno;
	session->eof = n == 0;
	return (int)n;
}

static int socket_write(BIO *bio, const char *bytes, int n)
{
	struct tls_session *session = BIO_get_data(bio);
	ssize_t put = send(session->fd, bytes, (size_t)n, MSG_NOSIGNAL);

	BIO_clear_retry_flags(bio);
	if (put < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(bio);
	else if (put < 0)
		session->error = errno;
	return (int)put;
}

static long socket_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *socket_method(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "socket");

	if (method != NULL) {
		BIO_meth_set_read(method, socket_read);
		BIO_meth_set_write(method, socket_write);
		BIO_meth_set_ctrl(method, socket_ctrl);
	}
	return method;
}

/* Context */

/* An encrypted key must not ask at a terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
	(void)buffer;
	(void)size;
	(void)writing;
	*(bool *)arg = true;
	return -1;
}

/* A FIFO or a terminal would hold up the program; what is missing is told by who opens it. */
static bool is_file(struct wr *w, const char *what, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || S_ISREG(st.st_mode))
		return true;
	wr_fmt(w, "%s ", what);
	tls_put_text(w, view_of(path), 64);
	wr_str(w, ": not a regular file");
	return false;
}

static bool load_client(SSL_CTX *ssl, const struct tls_conf *conf, struct wr *w)
{
	const char *key = conf->client_key != NULL ? conf->client_key : conf->client_cert;
	bool locked = false;

	if (conf->client_cert == NULL) {
		if (key != NULL)
			wr_str(w, "client key without a client certificate");
		return key == NULL;
	}
	if (!is_file(w, "client certificate", conf->client_cert) || !is_file(w, "client key", key))
		return false;
	SSL_CTX_set_default_passwd_cb(ssl, no_passphrase);
	SSL_CTX_set_default_passwd_cb_userdata(ssl, &locked);
	if (SSL_CTX_use_certificate_chain_file(ssl, conf->client_cert) != 1)
		return tls_put_file_error(w, "client certificate", conf->client_cert);
	bool ok = SSL_CTX_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) == 1;
	SSL_CTX_set_default_passwd_cb_userdata(ssl, NULL);
	if (ok)
		return true;
	if (!locked && ERR_GET_REASON(ERR_peek_error()) != X509_R_KEY_VALUES_MISMATCH)
		return tls_put_file_error(w, "client key", key);
	wr_str(w, locked ? "client key is encrypted"
			 : "client key does not belong to the certificate");
	return false;
}

/* A --ca-file is all that is trusted, be it a root or not.  Else OpenSSL's own places: the hashed
 * directory, and the bundle only when the directory does not know an issuer. */
static bool load_trust(struct tls_ctx *ctx, const struct tls_conf *conf, struct wr *w)
{
	const char *dir = secure_getenv(X509_get_default_cert_dir_env());
	const char *file = secure_getenv(X509_get_default_cert_file_env());

	if (conf->no_verify)
		return true;
	if (conf->ca_file != NULL) {
		X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx->ssl), X509_V_FLAG_PARTIAL_CHAIN);
		return is_file(w, "CA file", conf->ca_file) &&
		       (SSL_CTX_load_verify_file(ctx->ssl, conf->ca_file) == 1 ||
			tls_put_file_error(w, "CA file", conf->ca_file));
	}
	SSL_CTX_load_verify_dir(ctx->ssl, dir != NULL ? dir : X509_get_default_cert_dir());
	ctx->bundle = file != NULL ? file : X509_get_default_cert_file();
	return true;
}

static int accept_any(X509_STORE_CTX *store, void *arg)
{
	(void)store;
	(void)arg;
	return 1;
}

static int note_request(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
	struct tls_session *session = SSL_get_app_data(ssl);

	(void)cert;
	(void)key;
	session->asked = true;
	return 0;
}

static bool set_policy(SSL_CTX *ssl, unsigned min_version)
{
	int floor = min_version == 13 ? TLS1_3_VERSION : TLS1_2_VERSION;

	SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_clear_mode(ssl, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_cert_verify_callback(ssl, accept_any, NULL);
	SSL_CTX_set_client_cert_cb(ssl, note_request);
	/* A site's MinProtocol may be stricter. */
	return SSL_CTX_get_min_proto_version(ssl) >= floor ||
	       SSL_CTX_set_min_proto_version(ssl, floor) == 1;
}

static void ctx_free(struct tls_ctx *ctx)
{
	if (ctx == NULL)
		return;
	SSL_CTX_free(ctx->ssl);
	BIO_meth_free(ctx->method);
	mem_free(ctx);
}

static struct tls_ctx *ctx_new(const struct tls_conf *conf, char *why, size_t cap)
{
	struct tls_ctx *ctx = mem_new(1, sizeof(*ctx));
	char text[512];
	struct wr w = wr_over(text, sizeof(text));

	ERR_clear_error();
	ctx->no_verify = conf->no_verify;
	ctx->sip_identity = conf->sip_identity;
	ctx->method = socket_method();
	ctx->ssl = SSL_CTX_new(TLS_client_method());
	if (ctx->method == NULL || ctx->ssl == NULL || !set_policy(ctx->ssl, conf->min_version))
		wr_str(&w, "the TLS library does not start");
	else if (load_trust(ctx, conf, &w) && load_client(ctx->ssl, conf, &w)) {
		ERR_clear_error();
		return ctx;
	}
	end_text(&w, why, cap);
	ERR_clear_error();
	ctx_free(ctx);
	return NULL;
}

/* Session */

static bool set_name(SSL *ssl, const char *name)
{
	char host[256] = "";
	struct view v = view_of(name);
	struct addr ip;

	if (addr_parse(v, &ip)) /* RFC 6066 3: no literal addresses, no trailing dot */
		return true;
	if (v.n > 0 && v.p[v.n - 1] == '.')
		v.n--;
	if (v.n == 0 || v.n >= sizeof(host))
		return v.n == 0;
	memcpy(host, v.p, v.n);
	return SSL_set_tlsext_host_name(ssl, host) == 1;
}

static void session_free(struct tls_session *session)
{
	if (session == NULL)
		return;
	if (SSL_is_init_finished(session->ssl) && !session->broken)
		SSL_shutdown(session->ssl);
	ERR_clear_error();
	SSL_free(session->ssl);
	mem_free(session);
}

static struct tls_session *session_new(struct tls_ctx *ctx, int fd, const char *name)
{
	struct tls_session *session = mem_new(1, sizeof(*session));
	BIO *bio = BIO_new(ctx->method);

	session->ctx = ctx;
	session->fd = fd;
	session->name = name;
	session->broken = true;
	session->ssl = SSL_new(ctx->ssl);
	if (session->ssl == NULL || bio == NULL || !set_name(session->ssl, name)) {
		BIO_free(bio);
		SSL_free(session->ssl);
		mem_free(session);
		return NULL;
	}
	BIO_set_data(bio, session);
	BIO_set_init(bio, 1);
	SSL_set_bio(session->ssl, bio, bio);
	SSL_set_app_data(session->ssl, session);
	SSL_set_connect_state(session->ssl);
	return session;
}

static enum tls_step step_of(struct tls_session *session, int result)
{
	switch (SSL_get_error(session->ssl, result)) {
	case SSL_ERROR_NONE:
		return TLS_DONE;
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		session->eof = true;
		return TLS_CLOSED;
	default:
		session->broken = true;
		session->reason = ERR_get_error();
		return session->eof ? TLS_CLOSED : TLS_FAILED;
	}
}

static void explain(const struct tls_session *session, struct wr *w)
{
	const char *phase = SSL_is_init_finished(session->ssl) ? "" : " during the TLS handshake";
	int error = session->error == EPIPE ? ECONNRESET : session->error;

	if (session->reason != 0) {
		tls_put_reason(w, session->reason, session->talked);
		if (session->asked && tls_alert(session->reason) == SSL_AD_HANDSHAKE_FAILURE)
			wr_str(w, ", it asked for a client certificate");
	} else if (error == 0 || error == ECONNRESET) {
		wr_fmt(w, "connection %s%s", error == 0 ? "closed" : "reset", phase);
	} else {
		wr_fmt(w, "%s%s", strerror(error), phase);
	}
}

static int session_why(const struct tls_session *session, char *why, size_t cap)
{
	char text[512];
	struct wr w = wr_over(text, sizeof(text));

	explain(session, &w);
	end_text(&w, why, cap);
	return session->reason != 0 ? 0 : session->error;
}

static enum tls_step session_handshake(struct tls_session *session, char *why, size_t cap)
{
	ERR_clear_error();
	enum tls_step step = step_of(session, SSL_do_handshake(session->ssl));

	if (step == TLS_DONE)
		session->broken = false;
	if (step != TLS_CLOSED && step != TLS_FAILED)
		return step;
	session_why(session, why, cap);
	return TLS_FAILED;
}

static enum tls_step session_read(struct tls_session *session, char *buffer, size_t cap,
				  size_t *got)
{
	ERR_clear_error();
	*got = 0;
	enum tls_step step = step_of(session, SSL_read_ex(session->ssl, buffer, cap, got));

	session->talked |= *got > 0;
	return step;
}

static enum tls_step session_write(struct tls_session *session, struct view bytes, size_t *put)
{
	char byte;
	size_t got;

	ERR_clear_error();
	*put = 0;
	enum tls_step step = step_of(session, SSL_write_ex(session->ssl, bytes.p, bytes.n, put));
	/* The alert that explains a reset may wait to be read. */
	if (step == TLS_FAILED && session->error != 0)
		step_of(session, SSL_read_ex(session->ssl, &byte, 1, &got));
	return step;
}

static bool session_verify(struct tls_session *session, time_t now, struct tls_facts *facts,
			   char *why, size_t cap)
{
	struct tls_ctx *ctx = session->ctx;
	struct tls_wanted wanted = { session->name, ctx->sip_identity, now, &ctx->bundle };
	char text[512];
	struct wr w = wr_over(text, sizeof(text));

	tls_describe_peer(session->ssl, facts);
	if (!ctx->no_verify)
		facts->verified = tls_verify_peer(session->ssl, &wanted, facts, &w);
	ERR_clear_error();
	end_text(&w, why, cap);
	return facts->verified || ctx->no_verify;
}

/* Digests */

static size_t digest(const char *algorithm, const struct view *part, size_t parts, char *hex)
{
	static const char *const names[][2] = { { "MD5", "MD5" },
						{ "SHA-256", "SHA2-256" },
						{ "SHA-512-256", "SHA2-512/256" } };
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	EVP_MD *md = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(algorithm, names[i][0]) == 0)
			md = EVP_MD_fetch(NULL, names[i][1], NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = md != NULL && ctx != NULL && EVP_DigestInit_ex2(ctx, md, NULL) == 1;
	for (size_t i = 0; ok && i < parts; i++)
		ok = EVP_DigestUpdate(ctx, part[i].p, part[i].n) == 1;
	ok = ok && EVP_DigestFinal_ex(ctx, raw, &n) == 1;
	for (size_t i = 0; ok && i < 2 * (size_t)n; i++)
		hex[i] = "0123456789abcdef"[(i % 2 == 0 ? raw[i / 2] >> 4 : raw[i / 2]) & 15];
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
	ERR_clear_error();
	return ok ? 2 * (size_t)n : 0;
}

extern const struct tls_api tls_api;
__attribute__((visibility("default"))) const struct tls_api tls_api = {
	.abi = TLS_ABI,
	.ctx_new = ctx_new,
	.ctx_free = ctx_free,
	.session_new = session_new,
	.session_free = session_free,
	.handshake = session_handshake,
	.verify = session_verify,
	.read = session_read,
	.write = session_write,
	.why = session_why,
	.digest = digest,
};
