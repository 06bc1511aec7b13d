/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An OID prints as it was read; a row of a table ends where the OID does, with the port where it says. */
#include "proto/listener_mib.h"
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[2048];
	struct wr w = wr_over(text, sizeof(text));
	struct oid oid, again, less;
	struct listener_row row;

	if (!oid_parse((struct view){ (const char *)data, size }, &oid))
		return 0;
	wr_oid(&w, &oid);
	if (w.full || !oid_parse(wr_view(&w), &again) || oid_compare(&oid, &again) != 0)
		__builtin_trap();
	enum listener_table table = listener_table_of(&oid);
	less = oid_first(&oid, oid.n - 1);
	if (table == LISTENER_TABLES || !listener_row_parse(table, &oid, &row))
		return 0;
	if (row.address_end >= oid.n || oid.arc[row.address_end] != row.local.port ||
	    listener_row_parse(table, &less, &row))
		__builtin_trap();
	return 0;
}
