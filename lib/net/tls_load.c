/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds voip_tls.so by the program's run path.  The handle is never closed: the dynamic linker
 * counts references, so a second call costs a look-up and needs no global state.
 */
#include "net/tls.h"

#include <dlfcn.h>

static const struct tls_api *fail(char *why, size_t cap, const char *reason)
{
	struct wr w = wr_over(why, cap - 1);

	wr_str(&w, "TLS module: ");
	wr_put(&w, view_first(view_of(reason), w.cap - w.n));
	why[w.n] = '\0';
	return NULL;
}

const struct tls_api *tls_load(char *why, size_t cap)
{
	void *module = dlopen("voip_tls.so", RTLD_NOW | RTLD_LOCAL);
	const struct tls_api *api = module != NULL ? dlsym(module, "tls_api") : NULL;

	if (api == NULL)
		return fail(why, cap, dlerror());
	if (api->abi != TLS_ABI)
		return fail(why, cap, "voip_tls.so belongs to another version");
	return api;
}
