/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of SNMP credentials share: a folder for files, and what was found as one line. */
#ifndef UNIT_ACCESS_PLACE_H
#define UNIT_ACCESS_PLACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "check/snmp_access.h"

enum { V3 = 0, V2C = 1, INSECURE = 2, TEXT_MAX = 1000 };

/* All secrets of these tests hold one of these, and no clause does. */
#define SECRET "S3cr3t"
#define SECRET_HEX "5ec7e7"

#define USER "user=mon\n"
#define PASSES "auth-passphrase=" SECRET "-a\npriv-passphrase=" SECRET "-p\n"
#define BYTES_5 SECRET_HEX "0102"
#define BYTES_16 SECRET_HEX SECRET_HEX SECRET_HEX SECRET_HEX SECRET_HEX "01"
#define BYTES_32 BYTES_16 BYTES_16
#define KEYS "auth-key=" BYTES_32 "\npriv-key=" BYTES_16 "\n"

struct place {
	char folder[40], file[60];
	struct snmp_access access;
	struct opt_error error;
	char shown[TEXT_MAX];
};

/* cmocka's setup and teardown. */
int place_new(void **state);
int place_free(void **state);
/* The access begins anew with this text; `flags` are those above. */
void take(struct place *place, unsigned flags, struct view text);
/* "v2c COMMUNITY", "USER AUTH PRIV AUTH_SECRET PRIV_SECRET @ENGINE" with localized keys and the engine
 * in hexadecimal; or the clause, which holds no secret. */
const char *show(struct place *place, const struct snmp_credentials *got);
const char *find_named(struct place *place, const char *target);

#endif
