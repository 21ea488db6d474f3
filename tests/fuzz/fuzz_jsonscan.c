/* SPDX-License-Identifier: MIT */
/* A reply as a daemon sends it. */
#include "jsonscan.h"

#include <stdlib.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct jsonscan *scan; /* with what the text before has left */

	if (jsonscan_read((const char *)data, size, &scan) < 0)
		return 0;
	size_t root = jsonscan_root(scan);
	size_t parameters = jsonscan_member(scan, root, "parameters");
	size_t results = parameters ? jsonscan_member(scan, parameters, "results") : 0;
	size_t count = jsonscan_count(scan, results);
	size_t result = jsonscan_first(scan, results);
	for (size_t i = 0; i < count; i++, result = jsonscan_next(scan, result)) {
		size_t path = jsonscan_member(scan, result, "path");

		free(path ? jsonscan_string(scan, path) : NULL);
		jsonscan_is_true(scan, jsonscan_member(scan, result, "ok"));
		jsonscan_integer(scan, jsonscan_member(scan, result, "duration_us"));
		jsonscan_slice(scan, result);
	}
	return 0;
}
