/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parsing by table; see opt.h. Files are read behind the command line, for the options that it has
 * not set. After the first error only --output-format is still taken in, so that the error comes in
 * the format asked for. */
#include "cli/opt.h"

#include "base/addr.h"
#include "base/escape.h"
#include "cli/extra_opts.h"
#include "cli/opt_emit.h"

#include <stdio.h>

enum { SENTENCE_MAX = 700, NAME_MAX_BYTES = 40, EDITS_MAX = 2 };

struct run {
	const struct program *program;
	struct common *common;	       /* the start of the program's conf */
	const struct extra_opts *file; /* where the option at hand comes from; NULL = argv */
	unsigned line;
	const struct opt **set; /* rows that argv has set, each once */
	size_t set_count;
	bool failed;
	char sentence[SENTENCE_MAX];
};

struct args {
	char **argv;
	int count, next;
};

/* Keeps the first error. */
static void fail(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fail(struct run *run, const char *format, ...)
{
	struct wr w = wr_over(run->sentence, sizeof(run->sentence));
	va_list args;

	if (run->failed)
		return;
	run->failed = true;
	if (run->file != NULL) {
		wr_field(&w, view_of(run->file->file));
		wr_fmt(&w, ":%u: ", run->line);
	}
	va_start(args, format);
	vsnprintf(w.p + w.n, w.cap - w.n, format, args);
	va_end(args);
}

/* Levenshtein's distance, one row at a time. */
static size_t edits(struct view a, struct view b)
{
	size_t row[NAME_MAX_BYTES + 1];

	if (a.n > NAME_MAX_BYTES)
		return a.n;
	for (size_t i = 0; i <= a.n; i++)
		row[i] = i;
	for (size_t j = 0; j < b.n; j++) {
		size_t diagonal = row[0]++;
		for (size_t i = 0; i < a.n; i++) {
			size_t best = diagonal + (a.p[i] != b.p[j]);
			diagonal = row[i + 1];
			best = best < row[i] + 1 ? best : row[i] + 1;
			row[i + 1] = best < diagonal + 1 ? best : diagonal + 1;
		}
	}
	return row[a.n];
}

static void fail_unknown(struct run *run, const char *dashes, struct view name)
{
	struct opt_cursor cursor = { .opt = NULL };
	size_t best = name.n < EDITS_MAX ? name.n : EDITS_MAX + 1;
	const char *nearest = NULL;
	char shown[ESCAPE_FIELD_MAX + 1];
	struct wr w = wr_over(shown, sizeof(shown));

	while (name.n > 1 && opt_next(run->program, &cursor)) {
		size_t distance = edits(name, view_of(cursor.opt->name));
		if (distance < best) {
			best = distance;
			nearest = cursor.opt->name;
		}
	}
	wr_field(&w, name);
	fail(run, "unknown option %s%.*s%s%s", dashes, VIEW_ARG(wr_view(&w)),
	     nearest != NULL ? ", did you mean --" : "", nearest != NULL ? nearest : "");
}

static bool holds_control(struct view value)
{
	for (size_t i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < 0x20 || value.p[i] == 0x7f)
			return true;
	return false;
}

/* What is wrong with having, or not having, this value at this place. */
static const char *misuse(const struct run *run, const struct opt *opt, struct view value,
			  bool given)
{
	bool optional = (opt->flags & OPT_OPTIONAL) != 0;

	if (run->file != NULL && (opt->flags & OPT_ARGV_ONLY) != 0)
		return "only on the command line";
	if (!opt_takes_value(opt))
		return given ? "takes no value" : NULL;
	if (!given && !optional)
		return "needs a value";
	if (value.n == 0 && !optional && opt->type != OPT_RANGE)
		return "the value is empty";
	return holds_control(value) ? "the value holds a control character" : NULL;
}

static bool is_secret_at_risk(struct run *run, const struct opt *opt, struct view value)
{
	bool in_file = run->file != NULL, file_only = (opt->flags & OPT_FILE_ONLY) != 0;
	char buffer[ESCAPE_FIELD_MAX + 1];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (in_file ? !run->file->others_can_read : !file_only)
		return false;
	if (!file_only && (opt->is_secret == NULL || !opt->is_secret(value)))
		return false;
	if (in_file) {
		wr_field(&w, view_of(run->file->file));
		fail(run, "option --%s holds a secret and others can read it, chmod 600 %.*s",
		     opt->name, VIEW_ARG(wr_view(&w)));
		return true;
	}
	wr_fmt(&w, "%s-file", opt->name);
	const struct opt *twin = opt_find(run->program, wr_view(&w));
	fail(run, "option --%s is taken from a file only (--extra-opts%s%s)", opt->name,
	     twin != NULL ? ", --" : "", twin != NULL ? twin->name : "");
	return true;
}

static bool is_set_by_argv(const struct run *run, const struct opt *opt)
{
	for (size_t i = 0; i < run->set_count; i++)
		if (run->set[i] == opt)
			return true;
	return false;
}

static void apply(struct run *run, const struct opt *opt, struct view value, bool given)
{
	struct opt_error error;

	if (run->failed && opt->at != offsetof(struct common, format))
		return;
	if (is_secret_at_risk(run, opt, value))
		return;
	const char *why = misuse(run, opt, value, given);
	bool by_argv = is_set_by_argv(run, opt);
	if (run->file == NULL && !by_argv)
		run->set[run->set_count++] = opt;
	bool skip = run->file != NULL && by_argv;
	if (why == NULL && !skip &&
	    !opt_store(opt, run->common, value, &run->common->arena, &error))
		why = error.text;
	if (why != NULL)
		fail(run, "option --%s: %s", opt->name, why);
}

static bool take_next(struct args *args, struct view *value)
{
	if (args->next >= args->count)
		return false;
	*value = view_of(args->argv[args->next++]);
	return true;
}

static void walk_long(struct run *run, struct args *args, struct view arg)
{
	struct view value = arg, name = view_take_until(&value, '=');
	const struct opt *opt = name.n > 1 ? opt_find(run->program, name) : NULL;
	bool given = name.n < arg.n;

	if (opt == NULL) {
		fail_unknown(run, "--", name);
		return;
	}
	if (!given && opt_takes_value(opt) && (opt->flags & OPT_OPTIONAL) == 0)
		given = take_next(args, &value);
	apply(run, opt, value, given);
}

static void walk_short(struct run *run, struct args *args, struct view arg)
{
	while (arg.n > 0) {
		struct view letter = view_first(arg, 1);
		const struct opt *opt = opt_find(run->program, letter);
		arg = view_skip(arg, 1);
		if (opt == NULL) {
			fail_unknown(run, "-", letter);
			return;
		}
		if (opt_takes_value(opt)) {
			bool given = arg.n > 0 || take_next(args, &arg);
			apply(run, opt, arg, given);
			return;
		}
		apply(run, opt, arg, false);
	}
}

static void fail_positional(struct run *run, struct view arg)
{
	struct opt_error error;

	opt_error_value(&error, arg, "is not an option");
	fail(run, "argument %s", error.text);
}

static void walk(struct run *run, int argc, char **argv)
{
	struct args args = { argv, argc, 1 };
	bool ended = false;
	struct view arg;

	while (take_next(&args, &arg)) {
		if (ended || arg.n < 2 || arg.p[0] != '-')
			fail_positional(run, arg);
		else if (arg.p[1] != '-')
			walk_short(run, &args, view_skip(arg, 1));
		else if (arg.n > 2)
			walk_long(run, &args, view_skip(arg, 2));
		else if (run->program->takes_command) {
			if (args.next == args.count)
				fail(run, "no command behind \"--\"");
			run->common->command = argv + args.next;
			return;
		} else
			ended = true;
	}
}

static void apply_file(struct run *run, struct view spec)
{
	struct extra_opts file = { .count = 0 };
	struct opt_error error;

	if (!extra_opts_load(&run->common->arena, spec, run->program->report->program,
			     run->common->timeout_us, &file, &error)) {
		fail(run, "option --extra-opts: %s", error.text);
		return;
	}
	run->file = &file;
	for (size_t i = 0; i < file.count; i++) {
		const struct extra_opt *item = &file.item[i];
		const struct opt *opt = opt_find(run->program, item->key);
		run->line = item->line;
		if (opt == NULL)
			fail_unknown(run, item->key.n > 1 ? "--" : "-", item->key);
		else
			apply(run, opt, item->value, opt_takes_value(opt) || item->value.n > 0);
	}
	run->file = NULL;
}

static bool wants_document(const struct common *common)
{
	return common->help || common->version || common->emit != OPT_NOT_GIVEN;
}

static void read_files(struct run *run)
{
	const struct opt_list *specs = &run->common->extra_opts;

	for (size_t i = 0; i < specs->count && !wants_document(run->common); i++)
		apply_file(run, specs->item[i]);
}

static void check_family(struct run *run)
{
	const struct common *common = run->common;
	struct addr source;

	if (common->use_ipv4 && common->use_ipv6)
		fail(run, "option --use-ipv6: excludes --use-ipv4");
	if ((!common->use_ipv4 && !common->use_ipv6) || !addr_parse(common->source, &source))
		return;
	if (source.family != (common->use_ipv4 ? 4 : 6))
		fail(run, "option --source: is not an IPv%c address", common->use_ipv4 ? '4' : '6');
}

static int usage_error(const struct program *program, enum format format, struct view sentence,
		       struct out *out)
{
	char buffer[SENTENCE_MAX + 60];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_put(&w, sentence);
	wr_fmt(&w, " (see %s --help)", program->report->program);
	report_render_error(program->report, format, wr_view(&w), out);
	return STATE_UNKNOWN;
}

int opt_parse(const struct program *program, void *conf, int argc, char **argv, struct out *out)
{
	struct common *common = conf;
	struct run run;
	size_t rows;

	run.program = program;
	run.common = common;
	run.file = NULL;
	run.failed = false;
	run.set_count = 0;
	opt_common(&rows);
	opt_common_defaults(common, program);
	run.set = arena_new(&common->arena, rows + program->opt_count, sizeof(*run.set));
	walk(&run, argc, argv);
	read_files(&run);
	check_family(&run);
	if (common->help) {
		opt_emit_help(program, out);
		return STATE_UNKNOWN;
	}
	if (common->version) {
		opt_emit_version(program, out);
		return STATE_UNKNOWN;
	}
	if (run.failed)
		return usage_error(program, common->format, view_of(run.sentence), out);
	if (common->emit == OPT_NOT_GIVEN)
		return OPT_GO_ON;
	if (!opt_has_document(program, common->emit))
		return opt_refuse(program, common, "emit", "there is none, this is no check", out);
	opt_emit(program, common->emit, out);
	return STATE_OK;
}

int opt_refuse(const struct program *program, const struct common *common, const char *name,
	       const char *clause, struct out *out)
{
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_fmt(&w, "option --%s: %s", name, clause);
	return usage_error(program, common->format, wr_view(&w), out);
}

enum state opt_outcome_state(const struct program *program, const struct common *common,
			     size_t outcome)
{
	signed char given = common->state_of[outcome];

	return given >= 0 ? (enum state)given : program->outcome[outcome].state;
}

void opt_free(struct common *common)
{
	arena_free(&common->arena);
}
