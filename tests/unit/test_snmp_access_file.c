/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which section of which file a target gets, and what reading a secret does to the process. */
#define _GNU_SOURCE
#include "access_place.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIMEOUT_US = 10000000, NOBODY = 65534 };

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void a_target_has_its_section_or_the_default(void **state)
{
	static const char text[] = "community=no section\n"
				   "[default]\ncommunity=d\n"
				   "[pbx1]\ncommunity=1\n"
				   "[ 2001:db8::1 ]\ncommunity=v6\n"
				   "[pbx2]\nuser=mon\n"
				   "[pbx3]\n;community=x\n"
				   "[pbx1]\nuser=mon\n";
	static const char *const row[][2] = {
		{ "pbx1", "v2c 1" },
		{ "2001:db8::1", "v2c v6" },
		{ "default", "v2c d" },
		{ "pbx", "v2c d" },
		{ "pbx11", "v2c d" },
		{ "PBX1", "v2c d" },
		{ "", "v2c d" },
		{ "community", "v2c d" },
		{ "pbx2", "ini:8: community: missing" },
		{ "pbx3", "ini:10: community: missing" },
	};
	struct place *place = *state;

	take(place, V2C, view_of(text));
	for (unsigned round = 0; round < 2; round++)
		for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
			assert_string_equal(find_named(place, row[i][0]), row[i][1]);
	const struct snmp_credentials *pbx1 =
		snmp_access_find(&place->access, VIEW("pbx1"), &place->error);
	assert_ptr_equal(snmp_access_find(&place->access, VIEW("pbx1"), &place->error), pbx1);
	assert_ptr_not_equal(snmp_access_find(&place->access, VIEW("x"), &place->error), pbx1);
	assert_ptr_equal(snmp_access_find(&place->access, VIEW("x"), &place->error),
			 snmp_access_find(&place->access, VIEW("default"), &place->error));
}

static void a_section_that_is_not_there_is_named(void **state)
{
	struct place *place = *state;

	take(place, V2C, VIEW("[Default]\ncommunity=x\n[pbx]\ncommunity=1\n"));
	assert_string_equal(find_named(place, "a|b\x1b"),
			    "ini: neither section [a/b?] nor [default]");
	assert_string_equal(find_named(place, "pbx"), "v2c 1");
	snmp_access_text(&place->access, "ini", VIEW("voice"), VIEW("[default]\ncommunity=x"));
	assert_string_equal(find_named(place, "pbx"), "ini: no section [voice]");
	take(place, V2C, VIEW(""));
	assert_string_equal(find_named(place, "pbx"), "ini: neither section [pbx] nor [default]");
}

static void a_broken_heading_is_never_passed_over(void **state)
{
	static const char *const text[] = {
		"[default]\ncommunity=x\n[pbx1\ncommunity=" SECRET,
		"[pbx]\ncommunity=x\n\n[pbx1] x\ncommunity=" SECRET,
	};
	static const char *const wanted[] = { "ini:3: not a [section]", "ini:4: not a [section]" };

	for (size_t i = 0; i < 2; i++) {
		take(*state, V2C, view_of(text[i]));
		assert_string_equal(find_named(*state, "pbx"), wanted[i]);
	}
}

static void many_targets_have_many_sections(void **state)
{
	enum { SECTIONS = 500, BYTES = 100000 };
	struct place *place = *state;
	char *text = malloc(BYTES), name[20], wanted[40];
	struct wr w = wr_over(text, BYTES);

	assert_non_null(text);
	for (unsigned i = 0; i < SECTIONS; i++)
		wr_fmt(&w, "[pbx%u]\n" USER PASSES "community=c%u\n\n", i, i);
	assert_false(w.full);
	take(place, V2C, wr_view(&w));
	for (unsigned i = 0; i < SECTIONS; i++) {
		snprintf(name, sizeof(name), "pbx%u", i);
		snprintf(wanted, sizeof(wanted), "v2c c%u", i);
		assert_string_equal(find_named(place, name), wanted);
	}
	snmp_access_free(&place->access);
	free(text);
}

static const char *load(struct place *place, const char *spec, const char *target)
{
	snmp_access_free(&place->access);
	place->access.v2c = true;
	if (!snmp_access_read_file(&place->access, view_of(spec), TIMEOUT_US, &place->error))
		return show(place, NULL);
	return find_named(place, target);
}

/* The wanted clauses begin with the folder. */
static void a_section_may_follow_the_file_name(void **state)
{
	static const char *const row[][3] = {
		{ "a.ini", "pbx", "v2c ap" },
		{ "a.ini", "x", "v2c ad" },
		{ "a.ini:voice", "pbx", "v2c av" },
		{ "a.ini:default", "pbx", "v2c ad" },
		{ "a.ini:", "pbx", "a.ini:: No such file or directory" },
		{ "a.ini:nix", "pbx", "a.ini: no section [nix]" },
		{ "b:c", "pbx", "b: No such file or directory" },
		{ "b:c:voice", "pbx", "v2c bv" },
		{ "b:c:default", "pbx", "v2c bd" },
		{ "b:c:", "pbx", "b:c:: No such file or directory" },
		{ "b:/../a.ini", "pbx", "v2c ap" },
	};
	static const char *const name[] = { "a.ini", "b:c" };
	struct place *place = *state;
	char path[100], spec[100], text[200];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", place->folder, name[i]);
		snprintf(text, sizeof(text),
			 "[pbx]\ncommunity=%cp\n[voice]\ncommunity=%cv\n[default]\ncommunity=%cd\n",
			 name[i][0], name[i][0], name[i][0]);
		write_file(path, text, 0600);
	}
	snprintf(path, sizeof(path), "%s/b:", place->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		snprintf(spec, sizeof(spec), "%s/%s", place->folder, row[i][0]);
		const char *got = load(place, spec, row[i][1]);
		if (strncmp(got, place->folder, strlen(place->folder)) == 0)
			got += strlen(place->folder) + 1;
		assert_string_equal(got, row[i][2]);
	}
	rmdir(path);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", place->folder, name[i]);
		unlink(path);
	}
	assert_string_equal(load(place, ":voice", "pbx"), "no file name before the section");
	assert_string_equal(load(place, "", "pbx"), "no file name before the section");
}

static void a_file_that_others_can_read_is_refused(void **state)
{
	static const mode_t mode[] = { 0640, 0604, 0644, 0440 };
	struct place *place = *state;
	char wanted[120];

	snprintf(wanted, sizeof(wanted), "%s: others can read it; chmod 600", place->file);
	for (size_t i = 0; i < sizeof(mode) / sizeof(mode[0]); i++) {
		write_file(place->file, "[default]\ncommunity=" SECRET "\n", mode[i]);
		assert_string_equal(load(place, place->file, "pbx"), wanted);
		unlink(place->file);
	}
	write_file(place->file, "[default]\ncommunity=" SECRET "\n", 0600);
	assert_string_equal(load(place, place->file, "pbx"), "v2c " SECRET);
	write_file(place->file, "[default]\ncommunity=" SECRET "\n", 0420);
	assert_string_equal(load(place, place->file, "pbx"), "v2c " SECRET);
}

static void a_file_that_cannot_serve_is_named(void **state)
{
	static const char *const row[][2] = {
		{ "/nonexistent", "/nonexistent: No such file or directory" },
		{ "/", "/: is a folder" },
		{ "/dev/zero", "/dev/zero: is too large" },
		{ "/dev/null:voice", "/dev/null: others can read it; chmod 600" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		assert_string_equal(load(*state, row[i][0], "pbx"), row[i][1]);
}

static bool load_fd(struct place *place, int fd, int64_t timeout_us)
{
	snmp_access_free(&place->access);
	place->access.v2c = true;
	return snmp_access_read_fd(&place->access, fd, timeout_us, &place->error);
}

static void a_descriptor_is_read_to_its_end(void **state)
{
	struct place *place = *state;
	char wanted[100];
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], "[default]\ncommunity=x\n[pbx]\nuser=u\n", 35), 35);
	assert_false(load_fd(place, fd[0], 20000));
	snprintf(wanted, sizeof(wanted), "descriptor %d: no end of file within 0.02 s", fd[0]);
	assert_string_equal(place->error.text, wanted);
	assert_int_equal(write(fd[1], "[default]\ncommunity=x\n[pbx]\nuser=u\n", 35), 35);
	close(fd[1]);
	assert_true(load_fd(place, fd[0], TIMEOUT_US));
	assert_string_equal(find_named(place, "a"), "v2c x");
	snprintf(wanted, sizeof(wanted), "descriptor %d:3: community: missing", fd[0]);
	assert_string_equal(find_named(place, "pbx"), wanted);
	assert_int_equal(fcntl(fd[0], F_GETFD), 0);
	close(fd[0]);
	assert_false(load_fd(place, fd[0], TIMEOUT_US));
	snprintf(wanted, sizeof(wanted), "descriptor %d: Bad file descriptor", fd[0]);
	assert_string_equal(place->error.text, wanted);
}

/* Runs in a process of its own, as nobody when it can. Returns what is wrong. */
static int look_at_process(struct place *place)
{
	struct rlimit limit;
	DIR *folder;

	if (geteuid() == 0 &&
	    (chown(place->file, NOBODY, NOBODY) != 0 || chmod(place->folder, 0711) != 0 ||
	     setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
		return 1;
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
		return 2;
	if (!snmp_access_read_file(&place->access, view_of(place->file), TIMEOUT_US, &place->error))
		return 3;
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return 4;
	if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur != 0 || limit.rlim_max != 0)
		return 5;
	folder = opendir("/proc/self/fd");
	if (folder == NULL || access("/proc/self/maps", R_OK) != 0)
		return 6;
	closedir(folder);
	snmp_access_free(&place->access);
	return 0;
}

static void who_has_read_a_secret_leaves_no_core_dump(void **state)
{
	struct place *place = *state;
	int status;

	write_file(place->file, "[default]\ncommunity=x\n", 0600);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(look_at_process(place));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Read by the kernel, so that memory which is free already may be looked at. */
static bool is_secret_at(int memory, uintptr_t at)
{
	char got[sizeof(SECRET) - 1];

	return pread(memory, got, sizeof(got), (off_t)at) == (ssize_t)sizeof(got) &&
	       memcmp(got, SECRET, sizeof(got)) == 0;
}

static void no_secret_stays_in_memory(void **state)
{
	static const char heading[] = "[default]\n" USER "auth-passphrase=";
	struct place *place = *state;
	uintptr_t at[3];

	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* the tests before have closed it */
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	assert_true(memory >= 0);
	write_file(place->file, "[default]\n" USER PASSES, 0600);
	assert_true(snmp_access_read_file(&place->access, view_of(place->file), TIMEOUT_US,
					  &place->error));
	const struct snmp_credentials *got =
		snmp_access_find(&place->access, VIEW("pbx"), &place->error);
	assert_non_null(got);
	at[0] = (uintptr_t)got->auth_secret.p;
	at[1] = (uintptr_t)got->priv_secret.p;
	at[2] = (uintptr_t)place->access.text.p + strlen(heading);
	for (size_t i = 0; i < 3; i++)
		assert_true(is_secret_at(memory, at[i]));
	snmp_access_free(&place->access);
	for (size_t i = 0; i < 3; i++)
		assert_false(is_secret_at(memory, at[i]));
	close(memory);
}

static void a_zeroed_one_can_be_freed(void **state)
{
	struct snmp_access access = { .v2c = true };

	(void)state;
	snmp_access_free(&access);
	snmp_access_free(&access);
	assert_false(access.v2c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_new, place_free)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_target_has_its_section_or_the_default),
		TEST(a_section_that_is_not_there_is_named),
		TEST(a_broken_heading_is_never_passed_over),
		TEST(many_targets_have_many_sections),
		TEST(a_section_may_follow_the_file_name),
		TEST(a_file_that_others_can_read_is_refused),
		TEST(a_file_that_cannot_serve_is_named),
		TEST(a_descriptor_is_read_to_its_end),
		TEST(who_has_read_a_secret_leaves_no_core_dump),
		TEST(no_secret_stays_in_memory),
		TEST(a_zeroed_one_can_be_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
