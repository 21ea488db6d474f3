/* SPDX-License-Identifier: MIT */
/* What glibc says (elf/dl-load.c, dl-lookup.c, dl-version.c, dl-reloc.c, dl-tls.c). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dlerror_parts.h"
#include "dlmessage.h"

/* What a form says of the rest of the text. */
enum subject {
	SUBJECT_NONE,
	SUBJECT_FILE, /* the file is to blame that the text names, which may be a dependency */
};

struct form {
	const char *words;
	enum dltest_reason reason;
	enum subject subject;
};

/* glibc: "NAME: WORDS" or "NAME: WORDS: strerror". */
static const struct form glibc_forms[] = {
	{"cannot allocate memory in static TLS block", DLTEST_REASON_NO_STATIC_TLS, SUBJECT_NONE},
	{"cannot load any more object with static TLS", DLTEST_REASON_NO_STATIC_TLS, SUBJECT_NONE},
	{"cannot enable executable stack as shared object requires", DLTEST_REASON_EXECUTABLE_STACK,
		SUBJECT_NONE},
	{"wrong ELF class: ELFCLASS32", DLTEST_REASON_WRONG_ARCHITECTURE, SUBJECT_FILE},
	{"wrong ELF class: ELFCLASS64", DLTEST_REASON_WRONG_ARCHITECTURE, SUBJECT_FILE},
	{"ELF file data encoding not little-endian", DLTEST_REASON_WRONG_ARCHITECTURE,
		SUBJECT_FILE},
	{"ELF file data encoding not big-endian", DLTEST_REASON_WRONG_ARCHITECTURE, SUBJECT_FILE},
	{"CPU ISA level is lower than required", DLTEST_REASON_WRONG_ARCHITECTURE, SUBJECT_FILE},
	{"ELF file OS ABI invalid", DLTEST_REASON_WRONG_PLATFORM, SUBJECT_FILE},
	{"invalid ELF header", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_FILE},
	{"only ET_DYN and ET_EXEC can be loaded", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_FILE},
	{"cannot dynamically load executable", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_FILE},
	{"cannot dynamically load position-independent executable", DLTEST_REASON_NOT_A_LIBRARY,
		SUBJECT_FILE},
	{"object file has no dynamic section", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_FILE},
	{"object file has no loadable segments", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_FILE},
	{"file too short", DLTEST_REASON_TRUNCATED, SUBJECT_FILE},
};

/* glibc: "NAME: cannot open shared object file: strerror". NAME is what was looked for: the path,
 * or a dependency as its user calls it. Also said of another machine's library. */
static enum dltest_reason classify_not_opened(struct dlmessage *message, size_t length, int error) {
	const char *end = message->text + length;

	if (dlmessage_is_passing(error))
		return dlmessage_reason_of_error(error);
	if (message->path && dlmessage_is_of_library(message, length))
		return dlmessage_reason_of_error(error);
	dlmessage_take(message, message->missing, message->text, end);
	return DLTEST_REASON_MISSING_DEPENDENCY;
}

/* glibc: "NAME: cannot read file data[: strerror]". */
static enum dltest_reason classify_not_read(struct dlmessage *message, size_t length, int error) {
	if (dlmessage_is_passing(error))
		return dlmessage_reason_of_error(error);
	return dlmessage_blame(message,
		error == EISDIR ? DLTEST_REASON_NOT_A_FILE : DLTEST_REASON_TRUNCATED, length);
}

/* How much of the text is the dynamic linker's: the loader may have added a line in brackets
 * (daemon/loader/dependency.h). */
static size_t said_length(const struct dlmessage *message) {
	const char *end = message->text + message->length;
	const char *line = dlmessage_find_last(message->text, end, "\n(");

	return line && end[-1] == ')' ? (size_t)(line - message->text) : message->length;
}

enum dltest_reason dlerror_of_glibc_opening(struct dlmessage *message) {
	static const char not_opened[] = ": cannot open shared object file";
	static const char not_read[] = ": cannot read file data";
	size_t length = said_length(message);
	int error = dlmessage_cut_error(message->text, &length);

	if (error && dlmessage_ends_in(message->text, length, not_opened))
		return classify_not_opened(message, length - strlen(not_opened), error);
	if (dlmessage_ends_in(message->text, length, not_read))
		return classify_not_read(message, length - strlen(not_read), error);
	return DLTEST_REASON_NONE;
}

enum dltest_reason dlerror_of_glibc_end(struct dlmessage *message) {
	size_t length = said_length(message);

	dlmessage_cut_error(message->text, &length);
	for (size_t i = 0; i < sizeof(glibc_forms) / sizeof(glibc_forms[0]); i++) {
		const struct form *form = &glibc_forms[i];
		size_t size = strlen(form->words) + 2;

		if (length < size || !dlmessage_ends_in(message->text, length, form->words) ||
			!dlmessage_ends_in(message->text, length - size + 2, ": "))
			continue;
		if (form->subject == SUBJECT_FILE)
			return dlmessage_blame(message, form->reason, length - size);
		return form->reason;
	}
	return DLTEST_REASON_NONE;
}

/* Where ": WORDS" begins: right after the path if that is the name in front, else the last
 * occurrence, since names of files may contain it and names of symbols do not. */
static const char *find_after_name(
	const struct dlmessage *message, const char *end, const char *words) {
	size_t length = message->path ? strlen(message->path) : 0;

	if (length && length < message->length &&
		dlmessage_begins_with(message->text, message->path) &&
		dlmessage_begins_with(message->text + length, words))
		return message->text + length;
	return dlmessage_find_last(message->text, end, words);
}

/* glibc: "PROVIDER: version `V' not found (required by REQUESTER)". */
static bool take_version(struct dlmessage *message) {
	static const char opening[] = ": version `", closing[] = "' not found (required by ";
	const char *end = message->text + message->length;
	char *entry;

	if (!dlmessage_ends_in(message->text, message->length, ")"))
		return false;
	const char *version_end = dlmessage_find_last(message->text, end, closing);
	size_t path_length = message->path ? strlen(message->path) : 0;
	if (path_length && path_length + strlen(closing) < message->length &&
		dlmessage_ends_in(message->text, message->length - 1, message->path)) {
		const char *requester = end - 1 - path_length;

		if (dlmessage_ends_in(message->text, (size_t)(requester - message->text), closing))
			version_end = requester - strlen(closing);
	}
	const char *version =
		version_end ? dlmessage_find_last(message->text, version_end, opening) : NULL;
	if (!version)
		return false;
	const char *provider_end = version;
	version += strlen(opening);
	if (asprintf(&entry, "%.*s in %.*s", (int)(version_end - version), version,
		    (int)(provider_end - message->text), message->text) < 0)
		entry = NULL;
	if (strv_take(message->symbols, entry) < 0)
		message->no_memory = true;
	return true;
}

/* glibc before 2.30: "LIBRARY: symbol S, version V not defined in file F with link time reference",
 * with more in brackets at times. */
static bool take_old_symbol(struct dlmessage *message) {
	const char *marker = strstr(message->text, " not defined in file ");

	if (!marker || !strstr(marker, " with link time reference"))
		return false;
	const char *symbol = find_after_name(message, marker, ": symbol ");
	if (!symbol)
		return false;
	dlmessage_take(message, message->symbols, symbol + strlen(": symbol "), marker);
	return true;
}

enum dltest_reason dlerror_of_glibc_middle(struct dlmessage *message) {
	static const char undefined[] = ": undefined symbol: ";
	const char *end = message->text + message->length;

	if (take_version(message))
		return DLTEST_REASON_MISSING_VERSION;
	const char *marker = find_after_name(message, end, undefined);
	if (marker) {
		dlmessage_take(message, message->symbols, marker + strlen(undefined), end);
		return DLTEST_REASON_UNDEFINED_SYMBOL;
	}
	if (take_old_symbol(message))
		return DLTEST_REASON_UNDEFINED_SYMBOL;
	/* Whatever there was no memory for, it is not the library's fault. */
	size_t length = message->length;
	if (dlmessage_cut_error(message->text, &length) == ENOMEM ||
		strcmp(message->text, "out of memory") == 0)
		return DLTEST_REASON_OUT_OF_MEMORY;
	return DLTEST_REASON_NONE;
}
