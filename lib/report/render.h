/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A finished report in one of the output formats; the exit code is the same in each. */
#ifndef REPORT_RENDER_H
#define REPORT_RENDER_H

#include "report/out.h"
#include "report/result.h"

/* Facts are shown from FORMAT_JSON on. */
enum format { FORMAT_TEXT, FORMAT_ONELINE, FORMAT_JSON, FORMAT_JSONL, FORMAT_PROMETHEUS, FORMATS };

/* Schema of JSON and JSON lines; grows only with incompatible changes. */
enum { REPORT_SCHEMA = 1 };

struct render_conf {
	enum format format;
	unsigned show;	    /* how many results get a line in text; worst first */
	unsigned verbosity; /* see result_detail */
};

const char *format_name(enum format format);
bool format_parse(struct view text, enum format *out);

/* Writes the report and returns the root's state. Errors of writing stay in `out`. */
enum state report_render(const struct report *report, const struct render_conf *conf,
			 struct out *out);

/* The same formats for a program that ends before there is a tree (wrong usage): one line
 * "SERVICE UNKNOWN - sentence", or a JSON object with "error". */
void report_render_error(const struct report_spec *spec, enum format format, struct view sentence,
			 struct out *out);

/* What Prometheus calls a metric, "check_sip_time_seconds"; NULL is the state. At most
 * PROMETHEUS_NAME_MAX bytes. */
enum { PROMETHEUS_NAME_MAX = 96 };
void prometheus_name(struct wr *w, const struct report_spec *spec,
		     const struct metric_spec *metric);

#endif
