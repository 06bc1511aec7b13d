/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The simulator of receivers as a child; see http_rig.h. */
#define _GNU_SOURCE
#include "http_rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 2 * FACTS_MAX + 8, WAIT_US = 30 * SECOND };

static const char program[] = "./tests/sim/http_sim";

static void exec_sim(const struct rig *rig, const char *const *listeners, int in, int out)
{
	const char *argv[ARGUMENTS_MAX] = { program, "--dir", rig->dir, "--exit-with-parent" };
	size_t n = 4;

	for (size_t i = 0; listeners[i] != NULL && n + 2 < ARGUMENTS_MAX; i++) {
		argv[n++] = "--listen";
		argv[n++] = listeners[i];
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	execv(program, (char **)argv);
	_exit(127);
}

static bool read_facts(struct rig *rig, FILE *from)
{
	char line[RIG_TEXT];

	while (fgets(line, sizeof(line), from) != NULL && rig->facts < FACTS_MAX) {
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "ready") == 0)
			return true;
		if (strncmp(line, "ca=", 3) == 0)
			snprintf(rig->ca, RIG_TEXT, "%s", line + 3);
		else
			snprintf(rig->fact[rig->facts++], RIG_TEXT, "%s", line);
	}
	return false;
}

int rig_start(void **state, const char *const *listeners)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	int in[2], out[2];

	*state = rig;
	snprintf(rig->dir, sizeof(rig->dir), "/tmp/test_http.XXXXXX");
	if (mkdtemp(rig->dir) == NULL || pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	rig->sim = fork();
	if (rig->sim == 0)
		exec_sim(rig, listeners, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	rig->alive = in[1];
	FILE *from = fdopen(out[0], "r");
	bool ready = rig->sim > 0 && from != NULL && read_facts(rig, from);

	if (!ready)
		fprintf(stderr, "# %s does not start\n", program);
	if (from != NULL)
		fclose(from);
	return ready ? 0 : -1;
}

static void remove_files(const char *dir)
{
	DIR *list = opendir(dir);
	struct dirent *entry;
	char path[RIG_TEXT + 256];

	while (list != NULL && (entry = readdir(list)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (unlink(path) != 0) {
			remove_files(path);
			rmdir(path);
		}
	}
	if (list != NULL)
		closedir(list);
}

int rig_end(void **state)
{
	struct rig *rig = *state;
	int status = 0;

	close(rig->alive);
	waitpid(rig->sim, &status, 0);
	remove_files(rig->dir);
	rmdir(rig->dir);
	free(rig);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

int rig_new(void **state)
{
	struct rig *rig = *state;

	rig->http = http_new();
	rig->request = (struct push_request){ .method = NULL };
	return 0;
}

int rig_free(void **state)
{
	struct rig *rig = *state;

	http_free(rig->http);
	grow_free(&rig->request.path);
	grow_free(&rig->request.body);
	grow_free(&rig->request.authorization);
	return 0;
}

int64_t rig_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec / 1000;
}

const char *rig_url(const struct rig *rig, const char *listener)
{
	size_t n = strlen(listener);

	for (size_t i = 0; i < rig->facts; i++)
		if (strncmp(rig->fact[i], listener, n) == 0 && rig->fact[i][n] == '=')
			return rig->fact[i] + n + 1;
	fail_msg("no listener %s", listener);
	return NULL;
}

void rig_file(const struct rig *rig, const char *name, const char *text, mode_t mode,
	      char path[RIG_TEXT])
{
	snprintf(path, RIG_TEXT, "%s/%s", rig->dir, name);
	unlink(path);
	if (text == NULL)
		return;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

struct push_profile rig_profile(const struct rig *rig, const char *listener)
{
	const char *url = rig_url(rig, listener);

	return (struct push_profile){ .name = "test",
				      .url = url,
				      .ca = strncmp(url, "https", 5) == 0 ? rig->ca : NULL };
}

struct http_peer *rig_peer(struct rig *rig, const struct push_profile *profile)
{
	struct opt_error error;
	struct http_peer *peer;

	if (!http_peer_new(rig->http, profile, &peer, &error))
		fail_msg("%s", error.text);
	return peer;
}

void rig_load(struct rig *rig, const char *body)
{
	struct push_request *r = &rig->request;

	r->method = "POST";
	r->content_type = "text/plain; version=0.0.4";
	grow_reset(&r->path);
	grow_str(&r->path, "/metrics/job/test");
	grow_reset(&r->body);
	grow_str(&r->body, body);
	grow_str(&r->body, "\n");
}

const struct push_reply *rig_send(struct rig *rig, struct http_peer *peer)
{
	http_start(peer, &rig->request);
	assert_ptr_equal(http_wait(rig->http, rig_now_us() + WAIT_US, -1), peer);
	return http_reply(peer);
}

void rig_check_refused(struct rig *rig, const struct push_profile *profile, const char *clause)
{
	struct opt_error error;
	struct http_peer *peer;

	assert_false(http_peer_new(rig->http, profile, &peer, &error));
	assert_string_equal(error.text, clause);
}

void rig_check_why(const struct push_reply *reply, const char *why)
{
	char text[PUSH_WORDS_MAX + 1];

	snprintf(text, sizeof(text), "%.*s", VIEW_ARG(reply->why));
	assert_string_equal(text, why);
	assert_int_equal(reply->status, 0);
	assert_int_equal(reply->body.n, 0);
}

char *rig_line(const struct rig *rig, const char *file, const char *listener, const char *text,
	       unsigned nth)
{
	char path[RIG_TEXT], begin[RIG_TEXT], *line = NULL;
	size_t cap = 0;

	snprintf(path, sizeof(path), "%s/%s", rig->dir, file);
	snprintf(begin, sizeof(begin), "{\"listener\":\"%s\",", listener);
	FILE *log = fopen(path, "r");

	assert_non_null(log);
	while (getline(&line, &cap, log) >= 0) {
		if (strncmp(line, begin, strlen(begin)) != 0 || strstr(line, text) == NULL ||
		    nth-- > 0)
			continue;
		fclose(log);
		return line;
	}
	fclose(log);
	free(line);
	return NULL;
}

unsigned rig_count(const struct rig *rig, const char *file, const char *listener, const char *text)
{
	unsigned count = 0;
	char *line;

	while ((line = rig_line(rig, file, listener, text, count)) != NULL) {
		free(line);
		count++;
	}
	return count;
}
