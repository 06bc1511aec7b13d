/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Holds sockets for the tests that look for listeners.
 *
 *   hold_sockets [--address ADDRESS] [--udp N] [--tcp N] [--base PORT] [--reuseport] [--connected]
 *
 * N UDP sockets and N listening TCP sockets on ADDRESS, IPv4 or IPv6 (127.0.0.1).  With --base on PORT,
 * PORT + 1 ..., with --reuseport all on the first port, else where the kernel likes.  --connected gives
 * each UDP socket a peer.  Prints "udp=PORT,PORT..." and "tcp=PORT,PORT...", then "ready", and lives
 * until its input ends.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKETS_MAX = 60000, PEER_PORT = 9 };

struct place {
	const char *address;
	unsigned base; /* 0 = the kernel chooses */
	bool reuseport, connected;
};

union name {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static _Noreturn void __attribute__((format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("hold_sockets: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static unsigned number(const char *text, unsigned max)
{
	char *end;

	errno = 0;
	unsigned long n = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n > max)
		die("%s is not a number up to %u", text, max);
	return (unsigned)n;
}

static socklen_t name_of(const char *address, unsigned port, union name *name)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV }, *found;
	char service[8];

	snprintf(service, sizeof(service), "%u", port);
	int rc = getaddrinfo(address, service, &hints, &found);
	if (rc != 0)
		die("%s port %u: %s", address, port, gai_strerror(rc));
	socklen_t n = found->ai_addrlen;
	memcpy(name, found->ai_addr, n);
	freeaddrinfo(found);
	return n;
}

static uint16_t port_of(int fd)
{
	union name name;
	socklen_t n = sizeof(name);

	if (getsockname(fd, &name.any, &n) != 0)
		die("getsockname: %s", strerror(errno));
	return ntohs(name.any.sa_family == AF_INET6 ? name.v6.sin6_port : name.v4.sin_port);
}

/* Returns its port. The socket stays open as long as the program. */
static uint16_t hold_socket(const struct place *place, int type, unsigned port)
{
	union name name;
	socklen_t n = name_of(place->address, port, &name);
	int fd = socket(name.any.sa_family, type, 0), on = 1;

	if (fd < 0)
		die("socket: %s", strerror(errno));
	if (place->reuseport && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0)
		die("SO_REUSEPORT: %s", strerror(errno));
	if (type == SOCK_STREAM && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
		die("SO_REUSEADDR: %s", strerror(errno));
	if (bind(fd, &name.any, n) != 0 || (type == SOCK_STREAM && listen(fd, 16) != 0))
		die("%s port %u: %s", place->address, port, strerror(errno));
	if (type == SOCK_DGRAM && place->connected) {
		n = name_of(place->address, PEER_PORT, &name);
		if (connect(fd, &name.any, n) != 0)
			die("connect: %s", strerror(errno));
	}
	return port_of(fd);
}

static void hold(const struct place *place, const char *what, int type, unsigned count)
{
	unsigned port = place->base;

	for (unsigned i = 0; i < count; i++) {
		if (port > UINT16_MAX)
			die("there is no port %u", port);
		uint16_t got = hold_socket(place, type, port);
		printf("%s%u", i == 0 ? what : ",", got);
		if (place->reuseport)
			port = got;
		else if (place->base != 0)
			port++;
	}
	if (count > 0)
		putchar('\n');
}

static void allow_files(unsigned count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		die("getrlimit: %s", strerror(errno));
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		die("setrlimit: %s", strerror(errno));
	if (limit.rlim_max < count + 16)
		die("%u sockets are more than this user may have", count);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "address", required_argument, NULL, 'a' },
		{ "udp", required_argument, NULL, 'u' },
		{ "tcp", required_argument, NULL, 't' },
		{ "base", required_argument, NULL, 'b' },
		{ "reuseport", no_argument, NULL, 'r' },
		{ "connected", no_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	struct place place = { .address = "127.0.0.1" };
	unsigned udp = 0, tcp = 0;
	char byte;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'a':
			place.address = optarg;
			break;
		case 'u':
			udp = number(optarg, SOCKETS_MAX);
			break;
		case 't':
			tcp = number(optarg, SOCKETS_MAX);
			break;
		case 'b':
			place.base = number(optarg, UINT16_MAX);
			break;
		case 'r':
			place.reuseport = true;
			break;
		case 'c':
			place.connected = true;
			break;
		default:
			return 2;
		}
	if (optind < argc)
		die("what is %s?", argv[optind]);
	allow_files(udp + tcp);
	hold(&place, "udp=", SOCK_DGRAM, udp);
	hold(&place, "tcp=", SOCK_STREAM, tcp);
	puts("ready");
	if (fflush(stdout) != 0)
		die("nobody reads what is printed");
	while (read(STDIN_FILENO, &byte, 1) == 1)
		;
	return 0;
}
