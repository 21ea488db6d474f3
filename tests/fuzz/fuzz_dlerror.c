/* SPDX-License-Identifier: MIT */
/* A text of a dynamic linker's. */
#include <stdlib.h>
#include <string.h>

#include "dlerror.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	cleanup_strv struct strv missing = {0};
	cleanup_strv struct strv symbols = {0};
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (dlerror_classify("/l/libx.so", text, &missing, &symbols) == DLTEST_REASON_NONE)
		abort();
	free(text);
	return 0;
}
