/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options that every program has. A default stands in the row as text and in
 * opt_common_defaults as value; test_opt compares the two. */
#include "base/addr.h"
#include "base/escape.h"
#include "cli/opt_emit.h"
#include "cli/target.h"

#include <string.h>

#define FIELD(member) offsetof(struct common, member)

static bool parse_hostname(void *field, struct view value, struct arena *arena,
			   struct opt_error *error)
{
	if (!target_check(value, error))
		return false;
	opt_list_add(field, value, arena);
	return true;
}

bool opt_parse_timeout(void *field, struct view value, struct arena *arena, struct opt_error *error)
{
	static const struct opt seconds = {
		.type = OPT_SECONDS, .at = FIELD(timeout_us), .min = 1000, .max = 3600000000
	};
	struct common *common = field;
	struct view word = value, number = view_take_until(&word, ':');
	enum state state = STATE_CRITICAL;
	bool given = number.n < value.n;

	if (given && !state_parse(word, &state))
		return opt_error_value(error, word,
				       "is not a state: ok, warning, critical, unknown");
	if (!opt_store(&seconds, common, number, arena, error))
		return false;
	common->timeout_state = state;
	common->timeout_state_given = given;
	return true;
}

static bool unknown_outcome(const struct program *program, struct view word,
			    struct opt_error *error)
{
	char known[340];
	struct wr w = wr_over(known, sizeof(known) - sizeof(" ..."));

	for (size_t i = 0; i < program->outcome_count && !w.full; i++)
		wr_fmt(&w, "%s%s", i > 0 ? ", " : "", program->outcome[i].word);
	w.cap = sizeof(known);
	wr_str(&w, w.full ? " ..." : "");
	return opt_error_value(error, word, "is no outcome: %.*s", VIEW_ARG(wr_view(&w)));
}

static bool set_state(struct common *common, struct view item, struct opt_error *error)
{
	const struct program *program = common->program;
	struct view word = item, name = view_take_until(&word, '=');
	enum state state;

	for (size_t i = 0; i < program->outcome_count; i++) {
		if (!view_ieq(name, view_of(program->outcome[i].word)))
			continue;
		if (!state_parse(word, &state))
			return opt_error_value(error, item,
					       "is not OUTCOME=STATE with ok, "
					       "warning, critical or unknown");
		common->state_of[i] = (signed char)state;
		return true;
	}
	return unknown_outcome(program, name, error);
}

/* The field is all of struct common. */
static bool parse_state(void *field, struct view value, struct arena *arena,
			struct opt_error *error)
{
	(void)arena;
	while (value.n > 0)
		if (!set_state(field, view_take_until(&value, ','), error))
			return false;
	return true;
}

static bool parse_source(void *field, struct view value, struct arena *arena,
			 struct opt_error *error)
{
	struct addr addr;

	(void)arena;
	*(struct view *)field = value;
	return addr_parse(value, &addr) || opt_error_value(error, value, "is not an address");
}

static bool parse_resolver(void *field, struct view value, struct arena *arena,
			   struct opt_error *error)
{
	struct opt_error why;
	struct view host;
	struct addr addr;
	uint16_t port;

	(void)arena;
	*(struct view *)field = value;
	return (target_split(value, &host, &port, &why) && addr_parse(host, &addr)) ||
	       opt_error_value(error, value, "is not ADDR or ADDR:PORT");
}

static bool parse_format(void *field, struct view value, struct arena *arena,
			 struct opt_error *error)
{
	enum format *format = field;

	(void)arena;
	*format = FORMAT_TEXT;
	return format_parse(value, format) ||
	       opt_error_value(error, value, "is not text, oneline, json, jsonl or prometheus");
}

static const struct opt ROWS[] = {
	{ .group = "Targets",
	  .letter = 'H',
	  .name = "hostname",
	  .type = OPT_CALL,
	  .at = FIELD(hostname),
	  .flags = OPT_TARGETS | OPT_GATHERS,
	  .parse = parse_hostname,
	  .argument = "TARGET",
	  .help = "What to check: a name or an address, IPv6 also without brackets; the "
		  "description "
		  "says what else." },
	{ .name = "targets",
	  .type = OPT_TEXT,
	  .at = FIELD(targets),
	  .flags = OPT_MANY | OPT_TARGETS,
	  .argument = "FILE",
	  .help = "Targets from a file, one per line: \"name = target\" or \"target\"; \"#\" "
		  "starts a comment, \"-\" is standard input." },
	{ .letter = 'p',
	  .name = "port",
	  .type = OPT_NUMBER,
	  .at = FIELD(port),
	  .flags = OPT_TARGETS,
	  .min = 1,
	  .max = 65535,
	  .argument = "PORT",
	  .help = "Port of targets that name none." },
	{ .letter = '4',
	  .name = "use-ipv4",
	  .type = OPT_FLAG,
	  .at = FIELD(use_ipv4),
	  .flags = OPT_TARGETS,
	  .help = "IPv4 only." },
	{ .letter = '6',
	  .name = "use-ipv6",
	  .type = OPT_FLAG,
	  .at = FIELD(use_ipv6),
	  .flags = OPT_TARGETS,
	  .help = "IPv6 only." },

	{ .group = "States",
	  .letter = 'w',
	  .name = "warning",
	  .type = OPT_RANGE,
	  .at = FIELD(warning),
	  .flags = OPT_TARGETS,
	  .argument = "RANGE",
	  .help = "WARNING when the time in seconds is outside of [@][start:]end." },
	{ .letter = 'c',
	  .name = "critical",
	  .type = OPT_RANGE,
	  .at = FIELD(critical),
	  .flags = OPT_TARGETS,
	  .argument = "RANGE",
	  .help = "The same for CRITICAL." },
	{ .name = "state",
	  .type = OPT_CALL,
	  .flags = OPT_GATHERS,
	  .parse = parse_state,
	  .argument = "OUTCOME=STATE,...",
	  .help = "State of an outcome (table below); repeatable." },

	{ .group = "Time and network",
	  .letter = 't',
	  .name = "timeout",
	  .type = OPT_CALL,
	  .parse = opt_parse_timeout,
	  .argument = "SECONDS[:STATE]",
	  .help = "Deadline of the whole run, DNS included, at most 3600, and the state when it "
		  "passes.",
	  .fallback = "10:critical" },
	{ .name = "parallel",
	  .type = OPT_NUMBER,
	  .at = FIELD(parallel),
	  .flags = OPT_MANY | OPT_TARGETS,
	  .min = 1,
	  .max = 100000,
	  .argument = "N",
	  .help = "Targets in flight at a time.",
	  .fallback = "1000" },
	{ .name = "rate",
	  .type = OPT_NUMBER,
	  .at = FIELD(rate),
	  .flags = OPT_TARGETS,
	  .max = 1000000,
	  .argument = "N",
	  .help = "New targets per second; 0 is no limit. Loopback is exempt.",
	  .fallback = "2000" },
	{ .name = "source",
	  .type = OPT_CALL,
	  .at = FIELD(source),
	  .flags = OPT_TARGETS,
	  .parse = parse_source,
	  .argument = "ADDR",
	  .help = "Local address to send from." },
	{ .name = "resolver",
	  .type = OPT_CALL,
	  .at = FIELD(resolver),
	  .flags = OPT_TARGETS,
	  .parse = parse_resolver,
	  .argument = "ADDR[:PORT]",
	  .help = "DNS server.",
	  .fallback = "the system's" },

	{ .group = "Output",
	  .name = "output-format",
	  .type = OPT_CALL,
	  .at = FIELD(format),
	  .parse = parse_format,
	  .argument = "text|oneline|json|jsonl|prometheus",
	  .help = "Form of the result; the exit code is the same in each.",
	  .fallback = "text" },
	{ .name = "show",
	  .type = OPT_NUMBER,
	  .at = FIELD(show),
	  .flags = OPT_TARGETS,
	  .max = 1000000,
	  .argument = "N",
	  .help = "Targets with a line of their own, the worst first.",
	  .fallback = "8" },
	{ .letter = 'v',
	  .name = "verbose",
	  .type = OPT_COUNT,
	  .at = FIELD(verbose),
	  .max = 3,
	  .help = "More details; up to three times." },

	{ .group = "General",
	  .name = "extra-opts",
	  .type = OPT_LIST,
	  .at = FIELD(extra_opts),
	  .flags = OPT_OPTIONAL | OPT_ARGV_ONLY,
	  .argument = "[SECTION][@FILE]",
	  .help = "Options from a section of an ini file, \"@-\" is standard input. What is "
		  "given on the command line is not taken from there, repeatable options "
		  "included.",
	  .fallback = "the program's name, in the first file found" },
	{ .name = "emit",
	  .type = OPT_CHOICE,
	  .at = FIELD(emit),
	  .flags = OPT_ARGV_ONLY,
	  .choices = opt_emit_kinds,
	  .argument = "KIND",
	  .help = "Print a document about this program." },
	{ .letter = 'V',
	  .name = "version",
	  .type = OPT_FLAG,
	  .at = FIELD(version),
	  .flags = OPT_ARGV_ONLY,
	  .help = "Print the version." },
	{ .letter = 'h',
	  .name = "help",
	  .type = OPT_FLAG,
	  .at = FIELD(help),
	  .flags = OPT_ARGV_ONLY,
	  .help = "Print this help." },
};

const struct opt *opt_common(size_t *count)
{
	*count = sizeof(ROWS) / sizeof(ROWS[0]);
	return ROWS;
}

void opt_common_defaults(struct common *common, const struct program *program)
{
	common->program = program;
	common->timeout_us = program->timeout_us > 0 ? program->timeout_us : 10000000;
	common->timeout_state = STATE_CRITICAL;
	common->parallel = 1000;
	common->rate = 2000;
	common->show = 8;
	common->format = FORMAT_TEXT;
	common->emit = OPT_NOT_GIVEN;
	memset(common->state_of, -1, sizeof(common->state_of));
}
