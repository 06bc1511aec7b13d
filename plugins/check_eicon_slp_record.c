/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --dump-hex: what was sent to one device and what came of it, as a file that becomes a profile by
 * editing (see cli/profile_file.h).  A reply is written under the request with its XID, or under the one
 * that was sent last before it; what others sent is only told.
 */
#define _GNU_SOURCE
#include "check_eicon_slp.h"

#include "base/hex.h"
#include "base/text.h"
#include "cli/file.h"
#include "report/out.h"

#include <errno.h>
#include <string.h>

#include <fcntl.h>
#include <unistd.h>

enum { RECORDED_MAX = 8 << 20, COMMENT_BYTES = 32 };

/* One packet, how often it was sent, and what came behind it; of a stream all pieces as one. */
struct recorded {
	struct recorded *next;
	enum transport transport;
	struct addr peer;
	const void *arg; /* of the probe */
	struct view sent;
	unsigned sends, replies;
	struct recorded_reply *first, **last;
};

struct recorded_reply {
	struct recorded_reply *next;
	struct addr from;
	struct view bytes;
};

struct recording {
	struct arena *arena;
	const char *path;
	int fd;
	struct recorded *first, **last, *now;
	size_t bytes, lost;
};

static bool fail(const struct recording *recording, int error, struct opt_error *out)
{
	return file_error(out, recording->path, 0,
			  error == EEXIST ? "is there already, and is not written over"
					  : strerror(error));
}

bool recording_open(struct check *check, struct opt_error *error)
{
	struct recording *recording = arena_new(&check->arena, 1, sizeof(*recording));

	recording->arena = &check->arena;
	recording->last = &recording->first;
	recording->path = arena_text(&check->arena, check->conf.dump_path);
	recording->fd =
		open(recording->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (recording->fd < 0)
		return fail(recording, errno, error);
	check->recording = recording;
	return true;
}

static struct recorded *begin(struct recording *recording, const struct probe_spec *spec,
			      struct view sent)
{
	struct recorded *now = arena_new(recording->arena, 1, sizeof(*now));

	now->transport = spec->transport;
	now->peer = spec->peer;
	now->arg = spec->arg;
	now->sent = sent;
	now->last = &now->first;
	*recording->last = now;
	recording->last = &now->next;
	return now;
}

static void add_reply(struct recording *recording, struct recorded *row, const struct addr *from,
		      struct view bytes)
{
	struct recorded_reply *reply = arena_new(recording->arena, 1, sizeof(*reply));

	reply->from = *from;
	reply->bytes = bytes;
	*row->last = reply;
	row->last = &reply->next;
	row->replies++;
}

static bool is_same(const struct recorded *row, const struct probe_spec *spec, struct view sent)
{
	return row->arg == spec->arg && row->transport == spec->transport &&
	       view_eq(row->sent, sent);
}

static struct recorded *find_sent(const struct recording *recording, const struct probe_spec *spec,
				  struct view sent)
{
	struct recorded *row = recording->first;

	while (row != NULL && !is_same(row, spec, sent))
		row = row->next;
	return row;
}

static bool has_room(struct recording *recording, struct view bytes)
{
	bool room = recording->bytes + bytes.n <= RECORDED_MAX;

	*(room ? &recording->bytes : &recording->lost) += bytes.n;
	return room;
}

static struct view keep(const struct recording *recording, struct view bytes)
{
	return (struct view){ arena_text(recording->arena, bytes), bytes.n };
}

static void add_sent(struct recording *recording, const struct probe_spec *spec, struct view bytes)
{
	struct recorded *row = find_sent(recording, spec, bytes);

	if (row == NULL && !has_room(recording, bytes))
		return;
	recording->now = row != NULL ? row : begin(recording, spec, keep(recording, bytes));
	recording->now->sends++;
}

/* The request whose XID a message has; NULL = none, or no SLP. */
static struct recorded *find_asked(const struct recording *recording, const struct probe_spec *spec,
				   struct view bytes)
{
	struct slp_msg reply, request;

	if (slp_decode(bytes, &reply) == SLP_FOREIGN)
		return NULL;
	for (struct recorded *row = recording->first; row != NULL; row = row->next)
		if (row->arg == spec->arg && slp_decode(row->sent, &request) == SLP_WHOLE &&
		    request.xid == reply.xid)
			return row;
	return NULL;
}

static void add_received(struct recording *recording, const struct probe_spec *spec,
			 const struct addr *from, struct view bytes)
{
	struct recorded *row = find_asked(recording, spec, bytes);

	if (!has_room(recording, bytes))
		return;
	if (row == NULL && recording->now != NULL && recording->now->arg == spec->arg)
		row = recording->now;
	if (row == NULL || (spec->group == NULL && !addr_eq(from, &spec->peer)))
		row = begin(recording, spec, VIEW(""));
	add_reply(recording, row, from, keep(recording, bytes));
}

void recording_add(struct recording *recording, const struct probe_spec *spec, enum tap_event event,
		   const struct addr *other, struct view bytes)
{
	if (event == TAP_SENT)
		add_sent(recording, spec, bytes);
	else
		add_received(recording, spec, other, bytes);
}

/* As comment lines. */
static void put_comment(struct out *out, const char *what, const struct addr *other,
			struct view bytes)
{
	char buffer[COMMENT_BYTES * 3 + ADDR_TEXT_MAX + 80];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_fmt(&w, "# %s ", what);
	wr_addr(&w, other);
	wr_str(&w, ", ");
	wr_count(&w, (unsigned)bytes.n, "byte", "bytes");
	wr_str(&w, ":\n");
	out_put(out, wr_view(&w));
	for (; bytes.n > 0; bytes = view_skip(bytes, COMMENT_BYTES)) {
		wr_reset(&w);
		wr_str(&w, "#  ");
		wr_hex(&w, view_first(bytes, COMMENT_BYTES));
		wr_byte(&w, '\n');
		out_put(out, wr_view(&w));
	}
}

static void put_value(struct out *out, const char *key, struct view bytes)
{
	size_t cap = 4 * bytes.n + 64;
	char *room = mem_new(cap, 1);
	struct wr w = wr_over(room, cap);

	wr_profile_bytes(&w, key, bytes);
	out_put(out, wr_view(&w));
	mem_free(room);
}

/* What was sent and answered can be asked again. */
static bool is_probe(const struct recorded *row)
{
	return row->sent.n > 0 && row->first != NULL;
}

static struct view joined(struct arena *arena, const struct recorded *row)
{
	size_t n = 0;

	for (const struct recorded_reply *r = row->first; r != NULL; r = r->next)
		n += r->bytes.n;
	struct wr w = wr_over(arena_new(arena, n + 1, 1), n);
	for (const struct recorded_reply *r = row->first; r != NULL; r = r->next)
		wr_put(&w, r->bytes);
	return wr_view(&w);
}

static void put_heading(struct out *out, const struct recorded *row, unsigned number)
{
	char buffer[ADDR_TEXT_MAX + 120];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_str(&w, "\n");
	if (is_probe(row))
		wr_fmt(&w, "[probe %u]\n", number);
	wr_str(&w, "# to ");
	wr_addr(&w, &row->peer);
	wr_fmt(&w, "/%s, sent ", transport_name(row->transport));
	wr_count(&w, row->sends, "time", "times");
	wr_str(&w, ", ");
	wr_count(&w, row->replies, "reply", "replies");
	wr_byte(&w, '\n');
	out_put(out, wr_view(&w));
}

static void put_replies(struct out *out, const struct recorded_reply *reply, const char *what)
{
	for (; reply != NULL; reply = reply->next)
		put_comment(out, what, &reply->from, reply->bytes);
}

static void put_row(const struct recording *recording, struct out *out, const struct recorded *row,
		    unsigned number)
{
	bool stream = row->transport != TRANSPORT_UDP;

	if (row->sent.n == 0) {
		out_str(out, "\n");
		put_replies(out, row->first, "heard from");
		return;
	}
	put_heading(out, row, number);
	if (!is_probe(row)) {
		put_comment(out, "sent, and not answered, to", &row->peer, row->sent);
		return;
	}
	out_str(out, stream ? "transport = tcp\n" : "transport = udp\n");
	put_value(out, "send", row->sent);
	put_value(out, "expect", stream ? joined(recording->arena, row) : row->first->bytes);
	if (!stream)
		put_replies(out, row->first->next, "one reply more from");
}

static void put_all(const struct recording *recording, struct out *out)
{
	char buffer[120];
	struct wr w = wr_over(buffer, sizeof(buffer));
	unsigned number = 0;

	out_str(out,
		"# Recorded by check_eicon_slp " PACKAGE_VERSION ".  To make a profile of it, put "
		"\"..\" for bytes that\n# change and {name:kind} for those worth watching.\n");
	for (const struct recorded *row = recording->first; row != NULL; row = row->next) {
		number += is_probe(row);
		put_row(recording, out, row, number);
	}
	if (recording->lost == 0)
		return;
	wr_fmt(&w, "\n# %zu bytes more are not recorded\n", recording->lost);
	out_put(out, wr_view(&w));
}

bool recording_close(struct recording *recording, struct opt_error *error)
{
	struct out out;

	out_init(&out, recording->fd);
	put_all(recording, &out);
	bool written = out_flush(&out) && fsync(recording->fd) == 0;
	int why = out.error != 0 ? out.error : errno;
	bool closed = close(recording->fd) == 0;
	if (written && closed)
		return true;
	return fail(recording, written ? errno : why, error);
}
