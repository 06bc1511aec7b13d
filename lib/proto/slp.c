/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decoder of SLP messages, after one table of their fields; see slp.h. */
#include "proto/slp.h"

enum {
	/* Structure descriptor, length, timestamp, length of the SPI (RFC 2608 9.2). */
	V2_AUTH_HEAD_BYTES = 10,
	/* Timestamp and structure descriptor; the length of the authenticator comes next (RFC 2165 4.3). */
	V1_AUTH_STAMP_BYTES = 10,
	EXTENSION_HEAD_BYTES = 5,
	MANDATORY_FIRST = 0x4000,
	MANDATORY_LAST = 0x7fff,
	ALL_AUTHORITIES = 0xffff,
	FIELDS_MAX = 8,
};

/* What is left of a message.  Once the reading is not SLP_WHOLE, fields are empty and numbers 0. */
struct cursor {
	struct view rest;
	enum slp_reading reading; /* SLP_CUT: something was to come that is not there */
	const char *why;
};

static void stop(struct cursor *c, enum slp_reading reading, const char *why)
{
	if (c->reading == SLP_WHOLE) {
		c->reading = reading;
		c->why = why;
	}
	c->rest = view_skip(c->rest, c->rest.n);
}

static struct view take(struct cursor *c, size_t n)
{
	if (n > c->rest.n) {
		stop(c, SLP_CUT, "a field reaches beyond its end");
		n = 0;
	}
	struct view field = view_first(c->rest, n);
	c->rest = view_skip(c->rest, n);
	return field;
}

static uint32_t take_number(struct cursor *c, size_t bytes)
{
	struct view field = take(c, bytes);
	uint32_t value = 0;

	for (size_t i = 0; i < field.n; i++)
		value = value << 8 | (uint8_t)field.p[i];
	return value;
}

static struct view take_text(struct cursor *c)
{
	return take(c, take_number(c, 2));
}

/* A comma list of which the end is missing is read without what may be half an item. */
static struct view take_list(struct cursor *c)
{
	size_t n = take_number(c, 2);
	struct view there = view_first(c->rest, n);

	if (there.n == n)
		return take(c, n);
	take(c, n);
	while (there.n > 0 && there.p[there.n - 1] != ',')
		there.n--;
	return view_first(there, there.n > 0 ? there.n - 1 : 0);
}

static void skip_auth_block(struct cursor *c, uint8_t version)
{
	if (version == 1) {
		take(c, V1_AUTH_STAMP_BYTES);
		take_text(c);
		return;
	}
	take(c, 2);
	size_t n = take_number(c, 2);
	if (c->reading == SLP_WHOLE && n < V2_AUTH_HEAD_BYTES)
		stop(c, SLP_BROKEN, "an authentication block is shorter than its head");
	else
		take(c, n > 4 ? n - 4 : 0);
}

/* Version 2 counts the blocks, version 1 has a flag in the header. */
static unsigned skip_auth_blocks(struct cursor *c, uint8_t version, bool flag)
{
	unsigned blocks = version == 1 ? flag : take_number(c, 1);

	for (unsigned i = 0; i < blocks; i++) {
		skip_auth_block(c, version);
		if (c->reading != SLP_WHOLE)
			return i;
	}
	return blocks;
}

/* RFC 2608 4.3, RFC 2165 4.2 */
static struct slp_url take_entry(struct cursor *c, uint8_t version, bool url_auth)
{
	struct slp_url entry;

	if (version == 2)
		take(c, 1);
	entry.lifetime_s = (uint16_t)take_number(c, 2);
	entry.url = take_text(c);
	entry.auth_blocks = skip_auth_blocks(c, version, url_auth);
	return entry;
}

bool slp_next_url(struct slp_items *items, struct slp_url *out)
{
	struct cursor c = { .rest = items->rest };

	if (items->types || items->stated == 0)
		return false;
	struct slp_url entry = take_entry(&c, items->version, items->url_auth);
	if (c.reading != SLP_WHOLE)
		return false;
	items->rest = c.rest;
	items->stated--;
	*out = entry;
	return true;
}

static bool next_counted_type(struct slp_items *items, struct view *out)
{
	struct cursor c = { .rest = items->rest };

	if (items->stated == 0)
		return false;
	struct view type = take_text(&c);
	if (c.reading != SLP_WHOLE)
		return false;
	items->rest = c.rest;
	items->stated--;
	*out = type;
	return true;
}

bool slp_next_type(struct slp_items *items, struct view *out)
{
	if (!items->types)
		return false;
	if (items->version == 1)
		return next_counted_type(items, out);
	while (items->rest.n > 0) {
		struct view type = view_take_until(&items->rest, ',');
		if (type.n > 0) {
			*out = type;
			return true;
		}
	}
	return false;
}

static bool has_v1_flag(const struct slp_msg *msg, unsigned flag)
{
	return msg->version == 1 && (msg->flags & flag) != 0;
}

static void take_entries(struct cursor *c, struct slp_msg *msg)
{
	struct slp_url entry;

	msg->stated = take_number(c, 2);
	msg->items = (struct slp_items){ .rest = c->rest,
					 .version = msg->version,
					 .url_auth = has_v1_flag(msg, SLP_V1_FLAG_URL_AUTH),
					 .stated = msg->stated };
	struct slp_items walk = msg->items;
	while (slp_next_url(&walk, &entry))
		msg->auth_blocks += entry.auth_blocks;
	c->rest = walk.rest;
	if (walk.stated == 0)
		return;
	/* Once more the entry that ended the walk, for what is wrong with it. */
	take_entry(c, msg->version, walk.url_auth);
	if (c->reading == SLP_CUT)
		c->why = "it has fewer URL entries than it says";
}

static void take_types(struct cursor *c, struct slp_msg *msg)
{
	struct view type;

	msg->items = (struct slp_items){ .version = msg->version, .types = true };
	if (msg->version == 2) {
		msg->items.rest = take_list(c);
		return;
	}
	msg->stated = msg->items.stated = take_number(c, 2);
	msg->items.rest = c->rest;
	struct slp_items walk = msg->items;
	while (slp_next_type(&walk, &type))
		;
	c->rest = walk.rest;
	if (walk.stated > 0)
		stop(c, SLP_CUT, "it has fewer service types than it says");
}

static void take_error(struct cursor *c, struct slp_msg *msg)
{
	msg->error = (uint16_t)take_number(c, 2);
	msg->has_error = c->reading == SLP_WHOLE;
}

enum field {
	END,
	ERROR,
	ENTRIES, /* counted */
	ENTRY,
	TYPES,
	BOOT_TIME,
	PREVIOUS,
	AUTHORITY,
	TYPE,
	SCOPES,
	URL,
	ATTRIBUTES,
	OTHER, /* text that nobody asks for: predicate, tags, SPI */
	URL_AUTH,
	ATTR_AUTH,
};

/* RFC 2165 5 to 14, RFC 2608 8 and 10. */
static const uint8_t FIELDS[2][SLP_SA_ADVERT + 1][FIELDS_MAX] = {
	{
		[SLP_SRV_RQST] = { PREVIOUS, TYPE },
		[SLP_SRV_RPLY] = { ERROR, ENTRIES },
		[SLP_SRV_REG] = { ENTRY, ATTRIBUTES, ATTR_AUTH },
		[SLP_SRV_DEREG] = { URL, URL_AUTH, OTHER },
		[SLP_SRV_ACK] = { ERROR },
		[SLP_ATTR_RQST] = { PREVIOUS, URL, SCOPES, OTHER },
		[SLP_ATTR_RPLY] = { ERROR, ATTRIBUTES, ATTR_AUTH },
		[SLP_DA_ADVERT] = { ERROR, URL, SCOPES },
		[SLP_SRV_TYPE_RQST] = { PREVIOUS, AUTHORITY, SCOPES },
		[SLP_SRV_TYPE_RPLY] = { ERROR, TYPES },
	},
	{
		[SLP_SRV_RQST] = { PREVIOUS, TYPE, SCOPES, OTHER, OTHER },
		[SLP_SRV_RPLY] = { ERROR, ENTRIES },
		[SLP_SRV_REG] = { ENTRY, TYPE, SCOPES, ATTRIBUTES, ATTR_AUTH },
		[SLP_SRV_DEREG] = { SCOPES, ENTRY, OTHER },
		[SLP_SRV_ACK] = { ERROR },
		[SLP_ATTR_RQST] = { PREVIOUS, URL, SCOPES, OTHER, OTHER },
		[SLP_ATTR_RPLY] = { ERROR, ATTRIBUTES, ATTR_AUTH },
		[SLP_DA_ADVERT] = { ERROR, BOOT_TIME, URL, SCOPES, ATTRIBUTES, OTHER, ATTR_AUTH },
		[SLP_SRV_TYPE_RQST] = { PREVIOUS, AUTHORITY, SCOPES },
		[SLP_SRV_TYPE_RPLY] = { ERROR, TYPES },
		[SLP_SA_ADVERT] = { URL, SCOPES, ATTRIBUTES, ATTR_AUTH },
	},
};

static void take_field(struct cursor *c, enum field field, struct slp_msg *msg)
{
	struct slp_url entry;
	bool flag;
	size_t n;

	switch (field) {
	case END:
		break;
	case ERROR:
		take_error(c, msg);
		break;
	case ENTRIES:
		take_entries(c, msg);
		break;
	case ENTRY:
		flag = has_v1_flag(msg, SLP_V1_FLAG_URL_AUTH);
		entry = take_entry(c, msg->version, flag);
		msg->url = entry.url;
		msg->auth_blocks += entry.auth_blocks;
		break;
	case TYPES:
		take_types(c, msg);
		break;
	case BOOT_TIME:
		msg->boot_time = take_number(c, 4);
		break;
	case PREVIOUS:
		msg->previous = take_text(c);
		break;
	case AUTHORITY:
		n = take_number(c, 2);
		take(c, n == ALL_AUTHORITIES ? 0 : n);
		break;
	case TYPE:
		msg->type = take_text(c);
		break;
	case SCOPES:
		msg->scopes = take_list(c);
		break;
	case URL:
		msg->url = take_text(c);
		break;
	case ATTRIBUTES:
		msg->attributes = take_list(c);
		break;
	case OTHER:
		take_text(c);
		break;
	case URL_AUTH:
		flag = has_v1_flag(msg, SLP_V1_FLAG_URL_AUTH);
		msg->auth_blocks += skip_auth_blocks(c, msg->version, flag);
		break;
	case ATTR_AUTH:
		flag = has_v1_flag(msg, SLP_V1_FLAG_ATTR_AUTH);
		msg->auth_blocks += skip_auth_blocks(c, msg->version, flag);
		break;
	}
}

static void take_fields(struct cursor *c, struct slp_msg *msg)
{
	const uint8_t *field = FIELDS[msg->version - 1][msg->function];

	/* RFC 2608 7: nothing is to be expected behind an error code. */
	for (size_t i = 0; i < FIELDS_MAX && field[i] != END && msg->error == 0; i++)
		take_field(c, (enum field)field[i], msg);
}

/* RFC 2165 4 */
static void take_v1_header(struct cursor *c, struct slp_msg *msg)
{
	msg->flags = (uint16_t)(take_number(c, 1) << 8);
	take(c, 1);
	msg->language = take(c, 2);
	msg->encoding = (uint16_t)take_number(c, 2);
	msg->xid = (uint16_t)take_number(c, 2);
}

/* RFC 2608 8; gives the offset of the first extension. */
static size_t take_v2_header(struct cursor *c, struct slp_msg *msg)
{
	msg->flags = (uint16_t)take_number(c, 2);
	size_t extension = take_number(c, 3);
	msg->xid = (uint16_t)take_number(c, 2);
	msg->language = take_text(c);
	return extension;
}

/* RFC 2608 9.1: each begins behind the one before. */
static void walk_extensions(struct cursor *c, struct view message, size_t at, struct slp_msg *msg)
{
	while (at != 0) {
		c->rest = view_skip(message, at);
		unsigned id = take_number(c, 2);
		size_t next = take_number(c, 3);
		if (c->reading != SLP_WHOLE)
			return;
		if (id >= MANDATORY_FIRST && id <= MANDATORY_LAST && msg->mandatory == 0)
			msg->mandatory = (uint16_t)id;
		if (next != 0 && next < at + EXTENSION_HEAD_BYTES) {
			stop(c, SLP_BROKEN, "an extension does not follow the one before");
			return;
		}
		at = next;
	}
}

/* What is between the header and the extensions, and then these. */
static void take_body(struct cursor *c, struct view message, size_t extension, struct slp_msg *msg)
{
	size_t header_bytes = message.n - c->rest.n;

	if (c->reading != SLP_WHOLE)
		return;
	if (extension != 0 && extension < header_bytes) {
		stop(c, SLP_BROKEN, "an extension begins in the header");
		return;
	}
	if (extension != 0)
		c->rest = view_first(c->rest, extension - header_bytes);
	take_fields(c, msg);
	if (c->rest.n > 0 && msg->error == 0 && message.n == msg->length)
		stop(c, SLP_BROKEN, "it has bytes behind its last field");
	if (c->reading == SLP_WHOLE)
		walk_extensions(c, message, extension, msg);
}

/* How many bytes hold the length, behind version and function; 0 = no SLP. */
static size_t length_bytes(struct view bytes)
{
	unsigned version = bytes.n > 0 ? (uint8_t)bytes.p[0] : 0;
	unsigned function = bytes.n > 1 ? (uint8_t)bytes.p[1] : SLP_SRV_RQST;

	if ((version != 1 && version != 2) || function > SLP_SA_ADVERT ||
	    FIELDS[version - 1][function][0] == END)
		return 0;
	return version == 1 ? 2 : 3;
}

static size_t header_bytes_min(uint8_t version)
{
	return version == 1 ? SLP_V1_HEADER_BYTES : SLP_V2_HEADER_BYTES;
}

/* Bytes that are missing in a complete message were never there, unless its sender says so. */
static enum slp_reading settle(struct cursor *c, size_t bytes, struct slp_msg *msg)
{
	bool missing = msg->length > bytes;
	bool overflow = (msg->flags & SLP_FLAG_OVERFLOW) != 0;

	if (c->reading == SLP_WHOLE && missing)
		c->reading = SLP_CUT;
	else if (c->reading == SLP_CUT && !missing && !overflow)
		c->reading = SLP_BROKEN;
	if (c->reading == SLP_CUT)
		c->why = missing ? "longer than the bytes that came" : "cut by its sender";
	msg->why = c->why;
	return c->reading;
}

enum slp_reading slp_decode(struct view bytes, struct slp_msg *out)
{
	size_t n = length_bytes(bytes), extension = 0;
	struct cursor c = { .rest = view_skip(bytes, 2) };

	*out = (struct slp_msg){ .version = 0 };
	if (n == 0 || bytes.n < 2 + n)
		return SLP_FOREIGN;
	out->version = (uint8_t)bytes.p[0];
	out->function = (uint8_t)bytes.p[1];
	out->length = take_number(&c, n);
	out->trailing = bytes.n > out->length ? bytes.n - out->length : 0;
	if (out->length < header_bytes_min(out->version)) {
		stop(&c, SLP_BROKEN, "its length is smaller than its header");
		return settle(&c, bytes.n, out);
	}
	struct view message = view_first(bytes, out->length);
	c.rest = view_skip(message, 2 + n);
	if (out->version == 1)
		take_v1_header(&c, out);
	else
		extension = take_v2_header(&c, out);
	take_body(&c, message, extension, out);
	return settle(&c, bytes.n, out);
}

size_t slp_stream_length(struct view bytes, size_t max)
{
	size_t n = length_bytes(bytes);
	struct cursor c = { .rest = view_skip(bytes, 2) };

	if (bytes.n > 0 && n == 0)
		return SIZE_MAX;
	if (bytes.n < 2 + n)
		return 0;
	size_t length = take_number(&c, n);
	if (length > max || length < header_bytes_min((uint8_t)bytes.p[0]))
		return SIZE_MAX;
	return length;
}
