/* SPDX-License-Identifier: MIT */
#include "dlerror.h"

#include <string.h>

#include "dlerror_parts.h"
#include "dlmessage.h"

/* glibc gives no cause for these (elf/dl-map-segments.h), of which want of memory is one. */
static bool is_without_cause(const char *text, size_t length) {
	static const char *const words[] = {
		": failed to map segment from shared object", ": cannot map zero-fill pages"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (dlmessage_ends_in(text, length, words[i]))
			return true;
	}
	return false;
}

bool dlerror_is_of_the_moment(const char *text) {
	/* Behind the dynamic linker's own words: the loader's line, and musl's user of the file. */
	static const char *const appended[] = {"\n(", " (needed by "};
	size_t length = strlen(text);

	for (size_t i = 0; i < sizeof(appended) / sizeof(appended[0]); i++) {
		const char *end = dlmessage_find_last(text, text + length, appended[i]);

		if (end && text[length - 1] == ')')
			length = (size_t)(end - text);
	}
	return is_without_cause(text, length) ||
	       dlmessage_is_passing(dlmessage_cut_error(text, &length));
}

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
