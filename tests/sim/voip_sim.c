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
#include <time.h>
#include <unistd.h>

#define ADDRESSES_MAX 16
#define BIND_TRIES 100
#define VOICE_PORTS 2
#define VOICE_PORT_FIRST 2860
#define SLP_PORT 1440 /* eicon-slp */

static const char usage[] =
	"Usage: voip_sim [--address ADDR]... [--sip-port N] [--tls-port N] [--dir DIR]\n"
	"                [--voice] [--rtp RANGES] [--rtp-silent RANGES]\n"
	"                [--slp] [--slp-port N] [--slp-file FILE] [--slp-da] [--slp-boot SECONDS]\n"
	"                [--slp-announce MS[:PORT]] [--slp-replay DIR]\n"
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
	"  --slp               also an SLP service agent on 1440, by UDP, TCP and multicast\n"
	"  --slp-port N        on port N instead; implies --slp, as the next ones do\n"
	"  --slp-file FILE     its registrations: URL LIFETIME [scope=LIST] [(tag=value),...]\n"
	"  --slp-da            it is a directory agent too, and speaks version 1 too\n"
	"  --slp-boot SECONDS  since when, as seconds since 1970 (its start)\n"
	"  --slp-announce MS[:PORT]\n"
	"                      multicasts a DAAdvert every MS milliseconds\n"
	"  --slp-replay DIR    serve recorded messages, NAME-req.bin and NAME-rep.bin of DIR\n"
	"  --dir DIR           write certificates there (a temporary directory)\n"
	"  --trace             print first lines of requests, and SLP messages, to standard error\n"
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
	struct slp_conf slp;
	bool slp_serve, slp_directory;
	unsigned long slp_port, announce_ms, announce_port; /* 0: none */
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

static bool address_read(const char *text, union addr *a)
{
	*a = (union addr){ .v4 = { .sin_family = AF_INET } };
	if (inet_pton(AF_INET, text, &a->v4.sin_addr) == 1)
		return true;
	*a = (union addr){ .v6 = { .sin6_family = AF_INET6 } };
	return inet_pton(AF_INET6, text, &a->v6.sin6_addr) == 1;
}

static bool add_address(struct conf *conf, const char *text)
{
	if (conf->addresses == ADDRESSES_MAX ||
	    !address_read(text, &conf->address[conf->addresses]))
		return false;
	conf->addresses++;
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

static void announce(struct loop *loop, struct conf *conf, struct slp *slp, const union addr *from)
{
	struct flow flow;

	if (conf->announce_ms == 0 || from->sa.sa_family == AF_INET6 ||
	    !loop_flow(loop, from, &flow))
		return;
	address_read(slp_groups[0], &flow.peer);
	addr_set_port(&flow.peer,
		      conf->announce_port > 0 ? (uint16_t)conf->announce_port : addr_port(from));
	slp_announce(slp, &flow, (unsigned)conf->announce_ms);
}

static bool serve_slp(struct loop *loop, struct conf *conf, struct slp *slp)
{
	const struct port *port = conf->slp_directory ? &slp_port_directory : &slp_port_agent;

	if (!conf->slp_serve)
		return true;
	if (!serve_port(loop, conf, port, port->key,
			conf->slp_port > 0 ? conf->slp_port : SLP_PORT))
		return false;
	for (size_t i = 0; i < conf->addresses; i++) {
		const union addr *a = &conf->address[i];

		for (size_t g = 0; g < slp_groups_n; g++) {
			union addr group;

			if (address_read(slp_groups[g], &group) &&
			    group.sa.sa_family == a->sa.sa_family)
				loop_join(loop, a, &group);
		}
		announce(loop, conf, slp, a);
	}
	return true;
}

static bool serve_rows(struct loop *loop, struct conf *conf, const struct port *rows, size_t n)
{
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++)
		ok = serve_port(loop, conf, &rows[i], rows[i].key, 0);
	return ok;
}

/* Fixed ports first, so that no service takes one of them by chance. */
static bool serve_all(struct loop *loop, struct conf *conf, struct slp *slp)
{
	static const char *const voice[VOICE_PORTS] = { "voice1", "voice2" };
	bool ok = true;

	for (unsigned i = 0; ok && conf->voice && i < VOICE_PORTS; i++)
		ok = serve_port(loop, conf, &port_voice, voice[i], VOICE_PORT_FIRST + i);
	ok = ok && serve_slp(loop, conf, slp);
	for (size_t i = 0; ok && i < sizeof(sip_services) / sizeof(sip_services[0]); i++)
		ok = serve(loop, conf, &sip_services[i],
			   i == 0   ? conf->sip_port
			   : i == 1 ? conf->tls_port
				    : 0);
	return ok && (conf->slp.replay == NULL || serve_rows(loop, conf, &slp_port_replay, 1)) &&
	       serve_rows(loop, conf, port_rows, port_rows_n) &&
	       serve_rows(loop, conf, slp_rows, slp_rows_n);
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
	struct slp *slp = slp_new(&conf->slp);
	struct loop *loop = sip != NULL && slp != NULL ? loop_new(sip, slp) : NULL;
	struct ranges *ranges = ranges_new();
	bool ok = loop != NULL && ranges != NULL &&
		  open_ranges(ranges, conf, "rtp", conf->rtp, false) &&
		  open_ranges(ranges, conf, "rtp_silent", conf->rtp_silent, true) &&
		  tls_write_certs(conf->dir) && serve_all(loop, conf, slp);

	if (ok) {
		loop_watch(loop, ranges_fd(ranges), ranges_turn, ranges);
		printf("ca=%s/ca.pem\nready\n", conf->dir);
		ok = fflush(stdout) == 0 && loop_run(loop, conf->exit_with_parent);
	}
	ranges_free(ranges);
	if (loop != NULL)
		loop_free(loop);
	slp_free(slp);
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
	{ "slp", no_argument, NULL, 'S' },
	{ "slp-port", required_argument, NULL, 'P' },
	{ "slp-file", required_argument, NULL, 'F' },
	{ "slp-da", no_argument, NULL, 'D' },
	{ "slp-boot", required_argument, NULL, 'B' },
	{ "slp-announce", required_argument, NULL, 'A' },
	{ "slp-replay", required_argument, NULL, 'R' },
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

/* MS[:PORT] */
static bool read_announce(struct conf *conf, struct span text)
{
	struct span ms = span_cut(&text, ':');

	return span_number(ms, 1000000, &conf->announce_ms) && conf->announce_ms > 0 &&
	       (text.n == 0 || span_number(text, UINT16_MAX, &conf->announce_port));
}

/* 1: done, 0: a bad argument, -1: no option of SLP. */
static int read_slp_option(struct conf *conf, int c)
{
	bool ok = true, serve = true;

	switch (c) {
	case 'S':
		break;
	case 'P':
		ok = span_number(span_of(optarg), UINT16_MAX, &conf->slp_port);
		break;
	case 'F':
		conf->slp.file = optarg;
		break;
	case 'D':
		conf->slp_directory = true;
		break;
	case 'B':
		ok = span_number(span_of(optarg), UINT32_MAX, &conf->slp.boot);
		break;
	case 'A':
		ok = read_announce(conf, span_of(optarg));
		break;
	case 'R':
		conf->slp.replay = optarg;
		serve = false;
		break;
	default:
		return -1;
	}
	conf->slp_serve = conf->slp_serve || serve;
	return ok ? 1 : 0;
}

/* -1: go on and serve; else the exit status. */
static int read_options(struct conf *conf, int argc, char **argv)
{
	bool ok = true;
	int c, slp;

	while (ok && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		slp = read_slp_option(conf, c);
		ok = slp != 0;
		if (slp >= 0)
			continue;
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
			conf->slp.trace = stderr;
			break;
		case 'e':
			conf->exit_with_parent = true;
			break;
		case 'm':
			return tls_write_certs(optarg) ? 0 : 1;
		case 'l':
			sip_list(stdout);
			port_list(stdout, port_rows, port_rows_n);
			port_list(stdout, slp_rows, slp_rows_n);
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
	struct conf conf = { .slp.boot = (unsigned long)time(NULL) };
	int status = read_options(&conf, argc, argv);

	if (status >= 0)
		return status;
	signal(SIGPIPE, SIG_IGN);
	add_defaults(&conf);
	return (conf.dir != NULL ? run(&conf) : run_temporary(&conf)) ? 0 : 1;
}
