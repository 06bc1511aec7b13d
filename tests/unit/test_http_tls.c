/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTPS: whom a profile trusts, under which name, and how it shows who it is. */
#define _GNU_SOURCE
#include "http_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REQUESTS = 5 };

static const char *const listeners[] = {
	"tls=tls:good",
	"tls6=tls:good,v6",
	"named=tls:wrongname",
	"named6=tls:wrongname,v6",
	"expired=tls:expired",
	"selfsigned=tls:selfsigned",
	"old=tls:good,old",
	"mutual=tls:good,mutual",
	"mute=tls:good,mute",
	"close=tls:good,close",
	"quit=tls:good,quit",
	"basic=tls:good,basic:probe:geheim",
	"moved=tls:good,redirect:target",
	"target=tls:good",
	"plain",
	NULL,
};

static int start(void **state)
{
	return rig_start(state, listeners);
}

static void one_handshake_serves_all_requests(void **state)
{
	static const char *const names[] = { "tls", "tls6" };
	struct rig *rig = *state;

	for (size_t i = 0; i < 2; i++) {
		struct push_profile profile = rig_profile(rig, names[i]);
		struct http_peer *peer = rig_peer(rig, &profile);

		rig_load(rig, "kept 1");
		for (int k = 0; k < REQUESTS; k++)
			assert_int_equal(rig_send(rig, peer)->status, 200);
		assert_int_equal(http_connections(peer), 1);
		assert_int_equal(rig_count(rig, "requests", names[i], "kept"), REQUESTS);
	}
}

static void dead_kept_connection_is_replaced(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "quit");
	struct http_peer *peer = rig_peer(rig, &profile);

	rig_load(rig, "a 1");
	for (int i = 0; i < REQUESTS; i++)
		assert_int_equal(rig_send(rig, peer)->status, 200);
	assert_int_equal(rig_count(rig, "connections", "quit", ""), REQUESTS);
}

/* The request with its password is not sent then. */
static void receiver_that_does_not_prove_itself_gets_nothing(void **state)
{
	static const struct {
		const char *listener, *tls_name, *why;
	} rows[] = {
		{ "expired", NULL, "the receiver's certificate has expired" },
		{ "selfsigned", NULL,
		  "the receiver's certificate is not trusted: it is self-signed" },
		{ "named", NULL, "the receiver's certificate is not for 127.0.0.1" },
		{ "named6", NULL, "the receiver's certificate is not for [::1]" },
		{ "tls", "other.example", "the receiver's certificate is not for other.example" },
		{ "named", "localhost", "the receiver's certificate is not for localhost" },
		{ "old", NULL, "the receiver has no TLS 1.2 or newer" },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct push_profile profile = rig_profile(rig, rows[i].listener);

		profile.tls_name = rows[i].tls_name;
		profile.user = "probe";
		profile.secret = "geheim";
		rig_load(rig, "leaked 1");
		rig_check_why(rig_send(rig, rig_peer(rig, &profile)), rows[i].why);
		assert_int_equal(rig_count(rig, "requests", rows[i].listener, "leaked"), 0);
	}
}

static void unknown_authority_is_not_trusted(void **state)
{
	static const char *const names[] = { "SSL_CERT_FILE", "CURL_CA_BUNDLE", "SSL_CERT_DIR" };
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "tls");
	char folder[RIG_TEXT], path[RIG_TEXT];

	snprintf(folder, sizeof(folder), "%s/hashdir", rig->dir);
	for (size_t i = 0; i < 3; i++)
		setenv(names[i], i < 2 ? rig->ca : folder, 1);
	rig_load(rig, "leaked 1");
	profile.ca = NULL;
	rig_check_why(rig_send(rig, rig_peer(rig, &profile)),
		      "the receiver's certificate is not trusted: its issuer is unknown");
	snprintf(path, sizeof(path), "%s/selfsigned.pem", rig->dir);
	profile.ca = path;
	rig_check_why(rig_send(rig, rig_peer(rig, &profile)),
		      "the receiver's certificate is not trusted: its issuer is unknown");
	for (size_t i = 0; i < 3; i++)
		unsetenv(names[i]);
	assert_int_equal(rig_count(rig, "requests", "tls", "leaked"), 0);
}

static void name_of_the_certificate_stands_for_the_host(void **state)
{
	static const char *const names[] = { "named", "named6" };
	struct rig *rig = *state;
	char host[RIG_TEXT];

	for (size_t i = 0; i < 2; i++) {
		struct push_profile profile = rig_profile(rig, names[i]);
		struct http_peer *peer;

		profile.tls_name = "example.org";
		peer = rig_peer(rig, &profile);
		rig_load(rig, "a 1");
		for (int k = 0; k < REQUESTS; k++)
			assert_int_equal(rig_send(rig, peer)->status, 200);
		assert_int_equal(http_connections(peer), 1);
		char *line = rig_line(rig, "requests", names[i], "\"sni\":\"example.org\",", 0);
		assert_non_null(line);
		snprintf(host, sizeof(host), "\"host\":\"example.org%s\",",
			 strrchr(rig_url(rig, names[i]), ':'));
		assert_non_null(strstr(line, host));
		free(line);
	}
}

static void client_shows_its_certificate_where_it_is_wanted(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "mutual");
	char cert[RIG_TEXT], key[RIG_TEXT];

	rig_load(rig, "a 1");
	rig_check_why(rig_send(rig, rig_peer(rig, &profile)),
		      "the receiver wants a client certificate");
	assert_int_equal(rig_count(rig, "requests", "mutual", ""), 0);
	snprintf(cert, sizeof(cert), "%s/client.pem", rig->dir);
	snprintf(key, sizeof(key), "%s/client.key", rig->dir);
	profile.cert = cert;
	profile.key = key;
	struct http_peer *peer = rig_peer(rig, &profile);
	for (int i = 0; i < REQUESTS; i++)
		assert_int_equal(rig_send(rig, peer)->status, 200);
	assert_int_equal(rig_count(rig, "requests", "mutual", "\"client\":\"client\""), REQUESTS);
	assert_int_equal(http_connections(peer), 1);
}

static void key_that_others_can_read_is_refused(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0644 };
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "mutual");
	char cert[RIG_TEXT], key[RIG_TEXT], why[2 * RIG_TEXT];

	snprintf(cert, sizeof(cert), "%s/client.pem", rig->dir);
	profile.cert = cert;
	profile.key = key;
	for (size_t i = 0; i < 3; i++) {
		rig_file(rig, "loose.key", "key\n", modes[i], key);
		snprintf(why, sizeof(why), "%s: holds a secret and others can read it, chmod 600",
			 key);
		rig_check_refused(rig, &profile, why);
	}
	profile.key = NULL; /* the certificate's file holds the key */
	snprintf(why, sizeof(why), "%s: holds a secret and others can read it, chmod 600", cert);
	rig_check_refused(rig, &profile, why);
}

/* An encrypted key must not make anybody wait for a passphrase. */
static void files_that_hold_no_certificate_or_key_are_told(void **state)
{
	static const char locked[] =
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
		"MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg3ByqFknIpzAICCAAw\n"
		"DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEEQoY/+Lb3sj5noInS1BwqQEgZBf\n"
		"JaC/dsgr2cHWEmYhxIGPj9R6wcXI9KZM9y+DX1brl5LSV49FcKtzHT3/xtPmVrt6\n"
		"WECUm3W11ilVNh0V9b6mkrTQVERQfV6KTBsm/AvUJCfbK7NN2I58WjWOtinCs8zQ\n"
		"b5o/3R35LjcuLJdww11VwQF3got4bIoN+b3AbmPvu70T7gGzmUPuXX17sWcESSo=\n"
		"-----END ENCRYPTED PRIVATE KEY-----\n";
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "mutual");
	char ca[RIG_TEXT], cert[RIG_TEXT], key[RIG_TEXT], why[2 * RIG_TEXT];

	rig_file(rig, "none.pem", "this is no certificate\n", 0644, ca);
	profile.ca = ca;
	rig_load(rig, "a 1");
	snprintf(why, sizeof(why), "ca: no certificate can be read from %s", ca);
	rig_check_why(rig_send(rig, rig_peer(rig, &profile)), why);

	profile = rig_profile(rig, "mutual");
	snprintf(cert, sizeof(cert), "%s/client.pem", rig->dir);
	profile.cert = cert;
	profile.key = key;
	for (int i = 0; i < 2; i++) {
		rig_file(rig, "none.key", i == 0 ? "this is no key\n" : locked, 0600, key);
		const struct push_reply *reply = rig_send(rig, rig_peer(rig, &profile));
		assert_true(view_starts(reply->why, VIEW("cert or key cannot be used: ")));
		assert_int_equal(reply->status, 0);
	}
	profile.cert = key;
	const struct push_reply *reply = rig_send(rig, rig_peer(rig, &profile));
	assert_true(view_starts(reply->why, VIEW("cert or key cannot be used: ")));
}

static void what_is_no_handshake_is_told(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "mute");
	char url[RIG_TEXT], why[RIG_TEXT];

	http_set_limits(rig->http, 100 * MS, 10 * SECOND);
	rig_load(rig, "a 1");
	int64_t began_us = rig_now_us();
	snprintf(why, sizeof(why), "%s: no TLS connection within 100 ms", rig_url(rig, "mute") + 8);
	rig_check_why(rig_send(rig, rig_peer(rig, &profile)), why);
	assert_true(rig_now_us() < began_us + 5 * SECOND);

	http_set_limits(rig->http, 10 * SECOND, 10 * SECOND);
	profile = rig_profile(rig, "close");
	const struct push_reply *reply = rig_send(rig, rig_peer(rig, &profile));
	bool reset = view_eq(reply->why, VIEW("the connection was reset in the TLS handshake"));
	rig_check_why(reply, reset ? "the connection was reset in the TLS handshake"
				   : "the connection ended in the TLS handshake");

	profile = rig_profile(rig, "plain");
	snprintf(url, sizeof(url), "https%s", rig_url(rig, "plain") + 4);
	profile.url = url;
	rig_check_why(rig_send(rig, rig_peer(rig, &profile)), "the answer is not TLS");

	profile = rig_profile(rig, "tls");
	snprintf(url, sizeof(url), "http%s", rig_url(rig, "tls") + 5);
	profile.url = url;
	profile.ca = NULL;
	rig_check_why(rig_send(rig, rig_peer(rig, &profile)),
		      "the connection was closed without an answer");
}

static void secret_does_not_follow_a_redirect(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "moved");

	profile.user = "probe";
	profile.secret = "geheim";
	rig_load(rig, "a 1");
	assert_int_equal(rig_send(rig, rig_peer(rig, &profile))->status, 307);
	assert_int_equal(rig_count(rig, "connections", "target", ""), 0);
}

static void password_goes_through_the_handshake(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "basic");

	rig_load(rig, "a 1");
	assert_int_equal(rig_send(rig, rig_peer(rig, &profile))->status, 401);
	profile.user = "probe";
	profile.secret = "geheim";
	assert_int_equal(rig_send(rig, rig_peer(rig, &profile))->status, 200);
}

/* The environment's proxy would see at least the name. */
static void proxy_of_the_environment_is_not_asked(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "tls");

	setenv("https_proxy", rig_url(rig, "plain"), 1);
	unsigned before = rig_count(rig, "connections", "plain", "");
	rig_load(rig, "a 1");
	assert_int_equal(rig_send(rig, rig_peer(rig, &profile))->status, 200);
	unsetenv("https_proxy");
	assert_int_equal(rig_count(rig, "connections", "plain", ""), before);
}

static void proxy_sees_no_password(void **state)
{
	struct rig *rig = *state;
	struct push_profile profile = rig_profile(rig, "tls");

	profile.user = "probe";
	profile.secret = "geheim";
	profile.proxy = rig_url(rig, "plain"); /* it does not know how to be one */
	rig_load(rig, "tunnel 1");
	const struct push_reply *reply = rig_send(rig, rig_peer(rig, &profile));
	assert_int_equal(reply->status, 0);
	assert_true(reply->why.n > 0);
	assert_int_equal(rig_count(rig, "requests", "tls", "tunnel"), 0);
	char *line = rig_line(rig, "requests", "plain", "\"method\":\"CONNECT\"", 0);
	assert_non_null(line);
	assert_null(strcasestr(line, "basic"));
	free(line);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, rig_new, rig_free)
	const struct CMUnitTest tests[] = {
		T(one_handshake_serves_all_requests),
		T(dead_kept_connection_is_replaced),
		T(receiver_that_does_not_prove_itself_gets_nothing),
		T(unknown_authority_is_not_trusted),
		T(name_of_the_certificate_stands_for_the_host),
		T(client_shows_its_certificate_where_it_is_wanted),
		T(key_that_others_can_read_is_refused),
		T(files_that_hold_no_certificate_or_key_are_told),
		T(what_is_no_handshake_is_told),
		T(secret_does_not_follow_a_redirect),
		T(password_goes_through_the_handshake),
		T(proxy_of_the_environment_is_not_asked),
		T(proxy_sees_no_password),
	};

	return cmocka_run_group_tests_name("http tls", tests, start, rig_end);
}
