/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIP and SIPS URIs; see sip_uri.h. */
#include "proto/sip_uri.h"

#include "base/addr.h"
#include "base/text.h"

enum { HOST_BYTES_MAX = 253 }; /* RFC 1035 2.3.4, as text without the last dot */

#define HOST_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

/* Bytes that no part of a URI may hold unescaped (25.1), and that would end it inside a header. */
static bool is_foreign(char c)
{
	return c <= ' ' || c > '~' || c == '"' || c == '<' || c == '>';
}

static bool take_scheme(struct view *text, bool *secure)
{
	struct view scheme = view_take_until(text, ':');

	*secure = view_ieq(scheme, VIEW("sips"));
	return *secure || view_ieq(scheme, VIEW("sip"));
}

static const char *take_user(struct view *text, struct view *user)
{
	size_t at = view_find(*text, '@');

	if (at == text->n)
		return NULL;
	if (at == 0)
		return "the user part before '@' is empty";
	*user = view_first(*text, at);
	*text = view_skip(*text, at + 1);
	return view_find(*text, '@') < text->n ? "more than one '@'" : NULL;
}

/* `host` is left without brackets. */
static const char *take_host(struct view *text, struct view *host, bool *ipv6)
{
	struct addr addr;

	*ipv6 = view_take_char(text, '[');
	if (!*ipv6) {
		*host = view_take_while(text, HOST_BYTES);
		if (host->n == 0)
			return "the host is empty";
		return host->n > HOST_BYTES_MAX ? "the host is too long" : NULL;
	}
	if (view_find(*text, ']') == text->n)
		return "'[' without ']'";
	*host = view_take_until(text, ']');
	return addr_parse(*host, &addr) && view_find(*host, ':') < host->n
		       ? NULL
		       : "no IPv6 address in the brackets";
}

static const char *take_port(struct view *text, uint16_t *port)
{
	uint64_t number;

	if (!view_take_char(text, ':'))
		return NULL;
	if (!text_u64(view_take_while(text, "0123456789"), UINT16_MAX, &number) || number == 0)
		return "the port is not a number from 1 to 65535";
	*port = (uint16_t)number;
	return NULL;
}

static const char *read_maddr(struct view value, struct view *maddr)
{
	bool ipv6;

	return take_host(&value, maddr, &ipv6) != NULL || value.n > 0 ? "maddr is no host" : NULL;
}

static const char *read_param(struct view name, struct view value, struct sip_uri *uri)
{
	bool maddr = view_ieq(name, VIEW("maddr"));
	struct view *kept = maddr ? &uri->maddr : &uri->transport;

	if (!maddr && !view_ieq(name, VIEW("transport")))
		return NULL;
	if (kept->n > 0)
		return "a parameter stands twice"; /* 19.1.1 */
	if (value.n == 0)
		return "a parameter has no value";
	*kept = value;
	return maddr ? read_maddr(value, kept) : NULL;
}

static const char *read_uri(struct view text, struct sip_uri *uri)
{
	const char *why = NULL;

	for (size_t i = 0; i < text.n; i++)
		if (is_foreign(text.p[i]))
			return "a byte that must be escaped";
	if (!take_scheme(&text, &uri->secure))
		return "no sip: or sips: in front";
	if ((why = take_user(&text, &uri->user)) != NULL ||
	    (why = take_host(&text, &uri->host, &uri->host_is_ipv6)) != NULL ||
	    (why = take_port(&text, &uri->port)) != NULL)
		return why;
	if (text.n > 0 && text.p[0] != ';' && text.p[0] != '?')
		return "a byte that no host name has";
	uri->rest = text;
	text = view_take_until(&text, '?'); /* headers are left alone */
	while (text.n > 0 && why == NULL) {
		struct view value = view_take_until(&text, ';');
		struct view name = view_take_until(&value, '=');
		why = read_param(name, value, uri);
	}
	return why;
}

bool sip_uri_parse(struct view text, struct sip_uri *uri, const char **why)
{
	*uri = (struct sip_uri){ .port = 0 };
	*why = read_uri(text, uri);
	return *why == NULL;
}
