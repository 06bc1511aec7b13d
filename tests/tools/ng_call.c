/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Holds calls on a running rtpengine by its ng control protocol (bencoded dictionaries over UDP) and
 * keeps media flowing, without any code of the library.  Each call has two parties, A and B, with
 * sockets of their own on 127.0.0.1; each sends PCMA, 50 packets per second, on an absolute clock.
 *
 *   ng_call --ng ADDRESS:PORT [--calls N] [--mute-a] [--flags NAME,NAME...]
 *
 * Waits up to 10 s for rtpengine; with --calls 0 that is all.  Prints "ports=N,N,..." (four per call:
 * RTP and RTCP for A, RTP and RTCP for B) and "ready".  Then it obeys lines on its input:
 *
 *   count N    N packets (N times 20 ms) after the last command: a line per call about the time since
 *              the last count, "call=0 a=50 b=50 lost_a=0 lost_b=0 foreign=0 rtcp=0", then "end".
 *              Media that came to A and to B, what its peer sent less that, what else came to the
 *              RTP sockets, what came to the RTCP sockets.  Without N: now.
 *   quit       or the end of input: deletes the calls
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	TICK_NS = 20 * 1000 * 1000,
	PAYLOAD_BYTES = 160,
	HEADER_BYTES = 12,
	PCMA = 8,
	MESSAGE_BYTES = 16384,
	CALLS_MAX = 4000,
	NG_TRIES = 100,
	NG_WAIT_MS = 100,
};

enum { A, B, PARTIES };

struct party {
	int rtp, rtcp; /* sockets */
	uint16_t port; /* ours; that of RTCP is one above */
	uint16_t engine_rtp, engine_rtcp;
	bool muted;
	uint32_t ssrc;
	unsigned sent, got, foreign, control; /* since the last count */
};

struct call {
	char id[48];
	struct party party[PARTIES];
};

struct text {
	const char *p;
	size_t n;
};

struct message {
	char bytes[MESSAGE_BYTES];
	size_t n;
};

struct rig {
	int ng;
	unsigned requests;
	char reply[MESSAGE_BYTES];
	const char *flags;
	bool mute_a;
	size_t calls;
	struct call *call;
	uint32_t ticks;	 /* how many packets of each party are due so far */
	char input[256]; /* commands that were not looked at yet */
	size_t input_n;
	bool counting, ended; /* waits for `count_at`; no more commands will come */
	uint32_t count_at;
};

static _Noreturn void __attribute__((format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("ng_call: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void __attribute__((format(printf, 2, 3)))
put(struct message *message, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(message->bytes + message->n, sizeof(message->bytes) - message->n, format,
			  args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(message->bytes) - message->n)
		die("a request is too long");
	message->n += (size_t)n;
}

static void put_pair(struct message *message, const char *key, const char *value)
{
	put(message, "%zu:%s%zu:%s", strlen(key), key, strlen(value), value);
}

/* The names are parted by commas. */
static void put_flags(struct message *message, const char *names)
{
	put(message, "5:flagsl");
	while (*names != '\0') {
		size_t n = strcspn(names, ",");
		put(message, "%zu:%.*s", n, (int)n, names);
		names += n + (names[n] == ',');
	}
	put(message, "e");
}

/* The value of a key as it is on the wire, with its length: "3:sdp". Empty when there is none. */
static struct text field(struct text reply, const char *key)
{
	const char *at = memmem(reply.p, reply.n, key, strlen(key)), *end = reply.p + reply.n;
	char *colon = NULL;
	size_t n = at != NULL ? strtoul(at + strlen(key), &colon, 10) : 0;

	if (colon == NULL || *colon != ':' || n > (size_t)(end - colon - 1))
		return (struct text){ "", 0 };
	return (struct text){ colon + 1, n };
}

static void begin(struct rig *rig, struct message *request, const char *name,
		  const struct call *call)
{
	request->n = 0;
	put(request, "%ld_%u d", (long)getpid(), rig->requests++);
	put_pair(request, "command", name);
	if (call != NULL) {
		put_pair(request, "call-id", call->id);
		put_pair(request, "from-tag", "party-a");
	}
}

/* The first datagram with our cookie, in a while. */
static bool receive(struct rig *rig, const struct message *request, struct text *answer)
{
	struct pollfd readable = { .fd = rig->ng, .events = POLLIN };
	size_t cookie = strcspn(request->bytes, " ");

	while (poll(&readable, 1, NG_WAIT_MS) > 0) {
		ssize_t n = recv(rig->ng, rig->reply, sizeof(rig->reply) - 1, 0);
		if (n <= (ssize_t)cookie || memcmp(rig->reply, request->bytes, cookie + 1) != 0)
			continue;
		rig->reply[n] = '\0';
		*answer = (struct text){ rig->reply, (size_t)n };
		return true;
	}
	return false;
}

/* Asks until there is an answer; rtpengine knows a repeated request by its cookie. Returns the SDP of
 * the answer, if any. */
static struct text command(struct rig *rig, struct message *request)
{
	struct text answer;
	unsigned tries = 0;

	put(request, "e");
	do {
		if (tries++ == NG_TRIES)
			die("no answer to %.40s", request->bytes);
	} while (send(rig->ng, request->bytes, request->n, 0) < 0 ||
		 !receive(rig, request, &answer));
	struct text reason = field(answer, "12:error-reason");
	if (reason.n > 0)
		die("%.*s (%.40s)", (int)reason.n, reason.p, request->bytes);
	return field(answer, "3:sdp");
}

static uint16_t line_number(struct text sdp, const char *line)
{
	const char *at = memmem(sdp.p, sdp.n, line, strlen(line));

	return at != NULL ? (uint16_t)strtoul(at + strlen(line), NULL, 10) : 0;
}

/* Tells rtpengine where one party listens; the answer says where it listens for the other one. */
static void describe(struct rig *rig, const struct call *call, const char *name,
		     const struct party *from, struct party *to)
{
	struct message request;
	char sdp[256];

	snprintf(sdp, sizeof(sdp),
		 "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
		 "m=audio %u RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=rtcp:%u\r\na=sendrecv\r\n",
		 from->port, from->port + 1u);
	begin(rig, &request, name, call);
	if (from == &call->party[B])
		put_pair(&request, "to-tag", "party-b");
	put_pair(&request, "sdp", sdp);
	put_pair(&request, "ICE", "remove");
	put_flags(&request, rig->flags);
	struct text answer = command(rig, &request);
	to->engine_rtp = line_number(answer, "\nm=audio ");
	to->engine_rtcp = line_number(answer, "\na=rtcp:");
	if (to->engine_rtp == 0)
		die("%s: no port in the SDP", name);
	if (to->engine_rtcp == 0)
		to->engine_rtcp = (uint16_t)(to->engine_rtp + 1);
}

static int udp_socket(uint16_t *port)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(*port) };
	socklen_t n = sizeof(name);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		die("socket: %s", strerror(errno));
	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&name, n) != 0) {
		close(fd);
		return -1;
	}
	getsockname(fd, (struct sockaddr *)&name, &n);
	*port = ntohs(name.sin_port);
	return fd;
}

/* An even port for RTP and the next one for RTCP. */
static void open_party(struct party *party)
{
	for (unsigned i = 0; i < 10000; i++) {
		party->port = 0;
		party->rtp = udp_socket(&party->port);
		uint16_t next = (uint16_t)(party->port + 1);
		party->rtcp = party->port % 2 == 0 ? udp_socket(&next) : -1;
		if (party->rtcp >= 0)
			return;
		close(party->rtp);
	}
	die("no pair of ports");
}

static void start_call(struct rig *rig, size_t i)
{
	struct call *call = &rig->call[i];

	snprintf(call->id, sizeof(call->id), "ng_call-%ld-%zu", (long)getpid(), i);
	for (size_t j = 0; j < PARTIES; j++) {
		struct party *party = &call->party[j];
		open_party(party);
		party->ssrc = (uint32_t)getpid() << 16 | (uint32_t)(i * PARTIES + j);
		party->muted = j == A && rig->mute_a;
	}
	describe(rig, call, "offer", &call->party[A], &call->party[B]);
	describe(rig, call, "answer", &call->party[B], &call->party[A]);
}

static void delete_call(struct rig *rig, const struct call *call)
{
	struct message request;

	begin(rig, &request, "delete", call);
	put(&request, "12:delete-delayi0e");
	command(rig, &request);
}

static void send_media(struct party *party, uint32_t tick)
{
	unsigned char packet[HEADER_BYTES + PAYLOAD_BYTES] = { 0x80, PCMA };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(party->engine_rtp) };
	uint16_t sequence = htons((uint16_t)tick);
	uint32_t timestamp = htonl(tick * PAYLOAD_BYTES), ssrc = htonl(party->ssrc);

	if (party->muted)
		return;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memcpy(packet + 2, &sequence, sizeof(sequence));
	memcpy(packet + 4, &timestamp, sizeof(timestamp));
	memcpy(packet + 8, &ssrc, sizeof(ssrc));
	memset(packet + HEADER_BYTES, 0xd5, PAYLOAD_BYTES);
	sendto(party->rtp, packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to));
	party->sent++;
}

static void read_media(struct party *party, const struct party *peer)
{
	unsigned char packet[2048];
	struct sockaddr_in from = { .sin_port = 0 };
	socklen_t size = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(party->rtp, packet, sizeof(packet), 0, (struct sockaddr *)&from,
			     &size)) >= 0) {
		uint32_t ssrc = htonl(peer->ssrc);
		bool media = n == HEADER_BYTES + PAYLOAD_BYTES && packet[0] == 0x80 &&
			     (packet[1] & 0x7f) == PCMA &&
			     memcmp(packet + 8, &ssrc, sizeof(ssrc)) == 0 &&
			     ntohs(from.sin_port) == party->engine_rtp;
		party->got += media;
		party->foreign += !media;
	}
	while (recv(party->rtcp, packet, sizeof(packet), 0) >= 0)
		party->control++;
}

static void tell_counts(struct rig *rig)
{
	for (size_t i = 0; i < rig->calls; i++) {
		struct party *a = &rig->call[i].party[A], *b = &rig->call[i].party[B];
		printf("call=%zu a=%u b=%u lost_a=%d lost_b=%d foreign=%u rtcp=%u\n", i, a->got,
		       b->got, (int)(b->sent - a->got), (int)(a->sent - b->got),
		       a->foreign + b->foreign, a->control + b->control);
		a->sent = a->got = a->foreign = a->control = 0;
		b->sent = b->got = b->foreign = b->control = 0;
	}
	puts("end");
	fflush(stdout);
	rig->counting = false;
}

/* What came since the last packet was due is read before the next one is sent, and counts are told in
 * between: each packet had its 20 ms to arrive. */
static void tick(struct rig *rig)
{
	for (size_t i = 0; i < rig->calls; i++) {
		struct party *party = rig->call[i].party;
		read_media(&party[A], &party[B]);
		read_media(&party[B], &party[A]);
	}
	if (rig->counting && rig->ticks == rig->count_at) {
		tell_counts(rig);
		return;
	}
	for (size_t i = 0; i < rig->calls; i++)
		for (size_t j = 0; j < PARTIES; j++)
			send_media(&rig->call[i].party[j], rig->ticks);
	rig->ticks++;
}

/* One command at a time: the next one waits for a count to be told.  False at the end. */
static bool obey(struct rig *rig)
{
	while (!rig->counting) {
		char *end = memchr(rig->input, '\n', rig->input_n);
		if (end == NULL)
			return !rig->ended;
		if (strncmp(rig->input, "count", 5) != 0)
			return false;
		rig->counting = true;
		rig->count_at = rig->ticks + (uint32_t)strtoul(rig->input + 5, NULL, 10);
		rig->input_n -= (size_t)(end + 1 - rig->input);
		memmove(rig->input, end + 1, rig->input_n);
	}
	return true;
}

static void read_input(struct rig *rig)
{
	size_t room = sizeof(rig->input) - rig->input_n;
	ssize_t n = read(STDIN_FILENO, rig->input + rig->input_n, room);

	rig->ended = n <= 0;
	rig->input_n += n > 0 ? (size_t)n : 0;
}

static void run(struct rig *rig)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	int64_t started_ns = now_ns();

	while (obey(rig)) {
		int64_t left = started_ns + (int64_t)rig->ticks * TICK_NS - now_ns();
		struct timespec wait = { .tv_nsec = (long)left };
		if (left <= 0)
			tick(rig);
		else if (ppoll(&input, !rig->ended, &wait, NULL) > 0)
			read_input(rig);
	}
}

static void tell_ports(const struct rig *rig)
{
	for (size_t i = 0; i < rig->calls; i++)
		for (size_t j = 0; j < PARTIES; j++)
			printf("%s%u,%u", i + j == 0 ? "ports=" : ",",
			       rig->call[i].party[j].engine_rtp, rig->call[i].party[j].engine_rtcp);
	puts(rig->calls > 0 ? "\nready" : "ports=\nready");
	fflush(stdout);
}

static int connect_ng(const char *address)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	int ip_length = (int)strcspn(address, ":"), fd = socket(AF_INET, SOCK_DGRAM, 0);
	char ip[INET_ADDRSTRLEN];

	snprintf(ip, sizeof(ip), "%.*s", ip_length, address);
	if (inet_pton(AF_INET, ip, &name.sin_addr) != 1 || address[ip_length] != ':')
		die("--ng wants ADDRESS:PORT");
	name.sin_port = htons((uint16_t)strtoul(address + ip_length + 1, NULL, 10));
	if (connect(fd, (struct sockaddr *)&name, sizeof(name)) != 0)
		die("%s: %s", address, strerror(errno));
	return fd;
}

static void read_options(struct rig *rig, int argc, char **argv)
{
	static const struct option options[] = {
		{ "ng", required_argument, NULL, 'n' },
		{ "calls", required_argument, NULL, 'c' },
		{ "flags", required_argument, NULL, 'f' },
		{ "mute-a", no_argument, NULL, 'm' },
		{ NULL, 0, NULL, 0 },
	};

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
		if (option == 'n')
			rig->ng = connect_ng(optarg);
		else if (option == 'c')
			rig->calls = strtoul(optarg, NULL, 10);
		else if (option == 'f')
			rig->flags = optarg;
		else if (option == 'm')
			rig->mute_a = true;
		else
			exit(1);
	}
	if (rig->ng < 0 || optind < argc || rig->calls > CALLS_MAX)
		die("--ng ADDRESS:PORT is needed, and at most %d calls", CALLS_MAX);
}

int main(int argc, char **argv)
{
	struct rig rig = { .ng = -1, .flags = "", .calls = 1 };
	struct rlimit files;
	struct message ping;

	read_options(&rig, argc, argv);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	rig.call = calloc(rig.calls + 1, sizeof(*rig.call));
	if (rig.call == NULL)
		die("no memory");
	begin(&rig, &ping, "ping", NULL);
	command(&rig, &ping);
	for (size_t i = 0; i < rig.calls; i++)
		start_call(&rig, i);
	tell_ports(&rig);
	run(&rig);
	for (size_t i = 0; i < rig.calls; i++)
		delete_call(&rig, &rig.call[i]);
	free(rig.call);
	return 0;
}
