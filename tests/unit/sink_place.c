/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder for one test of sinks that write files; see sink_place.h. */
#define _GNU_SOURCE
#include "sink_place.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HANG_S = 20 };

int sink_place_new(void **state)
{
	struct sink_place *place = calloc(1, sizeof(*place));

	if (place == NULL)
		return -1;
	*state = place;
	alarm(HANG_S);
	umask(077);
	snprintf(place->folder, sizeof(place->folder), "/tmp/test_sinks.XXXXXX");
	if (mkdtemp(place->folder) == NULL)
		return -1;
	place->profile.path = place->folder;
	return 0;
}

int sink_place_free(void **state)
{
	struct sink_place *place = *state;

	alarm(0);
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

struct check_result result_of(const char *host, const char *service)
{
	return (struct check_result){ .host = view_of(host),
				      .service = view_of(service),
				      .output = VIEW("SIP WARNING - 200 in 700 ms"),
				      .perfdata = VIEW("time=0.7s;0.5;1;0"),
				      .command = VIEW("check_sip"),
				      .state = STATE_WARNING,
				      .start_us = 1795239400000007,
				      .end_us = 1795239401012345 };
}

enum push_verdict write_with(struct sink_place *place, const struct sink *sink,
			     const struct check_result *result)
{
	struct wr words = wr_over(place->words, PUSH_WORDS_MAX);

	enum push_verdict verdict = sink->write(&place->profile, result, &words);
	place->words[words.n] = '\0';
	assert_false(words.full);
	return verdict;
}

unsigned count_files(struct sink_place *place, const char *ending)
{
	DIR *folder = opendir(place->folder);
	unsigned count = 0;

	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		count++;
		if (view_ends(view_of(entry->d_name), view_of(ending)))
			snprintf(place->name, sizeof(place->name), "%s", entry->d_name);
	}
	closedir(folder);
	return count;
}

static const char *path_of(const struct sink_place *place, const char *name, char path[320])
{
	snprintf(path, 320, "%s/%s", place->folder, name);
	return path;
}

const char *read_file(struct sink_place *place, const char *name)
{
	char path[320];
	int fd = open(path_of(place, name, path), O_RDONLY);

	if (fd < 0)
		fail_msg("no %s", path);
	ssize_t n = read(fd, place->text, sizeof(place->text) - 1);
	assert_true(n >= 0);
	close(fd);
	place->text[n] = '\0';
	return place->text;
}

void put_file(const struct sink_place *place, const char *name, const char *text)
{
	char path[320];
	int fd = open(path_of(place, name, path), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

mode_t mode_of_file(const struct sink_place *place, const char *name)
{
	char path[320];
	struct stat st;

	assert_int_equal(lstat(path_of(place, name, path), &st), 0);
	return st.st_mode & 07777;
}

void check_words(const struct sink_place *place, const char *expected)
{
	assert_string_equal(place->words, expected);
}

void as_nobody(struct sink_place *place, bool (*job)(struct sink_place *place))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(HANG_S);
		bool ok = (geteuid() != 0 || (setgid(NOBODY_ID) == 0 && setuid(NOBODY_ID) == 0)) &&
			  job(place);
		if (!ok)
			fprintf(stderr, "child: %s\n", place->words);
		_exit(ok ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}
