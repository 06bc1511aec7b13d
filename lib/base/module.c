/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds a shared object by the program's run path. The handle is never closed: the dynamic linker
 * counts references, so a second call needs no global state.
 */
#include "base/module.h"

#include "base/bytes.h"

#include <dlfcn.h>

static const void *fail(const struct module *module, const char *reason, char *why, size_t cap)
{
	struct wr w = wr_over(why, cap - 1);

	wr_fmt(&w, "%s module: ", module->what);
	wr_put(&w, view_first(view_of(reason), w.cap - w.n));
	why[w.n] = '\0';
	return NULL;
}

const void *module_load(const struct module *module, char *why, size_t cap)
{
	void *handle = dlopen(module->file, RTLD_NOW | RTLD_LOCAL);
	const unsigned *abi = handle != NULL ? dlsym(handle, module->symbol) : NULL;
	char other[128];
	struct wr w = wr_over(other, sizeof(other) - 1);

	if (abi == NULL)
		return fail(module, dlerror(), why, cap);
	if (*abi == module->abi)
		return abi;
	wr_fmt(&w, "%s belongs to another version", module->file);
	other[w.n] = '\0';
	return fail(module, other, why, cap);
}
