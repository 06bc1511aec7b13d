/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hostile peer: wrong, broken and malicious answers, user part `h-...`. */
#ifndef SIM_HOSTILE_H
#define SIM_HOSTILE_H

#include "sim_sip.h"

extern const struct behaviour hostile_rows[];
extern const size_t hostile_rows_n;

#endif
