/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Credentials for SNMP agents; see snmp_access.h. */
#define _GNU_SOURCE
#include "check/snmp_access.h"

#include "base/escape.h"
#include "base/hex.h"
#include "cli/extra_opts.h"
#include "cli/file.h"

#include <string.h>

#include <sys/prctl.h>
#include <sys/resource.h>

/* RFC 3414 2.4 and RFC 3411 5; net-snmp takes no shorter passphrase. */
enum { USER_MAX = 32, PASSPHRASE_MIN = 8, ENGINE_MIN = 5 };

enum key {
	COMMUNITY,
	USER,
	AUTH,
	PRIV,
	AUTH_PASSPHRASE,
	PRIV_PASSPHRASE,
	AUTH_KEY,
	PRIV_KEY,
	ENGINE_ID,
	KEYS
};

static const char *const key_name[KEYS] = {
	"community",	   "user",     "auth",	   "priv",     "auth-passphrase",
	"priv-passphrase", "auth-key", "priv-key", "engine-id"
};

/* Authentication or privacy. */
struct kind {
	enum key key, passphrase, localized;
	const char *const *name;
	unsigned count;
	unsigned first_fine; /* those before need --insecure */
	const char *alias;   /* of that one */
	unsigned fallback;
	uint8_t key_bytes[SNMP_AUTHS];
};

static const struct kind auth_kind = {
	.key = AUTH,
	.passphrase = AUTH_PASSPHRASE,
	.localized = AUTH_KEY,
	.name = snmp_auth_name,
	.count = SNMP_AUTHS,
	.first_fine = SNMP_AUTH_SHA1,
	.alias = "SHA",
	.fallback = SNMP_AUTH_SHA256,
	.key_bytes = { 0, 16, 20, 28, 32, 48, 64 },
};

/* DES: the key and the value that its initialization vectors start from (RFC 3414 8.1.1.1). */
static const struct kind priv_kind = {
	.key = PRIV,
	.passphrase = PRIV_PASSPHRASE,
	.localized = PRIV_KEY,
	.name = snmp_priv_name,
	.count = SNMP_PRIVS,
	.first_fine = SNMP_PRIV_AES128,
	.alias = "AES",
	.fallback = SNMP_PRIV_AES128,
	.key_bytes = { 0, 16, 16, 24, 32 },
};

struct snmp_access_section {
	struct snmp_access_section *next;
	struct view name;
	unsigned line;			      /* of its heading */
	struct snmp_credentials *credentials; /* NULL before somebody has asked for them */
};

/* One section being read. */
struct reading {
	struct snmp_access *access;
	const struct snmp_access_section *section;
	const struct extra_opt *opt[KEYS]; /* NULL = not given */
	struct snmp_credentials *out;
	struct opt_error *error;
};

static void wr_words(struct wr *w, const char *const *word, size_t count)
{
	for (size_t i = 0; i < count; i++)
		wr_fmt(w, " %s", word[i]);
}

/* Of a key that is not there the heading is named. */
static bool complain(const struct reading *r, enum key key, const char *why)
{
	const struct extra_opt *opt = r->opt[key];
	char buffer[240];
	struct wr w = wr_over(buffer, sizeof(buffer) - 1);

	wr_fmt(&w, "%s: %s", key_name[key], why);
	buffer[w.n] = '\0';
	return file_error(r->error, r->access->file, opt != NULL ? opt->line : r->section->line,
			  buffer);
}

static bool find_key(struct view word, enum key *out)
{
	for (enum key key = 0; key < KEYS; key++) {
		if (view_eq(word, view_of(key_name[key]))) {
			*out = key;
			return true;
		}
	}
	return false;
}

/* Not quoted: it may be a passphrase that has lost its line. */
static bool unknown_key(const struct reading *r, unsigned line)
{
	char buffer[160];
	struct wr w = wr_over(buffer, sizeof(buffer) - 1);

	wr_str(&w, "unknown key, the known ones are");
	wr_words(&w, key_name, KEYS);
	buffer[w.n] = '\0';
	return file_error(r->error, r->access->file, line, buffer);
}

static bool sort_options(struct reading *r, const struct extra_opts *opts)
{
	for (size_t i = 0; i < opts->count; i++) {
		const struct extra_opt *opt = &opts->item[i];
		enum key key;
		if (!find_key(opt->key, &key))
			return unknown_key(r, opt->line);
		bool twice = r->opt[key] != NULL;
		r->opt[key] = opt;
		if (twice)
			return complain(r, key, "given twice");
		if (opt->value.n == 0)
			return complain(r, key, "the value is empty");
	}
	return true;
}

static struct view keep(const struct reading *r, enum key key)
{
	struct view value = r->opt[key]->value;

	return (struct view){ arena_text(&r->access->arena, value), value.n };
}

static bool read_hex(const struct reading *r, enum key key, size_t max, struct view *out)
{
	char *bytes = arena_new(&r->access->arena, max, 1);
	struct wr w = wr_over(bytes, max);
	const char *why;
	char buffer[100];
	size_t column;

	bool ok = hex_parse(r->opt[key]->value, &w, &column, &why);
	*out = wr_view(&w);
	if (ok)
		return true;
	struct wr clause = wr_over(buffer, sizeof(buffer));
	wr_fmt(&clause, "column %zu: %s", column, why);
	return complain(r, key, buffer);
}

static bool same_word(struct view a, struct view b)
{
	do {
		while (view_take_char(&a, '-'))
			;
		while (view_take_char(&b, '-'))
			;
		if (!view_ieq(view_first(a, 1), view_first(b, 1)))
			return false;
		a = view_skip(a, 1);
		b = view_skip(b, 1);
	} while (a.n > 0 || b.n > 0);
	return true;
}

static bool find_protocol(const struct kind *kind, struct view word, unsigned *out)
{
	bool found = same_word(word, view_of(kind->alias));

	*out = kind->first_fine;
	for (unsigned i = 0; !found && i < kind->count; i++) {
		*out = i;
		found = same_word(word, view_of(kind->name[i]));
	}
	return found;
}

static bool read_protocol(const struct reading *r, const struct kind *kind, unsigned *out)
{
	const struct extra_opt *opt = r->opt[kind->key];
	char buffer[120];
	struct wr why = wr_over(buffer, sizeof(buffer) - 1);

	*out = kind->fallback;
	if (opt == NULL)
		return true;
	if (!find_protocol(kind, opt->value, out)) {
		wr_str(&why, "unknown, the known ones are");
		wr_words(&why, kind->name, kind->count);
	} else if (*out < kind->first_fine && !r->access->insecure) {
		wr_fmt(&why, "%s needs --insecure", kind->name[*out]);
	}
	buffer[why.n] = '\0';
	return why.n == 0 || complain(r, kind->key, buffer);
}

static bool read_localized(const struct reading *r, const struct kind *kind, unsigned protocol,
			   struct view *out)
{
	char buffer[100];
	struct wr why = wr_over(buffer, sizeof(buffer));

	if (r->opt[kind->localized] == NULL)
		return complain(r, kind->localized, "missing");
	if (!read_hex(r, kind->localized, SNMP_KEY_MAX, out))
		return false;
	if (out->n == kind->key_bytes[protocol])
		return true;
	wr_fmt(&why, "%zu bytes, but a key of %s has %u", out->n, kind->name[protocol],
	       kind->key_bytes[protocol]);
	return complain(r, kind->localized, buffer);
}

static bool read_passphrase(const struct reading *r, const struct kind *kind, struct view *out)
{
	const struct extra_opt *opt = r->opt[kind->passphrase];

	if (opt == NULL)
		return complain(r, kind->passphrase, "missing");
	if (opt->value.n < PASSPHRASE_MIN)
		return complain(r, kind->passphrase, "less than 8 bytes");
	*out = keep(r, kind->passphrase);
	return true;
}

static bool read_secret(const struct reading *r, const struct kind *kind, unsigned protocol,
			struct view *out)
{
	bool has_passphrase = r->opt[kind->passphrase] != NULL;
	enum key given = has_passphrase ? kind->passphrase : kind->localized;

	if (protocol == 0)
		return r->opt[given] == NULL || complain(r, given, "but the protocol is none");
	if (!r->out->localized)
		return read_passphrase(r, kind, out);
	if (has_passphrase)
		return complain(r, given, "a section has passphrases or keys, not both");
	return read_localized(r, kind, protocol, out);
}

static bool read_engine_id(const struct reading *r)
{
	struct view *out = &r->out->engine_id;

	if (r->opt[ENGINE_ID] == NULL)
		return !r->out->localized ||
		       complain(r, ENGINE_ID, "missing, a localized key is of one engine");
	if (!read_hex(r, ENGINE_ID, SNMP_ENGINE_MAX, out))
		return false;
	return out->n >= ENGINE_MIN || complain(r, ENGINE_ID, "less than 5 bytes");
}

/* RFC 3411 3.4.3: there is no privacy without authentication. */
static bool read_v3(const struct reading *r)
{
	struct snmp_credentials *out = r->out;
	unsigned auth, priv;

	if (r->opt[USER] == NULL)
		return complain(r, USER, "missing");
	if (r->opt[USER]->value.n > USER_MAX)
		return complain(r, USER, "more than 32 bytes");
	if (!read_protocol(r, &auth_kind, &auth) || !read_protocol(r, &priv_kind, &priv))
		return false;
	if (auth == SNMP_AUTH_NONE && priv != SNMP_PRIV_NONE)
		return complain(r, AUTH, "none needs priv = none");
	out->user = keep(r, USER);
	out->auth = (enum snmp_auth)auth;
	out->priv = (enum snmp_priv)priv;
	out->localized = r->opt[AUTH_KEY] != NULL || r->opt[PRIV_KEY] != NULL;
	return read_secret(r, &auth_kind, auth, &out->auth_secret) &&
	       read_secret(r, &priv_kind, priv, &out->priv_secret) && read_engine_id(r);
}

static bool read_v2c(const struct reading *r)
{
	if (r->opt[COMMUNITY] == NULL)
		return complain(r, COMMUNITY, "missing");
	r->out->v2c = true;
	r->out->community = keep(r, COMMUNITY);
	return true;
}

/* Of views into memory of ours. */
static void wipe(struct view secret)
{
	mem_wipe((char *)secret.p, secret.n);
}

static void wipe_credentials(const struct snmp_credentials *credentials)
{
	wipe(credentials->community);
	wipe(credentials->auth_secret);
	wipe(credentials->priv_secret);
}

static bool read_section(struct snmp_access *access, struct snmp_access_section *section,
			 struct opt_error *error)
{
	struct arena scratch = { NULL };
	struct extra_opts opts = { .file = access->file };
	struct snmp_credentials *out = arena_new(&access->arena, 1, sizeof(*out));
	struct reading r = { .access = access, .section = section, .out = out, .error = error };

	bool ok = extra_opts_parse(&scratch, access->text, section->name, &opts, error) &&
		  sort_options(&r, &opts) && (access->v2c ? read_v2c(&r) : read_v3(&r));
	for (size_t i = 0; i < opts.count; i++) {
		wipe(opts.item[i].key);
		wipe(opts.item[i].value);
	}
	arena_free(&scratch);
	if (ok)
		section->credentials = out;
	else
		wipe_credentials(out);
	return ok;
}

static struct snmp_access_section *find_section(const struct snmp_access *access, struct view name)
{
	struct snmp_access_section *at = access->first;

	while (at != NULL && !view_eq(at->name, name))
		at = at->next;
	return at;
}

static bool no_section(const struct snmp_access *access, struct view target,
		       struct opt_error *error)
{
	char buffer[ESCAPE_FIELD_MAX + 40];
	struct wr w = wr_over(buffer, sizeof(buffer) - 1);

	wr_str(&w, access->section.n > 0 ? "no section [" : "neither section [");
	wr_field(&w, access->section.n > 0 ? access->section : target);
	wr_str(&w, access->section.n > 0 ? "]" : "] nor [default]");
	buffer[w.n] = '\0';
	return file_error(error, access->file, 0, buffer);
}

const struct snmp_credentials *snmp_access_find(struct snmp_access *access, struct view target,
						struct opt_error *error)
{
	bool given = access->section.n > 0;
	struct snmp_access_section *section =
		find_section(access, given ? access->section : target);

	if (section == NULL && !given)
		section = find_section(access, VIEW("default"));
	if (section == NULL) {
		no_section(access, target, error);
		return NULL;
	}
	if (section->credentials == NULL)
		read_section(access, section, error);
	return section->credentials;
}

/* Finds headings only: whether they are right is seen when a section is read. */
void snmp_access_text(struct snmp_access *access, const char *file, struct view section,
		      struct view text)
{
	struct snmp_access_section **end = &access->first;
	struct view rest = text;

	access->file = file;
	access->section = section;
	access->text = text;
	if (view_starts(rest, VIEW("\xEF\xBB\xBF")))
		rest = view_skip(rest, 3);
	for (unsigned number = 1; rest.n > 0; number++) {
		struct view line = view_trim(view_take_until(&rest, '\n'));
		if (!view_take_char(&line, '['))
			continue;
		*end = arena_new(&access->arena, 1, sizeof(**end));
		(*end)->name = view_trim(view_take_until(&line, ']'));
		(*end)->line = number;
		end = &(*end)->next;
	}
}

/* Both only help: a system that knows them not is no reason to fail. */
void snmp_access_hide_memory(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static bool read_source(struct snmp_access *access, struct file_source *source, const char *name,
			struct view section, struct opt_error *error)
{
	struct file_text text;

	snmp_access_hide_memory();
	source->max_bytes = EXTRA_OPTS_BYTES_MAX;
	if (!file_read(&access->arena, source, &text, error))
		return false;
	access->own = text.text;
	access->own_n = text.n;
	if (text.others_can_read)
		return file_error(error, name, 0, "others can read it; chmod 600");
	if (text.others_own)
		return file_error(error, name, 0, "belongs to another user, who can change it");
	snmp_access_text(access, name, section, (struct view){ text.text, text.n });
	return true;
}

/* Cuts the section off `spec`. */
static struct view take_section(struct view *spec)
{
	size_t at = spec->n;

	while (at > 0 && spec->p[at - 1] != ':' && spec->p[at - 1] != '/')
		at--;
	struct view section = view_skip(*spec, at);
	if (at == 0 || spec->p[at - 1] == '/' || section.n == 0)
		return VIEW("");
	spec->n = at - 1;
	return section;
}

bool snmp_access_read_file(struct snmp_access *access, struct view spec, int64_t timeout_us,
			   struct opt_error *error)
{
	struct view section = take_section(&spec);
	struct file_source source = { .timeout_us = timeout_us };

	if (spec.n == 0)
		return opt_error_set(error, "no file name before the section");
	source.path = arena_text(&access->arena, spec);
	section = (struct view){ arena_text(&access->arena, section), section.n };
	return read_source(access, &source, source.path, section, error);
}

bool snmp_access_read_fd(struct snmp_access *access, int fd, int64_t timeout_us,
			 struct opt_error *error)
{
	struct file_source source = { .fd = fd, .timeout_us = timeout_us };
	char name[32];
	struct wr w = wr_over(name, sizeof(name));

	wr_fmt(&w, "descriptor %d", fd);
	return read_source(access, &source, arena_text(&access->arena, wr_view(&w)), VIEW(""),
			   error);
}

void snmp_access_free(struct snmp_access *access)
{
	for (struct snmp_access_section *at = access->first; at != NULL; at = at->next)
		if (at->credentials != NULL)
			wipe_credentials(at->credentials);
	mem_wipe(access->own, access->own_n);
	arena_free(&access->arena);
	memset(access, 0, sizeof(*access));
}
