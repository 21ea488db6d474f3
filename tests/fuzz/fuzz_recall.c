/* SPDX-License-Identifier: MIT */
/* A remembered verdict's bytes. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "recall.h"
#include "verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct verdict verdict;
	char *bytes = malloc(size + 1);

	if (!bytes)
		return 0;
	if (size > 0)
		memcpy(bytes, data, size);
	struct recall recall = {.size = (uint32_t)size, .bytes = bytes}, again;
	if (recall_read(&recall, &verdict) == 0) {
		if (recall_write(&again, &verdict) == 0)
			recall_fini(&again);
		verdict_fini(&verdict);
	}
	recall_fini(&recall);
	return 0;
}
