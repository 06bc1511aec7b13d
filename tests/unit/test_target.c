/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Target lines, target files, the reader of files, and hosts with ports. */
#define _GNU_SOURCE
#include "cli/target.h"

#include "cli/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_view(struct view v, const char *wanted)
{
	assert_int_equal(v.n, strlen(wanted));
	assert_memory_equal(v.p, wanted, v.n);
}

static void a_line_is_a_name_and_a_spec(void **unused)
{
	static const struct {
		const char *line, *name, *spec;
	} row[] = {
		{ "pbx1 = sip:10.0.0.1;transport=tcp", "pbx1", "sip:10.0.0.1;transport=tcp" },
		{ "sip:a;transport=tcp", "", "sip:a;transport=tcp" },
		{ "sip:user@a;x=y", "", "sip:user@a;x=y" },
		{ "user@a;x=y", "", "user@a;x=y" },
		{ "a;x=y", "", "a;x=y" },
		{ "[::1]:5060;x=y", "", "[::1]:5060;x=y" },
		{ "[x]=y", "", "[x]=y" },
		{ "pbx = ::1", "pbx", "::1" },
		{ "::1", "", "::1" },
		{ "a=b", "a", "b" },
		{ "a=b=c", "a", "b=c" },
		{ "\tBerlin 2 \t=\thost:5060 \r", "Berlin 2", "host:5060" },
		{ "host # comment", "", "host" },
		{ "a = b\t#c", "a", "b" },
		{ "sip:a#b", "", "sip:a#b" },
		{ "# a = b", "", "" },
		{ "  ", "", "" },
		{ "", "", "" },
		{ "\r", "", "" },
	};
	struct opt_error error;
	struct view name, spec;

	(void)unused;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_true(target_line(view_of(row[i].line), &name, &spec, &error));
		assert_view(name, row[i].name);
		assert_view(spec, row[i].spec);
	}
}

static void a_wrong_line_is_refused(void **unused)
{
	static const char forbidden[] = " a vertical bar or a byte outside of printable ASCII";
	static const char *const row[][2] = {
		{ "= b", "no name before the \"=\"" },
		{ "a =", "no target behind the \"=\"" },
		{ "a = # b", "no target behind the \"=\"" },
		{ "a|b = c", forbidden },
		{ "b\x01 = c", forbidden },
		{ "\xc3\xbc = c", forbidden },
		{ "a = b c", forbidden },
		{ "a = b|c", forbidden },
		{ "a\x7f", forbidden },
		{ "a:b = c", forbidden },
	};
	char longest[TARGET_LINE_MAX + 1];
	struct opt_error error;
	struct view name, spec;

	(void)unused;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_false(target_line(view_of(row[i][0]), &name, &spec, &error));
		const char *clause = strstr(error.text, row[i][1]);
		assert_non_null(clause);
	}
	assert_false(target_line(VIEW("a\0b"), &name, &spec, &error));
	memset(longest, 'x', sizeof(longest));
	assert_true(target_line((struct view){ longest, TARGET_LINE_MAX }, &name, &spec, &error));
	assert_false(
		target_line((struct view){ longest, TARGET_LINE_MAX + 1 }, &name, &spec, &error));
	longest[TARGET_NAME_MAX] = '=';
	assert_true(target_line((struct view){ longest, 100 }, &name, &spec, &error));
	assert_int_equal(name.n, TARGET_NAME_MAX);
	longest[TARGET_NAME_MAX] = 'x';
	longest[TARGET_NAME_MAX + 1] = '=';
	assert_false(target_line((struct view){ longest, 100 }, &name, &spec, &error));
}

static void a_host_may_carry_a_port(void **unused)
{
	static const struct {
		const char *spec, *host; /* NULL: refused */
		uint16_t port;
	} row[] = {
		{ "pbx", "pbx", 0 },
		{ "pbx:5062", "pbx", 5062 },
		{ "pbx.example.org.", "pbx.example.org.", 0 },
		{ "_sip._udp.example.org", "_sip._udp.example.org", 0 },
		{ "3com.example", "3com.example", 0 },
		{ "192.0.2.1", "192.0.2.1", 0 },
		{ "192.0.2.1:65535", "192.0.2.1", 65535 },
		{ "::1", "::1", 0 },
		{ "2001:db8::5060", "2001:db8::5060", 0 },
		{ "[::1]", "::1", 0 },
		{ "[::1]:5062", "::1", 5062 },
		{ "", NULL, 0 },
		{ ":5060", NULL, 0 },
		{ "pbx:", NULL, 0 },
		{ "pbx:0", NULL, 0 },
		{ "pbx:65536", NULL, 0 },
		{ "pbx:5060x", NULL, 0 },
		{ "pbx:1:2", NULL, 0 },
		{ "[::1", NULL, 0 },
		{ "[::1]x", NULL, 0 },
		{ "[::1]:", NULL, 0 },
		{ "[192.0.2.1]", NULL, 0 },
		{ "[]", NULL, 0 },
		{ "[", NULL, 0 },
		{ ":::", NULL, 0 },
		{ "300.0.2.1", NULL, 0 },
		{ "192.0.2", NULL, 0 },
		{ "1.2.3.4.5", NULL, 0 },
		{ "-pbx", NULL, 0 },
		{ "a..b", NULL, 0 },
		{ ".a", NULL, 0 },
		{ ".", NULL, 0 },
		{ "a b", NULL, 0 },
		{ "a/b", NULL, 0 },
		{ "fe80::1%nonexistent", NULL, 0 },
	};
	struct opt_error error;
	struct view host;
	uint16_t port;

	(void)unused;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bool ok = target_split(view_of(row[i].spec), &host, &port, &error);
		assert_int_equal(ok, row[i].host != NULL);
		if (!ok)
			continue;
		assert_view(host, row[i].host);
		assert_int_equal(port, row[i].port);
	}
}

static void a_spec_is_refused_in_a_clause_without_it(void **unused)
{
#define NO_HOST "is neither an address nor a host name"
#define NO_PORT "has no port from 1 to 65535 behind the host"
#define NO_URI "is neither HOST:PORT nor a URI of a known scheme"
	static const char *const row[][2] = {
		{ "a..b", NO_HOST },
		{ "a:b:c", NO_HOST },
		{ "fe80::1%nonexistent", NO_HOST },
		{ "pbx:0", NO_PORT },
		{ "pbx:", NO_PORT },
		{ "pbx:1x", NO_PORT },
		{ "http://x", NO_URI },
		{ "http://x:80/", NO_URI },
		{ "tel:+1", NO_URI },
		{ "pbx:sip", NO_URI },
		{ "[x]", "is not [IPv6 address]:port" },
		{ "0.0.0.0", "is no address of a host" },
		{ "[::]:5060", "is no address of a host" },
		{ "255.255.255.255", "is a broadcast address" },
		{ "[::ffff:255.255.255.255]:1", "is a broadcast address" },
		{ "224.0.0.0:5060", "is a multicast address" },
		{ "239.255.255.255", "is a multicast address" },
		{ "::ffff:224.0.1.75", "is a multicast address" },
		{ "ff02::1", "is a multicast address" },
		{ "[ff00::]:5060", "is a multicast address" },
		{ "223.255.255.255", NULL },
		{ "240.0.0.1", NULL },
		{ "255.255.255.254", NULL },
		{ "fe00::1", NULL },
		{ "e000::1", NULL },
	};
	struct opt_error error;
	struct view host;
	uint16_t port;

	(void)unused;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bool ok = target_split(view_of(row[i][0]), &host, &port, &error);
		assert_int_equal(ok, row[i][1] == NULL);
		if (!ok)
			assert_string_equal(error.text, row[i][1]);
	}
}

static void host_names_have_the_length_of_the_dns(void **unused)
{
	struct opt_error error;
	struct view host;
	uint16_t port;
	char name[256];

	(void)unused;
	memset(name, 'x', sizeof(name));
	assert_true(target_split((struct view){ name, 63 }, &host, &port, &error));
	assert_false(target_split((struct view){ name, 64 }, &host, &port, &error));
	for (size_t i = 50; i < sizeof(name); i += 50)
		name[i] = '.';
	assert_true(target_split((struct view){ name, 253 }, &host, &port, &error));
	assert_false(target_split((struct view){ name, 254 }, &host, &port, &error));
}

struct rig {
	struct common common;
	struct arena arena;
	struct target_list list;
	struct opt_error error;
	char file[40];
};

static bool read_text(struct rig *rig, const char *text, size_t n)
{
	*rig = (struct rig){ .file = "/tmp/test_target.XXXXXX" };
	int fd = mkstemp(rig->file);
	assert_int_equal(write(fd, text, n), n);
	close(fd);
	rig->common.targets = view_of(rig->file);
	rig->common.timeout_us = 10000000;
	opt_list_add(&rig->common.hostname, VIEW("first"), &rig->arena);
	bool ok = target_read(&rig->common, &rig->arena, &rig->list, &rig->error);
	unlink(rig->file);
	return ok;
}

static void rig_free(struct rig *rig)
{
	target_free(&rig->list);
	arena_free(&rig->arena);
}

static void options_come_before_the_file(void **unused)
{
	static const char *const wanted[][2] = {
		{ "first", "first" },
		{ "pbx", "::1" },
		{ "sip:a,transport=tcp", "sip:a;transport=tcp" },
		{ "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...",
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" },
		{ "pbx", "twice" },
	};
	static const char text[] =
		"pbx=::1\r\n\n# x\nsip:a;transport=tcp\n"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\npbx = twice";
	static const unsigned line[] = { 0, 1, 4, 5, 6 };
	struct rig rig;

	(void)unused;
	assert_true(read_text(&rig, text, sizeof(text) - 1));
	assert_int_equal(rig.list.count, sizeof(wanted) / sizeof(wanted[0]));
	for (size_t i = 0; i < rig.list.count; i++) {
		assert_string_equal(rig.list.item[i].name, wanted[i][0]);
		assert_string_equal(rig.list.item[i].spec, wanted[i][1]);
		assert_int_equal(rig.list.item[i].line, line[i]);
	}
	rig_free(&rig);
}

static void a_wrong_line_is_named_with_file_and_number(void **unused)
{
	char wanted[80];
	struct rig rig;

	(void)unused;
	assert_false(read_text(&rig, "a\n\n=b\n", 6));
	snprintf(wanted, sizeof(wanted), "%s:3: no name before the \"=\"", rig.file);
	assert_string_equal(rig.error.text, wanted);
	rig_free(&rig);
	assert_false(read_text(&rig, "a\0b\n", 4));
	rig_free(&rig);
	rig = (struct rig){ .common.targets = VIEW("/nonexistent") };
	assert_false(target_read(&rig.common, &rig.arena, &rig.list, &rig.error));
	assert_string_equal(rig.error.text, "/nonexistent: No such file or directory");
	rig_free(&rig);
}

static void a_file_without_targets_needs_one_of_the_command_line(void **unused)
{
	struct rig rig = { .common = { .targets = VIEW("/dev/null"), .timeout_us = 10000000 } };

	(void)unused;
	assert_false(target_read(&rig.common, &rig.arena, &rig.list, &rig.error));
	assert_string_equal(rig.error.text, "/dev/null: holds no target");
	rig_free(&rig);
	assert_true(read_text(&rig, "# none\n", 7));
	assert_int_equal(rig.list.count, 1);
	rig_free(&rig);
}

static void a_million_targets_are_enough(void **unused)
{
	enum { BYTES = 2 * TARGETS_MAX };
	char *text = malloc(BYTES);
	struct rig rig;

	(void)unused;
	assert_non_null(text);
	for (size_t i = 0; i < BYTES; i += 2)
		memcpy(text + i, "a\n", 2);
	assert_true(read_text(&rig, text, BYTES - 2));
	assert_int_equal(rig.list.count, TARGETS_MAX);
	rig_free(&rig);
	assert_false(read_text(&rig, text, BYTES));
	assert_non_null(strstr(rig.error.text, ":1000000: more than 1000000 targets"));
	rig_free(&rig);
	free(text);
}

static void targets_wait_no_longer_than_the_deadline(void **unused)
{
	struct rig rig = { .common = { .targets = VIEW("-"), .timeout_us = 50000 } };
	int pair[2], kept = dup(STDIN_FILENO);

	(void)unused;
	assert_int_equal(pipe(pair), 0);
	assert_int_equal(write(pair[1], "a\n", 2), 2);
	dup2(pair[0], STDIN_FILENO);
	assert_false(target_read(&rig.common, &rig.arena, &rig.list, &rig.error));
	dup2(kept, STDIN_FILENO);
	assert_string_equal(rig.error.text, "standard input: no end of file within 0.05 s");
	for (size_t i = 0; i < 2; i++)
		close(pair[i]);
	close(kept);
	rig_free(&rig);
}

static void targets_arrive_from_a_pipe_of_any_speed(void **unused)
{
	struct rig rig = { .common = { .targets = VIEW("-"), .timeout_us = 10000000 } };
	int pair[2], kept = dup(STDIN_FILENO);

	(void)unused;
	assert_int_equal(pipe(pair), 0);
	pid_t writer = fork();
	if (writer == 0) {
		for (unsigned i = 0; i < 9000; i++)
			if (write(pair[1], "name = target\n", 14) != 14)
				_exit(1);
		_exit(0);
	}
	close(pair[1]);
	dup2(pair[0], STDIN_FILENO);
	assert_true(target_read(&rig.common, &rig.arena, &rig.list, &rig.error));
	assert_int_equal(rig.list.count, 9000);
	assert_string_equal(rig.list.item[8999].spec, "target");
	dup2(kept, STDIN_FILENO);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	close(pair[0]);
	close(kept);
	rig_free(&rig);
}

static void a_first_line_needs_no_end_of_file(void **unused)
{
	static const struct {
		const char *text, *why; /* NULL: read */
		const char *line;
	} row[] = {
		{ "user:pass\nmore", NULL, "user:pass" },
		{ "\n", NULL, "" },
		{ "user:pass1\n", "the first line is longer than 9 bytes", NULL },
		{ "user:pass1", "the first line is longer than 9 bytes", NULL },
		{ "user", "no end of the first line within 0.05 s", NULL },
	};
	struct file_source source = { .max_bytes = 9, .timeout_us = 50000, .line_only = true };
	struct arena arena = { NULL };
	struct opt_error error;
	struct file_text text;
	char wanted[100];
	int pair[2];

	(void)unused;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		size_t n = strlen(row[i].text);
		assert_int_equal(pipe(pair), 0);
		assert_int_equal(write(pair[1], row[i].text, n), n);
		source.fd = pair[0];
		bool ok = file_read(&arena, &source, &text, &error);
		assert_int_equal(ok, row[i].why == NULL);
		snprintf(wanted, sizeof(wanted), "descriptor %d: %s", pair[0],
			 ok ? "" : row[i].why);
		assert_string_equal(ok ? text.text : error.text, ok ? row[i].line : wanted);
		assert_int_equal(close(pair[0]), 0);
		close(pair[1]);
	}
	arena_free(&arena);
}

static void a_named_file_may_be_of_any_kind(void **unused)
{
	char path[] = "/tmp/test_target.XXXXXX", wanted[100];
	struct file_source source = { path, .max_bytes = 4, .timeout_us = 50000 };
	int fd = mkstemp(path);
	struct arena arena = { NULL };
	struct opt_error error;
	struct file_text text;

	(void)unused;
	assert_int_equal(write(fd, "ab\nc", 4), 4);
	assert_true(file_read(&arena, &source, &text, &error));
	assert_string_equal(text.text, "ab\nc");
	assert_false(text.others_can_read);
	assert_int_equal(fchmod(fd, 0640), 0);
	source.line_only = true;
	source.max_bytes = 2;
	assert_true(file_read(&arena, &source, &text, &error));
	assert_string_equal(text.text, "ab");
	assert_true(text.others_can_read);
	source.line_only = false;
	assert_false(file_read(&arena, &source, &text, &error));
	assert_non_null(strstr(error.text, ": is too large"));
	close(fd);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_false(file_read(&arena, &source, &text, &error));
	snprintf(wanted, sizeof(wanted), "%s: no end of file within 0.05 s", path);
	assert_string_equal(error.text, wanted);
	unlink(path);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_a_name_and_a_spec),
		cmocka_unit_test(a_wrong_line_is_refused),
		cmocka_unit_test(a_host_may_carry_a_port),
		cmocka_unit_test(a_spec_is_refused_in_a_clause_without_it),
		cmocka_unit_test(host_names_have_the_length_of_the_dns),
		cmocka_unit_test(options_come_before_the_file),
		cmocka_unit_test(a_wrong_line_is_named_with_file_and_number),
		cmocka_unit_test(a_file_without_targets_needs_one_of_the_command_line),
		cmocka_unit_test(targets_wait_no_longer_than_the_deadline),
		cmocka_unit_test(a_million_targets_are_enough),
		cmocka_unit_test(a_first_line_needs_no_end_of_file),
		cmocka_unit_test(a_named_file_may_be_of_any_kind),
		cmocka_unit_test(targets_arrive_from_a_pipe_of_any_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
