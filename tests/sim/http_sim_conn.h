/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Listeners of http_sim and their connections: bytes in, requests, bytes out. */
#ifndef HTTP_SIM_CONN_H
#define HTTP_SIM_CONN_H

#include "http_sim_way.h"

#include <openssl/ssl.h>
#include <stdint.h>

struct listener {
	char name[WAY_TEXT_MAX];
	struct way way;
	int fd;
	SSL_CTX *tls; /* NULL: plain */
	unsigned port;
	unsigned long connections, requests; /* so far */
};

enum { LISTENERS_MAX = 64 };

struct sim {
	const char *dir;
	int connections, requests; /* logs */
	struct listener listener[LISTENERS_MAX];
	size_t listeners;
};

/* "http://127.0.0.1:8080" */
void listener_print(const struct listener *listener, FILE *out);

struct conn;
/* Accepts; NULL when that ended at once. */
struct conn *conn_new(struct sim *sim, struct listener *listener);
void conn_free(struct conn *conn);
int conn_fd(const struct conn *conn);
/* For poll. `due_us` is lowered to the time of the next turn without any event. */
short conn_events(const struct conn *conn, int64_t *due_us);
/* False: it ended. */
bool conn_turn(struct sim *sim, struct conn *conn, short events, int64_t now_us);

#endif
