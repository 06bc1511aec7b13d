/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tags, lengths, numbers and object identifiers; see snmp_sim_ber.h. */
#include "snmp_sim_ber.h"

#include <stdlib.h>
#include <string.h>

int oid_order(const struct oid *a, const struct oid *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (a->arc[i] != b->arc[i])
			return a->arc[i] < b->arc[i] ? -1 : 1;
	return a->n < b->n ? -1 : a->n > b->n;
}

bool oid_share(const struct oid *a, const struct oid *b, size_t n)
{
	return a->n >= n && b->n >= n && memcmp(a->arc, b->arc, n * sizeof(a->arc[0])) == 0;
}

void oid_add(struct oid *oid, uint32_t arc)
{
	if (oid->n == OID_ARCS_MAX)
		abort();
	oid->arc[oid->n++] = arc;
}

struct oid oid_of(const char *text)
{
	struct span rest = span_of(text);
	struct oid oid = { .n = 0 };
	unsigned long arc;

	while (rest.n > 0 && span_number(span_cut(&rest, '.'), UINT32_MAX, &arc))
		oid_add(&oid, (uint32_t)arc);
	return oid;
}

static unsigned take_byte(struct ber_in *in)
{
	unsigned byte = in->rest.n > 0 ? (unsigned char)in->rest.p[0] : 0;

	*in->bad = *in->bad || in->rest.n == 0;
	in->rest = span_skip(in->rest, 1);
	return byte;
}

struct ber_in ber_enter_any(struct ber_in *in)
{
	struct ber_in inner = { { "", 0 }, in->bad };
	size_t n;

	take_byte(in);
	n = take_byte(in);
	if (n >= 0x80) {
		unsigned bytes = n & 0x7f;

		*in->bad = *in->bad || bytes < 1 || bytes > 4;
		for (n = 0; !*in->bad && bytes > 0; bytes--)
			n = n << 8 | take_byte(in);
	}
	*in->bad = *in->bad || n > in->rest.n;
	if (*in->bad)
		return inner;
	inner.rest = (struct span){ in->rest.p, n };
	in->rest = span_skip(in->rest, n);
	return inner;
}

struct ber_in ber_enter(struct ber_in *in, unsigned tag)
{
	*in->bad = *in->bad || in->rest.n == 0 || (unsigned char)in->rest.p[0] != tag;
	return ber_enter_any(in);
}

int32_t ber_take_integer(struct ber_in *in)
{
	struct ber_in number = ber_enter(in, BER_INTEGER);
	int64_t value = number.rest.n > 0 && (number.rest.p[0] & 0x80) != 0 ? -1 : 0;

	*in->bad = *in->bad || number.rest.n < 1 || number.rest.n > 4;
	while (!*in->bad && number.rest.n > 0)
		value = value * 256 + take_byte(&number);
	return (int32_t)value;
}

void ber_take_oid(struct ber_in *in, struct oid *oid)
{
	struct ber_in arcs = ber_enter(in, BER_OID);
	uint64_t arc = 0;
	unsigned byte = 0x80;

	oid->n = 0;
	while (!*in->bad && arcs.rest.n > 0) {
		byte = take_byte(&arcs);
		arc = arc << 7 | (byte & 0x7f);
		*in->bad = arc > UINT32_MAX || oid->n == OID_ARCS_MAX;
		if (*in->bad || byte >= 0x80)
			continue;
		if (oid->n == 0) {
			oid->arc[oid->n++] = arc < 80 ? (uint32_t)arc / 40 : 2;
			arc -= (uint64_t)oid->arc[0] * 40;
		}
		oid->arc[oid->n++] = (uint32_t)arc;
		arc = 0;
	}
	*in->bad = *in->bad || byte >= 0x80;
}

void ber_put(struct ber_out *out, struct span contents)
{
	out->full = out->full || contents.n > out->at;
	if (out->full || contents.n == 0)
		return;
	out->at -= contents.n;
	memcpy(out->bytes + out->at, contents.p, contents.n);
}

static void put_byte(struct ber_out *out, size_t byte)
{
	char c = (char)byte;

	ber_put(out, (struct span){ &c, 1 });
}

void ber_wrap(struct ber_out *out, unsigned tag, size_t end)
{
	size_t n = end - out->at;

	put_byte(out, n);
	if (n > UINT8_MAX) {
		put_byte(out, n >> 8);
		put_byte(out, 0x82);
	} else if (n > INT8_MAX) {
		put_byte(out, 0x81);
	}
	put_byte(out, tag);
}

/* As few bytes as keep the sign, but of an address always four. */
void ber_put_number(struct ber_out *out, unsigned tag, int64_t number)
{
	size_t end = out->at, bytes = 0;
	int64_t byte;
	bool more;

	do {
		byte = number & 0xff;
		put_byte(out, (size_t)byte);
		number = (number - byte) / 256;
		more = byte < 0x80 ? number != 0 : number != -1;
	} while (tag == BER_ADDRESS ? ++bytes < 4 : more);
	ber_wrap(out, tag, end);
}

static void put_arc(struct ber_out *out, uint64_t arc)
{
	put_byte(out, arc & 0x7f);
	while ((arc >>= 7) > 0)
		put_byte(out, 0x80 | (arc & 0x7f));
}

void ber_put_oid(struct ber_out *out, const struct oid *oid)
{
	size_t end = out->at;

	for (size_t i = oid->n; i > 2; i--)
		put_arc(out, oid->arc[i - 1]);
	put_arc(out, (uint64_t)oid->arc[0] * 40 + oid->arc[1]);
	ber_wrap(out, BER_OID, end);
}
