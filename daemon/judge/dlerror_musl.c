/* SPDX-License-Identifier: MIT */
/* What musl says (ldso/dynlink.c). */
#include <errno.h>
#include <string.h>

#include "dlerror_parts.h"
#include "dlmessage.h"

/* musl: "NAME: strerror" of a dependency, up to 'length'; DLTEST_REASON_NONE if it is not that. */
static enum dltest_reason classify_musl_needed(
	struct dlmessage *message, const char *name, size_t length) {
	int error = dlmessage_cut_error(name, &length);

	if (error == 0)
		return DLTEST_REASON_NONE;
	if (dlmessage_is_passing(error))
		return dlmessage_reason_of_error(error);
	dlmessage_take(message, message->missing, name, name + length);
	return DLTEST_REASON_MISSING_DEPENDENCY;
}

/* musl: "Error loading shared library NAME: strerror[ (needed by REQUESTER)]". */
static enum dltest_reason classify_musl_loading(struct dlmessage *message, const char *name) {
	static const char needed[] = " (needed by ";
	size_t length = strlen(name);
	size_t path_length = message->path ? strlen(message->path) : 0;
	enum dltest_reason reason = DLTEST_REASON_NONE;
	int error = dlmessage_cut_error(name, &length);

	if (error)
		return dlmessage_reason_of_error(error);
	if (!dlmessage_ends_in(name, length, ")"))
		return DLTEST_REASON_LOAD_ERROR;
	if (path_length && dlmessage_ends_in(name, length - 1, message->path) &&
		dlmessage_ends_in(name, length - 1 - path_length, needed))
		reason = classify_musl_needed(
			message, name, length - 1 - path_length - strlen(needed));
	/* Else the first with an error before it: a requester's path may have more. */
	for (const char *marker = strstr(name, needed); marker && reason == DLTEST_REASON_NONE;
		marker = strstr(marker + 1, needed))
		reason = classify_musl_needed(message, name, (size_t)(marker - name));
	return reason ? reason : DLTEST_REASON_LOAD_ERROR;
}

/* musl: "Error relocating LIBRARY: SYMBOL: what is the matter". */
static enum dltest_reason classify_musl_relocating(struct dlmessage *message, const char *rest) {
	static const char not_found[] = ": symbol not found";
	size_t length = strlen(rest);

	if (dlmessage_ends_in(rest, length, not_found)) {
		const char *end = rest + length - strlen(not_found);
		size_t path_length = message->path ? strlen(message->path) : 0;
		const char *start = rest + path_length;

		if (path_length == 0 || !dlmessage_begins_with(rest, message->path) ||
			!dlmessage_begins_with(start, ": "))
			start = dlmessage_find_last(rest, end, ": ");
		if (!start || start + 2 > end)
			return DLTEST_REASON_LOAD_ERROR;
		dlmessage_take(message, message->symbols, start + 2, end);
		return DLTEST_REASON_UNDEFINED_SYMBOL;
	}
	/* The defining library's path follows, so neither end is fixed. */
	if (strstr(rest, ": initial-exec TLS resolves to dynamic definition in "))
		return DLTEST_REASON_NO_STATIC_TLS;
	if (dlmessage_cut_error(rest, &length) == ENOMEM ||
		strstr(rest, ": cannot allocate TLSDESC for "))
		return DLTEST_REASON_OUT_OF_MEMORY;
	return DLTEST_REASON_LOAD_ERROR;
}

enum dltest_reason dlerror_of_musl(struct dlmessage *message) {
	static const char loading[] = "Error loading shared library ";
	static const char relocating[] = "Error relocating ";

	if (dlmessage_begins_with(message->text, loading))
		return classify_musl_loading(message, message->text + strlen(loading));
	if (dlmessage_begins_with(message->text, relocating))
		return classify_musl_relocating(message, message->text + strlen(relocating));
	/* A loader that was linked statically: our fault. */
	if (strcmp(message->text, "Dynamic loading not supported") == 0)
		return DLTEST_REASON_NO_VERDICT;
	return DLTEST_REASON_NONE;
}
