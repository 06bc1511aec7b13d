/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One element of a Via header; see sip_via.h. */
#include "proto/sip_via.h"

#include "proto/sip_grammar.h"

#define HOST_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"
#define IPV6_BYTES "0123456789abcdefABCDEF:."

static bool read_port(struct view digits, uint16_t *port)
{
	uint64_t value;

	if (!text_u64(digits, UINT16_MAX, &value) || value == 0)
		return false;
	*port = (uint16_t)value;
	return true;
}

/* "SIP / 2.0 / UDP" and the space behind it. */
static bool take_protocol(struct view *v, struct view *transport)
{
	if (!view_ieq(sip_take_token(v), VIEW("SIP")) || !sip_take_mark(v, '/') ||
	    !view_eq(sip_take_token(v), VIEW("2.0")) || !sip_take_mark(v, '/'))
		return false;
	*transport = sip_take_token(v);
	return sip_take_space(v);
}

static bool take_sent_by(struct view *v, struct sip_via *via)
{
	bool ipv6 = view_take_char(v, '[');

	via->host = view_take_while(v, ipv6 ? IPV6_BYTES : HOST_BYTES);
	if (via->host.n == 0 || (ipv6 && !view_take_char(v, ']')))
		return false;
	return !sip_take_mark(v, ':') || read_port(view_take_while(v, "0123456789"), &via->port);
}

static bool keep_once(struct view *kept, struct view value)
{
	if (kept->n > 0 || value.n == 0)
		return false;
	*kept = value;
	return true;
}

static bool keep_param(struct sip_via *via, struct view name, struct view value)
{
	if (view_ieq(name, VIEW("branch")))
		return keep_once(&via->branch, value);
	if (view_ieq(name, VIEW("received")))
		return keep_once(&via->received, value);
	if (!view_ieq(name, VIEW("rport")))
		return true;
	if (via->has_rport)
		return false;
	via->has_rport = true;
	return value.n == 0 || read_port(value, &via->rport);
}

bool sip_take_via(struct view *list, struct sip_via *via)
{
	struct view name, value;

	*via = (struct sip_via){ .port = 0 };
	sip_take_space(list);
	if (!take_protocol(list, &via->transport) || !take_sent_by(list, via))
		return false;
	sip_take_space(list);
	if (list->n > 0 && list->p[0] != ';' && list->p[0] != ',')
		return false;
	while (sip_param_next(list, &name, &value))
		if (!keep_param(via, name, value))
			return false;
	if (list->n == 0)
		return true;
	return sip_take_mark(list, ',') && list->n > 0;
}
