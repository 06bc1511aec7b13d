/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program that is only tables, and what it prints. */
#ifndef OPT_DEMO_H
#define OPT_DEMO_H

#include "cli/opt_emit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The options are never stored: one field will do. */
#define ROW(text, kind) .name = text, .type = kind, .at = sizeof(struct common)

static const char *const VERSIONS[] = { "1.2", "1.3", NULL };
static const struct opt OPTIONS[] = {
	{ ROW("agent", OPT_TEXT), .argument = "TEXT", .help = "Who we are.", .group = "Request" },
	{ ROW("header", OPT_LIST), .argument = "TEXT", .help = ".dot, 'quote' and back\\slash." },
	{ ROW("password", OPT_TEXT), .flags = OPT_FILE_ONLY, .argument = "TEXT",
	  .help = "Secret." },
	{ ROW("password-file", OPT_TEXT), .argument = "FILE", .help = "Where it is." },
	{ ROW("min-tls", OPT_CHOICE), .choices = VERSIONS, .argument = "VERSION",
	  .help = "Oldest." },
	{ ROW("alive", OPT_FLAG), .help = "Any answer is fine.", .group = "States" },
	{ ROW("warning", OPT_RANGE), .letter = 'w', .argument = "RANGE", .help = "In bananas." },
};
static const struct outcome OUTCOME[] = {
	{ "ok", STATE_OK, "an answer" },
	{ "silent", STATE_CRITICAL, "no answer at all" },
	{ "dns", STATE_UNKNOWN, "the name does not resolve" },
};
static const struct metric_spec METRIC = {
	.label = "time", .unit = UNIT_SECONDS, .fold = FOLD_SPREAD, .meaning = "round trip"
};
static const struct report_spec REPORT = { .program = "check_demo",
					   .noun = "targets",
					   .service = "DEMO",
					   .version = "1.2.3",
					   .metric = &METRIC,
					   .metric_count = 1 };
static const char *const DESCRIPTION[] = { "One.", "Two.", NULL };
static const struct example EXAMPLE = { "check_demo -H 192.0.2.1", "one target" };
static const struct program PROGRAM = { .report = &REPORT,
					.summary = "demonstrates options",
					.description = DESCRIPTION,
					.opt = OPTIONS,
					.opt_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
					.outcome = OUTCOME,
					.outcome_count = 3,
					.example = &EXAMPLE,
					.example_count = 1 };

enum { PAGE_MAX = 32768 };

struct run {
	char page[PAGE_MAX]; /* what was printed */
};

static inline void print_of(const struct program *program, struct run *run, int code,
			    const char *option, const char *value)
{
	char *argv[] = { NULL, (char *)(uintptr_t)option, (char *)(uintptr_t)value };
	struct common conf[2] = { { .program = NULL } };
	FILE *file = tmpfile();
	struct out out;

	assert_non_null(file);
	memset(run, 0, sizeof(*run));
	out_init(&out, fileno(file));
	assert_int_equal(opt_parse(program, conf, value != NULL ? 3 : 2, argv, &out), code);
	assert_true(out_flush(&out));
	assert_in_range(pread(fileno(file), run->page, PAGE_MAX - 1, 0), 1, PAGE_MAX - 2);
	fclose(file);
	opt_free(conf);
}

static inline size_t count_of(const char *page, const char *what)
{
	size_t n = 0;

	for (const char *p = page; (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

/* Runs the program with these one or two arguments, which make it print and end with `code`. */
static inline void print(struct run *run, int code, const char *option, const char *value)
{
	print_of(&PROGRAM, run, code, option, value);
}

#endif
