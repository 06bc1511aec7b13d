/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_rtp: which UDP ports of an RTP range answer, and what is proven of the others. */
#define _GNU_SOURCE
#include "check_rtp.h"

#include "base/escape.h"
#include "cli/port_file.h"

/* Where a closed port is likely: above the usual ephemeral ports, and where traceroute looks. */
static const struct port_range CANARIES[] = { { 33434, 33523 }, { 61000, 65535 } };

static bool is_asked_for(const struct view *option)
{
	return option->n > 0;
}

/* What is asked, what is never sent to, and where canaries may be. */
static int set_ports(struct check *check, struct out *out)
{
	const struct conf *conf = check->conf;
	struct port_set never = conf->exclude;
	struct opt_error error;

	if (is_asked_for(&conf->exclude_from) &&
	    !port_file_read(arena_text(check->arena, conf->exclude_from), conf->common.timeout_us,
			    check->arena, &never, &error))
		return check_rtp_refuse(check, "exclude-from", error.text, out);
	check->unprobed = never;
	port_set_keep(&check->unprobed, &conf->ports);
	port_set_remove(&check->unprobed, &conf->bound);
	port_set_join(&never, &conf->bound);
	check->asked = conf->ports;
	port_set_remove(&check->asked, &never);
	if (port_set_next(&check->asked, 0) == 0)
		return check_rtp_refuse(check, "port", "all of its ports are excluded or bound",
					out);
	for (size_t i = 0; i < sizeof(CANARIES) / sizeof(CANARIES[0]); i++)
		port_set_add(&check->canaries, CANARIES[i]);
	port_set_remove(&check->canaries, &never);
	port_set_remove(&check->canaries, &conf->ports);
	return OPT_GO_ON;
}

static void set_payload(struct check *check)
{
	static const char *const name[] = { "RTCP", "RTP", "STUN" };
	static const enum media_probe probe[] = { MEDIA_PROBE_RTCP, MEDIA_PROBE_RTP,
						  MEDIA_PROBE_STUN };
	const struct conf *conf = check->conf;
	struct wr w = wr_over(arena_new(check->arena, MEDIA_PROBE_BYTES, 1), MEDIA_PROBE_BYTES);

	wr_media_probe(&w, probe[conf->payload], check_random(), check_unix_us());
	check->payload = conf->hex.given ? conf->hex.bytes : wr_view(&w);
	check->payload_name = conf->hex.given ? "--send-hex" : name[conf->payload];
}

/* Files are read before the first packet: what is wrong with them costs nobody anything. */
static int read_files(struct check *check, struct out *out)
{
	struct opt_error error;

	if (is_asked_for(&check->conf->compare) && !check_rtp_read_inside(check, &error))
		return check_rtp_refuse(check, "compare", error.text, out);
	if (is_asked_for(&check->conf->state_file) && !check_rtp_remember(check, &error))
		return check_rtp_refuse(check, "state-file", error.text, out);
	return OPT_GO_ON;
}

static void add_peer(struct check *check, const struct addr *peer)
{
	for (size_t i = 0; i < check->peers; i++)
		if (addr_same_ip(&check->peer[i], peer))
			return;
	if (check->peers < HOSTS_MAX)
		check->peer[check->peers++] = *peer;
	else
		check->too_many = true;
}

static void on_resolved(void *arg, const struct resolve_answer *answer)
{
	struct check *check = arg;
	struct wr w = wr_over(check->why, sizeof(check->why) - 1);

	if (!answer->ok)
		wr_put(&w, view_first(view_of(answer->why), w.cap));
	for (size_t i = 0; answer->ok && i < answer->count; i++)
		add_peer(check, &answer->list[i].addr);
}

/* Fills check->peer from an address or a name. */
static int find_peers(struct check *check, struct engine *engine, const struct target *target,
		      struct out *out)
{
	struct common *common = &check->conf->common;
	struct addr numeric = { .family = 0 };
	struct opt_error error;
	struct view host;
	uint16_t port;
	int family = check_family(common);

	if (!target_split(view_of(target->spec), &host, &port, &error)) {
		struct opt_error why = error;
		opt_error_value(&error, view_of(target->spec), "%s", why.text);
		return check_refuse_target(common, target, error.text, out);
	}
	if (port != 0)
		return check_refuse_target(common, target, "ports belong into --port", out);
	if (!addr_parse(host, &numeric)) {
		struct resolve_query query = { .host = host,
					       .port = 1,
					       .transport_given = true,
					       .transport = TRANSPORT_UDP,
					       .no_service = true,
					       .family = family };
		engine_resolve(engine, &query, on_resolved, check);
		check->end = engine_run(engine);
		return OPT_GO_ON;
	}
	if (family != 0 && numeric.family != family)
		return check_refuse_target(common, target, "not an address of that family", out);
	add_peer(check, &numeric);
	return OPT_GO_ON;
}

static int check_peers(const struct check *check, const struct target *target, struct out *out)
{
	struct opt_error error;

	if (check->too_many) {
		opt_error_set(&error, "has more than %d addresses; choose one", HOSTS_MAX);
		return check_refuse_target(&check->conf->common, target, error.text, out);
	}
	if (check->peers > 1 && check->conf->common.rate < check->peers)
		return check_rtp_refuse(check, "rate", "is less than one for each address", out);
	if (check->peers > 1 && check->conf->packets < check->peers)
		return check_rtp_refuse(check, "packets", "is less than one for each address", out);
	if (check->memory == NULL || check->peers == 0)
		return OPT_GO_ON;
	if (check->peers > 1)
		return check_rtp_refuse(
			check, "state-file",
			"belongs to one address, and the target has several; choose "
			"with -4, -6 or the address itself",
			out);
	if (!check_rtp_memory_fits(check, &check->peer[0], &error))
		return check_rtp_refuse(check, "state-file", error.text, out);
	return OPT_GO_ON;
}

/* The caps are of the run, so each address has its share. */
static void init_sweep(struct check *check, struct udp_sweep *sweep, const struct addr *peer)
{
	const struct conf *conf = check->conf;
	unsigned share = (unsigned)(conf->common.rate / check->peers);
	struct sweep_conf plan = {
		.ports = &check->asked,
		.canaries = &check->canaries,
		.proven_age_s = check->proven_age_s,
		.seed = check_random(),
		.rate = addr_is_loopback(peer) ? 0 : share,
		.passes = (unsigned)conf->passes,
		.prove_us = conf->prove_us,
		.packets_max = conf->packets / check->peers,
	};

	sweep->peer = *peer;
	sweep->payload = check->payload;
	sweep->plan = mem_new(1, sizeof(*sweep->plan));
	sweep_init(sweep->plan, &plan, engine_clock_us());
}

static void run_sweeps(struct check *check, const struct engine_conf *engine)
{
	struct rtp_progress *progress = check_rtp_progress_new(check);
	struct udp_sweep_conf conf = {
		.source = engine->source,
		.deadline_us = check->began_us + check->conf->common.timeout_us,
		.progress = progress != NULL ? check_rtp_progress : NULL,
		.ctx = progress,
	};
	int64_t started_us = engine_clock_us();

	check->sweep = mem_new(check->peers, sizeof(*check->sweep));
	for (size_t i = 0; i < check->peers; i++)
		init_sweep(check, &check->sweep[i], &check->peer[i]);
	check->end = udp_sweep_run(check->sweep, check->peers, &conf);
	check->took_us = engine_clock_us() - started_us;
	check_rtp_progress_end(progress);
}

static void judge_sweeps(struct check *check)
{
	struct rtp_host *host = arena_new(check->arena, check->peers, sizeof(*host));
	struct opt_error error;

	for (size_t i = 0; i < check->peers; i++) {
		bool kept = true;
		host[i].check = check;
		host[i].peer = check->peer[i];
		host[i].sweep = &check->sweep[i];
		host[i].result = result_add(check->report, report_root(check->report), check->name);
		check_rtp_take_stock(&host[i]);
		if (check->memory != NULL && host[i].counts.packets > 0)
			kept = check_rtp_keep(check, &host[i], &error);
		check_rtp_judge(&host[i], kept ? NULL : error.text);
		mem_free(check->sweep[i].plan);
	}
	mem_free(check->sweep);
}

static int sweep_and_render(struct check *check, const struct engine_conf *engine, struct out *out)
{
	const struct conf *conf = check->conf;
	int end;

	check->report = report_new(check_rtp_program.report);
	report_keep(check->report, conf->common.format >= FORMAT_JSON, conf->common.verbose);
	report_thresholds(check->report, METRIC_ANSWERING, &conf->answering.warning,
			  &conf->answering.critical);
	report_thresholds(check->report, METRIC_OPEN, &conf->open.warning, &conf->open.critical);
	if (check->peers > 0) {
		run_sweeps(check, engine);
		judge_sweeps(check);
	} else if (check->end == ENGINE_SIGNAL) {
		check_rtp_judge_nothing(check, OUT_INTERRUPTED, "during the name lookup");
	} else {
		check_rtp_judge_nothing(check, OUT_DNS, check->why);
	}
	end = check_render(&conf->common, check->report, out);
	out_put(out, wr_view(&check->drawing));
	mem_free(check->drawing.p);
	report_free(check->report);
	return end;
}

static int check_target(struct check *check, const struct target *target, struct out *out)
{
	struct engine_conf conf = check_engine_conf(&check->conf->common, check->arena);
	struct engine *engine;
	int end = set_ports(check, out);

	if (end == OPT_GO_ON)
		end = read_files(check, out);
	if (end != OPT_GO_ON)
		return end;
	set_payload(check);
	check->name = view_of(target->name);
	conf.timeout_us -= engine_clock_us() - check->began_us;
	engine = engine_new(&conf); /* lives until the end: it keeps signals from being lost */
	end = find_peers(check, engine, target, out);
	if (end == OPT_GO_ON)
		end = check_peers(check, target, out);
	if (end == OPT_GO_ON)
		end = sweep_and_render(check, &conf, out);
	engine_free(engine);
	return end;
}

static int run(void *conf, const struct target_list *targets, struct out *out)
{
	struct check *check = mem_new(1, sizeof(*check));
	int end;

	check->began_us = engine_clock_us();
	check->conf = conf;
	check->arena = &check->conf->common.arena;
	check->now = check_unix_us() / 1000000;
	check->file.lock = -1;
	end = check_rtp_options(check, out);
	if (end == OPT_GO_ON) {
		if (check->conf->local)
			end = check_rtp_local(check, out);
		else if (targets->count > 1)
			end = check_refuse_target(
				&check->conf->common, &targets->item[1],
				"one target for each run: a sweep is thousands of "
				"datagrams",
				out);
		else
			end = check_target(check, &targets->item[0], out);
	}
	check_rtp_forget(check);
	mem_free(check);
	return end;
}

static bool wants_targets(const void *conf)
{
	return !((const struct conf *)conf)->local;
}

int main(int argc, char **argv)
{
	static const struct check_program program = { &check_rtp_program, run, wants_targets };
	struct conf conf = {
		.passes = 2, .packets = 200000, .prove_us = 30000000, .max_age_us = 86400000000
	};

	return check_main(&program, &conf, argc, argv);
}
