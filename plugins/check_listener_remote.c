/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The listeners of other hosts, by their SNMP agents: the tables are scanned, then the names of the
 * processes are asked. */
#include "check_listener.h"

#include "proto/snmp_reply.h"

#include <stdlib.h>

enum { TRIES = 4, RETRY_MAX_US = 2500000, REQUESTS_MAX = 5000 };

/* The conversation with one agent. */
struct remote {
	struct snmp_client_arg arg;
	struct listener_scan scan;
	struct process_query query;
	uint32_t *pid; /* distinct, of the listeners found */
	bool scanned, unauthorized;
};

static void on_row(void *ctx, bool tcp, const struct listener_row *row, uint32_t pid)
{
	struct host *host = ctx;
	struct listener listener = {
		.addr = row->local,
		.tcp = tcp,
		.any = row->any,
		.connected = row->connected,
		.sockets = 1,
		.known = OWNER_HIDDEN,
		.pid = pid,
		.uid = UID_UNKNOWN,
		.hidden_why = "the agent tells no process, it needs CAP_SYS_PTRACE and "
			      "CAP_DAC_READ_SEARCH",
	};

	listener_add(host, &listener);
}

static int compare_pids(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static size_t collect_pids(struct host *host)
{
	struct remote *remote = host->remote;
	size_t n = 0, kept = 0;

	remote->pid = arena_new(&host->check->arena, host->count + 1, sizeof(*remote->pid));
	for (size_t i = 0; i < host->count; i++)
		if (host->listener[i].pid != 0 && !host->listener[i].connected)
			remote->pid[n++] = host->listener[i].pid;
	if (n > 0)
		qsort(remote->pid, n, sizeof(*remote->pid), compare_pids);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || remote->pid[kept - 1] != remote->pid[i])
			remote->pid[kept++] = remote->pid[i];
	return kept;
}

static const struct holder *new_holder(struct check *check, uint32_t pid, struct view name,
				       struct view path)
{
	struct holder *holder = arena_new(&check->arena, 1, sizeof(*holder));

	*holder = (struct holder){ .pid = pid, .count = 1, .uid = UID_UNKNOWN, .by_agent = true };
	holder->name = (struct view){ arena_text(&check->arena, name), name.n };
	holder->path = (struct view){ arena_text(&check->arena, path), path.n };
	return holder;
}

static void on_process(void *ctx, size_t index, enum process_known known, struct view name,
		       struct view path)
{
	struct host *host = ctx;
	uint32_t pid = host->remote->pid[index];
	const struct holder *holder =
		known == PROCESS_KNOWN ? new_holder(host->check, pid, name, path) : NULL;

	for (size_t i = 0; i < host->count; i++) {
		struct listener *listener = &host->listener[i];
		if (listener->pid != pid)
			continue;
		listener->holder = holder;
		if (known == PROCESS_KNOWN)
			listener->known = OWNER_KNOWN;
		else if (known == PROCESS_GONE)
			listener->known = OWNER_STALE;
		else
			listener->hidden_why = "the agent does not show hrSWRunTable";
	}
}

static bool next(void *ctx, const struct snmp_reply *reply, struct snmp_request *request)
{
	struct host *host = ctx;
	struct remote *remote = host->remote;

	remote->unauthorized = reply != NULL && reply->error == SNMP_AUTHORIZATION_ERROR;
	if (!remote->scanned) {
		if (listener_scan_next(&remote->scan, reply, request))
			return true;
		remote->scanned = true;
		if (remote->scan.end == SCAN_BROKEN)
			return false;
		remote->query = (struct process_query){ .count = collect_pids(host),
							.found = on_process,
							.ctx = host };
		remote->query.pid = remote->pid;
		reply = NULL;
	}
	return process_query_next(&remote->query, reply, request);
}

static void read_tables(struct host *host)
{
	static const enum listener_table table[2][2] = { { TABLE_UDP, TABLE_UDP_OLD },
							 { TABLE_TCP, TABLE_TCP_OLD } };
	const struct listener_scan *scan = &host->remote->scan;

	for (int tcp = 0; tcp < 2; tcp++) {
		enum listener_table new = table[tcp][0], old = table[tcp][1];
		host->old_table[tcp] = !scan->shown[new] && scan->shown[old];
		host->no_table[tcp] = !scan->shown[new] && !scan->shown[old];
		int64_t cache_s = scan->cache_s[host->old_table[tcp] ? old : new];
		if (!host->no_table[tcp] && cache_s > host->cache_s)
			host->cache_s = cache_s;
	}
	for (size_t i = 0; i < host->count; i++)
		if (host->old_table[host->listener[i].tcp])
			host->listener[i].hidden_why = "old tables have no owners";
}

/* Whether none of the transports asked about is shown. */
static bool shows_nothing(const struct host *host)
{
	const struct listener_scan *scan = &host->remote->scan;

	for (size_t i = 0; i < scan->cursors; i++)
		if (!host->no_table[scan->cursor[i].tcp])
			return false;
	return true;
}

static void judge_tables(struct host *host)
{
	read_tables(host);
	listener_settle(host);
	if (shows_nothing(host))
		listener_judge_nothing(host, OUT_NO_SUCH_OBJECT, "", NULL);
	else
		listener_judge_host(host);
}

/* What the tables showed counts also when the names of the processes did not come. */
static void judge_without_names(struct host *host)
{
	for (size_t i = 0; i < host->count; i++)
		if (host->listener[i].pid != 0 && host->listener[i].known == OWNER_HIDDEN)
			host->listener[i].hidden_why = "the agent did not come to tell its name";
	judge_tables(host);
}

static void judge_ended(struct host *host, const struct snmp_client *client,
			const struct trace *trace)
{
	const struct remote *remote = host->remote;
	const char *why = remote->scan.end == SCAN_BROKEN ? remote->scan.why : remote->query.why;

	if (remote->scan.end == SCAN_DONE && (client->end != SNMP_END_DONE || why != NULL))
		judge_without_names(host);
	else if (client->end == SNMP_END_SILENT)
		listener_judge_nothing(host, OUT_NO_AGENT, client->why, trace);
	else if (client->end == SNMP_END_REFUSED)
		listener_judge_nothing(host, OUT_AUTH, client->why, trace);
	else if (client->end == SNMP_END_ENDLESS)
		listener_judge_nothing(host, OUT_BAD_AGENT, "they have no end", trace);
	else if (why != NULL)
		listener_judge_nothing(host, remote->unauthorized ? OUT_AUTH : OUT_BAD_AGENT, why,
				       trace);
	else
		judge_tables(host);
}

static enum listener_outcome outcome_of_fault(const struct host *host, const struct trace *trace)
{
	if (endpoint_blocked_by_us(&host->peer, trace) || trace->fault == FAULT_LOCAL)
		return OUT_LOCAL_ERROR;
	if (trace->fault == FAULT_INTERRUPTED)
		return OUT_INTERRUPTED;
	return trace->phase == PHASE_WAITING ? OUT_NOT_STARTED : OUT_NO_AGENT;
}

/* Of a conversation that the deadline cut off. */
static bool started(const struct snmp_client *client, const struct trace *trace)
{
	return trace->fault == FAULT_TIMEOUT && client->answered > 0;
}

static void measure(struct host *host, const struct snmp_client *client, const struct trace *trace)
{
	struct report *report = host->check->report;
	struct result *node = host->check->many ? host->metrics : report_root(report);

	result_metric(report, node, METRIC_PACKETS, client->sent);
	if (client->end == SNMP_END_DONE)
		result_metric(report, node, METRIC_TIME,
			      (double)trace->phase_us[PHASE_EXCHANGE] / 1e6);
	if (host->dns_us >= 0)
		result_fact_number(report, node, "dns", (double)host->dns_us / 1e6);
}

static void done(void *ctx, const struct probe_spec *spec, const void *state,
		 const struct trace *trace)
{
	struct host *host = spec->user;
	const struct snmp_client *client = state;
	const struct check *check = ctx;

	host->foreign = client->foreign;
	if (!check->many)
		host->foreign += (unsigned)engine_counts(check->engine).stray;
	if (trace->fault == FAULT_NONE)
		judge_ended(host, client, trace);
	else if (trace->fault == FAULT_TIMEOUT && host->remote->scan.end == SCAN_DONE)
		judge_without_names(host);
	else
		listener_judge_nothing(host, outcome_of_fault(host, trace),
				       started(client, trace) ? "it answered at first" : "", trace);
	measure(host, client, trace);
	snmp_client_close(client);
	mem_free(host->listener);
	host->listener = NULL;
	host->count = host->cap = 0;
}

static int compare_cursors(const void *a, const void *b)
{
	const struct listener_cursor *left = a, *right = b;

	return left->tcp != right->tcp ? (int)left->tcp - (int)right->tcp
				       : (int)left->range.first - (int)right->range.first;
}

/* Ports side by side share a cursor. */
static size_t join_cursors(struct listener_cursor *cursor, size_t count)
{
	size_t kept = 0;

	qsort(cursor, count, sizeof(*cursor), compare_cursors);
	for (size_t i = 0; i < count; i++) {
		struct listener_cursor *last = kept > 0 ? &cursor[kept - 1] : NULL;
		if (last != NULL && last->tcp == cursor[i].tcp &&
		    cursor[i].range.first <= last->range.last + 1) {
			if (cursor[i].range.last > last->range.last)
				last->range.last = cursor[i].range.last;
		} else {
			cursor[kept++] = cursor[i];
		}
	}
	return kept;
}

static bool set_cursors(struct check *check, struct remote *remote)
{
	const struct wish_list *ports = &check->conf.ports;
	struct listener_cursor *cursor = arena_new(&check->arena, ports->count, sizeof(*cursor));

	for (size_t i = 0; i < ports->count; i++)
		cursor[i] = (struct listener_cursor){ .tcp = ports->item[i].tcp,
						      .range = ports->item[i].range };
	remote->scan.cursor = cursor;
	remote->scan.cursors = join_cursors(cursor, ports->count);
	return remote->scan.cursors <= LISTENER_CURSORS_MAX;
}

static void ask(struct host *host)
{
	struct remote *remote = host->remote;
	struct probe_spec spec = { .ops = &snmp_client_ops,
				   .arg = &remote->arg,
				   .peer = host->peer,
				   .transport = TRANSPORT_UDP,
				   .user = host };

	set_cursors(host->check, remote);
	remote->scan.found = on_row;
	remote->scan.ctx = host;
	listener_scan_start(&remote->scan);
	engine_probe(host->check->engine, &spec);
}

const struct addr *listener_agent_address(const struct addresses_found *found)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->list[i].addr.family == 4)
			return &found->list[i].addr;
	return &found->list[0].addr;
}

static void on_found(void *arg, const struct addresses_found *found)
{
	struct host *host = arg;
	uint16_t port =
		host->peer.port != 0 ? host->peer.port : (uint16_t)host->check->conf.agent_port;

	host->dns_us = found->dns_us;
	if (found->why != NULL) {
		listener_judge_nothing(host, OUT_DNS, found->why, NULL);
		return;
	}
	host->peer = *listener_agent_address(found);
	host->peer.port = port;
	ask(host);
}

static const struct snmp_credentials *
credentials_of(struct check *check, const struct target *target, struct opt_error *error)
{
	const struct snmp_credentials *found =
		snmp_access_find(&check->access, view_of(target->name), error);
	struct snmp_credentials *pinned;

	if (found == NULL || check->conf.engine_id.n == 0)
		return found;
	if (found->engine_id.n > 0 && !view_eq(found->engine_id, check->conf.engine_id)) {
		opt_error_set(error, "the section has another engine-id than --engine-id");
		return NULL;
	}
	pinned = arena_new(&check->arena, 1, sizeof(*pinned));
	*pinned = *found;
	pinned->engine_id = check->conf.engine_id;
	return pinned;
}

static int add_target(struct check *check, const struct target *target, struct out *out)
{
	struct common *common = &check->conf.common;
	struct host *host = arena_new(&check->arena, 1, sizeof(*host));
	struct opt_error error;

	host->check = check;
	host->name = target->name;
	host->dns_us = host->cache_s = -1;
	host->remote = arena_new(&check->arena, 1, sizeof(*host->remote));
	host->remote->arg = (struct snmp_client_arg){
		.api = check->api,
		.credentials = credentials_of(check, target, &error),
		.next = next,
		.ctx = host,
		.retries = TRIES - 1,
		.retry_us = common->timeout_us / TRIES < RETRY_MAX_US ? common->timeout_us / TRIES
								      : RETRY_MAX_US,
		.requests_max = REQUESTS_MAX,
	};
	if (host->remote->arg.credentials == NULL)
		return opt_refuse(&check_listener_program, common,
				  check->conf.credentials.n > 0 ? "credentials" : "credentials-fd",
				  error.text, out);
	host->result = check->many ? result_add(check->report, report_root(check->report),
						view_of(target->name))
				   : report_root(check->report);
	if (!addresses_find(check->engine, common, target, &host->peer.port, on_found, host,
			    &error))
		return check_refuse_target(common, target, error.text, out);
	return OPT_GO_ON;
}

static int open_access(struct check *check, struct out *out)
{
	const struct conf *conf = &check->conf;
	int64_t timeout_us = conf->common.timeout_us;
	struct opt_error error;
	char why[TRACE_WHY_MAX];

	check->access.v2c = conf->v2c;
	check->access.insecure = conf->insecure;
	if (conf->credentials.n > 0 &&
	    !snmp_access_read_file(&check->access, conf->credentials, timeout_us, &error))
		return opt_refuse(&check_listener_program, &conf->common, "credentials", error.text,
				  out);
	if (conf->credentials_fd > 0 &&
	    !snmp_access_read_fd(&check->access, (int)conf->credentials_fd, timeout_us, &error))
		return opt_refuse(&check_listener_program, &conf->common, "credentials-fd",
				  error.text, out);
	check->api = snmp_load(why, sizeof(why));
	return check->api != NULL
		       ? OPT_GO_ON
		       : opt_refuse(&check_listener_program, &conf->common, "hostname", why, out);
}

int listener_run_remote(struct check *check, const struct target_list *targets, struct out *out)
{
	struct engine_conf conf = check_engine_conf(&check->conf.common, &check->arena);
	struct remote probe = { .scanned = false };
	int end = open_access(check, out);

	if (end != OPT_GO_ON)
		return end;
	if (!set_cursors(check, &probe))
		return opt_refuse(&check_listener_program, &check->conf.common, "port",
				  "too many separate ports for an agent: 64 in all", out);
	conf.ctx = check;
	conf.done = done;
	check->engine = engine_new(&conf);
	for (size_t i = 0; i < targets->count && end == OPT_GO_ON; i++)
		end = add_target(check, &targets->item[i], out);
	if (end == OPT_GO_ON)
		engine_run(check->engine);
	engine_free(check->engine);
	return end;
}
