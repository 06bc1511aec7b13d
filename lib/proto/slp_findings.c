/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gathers what messages say; see slp_findings.h. */
#include "proto/slp_findings.h"

#include <assert.h>
#include <string.h>

enum { LENGTH_BYTES = 2 };

bool slp_texts_next(const struct slp_texts *texts, const char *room, size_t *at, struct view *out)
{
	if (*at >= texts->n)
		return false;
	const unsigned char *length = (const unsigned char *)room + *at;
	*out = (struct view){ room + *at + LENGTH_BYTES, (size_t)length[0] << 8 | length[1] };
	*at += LENGTH_BYTES + out->n;
	return true;
}

static bool has_text(const struct slp_texts *texts, const char *room, struct view text)
{
	struct view kept;
	size_t at = 0;

	while (slp_texts_next(texts, room, &at, &kept))
		if (view_eq(kept, text))
			return true;
	return false;
}

void slp_texts_add(struct slp_texts *texts, char *room, size_t room_bytes, struct view text)
{
	struct wr w = wr_over(room + texts->n, room_bytes - texts->n);

	if (text.n == 0 || has_text(texts, room, text))
		return;
	texts->seen++;
	if (text.n + LENGTH_BYTES > w.cap) {
		texts->clipped = true;
		return;
	}
	wr_byte(&w, (char)(text.n >> 8));
	wr_byte(&w, (char)(text.n & 0xff));
	wr_put(&w, text);
	texts->n = (uint16_t)(texts->n + w.n);
	texts->kept++;
}

static struct view without_service(struct view type)
{
	struct view word = VIEW("service:");

	return view_istarts(type, word) ? view_skip(type, word.n) : type;
}

static bool is_service_agent(struct view type)
{
	return view_ieq(without_service(type), VIEW("service-agent"));
}

static bool is_directory_agent(struct view type)
{
	return view_ieq(without_service(type), VIEW("directory-agent"));
}

bool slp_type_is_agent(struct view type)
{
	return is_service_agent(type) || is_directory_agent(type);
}

/* RFC 2608 4.1: who asks for an abstract type gets the concrete ones of it too. */
static bool type_is(struct view type, struct view wanted, uint8_t version)
{
	bool concrete = type.n > wanted.n && type.p[wanted.n] == ':';

	return slp_text_eq(concrete ? view_first(type, wanted.n) : type, wanted, version);
}

static void meet_type(struct slp_findings *f, const struct slp_wishes *wishes, struct view type,
		      uint8_t version)
{
	for (size_t i = 0; i < wishes->types; i++)
		if ((f->types_met >> i & 1) == 0 && type_is(type, wishes->type[i], version))
			f->types_met |= UINT32_C(1) << i;
}

static unsigned count_bits(uint32_t bits)
{
	unsigned count = 0;

	for (; bits != 0; bits &= bits - 1)
		count++;
	return count;
}

/* Wishes about attributes are about one service: of all lists that with the most counts. */
static void take_attributes(struct slp_findings *f, const struct slp_wishes *wishes,
			    struct view list, uint8_t version)
{
	uint32_t met = 0;

	slp_texts_add(&f->attrs, f->attrs_room, sizeof(f->attrs_room), list);
	for (size_t i = 0; i < wishes->attrs; i++)
		if (slp_wish_holds(&wishes->attr[i], list, version, NULL))
			met |= UINT32_C(1) << i;
	if (count_bits(met) > count_bits(f->attrs_met))
		f->attrs_met = met;
}

static void take_types(struct slp_findings *f, const struct slp_msg *msg,
		       const struct slp_wishes *wishes)
{
	struct slp_items items = msg->items;
	struct view type;

	while (slp_next_type(&items, &type)) {
		slp_texts_add(&f->types, f->types_room, sizeof(f->types_room), type);
		meet_type(f, wishes, type, msg->version);
	}
}

/* RFC 2609 2.1: the type ends before ":/". */
static struct view url_type(struct view url)
{
	return view_first(url, view_search(url, VIEW(":/")));
}

static void take_service(struct slp_findings *f, const struct slp_url *service,
			 const struct slp_wishes *wishes, uint8_t version)
{
	f->services++;
	if (!f->has_lifetime || service->lifetime_s < f->min_lifetime_s)
		f->min_lifetime_s = service->lifetime_s;
	f->has_lifetime = true;
	slp_texts_add(&f->urls, f->urls_room, sizeof(f->urls_room), service->url);
	meet_type(f, wishes, url_type(service->url), version);
}

static void take_urls(struct slp_findings *f, const struct slp_msg *msg,
		      const struct slp_wishes *wishes, bool asked_for_agents)
{
	struct slp_items items = msg->items;
	struct slp_url entry;

	while (slp_next_url(&items, &entry)) {
		struct view type = url_type(entry.url);
		f->sa = f->sa || (asked_for_agents && is_service_agent(type));
		f->da = f->da || (asked_for_agents && is_directory_agent(type));
		if (!asked_for_agents && !slp_type_is_agent(type))
			take_service(f, &entry, wishes, msg->version);
	}
}

static void take_scopes(struct slp_findings *f, struct view list)
{
	while (list.n > 0)
		slp_texts_add(&f->scopes, f->scopes_room, sizeof(f->scopes_room),
			      view_trim(view_take_until(&list, ',')));
}

static void take_trailing(struct slp_findings *f, const struct slp_msg *msg)
{
	if (msg->trailing > f->trailing_bytes)
		f->trailing_bytes = msg->trailing;
}

static void take(struct slp_findings *f, const struct slp_msg *msg, const struct slp_wishes *wishes,
		 bool asked_for_agents)
{
	bool advert = msg->function == SLP_SA_ADVERT || msg->function == SLP_DA_ADVERT;

	assert(wishes->types <= SLP_WISHES_MAX && wishes->attrs <= SLP_WISHES_MAX);
	take_trailing(f, msg);
	f->auth_blocks += msg->auth_blocks;
	if (msg->function == SLP_SRV_TYPE_RPLY)
		take_types(f, msg, wishes);
	if (msg->function == SLP_SRV_RPLY)
		take_urls(f, msg, wishes, asked_for_agents);
	if (advert) {
		f->sa = f->sa || msg->function == SLP_SA_ADVERT;
		f->da = f->da || msg->function == SLP_DA_ADVERT;
		take_scopes(f, msg->scopes);
	}
	if (advert || msg->function == SLP_ATTR_RPLY)
		take_attributes(f, wishes, msg->attributes, msg->version);
}

static void add(struct slp_findings *f, const struct slp_msg *msg, const struct slp_wishes *wishes,
		bool asked_for_agents)
{
	f->valid++;
	f->v1 = f->v1 || msg->version == 1;
	f->v2 = f->v2 || msg->version == 2;
	if (msg->function == SLP_SRV_TYPE_RPLY)
		f->types_told = true;
	if (msg->function == SLP_SRV_RPLY && !asked_for_agents)
		f->services_told = true;
	if (msg->function == SLP_ATTR_RPLY)
		f->attrs_told = true;
	if (msg->function == SLP_DA_ADVERT && msg->version == 2) {
		f->has_boot_time = true;
		f->boot_time = msg->boot_time;
	}
	take(f, msg, wishes, asked_for_agents);
}

void slp_findings_add(struct slp_findings *f, const struct slp_msg *msg,
		      const struct slp_wishes *wishes)
{
	add(f, msg, wishes, false);
}

void slp_findings_add_agents(struct slp_findings *f, const struct slp_msg *msg,
			     const struct slp_wishes *wishes)
{
	add(f, msg, wishes, true);
}

void slp_findings_truncated(struct slp_findings *f, const struct slp_msg *msg,
			    const struct slp_wishes *wishes)
{
	f->truncated++;
	f->errors_v1 = f->errors_v1 || msg->version == 1;
	take(f, msg, wishes, false);
}

void slp_findings_error(struct slp_findings *f, const struct slp_msg *msg)
{
	if (f->errors++ == 0 || msg->error == SLP_INTERNAL_ERROR) {
		f->error_version = msg->version;
		f->error = msg->error;
	}
	f->errors_v1 = f->errors_v1 || msg->version == 1;
	take_trailing(f, msg);
}

static uint8_t peek_at(char *peek, struct view bytes)
{
	struct view head = view_first(bytes, SLP_PEEK);

	if (head.n > 0)
		memcpy(peek, head.p, head.n);
	return (uint8_t)head.n;
}

void slp_findings_suspect(struct slp_findings *f, const char *why, struct view bytes)
{
	if (f->suspects++ > 0)
		return;
	f->suspect_why = why;
	f->suspect_n = peek_at(f->suspect, bytes);
}

void slp_findings_foreign(struct slp_findings *f, struct view bytes)
{
	if (f->foreign++ > 0)
		return;
	f->foreign_bytes = bytes.n;
	f->peek_n = peek_at(f->peek, bytes);
}
