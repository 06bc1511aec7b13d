/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_rtp's sentences: what holds, the worst first, and the counts behind the answering ports. */
#include "check_rtp.h"

#include "base/escape.h"
#include "base/text.h"

enum { RANGES_SAID = 6 };

const char *check_rtp_word(enum rtp_outcome outcome)
{
	return check_rtp_program.outcome[outcome].word;
}

void check_rtp_put_who(struct wr *w, const struct check *check, const struct addr *peer)
{
	struct addr numeric;
	bool named = !addr_parse(check->name, &numeric);

	if (named) {
		wr_field(w, check->name);
		wr_str(w, " (");
	}
	wr_ip(w, peer);
	if (named)
		wr_byte(w, ')');
}

void check_rtp_put_nothing(struct wr *w, const struct check *check, enum rtp_outcome outcome,
			   const char *why)
{
	wr_field(w, check->name);
	wr_fmt(w, ": %s: ", check_rtp_word(outcome));
	wr_clause(w, view_of(why), TRACE_WHY_MAX);
}

static unsigned count_of(const struct port_set *ports)
{
	return (unsigned)port_set_count(ports);
}

/* "2 expected ports are closed or rejected: 16384-16385" */
static void put_ports(struct wr *w, const struct port_set *ports, const char *one, const char *many)
{
	wr_count(w, count_of(ports), one, many);
	wr_str(w, ": ");
	wr_port_set(w, ports, RANGES_SAID);
}

/* " (98 echo, 2 RTCP)" */
static void put_kinds(struct wr *w, const struct rtp_host *host)
{
	const struct port_set *answering = &host->of[PORT_ANSWERING];
	unsigned of[MEDIA_KINDS] = { 0 };
	const char *separator = " (";

	for (unsigned port = port_set_next(answering, 1); port != 0;
	     port = port_set_next(answering, port + 1))
		if (host->sweep->kind[port] > 0 && host->sweep->kind[port] <= MEDIA_KINDS)
			of[host->sweep->kind[port] - 1]++;
	for (unsigned kind = 0; kind < MEDIA_KINDS; kind++) {
		if (of[kind] == 0)
			continue;
		wr_fmt(w, "%s%u %s", separator, of[kind], media_kind_name((enum media_kind)kind));
		separator = ", ";
	}
	if (separator[0] == ',')
		wr_byte(w, ')');
}

static void put_answering(struct wr *w, const struct rtp_host *host)
{
	const struct port_set *answering = &host->of[PORT_ANSWERING];

	wr_fmt(w, "%u of %u UDP ports %s", count_of(answering), count_of(&host->check->asked),
	       count_of(answering) == 1 ? "answers" : "answer");
	if (count_of(answering) == 0) {
		wr_fmt(w, " %s", host->check->payload_name);
		return;
	}
	put_kinds(w, host);
	wr_str(w, ": ");
	wr_port_set(w, answering, RANGES_SAID);
}

static void put_count(struct wr *w, unsigned count, const char *what)
{
	if (count > 0)
		wr_fmt(w, ", %u %s", count, what);
}

/* Rounded so that it never looks better than it is. */
static void put_coverage(struct wr *w, const struct rtp_host *host)
{
	const struct sweep_sample *sample = &host->counts.sample;
	double bound_pct = 100 * sweep_open_bound(sample->drawn, sample->open);

	wr_str(w, " (coverage ");
	wr_decimal(w, check_rtp_coverage_pct(host), 1);
	wr_byte(w, '%');
	if (check_rtp_undecided(host) > 0 && sample->drawn > 0) {
		wr_str(w, ", at most ");
		wr_decimal(w, check_rtp_ceil(10 * bound_pct) / 10, 1);
		wr_str(w, "% of the undecided are open at 95% confidence");
	}
	wr_byte(w, ')');
}

static void put_unprobed(struct wr *w, const struct check *check)
{
	struct port_set bound = check->conf->bound;

	port_set_keep(&bound, &check->conf->ports);
	put_count(w, count_of(&bound), "bound and not asked");
	put_count(w, count_of(&check->unprobed), "excluded");
}

/* With the first error; a proof of an earlier run has none. */
static void put_rejected(struct wr *w, const struct rtp_host *host)
{
	unsigned count = count_of(&host->of[PORT_REJECTED]);

	put_count(w, count, "rejected");
	if (count > 0 && host->sweep->rejects > 0)
		wr_icmp(w, &host->sweep->reject[0].icmp, &host->sweep->trace.local);
}

static void put_counts(struct wr *w, const struct rtp_host *host)
{
	put_answering(w, host);
	put_count(w, count_of(&host->of[PORT_SILENT]), "proven silent");
	put_count(w, count_of(&host->of[PORT_CLOSED]), "proven closed");
	put_rejected(w, host);
	put_count(w, count_of(&host->of[PORT_UNDECIDED]), "undecided");
	put_count(w, count_of(&host->of[PORT_UNASKED]), "not asked yet");
	put_coverage(w, host);
	put_unprobed(w, host->check);
	if (count_of(&host->of[PORT_SILENT]) == count_of(&host->check->asked))
		wr_str(w, ", every port is silent: open, or a firewall drops the range");
}

static void say_leak(struct wr *w, const struct rtp_host *host, const struct port_set *ports)
{
	(void)host;
	put_ports(w, ports, "port sends RTP to strangers", "ports send RTP to strangers");
}

static void say_not_closed(struct wr *w, const struct rtp_host *host, const struct port_set *ports)
{
	(void)host;
	put_ports(w, ports, "port that must be closed answers", "ports that must be closed answer");
}

static void say_missing(struct wr *w, const struct rtp_host *host, const struct port_set *ports)
{
	(void)host;
	put_ports(w, ports, "expected port is closed or rejected",
		  "expected ports are closed or rejected");
}

static void say_quiet(struct wr *w, const struct rtp_host *host, const struct port_set *ports)
{
	(void)ports;
	put_counts(w, host);
}

/* Where none is expected the counts name the same ports. */
static void say_exposed(struct wr *w, const struct rtp_host *host, const struct port_set *ports)
{
	if (count_of(&host->check->conf->expect_open) > 0) {
		put_ports(w, ports, "unexpected port answers", "unexpected ports answer");
		wr_fmt(w, ", investigate who owns %s, ", count_of(ports) == 1 ? "it" : "them");
	}
	put_counts(w, host);
}

static void put_why(struct wr *w, const struct rtp_host *host)
{
	const struct trace *trace = &host->sweep->trace;

	wr_trace_why(w, ": ", trace);
	wr_icmp(w, &trace->icmp, &trace->local);
}

static void put_datagrams(struct wr *w, uint64_t count)
{
	wr_count(w, (unsigned)count, "datagram", "datagrams");
}

static void say_interrupted(struct wr *w, const struct rtp_host *host, const struct port_set *ports)
{
	(void)ports;
	wr_str(w, "interrupted by a signal after ");
	put_datagrams(w, host->counts.packets);
}

static void say_local(struct wr *w, const struct rtp_host *host, const struct port_set *ports)
{
	(void)ports;
	wr_str(w, "not checked");
	put_why(w, host);
}

static void say_unreachable(struct wr *w, const struct rtp_host *host, const struct port_set *ports)
{
	(void)ports;
	wr_str(w, "host or network unreachable");
	put_why(w, host);
	for (size_t i = 0; i < host->sweep->rejects && host->unreachable; i++) {
		const struct icmp *icmp = &host->sweep->reject[i].icmp;
		if (addr_same_ip(&icmp->offender, &host->peer))
			continue;
		wr_icmp(w, icmp, &host->sweep->trace.local);
		return;
	}
}

static void say_no_sign(struct wr *w, const struct rtp_host *host, const struct port_set *ports)
{
	(void)ports;
	wr_str(w, "no sign of the host: neither a reply nor an ICMP error to ");
	put_datagrams(w, host->counts.packets);
}

static void say_drops(struct wr *w, const struct rtp_host *host, const struct port_set *ports)
{
	(void)ports;
	wr_str(w, "our own receive buffer dropped ");
	put_datagrams(w, host->sweep->dropped);
	wr_str(w, ", so silence proves nothing");
}

static void say_incomplete(struct wr *w, const struct rtp_host *host, const struct port_set *ports)
{
	const struct check *check = host->check;
	bool late = check->end == ENGINE_DEADLINE && !host->sweep->done;

	(void)ports;
	wr_str(w, "incomplete: ");
	if (check->end == ENGINE_SIGNAL)
		wr_str(w, "ended early");
	else
		wr_str(w, late ? "the deadline came first" : "--packets is used up");
}

static void say_unproven_open(struct wr *w, const struct rtp_host *host,
			      const struct port_set *ports)
{
	(void)host;
	put_ports(w, ports, "expected port is not proven open",
		  "expected ports are not proven open");
}

static void say_unproven_closed(struct wr *w, const struct rtp_host *host,
				const struct port_set *ports)
{
	(void)host;
	put_ports(w, ports, "port that must be closed is not proven so",
		  "ports that must be closed are not proven so");
}

static void say_answering_not_bound(struct wr *w, const struct rtp_host *host,
				    const struct port_set *ports)
{
	(void)host;
	put_ports(w, ports, "port answers but is not bound there",
		  "ports answer but are not bound there");
}

static void say_maybe_open(struct wr *w, const struct rtp_host *host, const struct port_set *ports)
{
	(void)host;
	put_ports(w, ports, "port that must be closed is silent or bound",
		  "ports that must be closed are silent or bound");
}

/* What has no row needs no more than its words. */
static const struct {
	const char *text;
	void (*more)(struct wr *w, const struct rtp_host *host, const struct port_set *ports);
} WORDS[OUTCOMES] = {
	[OUT_LEAK] = { "", say_leak },
	[OUT_NOT_CLOSED] = { "", say_not_closed },
	[OUT_MISSING] = { "", say_missing },
	[OUT_EXPOSED] = { "", say_exposed },
	[OUT_NOT_STARTED] = { "the deadline passed before anything was sent", NULL },
	[OUT_INTERRUPTED] = { "", say_interrupted },
	[OUT_DNS] = { "", NULL },
	[OUT_LOCAL_ERROR] = { "", say_local },
	[OUT_UNREACHABLE] = { "", say_unreachable },
	[OUT_NO_SIGN] = { "", say_no_sign },
	[OUT_DROPS] = { "", say_drops },
	[OUT_INCOMPLETE] = { "", say_incomplete },
	[OUT_UNPROVEN_OPEN] = { "", say_unproven_open },
	[OUT_UNPROVEN_CLOSED] = { "", say_unproven_closed },
	[OUT_UNPROVEN_MAX] = { "the undecided ports may break --max-open", NULL },
	[OUT_ANSWERING_NOT_BOUND] = { "", say_answering_not_bound },
	[OUT_MAYBE_OPEN] = { "", say_maybe_open },
	[OUT_UNDECIDED] = { "more than half of the range is undecided", NULL },
	[OUT_QUIET] = { "", say_quiet },
};

void check_rtp_say(const struct rtp_host *host, const struct verdict *verdict)
{
	struct check *check = host->check;
	char buffer[4 * SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));
	const char *separator = "";
	bool out_of_reach = verdict->holds[OUT_UNREACHABLE] || verdict->holds[OUT_NO_SIGN];
	bool counted = verdict->holds[OUT_EXPOSED] || verdict->holds[OUT_QUIET];
	enum rtp_outcome outcome;

	check_rtp_put_who(&w, check, &host->peer);
	if (out_of_reach) {
		wr_str(&w, ", UDP ");
		wr_port_set(&w, &check->asked, RANGES_SAID);
	}
	wr_str(&w, ": ");
	for (unsigned i = 0; (outcome = check_rtp_ranked(verdict, i)) != OUTCOMES; i++) {
		wr_str(&w, separator);
		wr_str(&w, WORDS[outcome].text);
		if (WORDS[outcome].more != NULL)
			WORDS[outcome].more(&w, host, &verdict->ports[outcome]);
		separator = ", ";
	}
	if (!counted && !out_of_reach && host->counts.packets > 0) {
		wr_str(&w, separator);
		put_counts(&w, host);
	}
	result_say(check->report, host->result, wr_view(&w));
}
