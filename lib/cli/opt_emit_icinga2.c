/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --emit icinga2: an object CheckCommand with an argument for each option. */
#include "cli/opt_argument.h"

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

/* An expression of several lines is indented. */
static void put_code(struct out *out, struct view code)
{
	bool one_line = view_find(code, '\n') == code.n;

	out_str(out, "{{");
	while (code.n > 0) {
		out_str(out, one_line ? " " : "\n\t\t\t\t");
		out_put(out, view_take_until(&code, '\n'));
	}
	out_str(out, one_line ? " }}" : "\n\t\t\t}}");
}

static void put_macro(struct out *out, const char *key, const struct opt_macro *macro)
{
	if (macro->text[0] == '\0')
		return;
	out_str(out, "\t\t\t");
	out_str(out, key);
	out_str(out, " = ");
	if (macro->is_code)
		put_code(out, view_of(macro->text));
	else
		put_string(out, view_of(macro->text));
	out_str(out, "\n");
}

static void put_argument(struct out *out, const struct program *program, const struct opt *opt)
{
	struct opt_argument argument;

	opt_argument_of(&argument, program, opt);
	out_str(out, "\t\t\"");
	out_str(out, argument.key);
	out_str(out, "\" = {\n");
	put_macro(out, "value", &argument.value);
	put_macro(out, "set_if", &argument.set_if);
	out_str(out, argument.required ? "\t\t\trequired = true\n" : "");
	out_str(out, argument.repeat_key ? "\t\t\trepeat_key = true\n" : "");
	out_str(out, argument.skip_key ? "\t\t\tskip_key = true\n" : "");
	out_str(out, "\t\t\tdescription = ");
	put_string(out, view_of(argument.description));
	out_str(out, "\n\t\t}\n");
}

void opt_emit_icinga2(const struct program *program, struct out *out)
{
	struct opt_cursor row = { .opt = NULL };
	char text[OPT_NAME_MAX];
	struct wr name = wr_over(text, sizeof(text));

	opt_command_name(&name, program);
	out_str(out, "/* ");
	out_str(out, program->report->program);
	out_str(out, ": ");
	out_str(out, program->summary);
	out_str(out, " */\nobject CheckCommand \"");
	out_put(out, wr_view(&name));
	out_str(out, "\" {\n"
		     "\timport \"ipv4-or-ipv6\"\n\n"
		     "\tcommand = [ PluginContribDir + \"/");
	out_str(out, program->report->program);
	out_str(out, "\" ]\n\targuments = {\n");
	while (opt_next(program, &row))
		if (opt_is_for_service(row.opt))
			put_argument(out, program, row.opt);
	out_str(out, "\t}\n\tvars.");
	out_put(out, wr_view(&name));
	out_str(out, "_hostname = \"$check_address$\"\n}\n");
}
