/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For the tests of push/http.h: a running http_sim, and requests to its listeners. */
#ifndef UNIT_HTTP_RIG_H
#define UNIT_HTTP_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <cmocka.h>

#include "push/http.h"

enum { MS = 1000, SECOND = 1000 * MS, FACTS_MAX = 64, RIG_TEXT = 160 };

struct rig {
	pid_t sim;
	int alive; /* closed: the simulator ends */
	char dir[32], ca[RIG_TEXT];
	char fact[FACTS_MAX][RIG_TEXT]; /* "NAME=URL" */
	size_t facts;

	/* New for each test. */
	struct http *http;
	struct push_request request;
};

/* Starts the simulator with such listeners; for a group's setup. */
int rig_start(void **state, const char *const *listeners);
int rig_end(void **state);
/* For each test. */
int rig_new(void **state);
int rig_free(void **state);

int64_t rig_now_us(void);
/* Fails for an unknown name. */
const char *rig_url(const struct rig *rig, const char *listener);
/* NULL text: the file goes. */
void rig_file(const struct rig *rig, const char *name, const char *text, mode_t mode,
	      char path[RIG_TEXT]);
/* Trusts the simulator's CA when the listener has TLS. */
struct push_profile rig_profile(const struct rig *rig, const char *listener);
struct http_peer *rig_peer(struct rig *rig, const struct push_profile *profile);

/* A POST to Pushgateway's path, which is answered 200 without a body. */
void rig_load(struct rig *rig, const char *body);
/* Starts what is loaded and waits for its end. */
const struct push_reply *rig_send(struct rig *rig, struct http_peer *peer);
/* With a peer of its own, which tells no more afterwards. */
void rig_check_refused(struct rig *rig, const struct push_profile *profile, const char *clause);
void rig_check_why(const struct push_reply *reply, const char *why);

/* Lines of DIR/requests or DIR/connections of this listener that hold the text, too. */
unsigned rig_count(const struct rig *rig, const char *file, const char *listener, const char *text);
/* The nth such line, from 0; release with free. NULL: there is none. */
char *rig_line(const struct rig *rig, const char *file, const char *listener, const char *text,
	       unsigned nth);

#endif
