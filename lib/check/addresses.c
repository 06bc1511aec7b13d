/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All addresses of a target, and what is said of them; see addresses.h. */
#include "check/addresses.h"

#include "base/escape.h"
#include "check/endpoint.h"

const char *const addresses_choices[] = { "all", "any", "4", "6", NULL };

/* Who waits for the addresses of a name. */
struct waiting {
	addresses_fn *found;
	void *arg;
};

bool addresses_apply(enum addresses addresses, struct common *common)
{
	if (addresses == ADDRESSES_IPV4)
		common->use_ipv4 = true;
	if (addresses == ADDRESSES_IPV6)
		common->use_ipv6 = true;
	return !common->use_ipv4 || !common->use_ipv6;
}

static void on_resolved(void *arg, const struct resolve_answer *answer)
{
	const struct waiting *waiting = arg;
	struct addresses_found found = { .dns_us = answer->took_us };

	if (answer->ok) {
		found.list = answer->list;
		found.count = answer->count;
	} else {
		found.why = answer->why;
	}
	waiting->found(waiting->arg, &found);
}

static void find_name(struct engine *engine, struct common *common, struct view host,
		      addresses_fn *found, void *arg)
{
	struct waiting *waiting = arena_new(&common->arena, 1, sizeof(*waiting));
	struct resolve_query query = { .host = host,
				       .no_service = true,
				       .family = check_family(common) };

	*waiting = (struct waiting){ found, arg };
	engine_resolve(engine, &query, on_resolved, waiting);
}

bool addresses_find(struct engine *engine, struct common *common, const struct target *target,
		    uint16_t *port, addresses_fn *found, void *arg, struct opt_error *error)
{
	int family = check_family(common);
	struct endpoint *numeric;
	struct opt_error why;
	struct view host;
	struct addr addr, source;
	uint16_t named;

	if (!target_split(view_of(target->spec), &host, &named, &why))
		return opt_error_value(error, view_of(target->spec), "%s", why.text);
	if (named != 0 && port == NULL)
		return opt_error_value(error, view_of(target->spec),
				       "names a port; ports belong into --port");
	if (port != NULL)
		*port = named;
	if (!addr_parse(host, &addr)) {
		find_name(engine, common, host, found, arg);
		return true;
	}
	if (family != 0 && addr.family != family)
		return opt_error_value(error, host, "is not an address of that family");
	if (addr.scope == 0 && addr_is_link_local(&addr) && addr_parse(common->source, &source))
		addr.scope = source.scope; /* the kernel takes it from there too */
	numeric = arena_new(&common->arena, 1, sizeof(*numeric));
	*numeric = (struct endpoint){ .addr = addr, .target = target->name };
	found(arg, &(struct addresses_found){ .list = numeric, .count = 1, .dns_us = -1 });
	return true;
}

void addresses_say_dns(struct report *report, struct result *result, const char *name,
		       const char *why)
{
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	wr_field(&w, view_of(name));
	wr_str(&w, ": dns: ");
	wr_clause(&w, view_of(why), TRACE_WHY_MAX);
	result_say(report, result, wr_view(&w));
}

void addresses_say_any(struct report *report, struct result *result, const char *name,
		       unsigned fine, unsigned all)
{
	char buffer[SENTENCE_MAX];
	struct wr w = wr_over(buffer, sizeof(buffer));

	if (all < 2 || fine == 0)
		return;
	wr_field(&w, view_of(name));
	wr_fmt(&w, ": %u of %u addresses as expected, one is enough", fine, all);
	result_say(report, result, wr_view(&w));
	result_override(result, STATE_OK);
}
