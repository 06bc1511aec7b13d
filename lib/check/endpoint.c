/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words and facts of an endpoint; see endpoint.h. */
#include "check/endpoint.h"

#include "base/escape.h"
#include "base/text.h"

void wr_endpoint(struct wr *w, struct view name, const struct addr *peer, enum transport transport,
		 const char *service)
{
	char buffer[ADDR_TEXT_MAX];
	struct wr address = wr_over(buffer, sizeof(buffer));
	struct addr numeric;

	wr_addr(&address, peer);
	bool named = !addr_parse(name, &numeric) && !view_eq(name, wr_view(&address));
	if (named) {
		wr_field(w, name);
		wr_str(w, " (");
	}
	wr_put(w, wr_view(&address));
	wr_byte(w, '/');
	wr_str(w, transport_name(transport));
	if (service != NULL)
		wr_fmt(w, " %s", service);
	wr_str(w, named ? "): " : ": ");
}

static bool is_of_this_host(const struct icmp *icmp, const struct addr *local)
{
	return icmp->seen && local->family != 0 && !addr_is_loopback(local) &&
	       addr_same_ip(local, &icmp->offender);
}

void wr_icmp(struct wr *w, const struct icmp *icmp, const struct addr *local)
{
	if (!icmp->seen)
		return;
	wr_fmt(w, ", ICMP %u/%u from ", (unsigned)icmp->type, (unsigned)icmp->code);
	wr_ip(w, &icmp->offender);
	if (is_of_this_host(icmp, local))
		wr_str(w, " (this host)");
}

void wr_trace_why(struct wr *w, const char *before, const struct trace *trace)
{
	if (trace->why[0] == '\0')
		return;
	wr_str(w, before);
	wr_clause(w, view_of(trace->why), TRACE_WHY_MAX);
}

void wr_waited(struct wr *w, const struct trace *trace)
{
	int64_t waited_us = 0;

	for (size_t phase = PHASE_CONNECT; phase < PHASE_ENDED; phase++)
		waited_us += trace->phase_us[phase];
	wr_str(w, " within ");
	wr_duration(w, waited_us);
}

void wr_interrupted(struct wr *w, enum phase phase)
{
	static const char *const where[PHASES] = {
		[PHASE_WAITING] = "before its start",
		[PHASE_RESOLVE] = "during the name lookup",
		[PHASE_CONNECT] = "during the TCP connect",
		[PHASE_TLS] = "during the TLS handshake",
		[PHASE_EXCHANGE] = "while waiting for the answer",
		[PHASE_ENDED] = "at its end",
	};

	wr_str(w, "interrupted by a signal ");
	wr_str(w, where[phase]);
}

void wr_count(struct wr *w, unsigned count, const char *one, const char *many)
{
	wr_u64(w, count);
	wr_byte(w, ' ');
	wr_str(w, count == 1 ? one : many);
}

void endpoint_fact_text(struct report *report, struct result *result, const char *key,
			const char *raw)
{
	char buffer[TRACE_WHY_MAX + 1];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (raw[0] == '\0')
		return;
	wr_clause(&w, view_of(raw), TRACE_WHY_MAX);
	result_fact(report, result, key, wr_view(&w));
}

static void icmp_facts(struct report *report, struct result *result, const struct icmp *icmp)
{
	char buffer[ADDR_TEXT_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (!icmp->seen)
		return;
	result_fact_number(report, result, "icmp_type", icmp->type);
	result_fact_number(report, result, "icmp_code", icmp->code);
	wr_ip(&w, &icmp->offender);
	result_fact(report, result, "icmp_from", wr_view(&w));
}

void endpoint_facts(struct report *report, struct result *result, const char *outcome,
		    const struct addr *peer, enum transport transport, const struct trace *trace)
{
	char buffer[ADDR_TEXT_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	result_fact(report, result, "outcome", view_of(outcome));
	wr_addr(&w, peer);
	result_fact(report, result, "address", wr_view(&w));
	result_fact(report, result, "transport", view_of(transport_name(transport)));
	result_fact(report, result, "phase", view_of(phase_name(trace->phase)));
	if (trace->fault != FAULT_NONE)
		result_fact(report, result, "fault", view_of(fault_name(trace->fault)));
	endpoint_fact_text(report, result, "why", trace->why);
	if (trace->error != 0)
		result_fact_number(report, result, "errno", trace->error);
	icmp_facts(report, result, &trace->icmp);
}

bool endpoint_refused_by_host(const struct addr *peer, const struct trace *trace)
{
	return trace->fault == FAULT_REFUSED &&
	       (!trace->icmp.seen || addr_same_ip(&trace->icmp.offender, peer));
}

bool endpoint_blocked_by_us(const struct addr *peer, const struct trace *trace)
{
	if (trace->fault == FAULT_PROHIBITED && !trace->icmp.seen)
		return true;
	return (trace->fault == FAULT_PROHIBITED || trace->fault == FAULT_REFUSED) &&
	       is_of_this_host(&trace->icmp, &trace->local) && !addr_same_ip(peer, &trace->local);
}
