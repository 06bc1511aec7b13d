/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_eicon_slp's tables: options, outcomes, metrics, examples. */
#include "check_eicon_slp.h"

#define FIELD(member) offsetof(struct conf, member)

static const char *const PRESETS[] = { "eicon-slp", "slp", NULL };
static const char *const PROTOS[] = { "auto", "v1", "v2", "raw", NULL };
static const char *const TRANSPORTS[] = { "both", "udp", "tcp", NULL };
static const char *const POLICIES[] = { "slp", "closed", NULL };

static const struct opt OPTIONS[] = {
	{ .group = "What to ask",
	  .name = "preset",
	  .type = OPT_CHOICE,
	  .at = FIELD(preset),
	  .choices = PRESETS,
	  .argument = "eicon-slp|slp",
	  .help = "The port, unless -p names it: 1440 or 427.",
	  .fallback = "eicon-slp" },
	{ .name = "proto",
	  .type = OPT_CHOICE,
	  .at = FIELD(proto),
	  .choices = PROTOS,
	  .argument = "auto|v1|v2|raw",
	  .help = "Version of SLP to speak; auto tries 2, then 1. raw sends the bytes of "
		  "--send-hex "
		  "or --profile.",
	  .fallback = "auto" },
	{ .letter = 'T',
	  .name = "transport",
	  .type = OPT_CHOICE,
	  .at = FIELD(transports),
	  .choices = TRANSPORTS,
	  .argument = "udp|tcp|both",
	  .help = "both: UDP, then TCP unless UDP gave a good answer; own bytes go over each.",
	  .fallback = "both, own bytes udp" },
	{ .name = "all-probes",
	  .type = OPT_FLAG,
	  .at = FIELD(all_probes),
	  .help = "Send every request in every version over every transport, not only until the "
		  "first good answer." },
	{ .name = "query",
	  .type = OPT_CALL,
	  .flags = OPT_GATHERS,
	  .at = FIELD(query),
	  .parse = eicon_parse_query,
	  .argument = "types|services|attrs|sa|da",
	  .help = "What to ask whoever answers, several with commas: service types, services, "
		  "attributes, the adverts of service and directory agents.",
	  .fallback = "types,sa and what is required" },
	{ .name = "type",
	  .type = OPT_CALL,
	  .at = FIELD(type),
	  .parse = eicon_parse_text,
	  .argument = "TYPE",
	  .help = "Services and attributes of this service type; attributes also of a URL.",
	  .fallback = "the first 16 types that are told" },
	{ .name = "scope",
	  .type = OPT_CALL,
	  .parse = eicon_parse_scope,
	  .argument = "LIST",
	  .help = "Scopes to ask in, with commas.",
	  .fallback = "DEFAULT, then those that the agent names; version 1 none" },
	{ .name = "predicate",
	  .type = OPT_CALL,
	  .at = FIELD(predicate),
	  .parse = eicon_parse_text,
	  .argument = "FILTER",
	  .help = "Only services that match: an LDAPv3 filter, in version 1 a where-clause." },
	{ .name = "lang",
	  .type = OPT_CALL,
	  .at = FIELD(language),
	  .parse = eicon_parse_language,
	  .argument = "TAG",
	  .help = "Language tag of the requests; with one that has not two letters version 1 is "
		  "not "
		  "asked.",
	  .fallback = "en" },
	{ .name = "addresses",
	  .type = OPT_CHOICE,
	  .at = FIELD(addresses),
	  .choices = addresses_choices,
	  .argument = "WHICH",
	  .help = "Which addresses of a name must be as expected: all of them, any one of them, "
		  "or those of IPv4 or IPv6 only. All are asked.",
	  .fallback = "all" },
	{ .name = "i-own-this-host",
	  .type = OPT_FLAG,
	  .at = FIELD(owner),
	  .help = "You may disturb the calls of this host, and know that you can: needed for UDP "
		  "ports that may carry media, when -p names one." },

	{ .group = "Own bytes",
	  .name = "profile",
	  .type = OPT_TEXT,
	  .at = FIELD(profile_path),
	  .argument = "FILE",
	  .help = "Ask with the probes of an ini file, one section each: send = hexadecimal bytes; "
		  "expect = the same with \"..\" for any byte, \"*\" for any rest and {name:u16} "
		  "for what is told and measured; transport = udp or tcp." },
	{ .name = "send-hex",
	  .type = OPT_CALL,
	  .parse = eicon_parse_send,
	  .argument = "HEX",
	  .help = "Bytes to send instead of SLP, at most 1400." },
	{ .name = "expect-hex",
	  .type = OPT_CALL,
	  .at = FIELD(wish),
	  .parse = reply_wish_parse_hex,
	  .argument = "HEX",
	  .help = "The reply to --send-hex must hold these bytes." },
	{ .name = "expect-regex",
	  .type = OPT_CALL,
	  .at = FIELD(wish),
	  .parse = reply_wish_parse_regex,
	  .argument = "ERE",
	  .help = "It must match this POSIX extended regular expression." },
	{ .name = "dump-hex",
	  .type = OPT_TEXT,
	  .at = FIELD(dump_path),
	  .argument = "FILE",
	  .help = "Record what was sent and what came, as a new file that becomes a profile by "
		  "editing." },

	{ .group = "Groups",
	  .name = "multicast",
	  .type = OPT_CALL,
	  .parse = eicon_parse_multicast,
	  .flags = OPT_OPTIONAL,
	  .argument = "GROUP",
	  .help = "Ask a multicast group instead of hosts: for service agents of version 2, unless "
		  "--query or --proto v1 ask for something else.",
	  .fallback = "239.255.255.253, -6 ff02::116, --proto v1 224.0.1.22" },
	{ .name = "broadcast",
	  .type = OPT_CALL,
	  .parse = eicon_parse_broadcast,
	  .flags = OPT_OPTIONAL,
	  .argument = "ADDR",
	  .help = "Ask a broadcast address instead of hosts.",
	  .fallback = "255.255.255.255" },
	{ .name = "listen",
	  .type = OPT_SECONDS,
	  .at = FIELD(listen_us),
	  .min = 100000,
	  .max = UINT64_C(3600000000),
	  .argument = "SECONDS",
	  .help = "Send nothing, hear what is sent to this port of ours, with --multicast to the "
		  "group too." },
	{ .name = "interface",
	  .type = OPT_TEXT,
	  .at = FIELD(interface),
	  .argument = "IF",
	  .help = "Network interface of the group.",
	  .fallback = "as routed" },
	{ .name = "ttl",
	  .type = OPT_NUMBER,
	  .at = FIELD(ttl),
	  .min = 1,
	  .max = 255,
	  .argument = "N",
	  .help = "How many hops a request to a group may take.",
	  .fallback = "1" },
	{ .name = "min-responders",
	  .type = OPT_NUMBER,
	  .at = FIELD(min_responders),
	  .max = SLP_RESPONDERS_MAX,
	  .argument = "N",
	  .help = "At least so many must answer." },
	{ .name = "max-responders",
	  .type = OPT_CALL,
	  .parse = eicon_parse_max_responders,
	  .argument = "N",
	  .help = "At most so many may answer; with 0 silence is OK." },
	{ .name = "expect-responder",
	  .type = OPT_CALL,
	  .flags = OPT_GATHERS,
	  .parse = eicon_parse_responder,
	  .argument = "ADDR",
	  .help = "This one must answer; several with commas, repeatable." },

	{ .group = "What to expect",
	  .name = "expect",
	  .type = OPT_CHOICE,
	  .at = FIELD(policy),
	  .choices = POLICIES,
	  .argument = "slp|closed",
	  .help = "slp: a service agent must answer. closed: nothing may answer on this port.",
	  .fallback = "slp" },
	{ .name = "require-type",
	  .type = OPT_CALL,
	  .flags = OPT_GATHERS,
	  .parse = eicon_parse_require_type,
	  .argument = "TYPE",
	  .help = "This service type must be told; several with commas, repeatable." },
	{ .name = "min-services",
	  .type = OPT_CALL,
	  .parse = eicon_parse_min_services,
	  .argument = "N",
	  .help = "At least so many services (URLs) must be told." },
	{ .name = "min-lifetime",
	  .type = OPT_NUMBER,
	  .at = FIELD(min_lifetime_s),
	  .max = 65535,
	  .argument = "SECONDS",
	  .help = "No service may expire sooner." },
	{ .name = "attr",
	  .type = OPT_CALL,
	  .flags = OPT_GATHERS,
	  .parse = eicon_parse_attr,
	  .argument = "TAG[OP VALUE]",
	  .help = "An attribute must be there, or have a value: channels>=30, capabilities=fax; OP "
		  "is =, !=, <, <=, > or >=; repeatable. All of them must hold for one service: of "
		  "--type, else any." },
	{ .name = "require-role",
	  .type = OPT_CALL,
	  .flags = OPT_GATHERS,
	  .parse = eicon_parse_require_role,
	  .argument = "sa|da",
	  .help = "A service agent, a directory agent, or both with a comma must advertise "
		  "itself." },
	{ .name = "require-scope",
	  .type = OPT_CALL,
	  .flags = OPT_GATHERS,
	  .parse = eicon_parse_require_scope,
	  .argument = "SCOPE",
	  .help = "The advert must name this scope; several with commas, repeatable." },
	{ .name = "min-uptime",
	  .type = OPT_SECONDS,
	  .at = FIELD(min_uptime_us),
	  .max = UINT64_C(100000000000000),
	  .argument = "SECONDS",
	  .help = "The directory agent must be up for so long." },
	{ .name = "check-amplification",
	  .type = OPT_RANGE_PAIR,
	  .at = FIELD(amplification),
	  .argument = "W:C",
	  .help = "Reply bytes for each byte of a request over UDP, above which it is WARNING and "
		  "CRITICAL: what an attacker with a forged source gains. More than one datagram "
		  "for a request is a WARNING too." },
	{ .name = "check-v1",
	  .type = OPT_FLAG,
	  .at = FIELD(check_v1),
	  .help = "Also ask in SLPv1; an answer is a WARNING." },
};

/* The states are those of --expect slp; the meaning names the others. */
static const struct outcome OUTCOME[OUTCOMES] = {
	[OUT_SLP_V2] = { "slp-v2", STATE_OK,
			 "a good reply in version 2; expected closed: CRITICAL" },
	[OUT_SLP_V1] = { "slp-v1", STATE_OK,
			 "a good reply in version 1; expected closed: CRITICAL" },
	[OUT_MATCH] = { "match", STATE_OK,
			"the reply that --profile, --expect-hex or --expect-regex describes; "
			"expected closed: CRITICAL" },
	[OUT_SLP_ERROR] = { "slp-error", STATE_WARNING,
			    "only replies with an error code; INTERNAL_ERROR is CRITICAL; expected "
			    "closed: CRITICAL" },
	[OUT_SLP_TRUNCATED] = { "slp-truncated", STATE_WARNING,
				"only replies that are cut, and nothing whole over TCP; expected "
				"closed: CRITICAL" },
	[OUT_SLP_SUSPECT] = { "slp-suspect", STATE_CRITICAL,
			      "version and function of SLP, but a wrong XID, length or text: "
			      "perhaps not an answer to us" },
	[OUT_MISMATCH] = { "mismatch", STATE_CRITICAL,
			   "a reply other than the one described; expected closed: WARNING" },
	[OUT_OTHER] = { "other", STATE_WARNING, "bytes that are not SLP" },
	[OUT_REQUESTS] = { "slp-request", STATE_CRITICAL,
			   "--listen: others look for services, nobody offers one; expected "
			   "closed: "
			   "WARNING" },
	[OUT_UNSOLICITED] = { "unsolicited", STATE_CRITICAL,
			      "datagrams from another address or port than asked, and none from "
			      "there; expected closed: WARNING" },
	[OUT_INTERRUPTED] = { "interrupted", STATE_UNKNOWN, "SIGTERM or SIGINT" },
	[OUT_LOCAL_ERROR] = { "local-error", STATE_UNKNOWN,
			      "our own socket, address, limit or firewall" },
	[OUT_TCP_CLOSED_ON_DATA] = { "tcp-closed-on-data", STATE_CRITICAL,
				     "accepts and closes or resets without a reply; expected "
				     "closed: WARNING" },
	[OUT_TCP_OPEN_SILENT] = { "tcp-open-silent", STATE_CRITICAL,
				  "accepts and does not reply; expected closed: WARNING" },
	[OUT_SILENT] = { "silent", STATE_CRITICAL,
			 "no reply; expected closed: OK, though silence is no proof" },
	[OUT_PROHIBITED] = { "prohibited", STATE_CRITICAL,
			     "ICMP administratively prohibited, or port unreachable from a "
			     "router; expected closed: OK" },
	[OUT_REFUSED] = { "refused", STATE_CRITICAL,
			  "ICMP port unreachable or TCP reset; expected closed: OK" },
	[OUT_UNREACHABLE] = { "unreachable", STATE_CRITICAL,
			      "other ICMP errors, no route; expected closed: UNKNOWN, because it "
			      "says nothing about the port" },
	[OUT_INCOMPLETE] = { "incomplete", STATE_UNKNOWN,
			     "not everything was asked or answered that a verdict needs: expected "
			     "closed, a requirement, or a group" },
	[OUT_NOT_STARTED] = { "not-started", STATE_UNKNOWN, "the deadline passed before its turn" },
	[OUT_DNS] = { "dns", STATE_UNKNOWN, "the name does not resolve" },
	[OUT_UNMET] = { "unmet", STATE_CRITICAL, "a good reply, but a requirement is not met" },
	[OUT_MIXED] = { "slp-mixed", STATE_WARNING, "a good reply, and broken ones beside it" },
	[OUT_TRAILING] = { "slp-trailing", STATE_WARNING,
			   "a good reply with bytes behind its end, which may be memory of the "
			   "agent" },
	[OUT_V1_ANSWERS] = { "v1-answers", STATE_WARNING, "--check-v1, and SLPv1 is answered" },
	[OUT_GOING_DOWN] = { "going-down", STATE_WARNING,
			     "a good reply of a directory agent that says it goes down" },
};

static const struct metric_spec METRIC[METRICS] = {
	[METRIC_TIME] = { .label = "time",
			  .unit = UNIT_SECONDS,
			  .fold = FOLD_SPREAD,
			  .has_min = true,
			  .meaning = "from the first send of a request to its first reply" },
	[METRIC_SERVICES] = { .label = "services",
			      .fold = FOLD_SUM,
			      .has_min = true,
			      .meaning = "services told, when they were asked for" },
	[METRIC_TYPES] = { .label = "types",
			   .fold = FOLD_SUM,
			   .has_min = true,
			   .meaning = "service types told" },
	[METRIC_RESPONDERS] = { .label = "responders",
				.fold = FOLD_SUM,
				.has_min = true,
				.meaning = "who answered" },
	[METRIC_REQUEST_BYTES] = { .label = "request_bytes",
				   .unit = UNIT_BYTES,
				   .fold = FOLD_SUM,
				   .has_min = true,
				   .meaning = "sent, without headers of IP, UDP and TCP" },
	[METRIC_REPLY_BYTES] = { .label = "reply_bytes",
				 .unit = UNIT_BYTES,
				 .fold = FOLD_SUM,
				 .has_min = true,
				 .meaning = "received" },
	[METRIC_AMPLIFICATION] = { .label = "amplification",
				   .fold = FOLD_MAX,
				   .has_min = true,
				   .meaning =
					   "bytes of all datagrams that answer a request, to those "
					   "of the request; the largest" },
	[METRIC_RETRIES] = { .label = "retries",
			     .fold = FOLD_SUM,
			     .has_min = true,
			     .meaning = "requests sent again" },
	[METRIC_DA_UPTIME] = { .label = "da_uptime",
			       .unit = UNIT_SECONDS,
			       .fold = FOLD_MIN,
			       .has_min = true,
			       .meaning = "since the boot time that a directory agent told" },
	[METRIC_DNS] = { .label = "dns",
			 .unit = UNIT_SECONDS,
			 .fold = FOLD_MAX,
			 .has_min = true,
			 .meaning = "name resolution" },
};

static const struct report_spec REPORT = {
	.program = "check_eicon_slp",
	.service = "EICON_SLP",
	.version = PACKAGE_VERSION,
	.noun = "targets",
	.metric = METRIC,
	.metric_count = METRICS,
};

static const char *const DESCRIPTION[] = {
	"Tells what answers on port 1440 (eicon-slp, the port of Eicon and Dialogic Diva servers) "
	"or, "
	"with --preset slp, on 427, and what it tells strangers: service types, services, "
	"attributes, scopes, roles.",
	"The wire format of eicon-slp was never published, and no capture of such a device is "
	"known. "
	"This program does not claim to speak it: it asks with the two published framings, SLPv1 "
	"(RFC 2165) and SLPv2 (RFC 2608), and with bytes of your own (--profile, --send-hex). An "
	"open port 1440 is no evidence of an Eicon device.",
	"An answer counts only when it comes from the address and port asked, is whole, and "
	"carries "
	"the XID and function of the request. Everything else is counted and named, and is never "
	"OK.",
	"It asks and changes nothing: it cannot register or deregister a service. Groups are asked "
	"only with --multicast or --broadcast, with one hop unless --ttl allows more.",
	"A target may name its port: diva.example.org:427, [2001:db8::7]:1440.",
	"Silence has many causes: a closed or filtered port, another dialect, a device that only "
	"announces (see --listen).",
	NULL,
};

static const struct example EXAMPLES[] = {
	{ "check_eicon_slp -H diva.example.org", "a service agent must answer on 1440" },
	{ "check_eicon_slp -H 192.0.2.7 --expect closed", "nothing may answer there" },
	{ "check_eicon_slp -H 192.0.2.7 --type service:diva.eicon:fax --attr "
	  "'channels>=30'",
	  "the fax service must be there, with 30 channels" },
	{ "check_eicon_slp --preset slp -H 192.0.2.7 --check-v1 --check-amplification 5:50",
	  "what an SLP server of any kind exposes" },
	{ "check_eicon_slp --multicast --interface eth0 --expect-responder 192.0.2.7",
	  "who answers in this network" },
	{ "check_eicon_slp --listen 50", "who announces itself, without a packet of ours" },
	{ "check_eicon_slp -H 192.0.2.7 --all-probes --dump-hex diva.ini",
	  "record an unknown device" },
	{ "check_eicon_slp -H 192.0.2.7 --profile diva.ini", "and ask it with what was learnt" },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const struct program check_eicon_slp_program = {
	.report = &REPORT,
	.summary =
		"checks what answers on the eicon-slp port 1440 and on SLP 427, and what it tells",
	.description = DESCRIPTION,
	.opt = OPTIONS,
	.opt_count = COUNT(OPTIONS),
	.outcome = OUTCOME,
	.outcome_count = OUTCOMES,
	.example = EXAMPLES,
	.example_count = COUNT(EXAMPLES),
};
