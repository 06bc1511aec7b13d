/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIP and SIPS URIs (RFC 3261 section 19.1), as an operator writes them for a target. */
#ifndef PROTO_SIP_URI_H
#define PROTO_SIP_URI_H

#include "base/bytes.h"

struct sip_uri {
	bool secure;	       /* sips: */
	struct view user;      /* empty when none; password included as it stands */
	struct view host;      /* name or address, without brackets */
	bool host_is_ipv6;     /* it stood in brackets */
	uint16_t port;	       /* 0 = not given */
	struct view transport; /* value of ;transport=, or empty */
	struct view maddr;     /* without brackets, or empty */
	struct view rest;      /* from the first ';' or '?' to the end */
};

/* False with a constant clause in `why`: bytes that would need escaping (control bytes, space, '"',
 * '<', '>', beyond ASCII), empty or overlong host, port 0 or above 65535, brackets without an IPv6
 * address, transport or maddr twice or empty, no sip: or sips: scheme. Host names hold letters,
 * digits, '.', '-', '_'. */
bool sip_uri_parse(struct view text, struct sip_uri *uri, const char **why);

#endif
