/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests to the receivers of several profiles side by side, on libcurl's multi interface.  Each
 * profile has one connection, which is kept, and one request at a time, so that results arrive in
 * order.  TLS 1.2 or newer, chain and name verified always, no redirect followed, nothing taken from
 * the environment (proxy, netrc, certificates).
 */
#ifndef PUSH_HTTP_H
#define PUSH_HTTP_H

#include "push/sink.h"

struct http;
struct http_peer;

/* libcurl may write to a closed connection: the program ignores SIGPIPE. */
struct http *http_new(void);
void http_free(struct http *http); /* and its peers */

/* A connection, with name lookup and TLS, must be there within 10 s, and the whole reply within
 * HTTP_REQUEST_US of the start of the request: else it has ended without an answer. */
enum { HTTP_REQUEST_US = 30000000 };
/* Other limits for requests that are still to be started. */
void http_set_limits(struct http *http, int64_t connect_us, int64_t request_us);

/* `profile` is borrowed for the peer's life. False with a clause: URL, files of TLS, libcurl. A secret
 * over http:// is refused, but to a loopback address. */
bool http_peer_new(struct http *http, const struct push_profile *profile, struct http_peer **out,
		   struct opt_error *error);

/* Starts a request; `request` is borrowed until it ended. None may be under way. */
void http_start(struct http_peer *peer, const struct push_request *request);
/* Moves all requests until one has ended, and returns its peer. NULL at the deadline (monotonic
 * microseconds), or earlier when stop_fd (-1 = none) is readable; the others are still under way then.
 * It waits so even when no request is under way. */
struct http_peer *http_wait(struct http *http, int64_t deadline_us, int stop_fd);
/* How many requests are under way. */
unsigned http_busy(const struct http *http);
/* Of the request that ended last; lives until the next start. A body beyond PUSH_REPLY_MAX bytes is
 * cut there, and its connection closed. A reply that broke off is none: its status is 0. */
const struct push_reply *http_reply(const struct http_peer *peer);
const struct push_profile *http_profile(const struct http_peer *peer);
/* Gives up what is under way; its connection is closed. */
void http_abort(struct http_peer *peer);
/* How many connections were opened in all, for tests and -v. */
unsigned http_connections(const struct http_peer *peer);

/* The request as it would be sent, for people, behind a line with scheme, host and port: the secret
 * is "***". */
void http_show(const struct push_profile *profile, const struct push_request *request,
	       struct grow *out);

#endif
