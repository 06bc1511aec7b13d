/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reader and writer of SLP messages; see sim_slp_wire.h. */
#include "sim_slp_wire.h"

#include <string.h>

#define OUT_MAX ((size_t)2 << 20)

unsigned in_number(struct slp_in *in, size_t bytes)
{
	struct span s = in_bytes(in, bytes);
	unsigned value = 0;

	for (size_t i = 0; i < s.n; i++)
		value = value << 8 | (unsigned char)s.p[i];
	return value;
}

struct span in_bytes(struct slp_in *in, size_t n)
{
	struct span s = { in->rest.p, n };

	if (n > in->rest.n) {
		in->bad = true;
		s.n = 0;
	}
	in->rest = span_skip(in->rest, s.n);
	return s;
}

struct span in_string(struct slp_in *in)
{
	return in_bytes(in, in_number(in, 2));
}

static void head_read_v1(struct slp_in *in, struct slp_head *head)
{
	head->length = in_number(in, 2);
	head->flags = in_number(in, 1) << 8;
	in_number(in, 1); /* dialect */
	head->language = in_bytes(in, 2);
	head->encoding = in_number(in, 2);
	head->xid = in_number(in, 2);
	head->bytes = WIRE_V1_HEADER;
}

static void head_read_v2(struct slp_in *in, struct slp_head *head)
{
	head->length = in_number(in, 3);
	head->flags = in_number(in, 2);
	head->extensions = in_number(in, 3);
	head->xid = in_number(in, 2);
	head->language = in_string(in);
	head->bytes = WIRE_V2_HEADER + head->language.n;
}

bool head_read(struct span message, struct slp_head *head)
{
	struct slp_in in = { message, false };

	*head = (struct slp_head){ 0 };
	head->version = in_number(&in, 1);
	head->call = in_number(&in, 1);
	if (head->version == 1)
		head_read_v1(&in, head);
	else
		head_read_v2(&in, head);
	return !in.bad;
}

const char *call_name(unsigned call)
{
	static const char *const names[] = {
		"?",	    "SrvRqst",	"SrvRply",  "SrvReg",	   "SrvDeReg",	  "SrvAck",
		"AttrRqst", "AttrRply", "DAAdvert", "SrvTypeRqst", "SrvTypeRply", "SAAdvert",
	};

	return names[call < sizeof(names) / sizeof(names[0]) ? call : 0];
}

void out_bytes(struct slp_out *out, struct span s)
{
	if (!buf_add(&out->buf, s, OUT_MAX))
		out->overflow = true;
}

void out_number(struct slp_out *out, size_t bytes, unsigned long value)
{
	char text[4] = { 0 };

	out_bytes(out, (struct span){ text, bytes });
	if (out->buf.n >= bytes)
		out_patch(out, out->buf.n - bytes, bytes, value);
}

void out_string(struct slp_out *out, struct span s)
{
	s.n = s.n < UINT16_MAX ? s.n : UINT16_MAX;
	out_number(out, 2, s.n);
	out_bytes(out, s);
}

void out_patch(struct slp_out *out, size_t at, size_t bytes, unsigned long value)
{
	for (size_t i = bytes; i > 0 && at + bytes <= out->buf.n; i--, value >>= 8)
		out->buf.p[at + i - 1] = (char)(value & 0xff);
}

bool out_room(struct slp_out *out, size_t n)
{
	bool fits = out->buf.n <= out->limit && n <= out->limit - out->buf.n;

	out->overflow = out->overflow || !fits;
	return fits;
}

void out_begin(struct slp_out *out, const struct slp_head *request, unsigned call)
{
	out->version = request->version;
	out->buf.n = 0;
	out->overflow = false;
	out_number(out, 1, request->version);
	out_number(out, 1, call);
	if (request->version == 1) {
		out_number(out, 2, 0);
		out_number(out, 1, (request->flags & WIRE_V1_MONOLINGUAL) >> 8);
		out_number(out, 1, 0);
		out_bytes(out, request->language);
		out_number(out, 2, request->encoding);
		out_number(out, 2, request->xid);
		return;
	}
	out_number(out, 3, 0);
	out_number(out, 2, 0);
	out_number(out, 3, 0);
	out_number(out, 2, request->xid);
	out_string(out, request->language);
}

void out_end(struct slp_out *out)
{
	size_t flags_at = out->version == 1 ? 4 : 5;

	out_patch(out, 2, out->version == 1 ? 2 : 3, out->buf.n);
	if (out->overflow && flags_at < out->buf.n)
		out->buf.p[flags_at] = (char)(out->buf.p[flags_at] | (char)0x80);
}

size_t out_header(const struct slp_out *out)
{
	struct slp_head head;

	return head_read((struct span){ out->buf.p, out->buf.n }, &head) ? head.bytes : out->buf.n;
}
