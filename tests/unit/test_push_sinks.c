/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/push: the list of sinks, and the requests of those for Icinga 2, NRDP and InfluxDB. */
#include "push/sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define END_US INT64_C(1795239401500001)
#define START_US INT64_C(1795239400000250)

static const struct push_profile PROFILE = {
	.database = "voip & co",
	.secret = "t=k&n",
	.is_token = true,
};

static struct check_result full_result(void)
{
	return (struct check_result){
		.host = VIEW("pbx1"),
		.service = VIEW("rtp"),
		.output = VIEW("RTP \"bad\"\nline 2"),
		.perfdata = VIEW("loss=7.5%;1;5;0;100 'jitter ms'=12.3ms u=U"),
		.command = VIEW("check_rtp"),
		.source = VIEW("probe7"),
		.state = STATE_CRITICAL,
		.start_us = START_US,
		.end_us = END_US,
		.ttl_s = 300,
	};
}

static void assert_text(const struct grow *out, const char *wanted)
{
	if (!view_eq(grow_view(out), view_of(wanted)))
		fail_msg("got    %.*s\nwanted %s", VIEW_ARG(*out), wanted);
}

static size_t ask(const struct sink *sink, const struct check_result *result, size_t count,
		  struct push_request *request)
{
	push_request_reset(request);
	return sink->request(&PROFILE, result, count, request);
}

static void assert_body(const struct sink *sink, struct check_result result, const char *wanted)
{
	struct push_request request = { .method = NULL };

	assert_int_equal(ask(sink, &result, 1, &request), 1);
	assert_text(&request.body, wanted);
	push_request_free(&request);
}

/* %XX undone. */
static void decode(struct view text, struct grow *out)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] != '%') {
			grow_byte(out, text.p[i]);
			continue;
		}
		assert_in_range(i + 2, 0, text.n - 1);
		const char *high = strchr(digits, text.p[i + 1]);
		const char *low = strchr(digits, text.p[i + 2]);
		assert_true(high != NULL && low != NULL);
		grow_byte(out, (char)((high - digits) << 4 | (low - digits)));
		i += 2;
	}
}

static void each_sink_is_found_by_its_name(void **state)
{
	size_t count = 0;

	(void)state;
	for (; sinks[count] != NULL; count++) {
		const struct sink *sink = sinks[count];
		bool over_http = sink->request != NULL;
		assert_ptr_equal(sink_find(view_of(sink->name)), sink);
		assert_true(over_http == (sink->judge != NULL));
		assert_true(over_http != (sink->write != NULL));
		assert_true(!over_http || sink->batch_max > 0);
	}
	assert_int_equal(count, 7);
	assert_null(sink_find(VIEW("icinga")));
	assert_null(sink_find(VIEW("icinga22")));
	assert_null(sink_find(VIEW("")));
}

static void states_and_history_are_told_apart(void **state)
{
	(void)state;
	assert_true(sink_icinga2.newest_only && sink_nrdp.newest_only);
	assert_false(sink_influxdb.newest_only);
}

static void icinga2_gets_all_that_is_known(void **state)
{
	struct push_request request = { .method = NULL };
	struct check_result two[] = { full_result(), full_result() };

	(void)state;
	assert_int_equal(ask(&sink_icinga2, two, 2, &request), 1);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.content_type, "application/json");
	assert_string_equal(request.accept, "application/json");
	assert_text(&request.path, "/v1/actions/process-check-result");
	assert_text(&request.authorization, "");
	assert_int_equal(request.secret_n, 0);
	assert_text(&request.body,
		    "{\"type\":\"Service\",\"service\":\"pbx1!rtp\",\"exit_status\":2,"
		    "\"plugin_output\":\"RTP \\\"bad\\\"\\nline 2\",\"performance_data\":["
		    "\"loss=7.5%;1;5;0;100\",\"'jitter ms'=12.3ms\",\"u=U\"],"
		    "\"check_source\":\"probe7\",\"check_command\":[\"check_rtp\"],"
		    "\"execution_start\":1795239400.000250,"
		    "\"execution_end\":1795239401.500001,\"ttl\":300}");
	push_request_free(&request);
}

static void icinga2_gets_nothing_that_is_not_known(void **state)
{
	struct check_result result = { .host = VIEW("pbx1"), .service = VIEW("rtp") };

	(void)state;
	assert_body(&sink_icinga2, result,
		    "{\"type\":\"Service\",\"service\":\"pbx1!rtp\",\"exit_status\":0,"
		    "\"plugin_output\":\"\",\"performance_data\":[]}");
}

static void icinga2_knows_two_states_of_a_host(void **state)
{
	static const char *const wanted[STATES] = {
		"{\"type\":\"Host\",\"host\":\"p\",\"exit_status\":0,"
		"\"plugin_output\":\"\",\"performance_data\":[]}",
		"{\"type\":\"Host\",\"host\":\"p\",\"exit_status\":0,"
		"\"plugin_output\":\"\",\"performance_data\":[]}",
		"{\"type\":\"Host\",\"host\":\"p\",\"exit_status\":1,"
		"\"plugin_output\":\"\",\"performance_data\":[]}",
		"{\"type\":\"Host\",\"host\":\"p\",\"exit_status\":1,"
		"\"plugin_output\":\"\",\"performance_data\":[]}",
	};

	(void)state;
	for (unsigned i = 0; i < STATES; i++)
		assert_body(&sink_icinga2,
			    (struct check_result){ .host = VIEW("p"), .state = (enum state)i },
			    wanted[i]);
}

static void a_name_stays_inside_its_string(void **state)
{
	struct check_result result = {
		.host = VIEW("p\",\"filter\":\"true"),
		.service = VIEW("a!b\\"),
	};

	(void)state;
	assert_body(&sink_icinga2, result,
		    "{\"type\":\"Service\",\"service\":"
		    "\"p\\\",\\\"filter\\\":\\\"true!a!b\\\\\",\"exit_status\":0,"
		    "\"plugin_output\":\"\",\"performance_data\":[]}");
}

static void nrdp_gets_json_in_a_form(void **state)
{
	struct check_result two[] = { full_result(),
				      { .host = VIEW("h&1"), .state = STATE_UNKNOWN } };
	struct push_request request = { .method = NULL };
	struct grow text = { .p = NULL };

	(void)state;
	assert_int_equal(ask(&sink_nrdp, two, 2, &request), 2);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.content_type, "application/x-www-form-urlencoded");
	assert_text(&request.path, "/");
	struct view json = grow_view(&request.body);
	assert_true(view_eq(view_take_until(&json, '&'), VIEW("cmd=submitcheck")));
	json = view_take_until(&json, '&');
	assert_int_equal(view_find(json, '"'), json.n);
	decode(json, &text);
	assert_text(&text, "json={\"checkresults\":["
			   "{\"checkresult\":{\"type\":\"service\",\"checktype\":\"1\"},"
			   "\"hostname\":\"pbx1\",\"servicename\":\"rtp\",\"state\":\"2\","
			   "\"output\":\"RTP \\\"bad\\\"|loss=7.5%;1;5;0;100 'jitter ms'=12.3ms u=U"
			   "\\\\nline 2\"},"
			   "{\"checkresult\":{\"type\":\"host\",\"checktype\":\"1\"},"
			   "\"hostname\":\"h&1\",\"state\":\"1\",\"output\":\"\"}]}");
	grow_free(&text);
	push_request_free(&request);
}

static void the_token_of_nrdp_can_be_hidden(void **state)
{
	struct check_result result = full_result();
	struct push_profile profile = { .user = "u", .secret = "password" };
	struct push_request request = { .method = NULL };

	(void)state;
	ask(&sink_nrdp, &result, 1, &request);
	struct view body = grow_view(&request.body);
	struct view secret = view_first(view_skip(body, request.secret_at), request.secret_n);
	assert_true(view_eq(secret, VIEW("t%3Dk%26n")));
	assert_true(view_ends(body, VIEW("%5D%7D&token=t%3Dk%26n")));
	push_request_reset(&request);
	sink_nrdp.request(&profile, &result, 1, &request);
	body = grow_view(&request.body);
	assert_int_equal(request.secret_n, 0);
	assert_true(view_ends(body, VIEW("%5D%7D")));
	assert_int_equal(view_search(body, VIEW("password")), body.n);
	push_request_free(&request);
}

static void influxdb_gets_lines_in_base_units(void **state)
{
	struct check_result two[] = { full_result(), full_result() };
	struct push_request request = { .method = NULL };

	(void)state;
	two[1].host = VIEW("h");
	two[1].service = VIEW("");
	two[1].perfdata = VIEW("n=5c;;;;9");
	two[1].state = STATE_OK;
	assert_int_equal(ask(&sink_influxdb, two, 2, &request), 2);
	assert_string_equal(request.method, "POST");
	assert_text(&request.path, "/write?db=voip%20%26%20co&precision=ns");
	assert_text(&request.authorization, "Token t=k&n");
	assert_text(&request.body,
		    "check_rtp,host=pbx1,metric=state,service=rtp value=2 1795239401500001000\n"
		    "check_rtp,host=pbx1,metric=loss,service=rtp value=0.075,warn=0.01,crit=0.05,"
		    "min=0,max=1,unit=\"ratio\" 1795239401500001000\n"
		    "check_rtp,host=pbx1,metric=jitter\\ ms,service=rtp value=0.0123,"
		    "unit=\"seconds\" 1795239401500001000\n"
		    "check_rtp,host=h,metric=state value=0 1795239401500001000\n"
		    "check_rtp,host=h,metric=n value=5,max=9 1795239401500001000\n");
	push_request_free(&request);
}

static void influxdb_gets_a_password_by_basic_authentication(void **state)
{
	struct push_profile profile = { .user = "u", .secret = "password", .database = "d" };
	struct check_result result = full_result();
	struct push_request request = { .method = NULL };

	(void)state;
	sink_influxdb.request(&profile, &result, 1, &request);
	assert_text(&request.authorization, "");
	push_request_free(&request);
}

static void marks_of_the_line_protocol_are_escaped(void **state)
{
	static const struct {
		struct check_result result;
		const char *body;
	} cases[] = {
		{ { .host = VIEW("a b,c=d\"") },
		  "check,host=a\\ b\\,c\\=d\",metric=state value=0\n" },
		{ { .host = VIEW("\\"), .service = VIEW("C:\\ x\\") },
		  "check,host=/,metric=state,service=C:/\\ x/ value=0\n" },
		{ { .host = VIEW("a\nb"), .service = VIEW("\x7f\t") },
		  "check,host=a\\ b,metric=state,service=\\ \\  value=0\n" },
		{ { .host = VIEW("\xc3\xa4") }, "check,host=\xc3\xa4,metric=state value=0\n" },
		{ { .host = VIEW("h"), .command = VIEW("#a b,c=\\\xc3") },
		  "_a_b_c___,host=h,metric=state value=0\n" },
		{ { .host = VIEW("h"), .command = VIEW("Check-x_9.sh") },
		  "Check-x_9.sh,host=h,metric=state value=0\n" },
		{ { .host = VIEW("h"), .perfdata = VIEW("'a,b= c'=1B;2;3") },
		  "check,host=h,metric=state value=0\n"
		  "check,host=h,metric=a\\,b\\=\\ c value=1,warn=2,crit=3,"
		  "unit=\"bytes\"\n" },
		{ { .host = VIEW("h"), .perfdata = VIEW("x=U y=nan state=7 'state'=8 z=1") },
		  "check,host=h,metric=state value=0\n"
		  "check,host=h,metric=z value=1\n" },
		{ { .host = VIEW("h"), .perfdata = VIEW("z=1e100YB;0:5;~:3;;1e100") },
		  "check,host=h,metric=state value=0\n"
		  "check,host=h,metric=z value=1e+124,max=1e+124,unit=\"bytes\"\n" },
		{ { .host = VIEW("h"), .perfdata = VIEW("z=1ms;2;3;4;5") },
		  "check,host=h,metric=state value=0\n"
		  "check,host=h,metric=z value=0.001,warn=0.002,crit=0.003,min=0.004,max=0.005,"
		  "unit=\"seconds\"\n" },
		{ { .host = VIEW("h"), .end_us = -1 }, "check,host=h,metric=state value=0\n" },
		{ { .host = VIEW("h"), .end_us = 1 }, "check,host=h,metric=state value=0 1000\n" },
		{ { .host = VIEW("h"), .end_us = INT64_MAX / 1000 },
		  "check,host=h,metric=state value=0 9223372036854775000\n" },
		{ { .host = VIEW("h"), .end_us = INT64_MAX / 1000 + 1 },
		  "check,host=h,metric=state value=0\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_body(&sink_influxdb, cases[i].result, cases[i].body);
}

/* Of three results that fill two fifths each, two go; one goes alone however long it is. */
static void a_body_is_bounded(void **state)
{
	const struct sink *const batches[] = { &sink_nrdp, &sink_influxdb };
	enum { SAMPLE = 10000, TWO_FIFTHS = PUSH_BODY_MAX / 5 * 2 };
	struct push_request request = { .method = NULL };
	struct grow text = { .p = NULL };

	(void)state;
	while (text.n < PUSH_BODY_MAX)
		grow_str(&text, "a=1 bb=2 ccc=3 dddd=4 ");
	for (size_t s = 0; s < 2; s++) {
		const struct sink *sink = batches[s];
		struct check_result result[3] = { full_result(), full_result(), full_result() };
		assert_int_equal(ask(sink, result, 3, &request), 3);
		result[0].perfdata = view_first(grow_view(&text), SAMPLE);
		assert_int_equal(ask(sink, result, 1, &request), 1);
		size_t n = (size_t)SAMPLE * TWO_FIFTHS / request.body.n;
		for (size_t i = 0; i < 3; i++)
			result[i].perfdata = view_first(grow_view(&text), n);
		assert_int_equal(ask(sink, result, 3, &request), 2);
		size_t of_two = request.body.n;
		assert_in_range(of_two, TWO_FIFTHS, PUSH_BODY_MAX);
		assert_int_equal(ask(sink, result, 2, &request), 2);
		assert_int_equal(request.body.n, of_two);
		result[0].perfdata = result[1].perfdata = grow_view(&text);
		assert_int_equal(ask(sink, result, 2, &request), 1);
		size_t of_one = request.body.n;
		assert_true(of_one > PUSH_BODY_MAX);
		assert_int_equal(ask(sink, result, 1, &request), 1);
		assert_int_equal(request.body.n, of_one);
	}
	grow_free(&text);
	push_request_free(&request);
}

static void a_request_that_ended_holds_no_secret(void **state)
{
	struct check_result result = full_result();
	struct push_request request = { .method = NULL };

	(void)state;
	ask(&sink_nrdp, &result, 1, &request);
	grow_str(&request.authorization, "Token x");
	grow_str(&request.path, "/x");
	size_t n = request.body.n;
	push_request_reset(&request);
	assert_int_equal(request.body.n, 0);
	assert_int_equal(request.path.n, 0);
	assert_int_equal(request.secret_at + request.secret_n, 0);
	assert_null(request.method);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(request.body.p[i], 0);
	assert_memory_equal(request.authorization.p, "\0\0\0\0\0\0\0", 7);
	push_request_free(&request);
	assert_null(request.body.p);
	push_request_free(&request);
}

static void all_but_unreserved_bytes_are_escaped_in_a_url(void **state)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	struct grow url = { .p = NULL }, text = { .p = NULL };

	(void)state;
	for (int i = 0; i < 256; i++)
		grow_byte(&text, (char)i);
	push_put_url(grow_view(&text), &url);
	assert_int_equal(url.n, sizeof(plain) - 1 + 3 * (256 - (sizeof(plain) - 1)));
	grow_reset(&text);
	decode(grow_view(&url), &text);
	for (int i = 0; i < 256; i++)
		assert_int_equal(text.p[i], (char)i);
	grow_reset(&url);
	push_put_url(view_of(plain), &url);
	assert_text(&url, plain);
	grow_reset(&url);
	push_put_url(VIEW("a b+\xff/"), &url);
	assert_text(&url, "a%20b%2B%FF%2F");
	grow_free(&url);
	grow_free(&text);
}

static void nagios_reads_one_line(void **state)
{
	static const struct {
		const char *output, *perfdata, *text;
	} cases[] = {
		{ "", "", "" },
		{ "OK", "", "OK" },
		{ "OK", "a=1 b=2", "OK|a=1 b=2" },
		{ "", "a=1", "|a=1" },
		{ "OK\nmore", "", "OK\\nmore" },
		{ "OK\nmore\n\nend\n", "a=1", "OK|a=1\\nmore\\n\\nend\\n" },
		{ "OK\n", "a=1", "OK|a=1" },
		{ "a|b\nc|d", "e|f=1", "a/b|e/f=1\\nc/d" },
		{ "C:\\new \\", "'C:\\'=1", "C:\\\\new \\\\|'C:\\\\'=1" },
	};
	struct grow out = { .p = NULL };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct check_result result = { .output = view_of(cases[i].output),
					       .perfdata = view_of(cases[i].perfdata) };
		grow_reset(&out);
		push_put_nagios(&result, &out);
		assert_text(&out, cases[i].text);
	}
	grow_free(&out);
}

static void a_service_has_four_codes_and_a_host_two(void **state)
{
	static const unsigned of_host[STATES] = { 0, 0, 1, 1 };
	struct check_result result = { .host = VIEW("h") };

	(void)state;
	for (unsigned i = 0; i < STATES; i++) {
		result.state = (enum state)i;
		result.service = VIEW("");
		assert_int_equal(push_code(&result), of_host[i]);
		result.service = VIEW("s");
		assert_int_equal(push_code(&result), i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_sink_is_found_by_its_name),
		cmocka_unit_test(states_and_history_are_told_apart),
		cmocka_unit_test(icinga2_gets_all_that_is_known),
		cmocka_unit_test(icinga2_gets_nothing_that_is_not_known),
		cmocka_unit_test(icinga2_knows_two_states_of_a_host),
		cmocka_unit_test(a_name_stays_inside_its_string),
		cmocka_unit_test(nrdp_gets_json_in_a_form),
		cmocka_unit_test(the_token_of_nrdp_can_be_hidden),
		cmocka_unit_test(influxdb_gets_lines_in_base_units),
		cmocka_unit_test(influxdb_gets_a_password_by_basic_authentication),
		cmocka_unit_test(marks_of_the_line_protocol_are_escaped),
		cmocka_unit_test(a_body_is_bounded),
		cmocka_unit_test(a_request_that_ended_holds_no_secret),
		cmocka_unit_test(all_but_unreserved_bytes_are_escaped_in_a_url),
		cmocka_unit_test(nagios_reads_one_line),
		cmocka_unit_test(a_service_has_four_codes_and_a_host_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
