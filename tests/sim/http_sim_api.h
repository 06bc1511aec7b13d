/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests of HTTP/1.1 (RFC 9112), and what Icinga 2, NRDP, Pushgateway and InfluxDB would say. */
#ifndef HTTP_SIM_API_H
#define HTTP_SIM_API_H

#include "sim_text.h"

struct request {
	struct span method, path, version;
	struct span head; /* with the first line, without the empty one */
	struct span body;
	struct span host, authorization, content_type, accept, expect;
	size_t bytes; /* of all */
};

enum take { TAKE_MORE, TAKE_WHOLE, TAKE_BAD };

/* `head` is set as soon as it is there. */
enum take request_take(struct span in, struct request *out);

struct verdict {
	unsigned long status;
	const char *type; /* of the body */
	struct buf body;
};

/* A body that holds "unknown" is refused in the way of its API. `token` is NRDP's; empty: any. */
void api_judge(const struct request *request, const char *token, struct verdict *out);
/* `basic` is USER:PASSWORD; empty: anybody. */
bool api_admits(const struct request *request, const char *basic);

#endif
