/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_listener's sentences: host, port, who holds it and where, what was wanted. */
#include "check_listener.h"

#include "base/escape.h"
#include "proto/port_names.h"

enum { WANTED_MAX = 80, HOLDERS_SAID = 2, PLACES_SAID = 3 };

void wr_host(struct wr *w, const struct host *host)
{
	char buffer[ADDR_TEXT_MAX];
	struct wr address = wr_over(buffer, sizeof(buffer));
	struct view name = view_of(host->name);
	struct addr numeric;

	if (host->name == NULL)
		return;
	wr_addr(&address, &host->peer);
	wr_field(w, name);
	if (host->peer.family != 0 && !addr_parse(name, &numeric) &&
	    !view_eq(name, wr_view(&address))) {
		wr_str(w, " (");
		wr_ip(w, &host->peer);
		wr_byte(w, ')');
	}
	wr_str(w, ": ");
}

/* "2860/tcp dialpad-voice1 " */
static void wr_port(struct wr *w, const struct finding *finding)
{
	bool tcp = finding->wish->tcp;
	const char *name = port_name(finding->range.first, !tcp);

	wr_u64(w, finding->range.first);
	if (finding->range.last != finding->range.first)
		wr_fmt(w, "-%u", (unsigned)finding->range.last);
	wr_str(w, tcp ? "/tcp " : "/udp ");
	if (name != NULL && finding->range.last == finding->range.first)
		wr_fmt(w, "%s ", name);
}

static void wr_user(struct wr *w, const char *user, uint32_t uid)
{
	wr_str(w, "user ");
	if (user != NULL)
		wr_field(w, view_of(user));
	else
		wr_u64(w, uid);
}

static void put_further(struct wr *w, const struct holder *holder, const struct conf *further)
{
	if (further->path.count > 0) {
		wr_str(w, ", ");
		wr_clause(w, holder->path.n > 0 ? holder->path : VIEW("path not visible"),
			  WANTED_MAX);
		if (holder->elsewhere)
			wr_str(w, " of another mount namespace");
	}
	if (further->unit.count > 0) {
		wr_str(w, ", unit ");
		wr_field(w, holder->unit != NULL ? view_of(holder->unit) : VIEW("none"));
	}
}

void wr_holder(struct wr *w, const struct holder *holder, const struct conf *further)
{
	wr_byte(w, '"');
	wr_field(w, holder->name);
	wr_fmt(w, "\" (pid %lu", (unsigned long)holder->pid);
	if (holder->count > 1)
		wr_fmt(w, " and %u more", holder->count - 1);
	if (holder->user != NULL || holder->uid != UID_UNKNOWN) {
		wr_str(w, ", ");
		wr_user(w, holder->user, holder->uid);
		if (further != NULL)
			put_further(w, holder, further);
	} else if (holder->path.n > 0) {
		wr_str(w, ", ");
		wr_field(w, holder->path);
	}
	wr_byte(w, ')');
}

void wr_listener_place(struct wr *w, const struct listener *listener, bool remote)
{
	struct addr addr = listener->addr;

	if (addr.family == 0) {
		wr_str(w, "any address");
		return;
	}
	wr_ip(w, &addr);
	if (listener->any && addr.family == 6 && !listener->v6only)
		wr_str(w, remote ? " (perhaps IPv4 too)" : " (IPv4 too)");
}

static void put_holders(struct wr *w, const struct finding *finding)
{
	const struct listener *listener = finding->worst;
	const struct conf *further =
		finding->outcome == OUT_OTHER_OWNER ? &finding->host->check->conf : NULL;
	unsigned said = 0;

	for (const struct holder *h = listener->holder; h != NULL; h = h->next, said++) {
		if (said == HOLDERS_SAID) {
			wr_str(w, " and others");
			return;
		}
		if (said > 0)
			wr_str(w, " and ");
		wr_holder(w, h, further);
	}
}

static void put_hidden(struct wr *w, const struct finding *finding)
{
	const struct listener *l = finding->worst;

	wr_str(w, "is bound");
	if (finding->host->remote == NULL) {
		wr_str(w, " by ");
		wr_user(w, l->user, l->uid);
	}
	wr_str(w, " on ");
	wr_listener_place(w, l, finding->host->remote != NULL);
	if (l->unit != NULL) {
		wr_str(w, ", unit ");
		wr_field(w, view_of(l->unit));
	}
	wr_str(w, ", owner not visible");
}

static void put_bound(struct wr *w, const struct finding *finding)
{
	const struct listener *l = finding->worst;

	if (l->known == OWNER_STALE)
		wr_fmt(w,
		       "was held by pid %lu, which the agent's processes do not have: it is gone, "
		       "or newer than that table",
		       (unsigned long)l->pid);
	else if (l->known == OWNER_HIDDEN)
		put_hidden(w, finding);
	else {
		wr_str(w, "is held by ");
		put_holders(w, finding);
		wr_str(w, " on ");
		wr_listener_place(w, l, finding->host->remote != NULL);
	}
}

static void put_names(struct wr *w, const struct port_wish *wish)
{
	if (wish->kind == WISH_REGEX) {
		wr_str(w, "~");
		wr_clause(w, wish->owner, WANTED_MAX);
	} else if (wish->kind == WISH_NAMES) {
		wr_clause(w, wish->owner, WANTED_MAX);
	} else {
		wr_str(w, "any owner");
	}
}

static void put_list(struct wr *w, const char *what, const struct opt_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		wr_str(w, i == 0 ? what : " or ");
		wr_clause(w, list->item[i], WANTED_MAX);
	}
}

static void put_wanted(struct wr *w, const struct finding *finding)
{
	const struct conf *conf = &finding->host->check->conf;
	const struct port_wish *wish = finding->wish;

	if (wish->kind == WISH_ALLOWED)
		wish = finding->allowed;
	if (finding->outcome == OUT_UNEXPECTED) {
		wr_str(w, wish == NULL ? ", which --allow does not name: registered or not, "
					 "nobody knows this owner"
				       : ", wanted free");
		return;
	}
	if (finding->outcome == OUT_OWNER_HIDDEN && wish->kind != WISH_NAMES &&
	    wish->kind != WISH_REGEX && conf->user.count + conf->path.count + conf->unit.count == 0)
		return;
	wr_str(w, ", wanted ");
	put_names(w, wish);
	if (finding->outcome == OUT_ABSENT)
		return;
	put_list(w, " of user ", &conf->user);
	put_list(w, " in ", &conf->path);
	put_list(w, " of unit ", &conf->unit);
	if (finding->outcome == OUT_OWNER_HIDDEN)
		wr_str(w, " is not proven");
}

/* How many more there are on that port. */
static void put_others(struct wr *w, const struct finding *finding)
{
	size_t said = 0;

	if (finding->worst == NULL)
		return;
	if (finding->worst->sockets > 1)
		wr_fmt(w, ", %u sockets share it", finding->worst->sockets);
	for (size_t i = 0; i < finding->count; i++) {
		const struct listener *l = &finding->first[i];
		if (l == finding->worst || said++ >= PLACES_SAID)
			continue;
		wr_str(w, ", also ");
		if (l->known == OWNER_KNOWN &&
		    (finding->worst->holder == NULL ||
		     !view_eq(l->holder->name, finding->worst->holder->name))) {
			wr_holder(w, l->holder, NULL);
			wr_byte(w, ' ');
		}
		wr_str(w, "on ");
		wr_listener_place(w, l, finding->host->remote != NULL);
	}
	if (said > PLACES_SAID)
		wr_fmt(w, " and %zu more", said - PLACES_SAID);
}

static void put_free(struct wr *w, const struct finding *finding)
{
	bool range = finding->range.first != finding->range.last;

	if (finding->outcome == OUT_NO_SUCH_OBJECT && finding->host->old_table[finding->wish->tcp])
		wr_str(w, "not known: the agent's old tables show no IPv6 socket, and none is of "
			  "IPv4");
	else if (finding->outcome == OUT_NO_SUCH_OBJECT)
		wr_fmt(w,
		       "not known: the agent shows no %s listener at all, its view may leave out "
		       "%s",
		       finding->wish->tcp ? "TCP" : "UDP",
		       finding->wish->tcp ? "tcpListenerTable" : "udpEndpointTable");
	else
		wr_str(w, range				   ? "have no listener"
			  : finding->outcome == OUT_ABSENT ? "is not bound"
							   : "is free");
}

/* How old it may be, and what the old tables do not show. */
static void put_age(struct wr *w, const struct host *host, bool both, bool tcp)
{
	if (host->remote == NULL)
		return;
	if (host->cache_s > 0)
		wr_fmt(w, ", as of at most %lld s ago", (long long)host->cache_s);
	else if (host->cache_s < 0)
		wr_str(w, ", of unknown age");
	if (both ? host->old_table[0] || host->old_table[1] : host->old_table[tcp])
		wr_str(w, ", by the agent's old tables: IPv4 only and no owners");
}

void listener_say(const struct finding *finding)
{
	char buffer[2 * SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_host(&w, finding->host);
	wr_port(&w, finding);
	if (finding->worst == NULL)
		put_free(&w, finding);
	else
		put_bound(&w, finding);
	if (finding->outcome == OUT_OTHER_OWNER || finding->outcome == OUT_ABSENT ||
	    finding->outcome == OUT_UNEXPECTED)
		put_wanted(&w, finding);
	else if (finding->outcome == OUT_EXPOSED)
		wr_str(&w, ", wanted on the loopback only");
	else if (finding->worst != NULL && finding->worst->known == OWNER_HIDDEN)
		wr_fmt(&w, ": %s", finding->worst->hidden_why);
	if (finding->outcome == OUT_OWNER_HIDDEN)
		put_wanted(&w, finding);
	put_others(&w, finding);
	if (finding->outcome != OUT_NO_SUCH_OBJECT)
		put_age(&w, finding->host, false, finding->wish->tcp);
	result_say(finding->host->check->report, finding->result, wr_view(&w));
}

void listener_say_host(const struct host *host, unsigned bound, unsigned ports)
{
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));
	unsigned hidden = 0;

	if (host->name == NULL)
		wr_str(&w, "this host: ");
	wr_host(&w, host);
	wr_fmt(&w, "%u of %u ports bound", bound, ports);
	for (size_t i = 0; i < host->count; i++)
		hidden += host->listener[i].known == OWNER_HIDDEN && !host->listener[i].connected
				  ? host->listener[i].sockets
				  : 0;
	if (hidden > 0)
		wr_fmt(&w, ", %u %s whose owner is not visible", hidden,
		       hidden == 1 ? "socket" : "sockets");
	put_age(&w, host, true, false);
	result_say(host->check->report, host->result, wr_view(&w));
}

static const char *const NOTHING[OUTCOMES] = {
	[OUT_NO_SUCH_OBJECT] = "the agent shows no listener at all, its view may hide the tables",
	[OUT_AUTH] = "no access to the agent",
	[OUT_BAD_AGENT] = "the agent cannot be read",
	[OUT_DNS] = "dns",
	[OUT_NOT_STARTED] = "not started before the deadline",
	[OUT_LOCAL_ERROR] = "not checked",
};

static void put_no_agent(struct wr *w, const struct host *host, const char *why,
			 const struct trace *trace)
{
	bool silent = trace->fault == FAULT_TIMEOUT || trace->fault == FAULT_NONE;

	if (silent && why[0] != '\0') {
		wr_str(w, "the agent did not come to an end");
		wr_waited(w, trace);
	} else if (silent) {
		wr_str(w, "no answer from the agent");
		wr_waited(w, trace);
		wr_str(w, host->check->conf.v2c ? ": it is down or filtered, or the community is "
						  "wrong"
						: ": it is down or filtered, or the privacy key "
						  "is wrong");
	}
	if (silent && host->foreign > 0) {
		wr_str(w, ", while ");
		wr_count(w, host->foreign, "datagram that answers nothing came",
			 "datagrams that answer nothing came");
		wr_str(w, " (another address, id or community)");
	}
	if (silent)
		return;
	wr_str(w, trace->fault == FAULT_REFUSED	     ? "no agent: port closed"
		  : trace->fault == FAULT_PROHIBITED ? "agent prohibited by a firewall"
						     : "agent unreachable");
	wr_icmp(w, &trace->icmp, &trace->local);
	wr_trace_why(w, ", ", trace);
}

void listener_say_nothing(const struct host *host, struct result *result,
			  enum listener_outcome outcome, const char *why, const struct trace *trace)
{
	struct report *report = host->check->report;
	char buffer[2 * SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));
	const char *word = check_listener_program.outcome[outcome].word;

	if (host->name != NULL && host->peer.family != 0)
		wr_endpoint(&w, view_of(host->name), &host->peer, TRANSPORT_UDP, "snmp");
	else if (host->name != NULL)
		wr_host(&w, host);
	if (outcome == OUT_NO_AGENT)
		put_no_agent(&w, host, why, trace);
	else if (outcome == OUT_INTERRUPTED)
		wr_interrupted(&w, trace->phase);
	else
		wr_str(&w, NOTHING[outcome]);
	if (why[0] != '\0') {
		wr_str(&w, ": ");
		wr_clause(&w, view_of(why), SNMP_WHY_MAX);
	}
	result_say(report, result, wr_view(&w));
	if (trace != NULL)
		endpoint_facts(report, result, word, &host->peer, TRANSPORT_UDP, trace);
	else
		result_fact(report, result, "outcome", view_of(word));
	endpoint_fact_text(report, result, "why", why);
}
