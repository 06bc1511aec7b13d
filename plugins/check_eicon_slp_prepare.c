/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From check_eicon_slp's targets to probes: an address is asked over UDP, then over TCP in version 2,
 * then over TCP in version 1, until somebody answers. */
#include "check_eicon_slp.h"

#include "base/text.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { LINGER_US = 500000 };

#define SA_TYPE "service:service-agent"
#define DA_TYPE "service:directory-agent"

/* Version 2 first: it is commoner. A step over TCP needs but one witness. */
static const struct slp_ask PLAN[] = {
	{ 2, SLP_SRV_TYPE_RQST, NULL }, { 2, SLP_SRV_RQST, SA_TYPE }, { 2, SLP_SRV_RQST, DA_TYPE },
	{ 1, SLP_SRV_TYPE_RQST, NULL }, { 1, SLP_SRV_RQST, DA_TYPE },
};
enum { PLAN_V1 = 3, PLAN_V1_COUNT = COUNT(PLAN) - PLAN_V1 };

static bool speaks_v1(const struct conf *conf)
{
	return conf->proto == PROTO_V1 ||
	       (conf->proto == PROTO_AUTO && slp_is_language(1, conf->language));
}

static void set_plan(struct slp_client_arg *arg, const struct conf *conf, enum slp_step step)
{
	bool v1 = step == STEP_TCP_V1 || conf->proto == PROTO_V1;

	arg->plan = v1 ? PLAN + PLAN_V1 : PLAN;
	if (step != STEP_UDP && !conf->all_probes)
		arg->plan_count = 1;
	else if (v1)
		arg->plan_count = PLAN_V1_COUNT;
	else
		arg->plan_count = step == STEP_UDP && speaks_v1(conf) ? COUNT(PLAN) : PLAN_V1;
}

/* For what comes behind an answer. */
static bool lingers(const struct conf *conf)
{
	return conf->amplification.warning.set || conf->dump_path.n > 0;
}

static void set_args(struct slp_address *address)
{
	const struct check *check = address->target->check;
	const struct conf *conf = &check->conf;
	uint16_t xid = (uint16_t)(check_random() % 0xff00 + 1);

	for (enum slp_step step = 0; step < STEPS; step++) {
		struct slp_client_arg *arg = &address->arg[step];
		*arg = (struct slp_client_arg){
			.all = conf->all_probes || conf->check_v1,
			.want = eicon_wanted(conf) |
				(conf->query == 0 ? SLP_WANT_TYPES | SLP_WANT_SA : 0),
			.xid = xid,
			.type = conf->type,
			.has_scopes = conf->has_scopes,
			.scopes = conf->scopes,
			.predicate = conf->predicate,
			.language = conf->language,
			.wishes = check->wishes,
			.linger_us = lingers(conf) ? LINGER_US : 0,
		};
		set_plan(arg, conf, step);
	}
}

static void ask(struct slp_address *address, enum slp_step step)
{
	struct probe_spec spec = {
		.ops = &slp_client_ops,
		.arg = &address->arg[step],
		.peer = address->peer,
		.transport = step == STEP_UDP ? TRANSPORT_UDP : TRANSPORT_TCP,
		.user = address,
	};

	address->side[step].transport = spec.transport;
	engine_probe(address->target->check->engine, &spec);
}

static bool answered(const struct slp_side *side)
{
	return side->client != NULL && side->client->found.valid > 0 && !side->client->overflowed;
}

/* STEPS: nothing more. */
static enum slp_step next_step(const struct slp_address *address)
{
	const struct conf *conf = &address->target->check->conf;
	const struct slp_side *udp = &address->side[STEP_UDP], *tcp = &address->side[STEP_TCP];
	bool more = conf->all_probes || conf->check_v1;

	if (!udp->ended && !tcp->ended)
		return conf->transports == TRANSPORTS_TCP ? STEP_TCP : STEP_UDP;
	if (!tcp->ended)
		return conf->transports != TRANSPORTS_UDP && (more || !answered(udp)) ? STEP_TCP
										      : STEPS;
	if (conf->proto == PROTO_V1 || !speaks_v1(conf) || address->side[STEP_TCP_V1].ended)
		return STEPS;
	/* one who does not take a connection in version 2 will not in version 1 */
	return tcp->began && (more || (!answered(tcp) && !answered(udp))) ? STEP_TCP_V1 : STEPS;
}

static void free_sides(struct slp_address *address)
{
	for (enum slp_step step = 0; step < STEPS; step++)
		mem_free(address->side[step].client);
}

static void go_on(struct slp_address *address)
{
	enum slp_step step = next_step(address);

	if (step < STEPS) {
		ask(address, step);
		return;
	}
	eicon_judge_address(address);
	free_sides(address);
	eicon_address_ended(address->target, address->result);
}

static struct slp_client *copy_of(const struct slp_client *client)
{
	struct slp_client *copy = mem_new(1, sizeof(*copy));

	memcpy(copy, client, sizeof(*copy));
	return copy;
}

void eicon_address_done(struct check *check, const struct probe_spec *spec, const void *state,
			const struct trace *trace)
{
	struct slp_address *address = spec->user;
	enum slp_step step =
		(enum slp_step)((const struct slp_client_arg *)spec->arg - address->arg);
	struct slp_side *side = &address->side[step];
	const struct slp_client *client = state;

	(void)check;
	side->ended = true;
	side->began = trace->phase >= PHASE_EXCHANGE;
	side->trace = *trace;
	side->trace.tls = NULL;
	if (side->began) {
		side->sent = client->sent;
		side->asks = client->asks;
		side->retries = client->retries;
		side->request_bytes = client->request_bytes;
		if (client->reply_bytes > 0 || client->received > 0 || client->unsolicited > 0 ||
		    client->closed || client->too_big)
			side->client = copy_of(client);
	}
	go_on(address);
}

void eicon_add_address(struct slp_target *target, const struct addr *peer, int64_t dns_us)
{
	struct check *check = target->check;
	struct slp_address *address = arena_new(&check->arena, 1, sizeof(*address));

	address->target = target;
	address->peer = *peer;
	address->dns_us = dns_us;
	address->result = result_add(check->report, target->result, view_of(target->name));
	address->traced.result = address->result;
	set_args(address);
	go_on(address);
}

void eicon_address_ended(struct slp_target *target, const struct result *result)
{
	target->fine += result_state(result) == STATE_OK;
	target->left--;
	if (target->left == 0 && target->check->conf.addresses == ADDRESSES_ANY)
		addresses_say_any(target->check->report, target->result, target->name, target->fine,
				  target->all);
}

static void say_dns(struct slp_target *target, const char *why)
{
	struct check *check = target->check;
	struct result *result = result_add(check->report, target->result, view_of(target->name));

	result_raise(result, eicon_state(check, OUT_DNS));
	addresses_say_dns(check->report, result, target->name, why);
}

/* What a target with one address says stands under the root itself. */
static void on_found(void *arg, const struct addresses_found *found)
{
	struct slp_target *target = arg;
	struct check *check = target->check;
	bool raw = eicon_asks_raw(&check->conf);

	if (found->why != NULL) {
		say_dns(target, found->why);
		return;
	}
	target->all = (unsigned)(found->count * (raw ? eicon_raw_probes(check) : 1));
	target->left = target->all;
	if (target->all > 1)
		target->result = result_add(check->report, target->result, view_of(target->name));
	for (size_t i = 0; i < found->count; i++) {
		struct addr peer = found->list[i].addr;
		peer.port = target->named_port != 0 ? target->named_port
						    : (uint16_t)check->conf.common.port;
		(raw ? eicon_add_raw : eicon_add_address)(target, &peer, found->dns_us);
	}
}

static bool add_target(struct check *check, const struct target *named, struct opt_error *error)
{
	struct slp_target *target = arena_new(&check->arena, 1, sizeof(*target));

	target->check = check;
	target->name = named->name;
	target->result = report_root(check->report);
	return addresses_find(check->engine, &check->conf.common, named, &target->named_port,
			      on_found, target, error);
}

int eicon_prepare(struct check *check, const struct target_list *targets, struct out *out)
{
	struct opt_error error;

	for (size_t i = 0; i < targets->count; i++)
		if (!add_target(check, &targets->item[i], &error))
			return check_refuse_target(&check->conf.common, &targets->item[i],
						   error.text, out);
	return OPT_GO_ON;
}
