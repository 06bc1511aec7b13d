/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which options of check_listener go together. */
#include "check_listener.h"

#include "cli/file.h"
#include "local/users.h"

static int refuse(const struct check *check, const char *option, const char *clause,
		  struct out *out)
{
	return opt_refuse(&check_listener_program, &check->conf.common, option, clause, out);
}

static const char *agent_option(const struct conf *conf)
{
	return conf->credentials.n > 0	     ? "credentials"
	       : conf->credentials_fd > 0    ? "credentials-fd"
	       : conf->engine_id.n > 0	     ? "engine-id"
	       : conf->v2c		     ? "v2c"
	       : conf->insecure		     ? "insecure"
	       : conf->common.source.n > 0   ? "source"
	       : conf->common.resolver.n > 0 ? "resolver"
	       : conf->common.use_ipv4	     ? "use-ipv4"
	       : conf->common.use_ipv6	     ? "use-ipv6"
					     : NULL;
}

static int check_local(const struct check *check, struct out *out)
{
	const char *option = agent_option(&check->conf);

	if (check->conf.common.warning.set || check->conf.common.critical.set)
		return refuse(check, check->conf.common.warning.set ? "warning" : "critical",
			      "is about an agent's time, and -H names none", out);
	return option == NULL ? OPT_GO_ON
			      : refuse(check, option, "is about an agent, and -H names none", out);
}

static int check_remote(const struct check *check, const struct target_list *targets,
			struct out *out)
{
	const struct conf *conf = &check->conf;

	if (conf->user.count > 0)
		return refuse(check, "user", "agents tell no users; only for this host", out);
	if (conf->unit.count > 0)
		return refuse(check, "unit", "agents tell no units; only for this host", out);
	if (conf->credentials.n > 0 && conf->credentials_fd > 0)
		return refuse(check, "credentials", "and --credentials-fd exclude each other", out);
	if (conf->credentials.n == 0 && conf->credentials_fd == 0)
		return refuse(check, "hostname",
			      "an agent is asked with --credentials; this host is looked at "
			      "without -H",
			      out);
	if (conf->engine_id.n > 0 && conf->v2c)
		return refuse(check, "engine-id", "SNMPv2c has no engines", out);
	if (conf->engine_id.n > 0 && targets->count > 1)
		return refuse(check, "engine-id",
			      "is of one agent; for several use engine-id in the credentials file",
			      out);
	return OPT_GO_ON;
}

static int find_users(struct check *check, struct out *out)
{
	const struct opt_list *users = &check->conf.user;
	struct opt_error error;

	check->uid = arena_new(&check->arena, users->count + 1, sizeof(*check->uid));
	for (size_t i = 0; i < users->count; i++) {
		if (!local_user_find(users->item[i], &check->uid[i])) {
			opt_error_value(&error, users->item[i], "is no user of /etc/passwd");
			return refuse(check, "user", error.text, out);
		}
	}
	return OPT_GO_ON;
}

static int read_allow(struct check *check, struct out *out)
{
	struct wish_list *ports = &check->conf.ports;
	struct file_source source = { .max_bytes = ALLOW_BYTES_MAX,
				      .timeout_us = check->conf.common.timeout_us };
	struct opt_error error, why;
	struct file_text file;
	unsigned line;

	if (check->conf.allow.n == 0)
		return OPT_GO_ON;
	source.path = arena_text(&check->arena, check->conf.allow);
	if (!file_read(&check->arena, &source, &file, &error))
		return refuse(check, "allow", error.text, out);
	if (!listener_parse_allow(&check->allowed, (struct view){ file.text, file.n },
				  &check->arena, &line, &why)) {
		file_error(&error, source.path, line, why.text);
		return refuse(check, "allow", error.text, out);
	}
	for (size_t i = 0; i < ports->count; i++)
		if (ports->item[i].kind == WISH_REPORT)
			ports->item[i].kind = WISH_ALLOWED;
	return OPT_GO_ON;
}

int listener_check_options(struct check *check, const struct target_list *targets, struct out *out)
{
	const struct conf *conf = &check->conf;
	int end;

	if (conf->ports.count == 0)
		listener_default_ports(check);
	if (conf->ports.required > PORTS_REQUIRED_MAX)
		return refuse(
			check, "port",
			"too many ports that must be bound: 4096 in all; whole ranges go with "
			"--allow",
			out);
	end = targets->count > 0 ? check_remote(check, targets, out) : check_local(check, out);
	if (end == OPT_GO_ON)
		end = find_users(check, out);
	return end == OPT_GO_ON ? read_allow(check, out) : end;
}
