/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_listener's opinion: who holds a port, and whether that is who should. */
#include "check_listener.h"

static enum state state_of(const struct check *check, enum listener_outcome outcome)
{
	const struct common *common = &check->conf.common;

	return opt_outcome_state(&check_listener_program, common, outcome);
}

/* One process that holds the socket and fits is enough: systemd keeps the sockets it hands out. */
static bool holders_fit(const struct check *check, const struct port_wish *wish,
			const struct listener *listener)
{
	for (const struct holder *h = listener->holder; h != NULL; h = h->next)
		if (listener_name_fits(wish, h) && listener_further_fits(check, h))
			return true;
	return false;
}

/* What is known of a socket whose owner is hidden may still be wrong. Its user is who opened it: root may
 * have done that for another. */
static bool hidden_differs(const struct host *host, const struct listener *listener)
{
	return host->remote == NULL && listener->uid != 0 &&
	       !listener_user_fits(host->check, listener->uid);
}

static bool wants_owner(const struct check *check, const struct port_wish *wish)
{
	return wish->kind == WISH_NAMES || wish->kind == WISH_REGEX || check->conf.user.count > 0 ||
	       check->conf.path.count > 0 || check->conf.unit.count > 0;
}

/* That nobody holds it although all processes were seen is not a lack of privilege. */
static enum state hidden_state(const struct check *check, const struct port_wish *wish,
			       const struct listener *listener)
{
	bool suspicious = listener->unheld && wants_owner(check, wish);

	if (check->conf.common.state_of[OUT_OWNER_HIDDEN] < 0 &&
	    (check->conf.require_owner || suspicious))
		return STATE_WARNING;
	return state_of(check, OUT_OWNER_HIDDEN);
}

static bool is_worse(enum state a, enum state b)
{
	return a != b && state_worse(a, b) == a;
}

static bool is_exposed(const struct check *check, const struct listener *listener, enum state state)
{
	return check->conf.only_local && !addr_is_loopback(&listener->addr) &&
	       (state == STATE_OK || is_worse(state_of(check, OUT_EXPOSED), state));
}

static enum listener_outcome judge_owner(const struct host *host, const struct port_wish *wish,
					 const struct listener *listener)
{
	if (listener->known == OWNER_STALE)
		return OUT_STALE;
	if (wish == NULL || wish->kind == WISH_NONE)
		return OUT_UNEXPECTED;
	if (listener->known == OWNER_HIDDEN)
		return hidden_differs(host, listener) ? OUT_OTHER_OWNER : OUT_OWNER_HIDDEN;
	return holders_fit(host->check, wish, listener) ? OUT_EXPECTED : OUT_OTHER_OWNER;
}

static void judge_listener(struct finding *finding, const struct listener *listener)
{
	const struct check *check = finding->host->check;
	const struct port_wish *wish = finding->wish;
	enum listener_outcome outcome;

	if (wish->kind == WISH_ALLOWED)
		wish = listener_allowed(check, listener->tcp, listener->addr.port);
	outcome = judge_owner(finding->host, wish, listener);
	enum state state = outcome == OUT_OWNER_HIDDEN ? hidden_state(check, wish, listener)
						       : state_of(check, outcome);
	if (is_exposed(check, listener, state)) {
		outcome = OUT_EXPOSED;
		state = state_of(check, outcome);
	}
	if (finding->worst != NULL && !is_worse(state, finding->state) &&
	    (state != finding->state || finding->outcome != OUT_EXPECTED))
		return;
	finding->worst = listener;
	finding->allowed = finding->wish->kind == WISH_ALLOWED ? wish : NULL;
	finding->outcome = outcome;
	finding->state = state;
}

static bool is_required(const struct port_wish *wish)
{
	return wish->kind == WISH_ANY || wish->kind == WISH_NAMES || wish->kind == WISH_REGEX;
}

/* Nothing is bound there; for all ports of the finding. */
static void judge_free(struct finding *finding)
{
	const struct host *host = finding->host;

	finding->outcome = OUT_EXPECTED;
	if (host->no_table[finding->wish->tcp] ||
	    (host->old_table[finding->wish->tcp] && finding->wish->kind != WISH_REPORT))
		finding->outcome = OUT_NO_SUCH_OBJECT;
	else if (is_required(finding->wish))
		finding->outcome = OUT_ABSENT;
	finding->state = state_of(host->check, finding->outcome);
}

static void add_result(struct finding *finding)
{
	struct host *host = finding->host;
	struct check *check = host->check;
	unsigned hidden = 0, bound = 0;

	finding->result = result_add(check->report, host->result,
				     host->name != NULL ? view_of(host->name) : VIEW("this host"));
	if (host->metrics == NULL)
		host->metrics = finding->result;
	result_raise(finding->result, finding->state);
	for (size_t i = 0; i < finding->count; i++) {
		bound += finding->first[i].sockets;
		hidden += finding->first[i].known == OWNER_HIDDEN ? finding->first[i].sockets : 0;
	}
	result_metric(check->report, finding->result, METRIC_LISTENERS, bound);
	result_metric(check->report, finding->result, METRIC_HIDDEN, hidden);
	listener_say(finding);
	listener_tell(finding);
}

/* The listeners of one port; connected sockets take nothing from strangers and stand behind them. */
static size_t at_port(const struct host *host, size_t from, bool tcp, unsigned port)
{
	size_t n = 0;

	while (from + n < host->count && host->listener[from + n].tcp == tcp &&
	       host->listener[from + n].addr.port == port && !host->listener[from + n].connected)
		n++;
	return n;
}

/* The first listener at or behind that port. */
static size_t seek(const struct host *host, bool tcp, unsigned port)
{
	size_t low = 0, high = host->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct listener *at = &host->listener[middle];
		bool before = at->tcp != tcp ? !at->tcp : at->addr.port < port;
		if (before)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void judge_range(struct host *host, const struct port_wish *wish, unsigned first,
			unsigned last)
{
	struct finding finding = { .host = host,
				   .wish = wish,
				   .range = { (uint16_t)first, (uint16_t)last } };

	if (first == last)
		finding.count = at_port(host, seek(host, wish->tcp, first), wish->tcp, first);
	if (finding.count > 0)
		finding.first = &host->listener[seek(host, wish->tcp, first)];
	for (size_t i = 0; i < finding.count; i++)
		judge_listener(&finding, &finding.first[i]);
	if (finding.count == 0)
		judge_free(&finding);
	add_result(&finding);
}

/* The next bound port of the wish at or above `port`; 0 = none. */
static unsigned next_bound(const struct host *host, const struct port_wish *wish, unsigned port)
{
	for (size_t i = seek(host, wish->tcp, port); i < host->count; i++) {
		const struct listener *at = &host->listener[i];
		if (at->tcp != wish->tcp || at->addr.port > wish->range.last)
			return 0;
		if (!at->connected)
			return at->addr.port;
	}
	return 0;
}

/* Bound ports first: of equal states they are what people look for. A port or range without a
 * listener has a result of its own, free ports of a wide range with others do not. */
static unsigned judge_wish(struct host *host, const struct port_wish *wish, bool bound)
{
	bool each = wish->range.first == wish->range.last || is_required(wish);
	unsigned count = 0;

	for (unsigned port = next_bound(host, wish, wish->range.first); port != 0;
	     port = port < PORT_MAX ? next_bound(host, wish, port + 1) : 0) {
		count++;
		if (bound)
			judge_range(host, wish, port, port);
	}
	if (bound || (count > 0 && !each))
		return count;
	if (!each) {
		judge_range(host, wish, wish->range.first, wish->range.last);
		return count;
	}
	for (unsigned port = wish->range.first; port <= wish->range.last; port++)
		if (at_port(host, seek(host, wish->tcp, port), wish->tcp, port) == 0)
			judge_range(host, wish, port, port);
	return count;
}

void listener_judge_host(struct host *host)
{
	const struct wish_list *ports = &host->check->conf.ports;
	unsigned bound = 0, all = 0;

	for (size_t i = 0; i < ports->count; i++) {
		bound += judge_wish(host, &ports->item[i], true);
		all += (unsigned)(ports->item[i].range.last - ports->item[i].range.first) + 1;
	}
	for (size_t i = 0; i < ports->count; i++)
		judge_wish(host, &ports->item[i], false);
	if (!host->check->many && all > 1 && result_state(host->result) == STATE_OK)
		listener_say_host(host, bound, all);
}

void listener_judge_nothing(struct host *host, enum listener_outcome outcome, const char *why,
			    const struct trace *trace)
{
	struct check *check = host->check;
	const struct common *common = &check->conf.common;
	struct result *result =
		result_add(check->report, host->result,
			   host->name != NULL ? view_of(host->name) : VIEW("this host"));
	enum state state = state_of(check, outcome);

	if (outcome == OUT_NO_AGENT && common->timeout_state_given &&
	    common->state_of[outcome] < 0 && trace != NULL &&
	    (trace->fault == FAULT_TIMEOUT || trace->fault == FAULT_NONE))
		state = common->timeout_state;
	if (host->metrics == NULL)
		host->metrics = result;
	result_raise(result, state);
	listener_say_nothing(host, result, outcome, why, trace);
}
