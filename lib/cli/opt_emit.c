/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walking the option table for documents, --help, --version, and the table of documents. */
#include "cli/opt_emit.h"

#include "base/text.h"

enum { KINDS_OF_ALL = 4 }; /* man to json */
const char *const opt_emit_kinds[] = { "man",	   "bash",   "zsh",  "json",	"icinga2",
				       "director", "nagios", "nrpe", "grafana", NULL };
static void (*const EMIT[])(const struct program *program, struct out *out) = {
	opt_emit_man,	   opt_emit_bash,   opt_emit_zsh,  opt_emit_json,    opt_emit_icinga2,
	opt_emit_director, opt_emit_nagios, opt_emit_nrpe, opt_emit_grafana,
};

bool opt_has_document(const struct program *program, unsigned kind)
{
	return !program->no_targets || kind < KINDS_OF_ALL;
}

void opt_emit(const struct program *program, unsigned kind, struct out *out)
{
	EMIT[kind](program, out);
}

bool opt_takes_value(const struct opt *opt)
{
	return opt->type != OPT_FLAG && opt->type != OPT_COUNT;
}

bool opt_is_target(const struct opt *opt)
{
	return view_eq(view_of(opt->name), VIEW("hostname"));
}

bool opt_is_state(const struct opt *opt)
{
	return view_eq(view_of(opt->name), VIEW("state"));
}

bool opt_may_repeat(const struct program *program, const struct opt *opt)
{
	return opt_is_target(opt) ? !program->one_target
				  : opt->type == OPT_LIST || (opt->flags & OPT_GATHERS) != 0;
}

struct view opt_choice(const struct opt *opt, size_t i)
{
	struct view rest = view_of(opt->argument), choice = { NULL, 0 };
	size_t at = 0;

	if (opt->choices != NULL) {
		while (at < i && opt->choices[at] != NULL)
			at++;
		return view_of(opt->choices[at]);
	}
	for (bool several = view_find(rest, '|') < rest.n; several && at <= i; at++)
		choice = view_take_until(&rest, '|');
	return choice;
}

bool opt_is_for_argv(const struct opt *opt)
{
	return (opt->flags & OPT_FILE_ONLY) == 0;
}

bool opt_is_for_service(const struct opt *opt)
{
	if (view_eq(view_of(opt->name), VIEW("extra-opts")))
		return true;
	return (opt->flags & (OPT_FILE_ONLY | OPT_ARGV_ONLY)) == 0;
}

static const struct opt *find_in(const struct opt *opt, size_t count, struct view name)
{
	for (size_t i = 0; i < count; i++)
		if (name.n == 1 ? opt[i].letter == name.p[0] : view_eq(view_of(opt[i].name), name))
			return &opt[i];
	return NULL;
}

const struct opt *opt_find(const struct program *program, struct view name)
{
	unsigned hidden =
		(program->one_target ? OPT_MANY : 0u) | (program->no_targets ? OPT_TARGETS : 0u);
	size_t count;
	const struct opt *common = opt_common(&count);
	const struct opt *own = find_in(program->opt, program->opt_count, name);
	const struct opt *found = own != NULL ? own : find_in(common, count, name);

	return found != NULL && (found->flags & hidden) == 0 ? found : NULL;
}

/* All rows in the order of the documents; NULL behind the last. */
static const struct opt *row_at(const struct program *program, size_t i)
{
	size_t count, own = program->opt_count;
	const struct opt *common = opt_common(&count);

	if (i >= OPT_COMMON_FIRST && i < OPT_COMMON_FIRST + own)
		return &program->opt[i - OPT_COMMON_FIRST];
	i -= i < OPT_COMMON_FIRST ? 0 : own;
	return i < count ? &common[i] : NULL;
}

static const char *group_of(const struct program *program, size_t i)
{
	while (row_at(program, i)->group == NULL)
		i--;
	return row_at(program, i)->group;
}

/* The first row whose group equals that of row i. */
static size_t leader_of(const struct program *program, size_t i)
{
	struct view group = view_of(group_of(program, i));
	size_t leader = 0;

	while (!view_eq(group, view_of(group_of(program, leader))))
		leader++;
	return leader;
}

/* A group may stand in several places of the table: each leader gathers its rows. */
bool opt_next(const struct program *program, struct opt_cursor *cursor)
{
	const struct opt *opt;

	for (; row_at(program, cursor->leader) != NULL; cursor->leader++, cursor->next = 0) {
		if (leader_of(program, cursor->leader) != cursor->leader)
			continue;
		cursor->open &= cursor->next > 0;
		while ((opt = row_at(program, cursor->next)) != NULL) {
			size_t at = cursor->next++;
			if (leader_of(program, at) != cursor->leader ||
			    opt_find(program, view_of(opt->name)) != opt)
				continue;
			cursor->heading = cursor->open ? NULL : group_of(program, at);
			cursor->open = true;
			cursor->opt = opt;
			return true;
		}
	}
	return false;
}

const char *opt_usage(const struct program *program, size_t line)
{
	static const char *const one[] = { " -H TARGET [OPTION ...]", NULL };
	static const char *const many[] = { " -H TARGET [-H TARGET ...] [OPTION ...]",
					    " --targets FILE [OPTION ...]", NULL };

	if (program->no_targets)
		return program->usage[line];
	if (program->untargeted != NULL && line-- == 0)
		return program->untargeted;
	return program->one_target ? one[line] : many[line];
}

void opt_describe(struct wr *w, const struct opt *opt)
{
	wr_str(w, opt->help);
	if (opt->choices != NULL) {
		for (size_t i = 0; opt->choices[i] != NULL; i++)
			wr_fmt(w, "%s%s", i > 0 ? ", " : " Values: ", opt->choices[i]);
		wr_byte(w, '.');
	}
	if (opt->type == OPT_NUMBER)
		wr_fmt(w, " Values: %ju to %ju.", (uintmax_t)opt->min, (uintmax_t)opt->max);
	if (opt->type == OPT_SECONDS) {
		wr_str(w, " Values: ");
		wr_double(w, (double)opt->min / 1e6);
		wr_str(w, " to ");
		wr_double(w, (double)opt->max / 1e6);
		wr_byte(w, '.');
	}
	if (opt->fallback != NULL)
		wr_fmt(w, " Default: %s.", opt->fallback);
	if ((opt->flags & OPT_FILE_ONLY) != 0)
		wr_str(w, " Taken from an --extra-opts file only.");
}

void opt_describe_metric(struct wr *w, const struct metric_spec *metric)
{
	static const char *const folded[] = {
		[FOLD_DROP] = "Only of a single result.",
		[FOLD_SPREAD] = "Of many: _p50, _p95, _max.",
		[FOLD_SUM] = "Of many: the sum.",
		[FOLD_MIN] = "Of many: the smallest.",
		[FOLD_MAX] = "Of many: the largest.",
	};

	wr_fmt(w, "%s. %s", metric->meaning, folded[metric->fold]);
}

void opt_describe_counts(struct wr *w, const struct report_spec *report)
{
	wr_fmt(w,
	       "Of many results there are also the counts: %s (all of them), ok, warning, "
	       "critical, unknown. A label with _p50 is the median, with _p95 the 95th "
	       "percentile, with _max the largest.",
	       report->noun);
}

const char *opt_unit(enum unit unit)
{
	static const char *const symbol[] = { "", "s", "%", "B" };

	return symbol[unit];
}

void opt_emit_version(const struct program *program, struct out *out)
{
	out_str(out, program->report->program);
	out_str(out, " ");
	out_str(out, program->report->version);
	out_str(out, " (" OPT_SUITE ")\n");
}
