/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frame of a check program; see program.h. */
#define _GNU_SOURCE
#include "check/program.h"

#include "cli/file.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <sys/random.h>

int64_t check_unix_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

uint64_t check_random(void)
{
	uint64_t value;

	if (getrandom(&value, sizeof(value), 0) != (ssize_t)sizeof(value))
		value = (uint64_t)check_unix_us();
	return value;
}

int check_family(const struct common *common)
{
	return common->use_ipv4 ? 4 : common->use_ipv6 ? 6 : 0;
}

struct engine_conf check_engine_conf(const struct common *common, struct arena *arena)
{
	struct engine_conf conf = {
		.timeout_us = common->timeout_us,
		.parallel = (unsigned)common->parallel,
		.rate = (unsigned)common->rate,
		.resolver = common->resolver.n > 0 ? arena_text(arena, common->resolver) : NULL,
	};

	if (common->source.n > 0)
		addr_parse(common->source, &conf.source);
	return conf;
}

int check_render(const struct common *common, const struct report *report, struct out *out)
{
	struct render_conf conf = { .format = common->format,
				    .show = (unsigned)common->show,
				    .verbosity = common->verbose };

	return (int)report_render(report, &conf, out);
}

int check_refuse_target(struct common *common, const struct target *target, const char *why,
			struct out *out)
{
	struct opt_error placed;

	if (target->line == 0)
		return opt_refuse(common->program, common, "hostname", why, out);
	file_error(&placed, arena_text(&common->arena, common->targets), target->line, why);
	return opt_refuse(common->program, common, "targets", placed.text, out);
}

static int check_targets(const struct check_program *check, void *conf, struct out *out)
{
	struct common *common = conf;
	struct target_list targets = { .count = 0 };
	bool wanted = check->wants_targets == NULL || check->wants_targets(conf);
	struct opt_error error;
	int end;

	if (!target_read(common, &common->arena, &targets, &error))
		end = opt_refuse(check->program, common, "targets", error.text, out);
	else if (wanted && targets.count == 0)
		end = opt_refuse(check->program, common, "hostname", "no target given", out);
	else
		end = check->run(conf, &targets, out);
	target_free(&targets);
	return end;
}

/* A signal waits until the engine can end the run with what is known. */
static void hold_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int check_main(const struct check_program *check, void *conf, int argc, char **argv)
{
	struct common *common = conf;
	struct out out;
	int end;

	hold_signals();
	out_init(&out, STDOUT_FILENO);
	end = opt_parse(check->program, conf, argc, argv, &out);
	if (end == OPT_GO_ON)
		end = check_targets(check, conf, &out);
	if (!out_flush(&out))
		end = STATE_UNKNOWN;
	opt_free(common);
	return end;
}
