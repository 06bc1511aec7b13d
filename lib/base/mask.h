/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a reply of unknown format should look like: hexadecimal bytes, wildcards and named captures.
 *
 *	02 0a .. .. {length:u16} {channels:u8} {name:text16} *
 *
 * `..` is any byte; `*`, only at the end, any number of them.  A capture is {NAME:KIND}; KIND is u8,
 * u16, u32 (big endian), u16le, u32le, hexN or textN (N bytes, 1 to 64).  NAME has 1 to 19 of [a-z0-9_]
 * and begins with a letter, so that it can be a label of performance data.  Blanks may stand between
 * these, never within one.  A mask of nothing is none; `*` alone is any reply.
 */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include "base/bytes.h"

enum { MASK_STEPS_MAX = 512, MASK_CAPTURES_MAX = 8, MASK_NAME_MAX = 19, MASK_TEXT_MAX = 64 };

enum mask_kind { MASK_U8, MASK_U16, MASK_U32, MASK_U16LE, MASK_U32LE, MASK_HEX, MASK_TEXT };

struct mask_capture {
	char name[MASK_NAME_MAX + 1];
	enum mask_kind kind;
	uint16_t at; /* offset in the reply */
	uint8_t bytes;
};

struct mask {
	uint16_t bytes; /* that it describes */
	bool open_end;	/* ends in `*` */
	/* For each byte of the reply: its value, or any (captures too). */
	uint8_t value[MASK_STEPS_MAX];
	bool any[MASK_STEPS_MAX];
	struct mask_capture capture[MASK_CAPTURES_MAX];
	unsigned captures;
};

/* False with a constant clause and the column (from 1); `out` is then of no use. */
bool mask_parse(struct view text, struct mask *out, size_t *column, const char **why);
/* Whether `reply` is as described, whole; without `*` of exactly that length. */
bool mask_matches(const struct mask *mask, struct view reply);
/* The bytes of capture `i` in a reply that matches; empty in one that is too short. */
struct view mask_captured(const struct mask *mask, unsigned i, struct view reply);
/* Whether the capture is a number, and which; false in a reply that is too short. */
bool mask_number(const struct mask *mask, unsigned i, struct view reply, uint32_t *out);

#endif
