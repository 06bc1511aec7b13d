/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --derive-keys: from passphrases to a section with localized keys (RFC 3414 2.6, A.2). */
#define _GNU_SOURCE
#include "check_listener.h"

#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { PASSPHRASE_MAX = 256, SECTION_MAX = 2048 };

/* What is typed or piped in; wiped at the end. */
struct typed {
	char auth[PASSPHRASE_MAX], priv[PASSPHRASE_MAX];
};

/* Who asks an agent for its engine. */
struct finder {
	struct check *check;
	struct snmp_client_arg arg;
	struct snmp_credentials credentials;
	struct addr peer;
	struct view engine;
	char why[TRACE_WHY_MAX];
};

static int refuse(const struct check *check, const char *clause, struct out *out)
{
	return opt_refuse(&check_listener_program, &check->conf.common, "derive-keys", clause, out);
}

static bool ask_uptime(void *ctx, const struct snmp_reply *reply, struct snmp_request *request)
{
	(void)ctx;
	request->ask = SNMP_GET;
	request->count = 1;
	return reply == NULL && oid_parse(VIEW("1.3.6.1.2.1.1.3.0"), &request->oid[0]);
}

static void done(void *ctx, const struct probe_spec *spec, const void *state,
		 const struct trace *trace)
{
	struct finder *finder = ctx;
	const struct snmp_client *client = state;
	struct wr w = wr_over(finder->why, sizeof(finder->why) - 1);

	(void)spec;
	if (client->engine_n > 0)
		finder->engine = (struct view){ arena_text(&finder->check->arena,
							   (struct view){ client->engine,
									  client->engine_n }),
						client->engine_n };
	else if (trace->fault != FAULT_NONE)
		wr_fmt(&w, "the agent does not tell its engine: %s", fault_name(trace->fault));
	else
		wr_fmt(&w, "the agent does not tell its engine: %s",
		       client->why[0] != '\0' ? client->why : "no answer");
	snmp_client_close(client);
}

static void on_found(void *arg, const struct addresses_found *found)
{
	struct finder *finder = arg;
	struct probe_spec spec = { .ops = &snmp_client_ops,
				   .arg = &finder->arg,
				   .transport = TRANSPORT_UDP };
	struct wr w = wr_over(finder->why, sizeof(finder->why) - 1);

	if (found->why != NULL) {
		wr_str(&w, "dns: ");
		wr_put(&w, view_first(view_of(found->why), w.cap - w.n));
		return;
	}
	spec.peer = *listener_agent_address(found);
	spec.peer.port = finder->peer.port;
	engine_probe(finder->check->engine, &spec);
}

/* Any user does: the engine is told before the user is looked at. */
static int find_engine(struct check *check, const struct target *target, struct view *engine,
		       struct out *out)
{
	struct common *common = &check->conf.common;
	struct engine_conf conf = check_engine_conf(common, &check->arena);
	struct finder finder = { .check = check, .credentials = { .user = VIEW("voip") } };
	struct opt_error error;
	struct view host;
	uint16_t port = 0;

	finder.arg = (struct snmp_client_arg){ .api = check->api,
					       .credentials = &finder.credentials,
					       .next = ask_uptime,
					       .ctx = check,
					       .retries = 3,
					       .retry_us = common->timeout_us / 5 };
	conf.ctx = &finder;
	conf.done = done;
	check->engine = engine_new(&conf);
	if (target_split(view_of(target->spec), &host, &port, &error))
		finder.peer.port = port != 0 ? port : (uint16_t)check->conf.agent_port;
	bool ok = addresses_find(check->engine, common, target, &port, on_found, &finder, &error);
	if (ok)
		engine_run(check->engine);
	engine_free(check->engine);
	if (!ok)
		return check_refuse_target(common, target, error.text, out);
	*engine = finder.engine;
	return engine->n > 0 ? OPT_GO_ON : refuse(check, finder.why, out);
}

static void on_signal(int number)
{
	(void)number;
}

/* Who waits for a line can be told to stop: a signal ends the reading. */
static void heed_signals(void)
{
	const struct sigaction action = { .sa_handler = on_signal };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static bool read_line(char *line, size_t cap)
{
	size_t n = 0;
	ssize_t got;
	char c;

	while ((got = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n')
		if (n + 1 < cap)
			line[n++] = c;
		else
			return false;
	line[n] = '\0';
	return got >= 0 && n > 0;
}

/* From the terminal without echo, else the next line of standard input. */
static bool ask_passphrase(const char *prompt, char *line, size_t cap)
{
	struct termios old, quiet;
	bool terminal = tcgetattr(STDIN_FILENO, &old) == 0;

	if (!terminal)
		return read_line(line, cap);
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	bool ok = write(STDERR_FILENO, prompt, strlen(prompt)) > 0 && read_line(line, cap);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	return write(STDERR_FILENO, "\n", 1) == 1 && ok;
}

static bool find_word(struct view word, const char *const *name, unsigned count, unsigned *out)
{
	for (unsigned i = 0; i < count; i++) {
		if (view_ieq(word, view_of(name[i]))) {
			*out = i;
			return true;
		}
	}
	return false;
}

/* USER[:AUTH[:PRIV]] */
static const char *parse_user(struct view text, struct snmp_credentials *credentials)
{
	unsigned auth = SNMP_AUTH_SHA256, priv = SNMP_PRIV_AES128;
	struct view rest = text;

	credentials->user = view_take_until(&rest, ':');
	struct view auth_word = view_take_until(&rest, ':');
	if (credentials->user.n == 0)
		return "no user is given";
	if (auth_word.n > 0 && !find_word(auth_word, snmp_auth_name, SNMP_AUTHS, &auth))
		return "the second word is none of MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512";
	if (rest.n > 0 && !find_word(rest, snmp_priv_name, SNMP_PRIVS, &priv))
		return "the third word is none of DES, AES-128, AES-192, AES-256";
	if (auth == SNMP_AUTH_NONE || priv == SNMP_PRIV_NONE)
		return "there is no key of \"none\"";
	credentials->auth = (enum snmp_auth)auth;
	credentials->priv = (enum snmp_priv)priv;
	return NULL;
}

static void put_key(struct wr *w, const char *key, struct view bytes)
{
	wr_str(w, key);
	wr_str(w, " = ");
	for (size_t i = 0; i < bytes.n; i++)
		wr_fmt(w, "%02x", (unsigned char)bytes.p[i]);
	wr_byte(w, '\n');
}

static int print_section(struct check *check, const char *name, struct view engine,
			 const struct snmp_credentials *credentials, struct out *out)
{
	char auth[SNMP_KEY_MAX], priv[SNMP_KEY_MAX], text[SECTION_MAX], why[TRACE_WHY_MAX];
	struct wr auth_key = wr_over(auth, sizeof(auth)), priv_key = wr_over(priv, sizeof(priv));
	struct wr w = wr_over(text, sizeof(text));

	if (!check->api->derive(credentials, engine, &auth_key, &priv_key, why, sizeof(why)))
		return refuse(check, why, out);
	wr_fmt(&w, "[%s]\nuser = %.*s\nauth = %s\npriv = %s\n", name, VIEW_ARG(credentials->user),
	       snmp_auth_name[credentials->auth], snmp_priv_name[credentials->priv]);
	put_key(&w, "auth-key", wr_view(&auth_key));
	put_key(&w, "priv-key", wr_view(&priv_key));
	put_key(&w, "engine-id", engine);
	out_put(out, wr_view(&w));
	mem_wipe(auth, sizeof(auth));
	mem_wipe(priv, sizeof(priv));
	mem_wipe(text, sizeof(text));
	return STATE_OK;
}

int listener_derive_keys(struct check *check, const struct target_list *targets, struct out *out)
{
	struct snmp_credentials credentials = { .v2c = false };
	struct view engine = check->conf.engine_id;
	const char *bad = parse_user(check->conf.derive_keys, &credentials);
	struct typed typed;
	char why[TRACE_WHY_MAX];
	int end = OPT_GO_ON;

	if (bad != NULL)
		return refuse(check, bad, out);
	if (!check->conf.insecure &&
	    (credentials.auth == SNMP_AUTH_MD5 || credentials.priv == SNMP_PRIV_DES))
		return refuse(check, "MD5 and DES need --insecure, here and in every check", out);
	if (targets->count > 1 || (targets->count == 0 && engine.n == 0))
		return refuse(check,
			      "keys are of one engine: name one agent with -H, or --engine-id",
			      out);
	check->api = snmp_load(why, sizeof(why));
	if (check->api == NULL)
		return refuse(check, why, out);
	if (engine.n == 0)
		end = find_engine(check, &targets->item[0], &engine, out);
	if (end != OPT_GO_ON)
		return end;
	snmp_access_hide_memory();
	heed_signals();
	if (ask_passphrase("Authentication passphrase: ", typed.auth, sizeof(typed.auth)) &&
	    ask_passphrase("Privacy passphrase: ", typed.priv, sizeof(typed.priv))) {
		credentials.auth_secret = view_of(typed.auth);
		credentials.priv_secret = view_of(typed.priv);
		end = print_section(check, targets->count > 0 ? targets->item[0].name : "default",
				    engine, &credentials, out);
	} else {
		end = refuse(check, "two passphrases are needed, each a line of at most 255 bytes",
			     out);
	}
	mem_wipe(&typed, sizeof(typed));
	return end;
}
