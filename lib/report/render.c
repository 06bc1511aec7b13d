/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Choice of the format by table; see render.h. */
#include "report/tree.h"

struct format_ops {
	const char *name;
	void (*put)(const struct report *report, const struct render_conf *conf, struct out *out);
	void (*put_error)(const struct report_spec *spec, struct view sentence, struct out *out);
};

static const struct format_ops FORMAT[FORMATS] = {
	[FORMAT_TEXT] = { "text", text_put, text_put_error },
	[FORMAT_ONELINE] = { "oneline", oneline_put, text_put_error },
	[FORMAT_JSON] = { "json", json_put, json_put_error },
	[FORMAT_JSONL] = { "jsonl", jsonl_put, json_put_error },
	[FORMAT_PROMETHEUS] = { "prometheus", prometheus_put, prometheus_put_error },
};

const char *format_name(enum format format)
{
	return FORMAT[format].name;
}

bool format_parse(struct view text, enum format *out)
{
	for (unsigned i = 0; i < FORMATS; i++) {
		if (view_eq(text, view_of(FORMAT[i].name))) {
			*out = (enum format)i;
			return true;
		}
	}
	return false;
}

enum state report_render(const struct report *report, const struct render_conf *conf,
			 struct out *out)
{
	FORMAT[conf->format].put(report, conf, out);
	return result_state(&report->root);
}

void report_render_error(const struct report_spec *spec, enum format format, struct view sentence,
			 struct out *out)
{
	FORMAT[format].put_error(spec, sentence, out);
}
