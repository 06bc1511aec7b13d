/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From header lines to the fields of struct sip_msg (RFC 3261 section 20). */
#ifndef PROTO_SIP_HEADER_H
#define PROTO_SIP_HEADER_H

#include "proto/sip_msg.h"

/* NULL, also for a header that we do not know, or a constant clause. `seen` begins as 0 and lasts
 * for the message. */
const char *sip_header_read(struct sip_msg *msg, unsigned *seen, struct view name,
			    struct view value);
/* NULL or the clause for the first one missing of those that every message carries (8.1.1). */
const char *sip_header_missing(unsigned seen);

#endif
