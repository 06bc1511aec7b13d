/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Users by the file /etc/passwd alone: no name service is asked, which could hang. Each call reads
 * the file; lines that are not of its seven fields are passed over, so are those of NIS ("+name").
 */
#ifndef LOCAL_USERS_H
#define LOCAL_USERS_H

#include "base/mem.h"

/* The first name with that number; NULL = not there. */
const char *local_user_name(struct arena *arena, uint32_t uid);
/* A name, or else decimal digits. */
bool local_user_find(struct view user, uint32_t *uid);

/* The same for another file. */
const char *local_user_name_in(const char *path, struct arena *arena, uint32_t uid);
bool local_user_find_in(const char *path, struct view user, uint32_t *uid);

#endif
