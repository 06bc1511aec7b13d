/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_eicon_slp's opinion of an address: what was met, and whether that is what was expected. */
#include "check_eicon_slp.h"

#include "base/text.h"

#include <string.h>

/* By expectation: slp, closed.  Silence is what a closed port behind a firewall looks like, and no proof
 * of it: the sentence says so. */
static const enum state STATE_OF[OUTCOMES][2] = {
	[OUT_SLP_V2] = { STATE_OK, STATE_CRITICAL },
	[OUT_SLP_V1] = { STATE_OK, STATE_CRITICAL },
	[OUT_MATCH] = { STATE_OK, STATE_CRITICAL },
	[OUT_SLP_ERROR] = { STATE_WARNING, STATE_CRITICAL },
	[OUT_SLP_TRUNCATED] = { STATE_WARNING, STATE_CRITICAL },
	[OUT_SLP_SUSPECT] = { STATE_CRITICAL, STATE_CRITICAL },
	[OUT_MISMATCH] = { STATE_CRITICAL, STATE_WARNING },
	[OUT_OTHER] = { STATE_WARNING, STATE_WARNING },
	[OUT_REQUESTS] = { STATE_CRITICAL, STATE_WARNING },
	[OUT_UNSOLICITED] = { STATE_CRITICAL, STATE_WARNING },
	[OUT_INTERRUPTED] = { STATE_UNKNOWN, STATE_UNKNOWN },
	[OUT_LOCAL_ERROR] = { STATE_UNKNOWN, STATE_UNKNOWN },
	[OUT_TCP_CLOSED_ON_DATA] = { STATE_CRITICAL, STATE_WARNING },
	[OUT_TCP_OPEN_SILENT] = { STATE_CRITICAL, STATE_WARNING },
	[OUT_SILENT] = { STATE_CRITICAL, STATE_OK },
	[OUT_PROHIBITED] = { STATE_CRITICAL, STATE_OK },
	[OUT_REFUSED] = { STATE_CRITICAL, STATE_OK },
	[OUT_UNREACHABLE] = { STATE_CRITICAL, STATE_UNKNOWN },
	[OUT_NOT_STARTED] = { STATE_UNKNOWN, STATE_UNKNOWN },
	[OUT_DNS] = { STATE_UNKNOWN, STATE_UNKNOWN },
	[OUT_UNMET] = { STATE_CRITICAL, STATE_CRITICAL },
	[OUT_V1_ANSWERS] = { STATE_WARNING, STATE_WARNING },
	[OUT_MIXED] = { STATE_WARNING, STATE_WARNING },
	[OUT_TRAILING] = { STATE_WARNING, STATE_WARNING },
};

enum state eicon_state(const struct check *check, enum slp_outcome outcome)
{
	const struct common *common = &check->conf.common;

	if (common->state_of[outcome] >= 0)
		return (enum state)common->state_of[outcome];
	if (outcome == OUT_SILENT && common->timeout_state_given &&
	    check->conf.policy == EXPECT_SLP)
		return common->timeout_state;
	return STATE_OF[outcome][check->conf.policy];
}

enum slp_outcome eicon_outcome_of_findings(const struct slp_findings *found)
{
	if (found->valid > 0)
		return found->v2 ? OUT_SLP_V2 : OUT_SLP_V1;
	if (found->errors > 0)
		return OUT_SLP_ERROR;
	if (found->truncated > 0)
		return OUT_SLP_TRUNCATED;
	if (found->suspects > 0)
		return OUT_SLP_SUSPECT;
	return found->foreign > 0 ? OUT_OTHER : OUTCOMES;
}

static enum slp_outcome outcome_of_exchange(enum transport transport, bool sent,
					    const struct trace *trace)
{
	if (trace->fault == FAULT_RESET || trace->fault == FAULT_CLOSED)
		return OUT_TCP_CLOSED_ON_DATA;
	if (trace->fault == FAULT_FLOOD)
		return OUT_OTHER;
	if (!sent && trace->fault == FAULT_TIMEOUT)
		return OUT_NOT_STARTED;
	return transport == TRANSPORT_UDP ? OUT_SILENT : OUT_TCP_OPEN_SILENT;
}

enum slp_outcome eicon_outcome_of_trace(const struct addr *peer, enum transport transport,
					bool began, bool sent, const struct trace *trace)
{
	static const enum slp_outcome of_fault[FAULTS] = {
		[FAULT_NONE] = OUT_LOCAL_ERROR,		 [FAULT_TIMEOUT] = OUT_SILENT,
		[FAULT_INTERRUPTED] = OUT_INTERRUPTED,	 [FAULT_DNS] = OUT_DNS,
		[FAULT_REFUSED] = OUT_REFUSED,		 [FAULT_PROHIBITED] = OUT_PROHIBITED,
		[FAULT_UNREACHABLE] = OUT_UNREACHABLE,	 [FAULT_RESET] = OUT_TCP_CLOSED_ON_DATA,
		[FAULT_CLOSED] = OUT_TCP_CLOSED_ON_DATA, [FAULT_FLOOD] = OUT_OTHER,
		[FAULT_TLS] = OUT_LOCAL_ERROR,		 [FAULT_TLS_VERIFY] = OUT_LOCAL_ERROR,
		[FAULT_LOCAL] = OUT_LOCAL_ERROR,
	};
	enum fault fault = trace->fault;

	if (began && (fault == FAULT_NONE || fault == FAULT_TIMEOUT || fault == FAULT_RESET ||
		      fault == FAULT_CLOSED || fault == FAULT_FLOOD))
		return outcome_of_exchange(transport, sent, trace);
	if (fault == FAULT_TIMEOUT && trace->phase == PHASE_WAITING)
		return OUT_NOT_STARTED;
	if (endpoint_blocked_by_us(peer, trace))
		return OUT_LOCAL_ERROR;
	if (fault == FAULT_REFUSED && !endpoint_refused_by_host(peer, trace))
		return OUT_PROHIBITED;
	return of_fault[fault];
}

static enum slp_outcome outcome_of_side(const struct slp_address *address,
					const struct slp_side *side)
{
	const struct slp_client *client = side->client;
	enum slp_outcome outcome =
		client != NULL ? eicon_outcome_of_findings(&client->found) : OUTCOMES;

	if (outcome != OUTCOMES)
		return outcome;
	if (client != NULL && client->too_big)
		return OUT_LOCAL_ERROR;
	if (client != NULL && client->unsolicited > 0)
		return OUT_UNSOLICITED;
	if (client != NULL && client->closed)
		return OUT_TCP_CLOSED_ON_DATA;
	if (client != NULL && client->reply_bytes > 0)
		return OUT_SLP_TRUNCATED; /* the connection ended within its first message */
	return eicon_outcome_of_trace(&address->peer, side->transport, side->began, side->sent > 0,
				      &side->trace);
}

/* Expected SLP: one good answer is enough.  Expected closed: the worst counts. */
static bool goes_before(const struct check *check, const struct slp_side *a,
			const struct slp_side *b)
{
	enum state mine = eicon_state(check, a->outcome), other = eicon_state(check, b->outcome);

	if (check->conf.policy == EXPECT_CLOSED && mine != other)
		return state_worse(mine, other) == mine;
	return a->outcome < b->outcome;
}

/* TCP goes on where a datagram overflowed. */
static bool answers_better(const struct slp_side *a, const struct slp_side *b)
{
	return a->client != NULL && b->client != NULL && b->client->overflowed &&
	       !a->client->overflowed;
}

/* Of two equal ones the first. */
const struct slp_side *eicon_choose_side(const struct slp_address *address)
{
	const struct slp_side *best = NULL;

	for (enum slp_step step = 0; step < STEPS; step++) {
		const struct slp_side *side = &address->side[step];
		if (!side->ended)
			continue;
		if (best == NULL || goes_before(address->target->check, side, best) ||
		    (side->outcome == best->outcome && answers_better(side, best)))
			best = side;
	}
	return best;
}

static bool v1_answers(const struct slp_address *address)
{
	for (enum slp_step step = 0; step < STEPS; step++) {
		const struct slp_client *client = address->side[step].client;
		if (client != NULL && (client->found.v1 || client->found.errors_v1))
			return true;
	}
	return false;
}

static void judge_amplification(const struct slp_address *address)
{
	struct report *report = address->target->check->report;
	const struct slp_client *udp = address->side[STEP_UDP].client;
	char buffer[80];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (udp == NULL || udp->received == 0)
		return;
	enum state state = result_metric(report, address->result, METRIC_AMPLIFICATION,
					 slp_client_amplification(udp));
	if (state == STATE_OK || slp_client_multiplication(udp) <= 1)
		return;
	wr_decimal(&w, slp_client_multiplication(udp), 1);
	wr_str(&w, " datagrams for each request");
	result_also(report, address->result, wr_view(&w));
}

static void measure(const struct slp_address *address, const struct slp_side *chosen)
{
	struct report *report = address->target->check->report;
	struct result *result = address->result;
	size_t request = 0, reply = 0, retries = 0;

	for (enum slp_step step = 0; step < STEPS; step++) {
		const struct slp_side *side = &address->side[step];
		request += side->request_bytes;
		retries += side->retries;
		reply += side->client != NULL ? side->client->reply_bytes : 0;
	}
	if (chosen->client != NULL && chosen->client->round_trip_us > 0)
		result_metric(report, result, METRIC_TIME,
			      (double)chosen->client->round_trip_us / 1e6);
	if (chosen->client != NULL && chosen->client->found.services_told)
		result_metric(report, result, METRIC_SERVICES, chosen->client->found.services);
	if (chosen->client != NULL && chosen->client->found.types_told)
		result_metric(report, result, METRIC_TYPES, chosen->client->found.types.seen);
	result_metric(report, result, METRIC_RESPONDERS,
		      chosen->client != NULL && chosen->client->found.valid > 0);
	result_metric(report, result, METRIC_REQUEST_BYTES, (double)request);
	result_metric(report, result, METRIC_REPLY_BYTES, (double)reply);
	result_metric(report, result, METRIC_RETRIES, (double)retries);
	if (address->dns_us >= 0)
		result_metric(report, result, METRIC_DNS, (double)address->dns_us / 1e6);
}

static void tell_steps(const struct slp_address *address)
{
	static const char *const key[STEPS] = { "udp", "tcp", "tcp_v1" };
	struct report *report = address->target->check->report;

	for (enum slp_step step = 0; step < STEPS; step++)
		if (address->side[step].ended)
			result_fact(
				report, address->result, key[step],
				view_of(check_eicon_slp_program.outcome[address->side[step].outcome]
						.word));
}

/* What is wrong with an answer that counts: the first one becomes the outcome. */
static void also_wrong(const struct slp_address *address, enum slp_outcome *outcome,
		       enum slp_outcome wrong, const struct wr *clause)
{
	struct check *check = address->target->check;

	result_also(check->report, address->result, wr_view(clause));
	if (check->conf.policy == EXPECT_CLOSED)
		return;
	result_raise(address->result, eicon_state(check, wrong));
	if (*outcome == OUT_SLP_V2 || *outcome == OUT_SLP_V1)
		*outcome = wrong;
}

static void judge_answer(const struct slp_address *address, const struct slp_client *client,
			 enum slp_outcome *outcome)
{
	const struct slp_findings *found = &client->found;
	struct check *check = address->target->check;
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (found->valid > 0 && found->suspects > 0) {
		wr_fmt(&w, "but also %u broken replies: %s", found->suspects, found->suspect_why);
		also_wrong(address, outcome, OUT_MIXED, &w);
	}
	if (found->trailing_bytes > 0) {
		wr_reset(&w);
		wr_fmt(&w, "%zu bytes behind the message, perhaps memory of the agent",
		       found->trailing_bytes);
		also_wrong(address, outcome, OUT_TRAILING, &w);
	}
	if (found->valid > 0 && client->too_big) {
		wr_reset(&w);
		wr_str(&w, "a request does not fit into a datagram");
		also_wrong(address, outcome, OUT_LOCAL_ERROR, &w);
	}
	if (check->conf.check_v1 && v1_answers(address)) {
		wr_reset(&w);
		wr_str(&w, "SLPv1 is answered");
		also_wrong(address, outcome, OUT_V1_ANSWERS, &w);
	}
}

void eicon_judge_address(struct slp_address *address)
{
	struct check *check = address->target->check;
	char buffer[SENTENCE_MAX];
	struct wr unmet = wr_over(buffer, sizeof(buffer));

	for (enum slp_step step = 0; step < STEPS; step++)
		if (address->side[step].ended)
			address->side[step].outcome =
				outcome_of_side(address, &address->side[step]);
	const struct slp_side *side = eicon_choose_side(address);
	enum slp_outcome outcome = side->outcome;
	check->silent = check->silent || outcome == OUT_SILENT;
	result_raise(address->result, eicon_state(check, outcome));
	if (outcome == OUT_SLP_ERROR && side->client->found.error_version == 2 &&
	    side->client->found.error == SLP_INTERNAL_ERROR &&
	    check->conf.common.state_of[OUT_SLP_ERROR] < 0)
		result_raise(address->result, STATE_CRITICAL);
	if (outcome <= OUT_SLP_V1 && check->conf.policy == EXPECT_SLP)
		eicon_put_unmet(&unmet, check, &side->client->found);
	if (unmet.n > 0) {
		outcome = OUT_UNMET;
		result_raise(address->result, eicon_state(check, outcome));
	}
	eicon_say_address(address, side, wr_view(&unmet));
	if (side->client != NULL)
		judge_answer(address, side->client, &outcome);
	judge_amplification(address);
	measure(address, side);
	endpoint_facts(check->report, address->result,
		       check_eicon_slp_program.outcome[outcome].word, &address->peer,
		       side->transport, &side->trace);
	tell_steps(address);
	if (side->client != NULL)
		eicon_tell_findings(check, address->result, &side->client->found);
}

void eicon_judge_run(struct check *check)
{
	struct engine_counts counts = engine_counts(check->engine);
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (counts.dropped == 0 || !check->silent)
		return;
	wr_fmt(&w, "our own receive buffer dropped %llu datagrams, so silence proves nothing",
	       (unsigned long long)counts.dropped);
	result_also(check->report, report_root(check->report), wr_view(&w));
	result_raise(report_root(check->report), STATE_UNKNOWN);
}
