/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * voip_sim: the embedded peer that a newcomer and the tests talk to. It shares no code with the
 * programs it answers, so that both cannot be wrong in the same way.
 */
#define _GNU_SOURCE
#include "sim_loop.h"
#include "sim_range.h"
#include "sim_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ADDRESSES_MAX 16
#define BIND_TRIES 100
#define VOICE_PORTS 2
#define VOICE_PORT_FIRST 2860

static const char usage[] =
	"Usage: voip_sim [--address ADDR]... [--sip-port N] [--tls-port N] [--dir DIR]\n"
	"                [--voice] [--rtp RANGES] [--rtp-silent RANGES]\n"
	"                [--trace] [--exit-with-parent]\n"
	"       voip_sim --make-certs DIR | --list | --help\n"
	"Serves SIP for tests; the user part of the Request-URI chooses the answer (--list).\n"
	"Ports without SIP have a behaviour each.\n"
	"  --address ADDR      numeric address, repeatable (127.0.0.1 and ::1)\n"
	"  --sip-port N        UDP and TCP port (any free one)\n"
	"  --tls-port N        TLS port with the good certificate (any free one)\n"
	"  --voice             also 2860 and 2861: TCP holds, UDP echoes\n"
	"  --rtp RANGES        UDP ports that echo, FIRST-LAST[,FIRST-LAST]...\n"
	"  --rtp-silent RANGES UDP ports that are bound and never read\n"
	"  --dir DIR           write certificates there (a temporary directory)\n"
	"  --trace             print first lines of requests to standard error\n"
	"  --exit-with-parent  end when standard input ends\n"
	"  --make-certs DIR    only write certificates\n"
	"  --list              print each behaviour, user parts and then ports: name, transports,\n"
	"                      description\n"
	"Prints key=value lines, then \"ready\".\n";

struct conf {
	union addr address[ADDRESSES_MAX];
	size_t addresses;
	unsigned long sip_port, tls_port;
	const char *rtp, *rtp_silent; /* NULL: none */
	const char *dir;
	bool voice, trace, exit_with_parent;
};

struct service {
	const char *key;
	bool udp, tcp;
	const struct port *port; /* NULL: SIP */
	struct tls_profile tls;
};

static const struct service sip_services[] = {
	{ "sip", true, true, NULL, { .cert = NULL } },
	{ "tls", false, true, NULL, { .cert = "good" } },
	{ "tls_expired", false, true, NULL, { .cert = "expired" } },
	{ "tls_wrongname", false, true, NULL, { .cert = "wrongname" } },
	{ "tls_soon", false, true, NULL, { .cert = "soon" } },
	{ "tls_uri", false, true, NULL, { .cert = "uri" } },
	{ "tls_selfsigned", false, true, NULL, { .cert = "selfsigned" } },
	{ "tls_mutual", false, true, NULL, { .cert = "good", .mutual = true } },
	{ "tls_old", false, true, NULL, { .cert = "good", .old = true } },
};

static bool add_address(struct conf *conf, const char *text)
{
	union addr a = { .v4 = { .sin_family = AF_INET } };

	if (conf->addresses == ADDRESSES_MAX)
		return false;
	if (inet_pton(AF_INET, text, &a.v4.sin_addr) != 1) {
		a = (union addr){ .v6 = { .sin6_family = AF_INET6 } };
		if (inet_pton(AF_INET6, text, &a.v6.sin6_addr) != 1)
			return false;
	}
	conf->address[conf->addresses++] = a;
	return true;
}

/* True when this host can bind the address at all. */
static bool can_bind(const union addr *address)
{
	int fd = socket(address->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && bind(fd, &address->sa, addr_len(address)) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

static void add_defaults(struct conf *conf)
{
	if (conf->addresses > 0)
		return;
	add_address(conf, "127.0.0.1");
	add_address(conf, "::1");
	if (!can_bind(&conf->address[1]))
		conf->addresses--;
}

/* UDP, TCP or both on every address with one port number, which is filled in. */
static bool bind_all(struct loop *loop, struct conf *conf, const struct service *s, SSL_CTX *tls,
		     uint16_t port)
{
	size_t bound = 0;

	for (size_t i = 0; i < 2 * conf->addresses; i++) {
		union addr *a = &conf->address[i / 2];
		bool udp = i % 2 == 0;

		if (!(udp ? s->udp : s->tcp))
			continue;
		addr_set_port(a, port);
		if (!loop_listen(loop, udp, a, s->port, tls)) {
			int why = errno;

			loop_unlisten(loop, bound);
			errno = why;
			return false;
		}
		if (tls != NULL)
			SSL_CTX_up_ref(tls);
		port = addr_port(a);
		bound++;
	}
	return true;
}

static bool serve(struct loop *loop, struct conf *conf, const struct service *s, unsigned long port)
{
	SSL_CTX *tls = s->tls.cert != NULL ? tls_context_new(conf->dir, &s->tls) : NULL;
	bool ok = false;

	if (s->tls.cert != NULL && tls == NULL)
		return false;
	for (int i = 0; !ok && i < (port == 0 ? BIND_TRIES : 1); i++)
		ok = bind_all(loop, conf, s, tls, (uint16_t)port);
	if (!ok)
		fprintf(stderr, "voip_sim: cannot serve %s on port %lu: %s\n", s->key, port,
			strerror(errno));
	SSL_CTX_free(tls);
	for (size_t i = 0; ok && i < conf->addresses; i++) {
		const union addr *a = &conf->address[i];
		char text[ADDR_TEXT_BYTES];

		printf("%s%s=%s\n", s->key, a->sa.sa_family == AF_INET6 ? "6" : "",
		       addr_text(a, text));
	}
	return ok;
}

static bool serve_port(struct loop *loop, struct conf *conf, const struct port *port,
		       const char *key, unsigned long number)
{
	struct service s = { .key = key,
			     .udp = (port->transports & OVER_UDP) != 0,
			     .tcp = (port->transports & OVER_STREAM) != 0,
			     .port = port };

	return serve(loop, conf, &s, number);
}

/* Fixed ports first, so that no service takes one of them by chance. */
static bool serve_all(struct loop *loop, struct conf *conf)
{
	static const char *const voice[VOICE_PORTS] = { "voice1", "voice2" };
	bool ok = true;

	for (unsigned i = 0; ok && conf->voice && i < VOICE_PORTS; i++)
		ok = serve_port(loop, conf, &port_voice, voice[i], VOICE_PORT_FIRST + i);
	for (size_t i = 0; ok && i < sizeof(sip_services) / sizeof(sip_services[0]); i++)
		ok = serve(loop, conf, &sip_services[i],
			   i == 0   ? conf->sip_port
			   : i == 1 ? conf->tls_port
				    : 0);
	for (size_t i = 0; ok && i < port_rows_n; i++)
		ok = serve_port(loop, conf, &port_rows[i], port_rows[i].key, 0);
	return ok;
}

/* On every address; NULL text: nothing to do. */
static bool open_ranges(struct ranges *ranges, struct conf *conf, const char *key, const char *text,
			bool silent)
{
	uint16_t first, last;

	for (size_t i = 0; text != NULL && i < conf->addresses; i++) {
		union addr *a = &conf->address[i];
		struct span rest = span_of(text);
		char host[ADDR_TEXT_BYTES];

		while (rest.n > 0 && range_take(&rest, &first, &last))
			if (!ranges_open(ranges, a, first, last, silent)) {
				fprintf(stderr, "voip_sim: cannot serve %s on %s: %s\n", key,
					addr_text(a, host), strerror(errno));
				return false;
			}
		if (a->sa.sa_family == AF_INET6)
			printf("%s6=[%s]:%s\n", key, addr_host(a, host), text);
		else
			printf("%s=%s:%s\n", key, addr_host(a, host), text);
	}
	return true;
}

static bool run(struct conf *conf)
{
	struct sip *sip = sip_new(conf->trace ? stderr : NULL);
	struct loop *loop = sip != NULL ? loop_new(sip) : NULL;
	struct ranges *ranges = ranges_new();
	bool ok = loop != NULL && ranges != NULL &&
		  open_ranges(ranges, conf, "rtp", conf->rtp, false) &&
		  open_ranges(ranges, conf, "rtp_silent", conf->rtp_silent, true) &&
		  tls_write_certs(conf->dir) && serve_all(loop, conf);

	if (ok) {
		loop_watch(loop, ranges_fd(ranges), ranges_turn, ranges);
		printf("ca=%s/ca.pem\nready\n", conf->dir);
		ok = fflush(stdout) == 0 && loop_run(loop, conf->exit_with_parent);
	}
	ranges_free(ranges);
	if (loop != NULL)
		loop_free(loop);
	if (sip != NULL)
		sip_free(sip);
	return ok;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* With certificates in a directory of its own, removed at the end. */
static bool run_temporary(struct conf *conf)
{
	const char *tmp = getenv("TMPDIR");
	char dir[PATH_MAX];
	int n = snprintf(dir, sizeof(dir), "%s/voip_sim.XXXXXX", tmp != NULL ? tmp : "/tmp");

	if (n < 0 || (size_t)n >= sizeof(dir) || mkdtemp(dir) == NULL) {
		fprintf(stderr, "voip_sim: cannot make %s: %s\n", dir, strerror(errno));
		return false;
	}
	conf->dir = dir;
	bool ok = run(conf);

	conf->dir = NULL;
	return nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS) == 0 && ok;
}

static const struct option options[] = {
	{ "address", required_argument, NULL, 'a' },
	{ "sip-port", required_argument, NULL, 's' },
	{ "tls-port", required_argument, NULL, 't' },
	{ "voice", no_argument, NULL, 'p' },
	{ "rtp", required_argument, NULL, 'r' },
	{ "rtp-silent", required_argument, NULL, 'q' },
	{ "dir", required_argument, NULL, 'd' },
	{ "trace", no_argument, NULL, 'v' },
	{ "exit-with-parent", no_argument, NULL, 'e' },
	{ "make-certs", required_argument, NULL, 'm' },
	{ "list", no_argument, NULL, 'l' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static bool are_ranges(const char *text)
{
	struct span rest = span_of(text);
	uint16_t first, last;
	bool ok;

	do
		ok = range_take(&rest, &first, &last);
	while (ok && rest.n > 0);
	return ok;
}

/* -1: go on and serve; else the exit status. */
static int read_options(struct conf *conf, int argc, char **argv)
{
	bool ok = true;
	int c;

	while (ok && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'a':
			ok = add_address(conf, optarg);
			break;
		case 's':
			ok = span_number(span_of(optarg), UINT16_MAX, &conf->sip_port);
			break;
		case 't':
			ok = span_number(span_of(optarg), UINT16_MAX, &conf->tls_port);
			break;
		case 'p':
			conf->voice = true;
			break;
		case 'r':
			conf->rtp = optarg;
			ok = are_ranges(optarg);
			break;
		case 'q':
			conf->rtp_silent = optarg;
			ok = are_ranges(optarg);
			break;
		case 'd':
			conf->dir = optarg;
			break;
		case 'v':
			conf->trace = true;
			break;
		case 'e':
			conf->exit_with_parent = true;
			break;
		case 'm':
			return tls_write_certs(optarg) ? 0 : 1;
		case 'l':
			sip_list(stdout);
			port_list(stdout);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			return 2;
		}
	}
	if (ok && optind == argc)
		return -1;
	fprintf(stderr, "voip_sim: bad argument: %s\n", ok ? argv[optind] : optarg);
	return 2;
}

int main(int argc, char **argv)
{
	struct conf conf = { 0 };
	int status = read_options(&conf, argc, argv);

	if (status >= 0)
		return status;
	signal(SIGPIPE, SIG_IGN);
	add_defaults(&conf);
	return (conf.dir != NULL ? run(&conf) : run_temporary(&conf)) ? 0 : 1;
}
