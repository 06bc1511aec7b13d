/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_sip: does a SIP server answer, how fast, with which code, and what is wrong when not. */
#define _POSIX_C_SOURCE 200809L
#include "check_sip.h"

#include "check/program.h"
#include "proto/sip_trace.h"

#include <math.h>

enum { DRAWN_MAX = 100 };

static int refuse(const struct check *check, const char *option, const char *clause,
		  struct out *out)
{
	return opt_refuse(&check_sip_program, &check->conf.common, option, clause, out);
}

static const char *arena_cstr(struct check *check, struct view text)
{
	return text.n > 0 ? arena_text(&check->arena, text) : NULL;
}

static int set_profile(struct check *check, struct out *out)
{
	const struct conf *conf = &check->conf;

	check->profile = (struct sip_profile){
		.method = conf->method,
		.from = conf->from,
		.to = conf->to,
		.contact = conf->contact,
		.user_agent = conf->user_agent.n > 0
				      ? conf->user_agent
				      : VIEW("check_sip/" PACKAGE_VERSION " (monitoring)"),
		.header = conf->header.item,
		.header_count = conf->header.count,
		.max_forwards = (unsigned)conf->max_forwards,
		.t1_us = conf->t1_us,
		.count = (unsigned)conf->count,
		.interval_us = conf->interval_us,
	};
	check->tls = (struct tls_conf){
		.ca_file = arena_cstr(check, conf->ca_file),
		.client_cert = arena_cstr(check, conf->client_cert),
		.client_key = arena_cstr(check, conf->client_key.n > 0 ? conf->client_key
								       : conf->client_cert),
		.min_version = conf->min_tls == 0 ? 12 : 13,
		.no_verify = conf->no_verify,
		.sip_identity = conf->sip_identity,
	};
	if ((int64_t)(conf->count - 1) * conf->interval_us >= conf->common.timeout_us)
		return refuse(check, "count", "the series is longer than --timeout", out);
	if (conf->quorum > 0 && !conf->all_targets && conf->transports.count < 2)
		return refuse(check, "quorum", "needs --all-targets or several --transport", out);
	if (conf->client_key.n > 0 && conf->client_cert.n == 0)
		return refuse(check, "client-key", "needs --client-cert", out);
	return check_sip_credentials(check, out);
}

static void trace_line(void *arg, struct view line)
{
	struct sip_probe *probe = arg;

	result_detail(probe->target->check->report, probe->result, 1, line);
}

static void tap(void *ctx, const struct probe_spec *spec, enum tap_event event, int64_t now_us,
		const struct addr *other, struct view bytes)
{
	const struct check *check = ctx;
	struct sip_probe *probe = spec->user;

	(void)other;
	if (probe->first_us == 0)
		probe->first_us = now_us;
	if (++probe->drawn > DRAWN_MAX) {
		if (probe->drawn == DRAWN_MAX + 1)
			trace_line(probe, VIEW("(further messages are not shown)"));
		return;
	}
	sip_trace_draw(check->conf.common.verbose, event == TAP_SENT, now_us - probe->first_us,
		       bytes, trace_line, probe);
}

static void set_thresholds(struct check *check)
{
	static const enum sip_metric by_pair[] = { METRIC_LOSS, METRIC_JITTER, METRIC_CERT_DAYS };
	const struct conf *conf = &check->conf;
	const struct range_pair *pair[] = { &conf->loss, &conf->jitter, &conf->certificate };

	report_thresholds(check->report, METRIC_TIME, &conf->common.warning,
			  &conf->common.critical);
	for (size_t i = 0; i < sizeof(by_pair) / sizeof(by_pair[0]); i++)
		report_thresholds(check->report, by_pair[i], &pair[i]->warning, &pair[i]->critical);
}

static struct engine *make_engine(struct check *check)
{
	struct engine_conf conf = check_engine_conf(&check->conf.common, &check->arena);

	conf.tls = &check->tls;
	conf.ctx = check;
	conf.done = check_sip_judge;
	conf.tap = check->conf.common.verbose > 0 ? tap : NULL;
	return engine_new(&conf);
}

static int run(void *arg, const struct target_list *targets, struct out *out)
{
	struct check *check = arg;
	int end = set_profile(check, out);

	if (end != OPT_GO_ON)
		return end;
	check->report = report_new(check_sip_program.report);
	report_keep(check->report, check->conf.common.format >= FORMAT_JSON,
		    check->conf.common.verbose);
	set_thresholds(check);
	check->engine = make_engine(check);
	check->now = time(NULL);
	end = check_sip_prepare(check, targets, out);
	if (end == OPT_GO_ON) {
		engine_run(check->engine);
		check_sip_judge_run(check);
		end = check_render(&check->conf.common, check->report, out);
	}
	engine_free(check->engine);
	report_free(check->report);
	return end;
}

int main(int argc, char **argv)
{
	static const struct check_program sip = { .program = &check_sip_program, .run = run };
	struct check check = {
		.conf = { .max_forwards = 70,
			  .t1_us = SIP_T1_US,
			  .count = 1,
			  .interval_us = 1000000,
			  .loss = { .warning = { true, false, 0, 0 },
				    .critical = { true, false, 0, 50 } },
			  .certificate = { .warning = { true, false, 21, INFINITY },
					   .critical = { true, false, 7, INFINITY } } },
	};
	int end = check_main(&sip, &check, argc, argv);

	mem_wipe(check.secret.p, check.secret.n);
	arena_free(&check.arena);
	return end;
}
