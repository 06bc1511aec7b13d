/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder for one test of state files; see state_place.h. */
#define _GNU_SOURCE
#include "state_place.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HANG_S = 20 };

int place_new(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (place == NULL)
		return -1;
	*state = place;
	alarm(HANG_S);
	place->file.lock = -1;
	place->back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(place->folder, sizeof(place->folder), "/tmp/test_state_file.XXXXXX");
	if (mkdtemp(place->folder) == NULL)
		return -1;
	snprintf(place->path, sizeof(place->path), "%s/state", place->folder);
	snprintf(place->lock, sizeof(place->lock), "%s.lock", place->path);
	snprintf(place->other, sizeof(place->other), "%s/other", place->folder);
	return 0;
}

int place_free(void **state)
{
	struct place *place = *state;

	alarm(0);
	state_file_close(&place->file);
	arena_free(&place->arena);
	if (fchdir(place->back) != 0)
		return -1;
	close(place->back);
	chmod(place->folder, 0700);
	DIR *folder = opendir(place->folder);
	for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
		if (unlinkat(dirfd(folder), entry->d_name, 0) != 0)
			unlinkat(dirfd(folder), entry->d_name, AT_REMOVEDIR);
	if (folder != NULL)
		closedir(folder);
	rmdir(place->folder);
	free(place);
	return 0;
}

void enter(const struct place *place)
{
	assert_int_equal(chdir(place->folder), 0);
}

void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, OLD_MODE);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

void check_file(const char *path, const char *expected)
{
	char text[200];
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	assert_true(n >= 0);
	close(fd);
	text[n] = '\0';
	assert_string_equal(text, expected);
}

mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

void check_files(const struct place *place, unsigned expected)
{
	DIR *folder = opendir(place->folder);
	unsigned count = 0;

	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(folder);
	assert_int_equal(count, expected);
}

bool open_place(struct place *place)
{
	return state_file_open(&place->file, place->path, MAX_BYTES, &place->arena, &place->text,
			       &place->error);
}

void check_open(struct place *place, const char *expected)
{
	if (!open_place(place))
		fail_msg("%s", place->error.text);
	assert_true(place->file.lock >= 0);
	assert_true(view_eq(place->text, view_of(expected)));
}

bool is_clause(const struct place *place, const char *name, const char *why)
{
	char expected[200];

	snprintf(expected, sizeof(expected), "%s/%s: %s", place->folder, name, why);
	return strcmp(place->error.text, expected) == 0;
}

void check_clause(const struct place *place, const char *name, const char *why)
{
	if (!is_clause(place, name, why))
		fail_msg("%s", place->error.text);
}

void check_refused(struct place *place, const char *name, const char *why)
{
	assert_false(open_place(place));
	assert_int_equal(place->file.lock, -1);
	assert_int_equal(place->text.n, 0);
	check_clause(place, name, why);
}

void check_replaced(struct place *place, const char *text)
{
	if (!state_file_replace(&place->file, view_of(text), &place->error))
		fail_msg("%s", place->error.text);
	check_file(place->path, text);
}

void in_child(struct place *place, bool (*job)(struct place *place))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(HANG_S);
		bool ok = job(place);
		if (!ok)
			fprintf(stderr, "child: %s\n", place->error.text);
		_exit(ok ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

bool become_nobody(void)
{
	return geteuid() != 0 || (setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
}
