/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws SIP messages for people: a rung of the ladder each, then headers, then all bytes. */
#ifndef PROTO_SIP_TRACE_H
#define PROTO_SIP_TRACE_H

#include "base/bytes.h"

enum { SIP_TRACE_LINE_MAX = 1024 };

/* Lines are harmless text without a line end, borrowed for the call. */
typedef void sip_trace_line_fn(void *arg, struct view line);

/* `verbosity` 1: one line; 2: also the headers; 3: headers and body with every byte visible.
 * `at_us` counts from the first message.  Passwords never stand in a message; what stands for them is
 * masked at any verbosity: response, nonce, cnonce and opaque of a digest, all of another scheme, and
 * any run of 32 or more hexadecimal digits wherever it stands, because a peer may echo a digest. */
void sip_trace_draw(unsigned verbosity, bool sent, int64_t at_us, struct view bytes,
		    sip_trace_line_fn *line, void *arg);

#endif
