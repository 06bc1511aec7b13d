/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Own bytes instead of SLP: --send-hex, and the probes of a profile. Each is judged alone. */
#include "check_eicon_slp.h"

#include "base/escape.h"
#include "base/hex.h"
#include "base/text.h"
#include "proto/port_names.h"

bool eicon_asks_raw(const struct conf *conf)
{
	return conf->has_send || conf->profile_path.n > 0;
}

static bool asks_over(const struct conf *conf, enum transport transport)
{
	return conf->transports == (transport == TRANSPORT_UDP ? TRANSPORTS_UDP : TRANSPORTS_TCP) ||
	       conf->transports == TRANSPORTS_BOTH;
}

size_t eicon_raw_probes(const struct check *check)
{
	if (check->profile.count > 0)
		return check->profile.count;
	return check->conf.transports == TRANSPORTS_BOTH ? 2 : 1;
}

/* port_client_arg.matches: keeps the reply, for what the profile wants of it. */
static bool matches(const void *ctx, struct view reply)
{
	const struct raw_probe *probe = ctx;
	const struct conf *conf = &probe->target->check->conf;

	if (probe->probe != NULL ? !mask_matches(&probe->probe->expect, reply)
				 : !reply_wish_matches(&conf->wish, reply))
		return false;
	struct wr w = wr_over(probe->reply->bytes, sizeof(probe->reply->bytes));
	wr_put(&w, view_first(reply, sizeof(probe->reply->bytes)));
	probe->reply->n = w.n;
	return true;
}

static void ask(struct slp_target *target, const struct addr *peer, int64_t dns_us,
		enum transport transport, const struct profile_probe *row, size_t first_capture)
{
	struct check *check = target->check;
	const struct conf *conf = &check->conf;
	struct raw_probe *probe = arena_new(&check->arena, 1, sizeof(*probe));
	bool wished = row != NULL || reply_wish_given(&conf->wish);

	probe->target = target;
	probe->peer = *peer;
	probe->dns_us = dns_us;
	probe->transport = transport;
	probe->probe = row;
	probe->reply = arena_new(&check->arena, 1, sizeof(*probe->reply));
	probe->first_capture = first_capture;
	probe->traced.result = probe->result =
		result_add(check->report, target->result, view_of(target->name));
	probe->arg = (struct port_client_arg){
		.payload = row != NULL ? row->send : conf->send,
		.matches = wished ? matches : NULL,
		.ctx = probe,
		.hold_us = SLP_STREAM_WAIT_US,
	};
	engine_probe(check->engine, &(struct probe_spec){ .ops = &port_client_ops,
							  .arg = &probe->arg,
							  .peer = *peer,
							  .transport = transport,
							  .user = probe });
}

void eicon_add_raw(struct slp_target *target, const struct addr *peer, int64_t dns_us)
{
	const struct check *check = target->check;
	size_t first_capture = METRICS;

	for (size_t i = 0; i < check->profile.count; i++) {
		const struct profile_probe *row = &check->profile.probe[i];
		ask(target, peer, dns_us, row->tcp ? TRANSPORT_TCP : TRANSPORT_UDP, row,
		    first_capture);
		first_capture += row->expect.captures;
	}
	if (check->profile.count > 0)
		return;
	for (enum transport t = TRANSPORT_UDP; t <= TRANSPORT_TCP; t++)
		if (asks_over(&check->conf, t))
			ask(target, peer, dns_us, t, NULL, 0);
}

static enum slp_outcome outcome_of(const struct raw_probe *probe, const struct port_client *client,
				   const struct trace *trace)
{
	if (client != NULL && client->too_big)
		return OUT_LOCAL_ERROR;
	if (client != NULL && client->matched)
		return OUT_MATCH;
	if (client != NULL && client->reply_us != 0)
		return probe->arg.matches != NULL ? OUT_MISMATCH : OUT_OTHER;
	if (client != NULL && client->strange > 0)
		return OUT_UNSOLICITED;
	if (client != NULL && client->closed)
		return OUT_TCP_CLOSED_ON_DATA;
	enum slp_outcome outcome =
		eicon_outcome_of_trace(&probe->peer, probe->transport, client != NULL,
				       client != NULL && client->sent > 0, trace);
	return eicon_outcome_of_silence(probe->target->check, outcome, trace);
}

static void put_capture(struct wr *w, const struct raw_probe *probe, unsigned i)
{
	const struct mask *mask = &probe->probe->expect;
	struct view reply = { probe->reply->bytes, probe->reply->n };
	struct view bytes = mask_captured(mask, i, reply);
	uint32_t number;

	wr_fmt(w, ", %s ", mask->capture[i].name);
	if (mask_number(mask, i, reply, &number)) {
		wr_u64(w, number);
	} else if (mask->capture[i].kind == MASK_HEX) {
		wr_hex(w, bytes);
	} else {
		wr_byte(w, '"');
		wr_field(w, view_first(bytes, view_find(bytes, '\0')));
		wr_byte(w, '"');
	}
}

static void tell_captures(const struct raw_probe *probe)
{
	struct check *check = probe->target->check;
	struct view reply = { probe->reply->bytes, probe->reply->n };
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));
	uint32_t number;

	if (probe->probe == NULL)
		return;
	const struct mask *mask = &probe->probe->expect;
	for (unsigned i = 0; i < mask->captures; i++) {
		if (mask_number(mask, i, reply, &number))
			result_metric(check->report, probe->result, probe->first_capture + i,
				      number);
		put_capture(&w, probe, i);
	}
	if (w.n > 0) /* without its first comma */
		result_fact(check->report, probe->result, "captures", view_skip(wr_view(&w), 2));
}

static void put_reply(struct wr *w, const struct port_client *client)
{
	wr_count(w, (unsigned)client->reply_bytes, "byte", "bytes");
	if (client->peek_n > 0)
		wr_byte(w, ' ');
	wr_hex(w, view_first((struct view){ client->peek, client->peek_n }, SLP_PEEK));
}

static void put_match(struct wr *w, const struct raw_probe *probe, const struct port_client *client)
{
	wr_str(w, "the expected reply in ");
	wr_duration(w, client->reply_us - client->first_us);
	for (unsigned i = 0; probe->probe != NULL && i < probe->probe->expect.captures; i++)
		put_capture(w, probe, i);
}

static void put_outcome(struct wr *w, const struct raw_probe *probe,
			const struct port_client *client, enum slp_outcome outcome,
			const struct trace *trace)
{
	if (client != NULL && outcome == OUT_MATCH) {
		put_match(w, probe, client);
	} else if (client != NULL && (outcome == OUT_MISMATCH || outcome == OUT_OTHER)) {
		wr_str(w, outcome == OUT_MISMATCH ? "not the expected reply: " : "a reply of ");
		put_reply(w, client);
	} else if (client != NULL && outcome == OUT_UNSOLICITED) {
		wr_str(w, "only datagrams of others, the first from ");
		wr_addr(w, &client->stranger);
	} else {
		eicon_put_trace(w, outcome, trace);
	}
}

static void say(const struct raw_probe *probe, const struct port_client *client,
		enum slp_outcome outcome, const struct trace *trace)
{
	struct check *check = probe->target->check;
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_endpoint(&w, view_of(probe->target->name), &probe->peer, probe->transport,
		    port_name(probe->peer.port, probe->transport == TRANSPORT_UDP));
	if (probe->probe != NULL)
		wr_fmt(&w, "%s: ", probe->probe->name);
	put_outcome(&w, probe, client, outcome, trace);
	eicon_put_expected(&w, check, outcome);
	result_say(check->report, probe->result, wr_view(&w));
}

static void tell(const struct raw_probe *probe, const struct port_client *client,
		 enum slp_outcome outcome, const struct trace *trace)
{
	const struct check *check = probe->target->check;
	struct report *report = check->report;
	struct result *result = probe->result;
	char buffer[PORT_CLIENT_PEEK * 3];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (probe->dns_us >= 0)
		result_metric(report, result, METRIC_DNS, (double)probe->dns_us / 1e6);
	eicon_tell_outcome(check, result, outcome, &probe->peer, probe->transport, trace);
	if (probe->probe != NULL)
		result_fact(report, result, "probe", view_of(probe->probe->name));
	if (client == NULL)
		return;
	result_metric(report, result, METRIC_REQUEST_BYTES,
		      (double)(client->sent * probe->arg.payload.n));
	result_metric(report, result, METRIC_REPLY_BYTES, (double)client->reply_bytes);
	if (client->reply_us == 0)
		return;
	result_metric(report, result, METRIC_TIME,
		      (double)(client->reply_us - client->first_us) / 1e6);
	wr_hex(&w, (struct view){ client->peek, client->peek_n });
	result_fact(report, result, "reply", wr_view(&w));
}

void eicon_raw_done(struct check *check, const struct probe_spec *spec, const void *state,
		    const struct trace *trace)
{
	struct raw_probe *probe = spec->user;
	const struct port_client *client = trace->phase >= PHASE_EXCHANGE ? state : NULL;
	enum slp_outcome outcome = outcome_of(probe, client, trace);

	check->judged++;
	check->silent += outcome == OUT_SILENT;
	result_raise(probe->result, eicon_state(check, outcome));
	say(probe, client, outcome, trace);
	tell(probe, client, outcome, trace);
	if (outcome == OUT_MATCH)
		tell_captures(probe);
	eicon_address_ended(probe->target, probe->result);
}
