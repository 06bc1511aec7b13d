/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a port is registered for; see port_names.h. */
#include "proto/port_names.h"

#include <stddef.h>

enum { TCP = 1, UDP = 2, MEDIA = 4, RTP_FIRST = 16384, RTP_LAST = 32767, USER_PORTS = 1024 };

static const struct {
	uint16_t port;
	uint8_t kind; /* where the service runs, not only where IANA keeps the number for it */
	const char *name;
} NAMES[] = {
	{ 427, TCP | UDP, "svrloc" },
	{ 1440, TCP | UDP, "eicon-slp" },
	{ 1900, UDP, "ssdp" },
	{ 2860, TCP | UDP, "dialpad-voice1" },
	{ 2861, TCP | UDP, "dialpad-voice2" },
	{ 5004, TCP | UDP | MEDIA, "avt-profile-1" }, /* RFC 3551 8, over TCP RFC 4571 */
	{ 5005, TCP | UDP | MEDIA, "avt-profile-2" },
	{ 5060, TCP | UDP, "sip" },
	{ 5061, TCP | UDP, "sips" },
	{ 5353, UDP, "mdns" }, /* RFC 6762 3 */
};

const char *port_name(uint16_t port, bool udp)
{
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
		if (NAMES[i].port == port && (NAMES[i].kind & (udp ? UDP : TCP)) != 0)
			return NAMES[i].name;
	return udp && port >= RTP_FIRST && port <= RTP_LAST ? "RTP by convention" : NULL;
}

bool port_may_be_media(uint16_t port)
{
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
		if (NAMES[i].port == port && (NAMES[i].kind & UDP) != 0)
			return (NAMES[i].kind & MEDIA) != 0;
	return port >= USER_PORTS;
}
