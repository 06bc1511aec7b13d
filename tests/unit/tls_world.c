/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates and servers for the TLS tests; see tls_world.h. */
#define _GNU_SOURCE
#include "tls_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/x509v3.h>

const struct recipe tls_good = { "pbx", "DNS:" HOST, -1, 90, BY_ROOT, NULL };

static void add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(e);
	X509_add_ext(cert, e, -1);
	X509_EXTENSION_free(e);
}

/* A NUL inside a name cannot be written in a configuration. */
static void add_nul_name(X509 *cert)
{
	static const char text[] = "pbx.example.org\0.evil.example";
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *s = ASN1_IA5STRING_new();

	ASN1_STRING_set(s, text, sizeof(text) - 1);
	GENERAL_NAME_set0_value(name, GEN_DNS, s);
	sk_GENERAL_NAME_push(names, name);
	X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0);
	GENERAL_NAMES_free(names);
}

static struct identity make(const struct recipe *r, const struct identity *issuer, bool ca)
{
	struct identity id = { X509_new(), EVP_EC_gen("P-256") };
	const EVP_MD *md = r->issuer == BY_WEAK_ROOT ? EVP_sha1() : EVP_sha256();
	X509_NAME *name = X509_get_subject_name(id.cert);

	issuer = issuer != NULL ? issuer : &id;
	X509_set_version(id.cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(id.cert), 7);
	ASN1_TIME_set(X509_getm_notBefore(id.cert), NOW + (time_t)r->from_day * DAY);
	ASN1_TIME_set(X509_getm_notAfter(id.cert), NOW + (time_t)r->to_day * DAY);
	if (r->cn != NULL)
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)r->cn,
					   -1, -1, 0);
	X509_set_issuer_name(id.cert, X509_get_subject_name(issuer->cert));
	X509_set_pubkey(id.cert, id.key);
	if (ca)
		add_extension(id.cert, NID_basic_constraints, "critical,CA:TRUE");
	if (r->eku != NULL)
		add_extension(id.cert, NID_ext_key_usage, r->eku);
	if (r->san != NULL && strcmp(r->san, "NUL") == 0)
		add_nul_name(id.cert);
	else if (r->san != NULL)
		add_extension(id.cert, NID_subject_alt_name, r->san);
	assert_true(X509_sign(id.cert, issuer->key, md) > 0);
	return id;
}

static void identity_free(struct identity *id)
{
	X509_free(id->cert);
	EVP_PKEY_free(id->key);
}

static void write_pem(char path[64], const char *dir, const char *name, X509 *cert, EVP_PKEY *key,
		      const EVP_CIPHER *lock)
{
	snprintf(path, 64, "%s/%s", dir, name);
	BIO *out = BIO_new_file(path, "w");

	if (cert != NULL)
		PEM_write_bio_X509(out, cert);
	if (key != NULL)
		PEM_write_bio_PrivateKey(out, key, lock, (const unsigned char *)"x", 1, NULL, NULL);
	BIO_free(out);
}

int world_new(void **state)
{
	static const struct recipe ca = { "Root CA", NULL, -900, 900, BY_SELF, NULL };
	static const struct recipe mid = { "Middle CA", NULL, -900, 100, BY_ROOT, NULL };
	static const struct recipe old = { "Old CA", NULL, -900, -3, BY_ROOT, NULL };
	static const struct recipe other = { "Stranger CA", NULL, -900, 900, BY_SELF, NULL };
	static const struct recipe client = { "monitor", NULL, -900, 900, BY_ROOT, NULL };
	struct world *w = calloc(1, sizeof(*w));
	char why[TRACE_WHY_MAX], hashed[80];

	w->api = tls_load(why, sizeof(why));
	if (w->api == NULL)
		fail_msg("%s", why);
	w->root = make(&ca, NULL, true);
	w->mid = make(&mid, &w->root, true);
	w->old_mid = make(&old, &w->root, true);
	w->stranger = make(&other, NULL, true);
	struct identity id = make(&client, &w->root, false);
	snprintf(w->dir, sizeof(w->dir), "/tmp/test_tls.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	write_pem(w->ca, w->dir, "ca", w->root.cert, NULL, NULL);
	write_pem(w->mid_ca, w->dir, "mid", w->mid.cert, NULL, NULL);
	write_pem(w->cert, w->dir, "cert", id.cert, NULL, NULL);
	write_pem(w->key, w->dir, "key", NULL, id.key, NULL);
	write_pem(w->locked, w->dir, "locked", NULL, id.key, EVP_aes_128_cbc());
	snprintf(hashed, sizeof(hashed), "%s/%08lx.0", w->dir,
		 X509_subject_name_hash(w->root.cert));
	assert_int_equal(symlink("ca", hashed), 0);
	identity_free(&id);
	*state = w;
	return 0;
}

int world_free(void **state)
{
	struct world *w = *state;
	const char *file[] = { w->ca, w->mid_ca, w->cert, w->key, w->locked };
	char hashed[80];

	snprintf(hashed, sizeof(hashed), "%s/%08lx.0", w->dir,
		 X509_subject_name_hash(w->root.cert));
	unlink(hashed);
	for (size_t i = 0; i < sizeof(file) / sizeof(file[0]); i++)
		unlink(file[i]);
	rmdir(w->dir);
	identity_free(&w->root);
	identity_free(&w->mid);
	identity_free(&w->old_mid);
	identity_free(&w->stranger);
	free(w);
	return 0;
}

/* Without a callback the server forgets the name. */
static int accept_name(SSL *ssl, int *alert, void *arg)
{
	(void)ssl;
	(void)alert;
	(void)arg;
	return SSL_TLSEXT_ERR_OK;
}

SSL *server_new(const struct world *w, const struct recipe *r, int version, bool ask, int fd)
{
	const struct identity *issuers[] = { &w->root, &w->mid,	 &w->old_mid, &w->stranger,
					     &w->root, &w->root, &w->mid,     NULL };
	const struct identity *issuer = issuers[r->issuer];
	struct identity leaf = make(r, issuer, false);
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_tlsext_servername_callback(ctx, accept_name);
	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	assert_int_equal(SSL_CTX_use_certificate(ctx, leaf.cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, leaf.key), 1);
	if (r->issuer == BY_MID || r->issuer == BY_OLD_MID)
		SSL_CTX_add1_chain_cert(ctx, issuer->cert);
	if (r->issuer == BY_ROOT_AND_OLD)
		SSL_CTX_add1_chain_cert(ctx, w->old_mid.cert);
	if (ask) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), w->root.cert);
	}
	SSL *ssl = SSL_new(ctx);
	SSL_set_fd(ssl, fd);
	SSL_CTX_free(ctx);
	identity_free(&leaf);
	return ssl;
}

struct pair pair_new(const struct world *w, const struct tls_conf *conf, const char *name)
{
	struct pair p = { .api = w->api };

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p.fd), 0);
	p.ctx = w->api->ctx_new(conf, p.why, sizeof(p.why));
	if (p.ctx == NULL)
		fail_msg("%s", p.why);
	p.client = w->api->session_new(p.ctx, p.fd[0], name);
	assert_non_null(p.client);
	p.why[0] = '\0';
	return p;
}

void pair_free(struct pair *p)
{
	p->api->session_free(p->client);
	p->api->ctx_free(p->ctx);
	SSL_free(p->server);
	close(p->fd[0]);
	if (p->fd[1] >= 0)
		close(p->fd[1]);
}

void pair_handshake(struct pair *p)
{
	p->step = TLS_WANT_READ;
	for (int turn = 0; turn < 20 && p->step == TLS_WANT_READ; turn++) {
		p->step = p->api->handshake(p->client, p->why, sizeof(p->why));
		SSL_accept(p->server);
	}
}

struct pair pair_connected(const struct world *w, const struct tls_conf *conf,
			   const struct recipe *r, int version, const char *name)
{
	struct pair p = pair_new(w, conf, name);

	p.server = server_new(w, r, version, false, p.fd[1]);
	pair_handshake(&p);
	if (p.step != TLS_DONE)
		fail_msg("%s", p.why);
	return p;
}
