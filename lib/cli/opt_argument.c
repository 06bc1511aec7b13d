/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each type of option has its own way to be left out, repeated or joined to its value. */
#include "cli/opt_argument.h"

/* A long name, or a program's without "check_", as part of a variable. */
static void wr_identifier(struct wr *w, struct view name)
{
	for (size_t i = 0; i < name.n; i++)
		wr_byte(w, name.p[i] == '-' ? '_' : name.p[i]);
}

void opt_command_name(struct wr *w, const struct program *program)
{
	struct view name = view_of(program->report->program), prefix = VIEW("check_");

	wr_str(w, "voip_");
	wr_identifier(w, view_skip(name, view_starts(name, prefix) ? prefix.n : 0));
}

/* The buffers are zeroed: what is written ends with NUL. */
static struct wr set(struct opt_macro *macro, bool is_code)
{
	macro->is_code = is_code;
	return wr_over(macro->text, sizeof(macro->text) - 1);
}

/* The option as many times as the number says; true is one. */
static void set_count(struct opt_argument *argument)
{
	struct wr set_if = set(&argument->set_if, false), value = set(&argument->value, true);

	wr_fmt(&set_if, "$%s$", argument->variable);
	wr_fmt(&value, "range(number(macro(\"$%s$\"))).map(n => \"%s\")", argument->variable,
	       argument->key);
	argument->skip_key = true;
}

/* The value is joined to the option by "="; true gives the option alone, false and "" nothing. The
 * Director's forms give true as a text. */
static void set_optional(struct opt_argument *argument)
{
	struct wr set_if = set(&argument->set_if, true), value = set(&argument->value, true);

	wr_fmt(&set_if, "bool(macro(\"$%s$\"))", argument->variable);
	wr_fmt(&value,
	       "var values = macro(\"$%s$\")\n"
	       "if (typeof(values) != Array) { values = [ values ] }\n"
	       "values.map(v => \"%s\" + if (string(v) == \"true\") { \"\" } else { \"=\" + v })",
	       argument->variable, argument->key);
	argument->skip_key = true;
}

/* The target has a default, and false leaves it out. A host without address must not turn into a
 * check of other targets, or of the monitoring host. */
static void set_value(struct opt_argument *argument, bool is_target)
{
	struct wr value = set(&argument->value, false), set_if = set(&argument->set_if, is_target);

	wr_fmt(&value, "$%s$", argument->variable);
	if (is_target)
		wr_fmt(&set_if, "string(macro(\"$%s$\")) != \"false\"", argument->variable);
	argument->required = is_target;
}

void opt_argument_of(struct opt_argument *argument, const struct program *program,
		     const struct opt *opt)
{
	*argument = (struct opt_argument){ .required = false };
	struct wr key = wr_over(argument->key, OPT_NAME_MAX - 1),
		  variable = wr_over(argument->variable, OPT_NAME_MAX - 1),
		  text = wr_over(argument->description, OPT_DESCRIBE_MAX - 1),
		  set_if = set(&argument->set_if, false);

	wr_fmt(&key, "--%s", opt->name);
	opt_command_name(&variable, program);
	wr_byte(&variable, '_');
	wr_identifier(&variable, view_of(opt->name));
	opt_describe(&text, opt);
	wr_str(&text, opt_is_target(opt) ? " Default: the host's address; false: none." : "");
	if ((opt->flags & OPT_OPTIONAL) != 0)
		set_optional(argument);
	else if (opt->type == OPT_COUNT)
		set_count(argument);
	else if (opt->type == OPT_FLAG)
		wr_fmt(&set_if, "$%s$", argument->variable);
	else
		set_value(argument, opt_is_target(opt));
	argument->repeat_key = !argument->skip_key && opt_may_repeat(program, opt);
}
