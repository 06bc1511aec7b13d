/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What earlier sweeps proved, as text; see sweep_memory.h. */
#include "proto/sweep_memory.h"

#include "base/text.h"

#include <string.h>

#define MAGIC "monitoring-plugins-voip sweep "
#define VERSION "1"
#define TARGET "target "
#define END "end "

static const enum port_state KEPT[] = { PORT_ANSWERING, PORT_CLOSED, PORT_SILENT, PORT_REJECTED };
enum { KEPT_COUNT = sizeof(KEPT) / sizeof(KEPT[0]) };

static bool is_kept(const struct sweep_memory *memory, unsigned port)
{
	bool kept = false;

	for (size_t i = 0; i < KEPT_COUNT; i++)
		kept = kept || memory->state[port] == KEPT[i];
	return kept && memory->proven_at[port] > 0;
}

static unsigned run_end(const struct sweep_memory *memory, unsigned first)
{
	unsigned last = first;

	while (last < PORT_MAX && memory->state[last + 1] == memory->state[first] &&
	       memory->proven_at[last + 1] == memory->proven_at[first])
		last++;
	return last;
}

void sweep_memory_write(struct wr *w, const struct sweep_memory *memory)
{
	unsigned runs = 0;

	if (memory->peer.family == 0)
		return;
	wr_str(w, MAGIC VERSION "\n" TARGET);
	wr_ip(w, &memory->peer);
	wr_byte(w, '\n');
	for (unsigned first = 1; first <= PORT_MAX; first++) {
		if (!is_kept(memory, first))
			continue;
		unsigned last = run_end(memory, first);
		wr_u64(w, first);
		if (last > first) {
			wr_byte(w, '-');
			wr_u64(w, last);
		}
		wr_byte(w, ' ');
		wr_str(w, port_state_name((enum port_state)memory->state[first]));
		wr_byte(w, ' ');
		wr_i64(w, memory->proven_at[first]);
		wr_byte(w, '\n');
		runs++;
		first = last;
	}
	wr_str(w, END);
	wr_u64(w, runs);
	wr_byte(w, '\n');
}

struct reader {
	struct view rest, line;
	unsigned number; /* of the line, from 1 */
	int64_t now;
	unsigned runs, last_port;
	bool ended;
};

/* This and the functions below return NULL or what is wrong. */
static const char *take_line(struct reader *reader)
{
	size_t end = view_find(reader->rest, '\n');

	reader->number++;
	if (end == reader->rest.n)
		return end == 0 ? "the end line is missing" : "the line is cut";
	reader->line = view_take_until(&reader->rest, '\n');
	if (end > 0 && reader->line.p[end - 1] == '\r')
		return "the line ends in CR LF";
	return NULL;
}

static const char *read_magic(struct view line)
{
	if (!view_starts(line, VIEW(MAGIC)))
		return "is no state file of a sweep";
	if (!view_eq(line, VIEW(MAGIC VERSION)))
		return "is a state file of another version";
	return NULL;
}

/* Only as wr_ip writes it: without brackets, and a scope as number. */
static const char *read_target(struct view line, struct addr *peer)
{
	char canonical[ADDR_TEXT_MAX];
	struct wr w = wr_over(canonical, sizeof(canonical));

	if (!view_starts(line, VIEW(TARGET)))
		return "the target is expected here";
	line = view_skip(line, sizeof(TARGET) - 1);
	if (addr_parse(line, peer))
		wr_ip(&w, peer);
	return w.n > 0 && view_eq(line, wr_view(&w)) ? NULL : "the target is no numeric address";
}

static bool read_state(struct view word, enum port_state *state)
{
	for (size_t i = 0; i < KEPT_COUNT; i++) {
		if (view_eq(word, view_of(port_state_name(KEPT[i])))) {
			*state = KEPT[i];
			return true;
		}
	}
	return false;
}

static const char *read_run(struct reader *reader, struct sweep_memory *memory)
{
	struct view rest = reader->line;
	struct view ports = view_take_until(&rest, ' ');
	struct view word = view_take_until(&rest, ' ');
	struct port_range range;
	enum port_state state;
	uint64_t time;
	const char *why;

	if (!port_range_parse(ports, &range, &why))
		return why;
	if (range.first <= reader->last_port)
		return "the ports do not ascend";
	if (!read_state(word, &state))
		return "the state is unknown";
	if (!text_u64(rest, INT64_MAX, &time) || time == 0)
		return "the time is no positive number of seconds";
	if ((int64_t)time > reader->now)
		return "the time is in the future";
	for (unsigned port = range.first; port <= range.last; port++) {
		memory->state[port] = (uint8_t)state;
		memory->proven_at[port] = (int64_t)time;
	}
	reader->last_port = range.last;
	reader->runs++;
	return NULL;
}

static const char *read_end(struct reader *reader)
{
	uint64_t runs;

	if (!text_u64(view_skip(reader->line, sizeof(END) - 1), PORT_MAX, &runs) ||
	    runs != reader->runs)
		return "the end line does not count the lines before it";
	if (reader->rest.n > 0)
		return "there is more behind the end line";
	reader->ended = true;
	return NULL;
}

static const char *read_line(struct reader *reader, struct sweep_memory *memory)
{
	const char *why = take_line(reader);

	if (why != NULL)
		return why;
	if (reader->number == 1)
		return read_magic(reader->line);
	if (reader->number == 2)
		return read_target(reader->line, &memory->peer);
	if (view_starts(reader->line, VIEW(END)))
		return read_end(reader);
	return read_run(reader, memory);
}

bool sweep_memory_read(struct view text, int64_t now, struct sweep_memory *memory, unsigned *line,
		       const char **why)
{
	struct reader reader = { .rest = text, .now = now, .ended = text.n == 0 };

	memset(memory, 0, sizeof(*memory));
	*why = NULL;
	while (*why == NULL && !reader.ended)
		*why = read_line(&reader, memory);
	*line = reader.number;
	return *why == NULL;
}
