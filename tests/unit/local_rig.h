/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes that hold sockets, for the tests of lib/local. */
#ifndef LOCAL_RIG_H
#define LOCAL_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "local/owners.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))

enum { WANTED_MAX = 400, NOBODY = 65534, SKIP = 77 };

/* A child that stays until its end is asked for; it holds what its parent had open. */
struct sitter {
	pid_t pid;
	int end;
};

/* When it is back, the child has done `prepare` (may be NULL). */
struct sitter sitter_new(void (*prepare)(void *ctx), void *ctx);
/* The same for another program, which writes a byte to descriptor 1 and reads to the end of 0. */
struct sitter sitter_exec(const char *program, const char *argument);
void sitter_end(struct sitter *sitter);
/* For another thread of the child, in place of its main one: says that it is ready and stays. */
void sitter_stay(void);

/* Does `work` in a child of its own; false fails the test, unless the child was to SKIP. */
void in_child(bool (*work)(void *ctx), void *ctx);

/* Whether the kernel shows us the descriptors of other users' processes (CAP_SYS_PTRACE). */
bool may_see_others(void);

/* A question, and its answer. */
struct question {
	struct arena arena;
	struct local_owner owner[WANTED_MAX];
	size_t count;
	struct local_owners_seen seen;
	char why[128];
};

/* A UDP socket on the loopback. */
int socket_new(void);
uint32_t inode_of(int fd);
void question_add(struct question *question, int fd);
bool question_ask(struct question *question);
/* The processes that hold that socket, by a question of its own; fails without an answer. */
const struct local_process *holders_of(struct question *question, int fd);
void question_free(struct question *question);

#endif
