/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state file's text: what is written, what is refused, and that nothing changes on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "proto/sweep_memory.h"

#define HEAD "monitoring-plugins-voip sweep 1\ntarget 192.0.2.7\n"

static const int64_t NOW = 1763725100;

static const char VALID[] = HEAD "9 answering 1763725100\n"
				 "16384-16391 closed 1763725000\n"
				 "16392 silent 1763725000\n"
				 "65535 rejected 1\n"
				 "end 4\n";

/* Both memories and the texts are too large for a stack. */
struct world {
	struct sweep_memory first, second;
	char text[SWEEP_MEMORY_TEXT_MAX], again[SWEEP_MEMORY_TEXT_MAX];
};

static int world_new(void **state)
{
	*state = calloc(1, sizeof(struct world));
	return *state != NULL ? 0 : -1;
}

static int world_free(void **state)
{
	free(*state);
	return 0;
}

static void set_peer(struct sweep_memory *memory, const char *address)
{
	assert_true(addr_parse(view_of(address), &memory->peer));
}

static void keep(struct sweep_memory *memory, unsigned port, enum port_state state, int64_t at)
{
	memory->state[port] = (uint8_t)state;
	memory->proven_at[port] = at;
}

static void check_read(struct world *world, struct view text)
{
	const char *why;
	unsigned line;

	memset(&world->first, 0xa5, sizeof(world->first));
	if (!sweep_memory_read(text, NOW, &world->first, &line, &why))
		fail_msg("line %u: %s", line, why);
	assert_null(why);
}

static void check_written(struct world *world, const struct sweep_memory *memory,
			  const char *expected)
{
	struct wr w = wr_over(world->text, sizeof(world->text) - 1);

	sweep_memory_write(&w, memory);
	assert_false(w.full);
	world->text[w.n] = '\0';
	assert_string_equal(world->text, expected);
}

static void a_valid_file_is_read_port_by_port(void **state)
{
	struct world *world = *state;
	struct sweep_memory *expected = &world->second;

	set_peer(expected, "192.0.2.7");
	keep(expected, 9, PORT_ANSWERING, NOW);
	for (unsigned port = 16384; port <= 16391; port++)
		keep(expected, port, PORT_CLOSED, 1763725000);
	keep(expected, 16392, PORT_SILENT, 1763725000);
	keep(expected, 65535, PORT_REJECTED, 1);
	check_read(world, view_of(VALID));
	assert_true(addr_eq(&world->first.peer, &expected->peer));
	assert_memory_equal(world->first.state, expected->state, sizeof(expected->state));
	assert_memory_equal(world->first.proven_at, expected->proven_at,
			    sizeof(expected->proven_at));
	check_written(world, &world->first, VALID);
}

static void an_empty_file_is_an_empty_memory_and_back(void **state)
{
	struct world *world = *state;
	const char *why;
	unsigned line;

	memset(&world->first, 0xa5, sizeof(world->first));
	assert_true(sweep_memory_read(VIEW(""), NOW, &world->first, &line, &why));
	assert_memory_equal(&world->first, &world->second, sizeof(world->first));
	check_written(world, &world->first, "");
}

static void a_memory_without_ports_keeps_its_target(void **state)
{
	struct world *world = *state;

	check_read(world, VIEW(HEAD "end 0\n"));
	check_written(world, &world->first, HEAD "end 0\n");
}

static void a_file_cut_anywhere_is_refused(void **state)
{
	struct world *world = *state;
	const char *why;
	unsigned line;

	for (size_t n = 1; n < sizeof(VALID) - 1; n++) {
		/* an exact copy, so that the sanitizer sees a read behind the end */
		char *cut = malloc(n);
		assert_non_null(cut);
		memcpy(cut, VALID, n);
		if (sweep_memory_read((struct view){ cut, n }, NOW, &world->first, &line, &why))
			fail_msg("accepted when cut to %zu bytes", n);
		assert_non_null(why);
		assert_in_range(line, 1, 7);
		free(cut);
	}
}

struct refused_case {
	const char *text;
	unsigned line;
	const char *why;
};

#define FOREIGN "is no state file of a sweep"
#define CUT "the line is cut"
#define CRLF "the line ends in CR LF"
#define NO_TARGET "the target is expected here"
#define NO_ADDRESS "the target is no numeric address"
#define NO_DIGITS "a port consists of digits only"
#define ORDER "the ports do not ascend"
#define STATE "the state is unknown"
#define TIME "the time is no positive number of seconds"
#define FUTURE "the time is in the future"
#define COUNT "the end line does not count the lines before it"
#define MAGIC "monitoring-plugins-voip sweep 1\n"

static const struct refused_case REFUSED[] = {
	{ "\n", 1, FOREIGN },
	{ "x", 1, CUT },
	{ "<html>\n", 1, FOREIGN },
	{ "\xef\xbb\xbf" HEAD "end 0\n", 1, FOREIGN },
	{ " " HEAD "end 0\n", 1, FOREIGN },
	{ "monitoring-plugins-voip sweep 2\ntarget 192.0.2.7\nend 0\n", 1,
	  "is a state file of another version" },
	{ "monitoring-plugins-voip sweep 11\ntarget 192.0.2.7\nend 0\n", 1,
	  "is a state file of another version" },
	{ "monitoring-plugins-voip sweep \n", 1, "is a state file of another version" },
	{ "monitoring-plugins-voip sweep 1\r\ntarget 192.0.2.7\r\nend 0\r\n", 1, CRLF },
	{ MAGIC, 2, "the end line is missing" },
	{ MAGIC "end 0\n", 2, NO_TARGET },
	{ MAGIC "target\n", 2, NO_TARGET },
	{ MAGIC "target \n", 2, NO_ADDRESS },
	{ MAGIC "target pbx.example\n", 2, NO_ADDRESS },
	{ MAGIC "target 192.0.2.7 \n", 2, NO_ADDRESS },
	{ MAGIC "target 192.0.2.256\n", 2, NO_ADDRESS },
	{ MAGIC "target 192.0.2.7\r\n", 2, CRLF },
	{ MAGIC "target [2001:db8::1]\n", 2, NO_ADDRESS },
	{ MAGIC "target 2001:DB8::1\n", 2, NO_ADDRESS },
	{ MAGIC "target ::ffff:192.0.2.7\n", 2, NO_ADDRESS },
	{ MAGIC "target fe80::1%lo\n", 2, NO_ADDRESS },
	{ MAGIC "target 2001:db8::1::\n", 2, NO_ADDRESS },
	{ HEAD "\nend 0\n", 3, "a port is expected here" },
	{ HEAD "5 closed 1\r\nend 1\n", 3, CRLF },
	{ HEAD "5 closed 1\nend 1\r\n", 4, CRLF },
	{ HEAD "x closed 1\nend 1\n", 3, NO_DIGITS },
	{ HEAD "5,6 closed 1\nend 1\n", 3, NO_DIGITS },
	{ HEAD "0 closed 1\nend 1\n", 3, "port 0 does not exist" },
	{ HEAD "65536 closed 1\nend 1\n", 3, "a port is at most 65535" },
	{ HEAD "9-8 closed 1\nend 1\n", 3, "the range ends below its start" },
	{ HEAD " 5 closed 1\nend 1\n", 3, "a port is expected here" },
	{ HEAD "9 closed 1\n8 closed 1\nend 2\n", 4, ORDER },
	{ HEAD "9 closed 1\n9 closed 1\nend 2\n", 4, ORDER },
	{ HEAD "5-9 closed 1\n9-12 silent 1\nend 2\n", 4, ORDER },
	{ HEAD "5-9 closed 1\n6 silent 1\nend 2\n", 4, ORDER },
	{ HEAD "65535 closed 1\n1 silent 1\nend 2\n", 4, ORDER },
	{ HEAD "5\nend 1\n", 3, STATE },
	{ HEAD "5 open 1\nend 1\n", 3, STATE },
	{ HEAD "5 undecided 1\nend 1\n", 3, STATE },
	{ HEAD "5 unasked 1\nend 1\n", 3, STATE },
	{ HEAD "5 CLOSED 1\nend 1\n", 3, STATE },
	{ HEAD "5 close 1\nend 1\n", 3, STATE },
	{ HEAD "5 closedx 1\nend 1\n", 3, STATE },
	{ HEAD "5  closed 1\nend 1\n", 3, STATE },
	{ HEAD "5\tclosed 1\nend 1\n", 3, "blanks are not allowed" },
	{ HEAD "5 closed\nend 1\n", 3, TIME },
	{ HEAD "5 closed \nend 1\n", 3, TIME },
	{ HEAD "5 closed 0\nend 1\n", 3, TIME },
	{ HEAD "5 closed -1\nend 1\n", 3, TIME },
	{ HEAD "5 closed 1.5\nend 1\n", 3, TIME },
	{ HEAD "5 closed 1 \nend 1\n", 3, TIME },
	{ HEAD "5 closed 1 2\nend 1\n", 3, TIME },
	{ HEAD "5 closed 9223372036854775808\nend 1\n", 3, TIME },
	{ HEAD "5 closed 18446744073709551617\nend 1\n", 3, TIME },
	{ HEAD "5 closed 9223372036854775807\nend 1\n", 3, FUTURE },
	{ HEAD "5 closed 1763725101\nend 1\n", 3, FUTURE },
	{ HEAD "5 closed 1\n", 4, "the end line is missing" },
	{ HEAD "5 closed 1\nend 0\n", 4, COUNT },
	{ HEAD "5 closed 1\nend 2\n", 4, COUNT },
	{ HEAD "5 closed 1\nend 4294967297\n", 4, COUNT },
	{ HEAD "5 closed 1\nend \n", 4, COUNT },
	{ HEAD "5 closed 1\nend 1 \n", 4, COUNT },
	{ HEAD "5 closed 1\nend\n", 4, NO_DIGITS },
	{ HEAD "end 0\n\n", 3, "there is more behind the end line" },
	{ HEAD "end 0\n5 closed 1\n", 3, "there is more behind the end line" },
	{ HEAD "end 0\nend 0\n", 3, "there is more behind the end line" },
};

static void what_no_run_writes_is_refused_at_its_line(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++) {
		const struct refused_case *c = &REFUSED[i];
		const char *why;
		unsigned line;
		if (sweep_memory_read(view_of(c->text), NOW, &world->first, &line, &why))
			fail_msg("accepted: %s", c->text);
		if (line != c->line || strcmp(why, c->why) != 0)
			fail_msg("line %u, %s: %s", line, why, c->text);
	}
}

static void a_byte_of_zero_is_refused_wherever_it_stands(void **state)
{
	struct world *world = *state;
	char text[sizeof(VALID)];
	const char *why;
	unsigned line;

	for (size_t i = 0; i < sizeof(VALID) - 1; i++) {
		memcpy(text, VALID, sizeof(VALID));
		text[i] = '\0';
		if (sweep_memory_read((struct view){ text, sizeof(VALID) - 1 }, NOW, &world->first,
				      &line, &why))
			fail_msg("accepted with a zero byte at %zu", i);
	}
}

static void a_line_without_end_is_refused_at_once(void **state)
{
	struct world *world = *state;
	const char *why;
	unsigned line;

	memset(world->text, '7', sizeof(world->text));
	assert_false(sweep_memory_read((struct view){ world->text, sizeof(world->text) }, NOW,
				       &world->first, &line, &why));
	assert_string_equal(why, CUT);
	memcpy(world->text, HEAD, sizeof(HEAD) - 1);
	world->text[sizeof(world->text) - 1] = '\n';
	assert_false(sweep_memory_read((struct view){ world->text, sizeof(world->text) }, NOW,
				       &world->first, &line, &why));
	assert_int_equal(line, 3);
	assert_string_equal(why, "a port is at most 65535");
}

static void the_time_now_is_not_in_the_future(void **state)
{
	struct world *world = *state;
	struct view text = VIEW(HEAD "5 closed 1000\nend 1\n");
	const char *why;
	unsigned line;

	assert_true(sweep_memory_read(text, 1000, &world->first, &line, &why));
	assert_false(sweep_memory_read(text, 999, &world->first, &line, &why));
	assert_string_equal(why, FUTURE);
	assert_false(sweep_memory_read(text, 0, &world->first, &line, &why));
	assert_false(sweep_memory_read(text, -1, &world->first, &line, &why));
	assert_true(sweep_memory_read(text, INT64_MAX, &world->first, &line, &why));
}

static void runs_of_equal_state_and_time_are_one_line(void **state)
{
	struct world *world = *state;
	struct sweep_memory *memory = &world->first;

	set_peer(memory, "2001:db8::7");
	keep(memory, 0, PORT_CLOSED, 5); /* no port */
	keep(memory, 1, PORT_CLOSED, 5);
	keep(memory, 2, PORT_CLOSED, 5);
	keep(memory, 3, PORT_CLOSED, 6);
	keep(memory, 4, PORT_SILENT, 6);
	keep(memory, 5, PORT_UNDECIDED, 6);
	keep(memory, 6, PORT_SILENT, 6);
	keep(memory, 7, PORT_SILENT, 0);
	keep(memory, 8, PORT_UNASKED, 6);
	keep(memory, 9, PORT_ANSWERING, -6);
	keep(memory, 65534, PORT_REJECTED, 7);
	keep(memory, 65535, PORT_REJECTED, 7);
	check_written(world, memory,
		      MAGIC "target 2001:db8::7\n"
			    "1-2 closed 5\n3 closed 6\n4 silent 6\n6 silent 6\n"
			    "65534-65535 rejected 7\nend 5\n");
}

static void the_largest_memory_fits_and_is_read_back(void **state)
{
	struct world *world = *state;
	struct wr w = wr_over(world->text, sizeof(world->text));
	const char *why;
	unsigned line;

	set_peer(&world->first, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295");
	for (unsigned port = 1; port <= PORT_MAX; port++)
		keep(&world->first, port, PORT_ANSWERING, INT64_MAX - port % 2);
	sweep_memory_write(&w, &world->first);
	assert_false(w.full);
	assert_true(sweep_memory_read(wr_view(&w), INT64_MAX, &world->second, &line, &why));
	assert_int_equal(line, PORT_MAX + 3);
	assert_memory_equal(world->first.state, world->second.state, PORTS);
	assert_true(addr_eq(&world->first.peer, &world->second.peer));
}

/* A small generator, so that a failure repeats. */
static unsigned draw(uint64_t *seed, unsigned below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33) % below;
}

static void random_memories_survive_write_and_read(void **state)
{
	static const char *const peers[] = { "127.0.0.1", "::1", "fe80::7%3", "255.255.255.255" };
	struct world *world = *state;
	uint64_t seed = 20251121;
	const char *why;
	unsigned line;

	for (unsigned round = 0; round < 40; round++) {
		memset(&world->first, 0, sizeof(world->first));
		set_peer(&world->first, peers[round % 4]);
		unsigned longest = round % 2 == 0 ? 3 : 3000;
		for (unsigned port = 1; port <= PORT_MAX;) {
			unsigned last = port + draw(&seed, longest);
			enum port_state kind = draw(&seed, PORT_STATES);
			int64_t at = 1 + draw(&seed, round % 3 == 0 ? 2 : 1763725100);
			for (; port <= last && port <= PORT_MAX; port++)
				if (kind >= PORT_ANSWERING)
					keep(&world->first, port, kind, at);
		}
		struct wr w = wr_over(world->text, sizeof(world->text));
		sweep_memory_write(&w, &world->first);
		if (!sweep_memory_read(wr_view(&w), NOW, &world->second, &line, &why))
			fail_msg("round %u line %u: %s", round, line, why);
		assert_true(addr_eq(&world->first.peer, &world->second.peer));
		assert_memory_equal(world->first.state, world->second.state, PORTS);
		assert_memory_equal(world->first.proven_at, world->second.proven_at,
				    sizeof(world->first.proven_at));
		struct wr again = wr_over(world->again, sizeof(world->again));
		sweep_memory_write(&again, &world->second);
		assert_true(view_eq(wr_view(&w), wr_view(&again)));
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_new, world_free)
	const struct CMUnitTest tests[] = {
		TEST(a_valid_file_is_read_port_by_port),
		TEST(an_empty_file_is_an_empty_memory_and_back),
		TEST(a_memory_without_ports_keeps_its_target),
		TEST(a_file_cut_anywhere_is_refused),
		TEST(what_no_run_writes_is_refused_at_its_line),
		TEST(a_byte_of_zero_is_refused_wherever_it_stands),
		TEST(a_line_without_end_is_refused_at_once),
		TEST(the_time_now_is_not_in_the_future),
		TEST(runs_of_equal_state_and_time_are_one_line),
		TEST(the_largest_memory_fits_and_is_read_back),
		TEST(random_memories_survive_write_and_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
