/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The agent's half of SNMP for tests; see snmp_wire.h. */
#include "snmp_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { DIGEST = 12, SHA1_KEY = 20 };

struct view ber_view(const struct ber *ber)
{
	return (struct view){ ber->b, ber->n };
}

void ber_raw(struct ber *to, struct view bytes)
{
	assert_true(bytes.n <= sizeof(to->b) - to->n);
	if (bytes.n > 0)
		memcpy(to->b + to->n, bytes.p, bytes.n);
	to->n += bytes.n;
}

void ber_put(struct ber *to, unsigned tag, struct view value)
{
	char head[4] = { (char)tag, (char)value.n };
	size_t n = 2;

	if (value.n >= 128) {
		head[1] = (char)0x82;
		head[2] = (char)(value.n >> 8);
		head[3] = (char)value.n;
		n = 4;
	}
	ber_raw(to, (struct view){ head, n });
	ber_raw(to, value);
}

void ber_int(struct ber *to, int64_t value)
{
	char bytes[5];

	for (int i = 0; i < 5; i++)
		bytes[i] = (char)(value >> (32 - 8 * i));
	bool small = value >= INT32_MIN && value <= INT32_MAX;
	ber_put(to, TAG_INTEGER, (struct view){ bytes + small, 5 - (size_t)small });
}

void ber_wrap(struct ber *ber, unsigned tag)
{
	struct ber *inner = malloc(sizeof(*inner));

	assert_non_null(inner);
	memcpy(inner, ber, sizeof(*inner));
	ber->n = 0;
	ber_put(ber, tag, ber_view(inner));
	free(inner);
}

static void put_oid(struct ber *to, const char *dots)
{
	char bytes[1024];
	size_t n = 0;
	unsigned long first = strtoul(dots, (char **)&dots, 10);

	for (bool second = true; *dots == '.'; second = false) {
		unsigned long arc = strtoul(dots + 1, (char **)&dots, 10);
		if (second)
			arc += 40 * first;
		for (int shift = 28; shift >= 0; shift -= 7)
			if (shift == 0 || arc >> shift != 0)
				bytes[n++] = (char)((arc >> shift & 0x7f) | (shift > 0 ? 0x80 : 0));
	}
	ber_put(to, TAG_OID, (struct view){ bytes, n });
}

void ber_var(struct ber *to, const char *oid, unsigned tag, struct view value)
{
	struct ber *var = calloc(1, sizeof(*var));

	assert_non_null(var);
	put_oid(var, oid);
	ber_put(var, tag, value);
	ber_put(to, TAG_SEQUENCE, ber_view(var));
	free(var);
}

static void put_pdu(struct ber *to, const struct agent_pdu *pdu)
{
	struct ber *inner = calloc(1, sizeof(*inner));

	assert_non_null(inner);
	ber_int(inner, pdu->id);
	ber_int(inner, pdu->error);
	ber_int(inner, pdu->index);
	ber_put(inner, TAG_SEQUENCE, ber_view(pdu->vars));
	ber_put(to, pdu->tag, ber_view(inner));
	free(inner);
}

void wire_v2c(struct ber *to, int64_t version, const char *community, const struct agent_pdu *pdu)
{
	to->n = 0;
	ber_int(to, version);
	ber_put(to, TAG_TEXT, view_of(community));
	put_pdu(to, pdu);
	ber_wrap(to, TAG_SEQUENCE);
}

static void put_header(struct ber *to, const struct agent_v3 *message)
{
	char flags = (char)message->flags;
	struct ber *header = calloc(1, sizeof(*header));

	assert_non_null(header);
	ber_int(header, message->message_id);
	ber_int(header, 65507);
	ber_put(header, TAG_TEXT, (struct view){ &flags, 1 });
	ber_int(header, message->model);
	ber_put(to, TAG_SEQUENCE, ber_view(header));
	free(header);
}

static void put_security(struct ber *to, const struct agent_v3 *message)
{
	static const char blank[DIGEST];
	struct ber *security = calloc(1, sizeof(*security));

	assert_non_null(security);
	ber_put(security, TAG_TEXT, message->engine);
	ber_int(security, message->boots);
	ber_int(security, message->time);
	ber_put(security, TAG_TEXT, view_of(message->user));
	ber_put(security, TAG_TEXT,
		(struct view){ blank, message->key != NULL ? sizeof(blank) : 0 });
	ber_put(security, TAG_TEXT, VIEW(""));
	ber_wrap(security, TAG_SEQUENCE);
	ber_put(to, TAG_TEXT, ber_view(security));
	free(security);
}

void wire_v3(struct ber *to, const struct agent_v3 *message)
{
	struct ber *scoped = calloc(1, sizeof(*scoped));

	assert_non_null(scoped);
	to->n = 0;
	ber_int(to, message->version);
	put_header(to, message);
	put_security(to, message);
	ber_put(scoped, TAG_TEXT, message->context_engine);
	ber_put(scoped, TAG_TEXT, view_of(message->context));
	put_pdu(scoped, &message->pdu);
	ber_put(to, TAG_SEQUENCE, ber_view(scoped));
	ber_wrap(to, TAG_SEQUENCE);
	free(scoped);
	if (message->key != NULL) {
		struct view field = wire_asked(ber_view(to)).auth;
		wire_digest(ber_view(to), field, message->key, to->b + (field.p - to->b));
	}
}

struct view wire_take(struct view *from, unsigned tag)
{
	const unsigned char *p = (const unsigned char *)from->p;
	size_t n, head = 2;

	assert_true(from->n >= 2 && p[0] == tag);
	n = p[1];
	if (n >= 128) {
		head += n - 128;
		assert_in_range(n, 0x81, 0x82);
		assert_true(from->n >= head);
		n = n == 0x81 ? p[2] : (size_t)(p[2] << 8 | p[3]);
	}
	assert_true(from->n - head >= n);
	struct view value = { from->p + head, n };
	*from = view_skip(*from, head + n);
	return value;
}

static int64_t take_int(struct view *from)
{
	struct view value = wire_take(from, TAG_INTEGER);
	int64_t number = (signed char)value.p[0];

	assert_in_range(value.n, 1, 5);
	for (size_t i = 1; i < value.n; i++)
		number = number * 256 + (unsigned char)value.p[i];
	return number;
}

static void take_pdu(struct view *from, struct asked *asked)
{
	assert_true(from->n > 0);
	asked->tag = (unsigned char)from->p[0];
	struct view pdu = wire_take(from, asked->tag);
	asked->request_id = take_int(&pdu);
	asked->error = take_int(&pdu);
	asked->index = take_int(&pdu);
	asked->vars = wire_take(&pdu, TAG_SEQUENCE);
	assert_int_equal(pdu.n, 0);
}

struct asked wire_asked(struct view message)
{
	struct asked asked = { 0 };
	struct view in = wire_take(&message, TAG_SEQUENCE);

	assert_int_equal(message.n, 0);
	asked.version = take_int(&in);
	if (asked.version == 1) {
		asked.community = wire_take(&in, TAG_TEXT);
		take_pdu(&in, &asked);
		assert_int_equal(in.n, 0);
		return asked;
	}
	struct view header = wire_take(&in, TAG_SEQUENCE), text = wire_take(&in, TAG_TEXT);
	struct view security = wire_take(&text, TAG_SEQUENCE);
	asked.message_id = take_int(&header);
	assert_int_equal(take_int(&header), SNMP_DATAGRAM_MAX);
	asked.flags = wire_take(&header, TAG_TEXT).p[0];
	assert_int_equal(take_int(&header), 3);
	asked.engine = wire_take(&security, TAG_TEXT);
	asked.boots = take_int(&security);
	asked.time = take_int(&security);
	asked.user = wire_take(&security, TAG_TEXT);
	asked.auth = wire_take(&security, TAG_TEXT);
	if (asked.flags & 2)
		return asked;
	struct view scoped = wire_take(&in, TAG_SEQUENCE);
	asked.context_engine = wire_take(&scoped, TAG_TEXT);
	asked.context = wire_take(&scoped, TAG_TEXT);
	take_pdu(&scoped, &asked);
	return asked;
}

void wire_digest(struct view message, struct view field, const char *key, char out[DIGEST])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char *copy = malloc(message.n);

	assert_non_null(copy);
	memcpy(copy, message.p, message.n);
	memset(copy + (field.p - message.p), 0, field.n);
	assert_non_null(
		HMAC(EVP_sha1(), key, SHA1_KEY, (unsigned char *)copy, message.n, digest, NULL));
	memcpy(out, digest, DIGEST);
	free(copy);
}
