/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One connected UDP socket for each probe; see chan_udp_connected.h. */
#define _GNU_SOURCE
#include "net/chan_udp_connected.h"

#include "net/sock.h"

#include <errno.h>
#include <unistd.h>

#include <sys/epoll.h>

enum { RECEIVE_BYTES = 65536 };

bool udp_is_connected(const struct probe *probe)
{
	return probe->udp.watch.ready != NULL;
}

/* What the network said: none of it is the fault of our own socket. */
static enum fault network_fault(int error)
{
	if (error == 0 || error == EMSGSIZE) /* a smaller path MTU */
		return FAULT_NONE;
	if (sock_errno_fault(error) == FAULT_LOCAL)
		return FAULT_UNREACHABLE;
	return sock_errno_fault(error);
}

/* Whether there is a datagram. An error comes before what was received earlier, and only once: it is
 * kept in *error while the next is read. */
static bool receive(int fd, struct msghdr *msg, size_t *n, int *error)
{
	ssize_t got = recvmsg(fd, msg, MSG_DONTWAIT);

	if (got < 0 && errno != EAGAIN && errno != EINTR) {
		*error = errno;
		got = recvmsg(fd, msg, MSG_DONTWAIT);
	}
	*n = got > 0 ? (size_t)got : 0;
	return got >= 0;
}

static bool deliver(struct engine *engine, struct probe *probe, struct msghdr *msg, size_t n)
{
	struct sock_clock clock = sock_clock();
	struct xio io = {
		.now_us = sock_received_us(msg, &clock),
		.from = &probe->spec.peer,
		.in = { msg->msg_iov->iov_base, n },
	};

	probe_tap(engine, probe, TAP_RECEIVED, &io, io.in);
	return probe_deliver(engine, probe, &io);
}

/* What the kernel does not take now stays for a writable socket. */
static enum fault write_out(struct engine *engine, struct probe *probe)
{
	struct watch *watch = &probe->udp.watch;
	ssize_t n = send(watch->fd, probe->out.p, probe->out.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	bool full = n < 0 && (errno == EAGAIN || errno == ENOBUFS);

	if (n < 0 && !full)
		return sock_blame(&engine->trace, "send", errno);
	if (!full)
		buffer_drop(&probe->out, probe->out.n);
	engine_watch(engine, watch, EPOLLIN | (full ? (uint32_t)EPOLLOUT : 0));
	return FAULT_NONE;
}

/* One datagram per turn, so that a flood cannot hold up the deadline. */
static void on_ready(struct engine *engine, struct watch *watch, uint32_t events)
{
	struct probe *probe = LIST_ITEM(watch, struct probe, udp.watch);
	_Alignas(struct cmsghdr) char control[SOCK_CONTROL_BYTES];
	char bytes[RECEIVE_BYTES];
	struct iovec iov = { bytes, sizeof(bytes) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int error = 0;
	size_t n;

	(void)events;
	if (receive(watch->fd, &msg, &n, &error) && !deliver(engine, probe, &msg, n))
		return;
	enum fault fault = network_fault(error);
	if (fault != FAULT_NONE)
		engine->trace.error = error;
	else if (probe->out.n > 0)
		fault = write_out(engine, probe);
	if (fault != FAULT_NONE)
		probe_end(engine, probe, fault);
}

enum fault udp_connected_open(struct engine *engine, struct probe *probe)
{
	const struct addr *peer = &probe->spec.peer;
	int fd = sock_open_plain(SOCK_DGRAM, peer->family, &engine->conf.source), on = 1;
	union sock_addr name;

	if (fd < 0)
		return sock_blame(&engine->trace, "open a UDP socket", -fd);
	probe->udp.watch = (struct watch){ on_ready, fd, 0 };
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	socklen_t length = sock_addr_write(&name, peer);
	if (connect(fd, &name.any, length) != 0)
		return sock_blame(&engine->trace, "connect a UDP socket", errno);
	int error = engine_watch(engine, &probe->udp.watch, EPOLLIN);
	if (error != 0)
		return sock_blame(&engine->trace, "wait for a UDP socket", error);
	probe->local = sock_local(fd);
	probe_begin(engine, probe);
	return FAULT_NONE;
}

/* A datagram that still waits is replaced. */
enum fault udp_connected_send(struct engine *engine, struct probe *probe, struct view bytes)
{
	probe->out.n = 0;
	buffer_put(&probe->out, bytes);
	return write_out(engine, probe);
}

void udp_connected_close(struct probe *probe)
{
	close(probe->udp.watch.fd);
}
