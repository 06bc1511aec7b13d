/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --emit man: a page of section 8 in the man macros. It has no date, so that the same version
 * always gives the same bytes.
 */
#include "cli/extra_opts.h"
#include "cli/opt_emit.h"

static const char EXTRA_OPTS_FORMAT[] =
	"A section holds one option per line: \"name = value\", or only \"name\" for an option "
	"without value; the name is the long one without dashes, or the letter. Comments start "
	"with "
	"\"#\" or \";\" and have a line of their own. A file with a secret must not be readable by "
	"others (chmod 600). Without @FILE the first of these is read:";

/* Text in which roff sees no command and that comes out as the same ASCII bytes. */
static void put_text(struct out *out, struct view text)
{
	static const struct view special = { "-\\'^~`", 6 };
	static const char *const escape[] = { "\\-", "\\e", "\\(aq", "\\(ha", "\\(ti", "\\(ga" };

	if (text.n > 0 && text.p[0] == '.')
		out_str(out, "\\&");
	while (text.n > 0) {
		struct view c = view_first(text, 1);
		size_t i = view_find(special, c.p[0]);
		if (i < sizeof(escape) / sizeof(escape[0]))
			out_str(out, escape[i]);
		else
			out_put(out, c);
		text = view_skip(text, 1);
	}
}

/* A tagged paragraph. */
static void put_item(struct out *out, const char *tag, struct view text)
{
	out_str(out, ".TP\n\\fB");
	put_text(out, view_of(tag));
	out_str(out, "\\fR\n");
	put_text(out, text);
	out_str(out, "\n");
}

static void put_tag(struct out *out, const struct opt *opt)
{
	bool optional = (opt->flags & OPT_OPTIONAL) != 0;

	out_str(out, ".TP\n\\fB");
	if (opt->letter != 0) {
		put_text(out, (struct view){ (char[]){ '-', opt->letter }, 2 });
		out_str(out, "\\fR, \\fB");
	}
	out_str(out, "\\-\\-");
	put_text(out, view_of(opt->name));
	out_str(out, "\\fR");
	if (opt_takes_value(opt)) {
		out_str(out, optional ? "[=\\fI" : " \\fI");
		put_text(out, view_of(opt->argument));
		out_str(out, optional ? "\\fR]" : "\\fR");
	}
	out_str(out, "\n");
}

static void put_options(struct out *out, const struct program *program)
{
	struct opt_cursor row = { .opt = NULL };
	char text[OPT_DESCRIBE_MAX];

	out_str(out, ".SH OPTIONS\n");
	while (opt_next(program, &row)) {
		struct wr w = wr_over(text, sizeof(text));
		if (row.heading != NULL) {
			out_str(out, ".SS ");
			put_text(out, view_of(row.heading));
			out_str(out, "\n");
		}
		put_tag(out, row.opt);
		opt_describe(&w, row.opt);
		put_text(out, wr_view(&w));
		out_str(out, "\n");
	}
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static void put_head(struct out *out, const struct program *program)
{
	const struct report_spec *report = program->report;
	const char *usage;

	out_str(out, ".TH ");
	for (const char *p = report->program; *p != '\0'; p++) {
		out_put(out, (struct view){ (char[]){ upper(*p) }, 1 });
	}
	out_str(out, " 8 \"\" \"");
	put_text(out, VIEW(OPT_SUITE " "));
	put_text(out, view_of(report->version));
	out_str(out, "\"\n.SH NAME\n");
	put_text(out, view_of(report->program));
	out_str(out, " \\- ");
	put_text(out, view_of(program->summary));
	out_str(out, "\n.SH SYNOPSIS\n");
	for (size_t i = 0; (usage = opt_usage(program, i)) != NULL; i++) {
		out_str(out, i > 0 ? ".br\n\\fB" : "\\fB");
		put_text(out, view_of(report->program));
		out_str(out, "\\fR");
		put_text(out, view_of(usage));
		out_str(out, "\n");
	}
	out_str(out, ".SH DESCRIPTION\n");
	for (size_t i = 0; program->description[i] != NULL; i++) {
		out_str(out, i > 0 ? ".PP\n" : "");
		put_text(out, view_of(program->description[i]));
		out_str(out, "\n");
	}
}

static void put_term_table(struct out *out, const struct term_table *table)
{
	char text[OPT_DESCRIBE_MAX];

	out_str(out, ".SH \"");
	for (const char *p = table->heading; *p != '\0'; p++)
		out_put(out, (struct view){ (char[]){ upper(*p) }, 1 });
	out_str(out, "\"\n");
	for (size_t i = 0; i < table->count; i++) {
		struct wr w = wr_over(text, sizeof(text));
		wr_fmt(&w, "(%s) %s", table->term[i].kind, table->term[i].meaning);
		put_item(out, table->term[i].name, wr_view(&w));
	}
}

static void put_tables(struct out *out, const struct program *program)
{
	const struct report_spec *report = program->report;
	char text[OPT_DESCRIBE_MAX];

	out_str(out, ".SH OUTCOMES\n");
	put_text(out, VIEW("Each check ends in one of these, with the state in front of the text "
			   "unless --state says otherwise.\n"));
	for (size_t i = 0; i < program->outcome_count; i++) {
		const struct outcome *outcome = &program->outcome[i];
		struct wr w = wr_over(text, sizeof(text));
		wr_fmt(&w, "%s: %s.", state_name(outcome->state), outcome->meaning);
		put_item(out, outcome->word, wr_view(&w));
	}
	out_str(out, ".SH \"PERFORMANCE DATA\"\n");
	struct wr counts = wr_over(text, sizeof(text));
	opt_describe_counts(&counts, report);
	put_text(out, wr_view(&counts));
	out_str(out, "\n");
	for (size_t i = 0; i < report->metric_count; i++) {
		const struct metric_spec *metric = &report->metric[i];
		const char *unit = opt_unit(metric->unit);
		struct wr w = wr_over(text, sizeof(text));
		opt_describe_metric(&w, metric);
		if (*unit != '\0')
			wr_fmt(&w, " Unit: %s.", unit);
		wr_str(&w, " Prometheus: ");
		prometheus_name(&w, report, metric);
		wr_byte(&w, '.');
		put_item(out, metric->label, wr_view(&w));
	}
}

static void put_files(struct out *out)
{
	out_str(out, ".SH FILES\n");
	put_text(out, view_of(EXTRA_OPTS_FORMAT));
	out_str(out, "\n.RS\n.nf\n$MP_CONFIG_FILE\n");
	for (size_t i = 0; extra_opts_name[i] != NULL; i++) {
		out_str(out, "$NAGIOS_CONFIG_PATH/");
		put_text(out, view_of(extra_opts_name[i]));
		out_str(out, "\n");
	}
	for (size_t i = 0; extra_opts_path[i] != NULL; i++) {
		put_text(out, view_of(extra_opts_path[i]));
		out_str(out, "\n");
	}
	out_str(out, ".fi\n.RE\n.SH ENVIRONMENT\n");
	put_item(out, "MP_CONFIG_FILE",
		 VIEW("File for --extra-opts without @FILE; it must exist."));
	put_item(out, "NAGIOS_CONFIG_PATH",
		 VIEW("Folders to look for such a file, separated by colons."));
}

void opt_emit_man(const struct program *program, struct out *out)
{
	put_head(out, program);
	put_options(out, program);
	for (size_t i = 0; i < program->table_count; i++)
		put_term_table(out, &program->table[i]);
	put_tables(out, program);
	out_str(out, ".SH \"EXIT STATUS\"\n");
	put_item(out, "0", VIEW("OK"));
	put_item(out, "1", VIEW("WARNING"));
	put_item(out, "2", VIEW("CRITICAL"));
	put_item(out, "3", VIEW("UNKNOWN; also wrong usage, --help and --version."));
	put_files(out);
	out_str(out, ".SH EXAMPLES\n");
	for (size_t i = 0; i < program->example_count; i++)
		put_item(out, program->example[i].command, view_of(program->example[i].meaning));
	out_str(out, ".SH \"SEE ALSO\"\n");
	put_text(out,
		 VIEW("https://www.monitoring-plugins.org/doc/guidelines.html (states, ranges), "
		      "https://www.monitoring-plugins.org/doc/extra-opts.html\n"));
}
