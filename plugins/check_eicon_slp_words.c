/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_eicon_slp's sentences: who answers, in which version and role, and what he tells. */
#include "check_eicon_slp.h"

#include "base/escape.h"
#include "base/hex.h"
#include "base/text.h"
#include "proto/port_names.h"

#include <time.h>

static const int64_t DAY_S = 86400;

enum { NAMED_TYPES = 3, SHOWN_BYTES = 16, FIRST_MAX = 240 };

static void put_role(struct wr *w, const struct slp_findings *found)
{
	if (found->v1 && found->v2)
		wr_str(w, "SLPv1 and SLPv2");
	else
		wr_str(w, found->v2 ? "SLPv2" : "SLPv1");
	if (found->sa && found->da)
		wr_str(w, " service and directory agent");
	else if (found->sa || found->da)
		wr_str(w, found->da ? " directory agent" : " service agent");
}

/* "3 types (a, b, c)", as many as there is room for */
static void put_types(struct wr *w, const struct slp_findings *found)
{
	struct view type;
	size_t at = 0;
	unsigned named = 0;

	if (!found->types_told)
		return;
	wr_str(w, ", ");
	wr_count(w, found->types.seen, "type", "types");
	while (named < NAMED_TYPES &&
	       slp_texts_next(&found->types, found->types_room, &at, &type)) {
		wr_str(w, named++ == 0 ? " (" : ", ");
		wr_clause(w, type, 40);
	}
	if (named > 0)
		wr_str(w, found->types.seen > named ? " ...)" : ")");
}

static void put_scopes(struct wr *w, const struct slp_findings *found)
{
	struct view scope;
	size_t at = 0;

	for (const char *before = found->scopes.seen == 1 ? ", scope " : ", scopes ";
	     slp_texts_next(&found->scopes, found->scopes_room, &at, &scope); before = " ") {
		wr_str(w, before);
		wr_clause(w, scope, 24);
		if (at > 48)
			break;
	}
}

static void put_uptime(struct wr *w, const struct slp_findings *found)
{
	int64_t up_s = check_unix_us() / 1000000 - (int64_t)found->boot_time;

	if (!found->has_boot_time || found->boot_time == 0)
		return;
	if (up_s > 2 * DAY_S) {
		wr_fmt(w, ", up %lld days", (long long)(up_s / DAY_S));
	} else if (up_s >= 0) {
		wr_str(w, ", up ");
		wr_duration(w, up_s * 1000000);
	} else {
		wr_str(w, ", boot time in the future");
	}
}

void eicon_put_findings(struct wr *w, const struct slp_findings *found)
{
	put_role(w, found);
	put_types(w, found);
	if (found->services_told) {
		wr_str(w, ", ");
		wr_count(w, found->urls.seen, "service", "services");
	}
	put_scopes(w, found);
	put_uptime(w, found);
	if (found->errors > 0 && !found->v2) {
		wr_str(w, ", other requests: ");
		eicon_put_error(w, found);
	}
}

void eicon_put_error(struct wr *w, const struct slp_findings *found)
{
	const char *name = slp_error_name(found->error_version, found->error);

	wr_fmt(w, "SLPv%u error %u", (unsigned)found->error_version, (unsigned)found->error);
	if (name != NULL)
		wr_fmt(w, " %s", name);
	if (found->error == SLP_SCOPE_NOT_SUPPORTED)
		wr_str(w, ": try another --scope");
}

static void put_bytes(struct wr *w, size_t bytes, const char *peek, size_t n)
{
	wr_count(w, (unsigned)bytes, "byte", "bytes");
	wr_str(w, n > 0 ? " " : "");
	wr_hex(w, view_first((struct view){ peek, n }, SHOWN_BYTES));
}

void eicon_put_odd(struct wr *w, enum slp_outcome outcome, const struct slp_findings *found)
{
	if (outcome == OUT_SLP_ERROR) {
		wr_str(w, "answers with ");
		eicon_put_error(w, found);
	} else if (outcome == OUT_SLP_TRUNCATED) {
		wr_str(w, "an SLP reply that is cut: longer than what came");
	} else if (outcome == OUT_SLP_SUSPECT) {
		wr_str(w, "answers like SLP, but ");
		wr_str(w, found->suspect_why);
		wr_str(w, ": ");
		wr_hex(w, (struct view){ found->suspect, found->suspect_n });
	} else if (outcome == OUT_OTHER && found->echoes > 0) {
		wr_str(w, "sends our own bytes back, as an echo service does");
	} else if (outcome == OUT_OTHER) {
		wr_str(w, "answers, but that is not SLP: ");
		put_bytes(w, found->foreign_bytes, found->peek, found->peek_n);
		wr_str(w, " (record the device with --dump-hex)");
	}
}

void eicon_put_mixed(struct wr *w, const struct slp_findings *found)
{
	if (found->suspects > 0) {
		wr_count(w, found->suspects, "broken reply", "broken replies");
		wr_fmt(w, " beside the good one: %s", found->suspect_why);
	} else if (found->foreign > 0) {
		wr_str(w, "beside the good reply ");
		put_bytes(w, found->foreign_bytes, found->peek, found->peek_n);
		wr_str(w, " that are not SLP");
	}
}

void eicon_put_trailing(struct wr *w, size_t bytes)
{
	if (bytes > 0)
		wr_fmt(w, "%zu bytes behind the message, perhaps memory of the agent", bytes);
}

void eicon_put_trace(struct wr *w, enum slp_outcome outcome, const struct trace *trace)
{
	static const char *const text[OUTCOMES] = {
		[OUT_LOCAL_ERROR] = "not checked",
		[OUT_SLP_TRUNCATED] = "an SLP reply that is cut: longer than what came",
		[OUT_INCOMPLETE] = "no reply, but there was no time to ask to the end",
		[OUT_TCP_CLOSED_ON_DATA] = "accepts, but closes the connection without a reply",
		[OUT_TCP_OPEN_SILENT] = "accepts the connection, but does not reply",
		[OUT_PROHIBITED] = "prohibited by a firewall",
		[OUT_UNREACHABLE] = "host or network unreachable",
		[OUT_NOT_STARTED] = "not asked",
		[OUT_OTHER] = "answers with an endless message",
	};

	if (outcome == OUT_INTERRUPTED) {
		wr_interrupted(w, trace->phase);
	} else if (outcome == OUT_SILENT) {
		wr_str(w,
		       trace->phase == PHASE_CONNECT ? "no answer to the TCP connect" : "no reply");
		wr_waited(w, trace);
	} else if (outcome == OUT_REFUSED) {
		wr_str(w, trace->icmp.seen ? "port closed" : "connection refused");
	} else if (text[outcome] != NULL) {
		wr_str(w, text[outcome]);
	}
	if (outcome == OUT_LOCAL_ERROR && trace->icmp.seen)
		wr_str(w, ": our own firewall rejects it");
	if (outcome == OUT_TCP_OPEN_SILENT || outcome == OUT_TCP_CLOSED_ON_DATA)
		wr_waited(w, trace);
	wr_icmp(w, &trace->icmp, &trace->local);
	wr_trace_why(w, ": ", trace);
}

void eicon_put_expected(struct wr *w, const struct check *check, enum slp_outcome outcome)
{
	if (check->conf.policy != EXPECT_CLOSED)
		return;
	if (outcome == OUT_SILENT)
		wr_str(w, ", silence is not proof of a closed port");
	else if (outcome <= OUT_MATCH)
		wr_str(w, ", expected closed: it tells strangers what is here");
	else if (eicon_is_sign(outcome))
		wr_str(w, check->conf.listen_us > 0
				  ? ", expected closed: find out who sends"
				  : ", expected closed: investigate who owns the port");
}

static void put_unsolicited(struct wr *w, const struct slp_client *client)
{
	wr_count(w, client->unsolicited, "unsolicited datagram", "unsolicited datagrams");
	wr_str(w, ", the first from ");
	wr_addr(w, &client->stranger);
	wr_str(w,
	       client->unsolicited_slp > 0 ? " (good replies, but not from where we asked)" : "");
}

static void put_silence(struct wr *w, const struct slp_side *side)
{
	if (side->transport == TRANSPORT_UDP) {
		wr_str(w, "no reply to ");
		wr_count(w, side->sent, "datagram", "datagrams");
	} else {
		wr_str(w, "no answer to the TCP connect");
	}
	wr_waited(w, &side->trace);
}

static void put_side(struct wr *w, const struct slp_side *side)
{
	const struct slp_client *client = side->client;

	if (client != NULL && client->found.valid > 0) {
		eicon_put_findings(w, &client->found);
		wr_str(w, ", in ");
		wr_duration(w, client->round_trip_us);
	} else if (client != NULL && eicon_outcome_of_findings(&client->found) != OUTCOMES) {
		eicon_put_odd(w, side->outcome, &client->found);
	} else if (side->outcome == OUT_SILENT || side->outcome == OUT_INCOMPLETE) {
		put_silence(w, side);
		wr_str(w, side->outcome == OUT_SILENT ? "" : ", too short a time to tell");
	} else if (side->outcome == OUT_UNSOLICITED) {
		wr_str(w, "no reply from this address");
	} else {
		eicon_put_trace(w, side->outcome, &side->trace);
	}
	if (client != NULL && client->found.valid > 0 && slp_client_unanswered(client) > 0) {
		wr_str(w, ", no reply to ");
		wr_count(w, slp_client_unanswered(client), "request", "requests");
	}
	if (client != NULL && client->found.valid == 0 && client->too_big)
		wr_str(w, ", the request does not fit into a datagram");
	if (client != NULL && client->unsolicited > 0) {
		wr_str(w, ", ");
		put_unsolicited(w, client);
	}
}

/* Whoever answers well needs no word on how else he might have been reached. */
static bool is_worth_saying(const struct slp_side *side, const struct slp_side *said)
{
	if (!side->ended || side == said)
		return false;
	if (said->outcome <= OUT_SLP_V1)
		return side->client != NULL && side->client->unsolicited > 0;
	return side->transport != said->transport;
}

/* ", tcp: connection refused" for the other transport, when it says something too. */
static void put_others(struct wr *w, const struct slp_address *address, const struct slp_side *said)
{
	for (enum slp_step step = 0; step < STEPS; step++) {
		const struct slp_side *side = &address->side[step];
		if (side != said && side->client != NULL && side->client->overflowed &&
		    said->outcome <= OUT_SLP_V1)
			wr_str(w, ", its UDP replies overflow");
		if (!is_worth_saying(side, said))
			continue;
		wr_fmt(w, ", %s: ", transport_name(side->transport));
		if (side->outcome == said->outcome && side->client != NULL)
			wr_str(w, "the same");
		else
			put_side(w, side);
		if (side->transport == TRANSPORT_TCP)
			return;
	}
}

void eicon_say_address(const struct slp_address *address, const struct slp_side *side,
		       struct view first)
{
	struct check *check = address->target->check;
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_endpoint(&w, view_of(address->target->name), &address->peer, side->transport,
		    port_name(address->peer.port, side->transport == TRANSPORT_UDP));
	wr_put(&w, view_first(first, FIRST_MAX));
	if (first.n > 0)
		wr_str(&w, first.n > FIRST_MAX ? "... - " : " - ");
	put_side(&w, side);
	put_others(&w, address, side);
	eicon_put_expected(&w, check, side->outcome);
	result_say(check->report, address->result, wr_view(&w));
}
