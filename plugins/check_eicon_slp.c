/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_eicon_slp: what answers on port 1440 or 427, and what it gives away. */
#include "check_eicon_slp.h"

#include <string.h>

/* A profile's captures follow the program's own metrics. */
static void add_captures(struct check *check)
{
	size_t at = METRICS;

	check->spec = *check_eicon_slp_program.report;
	memcpy(check->metric, check->spec.metric, METRICS * sizeof(check->metric[0]));
	for (size_t i = 0; i < check->profile.count; i++) {
		const struct mask *expect = &check->profile.probe[i].expect;
		for (unsigned k = 0; k < expect->captures; k++)
			check->metric[at++] = (struct metric_spec){
				.label = expect->capture[k].name,
				.fold = FOLD_MAX,
				.meaning = "a capture of the profile",
			};
	}
	if (eicon_asks_raw(&check->conf))
		check->spec.noun = "probes";
	check->spec.metric = check->metric;
	check->spec.metric_count = at;
}

static struct report *make_report(struct check *check)
{
	const struct conf *conf = &check->conf;

	add_captures(check);
	struct report *report = report_new(&check->spec);
	report_keep(report, conf->common.format >= FORMAT_JSON, conf->common.verbose);
	report_thresholds(report, METRIC_TIME, &conf->common.warning, &conf->common.critical);
	report_thresholds(report, METRIC_AMPLIFICATION, &conf->amplification.warning,
			  &conf->amplification.critical);
	return report;
}

static struct traced *traced_of(const struct check *check, const struct probe_spec *spec)
{
	if (check->group != NULL)
		return &check->group->traced;
	if (eicon_asks_raw(&check->conf)) {
		struct raw_probe *probe = spec->user;
		return &probe->traced;
	}
	struct slp_address *address = spec->user;
	return &address->traced;
}

static void tap(void *ctx, const struct probe_spec *spec, enum tap_event event, int64_t now_us,
		const struct addr *other, struct view bytes)
{
	struct check *check = ctx;
	struct traced *traced = traced_of(check, spec);

	if (check->recording != NULL)
		recording_add(check->recording, spec, event, other, bytes);
	if (check->conf.common.verbose > 0)
		eicon_tell_message(check, traced, spec->transport, event, now_us, other, bytes);
}

void eicon_done(void *ctx, const struct probe_spec *spec, const void *state,
		const struct trace *trace)
{
	struct check *check = ctx;

	if (check->group != NULL)
		eicon_group_done(check, spec, state, trace);
	else if (eicon_asks_raw(&check->conf))
		eicon_raw_done(check, spec, state, trace);
	else
		eicon_address_done(check, spec, state, trace);
}

static struct engine *make_engine(struct check *check)
{
	const struct conf *conf = &check->conf;
	struct engine_conf engine = check_engine_conf(&conf->common, &check->arena);

	if (conf->listen_us > 0)
		engine.timeout_us = conf->listen_us + conf->common.timeout_us;
	engine.ctx = check;
	engine.done = eicon_done;
	engine.tap = conf->common.verbose > 0 || conf->dump_path.n > 0 ? tap : NULL;
	return engine_new(&engine);
}

static int run_checks(struct check *check, const struct target_list *targets, struct out *out)
{
	struct opt_error error;
	int end;

	check->report = make_report(check);
	check->engine = make_engine(check);
	end = eicon_asks_group(&check->conf) ? eicon_add_group(check, out)
					     : eicon_prepare(check, targets, out);
	if (end == OPT_GO_ON && check->conf.dump_path.n > 0 && !recording_open(check, &error))
		end = eicon_refuse(check, "dump-hex", error.text, out);
	if (end == OPT_GO_ON) {
		engine_run(check->engine);
		eicon_judge_run(check);
		if (check->recording != NULL && !recording_close(check->recording, &error)) {
			result_also(check->report, report_root(check->report), view_of(error.text));
			result_raise(report_root(check->report), STATE_UNKNOWN);
		}
		end = check_render(&check->conf.common, check->report, out);
	}
	engine_free(check->engine);
	report_free(check->report);
	return end;
}

static int run(void *arg, const struct target_list *targets, struct out *out)
{
	struct check *check = arg;
	int end = eicon_check_options(check, targets, out);

	return end == OPT_GO_ON ? run_checks(check, targets, out) : end;
}

int main(int argc, char **argv)
{
	static const struct check_program eicon_slp = { .program = &check_eicon_slp_program,
							.run = run,
							.wants_targets = eicon_wants_targets };
	struct check check = { .conf = { .transports = TRANSPORTS_NOT_GIVEN } };
	int end = check_main(&eicon_slp, &check, argc, argv);

	reply_wish_free(&check.conf.wish);
	arena_free(&check.arena);
	return end;
}
