/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What check_rtp tells below its sentence: further lines, the map, and the facts for JSON. */
#include "check_rtp.h"

#include "base/port_map.h"
#include "base/text.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	RANGES_LISTED = 60,
	LIST_BYTES = 1000,
	RANGES_TEXT_MAX = 200000, /* the ranges of any set: every other port */
	MAP_BYTES = 512 * 1024,
};

static void tell(const struct rtp_host *host, unsigned verbosity, const struct wr *w)
{
	result_detail(host->check->report, host->result, verbosity, wr_view(w));
}

void check_rtp_tell_findings(struct check *check, struct result *result,
			     const struct verdict *verdict)
{
	char buffer[LIST_BYTES], words[LIST_BYTES];
	struct wr all = wr_over(words, sizeof(words));
	enum rtp_outcome outcome;

	for (unsigned i = 0; (outcome = check_rtp_ranked(verdict, i)) != OUTCOMES; i++) {
		struct wr w = wr_over(buffer, sizeof(buffer));
		wr_fmt(&all, "%s%s", i > 0 ? "," : "", check_rtp_word(outcome));
		if (port_set_next(&verdict->ports[outcome], 0) == 0)
			continue;
		wr_fmt(&w, "%s: ", check_rtp_word(outcome));
		wr_port_set(&w, &verdict->ports[outcome], RANGES_LISTED);
		result_detail(check->report, result, 0, wr_view(&w));
	}
	outcome = check_rtp_ranked(verdict, 0);
	result_fact(check->report, result, "outcome", view_of(check_rtp_word(outcome)));
	result_fact(check->report, result, "findings", wr_view(&all));
}

void check_rtp_fact_ports(struct check *check, struct result *result, const char *key,
			  const struct port_set *ports)
{
	struct wr w;

	if (check->conf->common.format < FORMAT_JSON)
		return;
	w = wr_over(mem_new(RANGES_TEXT_MAX, 1), RANGES_TEXT_MAX);
	if (port_set_next(ports, 0) != 0)
		wr_port_set(&w, ports, 0);
	result_fact(check->report, result, key, wr_view(&w));
	mem_free(w.p);
}

static void tell_rejects(const struct rtp_host *host)
{
	for (size_t i = 0; i < host->sweep->rejects; i++) {
		const struct sweep_reject *reject = &host->sweep->reject[i];
		char buffer[LIST_BYTES];
		struct wr w = wr_over(buffer, sizeof(buffer));
		wr_str(&w, "rejected: ");
		wr_count(&w, reject->count, "error", "errors");
		wr_icmp(&w, &reject->icmp, &host->sweep->trace.local);
		wr_fmt(&w, ", %sfor port %u", reject->count > 1 ? "the first " : "",
		       (unsigned)reject->port);
		tell(host, 0, &w);
	}
	if (host->sweep->rejects_more > 0) {
		char buffer[LIST_BYTES];
		struct wr w = wr_over(buffer, sizeof(buffer));
		wr_str(&w, "rejected: ");
		wr_count(&w, host->sweep->rejects_more, "error of another kind",
			 "errors of further kinds");
		tell(host, 0, &w);
	}
}

static void tell_stray(const struct rtp_host *host)
{
	char buffer[LIST_BYTES];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (host->sweep->stray == 0)
		return;
	wr_str(&w, "discarded: ");
	wr_count(&w, (unsigned)host->sweep->stray, "datagram", "datagrams");
	wr_str(&w, " that no asked port sent");
	if (host->sweep->stranger.family != 0) {
		wr_str(&w, host->sweep->stray > 1 ? ", the first from " : ", from ");
		wr_addr(&w, &host->sweep->stranger);
	}
	tell(host, 0, &w);
}

static void tell_limit(const struct rtp_host *host)
{
	const struct sweep_counts *counts = &host->counts;
	char buffer[LIST_BYTES];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_fmt(&w, "ICMP errors: %u in ", counts->ask_icmp);
	wr_duration(&w, counts->ask_us);
	wr_str(&w, " while all ports were asked");
	if (counts->refill_us > 0) {
		wr_str(&w, ", then one each ");
		wr_duration(&w, counts->refill_us);
	}
	tell(host, 1, &w);
}

static void tell_proofs(const struct rtp_host *host)
{
	const struct sweep_counts *counts = &host->counts;
	char buffer[LIST_BYTES];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (counts->groups == 0)
		return;
	wr_fmt(&w, "canaries: %u sent, %u refused", counts->canaries_sent, counts->canaries_seen);
	if (counts->canaries_seen < counts->canaries_sent &&
	    counts->icmp > counts->ask_icmp + counts->canaries_seen)
		wr_str(&w, " (refused members took the errors)");
	tell(host, 1, &w);
	if (counts->sample.drawn == 0)
		return;
	wr_reset(&w);
	wr_fmt(&w, "sample: %u open of ", counts->sample.open);
	wr_count(&w, counts->sample.drawn, "port", "ports");
	wr_str(&w, " drawn at random");
	tell(host, 1, &w);
}

static void tell_memory(const struct rtp_host *host)
{
	char buffer[LIST_BYTES];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (host->check->memory == NULL)
		return;
	wr_count(&w, host->remembered, "proof of an earlier run counts",
		 "proofs of earlier runs count");
	if (host->oldest_s >= 0)
		wr_fmt(&w, ", the oldest is of %lld s ago", (long long)host->oldest_s);
	tell(host, 1, &w);
}

/* One line, and the fact, of the ports that are bound inside and look like this from outside. */
static void tell_joined(const struct rtp_host *host, const struct port_set *bound,
			const struct port_set *seen, const char *what, const char *key)
{
	struct port_set ports = *bound;
	char buffer[LIST_BYTES];
	struct wr w = wr_over(buffer, sizeof(buffer));

	port_set_keep(&ports, seen);
	check_rtp_fact_ports(host->check, host->result, key, &ports);
	if (port_set_next(&ports, 0) == 0)
		return;
	wr_fmt(&w, "%s (%zu): ", what, port_set_count(&ports));
	wr_port_set(&w, &ports, RANGES_LISTED);
	tell(host, 0, &w);
}

static void tell_inside(const struct rtp_host *host)
{
	const struct inside *inside = host->check->inside;
	const struct port_set *of = host->of, *bound;
	struct port_set unknown = of[PORT_UNDECIDED];

	if (inside == NULL)
		return;
	bound = host->peer.family == 4 ? &inside->bound4 : &inside->bound6;
	port_set_join(&unknown, &of[PORT_UNASKED]);
	tell_joined(host, bound, &of[PORT_ANSWERING], "reachable and bound", "bound_answering");
	tell_joined(host, bound, &of[PORT_CLOSED], "bound but not reachable, closed from here",
		    "bound_closed");
	tell_joined(host, bound, &of[PORT_REJECTED], "bound but not reachable, rejected",
		    "bound_rejected");
	tell_joined(host, bound, &of[PORT_SILENT],
		    "bound and silent, so quiet itself or dropped on the way", "bound_silent");
	tell_joined(host, bound, &unknown, "bound and undecided", "bound_undecided");
}

static void fact_number(const struct rtp_host *host, const char *key, double value)
{
	result_fact_number(host->check->report, host->result, key, value);
}

static void tell_facts(const struct rtp_host *host)
{
	static const char *const key[PORT_STATES] = { [PORT_ANSWERING] = "answering_ports",
						      [PORT_SILENT] = "silent_ports",
						      [PORT_REJECTED] = "rejected_ports" };
	struct check *check = host->check;
	const struct sweep_counts *counts = &host->counts;
	const struct trace *trace = &host->sweep->trace;
	char buffer[ADDR_TEXT_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_ip(&w, &host->peer);
	result_fact(check->report, host->result, "address", wr_view(&w));
	result_fact(check->report, host->result, "transport", VIEW("udp"));
	result_fact(check->report, host->result, "payload", view_of(check->payload_name));
	if (trace->fault != FAULT_NONE)
		result_fact(check->report, host->result, "fault",
			    view_of(fault_name(trace->fault)));
	endpoint_fact_text(check->report, host->result, "why", trace->why);
	check_rtp_fact_ports(check, host->result, "ports", &check->asked);
	for (size_t state = 0; state < PORT_STATES; state++)
		if (key[state] != NULL)
			check_rtp_fact_ports(check, host->result, key[state], &host->of[state]);
	fact_number(host, "icmp_errors", counts->icmp);
	fact_number(host, "groups", counts->groups);
	fact_number(host, "canaries_sent", counts->canaries_sent);
	fact_number(host, "canaries_seen", counts->canaries_seen);
	fact_number(host, "sample_drawn", counts->sample.drawn);
	fact_number(host, "sample_open", counts->sample.open);
	fact_number(host, "refill_seconds", (double)counts->refill_us / 1e6);
	fact_number(host, "stray", (double)host->sweep->stray);
	fact_number(host, "dropped", (double)host->sweep->dropped);
}

void check_rtp_tell(const struct rtp_host *host, const struct verdict *verdict)
{
	check_rtp_tell_findings(host->check, host->result, verdict);
	tell_facts(host);
	if (host->counts.packets == 0)
		return;
	tell_inside(host);
	tell_rejects(host);
	tell_stray(host);
	tell_limit(host);
	tell_proofs(host);
	tell_memory(host);
	check_rtp_draw(host);
}

/* no-color.org: any value that is not empty. */
static bool wants_colour(const struct common *common)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return common->format == FORMAT_TEXT && isatty(STDOUT_FILENO) &&
	       (no == NULL || no[0] == '\0') && term != NULL &&
	       !view_eq(view_of(term), VIEW("dumb")) && term[0] != '\0';
}

static void draw_line(const struct rtp_host *host, bool colour, struct view line)
{
	struct wr *drawing = &host->check->drawing;

	if (!colour) {
		result_detail(host->check->report, host->result, 1, line);
		return;
	}
	if (drawing->p == NULL)
		*drawing = wr_over(mem_new(MAP_BYTES, 1), MAP_BYTES);
	wr_put(drawing, line);
	wr_byte(drawing, '\n');
}

/* Leaves the classes whose letter occurs: one is hidden where each of its cells has a worse port. */
static size_t keep_shown(struct port_map_class *class, size_t classes)
{
	struct port_map map = { class, classes, false };
	char buffer[PORT_MAP_LINE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));
	bool shown[UCHAR_MAX + 1] = { false };
	unsigned from = 0;
	size_t kept = 0;

	for (; wr_port_map_row(&w, &map, &from); wr_reset(&w))
		for (size_t i = 0; i < w.n; i++)
			shown[(unsigned char)buffer[i]] = true;
	for (size_t i = 0; i < classes; i++)
		if (shown[(unsigned char)class[i].letter])
			class[kept++] = class[i];
	return kept;
}

/* Escape sequences would not pass the report, so a map in colours comes behind it. */
void check_rtp_draw(const struct rtp_host *host)
{
	const struct conf *conf = host->check->conf;
	struct port_set bound = conf->bound, unknown = host->of[PORT_UNDECIDED];
	struct port_map_class class[] = {
		{ 'A', "answering", "1;31", &host->of[PORT_ANSWERING] },
		{ 'S', "silent", "33", &host->of[PORT_SILENT] },
		{ 'B', "bound", "36", &bound },
		{ 'u', "undecided", "0", &unknown },
		{ 'r', "rejected", "34", &host->of[PORT_REJECTED] },
		{ 'c', "closed", "32", &host->of[PORT_CLOSED] },
		{ 'x', "excluded", "90", &host->check->unprobed },
	};
	struct port_map map = { class, sizeof(class) / sizeof(class[0]), false };
	char buffer[PORT_MAP_LINE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));
	unsigned from = 0;

	if (conf->common.verbose == 0)
		return;
	port_set_keep(&bound, &conf->ports);
	port_set_join(&unknown, &host->of[PORT_UNASKED]);
	map.colour = wants_colour(&conf->common);
	map.classes = keep_shown(class, map.classes);
	check_rtp_put_who(&w, host->check, &host->peer);
	wr_str(&w, ": ");
	wr_port_map_legend(&w, &map);
	do {
		draw_line(host, map.colour, wr_view(&w));
		wr_reset(&w);
	} while (wr_port_map_row(&w, &map, &from));
}
