/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SLP over datagrams and streams; see sim_slp.h. */
#include "sim_slp.h"
#include "sim_slp_agent.h"
#include "sim_slp_replay.h"

#include <stdlib.h>
#include <string.h>

#define UNKNOWN_MANDATORY 0x4055

struct slp {
	struct slp_conf conf;
	struct regs *regs[REGS_SETS];
	struct replay *replay;
	unsigned registrations; /* that somebody asked for */
};

struct slp *slp_new(const struct slp_conf *conf)
{
	struct slp *slp = calloc(1, sizeof(*slp));
	bool ok = slp != NULL;

	for (unsigned set = 0; ok && set < REGS_SETS; set++) {
		slp->regs[set] = regs_new(set, set == REGS_CONF ? conf->file : NULL);
		ok = slp->regs[set] != NULL;
	}
	if (ok) {
		slp->conf = *conf;
		slp->replay = replay_new(conf->replay);
		ok = slp->replay != NULL;
	}
	if (ok)
		return slp;
	slp_free(slp);
	return NULL;
}

void slp_free(struct slp *slp)
{
	if (slp == NULL)
		return;
	for (unsigned set = 0; set < REGS_SETS; set++)
		regs_free(slp->regs[set]);
	replay_free(slp->replay);
	free(slp);
}

static struct agent agent_of(const struct slp *slp, const struct slp_peer *peer)
{
	const struct regs *regs = slp->regs[peer->set];

	return (struct agent){
		.versions = peer->versions,
		.directory = peer->directory,
		.authenticates = peer->authenticates,
		.error = peer->error,
		.scopes = peer->scopes != NULL ? span_of(peer->scopes) : regs->scopes,
		.everywhere = peer->scopes != NULL,
		.regs = regs,
		.boot = peer->dying ? 0 : slp->conf.boot,
	};
}

static void trace(struct slp *slp, const struct flow *flow, struct span message)
{
	struct slp_head head;
	char text[ADDR_TEXT_BYTES];

	(void)head_read(message, &head);
	if (head.call == CALL_SRV_REG || head.call == CALL_SRV_DEREG)
		slp->registrations++;
	if (slp->conf.trace != NULL)
		fprintf(slp->conf.trace,
			"slp v%u %s xid=%04x %zu bytes %s%s from %s registrations=%u\n",
			head.version, call_name(head.call), head.xid, message.n, flow->transport,
			flow->group ? " group" : "", addr_text(&flow->peer, text),
			slp->registrations);
}

static unsigned number_at(const struct buf *b, size_t at, size_t bytes)
{
	struct slp_in in = { span_skip((struct span){ b->p, b->n }, at), false };

	return in_number(&in, bytes);
}

static void add_to(struct slp_out *out, size_t at, size_t bytes, int add)
{
	out_patch(out, at, bytes, (unsigned long)((long)number_at(&out->buf, at, bytes) + add));
}

static void spoil(const struct slp_peer *peer, struct slp_out *out)
{
	unsigned call = number_at(&out->buf, 1, 1);
	size_t header = out_header(out);

	if (peer->wrong_xid)
		add_to(out, WIRE_XID_AT, 2, 1);
	if (peer->wrong_call)
		out_patch(out, 1, 1, CALL_SRV_ACK);
	if (call == CALL_SRV_RPLY || call == CALL_ATTR_RPLY || call == CALL_TYPE_RPLY)
		add_to(out, header + 2, 2, peer->count_add);
	if (peer->mandatory && out->version == 2) {
		out_patch(out, 7, 3, out->buf.n);
		out_number(out, 2, UNKNOWN_MANDATORY);
		out_number(out, 3, 0);
		out_bytes(out, span_of("must"));
		out_end(out);
	}
	add_to(out, 2, out->version == 1 ? 2 : 3, peer->length_add);
}

static void to_datagram(const struct slp_peer *peer, struct slp_out *out)
{
	static const char leak[] = "bytes of somebody's memory ";

	if (peer->cut && out->buf.n > AGENT_UDP_MAX) {
		out->overflow = true;
		out_end(out);
		out->buf.n = AGENT_UDP_MAX;
	}
	for (size_t left = peer->trailing_bytes; left > 0;) {
		size_t n = left < sizeof(leak) - 1 ? left : sizeof(leak) - 1;

		out_bytes(out, (struct span){ leak, n });
		left -= n;
	}
}

static void deliver(const struct slp_peer *peer, const struct flow *flow, struct span reply)
{
	struct flow from = *flow;
	struct part part = { .bytes = reply,
			     .after_ms = peer->after_ms,
			     .pace_ms = peer->pace_ms,
			     .other = peer->other_port };
	unsigned times = flow->udp >= 0 && peer->repeat > 0 ? peer->repeat : 1;

	if (peer->other_address)
		addr_next(&from.local);
	if (flow->udp < 0 && peer->split_ms > 0) {
		part.bytes.n = reply.n / 2;
		flow_send(&from, &part);
		part.bytes = span_skip(reply, part.bytes.n);
		part.after_ms += peer->split_ms;
	}
	for (unsigned i = 0; i < times; i++)
		flow_send(&from, &part);
}

static void on_message(struct slp *slp, const struct slp_peer *peer, const struct flow *flow,
		       struct span message)
{
	struct agent agent = agent_of(slp, peer);
	struct slp_out out = { .limit = 0 };
	bool udp = flow->udp >= 0;
	size_t limit = udp && !peer->cut ? AGENT_UDP_MAX : WIRE_TCP_MAX;

	trace(slp, flow, message);
	if (peer->replay) {
		if (replay_find(slp->replay, message, &out.buf))
			deliver(peer, flow, (struct span){ out.buf.p, out.buf.n });
	} else if (agent_answer(&agent, flow, message, limit, &out)) {
		spoil(peer, &out);
		if (udp)
			to_datagram(peer, &out);
		deliver(peer, flow, (struct span){ out.buf.p, out.buf.n });
	}
	buf_free(&out.buf);
}

void slp_on_datagram(struct slp *slp, const struct slp_peer *peer, const struct flow *flow,
		     struct span datagram)
{
	on_message(slp, peer, flow, datagram);
}

/* Bytes of the first message; 0: more are needed to tell; SIP_STREAM_BROKEN: it has no end. */
static size_t message_length(struct span bytes)
{
	struct slp_in in = { bytes, false };
	unsigned version = in_number(&in, 1);
	size_t length, least = version == 1 ? WIRE_V1_HEADER : WIRE_V2_HEADER;

	in_number(&in, 1);
	length = in_number(&in, version == 1 ? 2 : 3);
	if (in.bad)
		return 0;
	return (version == 1 || version == 2) && length >= least ? length : SIP_STREAM_BROKEN;
}

size_t slp_on_stream(struct slp *slp, const struct slp_peer *peer, const struct flow *flow,
		     struct span bytes)
{
	size_t used = 0, n;

	while ((n = message_length(span_skip(bytes, used))) > 0) {
		struct span message = span_skip(bytes, used);

		if (n == SIP_STREAM_BROKEN || n > WIRE_TCP_MAX) {
			on_message(slp, peer, flow, message);
			return SIP_STREAM_BROKEN;
		}
		if (n > message.n)
			break;
		message.n = n;
		on_message(slp, peer, flow, message);
		used += n;
	}
	return used;
}

void slp_announce(struct slp *slp, const struct flow *flow, unsigned every_ms)
{
	struct agent agent = agent_of(slp, slp_port_directory.slp);
	struct slp_out out = { .limit = AGENT_UDP_MAX };
	struct part part = { .after_ms = 1, .every_ms = every_ms };

	agent_advertise(&agent, flow, &out);
	part.bytes = (struct span){ out.buf.p, out.buf.n };
	flow_send(flow, &part);
	buf_free(&out.buf);
}
