/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of check_rtp: options (the table), the run, the memory between runs, the inside view, judge
 * (findings to result), words and tell (what is said). */
#ifndef PLUGINS_CHECK_RTP_H
#define PLUGINS_CHECK_RTP_H

#include "check/endpoint.h"
#include "check/program.h"
#include "cli/state_file.h"
#include "net/udp_sweep.h"
#include "proto/sweep_memory.h"

enum { HOSTS_MAX = 8, RATE_MAX = 20000, PAYLOAD_MAX = 1400 };

/* Of two with the same state the first one leads the sentence. */
enum rtp_outcome {
	OUT_LEAK,
	OUT_NOT_CLOSED,
	OUT_MISSING,
	OUT_EXPOSED,
	OUT_NOT_STARTED,
	OUT_INTERRUPTED,
	OUT_DNS,
	OUT_LOCAL_ERROR,
	OUT_UNREACHABLE,
	OUT_NO_SIGN,
	OUT_DROPS,
	OUT_INCOMPLETE,
	OUT_UNPROVEN_OPEN,
	OUT_UNPROVEN_CLOSED,
	OUT_UNPROVEN_MAX,
	OUT_ANSWERING_NOT_BOUND,
	OUT_MAYBE_OPEN,
	OUT_UNDECIDED,
	OUT_QUIET,
	OUTCOMES
};

enum rtp_metric {
	METRIC_ANSWERING,
	METRIC_OPEN,
	METRIC_CLOSED,
	METRIC_SILENT,
	METRIC_REJECTED,
	METRIC_UNDECIDED,
	METRIC_COVERAGE,
	METRIC_OPEN_MAX,
	METRIC_BOUND,
	METRIC_PACKETS,
	METRIC_ICMP_RATE,
	METRIC_OLDEST_AGE,
	METRIC_TIME,
	METRICS
};

enum rtp_payload { PAYLOAD_RTCP, PAYLOAD_RTP, PAYLOAD_STUN };

struct rtp_hex {
	bool given;
	struct view bytes;
};

struct conf {
	struct common common; /* first: see cli/opt.h */
	struct port_set ports, exclude, bound, expect_open, expect_closed;
	struct view exclude_from, state_file, compare;
	unsigned payload; /* enum rtp_payload */
	struct rtp_hex hex;
	bool own_host, local;
	uint64_t passes, packets;
	int64_t prove_us, max_age_us;
	struct range_pair answering, open;
};

/* The bound ports of a host as it sees them itself. */
struct inside {
	struct port_set ports; /* which ones the list speaks of */
	struct port_set bound4, bound6;
	struct port_set loopback;  /* bound, but only there */
	struct port_set elsewhere; /* bound to any other address */
	struct port_set connected; /* not bound otherwise: strangers do not reach them */
};

struct check;

/* One address. */
struct rtp_host {
	struct check *check;
	struct addr peer;
	struct result *result;
	const struct udp_sweep *sweep;
	struct sweep_counts counts;
	bool unreachable;		 /* errors of others say so: rejections prove nothing */
	struct port_set of[PORT_STATES]; /* from this run, else from the state file */
	unsigned remembered;		 /* ports whose state is from the state file */
	int64_t oldest_s;		 /* age of the oldest proof that counts; -1 = none */
};

/* What holds for a host, and for which ports. */
struct verdict {
	enum state state[OUTCOMES];
	bool holds[OUTCOMES];
	struct port_set ports[OUTCOMES];
};

/* Everything of one run. */
struct check {
	struct conf *conf;
	struct arena *arena;
	struct report *report;
	struct view name;	  /* what the operator calls the target */
	struct port_set asked;	  /* --port without what is never probed */
	struct port_set unprobed; /* excluded, and not among the bound ones */
	struct port_set canaries;
	struct inside *inside; /* of --compare, NULL = none */
	struct view payload;
	const char *payload_name;
	struct state_file file;
	struct sweep_memory *memory; /* of --state-file, NULL = none */
	int32_t *proven_age_s;
	int64_t now;		   /* Unix seconds */
	int64_t began_us, took_us; /* monotonic; how long the sweep lasted */
	struct addr peer[HOSTS_MAX];
	size_t peers;
	bool too_many;		 /* peers */
	char why[TRACE_WHY_MAX]; /* the name has no address because of this */
	struct udp_sweep *sweep; /* one for each peer */
	enum engine_end end;
	struct wr drawing; /* maps with colours, shown behind the report */
};

extern const struct program check_rtp_program;

/* Values of options; see struct opt. */
bool check_rtp_parse_ports(void *field, struct view value, struct arena *arena,
			   struct opt_error *error);
bool check_rtp_parse_hex(void *field, struct view value, struct arena *arena,
			 struct opt_error *error);
bool check_rtp_parse_pair(void *field, struct view value, struct arena *arena,
			  struct opt_error *error);

/* What only all options together show; -1, or the exit code after an error was printed. */
int check_rtp_options(struct check *check, struct out *out);
int check_rtp_refuse(const struct check *check, const char *option, const char *clause,
		     struct out *out);

/* The state file: taken before the run, given back behind it. */
bool check_rtp_remember(struct check *check, struct opt_error *error);
/* False with a clause when the file belongs to another address. */
bool check_rtp_memory_fits(const struct check *check, const struct addr *peer,
			   struct opt_error *error);
/* Takes in what the run proved, and writes the file. */
bool check_rtp_keep(struct check *check, const struct rtp_host *host, struct opt_error *error);
void check_rtp_forget(struct check *check);

/* The list of --compare, a JSON result of --local or plain ranges. */
bool check_rtp_read_inside(struct check *check, struct opt_error *error);
/* --local: the whole run. */
int check_rtp_local(struct check *check, struct out *out);

bool check_rtp_is_known(enum port_state state);
/* What this run found of a port, without what it could not really see. */
enum port_state check_rtp_found(const struct rtp_host *host, unsigned port);
/* The run's sets and counts, from the sweep and the state file. */
void check_rtp_take_stock(struct rtp_host *host);
/* Opinion, metrics and all words of one host; `kept` is NULL, or why the state file was not written. */
void check_rtp_judge(struct rtp_host *host, const char *kept);
/* A run that came to no sweep at all. */
void check_rtp_judge_nothing(struct check *check, enum rtp_outcome outcome, const char *why);
void check_rtp_hold(const struct check *check, struct verdict *verdict, enum rtp_outcome outcome);
/* Holds when there is any port. */
void check_rtp_hold_ports(const struct check *check, struct verdict *verdict,
			  enum rtp_outcome outcome, const struct port_set *ports);
/* The outcome in place `place`, the worst first; OUTCOMES behind the last. */
enum rtp_outcome check_rtp_ranked(const struct verdict *verdict, unsigned place);

/* In tenths, rounded down. */
double check_rtp_coverage_pct(const struct rtp_host *host);
/* The next whole number; `value` is not negative. */
double check_rtp_ceil(double value);
unsigned check_rtp_undecided(const struct rtp_host *host);
const char *check_rtp_word(enum rtp_outcome outcome);
/* "media1 (192.0.2.7)" */
void check_rtp_put_who(struct wr *w, const struct check *check, const struct addr *peer);
void check_rtp_put_nothing(struct wr *w, const struct check *check, enum rtp_outcome outcome,
			   const char *why);
/* The sentence. */
void check_rtp_say(const struct rtp_host *host, const struct verdict *verdict);
/* Further lines, and the facts for JSON. */
void check_rtp_tell(const struct rtp_host *host, const struct verdict *verdict);
void check_rtp_tell_findings(struct check *check, struct result *result,
			     const struct verdict *verdict);
void check_rtp_fact_ports(struct check *check, struct result *result, const char *key,
			  const struct port_set *ports);
void check_rtp_draw(const struct rtp_host *host);

/* udp_sweep_conf.progress; NULL context means no terminal. */
struct rtp_progress;
struct rtp_progress *check_rtp_progress_new(struct check *check);
void check_rtp_progress(void *ctx, const struct udp_sweep *sweeps, size_t count);
void check_rtp_progress_end(struct rtp_progress *progress);

#endif
