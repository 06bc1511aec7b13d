/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of check_sip: options (the table), prepare (targets to probes), judge (findings to
 * result). */
#ifndef PLUGINS_CHECK_SIP_H
#define PLUGINS_CHECK_SIP_H

#include "cli/opt.h"
#include "cli/target.h"
#include "net/engine.h"
#include "proto/sip_client.h"
#include "proto/sip_uri.h"

enum sip_outcome {
	OUT_OK,
	OUT_ALIVE,
	OUT_AUTH_REQUIRED,
	OUT_AUTH_REFUSED,
	OUT_FORBIDDEN,
	OUT_HOP,
	OUT_REJECTED,
	OUT_REDIRECT,
	OUT_SERVER_ERROR,
	OUT_OVERLOAD,
	OUT_UNAVAILABLE,
	OUT_UNEXPECTED,
	OUT_REWRITTEN,
	OUT_PROVISIONAL,
	OUT_SILENT,
	OUT_FOREIGN,
	OUT_MALFORMED,
	OUT_NOT_SIP,
	OUT_REFUSED,
	OUT_PROHIBITED,
	OUT_UNREACHABLE,
	OUT_RESET,
	OUT_CLOSED,
	OUT_FLOOD,
	OUT_TIMEOUT,
	OUT_TLS,
	OUT_CERTIFICATE,
	OUT_DNS,
	OUT_NOT_STARTED,
	OUT_INTERRUPTED,
	OUT_LOCAL_ERROR,
	OUTCOMES
};

enum sip_metric {
	METRIC_TIME,
	METRIC_TIME_MIN,
	METRIC_TIME_MAX,
	METRIC_JITTER,
	METRIC_LOSS,
	METRIC_CODE,
	METRIC_RETRANS,
	METRIC_DNS,
	METRIC_CONNECT,
	METRIC_TLS,
	METRIC_CERT_DAYS,
	METRICS
};

/* A status code or a run of them, and what it means to the operator. */
struct code_rule {
	uint16_t low, high;
	enum state state;
};

struct code_rules {
	struct code_rule *rule;
	size_t count;
};

struct conf {
	struct common common; /* first: see cli/opt.h */
	struct transport_set {
		enum transport item[3];
		size_t count;
	} transports;
	bool all_targets;
	uint64_t quorum;
	struct view ruri, from, to, contact, user_agent, method;
	struct opt_list header;
	uint64_t max_forwards;
	int64_t t1_us, interval_us;
	uint64_t count;
	struct range_pair loss, jitter, certificate;
	struct code_rules expect, map;
	bool alive;
	struct view user, password, credentials_file;
	uint64_t credentials_fd; /* 0 = none */
	struct view ca_file, tls_name, client_cert, client_key;
	unsigned min_tls; /* 0: TLS 1.2, 1: TLS 1.3 */
	bool no_verify, sip_identity;
};

struct check;

/* One target as the operator named it. */
struct sip_target {
	struct check *check;
	const char *name;
	struct view host; /* name or address, without brackets: whom the certificate names */
	struct view ruri;
	struct result *result; /* a group when the target has several endpoints, else NULL */
	struct sip_target *next_group;
	unsigned endpoints, working, unknown; /* working: OK or WARNING */
};

/* One endpoint of a target. */
struct sip_probe {
	struct sip_target *target;
	struct result *result;
	struct sip_client_arg arg;
	struct addr peer;
	enum transport transport;
	int64_t dns_us;	  /* -1 without a lookup */
	int64_t first_us; /* time of the first message in the trace, 0 = none yet */
	unsigned drawn;	  /* messages in the trace */
};

/* Everything of one run. */
struct check {
	struct conf conf;
	struct report *report;
	struct engine *engine;
	struct arena arena;
	struct sip_profile profile;
	struct secret {
		char *p;
		size_t n;
	} secret; /* the line with the password, wiped at the end */
	struct tls_conf tls;
	time_t now;
	struct sip_target *groups; /* targets with several endpoints, linked by next_group */
	unsigned silent;	   /* endpoints that did not answer */
};

extern const struct program check_sip_program;

/* Values of options; see struct opt. */
bool check_sip_is_secret_header(struct view value);
bool check_sip_parse_transport(void *field, struct view value, struct arena *arena,
			       struct opt_error *error);
bool check_sip_parse_method(void *field, struct view value, struct arena *arena,
			    struct opt_error *error);
bool check_sip_parse_uri(void *field, struct view value, struct arena *arena,
			 struct opt_error *error);
bool check_sip_parse_header(void *field, struct view value, struct arena *arena,
			    struct opt_error *error);
bool check_sip_parse_expect(void *field, struct view value, struct arena *arena,
			    struct opt_error *error);
bool check_sip_parse_map(void *field, struct view value, struct arena *arena,
			 struct opt_error *error);

/* Fills check->profile.credentials; -1, or the exit code after an error was printed. */
int check_sip_credentials(struct check *check, struct out *out);
/* Adds every target's probes to the engine; -1, or the exit code after an error was printed. */
int check_sip_prepare(struct check *check, const struct target_list *targets, struct out *out);

/* engine_conf.done */
void check_sip_judge(void *ctx, const struct probe_spec *spec, const void *state,
		     const struct trace *trace);
/* A name that did not resolve. */
void check_sip_judge_dns(struct sip_target *target, struct result *result, const char *why);
/* After the run: quorums, and what concerns the run as a whole. */
void check_sip_judge_run(struct check *check);

#endif
