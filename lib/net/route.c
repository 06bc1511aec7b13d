/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source addresses by a scratch socket that is connected to each peer in turn; see route.h. */
#include "net/route.h"

#include "net/sock.h"

#include <errno.h>
#include <unistd.h>

static int ask_kernel(struct route *route, const struct addr *peer)
{
	int *scratch = &route->fd[peer->family == 6];
	union sock_addr name = { .any.sa_family = AF_UNSPEC };

	if (*scratch == 0) {
		int fd = sock_open(SOCK_DGRAM, peer->family, &(struct addr){ .family = 0 });
		if (fd < 0)
			return -fd;
		*scratch = fd + 1;
	}
	/* Else the source chosen for the last peer stays. */
	(void)connect(*scratch - 1, &name.any, sizeof(name));
	socklen_t length = sock_addr_write(&name, peer);
	if (connect(*scratch - 1, &name.any, length) != 0)
		return errno;
	route->peer = *peer;
	route->local = sock_local(*scratch - 1);
	return 0;
}

int route_find(struct route *route, const struct addr *peer, struct addr *local)
{
	static const struct addr loopback = { .ip = { 127, 0, 0, 1 }, .family = 4 };
	int error = 0;

	if (peer->family == 4 && addr_is_loopback(peer)) {
		*local = loopback;
		return 0;
	}
	if (!addr_same_ip(peer, &route->peer))
		error = ask_kernel(route, peer);
	*local = route->local;
	return error;
}

void route_free(struct route *route)
{
	for (size_t i = 0; i < 2; i++)
		if (route->fd[i] != 0)
			close(route->fd[i] - 1);
}
