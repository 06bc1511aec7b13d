/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items come in order from the text, with finite numbers; InfluxDB gets a line for each. */
#include "push/perfdata.h"
#include "push/sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct check_result result = { .perfdata = { (const char *)data, size } };
	struct push_request request = { .method = NULL };
	struct perfdatum item;
	size_t lines = 1;
	bool good;

	for (struct view rest = result.perfdata; perfdata_take(&rest, &item, &good);) {
		if (item.raw.n == 0 || item.raw.p + item.raw.n != rest.p || item.label.n > 128 ||
		    (good && !(item.label.n > 0 && item.value >= -1e100 && item.value <= 1e100)))
			__builtin_trap();
		lines += good && !view_eq(item.label, VIEW("state"));
	}
	sink_influxdb.request(&(struct push_profile){ .database = "d" }, &result, 1, &request);
	for (struct view body = grow_view(&request.body); body.n > 0; view_take_until(&body, '\n'))
		lines--;
	return push_request_free(&request), lines == 0 ? 0 : (__builtin_trap(), 0);
}
