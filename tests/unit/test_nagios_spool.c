/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results that wait in the folder of Nagios: the newest of each object, for as long as the queue keeps them. */
#define _GNU_SOURCE
#include "sink_place.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void spool(struct sink_place *place, const struct check_result *result)
{
	assert_int_equal(write_with(place, &sink_nagios_spool, result), PUSH_SENT);
	check_words(place, "");
}

/* Whether a file that Nagios would take has this text. */
static bool waits(struct sink_place *place, const char *text)
{
	DIR *folder = opendir(place->folder);
	bool found = false;

	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		char data[8];
		if (!view_ends(view_of(entry->d_name), VIEW(".ok")))
			continue;
		snprintf(data, sizeof(data), "%.7s", entry->d_name);
		found |= strstr(read_file(place, data), text) != NULL;
	}
	closedir(folder);
	return found;
}

static void of_each_object_only_the_newest_waits(void **state)
{
	static const struct {
		const char *host, *service;
	} objects[] = { { "pbx1", "sip" }, { "pbx1", "" },	{ "pbx1", "sip udp" },
			{ "pbx", "1sip" }, { "pbx1\\", "sip" }, { "pbx2", "sip" } };
	enum { OBJECTS = CASES(objects) };
	struct sink_place *place = *state;
	char text[40];

	for (unsigned i = 0; i < 3 * OBJECTS; i++) {
		struct check_result result =
			result_of(objects[i % OBJECTS].host, objects[i % OBJECTS].service);
		snprintf(text, sizeof(text), "number %u", i);
		result.output = view_of(text);
		spool(place, &result);
	}
	assert_int_equal(count_files(place, ".ok"), 2 * OBJECTS);
	for (unsigned i = 0; i < OBJECTS; i++) {
		snprintf(text, sizeof(text), "output=number %u|", 2 * OBJECTS + i);
		assert_true(waits(place, text));
	}
}

/* Their names differ in the last character only: 20 bits of FNV-1a are the same. */
static void objects_of_a_like_name_stay_apart(void **state)
{
	struct sink_place *place = *state;
	struct check_result one = result_of("pbx35", "sip"), two = result_of("pbx973", "sip");
	char name[256];

	spool(place, &one);
	count_files(place, ".ok");
	snprintf(name, sizeof(name), "%s", place->name);
	spool(place, &two);
	assert_int_equal(count_files(place, ""), 4);
	spool(place, &one);
	spool(place, &two);
	assert_int_equal(count_files(place, ".ok"), 4);
	assert_memory_equal(place->name, name, 6);
	assert_true(waits(place, "host_name=pbx35\n"));
	assert_true(waits(place, "host_name=pbx973\n"));
}

static void what_is_being_written_and_files_of_others_stay(void **state)
{
	static const char ours[] = "host_name=pbx1\nservice_description=sip\ncheck_type=1\n";
	struct sink_place *place = *state;
	struct check_result result = result_of("pbx1", "sip");
	char begun[8], other[8], ok[12];

	spool(place, &result);
	count_files(place, ".ok");
	char slot = place->name[6];
	snprintf(begun, sizeof(begun), "%.6s%c", place->name, slot == '1' ? '3' : '1');
	snprintf(other, sizeof(other), "%.6s%c", place->name, slot == '2' ? '4' : '2');
	snprintf(ok, sizeof(ok), "%s.ok", other);
	put_file(place, begun, ours);
	put_file(place, other, "file_time=1\nhost_name=pbx1\nservice_description=sip\n");
	put_file(place, ok, "");
	spool(place, &result);
	assert_int_equal(count_files(place, ""), 5);
	put_file(place, other, ours);
	spool(place, &result);
	assert_int_equal(count_files(place, ""), 3);
	assert_string_equal(read_file(place, begun), ours);
}

static void a_result_keeps_as_long_as_in_the_queue(void **state)
{
	static const struct {
		int64_t max_age_us;
		time_t changed;
	} cases[] = { { INT64_C(7200000000), 1795239401 + 7200 }, { 0, 1795239401 + 315360000 } };
	struct sink_place *place = *state;
	struct check_result result = result_of("pbx1", "sip");

	for (size_t i = 0; i < CASES(cases); i++) {
		struct stat st = { .st_mtime = 0 };
		char path[320];
		place->profile.max_age_us = cases[i].max_age_us;
		spool(place, &result);
		count_files(place, ".ok");
		snprintf(path, sizeof(path), "%s/%.7s", place->folder, place->name);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mtime, cases[i].changed);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, sink_place_new, sink_place_free)
	const struct CMUnitTest tests[] = {
		TEST(of_each_object_only_the_newest_waits),
		TEST(objects_of_a_like_name_stay_apart),
		TEST(what_is_being_written_and_files_of_others_stay),
		TEST(a_result_keeps_as_long_as_in_the_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
