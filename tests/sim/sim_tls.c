/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates and TLS server contexts; see sim_tls.h. RFC 5280, names as in RFC 5922 section 7. */
#define _GNU_SOURCE
#include "sim_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define HOUR 3600L
#define DAY (24 * HOUR)
#define PATH_BYTES 4096

struct leaf {
	const char *name, *san, *usage;
	long from_s, to_s; /* relative to now; the half day keeps a count of days left stable */
	bool self_signed;
};

#define GOOD_SAN "DNS:localhost,IP:127.0.0.1,IP:::1,URI:sip:localhost,URI:sip:example.test"
#define GOOD_END (397 * DAY + 12 * HOUR)

static const struct leaf leaves[] = {
	{ "good", GOOD_SAN, "serverAuth", -DAY, GOOD_END, false },
	{ "expired", GOOD_SAN, "serverAuth", -400 * DAY, -41 * DAY, false },
	{ "wrongname", "DNS:example.org", "serverAuth", -DAY, GOOD_END, false },
	{ "soon", GOOD_SAN, "serverAuth", -DAY, 5 * DAY + 12 * HOUR, false },
	{ "selfsigned", GOOD_SAN, "serverAuth", -DAY, GOOD_END, true },
	{ "uri", "URI:sip:example.test,DNS:other.example", "serverAuth", -DAY, GOOD_END, false },
	{ "client", "DNS:client.example.test", "clientAuth", -DAY, GOOD_END, false },
};

static bool complain(const char *what, const char *subject)
{
	unsigned long code = ERR_get_error();

	fprintf(stderr, "voip_sim: %s %s: %s\n", what, subject,
		code != 0 ? ERR_reason_error_string(code) : strerror(errno));
	return false;
}

static bool path_join(char *path, const char *dir, const char *name, const char *suffix)
{
	int n = snprintf(path, PATH_BYTES, "%s/%s%s", dir, name, suffix);

	return n > 0 && n < PATH_BYTES;
}

/* Writes the certificate, or the key when there is one. */
static bool write_pem(const char *path, X509 *cert, EVP_PKEY *key)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		      key != NULL ? 0600 : 0644);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (file == NULL)
		return complain("cannot write", path);
	bool ok = key != NULL ? PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1
			      : PEM_write_X509(file, cert) == 1;
	ok = fclose(file) == 0 && ok;
	return ok || complain("cannot write", path);
}

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool ok = ext != NULL && X509_add_ext(cert, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

/* An unsigned certificate with the names, the times and a random serial number. */
static X509 *cert_new(const char *name, EVP_PKEY *key, X509 *issuer, long from_s, long to_s)
{
	X509 *cert = X509_new();
	uint64_t serial = 0;

	if (cert == NULL)
		return NULL;
	X509_NAME *subject = X509_get_subject_name(cert);
	bool ok = RAND_bytes((unsigned char *)&serial, sizeof(serial)) == 1 &&
		  X509_set_version(cert, X509_VERSION_3) == 1 &&
		  ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1) == 1 &&
		  X509_gmtime_adj(X509_getm_notBefore(cert), from_s) != NULL &&
		  X509_gmtime_adj(X509_getm_notAfter(cert), to_s) != NULL &&
		  X509_set_pubkey(cert, key) == 1 &&
		  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
					     (const unsigned char *)name, -1, -1, 0) == 1 &&
		  X509_set_issuer_name(cert, issuer != NULL ? X509_get_subject_name(issuer)
							    : subject) == 1;

	if (!ok) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

static bool write_leaf(const char *dir, const struct leaf *leaf, X509 *ca, EVP_PKEY *ca_key)
{
	char cert_path[PATH_BYTES], key_path[PATH_BYTES];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = key != NULL ? cert_new(leaf->name, key, leaf->self_signed ? NULL : ca,
					    leaf->from_s, leaf->to_s)
				 : NULL;
	X509 *issuer = leaf->self_signed ? cert : ca;
	bool ok = cert != NULL &&
		  add_extension(cert, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
		  add_extension(cert, issuer, NID_key_usage, "critical,digitalSignature") &&
		  add_extension(cert, issuer, NID_ext_key_usage, leaf->usage) &&
		  add_extension(cert, issuer, NID_subject_alt_name, leaf->san) &&
		  add_extension(cert, issuer, NID_subject_key_identifier, "hash") &&
		  add_extension(cert, issuer, NID_authority_key_identifier, "keyid") &&
		  X509_sign(cert, leaf->self_signed ? key : ca_key, EVP_sha256()) > 0;

	ok = ok ? path_join(cert_path, dir, leaf->name, ".pem") &&
			     path_join(key_path, dir, leaf->name, ".key") &&
			     write_pem(cert_path, cert, NULL) && write_pem(key_path, NULL, key)
		: complain("cannot make certificate", leaf->name);
	X509_free(cert);
	EVP_PKEY_free(key);
	return ok;
}

static bool make_dir(const char *path)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST || complain("cannot make", path);
}

/* The CA as ca.pem and, for a trust store that is a directory, under its subject hash. */
static bool write_ca(const char *dir, X509 *ca)
{
	char path[PATH_BYTES], hash[32];

	snprintf(hash, sizeof(hash), "hashdir/%08lx", X509_subject_name_hash(ca));
	return path_join(path, dir, "ca", ".pem") && write_pem(path, ca, NULL) &&
	       path_join(path, dir, "hashdir", "") && make_dir(path) &&
	       path_join(path, dir, hash, ".0") && write_pem(path, ca, NULL);
}

bool tls_write_certs(const char *dir)
{
	if (!make_dir(dir))
		return false;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *ca = key != NULL ? cert_new("voip_sim test CA", key, NULL, -DAY, 3970 * DAY) : NULL;
	bool made = ca != NULL &&
		    add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE") &&
		    add_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign") &&
		    add_extension(ca, ca, NID_subject_key_identifier, "hash") &&
		    X509_sign(ca, key, EVP_sha256()) > 0;
	bool ok = made ? write_ca(dir, ca) : complain("cannot make certificate", "ca");

	for (size_t i = 0; ok && i < sizeof(leaves) / sizeof(leaves[0]); i++)
		ok = write_leaf(dir, &leaves[i], ca, key);
	X509_free(ca);
	EVP_PKEY_free(key);
	return ok;
}

static bool context_set_versions(SSL_CTX *ctx, bool old)
{
	if (!old)
		return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1;
	return SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, "DEFAULT:@SECLEVEL=0") == 1;
}

SSL_CTX *tls_context_new(const char *dir, const struct tls_profile *profile)
{
	char cert[PATH_BYTES], key[PATH_BYTES], ca[PATH_BYTES];
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	bool ok = ctx != NULL && path_join(cert, dir, profile->cert, ".pem") &&
		  path_join(key, dir, profile->cert, ".key") && path_join(ca, dir, "ca", ".pem") &&
		  context_set_versions(ctx, profile->old) &&
		  SSL_CTX_use_certificate_file(ctx, cert, SSL_FILETYPE_PEM) == 1 &&
		  SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1 &&
		  (!profile->mutual || SSL_CTX_load_verify_file(ctx, ca) == 1);

	if (!ok) {
		complain("cannot serve TLS with", profile->cert);
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"sim", 3);
	if (profile->mutual)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return ctx;
}
