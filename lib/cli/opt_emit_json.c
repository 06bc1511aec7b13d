/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --emit json: all that the tables know about a program, for other programs. The number behind
 * "schema" grows only with incompatible changes; keys without a value are left out.
 */
#include "cli/opt_json.h"

#include <errno.h>

enum { SCHEMA = 1 };

static int to_out(const char *bytes, size_t n, void *out)
{
	out_put(out, (struct view){ bytes, n });
	return 0;
}

void opt_json_put(json_t *tree, struct out *out)
{
	size_t flags = JSON_INDENT(1) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15);

	if (tree == NULL || json_dump_callback(tree, to_out, out, flags) != 0)
		out->error = ENOMEM;
	out_str(out, "\n");
	json_decref(tree);
}

static const char *type_name(const struct opt *opt)
{
	static const char *const name[] = {
		[OPT_FLAG] = "flag",   [OPT_COUNT] = "count",		[OPT_TEXT] = "text",
		[OPT_LIST] = "text",   [OPT_NUMBER] = "number",		[OPT_SECONDS] = "seconds",
		[OPT_RANGE] = "range", [OPT_RANGE_PAIR] = "range-pair", [OPT_CHOICE] = "choice",
		[OPT_CALL] = "text",
	};

	return name[opt->type];
}

static void add_bounds(json_t *json, const struct opt *opt)
{
	if (opt->type == OPT_SECONDS) {
		json_object_set_new(json, "min", json_real((double)opt->min / 1e6));
		json_object_set_new(json, "max", json_real((double)opt->max / 1e6));
	} else if (opt->max > 0) {
		json_object_set_new(json, "min", json_integer((json_int_t)opt->min));
		json_object_set_new(json, "max", json_integer((json_int_t)opt->max));
	}
}

static void add_choices(json_t *json, const struct opt *opt)
{
	json_t *choices = opt_choice(opt, 0).n > 0 ? json_array() : NULL;
	struct view choice;

	for (size_t i = 0; (choice = opt_choice(opt, i)).n > 0; i++)
		json_array_append_new(choices, json_stringn(choice.p, choice.n));
	if (choices != NULL)
		json_object_set_new(json, "choices", choices);
}

static json_t *option_of(const struct program *program, const struct opt *opt, const char *group)
{
	const char letter[] = { opt->letter, '\0' };
	json_t *json =
		json_pack("{s:s, s:s*, s:s, s:s, s:s*, s:s*}", "name", opt->name, "letter",
			  opt->letter != 0 ? letter : NULL, "group", group, "type", type_name(opt),
			  "argument", opt->argument, "default", opt->fallback);

	add_bounds(json, opt);
	add_choices(json, opt);
	json_object_update_new(
		json, json_pack("{s:b, s:b, s:b, s:b, s:s}", "value_optional",
				(opt->flags & OPT_OPTIONAL) != 0, "repeatable",
				opt->type == OPT_COUNT || opt_may_repeat(program, opt), "secret",
				(opt->flags & OPT_FILE_ONLY) != 0, "command_line_only",
				(opt->flags & OPT_ARGV_ONLY) != 0, "help", opt->help));
	return json;
}

static json_t *options_of(const struct program *program)
{
	struct opt_cursor row = { .opt = NULL };
	json_t *options = json_array();
	const char *group = "";

	while (opt_next(program, &row)) {
		group = row.heading != NULL ? row.heading : group;
		json_array_append_new(options, option_of(program, row.opt, group));
	}
	return options;
}

static json_t *outcomes_of(const struct program *program)
{
	json_t *outcomes = json_array();

	for (size_t i = 0; i < program->outcome_count; i++)
		json_array_append_new(outcomes,
				      json_pack("{s:s, s:s, s:s}", "word", program->outcome[i].word,
						"state", state_name(program->outcome[i].state),
						"meaning", program->outcome[i].meaning));
	return outcomes;
}

static json_t *table_of(const struct term_table *table)
{
	json_t *terms = json_array();

	for (size_t i = 0; i < table->count; i++)
		json_array_append_new(
			terms, json_pack("{s:s, s:s, s:s}", "name", table->term[i].name, "kind",
					 table->term[i].kind, "meaning", table->term[i].meaning));
	return json_pack("{s:s, s:o}", "heading", table->heading, "terms", terms);
}

static json_t *tables_of(const struct program *program)
{
	json_t *tables = program->table_count > 0 ? json_array() : NULL;

	for (size_t i = 0; i < program->table_count; i++)
		json_array_append_new(tables, table_of(&program->table[i]));
	return tables;
}

static json_t *metric_of(const struct report_spec *report, const struct metric_spec *metric)
{
	static const char *const fold[] = { [FOLD_DROP] = "none",
					    [FOLD_SPREAD] = "p50,p95,max",
					    [FOLD_SUM] = "sum",
					    [FOLD_MIN] = "min",
					    [FOLD_MAX] = "max" };
	char text[PROMETHEUS_NAME_MAX] = "";
	struct wr name = wr_over(text, sizeof(text) - 1);

	prometheus_name(&name, report, metric);
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s}", "label", metric->label, "unit",
				 opt_unit(metric->unit), "meaning", metric->meaning, "of_many",
				 fold[metric->fold], "prometheus", text);
	if (metric->has_min)
		json_object_set_new(json, "min", json_real(metric->min));
	if (metric->has_max)
		json_object_set_new(json, "max", json_real(metric->max));
	return json;
}

static json_t *metrics_of(const struct report_spec *report)
{
	json_t *metrics = json_array();

	for (size_t i = 0; i < report->metric_count; i++)
		json_array_append_new(metrics, metric_of(report, &report->metric[i]));
	return metrics;
}

static json_t *examples_of(const struct program *program)
{
	json_t *examples = json_array();

	for (size_t i = 0; i < program->example_count; i++)
		json_array_append_new(examples, json_pack("{s:s, s:s}", "command",
							  program->example[i].command, "meaning",
							  program->example[i].meaning));
	return examples;
}

static json_t *usage_of(const struct program *program)
{
	json_t *lines = json_array();
	const char *usage;

	for (size_t i = 0; (usage = opt_usage(program, i)) != NULL; i++)
		json_array_append_new(lines, json_pack("s+", program->report->program, usage));
	return lines;
}

static json_t *description_of(const struct program *program)
{
	json_t *paragraphs = json_array();

	for (size_t i = 0; program->description[i] != NULL; i++)
		json_array_append_new(paragraphs, json_string(program->description[i]));
	return paragraphs;
}

static json_t *formats(void)
{
	json_t *names = json_array();

	for (enum format format = FORMAT_TEXT; format < FORMATS; format++)
		json_array_append_new(names, json_string(format_name(format)));
	return names;
}

void opt_emit_json(const struct program *program, struct out *out)
{
	const struct report_spec *report = program->report;
	json_t *codes = json_pack("{s:s, s:s, s:s, s:s}", "0", state_name(STATE_OK), "1",
				  state_name(STATE_WARNING), "2", state_name(STATE_CRITICAL), "3",
				  state_name(STATE_UNKNOWN));

	opt_json_put(json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o*, s:o, s:o, s:o, "
			       "s:o, s:o}",
			       "schema", SCHEMA, "program", report->program, "version",
			       report->version, "service", report->service, "noun", report->noun,
			       "summary", program->summary, "usage", usage_of(program),
			       "description", description_of(program), "options",
			       options_of(program), "tables", tables_of(program), "outcomes",
			       outcomes_of(program), "metrics", metrics_of(report), "exit_codes",
			       codes, "output_formats", formats(), "examples",
			       examples_of(program)),
		     out);
}
