/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of passwd(5): name:password:uid:gid:comment:folder:shell; see users.h. */
#define _GNU_SOURCE
#include "local/users.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MAX_BYTES = 4096 };

static const char passwd[] = "/etc/passwd";

struct user {
	struct view name;
	uint32_t uid;
};

/* UINT32_MAX is (uid_t)-1: nobody can have it. */
static bool parse_uid(struct view text, uint32_t *uid)
{
	uint64_t value;

	if (!text_u64(text, UINT32_MAX - 1, &value))
		return false;
	*uid = (uint32_t)value;
	return true;
}

static bool parse_line(struct view line, struct user *out)
{
	struct view field[7] = { { 0 } };
	size_t colons = 0;

	for (size_t i = 0; i < line.n; i++)
		colons += line.p[i] == ':';
	if (colons != 6)
		return false;
	for (size_t i = 0; i < 7; i++)
		field[i] = view_take_until(&line, ':');
	out->name = field[0];
	return field[0].n > 0 && field[0].p[0] != '+' && field[0].p[0] != '-' &&
	       parse_uid(field[2], &out->uid);
}

/* The next line without its end; one that is too long comes out empty. */
static bool read_line(FILE *file, char line[LINE_MAX_BYTES], struct view *out)
{
	size_t n = 0;
	int c;

	while ((c = getc_unlocked(file)) != EOF && c != '\n') {
		if (n < LINE_MAX_BYTES)
			line[n] = (char)c;
		n++;
	}
	*out = (struct view){ line, n <= LINE_MAX_BYTES ? n : 0 };
	return c == '\n' || n > 0;
}

/* The next user of the file, whose name lives in `line`. */
static bool read_user(FILE *file, char line[LINE_MAX_BYTES], struct user *out)
{
	struct view text;

	while (read_line(file, line, &text))
		if (parse_line(text, out))
			return true;
	return false;
}

const char *local_user_name_in(const char *path, struct arena *arena, uint32_t uid)
{
	char line[LINE_MAX_BYTES];
	struct user user;
	const char *name = NULL;
	FILE *file = fopen(path, "re");

	while (file != NULL && name == NULL && read_user(file, line, &user))
		if (user.uid == uid)
			name = arena_text(arena, user.name);
	if (file != NULL)
		fclose(file);
	return name;
}

bool local_user_find_in(const char *path, struct view user, uint32_t *uid)
{
	char line[LINE_MAX_BYTES];
	struct user each;
	bool found = false;
	FILE *file = fopen(path, "re");

	while (file != NULL && !found && read_user(file, line, &each))
		found = view_eq(each.name, user);
	if (file != NULL)
		fclose(file);
	if (found)
		*uid = each.uid;
	return found || parse_uid(user, uid);
}

const char *local_user_name(struct arena *arena, uint32_t uid)
{
	return local_user_name_in(passwd, arena, uid);
}

bool local_user_find(struct view user, uint32_t *uid)
{
	return local_user_find_in(passwd, user, uid);
}
