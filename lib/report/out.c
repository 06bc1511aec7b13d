/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Buffered writing; see out.h. */
#include "report/out.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

void out_init(struct out *out, int fd)
{
	out->fd = fd;
	out->error = 0;
	out->n = 0;
}

/* The descriptor is inherited and may be non-blocking. */
static void write_all(struct out *out, struct view v)
{
	struct pollfd writable = { .fd = out->fd, .events = POLLOUT };

	while (v.n > 0 && out->error == 0) {
		ssize_t n = write(out->fd, v.p, v.n);
		if (n > 0)
			v = view_skip(v, (size_t)n);
		else if (n == 0)
			out->error = EIO;
		else if (errno == EAGAIN)
			poll(&writable, 1, -1);
		else if (errno != EINTR)
			out->error = errno;
	}
}

void out_put(struct out *out, struct view v)
{
	if (v.n > sizeof(out->buffer) - out->n)
		out_flush(out);
	if (v.n > sizeof(out->buffer)) {
		write_all(out, v);
	} else if (v.n > 0) {
		memcpy(out->buffer + out->n, v.p, v.n);
		out->n += v.n;
	}
}

void out_str(struct out *out, const char *text)
{
	out_put(out, view_of(text));
}

bool out_flush(struct out *out)
{
	write_all(out, (struct view){ out->buffer, out->n });
	out->n = 0;
	return out->error == 0;
}
