/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options are one constant table per program.  The parser, --help, the man page and the shell
 * completion are readers of it; nothing about an option is written twice.
 *
 * Accepted are `--name=value`, `--name value`, `-p5060`, `-p 5060` and bundled flags; no shortened
 * names, because they break when a program learns a new option, and no positional arguments.  Of an
 * option given twice the last one wins; lists append. What the command line sets is not taken from
 * files at all, lists included.
 */
#ifndef CLI_OPT_H
#define CLI_OPT_H

#include "base/mem.h"
#include "report/render.h"

enum opt_type {
	OPT_FLAG,	/* bool */
	OPT_COUNT,	/* unsigned: one more at each use, up to `max` */
	OPT_TEXT,	/* struct view, borrowed from argv or the extra-opts arena */
	OPT_LIST,	/* struct opt_list: repeatable */
	OPT_NUMBER,	/* uint64_t in min..max */
	OPT_SECONDS,	/* int64_t microseconds; decimal seconds in min..max microseconds */
	OPT_RANGE,	/* struct range */
	OPT_RANGE_PAIR, /* struct range_pair: "W" or "W:C", plain numbers; without C no critical */
	OPT_CHOICE,	/* unsigned: index into `choices`, a NULL-terminated list */
	OPT_CALL,	/* whatever `parse` does with the field */
};

enum {
	OPT_FILE_ONLY = 1 << 0, /* a secret: from an extra-opts file, never from argv or quoted */
	OPT_MANY = 1 << 1,	/* about many targets: not in programs with one_target */
	OPT_OPTIONAL = 1 << 2,	/* the value may be missing; it is only taken behind "=" */
	OPT_LOWER_IS_WORSE = 1 << 3, /* OPT_RANGE_PAIR: alert below W and C, not above */
	OPT_ARGV_ONLY = 1 << 4,	     /* never from a file */
	OPT_TARGETS = 1 << 5,	     /* about what is checked: not in programs with no_targets */
	OPT_GATHERS = 1 << 6,	     /* OPT_CALL: every use counts, not only the last one */
};

struct opt_list {
	struct view *item;
	size_t count;
};
void opt_list_add(struct opt_list *list, struct view value, struct arena *arena);

struct range_pair {
	struct range warning, critical;
};

/* Why a value is refused; written by a parse function. */
struct opt_error {
	char text[480]; /* a clause: "column 3: digits expected" */
};
/* Both return false; what does not fit is cut. */
bool opt_error_set(struct opt_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The value in quotes, made harmless, then a blank and the clause. */
bool opt_error_value(struct opt_error *error, struct view value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

struct opt {
	char letter;	  /* 0 = none */
	const char *name; /* long name without dashes, at least two letters */
	enum opt_type type;
	size_t at;	      /* offset of the field in the program's conf */
	const char *argument; /* "SECONDS[:STATE]", "FILE", "udp|tcp"; NULL for flags */
	const char *help;     /* one or two sentences, without the default */
	const char *fallback; /* the default as text for the documentation, or NULL */
	uint64_t min, max;
	const char *const *choices;
	bool (*parse)(void *field, struct view value, struct arena *arena, struct opt_error *error);
	/* Of an option that may hold a secret: such a value is refused from a file that others can
	 * read. NULL = never. */
	bool (*is_secret)(struct view value);
	unsigned flags;
	const char *group; /* heading in --help; NULL = the group of the row before */
};

/* Reads the value into the option's field of `conf`. */
bool opt_store(const struct opt *opt, void *conf, struct view value, struct arena *arena,
	       struct opt_error *error);

/* Bytes as hexadecimal digits (see base/hex.h), at least one and at most `max`. For parse functions. */
bool opt_parse_hex(struct view *out, size_t max, struct view value, struct arena *arena,
		   struct opt_error *error);

/* The parse function of --timeout, SECONDS[:STATE], for programs with a row of their own; the field
 * is all of struct common. */
bool opt_parse_timeout(void *field, struct view value, struct arena *arena,
		       struct opt_error *error);

/* A way a check can end, with the state it means unless --state says otherwise. */
struct outcome {
	const char *word;
	enum state state;
	const char *meaning;
};

struct example {
	const char *command; /* without the folder */
	const char *meaning;
};

/* A table of words for the documents, beside options, outcomes and metrics. */
struct term {
	const char *name, *kind, *meaning;
};
struct term_table {
	const char *heading;
	const struct term *term;
	size_t count;
};

/* All that the emitters and the parser know about a program. */
struct program {
	const struct report_spec *report; /* name, service, version, metrics */
	const char *summary;		  /* one line */
	const char *const *description;	  /* paragraphs, NULL-terminated */
	bool one_target;		  /* for each run */
	/* Usage without a target: " --local [OPTION ...]"; NULL = none. */
	const char *untargeted;
	bool no_targets;	  /* it is no check */
	const char *const *usage; /* its lines then, NULL-terminated */
	bool takes_command;	  /* behind "--": see struct common */
	int64_t timeout_us;	  /* the default; 0 = that of most programs */
	const struct opt *opt;	  /* the program's own; one with a common name takes its place */
	size_t opt_count;
	const struct outcome *outcome;
	size_t outcome_count; /* at most OUTCOMES_MAX */
	const struct example *example;
	size_t example_count;
	const struct term_table *table;
	size_t table_count;
};

enum { OUTCOMES_MAX = 40 };

/* The options that every program has; first member of each program's conf. */
struct common {
	const struct program *program;
	struct opt_list hostname; /* each one a valid target (see cli/target.h) */
	struct view targets;	  /* file name, "-" = standard input, empty = none */
	uint64_t port;		  /* 0 = not given */
	bool use_ipv4, use_ipv6;  /* at most one */
	int64_t timeout_us;
	enum state timeout_state; /* -t SECONDS:STATE, else STATE_CRITICAL */
	bool timeout_state_given;
	struct range warning, critical;
	signed char state_of[OUTCOMES_MAX]; /* --state; -1 = the table's */
	struct view source;		    /* a numeric address, of the family of -4 or -6 */
	uint64_t parallel, rate, show;
	enum format format;
	unsigned verbose;
	struct view resolver; /* numeric address, with or without port */
	struct opt_list extra_opts;
	unsigned emit; /* a row of opt_emit_kinds, or OPT_NOT_GIVEN */
	bool help, version;
	char **command;	    /* what stands behind "--", NULL-terminated; NULL = nothing */
	struct arena arena; /* holds what the parser copied */
};

/* The state of an outcome after --state. */
enum state opt_outcome_state(const struct program *program, const struct common *common,
			     size_t outcome);

enum { OPT_GO_ON = -1, OPT_NOT_GIVEN = 0x7fffffff };

/* Fills `conf` (starts with a zeroed struct common, may hold the program's defaults behind it) from
 * argv and extra-opts files. Returns OPT_GO_ON, or the exit code when all is said: 3 for help,
 * version and wrong usage, 0 for a document (--emit). */
int opt_parse(const struct program *program, void *conf, int argc, char **argv, struct out *out);
/* For what only the program can see is wrong: prints "option --name: clause" as usage error and
 * returns the exit code. */
int opt_refuse(const struct program *program, const struct common *common, const char *name,
	       const char *clause, struct out *out);
void opt_free(struct common *common);

#endif
