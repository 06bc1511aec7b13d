/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One word of a port list: PORT[-PORT][/tcp|/udp][=POLICY]. */
#ifndef CLI_PORT_SPEC_H
#define CLI_PORT_SPEC_H

#include "base/port_set.h"
#include "cli/opt.h"

struct port_spec {
	struct port_range range;
	bool tcp, udp; /* without a transport both */
	bool has_policy;
	struct view policy; /* what follows "="; what it means is the program's affair */
};

/* False with a clause that quotes the word. */
bool port_spec_parse(struct view word, struct port_spec *out, struct opt_error *error);

#endif
