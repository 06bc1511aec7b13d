/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --emit zsh: a completion function whose options are specs of _arguments. */
#include "cli/opt_emit.h"

/* The command behind "--". The dashes may be the first of its words. */
static const char COMMAND[] = " \\\n\t\t'*::COMMAND:{[[ $words[1] != -- ]] || "
			      "{ shift words; ((CURRENT--)) }; _normal}'";
static const char STATES_OF[] = ":STATE:(ok warning critical unknown)";

/* A part of a spec in single quotes: the shell sees the quotes, zsh's functions the bytes in
 * `special`. */
static void put_quoted(struct out *out, struct view text, const char *special)
{
	for (; text.n > 0; text = view_skip(text, 1)) {
		if (view_find(view_of(special), *text.p) < view_of(special).n)
			out_str(out, "\\");
		out_put(out, *text.p == '\'' ? VIEW("'\\''") : view_first(text, 1));
	}
}

/* One line of a list has room for the first sentence of the help. */
static void put_explanation(struct out *out, const char *text)
{
	struct view sentence = view_of(text);

	sentence = view_first(sentence, view_search(sentence, VIEW(". ")));
	out_str(out, "[");
	put_quoted(out, view_first(sentence, sentence.n - view_ends(sentence, VIEW("."))), "\\[]");
	out_str(out, "]");
}

/* What may follow: a message, then what to offer. */
static void put_value(struct out *out, const struct program *program, const struct opt *opt)
{
	struct view choice;

	out_str(out, (opt->flags & OPT_OPTIONAL) != 0 ? "::" : ":");
	put_quoted(out, view_of(opt->argument), "\\:");
	out_str(out, ":");
	if (view_eq(view_of(opt->argument), VIEW("FILE"))) {
		out_str(out, "_files");
	} else if (opt_is_target(opt)) {
		out_str(out, "_hosts");
	} else if (opt_is_state(opt)) {
		out_str(out, "_");
		out_str(out, program->report->program);
		out_str(out, "_outcomes");
	} else if (opt_choice(opt, 0).n == 0) {
		out_str(out, " ");
	} else {
		for (size_t i = 0; (choice = opt_choice(opt, i)).n > 0; i++) {
			out_str(out, i > 0 ? " " : "(");
			out_put(out, choice);
		}
		out_str(out, ")");
	}
}

/* "--port=" takes its value behind "=" or as the next word, "--extra-opts=-" only behind "=". */
static void put_option(struct out *out, const struct program *program, const struct opt *opt)
{
	struct view dash = { (char[]){ '-', opt->letter }, 2 };
	bool value = opt_takes_value(opt), letter = opt->letter != 0;

	out_str(out, " \\\n\t\t");
	if (opt->type == OPT_COUNT || opt_may_repeat(program, opt)) {
		out_str(out, "'*'");
	} else if (letter) {
		out_str(out, "'(");
		out_put(out, dash);
		out_str(out, " --");
		out_str(out, opt->name);
		out_str(out, ")'");
	}
	if (letter) {
		out_str(out, "{");
		out_put(out, dash);
		out_str(out, value ? "+," : ",");
	}
	out_str(out, "--");
	out_str(out, opt->name);
	out_str(out, value ? "=" : "");
	out_str(out, (opt->flags & OPT_OPTIONAL) != 0 ? "-" : "");
	out_str(out, letter ? "}'" : "'");
	put_explanation(out, opt->help);
	if (value)
		put_value(out, program, opt);
	out_str(out, "'");
}

static void put_outcomes(struct out *out, const struct program *program)
{
	out_str(out, "_");
	out_str(out, program->report->program);
	out_str(out, "_outcomes()\n{\n\t_values -s , OUTCOME=STATE");
	for (size_t i = 0; i < program->outcome_count; i++) {
		out_str(out, " \\\n\t\t'");
		out_str(out, program->outcome[i].word);
		put_explanation(out, program->outcome[i].meaning);
		out_str(out, STATES_OF);
		out_str(out, "'");
	}
	out_str(out, "\n}\n");
}

void opt_emit_zsh(const struct program *program, struct out *out)
{
	struct opt_cursor row = { .opt = NULL };
	const char *name = program->report->program;

	out_str(out, "#compdef ");
	out_str(out, name);
	out_str(out, "\n# zsh completion for ");
	out_str(out, name);
	out_str(out, ", written by --emit zsh\n");
	put_outcomes(out, program);
	out_str(out, "_");
	out_str(out, name);
	out_str(out, "()\n{\n\t_arguments -s");
	while (opt_next(program, &row))
		if (opt_is_for_argv(row.opt))
			put_option(out, program, row.opt);
	out_str(out, program->takes_command ? COMMAND : "");
	out_str(out, "\n}\n_");
	out_str(out, name);
	out_str(out, " \"$@\"\n");
}
