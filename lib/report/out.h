/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Buffered writing to a descriptor; the first error sticks and is seen at the end. */
#ifndef REPORT_OUT_H
#define REPORT_OUT_H

#include "base/bytes.h"

struct out {
	int fd;
	int error; /* errno of the first failed write, or 0 */
	size_t n;
	char buffer[4096];
};

void out_init(struct out *out, int fd);
void out_put(struct out *out, struct view v);
void out_str(struct out *out, const char *text);
/* False when any write failed (closed pipe, full disk). */
bool out_flush(struct out *out);

#endif
