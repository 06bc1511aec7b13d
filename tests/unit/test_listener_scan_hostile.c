/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/proto/listener_scan: an agent whose tables are none ends the scan with a reason, after a bounded
 * number of requests; what is merely strange does not. */
#include "listener_rig.h"

#define UDP_COLUMN "1.3.6.1.2.1.7.7.1.8"

enum { GEN_ERR = 5, NO_RESOURCES = 13 };

static bool is_udp(const struct snmp_var *var)
{
	return var->type == SNMP_NUMBER && listener_table_of(&var->oid) == TABLE_UDP;
}

static void repeats(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	(void)agent;
	if (is_udp(var))
		var->oid = *asked;
}

/* Only from row to row within a reply. */
static void repeats_rows(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	(void)agent;
	if (is_udp(var) && asked->n == var->oid.n)
		var->oid = *asked;
}

static void goes_back(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	(void)agent;
	if (is_udp(var) && asked->n > 20)
		var->oid.arc[12] = 0;
}

static void has_no_object(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	(void)agent, (void)asked;
	if (is_udp(var))
		var->type = SNMP_NO_OBJECT;
}

static void has_no_instance(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	(void)agent, (void)asked;
	if (is_udp(var))
		var->type = SNMP_NO_INSTANCE;
}

static void cuts_the_index(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	(void)agent, (void)asked;
	if (is_udp(var))
		var->oid.n--;
}

static void adds_to_the_index(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	(void)agent, (void)asked;
	if (is_udp(var))
		oid_append(&var->oid, 1);
}

static void invents_a_port(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	(void)agent, (void)asked;
	if (is_udp(var))
		var->oid.arc[var->oid.arc[10] == 1 ? 16 : 28] += 65536;
}

static void says_text(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	(void)agent, (void)asked;
	if (is_udp(var))
		var->type = SNMP_TEXT;
}

static void says_something_else(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	(void)agent, (void)asked;
	if (is_udp(var))
		var->type = SNMP_OTHER;
}

static void a_variable_that_is_no_answer_ends_the_scan_with_a_reason(void **state)
{
	static const struct {
		void (*spoil)(struct agent *, const struct oid *, struct snmp_var *);
		const char *why;
	} cases[] = {
		{ repeats, "the agent's tables do not increase" },
		{ repeats_rows, "the agent's tables do not increase" },
		{ goes_back, "the agent's tables do not increase" },
		{ has_no_object, "the agent answers \"what follows?\" with noSuchObject" },
		{ has_no_instance, "the agent answers \"what follows?\" with noSuchObject" },
		{ cuts_the_index, "the agent's tables have a row without a valid index" },
		{ adds_to_the_index, "the agent's tables have a row without a valid index" },
		{ invents_a_port, "the agent's tables have a row without a valid index" },
		{ says_text, "the agent's tables have a row that holds no number" },
		{ says_something_else, "the agent's tables have a row that holds no number" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct rig *rig = rig_new();
		agent_load(&rig->agent, "root.walk", NULL);
		rig->agent.spoil = cases[i].spoil;
		rig_want_usual(rig);
		rig->requests_max = 9;
		assert_int_equal(rig_run(rig), SCAN_BROKEN);
		assert_string_equal(rig->scan.why, cases[i].why);
		rig_free(rig);
	}
}

static void spoils_tcp(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	(void)agent, (void)asked;
	if (listener_table_of(&var->oid) == TABLE_TCP)
		var->type = SNMP_OTHER;
}

static void a_broken_scan_tells_nothing_more(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	agent_add_udp(&rig->agent, "0.0.0.0", 5060, NULL, 0, 1, 7);
	agent_add_tcp(&rig->agent, "0.0.0.0", 5060, 7);
	rig->agent.spoil = spoils_tcp;
	rig_want_usual(rig);
	assert_int_equal(rig_run(rig), SCAN_BROKEN);
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

static void is_empty(struct rig *rig, struct snmp_reply *reply)
{
	(void)rig;
	reply->count = 0;
}

static void holds_more(struct rig *rig, struct snmp_reply *reply)
{
	rig->agent.var[reply->count] = rig->agent.var[reply->count - 1];
	rig->agent.var[reply->count].oid.arc[0]++;
	reply->count++;
}

static void tells_too_much_with_an_error(struct rig *rig, struct snmp_reply *reply)
{
	(void)rig;
	reply->error = NO_RESOURCES;
}

/* As net-snmp 5.9.3 where a view ends in the middle of a GETBULK. */
static void fails_at_bulk(struct rig *rig, struct snmp_reply *reply)
{
	if (rig->agent.bulk)
		*reply = (struct snmp_reply){ .error = GEN_ERR, .error_index = 1 };
}

static void a_reply_that_is_no_answer_ends_the_scan_with_a_reason(void **state)
{
	static const struct {
		void (*garble)(struct rig *, struct snmp_reply *);
		const char *why;
	} cases[] = {
		{ is_empty, "the agent's reply is empty" },
		{ holds_more, "the agent's reply holds more than was asked" },
		{ tells_too_much_with_an_error,
		  "the agent has no resources left (resourceUnavailable)" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct rig *rig = rig_new();
		agent_load(&rig->agent, "root.walk", NULL);
		rig->garble = cases[i].garble;
		rig_want_usual(rig);
		assert_int_equal(rig_run(rig), SCAN_BROKEN);
		assert_string_equal(rig->scan.why, cases[i].why);
		assert_int_equal(rig->agent.requests, 1);
		assert_int_equal(rig->count, 0);
		rig_free(rig);
	}
}

static void an_agent_that_fails_at_bulk_is_asked_row_by_row(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	agent_load(&rig->agent, "root.walk", NULL);
	rig->garble = fails_at_bulk;
	rig_want_usual(rig);
	assert_int_equal(rig_run(rig), SCAN_DONE);
	assert_int_not_equal(rig->count, 0);
	rig_free(rig);
}

static void errors_of_the_agent_are_said_in_words(void **state)
{
	static const struct {
		int64_t status;
		const char *why;
	} cases[] = {
		{ 2, "the agent answers as in SNMPv1 (noSuchName)" },
		{ GEN_ERR, "the agent failed to read its own tables (genErr)" },
		{ 6, "the agent refuses access (noAccess)" },
		{ 13, "the agent has no resources left (resourceUnavailable)" },
		{ 16, "the agent refuses access (authorizationError)" },
		{ 3, "the agent answers with an error that reading cannot cause" },
		{ -1, "the agent answers with an error that reading cannot cause" },
		{ INT64_MAX, "the agent answers with an error that reading cannot cause" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct rig *rig = rig_new();
		struct snmp_request request = { .count = 0 };
		struct snmp_reply reply = { .error = cases[i].status };
		rig_want_usual(rig);
		rig->scan.cursor = rig->cursor;
		listener_scan_start(&rig->scan);
		assert_true(listener_scan_next(&rig->scan, NULL, &request));
		if (request.ask == SNMP_BULK && cases[i].status == GEN_ERR) {
			assert_true(listener_scan_next(&rig->scan, &reply, &request));
			assert_int_equal(request.ask, SNMP_NEXT);
		}
		assert_false(listener_scan_next(&rig->scan, &reply, &request));
		assert_int_equal(rig->scan.end, SCAN_BROKEN);
		assert_string_equal(rig->scan.why, cases[i].why);
		rig_free(rig);
	}
}

static void an_agent_that_finds_everything_too_big_is_given_up(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	agent_load(&rig->agent, "root.walk", NULL);
	rig->agent.bytes_max = 50;
	rig_want_usual(rig);
	rig->requests_max = 12;
	assert_int_equal(rig_run(rig), SCAN_BROKEN);
	assert_string_equal(rig->scan.why,
			    "the agent cannot fit a single row into a reply (tooBig)");
	rig_free(rig);
}

/* A row of udpEndpointTable; false when something else was asked. */
static bool start_row(const struct oid *asked, struct snmp_var *var)
{
	*var = (struct snmp_var){ .type = SNMP_NUMBER, .number = 7 };
	assert_true(oid_parse(view_of(UDP_COLUMN ".1.4.1.0.0.0.5060.1.4.0.0.0.0.0.1"), &var->oid));
	if (listener_table_of(asked) == TABLE_UDP)
		return true;
	*var = (struct snmp_var){ .oid = *asked, .type = SNMP_END };
	return false;
}

/* One row on each, from the address behind what was asked. */
static void invents_addresses(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	(void)agent;
	if (!start_row(asked, var) || asked->n < 16)
		return;
	memcpy(var->oid.arc + 12, asked->arc + 12, 4 * sizeof(asked->arc[0]));
	for (size_t i = 15; i >= 12 && ++var->oid.arc[i] > 255; i--)
		var->oid.arc[i] = 0;
}

/* All of each address. */
static void invents_ports(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	uint32_t port = asked->n > 16 ? asked->arc[16] + 1 : 0;

	invents_addresses(agent, asked, var);
	if (var->type == SNMP_END)
		return;
	if (asked->n > 16 && port < 65536)
		memcpy(var->oid.arc + 12, asked->arc + 12, 4 * sizeof(asked->arc[0]));
	var->oid.arc[16] = port < 65536 ? port : 0;
}

static void invents_instances(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	(void)agent;
	if (start_row(asked, var) && asked->n == var->oid.n)
		var->oid.arc[var->oid.n - 1] = asked->arc[asked->n - 1] + 1;
}

static void tables_without_end_end_the_scan_after_some_thousand_requests(void **state)
{
	static const struct {
		void (*spoil)(struct agent *, const struct oid *, struct snmp_var *);
		uint16_t first, last;
		size_t vars_max;
		unsigned requests;
	} cases[] = {
		{ invents_addresses, 5060, 5060, 0, 2048 },
		{ invents_addresses, 5061, 5061, 0, 2048 },
		{ invents_addresses, 5061, 5061, 1, 2048 },
		{ invents_ports, 5060, 5060, 0, 2048 },
		{ invents_instances, 5060, 5060, 0, 2048 },
		{ invents_instances, 5000, 12999, 0, 2048 + 999 },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct rig *rig = rig_new();
		rig->agent.spoil = cases[i].spoil;
		rig->agent.vars_max = cases[i].vars_max;
		rig_want(rig, false, cases[i].first, cases[i].last);
		assert_int_equal(rig_run(rig), SCAN_BROKEN);
		assert_string_equal(rig->scan.why, "the agent's tables have no end");
		assert_int_equal(rig->agent.requests, cases[i].requests);
		rig_free(rig);
	}
}

static void a_table_that_is_only_long_is_read_to_its_end(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	for (unsigned i = 0; i < 60000; i++)
		agent_add_udp(&rig->agent, i % 2 ? "::" : "192.0.2.1", (uint16_t)(1 + i), NULL, 0,
			      i, 7);
	rig_want(rig, false, 1, 65535);
	assert_int_equal(rig_run(rig), SCAN_DONE);
	assert_int_equal(rig->count, 60000);
	assert_in_range(rig->agent.requests, 1, 60000 / 18);
	rig_free(rig);
}

static void a_number_that_is_no_pid_is_none(void **state)
{
	static const struct {
		int64_t number;
		const char *told;
	} cases[] = {
		{ 0, "tcp 0.0.0.0:5060 0 any\n" },
		{ 1, "tcp 0.0.0.0:5060 1 any\n" },
		{ UINT32_MAX, "tcp 0.0.0.0:5060 4294967295 any\n" },
		{ INT64_C(1) + UINT32_MAX, "tcp 0.0.0.0:5060 0 any\n" },
		{ INT64_MAX, "tcp 0.0.0.0:5060 0 any\n" },
		{ -1, "tcp 0.0.0.0:5060 0 any\n" },
		{ INT64_MIN, "tcp 0.0.0.0:5060 0 any\n" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct rig *rig = rig_new();
		agent_add_tcp(&rig->agent, "0.0.0.0", 5060, cases[i].number);
		rig_want(rig, true, 5060, 5060);
		assert_int_equal(rig_run(rig), SCAN_DONE);
		rig_assert_told(rig, cases[i].told);
		rig_free(rig);
	}
}

static void spoils_other_tables(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	struct oid ours;

	(void)agent;
	assert_true(oid_parse(view_of("1.3.6.1.2.1.11"), &ours));
	if (oid_starts(asked, &ours))
		var->oid = *asked;
}

static void other_tables_may_be_what_they_like(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	agent_load(&rig->agent, "root.walk", NULL);
	for (unsigned i = 1; i < 50; i++) {
		struct oid oid = { 8, { 1, 3, 6, 1, 2, 1, 11, i } };
		agent_add(&rig->agent, &oid, 0, "text");
	}
	rig->agent.spoil = spoils_other_tables;
	rig_want_usual(rig);
	assert_int_equal(rig_run(rig), SCAN_DONE);
	rig_assert_like_walk(rig);
	rig_free(rig);
}

static bool is_cache(const struct oid *asked)
{
	struct oid cache;

	assert_true(oid_parse(view_of("1.3.6.1.4.1.8072.1.5.3.1.2"), &cache));
	return oid_starts(asked, &cache);
}

static void cache_repeats(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	(void)agent;
	if (is_cache(asked))
		var->oid = *asked;
}

static void cache_is_no_object(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	(void)agent;
	if (is_cache(asked))
		var->type = SNMP_NO_OBJECT;
}

static void cache_never_ends(struct agent *agent, const struct oid *asked, struct snmp_var *var)
{
	(void)agent;
	if (!is_cache(asked))
		return;
	*var = (struct snmp_var){ .oid = *asked, .type = SNMP_NUMBER };
	var->oid.arc[var->oid.n - 1]++;
}

static void odd_caches_cost_their_age_and_nothing_else(void **state)
{
	static const struct {
		void (*spoil)(struct agent *, const struct oid *, struct snmp_var *);
		unsigned requests_max;
	} cases[] = { { cache_repeats, 3 }, { cache_is_no_object, 3 }, { cache_never_ends, 5 } };

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct rig *rig = rig_new();
		agent_load(&rig->agent, "root.walk", NULL);
		rig->agent.spoil = cases[i].spoil;
		rig_want_usual(rig);
		rig->requests_max = cases[i].requests_max;
		assert_int_equal(rig_run(rig), SCAN_DONE);
		rig_assert_like_walk(rig);
		assert_int_equal(rig->scan.cache_s[TABLE_UDP], -1);
		rig_free(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_variable_that_is_no_answer_ends_the_scan_with_a_reason),
		cmocka_unit_test(a_broken_scan_tells_nothing_more),
		cmocka_unit_test(a_reply_that_is_no_answer_ends_the_scan_with_a_reason),
		cmocka_unit_test(an_agent_that_fails_at_bulk_is_asked_row_by_row),
		cmocka_unit_test(errors_of_the_agent_are_said_in_words),
		cmocka_unit_test(an_agent_that_finds_everything_too_big_is_given_up),
		cmocka_unit_test(tables_without_end_end_the_scan_after_some_thousand_requests),
		cmocka_unit_test(a_table_that_is_only_long_is_read_to_its_end),
		cmocka_unit_test(a_number_that_is_no_pid_is_none),
		cmocka_unit_test(odd_caches_cost_their_age_and_nothing_else),
		cmocka_unit_test(other_tables_may_be_what_they_like),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
