/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One request to many: a multicast group, a broadcast address, or only listening on our own port. */
#include "check_eicon_slp.h"

#include "base/escape.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#include <net/if.h>

enum { NAMED_RESPONDERS = 4 };

bool eicon_asks_group(const struct conf *conf)
{
	return conf->multicast || conf->broadcast || conf->listen_us > 0;
}

bool eicon_wants_targets(const void *conf)
{
	return !eicon_asks_group(conf);
}

/* RFC 2608 13, RFC 2165 23, RFC 3111 4.1; link-local, as the hop limit is 1 unless asked for more. */
static struct addr usual_group(const struct conf *conf)
{
	const char *text = conf->common.use_ipv6     ? "ff02::116"
			   : conf->broadcast	     ? "255.255.255.255"
			   : conf->proto == PROTO_V1 ? "224.0.1.22"
						     : "239.255.255.253";
	struct addr addr;

	addr_parse(view_of(text), &addr);
	return addr;
}

/* What is listened to without a group: any address of ours. */
static struct addr any_address(const struct conf *conf)
{
	return (struct addr){ .family = conf->common.use_ipv6 ? 6 : 4 };
}

/* Without a question: who is there.  Version 1 has no adverts of service agents. */
static struct slp_query query_of(const struct conf *conf)
{
	unsigned want = eicon_wanted(conf);
	bool v1 = conf->proto == PROTO_V1,
	     adverts = (want & ~(unsigned)(SLP_WANT_SA | SLP_WANT_DA)) == 0;
	bool da = (want & SLP_WANT_DA) != 0 || v1;
	struct slp_query query = {
		.version = v1 ? 1 : 2,
		.function = (want & SLP_WANT_TYPES) != 0   ? SLP_SRV_TYPE_RQST
			    : (want & SLP_WANT_ATTRS) != 0 ? SLP_ATTR_RQST
							   : SLP_SRV_RQST,
		.multicast = conf->multicast || conf->broadcast,
		.language = conf->language,
		.type = !adverts ? conf->type
			: da	 ? VIEW("service:directory-agent")
				 : VIEW("service:service-agent"),
		.scopes = conf->has_scopes ? conf->scopes
			  : adverts || v1  ? VIEW("")
					   : VIEW("DEFAULT"),
		.predicate = conf->predicate,
	};

	return query;
}

static const char *name_of(const struct conf *conf)
{
	return conf->listen_us > 0 ? "listening" : conf->multicast ? "multicast" : "broadcast";
}

int eicon_add_group(struct check *check, struct out *out)
{
	const struct conf *conf = &check->conf;
	struct group_probe *probe = arena_new(&check->arena, 1, sizeof(*probe));
	bool group = conf->multicast || conf->broadcast;

	check->group = probe;
	probe->check = check;
	probe->name = name_of(conf);
	probe->peer = !group			? any_address(conf)
		      : conf->group.family != 0 ? conf->group
						: usual_group(conf);
	probe->peer.port = (uint16_t)conf->common.port;
	probe->group.ttl = conf->ttl > 0 ? (uint8_t)conf->ttl : 1;
	probe->group.broadcast = conf->broadcast;
	if (conf->listen_us > 0)
		probe->group.listen_port = probe->peer.port;
	if (conf->interface.n > 0) {
		probe->group.interface = if_nametoindex(arena_text(&check->arena, conf->interface));
		if (probe->group.interface == 0)
			return eicon_refuse(check, "interface", strerror(errno), out);
	}
	probe->arg = (struct slp_group_arg){ .query = query_of(conf),
					     .listen_us = conf->listen_us,
					     .wishes = check->wishes };
	probe->traced.result = probe->result =
		result_add(check->report, report_root(check->report), view_of(probe->name));
	engine_probe(check->engine, &(struct probe_spec){ .ops = &slp_group_ops,
							  .arg = &probe->arg,
							  .peer = probe->peer,
							  .transport = TRANSPORT_UDP,
							  .group = &probe->group,
							  .user = probe });
	return OPT_GO_ON;
}

/* An address without a scope is meant in any. */
static bool is_address(const struct addr *who, const struct addr *wanted)
{
	struct addr here = *who;

	if (wanted->scope == 0)
		here.scope = 0;
	return addr_same_ip(&here, wanted);
}

static bool has_answered(const struct slp_group *group, const struct addr *wanted)
{
	for (unsigned i = 0; i < group->responders; i++)
		if (group->responder[i].valid > 0 && is_address(&group->responder[i].addr, wanted))
			return true;
	return false;
}

/* Those who gave a good answer; what others sent makes nobody a responder. */
static unsigned good_responders(const struct slp_group *group)
{
	unsigned good = 0;

	for (unsigned i = 0; i < group->responders; i++)
		good += group->responder[i].valid > 0;
	return good;
}

static void begin_clause(struct wr *clauses)
{
	if (clauses->n > 0)
		wr_str(clauses, ", ");
}

static void put_unmet(struct wr *w, const struct check *check, const struct slp_group *group)
{
	const struct conf *conf = &check->conf;

	if (good_responders(group) < conf->min_responders)
		wr_fmt(w, "%u of %llu required responders", good_responders(group),
		       (unsigned long long)conf->min_responders);
	unsigned all = group->responders + (group->more > 0);
	if (conf->has_max_responders && all > conf->max_responders) {
		begin_clause(w);
		wr_count(w, all, "responder", "responders");
		wr_fmt(w, ", at most %llu expected", (unsigned long long)conf->max_responders);
	}
	for (size_t i = 0; i < conf->responders; i++) {
		if (has_answered(group, &conf->responder[i]))
			continue;
		begin_clause(w);
		wr_str(w, "nothing from ");
		wr_ip(w, &conf->responder[i]);
	}
	if (group->found.valid == 0)
		return;
	char buffer[SENTENCE_MAX];
	struct wr wishes = wr_over(buffer, sizeof(buffer));
	eicon_put_unmet(&wishes, check, &group->found);
	if (wishes.n > 0)
		begin_clause(w);
	wr_put(w, wr_view(&wishes));
}

static bool is_expected(const struct conf *conf, const struct addr *who)
{
	for (size_t i = 0; i < conf->responders; i++)
		if (is_address(who, &conf->responder[i]))
			return true;
	return conf->responders == 0;
}

static void put_role(struct wr *w, const struct slp_responder *who)
{
	if (who->sa || who->da)
		wr_str(w, who->da ? " DA" : " SA");
	if (who->v1 && !who->v2)
		wr_str(w, " v1");
	if (who->errors > 0 && who->valid == 0)
		wr_str(w, " error");
}

static bool comes_before(const struct addr *a, const struct addr *b)
{
	return a->family != b->family ? a->family < b->family
				      : memcmp(a->ip, b->ip, sizeof(a->ip)) < 0;
}

/* The next one in the order of addresses, so that a sentence does not change by who was faster; NULL =
 * that was all. `last` NULL = the first one. */
static const struct slp_responder *next_responder(const struct slp_group *group,
						  const struct slp_responder *last)
{
	const struct slp_responder *next = NULL;

	for (unsigned i = 0; i < group->responders; i++) {
		const struct slp_responder *who = &group->responder[i];
		if ((last == NULL || comes_before(&last->addr, &who->addr)) &&
		    (next == NULL || comes_before(&who->addr, &next->addr)))
			next = who;
	}
	return next;
}

/* "192.0.2.7 SA, 192.0.2.8 DA ..." */
static void put_names(struct wr *w, const struct slp_group *group)
{
	const struct slp_responder *who = next_responder(group, NULL);

	for (unsigned i = 0; i < NAMED_RESPONDERS && who != NULL; i++) {
		wr_str(w, i == 0 ? "" : ", ");
		wr_ip(w, &who->addr);
		put_role(w, who);
		who = next_responder(group, who);
	}
	wr_str(w, who != NULL ? " ..." : "");
}

/* "2 responders (192.0.2.7 SA, 192.0.2.8 DA), ", when listening without an agent "heard from ...: " */
static void put_responders(struct wr *w, const struct slp_group *group)
{
	if (good_responders(group) == 0) {
		wr_str(w, "heard from ");
		put_names(w, group);
		wr_str(w, ": ");
		return;
	}
	wr_str(w, group->more > 0 ? "more than " : "");
	wr_count(w, group->responders, "responder", "responders");
	wr_str(w, " (");
	put_names(w, group);
	wr_str(w, "), ");
}

static void put_place(struct wr *w, const struct group_probe *probe)
{
	const struct conf *conf = &probe->check->conf;

	wr_str(w, probe->name);
	if (conf->listen_us > 0 && !conf->multicast)
		wr_fmt(w, " on port %u", (unsigned)probe->peer.port);
	else
		wr_str(w, conf->listen_us > 0 ? " to group " : " ");
	if (conf->listen_us == 0 || conf->multicast)
		wr_addr(w, &probe->peer);
	wr_str(w, "/udp");
	if (conf->interface.n > 0) {
		wr_str(w, " on ");
		wr_field(w, conf->interface);
	}
	wr_str(w, ": ");
}

static void say(const struct group_probe *probe, const struct slp_group *group,
		enum slp_outcome outcome, const struct trace *trace, struct view unmet)
{
	struct check *check = probe->check;
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	put_place(&w, probe);
	wr_put(&w, unmet);
	if (unmet.n > 0)
		wr_str(&w, " - ");
	if (group != NULL && group->responders > 0) {
		put_responders(&w, group);
		if (group->found.valid > 0)
			eicon_put_findings(&w, &group->found);
		else
			eicon_put_odd(&w, outcome, &group->found);
	} else if (group != NULL && outcome == OUT_REQUESTS) {
		wr_str(&w, "nobody offers services, but ");
		wr_count(&w, group->requests_heard, "request was heard", "requests were heard");
	} else if (outcome == OUT_SILENT) {
		wr_str(&w, check->conf.listen_us > 0 ? "nothing heard" : "no reply");
		wr_waited(&w, trace);
	} else {
		eicon_put_trace(&w, outcome, trace);
	}
	if (group != NULL && group->too_big)
		wr_str(&w, ": the request does not fit into a datagram");
	eicon_put_expected(&w, check, outcome);
	result_say(check->report, probe->result, wr_view(&w));
}

static void fact_responders(struct check *check, const struct slp_group *group)
{
	const struct slp_responder *who = NULL;
	char buffer[4096];
	struct wr w = wr_over(buffer, sizeof(buffer));

	while ((who = next_responder(group, who)) != NULL) {
		if (w.n > 0)
			wr_byte(&w, ' ');
		wr_ip(&w, &who->addr);
	}
	if (w.n > 0)
		result_fact(check->report, check->group->result, "responders", wr_view(&w));
}

static void tell_responders(struct check *check, const struct slp_group *group)
{
	for (unsigned i = 0; i < group->responders; i++) {
		const struct slp_responder *who = &group->responder[i];
		char buffer[160];
		struct wr w = wr_over(buffer, sizeof(buffer));
		wr_str(&w, "responder ");
		wr_addr(&w, &who->addr);
		put_role(&w, who);
		wr_str(&w, ", ");
		wr_count(&w, who->messages, "message", "messages");
		wr_fmt(&w, ", %zu bytes%s", who->bytes,
		       is_expected(&check->conf, &who->addr) ? "" : ", not expected");
		result_detail(check->report, check->group->result, 1, wr_view(&w));
	}
}

static void measure(struct check *check, const struct slp_group *group)
{
	struct report *report = check->report;
	struct result *result = check->group->result;

	if (group->reply_us != 0 && check->conf.listen_us == 0)
		result_metric(report, result, METRIC_TIME,
			      (double)(group->reply_us - group->first_us) / 1e6);
	if (group->found.services_told)
		result_metric(report, result, METRIC_SERVICES, group->found.urls.seen);
	if (group->found.types_told)
		result_metric(report, result, METRIC_TYPES, group->found.types.seen);
	result_metric(report, result, METRIC_RESPONDERS, good_responders(group));
	result_metric(report, result, METRIC_REQUEST_BYTES, (double)group->request_bytes);
	result_metric(report, result, METRIC_REPLY_BYTES, (double)group->reply_bytes);
}

static enum slp_outcome outcome_of(const struct group_probe *probe, const struct slp_group *group,
				   const struct trace *trace)
{
	enum slp_outcome outcome =
		group != NULL ? eicon_outcome_of_findings(&group->found) : OUTCOMES;

	if (group != NULL && group->too_big)
		return OUT_LOCAL_ERROR;
	if (outcome != OUTCOMES)
		return outcome;
	if (group != NULL && probe->arg.listen_us > 0 && group->requests_heard > 0)
		return OUT_REQUESTS;
	outcome = eicon_outcome_of_trace(&probe->peer, TRANSPORT_UDP, group != NULL, group != NULL,
					 trace);
	if (outcome == OUT_UNREACHABLE) /* no way to a group is our own trouble */
		return OUT_LOCAL_ERROR;
	return eicon_outcome_of_silence(probe->check, outcome, trace);
}

/* A round that was not waited for may have brought others. */
static void judge_beside(struct check *check, const struct slp_group *group,
			 const struct trace *trace)
{
	struct result *result = check->group->result;
	char buffer[200];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (trace->fault == FAULT_TIMEOUT || trace->fault == FAULT_INTERRUPTED) {
		result_also(check->report, result, VIEW("not asked to the end"));
		result_raise(result, eicon_state(check, OUT_INCOMPLETE));
	}
	if (check->conf.policy == EXPECT_CLOSED)
		return;
	if (group->found.valid > 0)
		eicon_put_mixed(&w, &group->found);
	if (w.n > 0) {
		result_also(check->report, result, wr_view(&w));
		result_raise(result, eicon_state(check, OUT_MIXED));
	}
	wr_reset(&w);
	eicon_put_trailing(&w, group->found.trailing_bytes);
	if (w.n > 0) {
		result_also(check->report, result, wr_view(&w));
		result_raise(result, eicon_state(check, OUT_TRAILING));
	}
}

/* Silence is what --max-responders 0 asks for. */
static enum state state_of(const struct check *check, enum slp_outcome outcome)
{
	const struct conf *conf = &check->conf;

	if ((outcome == OUT_SILENT || outcome == OUT_REQUESTS) && conf->policy == EXPECT_SLP &&
	    conf->has_max_responders && conf->max_responders == 0)
		return STATE_OK;
	return eicon_state(check, outcome);
}

void eicon_group_done(struct check *check, const struct probe_spec *spec, const void *state,
		      const struct trace *trace)
{
	struct group_probe *probe = spec->user;
	const struct slp_group *group = trace->phase >= PHASE_EXCHANGE ? state : NULL;
	enum slp_outcome outcome = outcome_of(probe, group, trace);
	char buffer[SENTENCE_MAX];
	struct wr unmet = wr_over(buffer, sizeof(buffer));

	check->judged++;
	check->silent += outcome == OUT_SILENT;
	result_raise(probe->result, state_of(check, outcome));
	if (group != NULL && check->conf.policy == EXPECT_SLP)
		put_unmet(&unmet, check, group);
	if (unmet.n > 0)
		result_raise(probe->result, eicon_state(check, OUT_UNMET));
	if (group != NULL)
		judge_beside(check, group, trace);
	say(probe, group, outcome, trace, wr_view(&unmet));
	if (unmet.n > 0 && outcome <= OUT_SLP_V1)
		outcome = OUT_UNMET;
	eicon_tell_outcome(check, probe->result, outcome, &probe->peer, TRANSPORT_UDP, trace);
	if (group == NULL)
		return;
	eicon_tell_findings(check, probe->result, &group->found);
	fact_responders(check, group);
	tell_responders(check, group);
	measure(check, group);
}
