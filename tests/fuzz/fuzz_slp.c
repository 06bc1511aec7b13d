/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message: views inside it, items as stated, and without its last byte it is not whole. */
#include "proto/slp.h"
#define IN(v) ((v).n == 0 || ((v).p > bytes.p && (v).p + (v).n <= bytes.p + size - m.trailing))
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view bytes = { (const char *)data, size }, type;
	struct slp_msg m;
	enum slp_reading reading = slp_decode(bytes, &m);
	size_t stream = slp_stream_length(bytes, SIZE_MAX - 1), items = 0, auths = 0;
	bool fits = IN(m.url) && IN(m.scopes) && IN(m.attributes) && IN(m.type) && IN(m.previous) &&
		    IN(m.language) && m.trailing <= size;
	for (struct slp_url url; slp_next_url(&m.items, &url); items++, auths += url.auth_blocks)
		fits = fits && IN(url.url);
	for (; slp_next_type(&m.items, &type); items++)
		fits = fits && IN(type);
	fits = fits && items <= size && auths <= m.auth_blocks && m.auth_blocks <= size;
	if (reading == SLP_WHOLE && (m.function == SLP_SRV_RPLY || m.version == 1))
		fits = fits && items == m.stated && stream + m.trailing == size;
	if (!fits || (m.why != NULL) != (reading == SLP_CUT || reading == SLP_BROKEN) ||
	    slp_decode(view_first(bytes, m.length - 1), &m) == SLP_WHOLE)
		__builtin_trap();
	return 0;
}
