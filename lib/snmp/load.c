/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads the SNMP module. */
#include "base/module.h"
#include "snmp/api.h"

const struct snmp_api *snmp_load(char *why, size_t cap)
{
	static const struct module module = { "SNMP", "voip_snmp.so", "snmp_api", SNMP_ABI };

	return module_load(&module, why, cap);
}
