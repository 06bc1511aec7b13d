/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --emit icinga2: an object CheckCommand with an argument for each option.
 *
 * Icinga starts no shell: an argument is a word whatever it holds. The option --ca-file of
 * check_sip is the variable voip_sip_ca_file; one that is not set leaves the option out. Repeatable
 * options take an array. It is written for Icinga 2.13, which cannot join option and value by "=".
 */
#include "cli/opt_emit.h"

/* A string of Icinga's language. */
static void put_string(struct out *out, struct view text)
{
	out_str(out, "\"");
	while (text.n > 0) {
		struct view c = view_first(text, 1);
		if (*c.p == '"' || *c.p == '\\')
			out_str(out, "\\");
		out_put(out, c);
		text = view_skip(text, 1);
	}
	out_str(out, "\"");
}

/* A long name, or a program's without "check_", as part of a variable. */
static void put_identifier(struct out *out, struct view name)
{
	for (; name.n > 0; name = view_skip(name, 1))
		out_put(out, *name.p == '-' ? VIEW("_") : view_first(name, 1));
}

static void put_command_name(struct out *out, const struct program *program)
{
	struct view name = view_of(program->report->program), prefix = VIEW("check_");

	out_str(out, "voip_");
	put_identifier(out, view_skip(name, view_starts(name, prefix) ? prefix.n : 0));
}

static void put_macro(struct out *out, const struct program *program, const struct opt *opt)
{
	out_str(out, "\"$");
	put_command_name(out, program);
	out_str(out, "_");
	put_identifier(out, view_of(opt->name));
	out_str(out, "$\"");
}

/* A line with the variable between the two texts. */
static void put_line(struct out *out, const struct program *program, const struct opt *opt,
		     const char *before, const char *behind)
{
	out_str(out, "\t\t\t");
	out_str(out, before);
	put_macro(out, program, opt);
	out_str(out, behind);
	out_str(out, "\n");
}

/* The option as many times as the number says; true is one. */
static void put_count(struct out *out, const struct program *program, const struct opt *opt)
{
	put_line(out, program, opt, "set_if = ", "");
	out_str(out, "\t\t\tvalue = {{ range(number(macro(");
	put_macro(out, program, opt);
	out_str(out, "))).map(n => \"--");
	out_str(out, opt->name);
	out_str(out, "\") }}\n\t\t\tskip_key = true\n");
}

/* The value is joined to the option by "="; true gives the option alone, false and "" nothing. */
static void put_optional(struct out *out, const struct program *program, const struct opt *opt)
{
	put_line(out, program, opt, "set_if = {{ bool(macro(", ")) }}");
	out_str(out, "\t\t\tvalue = {{\n");
	put_line(out, program, opt, "\tvar values = macro(", ")");
	out_str(out, "\t\t\t\tif (typeof(values) != Array) { values = [ values ] }\n"
		     "\t\t\t\tvalues.map(v => \"--");
	out_str(out, opt->name);
	out_str(out, "\" + if (v == true) { \"\" } else { \"=\" + v })\n"
		     "\t\t\t}}\n"
		     "\t\t\tskip_key = true\n");
}

static bool is_hostname(const struct opt *opt)
{
	return view_eq(view_of(opt->name), VIEW("hostname"));
}

/* Only options of these types can gather what is given several times. */
static bool may_repeat(const struct program *program, const struct opt *opt)
{
	return is_hostname(opt) ? !program->one_target
				: opt->type == OPT_LIST || opt->type == OPT_CALL;
}

/* The target has a default, and false leaves it out. A host without address must not turn into a
 * check of other targets, or of the monitoring host. */
static void put_value(struct out *out, const struct program *program, const struct opt *opt)
{
	put_line(out, program, opt, "value = ", "");
	if (is_hostname(opt)) {
		put_line(out, program, opt, "set_if = {{ typeof(macro(", ")) != Boolean }}");
		out_str(out, "\t\t\trequired = true\n");
	}
	if (may_repeat(program, opt))
		out_str(out, "\t\t\trepeat_key = true\n");
}

static void put_argument(struct out *out, const struct program *program, const struct opt *opt)
{
	char text[OPT_DESCRIBE_MAX];
	struct wr w = wr_over(text, sizeof(text));

	out_str(out, "\t\t\"--");
	out_str(out, opt->name);
	out_str(out, "\" = {\n");
	if ((opt->flags & OPT_OPTIONAL) != 0)
		put_optional(out, program, opt);
	else if (opt->type == OPT_COUNT)
		put_count(out, program, opt);
	else if (opt->type == OPT_FLAG)
		put_line(out, program, opt, "set_if = ", "");
	else
		put_value(out, program, opt);
	out_str(out, "\t\t\tdescription = ");
	opt_describe(&w, opt);
	wr_str(&w, is_hostname(opt) ? " Default: the host's address; false: none." : "");
	put_string(out, wr_view(&w));
	out_str(out, "\n\t\t}\n");
}

void opt_emit_icinga2(const struct program *program, struct out *out)
{
	struct opt_cursor row = { .opt = NULL };

	out_str(out, "/* ");
	out_str(out, program->report->program);
	out_str(out, ": ");
	out_str(out, program->summary);
	out_str(out, " */\nobject CheckCommand \"");
	put_command_name(out, program);
	out_str(out, "\" {\n"
		     "\timport \"ipv4-or-ipv6\"\n\n"
		     "\tcommand = [ PluginContribDir + \"/");
	out_str(out, program->report->program);
	out_str(out, "\" ]\n\targuments = {\n");
	while (opt_next(program, &row))
		if (opt_is_for_service(row.opt))
			put_argument(out, program, row.opt);
	out_str(out, "\t}\n\tvars.");
	put_command_name(out, program);
	out_str(out, "_hostname = \"$check_address$\"\n}\n");
}
