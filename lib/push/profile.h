/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A profile: one receiver, how to reach it, and where its queue lies.  A section of an ini file:
 *
 *   [icinga]
 *   sink = icinga2
 *   url = https://192.0.2.5:5665
 *   tls_name = master.example.org
 *   ca = /var/lib/icinga2/certs/ca.crt
 *   user = probe
 *   password_file = icinga-password
 *
 * A file that holds a secret must not be readable by others.  A *_file without a slash lies in
 * $CREDENTIALS_DIRECTORY; *_fd is the number of an open descriptor.
 */
#ifndef PUSH_PROFILE_H
#define PUSH_PROFILE_H

#include "cli/opt.h"

struct sink;

struct push_profile {
	const char *name;
	const struct sink *sink;
	const char *url;	/* http(s)://host[:port][/path], without user and query */
	const char *user;	/* of basic authentication */
	const char *secret;	/* password, or token: see `is_token` */
	bool is_token;		/* the secret is a token */
	const char *ca;		/* file of certificates to trust; NULL = the system's */
	const char *tls_name;	/* the name in the certificate when it is not the URL's host */
	const char *cert, *key; /* client certificate; PEM */
	const char *proxy;	/* NULL = none, whatever the environment says */
	const char *job;	/* Pushgateway */
	const char *database;	/* InfluxDB */
	const char *path;	/* the folder or file of a sink that writes files */
	const char *spool;	/* the folder of the queues */
	uint64_t max_bytes;
	int64_t max_age_us;
};

/* The keys, for reading and for the documents; `kind` says which sinks have one: "all", "HTTP", "files"
 * or their names. */
enum { PROFILE_KEYS = 20 };
extern const struct term profile_keys[PROFILE_KEYS];

/* Reads section `name` of the file. What is borrowed lives in the arena. `spool` is the folder of
 * queues unless the section says another. False with a clause "FILE:LINE: what". */
bool push_profile_read(struct push_profile *out, const char *path, struct view name,
		       const char *spool, int64_t timeout_us, struct arena *arena,
		       struct opt_error *error);
#endif
