/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Owners of sockets where the view is narrow: another user, fewer capabilities, a /proc that hides
 * processes or is not there. Most of it takes root, who can become less. */
#define _GNU_SOURCE
#include "local_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where a test lays out a hierarchy of its own. */
static const char groups[] = "/sys/fs/cgroup";

/* Stands in front of the C library's own: what is there is of version 2. */
int statfs(const char *path, struct statfs *fs)
{
	*fs = (struct statfs){ .f_type = CGROUP2_SUPER_MAGIC };
	return strcmp(path, groups) == 0 ? 0 : -1;
}

/* What happens when a path is opened: a process ends before or after. */
static struct {
	const char *path;
	pid_t dies_before, dies_after;
} fault;

static void die(pid_t *pid)
{
	kill(*pid, SIGKILL);
	waitpid(*pid, NULL, 0);
	*pid = 0;
}

/* This one too. */
int openat(int dir, const char *path, int flags, ...)
{
	bool here = fault.path != NULL && strcmp(path, fault.path) == 0;

	if (here && fault.dies_before != 0)
		die(&fault.dies_before);
	int fd = (int)syscall(SYS_openat, dir, path, flags, 0);
	if (here && fault.dies_after != 0)
		die(&fault.dies_after);
	return fd;
}

/* A question of a child about a socket of its parent only, and one that the child has too. */
struct view_case {
	struct question question;
	int parents, shared;
};

static struct local_owner *parents(struct view_case *c)
{
	return &c->question.owner[0];
}

static struct local_owner *shared(struct view_case *c)
{
	return &c->question.owner[1];
}

static void check_view(bool (*work)(void *ctx))
{
	struct view_case c = { .parents = socket_new(), .shared = socket_new() };

	question_add(&c.question, c.parents);
	question_add(&c.question, c.shared);
	in_child(work, &c);
	close(c.parents);
	close(c.shared);
}

static void check_view_of_root(bool (*work)(void *ctx))
{
	if (geteuid() != 0)
		skip();
	check_view(work);
}

static void skip_child_unless(bool possible)
{
	if (!possible)
		_exit(SKIP);
}

static bool drop_user(void)
{
	return setgid(NOBODY) == 0 && setuid(NOBODY) == 0;
}

/* Mounts are seen by nobody else from here on. */
static void own_mounts(void)
{
	skip_child_unless(unshare(CLONE_NEWNS) == 0 &&
			  mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
}

/* Of the two, the child is only seen with its own; the parent never. */
static bool sees_only_itself(struct view_case *c)
{
	const struct local_process *own;

	close(c->parents);
	if (!question_ask(&c->question))
		return false;
	own = shared(c)->first;
	return parents(c)->first == NULL && own != NULL && own->pid == (uint32_t)getpid() &&
	       own->count == 1 && own->next == NULL && own->uid == geteuid() && own->path != NULL &&
	       shared(c)->unit == NULL;
}

static bool nobody_sees_closed_processes(void *ctx)
{
	struct view_case *c = ctx;
	const struct local_owners_seen *seen = &c->question.seen;

	return drop_user() && sees_only_itself(c) && seen->closed > seen->processes / 2 &&
	       seen->closed < seen->processes && !seen->hidden && !seen->capable;
}

static void another_users_process_is_closed(void **state)
{
	(void)state;
	check_view_of_root(nobody_sees_closed_processes);
}

static bool drop_capability(unsigned capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	skip_child_unless(may_see_others());
	if (syscall(SYS_capget, &header, data) != 0)
		return false;
	data[0].permitted &= ~(1u << capability);
	data[0].effective &= ~(1u << capability);
	return syscall(SYS_capset, &header, data) == 0;
}

static bool less_than_root_sees_closed_processes(void *ctx)
{
	struct view_case *c = ctx;

	return drop_capability(CAP_SYS_PTRACE) && sees_only_itself(c) &&
	       c->question.seen.closed > 0 && !c->question.seen.capable;
}

static bool one_capability_of_two_is_too_few(void *ctx)
{
	struct view_case *c = ctx;

	return question_ask(&c->question) && c->question.seen.capable &&
	       drop_capability(CAP_DAC_READ_SEARCH) && question_ask(&c->question) &&
	       !c->question.seen.capable;
}

static void without_the_capability_to_trace_processes_are_closed(void **state)
{
	(void)state;
	check_view_of_root(less_than_root_sees_closed_processes);
	check_view_of_root(one_capability_of_two_is_too_few);
}

static bool nobody_sees_that_some_are_hidden(void *ctx)
{
	struct view_case *c = ctx;

	own_mounts();
	skip_child_unless(mount("proc", "/proc", "proc", 0, "hidepid=2") == 0);
	return drop_user() && sees_only_itself(c) && c->question.seen.hidden &&
	       c->question.seen.closed == 0 && c->question.seen.processes == 1;
}

static bool nobody_sees_that_all_are_closed(void *ctx)
{
	struct view_case *c = ctx;
	const struct local_owners_seen *seen = &c->question.seen;

	own_mounts();
	skip_child_unless(mount("proc", "/proc", "proc", 0, "hidepid=1") == 0);
	return drop_user() && sees_only_itself(c) && !seen->hidden && seen->processes > 1 &&
	       seen->closed == seen->processes - 1;
}

static bool root_sees_all(void *ctx)
{
	struct view_case *c = ctx;

	own_mounts();
	skip_child_unless(mount("proc", "/proc", "proc", 0, "hidepid=2") == 0);
	return question_ask(&c->question) && !c->question.seen.hidden && parents(c)->first != NULL;
}

static void a_proc_that_hides_processes_is_noticed(void **state)
{
	(void)state;
	check_view_of_root(nobody_sees_that_some_are_hidden);
	check_view_of_root(nobody_sees_that_all_are_closed);
	check_view_of_root(root_sees_all);
}

static bool is_refused(struct view_case *c, const char *why)
{
	static const struct local_owners_seen none;

	return !question_ask(&c->question) && strcmp(c->question.why, why) == 0 &&
	       memcmp(&c->question.seen, &none, sizeof(none)) == 0 && parents(c)->first == NULL;
}

static bool an_empty_folder_is_refused(void *ctx)
{
	own_mounts();
	skip_child_unless(mount("none", "/proc", "tmpfs", 0, NULL) == 0);
	return is_refused(ctx, "cannot read /proc: No such file or directory");
}

static bool a_closed_folder_is_refused(void *ctx)
{
	own_mounts();
	skip_child_unless(mount("none", "/proc", "tmpfs", 0, "mode=0700") == 0);
	return drop_user() && is_refused(ctx, "cannot read /proc: Permission denied");
}

static void without_proc_there_is_a_reason(void **state)
{
	(void)state;
	check_view_of_root(an_empty_folder_is_refused);
	check_view_of_root(a_closed_folder_is_refused);
}

/* The first that is opened is /proc, then a process's folder, then its name or list. */
static bool too_few_descriptors_are_told(void *ctx)
{
	struct view_case *c = ctx;
	int next = dup(0);

	close(next);
	for (int more = 0; more <= 2; more++) {
		struct rlimit limit = { .rlim_cur = (rlim_t)(next + more),
					.rlim_max = (rlim_t)(next + 3) };
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0 ||
		    !is_refused(c, "cannot read /proc: Too many open files"))
			return false;
	}
	struct rlimit enough = { .rlim_cur = (rlim_t)(next + 3), .rlim_max = (rlim_t)(next + 3) };
	return setrlimit(RLIMIT_NOFILE, &enough) == 0 && question_ask(&c->question);
}

static void half_a_look_is_no_look(void **state)
{
	(void)state;
	check_view(too_few_descriptors_are_told);
}

static bool a_tight_buffer_holds_no_half_clause(void *ctx)
{
	struct view_case *c = ctx;
	struct rlimit none = { 0, 0 };
	char why[sizeof("cannot read /proc: Too many open files") - 1] = "x";

	return setrlimit(RLIMIT_NOFILE, &none) == 0 &&
	       !local_owners(&c->question.arena, c->question.owner, 2, &c->question.seen, why,
			     sizeof(why)) &&
	       why[0] == '\0';
}

static void a_clause_that_does_not_fit_is_left_out(void **state)
{
	(void)state;
	check_view(a_tight_buffer_holds_no_half_clause);
}

static bool nothing_wanted_needs_no_proc(void *ctx)
{
	struct view_case *c = ctx;
	struct rlimit none = { 0, 0 };

	c->question.count = 0;
	return setrlimit(RLIMIT_NOFILE, &none) == 0 && question_ask(&c->question) &&
	       c->question.seen.processes == 0;
}

static void without_a_question_nothing_is_read(void **state)
{
	(void)state;
	check_view(nothing_wanted_needs_no_proc);
}

/* At each step of the look at it. */
static void a_process_that_ends_meanwhile_is_no_error(void **state)
{
	static const struct {
		const char *path; /* NULL = the folder of its descriptors */
		bool before;
	} cases[] = { { NULL, true }, { NULL, false }, { "../comm", true }, { "../comm", false } };

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct question question = { .count = 0 };
		int fd = socket_new();
		struct sitter sitter = sitter_new(NULL, NULL);
		char path[32];
		question_add(&question, fd);
		close(fd); /* so that only the child has it */
		snprintf(path, sizeof(path), "%d/fd", (int)sitter.pid);
		fault.path = cases[i].path != NULL ? cases[i].path : path;
		*(cases[i].before ? &fault.dies_before : &fault.dies_after) = sitter.pid;
		bool told = question_ask(&question);
		assert_int_equal(fault.dies_before + fault.dies_after, 0);
		fault.path = NULL;
		assert_true(told);
		assert_null(question.owner[0].first);
		assert_in_range(question.seen.closed, 0, question.seen.processes - 1);
		close(sitter.end);
		question_free(&question);
	}
}

/* A folder so deep that the kernel does not tell its path. */
static void dig(char *root)
{
	char name[NAME_MAX + 1];

	memset(name, 'd', NAME_MAX);
	name[NAME_MAX] = '\0';
	assert_non_null(mkdtemp(root));
	assert_int_equal(chdir(root), 0);
	for (size_t i = 0; i < PATH_MAX / NAME_MAX + 2; i++) {
		assert_int_equal(mkdir(name, 0700), 0);
		assert_int_equal(chdir(name), 0);
	}
}

static void fill(const char *root)
{
	char name[NAME_MAX + 1];

	memset(name, 'd', NAME_MAX);
	name[NAME_MAX] = '\0';
	for (size_t i = 0; i < PATH_MAX / NAME_MAX + 2; i++) {
		assert_int_equal(chdir(".."), 0);
		assert_int_equal(rmdir(name), 0);
	}
	assert_int_equal(rmdir(root), 0);
}

static void a_path_that_is_too_long_hides_no_socket(void **state)
{
	char root[] = "/tmp/test_local_owners.XXXXXX", link[32], told[PATH_MAX];
	struct question question = { .count = 0 };
	int back = open(".", O_RDONLY | O_DIRECTORY);

	(void)state;
	dig(root);
	int deep = open(".", O_RDONLY | O_DIRECTORY), fd = socket_new();
	assert_true(deep >= 0 && deep < fd);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", deep);
	assert_int_equal(readlink(link, told, sizeof(told)), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_non_null(holders_of(&question, fd));
	close(deep);
	fill(root);
	assert_int_equal(fchdir(back), 0);
	close(back);
	close(fd);
	question_free(&question);
}

/* A hierarchy with two services; the number of the second. */
static uint64_t lay_out_groups(void)
{
	struct stat st = { .st_ino = 0 };

	own_mounts();
	skip_child_unless(mount("none", groups, "tmpfs", 0, NULL) == 0 && chdir(groups) == 0);
	if (mkdir("a.slice", 0755) != 0 || mkdir("a.slice/other.service", 0755) != 0 ||
	    mkdir("a.slice/voice.service", 0755) != 0 || stat("a.slice/voice.service", &st) != 0)
		return 0;
	return st.st_ino;
}

static bool is_unit(const char *unit, const char *expected)
{
	return unit != NULL && strcmp(unit, expected) == 0;
}

static bool the_group_of_a_hidden_owner_is_told(void *ctx)
{
	struct view_case *c = ctx;
	uint64_t id = lay_out_groups();

	parents(c)->cgroup = shared(c)->cgroup = id;
	c->question.owner[2] = (struct local_owner){ .inode = UINT32_MAX, .cgroup = id };
	c->question.owner[3] = (struct local_owner){ .inode = 0, .cgroup = UINT64_MAX };
	c->question.owner[4] = *parents(c);
	c->question.owner[4].cgroup = 0;
	c->question.count = 5;
	return id != 0 && drop_user() && sees_only_itself(c) &&
	       is_unit(parents(c)->unit, "voice.service") &&
	       is_unit(c->question.owner[2].unit, "voice.service") &&
	       c->question.owner[3].unit == NULL && c->question.owner[4].unit == NULL;
}

static void the_unit_of_a_socket_needs_no_owner_in_sight(void **state)
{
	(void)state;
	check_view_of_root(the_group_of_a_hidden_owner_is_told);
}

static bool tell_group(pid_t pid, const char *text)
{
	char name[] = "/tmp/test_local_owners.XXXXXX", path[32];
	int fd = mkstemp(name);

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	bool written = write(fd, text, strlen(text)) == (ssize_t)strlen(text) &&
		       mount(name, path, NULL, MS_BIND, NULL) == 0;
	close(fd);
	unlink(name);
	return written;
}

/* Another file stands in front of the kernel's, for the child only. */
static bool two_units_are_told_apart(void *ctx)
{
	struct view_case *c = ctx;
	pid_t parent = getppid();

	own_mounts();
	skip_child_unless(tell_group(parent, "0::/system.slice/voice.service\n"));
	return tell_group(getpid(), "0::/system.slice/other.service\n") &&
	       question_ask(&c->question) && parents(c)->first != NULL &&
	       parents(c)->first->pid == (uint32_t)parent && parents(c)->first->count == 1 &&
	       is_unit(parents(c)->first->unit, "voice.service") &&
	       parents(c)->first->next != NULL &&
	       is_unit(parents(c)->first->next->unit, "other.service");
}

static void processes_have_their_units(void **state)
{
	(void)state;
	check_view_of_root(two_units_are_told_apart);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_users_process_is_closed),
		cmocka_unit_test(without_the_capability_to_trace_processes_are_closed),
		cmocka_unit_test(a_proc_that_hides_processes_is_noticed),
		cmocka_unit_test(without_proc_there_is_a_reason),
		cmocka_unit_test(half_a_look_is_no_look),
		cmocka_unit_test(a_clause_that_does_not_fit_is_left_out),
		cmocka_unit_test(without_a_question_nothing_is_read),
		cmocka_unit_test(a_process_that_ends_meanwhile_is_no_error),
		cmocka_unit_test(a_path_that_is_too_long_hides_no_socket),
		cmocka_unit_test(the_unit_of_a_socket_needs_no_owner_in_sight),
		cmocka_unit_test(processes_have_their_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
