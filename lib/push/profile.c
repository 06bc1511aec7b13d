/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profiles from an ini file; see profile.h. A key's row says which sinks have it and where it goes. */
#include "push/profile.h"

#include "base/text.h"
#include "cli/extra_opts.h"
#include "cli/file.h"
#include "push/sink.h"

#include <fcntl.h>
#include <stdlib.h>

enum { SECRET_BYTES_MAX = 4096, BYTES_DEFAULT = 64 * 1024 * 1024, AGE_DEFAULT_S = 604800 };

const struct term profile_keys[PROFILE_KEYS] = {
	{ "sink", "all", "How results are handed over; see below." },
	{ "url", "HTTP",
	  "Where: https://HOST[:PORT][/PATH]. A secret goes over http:// to "
	  "loopback addresses only." },
	{ "user", "HTTP", "User of basic authentication." },
	{ "password", "HTTP", "Its password. The file must not be readable by others." },
	{ "password_file", "HTTP",
	  "The first line of a file instead; without a slash a "
	  "file of $CREDENTIALS_DIRECTORY." },
	{ "password_fd", "HTTP", "The first line of an open descriptor instead." },
	{ "token", "nrdp influxdb", "Token in place of user and password." },
	{ "token_file", "nrdp influxdb", "The same as password_file." },
	{ "token_fd", "nrdp influxdb", "The same as password_fd." },
	{ "ca", "HTTP", "File of certificates to trust. Default: the system's." },
	{ "tls_name", "HTTP",
	  "The name in the receiver's certificate when it is not the host of "
	  "the url: Icinga's hold the node's name only." },
	{ "cert", "HTTP", "Client certificate, PEM." },
	{ "key", "HTTP", "Its key, PEM; others must not be able to read it." },
	{ "proxy", "HTTP", "Default: none, whatever the environment says." },
	{ "job", "pushgateway", "The first part of the grouping key. Default: voip." },
	{ "database", "influxdb", "Name of the database." },
	{ "path", "files", "The folder (nagios-spool, textfile) or the pipe (nagios-pipe)." },
	{ "spool", "all", "Folder of the queues. Default: that of --spool." },
	{ "max_bytes", "all",
	  "The queue's cap, and that of refused results; the oldest go "
	  "first. Default: 67108864." },
	{ "max_age", "all",
	  "Seconds after its end when a queued result is dropped. Default: 604800." },
};

struct reader {
	struct push_profile *profile;
	struct arena *arena;
	int64_t timeout_us;
	const char *given[PROFILE_KEYS];
};

static size_t index_of(struct view key)
{
	size_t i = 0;

	while (i < PROFILE_KEYS && !view_eq(key, view_of(profile_keys[i].name)))
		i++;
	return i;
}

/* NULL when it is not given. */
static const char *get(const struct reader *reader, const char *key)
{
	return reader->given[index_of(view_of(key))];
}

static bool is_listed(struct view words, struct view word)
{
	while (words.n > 0)
		if (view_eq(view_take_until(&words, ' '), word))
			return true;
	return false;
}

static bool fits_sink(const struct term *key, const struct sink *sink)
{
	struct view kind = view_of(key->kind);

	if (view_eq(kind, VIEW("all")))
		return true;
	if (view_eq(kind, VIEW("HTTP")))
		return sink->request != NULL;
	if (view_eq(kind, VIEW("files")))
		return sink->write != NULL;
	return is_listed(kind, view_of(sink->name));
}

/* A relative name is one of the credentials that systemd has laid out. */
static const char *credential_path(struct arena *arena, const char *name)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	struct grow path = { .p = NULL };

	if (view_find(view_of(name), '/') < view_of(name).n || folder == NULL)
		return name;
	grow_str(&path, folder);
	grow_byte(&path, '/');
	grow_str(&path, name);
	const char *kept = arena_text(arena, grow_view(&path));
	grow_free(&path);
	return kept;
}

static bool read_secret(struct reader *reader, const char *file, const char *fd,
			struct opt_error *error)
{
	struct file_source source = { .max_bytes = SECRET_BYTES_MAX,
				      .timeout_us = reader->timeout_us,
				      .line_only = true };
	struct file_text text;
	uint64_t number = 0;

	if (file != NULL)
		source.path = credential_path(reader->arena, file);
	else if (!text_u64(view_of(fd), 1000000, &number))
		return opt_error_value(error, view_of(fd), "is not a descriptor");
	source.fd = (int)number;
	if (file == NULL) /* a plugin that we start would have it too */
		fcntl(source.fd, F_SETFD, FD_CLOEXEC);
	if (!file_read(reader->arena, &source, &text, error))
		return false;
	if (text.others_can_read)
		return file_error(error, source.path, 0,
				  "holds a secret and others can read it, chmod 600");
	if (text.others_own)
		return file_error(error, source.path, 0, "belongs to another user");
	if (text.n == 0)
		return file_error(error, file != NULL ? source.path : fd, 0, "is empty");
	reader->profile->secret = text.text;
	text.text[text.n] = '\0';
	return true;
}

/* password, password_file, password_fd; the same for a token. At most one. */
static bool take_secret(struct reader *reader, struct opt_error *error)
{
	static const char *const names[] = { "password", "token" };
	static const char *const keys[][3] = { { "password", "password_file", "password_fd" },
					       { "token", "token_file", "token_fd" } };
	struct push_profile *profile = reader->profile;
	const char *first = NULL;

	for (size_t i = 0; i < 2; i++) {
		for (size_t k = 0; k < 3; k++) {
			const char *value = get(reader, keys[i][k]);
			if (value == NULL)
				continue;
			if (first != NULL)
				return opt_error_set(error, "%s and %s exclude each other", first,
						     keys[i][k]);
			first = keys[i][k];
			profile->is_token = i == 1;
			profile->secret = value;
			if (k > 0 && !read_secret(reader, k == 1 ? value : NULL,
						  k == 2 ? value : NULL, error))
				return false;
		}
	}
	if (profile->user != NULL && (profile->secret == NULL || profile->is_token))
		return opt_error_set(error, "user without %s", names[0]);
	if (profile->secret != NULL && !profile->is_token && profile->user == NULL)
		return opt_error_set(error, "password without user");
	return true;
}

static bool take_number(const struct reader *reader, const char *key, uint64_t *value,
			struct opt_error *error)
{
	const char *text = get(reader, key);

	if (text == NULL || text_u64(view_of(text), UINT64_C(1) << 40, value))
		return true;
	return opt_error_set(error, "%s is not a number", key);
}

/* What a sink cannot do without. */
static bool is_complete(const struct push_profile *profile, struct opt_error *error)
{
	const struct sink *sink = profile->sink;
	struct view name = view_of(sink->name);
	const char *missing = NULL;

	if (sink->request != NULL && profile->url == NULL)
		missing = "url";
	else if (sink->write != NULL && profile->path == NULL)
		missing = "path";
	else if (view_eq(name, VIEW("influxdb")) && profile->database == NULL)
		missing = "database";
	else if (view_eq(name, VIEW("nrdp")) && profile->secret == NULL)
		missing = "token";
	if (missing != NULL)
		return opt_error_set(error, "%s is missing", missing);
	if ((profile->cert == NULL) != (profile->key == NULL))
		return opt_error_set(error, "cert and key go together");
	if (profile->spool == NULL)
		return opt_error_set(error, "spool is missing, and there is no --spool");
	return true;
}

static bool take_sink(struct reader *reader, struct opt_error *error)
{
	const char *name = get(reader, "sink");
	struct wr w = wr_over(error->text, sizeof(error->text) - 1);

	if (name == NULL)
		return opt_error_set(error, "sink is missing");
	reader->profile->sink = sink_find(view_of(name));
	if (reader->profile->sink != NULL)
		return true;
	wr_str(&w, "sink is none of ");
	for (size_t i = 0; sinks[i] != NULL; i++)
		wr_fmt(&w, "%s%s", i > 0 ? ", " : "", sinks[i]->name);
	error->text[w.n] = '\0';
	return false;
}

/* The sinks' paths begin with one. */
static const char *without_slashes(const struct reader *reader, const char *url)
{
	struct view rest = view_of(url);

	while (view_ends(rest, VIEW("/")))
		rest.n--;
	return url != NULL ? arena_text(reader->arena, rest) : NULL;
}

static bool take_all(struct reader *reader, struct opt_error *error)
{
	struct push_profile *profile = reader->profile;
	uint64_t age_s = AGE_DEFAULT_S;

	if (!take_sink(reader, error))
		return false;
	for (size_t i = 0; i < PROFILE_KEYS; i++)
		if (reader->given[i] != NULL && !fits_sink(&profile_keys[i], profile->sink))
			return opt_error_set(error, "%s is nothing for sink %s",
					     profile_keys[i].name, profile->sink->name);
	profile->url = without_slashes(reader, get(reader, "url"));
	profile->user = get(reader, "user");
	profile->ca = get(reader, "ca");
	profile->tls_name = get(reader, "tls_name");
	profile->cert = get(reader, "cert");
	profile->key = get(reader, "key");
	profile->proxy = get(reader, "proxy");
	profile->job = get(reader, "job");
	profile->database = get(reader, "database");
	profile->path = get(reader, "path");
	profile->max_bytes = BYTES_DEFAULT;
	if (get(reader, "spool") != NULL)
		profile->spool = get(reader, "spool");
	if (!take_number(reader, "max_bytes", &profile->max_bytes, error) ||
	    !take_number(reader, "max_age", &age_s, error))
		return false;
	profile->max_age_us = (int64_t)age_s * 1000000;
	return take_secret(reader, error) && is_complete(profile, error);
}

/* The name is a folder's too. */
static bool is_plain(struct view name)
{
	struct view rest = name;

	view_take_while(&rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
	return name.n > 0 && name.n <= 64 && rest.n == 0 && name.p[0] != '.';
}

static bool take_keys(struct reader *reader, const struct extra_opts *ini, bool others_can_read,
		      struct opt_error *error)
{
	for (size_t i = 0; i < ini->count; i++) {
		const struct extra_opt *item = &ini->item[i];
		size_t key = index_of(item->key);
		bool secret =
			view_eq(item->key, VIEW("password")) || view_eq(item->key, VIEW("token"));
		if (key == PROFILE_KEYS)
			return file_error(error, ini->file, item->line, "unknown key");
		if (reader->given[key] != NULL)
			return file_error(error, ini->file, item->line, "given twice");
		if (item->value.n == 0)
			return file_error(error, ini->file, item->line, "the value is empty");
		if (secret && others_can_read)
			return file_error(error, ini->file, item->line,
					  "holds a secret and others can read the file, chmod 600");
		reader->given[key] = item->value.p;
	}
	return true;
}

bool push_profile_read(struct push_profile *out, const char *path, struct view name,
		       const char *spool, int64_t timeout_us, struct arena *arena,
		       struct opt_error *error)
{
	struct reader reader = { .profile = out, .arena = arena, .timeout_us = timeout_us };
	struct file_source source = { .path = path,
				      .max_bytes = EXTRA_OPTS_BYTES_MAX,
				      .timeout_us = timeout_us };
	struct extra_opts ini = { .file = path };
	struct file_text text;
	struct opt_error why;

	*out = (struct push_profile){ .name = arena_text(arena, name), .spool = spool };
	if (!is_plain(name))
		return opt_error_value(error, name,
				       "is no name of a profile: letters, digits, . _ -");
	if (!file_read(arena, &source, &text, error) ||
	    !extra_opts_parse(arena, (struct view){ text.text, text.n }, name, &ini, error) ||
	    !take_keys(&reader, &ini, text.others_can_read, error))
		return false;
	if (text.others_own)
		return file_error(error, path, 0, "belongs to another user");
	if (text.others_can_write) /* who says where the secret goes */
		return file_error(error, path, 0, "can be written by others, chmod 600");
	if (take_all(&reader, &why))
		return true;
	opt_error_set(error, "[%s]: %.380s", out->name, why.text);
	why = *error;
	return file_error(error, path, 0, why.text);
}
