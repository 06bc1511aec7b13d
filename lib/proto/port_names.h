/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a port is registered for (IANA service names), so that nobody has to look it up at night. */
#ifndef PROTO_PORT_NAMES_H
#define PROTO_PORT_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/* "dialpad-voice1", "sip", "RTP by convention"; NULL for ports this project does not know. */
const char *port_name(uint16_t port, bool udp);
/* Whether a UDP port may carry media: registered for it, or from 1024 up for nothing known, as media
 * proxies use any of these. */
bool port_may_be_media(uint16_t port);

#endif
