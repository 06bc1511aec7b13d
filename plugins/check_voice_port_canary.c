/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the silence of a UDP port means.
 *
 * A closed port is refused by an ICMP error, but hosts limit these errors, and firewalls swallow them.
 * So when all UDP ports of an address have been asked, the silent ones are asked once more in small
 * groups, and directly behind each group a canary: a port of the same host that is most likely closed.
 * When the host refuses the canary it had an ICMP error to spend and spent none on the ports just before
 * it: their silence is theirs.  What was sent longer before the canary than PROOF_SPAN_US is not proven,
 * because the limiter may have got the error for it in between (one per second is usual).
 * When the canary is not refused, a second round waits for the limiter and takes another canary; when
 * that fails too, nothing more is asked.
 */
#include "check_voice_port.h"

/* Above what systems give to clients. */
enum { CANARY_FIRST = 61001, CANARIES = 4500, PROOF_SPAN_US = 20000 };

static bool is_asked(const struct check *check, unsigned port)
{
	for (size_t i = 0; i < check->conf.ports.count; i++)
		if (check->conf.ports.item[i].transport == TRANSPORT_UDP &&
		    port >= check->conf.ports.item[i].range.first &&
		    port <= check->conf.ports.item[i].range.last)
			return true;
	return false;
}

static uint16_t choose_canary(const struct check *check, const struct port_address *address)
{
	unsigned place = (unsigned)engine_clock_us() + address->round * 1009;

	if (check->conf.canary_given)
		return (uint16_t)check->conf.canary;
	while (is_asked(check, CANARY_FIRST + place % CANARIES))
		place++;
	return (uint16_t)(CANARY_FIRST + place % CANARIES);
}

static void start_round(struct check *check, struct port_address *address)
{
	struct port_probe *probe = address->silent;

	if (address->canary == NULL) {
		address->canary = arena_new(&check->arena, 1, sizeof(*address->canary));
		address->canary->address = address;
		address->canary->transport = TRANSPORT_UDP;
	}
	address->round++;
	address->canary_refused = address->canary_answers = false;
	for (address->group = 0; probe != NULL && address->group < GROUP_PORTS;
	     probe = probe->next_silent, address->group++)
		voice_port_ask(probe, address->round);
	address->canary->port = choose_canary(check, address);
	address->round_left = address->group + 1;
	voice_port_ask(address->canary, address->round);
}

static bool is_proven(const struct port_probe *probe)
{
	const struct port_address *address = probe->address;
	int64_t span_us = address->canary_us - probe->silence->again_us;

	return address->canary_refused && !probe->silence->broken &&
	       probe->silence->again_us != 0 && span_us >= 0 && span_us <= PROOF_SPAN_US;
}

static void judge(struct check *check, const struct port_probe *probe)
{
	voice_port_judge(&(struct ended){
		.check = check,
		.probe = probe,
		.client = &probe->silence->client,
		.trace = &probe->silence->trace,
		.proven = is_proven(probe),
	});
}

/* Judges those of the group that are known now, or all that are left; returns how many. */
static unsigned judge_silent(struct check *check, struct port_address *address, bool all)
{
	struct port_probe **at = &address->silent;
	unsigned left = address->group, judged = 0;

	for (; *at != NULL && (all || left > 0); left--) {
		struct port_probe *probe = *at;
		if (all || probe->silence->broken || is_proven(probe)) {
			*at = probe->next_silent;
			judge(check, probe);
			judged++;
		} else {
			at = &probe->next_silent;
		}
	}
	return judged;
}

/* Goes on as long as something is learned; only the first group is asked without a wait. */
static void end_round(struct check *check, struct port_address *address)
{
	if (judge_silent(check, address, false) > 0)
		address->round = ROUNDS - 1;
	else if (address->round == ROUNDS)
		judge_silent(check, address, true);
	if (address->silent != NULL)
		start_round(check, address);
}

void voice_port_udp_ended(struct check *check, struct port_probe *probe,
			  const struct port_client *silence, const struct trace *trace)
{
	struct port_address *address = probe->address;

	if (silence != NULL) {
		probe->silence = arena_new(&check->arena, 1, sizeof(*probe->silence));
		probe->silence->client = *silence;
		probe->silence->trace = *trace;
		probe->next_silent = address->silent;
		address->silent = probe;
	}
	if (--address->udp_left > 0 || address->silent == NULL)
		return;
	if (check->conf.canary_given && check->conf.canary == 0)
		judge_silent(check, address, true);
	else
		start_round(check, address);
}

static void note_again(struct port_probe *probe, const struct port_client *client,
		       const struct trace *trace)
{
	struct silence *silence = probe->silence;
	unsigned sent = silence->client.sent + (client != NULL ? client->sent : 0);
	bool silent = trace->fault == FAULT_TIMEOUT ||
		      (trace->fault == FAULT_NONE && client != NULL && client->reply_us == 0);

	silence->again_us = client != NULL ? client->first_us : 0;
	if (!silent) {
		silence->broken = true;
		silence->trace = *trace;
		if (client != NULL)
			silence->client = *client;
	}
	silence->client.sent = sent;
}

void voice_port_round_ended(struct check *check, struct port_probe *probe,
			    const struct port_client *client, const struct trace *trace)
{
	struct port_address *address = probe->address;

	if (probe == address->canary) {
		address->canary_us = client != NULL ? client->first_us : 0;
		address->canary_refused = endpoint_refused_by_host(&address->peer, trace);
		address->canary_answers = client != NULL && client->reply_us != 0;
	} else {
		note_again(probe, client, trace);
	}
	if (--address->round_left == 0)
		end_round(check, address);
}
