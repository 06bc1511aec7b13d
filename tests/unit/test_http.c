/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests to receivers that answer: what is sent, what the reply says, and where nothing goes. */
#define _GNU_SOURCE
#include "http_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REQUESTS = 50, DAY = 86400 };

static const char *const listeners[] = {
	"ok",
	"v6=v6",
	"chunked=chunked",
	"http10=http10",
	"down=status:503,retry:7",
	"busy=status:429,retry-date:100",
	"bold=status:429,retry:2000000000",
	"basic=basic:probe:geheim",
	"huge=huge,first:1",
	"endless=endless,first:1",
	"pieces=endless,chunked,first:1",
	"moved=redirect:target",
	"target",
	"proxy",
	NULL,
};

static int start(void **state)
{
	return rig_start(state, listeners);
}

static void status_body_and_retry_after_are_told(void **state)
{
	static const struct {
		const char *listener, *path, *body, *reply;
		long status, retry_s;
	} rows[] = {
		{ "ok", "/metrics/job/a", "a 1\n", "", 200, 0 },
		{ "ok", "/metrics/job/a", "unknown 1\n",
		  "pushed metrics are invalid or inconsistent\n", 400, 0 },
		{ "ok", "/write?db=a", "a value=1", "", 204, 0 },
		{ "ok", "/nowhere", "", "404 page not found\n", 404, 0 },
		{ "v6", "/metrics/job/a", "a 1\n", "", 200, 0 },
		{ "chunked", "/nowhere", "", "404 page not found\n", 404, 0 },
		{ "http10", "/nowhere", "", "404 page not found\n", 404, 0 },
		{ "down", "/metrics/job/a", "a 1\n", "", 503, 7 },
		{ "busy", "/metrics/job/a", "a 1\n", "", 429, 100 },
		{ "bold", "/metrics/job/a", "a 1\n", "", 429, DAY },
		{ "moved", "/metrics/job/a", "a 1\n", "", 307, 0 },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct push_profile profile = rig_profile(rig, rows[i].listener);
		struct http_peer *peer = rig_peer(rig, &profile);

		rig_load(rig, "");
		grow_reset(&rig->request.path);
		grow_str(&rig->request.path, rows[i].path);
		grow_reset(&rig->request.body);
		grow_str(&rig->request.body, rows[i].body);
		const struct push_reply *reply = rig_send(rig, peer);
		assert_int_equal(reply->status, rows[i].status);
		assert_int_equal(reply->body.n, strlen(rows[i].reply));
		assert_memory_equal(reply->body.n > 0 ? reply->body.p : "", rows[i].reply,
				    reply->body.n);
		assert_int_equal(reply->why.n, 0);
		int64_t early_us = rows[i].retry_s * SECOND - reply->retry_after_us;
		assert_in_range(early_us, 0, rows[i].retry_s == 100 ? 20 * SECOND : 0);
	}
	assert_int_equal(rig_count(rig, "connections", "target", ""), 0);
}

static void requests_go_in_order_over_one_connection(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "ok");
	struct http_peer *peer = rig_peer(rig, &profile);
	unsigned before = rig_count(rig, "connections", "ok", "");
	char text[32];

	for (unsigned i = 0; i < REQUESTS; i++) {
		snprintf(text, sizeof(text), "order_%u 1", i);
		rig_load(rig, text);
		assert_int_equal(rig_send(rig, peer)->status, 200);
	}
	assert_int_equal(http_connections(peer), 1);
	assert_int_equal(rig_count(rig, "connections", "ok", ""), before + 1);
	for (unsigned i = 0; i < REQUESTS; i++) {
		snprintf(text, sizeof(text), "\"request\":%u,", i + 1);
		char *line = rig_line(rig, "requests", "ok", "order_", i);
		assert_non_null(line);
		assert_non_null(strstr(line, text));
		snprintf(text, sizeof(text), "order_%u 1", i);
		assert_non_null(strstr(line, text));
		free(line);
	}
}

static void body_beyond_the_limit_is_cut_and_its_connection_closed(void **state)
{
	static const char *const names[] = { "huge", "endless", "pieces" };
	struct rig *rig = *state;

	for (size_t i = 0; i < 3; i++) {
		struct push_profile profile = rig_profile(rig, names[i]);
		struct http_peer *peer = rig_peer(rig, &profile);

		rig_load(rig, "a 1");
		const struct push_reply *reply = rig_send(rig, peer);
		assert_int_equal(reply->status, 200);
		assert_int_equal(reply->body.n, PUSH_REPLY_MAX);
		assert_memory_equal(reply->body.p + PUSH_REPLY_MAX - 16, "fifteen letters\n", 16);
		reply = rig_send(rig, peer);
		assert_int_equal(reply->status, 200);
		assert_int_equal(reply->body.n, 0);
		assert_int_equal(http_connections(peer), 2);
	}
}

static void password_goes_as_basic_authentication(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "basic");
	struct http_peer *peer = rig_peer(rig, &profile);

	rig_load(rig, "a 1");
	assert_int_equal(rig_send(rig, peer)->status, 401);
	assert_int_equal(rig_count(rig, "requests", "basic", "\"authorization\":\"\""), 1);

	profile.user = "probe";
	profile.secret = "geheim";
	peer = rig_peer(rig, &profile);
	assert_int_equal(rig_send(rig, peer)->status, 200);

	profile.secret = "falsch";
	peer = rig_peer(rig, &profile);
	assert_int_equal(rig_send(rig, peer)->status, 401);
	assert_int_equal(rig_count(rig, "requests", "basic", ""), 3);
}

static void header_of_a_sink_goes_in_place_of_the_password(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "ok");

	profile.user = "probe";
	profile.secret = "geheim";
	struct http_peer *peer = rig_peer(rig, &profile);
	rig_load(rig, "token_header 1");
	grow_str(&rig->request.authorization, "Token abc");
	assert_int_equal(rig_send(rig, peer)->status, 200);
	grow_reset(&rig->request.authorization);
	rig_load(rig, "token_header 2");
	assert_int_equal(rig_send(rig, peer)->status, 200);
	char *line = rig_line(rig, "requests", "ok", "token_header", 0);
	assert_non_null(strstr(line, "\"authorization\":\"Token abc\","));
	free(line);
	line = rig_line(rig, "requests", "ok", "token_header", 1);
	assert_non_null(strstr(line, "\"authorization\":\"Basic cHJvYmU6Z2VoZWlt\","));
	free(line);
}

/* Header by header; the simulator's log writes line ends as \u000d\n. */
static void check_shown(struct rig *rig, const struct push_profile *profile, const char *mark)
{
	struct grow shown = { .p = NULL };
	unsigned lines = 0, logged = 0;

	http_show(profile, &rig->request, &shown);
	char *line = rig_line(rig, "requests", "ok", mark, 0);
	assert_non_null(line);
	for (const char *at = line; (at = strstr(at, "\\u000d\\n")) != NULL; at++)
		logged++;
	struct view rest = grow_view(&shown), first = view_take_until(&rest, '\n');
	char text[RIG_TEXT];
	snprintf(text, sizeof(text), "# %s", rig_url(rig, "ok"));
	assert_true(view_eq(first, view_of(text)));
	while ((first = view_take_until(&rest, '\n')).n > 0) {
		bool secret = view_ends(first, VIEW("***"));
		snprintf(text, sizeof(text), "%.*s", (int)first.n - (secret ? 3 : 0), first.p);
		if (strstr(line, text) == NULL)
			fail_msg("not sent: %s", text);
		lines++;
	}
	assert_int_equal(lines, logged + 1);
	free(line);
	grow_free(&shown);
}

static void request_is_shown_as_it_is_sent_but_for_the_secret(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "ok");

	rig_load(rig, "shown_plain 1");
	assert_int_equal(rig_send(rig, rig_peer(rig, &profile))->status, 200);
	check_shown(rig, &profile, "shown_plain");

	profile.user = "probe";
	profile.secret = "geheim";
	rig_load(rig, "shown_basic 1");
	rig->request.method = "PUT";
	rig->request.accept = "application/json";
	assert_int_equal(rig_send(rig, rig_peer(rig, &profile))->status, 200);
	check_shown(rig, &profile, "shown_basic");

	rig_load(rig, "shown_token 1");
	grow_str(&rig->request.authorization, "Token geheim");
	assert_int_equal(rig_send(rig, rig_peer(rig, &profile))->status, 200);
	check_shown(rig, &profile, "shown_token");
}

static void shown_request_has_no_secret_and_no_control_character(void **state)
{
	static const char expected[] = "# https://192.0.2.5:5665\n"
				       "POST /api/metrics/job/test HTTP/1.1\n"
				       "Host: master.example.org:5665\n"
				       "Authorization: ***\n"
				       "User-Agent: monitoring-plugins-voip/" PACKAGE_VERSION "\n"
				       "Content-Type: text/plain; version=0.0.4\n"
				       "Accept: */*\n"
				       "Content-Length: 19\n\n"
				       "token=***&a=?[1m\n\n";
	struct rig *rig = *state;
	struct push_profile profile = { .url = "https://192.0.2.5:5665/api/",
					.tls_name = "master.example.org",
					.user = "probe",
					.secret = "geheim" };
	struct grow shown = { .p = NULL };

	rig_load(rig, "token=geheim&a=\033[1m");
	rig->request.body.n--;
	rig->request.secret_at = 6;
	rig->request.secret_n = 6;
	grow_str(&rig->request.authorization, "geheim");
	http_show(&profile, &rig->request, &shown);
	grow_byte(&shown, '\0');
	assert_string_equal(shown.p, expected);
	grow_free(&shown);
}

static void usual_port_is_not_in_the_header(void **state)
{
	static const char *const rows[][2] = { { "https://a.example", "a.example" },
					       { "https://a.example:443/x", "a.example" },
					       { "http://a.example:80", "a.example" },
					       { "http://a.example:443", "a.example:443" },
					       { "https://[2001:db8::1]:80", "[2001:db8::1]:80" } };
	struct rig *rig = *state;
	char host[RIG_TEXT];

	rig_load(rig, "a 1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct push_profile profile = { .url = rows[i][0] };
		struct grow shown = { .p = NULL };
		http_show(&profile, &rig->request, &shown);
		snprintf(host, sizeof(host), "\nHost: %s\n", rows[i][1]);
		assert_true(view_search(grow_view(&shown), view_of(host)) < shown.n);
		grow_free(&shown);
	}
}

static void path_of_the_url_comes_first(void **state)
{
	static const char *const rows[][3] = {
		{ "/api", "/metrics/job/x", "/api/metrics/job/x" },
		{ "/api/", "/metrics/job/x", "/api/metrics/job/x" },
		{ "/metrics/job/x/", "", "/metrics/job/x/" },
		{ "/metrics/job/x/", "?a=b", "/metrics/job/x/?a=b" },
		{ "", "/metrics/job/x%2Fy?a=b", "/metrics/job/x%2Fy?a=b" },
	};
	struct rig *rig = *state;
	char url[RIG_TEXT], mark[RIG_TEXT];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct push_profile profile = { .url = url };
		snprintf(url, sizeof(url), "%s%s", rig_url(rig, "ok"), rows[i][0]);
		snprintf(mark, sizeof(mark), "path_%zu", i);
		rig_load(rig, mark);
		grow_reset(&rig->request.path);
		grow_str(&rig->request.path, rows[i][1]);
		assert_int_equal(rig_send(rig, rig_peer(rig, &profile))->status, 200);
		char *line = rig_line(rig, "requests", "ok", mark, 0);
		snprintf(mark, sizeof(mark), "\"path\":\"%s\",", rows[i][2]);
		assert_non_null(strstr(line, mark));
		free(line);
	}
}

static void large_body_is_sent_at_once(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "ok");
	char *large = calloc(1, 2000001);

	memset(large, 'x', 2000000);
	rig_load(rig, large);
	assert_int_equal(rig_send(rig, rig_peer(rig, &profile))->status, 200);
	char *line = rig_line(rig, "requests", "ok", "\"body_bytes\":2000001,", 0);
	assert_non_null(line);
	assert_null(strcasestr(line, "expect"));
	free(line);
	free(large);
}

static void line_end_in_a_path_is_not_sent(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "ok");
	struct http_peer *peer = rig_peer(rig, &profile);

	rig_load(rig, "line_end 1");
	grow_str(&rig->request.path, "\r\nX: y");
	const struct push_reply *reply = rig_send(rig, peer);
	assert_int_equal(reply->status, 0);
	assert_true(reply->why.n > 0);
	rig_load(rig, "line_end 2");
	assert_int_equal(rig_send(rig, peer)->status, 200);
	assert_int_equal(rig_count(rig, "requests", "ok", "line_end"), 1);
}

static void path_without_measure_is_not_sent(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "ok");
	struct http_peer *peer = rig_peer(rig, &profile);

	rig_load(rig, "measure 1");
	while (rig->request.path.n < 9000000)
		grow_str(&rig->request.path,
			 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	const struct push_reply *reply = rig_send(rig, peer);
	assert_int_equal(reply->status, 0);
	assert_true(reply->why.n > 0);
	assert_int_equal(http_busy(rig->http), 0);
	rig_load(rig, "measure 2");
	assert_int_equal(rig_send(rig, peer)->status, 200);
	assert_int_equal(rig_count(rig, "requests", "ok", "measure"), 1);
}

/* Proxies, a password file, and a list of hosts without proxy. */
static void environment_counts_for_nothing(void **state)
{
	static const char *const names[] = { "http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY" };
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "ok");
	char path[RIG_TEXT], *home = strdup(getenv("HOME") != NULL ? getenv("HOME") : "/");

	rig_file(rig, ".netrc", "machine 127.0.0.1 login netrc password netrc\n", 0600, path);
	setenv("HOME", rig->dir, 1);
	for (size_t i = 0; i < 4; i++)
		setenv(names[i], rig_url(rig, "proxy"), 1);
	rig_load(rig, "direct 1");
	assert_int_equal(rig_send(rig, rig_peer(rig, &profile))->status, 200);
	assert_int_equal(rig_count(rig, "connections", "proxy", ""), 0);
	char *line = rig_line(rig, "requests", "ok", "direct", 0);
	assert_non_null(strstr(line, "\"authorization\":\"\","));
	free(line);
	for (size_t i = 0; i < 4; i++)
		unsetenv(names[i]);

	setenv("no_proxy", "*", 1);
	profile.proxy = rig_url(rig, "proxy");
	rig_load(rig, "by_proxy 1");
	assert_int_equal(rig_send(rig, rig_peer(rig, &profile))->status, 200);
	snprintf(path, sizeof(path), "\"path\":\"%s/metrics/job/test\"", rig_url(rig, "ok"));
	assert_int_equal(rig_count(rig, "requests", "proxy", path), 1);
	assert_int_equal(rig_count(rig, "requests", "ok", "by_proxy"), 0);
	unsetenv("no_proxy");
	setenv("HOME", home, 1);
	rig_file(rig, ".netrc", NULL, 0, path);
	free(home);
}

static void profile_that_cannot_work_is_refused(void **state)
{
#define EXPECTED "url: https://HOST[:PORT][/PATH] is expected"
#define SECRET                                                                                     \
	"url: a secret goes over https:// only, or over http:// to a loopback address without a "  \
	"proxy"
	static const struct {
		struct push_profile profile;
		const char *clause; /* NULL: good */
	} rows[] = {
		{ { .url = NULL }, EXPECTED },
		{ { .url = "" }, EXPECTED },
		{ { .url = "192.0.2.5:5665" }, EXPECTED },
		{ { .url = "ftp://192.0.2.5/" }, EXPECTED },
		{ { .url = "https://" }, EXPECTED },
		{ { .url = "https://a b/" }, EXPECTED },
		{ { .url = "https://192.0.2.5:99999" }, EXPECTED },
		{ { .url = "https://probe:geheim@192.0.2.5/" },
		  "url: user and password have keys of their own" },
		{ { .url = "https://probe@192.0.2.5/" },
		  "url: user and password have keys of their own" },
		{ { .url = "https://192.0.2.5/?token=geheim" }, "url: it must not have a query" },
		{ { .url = "https://192.0.2.5/#a" }, "url: it must not have a fragment" },
		{ { .url = "http://192.0.2.5", .tls_name = "a" },
		  "tls_name is given, but the url is not https://" },
		{ { .url = "http://192.0.2.5", .ca = "a" },
		  "ca is given, but the url is not https://" },
		{ { .url = "http://192.0.2.5", .cert = "a" },
		  "cert is given, but the url is not https://" },
		{ { .url = "https://192.0.2.5", .tls_name = "a/b" },
		  "\"a/b\" is no name of a host (tls_name)" },
		{ { .url = "http://192.0.2.5", .user = "u", .secret = "geheim" }, SECRET },
		{ { .url = "http://127.example.org", .secret = "geheim" }, SECRET },
		{ { .url = "http://localhost.example.org", .secret = "geheim" }, SECRET },
		{ { .url = "http://127.0.0.1", .secret = "geheim", .proxy = "http://192.0.2.9" },
		  SECRET },
		{ { .url = "http://127.9.9.9:80/x", .secret = "geheim" }, NULL },
		{ { .url = "http://[::1]:80", .secret = "geheim" }, NULL },
		{ { .url = "HTTP://LOCALHOST", .secret = "geheim" }, NULL },
		{ { .url = "http://192.0.2.5", .user = "u" }, NULL },
		{ { .url = "https://192.0.2.5", .secret = "geheim\r\nX: y" },
		  "the secret holds a control character" },
		{ { .url = "https://192.0.2.5", .user = "a\nb", .secret = "geheim" },
		  "user holds a control character" },
		{ { .url = "https://192.0.2.5", .user = "a:b", .secret = "geheim" },
		  "user holds a colon" },
		{ { .url = "https://192.0.2.5", .ca = "/nowhere/ca.pem" },
		  "/nowhere/ca.pem: No such file or directory" },
		{ { .url = "https://192.0.2.5", .cert = "/" }, "/: is not a regular file" },
		{ { .url = "https://192.0.2.5", .key = "/dev/null" },
		  "/dev/null: is not a regular file" },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].clause != NULL)
			rig_check_refused(rig, &rows[i].profile, rows[i].clause);
		else
			rig_peer(rig, &rows[i].profile);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, rig_new, rig_free)
	const struct CMUnitTest tests[] = {
		T(status_body_and_retry_after_are_told),
		T(requests_go_in_order_over_one_connection),
		T(body_beyond_the_limit_is_cut_and_its_connection_closed),
		T(password_goes_as_basic_authentication),
		T(header_of_a_sink_goes_in_place_of_the_password),
		T(request_is_shown_as_it_is_sent_but_for_the_secret),
		T(shown_request_has_no_secret_and_no_control_character),
		T(usual_port_is_not_in_the_header),
		T(path_of_the_url_comes_first),
		T(path_without_measure_is_not_sent),
		T(large_body_is_sent_at_once),
		T(line_end_in_a_path_is_not_sent),
		T(environment_counts_for_nothing),
		T(profile_that_cannot_work_is_refused),
	};

	return cmocka_run_group_tests_name("http", tests, start, rig_end);
}
