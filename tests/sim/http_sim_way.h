/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a listener of http_sim behaves, in words: "status:503,retry:2,first:3". */
#ifndef HTTP_SIM_WAY_H
#define HTTP_SIM_WAY_H

#include "sim_text.h"

#include <stdio.h>

enum act {
	ACT_ANSWER,
	ACT_CLOSE,   /* at once, without reading */
	ACT_MUTE,    /* nothing is read */
	ACT_HANG,    /* the request is read, no byte is answered */
	ACT_CUT,     /* closes after cut_bytes of the answer */
	ACT_QUIT,    /* closes after the answer, without saying so */
	ACT_FORGET,  /* closes when a second request has come */
	ACT_DROP,    /* the same with a reset */
	ACT_GARBAGE, /* no HTTP */
	ACT_HEADERS, /* they never end */
};

enum { WAY_TEXT_MAX = 64 };

struct way {
	enum act act;
	bool chunked, endless, huge, http10;
	unsigned long status; /* 0: as the API would */
	unsigned long cut_bytes, drip_ms;
	unsigned long retry_s, retry_date_s; /* 0: none */
	unsigned long after, first, every;   /* which requests; 0: all */
	char redirect[WAY_TEXT_MAX];	     /* the name of a listener */
	char basic[WAY_TEXT_MAX];	     /* USER:PASSWORD; empty: anybody */
	char token[WAY_TEXT_MAX];	     /* of NRDP; empty: any */
	char cert[WAY_TEXT_MAX];	     /* empty: no TLS */
	bool mutual, old, v6;
	unsigned long port; /* 0: any free one */
};

/* Words with commas between; false after a line on stderr. */
bool way_read(struct way *way, struct span words);
/* For the request with this number, from 1. */
bool way_applies(const struct way *way, unsigned long number);
void way_list(FILE *out);

#endif
