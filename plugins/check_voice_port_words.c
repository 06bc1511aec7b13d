/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_voice_port's sentences: name, address, port, transport, what was met, what was expected. */
#include "check_voice_port.h"

#include "base/escape.h"
#include "base/text.h"
#include "proto/port_names.h"

enum { SHOWN_BYTES = 24 };

static void put_reply(struct wr *w, const struct ended *e)
{
	wr_count(w, (unsigned)e->client->reply_bytes, "byte", "bytes");
	if (e->client->peek_n == 0)
		return;
	wr_str(w, " \"");
	wr_escaped(w, view_first((struct view){ e->client->peek, e->client->peek_n }, SHOWN_BYTES));
	wr_byte(w, '"');
}

static void say_open(struct wr *w, const struct ended *e)
{
	wr_str(w, "open, connected in ");
	wr_duration(w, e->trace->phase_us[PHASE_CONNECT]);
	if (e->client != NULL && e->client->reply_us != 0) {
		wr_str(w, ", says ");
		put_reply(w, e);
	}
}

static void say_answering(struct wr *w, const struct ended *e)
{
	wr_str(w, "answers in ");
	wr_duration(w, e->client->reply_us - e->client->first_us);
	wr_str(w, " with ");
	put_reply(w, e);
}

static void put_sent(struct wr *w, const struct ended *e)
{
	wr_str(w, "no reply to ");
	wr_count(w, e->client->sent, "datagram", "datagrams");
}

static void put_canary(struct wr *w, const struct ended *e)
{
	wr_fmt(w, "port %u", (unsigned)e->probe->address->canary->port);
}

static void say_silent_proven(struct wr *w, const struct ended *e)
{
	put_sent(w, e);
	wr_str(w, ", while the host refuses ");
	put_canary(w, e);
	wr_str(w, ": open or filtered on purpose, silence does not tell which");
}

static void say_refused(struct wr *w, const struct ended *e)
{
	wr_str(w, e->probe->transport == TRANSPORT_UDP ? "port closed" : "connection refused");
	wr_icmp(w, &e->trace->icmp, &e->trace->local);
}

static void say_blocked(struct wr *w, const struct ended *e)
{
	wr_icmp(w, &e->trace->icmp, &e->trace->local);
	wr_trace_why(w, ", ", e->trace);
}

static void put_unproven(struct wr *w, const struct ended *e)
{
	const struct port_address *address = e->probe->address;

	if (address->canary == NULL) {
		wr_str(w, ": closed, filtered or open, or the host is down");
	} else if (address->canary_answers) {
		wr_str(w, ", and ");
		put_canary(w, e);
		wr_str(w, ", the canary, answers as well");
	} else if (address->canary_refused || e->probe->silence == NULL ||
		   e->probe->silence->again_us == 0) {
		wr_str(w, ", and there was no time for a canary");
	} else {
		wr_str(w, ", and no refusal of ");
		put_canary(w, e);
		wr_str(w, address->alive ? " either: the host is up but limits its ICMP errors"
					 : " either: filtered or open, or the host is down");
	}
	wr_str(w, ", nothing is proven");
}

static void say_timeout(struct wr *w, const struct ended *e)
{
	if (e->probe->transport == TRANSPORT_TCP) {
		wr_str(w, e->client != NULL
				  ? "connected, but the deadline came before the hold time"
				  : "no answer to the TCP connect");
		wr_waited(w, e->trace);
		return;
	}
	put_sent(w, e);
	put_unproven(w, e);
}

static void say_cut(struct wr *w, const struct ended *e)
{
	wr_str(w, e->trace->fault == FAULT_RESET ? "accepted, then reset by the peer"
						 : "accepted, then closed by the peer");
	wr_str(w, " without a byte");
	wr_waited(w, e->trace);
}

static void say_mismatch(struct wr *w, const struct ended *e)
{
	wr_str(w, "the reply is not the expected one: ");
	put_reply(w, e);
	if (e->client->overlong)
		wr_str(w, " and more");
}

static void say_no_reply(struct wr *w, const struct ended *e)
{
	if (e->probe->transport == TRANSPORT_TCP) {
		wr_str(w, "connected, but no reply");
		wr_waited(w, e->trace);
		if (e->client == NULL || e->client->closed || e->trace->fault == FAULT_RESET)
			wr_str(w, ", then closed by the peer");
		return;
	}
	put_sent(w, e);
	wr_str(w, ", while the host refuses ");
	put_canary(w, e);
}

static void say_interrupted(struct wr *w, const struct ended *e)
{
	wr_interrupted(w, e->trace->phase);
}

static void say_reason(struct wr *w, const struct ended *e)
{
	if (e->client != NULL && e->client->too_big)
		wr_str(w, ": the payload does not fit");
	wr_trace_why(w, ": ", e->trace);
}

static void say_local(struct wr *w, const struct ended *e)
{
	wr_icmp(w, &e->trace->icmp, &e->trace->local);
	say_reason(w, e);
}

static const struct {
	const char *text;
	void (*more)(struct wr *w, const struct ended *e);
} WORDS[OUTCOMES] = {
	[OUT_OPEN] = { "", say_open },
	[OUT_ANSWERING] = { "", say_answering },
	[OUT_SILENT_PROVEN] = { "", say_silent_proven },
	[OUT_REFUSED] = { "", say_refused },
	[OUT_PROHIBITED] = { "prohibited by a firewall", say_blocked },
	[OUT_UNREACHABLE] = { "host or network unreachable", say_blocked },
	[OUT_TIMEOUT] = { "", say_timeout },
	[OUT_RESET_AFTER_ACCEPT] = { "", say_cut },
	[OUT_MISMATCH] = { "", say_mismatch },
	[OUT_NO_REPLY] = { "", say_no_reply },
	[OUT_NOT_STARTED] = { "not started before the deadline", say_reason },
	[OUT_INTERRUPTED] = { "", say_interrupted },
	[OUT_LOCAL_ERROR] = { "not checked", say_local },
};

/* What others sent is no reply, but tells the operator where to look. */
static void put_strangers(struct wr *w, const struct ended *e)
{
	if (e->client == NULL || e->client->strange == 0)
		return;
	wr_str(w, ", ");
	wr_count(w, e->client->strange, "unsolicited datagram", "unsolicited datagrams");
	wr_str(w, ", the first from ");
	wr_addr(w, &e->client->stranger);
}

/* ", expected closed or filtered", or that it is so. */
static void put_expected(struct wr *w, const struct ended *e, const struct verdict *verdict)
{
	static const char *const word[] = { "open", "closed", "filtered" };
	unsigned expect = e->probe->expect;
	const char *before = ", expected ";

	if (verdict->state == STATE_OK || verdict->outcome >= OUT_DNS || (expect & EXPECT_ANY) != 0)
		return;
	for (unsigned policy = 0; policy < sizeof(word) / sizeof(word[0]); policy++) {
		if ((expect & 1U << policy) == 0)
			continue;
		wr_str(w, before);
		wr_str(w, word[policy]);
		before = " or ";
	}
	if ((expect & EXPECT_OPEN) == 0 &&
	    (verdict->outcome == OUT_OPEN || verdict->outcome == OUT_ANSWERING ||
	     verdict->outcome == OUT_RESET_AFTER_ACCEPT))
		wr_str(w, ": unexpected service, investigate who owns the port");
}

void voice_port_say(const struct ended *e, const struct verdict *verdict)
{
	struct addr peer = e->probe->address->peer;
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	peer.port = e->probe->port;
	wr_endpoint(&w, view_of(e->probe->address->target->name), &peer, e->probe->transport,
		    port_name(peer.port, e->probe->transport == TRANSPORT_UDP));
	wr_str(&w, WORDS[verdict->outcome].text);
	if (WORDS[verdict->outcome].more != NULL)
		WORDS[verdict->outcome].more(&w, e);
	put_strangers(&w, e);
	put_expected(&w, e, verdict);
	result_say(e->check->report, e->probe->result, wr_view(&w));
}
