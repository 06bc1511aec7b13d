/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever an agent answers, a scan ends: each byte makes a variable of a row or of what was asked. */
#include "proto/listener_scan.h"
static void found(void *ctx, bool tcp, const struct listener_row *row, uint32_t pid)
{
	*(uint64_t *)ctx += tcp + row->local.port + pid;
}
int LLVMFuzzerTestOneInput(const uint8_t *in, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *in, size_t size)
{
	static const struct oid row = { 25, { 1, 3, 6, 1, 2, 1, 7, 7, 1, 8, 1, 4, [17] = 1, 4 } };
	static struct snmp_var var[SNMP_VARS_MAX];
	static struct snmp_request ask;
	struct listener_cursor at[] = { { .tcp = true, .range = { 1, 2 } }, { .range = { 2, 9 } } };
	struct listener_scan scan = { at, 2, found, &(uint64_t){ 0 }, .why = NULL };
	struct snmp_reply r = { .var = NULL };
	for (listener_scan_start(&scan); listener_scan_next(&scan, r.var ? &r : NULL, &ask);)
		for (r.var = var, r.count = 0; r.count < ask.count * ask.repetitions; r.count++) {
			size_t k = r.count, n = ask.count, more = size > 0, op = more ? *in : 48u;
			in += more, size -= more;
			var[k].oid = op % 2 ? row : k < n ? ask.oid[k] : var[k - n].oid;
			var[k].oid.arc[op / 2 % 32 % var[k].oid.n]++;
			var[k].type = op < 250 ? SNMP_NUMBER : (enum snmp_type)(op - 249);
		}
	return 0;
}
