/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_listener: who owns a port, on this host and by SNMP on others. */
#include "check_listener.h"

static bool wants_targets(const void *conf)
{
	(void)conf;
	return false; /* without any: this host */
}

static void make_report(struct check *check)
{
	const struct common *common = &check->conf.common;

	check->report = report_new(check_listener_program.report);
	report_keep(check->report, common->format >= FORMAT_JSON, common->verbose);
	report_thresholds(check->report, METRIC_TIME, &common->warning, &common->critical);
}

static int run(void *arg, const struct target_list *targets, struct out *out)
{
	struct check *check = arg;
	int end;

	if (check->conf.derive_keys.n > 0)
		return listener_derive_keys(check, targets, out);
	end = listener_check_options(check, targets, out);
	if (end != OPT_GO_ON)
		return end;
	check->many = targets->count > 1;
	make_report(check);
	if (targets->count == 0)
		listener_run_local(check);
	else
		end = listener_run_remote(check, targets, out);
	if (end == OPT_GO_ON)
		end = check_render(&check->conf.common, check->report, out);
	report_free(check->report);
	return end;
}

int main(int argc, char **argv)
{
	static const struct check_program listener = { .program = &check_listener_program,
						       .run = run,
						       .wants_targets = wants_targets };
	struct check check = { .conf = { .agent_port = AGENT_PORT } };
	int end = check_main(&listener, &check, argc, argv);

	snmp_access_free(&check.access);
	listener_wishes_free(&check.conf.ports);
	listener_wishes_free(&check.allowed);
	arena_free(&check.arena);
	return end;
}
