/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the files of the TLS module, seen by nobody else. */
#ifndef NET_TLS_PRIVATE_H
#define NET_TLS_PRIVATE_H

#include "net/tls.h"

#include <openssl/ssl.h>

struct tls_wanted {
	const char *name;
	bool sip_identity;
	time_t now;
	/* A file of roots to add when an issuer is unknown: reading it costs ten times a handshake.
	 * *bundle becomes NULL when it was read. */
	const char **bundle;
};

/* Fills all but `verified` and `wildcard`; the end is that of the chain sent. */
void tls_describe_peer(const SSL *ssl, struct tls_facts *facts);
/* Judges chain and name; appends every problem found to `why`. A good chain gives its end to
 * `facts`. */
bool tls_verify_peer(SSL *ssl, const struct tls_wanted *wanted, struct tls_facts *facts,
		     struct wr *why);
/* Appends at most `max` bytes, then "..."; NUL becomes `?`. */
void tls_put_text(struct wr *w, struct view text, size_t max);
/* The alert (RFC 8446 6) that the peer sent, or -1 when it is another error. */
int tls_alert(unsigned long error);
/* An OpenSSL error in words; `talked`: application data came before. */
void tls_put_reason(struct wr *w, unsigned long error, bool talked);
/* Why OpenSSL could not use a file, from its error queue. Returns false. */
bool tls_put_file_error(struct wr *w, const char *what, const char *path);

#endif
