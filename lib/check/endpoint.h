/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How checks speak of an endpoint and of what the network did to it: the same words and facts in
 * every program. */
#ifndef CHECK_ENDPOINT_H
#define CHECK_ENDPOINT_H

#include "net/trace.h"
#include "report/result.h"

enum { SENTENCE_MAX = 400 };

/* "pbx (192.0.2.7:5060/udp): ", or only the address when that is the name. `service` stands behind
 * the transport: "pbx (192.0.2.7:2860/tcp dialpad-voice1): "; NULL = none. */
void wr_endpoint(struct wr *w, struct view name, const struct addr *peer, enum transport transport,
		 const char *service);
/* ", ICMP 3/13 from 192.0.2.1", when there was one; `local` is the address we ask from. */
void wr_icmp(struct wr *w, const struct icmp *icmp, const struct addr *local);
/* `before` and the clause behind the fault, when there is one. */
void wr_trace_why(struct wr *w, const char *before, const struct trace *trace);
/* " within 1.2 s": from the start of the connect. */
void wr_waited(struct wr *w, const struct trace *trace);
/* "interrupted by a signal during the TCP connect" */
void wr_interrupted(struct wr *w, enum phase phase);
/* "3 times", "1 time" */
void wr_count(struct wr *w, unsigned count, const char *one, const char *many);

/* Port unreachable or a reset, said by the host itself and not by a router before it. */
bool endpoint_refused_by_host(const struct addr *peer, const struct trace *trace);
/* Our own kernel or firewall kept the packet: nothing is known of the peer. */
bool endpoint_blocked_by_us(const struct addr *peer, const struct trace *trace);

/* Foreign text as a fact; nothing when it is empty. */
void endpoint_fact_text(struct report *report, struct result *result, const char *key,
			const char *raw);
/* outcome, address, transport, phase, fault, why, errno and ICMP as facts. */
void endpoint_facts(struct report *report, struct result *result, const char *outcome,
		    const struct addr *peer, enum transport transport, const struct trace *trace);

#endif
