/* SPDX-License-Identifier: GPL-3.0-or-later */
/* send_results' tables: options, outcomes, metrics, examples. */
#include "send_results.h"

#define FIELD(member) offsetof(struct conf, member)

static bool parse_template(void *field, struct view value, struct arena *arena,
			   struct opt_error *error)
{
	(void)arena;
	*(struct view *)field = value;
	return input_check_template(value, error);
}

static const struct opt OPTIONS[] = {
	{ .group = "Receivers",
	  .letter = 'P',
	  .name = "profile",
	  .type = OPT_LIST,
	  .at = FIELD(profile),
	  .argument = "NAME",
	  .help = "A receiver: a section of the configuration; repeatable, each has a queue of its "
		  "own." },
	{ .name = "config",
	  .type = OPT_TEXT,
	  .at = FIELD(config),
	  .argument = "FILE",
	  .help = "The configuration, an ini file.",
	  .fallback = "send_results.ini in $CREDENTIALS_DIRECTORY, else "
		      "/etc/voip/send_results.ini" },
	{ .name = "spool",
	  .type = OPT_TEXT,
	  .at = FIELD(spool),
	  .argument = "FOLDER",
	  .help = "Where the queues are, one folder for each profile.",
	  .fallback = "$STATE_DIRECTORY, else /var/spool/voip-plugins" },

	{ .group = "Results",
	  .letter = 'H',
	  .name = "host",
	  .type = OPT_CALL,
	  .at = FIELD(host),
	  .parse = parse_template,
	  .argument = "NAME",
	  .help = "The host as the receiver calls it. Of results of our programs {name}, {check}, "
		  "{program}, {address}, {transport} and {port} stand for what they say.",
	  .fallback = "{name}" },
	{ .letter = 'S',
	  .name = "service",
	  .type = OPT_CALL,
	  .at = FIELD(service),
	  .parse = parse_template,
	  .argument = "NAME",
	  .help = "The same for the service.",
	  .fallback = "{check}, which is sip for check_sip" },
	{ .name = "host-check",
	  .type = OPT_FLAG,
	  .at = FIELD(of_host),
	  .help = "The results are of the hosts themselves, without service." },
	{ .name = "source",
	  .type = OPT_TEXT,
	  .at = FIELD(source),
	  .argument = "NAME",
	  .help = "The host that ran the checks.",
	  .fallback = "this host's name" },
	{ .name = "ttl",
	  .type = OPT_NUMBER,
	  .at = FIELD(ttl_s),
	  .max = 31536000,
	  .argument = "SECONDS",
	  .help = "How long the receiver may trust a result (Icinga 2): 0 leaves it to the "
		  "service's check_interval.",
	  .fallback = "0" },

	{ .group = "Running a plugin",
	  .name = "time-limit",
	  .type = OPT_SECONDS,
	  .at = FIELD(time_limit_us),
	  .min = 1000,
	  .max = 86400000000,
	  .argument = "SECONDS",
	  .help = "The plugin and what it started get SIGTERM then, and SIGKILL a second later; "
		  "the "
		  "result is UNKNOWN.",
	  .fallback = "60" },
	{ .name = "max-output",
	  .type = OPT_NUMBER,
	  .at = FIELD(max_output),
	  .min = 256,
	  .max = CHECK_RESULT_OUTPUT_MAX,
	  .argument = "BYTES",
	  .help = "What the plugin prints beyond is dropped.",
	  .fallback = "65536" },

	{ .group = "Delivery",
	  .letter = 't',
	  .name = "timeout",
	  .type = OPT_SECONDS,
	  .at = offsetof(struct common, timeout_us),
	  .min = 1000,
	  .max = 3600000000,
	  .argument = "SECONDS",
	  .help = "Deadline of delivering what was read; what is not delivered by then waits in "
		  "the "
		  "queue.",
	  .fallback = "30" },
	{ .name = "flush",
	  .type = OPT_FLAG,
	  .at = FIELD(flush),
	  .help = "Read nothing, only send what waits in the queues." },
	{ .name = "now",
	  .type = OPT_FLAG,
	  .at = FIELD(now),
	  .help = "Try at once, even if the receiver failed a moment ago." },
	{ .name = "revive",
	  .type = OPT_FLAG,
	  .at = FIELD(revive),
	  .help = "Put what was refused back into the queue (after the profile was corrected), "
		  "then "
		  "send as --flush." },
	{ .name = "dry-run",
	  .type = OPT_FLAG,
	  .at = FIELD(dry_run),
	  .help = "Print the requests, without secrets; send and queue nothing." },

	{ .group = "Output",
	  .letter = 'q',
	  .name = "quiet",
	  .type = OPT_FLAG,
	  .at = FIELD(quiet),
	  .help = "Print nothing when all is OK, the plugin's result included: cron sends no mail "
		  "then." },
};

static const struct outcome OUTCOME[OUTCOMES] = {
	[OUT_SENT] = { "sent", STATE_OK, "all results were taken" },
	[OUT_NOTHING] = { "nothing", STATE_OK, "nothing was given and nothing waits" },
	[OUT_SPOOLED] = { "spooled", STATE_WARNING,
			  "results wait in the queue: no answer, 5xx, 429, no time left" },
	[OUT_REFUSED] = { "refused", STATE_WARNING,
			  "the receiver refused results for good (400, 401, 403, 404, 409); they "
			  "are "
			  "in dead/ with its words" },
	[OUT_DROPPED] = { "dropped", STATE_CRITICAL, "results were too old or the queue was full" },
	[OUT_UNQUEUED] = { "unqueued", STATE_WARNING,
			   "all results were taken, but the queue cannot be used" },
	[OUT_LOST] = { "lost", STATE_CRITICAL,
		       "results could neither be sent nor queued; a plugin's OK or WARNING becomes "
		       "UNKNOWN" },
	[OUT_BAD_INPUT] = { "bad-input", STATE_WARNING,
			    "lines that are no result, or of a run and name one service "
			    "together" },
	[OUT_INTERRUPTED] = { "interrupted", STATE_UNKNOWN, "SIGTERM or SIGINT" },
	[OUT_LOCAL_ERROR] = { "local-error", STATE_UNKNOWN, "the queue cannot be used" },
};

static const struct metric_spec METRIC[METRICS] = {
	[METRIC_SENT] = { .label = "sent",
			  .fold = FOLD_SUM,
			  .meaning = "Results that the receivers took",
			  .has_min = true },
	[METRIC_SPOOLED] = { .label = "spooled",
			     .fold = FOLD_SUM,
			     .meaning = "Results that wait in the queues",
			     .has_min = true },
	[METRIC_DEAD] = { .label = "dead",
			  .fold = FOLD_SUM,
			  .meaning = "Refused results that are kept",
			  .has_min = true },
	[METRIC_LOST] = { .label = "lost",
			  .fold = FOLD_SUM,
			  .meaning = "Results that are gone: too old, queue full, or no queue",
			  .has_min = true },
	[METRIC_SECONDS] = { .label = "seconds",
			     .unit = UNIT_SECONDS,
			     .fold = FOLD_MAX,
			     .meaning = "Time of the run, the plugin's included",
			     .has_min = true },
};

static const struct report_spec REPORT = {
	.program = "send_results",
	.service = "SEND_RESULTS",
	.version = PACKAGE_VERSION,
	.noun = "profiles",
	.metric = METRIC,
	.metric_count = METRICS,
};

static const char *const USAGE[] = {
	" -P PROFILE -H HOST -S SERVICE [OPTION ...] -- PLUGIN [ARGUMENT ...]",
	" -P PROFILE [OPTION ...] < LINES",
	" -P PROFILE --flush [OPTION ...]",
	NULL,
};

static const char *const DESCRIPTION[] = {
	"Hands check results to Icinga 2, Nagios, NRDP, Prometheus or InfluxDB, and loses none: a "
	"result is written to a queue before it is sent, and leaves it when the receiver took it. "
	"What cannot be sent now goes with a later run, oldest first.",
	"With a plugin behind \"--\" that is run, its output is printed as it came, and its exit "
	"code is the exit code; what is no plugin's answer (a code above 3, a signal, no output, "
	"the "
	"time limit) is UNKNOWN instead. What concerns the delivery is "
	"said on standard error then, and only changes the exit code when the result is lost.",
	"Else results are read from standard input, one in each line: JSON of our programs "
	"(--output-format jsonl), JSON objects with host, service, exit_code, output and "
	"optionally perfdata, start, end, ttl, source and command, or HOST, SERVICE, exit code "
	"and output with tabs between.",
	"Of receivers that keep states (icinga2, nrdp, nagios-spool, nagios-pipe, pushgateway, "
	"textfile) only the newest result of each service is sent when several wait. A receiver "
	"that fails is left alone for 30 s, then twice as long, up to 15 min. Results may arrive "
	"twice, when a run is killed between sending and forgetting.",
	"Secrets stand in the configuration or in files, never on the command line. TLS is always "
	"verified. Nothing is taken from a proxy environment.",
	NULL,
};

static const struct example EXAMPLES[] = {
	{ "send_results -P icinga -H pbx7 -S sip -- /usr/lib/nagios/plugins/check_sip -H 192.0.2.7",
	  "Run a check from cron and submit it." },
	{ "check_sip --targets pbx.list --output-format jsonl | send_results -P icinga --ttl 300",
	  "Thousands in one run: name = target in the list names the host, the service is sip." },
	{ "check_sip --targets pbx.list --output-format jsonl | send_results -P icinga -P influx "
	  "-S 'sip {transport}'",
	  "Two receivers." },
	{ "send_results -P icinga --flush", "Send what waits; also a check of the queue." },
	{ "send_results -P icinga --dry-run -H pbx7 -S sip -- /bin/echo OK",
	  "Look at the request." },
};

static const struct term SINKS[] = {
	{ "icinga2", "state",
	  "Icinga 2 API: url https://HOST:5665, user and password or cert and "
	  "key, tls_name. Needs actions/process-check-result." },
	{ "nrdp", "state", "NRDP: url of its folder, token." },
	{ "nagios-spool", "state", "Nagios' check result folder: path = its check_result_path." },
	{ "nagios-pipe", "state", "Nagios' command pipe: path = its command_file." },
	{ "pushgateway", "state", "Prometheus Pushgateway: url, job." },
	{ "textfile", "state", "node_exporter's textfile folder: path." },
	{ "influxdb", "history",
	  "InfluxDB 1 and what speaks its line protocol: url, database, user "
	  "and password or token." },
};

static const struct term_table TABLES[] = {
	{ "Configuration (keys of a profile)", profile_keys, PROFILE_KEYS },
	{ "Sinks", SINKS, sizeof(SINKS) / sizeof(SINKS[0]) },
};

const struct program send_results_program = {
	.report = &REPORT,
	.summary = "delivers check results to monitoring systems and loses none",
	.description = DESCRIPTION,
	.no_targets = true,
	.usage = USAGE,
	.takes_command = true,
	.timeout_us = 30000000,
	.opt = OPTIONS,
	.opt_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
	.outcome = OUTCOME,
	.outcome_count = OUTCOMES,
	.example = EXAMPLES,
	.example_count = sizeof(EXAMPLES) / sizeof(EXAMPLES[0]),
	.table = TABLES,
	.table_count = sizeof(TABLES) / sizeof(TABLES[0]),
};
