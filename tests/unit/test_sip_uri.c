/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/proto/sip_uri */
#include "proto/sip_uri.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_view(struct view got, const char *wanted)
{
	if (!view_eq(got, view_of(wanted)))
		fail_msg("got \"%.*s\", wanted \"%s\"", VIEW_ARG(got), wanted);
}

static void every_part_of_a_uri_is_found(void **state)
{
	static const struct {
		const char *text, *user, *host;
		uint16_t port;
		const char *transport, *maddr, *rest;
		bool secure, ipv6;
	} cases[] = {
		{ "sip:example.org", "", "example.org", 0, "", "", "", false, false },
		{ "SIPS:a@h:5061", "a", "h", 5061, "", "", "", true, false },
		{ "sip:a:pw;x?y/z@h_1.x.:1;Transport=tls;lr", "a:pw;x?y/z", "h_1.x.", 1, "tls", "",
		  ";Transport=tls;lr", false, false },
		{ "sip:[2001:db8::10]:5070", "", "2001:db8::10", 5070, "", "", "", false, true },
		{ "sip:[2001:db8::10:5070]", "", "2001:db8::10:5070", 0, "", "", "", false, true },
		{ "sip:[::ffff:192.0.2.2];x", "", "::ffff:192.0.2.2", 0, "", "", ";x", false,
		  true },
		{ "sip:192.0.2.1:65535;maddr=[::1];x=;y", "", "192.0.2.1", 65535, "", "::1",
		  ";maddr=[::1];x=;y", false, false },
		{ "sip:h?transport=no&a=b;maddr=no", "", "h", 0, "", "",
		  "?transport=no&a=b;maddr=no", false, false },
		{ "sip:h;transport=udp?x=y;transport=z", "", "h", 0, "udp", "",
		  ";transport=udp?x=y;transport=z", false, false },
		{ "sip:sips%3Auser%40example.com@example.net", "sips%3Auser%40example.com",
		  "example.net", 0, "", "", "", false, false },
		{ "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com",
		  "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", "example.com", 0, "", "", "",
		  false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sip_uri uri;
		const char *why;
		if (!sip_uri_parse(view_of(cases[i].text), &uri, &why))
			fail_msg("%s: %s", cases[i].text, why);
		assert_null(why);
		assert_view(uri.user, cases[i].user);
		assert_view(uri.host, cases[i].host);
		assert_int_equal(uri.port, cases[i].port);
		assert_view(uri.transport, cases[i].transport);
		assert_view(uri.maddr, cases[i].maddr);
		assert_view(uri.rest, cases[i].rest);
		assert_int_equal(uri.secure, cases[i].secure);
		assert_int_equal(uri.host_is_ipv6, cases[i].ipv6);
	}
}

static void assert_refused(struct view text, const char *wanted)
{
	struct sip_uri uri;
	const char *why;

	if (sip_uri_parse(text, &uri, &why))
		fail_msg("accepted: %.*s", VIEW_ARG(text));
	assert_string_equal(why, wanted);
}

static void a_bad_uri_is_refused_with_the_reason(void **state)
{
	static const char *const cases[][2] = {
		{ "", "no sip: or sips: in front" },
		{ "example.org", "no sip: or sips: in front" },
		{ "tel:+1", "no sip: or sips: in front" },
		{ " sip:h", "a byte that must be escaped" },
		{ "sip:h\r\nEvil: x", "a byte that must be escaped" },
		{ "sip:h\t", "a byte that must be escaped" },
		{ "sip:h\x7f", "a byte that must be escaped" },
		{ "sip:\xc3\xa9@h", "a byte that must be escaped" },
		{ "<sip:h>", "a byte that must be escaped" },
		{ "sip:a<b@h", "a byte that must be escaped" },
		{ "sip:a>b@h", "a byte that must be escaped" },
		{ "sip:\"a\"@h", "a byte that must be escaped" },
		{ "sip:", "the host is empty" },
		{ "sip::5060", "the host is empty" },
		{ "sip:a@", "the host is empty" },
		{ "sip:;lr", "the host is empty" },
		{ "sip:@h", "the user part before '@' is empty" },
		{ "sip:a@b@c", "more than one '@'" },
		{ "sip:h:", "the port is not a number from 1 to 65535" },
		{ "sip:h:0", "the port is not a number from 1 to 65535" },
		{ "sip:h:65536", "the port is not a number from 1 to 65535" },
		{ "sip:h:-1", "the port is not a number from 1 to 65535" },
		{ "sip:2001:db8::10", "the port is not a number from 1 to 65535" },
		{ "sip:h:5060x", "a byte that no host name has" },
		{ "sip:h/x", "a byte that no host name has" },
		{ "sip:h]", "a byte that no host name has" },
		{ "sip:[::1", "'[' without ']'" },
		{ "sip:[]", "no IPv6 address in the brackets" },
		{ "sip:[192.0.2.1]", "no IPv6 address in the brackets" },
		{ "sip:[example.org]", "no IPv6 address in the brackets" },
		{ "sip:user@[2001:db8:::192.0.2.1]", "no IPv6 address in the brackets" },
		{ "sip:[::1]x", "a byte that no host name has" },
		{ "sip:h;transport=", "a parameter has no value" },
		{ "sip:h;maddr", "a parameter has no value" },
		{ "sip:h;transport=tcp;TRANSPORT=udp", "a parameter stands twice" },
		{ "sip:h;maddr=a/b", "maddr is no host" },
		{ "sip:h;maddr=[::1", "maddr is no host" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(view_of(cases[i][0]), cases[i][1]);
	assert_refused((struct view){ "sip:h\0i", 7 }, "a byte that must be escaped");
}

static void a_host_has_at_most_253_bytes(void **state)
{
	char text[4 + 254] = "sip:";
	struct sip_uri uri;
	const char *why;

	(void)state;
	memset(text + 4, 'a', 254);
	assert_true(sip_uri_parse((struct view){ text, 4 + 253 }, &uri, &why));
	assert_refused((struct view){ text, 4 + 254 }, "the host is too long");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_part_of_a_uri_is_found),
		cmocka_unit_test(a_bad_uri_is_refused_with_the_reason),
		cmocka_unit_test(a_host_has_at_most_253_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
