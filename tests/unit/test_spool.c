/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue: what is added, loaded in order, marked and settled; and what counts no more. */
#define _GNU_SOURCE
#include "spool_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static mode_t mode_of(const struct place *place, const char *name)
{
	char path[PATH_BYTES];
	struct stat st;

	assert_int_equal(lstat(path_of(place, name, path), &st), 0);
	return st.st_mode & 07777;
}

static void what_is_added_is_loaded_in_order(void **state)
{
	struct place *place = *state;
	struct check_result two[] = { result_of("a", "second", NOW_US),
				      result_of("a", "third", NOW_US) };

	add(place, "b", "first", NOW_US);
	assert_true(spool_add(place->spool, two, 2, NOW_US, &place->error));
	add(place, "a", "fourth", NOW_US - SECOND_US);
	assert_int_equal(spool_depth(place->spool), 4);
	assert_int_equal(count_files(place, "queue"), 3);
	check_loaded(place, "first second third fourth");
	reopen(place);
	check_loaded(place, "first second third fourth");
	assert_ptr_equal(spool_at(place->spool, 3), spool_at(place->spool, 0) + 3);
}

static void all_of_a_result_survives(void **state)
{
	struct place *place = *state;
	struct check_result in = {
		.host = VIEW("pbx \"1\""),
		.service = VIEW("sip\\udp"),
		.output = VIEW("SIP OK - gr\xc3\xbc\xc3\x9f\nline 2"),
		.perfdata = VIEW("time=0.012s;0.5;1;0 'a b'=1"),
		.command = VIEW("check_sip"),
		.source = VIEW("probe7"),
		.state = STATE_CRITICAL,
		.start_us = NOW_US - 5,
		.end_us = NOW_US,
		.ttl_s = 300,
	};

	assert_true(spool_add(place->spool, &in, 1, NOW_US, &place->error));
	load_all(place);
	const struct check_result *out = spool_at(place->spool, 0);
	assert_true(view_eq(out->host, in.host) && view_eq(out->service, in.service));
	assert_true(view_eq(out->output, in.output) && view_eq(out->perfdata, in.perfdata));
	assert_true(view_eq(out->command, in.command) && view_eq(out->source, in.source));
	assert_int_equal(out->state, STATE_CRITICAL);
	assert_true(out->start_us == in.start_us && out->end_us == NOW_US && out->ttl_s == 300);
}

static void an_empty_queue_has_nothing(void **state)
{
	struct place *place = *state;

	assert_true(spool_add(place->spool, NULL, 0, NOW_US, &place->error));
	assert_int_equal(count_files(place, "queue"), 0);
	check_loaded(place, "");
	settle(place);
	assert_int_equal(spool_depth(place->spool), 0);
	assert_int_equal(spool_dead_depth(place->spool), 0);
}

static void others_may_not_read(void **state)
{
	struct place *place = *state;
	char command[PATH_BYTES];

	write_file(place, "queue/" NAME("00000", "1"), "{\"host\":\"h\",\"state\":0}\nnone\n");
	load_all(place);
	settle(place);
	assert_int_equal(mode_of(place, ""), 0700);
	assert_int_equal(mode_of(place, "queue"), 0700);
	assert_int_equal(mode_of(place, "dead"), 0700);
	assert_int_equal(mode_of(place, "lock"), 0600);
	assert_true(spool_set_backoff(place->spool, (struct spool_backoff){ 1, NOW_US },
				      &place->error));
	assert_int_equal(mode_of(place, "backoff"), 0600);
	snprintf(command, sizeof(command), "! find %s -mindepth 1 -perm /077 | grep .",
		 place->folder);
	assert_int_equal(system(command), 0);
}

static void sent_results_leave(void **state)
{
	struct place *place = *state;

	add(place, "a", "one", NOW_US);
	add(place, "b", "two", NOW_US);
	load_all(place);
	mark_all_sent(place);
	settle(place);
	assert_int_equal(spool_count(place->spool), 0);
	assert_int_equal(count_files(place, "queue"), 0);
	check_loaded(place, "");
}

/* The name of the only file. */
static struct view only_name(const struct place *place, char path[PATH_BYTES])
{
	char command[PATH_BYTES];

	snprintf(command, sizeof(command), "ls %s/probe/queue", place->folder);
	FILE *names = popen(command, "r");
	assert_non_null(names);
	assert_non_null(fgets(path, PATH_BYTES, names));
	char more[PATH_BYTES];
	assert_null(fgets(more, sizeof(more), names));
	pclose(names);
	return view_trim(view_of(path));
}

static void what_is_left_becomes_one_file_at_the_oldest_place(void **state)
{
	struct place *place = *state;
	char path[PATH_BYTES];

	add(place, "a", "one", NOW_US);
	add(place, "b", "two", NOW_US);
	add(place, "c", "three", NOW_US);
	load_all(place);
	spool_mark_sent(place->spool, 1);
	add(place, "d", "four", NOW_US);
	settle(place);
	assert_int_equal(count_files(place, "queue"), 2);
	assert_int_equal(spool_depth(place->spool), 3);
	check_loaded(place, "one three four");
	settle(place);
	struct view name = only_name(place, path);
	assert_true(view_starts(name, VIEW("1800000000000000-")));
	assert_true(view_ends(name, VIEW(".3.jsonl")));
	check_loaded(place, "one three four");
}

static void one_file_without_marks_is_not_written_again(void **state)
{
	struct place *place = *state;
	char before[PATH_BYTES], after[PATH_BYTES];

	add(place, "a", "one", NOW_US);
	only_name(place, before);
	load_all(place);
	settle(place);
	only_name(place, after);
	assert_string_equal(before, after);
	/* nor are others written because of what was sent */
	add(place, "b", "two", NOW_US);
	load_all(place);
	spool_mark_sent(place->spool, 1);
	settle(place);
	only_name(place, after);
	assert_string_equal(before, after);
	check_loaded(place, "one");
}

static void keys_of_a_later_version_stay(void **state)
{
	struct place *place = *state;
	char text[TEXT_MAX];

	write_file(place, "queue/" NAME("00000", "1"),
		   "{\"host\":\"h\",\"output\":\"one\",\"state\":0,\"colour\":[\"red\"]}\n");
	add(place, "b", "two", NOW_US);
	check_loaded(place, "one two");
	settle(place);
	assert_int_equal(count_files(place, "queue"), 1);
	read_files(place, "queue", text);
	assert_non_null(strstr(text, "\"colour\":[\"red\"]}\n"));
}

static void of_an_object_the_newest_counts(void **state)
{
	struct place *place = *state;

	place->conf.newest_only = true;
	reopen(place);
	add(place, "a", "a1", NOW_US - 3);
	add(place, "b", "b1", NOW_US - 3);
	add(place, "a", "a3", NOW_US - 1);
	add(place, "a", "a2", NOW_US - 2);
	add(place, "b", "b2", NOW_US - 3);
	check_loaded(place, "a3 b2");
	settle(place);
	assert_int_equal(spool_counts(place->spool).superseded, 3);
	assert_int_equal(count_files(place, "queue"), 1);
	check_loaded(place, "a3 b2");
	settle(place);
	assert_int_equal(spool_counts(place->spool).superseded, 3);
}

static void the_service_is_part_of_the_object(void **state)
{
	struct place *place = *state;
	struct check_result of_host = result_of("a", "host", NOW_US - 1);

	of_host.service = VIEW("");
	place->conf.newest_only = true;
	reopen(place);
	add(place, "a", "service", NOW_US - 2);
	assert_true(spool_add(place->spool, &of_host, 1, NOW_US, &place->error));
	check_loaded(place, "service host");
}

static void results_from_the_future_are_not_the_newest(void **state)
{
	struct place *place = *state;

	place->conf.newest_only = true;
	reopen(place);
	add(place, "a", "future", NOW_US + 3600 * SECOND_US);
	add(place, "a", "now", NOW_US - 2);
	add(place, "b", "b1", NOW_US + 7200 * SECOND_US);
	add(place, "b", "b2", NOW_US + 3600 * SECOND_US);
	add(place, "c", "c2", NOW_US + SECOND_US); /* came while we waited for the lock */
	add(place, "c", "c1", NOW_US);
	check_loaded(place, "now b2 c2");
}

static void the_order_outlives_a_clock_that_goes_back(void **state)
{
	struct place *place = *state;
	struct check_result result = result_of("a", "second", NOW_US - 3600 * SECOND_US);

	add(place, "a", "first", NOW_US);
	assert_true(spool_add(place->spool, &result, 1, result.end_us, &place->error));
	result.output = VIEW("third");
	assert_true(spool_add(place->spool, &result, 1, -5, &place->error));
	check_loaded(place, "first second third");
	mark_all_sent(place);
	settle(place);
	assert_true(spool_add(place->spool, &result, 1, -5, &place->error));
	add(place, "a", "fourth", NOW_US);
	check_loaded(place, "third fourth");
}

static void the_last_stamp_is_no_end(void **state)
{
	struct place *place = *state;

	write_file(place, "queue/9999999999999999-0123456789abcdef.1.jsonl",
		   "{\"host\":\"h\",\"output\":\"one\",\"state\":0}\n");
	add(place, "a", "two", NOW_US);
	add(place, "a", "three", NOW_US);
	load_all(place);
	assert_int_equal(spool_count(place->spool), 3);
	mark_all_sent(place);
	settle(place);
	assert_int_equal(count_files(place, "queue"), 0);
}

static void a_line_that_is_there_twice_counts_once(void **state)
{
	struct place *place = *state;

	add(place, "a", "one", NOW_US);
	add(place, "b", "two", NOW_US);
	add(place, "a", "one", NOW_US);
	add(place, "a", "one", NOW_US);
	check_loaded(place, "two one");
	spool_mark_sent(place->spool, 1);
	settle(place);
	check_loaded(place, "two");
	assert_int_equal(spool_counts(place->spool).superseded, 0);
}

static void a_state_that_came_back_at_the_same_time_is_the_newest(void **state)
{
	struct place *place = *state;

	place->conf.newest_only = true;
	reopen(place);
	add(place, "a", "fine", NOW_US);
	add(place, "a", "broken", NOW_US);
	add(place, "a", "fine", NOW_US);
	check_loaded(place, "fine");
}

static void older_results_expire(void **state)
{
	struct place *place = *state;
	int64_t hour_us = 3600 * SECOND_US;

	add(place, "a", "old", NOW_US - hour_us - 1);
	add(place, "b", "young", NOW_US - hour_us);
	add(place, "c", "future", NOW_US + hour_us);
	add(place, "d", "untimed", 0);
	check_loaded(place, "old young future untimed");
	place->conf.max_age_us = hour_us;
	reopen(place);
	check_loaded(place, "young future untimed");
	settle(place);
	assert_int_equal(spool_counts(place->spool).expired, 1);
	assert_int_equal(spool_depth(place->spool), 3);
	assert_true(spool_load(place->spool, NOW_US + 2 * hour_us, &place->error));
	assert_int_equal(spool_count(place->spool), 1);
	settle(place);
	assert_int_equal(spool_counts(place->spool).expired, 3);
}

static void what_is_beyond_the_cap_goes_oldest_first(void **state)
{
	struct place *place = *state;
	struct check_result result = result_of("a", "1", NOW_US);
	struct grow line = { .p = NULL };

	check_result_write(&result, &line);
	place->conf.max_bytes = 2 * (line.n + 1);
	grow_free(&line);
	reopen(place);
	add(place, "a", "1", NOW_US);
	add(place, "b", "2", NOW_US);
	check_loaded(place, "1 2");
	settle(place);
	add(place, "c", "3", NOW_US);
	check_loaded(place, "2 3");
	settle(place);
	assert_int_equal(spool_counts(place->spool).dropped, 1);
	assert_int_equal(spool_depth(place->spool), 2);
	place->conf.max_bytes--;
	reopen(place);
	check_loaded(place, "3");
}

static void what_is_superseded_is_not_beyond_the_cap(void **state)
{
	struct place *place = *state;

	place->conf.max_bytes = 160;
	place->conf.newest_only = true;
	reopen(place);
	add(place, "a", "a1", NOW_US - 9);
	for (int i = 8; i > 0; i--)
		add(place, "b", "b1", NOW_US - i);
	check_loaded(place, "a1 b1");
	settle(place);
	assert_int_equal(spool_counts(place->spool).dropped, 0);
	assert_int_equal(spool_counts(place->spool).superseded, 7);
}

static void a_name_that_lies_is_corrected(void **state)
{
	static const char *const counts[] = { "7", "1", "0", "999999999" };
	struct place *place = *state;
	char name[PATH_BYTES];

	for (size_t i = 0; i < CASES(counts); i++) {
		snprintf(name, sizeof(name), "queue/1800000000000000-0123456789abcdef.%s.jsonl",
			 counts[i]);
		write_file(place, name,
			   "{\"host\":\"h\",\"state\":0,\"output\":\"one\"}\n\n"
			   "{\"host\":\"i\",\"state\":0,\"output\":\"two\"}");
		assert_int_equal(spool_depth(place->spool), strtoul(counts[i], NULL, 10));
		check_loaded(place, "one two");
		settle(place);
		assert_int_equal(spool_depth(place->spool), 2);
		assert_int_equal(count_files(place, "queue"), 1);
		load_all(place);
		mark_all_sent(place);
		settle(place);
		assert_int_equal(count_files(place, "queue"), 0);
	}
	assert_int_equal(spool_counts(place->spool).corrupt, 0);
}

static void a_name_that_lies_hides_no_mark(void **state)
{
	struct place *place = *state;

	write_file(place, "queue/" NAME("00000", "1"),
		   "{\"host\":\"h\",\"state\":0,\"output\":\"one\"}\n"
		   "{\"host\":\"i\",\"state\":0,\"output\":\"two\"}\n");
	load_all(place);
	spool_mark_sent(place->spool, 0);
	settle(place);
	check_loaded(place, "two");
}

static void ten_thousand_results_keep_their_order(void **state)
{
	enum { MANY = 10000 };
	struct place *place = *state;
	struct check_result *result = calloc(MANY, sizeof(*result));
	char(*host)[16] = calloc(MANY, sizeof(*host));

	assert_true(result != NULL && host != NULL);
	for (size_t i = 0; i < MANY; i++) {
		snprintf(host[i], sizeof(host[i]), "h%zu", i * 7919 % (MANY / 2));
		result[i] = result_of(host[i], "fine", NOW_US - MANY + (int64_t)i);
	}
	assert_true(spool_add(place->spool, result, MANY, NOW_US, &place->error));
	load_all(place);
	assert_int_equal(spool_count(place->spool), MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_true(view_eq(spool_at(place->spool, i)->host, result[i].host));
	place->conf.newest_only = true;
	reopen(place);
	load_all(place);
	assert_int_equal(spool_count(place->spool), MANY / 2);
	for (size_t i = 0; i < MANY / 2; i++)
		assert_int_equal(spool_at(place->spool, i)->end_us, result[i + MANY / 2].end_us);
	mark_all_sent(place);
	settle(place);
	assert_int_equal(count_files(place, "queue"), 0);
	free(result);
	free(host);
}

static void a_file_of_64_mb_is_read(void **state)
{
	enum { MANY = 1024 };
	struct place *place = *state;
	struct check_result *result = calloc(MANY, sizeof(*result));
	char *output = malloc(CHECK_RESULT_OUTPUT_MAX);

	assert_true(result != NULL && output != NULL);
	memset(output, 'x', CHECK_RESULT_OUTPUT_MAX);
	for (size_t i = 0; i < MANY; i++) {
		result[i] = result_of("h", "", NOW_US + (int64_t)i);
		result[i].output = (struct view){ output, CHECK_RESULT_OUTPUT_MAX };
	}
	assert_true(spool_add(place->spool, result, MANY, NOW_US, &place->error));
	place->conf.max_bytes = 64 << 20;
	reopen(place);
	load_all(place);
	assert_in_range(spool_count(place->spool), MANY - 2, MANY - 1);
	settle(place);
	assert_in_range(spool_counts(place->spool).dropped, 1, 2);
	assert_int_equal(count_files(place, "queue"), 1);
	free(result);
	free(output);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_new, place_free)
	const struct CMUnitTest tests[] = {
		TEST(what_is_added_is_loaded_in_order),
		TEST(all_of_a_result_survives),
		TEST(an_empty_queue_has_nothing),
		TEST(others_may_not_read),
		TEST(sent_results_leave),
		TEST(what_is_left_becomes_one_file_at_the_oldest_place),
		TEST(one_file_without_marks_is_not_written_again),
		TEST(keys_of_a_later_version_stay),
		TEST(of_an_object_the_newest_counts),
		TEST(the_service_is_part_of_the_object),
		TEST(results_from_the_future_are_not_the_newest),
		TEST(the_order_outlives_a_clock_that_goes_back),
		TEST(the_last_stamp_is_no_end),
		TEST(a_line_that_is_there_twice_counts_once),
		TEST(a_state_that_came_back_at_the_same_time_is_the_newest),
		TEST(older_results_expire),
		TEST(what_is_beyond_the_cap_goes_oldest_first),
		TEST(what_is_superseded_is_not_beyond_the_cap),
		TEST(a_name_that_lies_is_corrected),
		TEST(a_name_that_lies_hides_no_mark),
		TEST(ten_thousand_results_keep_their_order),
		TEST(a_file_of_64_mb_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
