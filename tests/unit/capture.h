/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A report as the bytes that reach a descriptor.  Text also goes through the program that the
 * environment variable PERFDATA_CHECK names, if any. */
#ifndef UNIT_CAPTURE_H
#define UNIT_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/render.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))

static inline void judge_text(const char *text, enum format format, enum state state)
{
	const char *program = getenv("PERFDATA_CHECK");
	char command[512];

	if (program == NULL || format > FORMAT_ONELINE)
		return;
	snprintf(command, sizeof(command), "%s --format %s --expect-state %d", program,
		 format_name(format), (int)state);
	FILE *checker = popen(command, "w");
	assert_non_null(checker);
	fputs(text, checker);
	if (pclose(checker) != 0)
		fail_msg("the contract is broken:\n%s", text);
}

/* The file's bytes, NUL-terminated; release with free. */
static inline char *read_back(FILE *file)
{
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	size_t n = (size_t)ftell(file);
	char *text = calloc(n + 1, 1);
	assert_non_null(text);
	rewind(file);
	assert_int_equal(fread(text, 1, n, file), n);
	assert_int_equal(strlen(text), n);
	fclose(file);
	return text;
}

static inline char *captured(const struct report *report, const struct render_conf *conf)
{
	FILE *file = tmpfile();
	struct out out;

	assert_non_null(file);
	out_init(&out, fileno(file));
	enum state state = report_render(report, conf, &out);
	assert_true(out_flush(&out));
	char *text = read_back(file);
	assert_int_equal(state, result_state(report_root((struct report *)(uintptr_t)report)));
	judge_text(text, conf->format, state);
	return text;
}

static inline char *captured_error(const struct report_spec *spec, enum format format,
				   struct view sentence)
{
	FILE *file = tmpfile();
	struct out out;

	assert_non_null(file);
	out_init(&out, fileno(file));
	report_render_error(spec, format, sentence, &out);
	assert_true(out_flush(&out));
	char *text = read_back(file);
	judge_text(text, format, STATE_UNKNOWN);
	return text;
}

/* Renders and compares the whole output. */
static inline void renders(const struct report *report, enum format format, unsigned show,
			   unsigned verbosity, const char *wanted)
{
	char *text = captured(report, &(struct render_conf){ format, show, verbosity });

	assert_string_equal(text, wanted);
	free(text);
}

enum { TIME, CERT_DAYS, LOSS, RETRANS, SIZE, CODE, METRICS };

static const struct metric_spec METRIC[METRICS] = {
	[TIME] = { .label = "time",
		   .unit = UNIT_SECONDS,
		   .fold = FOLD_SPREAD,
		   .has_min = true,
		   .meaning = "round trip" },
	[CERT_DAYS] = { .label = "cert_days", .fold = FOLD_MIN, .meaning = "days left" },
	[LOSS] = { .label = "loss",
		   .unit = UNIT_PERCENT,
		   .fold = FOLD_MAX,
		   .has_min = true,
		   .has_max = true,
		   .max = 100,
		   .meaning = "lost requests" },
	[RETRANS] = { .label = "retrans",
		      .fold = FOLD_SUM,
		      .has_min = true,
		      .meaning = "requests sent again" },
	[SIZE] = { .label = "size", .unit = UNIT_BYTES, .fold = FOLD_MAX, .meaning = "bytes" },
	[CODE] = { .label = "code", .fold = FOLD_DROP, .meaning = "status code" },
};

static const struct report_spec SPEC = {
	.program = "check_sip",
	.service = "SIP",
	.version = "1.0",
	.noun = "targets",
	.metric = METRIC,
	.metric_count = METRICS,
};

/* A child with a state and a sentence. */
static inline struct result *add(struct report *report, struct result *parent, const char *name,
				 enum state state, const char *sentence)
{
	struct result *result = result_add(report, parent, view_of(name));

	result_raise(result, state);
	if (sentence != NULL)
		result_say(report, result, view_of(sentence));
	return result;
}

struct tree {
	struct report *report;
	struct result *root;
};

static inline struct tree tree_new(void)
{
	struct report *report = report_new(&SPEC);

	return (struct tree){ report, report_root(report) };
}

/* Renders, compares and releases. */
static inline void finish(struct tree *tree, unsigned show, unsigned verbosity, const char *wanted)
{
	renders(tree->report, FORMAT_TEXT, show, verbosity, wanted);
	report_free(tree->report);
}

/* "word word ..." */
static inline void fill(char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text[i] = i % 5 == 4 ? ' ' : (char)('a' + i % 5);
	text[n] = '\0';
}

#endif
