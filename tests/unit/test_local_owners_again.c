/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Owners of sockets that a first look does not find, and program files of other mount namespaces. */
#define _GNU_SOURCE
#include "local_rig.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Our copy of this program sits with the sockets that it inherited. */
static const char hold[] = "hold";

/* How many descriptors were away when those of a folder were counted. */
static off_t away;

/* How many folders of descriptors were listed, and of threads. */
static unsigned lists, threads;

/* These two stand in front of the C library's own. */
int fstat(int fd, struct stat *st)
{
	struct statx x;

	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &x) != 0)
		return -1;
	*st = (struct stat){ .st_ino = x.stx_ino, .st_size = (off_t)x.stx_size - away };
	return 0;
}

int openat(int dir, const char *path, int flags, ...)
{
	size_t n = strlen(path);

	lists += strcmp(path, ".") == 0;
	threads += n > 5 && strcmp(path + n - 5, "/task") == 0;
	return (int)syscall(SYS_openat, dir, path, flags, 0);
}

static void fill_gaps(void *socket)
{
	int next = dup(0);

	while (next >= 0 && next < *(int *)socket)
		next = dup(0);
	close(next);
}

/* The second socket is the last of a full folder; the first is found at once. */
static void a_descriptor_that_comes_back_is_found(void **state)
{
	struct question question = { .count = 0 };

	(void)state;
	for (off_t i = 0; i < 3; i++) {
		int first = socket_new(), low = socket_new(), fd = fcntl(low, F_DUPFD, low + 20);
		close(low);
		struct sitter sitter = sitter_new(fill_gaps, &fd);
		question.count = 0;
		question_add(&question, first);
		question_add(&question, fd);
		close(first);
		close(fd);
		away = i;
		bool told = question_ask(&question);
		away = 0;
		sitter_end(&sitter);
		assert_true(told);
		for (size_t k = 0; k < 2; k++) {
			const struct local_process *process = question.owner[k].first;
			assert_non_null(process);
			assert_int_equal(process->pid, sitter.pid);
			assert_int_equal(process->count, 1);
			assert_null(process->next);
		}
	}
	question_free(&question);
}

struct thread {
	int (*work)(void *ctx);
	int flags;
	int fd;
};

static void start_thread(const struct thread *thread)
{
	size_t n = 256 * 1024;
	char *stack = malloc(n);
	int flags = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | thread->flags;

	if (stack == NULL || clone(thread->work, stack + n, flags, (void *)(uintptr_t)thread) < 0)
		_exit(1);
}

static int pause_on(void *ctx)
{
	(void)ctx;
	for (;;)
		pause();
	return 0;
}

/* Its main thread has closed it. */
static void hand_to_thread(void *ctx)
{
	const struct thread *thread = ctx;

	prctl(PR_SET_NAME, "main thread");
	start_thread(thread);
	close(thread->fd);
}

static bool main_thread_has_ended(void)
{
	char path[64], text[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)getpid());
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 && memmem(text, (size_t)n, ") Z ", 4) != NULL;
}

static int outlive_main(void *ctx)
{
	(void)ctx;
	while (!main_thread_has_ended())
		sched_yield();
	prctl(PR_SET_NAME, "other thread");
	sitter_stay();
	return 0;
}

static void leave_to_thread(void *ctx)
{
	prctl(PR_SET_NAME, "main thread");
	start_thread(ctx);
	syscall(SYS_exit, 0);
}

struct thread_case {
	struct thread thread;
	void (*prepare)(void *ctx);
	uid_t user;
};

static bool is_ours(const struct local_process *process)
{
	char path[PATH_MAX] = "";

	return process != NULL && strcmp(process->name, "main thread") == 0 &&
	       process->uid == geteuid() && process->count == 1 && process->next == NULL &&
	       readlink("/proc/self/exe", path, sizeof(path) - 1) > 0 && process->path != NULL &&
	       strcmp(process->path, path) == 0;
}

static bool thread_is_found(void *ctx)
{
	struct thread_case *c = ctx;
	struct question question = { .count = 0 };

	if (c->user != geteuid() && (setuid(c->user) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0))
		return false;
	c->thread.fd = socket_new();
	struct sitter sitter = sitter_new(c->prepare, &c->thread);
	question_add(&question, c->thread.fd);
	close(c->thread.fd);
	bool told = question_ask(&question);
	sitter_end(&sitter);
	const struct local_process *process = question.owner[0].first;
	bool found = told && is_ours(process) && process->pid == (uint32_t)sitter.pid;
	question_free(&question);
	return found;
}

static void check_thread(struct thread_case c)
{
	c.user = geteuid();
	in_child(thread_is_found, &c);
	c.user = c.user == 0 ? NOBODY : c.user;
	in_child(thread_is_found, &c);
}

static void a_socket_of_one_thread_only_is_its_processes(void **state)
{
	(void)state;
	check_thread((struct thread_case){ { .work = pause_on }, .prepare = hand_to_thread });
}

static void a_process_without_its_main_thread_holds_its_sockets(void **state)
{
	(void)state;
	check_thread((struct thread_case){ { .work = outlive_main, .flags = CLONE_FILES },
					   .prepare = leave_to_thread });
}

static void start_many(void *ctx)
{
	for (unsigned i = 0; i < 50; i++)
		start_thread(ctx);
}

static unsigned count_lists(struct question *question)
{
	lists = 0;
	return question_ask(question) ? lists : 0;
}

/* Threads that share a table cost nothing, where the kernel tells. */
static void a_table_is_looked_at_once(void **state)
{
	struct thread thread = { .work = pause_on, .flags = CLONE_FILES };
	struct question question = { .owner[0].inode = UINT32_MAX, .count = 1 };

	(void)state;
	if (syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILES, 0, 0) != 0)
		skip();
	struct sitter alone = sitter_new(NULL, NULL);
	unsigned few = count_lists(&question);
	sitter_end(&alone);
	struct sitter many = sitter_new(start_many, &thread);
	unsigned more = count_lists(&question);
	sitter_end(&many);
	assert_true(few > 0);
	assert_in_range(more, 1, few + 25); /* others come and go */
	question_free(&question);
}

static void what_is_found_at_once_needs_no_second_look(void **state)
{
	struct question question = { .count = 0 };
	int fd = socket_new();

	(void)state;
	threads = 0;
	assert_non_null(holders_of(&question, fd));
	assert_int_equal(threads, 0);
	question.owner[question.count++] = (struct local_owner){ .inode = UINT32_MAX };
	assert_true(question_ask(&question));
	assert_true(threads > 0);
	assert_non_null(question.owner[0].first);
	assert_int_equal(question.owner[0].first->count, 1);
	assert_null(question.owner[1].first);
	close(fd);
	question_free(&question);
}

/* A child of other mounts, and its parent. */
struct elsewhere {
	struct question question;
	pid_t parent;
};

/* One kind while the path is the same file to both. */
static bool parent_is(struct elsewhere *c, bool elsewhere)
{
	if (!question_ask(&c->question))
		return false;
	const struct local_process *first = c->question.owner[0].first, *next = first->next;
	if (!elsewhere)
		return first->count == 2 && next == NULL && !first->path_elsewhere;
	return first->count == 1 && first->pid == (uint32_t)c->parent && first->path_elsewhere &&
	       next != NULL && next->count == 1 && !next->path_elsewhere;
}

static void leave_mounts(void)
{
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		_exit(SKIP);
}

static bool other_mounts_tell_other_files(void *ctx)
{
	struct elsewhere *c = ctx;
	char path[PATH_MAX] = "", beside[PATH_MAX + 8];

	leave_mounts();
	if (readlink("/proc/self/exe", path, sizeof(path) - 1) <= 0 || !parent_is(c, false))
		return false;
	snprintf(beside, sizeof(beside), "%s.XXXXXX", path);
	close(mkstemp(beside));
	bool told = mount(beside, path, NULL, MS_BIND, NULL) == 0 && parent_is(c, true) &&
		    umount(path) == 0 && parent_is(c, false);
	unlink(beside);
	*strrchr(path, '/') = '\0';
	return told && mount("none", path, "tmpfs", 0, NULL) == 0 && parent_is(c, true);
}

static bool a_deleted_file_is_not_elsewhere(void *ctx)
{
	struct elsewhere *c = ctx;

	leave_mounts();
	if (!question_ask(&c->question) || c->question.owner[0].first == NULL)
		return false;
	const struct local_process *other = c->question.owner[0].first->next;
	return other != NULL && strcmp(other->path, "/memfd:program (deleted)") == 0 &&
	       !other->path_elsewhere;
}

/* Of a file without a name. */
static struct sitter nameless_new(void)
{
	int from = open("/proc/self/exe", O_RDONLY), to = memfd_create("program", 0);
	char path[32];

	while (sendfile(to, from, NULL, 1 << 20) > 0)
		;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", to);
	struct sitter sitter = sitter_exec(path, hold);
	close(from);
	close(to);
	return sitter;
}

static void a_path_of_another_mount_namespace_is_told(void **state)
{
	struct elsewhere c = { .parent = getpid() };
	int fd = socket_new();

	(void)state;
	if (geteuid() != 0)
		skip();
	question_add(&c.question, fd);
	in_child(other_mounts_tell_other_files, &c);
	struct sitter sitter = nameless_new();
	in_child(a_deleted_file_is_not_elsewhere, &c);
	sitter_end(&sitter);
	close(fd);
}

static int sit(void)
{
	char byte = 0;

	return write(1, &byte, 1) == 1 && read(0, &byte, 1) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_descriptor_that_comes_back_is_found),
		cmocka_unit_test(a_socket_of_one_thread_only_is_its_processes),
		cmocka_unit_test(a_process_without_its_main_thread_holds_its_sockets),
		cmocka_unit_test(a_table_is_looked_at_once),
		cmocka_unit_test(what_is_found_at_once_needs_no_second_look),
		cmocka_unit_test(a_path_of_another_mount_namespace_is_told),
	};

	if (argc == 2 && strcmp(argv[1], hold) == 0)
		return sit();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
