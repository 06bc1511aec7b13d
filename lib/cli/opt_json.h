/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the documents in JSON are built and written; a tree that lacks memory is NULL. */
#ifndef CLI_OPT_JSON_H
#define CLI_OPT_JSON_H

#include "cli/opt_emit.h"

#include <jansson.h>

/* One value per line, in ASCII, keys as they were added; frees the tree. Of NULL `out` has failed. */
void opt_json_put(json_t *tree, struct out *out);

#endif
