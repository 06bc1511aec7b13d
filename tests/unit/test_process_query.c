/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/proto/process_query: names of processes, and gone told from hidden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/process_query.h"

#include "snmp_agent_table.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))
#define NAME "1.3.6.1.2.1.25.4.2.1.2"
#define PATH "1.3.6.1.2.1.25.4.2.1.4"
#define ROOT "1.3.6.1.2.1.25"

enum { PIDS_MAX = 100, TEXT_MAX = 10000 };

struct rig {
	struct agent agent;
	uint32_t pid[PIDS_MAX];
	struct process_query query;
	char text[TEXT_MAX]; /* "13 known kamailio /usr/sbin/kamailio\n" ... */
	size_t text_n;
	void (*garble)(struct rig *rig, struct snmp_reply *reply);
};

static struct rig *rig_new(void)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	return rig;
}

static void rig_free(struct rig *rig)
{
	agent_free(&rig->agent);
	free(rig);
}

static void found(void *ctx, size_t index, enum process_known known, struct view name,
		  struct view path)
{
	static const char *const words[] = { "known", "gone", "hidden" };
	struct rig *rig = ctx;
	struct wr w = wr_over(rig->text + rig->text_n, TEXT_MAX - 1 - rig->text_n);

	wr_fmt(&w, "%u %s", rig->query.pid[index], words[known]);
	if (known == PROCESS_KNOWN)
		wr_fmt(&w, " %.*s %.*s", VIEW_ARG(name), VIEW_ARG(path));
	else
		assert_int_equal(name.n + path.n, 0);
	wr_str(&w, "\n");
	assert_false(w.full);
	rig->text_n += w.n;
	rig->text[rig->text_n] = '\0';
}

static void run(struct rig *rig, unsigned requests_max)
{
	struct snmp_request request = { .count = 0 };
	const struct snmp_reply *reply = NULL;

	rig->query.pid = rig->pid;
	rig->query.found = found;
	rig->query.ctx = rig;
	while (process_query_next(&rig->query, reply, &request)) {
		assert_true(request.ask == SNMP_GET || request.count == 1);
		reply = agent_answer(&rig->agent, &request);
		if (rig->garble != NULL)
			rig->garble(rig, &rig->agent.reply);
		request = (struct snmp_request){ .count = 0 };
		assert_in_range(rig->agent.requests, 1, requests_max);
	}
	size_t told = rig->text_n;
	assert_false(process_query_next(&rig->query, reply, &request));
	assert_int_equal(rig->text_n, told);
}

static void ask(struct rig *rig, const uint32_t *pid, size_t count)
{
	for (size_t i = 0; i < count && pid[i] != 0; i++)
		rig->pid[rig->query.count++] = pid[i];
}

static void what_a_view_shows_decides_between_known_gone_and_hidden(void **state)
{
	static const struct {
		const char *hidden;
		uint32_t pid[6];
		const char *told;
		unsigned requests;
	} cases[] = {
		{ NULL,
		  { 15, 13 },
		  "15 known dialpad /opt/dialpad/bin/dialpad\n13 known kamailio "
		  "/usr/sbin/kamailio\n",
		  1 },
		{ NULL,
		  { 1, 14, 19, 28, UINT32_MAX },
		  "1 gone\n14 gone\n19 known sshd sshd: /usr/sbin/sshd\n28 gone\n4294967295 gone\n",
		  1 },
		{ NULL, { 99999 }, "99999 gone\n", 2 },
		{ NULL, { 1, 14 }, "1 gone\n14 gone\n", 2 },
		{ ROOT, { 13, 99999 }, "13 hidden\n99999 hidden\n", 2 },
		{ NAME, { 13, 99999 }, "13 hidden\n99999 hidden\n", 2 },
		{ PATH, { 13, 14 }, "13 known kamailio \n14 gone\n", 1 },
		{ "1.3", { 13 }, "13 hidden\n", 2 },
		{ PATH ".13",
		  { 13, 15 },
		  "13 known kamailio \n15 known dialpad /opt/dialpad/bin/dialpad\n",
		  1 },
		{ NULL, { 0 }, "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct rig *rig = rig_new();
		agent_load(&rig->agent, "root.walk", cases[i].hidden);
		ask(rig, cases[i].pid, CASES(cases[i].pid));
		run(rig, cases[i].requests);
		assert_null(rig->query.why);
		assert_string_equal(rig->text, cases[i].told);
		assert_int_equal(rig->agent.requests, cases[i].requests);
		rig_free(rig);
	}
}

/* Even pids from 100 up. */
static struct rig *many_processes(unsigned count)
{
	struct rig *rig = rig_new();

	for (unsigned i = 0; i < count; i++) {
		char line[100];
		snprintf(line, sizeof(line), NAME ".%u = STRING: \"p%u\"", 100 + 2 * i, i);
		assert_true(agent_add_line(&rig->agent, line));
		snprintf(line, sizeof(line), PATH ".%u = STRING: \"/p%u\"", 100 + 2 * i, i);
		assert_true(agent_add_line(&rig->agent, line));
	}
	for (unsigned i = 0; i < count; i++)
		rig->pid[rig->query.count++] = 100 + i;
	return rig;
}

static void assert_each_second_known(const struct rig *rig)
{
	char wanted[TEXT_MAX];
	struct wr w = wr_over(wanted, sizeof(wanted) - 1);

	for (unsigned i = 0; i < rig->query.count; i++)
		if (i % 2 == 0)
			wr_fmt(&w, "%u known p%u /p%u\n", 100 + i, i / 2, i / 2);
		else
			wr_fmt(&w, "%u gone\n", 100 + i);
	wanted[w.n] = '\0';
	assert_string_equal(rig->text, wanted);
	assert_null(rig->query.why);
}

static void many_processes_take_a_request_for_a_dozen(void **state)
{
	static const struct {
		unsigned count, requests;
	} cases[] = { { 1, 1 }, { 12, 1 }, { 13, 2 }, { 30, 3 }, { 100, 9 } };

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct rig *rig = many_processes(cases[i].count);
		run(rig, cases[i].requests);
		assert_int_equal(rig->agent.requests, cases[i].requests);
		assert_in_range(rig->agent.bytes_most, 1, 1400);
		assert_each_second_known(rig);
		rig_free(rig);
	}
}

static void drop_last(struct rig *rig, struct snmp_reply *reply)
{
	if (reply->count <= 2)
		return;
	rig->agent.var[--reply->count].type = SNMP_TEXT;
	rig->agent.var[reply->count].text = VIEW("dropped");
}

static void what_is_too_big_or_cut_is_asked_again(void **state)
{
	struct rig *rig = many_processes(30);

	(void)state;
	rig->agent.bytes_max = 484;
	run(rig, 12);
	assert_each_second_known(rig);
	rig_free(rig);
	rig = many_processes(30);
	rig->garble = drop_last;
	run(rig, 4);
	assert_each_second_known(rig);
	rig_free(rig);
	rig = rig_new();
	agent_load(&rig->agent, "root.walk", NULL);
	rig->garble = drop_last;
	ask(rig, (const uint32_t[]){ 15, 13 }, 2);
	run(rig, 2);
	assert_string_equal(rig->text, "15 known dialpad /opt/dialpad/bin/dialpad\n"
				       "13 known kamailio /usr/sbin/kamailio\n");
	rig_free(rig);
}

/* The first reply is about three processes that are gone; those behind them are there. */
static void cut_to_three(struct rig *rig, struct snmp_reply *reply)
{
	if (rig->agent.requests == 1)
		reply->count = 6;
}

static void only_what_was_answered_counts_as_gone(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	agent_load(&rig->agent, "root.walk", NULL);
	rig->garble = cut_to_three;
	ask(rig, (const uint32_t[]){ 10, 11, 12, 19, 14 }, 5);
	run(rig, 3);
	assert_string_equal(rig->text, "10 gone\n11 gone\n12 gone\n19 known sshd "
				       "sshd: /usr/sbin/sshd\n14 gone\n");
	rig_free(rig);
}

static void a_hidden_table_is_asked_for_once(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	agent_load(&rig->agent, "root.walk", NAME);
	for (unsigned i = 0; i < PIDS_MAX; i++)
		rig->pid[rig->query.count++] = 1 + i;
	run(rig, 2);
	assert_null(rig->query.why);
	assert_true(view_ends(view_of(rig->text), VIEW("99 hidden\n100 hidden\n")));
	rig_free(rig);
}

static void paths_are_numbers(struct rig *rig, struct snmp_reply *reply)
{
	for (size_t i = 1; i < reply->count; i += 2)
		rig->agent.var[i].type = SNMP_NUMBER;
}

static void a_path_that_is_no_text_is_empty(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	agent_load(&rig->agent, "root.walk", NULL);
	rig->garble = paths_are_numbers;
	ask(rig, (const uint32_t[]){ 13, 15 }, 2);
	run(rig, 1);
	assert_null(rig->query.why);
	assert_string_equal(rig->text, "13 known kamailio \n15 known dialpad \n");
	rig_free(rig);
}

static void is_empty(struct rig *rig, struct snmp_reply *reply)
{
	(void)rig;
	reply->count = 0;
}

static void is_too_short(struct rig *rig, struct snmp_reply *reply)
{
	(void)rig;
	reply->count = 1;
}

static void is_too_long(struct rig *rig, struct snmp_reply *reply)
{
	rig->agent.var[reply->count] = rig->agent.var[reply->count - 1];
	reply->count++;
}

static void is_an_error(struct rig *rig, struct snmp_reply *reply)
{
	(void)rig;
	reply->error = 16;
}

static void is_a_number(struct rig *rig, struct snmp_reply *reply)
{
	(void)reply;
	rig->agent.var[2].type = SNMP_NUMBER;
}

static void is_the_end(struct rig *rig, struct snmp_reply *reply)
{
	(void)reply;
	rig->agent.var[2].type = SNMP_END;
}

static void is_another_name(struct rig *rig, struct snmp_reply *reply)
{
	(void)reply;
	rig->agent.var[4].oid.arc[11]++;
}

static void is_another_path(struct rig *rig, struct snmp_reply *reply)
{
	(void)reply;
	rig->agent.var[5].oid.arc[11]++;
}

static void a_reply_that_is_no_answer_tells_nothing_but_why(void **state)
{
	static const struct {
		void (*garble)(struct rig *, struct snmp_reply *);
		const char *why;
	} cases[] = {
		{ is_empty, "the agent's reply is empty" },
		{ is_too_short, "the agent's reply leaves out what was asked" },
		{ is_too_long, "the agent's reply holds more than was asked" },
		{ is_an_error, "the agent refuses access (authorizationError)" },
		{ is_a_number, "the agent's process names are no text" },
		{ is_the_end, "the agent's process names are no text" },
		{ is_another_name, "the agent's reply is about something else" },
		{ is_another_path, "the agent's reply is about something else" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct rig *rig = many_processes(30);
		rig->garble = cases[i].garble;
		run(rig, 1);
		assert_non_null(rig->query.why);
		assert_string_equal(rig->query.why, cases[i].why);
		assert_string_equal(rig->text, "");
		rig_free(rig);
	}
}

/* When the table is asked for, the answer is no such object, too big, or a row that is not next. */
static void probe_is_no_object(struct rig *rig, struct snmp_reply *reply)
{
	(void)reply;
	if (rig->agent.requests == 2)
		rig->agent.var[0].type = SNMP_NO_OBJECT;
}

static void probe_is_too_big(struct rig *rig, struct snmp_reply *reply)
{
	if (rig->agent.requests == 2)
		reply->error = 1;
}

static void probe_goes_back(struct rig *rig, struct snmp_reply *reply)
{
	(void)reply;
	if (rig->agent.requests == 2)
		rig->agent.var[0].oid.arc[10]--;
}

static void an_odd_answer_about_the_table_proves_nothing(void **state)
{
	static const struct {
		void (*garble)(struct rig *, struct snmp_reply *);
		const char *why;
	} cases[] = {
		{ probe_is_no_object, "the agent answers \"what follows?\" with noSuchObject" },
		{ probe_is_too_big, "the agent cannot fit a single row into a reply (tooBig)" },
		{ probe_goes_back, "the agent's tables do not increase" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct rig *rig = rig_new();
		agent_load(&rig->agent, "root.walk", NULL);
		rig->garble = cases[i].garble;
		ask(rig, (const uint32_t[]){ 10, 11 }, 2);
		run(rig, 2);
		assert_non_null(rig->query.why);
		assert_string_equal(rig->query.why, cases[i].why);
		assert_string_equal(rig->text, "");
		rig_free(rig);
	}
}

static void a_single_process_that_is_too_big_is_given_up(void **state)
{
	struct rig *rig = many_processes(30);

	(void)state;
	rig->agent.bytes_max = 60;
	run(rig, 4);
	assert_string_equal(rig->query.why,
			    "the agent cannot fit a single row into a reply (tooBig)");
	rig_free(rig);
}

static void only_names_and_paths_of_these_processes_are_asked(void **state)
{
	static const char *const wanted[] = { NAME ".7", PATH ".7", NAME ".4294967295",
					      PATH ".4294967295" };
	struct rig *rig = rig_new();
	struct snmp_request request = { .count = 0 };

	(void)state;
	ask(rig, (const uint32_t[]){ 7, UINT32_MAX }, 2);
	rig->query.pid = rig->pid;
	assert_true(process_query_next(&rig->query, NULL, &request));
	assert_int_equal(request.ask, SNMP_GET);
	assert_int_equal(request.count, CASES(wanted));
	for (size_t i = 0; i < request.count; i++) {
		struct oid oid;
		assert_true(oid_parse(view_of(wanted[i]), &oid));
		assert_int_equal(oid_compare(&oid, &request.oid[i]), 0);
	}
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_view_shows_decides_between_known_gone_and_hidden),
		cmocka_unit_test(many_processes_take_a_request_for_a_dozen),
		cmocka_unit_test(what_is_too_big_or_cut_is_asked_again),
		cmocka_unit_test(only_what_was_answered_counts_as_gone),
		cmocka_unit_test(a_hidden_table_is_asked_for_once),
		cmocka_unit_test(a_path_that_is_no_text_is_empty),
		cmocka_unit_test(a_reply_that_is_no_answer_tells_nothing_but_why),
		cmocka_unit_test(a_single_process_that_is_too_big_is_given_up),
		cmocka_unit_test(an_odd_answer_about_the_table_proves_nothing),
		cmocka_unit_test(only_names_and_paths_of_these_processes_are_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
