/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_sip: does a SIP server answer, how fast, with which code, and what is wrong when not. */
#define _GNU_SOURCE
#include "check_sip.h"

#include "base/escape.h"
#include "base/text.h"
#include "proto/sip_trace.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CREDENTIALS_MAX = 1024 };

static int refuse(const struct check *check, const char *option, const char *clause,
		  struct out *out)
{
	return opt_refuse(&check_sip_program, &check->conf.common, option, clause, out);
}

static const char *arena_cstr(struct check *check, struct view text)
{
	return text.n > 0 ? arena_text(&check->arena, text) : NULL;
}

/* Takes the first line USER:PASSWORD; NULL or what is wrong. */
static const char *read_credentials(struct check *check, int fd)
{
	char *line = arena_new(&check->arena, CREDENTIALS_MAX, 1);
	size_t n = 0;
	ssize_t got = 1;

	while (n < CREDENTIALS_MAX && (got = read(fd, line + n, CREDENTIALS_MAX - n)) > 0)
		n += (size_t)got;
	if (got < 0)
		return strerror(errno);
	struct view text = { line, n };
	struct view password = view_take_until(&text, '\n');
	if (password.n == CREDENTIALS_MAX)
		return "the first line is longer than 1023 bytes";
	if (password.n > 0 && password.p[password.n - 1] == '\r')
		password.n--;
	struct view user = view_take_until(&password, ':');
	if (user.n == 0 || password.n == 0)
		return "the first line is not USER:PASSWORD";
	check->conf.user = user;
	check->conf.password = password;
	return NULL;
}

static const char *read_credentials_file(struct check *check)
{
	int fd = open(arena_cstr(check, check->conf.credentials_file), O_RDONLY | O_CLOEXEC);
	const char *why = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		why = strerror(errno);
	else if (S_ISREG(st.st_mode) && (st.st_mode & (S_IRGRP | S_IROTH)) != 0)
		why = "others can read it; chmod 600";
	else
		why = read_credentials(check, fd);
	if (fd >= 0)
		close(fd);
	return why;
}

static int load_credentials(struct check *check, struct out *out)
{
	const struct conf *conf = &check->conf;
	const char *why = NULL;
	char load_why[TRACE_WHY_MAX];

	if (conf->credentials_file.n > 0)
		why = read_credentials_file(check);
	if (why != NULL)
		return refuse(check, "credentials-file", why, out);
	if (conf->credentials_fd != 0)
		why = read_credentials(check, (int)conf->credentials_fd);
	if (why != NULL)
		return refuse(check, "credentials-fd", why, out);
	if ((conf->user.n > 0) != (conf->password.n > 0))
		return refuse(check, conf->user.n > 0 ? "user" : "password",
			      "user and password go together", out);
	if (conf->user.n == 0)
		return OPT_GO_ON;
	const struct tls_api *api = tls_load(load_why, sizeof(load_why));
	if (api == NULL)
		return refuse(check, "user", load_why, out);
	check->profile.credentials =
		(struct sip_credentials){ conf->user, conf->password, api->digest };
	return OPT_GO_ON;
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
	if (conf->client_key.n > 0 && conf->client_cert.n == 0)
		return refuse(check, "client-key", "needs --client-cert", out);
	return load_credentials(check, out);
}

static void trace_line(void *arg, struct view line)
{
	struct sip_probe *probe = arg;

	result_detail(probe->target->check->report, probe->result, 1, line);
}

static void tap(void *ctx, const struct probe_spec *spec, enum tap_event event, int64_t now_us,
		struct view bytes)
{
	const struct check *check = ctx;
	struct sip_probe *probe = spec->user;

	if (probe->first_us == 0)
		probe->first_us = now_us;
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
	const struct common *common = &check->conf.common;
	struct engine_conf conf = {
		.timeout_us = common->timeout_us,
		.parallel = (unsigned)common->parallel,
		.rate = (unsigned)common->rate,
		.resolver = arena_cstr(check, common->resolver),
		.tls = &check->tls,
		.ctx = check,
		.done = check_sip_judge,
		.tap = common->verbose > 0 ? tap : NULL,
	};

	if (common->source.n > 0)
		addr_parse(common->source, &conf.source);
	return engine_new(&conf);
}

static int run(struct check *check, const struct target_list *targets, struct out *out)
{
	const struct common *common = &check->conf.common;
	int end = set_profile(check, out);

	if (end != OPT_GO_ON)
		return end;
	check->report = report_new(check_sip_program.report);
	report_keep(check->report, common->format >= FORMAT_JSON, common->verbose);
	set_thresholds(check);
	check->engine = make_engine(check);
	check->now = time(NULL);
	end = check_sip_prepare(check, targets, out);
	if (end == OPT_GO_ON) {
		check_sip_judge_run(check, engine_run(check->engine));
		end = (int)report_render(check->report,
					 &(struct render_conf){ .format = common->format,
								.show = (unsigned)common->show,
								.verbosity = common->verbose },
					 out);
	}
	engine_free(check->engine);
	report_free(check->report);
	return end;
}

static int check_targets(struct check *check, struct out *out)
{
	struct target_list targets = { .count = 0 };
	struct opt_error error;
	int end;

	if (!target_read(&check->conf.common, &check->arena, &targets, &error))
		end = refuse(check, "targets", error.text, out);
	else if (targets.count == 0)
		end = refuse(check, "hostname", "no target given", out);
	else
		end = run(check, &targets, out);
	target_free(&targets);
	return end;
}

int main(int argc, char **argv)
{
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
	struct out out;
	int end;

	signal(SIGPIPE, SIG_IGN);
	out_init(&out, STDOUT_FILENO);
	end = opt_parse(&check_sip_program, &check.conf, argc, argv, &out);
	if (end == OPT_GO_ON)
		end = check_targets(&check, &out);
	if (!out_flush(&out))
		end = STATE_UNKNOWN;
	arena_free(&check.arena);
	opt_free(&check.conf.common);
	return end;
}
