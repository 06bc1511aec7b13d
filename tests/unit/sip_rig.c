/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client transaction without socket and clock; see sip_rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "sip_rig.h"

#include "proto/sip_request.h"

static const uint64_t ENTROPY[4] = { 1, 2, 3, 4 };
static const struct addr LOCAL = { .family = 4, .ip = { 192, 0, 2, 9 }, .port = 40000 };
const struct addr RIG_PEER = { .family = 4, .ip = { 192, 0, 2, 7 }, .port = 5060 };

const struct sip_client *rig_client(const struct rig *rig)
{
	return (const struct sip_client *)(const void *)rig->state;
}

struct view rig_sent(const struct rig *rig)
{
	return wr_view(&rig->io.out);
}

void rig_init(struct rig *rig, bool stream)
{
	memset(rig, 0, sizeof(*rig));
	rig->profile = (struct sip_profile){ .user_agent = VIEW("test"),
					     .max_forwards = 70,
					     .t1_us = SIP_T1_US,
					     .count = 1,
					     .interval_us = 1000000 };
	rig->arg = (struct sip_client_arg){ .profile = &rig->profile,
					    .ruri = VIEW("sip:192.0.2.7"),
					    .transport = stream ? VIEW("TCP") : VIEW("UDP") };
	rig->ops = &sip_client_ops;
	rig->io = (struct xio){ .arg = &rig->arg,
				.entropy = ENTROPY,
				.local = &LOCAL,
				.peer = &RIG_PEER,
				.from = &RIG_PEER,
				.stream = stream };
	assert_true(sip_client_auth_ops.state_size <= sizeof(rig->state));
}

enum step rig_step(struct rig *rig, enum step (*op)(void *, struct xio *), int64_t now_us)
{
	rig->io.now_us = now_us;
	rig->io.wake_us = 0;
	rig->io.used = 0;
	rig->io.out = wr_over(rig->out, sizeof(rig->out));
	enum step result = op(rig->state, &rig->io);
	if (rig->io.out.n > 0)
		rig->sends++;
	return result;
}

enum step rig_begin(struct rig *rig)
{
	return rig_step(rig, rig->ops->start, 1000);
}

/* The value of a header in what was sent last. */
struct view rig_header(struct view message, const char *name)
{
	struct view head = message, n, v;

	view_take_until(&head, '\n');
	while (sip_msg_next_header(&head, &n, &v))
		if (view_ieq(n, view_of(name)))
			return v;
	return (struct view){ "", 0 };
}

static void put_header(struct wr *w, const char *name, struct view value)
{
	wr_str(w, name);
	wr_str(w, ": ");
	wr_put(w, value);
	wr_str(w, "\r\n");
}

/* A right answer to `request`; `extra` are header lines. */
void rig_write_answer(struct wr *w, struct view request, const char *status, const char *extra)
{
	wr_str(w, "SIP/2.0 ");
	wr_str(w, status);
	wr_str(w, "\r\n");
	put_header(w, "Via", rig_header(request, "Via"));
	put_header(w, "From", rig_header(request, "From"));
	wr_str(w, "To: <sip:192.0.2.7>;tag=peer\r\n");
	put_header(w, "Call-ID", rig_header(request, "Call-ID"));
	put_header(w, "CSeq", rig_header(request, "CSeq"));
	wr_str(w, extra);
	wr_str(w, "Content-Length: 0\r\n\r\n");
}

enum step rig_receive(struct rig *rig, int64_t now_us, const char *bytes, size_t n)
{
	char copy[8192];

	assert_true(n <= sizeof(copy));
	memcpy(copy, bytes, n);
	rig->io.in = (struct view){ copy, n };
	return rig_step(rig, rig->ops->on_data, now_us);
}

enum step rig_answer(struct rig *rig, int64_t now_us, const char *status, const char *extra)
{
	char buffer[4096];
	struct wr w = wr_over(buffer, sizeof(buffer));

	rig_write_answer(&w, rig_sent(rig), status, extra);
	assert_false(w.full);
	return rig_receive(rig, now_us, buffer, w.n);
}

/* The last request answered with one part replaced. */
enum step rig_answer_changed(struct rig *rig, const char *old, const char *new_text)
{
	char buffer[4096], changed[4096];
	struct wr w = wr_over(buffer, sizeof(buffer)), c = wr_over(changed, sizeof(changed));

	rig_write_answer(&w, rig_sent(rig), "200 OK", "");
	size_t at = view_search(wr_view(&w), view_of(old));
	assert_true(at < w.n);
	wr_put(&c, view_first(wr_view(&w), at));
	wr_str(&c, new_text);
	wr_put(&c, view_skip(wr_view(&w), at + strlen(old)));
	return rig_receive(rig, 5000, changed, c.n);
}
