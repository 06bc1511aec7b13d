/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_listener's tables: options, outcomes, metrics, examples. */
#include "check_listener.h"

#define FIELD(member) offsetof(struct conf, member)

static const struct opt OPTIONS[] = {
	{ .group = "What to ask",
	  .letter = 'p',
	  .name = "port",
	  .type = OPT_CALL,
	  .flags = OPT_GATHERS,
	  .at = FIELD(ports),
	  .parse = listener_parse_ports,
	  .argument = "LIST",
	  .help = "Ports and who should hold them: PORT[-PORT][/tcp|/udp][=OWNER], with commas, "
		  "repeatable; without a transport both. OWNER is NAME[+NAME...], ~ERE (to the end "
		  "of the argument), any (bound by anybody), none (free) or any-or-none (told). "
		  "Where an owner or any is wanted each port of a range must be bound.",
	  .fallback = "1440,2860,2861,5060,5061, all any-or-none" },
	{ .name = "allow",
	  .type = OPT_TEXT,
	  .at = FIELD(allow),
	  .argument = "FILE",
	  .help = "Who may hold ports of --port that have no OWNER: lines as in --port, \"#\" "
		  "starts a "
		  "comment. What the file names may be bound, by that owner; any other listener is "
		  "unexpected." },
	{ .name = "user",
	  .type = OPT_LIST,
	  .at = FIELD(user),
	  .argument = "NAME|UID",
	  .help = "The owner must run as this user; repeatable, one of them is enough. Only for "
		  "this host. Names are those of /etc/passwd." },
	{ .name = "path",
	  .type = OPT_LIST,
	  .at = FIELD(path),
	  .argument = "GLOB",
	  .help = "The owner's program file must be this one, as in '/usr/sbin/*'; repeatable. "
		  "A file of a container is not the one of that name here. A process of this "
		  "host can choose its name, not its path; net-snmp's agent tells for the path "
		  "how the program was called, which is chosen too." },
	{ .name = "unit",
	  .type = OPT_LIST,
	  .at = FIELD(unit),
	  .argument = "GLOB",
	  .help = "The owner must belong to this systemd unit, as in 'kamailio*.service'; "
		  "repeatable. Only for this host. Units of users begin with user@UID.service/." },
	{ .name = "only-local",
	  .type = OPT_FLAG,
	  .at = FIELD(only_local),
	  .help = "What is bound to other than the loopback is a WARNING." },
	{ .name = "require-owner",
	  .type = OPT_FLAG,
	  .at = FIELD(require_owner),
	  .help = "A listener whose owner is not visible is a WARNING." },

	{ .group = "Agents",
	  .name = "credentials",
	  .type = OPT_TEXT,
	  .at = FIELD(credentials),
	  .argument = "FILE[:SECTION]",
	  .help = "Ini file with user, auth, priv and the passphrases (auth-passphrase, "
		  "priv-passphrase) or localized keys (auth-key, priv-key, engine-id), or with "
		  "community; not readable by others. Without SECTION that of the target's name, "
		  "else [default]." },
	{ .name = "credentials-fd",
	  .type = OPT_NUMBER,
	  .at = FIELD(credentials_fd),
	  .min = 3,
	  .max = 1023,
	  .argument = "N",
	  .help = "The same text from an open descriptor." },
	{ .name = "agent-port",
	  .type = OPT_NUMBER,
	  .at = FIELD(agent_port),
	  .min = 1,
	  .max = PORT_MAX,
	  .argument = "PORT",
	  .help = "UDP port of the agents; HOST:PORT goes before it.",
	  .fallback = "161" },
	{ .name = "engine-id",
	  .type = OPT_CALL,
	  .at = FIELD(engine_id),
	  .parse = listener_parse_engine,
	  .argument = "HEX",
	  .help = "The agent's engine; no other is spoken to." },
	{ .name = "v2c",
	  .type = OPT_FLAG,
	  .at = FIELD(v2c),
	  .help = "Use SNMPv2c, which sends the community in clear. The default is SNMPv3 with "
		  "authentication and privacy." },
	{ .name = "insecure",
	  .type = OPT_FLAG,
	  .at = FIELD(insecure),
	  .help = "Allow MD5, DES, and users without privacy or authentication." },
	{ .name = "derive-keys",
	  .type = OPT_TEXT,
	  .at = FIELD(derive_keys),
	  .flags = OPT_ARGV_ONLY,
	  .argument = "USER[:AUTH[:PRIV]]",
	  .help = "Ask for the passphrases, print a section of a credentials file with the "
		  "localized keys, and end. The engine is that of --engine-id, or of the agent of "
		  "-H." },
	{ .letter = 't',
	  .name = "timeout",
	  .type = OPT_CALL,
	  .parse = opt_parse_timeout,
	  .argument = "SECONDS[:STATE]",
	  .help = "Deadline of the whole run, DNS included, at most 3600, and the state of an "
		  "agent that does not answer.",
	  .fallback = "10:unknown" },
};

static const struct outcome OUTCOME[OUTCOMES] = {
	[OUT_EXPECTED] = { "expected", STATE_OK,
			   "as wanted: the owner, or free; or nothing was wanted" },
	[OUT_OTHER_OWNER] = { "other-owner", STATE_CRITICAL,
			      "held by somebody else than wanted, by name, user, path or unit" },
	[OUT_ABSENT] = { "absent", STATE_CRITICAL, "not bound, but an owner or any was wanted" },
	[OUT_UNEXPECTED] = { "unexpected", STATE_CRITICAL,
			     "bound, but none was wanted, or --allow does not name it" },
	[OUT_EXPOSED] = { "exposed", STATE_WARNING,
			  "--only-local: bound to other than the loopback" },
	[OUT_OWNER_HIDDEN] = { "owner-hidden", STATE_OK,
			       "bound, but it is not visible by whom: no privilege here, or none "
			       "of "
			       "the agent; with --require-owner WARNING" },
	[OUT_STALE] = { "stale", STATE_UNKNOWN,
			"the agent names a process that its table of processes does not have: it "
			"is gone, or too new; both are cached" },
	[OUT_NO_AGENT] = { "no-agent", STATE_UNKNOWN,
			   "no answer, or refused, prohibited, unreachable; silence is also an "
			   "agent's "
			   "answer to a wrong community or privacy key; -t SECONDS:STATE is about "
			   "it" },
	[OUT_NO_SUCH_OBJECT] = { "no-such-object", STATE_UNKNOWN,
				 "the agent shows no listener at all: its view leaves the tables "
				 "out" },
	[OUT_AUTH] = { "auth", STATE_UNKNOWN,
		       "the agent refuses user, key or security level, or is another engine" },
	[OUT_BAD_AGENT] = { "bad-agent", STATE_UNKNOWN,
			    "the agent's tables cannot be read: errors, no order, no end" },
	[OUT_DNS] = { "dns", STATE_UNKNOWN, "the name does not resolve" },
	[OUT_NOT_STARTED] = { "not-started", STATE_UNKNOWN,
			      "the deadline passed before this agent's turn" },
	[OUT_INTERRUPTED] = { "interrupted", STATE_UNKNOWN, "SIGTERM or SIGINT" },
	[OUT_LOCAL_ERROR] = { "local-error", STATE_UNKNOWN,
			      "our own kernel, socket, limit or firewall" },
};

static const struct metric_spec METRIC[METRICS] = {
	[METRIC_LISTENERS] = { .label = "listeners",
			       .unit = UNIT_NONE,
			       .fold = FOLD_SUM,
			       .has_min = true,
			       .meaning = "sockets bound to the ports" },
	[METRIC_HIDDEN] = { .label = "hidden",
			    .unit = UNIT_NONE,
			    .fold = FOLD_SUM,
			    .has_min = true,
			    .meaning = "of these, whose owner is not visible" },
	[METRIC_TIME] = { .label = "time",
			  .unit = UNIT_SECONDS,
			  .fold = FOLD_SPREAD,
			  .has_min = true,
			  .meaning = "from the first datagram to an agent to its last answer" },
	[METRIC_PACKETS] = { .label = "packets",
			     .unit = UNIT_NONE,
			     .fold = FOLD_SUM,
			     .has_min = true,
			     .meaning = "datagrams sent to agents" },
};

static const struct report_spec REPORT = {
	.program = "check_listener",
	.service = "LISTENER",
	.version = PACKAGE_VERSION,
	.noun = "ports",
	.metric = METRIC,
	.metric_count = METRICS,
};

static const char *const DESCRIPTION[] = {
	"Tells which process holds a port, whether that is the expected one, and whether anything "
	"is bound that should not be: on this host from the kernel, with -H on others by their "
	"SNMP agent.",
	"It proves that a port is bound and by whom, not that the service works: pair it with "
	"check_sip, check_voice_port or check_eicon_slp.",
	"On this host everybody may see the sockets and their users. Names of other users' "
	"processes take CAP_SYS_PTRACE with CAP_DAC_READ_SEARCH; without them the result says "
	"what is hidden. A name fits when it is the process's own (comm, 15 bytes) or the last "
	"part of its program file. Of several processes that hold a socket one that fits is "
	"enough. What is wanted of an owner that is not visible is not proven, and the result "
	"says so: OK, with --require-owner WARNING; WARNING also where all processes were seen "
	"and none of them holds the socket.",
	"Agents are asked by a few requests, whatever the number of their sockets; their tables "
	"are never walked. What they tell is cached, by net-snmp for up to 60 seconds: the result "
	"says how old it may be. net-snmp's agent sees processes of others only with the two "
	"capabilities above (contrib/snmpd). An agent tells one process of those that share a "
	"socket, and no users. A socket on :: may take IPv4 too, which no agent tells. A name is "
	"asked at its first IPv4 address, without one at its first IPv6 address.",
	"SNMPv3 with authentication and privacy is the default. Localized keys (--derive-keys) "
	"open one agent only and take a seventh of the time of passphrases. Secrets come from a "
	"file or a descriptor only; no configuration of net-snmp is read and nothing is written.",
	NULL,
};

static const struct example EXAMPLES[] = {
	{ "check_listener", "who holds 1440, 2860, 2861, 5060 and 5061 on this host" },
	{ "check_listener -p 5060/udp=kamailio,5061/tcp=kamailio,1440=none",
	  "with owners, and a port that must be free" },
	{ "check_listener -p 1024-49151 --allow /etc/voip/listeners",
	  "any listener that the file does not name is CRITICAL" },
	{ "check_listener -p 5060=kamailio --user kamailio --path /usr/sbin/kamailio --unit "
	  "kamailio.service",
	  "more than a name, which a process can choose" },
	{ "check_listener -H pbx.example.org --credentials /etc/voip/snmp.ini -p 5060/udp=kamailio",
	  "by SNMPv3, with the section [pbx.example.org] or [default]" },
	{ "check_listener --targets hosts.list --credentials /etc/voip/snmp.ini --v2c -p "
	  "2860=none,2861=none",
	  "many hosts in one run" },
	{ "check_listener -H pbx.example.org --derive-keys monitor:SHA-256:AES-128",
	  "localized keys for a credentials file" },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const struct program check_listener_program = {
	.report = &REPORT,
	.summary = "checks which process owns a port, here or by SNMP",
	.description = DESCRIPTION,
	.untargeted = " [OPTION ...]",
	.opt = OPTIONS,
	.opt_count = COUNT(OPTIONS),
	.outcome = OUTCOME,
	.outcome_count = OUTCOMES,
	.example = EXAMPLES,
	.example_count = COUNT(EXAMPLES),
};
