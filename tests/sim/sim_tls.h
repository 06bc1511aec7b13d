/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The certificates voip_sim makes for itself, and TLS server contexts over them. */
#ifndef SIM_TLS_H
#define SIM_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>

struct tls_profile {
	const char *cert; /* base name in the directory; NULL: no TLS */
	bool mutual;	  /* only clients with a certificate of our CA */
	bool old;	  /* TLS 1.0 and 1.1 only */
};

/*
 * Makes `dir` (0700) when absent and a new CA in it; its key is forgotten. False after a line on
 * stderr.
 */
bool tls_write_certs(const char *dir);

/* NULL after a line on stderr. */
SSL_CTX *tls_context_new(const char *dir, const struct tls_profile *profile);

#endif
