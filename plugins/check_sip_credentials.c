/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_sip's user and password: from an ini file, a file or a descriptor, never from argv. */
#include "check_sip.h"

#include "cli/file.h"

enum { CREDENTIALS_MAX = 1023 };

static bool holds_control(struct view text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
			return true;
	return false;
}

/* One line USER:PASSWORD. */
static bool read_line(struct check *check, struct file_source *source, struct opt_error *error)
{
	struct file_text file;

	source->max_bytes = CREDENTIALS_MAX;
	source->timeout_us = check->conf.common.timeout_us;
	source->line_only = true;
	if (!file_read(&check->arena, source, &file, error))
		return false;
	if (file.others_can_read)
		return opt_error_set(error, "others can read it; chmod 600");
	if (file.others_own)
		return opt_error_set(error, "it belongs to another user, who can change it");
	struct view password = { file.text, file.n };
	if (password.n > 0 && password.p[password.n - 1] == '\r')
		password.n--;
	struct view user = view_take_until(&password, ':');
	if (user.n == 0 || password.n == 0 || holds_control(user))
		return opt_error_set(error, "the first line is not USER:PASSWORD");
	check->secret = (struct secret){ file.text, file.n };
	check->conf.user = user;
	check->conf.password = password;
	return true;
}

int check_sip_credentials(struct check *check, struct out *out)
{
	const struct program *program = &check_sip_program;
	const struct conf *conf = &check->conf;
	const struct common *common = &conf->common;
	struct file_source source = { .path = NULL };
	struct opt_error error;
	char why[TRACE_WHY_MAX];

	if (conf->credentials_file.n > 0) {
		source.path = arena_text(&check->arena, conf->credentials_file);
		if (!read_line(check, &source, &error))
			return opt_refuse(program, common, "credentials-file", error.text, out);
	} else if (conf->credentials_fd != 0) {
		source.fd = (int)conf->credentials_fd;
		if (!read_line(check, &source, &error))
			return opt_refuse(program, common, "credentials-fd", error.text, out);
	}
	if ((conf->user.n > 0) != (conf->password.n > 0))
		return opt_refuse(program, common, conf->user.n > 0 ? "user" : "password",
				  "user and password go together", out);
	if (conf->user.n == 0)
		return OPT_GO_ON;
	const struct tls_api *api = tls_load(why, sizeof(why));
	if (api == NULL)
		return opt_refuse(program, common, "user", why, out);
	check->profile.credentials =
		(struct sip_credentials){ conf->user, conf->password, api->digest };
	return OPT_GO_ON;
}
