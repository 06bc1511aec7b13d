/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Units from the paths of control groups, and from their numbers in folders of our own. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dirent.h>

#include <cmocka.h>

#include "local/cgroup.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))

struct row {
	const char *text, *unit;
};

static void check_unit(const char *text, const char *unit, const char *expected)
{
	if (expected == NULL && unit != NULL)
		fail_msg("%s: %s", text, unit);
	if (expected != NULL && (unit == NULL || strcmp(unit, expected) != 0))
		fail_msg("%s: %s, not %s", text, unit != NULL ? unit : "none", expected);
}

static void the_unit_is_the_first_one_behind_the_slices(void **state)
{
	static const struct row rows[] = {
		{ "/system.slice/kamailio.service", "kamailio.service" },
		{ "system.slice/kamailio.service/", "kamailio.service" },
		{ "/system.slice/kamailio.service/worker/1", "kamailio.service" },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/phone.service",
		  "user@1000.service/phone.service" },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/a-b.slice/c.scope/"
		  "d.service",
		  "user@1000.service/c.scope" },
		{ "/user.slice/user@1000.service/user@0.service/kamailio.service",
		  "user@1000.service/user@0.service" },
		{ "/user.slice/user@1000.service/x/kamailio.service", "user@1000.service" },
		{ "/user.slice/user@1000.service/app.slice", "user@1000.service" },
		{ "/user.slice/user@1000.service", "user@1000.service" },
		{ "/system.slice/voice@1.service/kamailio.service", "voice@1.service" },
		{ "/user.slice/user-1000.slice/session-3.scope/x", "session-3.scope" },
		{ "/system.slice/dialpad.socket/x", "dialpad.socket" },
		{ "/system.slice/srv-voice.mount/x", "srv-voice.mount" },
		{ "/system.slice/dev-sda2.swap/x", "dev-sda2.swap" },
		{ "/system.slice/system-a\\x2db.slice/a\\x2db@c\\x20d.service",
		  "a\\x2db@c\\x20d.service" },
		{ "/system.slice/docker-0123abcd.scope", "docker-0123abcd.scope" },
		{ "/system.slice/docker-0123abcd.scope/system.slice/inner.service",
		  "docker-0123abcd.scope" },
		{ "/docker/0123abcd/system.slice/inner.service", "0123abcd" },
		{ "/docker/0123abcd/inner.service", "0123abcd" },
		{ "/a.slice/b/c.slice/d", "b" },
		{ "/kubepods.slice/kubepods-pod1.slice/cri-containerd-7.scope",
		  "cri-containerd-7.scope" },
		{ "/kubepods/burstable/pod1234/89ab", "89ab" },
		{ "/docker/0123abcd", "0123abcd" },
		{ "/docker/0123abcd/", "0123abcd" },
		{ "/kubepods.slice/kubepods-pod1.slice/cri-containerd-7.scope/inner.service",
		  "cri-containerd-7.scope" },
		{ "/user.slice", "user.slice" },
		{ "/user.slice/user-1000.slice/", "user-1000.slice" },
		{ "./system.slice/kamailio.service", "kamailio.service" },
		{ "/.slice/kamailio.service", ".slice" },
		{ "/docker//", "docker" },
		{ "/init.scope", "init.scope" },
		{ "/voice.service.d", "voice.service.d" },
		{ "/voice.service/.service", "voice.service" },
		{ "/a/.scope", ".scope" },
		{ "/a|b\n\xff.service", "a|b\n\xff.service" },
		{ "/", NULL },
		{ "", NULL },
		{ "///", NULL },
		{ "/..", NULL },
		{ "/../..", NULL },
		{ "/../../other.service", "other.service" },
		{ "/../other", "other" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(rows); i++) {
		struct arena arena = { 0 };
		const char *unit = cgroup_path_unit(&arena, view_of(rows[i].text));
		check_unit(rows[i].text, unit, rows[i].unit);
		arena_free(&arena);
	}
}

static void version_2_comes_before_the_systemd_hierarchy_of_version_1(void **state)
{
	static const struct row rows[] = {
		{ "0::/system.slice/a.service\n", "a.service" },
		{ "0::/system.slice/a.service", "a.service" },
		{ "0::/a:b.service\n", "a:b.service" },
		{ "12:pids:/p\n1:name=systemd:/system.slice/a.service\n0::/\n", "a.service" },
		{ "12:pids:/p\n1:name=systemd:/system.slice/a.service\n", "a.service" },
		{ "1:name=systemd:/b.service\n0::/a.service\n", "a.service" },
		{ "0::/a.service\n1:name=systemd:/b.service\n", "a.service" },
		{ "2:memory:/docker/12\n1:name=systemd:/docker/12\n0::/docker/12\n", "12" },
		{ "8:pids:/a.service\n0::/\n", NULL },
		{ "8:name=other:/a.service\n", NULL },
		{ "10::/a.service\n", NULL },
		{ "0:cpu:/a.service\n", NULL },
		{ "0::\n", NULL },
		{ "0:\n", NULL },
		{ "\n\n0", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < CASES(rows); i++) {
		struct arena arena = { 0 };
		const char *unit = cgroup_text_unit(&arena, view_of(rows[i].text));
		check_unit(rows[i].text, unit, rows[i].unit);
		arena_free(&arena);
	}
}

/* What a folder's own folder says about its number. */
static uint64_t number_of(const char *above, const char *name)
{
	const struct dirent *entry;
	uint64_t number = 0;
	DIR *dir = opendir(above);

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, name) == 0)
			number = entry->d_ino;
	closedir(dir);
	assert_true(number != 0);
	return number;
}

static char *enter_new(char *root)
{
	assert_non_null(mkdtemp(root));
	assert_int_equal(chdir(root), 0);
	return root;
}

static void make(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

static void leave(const char *root)
{
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(root), 0);
}

static void groups_are_found_by_their_numbers(void **state)
{
	static const char *const paths[] = { "a.slice", "a.slice/.hidden.service",
					     "a.slice/b.service", "a.slice/b.service/deep", "c" };
	const char *unit[8] = { "old", "old", "old", "old", NULL, "old", "old", NULL };
	char root[] = "/tmp/test_local_cgroup.XXXXXX";
	struct arena arena = { 0 };
	struct stat st;

	(void)state;
	enter_new(root);
	for (size_t i = 0; i < CASES(paths); i++)
		make(paths[i]);
	assert_int_equal(stat(".", &st), 0);
	struct cgroup_wish wish[] = {
		{ .id = number_of("a.slice/b.service", "deep"), .unit = &unit[0] },
		{ .id = number_of(".", "c"), .unit = &unit[1] },
		{ .id = number_of("a.slice", ".hidden.service"), .unit = &unit[2] },
		{ .id = number_of(".", "c"), .unit = &unit[3] },
		{ .id = UINT64_MAX, .unit = &unit[4] },
		{ .id = st.st_ino, .unit = &unit[5] },
		{ .id = number_of(".", "c"), .unit = &unit[6] },
		{ .id = 0, .unit = &unit[7] },
	};
	cgroup_find(&arena, root, wish, CASES(wish));
	for (size_t i = CASES(paths); i-- > 0;)
		assert_int_equal(rmdir(paths[i]), 0);
	leave(root);
	assert_string_equal(unit[0], "b.service");
	assert_string_equal(unit[1], "c");
	assert_string_equal(unit[2], ".hidden.service");
	assert_string_equal(unit[3], "c");
	assert_null(unit[4]);
	assert_null(unit[5]);
	assert_string_equal(unit[6], "c");
	assert_null(unit[7]);
	arena_free(&arena);
}

static void a_link_or_a_file_is_no_group(void **state)
{
	char root[] = "/tmp/test_local_cgroup.XXXXXX";
	const char *unit[2] = { NULL, NULL };
	struct arena arena = { 0 };

	(void)state;
	enter_new(root);
	assert_int_equal(symlink(".", "link"), 0);
	assert_int_equal(mkfifo("file", 0600), 0);
	struct cgroup_wish wish[] = {
		{ .id = number_of(".", "link"), .unit = &unit[0] },
		{ .id = number_of(".", "file"), .unit = &unit[1] },
	};
	cgroup_find(&arena, root, wish, CASES(wish));
	unlink("link");
	unlink("file");
	leave(root);
	assert_null(unit[0]);
	assert_null(unit[1]);
	arena_free(&arena);
}

/* 4096 folders are looked into, the root among them: what the last of a chain holds is found only
 * up to there. */
static void the_walk_ends(void **state)
{
	enum { WIDE = 4100 };
	char root[] = "/tmp/test_local_cgroup.XXXXXX", name[32];
	const char *unit[WIDE];
	static struct cgroup_wish wish[WIDE];
	struct arena arena = { 0 };
	unsigned found = 0;

	(void)state;
	enter_new(root);
	for (unsigned i = 0; i < WIDE; i++) {
		snprintf(name, sizeof(name), "%u", i);
		make(name);
		snprintf(name, sizeof(name), "%u/x%u.scope", i, i);
		make(name);
		unit[i] = NULL;
		snprintf(name, sizeof(name), "%u", i);
		struct stat st;
		snprintf(name, sizeof(name), "%u/x%u.scope", i, i);
		assert_int_equal(stat(name, &st), 0);
		wish[i] = (struct cgroup_wish){ .id = st.st_ino, .unit = &unit[i] };
	}
	cgroup_find(&arena, root, wish, WIDE);
	for (unsigned i = 0; i < WIDE; i++) {
		found += unit[i] != NULL;
		snprintf(name, sizeof(name), "%u/x%u.scope", i, i);
		rmdir(name);
		snprintf(name, sizeof(name), "%u", i);
		rmdir(name);
	}
	leave(root);
	assert_int_equal(found, 4095);
	arena_free(&arena);
}

static void a_root_that_is_not_there_has_no_groups(void **state)
{
	const char *unit = NULL;
	struct cgroup_wish wish = { .id = 1, .unit = &unit };
	struct arena arena = { 0 };

	(void)state;
	cgroup_find(&arena, "/nonexistent", &wish, 1);
	assert_null(unit);
	arena_free(&arena);
}

/* Where it is mounted, it is known by one of its files. */
static void the_root_of_this_host_is_one(void **state)
{
	const char *root = cgroup_root();
	char path[64];

	(void)state;
	if (root == NULL)
		skip();
	snprintf(path, sizeof(path), "%s/cgroup.procs", root);
	assert_int_equal(access(path, F_OK), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_unit_is_the_first_one_behind_the_slices),
		cmocka_unit_test(version_2_comes_before_the_systemd_hierarchy_of_version_1),
		cmocka_unit_test(groups_are_found_by_their_numbers),
		cmocka_unit_test(a_link_or_a_file_is_no_group),
		cmocka_unit_test(the_walk_ends),
		cmocka_unit_test(a_root_that_is_not_there_has_no_groups),
		cmocka_unit_test(the_root_of_this_host_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
