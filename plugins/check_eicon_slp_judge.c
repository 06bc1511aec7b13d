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
	[OUT_INCOMPLETE] = { STATE_UNKNOWN, STATE_UNKNOWN },
	[OUT_NOT_STARTED] = { STATE_UNKNOWN, STATE_UNKNOWN },
	[OUT_DNS] = { STATE_UNKNOWN, STATE_UNKNOWN },
	[OUT_UNMET] = { STATE_CRITICAL, STATE_CRITICAL },
	[OUT_V1_ANSWERS] = { STATE_WARNING, STATE_WARNING },
	[OUT_GOING_DOWN] = { STATE_WARNING, STATE_WARNING },
	[OUT_MIXED] = { STATE_WARNING, STATE_WARNING },
	[OUT_TRAILING] = { STATE_WARNING, STATE_WARNING },
};

bool eicon_is_sign(enum slp_outcome outcome)
{
	return outcome < OUT_INTERRUPTED || outcome == OUT_TCP_CLOSED_ON_DATA ||
	       outcome == OUT_TCP_OPEN_SILENT;
}

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

/* A connect that is not answered for so long will not be. */
enum { CONNECT_PATIENCE_US = 3000000 };

enum slp_outcome eicon_outcome_of_silence(const struct check *check, enum slp_outcome outcome,
					  const struct trace *trace)
{
	bool cut = trace->fault == FAULT_TIMEOUT &&
		   (trace->phase != PHASE_CONNECT ||
		    trace->phase_us[PHASE_CONNECT] < CONNECT_PATIENCE_US);

	return outcome == OUT_SILENT && cut && check->conf.policy == EXPECT_CLOSED ? OUT_INCOMPLETE
										   : outcome;
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
	outcome = eicon_outcome_of_trace(&address->peer, side->transport, side->began,
					 side->sent > 0, &side->trace);
	return eicon_outcome_of_silence(address->target->check, outcome, &side->trace);
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

static bool was_asked(const struct slp_side *side)
{
	enum fault fault = side->trace.fault;

	return side->ended && fault != FAULT_TIMEOUT && fault != FAULT_INTERRUPTED &&
	       fault != FAULT_LOCAL && side->outcome != OUT_LOCAL_ERROR;
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

/* An attacker gains by bytes, and by datagrams. */
/* Whether all version 1 requests over UDP were sent and waited for, and over TCP one. */
static bool v1_asked(const struct slp_address *address)
{
	const struct conf *conf = &address->target->check->conf;
	const struct slp_side *udp = &address->side[STEP_UDP], *tcp = &address->side[STEP_TCP];
	const struct slp_side *v1 = conf->proto == PROTO_V1 ? tcp : &address->side[STEP_TCP_V1];
	bool by_udp = conf->transports == TRANSPORTS_TCP || was_asked(udp);
	bool by_tcp =
		conf->transports == TRANSPORTS_UDP || (tcp->ended && !tcp->began) || was_asked(v1);

	return by_udp && by_tcp;
}

static void judge_amplification(const struct slp_address *address)
{
	struct check *check = address->target->check;
	const struct slp_client *udp = address->side[STEP_UDP].client;
	char buffer[80];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (udp == NULL || udp->received == 0)
		return;
	result_metric(check->report, address->result, METRIC_AMPLIFICATION,
		      slp_client_amplification(udp));
	if (!check->conf.amplification.warning.set || slp_client_multiplication(udp) <= 1)
		return;
	wr_decimal(&w, slp_client_multiplication(udp), 1);
	wr_str(&w, " datagrams for each request (warning)");
	result_also(check->report, address->result, wr_view(&w));
	result_raise(address->result, STATE_WARNING);
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
		result_metric(report, result, METRIC_SERVICES, chosen->client->found.urls.seen);
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

/* What is wrong with an answer that counts; the first one becomes the outcome. */
struct wrong {
	struct slp_address *address;
	const struct trace *trace; /* of the answer */
	enum slp_outcome *outcome;
	struct wr *clauses;
};

static void add_wrong(struct wrong *wrong, enum slp_outcome outcome, const struct wr *clause)
{
	const struct check *check = wrong->address->target->check;

	if (clause->n == 0)
		return;
	if (wrong->clauses->n > 0)
		wr_str(wrong->clauses, ", ");
	wr_put(wrong->clauses, wr_view(clause));
	if (check->conf.policy == EXPECT_CLOSED)
		return;
	result_raise(wrong->address->result, eicon_state(check, outcome));
	if (*wrong->outcome == OUT_SLP_V2 || *wrong->outcome == OUT_SLP_V1)
		*wrong->outcome = outcome;
}

static void add_wrong_text(struct wrong *wrong, bool is, enum slp_outcome outcome, const char *text)
{
	char buffer[80];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (is)
		wr_str(&w, text);
	add_wrong(wrong, outcome, &w);
}

static size_t most_trailing(const struct slp_address *address)
{
	size_t most = 0;

	for (enum slp_step step = 0; step < STEPS; step++) {
		const struct slp_client *client = address->side[step].client;
		if (client != NULL && client->found.trailing_bytes > most)
			most = client->found.trailing_bytes;
	}
	return most;
}

static void judge_answer(struct wrong *wrong, const struct slp_client *client)
{
	const struct slp_findings *found = &client->found;
	const struct check *check = wrong->address->target->check;
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (check->conf.policy == EXPECT_SLP && found->valid > 0)
		eicon_put_unmet(&w, check, found);
	add_wrong(wrong, OUT_UNMET, &w);
	wr_reset(&w);
	if (found->valid > 0 && check->conf.policy == EXPECT_SLP)
		eicon_put_missing(&w, check, client, wrong->trace);
	add_wrong(wrong, OUT_INCOMPLETE, &w);
	add_wrong_text(wrong, found->has_boot_time && found->boot_time == 0, OUT_GOING_DOWN,
		       "the directory agent is going down");
	wr_reset(&w);
	if (found->valid > 0)
		eicon_put_mixed(&w, found);
	add_wrong(wrong, OUT_MIXED, &w);
	wr_reset(&w);
	eicon_put_trailing(&w, most_trailing(wrong->address));
	add_wrong(wrong, OUT_TRAILING, &w);
	add_wrong_text(wrong, found->valid > 0 && client->too_big, OUT_LOCAL_ERROR,
		       "a request does not fit into a datagram");
	if (!check->conf.check_v1)
		return;
	bool v1 = v1_answers(wrong->address);
	add_wrong_text(wrong, v1, OUT_V1_ANSWERS, "SLPv1 is answered");
	add_wrong_text(wrong, !v1 && !v1_asked(wrong->address), OUT_INCOMPLETE,
		       "SLPv1 was not asked to the end");
}

static void raise_internal_error(const struct slp_address *address, const struct slp_side *side)
{
	const struct common *common = &address->target->check->conf.common;

	if (side->outcome == OUT_SLP_ERROR && side->client->found.error_version == 2 &&
	    side->client->found.error == SLP_INTERNAL_ERROR && common->state_of[OUT_SLP_ERROR] < 0)
		result_raise(address->result, STATE_CRITICAL);
}

void eicon_judge_address(struct slp_address *address)
{
	struct check *check = address->target->check;
	char buffer[SENTENCE_MAX];
	struct wr clauses = wr_over(buffer, sizeof(buffer));

	for (enum slp_step step = 0; step < STEPS; step++)
		if (address->side[step].ended)
			address->side[step].outcome =
				outcome_of_side(address, &address->side[step]);
	const struct slp_side *side = eicon_choose_side(address);
	enum slp_outcome outcome = side->outcome;
	struct wrong wrong = { address, &side->trace, &outcome, &clauses };
	check->judged++;
	check->silent += outcome == OUT_SILENT;
	result_raise(address->result, eicon_state(check, outcome));
	raise_internal_error(address, side);
	if (side->client != NULL)
		judge_answer(&wrong, side->client);
	eicon_say_address(address, side, wr_view(&clauses));
	judge_amplification(address);
	measure(address, side);
	eicon_tell_outcome(check, address->result, outcome, &address->peer, side->transport,
			   &side->trace);
	if (side->client != NULL && side->client->unsolicited > 0)
		result_fact_number(check->report, address->result, "unsolicited",
				   side->client->unsolicited);
	tell_steps(address);
	if (side->client != NULL)
		eicon_tell_findings(check, address->result, &side->client->found);
}

void eicon_judge_run(struct check *check)
{
	struct engine_counts counts = engine_counts(check->engine);
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (check->conf.policy == EXPECT_CLOSED && check->silent > 0 && check->judged > 1) {
		wr_count(&w, check->silent, "is silent, which is no proof",
			 "are silent, which is no proof");
		result_also(check->report, report_root(check->report), wr_view(&w));
		wr_reset(&w);
	}
	if (check->conf.policy == EXPECT_CLOSED && check->silent > 0 && counts.stray > 0) {
		wr_fmt(&w, "%llu datagrams from elsewhere than asked or too late",
		       (unsigned long long)counts.stray);
		result_also(check->report, report_root(check->report), wr_view(&w));
		result_raise(report_root(check->report), eicon_state(check, OUT_UNSOLICITED));
		wr_reset(&w);
	}
	if (counts.dropped == 0 || check->silent == 0)
		return;
	wr_fmt(&w, "our own receive buffer dropped %llu datagrams, so silence proves nothing",
	       (unsigned long long)counts.dropped);
	result_also(check->report, report_root(check->report), wr_view(&w));
	result_raise(report_root(check->report), STATE_UNKNOWN);
}
