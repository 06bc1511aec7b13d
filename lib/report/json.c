/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON (one object) and JSON lines (one object per child of the root).  Keys come in a fixed order,
 * the text is ASCII.  Objects are written as the tree is walked; strings are encoded by jansson.
 */
#include "report/tree.h"

#include "base/text.h"

#include <jansson.h>

static int to_out(const char *bytes, size_t n, void *out)
{
	out_put(out, (struct view){ bytes, n });
	return 0;
}

/* Names are the operator's: they may be in any encoding. */
static json_t *ascii_string(struct view v)
{
	char *ascii = mem_new(v.n, 1);

	for (size_t i = 0; i < v.n; i++)
		ascii[i] = v.p[i] >= ' ' && v.p[i] <= '~' ? v.p[i] : '?';
	json_t *string = json_stringn_nocheck(ascii, v.n);
	mem_free(ascii);
	return string;
}

static void put_string(struct out *out, struct view v)
{
	json_t *string = view_find(v, '\x7f') < v.n ? NULL : json_stringn(v.p, v.n);

	if (string == NULL)
		string = ascii_string(v);
	json_dump_callback(string, to_out, out, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	json_decref(string);
}

/* A key comes with its punctuation: `,"state":`. */
static void put_text(struct out *out, const char *key, struct view v)
{
	out_str(out, key);
	put_string(out, v);
}

/* For our own words, which need no encoding. */
static void put_word(struct out *out, const char *key, const char *word)
{
	out_str(out, key);
	out_str(out, "\"");
	out_str(out, word);
	out_str(out, "\"");
}

static void put_number(struct out *out, const char *key, double value)
{
	char text[64];
	struct wr w = wr_over(text, sizeof(text));

	out_str(out, key);
	wr_double(&w, value);
	out_put(out, wr_view(&w));
}

static void put_range(struct out *out, const char *key, const struct range *range)
{
	char text[96] = "";
	struct wr w = wr_over(text, sizeof(text) - 1);

	if (range == NULL || !range->set)
		return;
	wr_range(&w, range);
	put_word(out, key, text);
}

static void put_reading(struct out *out, const struct reading *reading)
{
	const struct metric_spec *bounds = reading->bounds;
	char text[64];
	struct wr w = wr_over(text, sizeof(text));

	put_word(out, "", reading->label);
	out_str(out, ":{\"value\":");
	wr_decimal(&w, reading->value, READING_DECIMALS);
	out_put(out, wr_view(&w));
	if (reading->unit != UNIT_NONE)
		put_word(out, ",\"unit\":", unit_symbol(reading->unit));
	put_range(out, ",\"warning\":", reading->warning);
	put_range(out, ",\"critical\":", reading->critical);
	if (bounds != NULL && bounds->has_min)
		put_number(out, ",\"min\":", bounds->min);
	if (bounds != NULL && bounds->has_max)
		put_number(out, ",\"max\":", bounds->max);
	out_str(out, "}");
}

static void put_metrics(struct out *out, const struct reading *reading, size_t count)
{
	out_str(out, ",\"metrics\":{");
	for (size_t i = 0; i < count; i++) {
		out_str(out, i > 0 ? "," : "");
		put_reading(out, &reading[i]);
	}
	out_str(out, "}");
}

static void put_facts(struct out *out, const struct result *result)
{
	const struct fact *fact = result->extra != NULL ? result->extra->fact : NULL;

	for (; fact != NULL; fact = fact->next) {
		put_word(out, ",", fact->key);
		if (fact->type == FACT_TEXT)
			put_text(out, ":", fact->text);
		else if (fact->type == FACT_NUMBER)
			put_number(out, ":", fact->number);
		else
			out_str(out, fact->number > 0 ? ":true" : ":false");
	}
}

static void put_details(struct out *out, const struct result *result, unsigned verbosity)
{
	const struct note *note = result->extra != NULL ? result->extra->detail : NULL;
	const char *lead = ",\"details\":[";

	for (; note != NULL; note = note->next) {
		if (note->verbosity > verbosity)
			continue;
		put_text(out, lead, (struct view){ note->text, note->n });
		lead = ",";
	}
	if (lead[1] == '\0')
		out_str(out, "]");
}

static void put_head(const struct report_spec *spec, struct out *out)
{
	put_number(out, "{\"schema\":", REPORT_SCHEMA);
	put_word(out, ",\"program\":", spec->program);
	put_word(out, ",\"version\":", spec->version);
	put_word(out, ",\"service\":", spec->service);
}

static void put_results(const struct report *report, const struct result *parent,
			const struct render_conf *conf, struct out *out);

/* Behind the name; closes the object. */
static void put_body(const struct report *report, const struct result *result, bool with_exit_code,
		     const struct render_conf *conf, struct out *out)
{
	char summary[TREE_SENTENCE_MAX];
	struct wr s = wr_over(summary, sizeof(summary));
	struct reading reading[READINGS_MAX];
	bool root = result->parent == NULL, group = root || result->first != NULL;
	enum state state = result_state(result);

	put_word(out, ",\"state\":", state_name(state));
	if (with_exit_code)
		put_number(out, ",\"exit_code\":", (double)state);
	if (root)
		tree_headline(report, &s);
	else
		tree_summary(report, result, &s);
	put_text(out, ",\"summary\":", wr_view(&s));
	put_facts(out, result);
	put_metrics(out, reading,
		    group ? tree_readings(report, root ? tree_top(report) : result, reading)
			  : tree_own_readings(report, result, reading));
	put_details(out, result, conf->verbosity);
	if (group)
		put_results(report, result, conf, out);
	out_str(out, "}");
}

static void put_results(const struct report *report, const struct result *parent,
			const struct render_conf *conf, struct out *out)
{
	const char *lead = "{\"name\":";

	out_str(out, ",\"results\":[");
	for (const struct result *r = parent->first; r != NULL; r = r->next) {
		put_text(out, lead, view_of(r->name));
		put_body(report, r, false, conf, out);
		lead = ",{\"name\":";
	}
	out_str(out, "]");
}

void json_put(const struct report *report, const struct render_conf *conf, struct out *out)
{
	put_head(report->spec, out);
	put_body(report, &report->root, true, conf, out);
	out_str(out, "\n");
}

/* A root without children has nothing but itself to say. */
void jsonl_put(const struct report *report, const struct render_conf *conf, struct out *out)
{
	const struct result *result = report->root.first;

	if (result == NULL)
		json_put(report, conf, out);
	for (; result != NULL; result = result->next) {
		put_head(report->spec, out);
		put_text(out, ",\"name\":", view_of(result->name));
		put_body(report, result, true, conf, out);
		out_str(out, "\n");
	}
}

void json_put_error(const struct report_spec *spec, struct view sentence, struct out *out)
{
	put_head(spec, out);
	put_word(out, ",\"state\":", state_name(STATE_UNKNOWN));
	put_number(out, ",\"exit_code\":", STATE_UNKNOWN);
	put_text(out, ",\"error\":", sentence);
	out_str(out, "}\n");
}
