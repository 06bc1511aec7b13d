/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Profiles and recordings; see profile_file.h.
 *
 * The lines are not read by the inih library: it cuts them at 200 bytes, which is a request of 64, and
 * tells no column.
 */
#include "cli/profile_file.h"

#include "base/escape.h"
#include "base/hex.h"
#include "cli/file.h"

enum { RECORD_ROW = 32 };

/* The keys of a section; rows of `keys`. */
enum { KEY_SEND, KEY_EXPECT, KEY_TRANSPORT, KEYS };

struct reader {
	struct arena *arena;
	struct profile *out;
	struct opt_error *error;
	struct view line, heading; /* heading: the line that began the section */
	unsigned number, heading_number;
	struct profile_probe *probe; /* of the section; NULL before the first one */
	bool given[KEYS];	     /* in this section */
};

/* `at` is the place in the line that the clause is about. */
static bool refuse(const struct reader *r, const char *at, const char *why)
{
	return opt_error_set(r->error, "column %zu: %s", (size_t)(at - r->line.p) + 1, why);
}

static bool refuse_word(const struct reader *r, struct view word, const char *why)
{
	struct opt_error clause;

	opt_error_value(&clause, word, "%s", why);
	return refuse(r, word.p, clause.text);
}

static bool read_send(struct reader *r, struct view value)
{
	struct wr w = wr_over(arena_new(r->arena, PROFILE_SEND_MAX, 1), PROFILE_SEND_MAX);
	const char *why;
	size_t column;

	if (!hex_parse(value, &w, &column, &why))
		return w.full ? refuse(r, value.p + column - 3, "there are more than 1400 bytes")
			      : refuse(r, value.p + column - 1, why);
	if (w.n == 0)
		return refuse(r, value.p, "there are no bytes to send");
	r->probe->send = wr_view(&w);
	return true;
}

/* A capture's place: no other text within a mask looks like its beginning. */
static const char *capture_place(struct view mask, const struct mask_capture *capture)
{
	char start[MASK_NAME_MAX + 2];
	struct wr w = wr_over(start, sizeof(start));

	wr_byte(&w, '{');
	wr_str(&w, capture->name);
	wr_byte(&w, ':');
	return mask.p + view_search(mask, wr_view(&w)) + 1;
}

static bool has_capture(const struct mask *mask, const char *name)
{
	for (unsigned i = 0; i < mask->captures; i++)
		if (view_eq(view_of(mask->capture[i].name), view_of(name)))
			return true;
	return false;
}

static bool read_expect(struct reader *r, struct view value)
{
	struct mask *mask = &r->probe->expect;
	const char *why;
	size_t column;

	if (!mask_parse(value, mask, &column, &why))
		return refuse(r, value.p + column - 1, why);
	for (unsigned i = 0; i < mask->captures; i++) {
		const struct mask_capture *capture = &mask->capture[i];
		for (size_t k = 0; k + 1 < r->out->count; k++)
			if (has_capture(&r->out->probe[k].expect, capture->name))
				return refuse(r, capture_place(value, capture),
					      "a capture of another section has this name");
		if (++r->out->captures > MASK_CAPTURES_MAX)
			return refuse(r, capture_place(value, capture),
				      "there are more than 8 captures in all sections");
	}
	return true;
}

static bool read_transport(struct reader *r, struct view value)
{
	r->probe->tcp = view_ieq(value, VIEW("tcp"));
	return r->probe->tcp || view_ieq(value, VIEW("udp")) ||
	       refuse_word(r, value, "is none of udp, tcp");
}

static const struct key {
	const char *name;
	bool needed;
	bool (*read)(struct reader *r, struct view value);
} keys[KEYS] = {
	[KEY_SEND] = { "send", true, read_send },
	[KEY_EXPECT] = { "expect", true, read_expect },
	[KEY_TRANSPORT] = { "transport", false, read_transport },
};

static bool read_key(struct reader *r, struct view line)
{
	struct view value = line, key = view_trim(view_take_until(&value, '='));

	if (r->probe == NULL)
		return refuse(r, line.p, "a [section] is expected before all else");
	if (view_find(line, '=') == line.n)
		return refuse(r, line.p, "this is no comment, no [section] and no KEY = VALUE");
	for (size_t i = 0; i < KEYS; i++) {
		if (!view_eq(key, view_of(keys[i].name)))
			continue;
		if (r->given[i])
			return refuse_word(r, key, "is given twice in this section");
		r->given[i] = true;
		return keys[i].read(r, view_trim(value));
	}
	return refuse_word(r, key, "is none of send, expect, transport");
}

static bool is_comment(struct view line)
{
	return line.n > 0 && (line.p[0] == '#' || line.p[0] == ';');
}

static bool end_section(struct reader *r)
{
	struct opt_error clause;

	for (size_t i = 0; r->probe != NULL && i < KEYS; i++) {
		if (r->given[i] || !keys[i].needed)
			continue;
		r->line = r->heading;
		r->number = r->heading_number;
		opt_error_value(&clause, view_of(keys[i].name), "is missing in this section");
		return refuse(r, r->line.p + view_find(r->line, '['), clause.text);
	}
	return true;
}

/* Names are compared as they will be printed. */
static bool begin_section(struct reader *r, struct view name)
{
	struct profile *out = r->out;
	char buffer[ESCAPE_FIELD_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (name.n == 0 || name.n > ESCAPE_FIELD_MAX)
		return refuse(r, name.p, "the name of a section has 1 to 64 bytes");
	wr_field(&w, name);
	for (size_t i = 0; i < out->count; i++)
		if (view_eq(view_of(out->probe[i].name), wr_view(&w)))
			return refuse_word(r, name, "is the name of a section before");
	if (out->count == PROFILE_PROBES_MAX)
		return refuse(r, name.p, "there are more than 32 sections");
	r->probe = &out->probe[out->count++];
	r->probe->name = arena_text(r->arena, wr_view(&w));
	r->heading = r->line;
	r->heading_number = r->number;
	for (size_t i = 0; i < KEYS; i++)
		r->given[i] = false;
	return true;
}

static bool read_heading(struct reader *r, struct view line)
{
	struct view rest = view_skip(line, 1), name = view_take_until(&rest, ']');

	rest = view_trim(rest);
	if (name.n + 1 == line.n || (rest.n > 0 && !is_comment(rest)))
		return refuse(r, line.p, "this is not a [section]");
	return end_section(r) && begin_section(r, view_trim(name));
}

static bool read_line(struct reader *r)
{
	struct view plain = r->line;

	if (plain.n > 0 && plain.p[plain.n - 1] == '\r')
		plain.n--;
	for (size_t i = 0; i < plain.n; i++) {
		unsigned char c = (unsigned char)plain.p[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return refuse(r, plain.p + i, "there is a control character here");
	}
	plain = view_trim(plain);
	if (plain.n == 0 || is_comment(plain))
		return true;
	return plain.p[0] == '[' ? read_heading(r, plain) : read_key(r, plain);
}

bool profile_parse(struct view text, struct arena *arena, struct profile *out, unsigned *line,
		   struct opt_error *error)
{
	struct reader r = { .arena = arena, .out = out, .error = error };
	bool ok = true;

	*out = (struct profile){ .probe = arena_new(arena, PROFILE_PROBES_MAX,
						    sizeof(*out->probe)) };
	if (view_starts(text, VIEW("\xEF\xBB\xBF")))
		text = view_skip(text, 3);
	while (ok && text.n > 0) {
		r.line = view_take_until(&text, '\n');
		r.number++;
		ok = read_line(&r);
	}
	ok = ok && end_section(&r);
	if (ok && out->count == 0) {
		r.number = 0;
		ok = opt_error_set(error, "there is no [section]");
	}
	*line = r.number;
	return ok;
}

bool profile_read(const char *path, int64_t timeout_us, struct arena *arena, struct profile *out,
		  struct opt_error *error)
{
	struct file_source source = { .path = path,
				      .max_bytes = PROFILE_FILE_MAX,
				      .timeout_us = timeout_us };
	struct file_text file;
	struct opt_error why;
	unsigned line;

	if (!file_read(arena, &source, &file, error))
		return false;
	if (profile_parse((struct view){ file.text, file.n }, arena, out, &line, &why))
		return true;
	return file_error(error, path, line, why.text);
}

static void wr_digits(struct wr *w, size_t value, unsigned digits)
{
	while (digits-- > 0)
		wr_byte(w, "0123456789abcdef"[(value >> (4 * digits)) & 15]);
}

static void wr_bytes(struct wr *w, struct view bytes)
{
	for (size_t i = 0; i < bytes.n; i++) {
		wr_byte(w, ' ');
		wr_digits(w, (unsigned char)bytes.p[i], 2);
	}
}

/* How many of the bytes the value of the key can hold; 0 = none, it cannot be written. */
static size_t fitting(const char *key, size_t n)
{
	if (view_eq(view_of(key), VIEW("send")))
		return n <= PROFILE_SEND_MAX ? n : 0;
	return n <= MASK_STEPS_MAX ? n : MASK_STEPS_MAX;
}

void wr_profile_bytes(struct wr *w, const char *key, struct view bytes)
{
	size_t kept = fitting(key, bytes.n);

	wr_str(w, kept > 0 ? "" : "# ");
	wr_str(w, key);
	if (kept > 0) {
		wr_str(w, " =");
		wr_bytes(w, view_first(bytes, kept));
		wr_str(w, kept < bytes.n ? " *" : "");
	} else {
		wr_str(w, bytes.n > 0 ? ": too long for a profile, " : ": an empty datagram, ");
		wr_u64(w, bytes.n);
		wr_str(w, " bytes");
	}
	wr_byte(w, '\n');
	for (size_t at = kept; at < bytes.n; at += RECORD_ROW) {
		wr_str(w, "# ");
		wr_digits(w, at, at < 0x10000 ? 4 : 8);
		wr_byte(w, ' ');
		wr_bytes(w, view_first(view_skip(bytes, at), RECORD_ROW));
		wr_byte(w, '\n');
	}
}
