/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Date header (RFC 3261 20.17): "Sat, 13 Nov 2010 23:29:00 GMT", nothing else. */
#ifndef PROTO_SIP_DATE_H
#define PROTO_SIP_DATE_H

#include "base/bytes.h"

/* Seconds since 1970, for years 1970..9999. */
bool sip_date_parse(struct view text, int64_t *unix_s);

#endif
