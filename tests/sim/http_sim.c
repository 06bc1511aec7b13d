/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http_sim: receivers of check results on loopback, good and bad ones, for the tests of send_results.
 * It shares no code with the programs that send to it, so that both cannot be wrong in the same way.
 */
#define _GNU_SOURCE
#include "http_sim_conn.h"
#include "http_sim_log.h"
#include "sim_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FIXED 2 /* signals, standard input */
#define CONNS_MAX 256

static const char usage[] =
	"Usage: http_sim --dir DIR --listen NAME[=WORD,...]... [--exit-with-parent] | --help\n"
	"Receivers over HTTP/1.1 for tests, which answer as Icinga 2, NRDP, Pushgateway and\n"
	"InfluxDB do, by the path. A body with \"unknown\" is refused.\n"
	"  --dir DIR           made when absent; for certificates, DIR/requests and\n"
	"                      DIR/connections: one JSON object per line\n"
	"  --listen NAME=WORDS a receiver on a port of its own, repeatable\n"
	"  --exit-with-parent  end when standard input ends\n"
	"Prints NAME=URL lines, ca=FILE, then \"ready\". While DIR/NAME.now exists, its words "
	"take\n"
	"the place of that listener's, but for those about the port. SIGTERM ends it. Words:\n";

struct loop {
	struct sim sim;
	struct conn *conn[CONNS_MAX];
	struct pollfd fds[FIXED + LISTENERS_MAX + CONNS_MAX];
	int signals;
	bool exit_with_parent, wants_tls;
};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int listen_at(struct listener *l)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)l->way.port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons((uint16_t)l->way.port),
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr *name = l->way.v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
	socklen_t n = l->way.v6 ? sizeof(v6) : sizeof(v4);
	int on = 1, fd = socket(name->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, name, n) == 0 && listen(fd, SOMAXCONN) == 0 &&
	    getsockname(fd, name, &n) == 0) {
		l->port = ntohs(l->way.v6 ? v6.sin6_port : v4.sin_port);
		return fd;
	}
	fprintf(stderr, "http_sim: cannot listen for %s: %s\n", l->name, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool open_listener(struct sim *sim, struct listener *l)
{
	struct tls_profile profile = { .cert = l->way.cert,
				       .mutual = l->way.mutual,
				       .old = l->way.old };

	l->fd = listen_at(l);
	if (l->fd < 0)
		return false;
	if (l->way.cert[0] != '\0')
		l->tls = tls_context_new(sim->dir, &profile);
	return l->tls != NULL || l->way.cert[0] == '\0';
}

static bool open_all(struct loop *loop)
{
	struct sim *sim = &loop->sim;

	if (!tls_write_certs(sim->dir))
		return false;
	sim->connections = log_open(sim->dir, "connections");
	sim->requests = log_open(sim->dir, "requests");
	if (sim->connections < 0 || sim->requests < 0)
		return false;
	for (size_t i = 0; i < sim->listeners; i++)
		if (!open_listener(sim, &sim->listener[i]))
			return false;
	for (size_t i = 0; i < sim->listeners; i++) {
		printf("%s=", sim->listener[i].name);
		listener_print(&sim->listener[i], stdout);
		putchar('\n');
	}
	printf("ca=%s/ca.pem\nready\n", sim->dir);
	return fflush(stdout) == 0;
}

/* Milliseconds for poll, rounded up. */
static int prepare(struct loop *loop)
{
	struct sim *sim = &loop->sim;
	struct pollfd *fds = loop->fds;
	int64_t due_us = INT64_MAX, now = now_us();

	*fds++ = (struct pollfd){ loop->signals, POLLIN, 0 };
	*fds++ = (struct pollfd){ loop->exit_with_parent ? STDIN_FILENO : -1, POLLIN, 0 };
	for (size_t i = 0; i < sim->listeners; i++)
		*fds++ = (struct pollfd){ sim->listener[i].fd, POLLIN, 0 };
	for (size_t i = 0; i < CONNS_MAX; i++) {
		const struct conn *c = loop->conn[i];

		*fds++ = c == NULL ? (struct pollfd){ -1, 0, 0 }
				   : (struct pollfd){ conn_fd(c), conn_events(c, &due_us), 0 };
	}
	if (due_us == INT64_MAX)
		return -1;
	return due_us <= now ? 0 : (int)((due_us - now + 999) / 1000);
}

static void accept_one(struct loop *loop, struct listener *l)
{
	size_t i = 0;

	while (i < CONNS_MAX && loop->conn[i] != NULL)
		i++;
	if (i < CONNS_MAX)
		loop->conn[i] = conn_new(&loop->sim, l);
}

static bool stdin_ended(const struct pollfd *fd)
{
	char bytes[512];

	return fd->revents != 0 && read(STDIN_FILENO, bytes, sizeof(bytes)) <= 0;
}

static void turn(struct loop *loop)
{
	struct pollfd *fds = loop->fds + FIXED;
	int64_t now = now_us();

	for (size_t i = 0; i < CONNS_MAX; i++) {
		struct conn *c = loop->conn[i];

		if (c != NULL &&
		    !conn_turn(&loop->sim, c, fds[loop->sim.listeners + i].revents, now)) {
			conn_free(c);
			loop->conn[i] = NULL;
		}
	}
	for (size_t i = 0; i < loop->sim.listeners; i++)
		if (fds[i].revents != 0)
			accept_one(loop, &loop->sim.listener[i]);
}

static bool run(struct loop *loop)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	loop->signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (loop->signals < 0 || !open_all(loop))
		return false;
	for (;;) {
		int wait_ms = prepare(loop);

		if (poll(loop->fds, FIXED + loop->sim.listeners + CONNS_MAX, wait_ms) < 0 &&
		    errno != EINTR)
			return false;
		if (loop->fds[0].revents != 0 || stdin_ended(&loop->fds[1]))
			return true;
		turn(loop);
	}
}

static void close_all(struct loop *loop)
{
	for (size_t i = 0; i < CONNS_MAX; i++)
		if (loop->conn[i] != NULL)
			conn_free(loop->conn[i]);
	for (size_t i = 0; i < loop->sim.listeners; i++)
		SSL_CTX_free(loop->sim.listener[i].tls);
}

/* NAME[=WORDS] */
static bool add_listener(struct sim *sim, const char *text)
{
	struct span words = span_of(text), name = span_cut(&words, '=');
	struct listener *l = &sim->listener[sim->listeners];

	if (sim->listeners == LISTENERS_MAX || name.n == 0 || name.n >= sizeof(l->name) ||
	    !way_read(&l->way, words))
		return false;
	memcpy(l->name, name.p, name.n);
	sim->listeners++;
	return true;
}

static const struct option options[] = {
	{ "dir", required_argument, NULL, 'd' },
	{ "listen", required_argument, NULL, 'l' },
	{ "exit-with-parent", no_argument, NULL, 'e' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* -1: go on and serve; else the exit status. */
static int read_options(struct loop *loop, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'd':
			loop->sim.dir = optarg;
			break;
		case 'l':
			if (!add_listener(&loop->sim, optarg)) {
				fprintf(stderr, "http_sim: bad listener: %s\n", optarg);
				return 2;
			}
			break;
		case 'e':
			loop->exit_with_parent = true;
			break;
		case 'h':
			fputs(usage, stdout);
			way_list(stdout);
			return 0;
		default:
			return 2;
		}
	}
	if (loop->sim.dir != NULL && loop->sim.listeners > 0 && optind == argc)
		return -1;
	fputs(usage, stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static struct loop loop;
	int status = read_options(&loop, argc, argv);

	if (status >= 0)
		return status;
	signal(SIGPIPE, SIG_IGN);
	bool ok = run(&loop);

	close_all(&loop);
	return ok ? 0 : 1;
}
