/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A result as Prometheus text (exposition format 0.0.4): gauges, each with HELP and TYPE, without
 * timestamps: PLUGIN_state, PLUGIN_last_run_seconds (when it ended, since 1970), PLUGIN_LABEL_UNIT in
 * base units under the name that --output-format prometheus of our programs gives it, and its thresholds
 * PLUGIN_LABEL_UNIT_warning and _critical when they are plain numbers.
 */
#ifndef PUSH_EXPOSITION_H
#define PUSH_EXPOSITION_H

#include "push/check_result.h"

/* With the labels host and service, or with none (Pushgateway's grouping key has them). Names that
 * come out equal are written once, the first one counts. A result without command is of "check". */
void exposition_write(const struct check_result *result, bool with_labels, struct grow *out);
/* [a-zA-Z_][a-zA-Z0-9_]*: other bytes become "_", and one stands before a digit at the front. */
void exposition_name(struct view text, struct grow *out);

#endif
