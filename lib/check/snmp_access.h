/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * With which credentials agents are asked: from an ini file or a descriptor, never from argv or the
 * environment. One reading serves all targets.
 *
 *	[default]
 *	community = ...			SNMPv2c; all below is SNMPv3
 *	user = monitor
 *	auth = SHA-256			or MD5, SHA-1, SHA-224, SHA-384, SHA-512, none
 *	priv = AES-128			or DES, AES-192, AES-256, none
 *	auth-passphrase = ...		at least 8 bytes; and the same with priv-
 *	[pbx1.example.net]
 *	user = monitor
 *	auth-key = ...			localized (RFC 3414 2.6), hexadecimal; and the same with priv-
 *	engine-id = 0x80001f8804...	only this one is spoken to; needed with keys
 *
 * A target has the section of its name, else [default]; a section stands for itself, nothing is
 * inherited. Names of protocols are read without regard to case and hyphens; SHA is SHA-1, AES is
 * AES-128; the defaults are those above. One section may hold what both versions need: only the
 * wanted version is looked at, but no key may be unknown, empty or given twice.
 * How lines are read: see cli/extra_opts.h. Clauses name file, line and key, never a value.
 */
#ifndef CHECK_SNMP_ACCESS_H
#define CHECK_SNMP_ACCESS_H

#include "cli/opt.h"
#include "snmp/credentials.h"

struct snmp_access_section;

/* Starts zeroed. */
struct snmp_access {
	/* What the program's options say; set before the first snmp_access_find. */
	bool v2c;      /* SNMPv2c, else SNMPv3 */
	bool insecure; /* allows MD5, DES and none */

	/* private */
	struct arena arena;
	struct snmp_access_section *first;
	const char *file; /* as clauses call it */
	struct view text, section;
	char *own; /* the text when we have read it */
	size_t own_n;
};

/* `spec` is FILE[:SECTION], "-" is standard input: what follows the last colon is a section unless it
 * is empty or holds a slash. With a section all targets have that one. False with a clause, also when
 * others can read the file. From the first reading on the process leaves no core dump and is closed to
 * other processes of its user (RLIMIT_CORE, PR_SET_DUMPABLE); what of /proc/self only the owner may
 * open, like environ, then needs root. */
bool snmp_access_read_file(struct snmp_access *access, struct view spec, int64_t timeout_us,
			   struct opt_error *error);
/* All of a descriptor, which stays open. */
bool snmp_access_read_fd(struct snmp_access *access, int fd, int64_t timeout_us,
			 struct opt_error *error);
/* What the readings do first; for secrets that come by another way. */
void snmp_access_hide_memory(void);
/* A text that is there already and outlives the access; a zero `section` is none. */
void snmp_access_text(struct snmp_access *access, const char *file, struct view section,
		      struct view text);

/* For the target of this name; NULL with a clause. Lives until snmp_access_free; targets of one
 * section get the same. */
const struct snmp_credentials *snmp_access_find(struct snmp_access *access, struct view target,
						struct opt_error *error);
/* Wipes all secrets, then releases; a zeroed one is fine. */
void snmp_access_free(struct snmp_access *access);

#endif
