/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines to results; see input.h. What a program of ours printed is put together again as it prints
 * it in text: "SIP OK - summary", the details below, the metrics as performance data. */
#include "push/input.h"

#include "base/escape.h"
#include "base/text.h"

#include <jansson.h>

enum { CLOCK_SLACK_US = 60000000 };

/* What stands for a placeholder. */
enum { PLACE_NAME, PLACE_CHECK, PLACE_PROGRAM, PLACE_ADDRESS, PLACE_TRANSPORT, PLACE_PORT, PLACES };
static const char *const PLACE[PLACES] = { "name",    "check",	   "program",
					   "address", "transport", "port" };
struct places {
	struct view value[PLACES];
};

static size_t find_place(struct view name)
{
	size_t i = 0;

	while (i < PLACES && !view_eq(name, view_of(PLACE[i])))
		i++;
	return i;
}

/* The next piece: text up to a brace, then the place between two braces, PLACES when there is none. */
static struct view take_piece(struct view *rest, size_t *place)
{
	struct view text = view_take_until(rest, '{');

	*place = rest->n > 0 ? find_place(view_take_until(rest, '}')) : PLACES;
	return text;
}

bool input_check_template(struct view text, struct opt_error *error)
{
	struct view rest = text;

	while (rest.n > 0) {
		struct view piece = view_take_until(&rest, '{');
		struct view name = view_first(rest, view_find(rest, '}'));
		bool opened = piece.p + piece.n < text.p + text.n;
		if (view_find(piece, '}') < piece.n ||
		    (opened && (name.n == rest.n || find_place(name) == PLACES)))
			return opt_error_value(error, text,
					       "has a brace that is none of {name}, {check}, "
					       "{program}, {address}, {transport}, {port}");
		rest = opened ? view_skip(rest, name.n + 1) : rest;
	}
	return true;
}

static struct view keep(struct arena *arena, struct grow *text)
{
	struct view kept = { arena_text(arena, grow_view(text)), text->n };

	grow_free(text);
	return kept;
}

/* False when a place is empty: a name with a hole would be another object's. */
static bool fill(struct view template, const struct places *places, struct arena *arena,
		 struct view *out, struct opt_error *error)
{
	struct grow text = { .p = NULL };
	size_t place, empty = PLACES;

	while (template.n > 0) {
		grow_put(&text, take_piece(&template, &place));
		if (place < PLACES && places->value[place].n == 0)
			empty = place;
		else if (place < PLACES)
			grow_put(&text, places->value[place]);
	}
	*out = keep(arena, &text);
	return empty == PLACES || opt_error_set(error, "says no %s", PLACE[empty]);
}

static bool name_object(struct check_result *result, const struct input_rule *rule,
			const struct places *places, struct arena *arena, struct opt_error *error)
{
	if (!fill(rule->host, places, arena, &result->host, error))
		return false;
	return rule->of_host || fill(rule->service, places, arena, &result->service, error);
}

static struct view text_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return (struct view){ json_string_value(value), json_string_length(value) };
}

/* Exit codes above 3 are UNKNOWN, as for every plugin. */
static enum state state_of_code(uint64_t code)
{
	return code <= STATE_UNKNOWN ? (enum state)code : STATE_UNKNOWN;
}

static bool take_state(const json_t *object, enum state *state, struct opt_error *error)
{
	const json_t *code = json_object_get(object, "exit_code");
	const json_t *word = json_object_get(object, "state");

	if (code == NULL && json_is_integer(word))
		code = word;
	if (json_is_integer(code) && json_integer_value(code) >= 0) {
		*state = state_of_code((uint64_t)json_integer_value(code));
		return true;
	}
	return (code == NULL && state_parse(text_of(object, "state"), state)) ||
	       opt_error_set(error, "has no exit_code and no state");
}

static void put_number(struct grow *out, const char *lead, const json_t *value)
{
	if (!json_is_number(value))
		return;
	grow_str(out, lead);
	grow_double(out, json_number_value(value));
}

/* One of our metrics as label=value[unit];warn;crit;min;max. */
static void put_metric(struct grow *out, const char *label, const json_t *metric)
{
	const json_t *min = json_object_get(metric, "min"), *max = json_object_get(metric, "max");
	struct view warning = text_of(metric, "warning"), critical = text_of(metric, "critical");
	bool bounds = min != NULL || max != NULL;

	if (!json_is_number(json_object_get(metric, "value")))
		return;
	grow_str(out, out->n > 0 ? " " : "");
	grow_str(out, label);
	put_number(out, "=", json_object_get(metric, "value"));
	grow_put(out, text_of(metric, "unit"));
	if (warning.n == 0 && critical.n == 0 && !bounds)
		return;
	grow_byte(out, ';');
	grow_put(out, warning);
	if (critical.n > 0 || bounds)
		grow_byte(out, ';');
	grow_put(out, critical);
	if (bounds)
		grow_byte(out, ';');
	put_number(out, "", min);
	put_number(out, ";", max);
}

static struct view join_metrics(json_t *metrics, struct arena *arena)
{
	struct grow text = { .p = NULL };
	void *at = json_object_iter(metrics);

	for (; at != NULL; at = json_object_iter_next(metrics, at))
		put_metric(&text, json_object_iter_key(at), json_object_iter_value(at));
	return keep(arena, &text);
}

static struct view join_lines(const json_t *object, enum state state, struct arena *arena)
{
	const json_t *details = json_object_get(object, "details");
	struct view summary = text_of(object, "summary");
	struct grow text = { .p = NULL };

	grow_put(&text, text_of(object, "service"));
	grow_byte(&text, ' ');
	grow_str(&text, state_name(state));
	grow_str(&text, " - ");
	grow_put(&text, summary.n > 0 ? summary : text_of(object, "error"));
	for (size_t i = 0; i < json_array_size(details); i++) {
		const json_t *line = json_array_get(details, i);
		grow_byte(&text, '\n');
		grow_put(&text, (struct view){ json_string_value(line), json_string_length(line) });
	}
	return keep(arena, &text);
}

static bool read_ours(const json_t *object, const struct input_rule *rule,
		      struct check_result *result, struct arena *arena, struct opt_error *error)
{
	struct view program = text_of(object, "program"), prefix = VIEW("check_");
	const json_t *port = json_object_get(object, "port");
	char digits[24];
	struct wr w = wr_over(digits, sizeof(digits));
	struct places places = { .value = {
					 [PLACE_NAME] = text_of(object, "name"),
					 [PLACE_CHECK] = view_skip(
						 program,
						 view_starts(program, prefix) ? prefix.n : 0),
					 [PLACE_PROGRAM] = program,
					 [PLACE_ADDRESS] = text_of(object, "address"),
					 [PLACE_TRANSPORT] = text_of(object, "transport"),
				 } };

	if (json_is_number(port))
		wr_double(&w, json_number_value(port));
	places.value[PLACE_PORT] = wr_view(&w);
	result->command = (struct view){ arena_text(arena, program), program.n };
	result->of_run = true;
	result->perfdata = join_metrics(json_object_get(object, "metrics"), arena);
	return take_state(object, &result->state, error) &&
	       ((result->output = join_lines(object, result->state, arena)), true) &&
	       name_object(result, rule, &places, arena, error);
}

static struct view keep_text(const json_t *object, const char *key, struct arena *arena)
{
	struct view text = text_of(object, key);

	return (struct view){ arena_text(arena, text), text.n };
}

static struct view keep_perfdata(const json_t *object, struct arena *arena)
{
	const json_t *items = json_object_get(object, "perfdata");
	struct grow text = { .p = NULL };

	if (json_is_string(items))
		return keep_text(object, "perfdata", arena);
	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);
		grow_str(&text, i > 0 ? " " : "");
		grow_put(&text, (struct view){ json_string_value(item), json_string_length(item) });
	}
	return keep(arena, &text);
}

/* A result from a clock that is ahead would lose against an older one once that one's time has come. */
static int64_t not_from_the_future(int64_t us, int64_t now_us)
{
	return us > now_us + CLOCK_SLACK_US ? now_us : us;
}

/* Seconds since 1970; `fallback` for what is no such number. */
static int64_t take_time(const json_t *object, const char *key, int64_t fallback)
{
	const json_t *value = json_object_get(object, key);
	double seconds = json_is_number(value) ? json_number_value(value) : -1;

	return seconds >= 0 && seconds < 4e9 ? (int64_t)(seconds * 1e6 + 0.5) : fallback;
}

/* Any other object names its host and service itself, or leaves them to the rule. */
static bool read_general(const json_t *object, const struct input_rule *rule,
			 struct check_result *result, struct arena *arena, struct opt_error *error)
{
	const struct places none = { .value = { { NULL, 0 } } };
	const json_t *ttl = json_object_get(object, "ttl");
	bool named = json_is_string(json_object_get(object, "host"));

	if (!take_state(object, &result->state, error))
		return false;
	if (!json_is_string(json_object_get(object, "output")))
		return opt_error_set(error, "has no output");
	result->host = keep_text(object, "host", arena);
	result->service = keep_text(object, "service", arena);
	check_result_split(result, text_of(object, "output"), arena);
	if (json_object_get(object, "perfdata") != NULL)
		result->perfdata = keep_perfdata(object, arena);
	result->command = keep_text(object, "command", arena);
	if (json_is_string(json_object_get(object, "source")))
		result->source = keep_text(object, "source", arena);
	result->end_us = not_from_the_future(take_time(object, "end", rule->now_us), rule->now_us);
	result->start_us = take_time(object, "start", result->end_us);
	if (json_is_integer(ttl) && json_integer_value(ttl) > 0)
		result->ttl_s = (uint64_t)json_integer_value(ttl);
	if (named && result->service.n == 0 && view_find(rule->service, '{') == rule->service.n)
		result->service = rule->service;
	return named || name_object(result, rule, &none, arena, error);
}

static bool read_object(struct view line, const struct input_rule *rule,
			struct check_result *result, struct arena *arena, struct opt_error *error)
{
	json_error_t where;
	json_t *object = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, &where);
	bool ours = json_is_string(json_object_get(object, "program"));
	bool good =
		ours ? read_ours(object, rule, result, arena, error)
		     : json_is_object(object) && read_general(object, rule, result, arena, error);

	if (object == NULL)
		opt_error_set(error, "is no JSON: column %d", where.column);
	json_decref(object);
	return good;
}

/* \n is a line end, \t a tab, \\ a backslash. */
static struct view unescape(struct view text, struct arena *arena)
{
	struct grow out = { .p = NULL };

	while (text.n > 0) {
		grow_put(&out, view_take_until(&text, '\\'));
		if (text.n == 0)
			break;
		char c = text.p[0];
		text = view_skip(text, 1);
		grow_str(&out, c == 'n' || c == 't' || c == '\\' ? "" : "\\");
		grow_byte(&out, (char)(c == 'n' ? '\n' : c == 't' ? '\t' : c));
	}
	return keep(arena, &out);
}

/* Of a line with three fields the second one is the code: a result of the host. */
static bool read_fields(struct view line, struct check_result *result, struct arena *arena,
			struct opt_error *error)
{
	struct view field[4] = { { NULL, 0 } };
	uint64_t code;
	size_t n = 0;

	while (n < 3 && line.n > 0)
		field[n++] = view_take_until(&line, '\t');
	bool of_host = n == 3 && !text_u64(field[2], 255, &code) && text_u64(field[1], 255, &code);
	if (of_host) {
		struct view output = { field[2].p, (size_t)(line.p + line.n - field[2].p) };
		line = output;
	} else if (n < 3 || !text_u64(field[2], 255, &code)) {
		return opt_error_set(error,
				     "is neither JSON nor HOST TAB SERVICE TAB CODE TAB OUTPUT");
	}
	result->host = (struct view){ arena_text(arena, field[0]), field[0].n };
	if (!of_host)
		result->service = (struct view){ arena_text(arena, field[1]), field[1].n };
	result->state = state_of_code(code);
	check_result_split(result, unescape(line, arena), arena);
	return true;
}

bool input_read(struct view line, const struct input_rule *rule, struct check_result *out,
		struct arena *arena, struct opt_error *error)
{
	bool object = view_starts(view_trim(line), VIEW("{"));

	*out = (struct check_result){ .source = rule->source,
				      .ttl_s = rule->ttl_s,
				      .start_us = rule->now_us,
				      .end_us = rule->now_us };
	if (!(object ? read_object(line, rule, out, arena, error)
		     : read_fields(line, out, arena, error)))
		return false;
	if (rule->of_host)
		out->service = VIEW("");
	return check_result_clean(out, arena, error);
}
