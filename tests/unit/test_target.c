/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Target lines, target files, and hosts with ports. */
#define _GNU_SOURCE
#include "cli/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
	struct rig rig;

	(void)unused;
	assert_true(read_text(&rig, text, sizeof(text) - 1));
	assert_int_equal(rig.list.count, sizeof(wanted) / sizeof(wanted[0]));
	for (size_t i = 0; i < rig.list.count; i++) {
		assert_string_equal(rig.list.item[i].name, wanted[i][0]);
		assert_string_equal(rig.list.item[i].spec, wanted[i][1]);
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

static void targets_arrive_from_a_pipe_of_any_speed(void **unused)
{
	struct rig rig = { .common.targets = VIEW("-") };
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_a_name_and_a_spec),
		cmocka_unit_test(a_wrong_line_is_refused),
		cmocka_unit_test(a_host_may_carry_a_port),
		cmocka_unit_test(host_names_have_the_length_of_the_dns),
		cmocka_unit_test(options_come_before_the_file),
		cmocka_unit_test(a_wrong_line_is_named_with_file_and_number),
		cmocka_unit_test(a_million_targets_are_enough),
		cmocka_unit_test(targets_arrive_from_a_pipe_of_any_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
