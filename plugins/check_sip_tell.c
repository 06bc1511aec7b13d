/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What check_sip tells below its sentence: further lines, and the facts for JSON. */
#include "check_sip_judge.h"

#include "base/escape.h"

enum { SKEW_NOTED_S = 60 };

/* One line below the sentence, when it has anything to say. */
static void tell_line(const struct ended *e, unsigned verbosity, const char *what,
		      const struct sip_text *text)
{
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (text->n == 0)
		return;
	wr_str(&w, what);
	check_sip_put_text(&w, ": ", text);
	result_detail(e->check->report, e->probe->result, verbosity, wr_view(&w));
}

static void put_discarded(struct wr *w, unsigned count, const char *what, const char *first)
{
	if (count == 0)
		return;
	wr_fmt(w, "%s%u %s", w->n > 0 ? ", " : "discarded: ", count, what);
	if (first != NULL)
		wr_fmt(w, " (first: %s)", first);
}

static void tell_discarded(const struct ended *e)
{
	const struct sip_client *client = e->client;
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	put_discarded(&w, client->foreign, "not to our request",
		      sip_mismatch_text(client->mismatch));
	put_discarded(&w, client->malformed, "broken", client->malformed_why);
	put_discarded(&w, client->not_sip, "not SIP", NULL);
	put_discarded(&w, client->echoed, "echoes of our request", NULL);
	put_discarded(&w, client->requests, "requests of the server", NULL);
	put_discarded(&w, client->late, "late or double answers", NULL);
	if (w.n > 0)
		result_detail(e->check->report, e->probe->result, 0, wr_view(&w));
}

static void tell_notes(const struct ended *e)
{
	static const struct {
		enum sip_note note;
		const char *text;
	} note[] = {
		{ SIP_NOTE_BARE_LF, "note: lines end in LF without CR" },
		{ SIP_NOTE_LEADING_CRLF, "note: empty lines before the answer" },
		{ SIP_NOTE_NO_CONTENT_LENGTH, "note: no Content-Length on a stream" },
		{ SIP_NOTE_SURPLUS_BODY, "note: datagram longer than Content-Length" },
		{ SIP_NOTE_NO_TO_TAG, "note: final answer without To tag" },
		{ SIP_NOTE_NO_REASON, "note: no space behind the status code" },
	};

	for (size_t i = 0; i < sizeof(note) / sizeof(note[0]); i++)
		if (e->client->notes & note[i].note)
			result_detail(e->check->report, e->probe->result, 0, view_of(note[i].text));
}

static void tell_skew(const struct ended *e)
{
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));
	int64_t skew_s = e->client->date_unix - (int64_t)e->check->now;

	if (e->client->date_unix == 0)
		return;
	wr_fmt(&w, "Date: the server's clock is %lld s %s ours",
	       (long long)(skew_s < 0 ? -skew_s : skew_s), skew_s < 0 ? "behind" : "ahead of");
	result_detail(e->check->report, e->probe->result,
		      skew_s > SKEW_NOTED_S || skew_s < -SKEW_NOTED_S ? 0 : 1, wr_view(&w));
	result_fact_number(e->check->report, e->probe->result, "date_skew", (double)skew_s);
}

/* RFC 3581: what the server saw of us, when it is not what we see. */
static void tell_nat(const struct ended *e)
{
	struct addr seen = e->client->received, local = e->trace->local;
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (seen.family == 0 && e->client->rport == 0)
		return;
	if (seen.family == 0)
		seen = local;
	seen.port = e->client->rport != 0 ? e->client->rport : local.port;
	seen.scope = local.scope;
	if (addr_eq(&seen, &local))
		return;
	wr_str(&w, "NAT: the server sees us as ");
	wr_addr(&w, &seen);
	wr_str(&w, ", we are ");
	wr_addr(&w, &local);
	result_detail(e->check->report, e->probe->result, 0, wr_view(&w));
	wr_reset(&w);
	wr_addr(&w, &seen);
	result_fact(e->check->report, e->probe->result, "received", wr_view(&w));
}

static void fact_text(const struct ended *e, const char *key, const struct sip_text *text)
{
	char buffer[ESCAPE_FIELD_MAX + 1];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (text->n == 0)
		return;
	check_sip_put_text(&w, "", text);
	result_fact(e->check->report, e->probe->result, key, wr_view(&w));
}

static void tell_tls(const struct ended *e)
{
	const struct tls_facts *tls = e->trace->tls;
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (tls == NULL)
		return;
	endpoint_fact_text(e->check->report, e->probe->result, "tls_version", tls->version);
	endpoint_fact_text(e->check->report, e->probe->result, "tls_cipher", tls->cipher);
	endpoint_fact_text(e->check->report, e->probe->result, "tls_subject", tls->subject);
	endpoint_fact_text(e->check->report, e->probe->result, "tls_issuer", tls->issuer);
	result_fact_bool(e->check->report, e->probe->result, "tls_verified", tls->verified);
	wr_str(&w, "TLS: ");
	wr_field(&w, view_of(tls->version));
	wr_byte(&w, ' ');
	wr_field(&w, view_of(tls->cipher));
	wr_str(&w, ", certificate of ");
	wr_field(&w, view_of(tls->subject));
	wr_str(&w, " by ");
	wr_field(&w, view_of(tls->issuer));
	if (tls->wildcard)
		wr_str(&w, ", matched by a wildcard (RFC 5922 7.2 forbids it)");
	result_detail(e->check->report, e->probe->result, tls->wildcard ? 0 : 1, wr_view(&w));
}

static void tell_answer(const struct ended *e)
{
	const struct sip_client *client = e->client;

	result_fact_number(e->check->report, e->probe->result, "code", client->final_code);
	fact_text(e, "reason", &client->reason);
	fact_text(e, "server", &client->server);
	fact_text(e, "allow", &client->allow);
	fact_text(e, "contact", &client->contact);
	fact_text(e, "warning", &client->warning);
	if (client->retry_after_s >= 0)
		result_fact_number(e->check->report, e->probe->result, "retry_after",
				   (double)client->retry_after_s);
	tell_line(e, 0, "Warning", &client->warning);
	tell_line(e, 1, "Allow", &client->allow);
	tell_line(e, 1, "Contact", &client->contact);
	tell_nat(e);
	tell_skew(e);
	tell_notes(e);
}

void check_sip_tell(const struct ended *e, const struct verdict *verdict)
{
	endpoint_facts(e->check->report, e->probe->result, check_sip_word(verdict->outcome),
		       &e->probe->peer, e->probe->transport, e->trace);
	if (e->client != NULL && e->client->answered > 0)
		tell_answer(e);
	if (e->client != NULL)
		tell_discarded(e);
	tell_tls(e);
}
