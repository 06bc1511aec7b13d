/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parts of check_eicon_slp: options (the tables), values, rules (what options mean together), prepare
 * (targets to probes), raw (profiles and own bytes), group (multicast, broadcast, listening), record
 * (--dump-hex), judge (findings to result), wishes (what is required of an answer), words (the
 * sentence), tell (details and facts).
 */
#ifndef PLUGINS_CHECK_EICON_SLP_H
#define PLUGINS_CHECK_EICON_SLP_H

#include "check/addresses.h"
#include "check/endpoint.h"
#include "check/reply_wish.h"
#include "cli/profile_file.h"
#include "proto/port_client.h"
#include "proto/slp_client.h"
#include "proto/slp_group.h"

/* Of several, the first one says the most: the order is used. */
enum slp_outcome {
	OUT_SLP_V2,
	OUT_SLP_V1,
	OUT_MATCH,
	OUT_SLP_ERROR,
	OUT_SLP_TRUNCATED,
	OUT_SLP_SUSPECT,
	OUT_MISMATCH,
	OUT_OTHER,
	OUT_REQUESTS,
	OUT_UNSOLICITED,
	OUT_INTERRUPTED,
	OUT_LOCAL_ERROR,
	OUT_TCP_CLOSED_ON_DATA,
	OUT_TCP_OPEN_SILENT,
	OUT_SILENT,
	OUT_PROHIBITED,
	OUT_REFUSED,
	OUT_UNREACHABLE,
	OUT_INCOMPLETE,
	OUT_NOT_STARTED,
	OUT_DNS,
	OUT_UNMET,
	OUT_MIXED,
	OUT_TRAILING,
	OUT_V1_ANSWERS,
	OUT_GOING_DOWN,
	OUTCOMES
};

enum slp_metric {
	METRIC_TIME,
	METRIC_SERVICES,
	METRIC_TYPES,
	METRIC_RESPONDERS,
	METRIC_REQUEST_BYTES,
	METRIC_REPLY_BYTES,
	METRIC_AMPLIFICATION,
	METRIC_RETRIES,
	METRIC_DA_UPTIME,
	METRIC_DNS,
	METRICS
};

enum slp_proto { PROTO_AUTO, PROTO_V1, PROTO_V2, PROTO_RAW };
enum slp_transports { TRANSPORTS_BOTH, TRANSPORTS_UDP, TRANSPORTS_TCP, TRANSPORTS_NOT_GIVEN };
enum slp_policy { EXPECT_SLP, EXPECT_CLOSED };
enum slp_preset { PRESET_EICON, PRESET_SLP };

enum {
	RAW_BYTES_MAX = 1400,
	TEXT_MAX = 1024, /* of what goes into a request */
	REQUIRED_MAX = 32,
	RESPONDERS_EXPECTED_MAX = 64
};

struct conf {
	struct common common;				       /* first: see cli/opt.h */
	unsigned preset, proto, transports, addresses, policy; /* the enums above */
	bool all_probes, owner;
	unsigned query; /* bits of SLP_WANT_ */
	struct view type, scopes, predicate, language;
	bool has_scopes;

	struct view profile_path, dump_path;
	struct view send;
	bool has_send;
	struct reply_wish wish;

	bool multicast, broadcast;
	struct addr group; /* family 0: the usual one */
	struct view interface;
	uint64_t ttl;
	int64_t listen_us;
	uint64_t min_responders, max_responders;
	bool has_max_responders;
	struct addr responder[RESPONDERS_EXPECTED_MAX];
	size_t responders;

	struct view required_type[REQUIRED_MAX];
	size_t required_types;
	struct slp_wish attr[REQUIRED_MAX];
	size_t attrs;
	struct view required_scope[REQUIRED_MAX];
	size_t required_scopes;
	bool require_sa, require_da, check_v1;
	uint64_t min_services, min_lifetime_s;
	bool has_min_services;
	int64_t min_uptime_us;
	struct range_pair amplification;
};

/* The order in which an address is asked. */
enum slp_step { STEP_UDP, STEP_TCP, STEP_TCP_V1, STEPS };

/* What one step met. */
struct slp_side {
	bool ended;
	enum transport transport;
	/* Copies, for which there is memory only when something came; NULL = nothing came. */
	struct slp_client *client;
	unsigned sent, asks, retries;
	size_t request_bytes;
	bool began; /* the exchange did */
	struct trace trace;
	enum slp_outcome outcome;
};

struct slp_target {
	struct check *check;
	const char *name;
	uint16_t named_port; /* 0: as --port says */
	struct result *result;
	unsigned fine, all; /* addresses that have ended, and those that are OK */
	unsigned left;
};

/* Messages shown under a result. */
struct traced {
	struct result *result;
	int64_t since_us; /* time of the first one */
	unsigned lines;
};

/* One address of a target. */
struct slp_address {
	struct slp_target *target;
	struct addr peer;
	int64_t dns_us; /* -1 without a lookup */
	struct result *result;
	struct slp_client_arg arg[STEPS];
	struct slp_side side[STEPS];
	struct traced traced;
};

struct raw_reply {
	char bytes[MASK_STEPS_MAX];
	size_t n;
};

/* One probe of a profile, or own bytes, at one address. */
struct raw_probe {
	struct slp_target *target;
	struct addr peer;
	int64_t dns_us;
	enum transport transport;
	struct result *result;
	const struct profile_probe *probe; /* NULL: --send-hex */
	size_t first_capture;		   /* of all captures of the profile */
	struct port_client_arg arg;
	struct raw_reply *reply; /* as far as captures reach */
	struct traced traced;
};

/* A group, a broadcast address or our own port. */
struct group_probe {
	struct check *check;
	const char *name; /* "multicast", "broadcast", "listening" */
	struct udp_group group;
	struct slp_group_arg arg;
	struct addr peer;
	struct result *result;
	struct traced traced;
};

/* Everything of one run. */
struct check {
	struct conf conf; /* first: see check_main */
	struct arena arena;
	struct report *report;
	struct report_spec spec; /* the program's, with the captures of a profile as metrics */
	struct metric_spec metric[METRICS + MASK_CAPTURES_MAX];
	struct engine *engine;
	struct profile profile;
	struct slp_wishes wishes;
	struct group_probe *group;   /* NULL: hosts are asked */
	struct recording *recording; /* NULL without --dump-hex */
	unsigned judged, silent;     /* addresses; those that did not answer */
};

extern const struct program check_eicon_slp_program;

/* Values of options; see struct opt. */
bool eicon_parse_query(void *field, struct view value, struct arena *arena,
		       struct opt_error *error);
bool eicon_parse_text(void *field, struct view value, struct arena *arena, struct opt_error *error);
bool eicon_parse_language(void *field, struct view value, struct arena *arena,
			  struct opt_error *error);
bool eicon_parse_scope(void *field, struct view value, struct arena *arena,
		       struct opt_error *error);
bool eicon_parse_send(void *field, struct view value, struct arena *arena, struct opt_error *error);
bool eicon_parse_multicast(void *field, struct view value, struct arena *arena,
			   struct opt_error *error);
bool eicon_parse_broadcast(void *field, struct view value, struct arena *arena,
			   struct opt_error *error);
bool eicon_parse_responder(void *field, struct view value, struct arena *arena,
			   struct opt_error *error);
bool eicon_parse_max_responders(void *field, struct view value, struct arena *arena,
				struct opt_error *error);
bool eicon_parse_min_services(void *field, struct view value, struct arena *arena,
			      struct opt_error *error);
bool eicon_parse_require_type(void *field, struct view value, struct arena *arena,
			      struct opt_error *error);
bool eicon_parse_require_scope(void *field, struct view value, struct arena *arena,
			       struct opt_error *error);
bool eicon_parse_require_role(void *field, struct view value, struct arena *arena,
			      struct opt_error *error);
bool eicon_parse_attr(void *field, struct view value, struct arena *arena, struct opt_error *error);

/* Both: OPT_GO_ON, or the exit code after an error was printed. */
int eicon_refuse(const struct check *check, const char *option, const char *clause,
		 struct out *out);
int eicon_check_options(struct check *check, const struct target_list *targets, struct out *out);
/* Bits of SLP_WANT_: --query and what the requirements need to know. */
unsigned eicon_wanted(const struct conf *conf);
bool eicon_asks_raw(const struct conf *conf);
bool eicon_asks_group(const struct conf *conf);
/* False: a group, or listening. */
bool eicon_wants_targets(const void *conf);

/* As above. */
int eicon_prepare(struct check *check, const struct target_list *targets, struct out *out);
/* Adds what is asked at an address; `result` is where it hangs its own. */
void eicon_add_address(struct slp_target *target, const struct addr *peer, int64_t dns_us);
void eicon_add_raw(struct slp_target *target, const struct addr *peer, int64_t dns_us);
size_t eicon_raw_probes(const struct check *check);
int eicon_add_group(struct check *check, struct out *out);
/* The address, or a probe of it, has been judged. */
void eicon_address_ended(struct slp_target *target, const struct result *result);

/* engine_conf.done: calls that of the probe's kind. */
void eicon_done(void *ctx, const struct probe_spec *spec, const void *state,
		const struct trace *trace);
void eicon_address_done(struct check *check, const struct probe_spec *spec, const void *state,
			const struct trace *trace);
void eicon_raw_done(struct check *check, const struct probe_spec *spec, const void *state,
		    const struct trace *trace);
void eicon_group_done(struct check *check, const struct probe_spec *spec, const void *state,
		      const struct trace *trace);

/* What the network did, when nothing came of the peer. */
enum slp_outcome eicon_outcome_of_trace(const struct addr *peer, enum transport transport,
					bool began, bool sent, const struct trace *trace);
/* Silence proves nothing to who wants a closed port and did not ask to the end. */
enum slp_outcome eicon_outcome_of_silence(const struct check *check, enum slp_outcome outcome,
					  const struct trace *trace);
/* What came, or OUTCOMES when nothing did. */
enum slp_outcome eicon_outcome_of_findings(const struct slp_findings *found);
/* Somebody is there. */
bool eicon_is_sign(enum slp_outcome outcome);
/* By --state, the policy and the state of a timeout. */
enum state eicon_state(const struct check *check, enum slp_outcome outcome);
void eicon_judge_address(struct slp_address *address);
/* The step whose outcome is the address's. */
const struct slp_side *eicon_choose_side(const struct slp_address *address);
void eicon_judge_run(struct check *check);

/* "2 broken replies beside the good one: ..." or nothing. */
void eicon_put_mixed(struct wr *w, const struct slp_findings *found);
void eicon_put_trailing(struct wr *w, size_t bytes);
/* What requirements about services or attributes could not see; nothing when they saw all. */
void eicon_put_missing(struct wr *w, const struct check *check, const struct slp_client *client,
		       const struct trace *trace);
/* A clause for each requirement that is not met, with commas; nothing when all are. */
void eicon_put_unmet(struct wr *clauses, const struct check *check,
		     const struct slp_findings *found);

/* The sentences. */
/* `first` is what is wrong with a good answer. */
void eicon_say_address(const struct slp_address *address, const struct slp_side *side,
		       struct view first);
/* "SLPv2 service agent, 3 types (service:diva.eicon:capi ...), scope DEFAULT" */
void eicon_put_findings(struct wr *w, const struct slp_findings *found);
/* "SLPv2 error 4 SCOPE_NOT_SUPPORTED: try --scope" */
void eicon_put_error(struct wr *w, const struct slp_findings *found);
/* "6 bytes 70 6f 6e 67 0d 0a, not SLP: record the device with --dump-hex" and the like; nothing for an
 * outcome without bytes. */
void eicon_put_odd(struct wr *w, enum slp_outcome outcome, const struct slp_findings *found);
/* ", ICMP 3/3 from ..." and so on, of what the network did. */
void eicon_put_trace(struct wr *w, enum slp_outcome outcome, const struct trace *trace);
/* ", expected closed: investigate who owns the port" */
void eicon_put_expected(struct wr *w, const struct check *check, enum slp_outcome outcome);

/* Facts of JSON, and lists for -v. */
void eicon_tell_findings(struct check *check, struct result *result,
			 const struct slp_findings *found);
/* One message of the trace. */
void eicon_tell_message(const struct check *check, struct traced *traced, enum transport transport,
			enum tap_event event, int64_t now_us, const struct addr *other,
			struct view bytes);
/* The word that --state knows, with -v and in JSON. */
void eicon_tell_outcome(const struct check *check, struct result *result, enum slp_outcome outcome,
			const struct addr *peer, enum transport transport,
			const struct trace *trace);

/* --dump-hex: what was sent and received, in the order of time. The file is made before the first
 * packet leaves, and never over another one. */
bool recording_open(struct check *check, struct opt_error *error);
void recording_add(struct recording *recording, const struct probe_spec *spec, enum tap_event event,
		   const struct addr *other, struct view bytes);
/* False with a clause: not all of it is on the disk. */
bool recording_close(struct recording *recording, struct opt_error *error);

#endif
