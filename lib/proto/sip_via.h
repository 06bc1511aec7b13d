/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The value of a Via header (RFC 3261 section 20.42, RFC 3581). */
#ifndef PROTO_SIP_VIA_H
#define PROTO_SIP_VIA_H

#include "proto/sip_msg.h"

/* Takes one element of the comma list and the comma behind it; false when it is malformed. */
bool sip_take_via(struct view *list, struct sip_via *via);

#endif
