/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_voice_port's opinion: what was met at a port, and whether that is what was expected. */
#include "check_voice_port.h"

#include "base/escape.h"
#include "proto/port_names.h"

/* By expectation: open, closed, filtered. Silence and a host that cannot be reached prove nothing of a
 * port that should be closed; what is refused was let through to the host. */
enum { POLICIES = 3 };
static const enum state STATE_OF[OUTCOMES][POLICIES] = {
	[OUT_OPEN] = { STATE_OK, STATE_CRITICAL, STATE_CRITICAL },
	[OUT_ANSWERING] = { STATE_OK, STATE_CRITICAL, STATE_CRITICAL },
	[OUT_SILENT_PROVEN] = { STATE_UNKNOWN, STATE_WARNING, STATE_OK },
	[OUT_REFUSED] = { STATE_CRITICAL, STATE_OK, STATE_WARNING },
	[OUT_PROHIBITED] = { STATE_CRITICAL, STATE_WARNING, STATE_OK },
	[OUT_UNREACHABLE] = { STATE_CRITICAL, STATE_UNKNOWN, STATE_UNKNOWN },
	[OUT_TIMEOUT] = { STATE_CRITICAL, STATE_UNKNOWN, STATE_OK },
	[OUT_RESET_AFTER_ACCEPT] = { STATE_WARNING, STATE_CRITICAL, STATE_CRITICAL },
	[OUT_MISMATCH] = { STATE_CRITICAL, STATE_CRITICAL, STATE_CRITICAL },
	[OUT_NO_REPLY] = { STATE_CRITICAL, STATE_CRITICAL, STATE_CRITICAL },
	[OUT_DNS] = { STATE_UNKNOWN, STATE_UNKNOWN, STATE_UNKNOWN },
	[OUT_NOT_STARTED] = { STATE_UNKNOWN, STATE_UNKNOWN, STATE_UNKNOWN },
	[OUT_INTERRUPTED] = { STATE_UNKNOWN, STATE_UNKNOWN, STATE_UNKNOWN },
	[OUT_LOCAL_ERROR] = { STATE_UNKNOWN, STATE_UNKNOWN, STATE_UNKNOWN },
};

/* Of several expectations the one that fits best counts. */
static enum state expected_state(enum port_outcome outcome, unsigned expect)
{
	enum state best = STATE_CRITICAL;

	if ((expect & EXPECT_ANY) != 0 && outcome < OUT_DNS)
		return STATE_OK;
	if ((expect & EXPECT_ANY) != 0)
		expect = EXPECT_OPEN;
	for (unsigned policy = 0; policy < POLICIES; policy++)
		if ((expect & 1U << policy) != 0 &&
		    state_worse(best, STATE_OF[outcome][policy]) == best)
			best = STATE_OF[outcome][policy];
	return best;
}

static enum state outcome_state(const struct ended *e, enum port_outcome outcome)
{
	const struct common *common = &e->check->conf.common;

	if (common->state_of[outcome] >= 0)
		return (enum state)common->state_of[outcome];
	if (outcome == OUT_TIMEOUT && common->timeout_state_given &&
	    e->probe->expect == EXPECT_OPEN)
		return common->timeout_state;
	return expected_state(outcome, e->probe->expect);
}

static bool has_wish(const struct ended *e)
{
	return e->check->arg[ASK_TCP][0].matches != NULL;
}

static enum port_outcome outcome_of_udp(const struct ended *e)
{
	if (e->client->too_big)
		return OUT_LOCAL_ERROR;
	if (e->client->matched || (e->client->reply_us != 0 && !has_wish(e)))
		return OUT_ANSWERING;
	if (e->client->mismatched > 0)
		return OUT_MISMATCH;
	if (e->proven)
		return has_wish(e) ? OUT_NO_REPLY : OUT_SILENT_PROVEN;
	return OUT_TIMEOUT;
}

static enum port_outcome outcome_of_tcp(const struct ended *e)
{
	bool cut = e->client->closed || e->trace->fault == FAULT_RESET ||
		   e->trace->fault == FAULT_CLOSED;

	if (has_wish(e) && !e->client->matched)
		return e->client->reply_us != 0 ? OUT_MISMATCH : OUT_NO_REPLY;
	if (e->trace->fault == FAULT_TIMEOUT && e->client->reply_us == 0)
		return OUT_TIMEOUT; /* before the hold time was over */
	return cut && e->client->reply_us == 0 ? OUT_RESET_AFTER_ACCEPT : OUT_OPEN;
}

/* A reset may come before the connection is looked at; a closed port refuses instead. */
static enum port_outcome outcome_of(const struct ended *e)
{
	static const enum port_outcome of_fault[FAULTS] = {
		[FAULT_NONE] = OUT_LOCAL_ERROR,		 [FAULT_TIMEOUT] = OUT_TIMEOUT,
		[FAULT_INTERRUPTED] = OUT_INTERRUPTED,	 [FAULT_DNS] = OUT_DNS,
		[FAULT_REFUSED] = OUT_REFUSED,		 [FAULT_PROHIBITED] = OUT_PROHIBITED,
		[FAULT_UNREACHABLE] = OUT_UNREACHABLE,	 [FAULT_RESET] = OUT_RESET_AFTER_ACCEPT,
		[FAULT_CLOSED] = OUT_RESET_AFTER_ACCEPT, [FAULT_FLOOD] = OUT_OPEN,
		[FAULT_TLS] = OUT_LOCAL_ERROR,		 [FAULT_TLS_VERIFY] = OUT_LOCAL_ERROR,
		[FAULT_LOCAL] = OUT_LOCAL_ERROR,
	};
	enum fault fault = e->trace->fault;
	bool talked = fault == FAULT_NONE || fault == FAULT_TIMEOUT || fault == FAULT_RESET ||
		      fault == FAULT_CLOSED || fault == FAULT_FLOOD;

	if (e->client != NULL && e->probe->transport == TRANSPORT_TCP && talked)
		return outcome_of_tcp(e);
	if (e->client != NULL && e->probe->transport == TRANSPORT_UDP &&
	    (talked || e->client->reply_us != 0))
		return outcome_of_udp(e);
	if (fault == FAULT_TIMEOUT && e->trace->phase == PHASE_WAITING)
		return OUT_NOT_STARTED;
	if (endpoint_blocked_by_us(&e->probe->address->peer, e->trace))
		return OUT_LOCAL_ERROR;
	if (fault == FAULT_REFUSED && !endpoint_refused_by_host(&e->probe->address->peer, e->trace))
		return OUT_PROHIBITED;
	if (of_fault[fault] == OUT_RESET_AFTER_ACCEPT && has_wish(e))
		return OUT_NO_REPLY;
	return of_fault[fault];
}

static void judge_time(const struct ended *e, const struct verdict *verdict)
{
	struct report *report = e->check->report;
	int64_t us = e->trace->phase_us[PHASE_CONNECT];

	if (e->probe->transport == TRANSPORT_UDP)
		us = e->client != NULL ? e->client->reply_us - e->client->first_us : 0;
	if (verdict->outcome == OUT_OPEN || verdict->outcome == OUT_ANSWERING ||
	    verdict->outcome == OUT_RESET_AFTER_ACCEPT || verdict->outcome == OUT_MISMATCH)
		result_metric(report, e->probe->result, METRIC_TIME, (double)us / 1e6);
	if (e->probe->address->dns_us >= 0)
		result_metric(report, e->probe->result, METRIC_DNS,
			      (double)e->probe->address->dns_us / 1e6);
}

static void tell_facts(const struct ended *e, const struct verdict *verdict)
{
	struct report *report = e->check->report;
	struct result *result = e->probe->result;
	struct addr peer = e->probe->address->peer;
	const char *service = port_name(e->probe->port, e->probe->transport == TRANSPORT_UDP);

	peer.port = e->probe->port;
	endpoint_facts(report, result, check_voice_port_program.outcome[verdict->outcome].word,
		       &peer, e->probe->transport, e->trace);
	if (service != NULL)
		result_fact(report, result, "port_name", view_of(service));
	if (e->client != NULL && e->client->reply_us != 0) {
		char buffer[PORT_CLIENT_PEEK * 4];
		struct wr w = wr_over(buffer, sizeof(buffer));
		wr_escaped(&w, (struct view){ e->client->peek, e->client->peek_n });
		result_fact(report, result, "reply", wr_view(&w));
		result_fact_number(report, result, "reply_bytes", (double)e->client->reply_bytes);
	}
}

void voice_port_judge(const struct ended *e)
{
	struct verdict verdict = { .outcome = outcome_of(e) };
	struct port_address *address = e->probe->address;

	if (verdict.outcome == OUT_OPEN || verdict.outcome == OUT_ANSWERING ||
	    verdict.outcome == OUT_REFUSED)
		address->alive = true;
	verdict.state = outcome_state(e, verdict.outcome);
	if (verdict.outcome == OUT_TIMEOUT || verdict.outcome == OUT_SILENT_PROVEN ||
	    verdict.outcome == OUT_NO_REPLY)
		e->check->silent++;
	result_raise(e->probe->result, verdict.state);
	voice_port_say(e, &verdict);
	judge_time(e, &verdict);
	tell_facts(e, &verdict);
	if (result_state(e->probe->result) == STATE_OK)
		address->as_expected++;
	else
		address->others++;
}

void voice_port_done(void *ctx, const struct probe_spec *spec, const void *state,
		     const struct trace *trace)
{
	struct check *check = ctx;
	struct port_probe *probe = spec->user;
	const struct port_client *client = trace->phase >= PHASE_EXCHANGE ? state : NULL;
	bool udp = probe->transport == TRANSPORT_UDP;
	struct ended e = { .check = check, .probe = probe, .client = client, .trace = trace };
	bool silence;

	if (udp && probe->address->round > 0) {
		voice_port_round_ended(check, probe, client, trace);
		return;
	}
	silence = udp && client != NULL && trace->fault == FAULT_NONE && client->reply_us == 0 &&
		  !client->too_big;
	if (!silence)
		voice_port_judge(&e);
	if (udp)
		voice_port_udp_ended(check, probe, silence ? client : NULL, trace);
}

void voice_port_judge_dns(struct port_target *target, const char *why)
{
	struct check *check = target->check;
	struct result *result = result_add(check->report, target->result, view_of(target->name));

	result_raise(result,
		     opt_outcome_state(&check_voice_port_program, &check->conf.common, OUT_DNS));
	addresses_say_dns(check->report, result, target->name, why);
	result_fact(check->report, result, "outcome", VIEW("dns"));
}

/* One address that is all as expected is enough. */
static void judge_any(struct port_target *target)
{
	unsigned fine = 0, all = 0;

	for (const struct port_address *a = target->first; a != NULL; a = a->next, all++)
		fine += a->others == 0 && a->as_expected > 0;
	addresses_say_any(target->check->report, target->result, target->name, fine, all);
}

void voice_port_judge_run(struct check *check)
{
	struct engine_counts counts = engine_counts(check->engine);
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	for (struct port_target *t = check->first; t != NULL; t = t->next)
		if (check->conf.addresses == ADDRESSES_ANY)
			judge_any(t);
	if (counts.dropped == 0 || check->silent == 0)
		return;
	wr_fmt(&w, "our own receive buffer dropped %llu datagrams, so silence proves nothing",
	       (unsigned long long)counts.dropped);
	result_also(check->report, report_root(check->report), wr_view(&w));
	result_raise(report_root(check->report), STATE_UNKNOWN);
}
