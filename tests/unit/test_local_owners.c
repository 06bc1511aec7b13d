/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Owners of sockets, against processes of our own; what hinders the view is in
 * test_local_owners_view.c. */
#define _GNU_SOURCE
#include "local_rig.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "local/cgroup.h"

/* Our copy of this program sits with the sockets that it inherited. */
static const char hold[] = "hold";

/* A kernel before 6.2: a folder of descriptors has no size. */
static bool old_kernel;

/* These two stand in front of the C library's own. */
int fstatat(int dir, const char *restrict path, struct stat *restrict st, int flags)
{
	struct statx x;

	if (syscall(SYS_statx, dir, path, flags, STATX_BASIC_STATS, &x) != 0)
		return -1;
	*st = (struct stat){ .st_ino = x.stx_ino,
			     .st_uid = x.stx_uid,
			     .st_size = old_kernel ? 0 : (off_t)x.stx_size };
	return 0;
}

int fstat(int fd, struct stat *st)
{
	return fstatat(fd, "", st, AT_EMPTY_PATH);
}

/* With and without the help of newer kernels. */
static void on_each_kernel(void (*check)(struct question *question))
{
	for (unsigned i = 0; i < 2; i++) {
		struct question question = { .count = 0 };
		old_kernel = i > 0;
		check(&question);
		old_kernel = false;
		question_free(&question);
	}
}

static const char *own_path(char path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);

	assert_true(n > 0);
	path[n] = '\0';
	return path;
}

static const char *own_unit(struct arena *arena)
{
	char text[4096];
	int fd = open("/proc/self/cgroup", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text));

	assert_true(n > 0);
	close(fd);
	return cgroup_text_unit(arena, (struct view){ text, (size_t)n });
}

static void check_text(const char *text, const char *expected)
{
	if (expected == NULL)
		assert_null(text);
	else
		assert_string_equal(text, expected);
}

/* Of this program; `next` is for the caller to look at. */
static void check_process(struct question *question, const struct local_process *process,
			  const char *name, pid_t pid, unsigned count)
{
	char path[PATH_MAX];

	assert_non_null(process);
	assert_string_equal(process->name, name);
	assert_int_equal(process->pid, pid);
	assert_int_equal(process->count, count);
	assert_int_equal(process->uid, geteuid());
	assert_string_equal(process->path, own_path(path));
	check_text(process->unit, own_unit(&question->arena));
}

static const char *own_name(char name[16])
{
	assert_int_equal(prctl(PR_GET_NAME, name), 0);
	return name;
}

static void check_own(struct question *question)
{
	char name[16];
	int fd = socket_new();
	const struct local_process *process = holders_of(question, fd);

	check_process(question, process, own_name(name), getpid(), 1);
	assert_null(process->next);
	assert_null(question->owner[0].unit);
	assert_true(question->seen.processes > 0);
	assert_in_range(question->seen.closed, 0, question->seen.processes - 1);
	close(fd);
}

static void ones_own_socket_is_ones_own(void **state)
{
	(void)state;
	on_each_kernel(check_own);
}

static void check_inherited(struct question *question)
{
	char name[16];
	int fd = socket_new();
	struct sitter sitter[3];

	for (size_t i = 0; i < CASES(sitter); i++)
		sitter[i] = sitter_new(NULL, NULL);
	const struct local_process *process = holders_of(question, fd);
	check_process(question, process, own_name(name), getpid(), 4);
	assert_null(process->next);
	for (size_t i = 0; i < CASES(sitter); i++)
		sitter_end(&sitter[i]);
	close(fd);
}

static void heirs_of_one_kind_are_counted_together(void **state)
{
	(void)state;
	on_each_kernel(check_inherited);
}

static void rename_self(void *name)
{
	prctl(PR_SET_NAME, name);
}

/* The pids ascend, the names do not. */
static void kinds_are_told_apart_and_stand_by_pid(void **state)
{
	static const char *const names[] = { "z", "a|b\nc", "", "a|b\nc", "z", "\xff\x01 \n" };
	struct sitter sitter[CASES(names)];
	struct question question = { .count = 0 };
	char name[16];
	int fd = socket_new();

	(void)state;
	for (size_t i = 0; i < CASES(names); i++)
		sitter[i] = sitter_new(rename_self, (void *)(uintptr_t)names[i]);
	const struct local_process *process = holders_of(&question, fd);
	check_process(&question, process, own_name(name), getpid(), 1);
	process = process->next;
	check_process(&question, process, "z", sitter[0].pid, 2);
	process = process->next;
	check_process(&question, process, "a|b\nc", sitter[1].pid, 2);
	process = process->next;
	check_process(&question, process, "", sitter[2].pid, 1);
	process = process->next;
	check_process(&question, process, "\xff\x01 \n", sitter[5].pid, 1);
	assert_null(process->next);
	for (size_t i = 0; i < CASES(names); i++)
		sitter_end(&sitter[i]);
	close(fd);
	question_free(&question);
}

static void become_nobody(void *ctx)
{
	(void)ctx;
	if (setuid(NOBODY) != 0)
		_exit(1);
}

static void users_are_told_apart(void **state)
{
	struct question question = { .count = 0 };
	char name[16];

	(void)state;
	if (geteuid() != 0 || !may_see_others())
		skip();
	int fd = socket_new();
	struct sitter sitter = sitter_new(become_nobody, NULL);
	const struct local_process *process = holders_of(&question, fd);
	check_process(&question, process, own_name(name), getpid(), 1);
	process = process->next;
	assert_non_null(process);
	assert_int_equal(process->pid, sitter.pid);
	assert_int_equal(process->uid, NOBODY);
	assert_null(process->next);
	sitter_end(&sitter);
	close(fd);
	question_free(&question);
}

static void copy_self(const char *to)
{
	static char bytes[65536];
	int in = open("/proc/self/exe", O_RDONLY), out = open(to, O_WRONLY | O_CREAT, 0700);
	ssize_t n;

	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, bytes, sizeof(bytes))) > 0)
		assert_int_equal(write(out, bytes, (size_t)n), n);
	close(in);
	close(out);
}

static void a_program_file_that_was_replaced_is_told(void **state)
{
	char folder[] = "/tmp/test_local_owners.XXXXXX", path[64], deleted[80];
	struct question question = { .count = 0 };
	int fd = socket_new();

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a program", folder);
	snprintf(deleted, sizeof(deleted), "%s (deleted)", path);
	copy_self(path);
	struct sitter old = sitter_exec(path, hold);
	const struct local_process *process = holders_of(&question, fd)->next;
	assert_non_null(process);
	assert_int_equal(process->pid, old.pid);
	assert_string_equal(process->name, "a program");
	assert_string_equal(process->path, path);
	unlink(path);
	copy_self(path);
	struct sitter new = sitter_exec(path, hold);
	process = holders_of(&question, fd)->next;
	assert_non_null(process);
	assert_int_equal(process->pid, old.pid);
	assert_string_equal(process->path, deleted);
	process = process->next;
	assert_non_null(process);
	assert_int_equal(process->pid, new.pid);
	assert_string_equal(process->path, path);
	assert_null(process->next);
	sitter_end(&old);
	sitter_end(&new);
	unlink(path);
	rmdir(folder);
	close(fd);
	question_free(&question);
}

/* Each of 300 and the first twice; a child holds the first half too, the last two are nobody's. */
static void check_many(struct question *question)
{
	enum { MANY = 300 };
	int fd[MANY];
	char name[16];
	const struct local_process *own;
	struct sitter sitter;

	for (size_t i = 0; i < MANY; i++) {
		fd[i] = socket_new();
		if (i == MANY / 2)
			sitter = sitter_new(NULL, NULL);
		question_add(question, fd[i]);
	}
	question_add(question, fd[0]);
	question->owner[question->count++].inode = UINT32_MAX;
	question->owner[question->count++].inode = 0;
	assert_true(question_ask(question));
	for (size_t i = 0; i <= MANY; i++) {
		own = question->owner[i].first;
		check_process(question, own, own_name(name), getpid(),
			      i % MANY <= MANY / 2 ? 2 : 1);
		assert_null(own->next);
	}
	assert_null(question->owner[MANY + 1].first);
	assert_null(question->owner[MANY + 2].first);
	sitter_end(&sitter);
	for (size_t i = 0; i < MANY; i++)
		close(fd[i]);
}

static void three_hundred_sockets_have_each_their_owner(void **state)
{
	(void)state;
	on_each_kernel(check_many);
}

struct move {
	int from, to;
	bool filled;
};

/* The gap is the lowest descriptor that is free; filled, there is none up to the socket. */
static void move_socket(void *ctx)
{
	const struct move *move = ctx;

	if (fcntl(move->to, F_GETFD) >= 0 || dup2(move->from, move->to) != move->to)
		_exit(1);
	close(move->from);
	while (move->filled) {
		int next = dup(0);
		if (next > move->to) {
			close(next);
			break;
		}
	}
}

/* Of a process that holds no other: behind a gap of one and of many, and as the last of all. */
static void check_gaps(struct question *question)
{
	static const int gaps[] = { 1, 40, 200 };

	for (size_t i = 0; i < 2 * CASES(gaps); i++) {
		int fd = socket_new();
		struct move move = { fd, fd + gaps[i / 2], i % 2 != 0 };
		struct sitter sitter = sitter_new(move_socket, &move);
		question->count = 0;
		question_add(question, fd);
		close(fd);
		assert_true(question_ask(question));
		assert_non_null(question->owner[0].first);
		assert_int_equal(question->owner[0].first->pid, sitter.pid);
		sitter_end(&sitter);
	}
}

/* The second is behind three descriptors of the first. */
static void check_copies(struct question *question)
{
	int first = socket_new(), copy = dup(first), gap = dup(first), more = dup(first);
	int second = socket_new();

	close(gap);
	question_add(question, first);
	question_add(question, second);
	assert_true(question_ask(question));
	for (size_t i = 0; i < 2; i++) {
		assert_non_null(question->owner[i].first);
		assert_int_equal(question->owner[i].first->count, 1);
	}
	close(first);
	close(copy);
	close(more);
	close(second);
}

static void a_socket_is_found_behind_gaps_and_copies_count_once(void **state)
{
	(void)state;
	on_each_kernel(check_gaps);
	on_each_kernel(check_copies);
}

union rights {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr header;
};

static struct msghdr message(union rights *rights, struct iovec *io)
{
	return (struct msghdr){ .msg_iov = io,
				.msg_iovlen = 1,
				.msg_control = rights->bytes,
				.msg_controllen = sizeof(rights->bytes) };
}

static void send_socket(int over, int fd)
{
	char byte = 0;
	struct iovec io = { &byte, 1 };
	union rights rights = { .bytes = { 0 } };
	struct msghdr msg = message(&rights, &io);

	rights.header.cmsg_level = SOL_SOCKET;
	rights.header.cmsg_type = SCM_RIGHTS;
	rights.header.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&rights.header), &fd, sizeof(fd));
	assert_int_equal(sendmsg(over, &msg, 0), 1);
}

static void receive_socket(void *over)
{
	char byte;
	struct iovec io = { &byte, 1 };
	union rights rights = { .bytes = { 0 } };
	struct msghdr msg = message(&rights, &io);

	if (recvmsg(*(int *)over, &msg, 0) != 1 || rights.header.cmsg_type != SCM_RIGHTS)
		_exit(1);
}

static void a_socket_that_was_passed_on_is_the_receivers(void **state)
{
	struct question question = { .count = 0 };
	int pair[2], fd = socket_new();
	char name[16];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	question_add(&question, fd);
	send_socket(pair[0], fd);
	close(fd);
	assert_true(question_ask(&question));
	assert_null(question.owner[0].first); /* on its way */
	struct sitter sitter = sitter_new(receive_socket, &pair[1]);
	assert_true(question_ask(&question));
	check_process(&question, question.owner[0].first, own_name(name), sitter.pid, 1);
	assert_null(question.owner[0].first->next);
	sitter_end(&sitter);
	close(pair[0]);
	close(pair[1]);
	question_free(&question);
}

static int sit(void)
{
	char byte = 0;

	return write(1, &byte, 1) == 1 && read(0, &byte, 1) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ones_own_socket_is_ones_own),
		cmocka_unit_test(heirs_of_one_kind_are_counted_together),
		cmocka_unit_test(kinds_are_told_apart_and_stand_by_pid),
		cmocka_unit_test(users_are_told_apart),
		cmocka_unit_test(a_program_file_that_was_replaced_is_told),
		cmocka_unit_test(three_hundred_sockets_have_each_their_owner),
		cmocka_unit_test(a_socket_is_found_behind_gaps_and_copies_count_once),
		cmocka_unit_test(a_socket_that_was_passed_on_is_the_receivers),
	};

	if (argc == 2 && strcmp(argv[1], hold) == 0)
		return sit();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
