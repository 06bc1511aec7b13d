/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_sip's opinion: what the findings of an exchange and the trace of the network mean. */
#include "check_sip_judge.h"

#include "base/escape.h"

enum { ENDPOINTS_MAX = 1000 };

/* What an answer says about the server (RFC 3261 21); the first row that holds a code decides. */
static const struct {
	uint16_t low, high;
	enum sip_outcome outcome;
} CODE_CLASS[] = {
	{ 200, 299, OUT_OK },
	{ 300, 399, OUT_REDIRECT },
	{ 401, 401, OUT_AUTH_REQUIRED },
	{ 403, 403, OUT_FORBIDDEN },
	{ 404, 405, OUT_ALIVE },
	{ 407, 407, OUT_AUTH_REQUIRED },
	{ 408, 408, OUT_SERVER_ERROR },
	{ 415, 415, OUT_ALIVE },
	{ 480, 481, OUT_ALIVE },
	{ 482, 483, OUT_HOP },
	{ 484, 484, OUT_ALIVE },
	{ 486, 486, OUT_ALIVE },
	{ 488, 489, OUT_ALIVE },
	{ 494, 494, OUT_AUTH_REQUIRED },
	{ 400, 499, OUT_REJECTED },
	{ 501, 501, OUT_ALIVE },
	{ 503, 503, OUT_UNAVAILABLE },
	{ 505, 505, OUT_REJECTED },
	{ 513, 513, OUT_REJECTED },
	{ 500, 599, OUT_SERVER_ERROR },
	{ 600, 699, OUT_ALIVE },
};

static const struct code_rule *find_rule(const struct code_rules *rules, unsigned code)
{
	for (size_t i = 0; i < rules->count; i++)
		if (code >= rules->rule[i].low && code <= rules->rule[i].high)
			return &rules->rule[i];
	return NULL;
}

static enum sip_outcome class_of(const struct ended *e, unsigned code)
{
	enum sip_outcome outcome = OUT_REJECTED;

	for (size_t i = 0; i < sizeof(CODE_CLASS) / sizeof(CODE_CLASS[0]); i++) {
		if (code >= CODE_CLASS[i].low && code <= CODE_CLASS[i].high) {
			outcome = CODE_CLASS[i].outcome;
			break;
		}
	}
	if (outcome == OUT_UNAVAILABLE && !e->client->unavailable)
		return OUT_OVERLOAD;
	if (outcome == OUT_AUTH_REQUIRED && e->check->profile.credentials.digest != NULL)
		return OUT_AUTH_REFUSED;
	return outcome;
}

static enum state outcome_state(const struct ended *e, enum sip_outcome outcome)
{
	const struct conf *conf = &e->check->conf;
	bool given = conf->common.state_of[outcome] >= 0;

	if (!given && outcome == OUT_ALIVE && conf->alive)
		return STATE_OK;
	return opt_outcome_state(&check_sip_program, &conf->common, outcome);
}

static struct verdict judge_code(const struct ended *e, unsigned code)
{
	const struct conf *conf = &e->check->conf;
	const struct code_rule *rule = find_rule(&conf->map, code);
	struct verdict verdict = { .outcome = class_of(e, code), .code = code };

	verdict.state = outcome_state(e, verdict.outcome);
	if (conf->expect.count > 0) {
		verdict.outcome = find_rule(&conf->expect, code) != NULL ? OUT_OK : OUT_UNEXPECTED;
		verdict.state = outcome_state(e, verdict.outcome);
	}
	if (rule != NULL)
		verdict.state = rule->state;
	if (e->client->rewritten && verdict.state == STATE_OK) {
		verdict.outcome = OUT_REWRITTEN;
		verdict.state = outcome_state(e, OUT_REWRITTEN);
	}
	return verdict;
}

static struct verdict worse(struct verdict a, struct verdict b)
{
	return b.state != a.state && state_worse(a.state, b.state) == b.state ? b : a;
}

/* Requests of one run may be answered differently: the worst answer counts, the last one of several
 * that are alike. */
static struct verdict judge_codes(const struct ended *e)
{
	struct verdict worst = judge_code(e, e->client->final_code);

	for (unsigned code = 200; code < 700; code++)
		if (sip_client_saw(e->client, code))
			worst = worse(worst, judge_code(e, code));
	return worst;
}

static enum sip_outcome outcome_without_answer(const struct sip_client *client)
{
	if (client->too_big)
		return client->rounds > 0 ? OUT_AUTH_REFUSED : OUT_LOCAL_ERROR;
	if (client->provisional_code != 0)
		return OUT_PROVISIONAL;
	if (client->malformed > 0 || client->partial > 0)
		return OUT_MALFORMED;
	if (client->not_sip > 0 || client->echoed > 0)
		return OUT_NOT_SIP;
	return client->foreign > 0 ? OUT_FOREIGN : OUT_SILENT;
}

static enum sip_outcome outcome_of_fault(const struct ended *e)
{
	static const enum sip_outcome of_fault[FAULTS] = {
		[FAULT_NONE] = OUT_LOCAL_ERROR,
		[FAULT_INTERRUPTED] = OUT_INTERRUPTED,
		[FAULT_DNS] = OUT_DNS,
		[FAULT_REFUSED] = OUT_REFUSED,
		[FAULT_PROHIBITED] = OUT_PROHIBITED,
		[FAULT_UNREACHABLE] = OUT_UNREACHABLE,
		[FAULT_RESET] = OUT_RESET,
		[FAULT_CLOSED] = OUT_CLOSED,
		[FAULT_FLOOD] = OUT_FLOOD,
		[FAULT_TLS] = OUT_TLS,
		[FAULT_TLS_VERIFY] = OUT_CERTIFICATE,
		[FAULT_LOCAL] = OUT_LOCAL_ERROR,
	};
	const struct sip_client *client = e->client;
	enum fault fault = e->trace->fault;

	if (client != NULL && (fault == FAULT_NONE || fault == FAULT_TIMEOUT))
		return outcome_without_answer(client);
	if (client != NULL && fault == FAULT_CLOSED && client->not_sip + client->malformed > 0)
		return outcome_without_answer(client);
	if (fault == FAULT_TIMEOUT)
		return e->trace->phase == PHASE_WAITING ? OUT_NOT_STARTED : OUT_TIMEOUT;
	return of_fault[fault];
}

static bool is_timeout(enum sip_outcome outcome)
{
	return outcome == OUT_SILENT || outcome == OUT_PROVISIONAL || outcome == OUT_TIMEOUT;
}

static struct verdict judge_fault(const struct ended *e)
{
	const struct common *common = &e->check->conf.common;
	struct verdict verdict = { .outcome = outcome_of_fault(e) };

	verdict.state = outcome_state(e, verdict.outcome);
	if (is_timeout(verdict.outcome) && common->timeout_state_given &&
	    common->state_of[verdict.outcome] < 0)
		verdict.state = common->timeout_state;
	return verdict;
}

/* What ends a series early counts, whatever was answered before; a deadline only loses requests. */
static struct verdict judge(const struct ended *e)
{
	bool lost_only = e->trace->fault == FAULT_NONE || e->trace->fault == FAULT_TIMEOUT;

	if (e->client == NULL || e->client->answered == 0)
		return judge_fault(e);
	if (lost_only && !e->client->out_of_step)
		return judge_codes(e);
	return worse(judge_codes(e), judge_fault(e));
}

/* Phases that were passed are measured, whatever came after. */
static void judge_phase(const struct ended *e, enum sip_metric metric, enum phase phase)
{
	if (e->trace->phase > phase && e->trace->phase_us[phase] > 0)
		result_metric(e->check->report, e->probe->result, metric,
			      (double)e->trace->phase_us[phase] / 1e6);
}

static void judge_metric_us(const struct ended *e, enum sip_metric metric, int64_t us)
{
	result_metric(e->check->report, e->probe->result, metric, (double)us / 1e6);
}

static void judge_series(const struct ended *e)
{
	const struct sip_client *client = e->client;

	if (client->answered > 0) {
		judge_metric_us(e, METRIC_TIME_MIN, client->rtt_min_us);
		judge_metric_us(e, METRIC_TIME_MAX, client->rtt_max_us);
	}
	if (client->answered > 1)
		judge_metric_us(e, METRIC_JITTER, sip_client_jitter_us(client));
	result_metric(e->check->report, e->probe->result, METRIC_LOSS,
		      sip_client_loss_pct(client, (unsigned)e->check->conf.count));
}

/* A certificate that was refused has said so already. */
static void judge_days(const struct ended *e, const struct verdict *verdict)
{
	double days = (double)check_sip_cert_days(e->check, e->trace->tls);

	if (verdict->outcome == OUT_CERTIFICATE)
		result_measure(e->check->report, e->probe->result, METRIC_CERT_DAYS, days);
	else
		result_metric(e->check->report, e->probe->result, METRIC_CERT_DAYS, days);
}

static void judge_metrics(const struct ended *e, const struct verdict *verdict)
{
	const struct sip_client *client = e->client;
	struct report *report = e->check->report;
	struct result *result = e->probe->result;

	if (client != NULL && client->answered > 0)
		judge_metric_us(e, METRIC_TIME, sip_client_rtt_avg_us(client));
	if (client != NULL && client->sent > 0 && e->check->conf.count > 1)
		judge_series(e);
	if (verdict->code != 0)
		result_metric(report, result, METRIC_CODE, verdict->code);
	if (client != NULL && client->sent > 0 && e->probe->transport == TRANSPORT_UDP)
		result_metric(report, result, METRIC_RETRANS, client->retransmissions);
	if (e->probe->dns_us >= 0)
		judge_metric_us(e, METRIC_DNS, e->probe->dns_us);
	if (e->probe->transport != TRANSPORT_UDP)
		judge_phase(e, METRIC_CONNECT, PHASE_CONNECT);
	judge_phase(e, METRIC_TLS, PHASE_TLS);
	if (e->trace->tls != NULL && e->trace->tls->expires_at != 0)
		judge_days(e, verdict);
}

long long check_sip_cert_days(const struct check *check, const struct tls_facts *tls)
{
	int64_t left_s = tls->expires_at - (int64_t)check->now;
	int64_t days = left_s / 86400;

	return left_s < 0 && days == 0 ? -1 : days;
}

void check_sip_judge(void *ctx, const struct probe_spec *spec, const void *state,
		     const struct trace *trace)
{
	const struct sip_probe *probe = spec->user;
	struct ended e = {
		.check = ctx,
		.probe = probe,
		.client = trace->phase >= PHASE_EXCHANGE ? state : NULL,
		.trace = trace,
	};
	struct verdict verdict = judge(&e);

	if (verdict.code == 0)
		e.check->silent++;
	result_raise(probe->result, verdict.state);
	check_sip_say(&e, &verdict);
	judge_metrics(&e, &verdict);
	check_sip_tell(&e, &verdict);
	if (result_state(probe->result) <= STATE_WARNING)
		probe->target->working++;
	else if (result_state(probe->result) == STATE_UNKNOWN)
		probe->target->unknown++;
}

void check_sip_judge_dns(struct sip_target *target, struct result *result, const char *why)
{
	struct check *check = target->check;
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	result_raise(result, opt_outcome_state(&check_sip_program, &check->conf.common, OUT_DNS));
	if (result_state(result) == STATE_UNKNOWN) /* there may be any number behind the name */
		target->unknown += ENDPOINTS_MAX;
	check_sip_say_dns(&w, target, why);
	result_say(check->report, result, wr_view(&w));
	result_fact(check->report, result, "outcome", view_of(check_sip_word(OUT_DNS)));
}

/* Enough working endpoints make a dead one a WARNING; too few are CRITICAL, unless those of which
 * nothing is known could be enough. */
static void judge_quorum(const struct sip_target *target, unsigned quorum)
{
	struct report *report = target->check->report;
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_field(&w, view_of(target->name));
	wr_fmt(&w, ": %u of %u endpoints work, quorum %u", target->working, target->endpoints,
	       quorum);
	result_say(report, target->result, wr_view(&w));
	if (target->working >= quorum && result_state(target->result) != STATE_OK)
		result_override(target->result, STATE_WARNING);
	else if (target->working < quorum)
		result_override(target->result, target->working + target->unknown < quorum
							? STATE_CRITICAL
							: STATE_UNKNOWN);
}

void check_sip_judge_run(struct check *check)
{
	struct engine_counts counts = engine_counts(check->engine);
	struct result *root = report_root(check->report);
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	for (const struct sip_target *t = check->groups; t != NULL; t = t->next_group)
		if (check->conf.quorum > 0)
			judge_quorum(t, (unsigned)check->conf.quorum);
	if (counts.dropped == 0 || check->silent == 0)
		return;
	wr_fmt(&w, "our own receive buffer dropped %llu datagrams, so silence proves nothing",
	       (unsigned long long)counts.dropped);
	result_also(check->report, root, wr_view(&w));
	result_raise(root, STATE_UNKNOWN);
}
