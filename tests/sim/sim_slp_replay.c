/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded SLP messages; see sim_slp_replay.h. */
#define _GNU_SOURCE
#include "sim_slp_replay.h"
#include "sim_slp_wire.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS_MAX 1024
#define XID_END (WIRE_XID_AT + 2)
#define REQUEST_SUFFIX "-req.bin"
#define REPLY_SUFFIX "-rep.bin"

struct pair {
	struct buf request, reply;
	bool answered;
};

struct replay {
	struct pair at[PAIRS_MAX];
	size_t n;
};

static bool read_file(const char *path, struct buf *to)
{
	FILE *in = fopen(path, "re");
	char bytes[4096];
	size_t n;
	bool ok = in != NULL;

	while (ok && (n = fread(bytes, 1, sizeof(bytes), in)) > 0) {
		errno = EFBIG;
		ok = buf_add(to, (struct span){ bytes, n }, WIRE_TCP_MAX);
	}
	ok = ok && ferror(in) == 0;
	if (in != NULL)
		fclose(in);
	return ok;
}

static int is_request(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name), suffix = strlen(REQUEST_SUFFIX);

	return n > suffix && strcmp(entry->d_name + n - suffix, REQUEST_SUFFIX) == 0;
}

static bool read_pair(struct replay *replay, const char *dir, const char *name)
{
	struct pair *pair = &replay->at[replay->n];
	int stem = (int)(strlen(name) - strlen(REQUEST_SUFFIX));
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", dir, name);

	errno = ENAMETOOLONG;
	if (n < 0 || (size_t)n >= sizeof(path) || !read_file(path, &pair->request))
		return false;
	replay->n++;
	snprintf(path, sizeof(path), "%s/%.*s" REPLY_SUFFIX, dir, stem, name);
	pair->answered = read_file(path, &pair->reply);
	return pair->answered || errno == ENOENT;
}

static bool read_dir(struct replay *replay, const char *dir)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, is_request, alphasort);
	bool ok = n >= 0 && n <= PAIRS_MAX;

	for (int i = 0; i < n; i++) {
		ok = ok && read_pair(replay, dir, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	if (!ok)
		fprintf(stderr, "voip_sim: cannot read %s: %s\n", dir,
			n > PAIRS_MAX ? "too many messages" : strerror(errno));
	return ok;
}

struct replay *replay_new(const char *dir)
{
	struct replay *replay = calloc(1, sizeof(*replay));

	if (replay == NULL || dir == NULL || read_dir(replay, dir))
		return replay;
	replay_free(replay);
	return NULL;
}

void replay_free(struct replay *replay)
{
	for (size_t i = 0; replay != NULL && i < replay->n; i++) {
		buf_free(&replay->at[i].request);
		buf_free(&replay->at[i].reply);
	}
	free(replay);
}

static bool same_but_xid(struct span a, struct span b)
{
	struct span begin_a = { a.p, WIRE_XID_AT }, begin_b = { b.p, WIRE_XID_AT };

	if (a.n < XID_END || b.n < XID_END)
		return span_same(a, b);
	return span_same(begin_a, begin_b) &&
	       span_same(span_skip(a, XID_END), span_skip(b, XID_END));
}

bool replay_find(const struct replay *replay, struct span message, struct buf *reply)
{
	for (size_t i = 0; i < replay->n; i++) {
		const struct pair *pair = &replay->at[i];
		struct span request = { pair->request.p, pair->request.n };
		size_t start = reply->n;

		if (!same_but_xid(request, message))
			continue;
		if (!pair->answered ||
		    !buf_add(reply, (struct span){ pair->reply.p, pair->reply.n }, WIRE_TCP_MAX))
			return false;
		if (message.n >= XID_END && pair->reply.n >= XID_END)
			memcpy(reply->p + start + WIRE_XID_AT, message.p + WIRE_XID_AT, 2);
		return true;
	}
	return false;
}
