/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/proto/slp: what the recorded messages of test_slp_corpus.c do not have. */
#include "proto/slp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BEYOND "a field reaches beyond its end"
#define SHORT_BLOCK "an authentication block is shorter than its head"
#define FEWER_URLS "it has fewer URL entries than it says"
#define FEWER_TYPES "it has fewer service types than it says"
#define MORE_BYTES "it has bytes behind its last field"
#define NOT_BEHIND "an extension does not follow the one before"
#define CUT "cut by its sender"
#define URL_AUTH SLP_V1_FLAG_URL_AUTH
#define ATTR_AUTH SLP_V1_FLAG_ATTR_AUTH
#define OVERFLOWED SLP_FLAG_OVERFLOW

/* Structure 2, length 12, timestamp, SPI "", "xy"; the second one has no authenticator. */
#define V2_BLOCK "\0\2\0\14\1\2\3\4\0\0xy"
#define V2_BARE "\0\2\0\12\1\2\3\4\0\0"
/* Timestamp, structure 1, "xyz". */
#define V1_BLOCK "\1\2\3\4\5\6\7\10\0\1\0\3xyz"

#define TEXT_A "\0\1a"
#define TEXT_B "\0\1b"
#define TEXT_C "\0\1c"
#define NO_TEXT "\0\0"
#define OK "\0\0"
#define OK_1 "\0\0\0\1"
#define OK_2 "\0\0\0\2"
#define OK_3 "\0\0\0\3"
#define V2_URL "\0\0\7\0\3s:x"
#define V2_ENTRY V2_URL "\0"
#define V1_ENTRY "\0\7\0\3s:x"

struct bytes {
	size_t n;
	char at[512];
};

struct message {
	uint8_t version, function;
	uint16_t flags;
	struct view body;
	uint32_t extension; /* from the begin of the body; 0 = none */
};

static enum slp_reading reading_of(const char *why)
{
	if (why == NULL)
		return SLP_WHOLE;
	return strcmp(why, CUT) == 0 ? SLP_CUT : SLP_BROKEN;
}

static void put_number(struct bytes *bytes, size_t value, unsigned n)
{
	while (n-- > 0)
		bytes->at[bytes->n++] = (char)(value >> 8 * n);
}

/* XID 0x1234, language "en", US-ASCII, and the length that it has. */
static struct bytes build(const struct message *message)
{
	struct bytes bytes = { .n = 0 };
	size_t header = message->version == 1 ? 12 : 16, length = header + message->body.n;

	put_number(&bytes, message->version, 1);
	put_number(&bytes, message->function, 1);
	put_number(&bytes, length, message->version == 1 ? 2 : 3);
	if (message->version == 1) {
		put_number(&bytes, message->flags >> 8, 1);
		put_number(&bytes, 0x00656e00031234, 7);
	} else {
		put_number(&bytes, message->flags, 2);
		put_number(&bytes, message->extension > 0 ? header + message->extension : 0, 3);
		put_number(&bytes, 0x12340002656e, 6);
	}
	assert_int_equal(bytes.n, header);
	memcpy(bytes.at + bytes.n, message->body.p, message->body.n);
	bytes.n = length;
	return bytes;
}

/* Exact size, so that a read behind the end is seen by the address sanitizer; the views stay valid
 * until the copy is freed. */
static char *decode_copy(const struct bytes *bytes, enum slp_reading *reading, struct slp_msg *msg)
{
	char *copy = malloc(bytes->n);

	assert_non_null(copy);
	memcpy(copy, bytes->at, bytes->n);
	*reading = slp_decode((struct view){ copy, bytes->n }, msg);
	return copy;
}

/* What is wanted of a message: why it is not whole (NULL: it is), and what it holds. */
struct wanted {
	const char *why;
	unsigned blocks, items;
	uint16_t mandatory;
};

static void check(const char *table, size_t row, const struct message *message,
		  const struct wanted *wanted)
{
	struct bytes bytes = build(message);
	enum slp_reading reading;
	struct slp_msg msg;
	struct slp_url url;
	struct view type;
	unsigned items = 0;
	char *copy = decode_copy(&bytes, &reading, &msg);

	while (slp_next_url(&msg.items, &url) || slp_next_type(&msg.items, &type))
		items++;
	if (reading != reading_of(wanted->why) || (msg.why == NULL) != (wanted->why == NULL) ||
	    (msg.why != NULL && strcmp(msg.why, wanted->why) != 0))
		fail_msg("%s %zu: reading %d, %s", table, row, reading, msg.why);
	if (items != wanted->items || msg.auth_blocks != wanted->blocks ||
	    msg.mandatory != wanted->mandatory)
		fail_msg("%s %zu: %u items, %u blocks, extension %x", table, row, items,
			 msg.auth_blocks, msg.mandatory);
	free(copy);
}

static void authentication_blocks_are_skipped_by_their_length(void **state)
{
	static const struct {
		uint8_t version, function;
		uint16_t flags;
		unsigned blocks, items;
		const char *why;
		struct view body;
	} cases[] = {
		{ 2, SLP_SRV_RPLY, 0, 3, 2, NULL,
		  VIEW(OK_2 V2_URL "\3" V2_BLOCK V2_BARE V2_BLOCK V2_ENTRY) },
		{ 2, SLP_SRV_RPLY, 0, 0, 0, SHORT_BLOCK,
		  VIEW(OK_1 V2_URL "\1\0\2\0\11\1\2\3\4\0") },
		{ 2, SLP_SRV_RPLY, 0, 0, 0, SHORT_BLOCK,
		  VIEW(OK_1 V2_URL "\1\0\2\0\0\1\2\3\4\0\0") },
		{ 2, SLP_SRV_RPLY, 0, 0, 0, FEWER_URLS,
		  VIEW(OK_1 V2_URL "\1\0\2\0\15\1\2\3\4\0\0xy") },
		{ 2, SLP_SRV_RPLY, 0, 0, 0, FEWER_URLS, VIEW(OK_1 V2_URL "\377" V2_BLOCK) },
		{ 2, SLP_ATTR_RPLY, 0, 1, 0, NULL, VIEW(OK TEXT_A "\1" V2_BLOCK) },
		{ 2, SLP_ATTR_RPLY, 0, 1, 0, MORE_BYTES, VIEW(OK TEXT_A "\1" V2_BLOCK "!") },
		{ 2, SLP_ATTR_RPLY, 0, 1, 0, BEYOND, VIEW(OK TEXT_A "\2" V2_BLOCK) },
		{ 2, SLP_DA_ADVERT, 0, 1, 0, NULL,
		  VIEW("\0\0\0\0\0\1" TEXT_A TEXT_B TEXT_C NO_TEXT "\1" V2_BLOCK) },
		{ 2, SLP_SA_ADVERT, 0, 2, 0, NULL,
		  VIEW(TEXT_A TEXT_B TEXT_C "\2" V2_BLOCK V2_BLOCK) },
		{ 2, SLP_SRV_REG, 0, 2, 0, NULL,
		  VIEW(V2_URL "\1" V2_BLOCK TEXT_A TEXT_B TEXT_C "\1" V2_BLOCK) },
		{ 1, SLP_SRV_RPLY, URL_AUTH, 2, 2, NULL,
		  VIEW(OK_2 V1_ENTRY V1_BLOCK V1_ENTRY V1_BLOCK) },
		{ 1, SLP_SRV_RPLY, URL_AUTH, 0, 0, FEWER_URLS, VIEW(OK_1 V1_ENTRY) },
		{ 1, SLP_SRV_RPLY, ATTR_AUTH, 0, 1, NULL, VIEW(OK_1 V1_ENTRY) },
		{ 1, SLP_SRV_RPLY, 0, 0, 1, MORE_BYTES, VIEW(OK_1 V1_ENTRY V1_BLOCK) },
		{ 1, SLP_ATTR_RPLY, ATTR_AUTH, 1, 0, NULL, VIEW(OK TEXT_A V1_BLOCK) },
		{ 1, SLP_ATTR_RPLY, URL_AUTH, 0, 0, MORE_BYTES, VIEW(OK TEXT_A V1_BLOCK) },
		{ 1, SLP_SRV_REG, URL_AUTH | ATTR_AUTH, 2, 0, NULL,
		  VIEW(V1_ENTRY V1_BLOCK TEXT_C V1_BLOCK) },
		{ 1, SLP_SRV_REG, ATTR_AUTH, 1, 0, NULL, VIEW(V1_ENTRY TEXT_C V1_BLOCK) },
		{ 1, SLP_SRV_DEREG, URL_AUTH | ATTR_AUTH, 1, 0, NULL,
		  VIEW(TEXT_A V1_BLOCK TEXT_B) },
		{ 1, SLP_SRV_DEREG, URL_AUTH, 1, 0, NULL, VIEW(TEXT_A V1_BLOCK TEXT_B) },
		{ 1, SLP_DA_ADVERT, URL_AUTH, 0, 0, NULL, VIEW(OK TEXT_A TEXT_B) },
		{ 2, SLP_SRV_RPLY, URL_AUTH | ATTR_AUTH, 0, 1, NULL, VIEW(OK_1 V2_ENTRY) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check("blocks", i,
		      &(struct message){ cases[i].version, cases[i].function, cases[i].flags,
					 cases[i].body, 0 },
		      &(struct wanted){ cases[i].why, cases[i].blocks, cases[i].items, 0 });
}

/* Offsets in the bodies count from the begin of the message; the body begins at 16. */
static void extensions_are_walked_forwards_and_the_first_mandatory_one_is_told(void **state)
{
	static const struct {
		uint8_t function;
		uint32_t extension;
		uint16_t mandatory;
		const char *why;
		struct view body;
	} cases[] = {
		{ SLP_SRV_ACK, 2, 0, NULL, VIEW(OK "\0\1\0\0\0") },
		{ SLP_SRV_ACK, 2, 0, NULL, VIEW(OK "\77\377\0\0\0") },
		{ SLP_SRV_ACK, 2, 0x4000, NULL, VIEW(OK "\100\0\0\0\0xyz") },
		{ SLP_SRV_ACK, 2, 0x7fff, NULL, VIEW(OK "\177\377\0\0\0") },
		{ SLP_SRV_ACK, 2, 0, NULL, VIEW(OK "\200\0\0\0\0") },
		{ SLP_SRV_ACK, 2, 0x4002, NULL, VIEW(OK "\0\1\0\0\30x\100\2\0\0\35\100\3\0\0\0") },
		{ SLP_SRV_ACK, 2, 0, NOT_BEHIND, VIEW(OK "\0\1\0\0\26\0\2\0\0\0") },
		{ SLP_SRV_ACK, 2, 0, NOT_BEHIND, VIEW(OK "\0\1\0\0\22") },
		{ SLP_SRV_ACK, 2, 0, NOT_BEHIND, VIEW(OK "\0\1\0\0\27\0\2\0\0\22") },
		{ SLP_SRV_ACK, 2, 0, BEYOND, VIEW(OK "\0\1\0\0\27\0\2\0\0") },
		{ SLP_SRV_ACK, 2, 0, BEYOND, VIEW(OK "\0\1\377\377\377") },
		{ SLP_SRV_ACK, 2, 0, BEYOND, VIEW(OK "\0\1\0\0") },
		{ SLP_SRV_ACK, 3, 0, MORE_BYTES, VIEW(OK "!\0\1\0\0\0") },
		{ SLP_SRV_ACK, 1, 0, BEYOND, VIEW("\0\1\0\0\0\0") },
		{ SLP_SRV_ACK, 3, 0x4001, NULL, VIEW("\0\1!\100\1\0\0\0") },
		{ SLP_SRV_TYPE_RPLY, 5, 0, NULL, VIEW(OK TEXT_A "\0\1\0\0\0") },
		{ SLP_SRV_TYPE_RPLY, 4, 0, BEYOND, VIEW(OK TEXT_A "\0\1\0\0\0") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned items = cases[i].function == SLP_SRV_TYPE_RPLY && cases[i].why == NULL;
		check("extensions", i,
		      &(struct message){ 2, cases[i].function, 0, cases[i].body,
					 cases[i].extension },
		      &(struct wanted){ cases[i].why, 0, items, cases[i].mandatory });
	}
}

static void the_fields_and_items_of_a_message_fit_or_it_is_broken(void **state)
{
	static const struct {
		uint8_t version, function;
		uint16_t flags;
		unsigned items;
		const char *why;
		struct view body;
	} cases[] = {
		{ 2, SLP_SRV_RPLY, OVERFLOWED, 2, NULL, VIEW(OK_2 V2_ENTRY V2_ENTRY) },
		{ 2, SLP_SRV_RPLY, OVERFLOWED, 2, CUT, VIEW(OK_3 V2_ENTRY V2_ENTRY "\0\0") },
		{ 2, SLP_SRV_RPLY, OVERFLOWED, 1, MORE_BYTES, VIEW(OK_1 V2_ENTRY V2_ENTRY) },
		{ 2, SLP_SRV_RPLY, 0, 2, FEWER_URLS, VIEW(OK_3 V2_ENTRY V2_ENTRY "\0\0") },
		{ 1, SLP_SRV_TYPE_RPLY, OVERFLOWED, 2, CUT, VIEW(OK_3 TEXT_A TEXT_B "\0\2c") },
		{ 1, SLP_SRV_TYPE_RPLY, 0, 2, FEWER_TYPES, VIEW(OK_3 TEXT_A TEXT_B "\0\2c") },
		{ 1, SLP_SRV_TYPE_RPLY, 0, 3, NULL, VIEW(OK_3 TEXT_A NO_TEXT TEXT_C) },
		{ 2, SLP_SRV_TYPE_RPLY, 0, 2, NULL, VIEW("\0\0\0\7,a, b,,") },
		{ 2, SLP_SRV_TYPE_RPLY, 0, 0, NULL, VIEW("\0\0\0\1,") },
		{ 2, SLP_SRV_TYPE_RPLY, OVERFLOWED, 1, CUT, VIEW("\0\0\0\7a,bc") },
		{ 2, SLP_SRV_TYPE_RPLY, OVERFLOWED, 0, CUT, VIEW("\0\0\0\7abc") },
		{ 2, SLP_SRV_TYPE_RPLY, 0, 0, BEYOND, VIEW("\0\0") },
		{ 2, SLP_SRV_RPLY, 0, 0, FEWER_URLS, VIEW("\0\0\377\377") },
		{ 1, SLP_SRV_RPLY, 0, 0, BEYOND, VIEW("\0") },
		{ 2, SLP_SRV_RPLY, 0, 0, NULL, VIEW("\0\4") },
		{ 2, SLP_SRV_RPLY, 0, 0, NULL, VIEW("\0\4\0\1" V2_ENTRY) },
		{ 2, SLP_DA_ADVERT, 0, 0, NULL, VIEW("\0\4\1") },
		{ 1, SLP_SRV_TYPE_RPLY, 0, 0, NULL, VIEW("\0\5\0\1" TEXT_A) },
		{ 2, SLP_SRV_TYPE_RQST, 0, 0, NULL, VIEW(NO_TEXT "\377\377" TEXT_A) },
		{ 2, SLP_SRV_TYPE_RQST, 0, 0, BEYOND, VIEW(NO_TEXT "\377\376" TEXT_A) },
		{ 1, SLP_SRV_TYPE_RQST, 0, 0, NULL, VIEW(NO_TEXT TEXT_B TEXT_A) },
		{ 2, SLP_SRV_RQST, 0, 0, BEYOND, VIEW(TEXT_A TEXT_A TEXT_A TEXT_A) },
		{ 1, SLP_SRV_RQST, 0, 0, MORE_BYTES, VIEW(TEXT_A TEXT_A TEXT_A) },
		{ 2, SLP_ATTR_RQST, 0, 0, BEYOND, VIEW(TEXT_A TEXT_A TEXT_A TEXT_A) },
		{ 1, SLP_ATTR_RQST, 0, 0, NULL, VIEW(TEXT_A TEXT_A TEXT_A TEXT_A) },
		{ 2, SLP_SRV_DEREG, 0, 0, NULL, VIEW(TEXT_A V2_ENTRY TEXT_B) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check("fields", i,
		      &(struct message){ cases[i].version, cases[i].function, cases[i].flags,
					 cases[i].body, 0 },
		      &(struct wanted){ cases[i].why, 0, cases[i].items, 0 });
}

static void a_cut_list_ends_before_its_last_comma(void **state)
{
	static const struct {
		const char *list, *wanted;
	} cases[] = {
		{ "(a=1),(b=2", "(a=1)" }, { "(a=1),", "(a=1)" }, { "(a=1,2", "(a=1" },
		{ "(a=1)", "" },	   { "a,b,secu", "a,b" }, { "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes bytes =
			build(&(struct message){ 2, SLP_ATTR_RPLY, 0, VIEW("\0\0\1\0"), 0 });
		struct slp_msg msg;

		memcpy(bytes.at + bytes.n, cases[i].list, strlen(cases[i].list));
		bytes.n += strlen(cases[i].list);
		bytes.at[3] = 1;
		assert_int_equal(slp_decode((struct view){ bytes.at, bytes.n }, &msg), SLP_CUT);
		assert_string_equal(msg.why, "longer than the bytes that came");
		if (!view_eq(msg.attributes, view_of(cases[i].wanted)))
			fail_msg("%s: %.*s", cases[i].list, VIEW_ARG(msg.attributes));
	}
}

/* The texts are "u", "t", "s", "p" and "a" where they belong into the view of that letter. */
static void a_field_lies_where_its_rfc_puts_it(void **state)
{
	static const struct {
		uint8_t version, function;
		const char *holds;
		struct view body;
	} cases[] = {
		{ 1, SLP_SRV_RQST, "pt", VIEW("\0\1p\0\1t") },
		{ 1, SLP_SRV_REG, "ua", VIEW("\0\7\0\1u\0\1a") },
		{ 1, SLP_SRV_DEREG, "u", VIEW("\0\1u\0\1x") },
		{ 1, SLP_ATTR_RQST, "pus", VIEW("\0\1p\0\1u\0\1s\0\1x") },
		{ 1, SLP_ATTR_RPLY, "a", VIEW(OK "\0\1a") },
		{ 1, SLP_DA_ADVERT, "us", VIEW(OK "\0\1u\0\1s") },
		{ 1, SLP_SRV_TYPE_RQST, "ps", VIEW("\0\1p\0\1x\0\1s") },
		{ 2, SLP_SRV_RQST, "pts", VIEW("\0\1p\0\1t\0\1s\0\1x\0\1x") },
		{ 2, SLP_SRV_REG, "utsa", VIEW("\0\0\7\0\1u\0\0\1t\0\1s\0\1a\0") },
		{ 2, SLP_SRV_DEREG, "su", VIEW("\0\1s\0\0\7\0\1u\0\0\1x") },
		{ 2, SLP_ATTR_RQST, "pus", VIEW("\0\1p\0\1u\0\1s\0\1x\0\1x") },
		{ 2, SLP_ATTR_RPLY, "a", VIEW(OK "\0\1a\0") },
		{ 2, SLP_DA_ADVERT, "usa", VIEW(OK "\0\0\0\1\0\1u\0\1s\0\1a\0\1x\0") },
		{ 2, SLP_SRV_TYPE_RQST, "ps", VIEW("\0\1p\0\1x\0\1s") },
		{ 2, SLP_SA_ADVERT, "usa", VIEW("\0\1u\0\1s\0\1a\0") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes bytes = build(&(struct message){ cases[i].version, cases[i].function,
							      0, cases[i].body, 0 });
		struct slp_msg msg;

		assert_int_equal(slp_decode((struct view){ bytes.at, bytes.n }, &msg), SLP_WHOLE);
		const struct {
			char letter;
			struct view field;
		} fields[] = { { 'u', msg.url },
			       { 't', msg.type },
			       { 's', msg.scopes },
			       { 'p', msg.previous },
			       { 'a', msg.attributes } };
		for (size_t k = 0; k < sizeof(fields) / sizeof(fields[0]); k++) {
			bool wanted = strchr(cases[i].holds, fields[k].letter) != NULL;
			if (!view_eq(fields[k].field, (struct view){ &fields[k].letter, wanted }))
				fail_msg("case %zu: '%c' is \"%.*s\"", i, fields[k].letter,
					 VIEW_ARG(fields[k].field));
		}
	}
}

static void a_header_is_read_as_its_version_writes_it(void **state)
{
	struct bytes bytes = build(&(struct message){ 2, SLP_DA_ADVERT, 0xe123,
						      VIEW(OK "\1\2\3\4\0\0\0\0\0\0\0\0\0"), 0 });
	struct slp_msg msg;

	(void)state;
	assert_int_equal(slp_decode((struct view){ bytes.at, bytes.n }, &msg), SLP_WHOLE);
	assert_int_equal(msg.boot_time, 0x01020304);
	assert_int_equal(msg.flags, 0xe123);
	assert_int_equal(msg.xid, 0x1234);
	assert_int_equal(msg.encoding, 0);
	assert_int_equal(msg.length, 31);
	assert_true(view_eq(msg.language, VIEW("en")));
	assert_true(msg.has_error);
	bytes = build(&(struct message){ 1, SLP_SRV_RQST, 0xf800, VIEW(NO_TEXT NO_TEXT), 0 });
	assert_int_equal(slp_decode((struct view){ bytes.at, bytes.n }, &msg), SLP_WHOLE);
	assert_int_equal(msg.flags, 0xf800);
	assert_int_equal(msg.xid, 0x1234);
	assert_int_equal(msg.encoding, 3);
	assert_int_equal(msg.length, 16);
	assert_true(view_eq(msg.language, VIEW("en")));
	assert_false(msg.has_error);
}

static void urls_and_types_are_not_mixed_up(void **state)
{
	struct bytes bytes = build(&(struct message){ 2, SLP_SRV_RPLY, 0, VIEW(OK_1 V2_ENTRY), 0 });
	struct slp_msg msg;
	struct slp_url url;
	struct view type;

	(void)state;
	slp_decode((struct view){ bytes.at, bytes.n }, &msg);
	assert_false(slp_next_type(&msg.items, &type));
	assert_true(slp_next_url(&msg.items, &url));
	assert_int_equal(url.lifetime_s, 7);
	bytes = build(&(struct message){ 1, SLP_SRV_TYPE_RPLY, 0, VIEW(OK_1 TEXT_A), 0 });
	slp_decode((struct view){ bytes.at, bytes.n }, &msg);
	assert_false(slp_next_url(&msg.items, &url));
	assert_true(slp_next_type(&msg.items, &type));
	assert_true(view_eq(type, VIEW("a")));
	assert_false(slp_next_type(&msg.items, &type));
}

static void a_stream_that_cannot_be_slp_ends_at_once(void **state)
{
	static const struct {
		struct view bytes;
		size_t wanted;
	} cases[] = {
		{ VIEW(""), 0 },
		{ VIEW("\2"), 0 },
		{ VIEW("\2\12"), 0 },
		{ VIEW("\2\12\0\0"), 0 },
		{ VIEW("\2\12\0\0\20"), 16 },
		{ VIEW("\2\12\0\0\15"), SIZE_MAX },
		{ VIEW("\2\12\0\20\1"), SIZE_MAX },
		{ VIEW("\2\12\0\20\0"), 4096 },
		{ VIEW("\1\12\0"), 0 },
		{ VIEW("\1\12\0\14"), 12 },
		{ VIEW("\1\12\0\13"), SIZE_MAX },
		{ VIEW("\3"), SIZE_MAX },
		{ VIEW("\0"), SIZE_MAX },
		{ VIEW("HTTP/1.1"), SIZE_MAX },
		{ VIEW("\2\14"), SIZE_MAX },
		{ VIEW("\2\0"), SIZE_MAX },
		{ VIEW("\1\13"), SIZE_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (slp_stream_length(cases[i].bytes, 4096) != cases[i].wanted)
			fail_msg("case %zu: %zu", i, slp_stream_length(cases[i].bytes, 4096));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(authentication_blocks_are_skipped_by_their_length),
		cmocka_unit_test(
			extensions_are_walked_forwards_and_the_first_mandatory_one_is_told),
		cmocka_unit_test(the_fields_and_items_of_a_message_fit_or_it_is_broken),
		cmocka_unit_test(a_cut_list_ends_before_its_last_comma),
		cmocka_unit_test(a_field_lies_where_its_rfc_puts_it),
		cmocka_unit_test(a_header_is_read_as_its_version_writes_it),
		cmocka_unit_test(urls_and_types_are_not_mixed_up),
		cmocka_unit_test(a_stream_that_cannot_be_slp_ends_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
