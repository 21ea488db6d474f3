/* SPDX-License-Identifier: MIT */
/* What a dynamic linker prints in its trace mode, in two pieces. */
#include <stdlib.h>
#include <string.h>

#include "diagnosis.h"
#include "fuzz.h"
#include "tracetext.h"
#include "verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct tracetext text = {0};
	struct verdict verdict;

	tracetext_add(&text, (const char *)data, size / 2);
	tracetext_add(&text, (const char *)data + size / 2, size - size / 2);
	tracetext_end(&text);
	if (verdict_make(DLTEST_REASON_MISSING_DEPENDENCY, "libx.so: gone", &verdict) == 0) {
		diagnosis_add_trace(&verdict, &text);
		verdict_fini(&verdict);
	}
	tracetext_fini(&text);
	return 0;
}
