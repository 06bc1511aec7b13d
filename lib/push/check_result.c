/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A check result made harmless, split, written and read; see check_result.h. */
#include "push/check_result.h"

#include "push/json_text.h"

#include <jansson.h>
#include <string.h>

/* The last time of which the nanoseconds still fit into 63 bits: in the year 2262. */
#define TIME_MAX_US (INT64_MAX / 1000)

enum { TTL_MAX_S = 1000000000 };

/* C0, DEL, C1, and the two separators of Unicode. */
static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x2028 || code == 0x2029;
}

static bool clean_name(const char *what, struct view name, struct opt_error *error)
{
	uint32_t code;

	if (name.n > CHECK_RESULT_NAME_MAX)
		return opt_error_set(error, "the name of the %s is longer than %d bytes", what,
				     CHECK_RESULT_NAME_MAX);
	while (name.n > 0) {
		size_t n = utf8_first(name, &code);
		if (n == 0)
			return opt_error_set(error, "the name of the %s is not UTF-8", what);
		if (is_control(code))
			return opt_error_set(error, "the name of the %s has a control character",
					     what);
		name = view_skip(name, n);
	}
	return true;
}

/* Takes a character, or a byte that is of none: itself when it is harmless, else what stands for it,
 * which is never longer. */
static struct view take_harmless(struct view *rest)
{
	uint32_t code = 0;
	size_t n = utf8_first(*rest, &code);
	struct view character = view_first(*rest, n);

	*rest = view_skip(*rest, n > 0 ? n : 1);
	if (n == 0)
		return VIEW("?");
	if (code == '\t')
		return VIEW(" ");
	if (code == '\r')
		return view_starts(*rest, VIEW("\n")) ? VIEW("") : VIEW("\n");
	return code == '\n' || !is_control(code) ? character : VIEW("?");
}

static struct wr copy_of(struct view raw, struct arena *arena)
{
	size_t cap = raw.n < CHECK_RESULT_OUTPUT_MAX ? raw.n : CHECK_RESULT_OUTPUT_MAX;

	return wr_over(arena_new(arena, cap, 1), cap);
}

/* What most plugins print needs no second look. Perfdata has no lines and single blanks. */
static bool is_plain(struct view v, bool is_perfdata)
{
	char before = '\0';

	if (v.n > CHECK_RESULT_OUTPUT_MAX)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];
		if ((c < ' ' && (c != '\n' || is_perfdata)) || c > '~' || c == '|' ||
		    (c == ' ' && before == ' ' && is_perfdata))
			return false;
		before = c;
	}
	return true;
}

static struct view clean_output(struct view raw, struct arena *arena)
{
	raw = view_trim(raw);
	if (is_plain(raw, false))
		return raw;
	struct wr w = copy_of(raw, arena);
	while (raw.n > 0 && !w.full) {
		struct view c = take_harmless(&raw);
		wr_put(&w, view_eq(c, VIEW("|")) ? VIEW("/") : c);
	}
	return view_trim(wr_view(&w));
}

/* Blanks inside of quotes belong to a label. What does not fit is cut between two items, because half
 * a number is another number. */
static struct view clean_perfdata(struct view raw, struct arena *arena)
{
	raw = view_trim(raw);
	if (is_plain(raw, true))
		return raw;
	struct wr w = copy_of(raw, arena);
	size_t items_end = 0;
	bool quoted = false;

	while (raw.n > 0 && !w.full) {
		struct view c = take_harmless(&raw);
		if (view_eq(c, VIEW("\n")))
			c = VIEW(" ");
		bool between = view_eq(c, VIEW(" ")) && !quoted;
		if (between && w.n > 0 && w.p[w.n - 1] == ' ')
			continue;
		if (between)
			items_end = w.n;
		quoted ^= view_eq(c, VIEW("'"));
		wr_put(&w, c);
	}
	return view_first(wr_view(&w), w.full ? items_end : w.n);
}

static int64_t clean_time(int64_t us)
{
	return us < 0 ? 0 : us > TIME_MAX_US ? TIME_MAX_US : us;
}

static uint64_t clean_ttl(uint64_t s)
{
	return s < TTL_MAX_S ? s : TTL_MAX_S;
}

bool check_result_clean(struct check_result *result, struct arena *arena, struct opt_error *error)
{
	if (result->host.n == 0)
		return opt_error_set(error, "the name of the host is empty");
	if (!clean_name("host", result->host, error) ||
	    !clean_name("service", result->service, error) ||
	    !clean_name("command", result->command, error) ||
	    !clean_name("source", result->source, error))
		return false;
	result->output = clean_output(result->output, arena);
	result->perfdata = clean_perfdata(result->perfdata, arena);
	result->end_us = clean_time(result->end_us);
	result->start_us = clean_time(result->start_us);
	if (result->start_us > result->end_us)
		result->start_us = result->end_us;
	result->ttl_s = clean_ttl(result->ttl_s);
	return true;
}

static void put_line(struct wr *out, char between, struct view line)
{
	if (out->n > 0)
		wr_byte(out, between);
	wr_put(out, line);
}

/* Neither part can become longer than what was printed: each blank or line end that joins two pieces
 * stands where a "|" or a line end was. */
void check_result_split(struct check_result *result, struct view printed, struct arena *arena)
{
	struct wr text = wr_over(arena_new(arena, printed.n, 1), printed.n);
	struct wr perfdata = wr_over(arena_new(arena, printed.n, 1), printed.n);
	bool first = true, only_perfdata = false;

	while (printed.n > 0) {
		struct view line = view_take_until(&printed, '\n');
		size_t bar = only_perfdata ? 0 : view_find(line, '|');
		bool has_bar = !only_perfdata && bar < line.n;
		struct view said = view_first(line, bar);
		struct view items = view_trim(view_skip(line, bar + has_bar));
		if (!only_perfdata)
			put_line(&text, '\n', has_bar ? view_trim(said) : said);
		if (items.n > 0)
			put_line(&perfdata, ' ', items);
		only_perfdata |= has_bar && !first;
		first = false;
	}
	result->output = view_trim(wr_view(&text));
	result->perfdata = wr_view(&perfdata);
}

static void put_text(struct grow *out, const char *key, struct view text)
{
	if (text.n == 0)
		return;
	grow_str(out, key);
	grow_json(out, text);
}

static void put_number(struct grow *out, const char *key, uint64_t value)
{
	if (value == 0)
		return;
	grow_str(out, key);
	grow_u64(out, value);
}

void check_result_write(const struct check_result *result, struct grow *out)
{
	grow_str(out, "{\"host\":");
	grow_json(out, result->host);
	put_text(out, ",\"service\":", result->service);
	grow_str(out, ",\"state\":");
	grow_u64(out, result->state);
	put_text(out, ",\"output\":", result->output);
	put_text(out, ",\"perfdata\":", result->perfdata);
	put_text(out, ",\"command\":", result->command);
	put_text(out, ",\"source\":", result->source);
	put_number(out, ",\"start_us\":", (uint64_t)clean_time(result->start_us));
	put_number(out, ",\"end_us\":", (uint64_t)clean_time(result->end_us));
	put_number(out, ",\"ttl_s\":", clean_ttl(result->ttl_s));
	grow_byte(out, '}');
}

/* What is left out, or null, is empty. */
static bool take_text(const json_t *object, const char *key, struct view *out, struct arena *arena,
		      struct opt_error *error)
{
	const json_t *value = json_object_get(object, key);

	*out = VIEW("");
	if (value == NULL || json_is_null(value))
		return true;
	if (!json_is_string(value))
		return opt_error_set(error, "\"%s\" is no text", key);
	struct view text = { json_string_value(value), json_string_length(value) };
	*out = (struct view){ arena_text(arena, text), text.n };
	return true;
}

static bool take_number(const json_t *object, const char *key, int64_t max, int64_t *out,
			struct opt_error *error)
{
	const json_t *value = json_object_get(object, key);

	*out = 0;
	if (value == NULL || json_is_null(value))
		return true;
	*out = json_integer_value(value);
	return (json_is_integer(value) && *out >= 0 && *out <= max) ||
	       opt_error_set(error, "\"%s\" is no whole number from 0 to %jd", key, (intmax_t)max);
}

static bool take_members(const json_t *object, struct check_result *out, struct arena *arena,
			 struct opt_error *error)
{
	int64_t state = 0, ttl_s = 0;

	if (!json_is_integer(json_object_get(object, "state")))
		return opt_error_set(error, "\"state\" is missing, or no whole number");
	if (!take_text(object, "host", &out->host, arena, error) ||
	    !take_text(object, "service", &out->service, arena, error) ||
	    !take_text(object, "output", &out->output, arena, error) ||
	    !take_text(object, "perfdata", &out->perfdata, arena, error) ||
	    !take_text(object, "command", &out->command, arena, error) ||
	    !take_text(object, "source", &out->source, arena, error) ||
	    !take_number(object, "state", STATE_UNKNOWN, &state, error) ||
	    !take_number(object, "start_us", TIME_MAX_US, &out->start_us, error) ||
	    !take_number(object, "end_us", TIME_MAX_US, &out->end_us, error) ||
	    !take_number(object, "ttl_s", INT64_MAX, &ttl_s, error))
		return false;
	out->state = (enum state)state;
	out->ttl_s = (uint64_t)ttl_s;
	return true;
}

bool check_result_read(struct view line, struct check_result *out, struct arena *arena,
		       struct opt_error *error)
{
	json_error_t where = { .position = 0 };
	json_t *object = json_loadb(line.p, line.n, 0, &where);

	*out = (struct check_result){ .state = STATE_OK };
	bool good = json_is_object(object)
			    ? take_members(object, out, arena, error)
			    : opt_error_set(error, "is no JSON object (byte %d)", where.position);
	json_decref(object);
	return good && check_result_clean(out, arena, error);
}

static int compare(struct view a, struct view b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

int check_result_compare_object(const struct check_result *a, const struct check_result *b)
{
	int order = compare(a->host, b->host);

	return order != 0 ? order : compare(a->service, b->service);
}
