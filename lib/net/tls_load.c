/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads the TLS module. */
#include "base/module.h"
#include "net/tls.h"

const struct tls_api *tls_load(char *why, size_t cap)
{
	static const struct module module = { "TLS", "voip_tls.so", "tls_api", TLS_ABI };

	return module_load(&module, why, cap);
}
