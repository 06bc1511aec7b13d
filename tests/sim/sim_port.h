/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ports that speak no SIP: what they say of themselves, and how they answer. */
#ifndef SIM_PORT_H
#define SIM_PORT_H

#include "sim_flow.h"

#include <stdio.h>

#define PORT_PARTS_MAX 3

struct port {
	const char *key; /* of the line that tells the address */
	unsigned transports;
	const char *about;
	/* Said to each datagram, and to each stream when it begins. */
	struct part part[PORT_PARTS_MAX];
	size_t parts;
	unsigned repeat; /* how often; 0 is once */
	bool late;	 /* streams: only after the first bytes */
	bool endless;	 /* streams: the first part again and again, as fast as the peer reads */
	/* Instead of the parts, for each datagram and for the bytes of a stream. */
	void (*answer)(const struct flow *flow, struct span request);
	const struct slp_peer *slp; /* instead of all that: see sim_slp.h */
};

extern const struct port port_rows[];
extern const size_t port_rows_n;
/* TCP holds, UDP echoes; for the ports of the voice service. */
extern const struct port port_voice;

void port_on_stream(const struct port *port, const struct flow *flow);
void port_on_bytes(const struct port *port, const struct flow *flow, struct span bytes);

/* Sends back what came. */
void port_answer_echo(const struct flow *flow, struct span request);

/* `--list`: key TAB transports TAB description. */
void port_list(FILE *out, const struct port *rows, size_t n);

#endif
