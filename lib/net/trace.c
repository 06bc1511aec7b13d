/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of the facts in a trace; see trace.h. */
#include "net/trace.h"

const char *transport_name(enum transport transport)
{
	static const char *const name[] = { "udp", "tcp", "tls" };

	return name[transport];
}

const char *phase_name(enum phase phase)
{
	static const char *const name[PHASES] = { "waiting to start", "dns",	  "connect",
						  "tls handshake",    "exchange", "ended" };

	return name[phase];
}

const char *fault_name(enum fault fault)
{
	static const char *const name[FAULTS] = {
		"none",	      "timeout",     "interrupted", "dns",    "refused",
		"prohibited", "unreachable", "reset",	    "closed", "flood",
		"tls",	      "tls-verify",  "local-error",
	};

	return name[fault];
}
