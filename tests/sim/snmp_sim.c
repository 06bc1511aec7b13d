/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snmp_sim: SNMP version 2c agents on loopback, good and bad ones, for the tests of check_listener.
 * It shares no code with the programs that ask it, so that both cannot be wrong in the same way.
 */
#define _GNU_SOURCE
#include "snmp_sim_agent.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FIXED 2 /* signals, standard input */
#define AGENTS_MAX 10000
#define SEEN_MAX 16
#define LATER_MAX 1024
#define READ_MAX 256 /* datagrams of one port in a turn */

static const char usage[] =
	"Usage: snmp_sim [--dir DIR] [--agents N [--delay MS]] [--seed N]\n"
	"                [--exit-with-parent] | --help\n"
	"SNMP version 2c agents for tests, community \"sim\"; each behaviour has a UDP port of\n"
	"127.0.0.1. Prints BEHAVIOUR=ADDRESS:PORT lines, then \"ready\".\n"
	"  --dir DIR           an existing folder, for DIR/requests\n"
	"  --agents N          also N good agents, printed as agents=PORT,PORT,...\n"
	"  --delay MS          they answer that much later; then ask no late one\n"
	"  --seed N            of the bytes without meaning (0)\n"
	"  --exit-with-parent  end when standard input ends\n"
	"SIGUSR1 replaces DIR/requests with a line \"BEHAVIOUR COUNT\" each, of the datagrams that "
	"came\n"
	"before the signal, those of all --agents as \"agents COUNT\"; then prints \"counted\".\n"
	"SIGUSR2 sets all counts to 0, then prints \"reset\". Wait for that line before the next "
	"one:\n"
	"  kill -USR1 \"$pid\"; read -r -u \"$fd\" counted\n"
	"Behaviours:\n";

struct port {
	const struct behaviour *b;
	int fd; /* -1: closed */
	unsigned number;
	unsigned long requests;
	int32_t seen[SEEN_MAX]; /* the last request ids, for a lossy one */
	size_t seen_n;
};

struct later {
	int64_t due_us;
	int fd;
	struct sockaddr_in peer;
	size_t n;
	char bytes[BER_OUT_MAX];
};

struct sim {
	const char *dir;		/* NULL: none */
	unsigned long agents, delay_ms; /* of these agents */
	bool exit_with_parent;
	struct agent agent;
	struct mib mib[MIB_SETS];
	struct port port[AGENTS_MAX + 100]; /* those of behaviours, then those of --agents */
	size_t ports;
	struct pollfd fds[FIXED + AGENTS_MAX + 100];
	int other; /* where a foreign port sends from */
	int signals;
	struct later later[LATER_MAX]; /* a ring, earliest first: all wait equally long */
	size_t later_first, later_n;
};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* A UDP socket on a free port of 127.0.0.1, or -1. */
static int open_socket(unsigned *number)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&a, n) == 0 &&
	    getsockname(fd, (struct sockaddr *)&a, &n) == 0) {
		*number = ntohs(a.sin_port);
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool open_ports(struct sim *sim)
{
	unsigned number;

	sim->ports = behaviours_n + sim->agents;
	for (size_t i = 0; i < sim->ports; i++) {
		struct port *p = &sim->port[i];

		p->b = &behaviours[i < behaviours_n ? i : 0];
		p->fd = open_socket(&p->number);
		if (p->fd < 0)
			return false;
	}
	sim->other = open_socket(&number);
	/* Last, so that none of the others got that port. */
	for (size_t i = 0; i < sim->ports; i++)
		if (sim->port[i].b->closed) {
			close(sim->port[i].fd);
			sim->port[i].fd = -1;
		}
	return sim->other >= 0;
}

static bool print_facts(const struct sim *sim)
{
	for (size_t i = 0; i < behaviours_n; i++)
		printf("%s=127.0.0.1:%u\n", behaviours[i].name, sim->port[i].number);
	for (size_t i = behaviours_n; i < sim->ports; i++)
		printf("%s%u%s", i == behaviours_n ? "agents=" : "", sim->port[i].number,
		       i + 1 == sim->ports ? "\n" : ",");
	puts("ready");
	return fflush(stdout) == 0;
}

/* What cannot go is lost. */
static void send_now(int fd, const struct sockaddr_in *peer, struct span bytes)
{
	(void)sendto(fd, bytes.p, bytes.n, 0, (const struct sockaddr *)peer, sizeof(*peer));
}

static int64_t after_ms(const struct sim *sim, const struct port *p)
{
	return p >= &sim->port[behaviours_n] ? (int64_t)sim->delay_ms : p->b->after_ms;
}

static void send_later(struct sim *sim, const struct port *p, const struct sockaddr_in *peer,
		       struct span bytes)
{
	struct later *l = &sim->later[(sim->later_first + sim->later_n) % LATER_MAX];

	if (sim->later_n == LATER_MAX)
		return;
	sim->later_n++;
	l->due_us = now_us() + after_ms(sim, p) * 1000;
	l->fd = p->fd;
	l->peer = *peer;
	l->n = bytes.n;
	memcpy(l->bytes, bytes.p, bytes.n);
}

/* Milliseconds until the next one is due, rounded up so that poll does not wake too early. */
static int send_due(struct sim *sim)
{
	for (; sim->later_n > 0; sim->later_n--) {
		const struct later *l = &sim->later[sim->later_first];
		int64_t left_us = l->due_us - now_us();

		if (left_us > 0)
			return (int)((left_us + 999) / 1000);
		send_now(l->fd, &l->peer, (struct span){ l->bytes, l->n });
		sim->later_first = (sim->later_first + 1) % LATER_MAX;
	}
	return -1;
}

static bool is_new(struct port *p, int32_t id)
{
	for (size_t i = 0; i < p->seen_n && i < SEEN_MAX; i++)
		if (p->seen[i] == id)
			return false;
	p->seen[p->seen_n++ % SEEN_MAX] = id;
	return true;
}

static void on_datagram(struct sim *sim, struct port *p, const struct sockaddr_in *peer,
			struct span datagram)
{
	const struct behaviour *b = p->b;
	struct span answer;

	p->requests++;
	if (b->silent || !agent_ask(&sim->agent, b, &sim->mib[b->set], datagram) ||
	    (b->lossy && is_new(p, sim->agent.id)))
		return;
	for (unsigned i = 0; i < b->foreign; i++)
		send_now(p->fd, peer, agent_foreign(&sim->agent, i));
	answer = agent_answer(&sim->agent, b);
	if (after_ms(sim, p) > 0) {
		send_later(sim, p, peer, answer);
		return;
	}
	for (unsigned i = 0; i < (b->copies > 0 ? b->copies : 1); i++)
		send_now(b->other_port ? sim->other : p->fd, peer, answer);
}

static void read_port(struct sim *sim, struct port *p)
{
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	char bytes[UINT16_MAX];

	for (unsigned i = 0; i < READ_MAX; i++) {
		ssize_t n =
			recvfrom(p->fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&peer, &len);

		if (n < 0)
			break;
		on_datagram(sim, p, &peer, (struct span){ bytes, (size_t)n });
	}
}

/* Into the current folder, which is DIR. */
static bool write_counts(const struct sim *sim)
{
	FILE *f = sim->dir != NULL ? fopen("requests.part", "we") : NULL;
	unsigned long agents = 0;

	if (f == NULL)
		return false;
	for (size_t i = 0; i < behaviours_n; i++)
		fprintf(f, "%s %lu\n", behaviours[i].name, sim->port[i].requests);
	for (size_t i = behaviours_n; i < sim->ports; i++)
		agents += sim->port[i].requests;
	fprintf(f, "agents %lu\n", agents);
	return fclose(f) == 0 && rename("requests.part", "requests") == 0;
}

/* False when the signal is one to end by. */
static bool on_signal(struct sim *sim)
{
	struct signalfd_siginfo info;

	if (read(sim->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return false;
	if (info.ssi_signo != SIGUSR1 && info.ssi_signo != SIGUSR2)
		return false;
	if (info.ssi_signo == SIGUSR1)
		puts(write_counts(sim) ? "counted" : "failed");
	for (size_t i = 0; info.ssi_signo == SIGUSR2 && i < sim->ports; i++)
		sim->port[i].requests = 0;
	if (info.ssi_signo == SIGUSR2)
		puts("reset");
	fflush(stdout);
	return true;
}

static bool stdin_ended(const struct pollfd *fd)
{
	char bytes[512];

	return fd->revents != 0 && read(STDIN_FILENO, bytes, sizeof(bytes)) <= 0;
}

/* Signals are polled first and heeded last: what was sent before them has then been counted. */
static bool run(struct sim *sim)
{
	struct pollfd *fds = sim->fds;

	fds[0] = (struct pollfd){ sim->signals, POLLIN, 0 };
	fds[1] = (struct pollfd){ sim->exit_with_parent ? STDIN_FILENO : -1, POLLIN, 0 };
	for (size_t i = 0; i < sim->ports; i++)
		fds[FIXED + i] = (struct pollfd){ sim->port[i].fd, POLLIN, 0 };
	for (;;) {
		if (poll(fds, FIXED + sim->ports, send_due(sim)) < 0) {
			if (errno != EINTR)
				return false;
			continue;
		}
		for (size_t i = 0; i < sim->ports; i++)
			if (fds[FIXED + i].revents != 0)
				read_port(sim, &sim->port[i]);
		if ((fds[0].revents != 0 && !on_signal(sim)) || stdin_ended(&fds[1]))
			return true;
	}
}

static bool prepare(struct sim *sim)
{
	struct rlimit files;
	sigset_t heeded;

	sigemptyset(&heeded);
	sigaddset(&heeded, SIGTERM);
	sigaddset(&heeded, SIGINT);
	sigaddset(&heeded, SIGUSR1);
	sigaddset(&heeded, SIGUSR2);
	sigprocmask(SIG_BLOCK, &heeded, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	for (unsigned set = 0; set < MIB_SETS; set++)
		mib_fill(&sim->mib[set], set);
	sim->signals = signalfd(-1, &heeded, SFD_CLOEXEC);
	return sim->signals >= 0 && (sim->dir == NULL || chdir(sim->dir) == 0) && open_ports(sim);
}

static void print_help(void)
{
	fputs(usage, stdout);
	for (size_t i = 0; i < behaviours_n; i++)
		printf("  %-14s  %s\n", behaviours[i].name, behaviours[i].about);
}

static const struct option options[] = {
	{ "dir", required_argument, NULL, 'd' },
	{ "agents", required_argument, NULL, 'a' },
	{ "delay", required_argument, NULL, 'l' },
	{ "seed", required_argument, NULL, 's' },
	{ "exit-with-parent", no_argument, NULL, 'e' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* -1: go on and serve; else the exit status. */
static int read_options(struct sim *sim, int argc, char **argv)
{
	unsigned long seed = 0;
	bool ok = true;
	int c;

	while (ok && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'd':
			sim->dir = optarg;
			break;
		case 'a':
			ok = span_number(span_of(optarg), AGENTS_MAX, &sim->agents);
			break;
		case 'l':
			ok = span_number(span_of(optarg), 10000, &sim->delay_ms);
			break;
		case 's':
			ok = span_number(span_of(optarg), UINT32_MAX, &seed);
			sim->agent.noise = seed;
			break;
		case 'e':
			sim->exit_with_parent = true;
			break;
		case 'h':
			print_help();
			return 0;
		default:
			return 2;
		}
	}
	if (ok && optind == argc)
		return -1;
	fprintf(stderr, "snmp_sim: bad argument: %s\n", ok ? argv[optind] : optarg);
	return 2;
}

int main(int argc, char **argv)
{
	static struct sim sim;
	int status = read_options(&sim, argc, argv);

	if (status >= 0)
		return status;
	if (!prepare(&sim)) {
		fprintf(stderr, "snmp_sim: cannot serve: %s\n", strerror(errno));
		return 1;
	}
	return print_facts(&sim) && run(&sim) ? 0 : 1;
}
