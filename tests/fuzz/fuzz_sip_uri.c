/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A target's URI: what is accepted fits into a header and has a host; the rest has a reason. */
#include "proto/sip_grammar.h"
#include "proto/sip_uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = { (const char *)data, size };
	struct sip_uri uri;
	const char *why;
	bool ok = sip_uri_parse(text, &uri, &why);

	if (ok != (why == NULL))
		__builtin_trap();
	if (ok && (uri.host.n == 0 || !sip_is_clean(text) || view_find(text, '>') < size ||
		   view_find(text, ' ') < size || view_find(uri.host, '[') < uri.host.n ||
		   uri.rest.p + uri.rest.n != text.p + text.n))
		__builtin_trap();
	return 0;
}
