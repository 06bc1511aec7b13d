/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether what an agent sent can be the answer to what was asked (RFC 3416 3, 4.2). */
#ifndef PROTO_SNMP_REPLY_H
#define PROTO_SNMP_REPLY_H

#include "proto/snmp_pdu.h"

/* Values of error-status. */
enum { SNMP_TOO_BIG = 1, SNMP_GEN_ERR = 5, SNMP_AUTHORIZATION_ERROR = 16 };

/* NULL, or a constant clause: the agent's error in words, or that the reply holds nothing or more than
 * was asked. Less is fine, an agent may cut a reply. */
const char *snmp_reply_why(const struct snmp_request *request, const struct snmp_reply *reply);
/* NULL, or a constant clause why an agent that says what follows `asked` cannot say this. */
const char *snmp_next_why(const struct oid *asked, const struct snmp_var *var);

#endif
