/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parts of the program that live in a shared object of their own, because the library they stand on
 * costs more at start than most runs of the program need. The run path of the program finds the file,
 * never the environment.
 */
#ifndef BASE_MODULE_H
#define BASE_MODULE_H

#include <stddef.h>

struct module {
	const char *what;   /* "TLS", for the clause */
	const char *file;   /* "voip_tls.so" */
	const char *symbol; /* what it exports: a struct that begins with `unsigned abi` */
	unsigned abi;
};

/* What `symbol` names; NULL with a clause in `why` (cap bytes) when there is no such file, no such
 * symbol, or it belongs to another version. It stays loaded; a second call costs a look-up. */
const void *module_load(const struct module *module, char *why, size_t cap);

#endif
