/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of check_voice_port: options (the table), values, prepare (targets to probes), canary
 * (what silence proves), judge (findings to result), words. */
#ifndef PLUGINS_CHECK_VOICE_PORT_H
#define PLUGINS_CHECK_VOICE_PORT_H

#include "base/port_set.h"
#include "check/addresses.h"
#include "check/endpoint.h"
#include "check/program.h"
#include "check/reply_wish.h"
#include "proto/port_client.h"

enum port_outcome {
	OUT_OPEN,
	OUT_ANSWERING,
	OUT_SILENT_PROVEN,
	OUT_REFUSED,
	OUT_PROHIBITED,
	OUT_UNREACHABLE,
	OUT_TIMEOUT,
	OUT_RESET_AFTER_ACCEPT,
	OUT_MISMATCH,
	OUT_NO_REPLY,
	OUT_DNS,
	OUT_NOT_STARTED,
	OUT_INTERRUPTED,
	OUT_LOCAL_ERROR,
	OUTCOMES
};

enum port_metric { METRIC_TIME, METRIC_DNS, METRICS };

/* What a port should be; several may be fine. */
enum {
	EXPECT_OPEN = 1 << 0,
	EXPECT_CLOSED = 1 << 1,
	EXPECT_FILTERED = 1 << 2,
	EXPECT_ANY = 1 << 3
};

enum { PORTS_CHECKED_MAX = 4096, PROBES_MAX = 200000, PAYLOAD_MAX = 1400 };

/* Ports of one transport with the same expectation. */
struct port_item {
	struct port_range range;
	enum transport transport;
	unsigned expect; /* 0: as --expect says */
};

struct port_list {
	struct port_item *item;
	size_t count, cap;
	size_t ports;
};

struct conf {
	struct common common; /* first: see cli/opt.h */
	struct port_list ports;
	unsigned addresses; /* enum addresses */
	uint64_t hold_ms, canary;
	bool canary_given;
	struct view send_file, payload;
	bool has_payload, owner;
	unsigned expect;
	struct reply_wish wish;
};

/* Of canaries, and how many ports one of them may speak for. */
enum { ROUNDS = 2, GROUP_PORTS = 16 };

/* One address of a target. */
struct port_address {
	struct port_address *next; /* of the target */
	struct port_target *target;
	struct addr peer;
	int64_t dns_us;		   /* -1 without a lookup */
	struct port_probe *silent; /* those that wait for a proof, linked by next_silent */
	unsigned udp_left;	   /* UDP probes that have not ended their first asking */
	struct port_probe *canary; /* NULL before the first round */
	unsigned round, round_left;
	unsigned group;	   /* how many of `silent`, from the first on, are in this round */
	int64_t canary_us; /* when it was sent */
	bool canary_refused, canary_answers;
	bool alive;		      /* the host itself answered or refused somewhere */
	unsigned as_expected, others; /* ports */
};

struct port_target {
	struct check *check;
	struct port_target *next;
	const char *name;
	struct result *result;
	struct port_address *first, *last;
};

/* What a UDP probe met that met nothing. */
struct silence {
	struct port_client client; /* findings of the first asking */
	struct trace trace;	   /* of the first asking, or of what ended a later one */
	int64_t again_us;	   /* when it was asked last */
	bool broken;		   /* a later asking met something */
};

/* One port of one address. */
struct port_probe {
	struct port_address *address;
	struct port_probe *next_silent;
	struct silence *silence; /* NULL unless it waits for a proof */
	struct result *result;	 /* NULL for a canary */
	int64_t traced_us;	 /* time of the first message in the trace */
	uint16_t port;
	enum transport transport;
	unsigned expect;
};

/* What a port is asked with. */
enum asking { ASK_TCP, ASK_UDP, ASK_MEDIA, ASKINGS };

/* Everything of one run. */
struct check {
	struct conf conf; /* first: see check_main */
	struct arena arena;
	struct report *report;
	struct engine *engine;
	struct port_client_arg arg[ASKINGS][1 + ROUNDS];
	struct port_target *first, *last;
	bool labels;	 /* each port has a label in perfdata */
	unsigned silent; /* probes that met nothing but silence */
};

/* Everything known about a port when it is judged. */
struct ended {
	struct check *check;
	const struct port_probe *probe;
	const struct port_client *client; /* NULL when the exchange did not begin */
	const struct trace *trace;
	bool proven; /* UDP: the canary was refused, this port was not */
};

struct verdict {
	enum port_outcome outcome;
	enum state state;
};

extern const struct program check_voice_port_program;

/* Values of options; see struct opt. */
bool voice_port_parse_ports(void *field, struct view value, struct arena *arena,
			    struct opt_error *error);
bool voice_port_parse_expect(void *field, struct view value, struct arena *arena,
			     struct opt_error *error);
bool voice_port_parse_payload(void *field, struct view value, struct arena *arena,
			      struct opt_error *error);
bool voice_port_parse_canary(void *field, struct view value, struct arena *arena,
			     struct opt_error *error);
/* Without --port: 2860 and 2861, both transports. */
void voice_port_default_ports(struct port_list *list, struct arena *arena);

/* OPT_GO_ON, or the exit code after an error was printed. */
int voice_port_prepare(struct check *check, const struct target_list *targets, struct out *out);

/* How the port is asked; `round` 0 is the first asking. */
void voice_port_ask(struct port_probe *probe, unsigned round);
enum asking voice_port_asking(uint16_t port, enum transport transport);

/* The first asking of a UDP port has ended; `silence` when nothing came. Probes of the address that
 * met silence are judged when a canary has told what it means. */
void voice_port_udp_ended(struct check *check, struct port_probe *probe,
			  const struct port_client *silence, const struct trace *trace);
/* Something that was asked in a canary round has ended. */
void voice_port_round_ended(struct check *check, struct port_probe *probe,
			    const struct port_client *client, const struct trace *trace);

/* engine_conf.done */
void voice_port_done(void *ctx, const struct probe_spec *spec, const void *state,
		     const struct trace *trace);
void voice_port_judge(const struct ended *ended);
void voice_port_judge_dns(struct port_target *target, const char *why);
/* After the run: --addresses any, and what concerns the run as a whole. */
void voice_port_judge_run(struct check *check);

/* The sentence. */
void voice_port_say(const struct ended *ended, const struct verdict *verdict);

#endif
