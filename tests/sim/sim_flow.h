/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A flow: where a request came from and where its answers go, by datagram or by stream. */
#ifndef SIM_FLOW_H
#define SIM_FLOW_H

#include "sim_text.h"

#include <netinet/in.h>
#include <stdint.h>

union addr {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

#define ADDR_TEXT_BYTES 64

socklen_t addr_len(const union addr *a);
uint16_t addr_port(const union addr *a);
void addr_set_port(union addr *a, uint16_t port);
/* 127.0.0.2 after 127.0.0.1. */
void addr_next(union addr *a);
/* Address and port. */
bool addr_same(const union addr *a, const union addr *b);
/* 0.0.0.0 or :: */
bool addr_is_any(const union addr *a);
/* Both return `text`, of ADDR_TEXT_BYTES; the second as host:port or [host]:port. */
const char *addr_host(const union addr *a, char *text);
const char *addr_text(const union addr *a, char *text);

struct flow {
	struct loop *loop;
	const char *transport; /* as in Via: UDP, TCP, TLS */
	int udp;	       /* -1: a stream */
	uint64_t stream;       /* never used twice, so a late answer cannot reach a stranger */
	union addr peer, local;
	bool group; /* the request was sent to many: a group, a broadcast address */
};

struct part {
	struct span bytes;
	unsigned after_ms;
	unsigned pace_ms;  /* streams: one byte per so many ms from here on */
	bool other;	   /* UDP: from another port of the same address */
	bool close;	   /* streams: orderly close after these bytes */
	bool reset;	   /* streams: RST at once */
	unsigned every_ms; /* again so many ms later, for ever; 0: once */
};

/* Copies the bytes; what cannot be sent or kept is lost, as on a network. */
void flow_send(const struct flow *flow, const struct part *part);

#endif
