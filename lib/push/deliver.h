/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Brings the queues of several profiles to their receivers, side by side.
 *
 * A receiver that answers nothing until the deadline, or "later" three times in a row, is left alone
 * until a time that doubles with each failure (30 s to 15 min, a quarter more or less by chance); a
 * single result that it cannot digest does not stop those behind it.
 */
#ifndef PUSH_DELIVER_H
#define PUSH_DELIVER_H

#include "push/http.h"
#include "push/spool.h"

enum delivery_end {
	DELIVERY_DONE,	  /* the queue is empty, or holds what the receiver cannot digest now */
	DELIVERY_LATER,	  /* the receiver does not take results: `words` */
	DELIVERY_BACKOFF, /* not tried: `next_us` */
	DELIVERY_BUSY,	  /* another run had the lock all the time */
	DELIVERY_TIMEOUT,
	DELIVERY_STOPPED, /* by stop_fd */
	DELIVERY_FAILED,  /* the queue cannot be read or written: `words` */
};

struct delivery {
	/* The caller fills these. */
	const struct push_profile *profile;
	struct spool *spool; /* NULL: the results below are sent from memory, because the queue
				cannot be written */
	const struct check_result *result;
	size_t count;

	/* And reads these. */
	enum delivery_end end;
	char words[PUSH_WORDS_MAX + 1]; /* harmless: why not all went, or what was refused last */
	size_t sent, refused;
	size_t left;	 /* of the results in memory: those that were not sent */
	int64_t next_us; /* the next try, since 1970 */

	/* For deliver.c. */
	struct http_peer *peer;
	struct push_request request;
	size_t at, batch,
		alone;	/* the next result; how many are under way; how many go one by one */
	unsigned later; /* in a row */
	bool locked, answered;
};

struct deliver_conf {
	int64_t deadline_us; /* monotonic */
	int stop_fd;	     /* -1 = none */
	bool now;	     /* whatever the times of the next try say */
	uint64_t random;     /* for the times of the next try */
	/* After each reply; may be NULL. */
	void (*progress)(void *ctx, const struct delivery *delivery);
	void *ctx;
};

void deliver_all(struct delivery *delivery, size_t count, const struct deliver_conf *conf);
/* What would be sent, with *** for the secret; result by result. */
void deliver_show(const struct push_profile *profile, const struct check_result *result,
		  size_t count, struct grow *out);

int64_t deliver_monotonic_us(void);
int64_t deliver_unix_us(void);

#endif
