/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The four states of a plugin; their values are the exit codes. */
#ifndef REPORT_STATE_H
#define REPORT_STATE_H

#include "base/bytes.h"

enum state { STATE_OK, STATE_WARNING, STATE_CRITICAL, STATE_UNKNOWN, STATES };

/* "OK", "WARNING", ... */
const char *state_name(enum state state);
/* "ok", "warning", ...: inside sentences and as perfdata label. */
const char *state_word(enum state state);
/* Any case; also 0..3. */
bool state_parse(struct view text, enum state *out);
/* critical > unknown > warning > ok */
enum state state_worse(enum state a, enum state b);
/* Place 0 is the worst. */
enum state state_by_severity(unsigned place);

#endif
