/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A result as Prometheus text; see exposition.h. The samples are sorted by name, so that equal names
 * are neighbours. */
#include "push/exposition.h"

#include "push/perfdata.h"

#include <stdlib.h>
#include <string.h>

struct sample {
	const char *name, *help;
	size_t order;
	double value;
};

struct samples {
	struct sample *item;
	size_t count, cap;
	struct view program;
	struct arena names;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

void exposition_name(struct view text, struct grow *out)
{
	if (text.n == 0 || is_digit(text.p[0]))
		grow_byte(out, '_');
	for (size_t i = 0; i < text.n; i++)
		grow_byte(out, is_name_byte(text.p[i]) ? text.p[i] : '_');
}

/* "check_sip_time_seconds_warning" of "time", "seconds" and "_warning". */
static const char *join_name(struct samples *samples, struct view label, const char *unit,
			     const char *role)
{
	struct grow raw = { .p = NULL }, name = { .p = NULL }, ending = { .p = NULL };

	grow_put(&raw, samples->program);
	grow_byte(&raw, '_');
	grow_put(&raw, label);
	exposition_name(grow_view(&raw), &name);
	if (unit[0] != '\0') {
		grow_byte(&ending, '_');
		grow_str(&ending, unit);
	}
	if (!view_ends(grow_view(&name), grow_view(&ending)))
		grow_put(&name, grow_view(&ending));
	grow_str(&name, role);
	const char *kept = arena_text(&samples->names, grow_view(&name));
	grow_free(&raw);
	grow_free(&name);
	grow_free(&ending);
	return kept;
}

static void add(struct samples *samples, const char *name, const char *help, double value)
{
	if (samples->count == samples->cap) {
		samples->cap = samples->cap > 0 ? 2 * samples->cap : 16;
		samples->item = mem_resize(samples->item, samples->cap, sizeof(*samples->item));
	}
	samples->item[samples->count] = (struct sample){ name, help, samples->count, value };
	samples->count++;
}

/* Of the name alone: where the help of a name differs between two results, node_exporter drops one. */
static const char *help_of(const char *name)
{
	if (view_ends(view_of(name), VIEW("_warning")))
		return "Threshold of a warning.";
	if (view_ends(view_of(name), VIEW("_critical")))
		return "Threshold of a critical state.";
	return "Performance data.";
}

static void add_value(struct samples *samples, const struct perfdatum *datum, const char *role,
		      double value)
{
	struct perfdata_base base = perfdata_base(datum->unit);
	const char *name = join_name(samples, datum->label, base.word, role);

	add(samples, name, help_of(name), value * base.factor);
}

static void collect(struct samples *samples, const struct check_result *result)
{
	struct view rest = result->perfdata;
	struct perfdatum datum;
	bool good;

	add(samples, join_name(samples, VIEW("state"), "", ""),
	    "0 ok, 1 warning, 2 critical, 3 unknown.", (double)result->state);
	add(samples, join_name(samples, VIEW("last_run"), "seconds", ""),
	    "When the check ended, in seconds since 1970.", (double)result->end_us / 1e6);
	while (perfdata_take(&rest, &datum, &good)) {
		if (good)
			add_value(samples, &datum, "", datum.value);
		if (good && datum.has_warn)
			add_value(samples, &datum, "_warning", datum.warn_value);
		if (good && datum.has_crit)
			add_value(samples, &datum, "_critical", datum.crit_value);
	}
}

static int by_name(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

static void put_label(const char *label, struct view value, struct grow *out)
{
	grow_str(out, label);
	grow_str(out, "=\"");
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		if (c == '"' || c == '\\' || c == '\n')
			grow_byte(out, '\\');
		grow_byte(out, c == '\n' ? 'n' : c);
	}
	grow_byte(out, '"');
}

/* A label without value is one that is not there. */
static void put_labels(const struct check_result *result, struct grow *out)
{
	grow_byte(out, '{');
	put_label("host", result->host, out);
	if (result->service.n > 0) {
		grow_byte(out, ',');
		put_label("service", result->service, out);
	}
	grow_byte(out, '}');
}

void exposition_write(const struct check_result *result, bool with_labels, struct grow *out)
{
	struct samples samples = { .program = result->command };
	const char *last = "";

	if (samples.program.n == 0)
		samples.program = VIEW("check");
	collect(&samples, result);
	qsort(samples.item, samples.count, sizeof(*samples.item), by_name);
	for (size_t i = 0; i < samples.count; i++) {
		const struct sample *sample = &samples.item[i];
		if (strcmp(sample->name, last) == 0)
			continue;
		last = sample->name;
		grow_str(out, "# HELP ");
		grow_str(out, sample->name);
		grow_byte(out, ' ');
		grow_str(out, sample->help);
		grow_str(out, "\n# TYPE ");
		grow_str(out, sample->name);
		grow_str(out, " gauge\n");
		grow_str(out, sample->name);
		if (with_labels)
			put_labels(result, out);
		grow_byte(out, ' ');
		perfdata_write_number(sample->value, out);
		grow_byte(out, '\n');
	}
	arena_free(&samples.names);
	mem_free(samples.item);
}
