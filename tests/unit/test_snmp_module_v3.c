/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SNMP module with the user-based security model: finding the engine, its clock, reports, and whom
 * it believes. What needs a cipher is left to a real agent. */
#define _GNU_SOURCE
#include "snmp_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define CASES(array) (sizeof(array) / sizeof((array)[0]))
#define UPTIME "1.3.6.1.2.1.1.3.0"
#define ENGINE VIEW("\x80\x00\x1f\x88\x04test")
#define OTHER_ENGINE VIEW("\x80\x00\x1f\x88\x04tesu")

enum { WHY_MAX = 160, REPORTABLE = 4, BOOTS = 3, TIME = 777 };

/* The last arcs of usmStats (RFC 3414 5). */
#define USM(n) "1.3.6.1.6.3.15.1.1." #n ".0"
#define ENGINE_REPORT USM(4)
#define CLOCK_REPORT USM(2)

struct world {
	const struct snmp_api *api;
	struct snmp_credentials open, closed; /* without and with authentication */
	struct snmp_session *session;
	struct snmp_request request;
	struct snmp_reply reply;
	struct wr out;
	char room[SNMP_REQUEST_BYTES_MAX];
	char why[WHY_MAX];
	char key[SNMP_KEY_MAX]; /* of `closed`, for ENGINE */
	struct ber vars, message;
};

static void derive(struct world *w, const struct snmp_credentials *credentials, char *key)
{
	struct wr auth = wr_over(key, SNMP_KEY_MAX), none = wr_over(w->room, sizeof(w->room));

	assert_true(w->api->derive(credentials, ENGINE, &auth, &none, w->why, sizeof(w->why)));
}

static int world_open(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->api = snmp_load(w->why, sizeof(w->why));
	assert_non_null(w->api);
	w->open = (struct snmp_credentials){ .user = VIEW("u") };
	w->closed = (struct snmp_credentials){ .user = VIEW("u"),
					       .auth = SNMP_AUTH_SHA1,
					       .auth_secret = VIEW("maplesyrup") };
	derive(w, &w->closed, w->key);
	w->out = wr_over(w->room, sizeof(w->room));
	w->request = (struct snmp_request){ .ask = SNMP_GET,
					    .count = 1,
					    .oid = { { 9, { 1, 3, 6, 1, 2, 1, 1, 3, 0 } } } };
	*state = w;
	return 0;
}

static int world_close(void **state)
{
	struct world *w = *state;

	w->api->session_free(w->session);
	free(w);
	return 0;
}

static void open_session(struct world *w, const struct snmp_credentials *credentials)
{
	w->session = w->api->session_new(credentials, w->why, sizeof(w->why));
	assert_non_null(w->session);
}

static struct asked ask(struct world *w, uint64_t random)
{
	wr_reset(&w->out);
	if (!w->api->request(w->session, &w->request, random, &w->out, w->why, sizeof(w->why)))
		fail_msg("%s", w->why);
	return wire_asked(wr_view(&w->out));
}

static enum snmp_got receive(struct world *w, const struct agent_v3 *message)
{
	if (message != NULL)
		wire_v3(&w->message, message);
	wr_reset(&w->out);
	return w->api->receive(w->session, ber_view(&w->message), &w->reply, &w->out, w->why,
			       sizeof(w->why));
}

/* An answer without fault to what was asked. */
static struct agent_v3 answer(struct world *w, const struct asked *asked)
{
	w->vars.n = 0;
	ber_var(&w->vars, UPTIME, TAG_TICKS, VIEW("\x05"));
	return (struct agent_v3){
		.version = 3,
		.message_id = asked->message_id,
		.flags = asked->flags & 1,
		.model = 3,
		.engine = ENGINE,
		.context_engine = ENGINE,
		.boots = BOOTS,
		.time = TIME,
		.user = "u",
		.context = "",
		.key = asked->flags & 1 ? w->key : NULL,
		.pdu = { TAG_RESPONSE, asked->request_id, 0, 0, &w->vars },
	};
}

/* The same as a report that counts one of the agent's statistics; not authenticated. */
static struct agent_v3 report(struct world *w, const struct asked *asked, const char *oid)
{
	struct agent_v3 message = answer(w, asked);

	w->vars.n = 0;
	ber_var(&w->vars, oid, TAG_COUNTER, VIEW("\x09"));
	message.pdu.tag = TAG_REPORT;
	message.flags = 0;
	message.key = NULL;
	return message;
}

static struct agent_v3 engine_report(struct world *w, const struct asked *asked)
{
	struct agent_v3 message = report(w, asked, ENGINE_REPORT);

	message.user = "";
	message.pdu.id = 0;
	return message;
}

/* Asks, tells the engine, and gives the request that follows. */
static struct asked ask_known(struct world *w, uint64_t random)
{
	struct asked asked = ask(w, random);
	struct agent_v3 told = engine_report(w, &asked);

	assert_int_equal(receive(w, &told), SNMP_GOT_SEND);
	return wire_asked(wr_view(&w->out));
}

/* The engine */

static void the_first_message_asks_for_the_engine(void **state)
{
	/* RFC 3412 6, RFC 3414 2.4 and 4; the ids are blank. */
	static const char wanted[] =
		"\x30\x3e\x02\x01\x03"
		"\x30\x11\x02\x04....\x02\x03\x00\xff\xe3\x04\x01\x04\x02\x01\x03"
		"\x04\x10\x30\x0e\x04\x00\x02\x01\x00\x02\x01\x00"
		"\x04\x00\x04\x00\x04\x00"
		"\x30\x14\x04\x00\x04\x00\xa0\x0e\x02\x04....\x02\x01\x00"
		"\x02\x01\x00\x30\x00";
	struct world *w = *state;

	open_session(w, &w->closed);
	struct asked asked = ask(w, 1);
	assert_in_range(asked.message_id, 1 << 24, INT32_MAX);
	assert_in_range(asked.request_id, 1 << 24, INT32_MAX);
	assert_int_equal(w->out.n, sizeof(wanted) - 1);
	for (size_t i = 0; i < sizeof(wanted) - 1; i++)
		if (wanted[i] != '.')
			assert_int_equal(w->room[i], wanted[i]);
	assert_int_not_equal(asked.message_id, ask(w, 2).message_id);
	assert_int_equal(w->api->engine_id(w->session).n, 0);
}

static void the_request_follows_to_the_engine_by_its_clock(void **state)
{
	struct world *w = *state;

	open_session(w, &w->open);
	struct asked first = ask(w, 0), asked = ask_known(w, 0);
	assert_true(view_eq(w->api->engine_id(w->session), ENGINE));
	assert_int_not_equal(asked.message_id, first.message_id);
	assert_int_equal(asked.flags, REPORTABLE);
	assert_true(view_eq(asked.engine, ENGINE) && view_eq(asked.context_engine, ENGINE));
	assert_true(view_eq(asked.user, VIEW("u")) && view_eq(asked.context, VIEW("")));
	assert_int_equal(asked.auth.n, 0);
	assert_int_equal(asked.boots, BOOTS);
	assert_in_range(asked.time, TIME, TIME + 5);
	assert_int_equal(asked.tag, TAG_GET);
	assert_true(view_eq(asked.vars,
			    VIEW("\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x03\x00\x05\x00")));

	struct agent_v3 message = answer(w, &asked);
	message.boots = BOOTS + 1;
	message.time = 5;
	assert_int_equal(receive(w, &message), SNMP_GOT_REPLY);
	assert_int_equal(w->reply.count, 1);
	assert_int_equal(w->reply.var[0].number, 5);
	assert_int_equal(receive(w, NULL), SNMP_GOT_NOTHING);

	asked = ask(w, 1);
	assert_true(view_eq(asked.engine, ENGINE));
	assert_int_equal(asked.boots, BOOTS + 1);
	message = answer(w, &asked);
	assert_int_equal(receive(w, &message), SNMP_GOT_REPLY);
}

static void what_tells_no_engine_is_nothing(void **state)
{
	static const char zero[33] = "x";
	static const struct {
		int64_t id, version;
		struct view engine;
		const char *user;
		unsigned tag;
	} cases[] = {
		{ 1, 3, { zero, 9 }, "", TAG_REPORT },	{ 0, 3, { zero, 0 }, "", TAG_REPORT },
		{ 0, 3, { zero, 4 }, "", TAG_REPORT },	{ 0, 3, { zero, 33 }, "", TAG_REPORT },
		{ 0, 3, { zero, 9 }, "u", TAG_REPORT }, { 0, 3, { zero, 9 }, "", TAG_RESPONSE },
		{ 0, 1, { zero, 9 }, "", TAG_REPORT },	{ 0, 3, { zero, 9 }, "", TAG_GET },
	};
	struct world *w = *state;

	open_session(w, &w->open);
	for (size_t i = 0; i < CASES(cases); i++) {
		struct asked asked = ask(w, i);
		struct agent_v3 told = engine_report(w, &asked);
		told.message_id += cases[i].id;
		told.version = cases[i].version;
		told.engine = cases[i].engine;
		told.user = cases[i].user;
		told.pdu.tag = cases[i].tag;
		if (receive(w, &told) != SNMP_GOT_NOTHING)
			fail_msg("case %zu", i);
		assert_int_equal(w->api->engine_id(w->session).n, 0);
		told = engine_report(w, &asked);
		wire_v3(&w->message, &told);
		for (size_t n = w->message.n; i == 0 && n-- > 0;) {
			w->message.n = n;
			assert_int_equal(receive(w, NULL), SNMP_GOT_NOTHING);
		}
	}
	for (size_t n = 5; n <= 32; n += 27) {
		w->api->session_free(w->session);
		open_session(w, &w->open);
		struct asked asked = ask(w, n);
		struct agent_v3 told = engine_report(w, &asked);
		told.engine = (struct view){ zero, n };
		assert_int_equal(receive(w, &told), SNMP_GOT_SEND);
		assert_int_equal(w->api->engine_id(w->session).n, n);
	}
}

static void another_engine_than_wanted_is_not_spoken_to(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 2; i++) {
		w->open.engine_id = i == 0 ? ENGINE : OTHER_ENGINE;
		open_session(w, &w->open);
		struct asked asked = ask(w, 0);
		struct agent_v3 told = engine_report(w, &asked);
		assert_int_equal(receive(w, &told), i == 0 ? SNMP_GOT_SEND : SNMP_GOT_REPORT);
		if (i == 0)
			w->api->session_free(w->session);
	}
	assert_string_equal(w->why,
			    "the agent's engine is 80001f880474657374, wanted 80001f880474657375");
	assert_int_equal(w->out.n, 0);
	assert_int_equal(receive(w, NULL), SNMP_GOT_NOTHING);
	assert_true(view_eq(w->api->engine_id(w->session), ENGINE));
}

/* Replies and reports */

static void v3_replies_to_others_are_nothing(void **state)
{
	struct world *w = *state;

	open_session(w, &w->open);
	struct asked asked = ask_known(w, 0);
	for (int i = 0; i < 10; i++) {
		struct agent_v3 message = answer(w, &asked);
		message.message_id += i == 0;
		message.pdu.id += i == 1;
		message.engine = i == 2 ? OTHER_ENGINE : message.engine;
		message.context_engine = i == 3 ? OTHER_ENGINE : message.context_engine;
		message.user = i == 4 ? "v" : i == 5 ? "" : "u";
		message.context = i == 6 ? "c" : "";
		message.version = i == 7 ? 1 : 3;
		message.model = i == 8 ? 2 : 3;
		message.pdu.tag = i == 9 ? TAG_GET : TAG_RESPONSE;
		if (receive(w, &message) != SNMP_GOT_NOTHING)
			fail_msg("case %d", i);
	}
	struct agent_v3 message = answer(w, &asked);
	assert_int_equal(receive(w, &message), SNMP_GOT_REPLY);
}

static void reports_become_words(void **state)
{
	static const struct {
		const char *oid, *why;
	} cases[] = {
		{ USM(1), "the agent does not allow this security level for the user" },
		{ USM(3), "unknown user name" },
		{ USM(4), "the agent does not know the engine that it has named" },
		{ USM(5), "wrong authentication key or passphrase" },
		{ USM(6), "wrong privacy key" },
		{ USM(7), "the agent refuses without a reason that is known here" },
		{ "1.3.6.1.6.3.11.2.1.1.0",
		  "the agent does not know the user-based security model" },
		{ "1.3.6.1.6.3.12.1.5.0", "the agent does not know the default context" },
		{ "1.3.6", "the agent refuses without a reason that is known here" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < CASES(cases); i++) {
		w->api->session_free(w->session);
		open_session(w, &w->closed);
		struct asked asked = ask_known(w, i);
		struct agent_v3 message = report(w, &asked, cases[i].oid);
		message.message_id++;
		assert_int_equal(receive(w, &message), SNMP_GOT_NOTHING);
		message.message_id--;
		assert_int_equal(receive(w, &message), SNMP_GOT_REPORT);
		assert_string_equal(w->why, cases[i].why);
		assert_int_equal(receive(w, &message), SNMP_GOT_NOTHING);
	}
}

static void out_of_its_time_a_request_goes_once_more(void **state)
{
	struct world *w = *state;

	open_session(w, &w->closed);
	for (uint64_t round = 0; round < 2; round++) {
		struct asked asked = round == 0 ? ask_known(w, 0) : ask(w, round);
		struct agent_v3 message = report(w, &asked, CLOCK_REPORT);
		message.boots = BOOTS + 4;
		message.time = 1000 + (int64_t)round;
		assert_int_equal(receive(w, &message), SNMP_GOT_NOTHING);
		message.flags = 1;
		message.key = w->key;
		assert_int_equal(receive(w, &message), SNMP_GOT_SEND);
		struct asked again = wire_asked(wr_view(&w->out));
		assert_int_equal(again.boots, BOOTS + 4);
		assert_in_range(again.time, message.time, message.time + 5);
		assert_int_equal(again.request_id, asked.request_id);
		assert_int_not_equal(again.message_id, asked.message_id);
		assert_int_equal(receive(w, &message), SNMP_GOT_NOTHING);
		message.message_id = again.message_id;
		assert_int_equal(receive(w, &message), SNMP_GOT_REPORT);
		assert_string_equal(w->why, "the agent's clock disagrees with what the agent has "
					    "just told");
	}
}

/* Authentication */

static void only_the_owner_of_the_key_is_believed(void **state)
{
	struct world *w = *state;

	open_session(w, &w->closed);
	struct asked asked = ask_known(w, 0);
	char digest[12];
	wire_digest(wr_view(&w->out), asked.auth, w->key, digest);
	assert_int_equal(asked.flags, REPORTABLE | 1);
	assert_int_equal(asked.auth.n, sizeof(digest));
	assert_memory_equal(asked.auth.p, digest, sizeof(digest));

	struct agent_v3 plain = answer(w, &asked), message = plain;
	plain.flags = 0;
	plain.key = NULL;
	assert_int_equal(receive(w, &plain), SNMP_GOT_NOTHING);
	plain.flags = 1;
	assert_int_equal(receive(w, &plain), SNMP_GOT_NOTHING);
	wire_v3(&w->message, &message);
	for (size_t i = 0; i < w->message.n; i++) {
		w->message.b[i] ^= 1;
		if (receive(w, NULL) != SNMP_GOT_NOTHING)
			fail_msg("byte %zu may be changed", i);
		w->message.b[i] ^= 1;
	}
	assert_int_equal(receive(w, NULL), SNMP_GOT_REPLY);

	asked = ask(w, 1);
	message = answer(w, &asked);
	message.boots = BOOTS - 1;
	assert_int_equal(receive(w, &message), SNMP_GOT_NOTHING);
	message.boots = BOOTS;
	message.time = TIME - 200;
	assert_int_equal(receive(w, &message), SNMP_GOT_NOTHING);
	message.time = TIME - 100;
	assert_int_equal(receive(w, &message), SNMP_GOT_REPLY);
}

static void localized_keys_are_those_of_the_passphrase(void **state)
{
	struct world *w = *state;
	struct snmp_credentials localized = w->closed;

	localized.localized = true;
	localized.auth_secret = (struct view){ w->key, 20 };
	localized.engine_id = ENGINE;
	open_session(w, &localized);
	struct asked asked = ask_known(w, 0);
	struct agent_v3 message = answer(w, &asked);
	assert_int_equal(receive(w, &message), SNMP_GOT_REPLY);
}

/* Two agents that were cloned with their engine id, and a third that pretends to be one of them. */
static void agents_of_one_engine_id_share_neither_user_nor_clock(void **state)
{
	struct world *w = *state;
	struct snmp_credentials other = w->closed;
	struct snmp_session *session[2];
	struct asked asked[2];
	char key[2][SNMP_KEY_MAX];

	other.auth_secret = VIEW("another passphrase");
	derive(w, &w->closed, key[0]);
	derive(w, &other, key[1]);
	for (int i = 0; i < 2; i++) {
		open_session(w, i == 0 ? &w->closed : &other);
		session[i] = w->session;
	}
	for (uint64_t round = 0; round < 2; round++) {
		for (int i = 0; i < 2; i++) {
			w->session = session[i];
			asked[i] = round == 0 ? ask_known(w, (uint64_t)i) : ask(w, (uint64_t)i);
			char digest[12];
			wire_digest(wr_view(&w->out), asked[i].auth, key[i], digest);
			assert_memory_equal(asked[i].auth.p, digest, sizeof(digest));
			assert_int_equal(asked[i].boots, round == 0 ? BOOTS : BOOTS + 10 * (1 - i));
		}
		for (int i = 0; i < 2; i++) {
			w->session = session[i];
			struct agent_v3 message = answer(w, &asked[i]);
			message.boots = BOOTS + 10 * (1 - i);
			message.key = key[1 - i];
			assert_int_equal(receive(w, &message), SNMP_GOT_NOTHING);
			message.key = key[i];
			assert_int_equal(receive(w, &message), SNMP_GOT_REPLY);
		}
	}
	w->api->session_free(session[0]);
}

static void nothing_is_printed(void **state)
{
	struct world *w = *state;
	FILE *file = tmpfile();
	int was = dup(STDERR_FILENO);

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	open_session(w, &w->closed);
	struct asked asked = ask_known(w, 0);
	struct agent_v3 message = answer(w, &asked);
	message.key = "not the key of the user";
	enum snmp_got forged = receive(w, &message);
	message.key = w->key;
	message.pdu.tag = 0xaf;
	enum snmp_got broken = receive(w, &message);
	fflush(stderr);
	dup2(was, STDERR_FILENO);
	close(was);
	assert_int_equal(forged, SNMP_GOT_NOTHING);
	assert_int_equal(broken, SNMP_GOT_NOTHING);
	fseek(file, 0, SEEK_END);
	assert_int_equal(ftell(file), 0);
	fclose(file);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)
	const struct CMUnitTest tests[] = {
		TEST(the_first_message_asks_for_the_engine),
		TEST(the_request_follows_to_the_engine_by_its_clock),
		TEST(what_tells_no_engine_is_nothing),
		TEST(another_engine_than_wanted_is_not_spoken_to),
		TEST(v3_replies_to_others_are_nothing),
		TEST(reports_become_words),
		TEST(out_of_its_time_a_request_goes_once_more),
		TEST(only_the_owner_of_the_key_is_believed),
		TEST(localized_keys_are_those_of_the_passphrase),
		TEST(agents_of_one_engine_id_share_neither_user_nor_clock),
		TEST(nothing_is_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
