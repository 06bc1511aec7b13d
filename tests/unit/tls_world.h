/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For the tests of the TLS module: certificates made at run time, and a client and a server in one
 * thread. */
#ifndef TLS_WORLD_H
#define TLS_WORLD_H

#include "net/tls.h"

#include <openssl/ssl.h>

#define HOST "pbx.example.org"

/* The day on which everything happens; certificates count from it. */
enum { NOW = 1750000000, DAY = 86400 };
enum issuer {
	BY_ROOT,
	BY_MID,
	BY_OLD_MID,
	BY_STRANGER,
	BY_WEAK_ROOT,
	BY_ROOT_AND_OLD, /* an expired certificate is sent too, for nothing */
	BY_UNSENT_MID,
	BY_SELF
};

struct recipe {
	const char *cn, *san; /* san as in an OpenSSL configuration */
	int from_day, to_day;
	enum issuer issuer;
	const char *eku;
};

struct identity {
	X509 *cert;
	EVP_PKEY *key;
};

struct world {
	const struct tls_api *api;
	struct identity root, mid, old_mid, stranger;
	char dir[32], ca[64], mid_ca[64], cert[64], key[64], locked[64];
};

extern const struct recipe tls_good; /* for HOST, by the root */

/* Group set-up and tear-down. */
int world_new(void **state);
int world_free(void **state);

/* One client and one server, both non-blocking, in turns. */
struct pair {
	const struct tls_api *api;
	int fd[2];
	SSL *server;
	struct tls_ctx *ctx;
	struct tls_session *client;
	enum tls_step step;
	char why[TRACE_WHY_MAX];
};

SSL *server_new(const struct world *w, const struct recipe *r, int version, bool ask, int fd);
/* A client whose server is still to come. */
struct pair pair_new(const struct world *w, const struct tls_conf *conf, const char *name);
void pair_free(struct pair *p);
void pair_handshake(struct pair *p);
struct pair pair_connected(const struct world *w, const struct tls_conf *conf,
			   const struct recipe *r, int version, const char *name);

#endif
