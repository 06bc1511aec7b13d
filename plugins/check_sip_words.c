/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_sip's sentences: name, address, transport, layer, reason. */
#include "check_sip_judge.h"

#include "base/escape.h"
#include "base/text.h"
#include "proto/sip_request.h"

void check_sip_put_text(struct wr *w, const char *before, const struct sip_text *text)
{
	if (text->n == 0)
		return;
	wr_str(w, before);
	wr_field(w, (struct view){ text->p, text->n });
}

static void put_icmp_why(struct wr *w, const struct ended *e)
{
	wr_icmp(w, &e->trace->icmp, &e->trace->local);
	wr_trace_why(w, ", ", e->trace);
}

static void put_reason(struct wr *w, const struct ended *e)
{
	wr_trace_why(w, ": ", e->trace);
}

static void say_silent(struct wr *w, const struct ended *e)
{
	if (e->client->rounds > 0)
		wr_str(w, "challenged, then ");
	wr_str(w, "no answer to ");
	wr_field(w, sip_profile_method(&e->check->profile));
	wr_str(w, " (sent ");
	wr_count(w, e->client->sent + e->client->retransmissions, "time)", "times)");
	wr_waited(w, e->trace);
}

static void say_provisional(struct wr *w, const struct ended *e)
{
	wr_fmt(w, "only %u, no final answer", (unsigned)e->client->provisional_code);
	wr_waited(w, e->trace);
}

static void say_foreign(struct wr *w, const struct ended *e)
{
	wr_count(w, e->client->foreign, "answer", "answers");
	wr_str(w, ", but not to our request (");
	wr_str(w, sip_mismatch_text(e->client->mismatch));
	if (e->client->mismatch == SIP_MISMATCH_PEER) {
		wr_byte(w, ' ');
		wr_addr(w, &e->client->stranger);
	}
	wr_str(w, "), no right one");
	wr_waited(w, e->trace);
}

static void say_malformed(struct wr *w, const struct ended *e)
{
	if (e->client->malformed > 0) {
		wr_str(w, "broken SIP answer: ");
		wr_str(w, e->client->malformed_why);
		return;
	}
	wr_fmt(w, "the answer is not complete: %zu bytes, and no more", e->client->partial);
	wr_waited(w, e->trace);
}

static void say_not_sip(struct wr *w, const struct ended *e)
{
	const struct sip_client *client = e->client;

	if (client->echoed > 0) {
		wr_str(w, "not SIP: an echo service sends our own request back");
		return;
	}
	wr_str(w,
	       client->look == SIP_LOOK_HTTP ? "HTTP answers, not SIP" : "the answer is not SIP");
	check_sip_put_text(w, ": ", &client->peek);
}

static void say_refused(struct wr *w, const struct ended *e)
{
	wr_str(w, e->probe->transport == TRANSPORT_UDP ? "port closed" : "connection refused");
	wr_icmp(w, &e->trace->icmp, &e->trace->local);
}

static void say_timeout(struct wr *w, const struct ended *e)
{
	wr_str(w, e->trace->phase == PHASE_TLS ? "no answer to the TLS handshake"
					       : "no answer to the TCP connect");
	wr_waited(w, e->trace);
}

static void say_why_refused(struct wr *w, const struct ended *e)
{
	wr_str(w, ": the challenge makes our request longer than 1300 bytes");
	put_reason(w, e);
}

static void say_local(struct wr *w, const struct ended *e)
{
	bool too_big = e->client != NULL && e->client->too_big;

	wr_str(w, too_big ? "not sent: request longer than 1300 bytes (RFC 3261 18.1.1)"
			  : "not checked");
	put_reason(w, e);
}

static void say_interrupted(struct wr *w, const struct ended *e)
{
	wr_interrupted(w, e->trace->phase);
}

/* With an answer, `text` follows code and time; without one, it is the sentence. */
static const struct {
	const char *text;
	void (*more)(struct wr *w, const struct ended *e);
} WORDS[OUTCOMES] = {
	[OUT_ALIVE] = { "the server works, but did not accept this request", NULL },
	[OUT_AUTH_REQUIRED] = { "authentication required", NULL },
	[OUT_AUTH_REFUSED] = { "credentials refused", say_why_refused },
	[OUT_FORBIDDEN] = { "forbidden by access list, ban or policy", NULL },
	[OUT_HOP] = { "answered by a hop on the way, the target is not proven", NULL },
	[OUT_REJECTED] = { "the server does not like our request", NULL },
	[OUT_REDIRECT] = { "redirected", NULL },
	[OUT_SERVER_ERROR] = { "the server, or what is behind it, fails", NULL },
	[OUT_OVERLOAD] = { "overload or maintenance", NULL },
	[OUT_UNAVAILABLE] = { "service unavailable", NULL },
	[OUT_UNEXPECTED] = { "not an expected code", NULL },
	[OUT_REWRITTEN] = { "a middlebox rewrote our Via and did not undo it", NULL },
	[OUT_PROVISIONAL] = { "", say_provisional },
	[OUT_SILENT] = { "", say_silent },
	[OUT_FOREIGN] = { "", say_foreign },
	[OUT_MALFORMED] = { "", say_malformed },
	[OUT_NOT_SIP] = { "", say_not_sip },
	[OUT_REFUSED] = { "", say_refused },
	[OUT_PROHIBITED] = { "prohibited by a firewall", put_icmp_why },
	[OUT_UNREACHABLE] = { "host or network unreachable", put_icmp_why },
	[OUT_RESET] = { "connection reset before an answer came", put_reason },
	[OUT_CLOSED] = { "connection closed before an answer came", put_reason },
	[OUT_FLOOD] = { "more bytes than a SIP message may have", put_reason },
	[OUT_TIMEOUT] = { "", say_timeout },
	[OUT_TLS] = { "TLS handshake failed", put_reason },
	[OUT_CERTIFICATE] = { "TLS refused by us", put_reason },
	[OUT_DNS] = { "no address", put_reason },
	[OUT_NOT_STARTED] = { "not started before the deadline", put_reason },
	[OUT_INTERRUPTED] = { "", say_interrupted },
	[OUT_LOCAL_ERROR] = { "", say_local },
};

const char *check_sip_word(enum sip_outcome outcome)
{
	return check_sip_program.outcome[outcome].word;
}

static void say_why_answered(struct wr *w, const struct ended *e, enum sip_outcome outcome)
{
	const struct sip_client *client = e->client;

	if (outcome == OUT_AUTH_REFUSED && client->auth_why != NULL) {
		wr_str(w, ": ");
		wr_str(w, client->auth_why);
		check_sip_put_text(w, " ", &client->auth_unknown);
	}
	if (outcome == OUT_REDIRECT)
		check_sip_put_text(w, " to ", &client->contact);
	if (outcome == OUT_OVERLOAD)
		wr_fmt(w, ", retry after %lld s", (long long)client->retry_after_s);
	if (outcome == OUT_REWRITTEN)
		check_sip_put_text(w, ": ", &client->via);
}

/* Whose certificate ends first is only said when it is not the server's own. */
static void say_certificate(struct wr *w, const struct ended *e, const struct tls_facts *tls)
{
	long long days = check_sip_cert_days(e->check, tls);

	if (!tls->verified)
		wr_str(w, ", certificate NOT VERIFIED");
	if (tls->expires_at == 0)
		return;
	wr_str(w, ", certificate ");
	if (!view_eq(view_of(tls->earliest), view_of(tls->subject))) {
		wr_str(w, "of ");
		wr_field(w, view_of(tls->earliest));
		wr_byte(w, ' ');
	}
	if (days < 0)
		wr_fmt(w, "expired %lld days ago", -days);
	else
		wr_fmt(w, "%lld days", days);
}

static void say_more(struct wr *w, const struct ended *e)
{
	const struct sip_client *client = e->client;
	const struct tls_facts *tls = e->trace->tls;

	check_sip_put_text(w, ", ", &client->server);
	if (client->retransmissions > 0) {
		wr_str(w, ", ");
		wr_count(w, client->retransmissions, "retransmission", "retransmissions");
	}
	if (client->answered < e->check->conf.count)
		wr_fmt(w, ", %u of %u requests answered", client->answered,
		       (unsigned)e->check->conf.count);
	if (client->closed_idle)
		wr_str(w, ", then the server closed the connection");
	if (tls != NULL)
		say_certificate(w, e, tls);
}

static void say_answer(struct wr *w, const struct ended *e, const struct verdict *verdict)
{
	wr_u64(w, verdict->code);
	if (verdict->code == e->client->final_code)
		check_sip_put_text(w, " ", &e->client->reason);
	wr_str(w, " in ");
	wr_duration(w, sip_client_rtt_avg_us(e->client));
	if (WORDS[verdict->outcome].text != NULL) {
		wr_str(w, ", ");
		wr_str(w, WORDS[verdict->outcome].text);
	}
	say_why_answered(w, e, verdict->outcome);
	say_more(w, e);
}

void check_sip_say(const struct ended *e, const struct verdict *verdict)
{
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_endpoint(&w, view_of(e->probe->target->name), &e->probe->peer, e->probe->transport,
		    NULL);
	if (verdict->code != 0) {
		say_answer(&w, e, verdict);
	} else {
		wr_str(&w, WORDS[verdict->outcome].text);
		if (WORDS[verdict->outcome].more != NULL)
			WORDS[verdict->outcome].more(&w, e);
		if (e->client != NULL && e->client->answered > 0)
			wr_fmt(&w, ", after %u of %u answers", e->client->answered,
			       (unsigned)e->check->conf.count);
	}
	result_say(e->check->report, e->probe->result, wr_view(&w));
}

void check_sip_say_dns(struct wr *w, const struct sip_target *target, const char *why)
{
	wr_field(w, view_of(target->name));
	wr_str(w, ": dns: ");
	wr_clause(w, view_of(why), TRACE_WHY_MAX);
}
