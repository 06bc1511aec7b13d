/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must hold before anything runs: options that fit together, profiles, queues. */
#define _GNU_SOURCE
#include "send_results.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { HOST_NAME_BYTES = 256 };

/* NULL when all is well, else the option, with a clause. */
static const char *find_misuse(const struct conf *conf, const char **why)
{
	bool wraps = conf->common.command != NULL;
	const struct {
		bool wrong;
		const char *option, *why;
	} rules[] = {
		{ conf->profile.count == 0, "profile", "none is given" },
		{ conf->profile.count > PROFILES_MAX, "profile", "at most 16 in one run" },
		{ conf->of_host && conf->service.n > 0, "host-check", "excludes --service" },
		{ wraps && conf->flush, "flush", "runs no plugin" },
		{ wraps && conf->revive, "revive", "runs no plugin" },
		{ conf->dry_run && (conf->flush || conf->revive), "dry-run",
		  "is for results that are given, not for those that wait" },
		{ wraps && conf->host.n == 0, "host", "is needed to run a plugin" },
		{ wraps && conf->service.n == 0 && !conf->of_host, "service",
		  "is needed to run a plugin (or --host-check)" },
		{ wraps && view_find(conf->host, '{') < conf->host.n, "host",
		  "{...} is for lines, not for a plugin" },
		{ wraps && view_find(conf->service, '{') < conf->service.n, "service",
		  "{...} is for lines, not for a plugin" },
		{ !wraps && !conf->flush && !conf->revive && isatty(STDIN_FILENO) == 1, "flush",
		  "without it results are read from standard input, which is a terminal: give "
		  "lines "
		  "there, or a plugin behind --" },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		*why = rules[i].why;
		if (rules[i].wrong)
			return rules[i].option;
	}
	return NULL;
}

static const char *join(struct arena *arena, const char *folder, const char *name)
{
	struct grow path = { .p = NULL };

	grow_str(&path, folder);
	grow_str(&path, name);
	const char *kept = arena_text(arena, grow_view(&path));
	grow_free(&path);
	return kept;
}

static const char *config_path(struct send *send)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY"), *path = NULL;

	if (send->conf.config.n > 0)
		return arena_text(&send->arena, send->conf.config);
	if (folder != NULL)
		path = join(&send->arena, folder, "/send_results.ini");
	return path != NULL && access(path, F_OK) == 0 ? path : "/etc/voip/send_results.ini";
}

static const char *spool_path(struct send *send)
{
	const char *folder = getenv("STATE_DIRECTORY");

	if (send->conf.spool.n > 0)
		return arena_text(&send->arena, send->conf.spool);
	return folder != NULL && folder[0] != '\0' ? folder : "/var/spool/voip-plugins";
}

static bool is_given_twice(const struct send *send, size_t n)
{
	const struct opt_list *given = &send->conf.profile;

	for (size_t i = 0; i < n; i++)
		if (view_eq(given->item[i], given->item[n]))
			return true;
	return false;
}

static bool read_profiles(struct send *send, struct opt_error *error)
{
	const char *config = config_path(send), *spool = spool_path(send);

	for (size_t i = 0; i < send->conf.profile.count; i++) {
		struct view name = send->conf.profile.item[i];
		if (is_given_twice(send, i))
			return opt_error_value(error, name, "is given twice");
		if (!push_profile_read(&send->lane[i].profile, config, name, spool,
				       send->conf.common.timeout_us, &send->arena, error))
			return false;
		send->lane_count++;
	}
	return true;
}

/* A queue that cannot be used stops no run: what is at hand is still sent. */
static void open_queue(struct lane *lane)
{
	const struct push_profile *profile = &lane->profile;
	struct spool_conf conf = { .folder = profile->spool,
				   .profile = profile->name,
				   .newest_only = profile->sink->newest_only,
				   .max_bytes = profile->max_bytes,
				   .max_age_us = profile->max_age_us };

	if (!spool_open(&conf, &lane->spool, &lane->error))
		lane->spool = NULL;
}

static void make_rule(struct send *send)
{
	const struct conf *conf = &send->conf;
	char *name = arena_new(&send->arena, HOST_NAME_BYTES, 1);
	struct input_rule *rule = &send->rule;

	rule->host = conf->host.n > 0 ? conf->host : VIEW("{name}");
	rule->service = conf->service.n > 0 ? conf->service : VIEW("{check}");
	rule->of_host = conf->of_host;
	rule->ttl_s = conf->ttl_s;
	rule->source = conf->source;
	if (rule->source.n == 0 && gethostname(name, HOST_NAME_BYTES - 1) == 0)
		rule->source = view_of(name);
}

int send_prepare(struct send *send, struct out *out)
{
	const struct program *program = &send_results_program;
	const char *why, *option = find_misuse(&send->conf, &why);
	struct opt_error error;

	if (option != NULL)
		return opt_refuse(program, &send->conf.common, option, why, out);
	if (!read_profiles(send, &error))
		return opt_refuse(program, &send->conf.common, "profile", error.text, out);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* no core file, and no plugin, shows the secrets */
	make_rule(send);
	for (size_t i = 0; i < send->lane_count && !send->conf.dry_run; i++)
		open_queue(&send->lane[i]);
	return OPT_GO_ON;
}
