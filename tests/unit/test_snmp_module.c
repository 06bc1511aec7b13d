/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SNMP module: what it writes and reads as v2c. */
#include "snmp_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CASES(array) (sizeof(array) / sizeof((array)[0]))
#define UPTIME "1.3.6.1.2.1.1.3.0"

enum { WHY_MAX = 160 };

struct world {
	const struct snmp_api *api;
	struct snmp_credentials credentials;
	struct snmp_session *session;
	struct snmp_request request;
	struct oid beyond; /* right behind the request's */
	struct snmp_reply reply;
	struct wr out;
	char room[SNMP_REQUEST_BYTES_MAX];
	char why[WHY_MAX];
	struct ber vars, message;
};

static void ask_for(struct snmp_request *request, const char *const *oids, size_t count)
{
	request->count = count;
	for (size_t i = 0; i < count; i++) {
		struct oid *oid = &request->oid[i];
		oid->n = 0;
		for (const char *p = oids[i]; *p != '\0'; p += *p == '.')
			oid->arc[oid->n++] = (uint32_t)strtoul(p, (char **)&p, 10);
	}
}

static int world_open(void **state)
{
	static const char *const oids[] = { UPTIME };
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->api = snmp_load(w->why, sizeof(w->why));
	if (w->api == NULL)
		fail_msg("%s", w->why);
	w->credentials = (struct snmp_credentials){ .v2c = true, .community = VIEW("secret") };
	w->out = wr_over(w->room, sizeof(w->room));
	w->session = w->api->session_new(&w->credentials, w->why, sizeof(w->why));
	assert_non_null(w->session);
	ask_for(&w->request, oids, 1);
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

static struct asked ask(struct world *w, uint64_t random)
{
	wr_reset(&w->out);
	if (!w->api->request(w->session, &w->request, random, &w->out, w->why, sizeof(w->why)))
		fail_msg("%s", w->why);
	return wire_asked(wr_view(&w->out));
}

static enum snmp_got receive(struct world *w, struct view datagram)
{
	wr_reset(&w->out);
	return w->api->receive(w->session, datagram, &w->reply, &w->out, w->why, sizeof(w->why));
}

/* The answer to the last request, made of w->vars. */
static struct view answer(struct world *w, int64_t id)
{
	struct agent_pdu pdu = { TAG_RESPONSE, id, 0, 0, &w->vars };

	wire_v2c(&w->message, 1, "secret", &pdu);
	return ber_view(&w->message);
}

/* Requests */

static void a_request_is_these_bytes(void **state)
{
	static const char *const oids[] = { "1.3.6.1.2.1.1.3.0", "1.3.6.1.4.1.4294967295",
					    "2.999.128" };
	/* Written down by hand from RFC 1901, RFC 3416 and X.690. */
	static const char tail[] =
		"\x30\x28"
		"\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x03\x00\x05\x00"
		"\x30\x0e\x06\x0a\x2b\x06\x01\x04\x01\x8f\xff\xff\xff\x7f\x05\x00"
		"\x30\x08\x06\x04\x88\x37\x81\x00\x05\x00";
	static const struct {
		enum snmp_ask ask;
		char tag, repetitions;
	} cases[] = { { SNMP_GET, '\xa0', 0 }, { SNMP_NEXT, '\xa1', 0 }, { SNMP_BULK, '\xa5', 7 } };
	struct world *w = *state;

	ask_for(&w->request, oids, CASES(oids));
	for (size_t i = 0; i < CASES(cases); i++) {
		char bytes[256];
		struct wr wanted = wr_over(bytes, sizeof(bytes));
		w->request.ask = cases[i].ask;
		w->request.repetitions = (unsigned)cases[i].repetitions;
		int64_t id = ask(w, 0).request_id;
		assert_in_range(id, 1 << 24, INT32_MAX);
		wr_put(&wanted, VIEW("\x30\x43\x02\x01\x01\x04\x06secret"));
		wr_byte(&wanted, cases[i].tag);
		wr_put(&wanted, VIEW("\x36\x02\x04"));
		for (int shift = 24; shift >= 0; shift -= 8)
			wr_byte(&wanted, (char)(id >> shift));
		wr_put(&wanted, VIEW("\x02\x01\x00\x02\x01"));
		wr_byte(&wanted, cases[i].repetitions);
		wr_put(&wanted, (struct view){ tail, sizeof(tail) - 1 });
		assert_int_equal(w->out.n, wanted.n);
		assert_memory_equal(w->room, bytes, wanted.n);
	}
}

static void ids_come_from_what_the_caller_draws(void **state)
{
	struct world *w = *state;
	int64_t id = ask(w, 1).request_id;

	assert_int_equal(ask(w, 1).request_id, id);
	for (uint64_t random = 2; random < 100; random++) {
		int64_t other = ask(w, random).request_id;
		assert_in_range(other, 0, INT32_MAX);
		assert_int_not_equal(other, id);
		assert_int_not_equal(other - id, 1);
		id = other;
	}
}

static void many_variables_keep_their_order(void **state)
{
	static const size_t counts[] = { 49, 50, 51, 100, 101, SNMP_VARS_MAX };
	struct world *w = *state;

	for (size_t c = 0; c < CASES(counts); c++) {
		w->request.count = counts[c];
		for (size_t i = 0; i < counts[c]; i++)
			w->request.oid[i] = (struct oid){ 3, { 1, 3, (uint32_t)i } };
		struct view vars = ask(w, c).vars;
		for (size_t i = 0; i < counts[c]; i++) {
			struct view var = wire_take(&vars, TAG_SEQUENCE);
			struct view oid = wire_take(&var, TAG_OID);
			assert_int_equal((unsigned char)oid.p[oid.n - 1], i & 0x7f);
		}
		assert_int_equal(vars.n, 0);
	}
}

static void what_cannot_be_asked_is_refused(void **state)
{
	static const struct {
		size_t count;
		struct oid oid;
	} cases[] = {
		{ 0, { 3, { 1, 3, 6 } } },
		{ SNMP_VARS_MAX + 1, { 3, { 1, 3, 6 } } },
		{ 1, { 0, { 0 } } },
		{ 1, { 1, { 1 } } },
		{ 1, { OID_ARCS_MAX + 1, { 1, 3, 6 } } },
		{ 1, { 3, { 3, 1, 6 } } },
	};
	struct world *w = *state;
	struct view late;

	for (size_t i = 0; i < SNMP_VARS_MAX; i++)
		w->request.oid[i] = (struct oid){ 3, { 1, 3, 6 } };
	w->beyond = w->request.oid[0];
	ber_var(&w->vars, UPTIME, TAG_TICKS, VIEW("\x01"));
	for (size_t i = 0; i < CASES(cases); i++) {
		w->request.count = 1;
		w->request.oid[0] = (struct oid){ 3, { 1, 3, 6 } };
		late = answer(w, ask(w, i).request_id);
		w->request.count = cases[i].count;
		w->request.oid[0] = cases[i].oid;
		w->why[0] = '\0';
		assert_false(w->api->request(w->session, &w->request, 0, &w->out, w->why,
					     sizeof(w->why)));
		assert_true(w->why[0] != '\0');
		assert_int_equal(receive(w, late), SNMP_GOT_NOTHING);
	}
	w->request.count = 1;
	w->request.oid[0] = (struct oid){ 3, { 1, 3, 6 } };
	late = answer(w, ask(w, 9).request_id);
	w->out = wr_over(w->room, 20);
	assert_false(w->api->request(w->session, &w->request, 9, &w->out, w->why, sizeof(w->why)));
	assert_string_equal(w->why, "the request does not fit a message");
	assert_int_equal(receive(w, late), SNMP_GOT_NOTHING);
}

/* Replies */

static void every_type_is_read(void **state)
{
	static const struct {
		unsigned tag;
		struct view value;
		enum snmp_type type;
		int64_t number;
	} cases[] = {
		{ TAG_INTEGER, VIEW("\x00"), SNMP_NUMBER, 0 },
		{ TAG_INTEGER, VIEW("\xff"), SNMP_NUMBER, -1 },
		{ TAG_INTEGER, VIEW("\x80\x00\x00\x00"), SNMP_NUMBER, INT32_MIN },
		{ TAG_INTEGER, VIEW("\x7f\xff\xff\xff"), SNMP_NUMBER, INT32_MAX },
		{ TAG_COUNTER, VIEW("\x00\xff\xff\xff\xff"), SNMP_NUMBER, UINT32_MAX },
		{ TAG_GAUGE, VIEW("\x00\x80\x00\x00\x00"), SNMP_NUMBER, 0x80000000 },
		{ TAG_TICKS, VIEW("\x01\x00"), SNMP_NUMBER, 256 },
		{ TAG_COUNTER64, VIEW("\x01"), SNMP_NUMBER, 1 },
		{ TAG_COUNTER64, VIEW("\x01\x00\x00\x00\x02"), SNMP_NUMBER, 0x100000002 },
		{ TAG_COUNTER64, VIEW("\x7f\xff\xff\xff\xff\xff\xff\xff"), SNMP_NUMBER, INT64_MAX },
		{ TAG_COUNTER64, VIEW("\x00\x80\x00\x00\x00\x00\x00\x00\x00"), SNMP_NUMBER,
		  INT64_MAX },
		{ TAG_TEXT, VIEW(""), SNMP_TEXT, 0 },
		{ TAG_TEXT, VIEW("a\0\x1b|\xff"), SNMP_TEXT, 0 },
		{ TAG_ADDRESS, VIEW("\x7f\0\0\1"), SNMP_TEXT, 0 },
		{ TAG_OID, VIEW("\x2b\x06"), SNMP_OID, 0 },
		{ TAG_NO_OBJECT, VIEW(""), SNMP_NO_OBJECT, 0 },
		{ TAG_NO_INSTANCE, VIEW(""), SNMP_NO_INSTANCE, 0 },
		{ TAG_END, VIEW(""), SNMP_END, 0 },
		{ TAG_NULL, VIEW(""), SNMP_OTHER, 0 },
		{ TAG_BITS, VIEW("\x00\x80"), SNMP_OTHER, 0 },
		{ TAG_OPAQUE, VIEW("abc"), SNMP_OTHER, 0 },
		{ TAG_OPAQUE, VIEW("\x9f\x78\x04\x41\x20\x00\x00"), SNMP_OTHER, 0 },
	};
	struct world *w = *state;

	for (size_t i = 0; i < CASES(cases); i++)
		ber_var(&w->vars, "1.3.6.1.4.1.4294967295.0", cases[i].tag, cases[i].value);
	assert_int_equal(receive(w, answer(w, ask(w, 0).request_id)), SNMP_GOT_REPLY);
	assert_int_equal(w->reply.count, CASES(cases));
	assert_int_equal(w->reply.error, 0);
	assert_int_equal(w->reply.error_index, 0);
	for (size_t i = 0; i < CASES(cases); i++) {
		static const uint32_t arcs[] = { 1, 3, 6, 1, 4, 1, UINT32_MAX, 0 };
		const struct snmp_var *var = &w->reply.var[i];
		assert_int_equal(var->oid.n, CASES(arcs));
		assert_memory_equal(var->oid.arc, arcs, sizeof(arcs));
		if (var->type != cases[i].type || var->number != cases[i].number)
			fail_msg("case %zu: type %d number %lld", i, (int)var->type,
				 (long long)var->number);
		assert_true(view_eq(var->text, var->type == SNMP_TEXT ? cases[i].value : VIEW("")));
	}
}

static void an_error_names_its_variable(void **state)
{
	struct world *w = *state;
	struct agent_pdu pdu = { TAG_RESPONSE, ask(w, 5).request_id, 2, 1, &w->vars };

	ber_var(&w->vars, UPTIME, TAG_NULL, VIEW(""));
	wire_v2c(&w->message, 1, "secret", &pdu);
	assert_int_equal(receive(w, ber_view(&w->message)), SNMP_GOT_REPLY);
	assert_int_equal(w->reply.error, 2);
	assert_int_equal(w->reply.error_index, 1);
	assert_int_equal(w->reply.count, 1);
	pdu = (struct agent_pdu){ TAG_RESPONSE, ask(w, 6).request_id, 1, -1, &w->vars };
	wire_v2c(&w->message, 1, "secret", &pdu);
	assert_int_equal(receive(w, ber_view(&w->message)), SNMP_GOT_REPLY);
	assert_int_equal(w->reply.error_index, 0);
}

static void what_is_too_long_is_cut(void **state)
{
	static const char text[SNMP_TEXT_MAX + 1] = { [SNMP_TEXT_MAX - 1] = 'z' };
	struct world *w = *state;

	ber_var(&w->vars, UPTIME, TAG_TEXT, (struct view){ text, sizeof(text) });
	for (int i = 0; i < SNMP_VARS_MAX + 20; i++)
		ber_var(&w->vars, UPTIME, TAG_INTEGER, (struct view){ (char[]){ (char)i }, 1 });
	assert_int_equal(receive(w, answer(w, ask(w, 0).request_id)), SNMP_GOT_REPLY);
	assert_int_equal(w->reply.count, SNMP_VARS_MAX);
	assert_int_equal(w->reply.var[0].text.n, SNMP_TEXT_MAX);
	assert_int_equal(w->reply.var[0].text.p[SNMP_TEXT_MAX - 1], 'z');
	assert_int_equal(w->reply.var[SNMP_VARS_MAX - 1].number, SNMP_VARS_MAX - 2);
}

static void an_oid_has_up_to_128_arcs(void **state)
{
	struct world *w = *state;
	char dots[1024];

	for (int arcs = OID_ARCS_MAX; arcs <= OID_ARCS_MAX + 1; arcs++) {
		struct wr oid = wr_over(dots, sizeof(dots) - 1);
		wr_str(&oid, "1.3");
		for (int i = 2; i < arcs; i++)
			wr_str(&oid, ".7");
		dots[oid.n] = '\0';
		w->vars.n = 0;
		ber_var(&w->vars, dots, TAG_NULL, VIEW(""));
		bool fits = receive(w, answer(w, ask(w, 0).request_id)) == SNMP_GOT_REPLY;
		assert_int_equal(fits, arcs == OID_ARCS_MAX);
		if (fits)
			assert_int_equal(w->reply.var[0].oid.n, OID_ARCS_MAX);
	}
}

static void a_datagram_cut_anywhere_is_nothing(void **state)
{
	struct world *w = *state;

	ber_var(&w->vars, UPTIME, TAG_TICKS, VIEW("\x01\x02"));
	ber_var(&w->vars, UPTIME, TAG_TEXT, VIEW("text"));
	ber_var(&w->vars, UPTIME, TAG_OID, VIEW("\x2b\x06\x81\x01"));
	ber_var(&w->vars, UPTIME, TAG_BITS, VIEW("\x00\x80"));
	struct view whole = answer(w, ask(w, 0).request_id);
	for (size_t n = 0; n < whole.n; n++) {
		char *exact = malloc(n + 1);
		assert_non_null(exact);
		memcpy(exact + 1, whole.p, n);
		assert_int_equal(receive(w, (struct view){ exact + 1, n }), SNMP_GOT_NOTHING);
		free(exact);
	}
	assert_int_equal(receive(w, (struct view){ NULL, 0 }), SNMP_GOT_NOTHING);
	assert_int_equal(receive(w, whole), SNMP_GOT_REPLY);
	assert_int_equal(w->reply.count, 4);
}

static void foreign_datagrams_are_nothing(void **state)
{
	static const struct {
		int64_t version, id;
		const char *community;
		unsigned tag;
	} cases[] = {
		{ 1, 1, "secret", TAG_RESPONSE },  { 1, -1, "secret", TAG_RESPONSE },
		{ 1, 0, "secret ", TAG_RESPONSE }, { 1, 0, "secre", TAG_RESPONSE },
		{ 1, 0, "", TAG_RESPONSE },	   { 0, 0, "secret", TAG_RESPONSE },
		{ 3, 0, "secret", TAG_RESPONSE },  { 2, 0, "secret", TAG_RESPONSE },
		{ 1, 0, "secret", TAG_GET },	   { 1, 0, "secret", TAG_REPORT },
		{ 1, 0, "secret", 0xa3 },	   { 1, 0, "secret", 0xa6 },
		{ 1, 0, "secret", 0xa7 },	   { 1, 0, "secret", 0xa9 },
	};
	struct world *w = *state;

	ber_var(&w->vars, UPTIME, TAG_TICKS, VIEW("\x01"));
	int64_t id = ask(w, 0).request_id;
	for (size_t i = 0; i < CASES(cases); i++) {
		struct agent_pdu pdu = { cases[i].tag, id + cases[i].id, 0, 0, &w->vars };
		wire_v2c(&w->message, cases[i].version, cases[i].community, &pdu);
		if (receive(w, ber_view(&w->message)) != SNMP_GOT_NOTHING)
			fail_msg("case %zu", i);
		assert_int_equal(w->out.n, 0);
	}
	ask(w, 0);
	assert_int_equal(receive(w, wr_view(&w->out)), SNMP_GOT_NOTHING);
	assert_int_equal(receive(w, answer(w, id)), SNMP_GOT_REPLY);
}

static void an_answer_counts_once_and_only_for_the_last_request(void **state)
{
	struct world *w = *state;

	ber_var(&w->vars, UPTIME, TAG_TICKS, VIEW("\x01"));
	assert_int_equal(receive(w, answer(w, 1)), SNMP_GOT_NOTHING);
	int64_t late = ask(w, 1).request_id, id = ask(w, 2).request_id;
	assert_int_equal(receive(w, answer(w, late)), SNMP_GOT_NOTHING);
	assert_int_equal(receive(w, answer(w, id)), SNMP_GOT_REPLY);
	assert_int_equal(receive(w, answer(w, id)), SNMP_GOT_NOTHING);
}

static void sessions_do_not_take_each_others_answers(void **state)
{
	struct world *w = *state;
	struct snmp_session *first = w->session;
	struct snmp_session *second = w->api->session_new(&w->credentials, w->why, sizeof(w->why));

	ber_var(&w->vars, UPTIME, TAG_TICKS, VIEW("\x01"));
	int64_t id = ask(w, 1).request_id;
	w->session = second;
	int64_t other = ask(w, 2).request_id;
	assert_int_equal(receive(w, answer(w, id)), SNMP_GOT_NOTHING);
	assert_int_equal(receive(w, answer(w, other)), SNMP_GOT_REPLY);
	w->session = first;
	assert_int_equal(receive(w, answer(w, other)), SNMP_GOT_NOTHING);
	assert_int_equal(receive(w, answer(w, id)), SNMP_GOT_REPLY);
	w->api->session_free(second);
	w->api->session_free(NULL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_these_bytes),
		TEST(ids_come_from_what_the_caller_draws),
		TEST(many_variables_keep_their_order),
		TEST(what_cannot_be_asked_is_refused),
		TEST(every_type_is_read),
		TEST(an_error_names_its_variable),
		TEST(what_is_too_long_is_cut),
		TEST(an_oid_has_up_to_128_arcs),
		TEST(a_datagram_cut_anywhere_is_nothing),
		TEST(foreign_datagrams_are_nothing),
		TEST(an_answer_counts_once_and_only_for_the_last_request),
		TEST(sessions_do_not_take_each_others_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
