/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that is written about options is written here, from the one table. */
#ifndef CLI_OPT_EMIT_H
#define CLI_OPT_EMIT_H

#include "cli/opt.h"

#define OPT_SUITE "monitoring-plugins-voip"

/* Rows common to every program (-H, -t, --state, ...); the first ones say what to check. */
const struct opt *opt_common(size_t *count);
enum { OPT_COMMON_FIRST = 5 };
/* Before any option is read. */
void opt_common_defaults(struct common *common, const struct program *program);

/* By long name, or by letter when `name` is one byte; the program's own rows come first. NULL for an
 * option that the program does not have. */
const struct opt *opt_find(const struct program *program, struct view name);
bool opt_takes_value(const struct opt *opt);
/* --hostname, which says what to check, and --state, whose values are outcomes. */
bool opt_is_target(const struct opt *opt);
bool opt_is_state(const struct opt *opt);
/* Whether every use counts and not only the last one. */
bool opt_may_repeat(const struct program *program, const struct opt *opt);
/* The values to choose from, of the list or of an argument such as "udp|tcp"; empty behind the last. */
struct view opt_choice(const struct opt *opt, size_t i);
/* Whether a command line may give it: no secret. */
bool opt_is_for_argv(const struct opt *opt);
/* Whether the command of a monitoring system may give it: no secret, and nothing that prints a
 * document or asks a person in place of a check. */
bool opt_is_for_service(const struct opt *opt);

/* Walks the rows that documents show, group by group: the targets, the program's own, the other
 * common ones. Start with a zeroed cursor. */
struct opt_cursor {
	const struct opt *opt;
	const char *heading; /* set at the first row of a group, else NULL */
	size_t leader, next;
	bool open;
};
bool opt_next(const struct program *program, struct opt_cursor *cursor);
/* What may stand behind the program's name; NULL behind the last line. */
const char *opt_usage(const struct program *program, size_t line);
/* The help text with values and default: "Port. Values: 1 to 65535." */
void opt_describe(struct wr *w, const struct opt *opt);
enum { OPT_DESCRIBE_MAX = 1000 };
/* What a metric means, and what is written of many results. */
void opt_describe_metric(struct wr *w, const struct metric_spec *metric);
/* What performance data of many results hold besides the metrics. */
void opt_describe_counts(struct wr *w, const struct report_spec *report);
/* "s", "%", "B" or "" */
const char *opt_unit(enum unit unit);

/* At most 80 columns. */
void opt_emit_help(const struct program *program, struct out *out);
void opt_emit_version(const struct program *program, struct out *out);

/* NULL-terminated: "man", "bash", ... A new kind is a function below and a row in both tables of
 * opt_emit.c. */
extern const char *const opt_emit_kinds[];
/* `kind` is an index into the list. Of a program that is no check only the first few exist. */
bool opt_has_document(const struct program *program, unsigned kind);
void opt_emit(const struct program *program, unsigned kind, struct out *out);
void opt_emit_json(const struct program *program, struct out *out);
void opt_emit_man(const struct program *program, struct out *out);
void opt_emit_bash(const struct program *program, struct out *out);
void opt_emit_zsh(const struct program *program, struct out *out);
void opt_emit_icinga2(const struct program *program, struct out *out);
void opt_emit_director(const struct program *program, struct out *out);
void opt_emit_nagios(const struct program *program, struct out *out);
void opt_emit_nrpe(const struct program *program, struct out *out);
void opt_emit_grafana(const struct program *program, struct out *out);

#endif
