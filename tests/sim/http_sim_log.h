/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What came, one JSON object per line: DIR/connections and DIR/requests. A line is there before the
 * first byte of the answer. */
#ifndef HTTP_SIM_LOG_H
#define HTTP_SIM_LOG_H

#include "http_sim_api.h"

struct log_place {
	const char *listener;
	unsigned long connection, request; /* of the listener, of the connection; from 1 */
	const char *sni, *client;	   /* NULL: none; the name in the client's certificate */
};

/* A descriptor, or -1 after a line on stderr. The file starts empty. */
int log_open(const char *dir, const char *name);
bool log_connection(int fd, const struct log_place *place);
bool log_request(int fd, const struct log_place *place, const struct request *request);

#endif
