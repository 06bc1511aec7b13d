/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is kept of messages: lists with an end, wishes that see all, facts of the first or last one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "slp_rig.h"

/* One of the lists of `desk`. */
#define ASSERT_LIST(list, wanted) rig_assert_texts(&desk.found.list, desk.found.list##_room, wanted)
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Messages of an agent one after the other, and what was found in them. */
struct desk {
	struct slp_findings found;
	struct slp_wishes wishes;
	char bytes[8192];
	struct wr w;
	struct slp_msg msg;
};

static void clear(struct desk *desk)
{
	memset(desk, 0, sizeof(*desk));
	desk->w = wr_over(desk->bytes, sizeof(desk->bytes));
}

/* The message that was written, decoded; the next one is written over it. */
static const struct slp_msg *read_back(struct desk *desk)
{
	assert_int_equal(slp_decode(wr_view(&desk->w), &desk->msg), SLP_WHOLE);
	wr_reset(&desk->w);
	return &desk->msg;
}

static void add(struct desk *desk)
{
	slp_findings_add(&desk->found, read_back(desk), &desk->wishes);
}

static void add_truncated(struct desk *desk)
{
	slp_findings_truncated(&desk->found, read_back(desk), &desk->wishes);
}

static void add_types(struct desk *desk, uint8_t version, const char *types)
{
	wire_types(&desk->w, version, 1, types);
	add(desk);
}

static void add_urls(struct desk *desk, uint16_t lifetime_s, const char *urls)
{
	wire_urls(&desk->w, 2, 1, lifetime_s, urls);
	add(desk);
}

static void add_attrs(struct desk *desk, uint8_t version, const char *attrs)
{
	wire_attrs(&desk->w, version, 1, attrs);
	add(desk);
}

static struct slp_wish wish_of(const char *text)
{
	struct slp_wish wish;
	const char *why;
	size_t column;

	assert_true(slp_wish_parse(view_of(text), &wish, &column, &why));
	return wish;
}

static void list_keeps_each_text_once(void **state)
{
	static const char *const texts[] = { "a", "", "b", "a", "ab", "A", "b", "" };
	struct slp_texts list = { 0 };
	char room[64];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		slp_texts_add(&list, room, sizeof(room), view_of(texts[i]));
	rig_assert_texts(&list, room, "a;b;ab;A;");
	assert_int_equal(list.seen, 4);
	assert_false(list.clipped);
}

static void list_without_room_counts_on(void **state)
{
	struct slp_texts list = { 0 };
	char room[12];

	(void)state;
	memset(room, 'x', sizeof(room));
	slp_texts_add(&list, room, 10, VIEW("1234"));
	slp_texts_add(&list, room, 10, VIEW("123"));
	rig_assert_texts(&list, room, "1234;");
	assert_true(list.clipped);
	assert_int_equal(list.seen, 2);
	slp_texts_add(&list, room, 10, VIEW("12"));
	slp_texts_add(&list, room, 10, VIEW("1"));
	slp_texts_add(&list, room, 10, VIEW("1234"));
	slp_texts_add(&list, room, 10, VIEW("1"));
	rig_assert_texts(&list, room, "1234;12;");
	assert_int_equal(list.seen, 5);
	assert_int_equal(list.n, 10);
	assert_memory_equal(room + 10, "xx", 2);
}

static void long_text_has_its_length_in_two_bytes(void **state)
{
	static char text[600], room[700];
	struct slp_texts list = { 0 };
	struct view out;
	size_t at = 0;

	(void)state;
	memset(text, 'a', sizeof(text));
	slp_texts_add(&list, room, sizeof(room), (struct view){ text, sizeof(text) });
	slp_texts_add(&list, room, sizeof(room), VIEW("b\0c"));
	assert_true(slp_texts_next(&list, room, &at, &out) && out.n == 600);
	assert_true(slp_texts_next(&list, room, &at, &out) && view_eq(out, VIEW("b\0c")));
	assert_false(slp_texts_next(&list, room, &at, &out));
}

static void types_of_all_replies_are_listed(void **state)
{
	struct desk desk;

	(void)state;
	clear(&desk);
	add_types(&desk, 2, "service:a,service:b");
	assert_true(desk.found.types_told);
	assert_true(desk.found.v2);
	assert_false(desk.found.v1);
	add_types(&desk, 1, "service:b,service:c");
	assert_true(desk.found.v1);
	ASSERT_LIST(types, "service:a;service:b;service:c;");
	assert_int_equal(desk.found.valid, 2);
	assert_false(desk.found.services_told || desk.found.attrs_told);
	assert_false(desk.found.sa || desk.found.da);
	clear(&desk);
	add_types(&desk, 2, "");
	assert_true(desk.found.types_told);
	assert_int_equal(desk.found.types.seen, 0);
}

static void types_without_room_are_counted_and_still_wished_for(void **state)
{
	struct view wanted = { "service:z499", 12 };
	struct desk desk;
	char text[8000];
	struct wr w = wr_over(text, sizeof(text));

	(void)state;
	clear(&desk);
	desk.wishes = (struct slp_wishes){ .type = &wanted, .types = 1 };
	for (unsigned i = 100; i < 500; i++)
		wr_fmt(&w, "%sservice:z%u", i > 100 ? "," : "", i);
	wr_byte(&w, '\0');
	add_types(&desk, 2, text);
	assert_int_equal(desk.found.types.seen, 400);
	assert_int_equal(desk.found.types.kept, SLP_TYPES_BYTES / (2 + 12));
	assert_true(desk.found.types.clipped);
	assert_int_equal(desk.found.types_met, 1);
}

static void required_type_is_met_by_its_concrete_types(void **state)
{
	static const struct {
		const char *wanted, *offered;
		bool met;
	} cases[] = {
		{ "service:diva.eicon", "service:diva.eicon", true },
		{ "service:diva.eicon", "SERVICE:Diva.Eicon", true },
		{ "service:diva.eicon", "service:diva.eicon:capi", true },
		{ "service:diva.eicon", "service:x,service:diva.eicon:fax:g3", true },
		{ "service:diva.eicon:capi", "service:diva.eicon", false },
		{ "service:diva.eicon", "service:diva.eiconic", false },
		{ "service:diva.eicon", "service:diva", false },
		{ "service:diva.eicon", "diva.eicon", false },
		{ "service:diva.eicon", "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct view wanted = view_of(cases[i].wanted);
		struct desk desk;
		clear(&desk);
		desk.wishes = (struct slp_wishes){ .type = &wanted, .types = 1 };
		add_types(&desk, 2, cases[i].offered);
		if (desk.found.types_met != cases[i].met)
			fail_msg("%s by %s", cases[i].wanted, cases[i].offered);
	}
}

static void types_are_met_across_replies_and_attributes_in_one_list(void **state)
{
	static const struct view type[] = { VIEW("service:a"), VIEW("service:b"), VIEW("service:c"),
					    VIEW("service:d") };
	struct slp_wish attr[] = { wish_of("channels>=30"), wish_of("secure"),
				   wish_of("mode=a,b") };
	struct desk desk;

	(void)state;
	clear(&desk);
	desk.wishes = (struct slp_wishes){ type, COUNT(type), attr, COUNT(attr) };
	add_types(&desk, 2, "service:b");
	assert_int_equal(desk.found.types_met, 2);
	add_types(&desk, 1, "service:x");
	add_urls(&desk, 9, "service:a://h,service:d:x:/ipx/h,service:ccc://h");
	assert_int_equal(desk.found.types_met, 2 | 1 | 8);
	add_attrs(&desk, 2, "(channels=8)");
	assert_int_equal(desk.found.attrs_met, 0);
	add_attrs(&desk, 2, "(channels=30),secret");
	assert_int_equal(desk.found.attrs_met, 1);
	add_attrs(&desk, 2, "(mode=a\\2cb)"); /* another service */
	assert_int_equal(desk.found.attrs_met, 1);
	add_attrs(&desk, 2, "(mode=a\\2cb),secure");
	assert_int_equal(desk.found.attrs_met, 4 | 2);
	wire_sa(&desk.w, 1, "DEFAULT", "secure");
	add(&desk);
	assert_int_equal(desk.found.attrs_met, 4 | 2);
	add_attrs(&desk, 2, "(channels=60),(mode=a\\2cb),secure");
	assert_int_equal(desk.found.attrs_met, 1 | 4 | 2);
}

static void escapes_are_those_of_the_version(void **state)
{
	static const char *const lists[] = { "(mode=a&#44;b)", "(mode=a\\2cb)" };
	struct slp_wish wish = wish_of("mode=a,b");
	struct desk desk;

	(void)state;
	for (uint8_t version = 1; version <= 2; version++)
		for (unsigned i = 0; i < COUNT(lists); i++) {
			clear(&desk);
			desk.wishes = (struct slp_wishes){ .attr = &wish, .attrs = 1 };
			add_attrs(&desk, version, lists[i]);
			assert_int_equal(desk.found.attrs_met, i + 1 == version);
			assert_true(desk.found.attrs_told);
		}
}

/* The last bit that there is. */
static void all_wishes_have_a_bit(void **state)
{
	struct view type[SLP_WISHES_MAX];
	struct desk desk;

	(void)state;
	for (size_t i = 0; i < COUNT(type); i++)
		type[i] = i + 1 < COUNT(type) ? VIEW("service:no") : VIEW("service:a");
	clear(&desk);
	desk.wishes = (struct slp_wishes){ .type = type, .types = COUNT(type) };
	add_types(&desk, 2, "service:a");
	assert_int_equal(desk.found.types_met, UINT32_C(1) << 31);
}

static void services_are_counted_with_the_shortest_lifetime(void **state)
{
	struct desk desk;

	(void)state;
	clear(&desk);
	add_urls(&desk, 500, "");
	assert_true(desk.found.services_told);
	assert_false(desk.found.has_lifetime);
	add_urls(&desk, 65535, "service:a://h");
	assert_true(desk.found.has_lifetime);
	assert_int_equal(desk.found.min_lifetime_s, 65535);
	add_urls(&desk, 0, "service:a://h,service:b://h");
	add_urls(&desk, 7, "service:c://h");
	assert_int_equal(desk.found.min_lifetime_s, 0);
	assert_int_equal(desk.found.services, 4);
	ASSERT_LIST(urls, "service:a://h;service:b://h;service:c://h;");
}

static void agents_are_no_services(void **state)
{
	static const struct {
		const char *urls;
		unsigned services;
	} cases[] = {
		{ "service:service-agent://h", 0 },
		{ "service:directory-agent://h", 0 },
		{ "Directory-Agent://h,service:a://h", 1 },
		{ "service:service-agents://h", 1 },
		{ "service-agent:x://h", 1 },
		{ "service:a://h/service-agent://", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct desk desk;
		clear(&desk);
		add_urls(&desk, 1, cases[i].urls);
		assert_false(desk.found.sa || desk.found.da);
		assert_int_equal(desk.found.services, cases[i].services);
		assert_int_equal(desk.found.has_lifetime, cases[i].services > 0);
	}
}

static void answer_to_a_request_for_agents_says_nothing_of_services(void **state)
{
	static const char *const urls[] = { "", "service:a://h,service:directory-agent://h" };

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++) {
		struct desk desk;
		clear(&desk);
		wire_urls(&desk.w, 2, 1, 60, urls[i]);
		slp_findings_add_agents(&desk.found, read_back(&desk), &desk.wishes);
		assert_int_equal(desk.found.valid, 1);
		assert_true(desk.found.v2);
		assert_false(desk.found.services_told || desk.found.has_lifetime);
		assert_int_equal(desk.found.services, 0);
		assert_int_equal(desk.found.da, i == 1);
	}
}

static void adverts_tell_roles_and_scopes(void **state)
{
	struct desk desk;

	(void)state;
	clear(&desk);
	wire_sa(&desk.w, 1, "DEFAULT, voice,,DEFAULT,v", "");
	add(&desk);
	assert_true(desk.found.sa);
	assert_false(desk.found.da);
	wire_da(&desk.w, 1, 1, 0, "fax", "");
	add(&desk);
	assert_true(desk.found.da);
	assert_true(desk.found.v1);
	ASSERT_LIST(scopes, "DEFAULT;voice;v;fax;");
	assert_int_equal(desk.found.attrs.seen, 0);
	assert_false(desk.found.attrs_told || desk.found.services_told || desk.found.types_told);
}

static void boot_time_is_that_of_the_last_advert_of_version_2(void **state)
{
	struct desk desk;

	(void)state;
	clear(&desk);
	wire_da(&desk.w, 1, 1, 0, "", "");
	add(&desk);
	assert_false(desk.found.has_boot_time);
	wire_da(&desk.w, 2, 1, 0xfedcba98, "", "(a=1)");
	add(&desk);
	assert_true(desk.found.has_boot_time);
	assert_int_equal(desk.found.boot_time, 0xfedcba98);
	wire_da(&desk.w, 2, 1, 0, "", "");
	add(&desk);
	wire_da(&desk.w, 1, 1, 0, "", "");
	add(&desk);
	assert_true(desk.found.has_boot_time);
	assert_int_equal(desk.found.boot_time, 0);
	ASSERT_LIST(attrs, "(a=1);");
}

static void truncated_message_fills_lists_and_tells_nothing(void **state)
{
	struct desk desk;

	(void)state;
	clear(&desk);
	wire_types(&desk.w, 2, 1, "service:a");
	add_truncated(&desk);
	wire_urls(&desk.w, 2, 1, 9, "service:a://h");
	add_truncated(&desk);
	wire_attrs(&desk.w, 2, 1, "(a=1)");
	add_truncated(&desk);
	wire_da(&desk.w, 2, 1, 5, "voice", "");
	add_truncated(&desk);
	assert_int_equal(desk.found.truncated, 4);
	assert_int_equal(desk.found.valid, 0);
	assert_false(desk.found.v1 || desk.found.v2 || desk.found.has_boot_time);
	assert_false(desk.found.types_told || desk.found.services_told || desk.found.attrs_told);
	assert_int_equal(desk.found.services, 1);
	assert_true(desk.found.da);
	ASSERT_LIST(types, "service:a;");
	ASSERT_LIST(attrs, "(a=1);");
	ASSERT_LIST(scopes, "voice;");
}

static void request_that_was_heard_only_counts(void **state)
{
	struct slp_query query = { 2, SLP_SRV_RQST, .xid = 1, .type = VIEW(RIG_DA) };
	struct desk desk;

	(void)state;
	clear(&desk);
	query.scopes = VIEW("voice");
	assert_true(wr_slp_query(&desk.w, &query));
	add(&desk);
	assert_int_equal(desk.found.valid, 1);
	assert_true(desk.found.v2);
	assert_false(desk.found.services_told || desk.found.sa || desk.found.da);
	assert_int_equal(desk.found.scopes.seen, 0);
}

static void first_error_is_kept(void **state)
{
	struct desk desk;

	(void)state;
	clear(&desk);
	wire_error(&desk.w, 1, SLP_SRV_RPLY, 1, 5);
	slp_findings_error(&desk.found, read_back(&desk));
	assert_true(desk.found.errors_v1);
	wire_error(&desk.w, 2, SLP_SRV_TYPE_RPLY, 1, 4);
	slp_findings_error(&desk.found, read_back(&desk));
	assert_int_equal(desk.found.errors, 2);
	assert_int_equal(desk.found.error, 5);
	assert_int_equal(desk.found.error_version, 1);
	assert_int_equal(desk.found.valid, 0);
	assert_false(desk.found.v1 || desk.found.v2 || desk.found.types_told);
}

static void first_foreign_and_first_suspect_bytes_are_kept(void **state)
{
	struct desk desk;

	(void)state;
	clear(&desk);
	slp_findings_foreign(&desk.found, VIEW("HTTP/1.1 400 Bad Request\r\n"));
	slp_findings_foreign(&desk.found, VIEW("xx"));
	slp_findings_suspect(&desk.found, "first", VIEW("\x02\x02"));
	slp_findings_suspect(&desk.found, "second", VIEW("\x02\x02\x03"));
	assert_int_equal(desk.found.foreign, 2);
	assert_int_equal(desk.found.foreign_bytes, 26);
	assert_int_equal(desk.found.peek_n, SLP_PEEK);
	assert_memory_equal(desk.found.peek, "HTTP/1.1 400 Bad", SLP_PEEK);
	assert_int_equal(desk.found.suspects, 2);
	assert_string_equal(desk.found.suspect_why, "first");
	assert_int_equal(desk.found.suspect_n, 2);
	assert_memory_equal(desk.found.suspect, "\x02\x02", 2);
	clear(&desk);
	slp_findings_foreign(&desk.found, (struct view){ NULL, 0 });
	slp_findings_suspect(&desk.found, "short", VIEW("\x02"));
	assert_int_equal(desk.found.foreign, 1);
	assert_int_equal(desk.found.peek_n, 0);
	assert_memory_equal(desk.found.suspect, "\x02", 1);
}

static void most_trailing_bytes_and_all_authentication_blocks_are_counted(void **state)
{
	struct desk desk;

	(void)state;
	clear(&desk);
	for (unsigned i = 0; i < 3; i++) {
		wire_types(&desk.w, 2, 1, "service:a");
		read_back(&desk);
		desk.msg.trailing = i == 1 ? 31110 : i;
		desk.msg.auth_blocks = i + 1;
		slp_findings_add(&desk.found, &desk.msg, &desk.wishes);
	}
	assert_int_equal(desk.found.trailing_bytes, 31110);
	assert_int_equal(desk.found.auth_blocks, 6);
	wire_error(&desk.w, 2, SLP_SRV_RPLY, 1, 4);
	read_back(&desk);
	desk.msg.trailing = 31111;
	slp_findings_error(&desk.found, &desk.msg);
	assert_int_equal(desk.found.trailing_bytes, 31111);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_keeps_each_text_once),
		cmocka_unit_test(list_without_room_counts_on),
		cmocka_unit_test(long_text_has_its_length_in_two_bytes),
		cmocka_unit_test(types_of_all_replies_are_listed),
		cmocka_unit_test(types_without_room_are_counted_and_still_wished_for),
		cmocka_unit_test(required_type_is_met_by_its_concrete_types),
		cmocka_unit_test(types_are_met_across_replies_and_attributes_in_one_list),
		cmocka_unit_test(escapes_are_those_of_the_version),
		cmocka_unit_test(all_wishes_have_a_bit),
		cmocka_unit_test(services_are_counted_with_the_shortest_lifetime),
		cmocka_unit_test(agents_are_no_services),
		cmocka_unit_test(answer_to_a_request_for_agents_says_nothing_of_services),
		cmocka_unit_test(adverts_tell_roles_and_scopes),
		cmocka_unit_test(boot_time_is_that_of_the_last_advert_of_version_2),
		cmocka_unit_test(truncated_message_fills_lists_and_tells_nothing),
		cmocka_unit_test(request_that_was_heard_only_counts),
		cmocka_unit_test(first_error_is_kept),
		cmocka_unit_test(first_foreign_and_first_suspect_bytes_are_kept),
		cmocka_unit_test(most_trailing_bytes_and_all_authentication_blocks_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
