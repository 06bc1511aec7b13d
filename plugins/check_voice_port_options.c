/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_voice_port's tables: options, outcomes, metrics, examples. */
#include "check_voice_port.h"

#define FIELD(member) offsetof(struct conf, member)

static const struct opt OPTIONS[] = {
	{ .group = "What to ask",
	  .letter = 'p',
	  .name = "port",
	  .type = OPT_CALL,
	  .flags = OPT_GATHERS,
	  .at = FIELD(ports),
	  .parse = voice_port_parse_ports,
	  .argument = "LIST",
	  .help = "Ports: PORT[-PORT][/tcp|/udp][=POLICY], with commas, repeatable; without a "
		  "transport both. POLICY is as in --expect, several joined by \"+\": "
		  "5060/udp,5061/tcp,2860=closed+filtered.",
	  .fallback = "2860,2861" },
	{ .name = "addresses",
	  .type = OPT_CHOICE,
	  .at = FIELD(addresses),
	  .choices = addresses_choices,
	  .argument = "WHICH",
	  .help = "Which addresses of a name must be as expected: all of them, any one of them, "
		  "or those of IPv4 or IPv6 only. All are checked at once.",
	  .fallback = "all" },
	{ .name = "hold",
	  .type = OPT_NUMBER,
	  .at = FIELD(hold_ms),
	  .max = 60000,
	  .argument = "MS",
	  .help = "How long a TCP connection must live to count as open; 0 does not wait.",
	  .fallback = "300" },
	{ .name = "send-hex",
	  .type = OPT_CALL,
	  .parse = voice_port_parse_payload,
	  .argument = "HEX",
	  .help = "Bytes to send, at most 1400; over UDP at 0, 0.5 and 1.25 s.",
	  .fallback = "UDP two empty lines, to ports that may carry media an RTCP report; TCP "
		      "nothing" },
	{ .name = "send",
	  .type = OPT_TEXT,
	  .at = FIELD(send_file),
	  .argument = "FILE",
	  .help = "The same from a file." },
	{ .name = "i-own-this-host",
	  .type = OPT_FLAG,
	  .at = FIELD(owner),
	  .help = "You may disturb the calls of this host, and know that you can: needed to send "
		  "bytes of your own to UDP ports that may carry media." },
	{ .name = "canary",
	  .type = OPT_CALL,
	  .parse = voice_port_parse_canary,
	  .argument = "PORT",
	  .help = "A closed UDP port of the host, asked behind silent ones to learn what their "
		  "silence means; 0 asks none.",
	  .fallback = "any above 61000" },

	{ .group = "What to expect",
	  .name = "expect",
	  .type = OPT_CALL,
	  .at = FIELD(expect),
	  .parse = voice_port_parse_expect,
	  .argument = "open|closed|filtered|any",
	  .help = "What every port should be; several with commas.",
	  .fallback = "open" },
	{ .name = "expect-hex",
	  .type = OPT_CALL,
	  .at = FIELD(wish),
	  .parse = reply_wish_parse_hex,
	  .argument = "HEX",
	  .help = "The reply must hold these bytes; of a TCP reply the first 4096 bytes count." },
	{ .name = "expect-regex",
	  .type = OPT_CALL,
	  .at = FIELD(wish),
	  .parse = reply_wish_parse_regex,
	  .argument = "ERE",
	  .help = "The reply must match this POSIX extended regular expression." },
};

/* The states are those of --expect open; the meaning names the others. */
static const struct outcome OUTCOME[OUTCOMES] = {
	[OUT_OPEN] = { "open", STATE_OK,
		       "TCP connection made and held; expected closed or filtered: CRITICAL" },
	[OUT_ANSWERING] = { "answering", STATE_OK,
			    "a UDP reply from the port; expected closed or filtered: CRITICAL" },
	[OUT_SILENT_PROVEN] = { "silent-proven", STATE_UNKNOWN,
				"UDP: no reply, while the host refuses a canary port; the port is "
				"open or filtered on purpose, and not closed; expected closed: "
				"WARNING, filtered: OK" },
	[OUT_REFUSED] = { "refused", STATE_CRITICAL,
			  "TCP reset or ICMP port unreachable; expected closed: OK, filtered: "
			  "WARNING, because packets get through" },
	[OUT_PROHIBITED] = { "prohibited", STATE_CRITICAL,
			     "ICMP administratively prohibited, or port unreachable from a "
			     "router; expected closed: WARNING, filtered: OK" },
	[OUT_UNREACHABLE] = { "unreachable", STATE_CRITICAL,
			      "other ICMP errors, no route; expected closed or filtered: UNKNOWN, "
			      "because it says nothing about the port" },
	[OUT_TIMEOUT] = { "timeout", STATE_CRITICAL,
			  "no answer to the TCP connect, or UDP silence that no canary explains; "
			  "expected closed: UNKNOWN, filtered: OK, because you said so" },
	[OUT_RESET_AFTER_ACCEPT] = { "reset-after-accept", STATE_WARNING,
				     "TCP closed or reset by the peer within the hold time, "
				     "without a byte; expected closed or filtered: CRITICAL, "
				     "because somebody accepts" },
	[OUT_MISMATCH] = { "mismatch", STATE_CRITICAL,
			   "a reply that --expect-hex or --expect-regex does not accept" },
	[OUT_NO_REPLY] = { "no-reply", STATE_CRITICAL,
			   "with these: no reply from a port that is there" },
	[OUT_DNS] = { "dns", STATE_UNKNOWN, "the name does not resolve" },
	[OUT_NOT_STARTED] = { "not-started", STATE_UNKNOWN,
			      "the deadline passed before this port's turn" },
	[OUT_INTERRUPTED] = { "interrupted", STATE_UNKNOWN, "SIGTERM or SIGINT" },
	[OUT_LOCAL_ERROR] = { "local-error", STATE_UNKNOWN,
			      "our own socket, address, limit or firewall" },
};

static const struct metric_spec METRIC[METRICS] = {
	[METRIC_TIME] = { .label = "time",
			  .unit = UNIT_SECONDS,
			  .fold = FOLD_SPREAD,
			  .has_min = true,
			  .meaning = "TCP connect, or from the first UDP send to the reply; of one "
				     "target with up to 8 ports the label is tcp2860, udp2861 ..., "
				     "of several addresses the slowest" },
	[METRIC_DNS] = { .label = "dns",
			 .unit = UNIT_SECONDS,
			 .fold = FOLD_MAX,
			 .has_min = true,
			 .meaning = "name resolution" },
};

static const struct report_spec REPORT = {
	.program = "check_voice_port",
	.service = "VOICE_PORT",
	.version = PACKAGE_VERSION,
	.noun = "ports",
	.metric = METRIC,
	.metric_count = METRICS,
};

static const char *const DESCRIPTION[] = {
	"Tells whether TCP and UDP ports of a host are open, closed or filtered, and whether that "
	"is "
	"what was expected; without --port those of dialpad-voice1 (2860) and dialpad-voice2 "
	"(2861).",
	"Every address of a name is checked at once and has a line of its own, so that a dead IPv6 "
	"does not hide behind a working IPv4, nor the other way round.",
	"Silence is never called open. A silent UDP port is asked again together with a canary, a "
	"port that should be closed: when the host refuses the canary and not the port, the port "
	"is "
	"silent on purpose; when it refuses neither, nothing is proven and the outcome is timeout.",
	"A TCP port counts as open only when the connection lives for the hold time, or when the "
	"peer "
	"says something.",
	"What is sent by default means nothing to most services. UDP ports that may carry media "
	"(5004, 5005, and from 1024 up those registered for nothing known) get an RTCP report, "
	"which "
	"was measured not to move the audio of calls; the parties of a call receive it all the "
	"same, "
	"so leave out ports that carry calls (see check_rtp).",
	NULL,
};

static const struct example EXAMPLES[] = {
	{ "check_voice_port -H voice.example.org", "2860 and 2861, both transports, must be open" },
	{ "check_voice_port -H 192.0.2.7 --expect closed,filtered",
	  "nobody may listen there: a listener is CRITICAL" },
	{ "check_voice_port -H pbx.example.org -p 5060/udp,5061/tcp,2860=closed",
	  "ports with expectations of their own" },
	{ "check_voice_port -H 192.0.2.7 -p 2861/udp --state silent-proven=ok",
	  "a UDP service that does not answer strangers" },
	{ "check_voice_port -H 192.0.2.7 -p 22/tcp --expect-regex '^SSH-2'", "with a banner" },
	{ "check_voice_port --targets hosts.list -p 2860/tcp -t 5", "many hosts in one run" },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const struct program check_voice_port_program = {
	.report = &REPORT,
	.summary = "checks the reachability of voice ports over TCP and UDP",
	.description = DESCRIPTION,
	.opt = OPTIONS,
	.opt_count = COUNT(OPTIONS),
	.outcome = OUTCOME,
	.outcome_count = OUTCOMES,
	.example = EXAMPLES,
	.example_count = COUNT(EXAMPLES),
};
