/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thousands of UDP ports behind one epoll; see sim_range.h. */
#define _GNU_SOURCE
#include "sim_range.h"
#include "sim_udp.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 256
#define ECHOES_PER_EVENT 16
#define OTHER_FILES 2048 /* what the rest of the program may need */

struct ranges {
	int epoll;
	int *fds;
	size_t n;
	char bytes[UINT16_MAX];
};

bool range_take(struct span *rest, uint16_t *first, uint16_t *last)
{
	struct span end = span_cut(rest, ',');
	struct span begin = span_cut(&end, '-');
	unsigned long low, high;

	if (!span_number(begin, UINT16_MAX, &low) || low == 0)
		return false;
	if (end.p == begin.p + begin.n)
		high = low;
	else if (!span_number(end, UINT16_MAX, &high) || high < low)
		return false;
	*first = (uint16_t)low;
	*last = (uint16_t)high;
	return true;
}

struct ranges *ranges_new(void)
{
	struct ranges *ranges = calloc(1, sizeof(*ranges));

	if (ranges == NULL)
		return NULL;
	ranges->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (ranges->epoll >= 0)
		return ranges;
	free(ranges);
	return NULL;
}

void ranges_free(struct ranges *ranges)
{
	for (size_t i = 0; ranges != NULL && i < ranges->n; i++)
		close(ranges->fds[i]);
	if (ranges != NULL) {
		close(ranges->epoll);
		free(ranges->fds);
	}
	free(ranges);
}

/* Above the hard limit when that is allowed, else up to it. */
static void allow_files(rlim_t n)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= n)
		return;
	struct rlimit more = { n, limit.rlim_max > n ? limit.rlim_max : n };

	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &more) != 0)
		(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* One that is never read keeps as little as the kernel allows. */
static bool range_add(struct ranges *ranges, const union addr *address, bool silent)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = udp_open(address), least = 0;

	if (fd < 0)
		return false;
	event.data.fd = fd;
	ranges->fds[ranges->n++] = fd;
	return silent ? setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)) == 0
		      : epoll_ctl(ranges->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool ranges_open(struct ranges *ranges, union addr *address, uint16_t first, uint16_t last,
		 bool silent)
{
	size_t n = ranges->n + last - first + 1;
	int *fds = realloc(ranges->fds, n * sizeof(*fds));

	if (fds == NULL)
		return false;
	ranges->fds = fds;
	allow_files(n + OTHER_FILES);
	for (unsigned port = first; port <= last; port++) {
		addr_set_port(address, (uint16_t)port);
		if (!range_add(ranges, address, silent))
			return false;
	}
	return true;
}

int ranges_fd(const struct ranges *ranges)
{
	return ranges->epoll;
}

/* The control data of the request, where it was sent to, is that of the answer: where it is from. */
static bool echo_one(struct ranges *ranges, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;
	union addr peer;
	struct iovec iov = { ranges->bytes, sizeof(ranges->bytes) };
	struct msghdr h = { .msg_name = &peer,
			    .msg_namelen = sizeof(peer),
			    .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &h, MSG_DONTWAIT);

	if (n < 0)
		return errno != EAGAIN;
	iov.iov_len = (size_t)n;
	h.msg_flags = 0;
	(void)sendmsg(fd, &h, MSG_DONTWAIT);
	return true;
}

void ranges_turn(void *ctx)
{
	struct ranges *ranges = ctx;
	struct epoll_event event[EVENTS];
	int n = epoll_wait(ranges->epoll, event, EVENTS, 0);

	for (int i = 0; i < n; i++)
		for (int k = 0; k < ECHOES_PER_EVENT && echo_one(ranges, event[i].data.fd); k++)
			;
}
