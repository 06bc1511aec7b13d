/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of port lists; see port_spec.h. */
#include "cli/port_spec.h"

bool port_spec_parse(struct view word, struct port_spec *out, struct opt_error *error)
{
	struct view policy = word, place = view_take_until(&policy, '=');
	struct view transport = place, range = view_take_until(&transport, '/');
	const char *why;

	*out = (struct port_spec){ .has_policy = place.n < word.n, .policy = policy };
	if (!port_range_parse(range, &out->range, &why))
		return opt_error_value(error, word, "%s", why);
	out->tcp = range.n == place.n || view_ieq(transport, VIEW("tcp"));
	out->udp = range.n == place.n || view_ieq(transport, VIEW("udp"));
	return out->tcp || out->udp ||
	       opt_error_value(error, word, "has a transport that is not tcp or udp");
}
