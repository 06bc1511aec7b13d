/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the sinks over HTTP read replies. */
#ifndef PUSH_SINK_PRIVATE_H
#define PUSH_SINK_PRIVATE_H

#include "push/sink.h"

#include <jansson.h>

/* The first line of the text, harmless. */
void sink_say(struct wr *words, struct view text);

/* The empty view when there is no such string; `object` may be NULL, or none. */
struct view sink_text(const json_t *object, const char *key);

#endif
