/* SPDX-License-Identifier: MIT */
#include "dlerror.h"

#include <string.h>

#include "dlerror_parts.h"
#include "dlmessage.h"

enum dltest_reason dlerror_classify(
	const char *path, const char *text, struct strv *missing, struct strv *symbols) {
	/* What is hardest to mistake comes first. */
	static enum dltest_reason (*const linkers[])(struct dlmessage *) = {
		dlerror_of_glibc_opening,
		dlerror_of_dyld,
		dlerror_of_musl,
		dlerror_of_glibc_end,
		dlerror_of_glibc_middle,
	};
	struct dlmessage message = {.text = text,
		.length = strlen(text),
		.path = path,
		.missing = missing,
		.symbols = symbols};

	for (size_t i = 0; i < sizeof(linkers) / sizeof(linkers[0]); i++) {
		enum dltest_reason reason = linkers[i](&message);

		if (message.no_memory)
			return DLTEST_REASON_NONE;
		if (reason != DLTEST_REASON_NONE)
			return reason;
	}
	return DLTEST_REASON_LOAD_ERROR;
}
