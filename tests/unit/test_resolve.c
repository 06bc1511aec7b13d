/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RFC 3263 against a real dnsmasq. */
#define _GNU_SOURCE
#include "resolve_world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct peer {
	pid_t pid;
	uint16_t port;
};

static const char *const zone[] = {
	"--local=/test/",
	"--host-record=a.test,192.0.2.1",
	"--host-record=b.test,192.0.2.2,2001:db8::2",
	"--host-record=c.test,192.0.2.3",
	"--cname=alias.test,a.test",
	"--host-record=rr.test,192.0.2.30",
	"--host-record=rr.test,192.0.2.10",
	"--host-record=rr.test,192.0.2.20",
	/* NAPTR: order before preference; unusable rows first */
	"--naptr-record=full.test,1,1,u,E2U+sip,!^.*$!sip:x@y!",
	"--naptr-record=full.test,1,1,s,SIP+D2U,!^.*$!x!,_sip._udp.full.test",
	"--naptr-record=full.test,1,1,s,SIP+D2W,,_sip._ws.full.test",
	"--naptr-record=full.test,20,1,S,sip+d2u,,_sip._udp.full.test",
	"--naptr-record=full.test,10,9,s,SIPS+D2T,,_sips._tcp.full.test",
	"--naptr-record=full.test,10,5,s,SIP+D2T,,_sip._tcp.full.test",
	"--srv-host=_sip._udp.full.test,a.test,5060,0,0",
	"--srv-host=_sips._tcp.full.test,c.test,5071,0,0",
	"--srv-host=_sip._tcp.full.test,a.test,5070,20,9",
	"--srv-host=_sip._tcp.full.test,c.test,5072,10,1",
	"--srv-host=_sip._tcp.full.test,b.test,5073,10,7",
	"--srv-host=_sip._tcp.full.test,a.test,5074,10,7",
	/* NAPTR that leads nowhere */
	"--naptr-record=stale.test,1,1,s,SIP+D2U,,_sip._udp.gone.test",
	"--naptr-record=stale.test,2,1,s,SIP+D2T,,_sip._tcp.full.test",
	"--host-record=lost.test,192.0.2.5",
	"--naptr-record=lost.test,1,1,s,SIP+D2U,,_sip._udp.gone.test",
	/* SRV without NAPTR */
	"--srv-host=_sip._tcp.srv.test,a.test,5080,0,0",
	"--srv-host=_sips._tcp.srv.test,a.test,5081,0,0",
	"--srv-host=_sip._udp.part.test,gone.test,5060,0,0",
	"--srv-host=_sip._udp.part.test,alias.test,5060,1,0",
	"--srv-host=_sip._udp.dangling.test,gone.test,5060,0,0",
	/* "." */
	"--host-record=none.test,192.0.2.6",
	"--srv-host=_sip._udp.none.test",
	"--srv-host=_sip._tcp.none.test",
	"--srv-host=_sip._udp.half.test",
	"--srv-host=_sip._tcp.half.test,a.test,5090,0,0",
	"--address=/many.test/192.0.2.9",
};

static void exec_dnsmasq(uint16_t port)
{
	char text[400][80];
	char *argv[450];
	size_t n = 0, k = 0;

	snprintf(text[k], 80, "--port=%u", port);
	argv[n++] = "dnsmasq";
	argv[n++] = text[k++];
	argv[n++] = "--conf-file=/dev/null";
	argv[n++] = "--keep-in-foreground";
	argv[n++] = "--log-facility=-";
	argv[n++] = "--pid-file=";
	argv[n++] = "--no-resolv";
	argv[n++] = "--no-hosts";
	argv[n++] = "--listen-address=127.0.0.1";
	argv[n++] = "--bind-interfaces";
	for (size_t i = 0; i < sizeof(zone) / sizeof(zone[0]); i++)
		argv[n++] = (char *)zone[i];
	for (unsigned i = 0; i < 20; i++) { /* too big for one datagram: asked again by TCP */
		snprintf(text[k], 80,
			 "--srv-host=_sip._udp.big.test,target-%02u.big.test,5060,%u,0", i, i);
		argv[n++] = text[k++];
		snprintf(text[k], 80, "--srv-host=_sip._tcp.big.test,n%02u.many.test,5060,%u,0", i,
			 i);
		argv[n++] = text[k++];
		for (unsigned a = 0; a < 5; a++) {
			snprintf(text[k], 80, "--host-record=target-%02u.big.test,198.51.100.%u", i,
				 5 * i + a);
			argv[n++] = text[k++];
		}
	}
	argv[n] = NULL;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execvp("dnsmasq", argv);
	execv("/usr/sbin/dnsmasq", argv);
	_exit(127);
}

static int peer_stop(void **state)
{
	struct peer *peer = *state;

	if (peer->pid > 0) {
		kill(peer->pid, SIGTERM);
		waitpid(peer->pid, NULL, 0);
	}
	free(peer);
	return 0;
}

static int peer_start(void **state)
{
	static const struct resolve_query query = { .host = V("a.test"),
						    .port = 5060,
						    .family = 4 };
	struct peer *peer = calloc(1, sizeof(*peer));
	struct fake spare = fake_new(NULL);
	struct heard h = { .calls = 0 };
	int status;

	setenv("LOCALDOMAIN", "test", 1); /* no search list of this machine */
	close(spare.fd);
	peer->port = spare.port;
	peer->pid = fork();
	if (peer->pid == 0)
		exec_dnsmasq(peer->port);
	while (strcmp(h.text, "udp 192.0.2.1:5060") != 0 && peer->pid > 0) {
		struct resolver *r = resolver_at(peer->port);
		ask(r, NULL, &query, &h);
		resolver_free(r);
		if (waitpid(peer->pid, &status, WNOHANG) != peer->pid)
			continue;
		peer->pid = 0;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 127)
			return -1;
	}
	*state = peer;
	return 0;
}

static const struct row {
	struct resolve_query query;
	const char *answer;
} rows[] = {
	{ { .host = V("a.test"), .port = 5062 }, "udp 192.0.2.1:5062" },
	{ { .host = V("full.test"), .port = 5062, .transport = TRANSPORT_TCP }, "! no address" },
	{ { .host = V("alias.test"), .port = 5062, .transport = TRANSPORT_TLS },
	  "tls 192.0.2.1:5062" },
	{ { .host = V("b.test"), .port = 1, .family = 4 }, "udp 192.0.2.2:1" },
	{ { .host = V("b.test"), .port = 1, .family = 6 }, "udp [2001:db8::2]:1" },
	{ { .host = V("rr.test"), .port = 1 },
	  "udp 192.0.2.10:1, udp 192.0.2.20:1, udp 192.0.2.30:1" },
	{ { .host = V("a.test"), .no_service = true, .default_port = 2860 }, "udp 192.0.2.1:2860" },
	{ { .host = V("a.test"), .default_port = 5060 }, "udp 192.0.2.1:5060" },
	{ { .host = V("A.TEST."), .default_port = 5060 }, "udp 192.0.2.1:5060" },
	{ { .host = V("full.test"), .family = 4 },
	  "tcp 192.0.2.1:5074, tcp 192.0.2.2:5073, tcp 192.0.2.3:5072, tcp 192.0.2.1:5070" },
	{ { .host = V("full.test"), .secure = true }, "tls 192.0.2.3:5071" },
	{ { .host = V("full.test"), .transport_given = true }, "udp 192.0.2.1:5060" },
	{ { .host = V("full.test"), .transport_given = true, .transport = TRANSPORT_TLS },
	  "tls 192.0.2.3:5071" },
	{ { .host = V("stale.test") },
	  "tcp 192.0.2.1:5074, tcp 192.0.2.2:5073, tcp "
	  "[2001:db8::2]:5073, tcp 192.0.2.3:5072, tcp 192.0.2.1:5070" },
	{ { .host = V("lost.test"), .default_port = 5060 }, "udp 192.0.2.5:5060" },
	{ { .host = V("srv.test") }, "tcp 192.0.2.1:5080" },
	{ { .host = V("srv.test"), .secure = true }, "tls 192.0.2.1:5081" },
	{ { .host = V("a.test"), .secure = true, .default_port = 5061 }, "tls 192.0.2.1:5061" },
	{ { .host = V("part.test") }, "udp 192.0.2.1:5060" },
	{ { .host = V("dangling.test") }, "! SRV target gone.test: no such name" },
	{ { .host = V("none.test") }, "! SRV says: no service" },
	{ { .host = V("none.test"), .transport_given = true }, "! SRV says: no service" },
	{ { .host = V("half.test") }, "tcp 192.0.2.1:5090" },
	{ { .host = V("a"), .port = 5060 }, "udp 192.0.2.1:5060" },
	{ { .host = V("gone.test") }, "! no such name" },
	{ { .host = V("gone.test"), .port = 5060 }, "! no such name" },
	{ { .host = V("a.test"), .port = 5060, .family = 6 }, "! no IPv6 address" },
	{ { .host = V("a.other"), .port = 5060 }, "! the resolver says REFUSED" },
	{ { .host = V("a.other"), .transport_given = true }, "! the resolver says REFUSED" },
	{ { .host = V("localhost"), .port = 5060, .family = 4 }, "udp 127.0.0.1:5060" },
	{ { .host = V("LOCALHOST."), .port = 5060, .family = 4 }, "udp 127.0.0.1:5060" },
	{ { .host = V("LOCALHOST."), .default_port = 7, .family = 4 }, "udp 127.0.0.1:7" },
	{ { .host = V("localhost.."), .default_port = 7, .family = 4 }, "! bad name" },
	{ { .host = V("a."), .port = 5060 }, "! the resolver says REFUSED" },
	{ { .host = V("."), .port = 5060 }, "! the resolver says REFUSED" },
	{ { .host = V("localhost"), .default_port = 7, .family = 4 }, "udp 127.0.0.1:7" },
	{ { .host = V(""), .port = 5060 }, "! bad name" },
	{ { .host = V("a..test"), .port = 5060 }, "! bad name" },
	{ { .host = V("a test"), .port = 5060 }, "! bad name" },
	{ { .host = V("a\0.test"), .port = 5060 }, "! bad name" },
	{ { .host = V("0123456789012345678901234567890123456789012345678901234567890123.test"),
	    .port = 5060 },
	  "! bad name" },
};

static struct peer *peer_or_skip(void **state)
{
	struct peer *peer = *state;

	if (peer->pid == 0) {
		print_message("dnsmasq is not installed\n");
		skip();
	}
	return peer;
}

static void names_become_endpoints(void **state)
{
	struct resolver *r = resolver_at(peer_or_skip(state)->port);
	struct heard h;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask(r, NULL, &rows[i].query, &h);
		if (strcmp(h.text, rows[i].answer) != 0)
			fail_msg("row %zu, %s: \"%s\", wanted \"%s\"", i, rows[i].query.host.p,
				 h.text, rows[i].answer);
	}
	resolver_free(r);
}

static void endpoint_carries_its_srv_record(void **state)
{
	static const struct resolve_query query = { .host = V("full.test"), .family = 4 };
	struct resolver *r = resolver_at(peer_or_skip(state)->port);
	struct heard h;

	ask(r, NULL, &query, &h);
	assert_string_equal(h.last.target, "a.test");
	assert_int_equal(h.last.priority, 20);
	assert_int_equal(h.last.weight, 9);
	assert_true(h.took_us > 0 && h.took_us < 5000000);
	resolver_free(r);
}

static void long_answers_are_cut(void **state)
{
	struct resolve_query query = { .host = V("big.test"), .transport_given = true };
	struct resolver *r = resolver_at(peer_or_skip(state)->port);
	struct heard h;

	ask(r, NULL, &query, &h);
	assert_int_equal(h.count, 64);
	assert_string_equal(h.last.target, "target-12.big.test");
	query.transport = TRANSPORT_TCP;
	ask(r, NULL, &query, &h);
	assert_int_equal(h.count, 16);
	assert_string_equal(h.last.target, "n15.many.test");
	resolver_free(r);
}

static void many_names_at_once(void **state)
{
	static const struct resolve_query query = { .host = V("x.many.test"), .port = 5060 };
	struct resolver *r = resolver_at(peer_or_skip(state)->port);
	struct heard *h = calloc(MANY, sizeof(*h));

	for (size_t i = 0; i < MANY; i++) {
		struct resolve_query q = query;
		char name[32];
		snprintf(name, sizeof(name), "n%zu.many.test", i);
		q.host = view_of(name);
		resolver_start(r, &q, hear, &h[i]);
		memset(name, 'x', sizeof(name)); /* the name was copied */
	}
	while (turn(r, NULL))
		;
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(h[i].calls, 1);
		assert_string_equal(h[i].text, "udp 192.0.2.9:5060");
	}
	resolver_free(r);
	free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_endpoints),
		cmocka_unit_test(endpoint_carries_its_srv_record),
		cmocka_unit_test(long_answers_are_cut),
		cmocka_unit_test(many_names_at_once),
	};

	return cmocka_run_group_tests(tests, peer_start, peer_stop);
}
