/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profiles of devices, and that recordings are profiles. Each tests/data/profile/bad-*.ini begins with
 * "# LINE: CLAUSE", the error that it is refused with. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "cli/file.h"
#include "cli/profile_file.h"

enum { TIMEOUT_US = 10000000, PATH_BYTES = 512, BYTES_MAX = 3000, ROOM = 8 * BYTES_MAX };

static const char *path_of(char *path, const char *name)
{
	const char *srcdir = getenv("srcdir");

	snprintf(path, PATH_BYTES, "%s/%s", srcdir != NULL ? srcdir : ".", name);
	return path;
}

static void read_good(struct arena *arena, const char *name, struct profile *out)
{
	char path[PATH_BYTES];
	struct opt_error error;

	if (!profile_read(path_of(path, name), TIMEOUT_US, arena, out, &error))
		fail_msg("%s", error.text);
}

#define REQUEST                                                                                    \
	VIEW("\x02\x09\x00\x00\x1d\x00\x00\x00\x00\x00\x12\x34\x00\x02"                            \
	     "en\x00\x00\xff\xff\x00\x07"                                                          \
	     "DEFAULT")
#define REPLY                                                                                      \
	"\x02\x0a\x00\x00\x50\x00\x00\x00\x00\x00\x12\x34\x00\x02"                                 \
	"en\x00\x00\x00\x3cservice:"

static void sections_are_probes_in_their_order(void **state)
{
	struct arena arena = { NULL };
	struct profile profile;

	(void)state;
	read_good(&arena, "tests/data/profile/good-two.ini", &profile);
	assert_int_equal(profile.count, 2);
	assert_int_equal(profile.captures, 5);
	assert_string_equal(profile.probe[0].name, "types of version 2");
	assert_string_equal(profile.probe[1].name, "the same as stream");
	for (size_t i = 0; i < 2; i++) {
		assert_true(view_eq(profile.probe[i].send, REQUEST));
		assert_int_equal(profile.probe[i].tcp, i == 1);
		assert_true(mask_matches(&profile.probe[i].expect, VIEW(REPLY "diva")));
	}
	assert_int_equal(profile.probe[0].expect.captures, 5);
	assert_false(mask_matches(&profile.probe[0].expect, VIEW("\x02\x0a")));
	arena_free(&arena);
}

static void the_least_profile_asks_over_udp(void **state)
{
	struct arena arena = { NULL };
	struct profile profile;

	(void)state;
	read_good(&arena, "tests/data/profile/good-one.ini", &profile);
	assert_int_equal(profile.count, 1);
	assert_int_equal(profile.captures, 0);
	assert_false(profile.probe[0].tcp);
	arena_free(&arena);
}

static void mark_and_line_ends_of_other_systems_are_accepted(void **state)
{
	struct arena arena = { NULL };
	struct profile profile;

	(void)state;
	read_good(&arena, "tests/data/profile/good-crlf.ini", &profile);
	assert_string_equal(profile.probe[0].name, "types");
	assert_true(view_eq(profile.probe[0].send, VIEW("\x02\x09")));
	assert_int_equal(profile.probe[0].expect.bytes, 2);
	arena_free(&arena);
}

static void a_recording_is_a_profile(void **state)
{
	struct arena arena = { NULL };
	struct profile profile;

	(void)state;
	read_good(&arena, "tests/data/profile/good-recording.ini", &profile);
	assert_int_equal(profile.probe[0].expect.bytes, MASK_STEPS_MAX);
	assert_true(profile.probe[0].expect.open_end);
	arena_free(&arena);
}

static void the_sample_matches_a_reply_of_slp(void **state)
{
	struct arena arena = { NULL };
	struct profile profile;
	uint32_t number;

	(void)state;
	read_good(&arena, "contrib/profiles/example.ini", &profile);
	const struct mask *mask = &profile.probe[0].expect;
	struct view reply = VIEW(REPLY "diva");
	assert_true(view_eq(profile.probe[0].send, REQUEST));
	assert_true(mask_matches(mask, reply));
	assert_true(mask_number(mask, 0, reply, &number));
	assert_int_equal(number, 80);
	assert_true(view_eq(mask_captured(mask, 3, reply), VIEW("service:")));
	arena_free(&arena);
}

static void as_many_sections_and_captures_as_allowed_are_read(void **state)
{
	struct arena arena = { NULL };
	char text[6000];
	struct wr w = wr_over(text, sizeof(text));
	struct profile profile;
	struct opt_error error;
	unsigned line;

	(void)state;
	for (int i = 0; i < PROFILE_PROBES_MAX; i++) {
		wr_fmt(&w, "[%02d%062d]\nsend = %02x\nexpect = ", i, 0, i);
		if (i < MASK_CAPTURES_MAX)
			wr_fmt(&w, "{c%d:u8}\n", i);
		else
			wr_str(&w, "..\n");
	}
	assert_false(w.full);
	if (!profile_parse(wr_view(&w), &arena, &profile, &line, &error))
		fail_msg("%u: %s", line, error.text);
	assert_int_equal(profile.count, PROFILE_PROBES_MAX);
	assert_int_equal(profile.captures, MASK_CAPTURES_MAX);
	assert_int_equal(strlen(profile.probe[7].name), 64);
	assert_string_equal(profile.probe[7].expect.capture[0].name, "c7");
	assert_int_equal(profile.probe[7].send.p[0], 7);
	arena_free(&arena);
}

static void names_are_harmless(void **state)
{
	struct arena arena = { NULL };
	struct profile profile;
	struct opt_error error;
	unsigned line;

	(void)state;
	assert_true(profile_parse(VIEW("[a|b;c\td\xc3\xa4]\nsend=02\nexpect=*"), &arena, &profile,
				  &line, &error));
	assert_string_equal(profile.probe[0].name, "a/b,c?d??");
	arena_free(&arena);
}

/* The wanted clause is in the first line. */
static void assert_refused(const char *path)
{
	struct file_source source = { .path = path,
				      .max_bytes = 1 << 20,
				      .timeout_us = TIMEOUT_US };
	struct arena arena = { NULL };
	struct file_text file;
	struct profile profile;
	struct opt_error error;
	char got[600];
	unsigned line = 99;

	assert_true(file_read(&arena, &source, &file, &error));
	struct view text = { file.text, file.n }, rest = text;
	struct view wanted = view_skip(view_take_until(&rest, '\n'), 2);
	if (profile_parse(text, &arena, &profile, &line, &error))
		fail_msg("%s is accepted", path);
	snprintf(got, sizeof(got), "%u: %s", line, error.text);
	if (!view_eq(view_of(got), wanted))
		fail_msg("%s: %s", path, got);
	arena_free(&arena);
}

static void what_is_wrong_has_a_line_and_a_column(void **state)
{
	char folder[PATH_BYTES], path[2 * PATH_BYTES];
	DIR *dir = opendir(path_of(folder, "tests/data/profile"));
	struct dirent *entry;
	unsigned cases = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (!view_starts(view_of(entry->d_name), VIEW("bad-")))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		assert_refused(path);
		cases++;
	}
	closedir(dir);
	assert_in_range(cases, 39, 500);
}

static void the_file_is_named(void **state)
{
	char path[] = "/tmp/voip-profile.XXXXXX", wanted[100];
	static const char text[] = "[a]\nsend = 0g\n";
	struct arena arena = { NULL };
	struct profile profile;
	struct opt_error error;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_false(profile_read(path, TIMEOUT_US, &arena, &profile, &error));
	snprintf(wanted, sizeof(wanted), "%s:2: column 9: a byte has two hexadecimal digits", path);
	assert_string_equal(error.text, wanted);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_false(profile_read(path, TIMEOUT_US, &arena, &profile, &error));
	snprintf(wanted, sizeof(wanted), "%s: there is no [section]", path);
	assert_string_equal(error.text, wanted);
	assert_int_equal(ftruncate(fd, PROFILE_FILE_MAX + 1), 0);
	assert_false(profile_read(path, TIMEOUT_US, &arena, &profile, &error));
	snprintf(wanted, sizeof(wanted), "%s: is too large", path);
	assert_string_equal(error.text, wanted);
	close(fd);
	unlink(path);
	assert_false(profile_read(path, TIMEOUT_US, &arena, &profile, &error));
	arena_free(&arena);
}

static void a_line_may_be_long(void **state)
{
	struct arena arena = { NULL };
	char *text = mem_new(ROOM, 1);
	struct wr w = wr_over(text, ROOM);
	struct profile profile;
	struct opt_error error;
	unsigned line;

	(void)state;
	wr_str(&w, "[a]\nexpect = *");
	while (w.n < 16384)
		wr_byte(&w, ' ');
	wr_str(&w, "\nsend = 00");
	for (size_t i = 1; i < PROFILE_SEND_MAX; i++)
		wr_str(&w, " 00");
	assert_true(profile_parse(wr_view(&w), &arena, &profile, &line, &error));
	assert_int_equal(profile.probe[0].send.n, PROFILE_SEND_MAX);
	assert_int_equal(line, 3);
	mem_free(text);
	arena_free(&arena);
}

/* What the "# OFFSET  BYTES" lines of a recording hold, the first at offset `from`. */
static void read_rows(struct view text, size_t from, struct wr *out)
{
	while (text.n > 0) {
		struct view line = view_take_until(&text, '\n');
		char offset[12];
		const char *why;
		size_t column;
		snprintf(offset, sizeof(offset), "# %04zx  ", from + out->n);
		if (!view_starts(line, VIEW("# ")) || view_find(line, ':') < line.n)
			continue;
		assert_true(view_starts(line, view_of(offset)));
		assert_in_range(line.n, 10, 103);
		assert_true(hex_parse(view_skip(line, 8), out, &column, &why));
	}
}

static void assert_recorded(struct view bytes, bool is_send, char *text, char *copy)
{
	struct wr w = wr_over(text, ROOM), rows = wr_over(copy, ROOM);
	struct arena arena = { NULL };
	size_t max = is_send ? PROFILE_SEND_MAX : MASK_STEPS_MAX, kept = bytes.n;
	struct profile profile;
	struct opt_error error;
	unsigned line;

	wr_str(&w, is_send ? "[a]\nexpect = *\n" : "[a]\nsend = 02\n");
	size_t before = w.n;
	wr_profile_bytes(&w, is_send ? "send" : "expect", bytes);
	assert_in_range(w.n - before, 1, 4 * bytes.n + 64);
	bool ok = profile_parse(wr_view(&w), &arena, &profile, &line, &error);
	if (kept > max)
		kept = is_send ? 0 : max;
	assert_int_equal(ok, kept > 0);
	if (ok && is_send) {
		assert_true(view_eq(profile.probe[0].send, bytes));
	} else if (ok) {
		const struct mask *mask = &profile.probe[0].expect;
		assert_true(mask_matches(mask, bytes));
		assert_int_equal(mask->bytes, kept);
		assert_int_equal(mask->open_end, kept < bytes.n);
		assert_memory_equal(mask->value, bytes.p, kept);
	}
	read_rows(wr_view(&w), kept, &rows);
	assert_true(view_eq(wr_view(&rows), view_skip(bytes, kept)));
	arena_free(&arena);
}

static void a_recording_gives_the_same_bytes(void **state)
{
	static const size_t edges[] = { 0,   1,	  31,	32,   33,   511,  512,	513,
					544, 545, 1399, 1400, 1401, 1432, 2999, 3000 };
	char *bytes = mem_new(BYTES_MAX, 1), *text = mem_new(ROOM, 1), *copy = mem_new(ROOM, 1);
	uint32_t random = 1440;

	(void)state;
	for (size_t i = 0; i < 16 + 400; i++) {
		for (size_t k = 0; k < BYTES_MAX; k++) {
			random = random * 1664525 + 1013904223;
			bytes[k] = (char)(random >> 24);
		}
		size_t n = i < 16 ? edges[i] : (random >> 8) % (BYTES_MAX + 1);
		assert_recorded((struct view){ bytes, n }, true, text, copy);
		assert_recorded((struct view){ bytes, n }, false, text, copy);
	}
	mem_free(bytes);
	mem_free(text);
	mem_free(copy);
}

static void recordings_are_written_so(void **state)
{
	static const struct {
		const char *key;
		struct view bytes;
		const char *text;
	} cases[] = {
		{ "send", VIEW("\x02\x09\xff"), "send = 02 09 ff\n" },
		{ "expect", VIEW("\x00"), "expect = 00\n" },
		{ "send", VIEW(""), "# send: an empty datagram, 0 bytes\n" },
		{ "expect", VIEW(""), "# expect: an empty datagram, 0 bytes\n" },
	};
	char buffer[200];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wr w = wr_over(buffer, sizeof(buffer) - 1);
		wr_profile_bytes(&w, cases[i].key, cases[i].bytes);
		buffer[w.n] = '\0';
		assert_string_equal(buffer, cases[i].text);
	}
}

static void a_long_request_and_far_offsets_are_told(void **state)
{
	size_t n = 0x10001, room = 4 * n + 64;
	char *bytes = mem_new(n, 1), *text = mem_new(room, 1);
	struct wr w = wr_over(text, room);

	(void)state;
	wr_profile_bytes(&w, "send", (struct view){ bytes, n });
	assert_false(w.full);
	assert_true(view_starts(wr_view(&w),
				VIEW("# send: too long for a profile, 65537 bytes\n# 0000  00 ")));
	assert_true(view_search(wr_view(&w), VIEW("\n# ffe0  00 ")) < w.n);
	assert_true(view_search(wr_view(&w), VIEW("\n# 00010000  00\n")) < w.n);
	mem_free(bytes);
	mem_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_are_probes_in_their_order),
		cmocka_unit_test(the_least_profile_asks_over_udp),
		cmocka_unit_test(mark_and_line_ends_of_other_systems_are_accepted),
		cmocka_unit_test(a_recording_is_a_profile),
		cmocka_unit_test(the_sample_matches_a_reply_of_slp),
		cmocka_unit_test(as_many_sections_and_captures_as_allowed_are_read),
		cmocka_unit_test(names_are_harmless),
		cmocka_unit_test(what_is_wrong_has_a_line_and_a_column),
		cmocka_unit_test(the_file_is_named),
		cmocka_unit_test(a_line_may_be_long),
		cmocka_unit_test(a_recording_gives_the_same_bytes),
		cmocka_unit_test(recordings_are_written_so),
		cmocka_unit_test(a_long_request_and_far_offsets_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
