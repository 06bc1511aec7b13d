/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From check_voice_port's targets to probes: one for each port of each address. */
#include "check_voice_port.h"

#include "proto/port_names.h"

enum asking voice_port_asking(uint16_t port, enum transport transport)
{
	if (transport == TRANSPORT_TCP)
		return ASK_TCP;
	return port_may_be_media(port) ? ASK_MEDIA : ASK_UDP;
}

void voice_port_ask(struct port_probe *probe, unsigned round)
{
	struct check *check = probe->address->target->check;
	struct probe_spec spec = {
		.ops = &port_client_ops,
		.arg = &check->arg[voice_port_asking(probe->port, probe->transport)][round],
		.peer = probe->address->peer,
		.transport = probe->transport,
		.user = probe,
	};

	spec.peer.port = probe->port;
	engine_probe(check->engine, &spec);
}

static void add_probe(struct port_address *address, const struct port_item *item, uint16_t port)
{
	struct port_target *target = address->target;
	struct check *check = target->check;
	struct port_probe *probe = arena_new(&check->arena, 1, sizeof(*probe));
	char label[16];
	struct wr w = wr_over(label, sizeof(label) - 1);

	probe->address = address;
	probe->port = port;
	probe->transport = item->transport;
	probe->expect = item->expect != 0 ? item->expect : check->conf.expect;
	probe->result = result_add(check->report, target->result, view_of(target->name));
	if (item->transport == TRANSPORT_UDP)
		address->udp_left++;
	if (check->labels) {
		wr_fmt(&w, "%s%u", transport_name(item->transport), (unsigned)port);
		label[w.n] = '\0';
		result_label(check->report, probe->result, METRIC_TIME, label);
	}
	voice_port_ask(probe, 0);
}

static void add_address(struct port_target *target, const struct addr *peer, int64_t dns_us)
{
	struct check *check = target->check;
	struct port_address *address = arena_new(&check->arena, 1, sizeof(*address));

	address->target = target;
	address->peer = *peer;
	address->dns_us = dns_us;
	*(target->last != NULL ? &target->last->next : &target->first) = address;
	target->last = address;
	for (size_t i = 0; i < check->conf.ports.count; i++) {
		const struct port_item *item = &check->conf.ports.item[i];
		for (unsigned port = item->range.first; port <= item->range.last; port++)
			add_probe(address, item, (uint16_t)port);
	}
}

static void on_found(void *arg, const struct addresses_found *found)
{
	struct port_target *target = arg;
	struct check *check = target->check;

	if (found->why != NULL) {
		voice_port_judge_dns(target, found->why);
		return;
	}
	/* What a target with one port at one address says stands under the root itself. */
	if (found->count * check->conf.ports.ports > 1)
		target->result = result_add(check->report, target->result, view_of(target->name));
	for (size_t i = 0; i < found->count; i++)
		add_address(target, &found->list[i].addr, found->dns_us);
}

static bool add_target(struct check *check, const struct target *named, struct opt_error *error)
{
	struct port_target *target = arena_new(&check->arena, 1, sizeof(*target));

	target->check = check;
	target->name = named->name;
	*(check->last != NULL ? &check->last->next : &check->first) = target;
	check->last = target;
	target->result = report_root(check->report);
	return addresses_find(check->engine, &check->conf.common, named, NULL, on_found, target,
			      error);
}

int voice_port_prepare(struct check *check, const struct target_list *targets, struct out *out)
{
	struct opt_error error;

	if (targets->count * check->conf.ports.ports > PROBES_MAX)
		return opt_refuse(&check_voice_port_program, &check->conf.common, "port",
				  "too many ports for so many targets: 200000 in all", out);
	for (size_t i = 0; i < targets->count; i++)
		if (!add_target(check, &targets->item[i], &error))
			return check_refuse_target(&check->conf.common, &targets->item[i],
						   error.text, out);
	return OPT_GO_ON;
}
