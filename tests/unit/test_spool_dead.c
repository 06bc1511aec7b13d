/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dead/: what was refused, with the receiver's words, and what is no result; back into the queue. */
#define _GNU_SOURCE
#include "spool_place.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void refuse_all(struct place *place, long status, const char *words)
{
	load_all(place);
	for (size_t i = 0; i < spool_count(place->spool); i++)
		spool_mark_refused(place->spool, i, status, view_of(words));
	settle(place);
}

/* The line as jansson reads it; release with json_decref. */
static json_t *dead_line(const struct place *place, unsigned number)
{
	char text[TEXT_MAX];
	struct view line = { NULL, 0 };

	read_files(place, "dead", text);
	struct view rest = view_of(text);
	for (unsigned i = 0; i <= number; i++)
		line = view_take_until(&rest, '\n');
	json_t *object = json_loadb(line.p, line.n, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(object);
	return object;
}

static struct view text_of(const json_t *object, const char *key)
{
	return view_of(json_string_value(json_object_get(object, key)));
}

static void check_text(const json_t *object, const char *key, const char *expected)
{
	assert_true(view_eq(text_of(object, key), view_of(expected)));
}

static void what_was_refused_is_kept_with_the_words(void **state)
{
	struct place *place = *state;

	add(place, "a", "one", NOW_US);
	add(place, "b", "two", NOW_US);
	add(place, "c", "three", NOW_US);
	load_all(place);
	spool_mark_sent(place->spool, 0);
	spool_mark_refused(place->spool, 1, 404, VIEW("No \"objects\" found.\n\xff"));
	settle(place);
	assert_int_equal(spool_counts(place->spool).refused, 1);
	assert_int_equal(spool_dead_depth(place->spool), 1);
	check_loaded(place, "three");
	json_t *line = dead_line(place, 0);
	check_text(line, "host", "b");
	check_text(line, "output", "two");
	check_text(line, "refused_words", "No \"objects\" found.\n?");
	assert_int_equal(json_integer_value(json_object_get(line, "refused_status")), 404);
	assert_int_equal(json_integer_value(json_object_get(line, "refused_us")), NOW_US);
	json_decref(line);
}

static void words_need_not_outlive_the_mark(void **state)
{
	struct place *place = *state;
	char words[] = "first words";

	add(place, "a", "one", NOW_US);
	load_all(place);
	spool_mark_refused(place->spool, 0, 0, view_of(words));
	memset(words, 'x', sizeof(words) - 1);
	settle(place);
	json_t *line = dead_line(place, 0);
	check_text(line, "refused_words", "first words");
	assert_null(json_object_get(line, "refused_status"));
	json_decref(line);
}

static void a_broken_line_is_kept_as_it_was(void **state)
{
	static const struct {
		const char *line, *kept, *words;
	} cases[] = {
		{ "noise", "noise", "is no JSON object (byte " },
		{ "\"\\x\xff\x01", "\"\\x\xc3\xbf\x01", "is no JSON object (byte " },
		{ "[1]", "[1]", "is no JSON object (byte " },
		{ "{\"host\":\"h\"}", "{\"host\":\"h\"}",
		  "\"state\" is missing, or no whole number" },
		{ "{\"state\":0}", "{\"state\":0}", "the name of the host is empty" },
		{ "{\"host\":\"h\",\"state\":4}", "{\"host\":\"h\",\"state\":4}",
		  "\"state\" is no whole number from 0 to 3" },
	};
	struct place *place = *state;
	char text[TEXT_MAX];

	for (size_t i = 0; i < CASES(cases); i++) {
		snprintf(text, sizeof(text),
			 "%s\n{\"host\":\"h\",\"output\":\"good\",\"state\":0}\n", cases[i].line);
		write_file(place, "queue/" NAME("00000", "2"), text);
		check_loaded(place, "good");
		mark_all_sent(place);
		settle(place);
		assert_int_equal(spool_counts(place->spool).corrupt, i + 1);
		assert_int_equal(spool_dead_depth(place->spool), i + 1);
		assert_int_equal(count_files(place, "queue"), 0);
		json_t *line = dead_line(place, (unsigned)i);
		check_text(line, "broken", cases[i].kept);
		assert_true(view_starts(text_of(line, "refused_words"), view_of(cases[i].words)));
		assert_int_equal(json_integer_value(json_object_get(line, "broken_bytes")),
				 strlen(cases[i].line));
		json_decref(line);
	}
}

static void zero_bytes_are_kept_too(void **state)
{
	struct place *place = *state;
	char path[PATH_BYTES];

	FILE *file = fopen(path_of(place, "queue/" NAME("00000", "1"), path), "w");
	assert_non_null(file);
	assert_int_equal(fwrite("a\0b\n", 1, 4, file), 4);
	fclose(file);
	check_loaded(place, "");
	settle(place);
	json_t *line = dead_line(place, 0);
	assert_int_equal(json_string_length(json_object_get(line, "broken")), 3);
	json_decref(line);
}

static void a_long_broken_line_is_cut(void **state)
{
	enum { LONG = 3 << 20, KEPT = 1 << 20 };
	struct place *place = *state;
	char *text = malloc(LONG + 1), path[PATH_BYTES];

	assert_non_null(text);
	memset(text, 'x', LONG);
	text[LONG] = '\0';
	write_file(place, "queue/" NAME("00000", "1"), text);
	free(text);
	check_loaded(place, "");
	settle(place);
	snprintf(path, sizeof(path), "cat %s/probe/dead/*", place->folder);
	FILE *dead = popen(path, "r");
	assert_non_null(dead);
	json_t *line = json_loadf(dead, 0, NULL);
	pclose(dead);
	assert_int_equal(json_string_length(json_object_get(line, "broken")), KEPT);
	assert_int_equal(json_integer_value(json_object_get(line, "broken_bytes")), LONG);
	json_decref(line);
}

static void small_files_become_one(void **state)
{
	struct place *place = *state;

	for (unsigned i = 1; i <= 5; i++) {
		add(place, "a", "one", NOW_US + i);
		refuse_all(place, 404, "no");
		assert_int_equal(count_files(place, "dead"), 1);
		assert_int_equal(spool_dead_depth(place->spool), i);
	}
	json_t *first = dead_line(place, 0), *last = dead_line(place, 4);
	assert_int_equal(json_integer_value(json_object_get(first, "end_us")), NOW_US + 1);
	assert_int_equal(json_integer_value(json_object_get(last, "end_us")), NOW_US + 5);
	json_decref(first);
	json_decref(last);
}

static void a_line_end_that_is_missing_is_added(void **state)
{
	struct place *place = *state;

	write_file(place, "dead/" NAME("00000", "1"), "{\"host\":\"h\"}");
	add(place, "a", "one", NOW_US);
	refuse_all(place, 404, "no");
	assert_int_equal(spool_dead_depth(place->spool), 2);
	json_t *line = dead_line(place, 1);
	check_text(line, "output", "one");
	json_decref(line);
}

static void a_large_file_is_let_alone(void **state)
{
	struct place *place = *state;
	char output[60001];

	memset(output, 'x', sizeof(output) - 1);
	output[sizeof(output) - 1] = '\0';
	for (int i = 0; i < 6; i++)
		add(place, "a", output, NOW_US + i);
	refuse_all(place, 404, "no");
	add(place, "b", "one", NOW_US);
	refuse_all(place, 404, "no");
	assert_int_equal(count_files(place, "dead"), 2);
	assert_int_equal(spool_dead_depth(place->spool), 7);
}

static void the_cap_drops_the_oldest(void **state)
{
	struct place *place = *state;
	char output[101];

	memset(output, 'x', sizeof(output) - 1);
	output[sizeof(output) - 1] = '\0';
	place->conf.max_bytes = 700;
	reopen(place);
	write_file(place, "dead/" NAME("00000", "3"), "{}\n{}\n{}\n");
	for (unsigned i = 1; i <= 4; i++) {
		add(place, "a", output, NOW_US + i);
		refuse_all(place, 404, "no");
	}
	assert_int_equal(spool_dead_depth(place->spool), 2);
	assert_int_equal(spool_counts(place->spool).dead_dropped, 5);
	json_t *first = dead_line(place, 0);
	assert_int_equal(json_integer_value(json_object_get(first, "end_us")), NOW_US + 3);
	json_decref(first);
}

static void older_files_go_whole(void **state)
{
	struct place *place = *state;
	char *text = malloc(300001);

	assert_non_null(text);
	memset(text, ' ', 300000);
	text[300000] = '\0';
	write_file(place, "dead/" NAME("00000", "3"), text);
	write_file(place, "dead/" NAME("00001", "2"), text);
	write_file(place, "dead/notes", text);
	free(text);
	place->conf.max_bytes = 400000;
	reopen(place);
	add(place, "a", "one", NOW_US);
	refuse_all(place, 404, "no");
	assert_int_equal(spool_counts(place->spool).dead_dropped, 3);
	assert_int_equal(count_files(place, "dead"), 3);
}

static void what_is_larger_than_the_cap_is_not_kept(void **state)
{
	struct place *place = *state;

	place->conf.max_bytes = 80;
	reopen(place);
	add(place, "a", "one", NOW_US);
	refuse_all(place, 404, "longer than what is left of eighty bytes");
	assert_int_equal(spool_counts(place->spool).refused, 1);
	assert_int_equal(spool_counts(place->spool).dead_dropped, 1);
	assert_int_equal(count_files(place, "dead"), 0);
	assert_int_equal(count_files(place, "queue"), 0);
}

static void the_refused_come_back(void **state)
{
	struct place *place = *state;
	char text[TEXT_MAX];

	assert_int_equal(spool_revive(place->spool, NOW_US, &place->error), 0);
	add(place, "a", "one", NOW_US);
	add(place, "b", "two", NOW_US);
	refuse_all(place, 404, "no");
	add(place, "c", "three", NOW_US);
	assert_int_equal(spool_revive(place->spool, NOW_US, &place->error), 2);
	assert_int_equal(count_files(place, "dead"), 0);
	check_loaded(place, "three one two");
	read_files(place, "queue", text);
	assert_null(strstr(text, "refused"));
	refuse_all(place, 403, "no");
	assert_int_equal(spool_revive(place->spool, NOW_US, &place->error), 3);
}

static void lines_that_are_no_result_do_not_come_back(void **state)
{
	struct place *place = *state;

	add(place, "a", "one", NOW_US);
	write_file(place, "queue/" NAME("00009", "1"), "noise\n");
	refuse_all(place, 404, "no");
	write_file(place, "dead/" NAME("00009", "7"), "\nsomething else");
	assert_int_equal(spool_revive(place->spool, NOW_US, &place->error), 1);
	assert_int_equal(spool_dead_depth(place->spool), 2);
	assert_int_equal(count_files(place, "dead"), 1);
	json_t *line = dead_line(place, 0);
	check_text(line, "broken", "noise");
	json_decref(line);
	check_loaded(place, "one");
	assert_int_equal(spool_revive(place->spool, NOW_US, &place->error), 0);
	assert_int_equal(spool_dead_depth(place->spool), 2);
	assert_int_equal(count_files(place, "queue"), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_new, place_free)
	const struct CMUnitTest tests[] = {
		TEST(what_was_refused_is_kept_with_the_words),
		TEST(words_need_not_outlive_the_mark),
		TEST(a_broken_line_is_kept_as_it_was),
		TEST(zero_bytes_are_kept_too),
		TEST(a_long_broken_line_is_cut),
		TEST(small_files_become_one),
		TEST(a_line_end_that_is_missing_is_added),
		TEST(a_large_file_is_let_alone),
		TEST(the_cap_drops_the_oldest),
		TEST(older_files_go_whole),
		TEST(what_is_larger_than_the_cap_is_not_kept),
		TEST(the_refused_come_back),
		TEST(lines_that_are_no_result_do_not_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
