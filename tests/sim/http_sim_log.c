/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The logs of http_sim; see http_sim_log.h. */
#define _GNU_SOURCE
#include "http_sim_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int log_open(const char *dir, const char *name)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", dir, name);
	int fd = n > 0 && (size_t)n < sizeof(path)
			 ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600)
			 : -1;

	if (fd < 0)
		fprintf(stderr, "http_sim: cannot write %s: %s\n", path, strerror(errno));
	return fd;
}

static void put(struct buf *b, struct span s)
{
	(void)buf_add(b, s, SIZE_MAX);
}

static void put_string(struct buf *b, struct span s)
{
	put(b, span_of("\""));
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char code[8];

		if (c >= 0x20 && c != '"' && c != '\\') {
			put(b, (struct span){ s.p + i, 1 });
			continue;
		}
		snprintf(code, sizeof(code), "\\u%04x", c);
		put(b, span_of(c == '\n' ? "\\n" : c == '"' ? "\\\"" : c == '\\' ? "\\\\" : code));
	}
	put(b, span_of("\""));
}

static void put_text(struct buf *b, const char *name, struct span value)
{
	put(b, span_of(",\""));
	put(b, span_of(name));
	put(b, span_of("\":"));
	put_string(b, value);
}

static void put_number(struct buf *b, const char *name, unsigned long value)
{
	char text[80];

	snprintf(text, sizeof(text), ",\"%s\":%lu", name, value);
	put(b, span_of(text));
}

static void put_place(struct buf *b, const struct log_place *place)
{
	put(b, span_of("{\"listener\":"));
	put_string(b, span_of(place->listener));
	put_number(b, "connection", place->connection);
}

static bool write_line(int fd, struct buf *b)
{
	put(b, span_of("}\n"));
	bool ok = write(fd, b->p, b->n) == (ssize_t)b->n;

	buf_free(b);
	return ok;
}

bool log_connection(int fd, const struct log_place *place)
{
	struct buf b = { .n = 0 };

	put_place(&b, place);
	return write_line(fd, &b);
}

bool log_request(int fd, const struct log_place *place, const struct request *r)
{
	struct buf b = { .n = 0 };

	put_place(&b, place);
	put_number(&b, "request", place->request);
	if (place->sni != NULL)
		put_text(&b, "sni", span_of(place->sni));
	if (place->client != NULL)
		put_text(&b, "client", span_of(place->client));
	put_text(&b, "method", r->method);
	put_text(&b, "path", r->path);
	put_text(&b, "host", r->host);
	put_text(&b, "authorization", r->authorization);
	put_text(&b, "content_type", r->content_type);
	put_text(&b, "accept", r->accept);
	put_text(&b, "head", r->head);
	put_number(&b, "body_bytes", r->body.n);
	put_text(&b, "body", r->body);
	return write_line(fd, &b);
}
