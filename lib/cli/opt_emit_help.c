/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --help: plain text, at most 80 columns as long as no single word of the tables is wider. */
#include "cli/opt_emit.h"

enum { COLUMNS = 80, INDENT = 2, TEXT_INDENT = 6, STATE_COLUMN = 18, MEANING_COLUMN = 28 };

struct page {
	struct out *out;
	size_t column;
};

static void put(struct page *page, const char *text)
{
	out_str(page->out, text);
	page->column += view_of(text).n;
}

static void end_line(struct page *page)
{
	out_str(page->out, "\n");
	page->column = 0;
}

/* Leaves at least one blank behind what stands there, on the next line when it must. */
static void go_to(struct page *page, size_t column)
{
	if (page->column > 0 && page->column >= column)
		end_line(page);
	while (page->column < column)
		put(page, " ");
}

/* From here on to the end of the line, and from `indent` on below. */
static void put_words(struct page *page, size_t indent, struct view text)
{
	for (bool first = true; text.n > 0; first = false) {
		struct view word = view_take_until(&text, ' ');
		if (!first && page->column + 1 + word.n > COLUMNS)
			go_to(page, indent);
		else if (!first)
			put(page, " ");
		out_put(page->out, word);
		page->column += word.n;
	}
	end_line(page);
}

static void put_row(struct page *page, const struct opt *opt)
{
	char text[OPT_DESCRIBE_MAX];
	struct wr w = wr_over(text, sizeof(text));

	go_to(page, INDENT);
	if (opt->letter != 0)
		wr_fmt(&w, "-%c, ", opt->letter);
	wr_fmt(&w, "--%s", opt->name);
	if ((opt->flags & OPT_OPTIONAL) != 0)
		wr_fmt(&w, "[=%s]", opt->argument);
	else if (opt_takes_value(opt))
		wr_fmt(&w, " %s", opt->argument);
	put_words(page, TEXT_INDENT, wr_view(&w));
	wr_reset(&w);
	opt_describe(&w, opt);
	go_to(page, TEXT_INDENT);
	put_words(page, TEXT_INDENT, wr_view(&w));
}

static void put_heading(struct page *page, const char *text)
{
	end_line(page);
	put(page, text);
	put(page, ":");
	end_line(page);
}

/* One line of a table with three columns. */
static void put_cells(struct page *page, const char *name, const char *kind, struct view meaning)
{
	go_to(page, INDENT);
	put(page, name);
	go_to(page, STATE_COLUMN);
	put(page, kind);
	go_to(page, MEANING_COLUMN);
	put_words(page, MEANING_COLUMN, meaning);
}

static void put_usage(struct page *page, const struct program *program)
{
	const char *usage;

	put_words(page, 0, view_of(program->summary));
	end_line(page);
	put(page, "Usage:");
	for (size_t i = 0; (usage = opt_usage(program, i)) != NULL; i++) {
		go_to(page, sizeof("Usage:"));
		put(page, program->report->program);
		put(page, usage);
		end_line(page);
	}
	for (size_t i = 0; program->description[i] != NULL; i++) {
		end_line(page);
		put_words(page, 0, view_of(program->description[i]));
	}
}

static void put_term_tables(struct page *page, const struct program *program)
{
	for (size_t i = 0; i < program->table_count; i++) {
		const struct term_table *table = &program->table[i];
		put_heading(page, table->heading);
		for (size_t k = 0; k < table->count; k++)
			put_cells(page, table->term[k].name, table->term[k].kind,
				  view_of(table->term[k].meaning));
	}
}

static void put_metrics(struct page *page, const struct report_spec *report)
{
	char text[OPT_DESCRIBE_MAX];

	put_heading(page, "Metrics");
	for (size_t i = 0; i < report->metric_count; i++) {
		const struct metric_spec *metric = &report->metric[i];
		struct wr w = wr_over(text, sizeof(text));
		opt_describe_metric(&w, metric);
		put_cells(page, metric->label, opt_unit(metric->unit), wr_view(&w));
	}
	go_to(page, INDENT);
	struct wr w = wr_over(text, sizeof(text));
	opt_describe_counts(&w, report);
	put_words(page, INDENT, wr_view(&w));
}

void opt_emit_help(const struct program *program, struct out *out)
{
	struct page page = { .out = out };
	struct opt_cursor row = { .opt = NULL };

	opt_emit_version(program, out);
	put_usage(&page, program);
	while (opt_next(program, &row)) {
		if (row.heading != NULL)
			put_heading(&page, row.heading);
		put_row(&page, row.opt);
	}
	put_term_tables(&page, program);
	put_metrics(&page, program->report);
	put_heading(&page, "Examples");
	for (size_t i = 0; i < program->example_count; i++) {
		go_to(&page, INDENT);
		put_words(&page, TEXT_INDENT, view_of(program->example[i].command));
		go_to(&page, TEXT_INDENT);
		put_words(&page, TEXT_INDENT, view_of(program->example[i].meaning));
	}
	put_heading(&page, "Outcomes and states (changed by --state OUTCOME=STATE)");
	for (size_t i = 0; i < program->outcome_count; i++)
		put_cells(&page, program->outcome[i].word, state_name(program->outcome[i].state),
			  view_of(program->outcome[i].meaning));
}
