/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each name on the transports that have it, and no other port with one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "proto/port_names.h"

struct name_case {
	uint16_t port;
	const char *tcp, *udp;
};

static const struct name_case CASES[] = {
	{ 427, "svrloc", "svrloc" },
	{ 1440, "eicon-slp", "eicon-slp" },
	{ 1900, NULL, "ssdp" },
	{ 2860, "dialpad-voice1", "dialpad-voice1" },
	{ 2861, "dialpad-voice2", "dialpad-voice2" },
	{ 5004, "avt-profile-1", "avt-profile-1" },
	{ 5005, "avt-profile-2", "avt-profile-2" },
	{ 5060, "sip", "sip" },
	{ 5061, "sips", "sips" },
	{ 5353, NULL, "mdns" },
	{ 16384, NULL, "RTP by convention" },
	{ 32767, NULL, "RTP by convention" },
	/* neighbours */
	{ 16383, NULL, NULL },
	{ 32768, NULL, NULL },
	{ 0, NULL, NULL },
	{ 65535, NULL, NULL },
};

static void check_name(uint16_t port, bool udp, const char *expected)
{
	const char *name = port_name(port, udp);

	if ((name == NULL) != (expected == NULL) || !view_eq(view_of(name), view_of(expected)))
		fail_msg("%u/%s is %s", (unsigned)port, udp ? "udp" : "tcp",
			 name != NULL ? name : "unknown");
}

static void a_port_has_its_name_only_on_its_transports(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		check_name(CASES[i].port, false, CASES[i].tcp);
		check_name(CASES[i].port, true, CASES[i].udp);
	}
}

static void no_other_port_has_a_name(void **state)
{
	unsigned tcp = 0, udp = 0;

	(void)state;
	for (unsigned port = 0; port <= UINT16_MAX; port++) {
		tcp += port_name((uint16_t)port, false) != NULL;
		udp += port_name((uint16_t)port, true) != NULL;
	}
	assert_int_equal(tcp, 8);
	assert_int_equal(udp, 10 + 16384);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_has_its_name_only_on_its_transports),
		cmocka_unit_test(no_other_port_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
