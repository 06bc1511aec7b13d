/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ladder of messages; see sip_trace.h. */
#include "proto/sip_trace.h"

#include "base/escape.h"
#include "proto/sip_msg.h"

#define MARGIN "              "

enum { DIGEST_DIGITS_MIN = 32, PIECE_BYTES = 64 };

static bool is_auth_header(struct view name)
{
	return view_ieq(name, VIEW("Authorization")) ||
	       view_ieq(name, VIEW("Proxy-Authorization")) ||
	       view_ieq(name, VIEW("WWW-Authenticate")) ||
	       view_ieq(name, VIEW("Proxy-Authenticate"));
}

static bool is_secret(struct view key)
{
	return view_ieq(key, VIEW("response")) || view_ieq(key, VIEW("nonce")) ||
	       view_ieq(key, VIEW("cnonce")) || view_ieq(key, VIEW("opaque"));
}

/* Up to the next comma outside quotes. */
static struct view take_pair(struct view *rest)
{
	bool quoted = false;
	size_t n = 0;

	for (; n < rest->n && (quoted || rest->p[n] != ','); n++) {
		if (quoted && rest->p[n] == '\\' && n + 1 < rest->n)
			n++;
		else if (rest->p[n] == '"')
			quoted = !quoted;
	}
	struct view pair = view_first(*rest, n);
	*rest = view_skip(*rest, n + 1);
	return pair;
}

static struct view key_of(struct view pair)
{
	struct view key = view_trim(view_take_until(&pair, '='));

	if (view_istarts(key, VIEW("Digest ")))
		key = view_trim(view_skip(key, 7));
	return key;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static size_t hex_run(struct view v)
{
	size_t n = 0;

	while (n < v.n && is_hex(v.p[n]))
		n++;
	return n;
}

/* At most `n` bytes and what is left of a run of digits: a part of a digest would not be seen as one. */
static struct view first_bytes(struct view v, size_t n)
{
	if (n < v.n && is_hex(v.p[n - 1]))
		n += hex_run(view_skip(v, n));
	return view_first(v, n);
}

/* Escaped, without anything that may be a digest. */
static void write_text(struct wr *w, struct view text)
{
	while (text.n > 0) {
		size_t run = hex_run(text);
		size_t n = run > 0 ? run : 1;
		if (run >= DIGEST_DIGITS_MIN)
			wr_str(w, "***");
		else
			wr_escaped(w, view_first(text, n));
		text = view_skip(text, n);
	}
}

static void write_credentials(struct wr *w, struct view value)
{
	if (!view_istarts(value, VIEW("Digest "))) {
		write_text(w, view_take_until(&value, ' '));
		wr_str(w, " ***");
		return;
	}
	while (value.n > 0) {
		struct view pair = take_pair(&value);
		if (is_secret(key_of(pair))) {
			write_text(w, view_take_until(&pair, '='));
			wr_str(w, "=***");
		} else {
			write_text(w, pair);
		}
		if (value.n > 0)
			wr_byte(w, ',');
	}
}

struct pen {
	sip_trace_line_fn *line;
	void *arg;
	unsigned verbosity;
};

/* A line that does not fit is cut, and says so. */
static void put_line(const struct pen *pen, struct wr *w)
{
	if (w->full) {
		w->full = false;
		w->n = w->n < w->cap - 4 ? w->n : w->cap - 4;
		wr_str(w, "...");
	}
	pen->line(pen->arg, wr_view(w));
}

static void draw_header(const struct pen *pen, struct view name, struct view value)
{
	char buffer[SIP_TRACE_LINE_MAX], unfolded[SIP_TRACE_LINE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));
	struct wr u = wr_over(unfolded, sizeof(unfolded));

	wr_str(&w, MARGIN);
	write_text(&w, name);
	wr_str(&w, ": ");
	if (pen->verbosity < 3) {
		sip_wr_unfolded(&u, view_first(value, sizeof(unfolded)));
		value = wr_view(&u);
	}
	value = first_bytes(value, SIP_TRACE_LINE_MAX / 2);
	if (is_auth_header(name))
		write_credentials(&w, value);
	else
		write_text(&w, value);
	if (pen->verbosity >= 3)
		wr_str(&w, "\\r\\n");
	put_line(pen, &w);
}

/* Up to a line end, or some bytes. */
static struct view take_piece(struct view *bytes)
{
	size_t end = view_find(view_first(*bytes, PIECE_BYTES), '\n');
	struct view piece = first_bytes(*bytes, end < PIECE_BYTES ? end + 1 : PIECE_BYTES);

	*bytes = view_skip(*bytes, piece.n);
	return piece;
}

static void draw_bytes(const struct pen *pen, struct view bytes)
{
	while (bytes.n > 0) {
		char buffer[SIP_TRACE_LINE_MAX];
		struct wr w = wr_over(buffer, sizeof(buffer));

		wr_str(&w, MARGIN);
		write_text(&w, take_piece(&bytes));
		put_line(pen, &w);
	}
}

/* Milliseconds with one decimal, right-aligned. */
static void write_time(struct wr *w, int64_t at_us)
{
	wr_fmt(w, "%7lld.%lld ms  ", (long long)(at_us / 1000), (long long)(at_us / 100 % 10));
}

static void draw_rung(const struct pen *pen, bool sent, int64_t at_us, struct view bytes,
		      struct view cseq)
{
	char buffer[SIP_TRACE_LINE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));
	struct view first = view_trim(view_take_until(&bytes, '\n'));

	write_time(&w, at_us);
	wr_str(&w, sent ? "--> " : "<-- ");
	write_text(&w, first_bytes(first, 160));
	wr_str(&w, cseq.n > 0 ? "  (CSeq " : "");
	write_text(&w, first_bytes(cseq, 40));
	wr_str(&w, cseq.n > 0 ? ")" : "");
	put_line(pen, &w);
}

void sip_trace_draw(unsigned verbosity, bool sent, int64_t at_us, struct view bytes,
		    sip_trace_line_fn *line, void *arg)
{
	struct pen pen = { .line = line, .arg = arg, .verbosity = verbosity };
	struct view name, value, cseq = { "", 0 };
	struct view head = bytes;

	view_take_until(&head, '\n');
	for (struct view h = head; sip_msg_next_header(&h, &name, &value);)
		if (view_ieq(name, VIEW("CSeq")))
			cseq = value;
	draw_rung(&pen, sent, at_us, bytes, cseq);
	if (verbosity < 2 || sip_msg_look(bytes) != SIP_LOOK_SIP) {
		if (verbosity >= 3)
			draw_bytes(&pen, bytes);
		return;
	}
	while (sip_msg_next_header(&head, &name, &value))
		draw_header(&pen, name, value);
	if (verbosity >= 3)
		draw_bytes(&pen, head);
}
