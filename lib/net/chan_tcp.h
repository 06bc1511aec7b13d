/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP and TLS probes, one connection each. Private to lib/net. */
#ifndef NET_CHAN_TCP_H
#define NET_CHAN_TCP_H

#include "net/probe.h"

extern const struct chan chan_tcp;

#endif
