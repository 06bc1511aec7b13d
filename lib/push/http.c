/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests side by side; see http.h. libcurl keeps each peer's connection, opens another when it
 * died, and then sends a request again of whose reply no byte has come. */
#define _GNU_SOURCE
#include "push/http_private.h"

#include <poll.h>
#include <time.h>

enum { SECOND_US = 1000000, CONNECT_US = 10 * SECOND_US, DAY_S = 86400, POLL_MAX_MS = 60000 };

struct http *http_new(void)
{
	struct http *http = mem_new(1, sizeof(*http));

	http_set_limits(http, CONNECT_US, HTTP_REQUEST_US);
	return http;
}

/* For the first peer: who has none pays for no TLS library. */
static void start(struct http *http)
{
	if (http->multi == NULL && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		http->multi = curl_multi_init();
}

void http_set_limits(struct http *http, int64_t connect_us, int64_t request_us)
{
	http->connect_us = connect_us;
	http->request_us = request_us;
}

static void peer_free(struct http_peer *peer)
{
	http_abort(peer);
	curl_easy_cleanup(peer->easy);
	curl_slist_free_all(peer->connect_to);
	http_peer_unload(peer);
	grow_free(&peer->line);
	grow_free(&peer->body);
	arena_free(&peer->arena);
	mem_free(peer);
}

void http_free(struct http *http)
{
	if (http == NULL)
		return;
	for (struct http_peer *peer = http->first, *next; peer != NULL; peer = next) {
		next = peer->next;
		peer_free(peer);
	}
	if (http->multi != NULL) {
		curl_multi_cleanup(http->multi);
		curl_global_cleanup();
	}
	mem_free(http);
}

static long count_peers(const struct http *http)
{
	long count = 0;

	for (const struct http_peer *peer = http->first; peer != NULL; peer = peer->next)
		count++;
	return count;
}

bool http_peer_new(struct http *http, const struct push_profile *profile, struct http_peer **out,
		   struct opt_error *error)
{
	struct http_peer *peer = mem_new(1, sizeof(*peer));

	*peer = (struct http_peer){ .http = http, .profile = profile };
	start(http);
	if (http->multi != NULL)
		peer->easy = curl_easy_init();
	if (peer->easy == NULL || !http_peer_set(peer, error)) {
		if (peer->easy == NULL)
			opt_error_set(error, "libcurl cannot start");
		peer_free(peer);
		return false;
	}
	peer->next = http->first;
	http->first = peer;
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, count_peers(http));
	*out = peer;
	return true;
}

void http_start(struct http_peer *peer, const struct push_request *request)
{
	peer->request = request;
	peer->reply = (struct push_reply){ .status = 0 };
	peer->full = peer->head_ended = false;
	peer->head_bytes = 0;
	grow_reset(&peer->body);
	peer->phase = PEER_FAILED;
	if (http_peer_load(peer) &&
	    curl_multi_add_handle(peer->http->multi, peer->easy) == CURLM_OK)
		peer->phase = PEER_BUSY;
}

/* Takes the handle out of the multi handle. */
static void detach(struct http_peer *peer)
{
	long opened = 0;

	if (peer->phase == PEER_BUSY) {
		curl_easy_getinfo(peer->easy, CURLINFO_NUM_CONNECTS, &opened);
		peer->connections += (unsigned)opened;
		curl_multi_remove_handle(peer->http->multi, peer->easy);
	}
	http_peer_unload(peer);
	peer->phase = PEER_IDLE;
}

static struct http_peer *end(struct http_peer *peer, CURLcode code)
{
	struct push_reply *reply = &peer->reply;
	struct wr words = wr_over(peer->why, sizeof(peer->why));
	bool whole = code == CURLE_OK || (code == CURLE_WRITE_ERROR && peer->full);
	curl_off_t retry_s = 0;

	if (whole && peer->head_ended) {
		curl_easy_getinfo(peer->easy, CURLINFO_RESPONSE_CODE, &reply->status);
		curl_easy_getinfo(peer->easy, CURLINFO_RETRY_AFTER, &retry_s);
		retry_s = retry_s < DAY_S ? retry_s : DAY_S;
		reply->retry_after_us = retry_s * SECOND_US;
		reply->body = grow_view(&peer->body);
	} else {
		http_words(peer, whole ? CURLE_PARTIAL_FILE : code, &words);
		reply->why = wr_view(&words);
	}
	detach(peer);
	return peer;
}

/* The peer of the request that ended first, or NULL. */
static struct http_peer *next_ended(struct http *http)
{
	struct CURLMsg *message;
	char *peer = NULL;
	int left;

	for (struct http_peer *p = http->first; p != NULL; p = p->next)
		if (p->phase == PEER_FAILED)
			return end(p, CURLE_FAILED_INIT);
	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		CURLcode code = message->data.result;
		if (message->msg == CURLMSG_DONE &&
		    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &peer) == CURLE_OK)
			return end((struct http_peer *)(void *)peer, code);
	}
	return NULL;
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * SECOND_US + t.tv_nsec / 1000;
}

/* Sleeps until something can go on; true when that is stop_fd. */
static bool wait_some(struct http *http, int64_t left_us, int stop_fd)
{
	struct curl_waitfd stop = { .fd = stop_fd, .events = CURL_WAIT_POLLIN };
	struct pollfd fd = { .fd = stop_fd, .events = POLLIN };
	int wait_ms =
		left_us < POLL_MAX_MS * INT64_C(1000) ? (int)((left_us + 999) / 1000) : POLL_MAX_MS;

	if (curl_multi_poll(http->multi, &stop, stop_fd >= 0 ? 1 : 0, wait_ms, NULL) == CURLM_OK)
		return stop.revents != 0;
	return poll(&fd, 1, wait_ms) > 0;
}

struct http_peer *http_wait(struct http *http, int64_t deadline_us, int stop_fd)
{
	int64_t left_us;
	int running;

	for (;;) {
		curl_multi_perform(http->multi, &running);
		struct http_peer *peer = next_ended(http);
		if (peer != NULL)
			return peer;
		left_us = deadline_us - now_us();
		if (left_us <= 0)
			return NULL;
		if (wait_some(http, left_us, stop_fd))
			return NULL;
	}
}

unsigned http_busy(const struct http *http)
{
	unsigned busy = 0;

	for (const struct http_peer *peer = http->first; peer != NULL; peer = peer->next)
		busy += peer->phase != PEER_IDLE;
	return busy;
}

const struct push_reply *http_reply(const struct http_peer *peer)
{
	return &peer->reply;
}

const struct push_profile *http_profile(const struct http_peer *peer)
{
	return peer->profile;
}

void http_abort(struct http_peer *peer)
{
	if (peer->phase == PEER_IDLE)
		return;
	detach(peer);
	peer->reply = (struct push_reply){ .why = VIEW("given up") };
}

unsigned http_connections(const struct http_peer *peer)
{
	return peer->connections;
}
