/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-8 (RFC 3629) and strings of JSON (RFC 8259, section 7), quotes included. */
#ifndef PUSH_JSON_TEXT_H
#define PUSH_JSON_TEXT_H

#include "base/grow.h"

/* The bytes of the character at the front and its code; 0 when there is none in UTF-8. */
size_t utf8_first(struct view v, uint32_t *code);

/* A byte that is not of a character becomes "?". */
void grow_json(struct grow *out, struct view text);
/* Nothing is lost: each byte is a character of the same code, \u0000 to \u00ff. */
void grow_json_bytes(struct grow *out, struct view bytes);

#endif
