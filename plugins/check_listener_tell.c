/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_listener's details and facts. */
#include "check_listener.h"

#include "base/escape.h"
#include "proto/port_names.h"

static void tell_holder(const struct finding *finding, const struct listener *listener,
			const struct holder *holder)
{
	char buffer[2 * SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_listener_place(&w, listener, finding->host->remote != NULL);
	wr_str(&w, ": ");
	wr_holder(&w, holder, NULL);
	if (holder->path.n > 0 && holder->uid != UID_UNKNOWN) {
		wr_str(&w, ", ");
		wr_clause(&w, holder->path, SENTENCE_MAX);
	}
	if (holder->unit != NULL) {
		wr_str(&w, ", unit ");
		wr_field(&w, view_of(holder->unit));
	}
	result_detail(finding->host->check->report, finding->result, 1, wr_view(&w));
}

static void tell_listener(const struct finding *finding, const struct listener *listener)
{
	char buffer[2 * SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	for (const struct holder *h = listener->holder; h != NULL; h = h->next)
		tell_holder(finding, listener, h);
	if (listener->holder != NULL)
		return;
	wr_listener_place(&w, listener, finding->host->remote != NULL);
	wr_str(&w, ": owner not visible");
	if (listener->known == OWNER_HIDDEN)
		wr_fmt(&w, ", %s", listener->hidden_why);
	result_detail(finding->host->check->report, finding->result, 1, wr_view(&w));
}

static void fact_view(const struct finding *finding, const char *key, struct view raw)
{
	if (raw.n > 0)
		result_fact(finding->host->check->report, finding->result, key, raw);
}

static void fact_addresses(const struct finding *finding)
{
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	for (size_t i = 0; i < finding->count; i++) {
		if (i > 0)
			wr_byte(&w, ' ');
		if (finding->first[i].addr.family == 0)
			wr_byte(&w, '*');
		else
			wr_ip(&w, &finding->first[i].addr);
	}
	fact_view(finding, "bound_to", wr_view(&w));
}

static void fact_owner(const struct finding *finding)
{
	struct report *report = finding->host->check->report;
	const struct listener *listener = finding->worst;
	const struct holder *holder = listener->holder;

	result_fact_number(report, finding->result, "sockets", listener->sockets);
	result_fact_bool(report, finding->result, "owner_visible", holder != NULL);
	fact_view(finding, "user", view_of(listener->user));
	fact_view(finding, "unit", view_of(holder != NULL ? holder->unit : listener->unit));
	if (holder == NULL) {
		fact_view(finding, "hidden_why", view_of(listener->hidden_why));
		return;
	}
	fact_view(finding, "owner", holder->name);
	result_fact_number(report, finding->result, "pid", holder->pid);
	result_fact_number(report, finding->result, "processes", holder->count);
	fact_view(finding, "path", holder->path);
}

static void fact_wanted(const struct finding *finding)
{
	const struct port_wish *wish = finding->allowed != NULL ? finding->allowed : finding->wish;

	if (wish->kind == WISH_ANY || wish->kind == WISH_NONE)
		fact_view(finding, "wanted", wish->kind == WISH_ANY ? VIEW("any") : VIEW("none"));
	else
		fact_view(finding, "wanted", wish->owner);
}

void listener_tell(const struct finding *finding)
{
	const struct host *host = finding->host;
	struct report *report = host->check->report;
	struct result *result = finding->result;
	bool tcp = finding->wish->tcp;
	char buffer[ADDR_TEXT_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	for (size_t i = 0; i < finding->count; i++)
		tell_listener(finding, &finding->first[i]);
	result_fact(report, result, "outcome",
		    view_of(check_listener_program.outcome[finding->outcome].word));
	if (host->remote != NULL) {
		wr_addr(&w, &host->peer);
		result_fact(report, result, "address", wr_view(&w));
	}
	result_fact(report, result, "transport", tcp ? VIEW("tcp") : VIEW("udp"));
	result_fact_number(report, result, "port", finding->range.first);
	if (finding->range.last != finding->range.first)
		result_fact_number(report, result, "last_port", finding->range.last);
	fact_view(finding, "port_name", view_of(port_name(finding->range.first, !tcp)));
	result_fact_bool(report, result, "bound", finding->worst != NULL);
	fact_wanted(finding);
	if (host->cache_s >= 0)
		result_fact_number(report, result, "cache_s", (double)host->cache_s);
	if (finding->worst != NULL) {
		fact_addresses(finding);
		fact_owner(finding);
	}
}
