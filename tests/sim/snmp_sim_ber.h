/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The BER that SNMP version 2c needs (RFC 3417 section 8): a bounded reader, and a writer. */
#ifndef SNMP_SIM_BER_H
#define SNMP_SIM_BER_H

#include "sim_text.h"

#include <stdint.h>

#define OID_ARCS_MAX 128
#define BER_OUT_MAX 65507 /* a UDP datagram */

struct oid {
	size_t n;
	uint32_t arc[OID_ARCS_MAX];
};

/* Lexicographic, as an agent walks: < 0, 0, > 0. */
int oid_order(const struct oid *a, const struct oid *b);
/* Whether both begin with the same `n` arcs. */
bool oid_share(const struct oid *a, const struct oid *b, size_t n);
void oid_add(struct oid *oid, uint32_t arc);
/* From "1.3.6.1": trusted text, as above. */
struct oid oid_of(const char *text);

enum { BER_INTEGER = 2, BER_OCTETS = 4, BER_NULL = 5, BER_OID = 6, BER_SEQUENCE = 0x30 };
enum { BER_ADDRESS = 0x40, BER_COUNTER, BER_GAUGE, BER_TICKS, BER_COUNTER64 = 0x46 };
enum { BER_NO_OBJECT = 0x80, BER_NO_INSTANCE, BER_END }; /* RFC 3416 section 3 */

/* Reads past the end, and of another tag, give nothing and set `bad`, which nested ones share. */
struct ber_in {
	struct span rest;
	bool *bad;
};

/* What lies behind a tag and a length. */
struct ber_in ber_enter(struct ber_in *in, unsigned tag);
/* The same whatever the tag is. */
struct ber_in ber_enter_any(struct ber_in *in);
int32_t ber_take_integer(struct ber_in *in);
void ber_take_oid(struct ber_in *in, struct oid *oid);

/* Written from the end to the start, so that each length is known when its turn comes. */
struct ber_out {
	char bytes[BER_OUT_MAX];
	size_t at; /* the first byte written; at first the size */
	bool full; /* something did not fit */
};

void ber_put(struct ber_out *out, struct span contents);
/* Before what was written since `end`, the `at` of then: its tag and length. */
void ber_wrap(struct ber_out *out, unsigned tag, size_t end);
void ber_put_number(struct ber_out *out, unsigned tag, int64_t number);
void ber_put_oid(struct ber_out *out, const struct oid *oid);

#endif
