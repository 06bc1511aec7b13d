/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_rtp's tables: options, outcomes, metrics, examples. */
#include "check_rtp.h"

#define FIELD(member) offsetof(struct conf, member)

static const char *const PAYLOADS[] = { "rtcp", "rtp", "stun", NULL };

static const struct opt OPTIONS[] = {
	{ .group = "What to ask",
	  .letter = 'p',
	  .name = "port",
	  .type = OPT_CALL,
	  .flags = OPT_GATHERS,
	  .at = FIELD(ports),
	  .parse = check_rtp_parse_ports,
	  .argument = "RANGES",
	  .help = "UDP ports to examine: 16384-16400,30000. Repeatable.",
	  .fallback = "16384-32767" },
	{ .name = "exclude",
	  .type = OPT_CALL,
	  .flags = OPT_GATHERS,
	  .at = FIELD(exclude),
	  .parse = check_rtp_parse_ports,
	  .argument = "RANGES",
	  .help = "Ports that are never sent to. Repeatable." },
	{ .name = "exclude-from",
	  .type = OPT_TEXT,
	  .at = FIELD(exclude_from),
	  .argument = "FILE",
	  .help = "The same from a file: ranges with blanks, commas or line ends between them; "
		  "\"#\" starts a comment, \"-\" is standard input." },
	{ .name = "bound",
	  .type = OPT_CALL,
	  .flags = OPT_GATHERS,
	  .at = FIELD(bound),
	  .parse = check_rtp_parse_ports,
	  .argument = "RANGES",
	  .help = "Ports that are known to be in use: never sent to, counted as bound, and open "
		  "for the expectations. Repeatable." },
	{ .name = "payload",
	  .type = OPT_CHOICE,
	  .at = FIELD(payload),
	  .choices = PAYLOADS,
	  .argument = "rtcp|rtp|stun",
	  .help = "What is sent. Anything but an RTCP compound can take over a running call and "
		  "needs --i-own-this-host.",
	  .fallback = "rtcp" },
	{ .name = "send-hex",
	  .type = OPT_CALL,
	  .at = FIELD(hex),
	  .parse = check_rtp_parse_hex,
	  .argument = "HEX",
	  .help = "Send these bytes, at most 1400, instead; \"0x\" alone is the empty datagram. "
		  "Needs --i-own-this-host." },
	{ .name = "i-own-this-host",
	  .type = OPT_FLAG,
	  .at = FIELD(own_host),
	  .help = "You may disturb the calls of this host, and know that you can." },
	{ .name = "rate",
	  .type = OPT_NUMBER,
	  .at = FIELD(common.rate),
	  .min = 1,
	  .max = RATE_MAX,
	  .argument = "N",
	  .help = "Datagrams per second of the run; more is refused. Loopback has no cap.",
	  .fallback = "2000" },
	{ .name = "passes",
	  .type = OPT_NUMBER,
	  .at = FIELD(passes),
	  .min = 1,
	  .max = 4,
	  .argument = "N",
	  .help = "How often a port that gives no sign is asked.",
	  .fallback = "2" },
	{ .name = "prove",
	  .type = OPT_SECONDS,
	  .at = FIELD(prove_us),
	  .max = 3600000000,
	  .argument = "SECONDS",
	  .help = "How long to prove silence and closedness when all have been asked; 0 is not "
		  "at all.",
	  .fallback = "30" },
	{ .name = "packets",
	  .type = OPT_NUMBER,
	  .at = FIELD(packets),
	  .min = 1,
	  .max = 10000000,
	  .argument = "N",
	  .help = "Datagrams of the run, at most.",
	  .fallback = "200000" },
	{ .letter = 't',
	  .name = "timeout",
	  .type = OPT_CALL,
	  .parse = opt_parse_timeout,
	  .argument = "SECONDS[:STATE]",
	  .help = "Deadline of the whole run, DNS included, at most 3600, and the state of the "
		  "outcome \"incomplete\" when it passes.",
	  .fallback = "50" },

	{ .group = "Memory",
	  .name = "state-file",
	  .type = OPT_TEXT,
	  .at = FIELD(state_file),
	  .argument = "FILE",
	  .help = "Carries proofs from run to run; each run goes on with the ports that were "
		  "proven the longest ago. One file for each address." },
	{ .name = "max-age",
	  .type = OPT_SECONDS,
	  .at = FIELD(max_age_us),
	  .min = 1000000,
	  .max = 31536000000000,
	  .argument = "SECONDS",
	  .help = "Proofs that are older do not count.",
	  .fallback = "86400" },

	{ .group = "States",
	  .name = "expect-open",
	  .type = OPT_CALL,
	  .flags = OPT_GATHERS,
	  .at = FIELD(expect_open),
	  .parse = check_rtp_parse_ports,
	  .argument = "RANGES",
	  .help = "Ports that must answer or be proven silent. Repeatable." },
	{ .name = "expect-closed",
	  .type = OPT_CALL,
	  .flags = OPT_GATHERS,
	  .at = FIELD(expect_closed),
	  .parse = check_rtp_parse_ports,
	  .argument = "RANGES",
	  .help = "Ports that must be proven closed or rejected. Repeatable." },
	{ .name = "max-answering",
	  .type = OPT_CALL,
	  .at = FIELD(answering),
	  .parse = check_rtp_parse_pair,
	  .argument = "W[,C]",
	  .help = "Ranges for the number of answering ports, in place of the outcome "
		  "\"exposed\"." },
	{ .letter = 'w',
	  .name = "warning",
	  .type = OPT_RANGE,
	  .at = FIELD(common.warning),
	  .argument = "RANGE",
	  .help = "WARNING when the number of answering ports is outside of [@][start:]end, "
		  "in place of the range of --max-answering." },
	{ .letter = 'c',
	  .name = "critical",
	  .type = OPT_RANGE,
	  .at = FIELD(common.critical),
	  .argument = "RANGE",
	  .help = "The same for CRITICAL." },
	{ .name = "max-open",
	  .type = OPT_CALL,
	  .at = FIELD(open),
	  .parse = check_rtp_parse_pair,
	  .argument = "W[,C]",
	  .help = "Ranges for the number of ports that answer or are proven silent; with "
		  "--local, that are bound." },

	{ .group = "Inside view",
	  .name = "local",
	  .type = OPT_FLAG,
	  .at = FIELD(local),
	  .help = "List the UDP ports that are bound on this host; nothing is sent." },
	{ .name = "compare",
	  .type = OPT_TEXT,
	  .at = FIELD(compare),
	  .argument = "FILE",
	  .help = "The list of the ports bound on the target: the JSON of a --local run there, or "
		  "plain ranges. Its ports are sent to, unless --bound names them." },
};

static const struct outcome OUTCOME[OUTCOMES] = {
	[OUT_LEAK] = { "leak", STATE_CRITICAL,
		       "a port sends RTP to us, a stranger, that is not our own datagram" },
	[OUT_NOT_CLOSED] = { "not-closed", STATE_CRITICAL, "an --expect-closed port answers" },
	[OUT_MISSING] = { "missing", STATE_CRITICAL,
			  "an --expect-open port is closed or rejected; --local: not bound" },
	[OUT_EXPOSED] = { "exposed", STATE_CRITICAL,
			  "a port outside of --expect-open answers; not with -w, -c or "
			  "--max-answering" },
	[OUT_NOT_STARTED] = { "not-started", STATE_UNKNOWN,
			      "the deadline passed before anything was sent" },
	[OUT_INTERRUPTED] = { "interrupted", STATE_UNKNOWN, "SIGTERM or SIGINT" },
	[OUT_DNS] = { "dns", STATE_UNKNOWN, "the name does not resolve" },
	[OUT_LOCAL_ERROR] = { "local-error", STATE_UNKNOWN,
			      "our own socket, address or state file" },
	[OUT_UNREACHABLE] = { "unreachable", STATE_UNKNOWN,
			      "no route, or others say that host or network is unreachable" },
	[OUT_NO_SIGN] = { "no-sign", STATE_UNKNOWN,
			  "neither a reply nor an ICMP error came back: the host is down, or "
			  "everything is filtered" },
	[OUT_DROPS] = { "drops", STATE_UNKNOWN, "our own receive buffer lost datagrams" },
	[OUT_INCOMPLETE] = { "incomplete", STATE_UNKNOWN,
			     "not every port was asked before the deadline or --packets" },
	[OUT_UNPROVEN_OPEN] = { "unproven-open", STATE_UNKNOWN,
				"an --expect-open port neither answers nor is proven silent" },
	[OUT_UNPROVEN_CLOSED] = { "unproven-closed", STATE_UNKNOWN,
				  "nothing is proven of an --expect-closed port" },
	[OUT_UNPROVEN_MAX] = { "unproven-max", STATE_UNKNOWN,
			       "--max-open holds for what is proven, but not for all that may be "
			       "open (open_max)" },
	[OUT_ANSWERING_NOT_BOUND] = { "answering-not-bound", STATE_WARNING,
				      "a port answers that the list of --compare lacks" },
	[OUT_MAYBE_OPEN] = { "maybe-open", STATE_WARNING,
			     "an --expect-closed port is proven silent (open or dropped), or "
			     "bound" },
	[OUT_UNDECIDED] = { "undecided", STATE_OK, "more than half of the range is undecided" },
	[OUT_QUIET] = { "quiet", STATE_OK, "none of these" },
};

static const struct metric_spec METRIC[METRICS] = {
	[METRIC_ANSWERING] = { .label = "answering",
			       .fold = FOLD_MAX,
			       .has_min = true,
			       .meaning = "ports that replied" },
	[METRIC_OPEN] = { .label = "open",
			  .fold = FOLD_MAX,
			  .has_min = true,
			  .meaning = "ports that replied or are proven silent; --local: bound" },
	[METRIC_CLOSED] = { .label = "closed", .fold = FOLD_SUM, .meaning = "ports proven closed" },
	[METRIC_SILENT] = { .label = "silent",
			    .fold = FOLD_SUM,
			    .meaning = "ports proven silent: open or dropped on purpose" },
	[METRIC_REJECTED] = { .label = "rejected",
			      .fold = FOLD_SUM,
			      .meaning = "ports with another ICMP error, or one of a firewall" },
	[METRIC_UNDECIDED] = { .label = "undecided",
			       .fold = FOLD_SUM,
			       .meaning = "ports of which nothing is proven" },
	[METRIC_COVERAGE] = { .label = "coverage",
			      .unit = UNIT_PERCENT,
			      .fold = FOLD_MIN,
			      .meaning = "decided among the asked ports" },
	[METRIC_OPEN_MAX] = { .label = "open_max",
			      .fold = FOLD_MAX,
			      .meaning = "upper bound of the open ports, at 95% confidence" },
	[METRIC_BOUND] = { .label = "bound",
			   .fold = FOLD_MAX,
			   .meaning = "ports of --bound, or bound on this host" },
	[METRIC_PACKETS] = { .label = "packets", .fold = FOLD_SUM, .meaning = "datagrams sent" },
	[METRIC_ICMP_RATE] = { .label = "icmp_rate",
			       .fold = FOLD_MAX,
			       .meaning = "ICMP errors per second while all ports were asked" },
	[METRIC_OLDEST_AGE] = { .label = "oldest_age",
				.unit = UNIT_SECONDS,
				.fold = FOLD_MAX,
				.meaning =
					"age of the oldest proof that counts, with a state file" },
	[METRIC_TIME] = { .label = "time",
			  .unit = UNIT_SECONDS,
			  .fold = FOLD_MAX,
			  .meaning = "the whole sweep" },
};

static const struct report_spec REPORT = {
	.program = "check_rtp",
	.service = "RTP",
	.version = PACKAGE_VERSION,
	.noun = "addresses",
	.metric = METRIC,
	.metric_count = METRICS,
};

static const char *const DESCRIPTION[] = {
	"Tells which UDP ports of an RTP range are exposed, without privilege. Two questions are "
	"kept apart: which ports answer an RTCP compound packet, and what is proven of the others.",
	"Closed: the host itself says so by ICMP. Silent: no sign of the port, while a canary, a "
	"closed port of the same host that was asked just behind it, got its ICMP error; so the "
	"port "
	"is open, or dropped on purpose. Rejected: another ICMP error. Undecided: asked, nothing "
	"proven. Hosts limit their ICMP errors, a Linux host to about one a second, so silence "
	"alone proves nothing, and closed ports cost time: what a run cannot prove is counted, "
	"bounded, and left to the next run with --state-file. With the default ICMP limit of Linux "
	"a run proves about forty closed ports. Where no closed port of the range is known, one is "
	"sought in 33434-33523 and above 61000, unless excluded.",
	"Every address of the name is swept, at most 8; they share --rate and --packets.",
	"Safety: a port that holds a call takes almost any datagram for media. With rtpengine and "
	"a phone that is mute, one stray packet, even an empty one, moves the call's audio to its "
	"sender, to the end of the call. A well-formed RTCP compound, the default, was measured "
	"not "
	"to do that, but where media-handover is allowed even this moves media, and it is relayed "
	"to "
	"the other party. So sweep ranges that are yours, keep ports in use out by --bound or "
	"--exclude-from, and leave --payload alone on a host with calls.",
	"An answer does not mean a leak: an echo or an RTCP report shows that the port is "
	"reachable. "
	"RTP that we did not send is one. A port that holds a call may return our own packet: "
	"expect it with --expect-open, or name it with --bound.",
	"What --local lists is bound on any address; --compare joins it with the sweep: bound but "
	"not reachable, reachable and bound, answering but not bound there. --compare alone keeps "
	"no port from being sent to.",
	NULL,
};

static const struct example EXAMPLES[] = {
	{ "check_rtp -H media1.example.org", "the usual range; an answering port is CRITICAL" },
	{ "check_rtp -H 192.0.2.7 --state-file /var/lib/voip/192.0.2.7 -t 55",
	  "a sweep that goes on over runs" },
	{ "check_rtp -H 192.0.2.7 -p 30000-30999 --exclude-from in-use.list -v",
	  "without the ports in use, with a map" },
	{ "check_rtp -H 192.0.2.7 --expect-open 16384-16387 --expect-closed 20000-20099",
	  "reachable where it must be, closed where it must be" },
	{ "check_rtp -H 192.0.2.7 --max-answering 10,50 --max-open 200",
	  "numbers that are normal" },
	{ "check_rtp --local --output-format json", "the inside view, on the media host" },
	{ "check_rtp -H 192.0.2.7 --compare inside.json", "and joined with the outside view" },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const struct program check_rtp_program = {
	.report = &REPORT,
	.summary = "checks which UDP ports of an RTP range are exposed",
	.description = DESCRIPTION,
	.one_target = true,
	.untargeted = " --local [OPTION ...]",
	.timeout_us = 50000000,
	.opt = OPTIONS,
	.opt_count = COUNT(OPTIONS),
	.outcome = OUTCOME,
	.outcome_count = OUTCOMES,
	.example = EXAMPLES,
	.example_count = COUNT(EXAMPLES),
};
