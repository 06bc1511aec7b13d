/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conversation with one agent: what is sent when, what counts as an answer, and how it ends. */
#define _GNU_SOURCE
#include "snmp_rig.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void requests_follow_each_other_until_there_are_no_more(void **state)
{
	struct rig *rig = *state;

	rig->asks = 3;
	assert_int_equal(begin(rig), STEP_MORE);
	check_sent(rig, "ask 1");
	assert_int_equal(rig->client.end, SNMP_END_OPEN);
	assert_int_equal(receive(rig, 19 * MS, "reply 1"), STEP_MORE);
	assert_int_equal(rig->last_error, 1);
	check_sent(rig, "ask 2");
	assert_int_equal(receive(rig, 25 * MS, "reply 2"), STEP_MORE);
	assert_int_equal(rig->last_error, 2);
	check_sent(rig, "ask 3");
	assert_int_equal(receive(rig, 39 * MS, "reply 3"), STEP_DONE);
	assert_int_equal(rig->last_error, 3);
	check_end(rig, SNMP_END_DONE, "");
	assert_int_equal(rig->client.sent, 3);
	assert_int_equal(rig->client.received, 3);
	assert_int_equal(rig->client.answered, 3);
	assert_int_equal(rig->client.foreign, 0);
	assert_int_equal(rig->client.first_us, 19 * MS - BEGAN_US);
	assert_int_equal(rig->client.engine_n, 5);
	assert_memory_equal(rig->client.engine, "\x80\x00\x1f\x88\x04", 5);
}

static void silence_ends_after_the_last_wait(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(begin(rig), STEP_MORE);
	for (unsigned tries = 1; tries <= 3; tries++) {
		check_sent(rig, "ask 1");
		assert_int_equal(rig->client.sent, tries);
		assert_int_equal(rig->io.wake_us, BEGAN_US + tries * RETRY_US);
		assert_int_equal(wake(rig), tries < 3 ? STEP_MORE : STEP_DONE);
	}
	check_end(rig, SNMP_END_SILENT, "");
	assert_int_equal(rig->client.sent, 3);
	assert_int_equal(rig->client.received, 0);
	assert_int_equal(rig->client.first_us, 0);
	assert_int_equal(rig->client.engine_n, 0);
}

static void without_retries_a_request_is_sent_once(void **state)
{
	struct rig *rig = *state;

	rig->arg.retries = 0;
	begin(rig);
	assert_int_equal(wake(rig), STEP_DONE);
	check_end(rig, SNMP_END_SILENT, "");
	assert_int_equal(rig->client.sent, 1);
}

static void late_timer_does_not_shorten_the_next_wait(void **state)
{
	struct rig *rig = *state;

	begin(rig);
	wake_at(rig, BEGAN_US + 900 * MS);
	assert_int_equal(rig->io.wake_us, BEGAN_US + 900 * MS + RETRY_US);
}

static void answer_after_a_retransmission_counts(void **state)
{
	struct rig *rig = *state;

	begin(rig);
	wake(rig);
	wake(rig);
	assert_int_equal(receive(rig, BEGAN_US + 1100 * MS, "reply 1"), STEP_DONE);
	check_end(rig, SNMP_END_DONE, "");
	assert_int_equal(rig->client.sent, 3);
	assert_int_equal(rig->client.answered, 1);
	assert_int_equal(rig->client.first_us, 1100 * MS);
}

static void each_request_has_all_tries(void **state)
{
	struct rig *rig = *state;

	rig->asks = 2;
	begin(rig);
	wake(rig);
	wake(rig);
	assert_int_equal(receive(rig, 900 * MS, "reply 1"), STEP_MORE);
	assert_int_equal(rig->io.wake_us, 900 * MS + RETRY_US);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(wake(rig), STEP_MORE);
		check_sent(rig, "ask 2");
	}
	assert_int_equal(wake(rig), STEP_DONE);
	check_end(rig, SNMP_END_SILENT, "");
	assert_int_equal(rig->client.sent, 6);
	assert_int_equal(rig->client.answered, 1);
}

static void what_answers_nothing_changes_nothing(void **state)
{
	static const char *const datagrams[] = { "", "garbage", "reply 1", "reply 3", "reply" };
	struct rig *rig = *state;

	rig->asks = 2;
	begin(rig);
	receive(rig, 8 * MS, "reply 1");
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(receive(rig, (9 + i % 300) * MS, datagrams[i % 5]), STEP_MORE);
		check_sent(rig, "");
		assert_int_equal(rig->io.wake_us, 8 * MS + RETRY_US);
	}
	assert_int_equal(rig->client.foreign, 1000);
	assert_int_equal(rig->client.received, 1001);
	assert_int_equal(rig->client.answered, 1);
	assert_int_equal(wake(rig), STEP_MORE);
	check_sent(rig, "ask 2");
	wake(rig);
	assert_int_equal(wake(rig), STEP_DONE);
	check_end(rig, SNMP_END_SILENT, "");
}

static void datagram_of_another_address_or_port_is_never_read(void **state)
{
	struct addr port = snmp_rig_peer, host = snmp_rig_peer;
	struct rig *rig = *state;

	port.port++;
	host.ip[3]++;
	begin(rig);
	rig->io.from = &port;
	assert_int_equal(receive(rig, 8 * MS, "reply 1"), STEP_MORE);
	rig->io.from = &host;
	assert_int_equal(receive(rig, 9 * MS, "reply 1"), STEP_MORE);
	assert_int_equal(rig->io.wake_us, BEGAN_US + RETRY_US);
	assert_int_equal(rig->receives, 0);
	assert_int_equal(rig->client.received, 2);
	assert_int_equal(rig->client.foreign, 2);
	assert_int_equal(rig->client.first_us, 0);
	rig->io.from = &snmp_rig_peer;
	assert_int_equal(receive(rig, 10 * MS, "reply 1"), STEP_DONE);
	check_end(rig, SNMP_END_DONE, "");
}

static void what_the_session_sends_instead_is_sent_again(void **state)
{
	struct rig *rig = *state;

	begin(rig);
	wake(rig);
	wake(rig);
	assert_int_equal(receive(rig, 900 * MS, "send with engine"), STEP_MORE);
	check_sent(rig, "with engine");
	assert_int_equal(rig->client.engine_n, 5);
	assert_int_equal(rig->client.first_us, 900 * MS - BEGAN_US);
	for (unsigned tries = 1; tries < 3; tries++) {
		assert_int_equal(rig->io.wake_us, 900 * MS + tries * RETRY_US);
		assert_int_equal(wake(rig), STEP_MORE);
		check_sent(rig, "with engine");
	}
	assert_int_equal(receive(rig, 1800 * MS, "reply 1"), STEP_DONE);
	check_end(rig, SNMP_END_DONE, "");
	assert_int_equal(rig->client.sent, 6);
	assert_int_equal(rig->client.answered, 1);
	assert_int_equal(rig->client.foreign, 0);
	assert_int_equal(rig->client.first_us, 900 * MS - BEGAN_US);
}

/* Each request may be replaced four times, not the conversation. */
static void agent_that_is_never_content_ends(void **state)
{
	struct rig *rig = *state;
	int64_t now_us = 8 * MS;

	rig->asks = 2;
	begin(rig);
	for (unsigned i = 0; i < SNMP_REPLACED_MAX; i++)
		assert_int_equal(receive(rig, now_us++, "send again"), STEP_MORE);
	assert_int_equal(receive(rig, now_us++, "reply 1"), STEP_MORE);
	for (unsigned i = 0; i < SNMP_REPLACED_MAX; i++)
		assert_int_equal(receive(rig, now_us++, "send again"), STEP_MORE);
	assert_int_equal(receive(rig, now_us++, "send again"), STEP_DONE);
	check_end(rig, SNMP_END_REFUSED, "the agent never takes what it has asked for");
	assert_int_equal(rig->client.sent, 2 + 2 * SNMP_REPLACED_MAX);
	assert_int_equal(rig->client.answered, 1);
}

static void report_ends_with_its_words(void **state)
{
	struct rig *rig = *state;

	begin(rig);
	assert_int_equal(receive(rig, 8 * MS, "report unknown user name"), STEP_DONE);
	check_end(rig, SNMP_END_REFUSED, "unknown user name");
	assert_int_equal(rig->client.answered, 0);
	assert_int_equal(rig->client.received, 1);
	assert_int_equal(rig->client.foreign, 0);
	assert_int_equal(rig->client.first_us, 8 * MS - BEGAN_US);
	assert_int_equal(rig->client.engine_n, 5);
}

static void answer_within_the_same_microsecond_is_still_one(void **state)
{
	struct rig *rig = *state;

	begin(rig);
	receive(rig, BEGAN_US, "reply 1");
	assert_int_equal(rig->client.first_us, 1);
}

static void endless_conversation_is_ended(void **state)
{
	struct rig *rig = *state;

	rig->asks = 3;
	rig->arg.requests_max = 2;
	begin(rig);
	assert_int_equal(receive(rig, 8 * MS, "reply 1"), STEP_MORE);
	assert_int_equal(receive(rig, 9 * MS, "reply 2"), STEP_DONE);
	check_end(rig, SNMP_END_ENDLESS, "");
	assert_int_equal(rig->client.sent, 2);
	assert_int_equal(rig->client.answered, 2);
}

static void as_many_requests_as_allowed_are_no_endless_conversation(void **state)
{
	struct rig *rig = *state;

	rig->asks = 2;
	rig->arg.requests_max = 2;
	begin(rig);
	receive(rig, 8 * MS, "reply 1");
	assert_int_equal(receive(rig, 9 * MS, "reply 2"), STEP_DONE);
	check_end(rig, SNMP_END_DONE, "");
}

static void who_has_nothing_to_ask_sends_nothing(void **state)
{
	struct rig *rig = *state;

	rig->asks = 0;
	assert_int_equal(begin(rig), STEP_DONE);
	check_end(rig, SNMP_END_DONE, "");
	assert_int_equal(rig->client.sent, 0);
}

static void credentials_that_cannot_work_send_nothing(void **state)
{
	struct rig *rig = *state;

	rig->no_session = "no DES in this library";
	assert_int_equal(begin(rig), STEP_DONE);
	check_end(rig, SNMP_END_REFUSED, "no DES in this library");
	assert_int_equal(rig->client.sent, 0);
	assert_int_equal(rig->next_calls, 0);
}

static void request_that_cannot_be_written_is_not_sent(void **state)
{
	struct rig *rig = *state;

	rig->no_request = "too many variables";
	assert_int_equal(begin(rig), STEP_DONE);
	check_end(rig, SNMP_END_REFUSED, "too many variables");
	assert_int_equal(rig->client.sent, 0);
}

static void second_request_that_cannot_be_written_is_not_the_first_again(void **state)
{
	struct rig *rig = *state;

	rig->asks = 2;
	begin(rig);
	rig->no_request = "too many variables";
	assert_int_equal(receive(rig, 8 * MS, "reply 1"), STEP_DONE);
	check_end(rig, SNMP_END_REFUSED, "too many variables");
	assert_int_equal(rig->client.sent, 1);
	assert_int_equal(rig->client.answered, 1);
}

static void message_without_room_or_bytes_is_never_silence(void **state)
{
	static const char too_long[] = "send 0123456789012345678901234567890123456789"
				       "0123456789012345678901234567890123456789";
	static const char *const datagrams[] = { too_long, "send " };
	struct rig *rig = *state;

	for (size_t i = 0; i < 2; i++) {
		begin(rig);
		assert_int_equal(receive(rig, 8 * MS, datagrams[i]), STEP_DONE);
		check_end(rig, SNMP_END_REFUSED, "the request does not fit into a datagram");
		assert_int_equal(rig->client.sent, 1);
		snmp_client_close(&rig->client);
		rig_again(rig);
	}
	rig->no_bytes = true;
	assert_int_equal(begin(rig), STEP_DONE);
	check_end(rig, SNMP_END_REFUSED, "the request does not fit into a datagram");
}

static void clause_may_fill_its_room(void **state)
{
	char datagram[2 * SNMP_WHY_MAX] = "report ";
	struct rig *rig = *state;

	memset(datagram + 7, 'x', sizeof(datagram) - 8);
	begin(rig);
	receive(rig, 8 * MS, datagram);
	assert_int_equal(strlen(rig->client.why), SNMP_WHY_MAX - 1);
	assert_int_equal(rig->client.end, SNMP_END_REFUSED);
}

static void words_for_ids_differ_by_request_and_by_probe(void **state)
{
	struct rig *rig = *state;
	char reply[] = "reply 0";

	rig->asks = RANDOMS_MAX - 1;
	begin(rig);
	for (int i = 1; i < RANDOMS_MAX; i++) {
		reply[6] = (char)('0' + i);
		receive(rig, (8 + i) * MS, reply);
	}
	for (size_t i = 1; i < RANDOMS_MAX; i++)
		for (size_t k = 1; k < i; k++)
			assert_true((uint32_t)rig->random[i] != (uint32_t)rig->random[k]);
	uint64_t first = rig->random[1];
	snmp_client_close(&rig->client);
	rig_again(rig);
	rig->entropy[0]++;
	begin(rig);
	assert_true(rig->random[1] != first);
}

/* What the engine's deadline leaves; rig_free looks for leaks. */
static void conversation_can_be_cut_anywhere(void **state)
{
	struct rig *rig = *state;

	rig->asks = 9;
	for (unsigned steps = 0; steps < 5; steps++) {
		rig_again(rig);
		if (steps > 0)
			begin(rig);
		if (steps > 1)
			wake(rig);
		if (steps > 2)
			receive(rig, 900 * MS, "send with a longer message than before");
		if (steps > 3)
			receive(rig, 901 * MS, "reply 1");
		assert_int_equal(rig->client.end, SNMP_END_OPEN);
		assert_int_equal(rig->sessions, steps > 0);
		snmp_client_close(&rig->client);
		assert_int_equal(rig->sessions, 0);
	}
	rig_again(rig);
}

/* The kernel reads it, so that memory which is free already may be looked at. What lies at the front
 * of free memory belongs to the allocator. */
static bool is_secret_at(int memory, uintptr_t at)
{
	char got[6];

	return pread(memory, got, sizeof(got), (off_t)at + 32) == (ssize_t)sizeof(got) &&
	       memcmp(got, "secret", sizeof(got)) == 0;
}

static void what_was_sent_does_not_stay_in_memory(void **state)
{
	static const char datagram[] = "send 0123456789abcdef0123456789abcdefsecret";
	struct rig *rig = *state;
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	uintptr_t at[2];

	assert_true(memory >= 0);
	rig->asks = 2;
	begin(rig);
	for (int i = 0; i < 2; i++) {
		receive(rig, (8 + i) * MS, datagram);
		at[i] = (uintptr_t)rig->client.message;
		assert_true(is_secret_at(memory, at[i]));
		if (i == 0)
			receive(rig, 8 * MS, "reply 1");
		else
			snmp_client_close(&rig->client);
		assert_false(is_secret_at(memory, at[i]));
	}
	rig_again(rig);
	close(memory);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_new, rig_free)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(requests_follow_each_other_until_there_are_no_more),
		TEST(silence_ends_after_the_last_wait),
		TEST(without_retries_a_request_is_sent_once),
		TEST(late_timer_does_not_shorten_the_next_wait),
		TEST(answer_after_a_retransmission_counts),
		TEST(each_request_has_all_tries),
		TEST(what_answers_nothing_changes_nothing),
		TEST(datagram_of_another_address_or_port_is_never_read),
		TEST(what_the_session_sends_instead_is_sent_again),
		TEST(agent_that_is_never_content_ends),
		TEST(report_ends_with_its_words),
		TEST(answer_within_the_same_microsecond_is_still_one),
		TEST(endless_conversation_is_ended),
		TEST(as_many_requests_as_allowed_are_no_endless_conversation),
		TEST(who_has_nothing_to_ask_sends_nothing),
		TEST(credentials_that_cannot_work_send_nothing),
		TEST(request_that_cannot_be_written_is_not_sent),
		TEST(second_request_that_cannot_be_written_is_not_the_first_again),
		TEST(message_without_room_or_bytes_is_never_silence),
		TEST(clause_may_fill_its_room),
		TEST(words_for_ids_differ_by_request_and_by_probe),
		TEST(conversation_can_be_cut_anywhere),
		TEST(what_was_sent_does_not_stay_in_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
