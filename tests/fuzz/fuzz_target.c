/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A target line, and its spec as host and port. */
#include "cli/target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view name, spec, host;
	struct opt_error error;
	uint16_t port;

	if (!target_line((struct view){ (const char *)data, size }, &name, &spec, &error))
		return 0;
	if (name.n > TARGET_NAME_MAX || (name.n > 0 && spec.n == 0))
		abort();
	if (target_split(spec, &host, &port, &error) && (host.n == 0 || host.n > spec.n))
		abort();
	return 0;
}
