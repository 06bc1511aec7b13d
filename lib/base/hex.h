/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes written as hexadecimal digits. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/bytes.h"

/* "80c90001", "80:c9:00:01", "80 c9 00 01", each also behind "0x"; "0x" alone is no bytes. False with a
 * constant clause and the column (from 1); `out` then holds what came before. */
bool hex_parse(struct view text, struct wr *out, size_t *column, const char **why);
/* "80 c9 00 01" */
void wr_hex(struct wr *w, struct view bytes);

#endif
