/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes our requests (RFC 3261 section 8.1.1) and knows their identifiers, so that answers can be
 * compared with them. */
#ifndef PROTO_SIP_REQUEST_H
#define PROTO_SIP_REQUEST_H

#include "proto/sip_client.h"

/* Everything that identifies one request; made from the probe's entropy. */
struct sip_ids {
	uint64_t call_id[2], from_tag, branch, cnonce;
	uint32_t cseq;
};

/* `request` counts the requests of a probe, `transaction` also those repeated with credentials: the
 * latter keep Call-ID and From tag (8.1.3.5). */
struct sip_ids sip_ids_make(const uint64_t *entropy, uint32_t request, uint32_t transaction);

bool sip_ids_branch_eq(const struct sip_ids *ids, struct view branch);
bool sip_ids_call_id_eq(const struct sip_ids *ids, struct view call_id);
bool sip_ids_tag_eq(const struct sip_ids *ids, struct view tag);
struct view sip_profile_method(const struct sip_profile *profile);

/* `auth`: complete header lines with credentials, or empty. */
void sip_request_write(struct wr *w, const struct sip_client_arg *arg, const struct addr *local,
		       const struct sip_ids *ids, struct view auth);

#endif
