/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --emit grafana: a dashboard for Grafana 10 and later on a Prometheus data source.
 *
 * Series of --output-format prometheus have the labels target, endpoint, address, transport and
 * port, and one series without them is the whole run; those of send_results have host and service.
 */
#include "cli/opt_json.h"

#define LABELS "job=~\"$job\",instance=~\"$instance\",target=~\"$target\""
#define LEGEND "{{instance}} {{host}} {{service}} {{target}} {{endpoint}} {{transport}} {{port}}"

enum { WIDTH = 12, HEIGHT = 8, QUERY_MAX = 4 * PROMETHEUS_NAME_MAX };

struct dashboard {
	const struct report_spec *report;
	char state[PROMETHEUS_NAME_MAX]; /* "check_sip_state" */
	json_t *panels;
};

static const char *const COLOR[STATES] = {
	[STATE_OK] = "green",
	[STATE_WARNING] = "yellow",
	[STATE_CRITICAL] = "red",
	[STATE_UNKNOWN] = "purple",
};

static json_t *source(void)
{
	return json_pack("{s:s, s:s}", "type", "prometheus", "uid", "${datasource}");
}

static json_t *query_of(size_t i, const char *expression, const char *legend)
{
	char id[] = { (char)('A' + i), '\0' };

	return json_pack("{s:s, s:o, s:s, s:s}", "refId", id, "datasource", source(), "expr",
			 expression, "legendFormat", legend);
}

/* Two panels stand side by side. */
static void add_panel(struct dashboard *dashboard, const char *type, const char *title,
		      const char *description, json_t *queries, json_t *defaults, json_t *overrides)
{
	json_int_t at = (json_int_t)json_array_size(dashboard->panels);

	json_array_append_new(
		dashboard->panels,
		json_pack("{s:I, s:s, s:s, s:s, s:o, s:{s:I, s:I, s:i, s:i}, s:o, s:{s:o, s:o}}",
			  "id", at + 1, "type", type, "title", title, "description", description,
			  "datasource", source(), "gridPos", "x", at % 2 * WIDTH, "y",
			  at / 2 * HEIGHT, "w", WIDTH, "h", HEIGHT, "targets", queries,
			  "fieldConfig", "defaults", defaults, "overrides", overrides));
}

/* Targets with several endpoints have a series of their own; the whole run is not counted. */
static void add_counts(struct dashboard *dashboard)
{
	json_t *queries = json_array(), *overrides = json_array();

	for (enum state state = STATE_OK; state < STATES; state++) {
		char expression[QUERY_MAX] = "";
		struct wr w = wr_over(expression, sizeof(expression) - 1);
		wr_fmt(&w,
		       "count(%s{" LABELS ",endpoint=\"\",target!=\"\"} == %u or "
		       "%s{" LABELS ",service!=\"\"} == %u) or vector(0)",
		       dashboard->state, state, dashboard->state, state);
		json_array_append_new(queries, query_of(state, expression, state_name(state)));
		json_array_append_new(
			overrides,
			json_pack("{s:{s:s, s:s}, s:[{s:s, s:{s:s, s:s}}]}", "matcher", "id",
				  "byName", "options", state_name(state), "properties", "id",
				  "color", "value", "mode", "fixed", "fixedColor", COLOR[state]));
	}
	add_panel(dashboard, "stat", "States", "How many are in which state.", queries,
		  json_object(), overrides);
}

static void add_timeline(struct dashboard *dashboard)
{
	json_t *words = json_object();
	char expression[QUERY_MAX] = "";
	struct wr w = wr_over(expression, sizeof(expression) - 1);

	for (enum state state = STATE_OK; state < STATES; state++) {
		char number[] = { (char)('0' + state), '\0' };
		json_object_set_new(words, number,
				    json_pack("{s:s, s:s, s:i}", "text", state_name(state), "color",
					      COLOR[state], "index", (int)state));
	}
	wr_fmt(&w, "topk($lines, %s{" LABELS "})", dashboard->state);
	add_panel(dashboard, "state-timeline", "State",
		  "The worst ones; a line without target is the whole run.",
		  json_pack("[o]", query_of(0, expression, LEGEND)),
		  json_pack("{s:[{s:s, s:o}]}", "mappings", "type", "value", "options", words),
		  json_array());
}

/* The worst ones are the largest, of some metrics the smallest. */
static void add_metric(struct dashboard *dashboard, const struct metric_spec *metric)
{
	static const char *const unit[] = { "short", "s", "percentunit", "bytes" };
	double scale = metric->unit == UNIT_PERCENT ? 100 : 1;
	char text[PROMETHEUS_NAME_MAX] = "", expression[QUERY_MAX] = "";
	struct wr name = wr_over(text, sizeof(text) - 1),
		  w = wr_over(expression, sizeof(expression) - 1);

	prometheus_name(&name, dashboard->report, metric);
	wr_fmt(&w, "%s($lines, %s{" LABELS "})", metric->fold == FOLD_MIN ? "bottomk" : "topk",
	       text);
	json_t *defaults = json_pack("{s:s}", "unit", unit[metric->unit]);
	if (metric->has_min)
		json_object_set_new(defaults, "min", json_real(metric->min / scale));
	if (metric->has_max)
		json_object_set_new(defaults, "max", json_real(metric->max / scale));
	add_panel(dashboard, "timeseries", metric->label, metric->meaning,
		  json_pack("[o]", query_of(0, expression, LEGEND)), defaults, json_array());
}

/* The values that a label has. */
static json_t *variable_of(const struct dashboard *dashboard, const char *label, const char *among)
{
	char query[QUERY_MAX] = "";
	struct wr w = wr_over(query, sizeof(query) - 1);

	wr_fmt(&w, "label_values(%s{%s}, %s)", dashboard->state, among, label);
	return json_pack("{s:s, s:s, s:o, s:{s:s, s:s}, s:s, s:b, s:b, s:s, s:i, s:{s:[s], s:[s]}}",
			 "name", label, "type", "query", "datasource", source(), "query", "query",
			 query, "refId", label, "definition", query, "includeAll", true, "multi",
			 true, "allValue", ".*", "refresh", 2, "current", "text", "All", "value",
			 "$__all");
}

static json_t *variables(const struct dashboard *dashboard)
{
	json_t *datasource = json_pack("{s:s, s:s, s:s, s:s}", "name", "datasource", "type",
				       "datasource", "label", "Data source", "query", "prometheus");
	json_t *lines = json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}}", "name", "lines", "type",
				  "custom", "label", "Lines", "query", "10,30,100,1000", "current",
				  "text", "10", "value", "10");

	return json_pack("[o, o, o, o, o]", datasource, variable_of(dashboard, "job", ""),
			 variable_of(dashboard, "instance", "job=~\"$job\""),
			 variable_of(dashboard, "target", "job=~\"$job\",instance=~\"$instance\""),
			 lines);
}

void opt_emit_grafana(const struct program *program, struct out *out)
{
	const struct report_spec *report = program->report;
	struct dashboard dashboard = { .report = report, .panels = json_array() };
	struct wr state = wr_over(dashboard.state, sizeof(dashboard.state) - 1);

	prometheus_name(&state, report, NULL);
	add_counts(&dashboard);
	add_timeline(&dashboard);
	for (size_t i = 0; i < report->metric_count; i++)
		add_metric(&dashboard, &report->metric[i]);
	opt_json_put(json_pack("{s:s+, s:s, s:s, s:[s], s:i, s:s, s:{s:s, s:s}, s:{s:o}, s:o}",
			       "uid", "voip-", report->program, "title", report->program,
			       "description", program->summary, "tags", "voip", "schemaVersion", 36,
			       "refresh", "1m", "time", "from", "now-24h", "to", "now",
			       "templating", "list", variables(&dashboard), "panels",
			       dashboard.panels),
		     out);
}
