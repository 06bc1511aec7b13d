/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stated limit for a sweep of closed ports: one unconnected socket, sendmmsg, its error queue
 * drained after each batch, the same datagrams, and nothing else.  bench_sweep [COUNT [FIRST]] asks
 * COUNT ports of 127.0.0.1 and ends when all have given an ICMP error or a datagram, or nothing came
 * for a second.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, PAYLOAD_BYTES = 72, SLOT_BYTES = 1024, CONTROL_BYTES = 128 };

struct batch {
	struct mmsghdr message[BATCH];
	struct iovec vector[BATCH];
	struct sockaddr_in address[BATCH];
	char bytes[BATCH][SLOT_BYTES];
	_Alignas(struct cmsghdr) char control[BATCH][CONTROL_BYTES];
};

struct counts {
	unsigned sent, errors, answers, refusals; /* refusals: of sendmmsg, for earlier datagrams */
};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void prepare(struct batch *b, size_t bytes)
{
	for (size_t i = 0; i < BATCH; i++) {
		b->vector[i] = (struct iovec){ b->bytes[i], bytes };
		b->message[i].msg_hdr = (struct msghdr){ .msg_name = &b->address[i],
							 .msg_namelen = sizeof(b->address[i]),
							 .msg_iov = &b->vector[i],
							 .msg_iovlen = 1 };
	}
}

static unsigned read_queue(int fd, struct batch *b, int flags)
{
	unsigned all = 0;
	int got = BATCH;

	while (got == BATCH) {
		for (size_t i = 0; i < (size_t)got; i++) {
			b->message[i].msg_hdr.msg_namelen = sizeof(b->address[i]);
			b->message[i].msg_hdr.msg_control = b->control[i];
			b->message[i].msg_hdr.msg_controllen = CONTROL_BYTES;
		}
		got = recvmmsg(fd, b->message, BATCH, flags | MSG_DONTWAIT, NULL);
		all += got > 0 ? (unsigned)got : 0;
	}
	return all;
}

/* The ICMP error of a datagram ends the call that sent it, so a batch takes many calls here. */
static void send_batch(int fd, struct batch *out, struct batch *in, unsigned first, unsigned n,
		       struct counts *counts)
{
	for (unsigned i = 0; i < n; i++)
		out->address[i] = (struct sockaddr_in){ .sin_family = AF_INET,
							.sin_port = htons((uint16_t)(first + i)),
							.sin_addr = { htonl(INADDR_LOOPBACK) } };
	for (unsigned at = 0; at < n;) {
		int sent = sendmmsg(fd, out->message + at, n - at, MSG_DONTWAIT);
		at += sent > 0 ? (unsigned)sent : 0;
		counts->refusals += sent < 0;
		counts->errors += read_queue(fd, in, MSG_ERRQUEUE);
	}
	counts->sent += n;
}

int main(int argc, char **argv)
{
	static struct batch out, in;
	unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 16384;
	unsigned first = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 16384;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1, size = 4 << 20;
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	struct counts counts = { 0, 0, 0, 0 };
	double began_s = now_s();

	setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	prepare(&out, PAYLOAD_BYTES);
	prepare(&in, SLOT_BYTES);
	while (counts.errors + counts.answers < count) {
		unsigned left = count - counts.sent;
		if (left > 0)
			send_batch(fd, &out, &in, first + counts.sent, left < BATCH ? left : BATCH,
				   &counts);
		else if (poll(&ready, 1, 1000) == 0)
			break;
		counts.errors += read_queue(fd, &in, MSG_ERRQUEUE);
		counts.answers += read_queue(fd, &in, 0);
	}
	printf("%.4f s, %u sent, %u errors, %u answers, %u sends refused\n", now_s() - began_s,
	       counts.sent, counts.errors, counts.answers, counts.refusals);
	return counts.errors == count ? 0 : 2;
}
