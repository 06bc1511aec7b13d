/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words for the algorithms of RFC 3414, RFC 3826 and RFC 7860. */
#include "snmp/credentials.h"

const char *const snmp_auth_name[SNMP_AUTHS] = { "none",    "MD5",     "SHA-1",	 "SHA-224",
						 "SHA-256", "SHA-384", "SHA-512" };
const char *const snmp_priv_name[SNMP_PRIVS] = { "none", "DES", "AES-128", "AES-192", "AES-256" };
