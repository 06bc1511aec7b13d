/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/push: what becomes of a result by the receiver's reply.  The files of tests/data/push are replies
 * of Icinga 2.13.6 and InfluxDB 1.6.7: the status in the first line, then the body. */
#include "push/sink.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

enum { FILE_MAX = 4096 };

static const char *const VERDICT[] = {
	[PUSH_SENT] = "sent",
	[PUSH_LATER] = "later",
	[PUSH_REFUSED] = "refused",
	[PUSH_DENIED] = "denied",
};

/* "denied: HTTP 404: No objects found." */
static void assert_judged(const char *name, const struct sink *sink, struct push_reply reply,
			  const char *wanted)
{
	char text[PUSH_WORDS_MAX], all[PUSH_WORDS_MAX + 16];
	struct wr words = wr_over(text, sizeof(text)), w = wr_over(all, sizeof(all));

	wr_str(&w, VERDICT[push_judge(sink, &reply, &words)]);
	wr_str(&w, words.n > 0 ? ": " : "");
	wr_put(&w, wr_view(&words));
	if (!view_eq(wr_view(&w), view_of(wanted)))
		fail_msg("%s\ngot    %.*s\nwanted %s", name, VIEW_ARG(wr_view(&w)), wanted);
}

static const char *data_path(char *path, size_t cap, const char *name)
{
	const char *srcdir = getenv("srcdir");

	snprintf(path, cap, "%s/tests/data/push/%s", srcdir != NULL ? srcdir : ".", name);
	return path;
}

static void judge_file(const char *name, const char *wanted)
{
	struct view sink = view_of(name);
	char path[512], bytes[FILE_MAX];
	uint64_t status = 0;
	FILE *file = fopen(data_path(path, sizeof(path), name), "rb");

	if (file == NULL)
		fail_msg("cannot read %s", path);
	struct view body = { bytes, fread(bytes, 1, sizeof(bytes), file) };
	fclose(file);
	assert_true(text_u64(view_take_until(&body, '\n'), 999, &status));
	assert_judged(name, sink_find(view_take_until(&sink, '-')),
		      (struct push_reply){ .status = (long)status, .body = body }, wanted);
}

static size_t count_files(void)
{
	char path[512];
	DIR *folder = opendir(data_path(path, sizeof(path), ""));
	size_t count = 0;

	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
		count += view_ends(view_of(entry->d_name), VIEW(".reply"));
	closedir(folder);
	return count;
}

static void replies_of_engines_are_understood(void **state)
{
	static const struct {
		const char *file, *judged;
	} cases[] = {
		{ "icinga2-processed.reply", "sent" },
		{ "icinga2-unknown-service.reply", "denied: HTTP 404: No objects found." },
		{ "icinga2-not-permitted.reply", "denied: HTTP 404: No objects found." },
		{ "icinga2-host-code.reply",
		  "refused: HTTP 400: Invalid 'exit_status' for Host pbx1." },
		{ "icinga2-no-output.reply",
		  "refused: HTTP 400: Parameter 'plugin_output' is required" },
		{ "icinga2-passive-off.reply",
		  "denied: HTTP 403: Passive checks are disabled for object 'pbx1!off'." },
		{ "icinga2-bad-password.reply",
		  "denied: HTTP 401: Unauthorized. Please check your user credentials." },
		{ "icinga2-bad-json.reply",
		  "refused: HTTP 400: Invalid request body: Error: "
		  "[json.exception.parse_error.101] "
		  "parse error at line 1, column 2: syntax error while parsing object key - "
		  "invalid literal, last read: '{b', expected string literal" },
		{ "icinga2-put.reply",
		  "denied: HTTP 404: The requested path 'v1/actions/process-check-result' could "
		  "not be found or the request method is not valid for this path." },
		{ "icinga2-no-accept.reply",
		  "refused: HTTP 400: <h1>Accept header is missing or not set to "
		  "'application/json'.</h1>" },
		{ "icinga2-filter-matches-none.reply", "later: HTTP 500: {\"results\":[]}" },
		{ "icinga2-action-failed.reply",
		  "later: HTTP 500: Action execution failed: 'Error: Cannot convert value of type "
		  "'Number' to an object." },
		{ "influxdb-written.reply", "sent" },
		{ "influxdb-unknown-database.reply",
		  "denied: HTTP 404: database not found: \"nope\"" },
		{ "influxdb-no-database.reply", "refused: HTTP 400: database is required" },
		{ "influxdb-empty-tag.reply",
		  "refused: HTTP 400: unable to parse 'm,host= value=1': missing tag value" },
		{ "influxdb-not-a-number.reply",
		  "refused: HTTP 400: partial write: unable to parse 'm,host=a value=nan': invalid "
		  "number dropped=0" },
		{ "influxdb-integer-field.reply",
		  "refused: HTTP 400: partial write: field type conflict: input field \"value\" on "
		  "measurement \"m2\" is type integer, already exists as type float dropped=1" },
		{ "influxdb-bad-password.reply", "denied: HTTP 401: authorization failed" },
		{ "influxdb-unsupported-token.reply",
		  "denied: HTTP 401: unable to parse authentication credentials" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		judge_file(cases[i].file, cases[i].judged);
	assert_int_equal(count_files(), sizeof(cases) / sizeof(cases[0]));
}

static const struct {
	const struct sink *sink;
	long status;
	const char *body, *judged;
} WORDS[] = {
#define ICINGA(code, status) "{\"results\":[{\"code\":" code ",\"status\":\"" status "\"}]}"
	{ &sink_icinga2, 200, ICINGA("200", "Successfully processed check result for x"), "sent" },
	{ &sink_icinga2, 200,
	  ICINGA("200", "Ignoring passive check result for unreachable object 'x'."),
	  "refused: Ignoring passive check result for unreachable object 'x'." },
	{ &sink_icinga2, 200, ICINGA("200", ""), "later: HTTP 200: " ICINGA("200", "") },
	{ &sink_icinga2, 200, ICINGA("\"200\"", "Successfully processed"),
	  "later: Successfully processed" },
	{ &sink_icinga2, 200, ICINGA("404", "gone"), "refused: gone" },
	{ &sink_icinga2, 200, ICINGA("404", ""), "refused: HTTP 200: " ICINGA("404", "") },
	{ &sink_icinga2, 200, ICINGA("503", "Icinga is reloading"), "later: Icinga is reloading" },
	{ &sink_icinga2, 503, ICINGA("503", "Icinga is reloading"),
	  "later: HTTP 503: Icinga is reloading" },
	{ &sink_icinga2, 409, ICINGA("409", "Newer check result already present."),
	  "refused: HTTP 409: Newer check result already present." },
	{ &sink_icinga2, 200, "{\"results\":[]}", "later: HTTP 200: {\"results\":[]}" },
	{ &sink_icinga2, 200, "{\"results\":{}}", "later: HTTP 200: {\"results\":{}}" },
	{ &sink_icinga2, 200, "[]", "later: HTTP 200: []" },
	{ &sink_icinga2, 200, "", "later: HTTP 200" },
	{ &sink_icinga2, 200, "\n<html>\nlogin", "later: HTTP 200: <html>" },
	{ &sink_icinga2, 200, "{\"results\":[{\"code\":200,\"status\":\"Succ",
	  "later: HTTP 200: {\"results\":[{\"code\":200,\"status\":\"Succ" },
	{ &sink_icinga2, 204, "", "later: HTTP 204" },
#define NRDP(status, message) "{\"result\":{\"status\":" status ",\"message\":\"" message "\"}}"
	{ &sink_nrdp, 200,
	  "{\"result\":{\"status\":0,\"message\":\"OK\",\"meta\":{\"output\":"
	  "\"2 checks processed\"}}}",
	  "sent" },
	{ &sink_nrdp, 200, NRDP("\"0\"", "OK"), "sent" },
	{ &sink_nrdp, 200, NRDP("0", ""), "sent" },
	{ &sink_nrdp, 200, NRDP("0.0", "OK"), "later: OK" },
	{ &sink_nrdp, 200, NRDP("null", "OK"), "later: OK" },
	{ &sink_nrdp, 200, NRDP("\"\"", "OK"), "later: OK" },
	{ &sink_nrdp, 200, NRDP("-1", "BAD TOKEN"), "denied: BAD TOKEN" },
	{ &sink_nrdp, 200, NRDP("-1", "NO TOKEN"), "denied: NO TOKEN" },
	{ &sink_nrdp, 200, NRDP("-1", "NO TOKENS"), "denied: NO TOKENS" },
	{ &sink_nrdp, 200, NRDP("-1", "DENIED TOKEN"), "denied: DENIED TOKEN" },
	{ &sink_nrdp, 200, NRDP("-1", "NOT AUTHENTICATED"), "denied: NOT AUTHENTICATED" },
	{ &sink_nrdp, 200, NRDP("-1", "BAD_USER"), "denied: BAD_USER" },
	{ &sink_nrdp, 200, NRDP("-1", "HTTPS REQUIRED"), "denied: HTTPS REQUIRED" },
	{ &sink_nrdp, 200, NRDP("-1", "NO DATA"), "refused: NO DATA" },
	{ &sink_nrdp, 200, NRDP("-1", "NOT ENABLED"), "denied: NOT ENABLED" },
	{ &sink_nrdp, 200,
	  "{\"result\":{\"status\":-1,\"message\":\"BAD JSON\",\"information\":"
	  "\"Syntax error\"}}",
	  "refused: BAD JSON: Syntax error" },
	{ &sink_nrdp, 200, NRDP("-1", "BAD CHECK RESULTS DIR"), "later: BAD CHECK RESULTS DIR" },
	{ &sink_nrdp, 200, NRDP("-1", "bad token"), "later: bad token" },
	{ &sink_nrdp, 200, NRDP("-1", "BAD TOKENS"), "later: BAD TOKENS" },
	{ &sink_nrdp, 200, NRDP("-1", ""), "later: HTTP 200: " NRDP("-1", "") },
	{ &sink_nrdp, 200, "No command specified or request handler",
	  "later: HTTP 200: No command specified or request handler" },
	{ &sink_nrdp, 200, "{\"result\":\"status\"}", "later: HTTP 200: {\"result\":\"status\"}" },
	{ &sink_nrdp, 200, "", "later: HTTP 200" },
	{ &sink_nrdp, 404, "<h1>Not Found</h1>", "denied: HTTP 404: <h1>Not Found</h1>" },
	{ &sink_influxdb, 204, "", "sent" },
	{ &sink_influxdb, 204, "any", "sent" },
	{ &sink_influxdb, 200, "", "sent" },
	{ &sink_influxdb, 200, "{\"error\":\"timeout\"}",
	  "later: HTTP 200: {\"error\":\"timeout\"}" },
	{ &sink_influxdb, 202, "", "later: HTTP 202" },
	{ &sink_influxdb, 404,
	  "{\"code\":\"not found\",\"message\":\"bucket \\\"b\\\" not found\"}",
	  "denied: HTTP 404: bucket \"b\" not found" },
};

static void a_sink_reads_its_receivers_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++)
		assert_judged(WORDS[i].body, WORDS[i].sink,
			      (struct push_reply){ .status = WORDS[i].status,
						   .body = view_of(WORDS[i].body) },
			      WORDS[i].judged);
}

static void a_status_says_whether_to_try_again(void **state)
{
	static const struct {
		long status;
		const char *judged;
	} cases[] = {
		{ -1, "later: HTTP -1: text" },
		{ 1, "later: HTTP 1: text" },
		{ 100, "later: HTTP 100: text" },
		{ 199, "later: HTTP 199: text" },
		{ 204, "sent" },
		{ 400, "refused: HTTP 400: text" },
		{ 401, "denied: HTTP 401: text" },
		{ 403, "denied: HTTP 403: text" },
		{ 404, "denied: HTTP 404: text" },
		{ 407, "refused: HTTP 407: text" },
		{ 408, "later: HTTP 408: text" },
		{ 409, "refused: HTTP 409: text" },
		{ 413, "refused: HTTP 413: text" },
		{ 424, "refused: HTTP 424: text" },
		{ 425, "later: HTTP 425: text" },
		{ 426, "refused: HTTP 426: text" },
		{ 429, "later: HTTP 429: text" },
		{ 499, "refused: HTTP 499: text" },
		{ 500, "later: HTTP 500: text" },
		{ 502, "later: HTTP 502: text" },
		{ 503, "later: HTTP 503: text" },
		{ 599, "later: HTTP 599: text" },
		{ 600, "later: HTTP 600: text" },
		{ 999, "later: HTTP 999: text" },
	};
	static const long redirections[] = { 300, 301, 302, 307, 399 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_judged("body 'text'", &sink_influxdb,
			      (struct push_reply){ cases[i].status, VIEW("text"), VIEW(""), 0 },
			      cases[i].judged);
	for (size_t i = 0; i < sizeof(redirections) / sizeof(redirections[0]); i++) {
		char wanted[80];
		snprintf(wanted, sizeof(wanted), "later: HTTP %ld: redirections are not followed",
			 redirections[i]);
		assert_judged("redirection", &sink_nrdp,
			      (struct push_reply){ redirections[i], VIEW("text"), VIEW(""), 0 },
			      wanted);
	}
}

static void without_an_answer_the_network_has_the_word(void **state)
{
	(void)state;
	assert_judged("why", &sink_nrdp, (struct push_reply){ .why = VIEW("connection refused") },
		      "later: connection refused");
	assert_judged("none", &sink_nrdp, (struct push_reply){ .status = 0 }, "later: no answer");
	assert_judged("blank", &sink_nrdp, (struct push_reply){ .why = VIEW(" ") },
		      "later: no answer");
	assert_judged("no body", &sink_nrdp, (struct push_reply){ .status = 400 },
		      "refused: HTTP 400");
	assert_judged("no body", &sink_nrdp, (struct push_reply){ .status = 200 },
		      "later: HTTP 200");
}

static void words_are_harmless_and_fit(void **state)
{
	char body[2 * PUSH_WORDS_MAX], text[PUSH_WORDS_MAX];
	struct push_reply reply = { .status = 400,
				    .body = VIEW(" \r\n a|b;c\x01\x1b\xc3\xa4\0\r\nsecond") };
	struct push_reply json = { .status = 400,
				   .body = VIEW("{\"error\":\"a\\u001b|\\nsecond\"}") };

	(void)state;
	assert_judged("hostile", &sink_influxdb, reply, "refused: HTTP 400: a/b,c?????");
	assert_judged("hostile JSON", &sink_influxdb, json, "refused: HTTP 400: a?/");
	memset(body, 'x', sizeof(body));
	reply.body = (struct view){ body, sizeof(body) };
	for (size_t cap = 1; cap <= sizeof(text); cap++) {
		struct wr words = wr_over(text, cap);
		push_judge(&sink_influxdb, &reply, &words);
		assert_in_range(words.n, 0, cap);
		if (cap >= 16)
			assert_true(words.n == cap && view_ends(wr_view(&words), VIEW("x...")));
	}
	reply.body.n = 3;
	assert_judged("short", &sink_influxdb, reply, "refused: HTTP 400: xxx");
}

static void nesting_of_a_reply_is_bounded(void **state)
{
	char text[PUSH_WORDS_MAX];
	struct wr words = wr_over(text, sizeof(text));
	struct grow deep = { .p = NULL };

	(void)state;
	while (deep.n < PUSH_REPLY_MAX)
		grow_str(&deep, "{\"a\":");
	struct push_reply reply = { .status = 200, .body = grow_view(&deep) };
	assert_int_equal(push_judge(&sink_icinga2, &reply, &words), PUSH_LATER);
	grow_free(&deep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_of_engines_are_understood),
		cmocka_unit_test(a_sink_reads_its_receivers_words),
		cmocka_unit_test(a_status_says_whether_to_try_again),
		cmocka_unit_test(without_an_answer_the_network_has_the_word),
		cmocka_unit_test(words_are_harmless_and_fit),
		cmocka_unit_test(nesting_of_a_reply_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
