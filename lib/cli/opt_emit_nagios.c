/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --emit nagios and --emit nrpe: the program's examples as commands, named for their options:
 * "check_sip -H 192.0.2.7 --map 404=ok" is check_sip_map.
 *
 * For Nagios the host is the macro and each value an argument in quotes, because the shell sees
 * them; one more argument, not in quotes, takes further options. For NRPE nothing comes from
 * outside: the commands are the examples as they stand.
 */
#include "cli/opt_emit.h"

/* An option in an example. */
struct use {
	const struct opt *opt; /* NULL: not one of the program's */
	struct view key;       /* as written, with "=" when the value is joined to it */
	struct view value;     /* as written, with its quotes; empty: none */
};

/* A word of a shell that knows single quotes only. */
static struct view take_word(struct view *rest)
{
	bool quoted = false;
	size_t n = 0;

	for (; n < rest->n && (quoted || rest->p[n] != ' '); n++)
		quoted ^= rest->p[n] == '\'';
	struct view word = view_first(*rest, n);
	*rest = view_skip(*rest, n + 1);
	return word;
}

static bool take_use(const struct program *program, struct view *rest, struct use *use)
{
	struct view word = take_word(rest), value = word, name = view_take_until(&value, '=');
	bool joined = name.n < word.n;

	use->key = view_first(word, name.n + joined);
	use->value = value;
	use->opt = opt_find(program, view_skip(name, view_starts(name, VIEW("--")) ? 2 : 1));
	if (use->opt != NULL && !joined && opt_takes_value(use->opt) &&
	    (use->opt->flags & OPT_OPTIONAL) == 0)
		use->value = take_word(rest);
	return word.n > 0;
}

/* The example behind the program's name. */
static struct view options_of(const struct example *example)
{
	struct view rest = view_of(example->command);

	take_word(&rest);
	return rest;
}

static bool is_named(const struct opt *opt, const char *name)
{
	return view_eq(view_of(opt->name), view_of(name));
}

/* No command: what asks for passphrases in place of a check, or prints a form for other programs. */
static bool is_check(const struct program *program, const struct example *example)
{
	struct view rest = options_of(example);
	struct use use;

	while (take_use(program, &rest, &use))
		if (use.opt == NULL || !opt_is_for_service(use.opt) ||
		    is_named(use.opt, "output-format"))
			return false;
	return true;
}

/* A name or an address; URIs and hosts with port are more. */
static bool is_only_host(const struct use *use)
{
	return is_named(use->opt, "hostname") && view_find(use->value, ':') == use->value.n;
}

static void put_name(struct out *out, const struct program *program, const struct example *example)
{
	struct view rest = options_of(example);
	const struct opt *last = NULL;
	struct use use;

	out_str(out, program->report->program);
	while (take_use(program, &rest, &use)) {
		if (!is_named(use.opt, "hostname") && use.opt != last) {
			out_str(out, "_");
			for (const char *p = use.opt->name; *p != '\0'; p++)
				out_put(out, *p == '-' ? VIEW("_") : (struct view){ p, 1 });
		}
		last = use.opt;
	}
}

static void put_number(struct out *out, size_t number)
{
	char text[24];
	struct wr w = wr_over(text, sizeof(text));

	wr_u64(&w, number);
	out_put(out, wr_view(&w));
}

/* A value between the "!" of check_command; its quotes stand in the command already. */
static void put_argument(struct out *out, struct view value)
{
	for (; value.n > 0; value = view_skip(value, 1)) {
		out_str(out, *value.p == '!' || *value.p == ';' ? "\\" : "");
		out_str(out, *value.p == '$' ? "$" : "");
		if (*value.p != '\'')
			out_put(out, view_first(value, 1));
	}
}

/* How a service names the command, with the example's values. */
static void put_service_line(struct out *out, const struct program *program,
			     const struct example *example)
{
	struct view rest = options_of(example);
	struct use use;

	out_str(out, "#   check_command ");
	put_name(out, program, example);
	while (take_use(program, &rest, &use)) {
		if (use.value.n == 0 || is_only_host(&use))
			continue;
		out_str(out, "!");
		put_argument(out, use.value);
	}
	out_str(out, "\n");
}

static void put_command_line(struct out *out, const struct program *program,
			     const struct example *example)
{
	struct view rest = options_of(example);
	size_t arguments = 0;
	struct use use;

	out_str(out, "\tcommand_line $USER1$/");
	out_str(out, program->report->program);
	while (take_use(program, &rest, &use)) {
		out_str(out, " ");
		out_put(out, use.key);
		if (use.value.n == 0)
			continue;
		out_str(out, view_ends(use.key, VIEW("=")) ? "" : " ");
		if (is_only_host(&use)) {
			out_str(out, "'$HOSTADDRESS$'");
			continue;
		}
		out_str(out, "'$ARG");
		put_number(out, ++arguments);
		out_str(out, "$'");
	}
	out_str(out, " $ARG");
	put_number(out, arguments + 1);
	out_str(out, "$\n");
}

void opt_emit_nagios(const struct program *program, struct out *out)
{
	out_str(out, "# Commands of ");
	out_str(out, program->report->program);
	out_str(out,
		", printed by its --emit nagios. One argument more than shown\n"
		"# may hold further options, such as -t 5. Values must not hold single quotes.\n");
	for (size_t i = 0; i < program->example_count; i++) {
		const struct example *example = &program->example[i];
		if (!is_check(program, example))
			continue;
		out_str(out, "\n# ");
		out_str(out, example->meaning);
		out_str(out, "\n");
		put_service_line(out, program, example);
		out_str(out, "define command {\n\tcommand_name ");
		put_name(out, program, example);
		out_str(out, "\n");
		put_command_line(out, program, example);
		out_str(out, "}\n");
	}
}

void opt_emit_nrpe(const struct program *program, struct out *out)
{
	for (size_t i = 0; i < program->example_count; i++) {
		const struct example *example = &program->example[i];
		if (!is_check(program, example))
			continue;
		out_str(out, "# ");
		out_str(out, example->meaning);
		out_str(out, "\ncommand[");
		put_name(out, program, example);
		out_str(out, "]=/usr/lib/nagios/plugins/");
		out_str(out, example->command);
		out_str(out, "\n");
	}
}
