/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of check_voice_port's options: port lists, policies, payloads. */
#include "check_voice_port.h"

#include "base/text.h"
#include "cli/port_spec.h"

static bool parse_policy(struct view text, unsigned *out, struct opt_error *error)
{
	static const struct {
		const char *word;
		unsigned bit;
	} known[] = { { "open", EXPECT_OPEN },
		      { "closed", EXPECT_CLOSED },
		      { "filtered", EXPECT_FILTERED },
		      { "any", EXPECT_ANY } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (view_ieq(text, view_of(known[i].word))) {
			*out |= known[i].bit;
			return true;
		}
	}
	return opt_error_value(error, text, "is not open, closed, filtered or any");
}

static bool ends_in(struct view list, char separator, struct opt_error *error)
{
	return list.n > 0 && list.p[list.n - 1] == separator &&
	       !opt_error_value(error, list, "ends in \"%c\"", separator);
}

bool voice_port_parse_expect(void *field, struct view value, struct arena *arena,
			     struct opt_error *error)
{
	unsigned *expect = field;

	(void)arena;
	*expect = 0;
	if (ends_in(value, ',', error))
		return false;
	do {
		if (!parse_policy(view_take_until(&value, ','), expect, error))
			return false;
	} while (value.n > 0);
	return true;
}

static bool overlaps(const struct port_list *list, const struct port_item *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->item[i].transport == item->transport &&
		    list->item[i].range.first <= item->range.last &&
		    item->range.first <= list->item[i].range.last)
			return true;
	return false;
}

static bool add_item(struct port_list *list, const struct port_item *item, struct view text,
		     struct opt_error *error)
{
	size_t ports = (size_t)(item->range.last - item->range.first) + 1;

	if (overlaps(list, item))
		return opt_error_value(error, text, "names a port again");
	if (list->ports + ports > PORTS_CHECKED_MAX)
		return opt_error_value(error, text,
				       "is too much: at most %d ports; check_rtp is for ranges",
				       PORTS_CHECKED_MAX);
	if (list->count == list->cap) {
		list->cap = list->cap == 0 ? 8 : 2 * list->cap;
		list->item = mem_resize(list->item, list->cap, sizeof(*list->item));
	}
	list->item[list->count++] = *item;
	list->ports += ports;
	return true;
}

static bool parse_item(struct port_list *list, struct view text, struct opt_error *error)
{
	struct port_item item = { .expect = 0 };
	struct port_spec spec;

	if (!port_spec_parse(text, &spec, error) || ends_in(spec.policy, '+', error))
		return false;
	item.range = spec.range;
	while (spec.has_policy) {
		if (!parse_policy(view_take_until(&spec.policy, '+'), &item.expect, error))
			return false;
		spec.has_policy = spec.policy.n > 0;
	}
	item.transport = TRANSPORT_TCP;
	if (spec.tcp && !add_item(list, &item, text, error))
		return false;
	item.transport = TRANSPORT_UDP;
	return !spec.udp || add_item(list, &item, text, error);
}

bool voice_port_parse_ports(void *field, struct view value, struct arena *arena,
			    struct opt_error *error)
{
	(void)arena;
	if (ends_in(value, ',', error))
		return false;
	do {
		if (!parse_item(field, view_take_until(&value, ','), error))
			return false;
	} while (value.n > 0);
	return true;
}

void voice_port_default_ports(struct port_list *list, struct arena *arena)
{
	struct opt_error error;

	voice_port_parse_ports(list, VIEW("2860,2861"), arena, &error);
}

bool voice_port_parse_payload(void *field, struct view value, struct arena *arena,
			      struct opt_error *error)
{
	struct conf *conf = field;

	conf->has_payload = true;
	return opt_parse_hex(&conf->payload, PAYLOAD_MAX, value, arena, error);
}

bool voice_port_parse_canary(void *field, struct view value, struct arena *arena,
			     struct opt_error *error)
{
	struct conf *conf = field;

	(void)arena;
	conf->canary_given = true;
	return text_u64(value, PORT_MAX, &conf->canary) ||
	       opt_error_value(error, value, "is not a port, or 0 for none");
}
