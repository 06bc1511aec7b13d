/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is asked of a Pushgateway, and what its answers mean. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "push/exposition.h"
#include "push/sink.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))

static struct push_request request_for(const char *job, const char *host, const char *service)
{
	struct push_profile profile = { .job = job };
	struct check_result result = { .host = view_of(host),
				       .service = view_of(service),
				       .perfdata = VIEW("time=0.5s;1;2"),
				       .command = VIEW("check_sip"),
				       .state = STATE_CRITICAL,
				       .end_us = 1795239401500000 };
	struct push_request request = { .method = NULL };
	struct grow body = { .p = NULL };

	assert_int_equal(sink_pushgateway.request(&profile, &result, 1, &request), 1);
	exposition_write(&result, false, &body);
	assert_true(view_eq(grow_view(&request.body), grow_view(&body)));
	grow_free(&body);
	return request;
}

static void check_path(const char *job, const char *host, const char *service, const char *path)
{
	struct push_request request = request_for(job, host, service);

	if (!view_eq(grow_view(&request.path), view_of(path)))
		fail_msg("%.*s, not %s", VIEW_ARG(grow_view(&request.path)), path);
	push_request_free(&request);
}

static void a_group_is_replaced_as_text(void **state)
{
	struct push_request request = request_for(NULL, "pbx1", "sip");

	(void)state;
	assert_string_equal(request.method, "PUT");
	assert_string_equal(request.content_type, "text/plain; version=0.0.4");
	assert_null(request.accept);
	assert_int_equal(request.authorization.n, 0);
	assert_true(view_ends(grow_view(&request.body), VIEW("\n")));
	push_request_free(&request);
}

static void one_result_is_one_group(void **state)
{
	(void)state;
	assert_int_equal(sink_pushgateway.batch_max, 1);
	assert_true(sink_pushgateway.newest_only);
}

static void the_path_is_the_grouping_key(void **state)
{
	static const struct {
		const char *job, *host, *service, *path;
	} cases[] = {
		{ NULL, "pbx1", "sip", "/metrics/job/voip/instance/pbx1/service/sip" },
		{ "site-a", "pbx1", "sip", "/metrics/job/site-a/instance/pbx1/service/sip" },
		{ NULL, "pbx1", "", "/metrics/job/voip/instance/pbx1" },
		{ NULL, "192.0.2.7", "a_b~c-D",
		  "/metrics/job/voip/instance/192.0.2.7/service/a_b~c-D" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++)
		check_path(cases[i].job, cases[i].host, cases[i].service, cases[i].path);
}

/* The gateway splits at every "/", and ways through folders are walked by those between us. */
static void odd_values_are_in_base64url(void **state)
{
	static const struct {
		const char *value, *part;
	} cases[] = {
		{ "a/b", "@base64/YS9i" },
		{ "/", "@base64/Lw" },
		{ ".", "@base64/Lg" },
		{ "..", "@base64/Li4" },
		{ ".hidden", "@base64/LmhpZGRlbg" },
		{ "sip udp", "@base64/c2lwIHVkcA" },
		{ "ab ", "@base64/YWIg" },
		{ "abc ", "@base64/YWJjIA" },
		{ "~ ", "@base64/fiA" },
		{ "\xc3\xbc"
		  "ber",
		  "@base64/w7xiZXI" },
		{ "\xc3\xbf?>", "@base64/w78_Pg" },
		{ "a\xc3\xbc", "@base64/YcO8" },
		{ "\"\\", "@base64/Ilw" },
		{ "a%2Fb", "@base64/YSUyRmI" },
		{ "say \"x\"", "@base64/c2F5ICJ4Ig" },
		{ "a;b", "@base64/YTti" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		char text[100];
		struct wr path = wr_over(text, sizeof(text));
		wr_fmt(&path, "/metrics/job%s/instance%s/service%s", cases[i].part, cases[i].part,
		       cases[i].part);
		text[path.n] = '\0';
		check_path(cases[i].value, cases[i].value, cases[i].value, text);
	}
	check_path("", "a", "", "/metrics/job@base64/=/instance/a");
}

static void the_longest_name_is_sent_whole(void **state)
{
	char name[256], path[400] = "/metrics/job/voip/instance@base64/";
	size_t n = strlen(path);

	(void)state;
	memset(name, '/', 255);
	name[255] = '\0';
	for (size_t i = 0; i < 340; i += 4)
		memcpy(path + n + i, "Ly8v", 4);
	path[n + 340] = '\0';
	check_path(NULL, name, "", path);
}

static void only_its_own_answers_are_success(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum push_verdict verdict;
		const char *words;
	} cases[] = {
		{ 200, "", PUSH_SENT, "" },
		{ 202, "", PUSH_SENT, "" },
		{ 200, "<html>login</html>", PUSH_LATER, "HTTP 200: <html>login</html>" },
		{ 202, "accepted", PUSH_LATER, "HTTP 202: accepted" },
		{ 201, "", PUSH_LATER, "HTTP 201" },
		{ 204, "<b>Hello|\nx", PUSH_LATER, "HTTP 204: <b>Hello/" },
		{ 400, "text format parsing error in line 1: unknown\n", PUSH_REFUSED,
		  "HTTP 400: text format parsing error in line 1: unknown" },
		{ 503, "", PUSH_LATER, "HTTP 503" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct push_reply reply = { .status = cases[i].status,
					    .body = view_of(cases[i].body) };
		char text[PUSH_WORDS_MAX];
		struct wr words = wr_over(text, sizeof(text));
		assert_int_equal(push_judge(&sink_pushgateway, &reply, &words), cases[i].verdict);
		if (!view_eq(wr_view(&words), view_of(cases[i].words)))
			fail_msg("%.*s, not %s", VIEW_ARG(wr_view(&words)), cases[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_group_is_replaced_as_text),
		cmocka_unit_test(one_result_is_one_group),
		cmocka_unit_test(the_path_is_the_grouping_key),
		cmocka_unit_test(odd_values_are_in_base64url),
		cmocka_unit_test(the_longest_name_is_sent_whole),
		cmocka_unit_test(only_its_own_answers_are_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
