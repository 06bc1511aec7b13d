/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of send_results: options (the tables), rules (options that exclude each other, profiles),
 * input (lines of standard input), wrap (running a plugin), lanes (queue and delivery of each profile),
 * tell (what happened, as a result). */
#ifndef PLUGINS_SEND_RESULTS_H
#define PLUGINS_SEND_RESULTS_H

#include "push/deliver.h"
#include "push/input.h"

enum send_outcome {
	OUT_SENT,
	OUT_NOTHING,
	OUT_SPOOLED,
	OUT_REFUSED,
	OUT_DROPPED,
	OUT_UNQUEUED,
	OUT_LOST,
	OUT_BAD_INPUT,
	OUT_INTERRUPTED,
	OUT_LOCAL_ERROR,
	OUTCOMES
};

enum send_metric { METRIC_SENT, METRIC_SPOOLED, METRIC_DEAD, METRIC_LOST, METRIC_SECONDS, METRICS };

enum { PROFILES_MAX = 16, BATCH_MAX = 10000, LINE_BYTES_MAX = 1 << 20 };

struct conf {
	struct common common; /* first */
	struct opt_list profile;
	struct view config, spool;
	struct view host, service, source;
	bool of_host;
	uint64_t ttl_s;
	int64_t time_limit_us;
	uint64_t max_output;
	bool flush, now, revive, dry_run, quiet;
};

/* A profile's queue, and what became of its results in all batches of the run. */
struct lane {
	struct push_profile profile;
	struct spool *spool;	/* NULL: it cannot be opened, see `error` */
	struct opt_error error; /* of the queue */
	bool unqueued;		/* results of some batch could not be queued */
	bool unrevived;		/* what was refused could not be put back, see `error` */
	size_t sent, refused, lost;
	struct spool_counts counts;
	struct delivery last; /* the way the last batch went */
};

struct send {
	struct conf conf;
	struct lane lane[PROFILES_MAX];
	size_t lane_count;
	struct input_rule rule;
	int signals; /* readable when SIGTERM or SIGINT came */
	bool stopped;
	int64_t start_us;
	size_t lines, bad_lines, bad_line; /* the number of the first that is no result */
	size_t covered_lines;		   /* of a run, by a worse one of the same object */
	struct opt_error bad;
	struct report *report;
	struct arena arena;
};

extern const struct program send_results_program;

/* Rules, profiles, queues. Returns OPT_GO_ON or an exit code. */
int send_prepare(struct send *send, struct out *out);

/* The next results: up to BATCH_MAX lines, or what came within a second of the first one. False at the
 * end of the input, or when a signal came; there may be results even then. */
struct input;
struct input *send_input_new(struct send *send);
bool send_input_batch(struct input *input, struct arena *arena, struct check_result **result,
		      size_t *count);
void send_input_free(struct input *input);

/* Runs the command and makes a result of what it printed. `printed` is for our own standard output, as
 * the plugin wrote it where it is a plugin's output. False when a signal ended it: there is no result. */
bool send_wrap(struct send *send, struct check_result *out, struct view *printed);

/* Queues the results for each profile and delivers; also with none, which flushes. */
void send_lanes(struct send *send, const struct check_result *result, size_t count);

/* What was refused goes back into the queue. */
void send_revive(struct lane *lane, int64_t timeout_us);

/* The whole run as a report. */
void send_tell(struct send *send);

#endif
