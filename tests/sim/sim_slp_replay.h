/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded SLP messages: NAME-req.bin, and NAME-rep.bin unless the answer was silence. */
#ifndef SIM_SLP_REPLAY_H
#define SIM_SLP_REPLAY_H

#include "sim_text.h"

/* NULL `dir`: knows nothing. NULL after a message to standard error. */
struct replay *replay_new(const char *dir);
void replay_free(struct replay *replay);

/*
 * The reply, with the XID of `message`, to the request that is equal to it but for the XID; the
 * first one by name. Appended to `reply`; false: silence.
 */
bool replay_find(const struct replay *replay, struct span message, struct buf *reply);

#endif
