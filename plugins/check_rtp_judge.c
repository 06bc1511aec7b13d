/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_rtp's opinion: what sweep, state file and expectations mean for one address. */
#include "check_rtp.h"

static bool is_young(const struct check *check, unsigned port)
{
	int64_t at = check->memory->proven_at[port];

	return at > 0 && (check->now - at) * 1000000 <= check->conf->max_age_us;
}

/* Answers of earlier runs do not count: who answers, answers again.  Of what is expected only this run
 * tells, because a service may have stopped or come since. */
static enum port_state remembered(const struct check *check, unsigned port)
{
	if (check->memory == NULL || !is_young(check, port) ||
	    check->memory->state[port] == PORT_ANSWERING ||
	    port_set_has(&check->conf->expect_open, port) ||
	    port_set_has(&check->conf->expect_closed, port))
		return PORT_UNDECIDED;
	return (enum port_state)check->memory->state[port];
}

bool check_rtp_is_known(enum port_state state)
{
	return state != PORT_UNASKED && state != PORT_UNDECIDED;
}

enum port_state check_rtp_found(const struct rtp_host *host, unsigned port)
{
	enum port_state state = sweep_state(host->sweep->plan, (uint16_t)port);

	if ((state == PORT_SILENT && host->sweep->dropped > 0) ||
	    (state == PORT_REJECTED && host->unreachable))
		return PORT_UNDECIDED;
	return state;
}

static void take_port(struct rtp_host *host, unsigned port)
{
	enum port_state state = check_rtp_found(host, port), old = PORT_UNDECIDED;
	int64_t age_s = 0;

	if (!check_rtp_is_known(state))
		old = remembered(host->check, port);
	if (check_rtp_is_known(old)) {
		state = old;
		age_s = host->check->now - host->check->memory->proven_at[port];
		host->remembered++;
	}
	if (check_rtp_is_known(state) && age_s > host->oldest_s)
		host->oldest_s = age_s;
	port_set_put(&host->of[state], port);
}

/* RFC 792, RFC 4443: whole hosts or networks, said by somebody else than the host. */
static bool is_far_off(const struct rtp_host *host, const struct icmp *icmp)
{
	bool v4 = host->peer.family == 4;
	bool whole =
		v4 ? icmp->type == 3 && (icmp->code <= 1 || (icmp->code >= 5 && icmp->code <= 8) ||
					 icmp->code == 11 || icmp->code == 12)
		   : icmp->type == 1 && (icmp->code == 0 || icmp->code == 3);
	/* time exceeded, a parameter problem: it never got there */
	bool lost = v4 ? icmp->type != 3 : icmp->type != 1;

	return (whole || lost) && !addr_same_ip(&icmp->offender, &host->peer);
}

/* More words that it is out of reach than signs of its life. */
static bool is_unreachable(const struct rtp_host *host)
{
	unsigned far_off = 0;

	for (size_t i = 0; i < host->sweep->rejects; i++)
		if (is_far_off(host, &host->sweep->reject[i].icmp))
			far_off += host->sweep->reject[i].count;
	return far_off > host->counts.of[PORT_ANSWERING] + host->counts.of[PORT_CLOSED];
}

void check_rtp_take_stock(struct rtp_host *host)
{
	const struct port_set *asked = &host->check->asked;

	host->counts = sweep_counts(host->sweep->plan);
	host->counts.packets -= host->sweep->unsent;
	host->unreachable = is_unreachable(host);
	host->oldest_s = -1;
	for (unsigned port = port_set_next(asked, 1); port != 0;
	     port = port_set_next(asked, port + 1))
		take_port(host, port);
}

unsigned check_rtp_undecided(const struct rtp_host *host)
{
	return (unsigned)(port_set_count(&host->of[PORT_UNASKED]) +
			  port_set_count(&host->of[PORT_UNDECIDED]));
}

double check_rtp_coverage_pct(const struct rtp_host *host)
{
	size_t all = port_set_count(&host->check->asked);
	size_t decided_permille = 1000 * (all - check_rtp_undecided(host)) / all;

	return (double)decided_permille / 10;
}

void check_rtp_hold(const struct check *check, struct verdict *verdict, enum rtp_outcome outcome)
{
	verdict->holds[outcome] = true;
	verdict->state[outcome] =
		opt_outcome_state(&check_rtp_program, &check->conf->common, outcome);
}

void check_rtp_hold_ports(const struct check *check, struct verdict *verdict,
			  enum rtp_outcome outcome, const struct port_set *ports)
{
	if (port_set_next(ports, 0) == 0)
		return;
	check_rtp_hold(check, verdict, outcome);
	verdict->ports[outcome] = *ports;
}

enum rtp_outcome check_rtp_ranked(const struct verdict *verdict, unsigned place)
{
	for (unsigned severity = 0; severity < STATES; severity++)
		for (unsigned outcome = 0; outcome < OUTCOMES; outcome++)
			if (verdict->holds[outcome] &&
			    verdict->state[outcome] == state_by_severity(severity) && place-- == 0)
				return (enum rtp_outcome)outcome;
	return OUTCOMES;
}

static struct port_set both(const struct port_set *a, const struct port_set *b)
{
	struct port_set set = *a;

	port_set_keep(&set, b);
	return set;
}

static struct port_set without(const struct port_set *a, const struct port_set *b)
{
	struct port_set set = *a;

	port_set_remove(&set, b);
	return set;
}

static struct port_set joined(const struct port_set *a, const struct port_set *b)
{
	struct port_set set = *a;

	port_set_join(&set, b);
	return set;
}

static void judge_leak(const struct rtp_host *host, struct verdict *verdict)
{
	const struct port_set *answering = &host->of[PORT_ANSWERING];
	struct port_set leak = { { 0 } };

	for (unsigned port = port_set_next(answering, 1); port != 0;
	     port = port_set_next(answering, port + 1))
		if (host->sweep->kind[port] == 1 + MEDIA_RTP)
			port_set_put(&leak, port);
	check_rtp_hold_ports(host->check, verdict, OUT_LEAK, &leak);
}

static void judge_expectations(const struct rtp_host *host, struct verdict *verdict)
{
	const struct check *check = host->check;
	const struct conf *conf = check->conf;
	const struct port_set *answering = &host->of[PORT_ANSWERING];
	struct port_set shut = joined(&host->of[PORT_CLOSED], &host->of[PORT_REJECTED]);
	struct port_set quiet = joined(&host->of[PORT_SILENT], &conf->bound);
	struct port_set known = joined(&shut, &quiet), set;
	bool judged_by_number = conf->answering.warning.set || conf->answering.critical.set;

	port_set_join(&known, answering);
	set = both(&conf->expect_open, &shut);
	check_rtp_hold_ports(check, verdict, OUT_MISSING, &set);
	set = without(&conf->expect_open, &known);
	check_rtp_hold_ports(check, verdict, OUT_UNPROVEN_OPEN, &set);
	set = both(&conf->expect_closed, answering);
	check_rtp_hold_ports(check, verdict, OUT_NOT_CLOSED, &set);
	set = both(&conf->expect_closed, &quiet);
	check_rtp_hold_ports(check, verdict, OUT_MAYBE_OPEN, &set);
	set = without(&conf->expect_closed, &known);
	check_rtp_hold_ports(check, verdict, OUT_UNPROVEN_CLOSED, &set);
	set = without(answering, &conf->expect_open);
	port_set_remove(&set, &conf->expect_closed);
	if (!judged_by_number)
		check_rtp_hold_ports(check, verdict, OUT_EXPOSED, &set);
}

static void judge_inside(const struct rtp_host *host, struct verdict *verdict)
{
	const struct inside *inside = host->check->inside;

	if (inside == NULL)
		return;
	struct port_set set = both(&host->of[PORT_ANSWERING], &inside->ports);
	port_set_remove(&set, host->peer.family == 4 ? &inside->bound4 : &inside->bound6);
	check_rtp_hold_ports(host->check, verdict, OUT_ANSWERING_NOT_BOUND, &set);
}

/* The socket failed as a whole. */
static void judge_fault(const struct rtp_host *host, struct verdict *verdict)
{
	switch (host->sweep->trace.fault) {
	case FAULT_NONE:
	case FAULT_TIMEOUT:
	case FAULT_INTERRUPTED:
		break;
	case FAULT_UNREACHABLE:
		check_rtp_hold(host->check, verdict, OUT_UNREACHABLE);
		break;
	default:
		check_rtp_hold(host->check, verdict, OUT_LOCAL_ERROR);
		break;
	}
}

static void judge_incomplete(const struct rtp_host *host, struct verdict *verdict)
{
	const struct check *check = host->check;
	const struct common *common = &check->conf->common;
	bool late = check->end == ENGINE_DEADLINE && !host->sweep->done;

	check_rtp_hold(check, verdict, OUT_INCOMPLETE);
	if (late && common->timeout_state_given && common->state_of[OUT_INCOMPLETE] < 0)
		verdict->state[OUT_INCOMPLETE] = common->timeout_state;
}

/* Said only where nothing else tells why. */
static void judge_undecided(const struct rtp_host *host, struct verdict *verdict)
{
	const bool *holds = verdict->holds;

	if (holds[OUT_UNREACHABLE] || holds[OUT_NO_SIGN] || holds[OUT_INCOMPLETE] ||
	    holds[OUT_LOCAL_ERROR])
		return;
	if (2 * (size_t)check_rtp_undecided(host) > port_set_count(&host->check->asked))
		check_rtp_hold(host->check, verdict, OUT_UNDECIDED);
}

static void judge_course(const struct rtp_host *host, struct verdict *verdict)
{
	const struct check *check = host->check;
	const struct sweep_counts *counts = &host->counts;
	bool interrupted = check->end == ENGINE_SIGNAL && !host->sweep->done;

	if (interrupted)
		check_rtp_hold(check, verdict, OUT_INTERRUPTED);
	judge_fault(host, verdict);
	if (counts->packets == 0 && check_rtp_ranked(verdict, 0) == OUTCOMES)
		check_rtp_hold(check, verdict, OUT_NOT_STARTED);
	if (counts->packets == 0)
		return;
	if (host->unreachable)
		check_rtp_hold(check, verdict, OUT_UNREACHABLE);
	if (host->sweep->dropped > 0)
		check_rtp_hold(check, verdict, OUT_DROPS);
	if (counts->of[PORT_UNASKED] > 0 ||
	    (!host->sweep->done && host->sweep->plan->phase < SWEEP_PROVE))
		judge_incomplete(host, verdict);
	if (counts->icmp == 0 && counts->of[PORT_ANSWERING] == 0)
		check_rtp_hold(check, verdict, OUT_NO_SIGN);
	judge_undecided(host, verdict);
}

double check_rtp_ceil(double value)
{
	double whole = (double)(int64_t)value;

	return whole < value ? whole + 1 : whole;
}

static double open_count(const struct rtp_host *host)
{
	return (double)(port_set_count(&host->of[PORT_ANSWERING]) +
			port_set_count(&host->of[PORT_SILENT]));
}

static double open_max(const struct rtp_host *host)
{
	const struct sweep_sample *sample = &host->counts.sample;

	return open_count(host) + check_rtp_ceil(check_rtp_undecided(host) *
						 sweep_open_bound(sample->drawn, sample->open));
}

static enum state state_of_open(const struct conf *conf, double open)
{
	if (range_alerts(&conf->open.critical, open))
		return STATE_CRITICAL;
	return range_alerts(&conf->open.warning, open) ? STATE_WARNING : STATE_OK;
}

/* A limit that what is proven keeps may be broken by what is not. */
static void judge_max(const struct rtp_host *host, struct verdict *verdict)
{
	const struct conf *conf = host->check->conf;
	enum state now = state_of_open(conf, open_count(host));
	enum state worst = state_of_open(conf, open_max(host));

	if (worst != now && state_worse(now, worst) == worst)
		check_rtp_hold(host->check, verdict, OUT_UNPROVEN_MAX);
}

static void judge_metrics(const struct rtp_host *host)
{
	static const struct {
		enum rtp_metric metric;
		enum port_state state;
	} count[] = { { METRIC_CLOSED, PORT_CLOSED },
		      { METRIC_SILENT, PORT_SILENT },
		      { METRIC_REJECTED, PORT_REJECTED } };
	const struct check *check = host->check;
	const struct sweep_counts *counts = &host->counts;
	struct report *report = check->report;
	struct result *result = host->result;

	result_metric(report, result, METRIC_ANSWERING,
		      (double)port_set_count(&host->of[PORT_ANSWERING]));
	result_metric(report, result, METRIC_OPEN, open_count(host));
	for (size_t i = 0; i < sizeof(count) / sizeof(count[0]); i++)
		result_metric(report, result, count[i].metric,
			      (double)port_set_count(&host->of[count[i].state]));
	result_metric(report, result, METRIC_UNDECIDED, check_rtp_undecided(host));
	result_metric(report, result, METRIC_COVERAGE, check_rtp_coverage_pct(host));
	result_metric(report, result, METRIC_OPEN_MAX, open_max(host));
	if (port_set_next(&check->conf->bound, 0) != 0) {
		struct port_set bound = both(&check->conf->bound, &check->conf->ports);
		result_metric(report, result, METRIC_BOUND, (double)port_set_count(&bound));
	}
	result_metric(report, result, METRIC_PACKETS, (double)counts->packets);
	if (counts->ask_us > 0)
		result_metric(report, result, METRIC_ICMP_RATE,
			      (double)(int64_t)(counts->ask_icmp * 1e9 / (double)counts->ask_us) /
				      1e3);
	if (check->memory != NULL && host->oldest_s >= 0)
		result_metric(report, result, METRIC_OLDEST_AGE, (double)host->oldest_s);
	result_metric(report, result, METRIC_TIME, (double)check->took_us / 1e6);
}

static void raise_states(struct result *result, const struct verdict *verdict)
{
	for (unsigned outcome = 0; outcome < OUTCOMES; outcome++)
		if (verdict->holds[outcome])
			result_raise(result, verdict->state[outcome]);
}

/* None of the outcomes that say something of ports or run. */
static void judge_quiet(const struct check *check, struct verdict *verdict)
{
	for (unsigned outcome = 0; outcome < OUT_UNDECIDED; outcome++)
		if (verdict->holds[outcome])
			return;
	check_rtp_hold(check, verdict, OUT_QUIET);
}

void check_rtp_judge(struct rtp_host *host, const char *kept)
{
	struct check *check = host->check;
	struct verdict *verdict = arena_new(check->arena, 1, sizeof(*verdict));

	judge_course(host, verdict);
	if (host->counts.packets > 0) {
		judge_leak(host, verdict);
		judge_expectations(host, verdict);
		judge_inside(host, verdict);
		judge_max(host, verdict);
		judge_quiet(check, verdict);
	}
	raise_states(host->result, verdict);
	check_rtp_say(host, verdict);
	if (host->counts.packets > 0)
		judge_metrics(host);
	if (kept != NULL) {
		result_raise(host->result, STATE_UNKNOWN);
		result_also(check->report, host->result, view_of(kept));
	}
	check_rtp_tell(host, verdict);
}

void check_rtp_judge_nothing(struct check *check, enum rtp_outcome outcome, const char *why)
{
	struct result *result = result_add(check->report, report_root(check->report), check->name);
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	result_raise(result, opt_outcome_state(&check_rtp_program, &check->conf->common, outcome));
	check_rtp_put_nothing(&w, check, outcome, why);
	result_say(check->report, result, wr_view(&w));
	result_fact(check->report, result, "outcome", view_of(check_rtp_word(outcome)));
}
