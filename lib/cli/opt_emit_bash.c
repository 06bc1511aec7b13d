/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --emit bash: a completion function that needs nothing but bash.
 *
 * Bash splits words at "=", so that "--state dns=w" arrives as four: the function looks back over
 * the "=" for the option that the value belongs to.
 */
#include "cli/opt_emit.h"

/* Behind "--" stands a command: names of files are as good as any. */
static const char COMMAND[] = "\tif [[ \" ${COMP_WORDS[*]:1:COMP_CWORD-1} \" == *' -- '* ]]; then\n"
			      "\t\tcompopt -o default 2>/dev/null\n"
			      "\t\treturn\n"
			      "\tfi\n";
static const char HEAD[] = "\tlocal cur=${COMP_WORDS[COMP_CWORD]} at=$((COMP_CWORD - 1)) words=\n"
			   "\tif [[ $cur == '=' ]]; then cur=; elif [[ ${COMP_WORDS[at]} == '=' "
			   "]]; then ((at--)); fi\n"
			   "\tcase ${COMP_WORDS[at]} in\n";
static const char HOSTS[] = "\t\tmapfile -t COMPREPLY < <(compgen -A hostname -- \"$cur\")\n"
			    "\t\treturn ;;\n";
static const char FILES[] = "\t\tcompopt -o filenames 2>/dev/null\n"
			    "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
			    "\t\treturn ;;\n";
static const char OUTCOMES[] = "\t\tcompopt -o nospace 2>/dev/null\n"
			       "\t\tmapfile -t COMPREPLY < "
			       "<(compgen -S = -W \"$outcomes\" -- \"$cur\")\n"
			       "\t\treturn ;;\n";
static const char NOTHING[] = "\t\treturn ;;\n";
static const char TAIL[] = "\t*)\n"
			   "\t\tif [[ \" $outcomes \" == *\" ${COMP_WORDS[at]} \"* &&\n"
			   "\t\t\t\" ${COMP_WORDS[*]:0:at} \" == *' --state '?('= ') ]]; then\n"
			   "\t\t\twords='ok warning critical unknown'\n"
			   "\t\telif [[ $cur == -* ]]; then\n"
			   "\t\t\twords=$options\n"
			   "\t\tfi ;;\n"
			   "\tesac\n"
			   "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
			   "}\n";

static void put_lists(struct out *out, const struct program *program)
{
	struct opt_cursor row = { .opt = NULL };

	out_str(out, "\tlocal outcomes='");
	for (size_t i = 0; i < program->outcome_count; i++) {
		out_str(out, i > 0 ? " " : "");
		out_str(out, program->outcome[i].word);
	}
	out_str(out, "'\n\tlocal options='");
	for (size_t i = 0; opt_next(program, &row);) {
		if (!opt_is_for_argv(row.opt))
			continue;
		out_str(out, i++ > 0 ? " --" : "--");
		out_str(out, row.opt->name);
	}
	out_str(out, "'\n");
}

static void put_words(struct out *out, const struct opt *opt)
{
	struct view word;

	out_str(out, "\t\twords='");
	for (size_t i = 0; (word = opt_choice(opt, i)).n > 0; i++) {
		out_str(out, i > 0 ? " " : "");
		out_put(out, word);
	}
	out_str(out, "' ;;\n");
}

static void put_case(struct out *out, const struct opt *opt)
{
	struct view argument = view_of(opt->argument);

	out_str(out, "\t");
	if (opt->letter != 0) {
		out_put(out, (struct view){ (char[]){ '-', opt->letter }, 2 });
		out_str(out, " | ");
	}
	out_str(out, "--");
	out_str(out, opt->name);
	out_str(out, ")\n");
	if (opt_choice(opt, 0).n > 0)
		put_words(out, opt);
	else if (view_eq(argument, VIEW("FILE")))
		out_str(out, FILES);
	else if (opt_is_target(opt))
		out_str(out, HOSTS);
	else
		out_str(out, opt_is_state(opt) ? OUTCOMES : NOTHING);
}

void opt_emit_bash(const struct program *program, struct out *out)
{
	const char *name = program->report->program;
	struct opt_cursor row = { .opt = NULL };

	out_str(out, "# bash completion for ");
	out_str(out, name);
	out_str(out, ", written by --emit bash\n_");
	out_str(out, name);
	out_str(out, "()\n{\n");
	put_lists(out, program);
	out_str(out, "\tCOMPREPLY=()\n");
	out_str(out, program->takes_command ? COMMAND : "");
	out_str(out, HEAD);
	while (opt_next(program, &row))
		if (opt_takes_value(row.opt) && opt_is_for_argv(row.opt) &&
		    (row.opt->flags & OPT_OPTIONAL) == 0)
			put_case(out, row.opt);
	out_str(out, TAIL);
	out_str(out, "complete -F _");
	out_str(out, name);
	out_str(out, " ");
	out_str(out, name);
	out_str(out, "\n");
}
