/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names and paths of processes by number, from hrSWRunTable (RFC 2790). Never their parameters, which
 * hold other people's passwords. Pure, as listener_scan.h.
 *
 * Nothing else than what is wanted crosses the network. A process that is not there is gone only when
 * the table shows another one: when none of those asked is there, the first of the table is asked too,
 * because "no such ..." may also mean a view that leaves the table out.
 */
#ifndef PROTO_PROCESS_QUERY_H
#define PROTO_PROCESS_QUERY_H

#include "proto/snmp_pdu.h"

enum process_known {
	PROCESS_KNOWN,	/* it has a name */
	PROCESS_GONE,	/* the table is there and has no such process */
	PROCESS_HIDDEN, /* the agent does not show the table */
};

struct process_query {
	/* set by the caller, the rest zeroed: distinct, none 0 */
	const uint32_t *pid;
	size_t count;
	/* Once for each pid, in that order; name and path are hostile bytes, may be empty, and live as
	 * long as the call. */
	void (*found)(void *ctx, size_t index, enum process_known known, struct view name,
		      struct view path);
	void *ctx;
	/* findings */
	const char *why; /* NULL, or why the replies are no answers: the rest was not told */
	/* private */
	size_t told;  /* pids */
	size_t batch; /* pids a request */
	bool shown;   /* the table has a row */
	/* The next so many pids are not there, and whether anything is there is being asked. */
	size_t missing;
};

/* `reply` is NULL at the first call. False at the end. */
bool process_query_next(struct process_query *query, const struct snmp_reply *reply,
			struct snmp_request *request);

#endif
