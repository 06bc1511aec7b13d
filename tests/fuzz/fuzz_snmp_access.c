/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text as SNMP credentials: what comes out can be used as it stands, under each policy. */
#include "check/snmp_access.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (unsigned policy = 0; policy < 4; policy++) {
		struct snmp_access access = { .v2c = policy & 1, .insecure = policy & 2 };
		struct opt_error error;
		snmp_access_text(&access, "ini", VIEW(""),
				 (struct view){ (const char *)data, size });
		const struct snmp_credentials *c = snmp_access_find(&access, VIEW("pbx"), &error);
		bool v2c = c != NULL && c->v2c, v3 = c != NULL && !c->v2c;
		if ((v2c && c->community.n == 0) || (c != NULL && v2c != access.v2c) ||
		    (v3 && (c->user.n == 0 || (c->localized && c->engine_id.n < 5))) ||
		    (v3 && (c->auth != SNMP_AUTH_NONE) != (c->auth_secret.n > 0)) ||
		    (v3 && (c->priv != SNMP_PRIV_NONE) != (c->priv_secret.n > 0)) ||
		    (v3 && !access.insecure &&
		     (c->auth < SNMP_AUTH_SHA1 || c->priv < SNMP_PRIV_AES128)))
			__builtin_trap();
		snmp_access_free(&access);
	}
	return 0;
}
