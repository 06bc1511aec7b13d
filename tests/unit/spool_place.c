/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A queue for one test; see spool_place.h. */
#define _GNU_SOURCE
#include "spool_place.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HANG_S = 60 };

/* Kills and full disks are tried, power losses are not: a slow disk need not slow the tests. */
__attribute__((weak)) int fsync(int fd)
{
	return fcntl(fd, F_GETFD) >= 0 ? 0 : -1;
}

int place_new(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (place == NULL)
		return -1;
	*state = place;
	alarm(HANG_S);
	snprintf(place->folder, sizeof(place->folder), "/tmp/test_spool.XXXXXX");
	if (mkdtemp(place->folder) == NULL)
		return -1;
	place->conf = (struct spool_conf){ .folder = place->folder, .profile = "probe" };
	return spool_open(&place->conf, &place->spool, &place->error) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

int place_free(void **state)
{
	struct place *place = *state;

	alarm(0);
	spool_close(place->spool);
	int failed = nftw(place->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(place);
	return failed;
}

static int remove_below(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type;
	return where->level > 0 ? remove(path) : 0;
}

void clear(struct place *place)
{
	spool_close(place->spool);
	place->spool = NULL;
	assert_int_equal(nftw(place->folder, remove_below, 8, FTW_DEPTH | FTW_PHYS), 0);
}

const char *path_of(const struct place *place, const char *name, char path[PATH_BYTES])
{
	struct wr w = wr_over(path, PATH_BYTES);

	wr_str(&w, place->folder);
	wr_str(&w, "/probe");
	wr_str(&w, name[0] != '\0' ? "/" : "");
	wr_str(&w, name);
	wr_byte(&w, '\0');
	assert_false(w.full);
	return path;
}

void write_file(const struct place *place, const char *name, const char *text)
{
	char path[PATH_BYTES];
	int fd = open(path_of(place, name, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static int is_result_file(const struct dirent *entry)
{
	return view_ends(view_of(entry->d_name), VIEW(".jsonl"));
}

static size_t read_one(const struct place *place, const char *name, char *text, size_t room)
{
	char path[PATH_BYTES];
	int fd = open(path_of(place, name, path), O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	ssize_t n = read(fd, text, room);
	assert_true(n >= 0 && (size_t)n < room);
	assert_int_equal(close(fd), 0);
	return (size_t)n;
}

void read_files(const struct place *place, const char *name, char text[TEXT_MAX])
{
	char path[PATH_BYTES], below[PATH_BYTES];
	struct dirent **entry = NULL;
	size_t n = 0;
	int count = scandir(path_of(place, name, path), &entry, is_result_file, alphasort);

	assert_true(count >= 0);
	for (int i = 0; i < count; i++) {
		snprintf(below, sizeof(below), "%s/%s", name, entry[i]->d_name);
		n += read_one(place, below, text + n, TEXT_MAX - n);
		free(entry[i]);
	}
	free(entry);
	text[n] = '\0';
}

unsigned count_files(const struct place *place, const char *name)
{
	char path[PATH_BYTES];
	DIR *folder = opendir(path_of(place, name, path));
	unsigned count = 0;

	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
		count += entry->d_type != DT_DIR && strcmp(entry->d_name, "lock") != 0;
	closedir(folder);
	return count;
}

void reopen(struct place *place)
{
	spool_close(place->spool);
	if (!spool_open(&place->conf, &place->spool, &place->error))
		fail_msg("%s", place->error.text);
}

struct check_result result_of(const char *host, const char *output, int64_t end_us)
{
	return (struct check_result){ .host = view_of(host),
				      .service = VIEW("s"),
				      .output = view_of(output),
				      .state = STATE_WARNING,
				      .end_us = end_us };
}

void add(struct place *place, const char *host, const char *output, int64_t end_us)
{
	struct check_result result = result_of(host, output, end_us);

	if (!spool_add(place->spool, &result, 1, NOW_US, &place->error))
		fail_msg("%s", place->error.text);
}

void lock(struct place *place)
{
	if (spool_lock(place->spool, 0, &place->error) != SPOOL_LOCKED)
		fail_msg("%s", place->error.text);
}

void load_all(struct place *place)
{
	lock(place);
	if (!spool_load(place->spool, NOW_US, &place->error))
		fail_msg("%s", place->error.text);
}

void check_loaded(struct place *place, const char *outputs)
{
	char text[TEXT_MAX];
	struct wr w = wr_over(text, sizeof(text) - 1);

	load_all(place);
	for (size_t i = 0; i < spool_count(place->spool); i++) {
		wr_str(&w, i > 0 ? " " : "");
		wr_put(&w, spool_at(place->spool, i)->output);
	}
	text[w.n] = '\0';
	assert_string_equal(text, outputs);
}

void settle(struct place *place)
{
	if (!spool_settle(place->spool, NOW_US, &place->error))
		fail_msg("%s", place->error.text);
}

void mark_all_sent(struct place *place)
{
	for (size_t i = 0; i < spool_count(place->spool); i++)
		spool_mark_sent(place->spool, i);
}

void check_clause(const struct place *place, const char *name, const char *why)
{
	char expected[500], path[PATH_BYTES];

	snprintf(expected, sizeof(expected), "%s: %s", path_of(place, name, path), why);
	assert_string_equal(place->error.text, expected);
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
