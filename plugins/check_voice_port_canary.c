/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the silence of a UDP port means.
 *
 * A closed port is refused by an ICMP error, but hosts limit these errors, and firewalls swallow them.
 * So when all UDP ports of an address have been asked, the silent ones are asked once more, and directly
 * behind them a canary: a port of the same host that is most likely closed.  When the host refuses the
 * canary it had an ICMP error to spend and spent none on the ports before it: their silence is theirs.
 * When it does not, a second round follows that waits for the limiter and takes another canary.
 */
#include "check_voice_port.h"

/* Above what systems give to clients. */
enum { CANARY_FIRST = 61001, CANARIES = 4500 };

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
	struct port_probe *probe;

	if (address->canary == NULL) {
		address->canary = arena_new(&check->arena, 1, sizeof(*address->canary));
		address->canary->address = address;
		address->canary->transport = TRANSPORT_UDP;
	}
	address->round++;
	for (probe = address->silent; probe != NULL; probe = probe->next_silent) {
		address->round_left++;
		voice_port_ask(probe, address->round);
	}
	address->canary->port = choose_canary(check, address);
	address->round_left++;
	voice_port_ask(address->canary, address->round);
}

static void judge(struct check *check, const struct port_probe *probe)
{
	voice_port_judge(&(struct ended){
		.check = check,
		.probe = probe,
		.client = &probe->silence->client,
		.trace = &probe->silence->trace,
		.proven = probe->address->canary_refused && !probe->silence->broken,
	});
}

/* Judges those that met something in a later round, or all. */
static void judge_silent(struct check *check, struct port_address *address, bool all)
{
	struct port_probe **at = &address->silent;

	while (*at != NULL) {
		struct port_probe *probe = *at;
		if (all || probe->silence->broken) {
			*at = probe->next_silent;
			judge(check, probe);
		} else {
			at = &probe->next_silent;
		}
	}
}

static void end_round(struct check *check, struct port_address *address)
{
	bool last = address->canary_refused || address->round == ROUNDS;

	judge_silent(check, address, last);
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

static bool is_refused_by_host(const struct port_address *address, const struct trace *trace)
{
	return trace->fault == FAULT_REFUSED &&
	       (!trace->icmp.seen || addr_same_ip(&trace->icmp.offender, &address->peer));
}

static void note_again(struct port_probe *probe, const struct port_client *client,
		       const struct trace *trace)
{
	struct silence *silence = probe->silence;
	unsigned sent = silence->client.sent + (client != NULL ? client->sent : 0);
	bool silent = trace->fault == FAULT_TIMEOUT ||
		      (trace->fault == FAULT_NONE && client != NULL && client->reply_us == 0);

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

	if (probe == address->canary)
		address->canary_refused = is_refused_by_host(address, trace);
	else
		note_again(probe, client, trace);
	if (--address->round_left == 0)
		end_round(check, address);
}
