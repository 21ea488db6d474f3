/* SPDX-License-Identifier: MIT */
/* What dyld says (DyldAPIs.cpp, Loader.cpp). */
#include <string.h>

#include "dlerror_parts.h"
#include "dlmessage.h"

struct form {
	const char *words;
	enum dltest_reason reason;
};

/* dyld: how it begins to say what is wrong with a file that it tried. In order of weight: the
 * first of these that occurs decides. */
static const struct form dyld_tried[] = {
	/* A refusal of our own sandbox must never be put down to the library. */
	{"file system sandbox blocked ", DLTEST_REASON_NO_VERDICT},
	{"blocked by sandbox", DLTEST_REASON_NO_VERDICT},
	{"mach-o file, but is an incompatible architecture", DLTEST_REASON_WRONG_ARCHITECTURE},
	{"fat file, but missing compatible architecture", DLTEST_REASON_WRONG_ARCHITECTURE},
	{"mach-o, but wrong architecture", DLTEST_REASON_WRONG_ARCHITECTURE},
	{"no matching architecture in universal wrapper", DLTEST_REASON_WRONG_ARCHITECTURE},
	{"not a mach-o file", DLTEST_REASON_NOT_A_LIBRARY},
	{"slice is not valid mach-o file", DLTEST_REASON_NOT_A_LIBRARY},
	{"unknown file type", DLTEST_REASON_NOT_A_LIBRARY},
	{"not a file", DLTEST_REASON_NOT_A_FILE},
	{"file too short", DLTEST_REASON_TRUNCATED},
};

/* dyld: how the whole text begins, after "dlopen(PATH, MODE): ". */
static const struct form dyld_files[] = {
	{"cannot dlopen a main executable", DLTEST_REASON_NOT_A_LIBRARY},
	{"unloadable mach-o file type", DLTEST_REASON_NOT_A_LIBRARY},
	{"image not found", DLTEST_REASON_NOT_FOUND},
};

/* Whether one of the files that "tried: 'FILE' (words…), …" or "Did find:\n\tFILE: words…" names
 * has these words said of it. */
static bool is_said_of_a_file(const char *body, const char *words) {
	size_t size = strlen(words);

	for (const char *at = strstr(body, words); at; at = strstr(at + size, words)) {
		size_t before = (size_t)(at - body);

		if (dlmessage_ends_in(body, before, "' (") || dlmessage_ends_in(body, before, ": "))
			return true;
	}
	return false;
}

static enum dltest_reason classify_dyld_tried(const char *body) {
	for (size_t i = 0; i < sizeof(dyld_tried) / sizeof(dyld_tried[0]); i++) {
		if (is_said_of_a_file(body, dyld_tried[i].words))
			return dyld_tried[i].reason;
	}
	if (is_said_of_a_file(body, "no such file"))
		return DLTEST_REASON_NOT_FOUND;
	return DLTEST_REASON_LOAD_ERROR;
}

/* Takes what follows 'words' up to one of 'stops', if the body begins so. */
static bool take_after(struct dlmessage *message, struct strv *list, const char *body,
	const char *words, const char *stops) {
	if (!dlmessage_begins_with(body, words))
		return false;
	body += strlen(words);
	dlmessage_take(message, list, body, body + strcspn(body, stops));
	return true;
}

/* The body of "dlopen(PATH, MODE): BODY", MODE being a number as C writes it; NULL for none. */
static const char *dyld_body(const struct dlmessage *message) {
	static const char opening[] = "dlopen(";
	const char *cursor = message->text + strlen(opening);

	if (!dlmessage_begins_with(message->text, opening))
		return NULL;
	if (message->path && dlmessage_begins_with(cursor, message->path))
		cursor += strlen(message->path);
	for (cursor = strstr(cursor, ", "); cursor; cursor = strstr(cursor + 1, ", ")) {
		const char *mode = cursor + 2;
		size_t digits = strspn(mode, "0123456789abcdefx");

		if (digits > 0 && dlmessage_begins_with(mode + digits, "): "))
			return mode + digits + 3;
	}
	return NULL;
}

enum dltest_reason dlerror_of_dyld(struct dlmessage *message) {
	const char *body = dyld_body(message);

	if (!body)
		return DLTEST_REASON_NONE;
	if (dlmessage_begins_with(body, "Library not loaded: ")) {
		/* The reason it gives is about the dependency, unless our sandbox was it. */
		if (classify_dyld_tried(body) == DLTEST_REASON_NO_VERDICT)
			return DLTEST_REASON_NO_VERDICT;
		take_after(message, message->missing, body, "Library not loaded: ", "\n");
		return DLTEST_REASON_MISSING_DEPENDENCY;
	}
	if (take_after(message, message->symbols, body, "Symbol not found: ", "\n") ||
		take_after(message, message->symbols, body, "symbol not found in flat namespace '",
			"'\n"))
		return DLTEST_REASON_UNDEFINED_SYMBOL;
	for (size_t i = 0; i < sizeof(dyld_files) / sizeof(dyld_files[0]); i++) {
		if (dlmessage_begins_with(body, dyld_files[i].words))
			return dyld_files[i].reason;
	}
	if (dlmessage_begins_with(body, "tried: '") ||
		dlmessage_begins_with(body, "no suitable image found."))
		return classify_dyld_tried(body);
	return DLTEST_REASON_LOAD_ERROR;
}
