/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/proto/slp_query and slp_words: requests byte for byte, what answers them, names. */
#include "proto/slp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { XID = 0x1234, REQUEST_MAX = 2048, PART_MAX = 65535 };

#define DIVA "service:diva.eicon"
#define DIVA_URL DIVA ":capi://10.44.0.2:4711"
#define DIVA_URL_3 DIVA ":capi://10.44.0.3:4711"
#define AS_AGENT "service:service-agent"
#define DA_AGENT "service:directory-agent"
#define DEFAULT .scopes = VIEW("DEFAULT")
#define SRV(v) .version = (v), .function = SLP_SRV_RQST
#define ATTR(v) .version = (v), .function = SLP_ATTR_RQST
#define TYPES(v) .version = (v), .function = SLP_SRV_TYPE_RQST

static struct view load(const char *name, char *bytes)
{
	const char *srcdir = getenv("srcdir");
	char path[512];

	snprintf(path, sizeof(path), "%s/tests/data/slp/%s.bin", srcdir != NULL ? srcdir : ".",
		 name);
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("cannot read %s", path);
	struct view all = { bytes, fread(bytes, 1, REQUEST_MAX, file) };
	fclose(file);
	return all;
}

/* Requests that OpenSLP answered, and some of its own client; those have other XIDs. */
static const struct {
	const char *name;
	struct slp_query query;
} REQUESTS[] = {
	{ "v2-typerqst-all-req", { TYPES(2), DEFAULT } },
	{ "v2-typerqst-iana-req", { TYPES(2), DEFAULT, .one_authority = true } },
	{ "v2-typerqst-eicon-req",
	  { TYPES(2), DEFAULT, .one_authority = true, .authority = VIEW("eicon") } },
	{ "v2-typerqst-noscope-req", { TYPES(2) } },
	{ "slptool-1440-14-srvtyperqst", { TYPES(2), DEFAULT, .xid = 0xb21c } },
	{ "v2-srvrqst-diva-req", { SRV(2), DEFAULT, .type = VIEW(DIVA) } },
	{ "v2-srvrqst-diva-pred-req",
	  { SRV(2), DEFAULT, .type = VIEW(DIVA), .predicate = VIEW("(capabilities=fax)") } },
	{ "v2-srvrqst-emptyscope-req", { SRV(2), .type = VIEW(DIVA) } },
	{ "v2-srvrqst-emptytype-req", { SRV(2), DEFAULT } },
	{ "v2-srvrqst-sa-noscope-req", { SRV(2), .type = VIEW(AS_AGENT) } },
	{ "v2-srvrqst-da-req", { SRV(2), DEFAULT, .type = VIEW(DA_AGENT) } },
	{ "v2-flags-mcast-req", { SRV(2), DEFAULT, .type = VIEW(DIVA), .multicast = true } },
	{ "mcast-v2-srvrqst-prlist-req",
	  { SRV(2), DEFAULT, .type = VIEW(DIVA), .multicast = true,
	    .previous = VIEW("10.44.0.2,10.44.0.3") } },
	{ "slptool-1440-18-srvrqst",
	  { SRV(2), .type = VIEW(DA_AGENT), .multicast = true, .xid = 0x3bb2,
	    .previous = VIEW("10.44.0.3") } },
	{ "v2-srvrqst-lang-EN-us-req",
	  { SRV(2), DEFAULT, .type = VIEW(DIVA), .language = VIEW("en-US") } },
	{ "v2-srvrqst-lang-de-pred-req",
	  { SRV(2), DEFAULT, .type = VIEW(DIVA), .language = VIEW("de"),
	    .predicate = VIEW("(capabilities=fax)") } },
	{ "v2-attrrqst-url-req", { ATTR(2), DEFAULT, .type = VIEW(DIVA_URL) } },
	{ "v2-attrrqst-type-req", { ATTR(2), DEFAULT, .type = VIEW(DIVA) } },
	{ "v2-attrrqst-tags-req",
	  { ATTR(2), DEFAULT, .type = VIEW(DIVA), .tags = VIEW("channels,cap*") } },
	{ "v1-da-typerqst-all-req", { TYPES(1) } },
	{ "v1-da-typerqst-all-scope-req", { TYPES(1), DEFAULT } },
	{ "v1-da-typerqst-iana-req", { TYPES(1), .one_authority = true } },
	{ "v1-da-srvrqst-da-req", { SRV(1), .type = VIEW(DA_AGENT) } },
	{ "v1-da-srvrqst-da-req", { SRV(1), .type = VIEW("directory-agent") } },
	{ "v1-da-srvrqst-diva-noscope-req", { SRV(1), .type = VIEW("diva.eicon") } },
	{ "v1-da-srvrqst-diva-scope-req", { SRV(1), DEFAULT, .type = VIEW("diva.eicon") } },
	{ "v1-da-srvrqst-svc-prefix-req", { SRV(1), DEFAULT, .type = VIEW(DIVA) } },
	{ "v1-da-srvrqst-where-req",
	  { SRV(1), DEFAULT, .type = VIEW(DIVA), .predicate = VIEW("(capabilities==fax)") } },
	{ "v1-da-attrrqst-url-req", { ATTR(1), .type = VIEW(DIVA_URL_3) } },
	{ "v1-da-attrrqst-url-scope-req", { ATTR(1), DEFAULT, .type = VIEW(DIVA_URL_3) } },
	{ "v1-da-attrrqst-type-req", { ATTR(1), DEFAULT, .type = VIEW(DIVA) } },
};

static void a_request_is_the_recorded_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(REQUESTS) / sizeof(REQUESTS[0]); i++) {
		char bytes[REQUEST_MAX], recorded[REQUEST_MAX];
		struct wr w = wr_over(bytes, sizeof(bytes));
		struct slp_query query = REQUESTS[i].query;
		struct slp_msg msg;

		if (query.xid == 0)
			query.xid = XID;
		wr_byte(&w, '!');
		assert_true(wr_slp_query(&w, &query));
		if (!view_eq(view_skip(wr_view(&w), 1), load(REQUESTS[i].name, recorded)))
			fail_msg("%s: other bytes", REQUESTS[i].name);
		assert_int_equal(bytes[0], '!');
		assert_int_equal(slp_decode(view_skip(wr_view(&w), 1), &msg), SLP_WHOLE);
	}
}

static void a_writer_that_is_too_small_stays_as_it_is(void **state)
{
	static const struct slp_query query = { SRV(2), DEFAULT, .type = VIEW(DIVA) };
	enum { BYTES = 51 };

	(void)state;
	for (size_t cap = 0; cap <= BYTES; cap++) {
		char *bytes = malloc(cap + 1);
		struct wr w = wr_over(bytes, cap + 1);

		assert_non_null(bytes);
		wr_byte(&w, '!');
		assert_int_equal(wr_slp_query(&w, &query), cap == BYTES);
		assert_int_equal(w.n, cap == BYTES ? BYTES + 1 : 1);
		assert_int_equal(w.full, cap != BYTES);
		free(bytes);
	}
}

/* One part at its limit, and one byte above it. */
static void a_part_is_no_longer_than_its_length_field_can_say(void **state)
{
	static char text[PART_MAX + 2], room[4 * PART_MAX];
	struct view most = { text, PART_MAX }, more = { text, PART_MAX + 1 };
	struct view authority = { text, PART_MAX - 1 };
	enum { V1_OTHER = 12 + 2 + 2 };
	const struct {
		bool ok;
		struct slp_query query;
	} cases[] = {
		{ true, { SRV(2), .type = most } },
		{ false, { SRV(2), .type = more } },
		{ true, { SRV(2), .scopes = most } },
		{ false, { SRV(2), .scopes = more } },
		{ true, { SRV(2), .predicate = most } },
		{ false, { SRV(2), .predicate = more } },
		{ true, { SRV(2), .previous = most } },
		{ false, { SRV(2), .previous = more } },
		{ true, { ATTR(2), .type = most } },
		{ false, { ATTR(2), .type = more } },
		{ true, { ATTR(2), .tags = most } },
		{ false, { ATTR(2), .tags = more } },
		{ false, { ATTR(2), .scopes = more } },
		{ true, { TYPES(2), .one_authority = true, .authority = authority } },
		{ false, { TYPES(2), .one_authority = true, .authority = most } },
		{ false, { TYPES(2), .one_authority = true, .authority = more } },
		{ true, { TYPES(2), .authority = more } },
		{ false, { TYPES(2), .scopes = more } },
		{ true, { SRV(1), .type = view_first(most, PART_MAX - V1_OTHER - 3) } },
		{ false, { SRV(1), .type = view_first(most, PART_MAX - V1_OTHER - 2) } },
		{ false, { SRV(1), .type = view_first(most, 30000), .scopes = most } },
		{ false, { SRV(1), .predicate = more } },
		{ true, { TYPES(1), .scopes = view_first(most, PART_MAX - V1_OTHER - 2) } },
		{ false, { TYPES(1), .scopes = view_first(most, PART_MAX - V1_OTHER - 1) } },
		{ false, { .version = 0, .function = SLP_SRV_RQST } },
		{ false, { .version = 3, .function = SLP_SRV_RQST } },
		{ false, { .version = 2, .function = SLP_SRV_REG } },
		{ false, { .version = 2, .function = SLP_SRV_DEREG } },
		{ false, { .version = 1, .function = SLP_SRV_REG } },
	};

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wr w = wr_over(room, sizeof(room));
		bool ok = wr_slp_query(&w, &cases[i].query);
		struct slp_msg msg;

		if (ok != cases[i].ok || (w.n > 0) != ok || w.full)
			fail_msg("case %zu: %d, %zu bytes", i, ok, w.n);
		if (ok)
			assert_int_equal(slp_decode(wr_view(&w), &msg), SLP_WHOLE);
	}
}

static void a_language_is_a_tag(void **state)
{
	static const struct {
		uint8_t version;
		bool ok;
		const char *language;
	} cases[] = {
		{ 2, true, "" },
		{ 2, true, "de" },
		{ 2, true, "x-klingon-7" },
		{ 2, true, "x" },
		{ 2, true, "az-AZ-09" },
		{ 2, false, "_de" },
		{ 2, true, "abcdefghij-abcdefghij-abcdefghij-ab" },
		{ 2, false, "abcdefghij-abcdefghij-abcdefghij-abc" },
		{ 2, false, "de_DE" },
		{ 2, false, "d e" },
		{ 2, false, "d\303\244" },
		{ 2, false, "de\n" },
		{ 1, true, "" },
		{ 1, true, "de" },
		{ 1, true, "AZ" },
		{ 1, true, "za" },
		{ 1, false, "d" },
		{ 1, false, "deu" },
		{ 1, false, "d1" },
		{ 1, false, "1d" },
		{ 1, false, "en-US" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char bytes[REQUEST_MAX];
		struct wr w = wr_over(bytes, sizeof(bytes));
		struct slp_query query = { .version = cases[i].version,
					   .function = SLP_SRV_TYPE_RQST,
					   .language = view_of(cases[i].language) };
		struct slp_msg msg;

		if (wr_slp_query(&w, &query) != cases[i].ok)
			fail_msg("v%u \"%s\"", cases[i].version, cases[i].language);
		assert_int_equal(w.n > 0, cases[i].ok);
		if (!cases[i].ok)
			continue;
		slp_decode(wr_view(&w), &msg);
		assert_true(
			view_eq(msg.language, query.language.n > 0 ? query.language : VIEW("en")));
	}
}

static void only_the_right_function_answers(void **state)
{
	static const struct {
		bool ok;
		uint8_t reply;
		uint16_t error;
		enum slp_function request;
		const char *type;
	} cases[] = {
		{ true, SLP_SRV_RPLY, 0, SLP_SRV_RQST, DIVA },
		{ true, SLP_SRV_RPLY, 4, SLP_SRV_RQST, DA_AGENT },
		{ true, SLP_SRV_RPLY, 4, SLP_ATTR_RQST, DIVA },
		{ true, SLP_SRV_RPLY, 2, SLP_SRV_TYPE_RQST, "" },
		{ false, SLP_SRV_RPLY, 0, SLP_ATTR_RQST, DIVA },
		{ false, SLP_SRV_RPLY, 0, SLP_SRV_TYPE_RQST, "" },
		{ true, SLP_ATTR_RPLY, 0, SLP_ATTR_RQST, DIVA },
		{ false, SLP_ATTR_RPLY, 0, SLP_SRV_RQST, DIVA },
		{ false, SLP_ATTR_RPLY, 1, SLP_SRV_TYPE_RQST, "" },
		{ true, SLP_SRV_TYPE_RPLY, 0, SLP_SRV_TYPE_RQST, "" },
		{ false, SLP_SRV_TYPE_RPLY, 0, SLP_SRV_RQST, DIVA },
		{ true, SLP_DA_ADVERT, 0, SLP_SRV_RQST, DA_AGENT },
		{ true, SLP_DA_ADVERT, 0, SLP_SRV_RQST, "Service:Directory-Agent" },
		{ true, SLP_DA_ADVERT, 0, SLP_SRV_RQST, "directory-agent" },
		{ false, SLP_DA_ADVERT, 0, SLP_SRV_RQST, AS_AGENT },
		{ false, SLP_DA_ADVERT, 0, SLP_SRV_RQST, DIVA },
		{ false, SLP_DA_ADVERT, 0, SLP_SRV_RQST, "" },
		{ false, SLP_DA_ADVERT, 0, SLP_ATTR_RQST, DA_AGENT },
		{ true, SLP_SA_ADVERT, 0, SLP_SRV_RQST, AS_AGENT },
		{ false, SLP_SA_ADVERT, 0, SLP_SRV_RQST, DA_AGENT },
		{ false, SLP_SA_ADVERT, 0, SLP_SRV_RQST, DIVA },
		{ false, SLP_SA_ADVERT, 0, SLP_SRV_TYPE_RQST, AS_AGENT },
		{ false, SLP_SRV_ACK, 0, SLP_SRV_RQST, DIVA },
		{ false, SLP_SRV_RQST, 0, SLP_SRV_RQST, DIVA },
		{ false, SLP_SRV_REG, 0, SLP_SRV_RQST, DIVA },
		{ false, SLP_SRV_RPLY, 3, SLP_SRV_REG, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slp_msg reply = { .version = 2,
					 .function = cases[i].reply,
					 .has_error = true,
					 .error = cases[i].error };
		if (slp_is_answer(&reply, cases[i].request, view_of(cases[i].type)) != cases[i].ok)
			fail_msg("case %zu", i);
	}
}

static void is_name(const char *name, const char *wanted)
{
	if (wanted == NULL)
		assert_null(name);
	else
		assert_string_equal(name, wanted);
}

static void functions_have_the_names_of_their_rfc(void **state)
{
	static const char *const names[] = { NULL,	 "SrvRqst",	"SrvRply",     "SrvReg",
					     "SrvDeReg", "SrvAck",	"AttrRqst",    "AttrRply",
					     "DAAdvert", "SrvTypeRqst", "SrvTypeRply", "SAAdvert" };

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		is_name(slp_function_name(1, (uint8_t)i), i < 11 ? names[i] : NULL);
		is_name(slp_function_name(2, (uint8_t)i), i < 12 ? names[i] : NULL);
		is_name(slp_function_name(3, (uint8_t)i), NULL);
	}
}

static void errors_have_the_names_of_their_version(void **state)
{
	(void)state;
	is_name(slp_error_name(1, 0), "OK");
	is_name(slp_error_name(1, 4), "SCOPE_NOT_SUPPORTED");
	is_name(slp_error_name(2, 4), "SCOPE_NOT_SUPPORTED");
	is_name(slp_error_name(1, 5), "CHARSET_NOT_UNDERSTOOD");
	is_name(slp_error_name(2, 5), "AUTHENTICATION_UNKNOWN");
	is_name(slp_error_name(1, 7), "AUTHENTICATION_FAILED");
	is_name(slp_error_name(1, 8), NULL);
	is_name(slp_error_name(2, 8), NULL);
	is_name(slp_error_name(2, 10), "INTERNAL_ERROR");
	is_name(slp_error_name(2, 11), "DA_BUSY_NOW");
	is_name(slp_error_name(2, 15), "REFRESH_REJECTED");
	is_name(slp_error_name(2, 16), NULL);
	is_name(slp_error_name(2, 65535), NULL);
	is_name(slp_error_name(0, 0), NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_the_recorded_one),
		cmocka_unit_test(a_writer_that_is_too_small_stays_as_it_is),
		cmocka_unit_test(a_part_is_no_longer_than_its_length_field_can_say),
		cmocka_unit_test(a_language_is_a_tag),
		cmocka_unit_test(only_the_right_function_answers),
		cmocka_unit_test(functions_have_the_names_of_their_rfc),
		cmocka_unit_test(errors_have_the_names_of_their_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
