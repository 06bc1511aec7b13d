/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Receivers that answer badly, late or never, and connections that die. */
#define _GNU_SOURCE
#include "http_rig.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUESTS = 5 };

static const char *const listeners[] = {
	"ok",
	"close=close,first:1",
	"cut_status=cut:8,first:1",
	"cut_head=cut:40,first:1",
	"cut_body=status:200,cut:130,first:1",
	"cut_chunk=chunked,cut:140,first:1",
	"garbage=garbage,first:1",
	"headers=headers,first:1",
	"hang=hang,first:1",
	"drip=drip:20,first:1",
	"quit=quit",
	"forget=forget",
	"drop=drop",
	"mute=hang",
	"change",
	"third=status:500,every:3",
	NULL,
};

static int start(void **state)
{
	return rig_start(state, listeners);
}

/* What the listener does is over with the first request; the second one must not suffer. */
static void reply_that_is_none_is_told_and_the_next_request_goes_well(void **state)
{
	static const struct {
		const char *listener, *why;
	} rows[] = {
		{ "cut_status", "the connection was closed without an answer" },
		{ "cut_head", "the answer was cut off" },
		{ "cut_body", "the answer was cut off" },
		{ "cut_chunk", "the answer was cut off" },
		{ "garbage", "the answer is not HTTP" },
		{ "headers", "the answer has too many headers" },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct push_profile profile = rig_profile(rig, rows[i].listener);
		struct http_peer *peer = rig_peer(rig, &profile);

		rig_load(rig, "unknown 1"); /* is answered with a body */
		const struct push_reply *reply = rig_send(rig, peer);
		rig_check_why(reply, rows[i].why);
		assert_int_equal(reply->retry_after_us, 0);
		rig_load(rig, "a 1");
		assert_int_equal(rig_send(rig, peer)->status, 200);
		assert_int_equal(http_connections(peer), 2);
	}
}

/* Nothing of a reply is taken for a part of the next one. */
static void replies_do_not_mix(void **state)
{
	static const struct {
		const char *words, *why; /* NULL: status 200 */
		size_t body;
	} rows[] = {
		{ "huge", NULL, PUSH_REPLY_MAX },
		{ "headers", "the answer has too many headers", 0 },
		{ "status:200", NULL, 0 },
		{ "cut:40", "the answer was cut off", 0 },
		{ "garbage", "the answer is not HTTP", 0 },
		{ "cut:8", "the connection was closed without an answer", 0 },
		{ "status:200", NULL, 0 },
		{ "headers", "the answer has too many headers", 0 },
		{ "status:200", NULL, 0 },
	};
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "change");
	struct http_peer *peer = rig_peer(rig, &profile);
	char path[RIG_TEXT];

	rig_load(rig, "a 1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rig_file(rig, "change.now", rows[i].words, 0600, path);
		const struct push_reply *reply = rig_send(rig, peer);
		if (rows[i].why != NULL) {
			rig_check_why(reply, rows[i].why);
			continue;
		}
		assert_int_equal(reply->status, 200);
		assert_int_equal(reply->why.n, 0);
		assert_int_equal(reply->body.n, rows[i].body);
	}
}

/* Whether the request came before the end, decides about a reset. */
static void closed_connection_is_told(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "close");
	struct http_peer *peer = rig_peer(rig, &profile);

	rig_load(rig, "a 1");
	const struct push_reply *reply = rig_send(rig, peer);
	rig_check_why(reply, view_eq(reply->why, VIEW("the connection was reset"))
				     ? "the connection was reset"
				     : "the connection was closed without an answer");
	assert_int_equal(rig_send(rig, peer)->status, 200);
}

static void dead_kept_connection_is_replaced(void **state)
{
	static const struct {
		const char *listener;
		unsigned came; /* requests, with those that were sent again */
	} rows[] = {
		{ "quit", REQUESTS },
		{ "forget", 2 * REQUESTS - 1 },
		{ "drop", 2 * REQUESTS - 1 },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct push_profile profile = rig_profile(rig, rows[i].listener);
		struct http_peer *peer = rig_peer(rig, &profile);

		rig_load(rig, "a 1");
		for (int k = 0; k < REQUESTS; k++)
			assert_int_equal(rig_send(rig, peer)->status, 200);
		assert_int_equal(http_connections(peer), REQUESTS);
		assert_int_equal(rig_count(rig, "connections", rows[i].listener, ""), REQUESTS);
		assert_int_equal(rig_count(rig, "requests", rows[i].listener, ""), rows[i].came);
	}
}

static void every_third_request_fails_and_the_connection_stays(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "third");
	struct http_peer *peer = rig_peer(rig, &profile);

	rig_load(rig, "a 1");
	for (int i = 1; i <= 6; i++)
		assert_int_equal(rig_send(rig, peer)->status, i % 3 == 0 ? 500 : 200);
	assert_int_equal(http_connections(peer), 1);
}

static void silence_ends_at_the_limit_of_a_request(void **state)
{
	static const char *const names[][2] = { { "hang", "no answer" },
						{ "drip", "no end of the answer" } };
	struct rig *rig = *state;
	char why[RIG_TEXT];

	http_set_limits(rig->http, 10 * SECOND, 100 * MS);
	for (size_t i = 0; i < 2; i++) {
		struct push_profile profile = rig_profile(rig, names[i][0]);
		struct http_peer *peer = rig_peer(rig, &profile);

		rig_load(rig, "a 1");
		rig_check_why(rig_send(rig, peer),
			      (snprintf(why, sizeof(why), "%s: %s within 100 ms",
					rig_url(rig, names[i][0]) + 7, names[i][1]),
			       why));
		assert_int_equal(rig_send(rig, peer)->status, 200);
		assert_int_equal(http_connections(peer), 2);
	}
}

static void refused_connection_and_bad_name_are_told(void **state)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(name);
	struct rig *rig = *state;
	char url[RIG_TEXT], why[RIG_TEXT];
	struct push_profile profile = { .url = url };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&name, n), 0); /* it does not listen */
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &n), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", ntohs(name.sin_port));
	snprintf(why, sizeof(why), "127.0.0.1:%u: connection refused", ntohs(name.sin_port));
	rig_load(rig, "a 1");
	rig_check_why(rig_send(rig, rig_peer(rig, &profile)), why);
	struct push_profile by_proxy = { .url = rig_url(rig, "ok"), .proxy = url };
	rig_check_why(rig_send(rig, rig_peer(rig, &by_proxy)), "the proxy: connection refused");
	close(fd);

	snprintf(url, sizeof(url), "http://%070d.invalid", 7); /* a label ends at 63 */
	snprintf(why, sizeof(why), "%070d.invalid:80: the name has no address", 7);
	rig_check_why(rig_send(rig, rig_peer(rig, &profile)), why);
}

static void deadline_leaves_the_request_under_way(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "mute");
	struct http_peer *peer = rig_peer(rig, &profile);
	int64_t deadline_us = rig_now_us() + 50 * MS;

	assert_null(http_wait(rig->http, deadline_us, -1)); /* nothing is under way */
	assert_true(rig_now_us() >= deadline_us);
	assert_int_equal(http_busy(rig->http), 0);

	rig_load(rig, "a 1");
	http_start(peer, &rig->request);
	deadline_us = rig_now_us() + 50 * MS;
	assert_null(http_wait(rig->http, deadline_us, -1));
	assert_true(rig_now_us() >= deadline_us);
	assert_int_equal(http_busy(rig->http), 1);
}

static void stop_descriptor_ends_the_wait(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "mute");
	struct http_peer *peer = rig_peer(rig, &profile);
	int64_t began_us = rig_now_us();
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_null(http_wait(rig->http, began_us + 20 * MS, ends[0]));
	assert_true(rig_now_us() >= began_us + 20 * MS);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_null(http_wait(rig->http, began_us + 60 * SECOND, ends[0]));
	rig_load(rig, "a 1");
	http_start(peer, &rig->request);
	assert_null(http_wait(rig->http, began_us + 60 * SECOND, ends[0]));
	assert_int_equal(http_busy(rig->http), 1);
	char byte;
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[1]); /* an end without data */
	assert_null(http_wait(rig->http, began_us + 60 * SECOND, ends[0]));
	assert_true(rig_now_us() < began_us + 30 * SECOND);
	close(ends[0]);
}

static void aborted_peer_can_start_again(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "mute");
	struct http_peer *peer = rig_peer(rig, &profile);

	rig_load(rig, "a 1");
	for (unsigned i = 1; i <= 2; i++) {
		http_start(peer, &rig->request);
		assert_null(http_wait(rig->http, rig_now_us() + 50 * MS, -1));
		http_abort(peer);
		assert_int_equal(http_busy(rig->http), 0);
		rig_check_why(http_reply(peer), "given up");
		assert_int_equal(http_connections(peer), i);
		http_abort(peer);
		assert_int_equal(http_connections(peer), i);
	}
	assert_null(http_wait(rig->http, rig_now_us(), -1));
}

static void peer_that_hangs_holds_up_no_other(void **state)
{
	struct rig *rig = *state;
	struct push_profile profiles[] = { rig_profile(rig, "mute"), rig_profile(rig, "ok"),
					   rig_profile(rig, "quit") };
	struct http_peer *hanging = rig_peer(rig, &profiles[0]);
	struct http_peer *peers[] = { rig_peer(rig, &profiles[1]), rig_peer(rig, &profiles[2]) };
	unsigned replies[2] = { 0, 0 };

	http_set_limits(rig->http, 10 * SECOND, 5 * SECOND);
	rig_load(rig, "aside 1");
	http_start(hanging, &rig->request);
	http_start(peers[0], &rig->request);
	http_start(peers[1], &rig->request);
	while (replies[0] + replies[1] < 2 * REQUESTS) {
		struct http_peer *peer = http_wait(rig->http, rig_now_us() + 4 * SECOND, -1);
		unsigned i = peer == peers[1];
		assert_ptr_equal(peer, peers[i]);
		assert_ptr_equal(http_profile(peer), &profiles[1 + i]);
		assert_int_equal(http_reply(peer)->status, 200);
		if (++replies[i] < REQUESTS)
			http_start(peer, &rig->request);
	}
	assert_int_equal(http_busy(rig->http), 1);
	assert_int_equal(http_connections(peers[0]), 1);
	assert_int_equal(http_connections(peers[1]), REQUESTS);
	assert_int_equal(rig_count(rig, "requests", "ok", "aside"), REQUESTS);
}

/* Both always have a reply ready: none may be passed over for the other. */
static void peers_take_turns(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "ok");
	struct http_peer *peers[] = { rig_peer(rig, &profile), rig_peer(rig, &profile) };
	unsigned replies[2] = { 0, 0 };

	rig_load(rig, "turns 1");
	http_start(peers[0], &rig->request);
	http_start(peers[1], &rig->request);
	for (int i = 0; i < 200; i++) {
		struct http_peer *peer = http_wait(rig->http, rig_now_us() + 20 * SECOND, -1);
		assert_non_null(peer);
		replies[peer == peers[1]]++;
		http_start(peer, &rig->request);
	}
	assert_in_range(replies[0], 60, 140);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, rig_new, rig_free)
	const struct CMUnitTest tests[] = {
		T(reply_that_is_none_is_told_and_the_next_request_goes_well),
		T(replies_do_not_mix),
		T(closed_connection_is_told),
		T(dead_kept_connection_is_replaced),
		T(every_third_request_fails_and_the_connection_stays),
		T(silence_ends_at_the_limit_of_a_request),
		T(refused_connection_and_bad_name_are_told),
		T(deadline_leaves_the_request_under_way),
		T(stop_descriptor_ends_the_wait),
		T(aborted_peer_can_start_again),
		T(peer_that_hangs_holds_up_no_other),
		T(peers_take_turns),
	};

	return cmocka_run_group_tests_name("http faults", tests, start, rig_end);
}
