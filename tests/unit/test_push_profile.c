/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profiles of an ini file: what is taken, and what is refused with file, line and reason. */
#define _GNU_SOURCE
#include "push/profile.h"
#include "push/sink.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/voip-profile.XXXXXX";
static char ini[64], secret[64];
static struct arena arena;

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static bool read_text(const char *text, struct push_profile *profile, struct opt_error *error)
{
	write_file(ini, text, 0600);
	return push_profile_read(profile, ini, VIEW("p"), "/spool", 1000000, &arena, error);
}

static struct push_profile taken(const char *text)
{
	struct push_profile profile;
	struct opt_error error = { "" };

	if (!read_text(text, &profile, &error))
		fail_msg("%s: %s", text, error.text);
	return profile;
}

static void refused(const char *text, const char *why)
{
	struct push_profile profile;
	struct opt_error error = { "" };

	if (read_text(text, &profile, &error))
		fail_msg("taken: %s", text);
	if (strstr(error.text, why) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", text, error.text, why);
}

static void a_profile_is_one_section(void **unused)
{
	struct push_profile p =
		taken("[q]\nsink = nrdp\n[p]\nsink = icinga2\nurl = https://i:5665\n"
		      "user = u\npassword = s\nca = /ca\ntls_name = n\ncert = c\nkey = k\n"
		      "proxy = http://p\nmax_bytes = 7\nmax_age = 9\nspool = /else\n");

	(void)unused;
	assert_ptr_equal(p.sink, &sink_icinga2);
	assert_string_equal(p.name, "p");
	assert_string_equal(p.url, "https://i:5665");
	assert_string_equal(p.user, "u");
	assert_string_equal(p.secret, "s");
	assert_false(p.is_token);
	assert_string_equal(p.ca, "/ca");
	assert_string_equal(p.tls_name, "n");
	assert_string_equal(p.cert, "c");
	assert_string_equal(p.key, "k");
	assert_string_equal(p.proxy, "http://p");
	assert_string_equal(p.spool, "/else");
	assert_int_equal(p.max_bytes, 7);
	assert_int_equal(p.max_age_us, 9000000);
}

static void what_is_left_out_has_a_default(void **unused)
{
	struct push_profile p = taken("[p]\nsink = textfile\npath = /t\n");

	(void)unused;
	assert_string_equal(p.path, "/t");
	assert_string_equal(p.spool, "/spool");
	assert_int_equal(p.max_bytes, 67108864);
	assert_true(p.max_age_us == INT64_C(604800000000));
	assert_null(p.proxy);
	assert_null(p.secret);
}

static void secrets_come_from_file_folder_or_descriptor(void **unused)
{
	char text[300];
	int fd;

	(void)unused;
	write_file(secret, "hush\nsecond\n", 0600);
	snprintf(text, sizeof(text), "[p]\nsink=nrdp\nurl=https://n\ntoken_file=%s\n", secret);
	struct push_profile p = taken(text);
	assert_string_equal(p.secret, "hush");
	assert_true(p.is_token);

	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	p = taken("[p]\nsink=icinga2\nurl=https://n\nuser=u\npassword_file=secret\n");
	assert_string_equal(p.secret, "hush");
	assert_false(p.is_token);
	unsetenv("CREDENTIALS_DIRECTORY");

	fd = open(secret, O_RDONLY);
	snprintf(text, sizeof(text), "[p]\nsink=nrdp\nurl=https://n\ntoken_fd=%d\n", fd);
	assert_string_equal(taken(text).secret, "hush");
	close(fd);
	refused(text, "descriptor");
}

static void secrets_that_others_can_read_are_refused(void **unused)
{
	struct push_profile profile;
	struct opt_error error = { "" };
	char text[300];

	(void)unused;
	write_file(secret, "hush", 0640);
	snprintf(text, sizeof(text), "[p]\nsink=nrdp\nurl=https://n\ntoken_file=%s\n", secret);
	refused(text, "others can read it");
	write_file(ini, "[p]\nsink=nrdp\nurl=https://n\ntoken=hush\n", 0644);
	assert_false(push_profile_read(&profile, ini, VIEW("p"), "/s", 1000000, &arena, &error));
	assert_non_null(strstr(error.text, ":4: holds a secret"));
	assert_null(strstr(error.text, "hush"));
	write_file(ini, "[p]\nsink=textfile\npath=/x\n", 0644);
	assert_true(push_profile_read(&profile, ini, VIEW("p"), "/s", 1000000, &arena, &error));
}

static void broken_profiles_are_refused_with_the_reason(void **unused)
{
	static const char *const rows[][2] = {
		{ "[q]\nsink=nrdp\n", "no section [p]" },
		{ "[p]\n", "[p]: sink is missing" },
		{ "[p]\nsink=icinga\n", "sink is none of icinga2, nrdp" },
		{ "[p]\nsink=icinga2\n", "url is missing" },
		{ "[p]\nsink=textfile\n", "path is missing" },
		{ "[p]\nsink=influxdb\nurl=http://i\n", "database is missing" },
		{ "[p]\nsink=nrdp\nurl=http://i\n", "token is missing" },
		{ "[p]\nsink=icinga2\nurl=https://i\ncert=c\n", "cert and key go together" },
		{ "[p]\nsink=icinga2\nurl=https://i\nkey=c\n", "cert and key go together" },
		{ "[p]\nsink=icinga2\nurl=https://i\nuser=c\n", "user without password" },
		{ "[p]\nsink=icinga2\nurl=https://i\npassword=c\n", "password without user" },
		{ "[p]\nsink=icinga2\nurl=https://i\ntoken=c\n",
		  "token is nothing for sink icinga2" },
		{ "[p]\nsink=icinga2\nurl=https://i\npath=c\n",
		  "path is nothing for sink icinga2" },
		{ "[p]\nsink=textfile\npath=c\nurl=x\n", "url is nothing for sink textfile" },
		{ "[p]\nsink=nrdp\nurl=x\njob=x\n", "job is nothing for sink nrdp" },
		{ "[p]\nsink=nrdp\nurl=x\ntoken=a\ntoken_file=b\n",
		  "token and token_file exclude" },
		{ "[p]\nsink=influxdb\nurl=x\ndatabase=d\ntoken=a\npassword=b\n",
		  "exclude each other" },
		{ "[p]\nsink=nrdp\nurl=x\ntoken_file=/nonexistent\n", "/nonexistent" },
		{ "[p]\nsink=nrdp\nurl=x\ntoken_fd=x\n", "is not a descriptor" },
		{ "[p]\nsink=nrdp\nsink=nrdp\n", ":3: given twice" },
		{ "[p]\nsinks=nrdp\n", ":2: unknown key" },
		{ "[p]\nsink=\n", ":2: the value is empty" },
		{ "[p]\nsink=textfile\npath=c\nmax_bytes=x\n", "max_bytes is not a number" },
		{ "[p]\nsink=textfile\npath=c\nmax_age=-1\n", "max_age is not a number" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refused(rows[i][0], rows[i][1]);
}

static void names_that_are_no_folder_are_refused(void **unused)
{
	static const char *const names[] = { "", ".", "..", ".p", "a/b", "a b", "a\n" };
	struct push_profile profile;
	struct opt_error error;

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_false(push_profile_read(&profile, ini, view_of(names[i]), "/s", 1000000,
					       &arena, &error));
		assert_non_null(strstr(error.text, "is no name of a profile"));
	}
	assert_false(push_profile_read(&profile, "/nonexistent", VIEW("p"), "/s", 1000000, &arena,
				       &error));
	assert_non_null(strstr(error.text, "/nonexistent"));
}

static void the_keys_fit_their_table(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < PROFILE_KEYS; i++) {
		assert_non_null(profile_keys[i].name);
		assert_int_equal(profile_keys[i].meaning[strlen(profile_keys[i].meaning) - 1], '.');
	}
}

static int make_folder(void **unused)
{
	(void)unused;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(ini, sizeof(ini), "%s/ini", folder);
	snprintf(secret, sizeof(secret), "%s/secret", folder);
	return 0;
}

static int remove_folder(void **unused)
{
	(void)unused;
	arena_free(&arena);
	unlink(ini);
	unlink(secret);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_profile_is_one_section),
		cmocka_unit_test(what_is_left_out_has_a_default),
		cmocka_unit_test(secrets_come_from_file_folder_or_descriptor),
		cmocka_unit_test(secrets_that_others_can_read_are_refused),
		cmocka_unit_test(broken_profiles_are_refused_with_the_reason),
		cmocka_unit_test(names_that_are_no_folder_are_refused),
		cmocka_unit_test(the_keys_fit_their_table),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
