/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files for node_exporter and for Nagios: whole, on disk before they can be found, and readable. */
#define _GNU_SOURCE
#include "sink_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "push/exposition.h"

/* These stand before the C library's: they write down their order and fail when told. */
static char steps[200];
static int sync_errno, ok_errno, rename_errno;
static bool ok_was_early;
static struct sink_place *here;
static uint64_t lot; /* what getrandom gives, unless it is 0 */

static int start(void **state)
{
	int failed = sink_place_new(state);

	steps[0] = '\0';
	sync_errno = ok_errno = rename_errno = 0;
	ok_was_early = false;
	lot = 0;
	here = *state;
	return failed;
}

static void note(const char *step)
{
	size_t n = strlen(steps);

	snprintf(steps + n, sizeof(steps) - n, "%s ", step);
}

int fsync(int fd)
{
	struct stat st = { .st_size = 0 };

	assert_int_equal(fstat(fd, &st), 0);
	if (S_ISDIR(st.st_mode)) {
		note("folder");
		return (int)syscall(SYS_fsync, fd);
	}
	note("data");
	if (here != NULL) {
		here->name[0] = '\0';
		count_files(here, ".ok");
		ok_was_early = ok_was_early || here->name[0] != '\0';
	}
	errno = sync_errno;
	return errno == 0 ? (int)syscall(SYS_fsync, fd) : -1;
}

/* Each new file gets its mode; the empty ones are those for Nagios. */
int fchmod(int fd, mode_t mode)
{
	struct stat st = { .st_size = 0 };

	assert_int_equal(fstat(fd, &st), 0);
	errno = 0;
	if (st.st_size == 0) {
		note("ok");
		errno = ok_errno;
	}
	return errno == 0 ? (int)syscall(SYS_fchmod, fd, mode) : -1;
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
	note("rename");
	errno = rename_errno;
	return errno == 0 ? (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, 0) : -1;
}

ssize_t getrandom(void *buffer, size_t n, unsigned flags)
{
	if (lot == 0)
		return syscall(SYS_getrandom, buffer, n, flags);
	assert_int_equal(n, sizeof(lot));
	memcpy(buffer, &lot, n);
	return (ssize_t)n;
}

/*** textfile ***/

static void check_textfile(struct sink_place *place, const char *host, const char *service,
			   const char *name)
{
	struct check_result result = result_of(host, service);

	assert_int_equal(write_with(place, &sink_textfile, &result), PUSH_SENT);
	assert_int_equal(count_files(place, ".prom"), 1);
	assert_string_equal(place->name, name);
	char path[320];
	snprintf(path, sizeof(path), "%s/%s", place->folder, name);
	assert_int_equal(unlink(path), 0);
}

static void a_textfile_is_whole_and_readable_by_others(void **state)
{
	struct sink_place *place = *state;
	struct check_result result = result_of("pbx1", "sip udp");
	struct grow expected = { .p = NULL };

	assert_int_equal(write_with(place, &sink_textfile, &result), PUSH_SENT);
	check_words(place, "");
	assert_int_equal(count_files(place, ".prom"), 1);
	assert_int_equal(mode_of_file(place, place->name), 0644);
	exposition_write(&result, true, &expected);
	grow_byte(&expected, '\0');
	assert_string_equal(read_file(place, place->name), expected.p);
	grow_free(&expected);
}

static void a_textfile_is_on_disk_before_it_takes_its_name(void **state)
{
	struct sink_place *place = *state;
	struct check_result result = result_of("pbx1", "sip");

	assert_int_equal(write_with(place, &sink_textfile, &result), PUSH_SENT);
	assert_string_equal(steps, "data rename folder ");
}

static void names_of_textfiles_are_safe_and_reversible(void **state)
{
	static const struct {
		const char *host, *service, *name;
	} cases[] = {
		{ "pbx1", "sip", "voip_pbx1_sip.prom" },
		{ "pbx1", "", "voip_pbx1.prom" },
		{ "pbx1.example.org", "sip_udp", "voip_pbx1.example.org_sip_udp.prom" },
		{ "pbx1_sip", "", "voip_pbx1%5Fsip.prom" },
		{ "pbx1_sip", "udp", "voip_pbx1%5Fsip_udp.prom" },
		{ "..", "../x", "voip_.._..%2Fx.prom" },
		{ "/", "\\\";~", "voip_%2F_%5C%22%3B%7E.prom" },
		{ "b\xc3\xa4r", "50% x", "voip_b%C3%A4r_50%25%20x.prom" },
	};
	struct sink_place *place = *state;

	for (size_t i = 0; i < CASES(cases); i++)
		check_textfile(place, cases[i].host, cases[i].service, cases[i].name);
}

static void long_names_keep_their_files_apart(void **state)
{
	struct sink_place *place = *state;
	char host[256], service[256];
	struct check_result result;

	memset(host, '/', 255);
	memset(service, 'x', 255);
	host[255] = service[255] = '\0';
	result = result_of(host, service);
	for (unsigned i = 1; i <= 3; i++) {
		service[254] = (char)('a' + i);
		assert_int_equal(write_with(place, &sink_textfile, &result), PUSH_SENT);
		assert_int_equal(write_with(place, &sink_textfile, &result), PUSH_SENT);
		assert_int_equal(count_files(place, ".prom"), i);
		assert_true(strlen(place->name) <= 230);
	}
	result.service = VIEW("");
	assert_int_equal(write_with(place, &sink_textfile, &result), PUSH_SENT);
	assert_int_equal(count_files(place, ".prom"), 4);
}

static void a_later_textfile_replaces_the_earlier_one(void **state)
{
	struct sink_place *place = *state;
	struct check_result result = result_of("pbx1", "sip");
	char beside[100];

	snprintf(beside, sizeof(beside), "voip_pbx1_sip.prom.%ld.new", (long)getpid());
	put_file(place, beside, "half a res");
	assert_int_equal(write_with(place, &sink_textfile, &result), PUSH_SENT);
	result.state = STATE_OK;
	result.perfdata = VIEW("");
	assert_int_equal(write_with(place, &sink_textfile, &result), PUSH_SENT);
	assert_int_equal(count_files(place, ".prom"), 1);
	assert_non_null(strstr(read_file(place, place->name), "service=\"sip\"} 0\n"));
	assert_null(strstr(place->text, "time"));
}

static void a_textfile_that_fails_leaves_the_earlier_one(void **state)
{
	struct sink_place *place = *state;
	struct check_result result = result_of("pbx1", "sip");
	char words[100];

	put_file(place, "voip_pbx1_sip.prom", "old\n");
	sync_errno = ENOSPC;
	assert_int_equal(write_with(place, &sink_textfile, &result), PUSH_LATER);
	snprintf(words, sizeof(words), "%s: No space left on device", place->folder);
	check_words(place, words);
	assert_int_equal(count_files(place, ".prom"), 1);
	sync_errno = 0;
	rename_errno = EIO;
	assert_int_equal(write_with(place, &sink_textfile, &result), PUSH_LATER);
	assert_int_equal(count_files(place, ".prom"), 1);
	assert_string_equal(read_file(place, "voip_pbx1_sip.prom"), "old\n");
}

static void a_folder_that_is_none_is_for_later(void **state)
{
	static const struct sink *const writers[] = { &sink_textfile, &sink_nagios_spool };
	struct sink_place *place = *state;
	struct check_result result = result_of("pbx1", "sip");
	char path[100], words[200];

	for (size_t i = 0; i < CASES(writers); i++) {
		snprintf(path, sizeof(path), "%s/none", place->folder);
		place->profile.path = path;
		assert_int_equal(write_with(place, writers[i], &result), PUSH_LATER);
		snprintf(words, sizeof(words), "%s: No such file or directory", path);
		check_words(place, words);
		put_file(place, "file", "");
		snprintf(path, sizeof(path), "%s/file", place->folder);
		assert_int_equal(write_with(place, writers[i], &result), PUSH_LATER);
		snprintf(words, sizeof(words), "%s: Not a directory", path);
		check_words(place, words);
		assert_int_equal(count_files(place, ""), 1);
	}
}

static bool both_are_for_later(struct sink_place *place)
{
	struct check_result result = result_of("pbx1", "sip");
	char words[100];

	snprintf(words, sizeof(words), "%s: Permission denied", place->folder);
	return write_with(place, &sink_textfile, &result) == PUSH_LATER &&
	       strcmp(place->words, words) == 0 &&
	       write_with(place, &sink_nagios_spool, &result) == PUSH_LATER &&
	       strcmp(place->words, words) == 0;
}

static void a_folder_that_takes_no_file_is_for_later(void **state)
{
	struct sink_place *place = *state;

	assert_int_equal(chmod(place->folder, 0555), 0);
	as_nobody(place, both_are_for_later);
	assert_int_equal(count_files(place, ""), 0);
}

static bool both_are_sent(struct sink_place *place)
{
	struct check_result result = result_of("pbx1", "sip");

	here = NULL; /* there is nothing to see */
	return sink_textfile.write(&place->profile, &result, &(struct wr){ .cap = 0 }) ==
		       PUSH_SENT &&
	       sink_nagios_spool.write(&place->profile, &result, &(struct wr){ .cap = 0 }) ==
		       PUSH_SENT;
}

static void a_folder_that_cannot_be_read_takes_files(void **state)
{
	struct sink_place *place = *state;

	assert_int_equal(chmod(place->folder, 0333), 0);
	as_nobody(place, both_are_sent);
	assert_int_equal(chmod(place->folder, 0700), 0);
	assert_int_equal(count_files(place, ""), 3);
}

/*** the folder of Nagios ***/

/* The data of the only result, whose name is checked. */
static const char *spooled(struct sink_place *place, const struct check_result *result)
{
	char name[12];

	assert_int_equal(write_with(place, &sink_nagios_spool, result), PUSH_SENT);
	check_words(place, "");
	assert_int_equal(count_files(place, ".ok"), 2);
	assert_int_equal(strlen(place->name), 10);
	assert_int_equal(place->name[0], 'c');
	assert_int_equal(mode_of_file(place, place->name), 0644);
	assert_string_equal(read_file(place, place->name), "");
	snprintf(name, sizeof(name), "%.7s", place->name);
	assert_int_equal(mode_of_file(place, name), 0644);
	return read_file(place, name);
}

static void a_spooled_service_has_all_that_nagios_reads(void **state)
{
	struct check_result result = result_of("pbx1", "sip udp");

	assert_string_equal(spooled(*state, &result), "host_name=pbx1\n"
						      "service_description=sip udp\n"
						      "check_type=1\n"
						      "check_options=0\n"
						      "scheduled_check=0\n"
						      "reschedule_check=0\n"
						      "latency=0\n"
						      "start_time=1795239400.7\n"
						      "finish_time=1795239401.12345\n"
						      "early_timeout=0\n"
						      "exited_ok=1\n"
						      "return_code=1\n"
						      "output=SIP WARNING - 200 in 700 ms|"
						      "time=0.7s;0.5;1;0\n");
}

static void a_spooled_host_is_up_or_down(void **state)
{
	struct sink_place *place = *state;
	struct check_result result = result_of("pbx1", "");

	result.state = STATE_UNKNOWN;
	result.end_us = -1;
	const char *text = spooled(place, &result);
	assert_non_null(strstr(text, "host_name=pbx1\ncheck_type=1\n"));
	assert_non_null(strstr(text, "\nfinish_time=0.0\n"));
	assert_non_null(strstr(text, "\nreturn_code=1\n"));
}

static void a_line_that_ends_in_a_backslash_is_not_joined_to_the_next(void **state)
{
	struct sink_place *place = *state;
	struct check_result result = result_of("a\\b\\", "c\\\\");

	result.output = VIEW("C:\\new\\");
	result.perfdata = VIEW("");
	const char *text = spooled(place, &result);
	assert_non_null(strstr(text, "host_name=a\\b\\\\\n"));
	assert_non_null(strstr(text, "\nservice_description=c\\\\\\\n"));
	assert_non_null(strstr(text, "\noutput=C:\\\\new\\\\\\\n"));
}

static void the_longest_output_is_spooled_whole(void **state)
{
	struct sink_place *place = *state;
	struct check_result result = result_of("pbx1", "sip");
	char output[CHECK_RESULT_OUTPUT_MAX];

	memset(output, 'x', sizeof(output));
	result.output = (struct view){ output, sizeof(output) };
	const char *text = spooled(place, &result);
	assert_int_equal(strspn(strstr(text, "\noutput=") + 8, "x"), sizeof(output));
	assert_non_null(strstr(text, "x|time=0.7s;0.5;1;0\n"));
}

static void the_sign_for_nagios_comes_when_the_data_is_on_disk(void **state)
{
	struct check_result result = result_of("pbx1", "sip");

	spooled(*state, &result);
	assert_string_equal(steps, "data ok folder ");
	assert_false(ok_was_early);
}

/* The name of an object's file, and with ".ok", but for its last character; all files are gone. */
static void learn_name(struct sink_place *place, const struct check_result *result, char name[20])
{
	char path[320];

	spooled(place, result);
	snprintf(name, 20, "%.6s", place->name);
	snprintf(path, sizeof(path), "%s/%s", place->folder, place->name);
	assert_int_equal(unlink(path), 0);
	path[strlen(path) - strlen(".ok")] = '\0';
	assert_int_equal(unlink(path), 0);
}

static void no_file_of_others_is_touched(void **state)
{
	struct sink_place *place = *state;
	struct check_result result = result_of("pbx1", "sip");
	char taken[20], ok[20], free_name[20];

	learn_name(place, &result, taken);
	snprintf(ok, sizeof(ok), "%.6s0.ok", taken);
	snprintf(free_name, sizeof(free_name), "%.6s1", taken);
	taken[6] = 'f';
	taken[7] = '\0';
	put_file(place, taken, "of Nagios");
	put_file(place, ok, "");
	lot = 0xabcf;
	assert_int_equal(write_with(place, &sink_nagios_spool, &result), PUSH_SENT);
	assert_int_equal(count_files(place, ""), 4);
	assert_string_equal(read_file(place, taken), "of Nagios");
	assert_string_equal(read_file(place, ok), "");
	assert_non_null(strstr(read_file(place, free_name), "host_name=pbx1\n"));
}

static void without_a_free_name_it_is_for_later(void **state)
{
	struct sink_place *place = *state;
	struct check_result result = result_of("pbx1", "sip");
	char words[100], name[20];

	learn_name(place, &result, name);
	for (unsigned i = 0; i < 16; i++) {
		name[6] = "0123456789abcdef"[i];
		name[7] = '\0';
		put_file(place, name, "of Nagios");
	}
	assert_int_equal(write_with(place, &sink_nagios_spool, &result), PUSH_LATER);
	snprintf(words, sizeof(words), "%s: File exists", place->folder);
	check_words(place, words);
	assert_int_equal(count_files(place, ""), 16);
}

static void what_fails_leaves_nothing_for_nagios(void **state)
{
	struct sink_place *place = *state;
	struct check_result result = result_of("pbx1", "sip");
	char words[100];

	sync_errno = ENOSPC;
	assert_int_equal(write_with(place, &sink_nagios_spool, &result), PUSH_LATER);
	snprintf(words, sizeof(words), "%s: No space left on device", place->folder);
	check_words(place, words);
	assert_int_equal(count_files(place, ""), 0);
	sync_errno = 0;
	ok_errno = EDQUOT;
	assert_int_equal(write_with(place, &sink_nagios_spool, &result), PUSH_LATER);
	snprintf(words, sizeof(words), "%s: Disk quota exceeded", place->folder);
	check_words(place, words);
	assert_int_equal(count_files(place, ""), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, sink_place_free)
	const struct CMUnitTest tests[] = {
		TEST(a_textfile_is_whole_and_readable_by_others),
		TEST(a_textfile_is_on_disk_before_it_takes_its_name),
		TEST(names_of_textfiles_are_safe_and_reversible),
		TEST(long_names_keep_their_files_apart),
		TEST(a_later_textfile_replaces_the_earlier_one),
		TEST(a_textfile_that_fails_leaves_the_earlier_one),
		TEST(a_folder_that_is_none_is_for_later),
		TEST(a_folder_that_takes_no_file_is_for_later),
		TEST(a_folder_that_cannot_be_read_takes_files),
		TEST(a_spooled_service_has_all_that_nagios_reads),
		TEST(a_spooled_host_is_up_or_down),
		TEST(a_line_that_ends_in_a_backslash_is_not_joined_to_the_next),
		TEST(the_longest_output_is_spooled_whole),
		TEST(the_sign_for_nagios_comes_when_the_data_is_on_disk),
		TEST(no_file_of_others_is_touched),
		TEST(without_a_free_name_it_is_for_later),
		TEST(what_fails_leaves_nothing_for_nagios),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
