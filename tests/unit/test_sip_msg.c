/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/proto/sip_msg: facts, notes, refusals and framing. Whole messages: test_sip_corpus.c. */
#include "proto/sip_msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define IDS                                                                                        \
	"Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1;rport\r\n"                                \
	"From: <sip:a@192.0.2.1>;tag=f\r\n"                                                        \
	"To: <sip:192.0.2.9>;tag=t\r\n"                                                            \
	"Call-ID: c@d\r\n"                                                                         \
	"CSeq: 7 OPTIONS\r\n"
#define OK "SIP/2.0 200 OK\r\n" IDS
#define EMPTY_BODY "Content-Length: 0\r\n\r\n"

static void assert_view(struct view got, const char *wanted)
{
	if (!view_eq(got, view_of(wanted)))
		fail_msg("got \"%.*s\", wanted \"%s\"", VIEW_ARG(got), wanted);
}

static struct sip_msg parse_ok(const char *text)
{
	struct sip_msg msg;
	const char *why = "";
	size_t used;

	if (sip_msg_parse(view_of(text), false, false, &msg, &used, &why) != PARSE_OK)
		fail_msg("%s: %s", text, why);
	assert_int_equal(used, strlen(text));
	return msg;
}

static void every_fact_of_an_answer_is_found(void **state)
{
	struct sip_msg msg =
		parse_ok("SIP/2.0 407 Who are you\r\n"
			 "v: SIP/2.0/TLS [2001:db8::1]:5071 ;received=192.0.2.7; rport = 99 "
			 ";branch=z9hG4bKa ,"
			 " SIP / 2.0/ UDP x\r\n"
			 "Via: SIP/2.0/UDP y.example.org\r\n"
			 "f: \"A \\\" <b>;tag=no\" <sip:a@b;tag=no> ; x=\"y;tag=no\" ; tag = f1\r\n"
			 "to:sip:c@d;TAG=t1\r\n"
			 "i:\tcall@id \r\n"
			 "cSEQ: 00012 \r\n  OPTIONS\r\n"
			 "m: <sip:e@f>, <sip:g@h>\r\n"
			 "Contact: <sip:second>\r\n"
			 "Allow: INVITE, ACK\r\n"
			 "User-Agent: agent/1\r\n"
			 "Retry-After: 30 (busy)\r\n"
			 "Warning: 399 host \"text\"\r\n"
			 "Date: Sat, 13 Nov 2010 23:29:00 GMT\r\n"
			 "WWW-Authenticate: Digest realm=\"a, b\"\r\n"
			 "Proxy-Authenticate: Digest realm=\"c\"\r\n"
			 "L: 2\r\n\r\nab");

	(void)state;
	assert_false(msg.is_request);
	assert_int_equal(msg.code, 407);
	assert_view(msg.reason, "Who are you");
	assert_view(msg.start_line, "SIP/2.0 407 Who are you");
	assert_int_equal(msg.via_count, 3);
	assert_view(msg.via.transport, "TLS");
	assert_view(msg.via.host, "2001:db8::1");
	assert_int_equal(msg.via.port, 5071);
	assert_view(msg.via.branch, "z9hG4bKa");
	assert_view(msg.via.received, "192.0.2.7");
	assert_true(msg.via.has_rport);
	assert_int_equal(msg.via.rport, 99);
	assert_view(view_first(msg.via_text, 11), "SIP/2.0/TLS");
	assert_view(msg.from_tag, "f1");
	assert_view(msg.to, "sip:c@d;TAG=t1");
	assert_view(msg.to_tag, "t1");
	assert_view(msg.call_id, "call@id");
	assert_int_equal(msg.cseq, 12);
	assert_view(msg.cseq_method, "OPTIONS");
	assert_view(msg.contact, "<sip:e@f>, <sip:g@h>");
	assert_view(msg.allow, "INVITE, ACK");
	assert_view(msg.server, "agent/1");
	assert_view(msg.retry_after, "30 (busy)");
	assert_view(msg.warning, "399 host \"text\"");
	assert_view(msg.date, "Sat, 13 Nov 2010 23:29:00 GMT");
	assert_int_equal(msg.challenge_count, 2);
	assert_false(msg.challenge[0].proxy);
	assert_view(msg.challenge[0].value, "Digest realm=\"a, b\"");
	assert_true(msg.challenge[1].proxy);
	assert_true(msg.has_content_length);
	assert_view(msg.body, "ab");
	assert_int_equal(msg.notes, 0);
}

static void every_fact_of_a_request_is_found(void **state)
{
	struct sip_msg msg = parse_ok("OPTIONS sip:x;a=b SIP/2.0\r\n" IDS "\r\nbody");

	(void)state;
	assert_true(msg.is_request);
	assert_int_equal(msg.code, 0);
	assert_view(msg.method, "OPTIONS");
	assert_view(msg.ruri, "sip:x;a=b");
	assert_view(msg.via.host, "192.0.2.1");
	assert_true(msg.via.has_rport);
	assert_int_equal(msg.via.rport, 0);
	assert_false(msg.has_content_length);
	assert_view(msg.body, "body");
}

static void server_goes_before_user_agent(void **state)
{
	(void)state;
	assert_view(parse_ok(OK "User-Agent: ua\r\nServer: s\r\n" EMPTY_BODY).server, "s");
	assert_view(parse_ok(OK "Server: s\r\nServer: t\r\nUser-Agent: ua\r\n\r\n").server, "s");
}

static void challenges_beyond_the_limit_are_dropped(void **state)
{
	char text[1024] = OK;

	(void)state;
	for (size_t i = 0; i < SIP_CHALLENGE_MAX + 2; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "WWW-Authenticate: n%zu\r\n", i);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "\r\n");
	struct sip_msg msg = parse_ok(text);
	assert_int_equal(msg.challenge_count, SIP_CHALLENGE_MAX);
	assert_view(msg.challenge[SIP_CHALLENGE_MAX - 1].value, "n7");
}

static void what_is_tolerated_is_noted(void **state)
{
	static const struct {
		const char *text;
		unsigned notes;
	} cases[] = {
		{ OK EMPTY_BODY, 0 },
		{ OK "\r\n", 0 },
		{ OK "Server: x\n" EMPTY_BODY, SIP_NOTE_BARE_LF },
		{ OK "Content-Length: 0\r\n\n", SIP_NOTE_BARE_LF },
		{ OK "Content-Length: 4\r\n\r\na\nb\n", 0 },
		{ "\r\n\r\n" OK EMPTY_BODY, SIP_NOTE_LEADING_CRLF },
		{ "\n" OK EMPTY_BODY, SIP_NOTE_LEADING_CRLF },
		{ OK EMPTY_BODY "x", SIP_NOTE_SURPLUS_BODY },
		{ "SIP/2.0 200\r\n" IDS EMPTY_BODY, SIP_NOTE_NO_REASON },
		{ "SIP/2.0 200 \r\n" IDS EMPTY_BODY, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(parse_ok(cases[i].text).notes, cases[i].notes);
}

static void a_to_tag_is_missed_in_final_answers_only(void **state)
{
	static const char rest[] = "Via: SIP/2.0/UDP h\r\nFrom: <sip:a>\r\nTo: <sip:b>\r\n"
				   "Call-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n";
	static const struct {
		const char *first;
		unsigned notes;
	} cases[] = {
		{ "SIP/2.0 100 Trying\r\n", 0 },
		{ "SIP/2.0 200 OK\r\n", SIP_NOTE_NO_TO_TAG },
		{ "OPTIONS sip:x SIP/2.0\r\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256];
		snprintf(text, sizeof(text), "%s%s", cases[i].first, rest);
		assert_int_equal(parse_ok(text).notes, cases[i].notes);
	}
}

/* What the corpus has no file for: one header line that makes an answer bad. */
static void a_malformed_header_is_refused_with_its_name(void **state)
{
	static const char *const cases[][2] = {
		{ "Via: SIP/2.0/UDP", "Via is malformed" },
		{ "Via: SIP/2.0/UDP ", "Via is malformed" },
		{ "Via: SIP/1.0/UDP h", "Via is malformed" },
		{ "Via: SAP/2.0/UDP h", "Via is malformed" },
		{ "Via: SIP/2.0/UDP h i", "Via is malformed" },
		{ "Via: SIP/2.0/UDP h:", "Via is malformed" },
		{ "Via: SIP/2.0/UDP h;branch=", "Via is malformed" },
		{ "Via: SIP/2.0/UDP h;branch=a b", "Via is malformed" },
		{ "Via: SIP/2.0/UDP h;branch=\"a", "Via is malformed" },
		{ "Via: SIP/2.0/UDP h;branch=a;branch=b", "Via is malformed" },
		{ "Via: SIP/2.0/UDP h;rport=0", "Via is malformed" },
		{ "Via: SIP/2.0/UDP h;rport;rport", "Via is malformed" },
		{ "Via: SIP/2.0/UDP h;received", "Via is malformed" },
		{ "Via: SIP/2.0/UDP h,,SIP/2.0/UDP i", "Via is malformed" },
		{ "Via: SIP/2.0/UDP [::1]]", "Via is malformed" },
		{ "Via: SIP/2.0/UDP []", "Via is malformed" },
		{ "CSeq: -7 OPTIONS", "CSeq is malformed" },
		{ "CSeq: 7 OPTIONS x", "CSeq is malformed" },
		{ "Call-ID:", "Call-ID is malformed" },
		{ "Call-ID: c@d\te", "Call-ID is malformed" },
		{ "Via: SIP/2.0/ [::1]", "Via is malformed" },
		{ "From: <sip:a@192.0.2.1>;tag=f;tag=g",
		  "From stands twice with different values" },
		{ "Server\r\n : x", "a header line is malformed" },
		{ "Ser(ver: x", "a header line is malformed" },
		{ "Content-Length: 1048577", "Content-Length is malformed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];
		struct sip_msg msg;
		const char *why;
		size_t used;
		snprintf(text, sizeof(text), "%s%s\r\n\r\n", OK, cases[i][0]);
		if (sip_msg_parse(view_of(text), false, false, &msg, &used, &why) != PARSE_BAD)
			fail_msg("accepted: %s", cases[i][0]);
		assert_string_equal(why, cases[i][1]);
	}
}

static void a_tag_given_twice_or_empty_is_refused(void **state)
{
	static const char *const cases[] = { ";tag=a;tag=b", ";tag", ";tag=", " x", ",", ";" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];
		struct sip_msg msg;
		const char *why;
		size_t used;
		snprintf(text, sizeof(text), "BYE sip:x SIP/2.0\r\nTo: <sip:a>%s\r\n\r\n",
			 cases[i]);
		if (sip_msg_parse(view_of(text), false, false, &msg, &used, &why) != PARSE_BAD)
			fail_msg("accepted: %s", cases[i]);
		assert_string_equal(why, "To is malformed");
	}
}

static void a_stream_is_used_message_by_message(void **state)
{
	const char *text = "\r\n\n" OK "l: 3\r\n\r\nabc" OK EMPTY_BODY "\r\n\r\n\r";
	struct view rest = view_of(text);
	struct sip_msg msg;
	const char *why;
	size_t used;

	(void)state;
	assert_int_equal(sip_msg_parse(rest, true, true, &msg, &used, &why), PARSE_OK);
	assert_int_equal(used, strlen("\r\n\n" OK "l: 3\r\n\r\nabc"));
	assert_view(msg.body, "abc");
	assert_int_equal(msg.notes, SIP_NOTE_LEADING_CRLF);
	rest = view_skip(rest, used);
	assert_int_equal(sip_msg_parse(rest, true, true, &msg, &used, &why), PARSE_OK);
	assert_int_equal(used, strlen(OK EMPTY_BODY));
	assert_int_equal(msg.notes, 0);
	rest = view_skip(rest, used);
	assert_int_equal(rest.n, 5);
	assert_int_equal(sip_msg_parse(rest, true, true, &msg, &used, &why), PARSE_MORE);
}

static void an_unfinished_stream_says_how_much_it_needs(void **state)
{
	static const struct {
		const char *text;
		size_t more;
	} cases[] = {
		{ "", 1 },
		{ "\r\n\r\n", 1 },
		{ "SIP/2.0 200 OK\r\n", 1 },
		{ OK "l: 1000\r\n\r\nabc", 997 },
		{ OK "\r\nabc", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view text = view_of(cases[i].text);
		struct sip_msg msg;
		const char *why;
		size_t used;
		assert_int_equal(sip_msg_parse(text, true, false, &msg, &used, &why), PARSE_MORE);
		assert_int_equal(used, text.n + cases[i].more);
	}
}

static void a_stream_that_cannot_become_sip_is_refused_at_its_first_wrong_byte(void **state)
{
	/* all but the last byte can still become SIP */
	static const char *const cases[] = {
		"\x15",
		"\x16",
		"HTTP/",
		"SIP/2.1",
		"SIP/2.0 0",
		"SIP/2.0 20x",
		"SIP/2.0 2000",
		"\rS",
		"SIP/2.0 200 O\rK",
		"INVITE  ",
		"GET /",
		"220 mail.example.org ",
		"OPTIONS <",
		"OPTIONS :",
		"OPTIONS sip:a S,",
		"OPTIONS sip:a H",
		"OPTIONS sip:a SIP/1",
		"OPTIONS sip:a\t",
		"OPTIONS sip:a SIP/2.0 ",
		"OPTIONS sip:a SIP/2.0\rx",
		"SSH-2.0-OpenSSH_9.2p1\r\n",
		"SIP/2.0 20\r\n",
		"OPTIONS sip:a\n",
		"0123456789012345678901234567890123456789012345678901234567890123x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view text = view_of(cases[i]);
		struct sip_msg msg;
		const char *why;
		size_t used;
		if (sip_msg_parse(text, true, false, &msg, &used, &why) != PARSE_BAD)
			fail_msg("accepted: %s", cases[i]);
		text.n--;
		if (sip_msg_parse(text, true, false, &msg, &used, &why) != PARSE_MORE)
			fail_msg("refused too early: %s", cases[i]);
	}
}

/* A message of `bytes` bytes before its body: OK, one long header of `unit`s, Content-Length. */
static char *long_message(const char *unit, size_t bytes, size_t body)
{
	char *text = malloc(bytes + body + 64);
	char tail[64];
	size_t n = strlen(OK), tail_n;

	assert_non_null(text);
	snprintf(tail, sizeof(tail), "\r\nContent-Length: %zu\r\n\r\n", body);
	tail_n = strlen(tail);
	snprintf(text, bytes, "%sX:", OK);
	for (n += 2; n + strlen(unit) + tail_n <= bytes; n += strlen(unit))
		snprintf(text + n, bytes - n + 1, "%s", unit);
	while (n + tail_n < bytes)
		text[n++] = 'x';
	snprintf(text + n, tail_n + 1, "%s", tail);
	for (size_t i = 0; i < body; i++)
		text[bytes + i] = 'b';
	return text;
}

static void a_header_of_64_kib_is_read_and_no_byte_more(void **state)
{
	static const char *const units[] = { "a", "\r\n ", "\n ",
					     "\r\nX:", "\r\nVia:SIP/2.0/UDP h" };

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		for (size_t over = 0; over < 2; over++) {
			size_t n = SIP_HEADER_BYTES_MAX + over, used;
			char *text = long_message(units[i], n, 0);
			struct sip_msg msg;
			const char *why = "";
			enum parse wanted = over == 0 ? PARSE_OK : PARSE_BAD;
			assert_int_equal(sip_msg_parse((struct view){ text, n }, true, false, &msg,
						       &used, &why),
					 wanted);
			assert_int_equal(sip_msg_parse((struct view){ text, n }, false, false, &msg,
						       &used, &why),
					 wanted);
			wanted = over == 0 ? PARSE_MORE : PARSE_BAD;
			assert_int_equal(sip_msg_parse((struct view){ text, n - 1 }, true, false,
						       &msg, &used, &why),
					 wanted);
			if (over > 0)
				assert_string_equal(why, "the header is longer than 64 KiB");
			free(text);
		}
	}
}

static void a_body_of_1_mib_is_read_and_no_byte_more(void **state)
{
	size_t head = 1000, n = head + SIP_BODY_BYTES_MAX, used;
	char *text = long_message("a", head, SIP_BODY_BYTES_MAX);
	struct sip_msg msg;
	const char *why;

	(void)state;
	assert_int_equal(sip_msg_parse((struct view){ text, n }, true, false, &msg, &used, &why),
			 PARSE_OK);
	assert_int_equal(used, n);
	assert_int_equal(msg.body.n, SIP_BODY_BYTES_MAX);
	free(text);
	text = long_message("a", head, SIP_BODY_BYTES_MAX + 1);
	n++;
	assert_int_equal(sip_msg_parse((struct view){ text, n }, true, false, &msg, &used, &why),
			 PARSE_BAD);
	assert_string_equal(why, "Content-Length is malformed");
	text[view_search((struct view){ text, n }, VIEW("Content-Length"))] = 'X';
	assert_int_equal(sip_msg_parse((struct view){ text, n }, true, false, &msg, &used, &why),
			 PARSE_BAD);
	assert_string_equal(why, "the body is longer than 1 MiB");
	assert_int_equal(
		sip_msg_parse((struct view){ text, n - 1 }, true, false, &msg, &used, &why),
		PARSE_MORE);
	assert_int_equal(sip_msg_parse((struct view){ text, n - 1 }, true, true, &msg, &used, &why),
			 PARSE_OK);
	assert_int_equal(msg.notes, SIP_NOTE_NO_CONTENT_LENGTH);
	free(text);
}

static void bytes_are_told_apart_by_their_first_line(void **state)
{
	static const struct {
		const char *text;
		enum sip_look look;
	} cases[] = {
		{ "", SIP_LOOK_EMPTY },
		{ "\r\n\n\r\n", SIP_LOOK_EMPTY },
		{ "SIP/3.0 999", SIP_LOOK_SIP },
		{ "\r\nsip/2.0 200 HTTP/1.1\r\n", SIP_LOOK_SIP },
		{ "OPTIONS sip:a SIP/2.0\r\nx", SIP_LOOK_SIP },
		{ "OPTIONS  sip:a  SIP/7.0  \r\n", SIP_LOOK_SIP },
		{ "HTTP/1.1 400 Bad Request\r\nServer: SIP/2.0", SIP_LOOK_HTTP },
		{ "GET / HTTP/1.0\r\n", SIP_LOOK_HTTP },
		{ "SIP", SIP_LOOK_OTHER },
		{ "SSH-2.0-x\r\nSIP/2.0 200 OK\r\n", SIP_LOOK_OTHER },
		{ "\x15\x03", SIP_LOOK_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(sip_msg_look(view_of(cases[i].text)), cases[i].look);
}

static void headers_are_listed_with_their_folds_up_to_the_body(void **state)
{
	struct view head =
		view_of("A : b \r\nC:\r\n d\r\n\te\nno colon\r\n:\r\nF:\r\n\r\nG: h\r\n");
	static const char *const wanted[][2] = {
		{ "A", "b" }, { "C", "d\r\n\te" }, { "no colon", "" }, { "", "" }, { "F", "" },
	};
	struct view name, value;

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		assert_true(sip_msg_next_header(&head, &name, &value));
		assert_view(name, wanted[i][0]);
		assert_view(value, wanted[i][1]);
	}
	assert_false(sip_msg_next_header(&head, &name, &value));
	assert_view(head, "G: h\r\n");
	head = view_of("last");
	assert_true(sip_msg_next_header(&head, &name, &value));
	assert_false(sip_msg_next_header(&head, &name, &value));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fact_of_an_answer_is_found),
		cmocka_unit_test(every_fact_of_a_request_is_found),
		cmocka_unit_test(server_goes_before_user_agent),
		cmocka_unit_test(challenges_beyond_the_limit_are_dropped),
		cmocka_unit_test(what_is_tolerated_is_noted),
		cmocka_unit_test(a_to_tag_is_missed_in_final_answers_only),
		cmocka_unit_test(a_malformed_header_is_refused_with_its_name),
		cmocka_unit_test(a_tag_given_twice_or_empty_is_refused),
		cmocka_unit_test(a_stream_is_used_message_by_message),
		cmocka_unit_test(an_unfinished_stream_says_how_much_it_needs),
		cmocka_unit_test(
			a_stream_that_cannot_become_sip_is_refused_at_its_first_wrong_byte),
		cmocka_unit_test(a_header_of_64_kib_is_read_and_no_byte_more),
		cmocka_unit_test(a_body_of_1_mib_is_read_and_no_byte_more),
		cmocka_unit_test(bytes_are_told_apart_by_their_first_line),
		cmocka_unit_test(headers_are_listed_with_their_folds_up_to_the_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
