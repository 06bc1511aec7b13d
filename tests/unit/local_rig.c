/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Children that hold sockets; see local_rig.h. */
#define _GNU_SOURCE
#include "local_rig.h"

#include <arpa/inet.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HANG_S = 60 };

/* The child's ends. */
static struct {
	int ready, end;
} own;

void sitter_stay(void)
{
	char byte = 0;

	_exit(write(own.ready, &byte, 1) == 1 && read(own.end, &byte, 1) == 0 ? 0 : 1);
}

/* The child's ends become its descriptors 0 and 1 only for another program. */
static struct sitter start(void (*prepare)(void *ctx), void *ctx, const char *program,
			   const char *argument)
{
	int ready[2], end[2];
	char byte = 0;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(end), 0);
	struct sitter sitter = { .pid = fork(), .end = end[1] };
	assert_true(sitter.pid >= 0);
	if (sitter.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(HANG_S);
		close(end[1]);
		close(ready[0]);
		own.ready = ready[1];
		own.end = end[0];
		if (program != NULL) {
			dup2(end[0], 0);
			dup2(ready[1], 1);
			execl(program, program, argument, NULL);
			_exit(1);
		}
		if (prepare != NULL)
			prepare(ctx);
		sitter_stay();
	}
	close(end[0]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return sitter;
}

struct sitter sitter_new(void (*prepare)(void *ctx), void *ctx)
{
	return start(prepare, ctx, NULL, NULL);
}

struct sitter sitter_exec(const char *program, const char *argument)
{
	return start(NULL, NULL, program, argument);
}

void sitter_end(struct sitter *sitter)
{
	close(sitter->end);
	kill(sitter->pid, SIGKILL);
	waitpid(sitter->pid, NULL, 0);
}

void in_child(bool (*work)(void *ctx), void *ctx)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(HANG_S);
		_exit(work(ctx) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIP)
		skip();
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

bool may_see_others(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	return syscall(SYS_capget, &header, data) == 0 &&
	       (data[0].effective & 1u << CAP_SYS_PTRACE) != 0;
}

int socket_new(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	return fd;
}

uint32_t inode_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (uint32_t)st.st_ino;
}

void question_add(struct question *question, int fd)
{
	assert_true(question->count < WANTED_MAX);
	question->owner[question->count++] =
		(struct local_owner){ .inode = inode_of(fd), .unit = "old" };
}

bool question_ask(struct question *question)
{
	return local_owners(&question->arena, question->owner, question->count, &question->seen,
			    question->why, sizeof(question->why));
}

const struct local_process *holders_of(struct question *question, int fd)
{
	question->count = 0;
	question_add(question, fd);
	if (!question_ask(question))
		fail_msg("%s", question->why);
	assert_string_equal(question->why, "");
	return question->owner[0].first;
}

void question_free(struct question *question)
{
	arena_free(&question->arena);
}
