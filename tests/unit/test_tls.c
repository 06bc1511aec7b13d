/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS sessions and digests: data, refusals and their words, files that cannot be used. */
#define _GNU_SOURCE
#include "tls_world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* TLS 1.3 sends two tickets before the data. */
static enum tls_step read_some(struct pair *p, char *buffer, size_t cap, size_t *n)
{
	enum tls_step step = TLS_WANT_READ;

	for (int i = 0; i < 4 && step == TLS_WANT_READ; i++)
		step = p->api->read(p->client, buffer, cap, n);
	return step;
}

static void bytes_go_both_ways_and_sni_is_sent(void **state)
{
	static const char *const names[][2] = { { HOST, HOST },
						{ HOST ".", HOST },
						{ "::1", NULL } };
	struct world *w = *state;
	struct tls_conf conf = { .ca_file = w->ca, .min_version = 13 };
	char buffer[16];
	size_t n;

	for (size_t i = 0; i < 3; i++) {
		struct pair p = pair_connected(w, &conf, &tls_good, TLS1_3_VERSION, names[i][0]);
		const char *sni = SSL_get_servername(p.server, TLSEXT_NAMETYPE_host_name);
		assert_int_equal(sni == NULL, names[i][1] == NULL);
		if (sni != NULL)
			assert_string_equal(sni, names[i][1]);
		assert_int_equal(read_some(&p, buffer, sizeof(buffer), &n), TLS_WANT_READ);
		assert_int_equal(w->api->write(p.client, VIEW("ping"), &n), TLS_DONE);
		assert_int_equal(n, 4);
		assert_int_equal(SSL_read(p.server, buffer, sizeof(buffer)), 4);
		assert_int_equal(SSL_write(p.server, "pong!", 5), 5);
		assert_int_equal(read_some(&p, buffer, 3, &n), TLS_DONE);
		assert_int_equal(read_some(&p, buffer + 3, 9, &n), TLS_DONE);
		assert_memory_equal(buffer, "pong!", 5);
		assert_int_equal(read_some(&p, buffer, 3, &n), TLS_WANT_READ);
		if (i == 0)
			SSL_shutdown(p.server);
		close(p.fd[1]);
		p.fd[1] = -1;
		assert_int_equal(read_some(&p, buffer, 3, &n), TLS_CLOSED);
		pair_free(&p);
	}
}

static void full_socket_wants_write(void **state)
{
	static const char block[16384];
	struct world *w = *state;
	struct tls_conf conf = { .ca_file = w->ca, .min_version = 12 };
	struct pair p = pair_connected(w, &conf, &tls_good, TLS1_3_VERSION, HOST);
	enum tls_step step = TLS_DONE;
	size_t n, all = 0;

	while (step == TLS_DONE && all < (64u << 20)) {
		step = w->api->write(p.client, (struct view){ block, sizeof(block) }, &n);
		all += n;
	}
	assert_int_equal(step, TLS_WANT_WRITE);
	pair_free(&p);
}

static void writing_to_a_dead_peer_is_a_reset(void **state)
{
	struct world *w = *state;
	struct tls_conf conf = { .ca_file = w->ca, .min_version = 12 };
	struct pair p = pair_connected(w, &conf, &tls_good, TLS1_2_VERSION, HOST);
	size_t n;

	close(p.fd[1]);
	p.fd[1] = -1;
	assert_int_equal(w->api->write(p.client, VIEW("ping"), &n), TLS_FAILED);
	assert_int_equal(w->api->why(p.client, p.why, sizeof(p.why)), EPIPE);
	assert_string_equal(p.why, "connection reset");
	pair_free(&p);
}

static void missing_client_certificate_is_named(void **state)
{
	struct world *w = *state;
	struct tls_conf conf = { .ca_file = w->ca, .min_version = 12 };
	struct pair p = pair_new(w, &conf, HOST);
	char byte;
	size_t n;

	p.server = server_new(w, &tls_good, TLS1_2_VERSION, true, p.fd[1]);
	pair_handshake(&p);
	assert_int_equal(p.step, TLS_FAILED);
	assert_string_equal(p.why,
			    "the server refused the handshake: handshake failure, it asked for "
			    "a client certificate");
	pair_free(&p);

	for (int writes = 0; writes < 2; writes++) { /* the alert comes after the handshake */
		p = pair_new(w, &conf, HOST);
		p.server = server_new(w, &tls_good, TLS1_3_VERSION, true, p.fd[1]);
		pair_handshake(&p);
		assert_int_equal(p.step, TLS_DONE);
		close(p.fd[1]);
		p.fd[1] = -1;
		if (writes == 1)
			p.step = w->api->write(p.client, VIEW("ping"), &n);
		else
			p.step = read_some(&p, &byte, 1, &n);
		assert_int_equal(p.step, TLS_FAILED);
		assert_int_equal(w->api->why(p.client, p.why, sizeof(p.why)), 0);
		assert_string_equal(p.why,
				    "the server refused the handshake: certificate required");
		pair_free(&p);
	}
}

static void client_certificate_is_shown(void **state)
{
	struct world *w = *state;
	struct tls_conf conf = {
		.ca_file = w->ca, .min_version = 12, .client_cert = w->cert, .client_key = w->key
	};

	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct pair p = pair_new(w, &conf, HOST);
		p.server = server_new(w, &tls_good, version, true, p.fd[1]);
		pair_handshake(&p);
		assert_int_equal(p.step, TLS_DONE);
		assert_int_equal(SSL_is_init_finished(p.server), 1);
		assert_non_null(SSL_get0_peer_certificate(p.server));
		pair_free(&p);
	}
}

static void old_server_is_refused(void **state)
{
	static const struct {
		int version;
		unsigned floor;
	} rows[] = { { TLS1_1_VERSION, 12 }, { TLS1_2_VERSION, 13 } };
	struct world *w = *state;

	for (size_t i = 0; i < 2; i++) {
		struct tls_conf conf = { .ca_file = w->ca, .min_version = rows[i].floor };
		struct pair p = pair_new(w, &conf, HOST);
		p.server = server_new(w, &tls_good, rows[i].version, false, p.fd[1]);
		pair_handshake(&p);
		assert_int_equal(p.step, TLS_FAILED);
		assert_string_equal(p.why, "the server refused the handshake: protocol version");
		pair_free(&p);
	}
}

static const struct raw_case {
	struct view answer;
	bool drain; /* the server reads the hello before it closes */
	const char *why;
} raw_cases[] = {
	{ VIEW("SIP/2.0 400 Bad Request\r\n\r\n"), true, "the answer is not TLS" },
	{ VIEW("HTTP/1.1 400 Bad Request\r\n\r\n"), true, "the answer is not TLS" },
	{ VIEW("\r\n"), true, "connection closed during the TLS handshake" },
	{ VIEW(""), true, "connection closed during the TLS handshake" },
	{ VIEW(""), false, "connection reset during the TLS handshake" },
	{ VIEW("\x15\3\3\0\2\2\x28"), true, "the server refused the handshake: handshake failure" },
	{ VIEW("\x15\3\3\0\2\2\x63"), true, "the server refused the handshake: alert 99" },
	{ VIEW("\x16\3\2\0\x2c\2\0\0\x28\3\2"
	       "0123456789abcdef0123456789abcdef\0\xc0\x13\0\0\0"),
	  true, "the server offers no TLS version that is allowed here" },
	{ VIEW("\x16\3\3\0\4\2\0\0\0"), true, "length mismatch" },
};

static void broken_answers_have_words(void **state)
{
	struct world *w = *state;
	struct tls_conf conf = { .min_version = 12 };
	char hello[4096];

	for (size_t i = 0; i < sizeof(raw_cases) / sizeof(raw_cases[0]); i++) {
		const struct raw_case *c = &raw_cases[i];
		struct pair p = pair_new(w, &conf, HOST);
		assert_int_equal(w->api->handshake(p.client, p.why, sizeof(p.why)), TLS_WANT_READ);
		if (c->drain)
			assert_true(read(p.fd[1], hello, sizeof(hello)) > 50);
		assert_int_equal(write(p.fd[1], c->answer.p, c->answer.n), c->answer.n);
		close(p.fd[1]);
		p.fd[1] = -1;
		assert_int_equal(w->api->handshake(p.client, p.why, sizeof(p.why)), TLS_FAILED);
		assert_string_equal(p.why, c->why);
		pair_free(&p);
	}
}

static void unusable_files_are_named(void **state)
{
	struct world *w = *state;
	char fifo[64];
	const struct {
		struct tls_conf conf;
		const char *before, *behind; /* around the path */
	} rows[] = {
		{ { .ca_file = "/nonexistent" },
		  "CA file /nonexistent: No such file or directory",
		  NULL },
		{ { .ca_file = w->key }, "CA file ", "/key: holds no usable PEM data" },
		{ { .ca_file = "/" }, "CA file /: not a regular file", NULL },
		{ { .ca_file = fifo }, "CA file ", "/fifo: not a regular file" },
		{ { .client_cert = fifo }, "client certificate ", "/fifo: not a regular file" },
		{ { .client_cert = w->cert, .client_key = fifo },
		  "client key ",
		  "/fifo: not a regular file" },
		{ { .client_key = w->key }, "client key without a client certificate", NULL },
		{ { .client_cert = "/nonexistent" },
		  "client certificate /nonexistent: No such file or directory",
		  NULL },
		{ { .client_cert = w->key },
		  "client certificate ",
		  "/key: holds no usable PEM data" },
		{ { .client_cert = w->cert }, "client key ", "/cert: holds no usable PEM data" },
		{ { .client_cert = w->cert, .client_key = w->locked },
		  "client key is encrypted",
		  NULL },
		{ { .client_cert = w->ca, .client_key = w->key },
		  "client key does not belong to the certificate",
		  NULL },
	};

	snprintf(fifo, sizeof(fifo), "%s/fifo", w->dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char why[TRACE_WHY_MAX], wanted[TRACE_WHY_MAX];
		bool path = rows[i].behind != NULL;
		snprintf(wanted, sizeof(wanted), "%s%s%s", rows[i].before, path ? w->dir : "",
			 path ? rows[i].behind : "");
		assert_null(w->api->ctx_new(&rows[i].conf, why, sizeof(why)));
		assert_string_equal(why, wanted);
	}
	unlink(fifo);
}

/* Digests: RFC 7616 3.9.1, and 3.9.2 as erratum 4897 has it. */
static const struct digest_case {
	const char *algorithm, *a1, *middle, *a2, *response;
} digest_cases[] = {
	{ "MD5", "Mufasa:http-auth@example.org:Circle of Life",
	  ":7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v:00000001:f2/wE4q74E6zIJEtWaHKaf5wv/"
	  "H5QzzpXusqGemxURZJ:auth:",
	  "GET:/dir/index.html", "8ca523f5e9506fed4657c9700eebdbec" },
	{ "SHA-256", "Mufasa:http-auth@example.org:Circle of Life",
	  ":7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v:00000001:f2/wE4q74E6zIJEtWaHKaf5wv/"
	  "H5QzzpXusqGemxURZJ:auth:",
	  "GET:/dir/index.html",
	  "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1" },
	{ "SHA-512-256", "J\xc3\xa4s\xc3\xb8n Doe:api@example.org:Secret, or not?",
	  ":5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK:00000001:NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm"
	  "6jUMp2wds69v:auth:",
	  "GET:/doe.json", "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5" },
};

static void digests_follow_rfc_7616(void **state)
{
	struct world *w = *state;
	char a1[128], a2[128], response[129] = "";

	for (size_t i = 0; i < sizeof(digest_cases) / sizeof(digest_cases[0]); i++) {
		const struct digest_case *c = &digest_cases[i];
		struct view first = view_of(c->a1), second = view_of(c->a2);
		size_t n = w->api->digest(c->algorithm, &first, 1, a1);
		assert_int_equal(n, strlen(c->response));
		assert_int_equal(w->api->digest(c->algorithm, &second, 1, a2), n);
		struct view part[] = { { a1, n }, view_of(c->middle), { a2, n } };
		assert_int_equal(w->api->digest(c->algorithm, part, 3, response), n);
		response[n] = '\0';
		assert_string_equal(response, c->response);
	}
	assert_int_equal(w->api->digest("SHA-1", NULL, 0, a1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_go_both_ways_and_sni_is_sent),
		cmocka_unit_test(full_socket_wants_write),
		cmocka_unit_test(writing_to_a_dead_peer_is_a_reset),
		cmocka_unit_test(missing_client_certificate_is_named),
		cmocka_unit_test(client_certificate_is_shown),
		cmocka_unit_test(old_server_is_refused),
		cmocka_unit_test(broken_answers_have_words),
		cmocka_unit_test(unusable_files_are_named),
		cmocka_unit_test(digests_follow_rfc_7616),
	};

	return cmocka_run_group_tests(tests, world_new, world_free);
}
