/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stated limit for many targets: one socket, sendmmsg, recvmmsg, the same datagrams, and nothing
 * else.  bench_loop PORT COUNT [WINDOW] asks 127.1.0.1 onwards and ends when all have answered, or
 * nothing came for a second.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 64, DATAGRAM_MAX = 1024 };

struct batch {
	struct mmsghdr message[BATCH];
	struct iovec vector[BATCH];
	struct sockaddr_in address[BATCH];
	char bytes[BATCH][DATAGRAM_MAX];
};

static uint32_t target(uint32_t i)
{
	return htonl(0x7f010001 + i);
}

static void prepare(struct batch *b)
{
	memset(b, 0, sizeof(*b));
	for (size_t i = 0; i < BATCH; i++) {
		b->vector[i] = (struct iovec){ b->bytes[i], DATAGRAM_MAX };
		b->message[i].msg_hdr = (struct msghdr){ .msg_name = &b->address[i],
							 .msg_namelen = sizeof(b->address[i]),
							 .msg_iov = &b->vector[i],
							 .msg_iovlen = 1 };
	}
}

static void write_request(struct batch *b, size_t slot, uint32_t i, uint16_t port)
{
	char ip[INET_ADDRSTRLEN];

	b->address[slot] = (struct sockaddr_in){ .sin_family = AF_INET,
						 .sin_port = htons(port),
						 .sin_addr = { target(i) } };
	inet_ntop(AF_INET, &b->address[slot].sin_addr, ip, sizeof(ip));
	int n = snprintf(b->bytes[slot], DATAGRAM_MAX,
			 "OPTIONS sip:%s:%u SIP/2.0\r\n"
			 "Via: SIP/2.0/UDP 127.0.0.1:40000;branch=z9hG4bK%016x;rport\r\n"
			 "Max-Forwards: 70\r\nFrom: <sip:monitoring@127.0.0.1>;tag=%016x\r\n"
			 "To: <sip:%s:%u>\r\nCall-ID: %032x\r\nCSeq: 1 OPTIONS\r\n"
			 "Contact: <sip:127.0.0.1:40000>\r\nAccept: application/sdp\r\n"
			 "User-Agent: check_sip/0.1.0 (monitoring)\r\nContent-Length: 0\r\n\r\n",
			 ip, (unsigned)port, i, i, ip, (unsigned)port, i);
	b->vector[slot].iov_len = (size_t)n;
}

static uint32_t send_batch(int fd, struct batch *b, uint32_t next, uint32_t room, uint16_t port)
{
	unsigned n = room < BATCH ? room : BATCH;

	for (unsigned i = 0; i < n; i++)
		write_request(b, i, next + i, port);
	int sent = sendmmsg(fd, b->message, n, 0);
	return sent > 0 ? (uint32_t)sent : 0;
}

int main(int argc, char **argv)
{
	static struct batch out, in;
	uint16_t port = (uint16_t)(argc > 1 ? strtoul(argv[1], NULL, 10) : 5060);
	uint32_t count = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 10000;
	uint32_t window = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1000;
	uint32_t sent = 0, answered = 0;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	prepare(&out);
	prepare(&in);
	while (answered < count) {
		if (sent < count && sent - answered < window)
			sent += send_batch(fd, &out, sent, count - sent, port);
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		int wait_ms = sent < count && sent - answered < window ? 0 : 1000;
		if (poll(&ready, 1, wait_ms) == 0) {
			if (wait_ms > 0)
				break;
			continue;
		}
		int got = recvmmsg(fd, in.message, BATCH, MSG_DONTWAIT, NULL);
		if (got > 0)
			answered += (uint32_t)got;
	}
	printf("%u of %u answered\n", answered, count);
	return answered == count ? 0 : 2;
}
